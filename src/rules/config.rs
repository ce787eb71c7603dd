//! Walking a config along a property tree.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Node;

/// Hands over every stated leaf of a config.
pub(crate) fn walk<'v>(config: &'v Map<String, Value>, tree: &BTreeMap<String, Node>, each: &mut impl FnMut(usize, &'v Value)) {
    for (key, value) in config {
        match (tree.get(key), value) {
            (Some(Node::Leaf(leaf)), value) => each(*leaf, value),
            (Some(Node::Branch(inner)), Value::Object(map)) => walk(map, inner, each),
            _ => {} // validation has refused it already
        }
    }
}

/// The value at a path, if stated.
pub(crate) fn lookup<'v>(config: &'v Map<String, Value>, path: &[String]) -> Option<&'v Value> {
    let (last, branches) = path.split_last()?;
    let mut map = config;
    for name in branches {
        map = map.get(name)?.as_object()?;
    }
    map.get(last)
}

/// Puts a value at a path.
pub(crate) fn put(config: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            config.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = config.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
