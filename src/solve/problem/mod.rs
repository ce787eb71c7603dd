//! The problem, its packings and its evidence; reduction to what matters for the cost; the incumbent.

pub(crate) mod bin_types;
pub(crate) mod bound;
pub(crate) mod certificate;
pub(crate) mod compaction;
pub(crate) mod components;
pub(crate) mod conflicts;
pub(crate) mod expansion;
pub(crate) mod incumbent;
pub(crate) mod instance;
pub(crate) mod outcome;
pub(crate) mod packing;
pub(crate) mod reduction;
pub(crate) mod statement;
pub(crate) mod sums;
