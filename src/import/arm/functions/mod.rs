//! The functions of templates that need nothing but their arguments.
//!
//! Each gives nothing where it cannot know what it comes to: an argument is known only when the template is deployed, or is none
//! that the function takes.

mod collections;
mod hash;
mod logic;
mod numbers;
mod strings;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::import::marks;

pub(super) use collections::at;

/// A function of its arguments alone.
pub(super) type Pure = fn(&[Value]) -> Option<Value>;

/// Longer texts are nobody's names or settings.
const LONGEST: usize = 1 << 16;
/// Longer lists are nobody's either.
pub(super) const MOST_ELEMENTS: usize = 10_000;

/// The functions by their names in lower case.
pub(super) fn all() -> FxHashMap<&'static str, Pure> {
    let groups = [collections::ALL, logic::ALL, numbers::ALL, strings::ALL];
    groups.into_iter().flatten().copied().collect()
}

/// A text that is known as a whole.
fn known(arguments: &[Value], rank: usize) -> Option<&str> {
    arguments.get(rank)?.as_str().filter(|text| marks::is_known(text))
}

fn number(arguments: &[Value], rank: usize) -> Option<i64> {
    arguments.get(rank)?.as_i64()
}

fn size(arguments: &[Value], rank: usize) -> Option<usize> {
    number(arguments, rank).and_then(|number| usize::try_from(number.max(0)).ok())
}

/// A text, unless it is longer than any that somebody means.
fn text(text: impl Into<String>) -> Option<Value> {
    let text = text.into();
    (text.len() <= LONGEST).then_some(Value::String(text))
}

fn list(elements: Vec<Value>) -> Option<Value> {
    (elements.len() <= MOST_ELEMENTS).then_some(Value::Array(elements))
}

/// Whether a value is known as a whole.
pub(super) fn is_known(value: &Value) -> bool {
    match value {
        Value::String(text) => marks::is_known(text),
        Value::Array(array) => array.iter().all(is_known),
        Value::Object(map) => map.iter().all(|(key, value)| marks::is_known(key) && is_known(value)),
        _ => true,
    }
}

/// Whether a value is a text that only deployment knows: it may stand for a list or an object.
fn is_open(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !marks::is_known(text))
}
