//! Planning many estates, one after the other or at once.

mod in_order;

pub use in_order::in_order;
