//! Configs as the rules write them: properties under their own names, values in their own spelling.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::rules::{Kind, Node, Properties, Scope};

/// A valid config with every property under its own name, every value that can be written in several ways in the one that its
/// rule prefers, and what follows from it stated.
pub(crate) fn normalized<'c>(
    config: &'c Map<String, Value>,
    properties: &Properties,
    scope: &Scope,
) -> Result<Cow<'c, Map<String, Value>>, minijinja::Error> {
    let mut normal = Cow::Borrowed(config);
    if let Some(changed) = members(config, properties, &properties.tree) {
        normal = Cow::Owned(changed);
    }
    for property in properties.iter() {
        let (Some(canonical), [name]) = (&property.canonical, property.path.as_slice()) else { continue };
        let Some(stated) = normal.get(name) else { continue };
        if stated.as_str().is_some_and(|text| text.contains("${")) {
            continue;
        }
        let value = canonical.fill(&scope.value(stated, &normal))?;
        if let Some(value) = value.filter(|value| value != stated) {
            normal.to_mut().insert(name.clone(), value);
        }
    }
    for property in properties.iter() {
        let (Some(derive), [name]) = (&property.derive, property.path.as_slice()) else { continue };
        if !normal.contains_key(name)
            && let Some(value) = derive.fill(&scope.value(&Value::Null, &normal))?
        {
            normal.to_mut().insert(name.clone(), value);
        }
    }
    Ok(normal)
}

/// The members of a config, if any of them is to be written otherwise.
fn members(config: &Map<String, Value>, properties: &Properties, tree: &BTreeMap<String, Node>) -> Option<Map<String, Value>> {
    let mut changed: Option<Map<String, Value>> = None;
    for (key, value) in config {
        let Some((name, node)) = properties.named(tree, key) else { continue };
        let inner = match (node, value) {
            (Node::Leaf(leaf), value) => properties.leaves.get(*leaf).and_then(|property| of_kind(value, &property.kind)),
            (Node::Branch(inner), Value::Object(map)) => members(map, properties, inner).map(Value::Object),
            (Node::Branch(_), _) => None,
        };
        if inner.is_some() || name != key {
            let all = changed.get_or_insert_with(|| config.clone());
            let value = all.remove(key).unwrap_or_default();
            all.insert(name.to_owned(), inner.unwrap_or(value));
        }
    }
    changed
}

/// A value as its kind writes it, if that differs.
fn of_kind(value: &Value, kind: &Kind) -> Option<Value> {
    match (kind, value) {
        (Kind::Scalar(scalar), value) => scalar.spelling(value).filter(|spelled| *spelled != value).cloned(),
        (Kind::Object(properties), Value::Object(map)) => members(map, properties, &properties.tree).map(Value::Object),
        (Kind::Collection(collection), Value::Array(elements)) => {
            let inner: Vec<Option<Value>> = elements.iter().map(|element| of_kind(element, &collection.element)).collect();
            inner
                .iter()
                .any(Option::is_some)
                .then(|| elements.iter().zip(inner).map(|(element, inner)| inner.unwrap_or_else(|| element.clone())).collect())
        }
        (Kind::Collection(collection), Value::Object(map)) => {
            let mut changed = None;
            for (name, value) in map {
                if let Some(inner) = of_kind(value, &collection.element) {
                    changed.get_or_insert_with(|| map.clone()).insert(name.clone(), inner);
                }
            }
            changed.map(Value::Object)
        }
        _ => None,
    }
}
