//! Bare instances: reading them, and the answer that is written.

pub(crate) mod answer;
pub(crate) mod error;
pub(crate) mod instance;
pub(crate) mod json;
pub(crate) mod stock;
