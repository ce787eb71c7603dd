//! Reading JSON documents written by people: every mistake found in one run, each with its place in the file.
//!
//! A document is parsed once into a plain [`serde_json::Value`]; positions are worked out only when there is a
//! diagnostic to place, by walking the text again along the diagnostics' pointers. A file without mistakes pays
//! nothing for the quality of its errors.

mod code;
mod diagnostic;
mod document;
mod fields;
mod locate;
mod nearest;
mod pointer;

pub use code::Code;
pub use diagnostic::{Diagnostic, Diagnostics, Position, Severity};
pub use document::Document;
pub(crate) use fields::{At, Sink, describe, list_names};
pub(crate) use nearest::nearest;
pub use pointer::{Pointer, Segment};
