//! Checks of packings and certificates, in exact integers and with code of their own.

pub(crate) mod checks;
pub(crate) mod heaviest;
