//! How the configs of many requirements become the config of one resource, and the record of who contributed what.
//!
//! Merging is a function of the *set* of statements: associative, commutative, idempotent, and independent of order.

mod collect;
mod contributions;
mod element_names;
mod provenance;
mod resource;

pub(crate) use collect::{Group, Overridden, Overrides};
pub(crate) use contributions::{Contributions, Origin, Statement, alike};
pub(crate) use element_names::{BadName, bad_names};
pub(crate) use resource::{Fault, Kept, KeptName, Merged, Merger, Portion, Selection, SharedReference};
