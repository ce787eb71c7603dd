//! How much of each capacity requirements take, counting elements rather than requirements.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::types::{CountPath, Dimension};
use crate::merge::Group;
use crate::rules::{Collection, Kind, Properties};
use crate::rules::{Element, for_each_element};

/// Elements that several items name as shared: they count once a resource, whoever is in it.
pub(crate) type Common<'g> = FxHashSet<(usize, Cow<'g, str>)>;

/// The size of a set of requirements in every dimension; elements named by several of them count once. Elements in
/// `without` do not count.
pub(crate) fn size(group: &Group<'_>, dimensions: &[Dimension<'_>], needs: &[usize], without: Option<&Common<'_>>) -> Vec<u64> {
    let count = |dimension: &Dimension<'_>| dimension.paths.iter().map(|path| count(group, path, needs, without)).sum();
    dimensions.iter().map(count).collect()
}

/// What one requirement takes of one capacity.
pub(crate) fn size_of(group: &Group<'_>, dimension: &Dimension<'_>, need: usize) -> u64 {
    dimension.paths.iter().map(|path| count(group, path, &[need], None)).sum()
}

fn count(group: &Group<'_>, path: &CountPath, needs: &[usize], without: Option<&Common<'_>>) -> u64 {
    let property = group.leaf(path.leaf);
    let values = || needs.iter().filter_map(|need| Some((group.needs[*need].owner, group.effective(*need, path.leaf)?)));
    let Kind::Collection(collection) = &property.kind else {
        return values().filter(|(_, value)| **value == Value::Bool(true)).count() as u64;
    };
    if needs.len() == 1 && path.inner.is_empty() && without.is_none() {
        return values().map(|(_, value)| length(value)).sum();
    }
    let counts = |element: &Element<'_>| {
        !without.is_some_and(|without| element.shared && without.contains(&(path.leaf, element.name.clone())))
    };
    if path.inner.is_empty() {
        let mut names: BTreeSet<(Option<u32>, Cow<'_, str>)> = BTreeSet::new();
        for (owner, value) in values() {
            for_each_element(collection, value, |element| {
                if counts(&element) {
                    names.insert((whose(collection, &element, owner), element.name));
                }
            });
        }
        return names.len() as u64;
    }
    let mut elements: BTreeMap<(Option<u32>, Cow<'_, str>), Vec<&Value>> = BTreeMap::new();
    for (owner, value) in values() {
        for_each_element(collection, value, |element| {
            elements.entry((whose(collection, &element, owner), element.name)).or_default().push(element.value);
        });
    }
    elements.values().map(|values| nested(collection, &path.inner, values)).sum()
}

/// The owner of an element that is one component's own.
fn whose(collection: &Collection, element: &Element<'_>, owner: u32) -> Option<u32> {
    (collection.prefix.is_some() && !element.shared).then_some(owner)
}

/// How many distinct elements the collection at `path` has within an element that several values describe.
pub(crate) fn nested(collection: &Collection, path: &[String], values: &[&Value]) -> u64 {
    let (Kind::Object(properties), Some((name, rest))) = (&*collection.element, path.split_first()) else { return 0 };
    let Some((inner, inner_values)) = descend(properties, name, values) else { return 0 };
    if let ([only], true) = (&*inner_values, rest.is_empty()) {
        return length(only);
    }
    let mut elements: BTreeMap<Cow<'_, str>, Vec<&Value>> = BTreeMap::new();
    for value in inner_values {
        for_each_element(inner, value, |element| elements.entry(element.name).or_default().push(element.value));
    }
    if rest.is_empty() {
        return elements.len() as u64;
    }
    elements.values().map(|values| nested(inner, rest, values)).sum()
}

fn descend<'v, 'r>(properties: &'r Properties, name: &str, values: &[&'v Value]) -> Option<(&'r Collection, Vec<&'v Value>)> {
    let (_, property) = properties.find(name)?;
    Some((property.collection()?, values.iter().filter_map(|value| value.get(name)).collect()))
}

pub(super) fn length(value: &Value) -> u64 {
    match value {
        Value::Array(array) => array.len() as u64,
        Value::Object(map) => map.len() as u64,
        Value::Number(count) => count.as_u64().unwrap_or(0),
        _ => 0,
    }
}
