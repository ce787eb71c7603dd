//! Configs as the rules have them: properties under their own names, words as they are listed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::property::Node;
use super::{Collection, Identity, Kind, Properties, Scalar, put};

/// Another name of a property, where it stands in a config.
#[derive(Clone, Debug)]
pub(crate) struct Renamed {
    /// The property's index.
    pub(crate) leaf: usize,
    /// What its words mean here; as they are, unless stated.
    pub(crate) values: Option<BTreeMap<String, Value>>,
    /// Whether it is read; else it is only told what the property is called here.
    pub(crate) accept: bool,
}

impl Renamed {
    /// What a value means here: `None` where it says nothing of this property, or is none of the words.
    pub(crate) fn meaning<'v>(&'v self, value: &'v Value) -> Option<&'v Value> {
        let Some(values) = &self.values else { return Some(value) };
        // ARM's `"sku": { "name": … }`.
        let value =
            value.as_object().filter(|members| members.len() == 1).and_then(|members| members.get("name")).unwrap_or(value);
        let word = value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed);
        let exact = values.get(word.as_ref());
        let meant = exact.or_else(|| values.iter().find(|(known, _)| known.eq_ignore_ascii_case(&word)).map(|(_, meant)| meant));
        meant.filter(|meant| !meant.is_null())
    }
}

impl Scalar {
    /// The listed value that this one is; of texts upper and lower case aside.
    pub(crate) fn listed(&self, value: &Value) -> Option<&Value> {
        let same = |word: &&Value| matches!((word.as_str(), value.as_str()), (Some(word), Some(text)) if word.eq_ignore_ascii_case(text));
        self.allowed.iter().find(|word| *word == value).or_else(|| self.allowed.iter().find(same))
    }
}

/// A valid config as the rules have it.
pub(crate) fn spelled<'c>(config: &'c Map<String, Value>, properties: &Properties) -> Cow<'c, Map<String, Value>> {
    if is_spelled(config, properties, &properties.tree) {
        return Cow::Borrowed(config);
    }
    let mut made = Map::new();
    rebuild(&mut made, config, properties, &properties.tree, &mut Vec::new());
    Cow::Owned(made)
}

fn is_spelled(config: &Map<String, Value>, properties: &Properties, tree: &BTreeMap<String, Node>) -> bool {
    config.iter().all(|(key, value)| match (tree.get(key), value) {
        (Some(Node::Leaf(leaf)), value) => properties.leaves.get(*leaf).is_none_or(|leaf| is_value(value, &leaf.kind)),
        (Some(Node::Branch(inner)), Value::Object(map)) => is_spelled(map, properties, inner),
        (Some(Node::Alias(renamed)), _) => !renamed.iter().any(|renamed| renamed.accept),
        _ => true,
    })
}

fn is_value(value: &Value, kind: &Kind) -> bool {
    match kind {
        Kind::Scalar(scalar) => scalar.allowed.is_empty() || scalar.listed(value).is_none_or(|listed| listed == value),
        Kind::Object(properties) => value.as_object().is_none_or(|map| is_spelled(map, properties, &properties.tree)),
        Kind::Collection(collection) => {
            if matches!(&*collection.element, Kind::Scalar(scalar) if scalar.allowed.is_empty()) {
                return true;
            }
            match value {
                Value::Array(elements) => elements.iter().all(|element| is_value(element, &collection.element)),
                Value::Object(map) => map.values().all(|element| is_value(element, &collection.element)),
                _ => true,
            }
        }
    }
}

fn rebuild(
    made: &mut Map<String, Value>,
    config: &Map<String, Value>,
    properties: &Properties,
    tree: &BTreeMap<String, Node>,
    path: &mut Vec<String>,
) {
    for (key, value) in config {
        path.push(key.clone());
        match (tree.get(key), value) {
            (Some(Node::Leaf(leaf)), value) => {
                let value = properties.leaves.get(*leaf).map_or_else(|| value.clone(), |leaf| of_kind(value, &leaf.kind));
                put(made, path, value);
            }
            (Some(Node::Branch(inner)), Value::Object(map)) => rebuild(made, map, properties, inner, path),
            (Some(Node::Alias(renamed)), value) => {
                for renamed in renamed {
                    let leaf = properties.leaves.get(renamed.leaf);
                    if let (Some(leaf), Some(meant)) = (leaf, renamed.meaning(value)) {
                        put(made, &leaf.path, of_kind(meant, &leaf.kind));
                    }
                }
            }
            (_, value) => put(made, path, value.clone()),
        }
        path.pop();
    }
}

fn of_kind(value: &Value, kind: &Kind) -> Value {
    match (kind, value) {
        (Kind::Scalar(scalar), value) => scalar.listed(value).unwrap_or(value).clone(),
        (Kind::Object(properties), Value::Object(map)) => Value::Object(spelled(map, properties).into_owned()),
        (Kind::Collection(collection), Value::Array(elements)) => {
            elements.iter().map(|element| of_element(element, collection)).collect()
        }
        (Kind::Collection(collection), Value::Object(map)) if collection.identity == Identity::Name => {
            let members = map.iter().map(|(name, element)| (name.clone(), of_element(element, collection)));
            Value::Object(members.collect())
        }
        (_, value) => value.clone(),
    }
}

fn of_element(element: &Value, collection: &Collection) -> Value {
    // A shareable element is wrapped; a shorthand stands for the whole.
    match (&*collection.element, element) {
        (Kind::Scalar(_), Value::Object(_)) => element.clone(),
        (Kind::Object(_), Value::Object(_)) | (Kind::Scalar(_), _) => of_kind(element, &collection.element),
        _ => element.clone(),
    }
}
