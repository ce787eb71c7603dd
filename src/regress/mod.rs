//! Regression cases: estates whose plans are kept beside them, and held against what comes out today.
//!
//! A case is a folder. [`Case`] is what it expects, [`Case::runs`] the command lines that its files ask for, and [`judge()`]
//! compares what these came to; whoever calls reads the files and runs the commands.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod case;
mod changes;
mod difference;
mod judge;
mod report;

pub use case::{Case, Golden, Run, Stream};
pub use judge::{Blessing, Fault, Outcome, judge};
pub use report::junit;

pub use crate::untrusted::annotation;
