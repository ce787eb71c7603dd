//! Lists and objects, and what they have in common with texts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Pure, is_known, is_open, known, list, number, size, strings, text};
use crate::import::marks;

pub(super) const ALL: &[(&str, Pure)] = &[
    ("array", |arguments| match arguments.first()? {
        Value::Array(array) => Some(Value::Array(array.clone())),
        other if is_open(other) => None,
        other => Some(Value::Array(vec![other.clone()])),
    }),
    ("concat", concat),
    ("contains", contains),
    ("createarray", |arguments| list(arguments.to_vec())),
    ("createobject", create_object),
    ("empty", empty),
    ("first", |arguments| match arguments.first()? {
        Value::Array(array) => Some(array.first().cloned().unwrap_or_default()),
        _ => text(known(arguments, 0)?.chars().take(1).collect::<String>()),
    }),
    ("flatten", |arguments| list(arguments.first()?.as_array()?.iter().flat_map(elements).collect())),
    ("indexof", |arguments| index(arguments, false)),
    ("intersection", intersection),
    ("items", |arguments| {
        let sorted: BTreeMap<&String, &Value> = arguments.first()?.as_object()?.iter().collect();
        Some(sorted.into_iter().map(|(key, value)| serde_json::json!({ "key": key, "value": value })).collect())
    }),
    ("json", |arguments| serde_json::from_str(known(arguments, 0)?).ok()),
    ("last", |arguments| match arguments.first()? {
        Value::Array(array) => Some(array.last().cloned().unwrap_or_default()),
        _ => text(known(arguments, 0)?.chars().last().map(String::from).unwrap_or_default()),
    }),
    ("lastindexof", |arguments| index(arguments, true)),
    ("length", |arguments| match arguments.first()? {
        Value::Array(array) if !array.iter().any(is_open) => Some(array.len().into()),
        Value::Object(map) if map.keys().all(|key| marks::is_known(key)) => Some(map.len().into()),
        Value::Array(_) | Value::Object(_) => None,
        _ => Some(known(arguments, 0)?.chars().count().into()),
    }),
    ("objectkeys", |arguments| {
        let mut keys: Vec<&String> = arguments.first()?.as_object()?.keys().collect();
        keys.sort();
        Some(keys.into_iter().cloned().map(Value::from).collect())
    }),
    ("shallowmerge", |arguments| {
        let objects = arguments.first()?.as_array()?.iter().map(Value::as_object).collect::<Option<Vec<_>>>()?;
        Some(Value::Object(objects.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()))
    }),
    ("skip", |arguments| match arguments.first()? {
        Value::Array(array) => Some(array.iter().skip(size(arguments, 1)?).cloned().collect()),
        _ => strings::skip(arguments),
    }),
    ("take", |arguments| match arguments.first()? {
        Value::Array(array) => Some(array.iter().take(size(arguments, 1)?).cloned().collect()),
        Value::String(whole) => text(strings::start(whole, size(arguments, 1)?)),
        _ => None,
    }),
    ("tryindexfromend", |arguments| match arguments.first()? {
        Value::Array(array) => {
            let back = size(arguments, 1)?;
            Some(array.len().checked_sub(back).and_then(|rank| array.get(rank)).cloned().unwrap_or_default())
        }
        _ => None,
    }),
    ("union", union),
];

/// The elements of a list; what only deployment knows is one that stands for all that it will be.
fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(array) => array.clone(),
        Value::Null => Vec::new(),
        other => vec![other.clone()],
    }
}

fn concat(arguments: &[Value]) -> Option<Value> {
    if arguments.iter().any(Value::is_array) {
        let fit = arguments.iter().all(|argument| argument.is_array() || argument.is_null() || is_open(argument));
        return if fit { list(arguments.iter().flat_map(elements).collect()) } else { None };
    }
    text(arguments.iter().map(strings::plain).collect::<Option<Vec<_>>>()?.concat())
}

