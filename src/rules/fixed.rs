//! What of a resource's config cannot be changed in place.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Identity, Kind, Node, Properties, Property};

/// The values of a config that the provider only sets when it makes something, by JSON pointer; elements of a collection
/// are named by what tells them apart: `/databases/orders/containers/items/partitionKey`.
pub(crate) type FixedValues = BTreeMap<String, Value>;

/// A path of [`FixedValues`] within an element of a collection, which can be made anew without its resource.
pub(crate) fn is_of_element(properties: &Properties, pointer: &str) -> bool {
    let mut names = pointer.split('/').skip(1);
    let mut tree = &properties.tree;
    while let Some(Node::Branch(inner)) = names.next().and_then(|name| tree.get(name)) {
        tree = inner;
    }
    names.next().is_some()
}

/// The pointer of a property outside of collections.
pub(crate) fn pointer(property: &Property) -> String {
    property.path.iter().fold(String::new(), |place, name| below(&place, name))
}

/// What of a config cannot be changed in place.
pub(crate) fn fixed_values(properties: &Properties, config: &Map<String, Value>) -> FixedValues {
    let mut found = FixedValues::new();
    members(&mut found, "", properties, &properties.tree, config, None);
    found
}

fn members(
    found: &mut FixedValues,
    place: &str,
    properties: &Properties,
    tree: &BTreeMap<String, Node>,
    config: &Map<String, Value>,
    identity: Option<&str>,
) {
    for (name, value) in config.iter().filter(|(name, _)| identity != Some(name.as_str())) {
        let here = || below(place, name);
        match (tree.get(name), value) {
            (Some(Node::Branch(inner)), Value::Object(map)) => members(found, &here(), properties, inner, map, None),
            (Some(Node::Leaf(rank)), value) => {
                let Some(property) = properties.leaves.get(*rank) else { continue };
                if property.immutable {
                    found.insert(here(), value.clone());
                } else if let (Kind::Collection(collection), Value::Array(elements)) = (&property.kind, value)
                    && let (Identity::Field(field), Kind::Object(inner)) = (&collection.identity, &*collection.element)
                {
                    for element in elements.iter().filter_map(Value::as_object) {
                        let Some(id) = element.get(field).and_then(Value::as_str) else { continue };
                        members(found, &below(&here(), id), inner, &inner.tree, element, Some(field));
                    }
                }
            }
            _ => {}
        }
    }
}

/// A pointer extended by a name (RFC 6901).
fn below(place: &str, name: &str) -> String {
    let name = if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1") } else { name.to_owned() };
    format!("{place}/{name}")
}
