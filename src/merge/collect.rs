//! A group of requirements, and what each of them states once inheritance and overrides are taken into account.

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
    /// Of several that meet a requirement and set the same leaf, the first speaks.
    pub(crate) overrides: Vec<Overridden<'a>>,
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
                let speaks = |over: &Overridden<'_>| over.leaf == leaf && over.meets(need) && over.priority >= priority;
                let replaced = self.overrides.iter().any(speaks);
                each(leaf, Statement { replaced, ..stated(Origin::Requirement, priority, value) });
            }
        });
        for (leaf, value) in self.inherited {
            let silent = lookup(&need.config, &properties.leaves[*leaf].path).is_none();
            if silent && self.overriding(need, *leaf).is_none() {
                each(*leaf, stated(Origin::Inherited, priority, value));
            }
        }
        for (i, over) in self.overrides.iter().enumerate().filter(|(_, o)| o.meets(need) && self.is_single(o.leaf)) {
            let first = !self.overrides[..i].iter().any(|earlier| earlier.leaf == over.leaf && earlier.meets(need));
            let heard = over.priority >= priority || lookup(&need.config, &properties.leaves[over.leaf].path).is_none();
            if first && heard {
                each(over.leaf, stated(Origin::Override, over.priority, over.value));
            }
        }
    }

    /// The override that speaks for a requirement's single value.
    fn overriding(&self, need: &Need<'_>, leaf: usize) -> Option<&Overridden<'_>> {
        self.overrides.iter().find(|over| over.leaf == leaf && over.meets(need) && self.is_single(leaf))
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
