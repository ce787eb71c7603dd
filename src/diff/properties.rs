//! Two configs, property by property and element by element.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::types::{Cause, PropertyChange, Source};
use crate::plan::{PropertyRecord, Provenance};
use crate::rules::{Collection, Identity, Kind, Node, Presence, Properties, Property};
use crate::secrets::{hidden, hidden_member};

/// Where a comparison is: the property's path and the elements on the way to it.
#[derive(Clone, Default)]
struct Place {
    property: Vec<String>,
    elements: Vec<String>,
}

impl Place {
    fn property(&self, name: &str) -> Self {
        let mut place = self.clone();
        place.property.push(name.to_owned());
        place
    }

    fn element(&self, name: &str) -> Self {
        let mut place = self.clone();
        place.elements.push(name.to_owned());
        place
    }
}

/// What differs between two configs. `properties` is `None` for a type that no rule describes.
pub(super) fn compare(
    properties: Option<&Properties>,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Vec<PropertyChange> {
    let mut changes = Vec::new();
    match properties {
        Some(properties) => {
            object(&mut changes, &Place::default(), properties, old, new);
            conversions(properties, &mut changes);
        }
        None => plain_members(&mut changes, &Place::default(), old, new),
    }
    changes
}

/// Marks what the provider converts: one property goes and another that it can be turned into comes, at one element.
fn conversions(properties: &Properties, changes: &mut [PropertyChange]) {
    let mut converted: Vec<(usize, usize)> = Vec::new();
    for (i, from) in changes.iter().enumerate() {
        let Some(to) = properties.at(&from.property).and_then(|property| property.converts.as_ref()) else { continue };
        let (parent, _) = from.property.rsplit_once('.').unwrap_or_default();
        let wanted = if parent.is_empty() { to.clone() } else { format!("{parent}.{to}") };
        let turned = |other: &PropertyChange| {
            other.property == wanted
                && other.element == from.element
                && from.old.is_none() == from.new.is_some()
                && from.old.is_none() == other.new.is_none()
                && from.new.is_none() == other.old.is_none()
        };
        converted.extend(changes.iter().position(turned).map(|other| (i, other)));
    }
    for rank in converted.into_iter().flat_map(|(a, b)| [a, b]) {
        if let Some(change) = changes.get_mut(rank) {
            (change.immutable, change.migration) = (false, true);
        }
    }
}

/// What differs between two forms of one element of a collection at the top of a config.
pub(super) fn compare_element(property: &Property, name: &str, old: &Value, new: &Value) -> Vec<PropertyChange> {
    let mut changes = Vec::new();
    let Kind::Collection(collection) = &property.kind else { return changes };
    let place = Place { property: property.path.clone(), elements: vec![name.to_owned()] };
    element(&mut changes, &place, property, collection, Some(old), Some(new));
    changes
}

/// The names in either of two maps, in order.
fn names<'m>(old: &'m Map<String, Value>, new: &'m Map<String, Value>) -> impl Iterator<Item = &'m String> {
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort_unstable();
    names.into_iter()
}

fn object(
    changes: &mut Vec<PropertyChange>,
    place: &Place,
    properties: &Properties,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) {
    branch(changes, place, properties, &properties.tree, old, new);
}

fn branch(
    changes: &mut Vec<PropertyChange>,
    place: &Place,
    properties: &Properties,
    tree: &BTreeMap<String, Node>,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) {
    for name in names(old, new) {
        let (before, after) = (old.get(name), new.get(name));
        if before == after {
            continue;
        }
        let place = place.property(name);
        match tree.get(name) {
            Some(Node::Leaf(rank)) => leaf(changes, &place, &properties.leaves[*rank], before, after),
            Some(Node::Branch(inner)) => {
                let nothing = Map::new();
                let members = [before, after].map(|value| value.map_or(Some(&nothing), Value::as_object));
                match members {
                    [Some(before), Some(after)] => branch(changes, &place, properties, inner, before, after),
                    _ => change(changes, &place, false, false, before, after),
                }
            }
            Some(Node::Alias(_)) | None => change(changes, &place, false, false, before, after),
        }
    }
}

fn leaf(changes: &mut Vec<PropertyChange>, place: &Place, property: &Property, old: Option<&Value>, new: Option<&Value>) {
    match &property.kind {
        Kind::Collection(collection) => elements(changes, place, property, collection, old, new),
        Kind::Scalar(_) | Kind::Object(_) => {
            let appears = old.is_none() != new.is_none();
            let anew = property.immutable || (appears && property.presence == Presence::Replace);
            change(changes, place, anew, property.secret, old, new);
            if let Some(last) = changes.last_mut().filter(|_| appears && property.presence == Presence::Migrate) {
                last.migration = true;
            }
        }
    }
}

/// The elements of a collection by what tells them apart.
pub(super) fn by_identity<'v>(collection: &Collection, value: Option<&'v Value>) -> Option<BTreeMap<String, &'v Value>> {
    let mut elements = BTreeMap::new();
    match (value, &collection.identity) {
        (None, _) => {}
        (Some(Value::Object(map)), Identity::Name) => {
            elements.extend(map.iter().map(|(name, value)| (name.clone(), value)));
        }
        (Some(Value::Array(array)), Identity::Field(field)) => {
            for value in array {
                elements.insert(value.as_str().or_else(|| value.get(field)?.as_str())?.to_owned(), value);
            }
        }
        (Some(Value::Array(array)), Identity::Itself) => {
            elements.extend(array.iter().map(|value| (value.as_str().map_or_else(|| value.to_string(), str::to_owned), value)));
        }
        _ => return None,
    }
    Some(elements)
}

