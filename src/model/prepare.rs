//! What a group's requirements come with: limits in force, must-links, elements that many share.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::labels::join_together;
use super::links::{Bond, Links};
use super::sizes::{Common, nested};
use super::types::{CountPath, Dimension, GroupFault, Setting};
use crate::estate::{Estate, Sharing};
use crate::merge::Group;
use crate::rules::for_each_element;
use crate::rules::lookup;
use crate::rules::{Capacity, Kind};

/// Who must stay together: who names the same element, and whom the estate wants together.
pub(super) fn links(group: &Group<'_>, setting: &Setting<'_>) -> Links {
    let mut links = Links::new(group.needs.len());
    let alone = setting.estate.settings.sharing == Sharing::None;
    if !alone {
        join_together(&mut links, group, &setting.together);
    }
    let repeated = group.needs.windows(2).any(|pair| pair[0].owner == pair[1].owner);
    for property in group.rule.properties.iter() {
        let Kind::Collection(collection) = &property.kind else { continue };
        // A component's own elements can only meet those of another requirement of the same component.
        let own = collection.prefix.is_some() || alone;
        let meets = collection.together || (own && repeated);
        if !meets {
            continue;
        }
        let mut first: FxHashMap<(Option<u32>, Cow<'_, str>), usize> = FxHashMap::default();
        for (i, need) in group.needs.iter().enumerate() {
            let Some(value) = lookup(&need.config, &property.path) else { continue };
            for_each_element(collection, value, |element| {
                if element.shared {
                    return;
                }
                let from = *first.entry((own.then_some(need.owner), element.name.clone())).or_insert(i);
                if from != i {
                    let name = element.name.into_owned();
                    links.join(from, i, Bond::Element { collection: property.name(), name });
                }
            });
        }
    }
    links
}

/// The shared elements that more than one set of requirements names.
pub(super) fn common<'g>(group: &'g Group<'_>, sets: &[Vec<usize>]) -> Common<'g> {
    let mut common = Common::default();
    for (leaf, property) in group.rule.properties.iter().enumerate() {
        let Kind::Collection(collection) = &property.kind else { continue };
        if !collection.shareable {
            continue;
        }
        let mut first: FxHashMap<Cow<'g, str>, usize> = FxHashMap::default();
        for (set, needs) in sets.iter().enumerate() {
            for need in needs {
                let Some(value) = lookup(&group.needs[*need].config, &property.path) else { continue };
                for_each_element(collection, value, |element| {
                    if element.shared && *first.entry(element.name.clone()).or_insert(set) != set {
                        common.insert((leaf, element.name));
                    }
                });
            }
        }
    }
    common
}

/// The limit of a capacity in an estate: its own, or the rule's.
pub(crate) fn limit(estate: &Estate, resource_type: &str, capacity: &Capacity) -> u64 {
    let own = estate.settings.limits.get(resource_type).and_then(|limits| limits.get(&capacity.name));
    own.copied().unwrap_or(capacity.limit)
}

/// The capacities as they hold in an estate. Headroom leaves at least one of whatever may be had at all.
pub(crate) fn dimensions<'g>(group: &Group<'g>, estate: &Estate) -> Vec<Dimension<'g>> {
    let properties = &group.rule.properties;
    let dimension = |capacity: &'g Capacity| {
        let path = |path: &Vec<String>| {
            let (first, inner) = path.split_first()?;
            Some(CountPath { leaf: properties.find(first)?.0, inner: inner.to_vec() })
        };
        let limit = limit(estate, group.rule.resource_type.as_str(), capacity);
        let usable = estate.settings.headroom.usable(limit);
        Dimension { capacity, limit, usable, paths: capacity.count.iter().filter_map(path).collect() }
    };
    group.rule.dimensions().map(dimension).collect()
}

/// Limits that hold for one element (containers in a database): nothing that is placed elsewhere can help.
pub(super) fn check_elements(group: &Group<'_>, estate: &Estate, sets: &[Vec<usize>]) -> Result<(), GroupFault> {
    for capacity in group.rule.capacities.iter().filter(|capacity| capacity.per.is_some()) {
        let limit = estate.settings.headroom.usable(limit(estate, group.rule.resource_type.as_str(), capacity));
        for path in &capacity.count {
            let Some((first, inner)) = path.split_first() else { continue };
            let Some((leaf, property)) = group.rule.properties.find(first) else { continue };
            let Some(collection) = property.collection() else { continue };
            for needs in sets {
                let mut elements: FxHashMap<Cow<'_, str>, (usize, Vec<&serde_json::Value>)> = FxHashMap::default();
                for need in needs {
                    let Some(value) = lookup(&group.needs[*need].config, &property.path) else { continue };
                    for_each_element(collection, value, |element| {
                        elements.entry(element.name).or_insert_with(|| (*need, Vec::new())).1.push(element.value);
                    });
                }
                let too_big = elements.into_iter().filter_map(|(name, (need, values))| {
                    let size = nested(collection, inner, &values);
                    (size > limit).then_some((need, name.into_owned(), size))
                });
                if let Some((need, name, size)) = too_big.min() {
                    let limit_name = capacity.name.clone();
                    return Err(GroupFault::ElementTooBig { need, leaf, name, limit: limit_name, size, most: limit });
                }
            }
        }
    }
    Ok(())
}
