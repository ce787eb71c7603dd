//! How much of each capacity requirements take, counting elements rather than requirements.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::place::Dimension;
use crate::merge::{Group, Selection, for_each_element, lookup};
use crate::rules::{Collection, Kind, Properties};

/// Elements that several items name as shared: they count once a resource, whoever is in it.
pub(crate) type Common<'g> = FxHashSet<(usize, Cow<'g, str>)>;

/// The size of a set of requirements in every dimension; elements named by several of them count once.
pub(crate) fn size(
    group: &Group<'_>,
    dimensions: &[Dimension<'_>],
    needs: &[usize],
    only: Option<&[Option<Selection>]>,
    common: &Common<'_>,
) -> Vec<u64> {
    dimensions.iter().map(|dimension| dimension.paths.iter().map(|path| count(group, path, needs, only, common)).sum()).collect()
}

/// A counted path: the top-level property and the collections within its elements.
#[derive(Clone, Debug)]
pub(crate) struct CountPath {
    pub(crate) leaf: usize,
    pub(crate) inner: Vec<String>,
}

fn count(group: &Group<'_>, path: &CountPath, needs: &[usize], only: Option<&[Option<Selection>]>, common: &Common<'_>) -> u64 {
    let property = group.leaf(path.leaf);
    let Kind::Collection(collection) = &property.kind else {
        let set = |need: &&usize| lookup(&group.needs[**need].config, &property.path) == Some(&Value::Bool(true));
        return needs.iter().filter(set).count() as u64;
    };
    let chosen = |i: usize, name: &str| {
        let selection = only.and_then(|only| only.get(i)).and_then(Option::as_ref);
        selection.and_then(|s| s.get(&path.leaf)).is_none_or(|names| names.contains(name))
    };
    let values = || {
        let value = |(i, need): (usize, &usize)| Some((i, lookup(&group.needs[*need].config, &property.path)?));
        needs.iter().enumerate().filter_map(value)
    };
    let plain = only.is_none() && common.is_empty() && path.inner.is_empty();
    if plain && (needs.len() == 1 || collection.prefix.is_some()) {
        return values().map(|(_, value)| length(value)).sum();
    }
    let mut total = 0;
    if collection.prefix.is_some() {
        for (i, value) in values() {
            for_each_element(collection, value, |element| {
                let counted_elsewhere = element.shared && common.contains(&(path.leaf, element.name.clone()));
                if chosen(i, &element.name) && !counted_elsewhere {
                    total += if path.inner.is_empty() { 1 } else { nested(collection, &path.inner, &[element.value]) };
                }
            });
        }
        return total;
    }
    let mut elements: BTreeMap<Cow<'_, str>, Vec<&Value>> = BTreeMap::new();
    for (i, value) in values() {
        for_each_element(collection, value, |element| {
            if chosen(i, &element.name) {
                elements.entry(element.name).or_default().push(element.value);
            }
        });
    }
    if path.inner.is_empty() {
        return elements.len() as u64;
    }
    elements.values().map(|values| nested(collection, &path.inner, values)).sum()
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

fn length(value: &Value) -> u64 {
    match value {
        Value::Array(array) => array.len() as u64,
        Value::Object(map) => map.len() as u64,
        Value::Number(count) => count.as_u64().unwrap_or(0),
        _ => 0,
    }
}
