//! The elements of a collection, in whichever form they were written.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
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
        (Value::Array(array), _) => array.iter().for_each(|value| each(listed(collection, value))),
        (Value::Number(count), _) => {
            let pattern = collection.numbered.as_deref().unwrap_or("{n}");
            for n in 1..=count.as_u64().unwrap_or(0) {
                each(Element { name: Cow::Owned(pattern.replace("{n}", &n.to_string())), value: &ABSENT, shared: false });
            }
        }
        _ => {}
    }
}

/// An element of a list.
fn listed<'a>(collection: &Collection, value: &'a Value) -> Element<'a> {
    let name = match &collection.identity {
        Identity::Field(field) => {
            Cow::Borrowed(value.as_str().or_else(|| value.get(field).and_then(Value::as_str)).unwrap_or_default())
        }
        _ => value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed),
    };
    Element { name, value, shared: false }
}

/// The elements of one collection value by name, for who wants some of very many.
#[derive(Debug)]
pub(crate) struct ElementIndex(FxHashMap<String, usize>);

impl ElementIndex {
    pub(crate) fn new(collection: &Collection, value: &Value) -> Self {
        let array = value.as_array().map_or(&[][..], Vec::as_slice);
        Self(array.iter().enumerate().map(|(rank, value)| (listed(collection, value).name.into_owned(), rank)).collect())
    }

    /// Hands over the elements of the value, the same as before, that have one of these names.
    pub(crate) fn for_each_of<'a, 'n>(
        &self,
        collection: &Collection,
        value: &'a Value,
        names: impl Iterator<Item = &'n str>,
        mut each: impl FnMut(Element<'a>),
    ) {
        match value {
            Value::Array(array) => {
                let ranks = names.filter_map(|name| self.0.get(name));
                ranks.filter_map(|rank| array.get(*rank)).for_each(|value| each(listed(collection, value)));
            }
            value => {
                let names: FxHashSet<&str> = names.collect();
                for_each_element(collection, value, |element| {
                    if names.contains(&*element.name) {
                        each(element);
                    }
                });
            }
        }
    }
}
