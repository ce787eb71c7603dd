//! A group of requirements, and what each of them states once inheritance and overrides are taken into account.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::{Origin, Statement};
use crate::estate::Priority;
use crate::requirements::Need;
use crate::rules::{Kind, Property, ResourceRule, lookup, walk};

/// All requirements with one resource type and requirement key; only they may share.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) rule: &'a ResourceRule,
    pub(crate) key: String,
    /// In the order of their owners.
    pub(crate) needs: Vec<Need<'a>>,
    /// What the rule's `inherit` comes to in this estate, by leaf.
    pub(crate) inherited: &'a [(usize, Value)],
    pub(crate) overrides: Overrides<'a>,
}

/// What the overrides of the estate set in a group. Of several that meet a requirement and set the same leaf, the first speaks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides<'a> {
    all: Arc<[Overridden<'a>]>,
    /// The ranks of those that mean all requirements.
    general: Arc<[usize]>,
    /// The ranks of those that mean a requirement key.
    by_key: Arc<FxHashMap<String, Vec<usize>>>,
}

impl<'a> Overrides<'a> {
    /// The overrides in the order in which they speak: the higher priority first, then those that mean fewer.
    pub(crate) fn new(mut all: Vec<Overridden<'a>>) -> Self {
        all.sort_by_key(|over| std::cmp::Reverse((over.priority, over.key.is_some())));
        let mut by_key: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (rank, over) in all.iter().enumerate() {
            if let Some(key) = over.key {
                by_key.entry(key.to_owned()).or_default().push(rank);
            }
        }
        let general = all.iter().enumerate().filter(|(_, over)| over.key.is_none()).map(|(rank, _)| rank).collect();
        Self { all: all.into(), general, by_key: Arc::new(by_key) }
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Overridden<'a>> {
        self.all.iter()
    }

    /// Those that meet a requirement, in the order in which they speak.
    fn meeting(&self, need: &Need<'_>) -> impl Iterator<Item = &Overridden<'a>> {
        let mut own = self.by_key.get(&*need.key).map_or(&[][..], Vec::as_slice);
        let mut general = &*self.general;
        std::iter::from_fn(move || {
            let first = match (general, own) {
                ([a, rest @ ..], [b, ..]) if a < b => {
                    general = rest;
                    *a
                }
                ([a, rest @ ..], []) => {
                    general = rest;
                    *a
                }
                (_, [b, rest @ ..]) => {
                    own = rest;
                    *b
                }
                ([], []) => return None,
            };
            self.all.get(first)
        })
    }
}

/// A property that an override of the estate sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overridden<'a> {
    pub(crate) leaf: usize,
    /// The requirement key meant; all when there is none.
    pub(crate) key: Option<&'a str>,
    pub(crate) value: &'a Value,
    pub(crate) priority: Priority,
}

impl Overridden<'_> {
    pub(crate) fn meets(&self, need: &Need<'_>) -> bool {
        self.key.is_none_or(|key| need.key == key)
    }
}

impl Group<'_> {
    pub(crate) fn leaf(&self, leaf: usize) -> &Property {
        &self.rule.properties.leaves[leaf]
    }

    /// Hands over everything that a requirement states, leaf by leaf; for single values an override speaks in its
    /// place, unless the requirement has a higher priority.
    pub(crate) fn visit<'g>(&'g self, need: &'g Need<'_>, mut each: impl FnMut(usize, Statement<'g>)) {
        let Need { owner, priority, .. } = *need;
        let properties = &self.rule.properties;
        let stated = |origin, priority, value| Statement { owner, priority, origin, value, replaced: false };
        walk(&need.config, &properties.tree, &mut |leaf, value| {
            if self.overriding(need, leaf).is_none_or(|over| over.priority < priority) {
                let replaced = self.overrides.meeting(need).any(|over| over.leaf == leaf && over.priority >= priority);
                each(leaf, Statement { replaced, ..stated(Origin::Requirement, priority, value) });
            }
        });
        for (leaf, value) in self.inherited {
            let silent = lookup(&need.config, &properties.leaves[*leaf].path).is_none();
            if silent && self.overriding(need, *leaf).is_none() {
                each(*leaf, stated(Origin::Inherited, priority, value));
            }
        }
        for (i, over) in self.overrides.meeting(need).enumerate().filter(|(_, over)| self.is_single(over.leaf)) {
            let first = !self.overrides.meeting(need).take(i).any(|earlier| earlier.leaf == over.leaf);
            let heard = over.priority >= priority || lookup(&need.config, &properties.leaves[over.leaf].path).is_none();
            if first && heard {
                each(over.leaf, stated(Origin::Override, over.priority, over.value));
            }
        }
    }

    /// The override that speaks for a requirement's single value.
    fn overriding(&self, need: &Need<'_>, leaf: usize) -> Option<&Overridden<'_>> {
        self.overrides.meeting(need).find(|over| over.leaf == leaf && self.is_single(leaf))
    }

    /// What counts for a requirement's property: an override that speaks in its place, or what it states. For a
    /// collection, what it states.
    pub(crate) fn effective(&self, need: usize, leaf: usize) -> Option<&Value> {
        let need = &self.needs[need];
        let stated = lookup(&need.config, &self.leaf(leaf).path);
        if !self.is_single(leaf) {
            return stated;
        }
        let over = self.overriding(need, leaf).filter(|over| stated.is_none() || over.priority >= need.priority);
        over.map(|over| over.value).or(stated)
    }

    /// What an override says of a collection.
    pub(crate) fn collection_override(&self, leaf: usize) -> Option<&Overridden<'_>> {
        self.overrides.iter().find(|o| o.leaf == leaf && !self.is_single(leaf))
    }

    fn is_single(&self, leaf: usize) -> bool {
        matches!(self.rule.properties.leaves[leaf].kind, Kind::Scalar(_))
    }
}
