//! Reading documents written by people, in JSON, JSON with comments or YAML: every mistake found in one run, each with its place in
//! the file.
//!
//! A document is parsed once into a plain [`serde_json::Value`]; positions are worked out only when there is a
//! diagnostic to place, by walking the text again along the diagnostics' pointers. A file without mistakes pays
//! nothing for the quality of its errors.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod code;
mod concealed;
mod diagnostic;
mod document;
mod fields;
mod jsonc;
mod locate;
mod nearest;
mod pointer;
mod tree;
mod yaml;

pub use code::Code;
pub use diagnostic::{Diagnostic, Diagnostics, Position, Severity};
pub use document::{Document, Language};
pub(crate) use fields::{At, Sink, describe, list_names};
pub(crate) use nearest::{nearest, nearest_of_many};
pub use pointer::{Pointer, Segment};
