//! Comparisons of scenarios for people and spreadsheets to read.

mod columns;
mod csv;
mod detail;
mod markdown;
mod text;

pub use csv::csv;
pub use markdown::markdown;
pub use text::text;
