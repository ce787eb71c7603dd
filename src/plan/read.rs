//! Reading a plan's file.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

use serde::Deserialize;
use serde_json::Value;

use super::Plan;
use crate::input::{Code, Diagnostic, Diagnostics, Document, Pointer};

/// What there must be before a file can be read as a plan.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

impl Plan {
    /// Reads a plan as [`write_json`](Self::write_json) writes it. Fields that a later program added are ignored.
    ///
    /// # Errors
    /// What is no JSON, another version of the format, and the first thing that is not as it is in a plan; each with its
    /// place.
    pub fn read(document: &Document) -> Result<Self, Diagnostics> {
        if let Ok(Versioned { version }) = serde_json::from_str(document.text())
            && version != 1
        {
            let message = format!("this program reads plans of version 1, not {version}");
            let mut diagnostic = Diagnostic::error(Code::WrongVersion, message).at(Pointer::root().key("version"));
            diagnostic.help("read it with the program that made it");
            return Err(Diagnostics::from(diagnostic).located(document));
        }
        // A sound plan is read in one go; only what is wrong is looked at closely.
        if let Ok(plan) = serde_json::from_str(document.text()) {
            return Ok(plan);
        }
        let value = document.parse()?;
        let help = other_format(&value);
        serde_path_to_error::deserialize(value).map_err(|error| {
            let mut place = Pointer::root();
            for segment in error.path() {
                place = match segment {
                    serde_path_to_error::Segment::Seq { index } => place.index(*index),
                    serde_path_to_error::Segment::Map { key } => place.key(key),
                    serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => place,
                };
            }
            let mut diagnostic = Diagnostic::error(Code::WrongType, plainly(&error.inner().to_string())).at(place);
            diagnostic.expect("a plan as `colocate plan --format json` writes it");
            if let Some(help) = help {
                diagnostic.help(help);
            }
            Diagnostics::from(diagnostic).located(document)
        })
    }
}

/// A message of `serde` without the names of Rust's types.
fn plainly(message: &str) -> String {
    let whole = ["usize", "u64", "u32", "u16"].iter().fold(message.to_owned(), |text, name| text.replace(name, "a whole number"));
    let mut text = whole.replace("f64", "a number");
    while let Some((before, after)) = text.split_once("struct ") {
        let name = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        text = format!("{before}an object{}", after.get(name..).unwrap_or_default());
    }
    text
}

/// What a file is that is no plan, where it is another of our formats.
fn other_format(value: &Value) -> Option<&'static str> {
    if value.get("components").is_some() && value.get("groups").is_none() {
        Some("this is an estate; plan it first: `colocate plan ESTATE --format json`")
    } else if value.get("bindings").is_some() && value.get("groups").is_none() {
        Some("this is a lock, which holds placements only; plan the estate with it first")
    } else {
        None
    }
}
