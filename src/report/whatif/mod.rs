//! Comparisons of scenarios for people and spreadsheets to read.

pub(super) mod columns;
mod csv;
pub(super) mod detail;
mod markdown;
pub(super) mod text;

pub use csv::csv;
pub use markdown::markdown;
pub use text::text;

use crate::whatif::Comparison;

/// A comparison as one page of HTML, with charts over the axes of a sweep.
pub fn html(comparison: &Comparison) -> String {
    super::html::comparison(comparison)
}
