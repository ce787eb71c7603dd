//! A resource's body as templates see it, noting what they look at.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde};

/// The paths that have been looked at.
pub(super) type Seen = Arc<Mutex<BTreeSet<String>>>;

/// A part of a body.
#[derive(Debug)]
struct Tracked {
    whole: Arc<serde_json::Value>,
    path: String,
    seen: Seen,
}

/// A body as a value for templates; every single value that they read is noted under its JSON pointer.
pub(super) fn tracked(body: &Arc<serde_json::Value>, seen: &Seen) -> Value {
    part(body, String::new(), seen)
}

fn part(whole: &Arc<serde_json::Value>, path: String, seen: &Seen) -> Value {
    match whole.pointer(&path) {
        None => Value::UNDEFINED,
        Some(serde_json::Value::Object(_) | serde_json::Value::Array(_)) => {
            Value::from_object(Tracked { whole: Arc::clone(whole), path, seen: Arc::clone(seen) })
        }
        // What is null nobody has set.
        Some(serde_json::Value::Null) => Value::UNDEFINED,
        Some(single) => {
            let value = Value::from(Serde(single));
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
            value
        }
    }
}

impl Tracked {
    fn here(&self) -> &serde_json::Value {
        self.whole.pointer(&self.path).unwrap_or(&serde_json::Value::Null)
    }
}

impl Object for Tracked {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.here().is_array() { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let step = match key.as_str() {
            Some(name) => {
                // Azure does not look at the case of names.
                let known = self.here().as_object().and_then(|map| {
                    map.get_key_value(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
                });
                known.map_or(name, |(key, _)| key).replace('~', "~0").replace('/', "~1")
            }
            None => key.as_usize()?.to_string(),
        };
        let found = part(&self.whole, format!("{}/{step}", self.path), &self.seen);
        (!found.is_undefined()).then_some(found)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.here() {
            serde_json::Value::Array(array) => Enumerator::Seq(array.len()),
            serde_json::Value::Object(map) => Enumerator::Values(map.keys().map(|key| Value::from(key.as_str())).collect()),
            _ => Enumerator::NonEnumerable,
        }
    }
}

/// The single values of a body that nobody looked at, by path, without the numbers of list elements. What only repeats the
/// resource's name says nothing.
pub(super) fn unseen(body: &serde_json::Value, seen: &Seen, name: &str) -> BTreeSet<String> {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    repeated(body, name, &mut String::new(), &mut seen);
    let mut found = BTreeSet::new();
    walk(body, &mut String::new(), &mut String::new(), &seen, &mut found);
    found
}

fn repeated(value: &serde_json::Value, name: &str, pointer: &mut String, seen: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            let end = pointer.len();
            for (key, value) in map {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                repeated(value, name, pointer, seen);
                pointer.truncate(end);
            }
        }
        serde_json::Value::String(text) if text == name => {
            seen.insert(pointer.clone());
        }
        _ => {}
    }
}

fn walk(
    value: &serde_json::Value,
    pointer: &mut String,
    shown: &mut String,
    seen: &BTreeSet<String>,
    found: &mut BTreeSet<String>,
) {
    let (pointer_end, shown_end) = (pointer.len(), shown.len());
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                if !shown.is_empty() {
                    shown.push('.');
                }
                shown.push_str(key);
                walk(value, pointer, shown, seen, found);
                pointer.truncate(pointer_end);
                shown.truncate(shown_end);
            }
        }
        serde_json::Value::Array(array) => {
            for (i, value) in array.iter().enumerate() {
                pointer.push_str(&format!("/{i}"));
                walk(value, pointer, shown, seen, found);
                pointer.truncate(pointer_end);
            }
        }
        // What is empty or off says nothing.
        serde_json::Value::Null | serde_json::Value::Bool(false) => {}
        serde_json::Value::String(text) if text.is_empty() => {}
        _ if seen.contains(pointer.as_str()) => {}
        _ => {
            found.insert(shown.clone());
        }
    }
}
