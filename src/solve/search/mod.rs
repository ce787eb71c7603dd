//! The layers in their order, and the search that closes the last gap.

pub(crate) mod assignment;
pub(crate) mod bound_constraints;
pub(crate) mod branch_and_price;
pub(crate) mod closing;
pub(crate) mod covering;
pub(crate) mod enumeration;
pub(crate) mod exact;
pub(crate) mod layers;
pub(crate) mod memo;
pub(crate) mod program;
pub(crate) mod soft_labels;