fn contains(arguments: &[Value]) -> Option<Value> {
    let part = arguments.get(1)?;
    match arguments.first()? {
        Value::Array(array) if array.contains(part) => Some(true.into()),
        Value::Array(array) => array.iter().all(is_known).then(|| false.into()),
        Value::Object(map) => {
            let wanted = known(arguments, 1)?;
            let found = map.keys().any(|key| key.eq_ignore_ascii_case(wanted));
            (found || map.keys().all(|key| marks::is_known(key))).then(|| found.into())
        }
        Value::Null => Some(false.into()),
        _ => {
            let part = strings::plain(part).filter(|part| marks::is_known(part))?;
            Some(known(arguments, 0)?.contains(&part).into())
        }
    }
}

fn create_object(arguments: &[Value]) -> Option<Value> {
    let member = |pair: &[Value]| Some((pair.first()?.as_str()?.to_owned(), pair.get(1)?.clone()));
    arguments.chunks(2).map(member).collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn empty(arguments: &[Value]) -> Option<Value> {
    match arguments.first()? {
        Value::Null => Some(true.into()),
        Value::Array(array) if array.iter().all(is_open) && !array.is_empty() => None,
        Value::Array(array) => Some(array.is_empty().into()),
        Value::Object(map) => Some(map.is_empty().into()),
        // A text with something known in it is not empty, whatever the rest is.
        Value::String(whole) if !marks::is_known(whole) => {
            marks::pieces(whole).iter().any(|piece| matches!(piece, marks::Piece::Text(_))).then(|| false.into())
        }
        _ => Some(known(arguments, 0)?.is_empty().into()),
    }
}

fn index(arguments: &[Value], last: bool) -> Option<Value> {
    let Some(Value::Array(array)) = arguments.first() else { return strings::index(arguments, last) };
    let wanted = arguments.get(1)?;
    let mut found = array.iter().enumerate().filter(|(_, value)| *value == wanted).map(|(rank, _)| rank);
    let rank = if last { found.next_back() } else { found.next() };
    Some(rank.and_then(|rank| i64::try_from(rank).ok()).unwrap_or(-1).into())
}

fn intersection(arguments: &[Value]) -> Option<Value> {
    let (first, others) = arguments.split_first()?;
    match first {
        Value::Array(array) => {
            let others = others.iter().map(Value::as_array).collect::<Option<Vec<_>>>()?;
            Some(array.iter().filter(|value| others.iter().all(|other| other.contains(value))).cloned().collect())
        }
        Value::Object(map) => {
            let others = others.iter().map(Value::as_object).collect::<Option<Vec<_>>>()?;
            let common = map.iter().filter(|(key, value)| others.iter().all(|other| other.get(*key) == Some(value)));
            Some(Value::Object(common.map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        _ => None,
    }
}

/// All elements of lists, each once; or all members of objects, those within merged in turn. What only deployment knows is an
/// element or member by itself.
fn union(arguments: &[Value]) -> Option<Value> {
    let stated: Vec<&Value> = arguments.iter().filter(|argument| !argument.is_null()).collect();
    if stated.iter().any(|argument| argument.is_array()) {
        let mut all: Vec<Value> = Vec::new();
        for value in stated.into_iter().flat_map(elements) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        return list(all);
    }
    if !stated.iter().any(|argument| argument.is_object()) {
        return None;
    }
    let mut merged = Map::new();
    for argument in stated {
        match argument {
            Value::Object(map) => merge(&mut merged, map),
            Value::String(open) if is_open(argument) => {
                merged.insert(open.clone(), argument.clone());
            }
            _ => return None,
        }
    }
    Some(Value::Object(merged))
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A member or element by a path of names and places; nothing where there is none on the way.
pub(in super::super) fn at(value: &Value, path: &[Value]) -> Option<Value> {
    let mut here = value;
    for (depth, step) in path.iter().enumerate() {
        let next = match (here, step) {
            (Value::Object(map), Value::String(name)) if marks::is_known(name) => {
                map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            }
            (Value::Array(array), Value::Number(_)) => array.get(usize::try_from(number(path, depth)?).ok()?),
            (Value::Null, _) => None,
            (other, step) if is_open(other) || is_open(step) => return None,
            _ => None,
        };
        match next {
            Some(next) => here = next,
            None => return Some(Value::Null),
        }
    }
    Some(here.clone())
}
