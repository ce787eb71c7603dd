//! The input: an estate of components, as written by people or built in code.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod builder;
mod files;
mod origins;
mod read;
mod types;
mod usage;

pub use builder::{ComponentBuilder, CrudApi, EstateBuilder, Raw, Typed};
pub use files::EstateFiles;
pub use types::{
    Component, Constraints, Estate, Headroom, Monitoring, Networking, Objective, OnConflict, Override, Priority, Requirement,
    Settings, Sharing,
};
pub use usage::{ComponentUsage, MonthlyUsage};
