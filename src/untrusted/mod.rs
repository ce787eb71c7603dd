//! Text from input on its way to a reader: one writer for each medium, so that no name, message or value can act there.
//!
//! Estates, plans, rules and cases come from anywhere. What they call things may hold terminal codes, line breaks, marks that turn
//! text around, formulas of spreadsheets, Markdown or commands of a CI system.

mod csv;
mod dot;
mod github;
mod html;
mod json;
mod lines;
mod markdown;
mod visible;

pub use csv::csv_cell;
pub(crate) use dot::{dot_id, dot_label};
pub use github::{Command, annotation};
pub(crate) use html::{html_page, html_script};
pub(crate) use json::write_json;
pub use json::{JsonWriter, json_text};
pub use lines::Lines;
pub(crate) use markdown::{markdown_code, markdown_prose};
pub use visible::{acts, excerpt, visible};
