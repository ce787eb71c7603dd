//! The elements of a collection, in whichever form they were written.

use std::borrow::Cow;

use serde_json::Value;

use super::{Collection, Identity};

/// One element as its owner wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Element<'a> {
    /// What tells it apart, before any prefix.
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: &'a Value,
    /// Marked `"shared": true`: it keeps its name and is merged with its neighbours'.
    pub(crate) shared: bool,
}

static ABSENT: Value = Value::Null;

/// Hands over each element of a validated collection value: a list, a map, or a count.
pub(crate) fn for_each_element<'a>(collection: &Collection, value: &'a Value, mut each: impl FnMut(Element<'a>)) {
    match (value, &collection.identity) {
        (Value::Object(map), Identity::Name) => {
            for (name, value) in map {
                let shared = collection.shareable && value.get("shared").and_then(Value::as_bool) == Some(true);
                let inner = if collection.shareable { value.get("value") } else { None };
                each(Element { name: Cow::Borrowed(name), value: inner.unwrap_or(value), shared });
            }
        }
        (Value::Array(array), Identity::Field(field)) => {
            for value in array {
                let name = value.as_str().or_else(|| value.get(field).and_then(Value::as_str));
                each(Element { name: Cow::Borrowed(name.unwrap_or_default()), value, shared: false });
            }
        }
        (Value::Array(array), _) => {
            for value in array {
                let name = value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed);
                each(Element { name, value, shared: false });
            }
        }
        (Value::Number(count), _) => {
            let pattern = collection.numbered.as_deref().unwrap_or("{n}");
            for n in 1..=count.as_u64().unwrap_or(0) {
                each(Element { name: Cow::Owned(pattern.replace("{n}", &n.to_string())), value: &ABSENT, shared: false });
            }
        }
        _ => {}
    }
}
