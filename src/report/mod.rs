//! Plans for people to read.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod diff;
mod dot;
mod explain;
mod html;
mod overview;
mod rebalance;
mod sarif;
mod savings;
mod text;
pub mod whatif;

pub use diff::{diff_markdown, diff_text};
pub use dot::dot;
pub use explain::{Explanation, PlacedRequirement, Subject, Yielded, explain};
pub use html::html;
pub use overview::Shown;
pub use rebalance::{Rebalance, RebalancedGroup, rebalance};
pub use sarif::sarif;
pub use savings::savings;
pub(crate) use text::{count, list};
pub use text::{text, text_of};
