//! Plans for people to read.

mod diff;
mod explain;
mod rebalance;
mod text;

pub use diff::{diff_markdown, diff_text};
pub use explain::{Explanation, PlacedRequirement, Subject, Yielded, explain};
pub use rebalance::{Rebalance, RebalancedGroup, rebalance};
pub use text::text;
