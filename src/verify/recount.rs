//! What a merged resource holds, counted in its config.

use serde_json::{Map, Value};

use crate::merge::{Group, Portion};
use crate::rules::{Capacity, Kind};

/// How much of a capacity a merged config and the requirements on it use.
pub(crate) fn used(group: &Group<'_>, portions: &[Portion], config: &Map<String, Value>, capacity: &Capacity) -> u64 {
    let of_path = |path: &Vec<String>| {
        let Some((first, inner)) = path.split_first() else { return 0 };
        match group.rule.properties.find(first) {
            Some((leaf, property)) if matches!(property.kind, Kind::Scalar(_)) => flags(group, portions, leaf),
            _ => config.get(first).map_or(0, |value| elements(value, inner)),
        }
    };
    capacity.count.iter().map(of_path).sum()
}

/// The most that one element of the capacity's collection holds, and which.
pub(crate) fn fullest<'c>(config: &'c Map<String, Value>, capacity: &Capacity) -> Option<(u64, &'c str)> {
    let of_path = |path: &Vec<String>| {
        let (first, inner) = path.split_first()?;
        let holders = config.get(first)?.as_array()?.iter();
        holders.map(|element| (elements_within(element, inner), name(element))).max()
    };
    capacity.count.iter().filter_map(of_path).max()
}

/// Requirements that set a flag: each asks for the thing itself, so two of them need two.
fn flags(group: &Group<'_>, portions: &[Portion], leaf: usize) -> u64 {
    let here =
        |portion: &&Portion| portion.only.as_ref().is_none_or(|only| only.get(&leaf).is_none_or(|names| !names.is_empty()));
    let set = |portion: &&Portion| group.effective(portion.need, leaf) == Some(&Value::Bool(true));
    portions.iter().filter(here).filter(set).count() as u64
}

fn elements(value: &Value, inner: &[String]) -> u64 {
    match (value, inner) {
        (Value::Array(array), []) => array.len() as u64,
        (Value::Object(map), []) => map.len() as u64,
        (Value::Array(array), inner) => array.iter().map(|element| elements_within(element, inner)).sum(),
        (Value::Object(map), inner) => map.values().map(|element| elements_within(element, inner)).sum(),
        _ => 0,
    }
}

fn elements_within(element: &Value, inner: &[String]) -> u64 {
    let Some((first, rest)) = inner.split_first() else { return 1 };
    element.get(first).map_or(0, |value| elements(value, rest))
}

fn name(element: &Value) -> &str {
    element.get("name").unwrap_or(element).as_str().unwrap_or_default()
}
