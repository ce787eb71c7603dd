//! Bare instances: reading them, and the answer that is written.

pub(crate) mod error;
pub(crate) mod instance;
pub(crate) mod json;
