//! Plans for people to read.

mod explain;
mod text;

pub use explain::{Explanation, PlacedRequirement, Subject, Yielded, explain};
pub use text::text;