fn elements(
    changes: &mut Vec<PropertyChange>,
    place: &Place,
    property: &Property,
    collection: &Collection,
    old: Option<&Value>,
    new: Option<&Value>,
) {
    let (Some(before), Some(after)) = (by_identity(collection, old), by_identity(collection, new)) else {
        return change(changes, place, property.immutable, property.secret, old, new);
    };
    // Of what cannot be changed in place the whole list is the value.
    if property.immutable {
        if before.keys().ne(after.keys()) {
            change(changes, place, true, property.secret, old, new);
        }
        return;
    }
    let all: BTreeMap<&String, ()> = before.keys().chain(after.keys()).map(|name| (name, ())).collect();
    for (name, ()) in all {
        element(changes, &place.element(name), property, collection, before.get(name).copied(), after.get(name).copied());
    }
}

fn element(
    changes: &mut Vec<PropertyChange>,
    place: &Place,
    property: &Property,
    collection: &Collection,
    old: Option<&Value>,
    new: Option<&Value>,
) {
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => match &*collection.element {
            Kind::Object(inner) => object(changes, place, inner, old, new),
            _ => plain_members(changes, place, old, new),
        },
        (old, new) => change(changes, place, false, property.secret, old, new),
    }
}

fn plain_members(changes: &mut Vec<PropertyChange>, place: &Place, old: &Map<String, Value>, new: &Map<String, Value>) {
    for name in names(old, new) {
        if old.get(name) != new.get(name) {
            change(changes, &place.property(name), false, false, old.get(name), new.get(name));
        }
    }
}

fn change(
    changes: &mut Vec<PropertyChange>,
    place: &Place,
    immutable: bool,
    secret: bool,
    old: Option<&Value>,
    new: Option<&Value>,
) {
    let Place { property, elements } = place;
    let name = elements.last().or(property.last()).map_or("", String::as_str);
    let shown = |value: &Value| if secret { hidden(value) } else { hidden_member(name, value) };
    changes.push(PropertyChange {
        property: property.join("."),
        element: (!elements.is_empty()).then(|| elements.join("/")),
        old: old.map(shown),
        new: new.map(shown),
        immutable,
        ..PropertyChange::default()
    });
}

/// How the value of a property came about, as far as its provenance tells.
pub(super) fn cause(provenance: &Provenance, property: &str) -> Option<Cause> {
    let PropertyRecord { strategy, winner, contributions, elements } = provenance.get(property)?;
    let cause = |from, priority, count, first: &[String]| Cause { from, priority, count, first: first.to_vec() };
    if strategy == "default" {
        return Some(cause(Source::Default, None, 0, &[]));
    }
    // Of a collection the record tells who states any of it: that is the cause only where nobody else does.
    let whose = if elements.is_some() { contributions.first().filter(|only| only.count == 1) } else { None };
    let contribution = whose.or_else(|| contributions.iter().find(|c| winner.is_some() && c.value == *winner))?;
    let from = match contribution.from.as_deref() {
        Some("override") => Source::Override,
        Some("inherited") => Source::Inherited,
        _ => Source::Requirement,
    };
    Some(cause(from, contribution.priority, contribution.count, &contribution.first))
}
