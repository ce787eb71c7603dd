//! What changes of the resources.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::bindings::Movement;
use super::matching::Matching;
use super::properties::{cause, compare};
use super::types::{Cause, Change, Pair, Presence, PropertyChange, Renamed, Replaced, SetChange, Sides, Source, Updated};
use crate::names::{ComponentId, ResourceId};
use crate::plan::{Binding, Plan, Resource, Usage};
use crate::rules::{Identity, Properties, ResourceRule, RuleSet};

/// Whose elements are on which resource: by resource, property and element.
pub(super) struct Ownership<'p>(FxHashMap<(&'p str, &'p str, &'p str), Vec<&'p ComponentId>>);

impl<'p> Ownership<'p> {
    pub(super) fn of(plan: &'p Plan, rules: &'p RuleSet) -> Self {
        let mut owners: FxHashMap<(&str, &str, &str), Vec<&ComponentId>> = FxHashMap::default();
        for (
            component,
            Binding { resources, environment, environment_of: _, elements, names: _, requirements: _, monthly_cost: _ },
        ) in &plan.bindings
        {
            for (resource, properties) in elements {
                for (property, names) in properties.iter() {
                    for name in names {
                        owners.entry((resource.as_str(), property, name)).or_default().push(component);
                    }
                }
            }
            for resource in resources.values().flatten() {
                let known = rules.resource(resource.type_name());
                for property in known.into_iter().flat_map(|rule| settings(&rule.properties)) {
                    for name in environment.keys() {
                        owners.entry((resource.as_str(), property, name)).or_default().push(component);
                    }
                }
            }
        }
        Self(owners)
    }

    /// The components whose element changes, or holds what changes.
    fn owners<'a>(&'a self, resource: &'a ResourceId, change: &'a PropertyChange) -> Option<&'a [&'p ComponentId]> {
        let element = change.element.as_deref()?.split('/').next()?;
        let property = change.property.split('.').next()?;
        self.0.get(&(resource.as_str(), property, element)).map(Vec::as_slice)
    }

    fn cause(&self, resource: &ResourceId, change: &PropertyChange) -> Option<Cause> {
        let owners = self.owners(resource, change)?;
        let first = owners.iter().take(NAMED).map(|owner| owner.to_string()).collect();
        Some(Cause { from: Source::Requirement, priority: None, count: owners.len(), first })
    }
}

/// How many of those who state a value are named; the others are counted.
const NAMED: usize = 5;

/// The collections of settings, which bindings show as the environment.
fn settings(properties: &Properties) -> impl Iterator<Item = &str> {
    properties
        .iter()
        .filter(|property| property.collection().is_some_and(|collection| collection.shareable))
        .filter_map(|property| property.path.first().map(String::as_str))
}

/// Compares the resources of two plans.
pub(super) struct Comparison<'p> {
    pub(super) rules: &'p RuleSet,
    pub(super) matching: &'p Matching<'p>,
    /// Names are those of one estate, so another name is another resource.
    pub(super) one_estate: bool,
    pub(super) old_owners: &'p Ownership<'p>,
    pub(super) new_owners: &'p Ownership<'p>,
    pub(super) movement: &'p Movement<'p>,
}

impl<'p> Comparison<'p> {
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        changes.extend(self.matching.created.iter().map(|resource| Change::Create(self.presence(resource))));
        changes.extend(self.matching.removed.iter().map(|resource| Change::Remove(self.presence(resource))));
        for (old, new) in &self.matching.pairs {
            self.pair(old, new, &mut changes);
        }
        changes
    }

    fn rule(&self, resource: &Resource) -> Option<&'p ResourceRule> {
        self.rules.resource(resource.resource_type.as_str())
    }

    fn presence(&self, resource: &Resource) -> Presence {
        Presence::Resource {
            id: resource.id.clone(),
            resource_type: resource.resource_type.clone(),
            name: resource.name.clone(),
            implied: resource.implied,
            stateful: self.rule(resource).is_some_and(|rule| rule.stateful),
            components: resource.components.clone(),
        }
    }

    fn pair(&self, old: &Resource, new: &Resource, changes: &mut Vec<Change>) {
        // Every field, so that a new one cannot be forgotten.
        let Resource {
            id,
            resource_type,
            name,
            named_by_lock: _, // tells where the name is from
            fixed_by_lock: _, // tells where values are from
            implied,
            config,
            components,
            usage,
            provenance: _, // tells why values are as they are, and is no change by itself
            depends_on,
            requires,
            monthly_cost: _, // compared as a whole
        } = new;
        let rule = self.rule(new);
        let stateful = rule.is_some_and(|rule| rule.stateful);
        let mut properties = compare(rule.map(|rule| &rule.properties), &old.config, config);
        for property in &mut properties {
            self.explain(old, new, property);
            self.follow(old, new, property);
            if stateful && property.new.is_none() && rule.is_some_and(|rule| owned(&rule.properties, &property.property)) {
                property.data_loss = !self.stays(old, property);
            }
        }
        let mut aside = |property: &str, immutable: bool, old: Value, new: Value| {
            if old != new {
                properties.push(PropertyChange {
                    property: property.to_owned(),
                    element: None,
                    old: Some(old),
                    new: Some(new),
                    immutable,
                    ..PropertyChange::default()
                });
            }
        };
        if self.one_estate {
            aside("name", true, json!(old.name), json!(name));
        }
        aside("resourceType", true, json!(old.resource_type), json!(resource_type));
        aside("implied", false, json!(old.implied), json!(implied));
        let needed = |resource_type| (old.requires.get(resource_type), requires.get(resource_type));
        let types: BTreeMap<_, ()> = old.requires.keys().chain(requires.keys()).map(|name| (name, ())).collect();
        for (resource_type, ()) in types {
            let (before, after) = needed(resource_type);
            let (before, after) = (before.map_or(&[][..], Vec::as_slice), after.map_or(&[][..], Vec::as_slice));
            if !self.matching.same_set(before, after) {
                aside(&format!("requires.{resource_type}"), false, json!(before), json!(after));
            }
        }
        let sides = Sides {
            components: SetChange::of(&old.components, components),
            depends_on: self.dependencies(&old.depends_on, depends_on),
            usage: usage_changes(&old.usage, usage),
        };
        if old.id != *id {
            changes.push(Change::Rename(Renamed { id: id.clone(), from: old.id.clone(), name: name.clone() }));
        }
        let replaced = |element: Option<&str>, properties, sides| {
            let (id, name, element) = (id.clone(), name.clone(), element.map(str::to_owned));
            Change::Replace(Replaced { id, name, element, data_loss: stateful, properties, sides })
        };
        if properties.iter().any(|property| property.immutable && property.element.is_none()) {
            changes.push(replaced(None, properties, sides));
            return;
        }
        let mut anew: BTreeMap<String, Vec<PropertyChange>> = BTreeMap::new();
        let mut in_place = Vec::new();
        for property in properties {
            match &property.element {
                Some(element) if property.immutable => anew.entry(element.clone()).or_default().push(property),
                _ => in_place.push(property),
            }
        }
        for (element, properties) in anew {
            changes.push(replaced(Some(&element), properties, Sides::default()));
        }
        if !in_place.is_empty() || !sides.is_empty() {
            changes.push(Change::Update(Updated { id: id.clone(), name: name.clone(), properties: in_place, sides }));
        }
    }

    /// Says how both values came about.
    fn explain(&self, old: &Resource, new: &Resource, change: &mut PropertyChange) {
        let top = change.property.split('.').next().unwrap_or_default();
        let path = if change.element.is_some() { top } else { &change.property };
        let of = |owners: &Ownership<'_>, resource: &Resource| {
            owners.cause(&resource.id, change).or_else(|| cause(&resource.provenance, path))
        };
        let (before, after) = (of(self.old_owners, old), of(self.new_owners, new));
        let after = after.filter(|_| change.new.is_some());
        let before = before.filter(|before| change.old.is_some() && Some(before) != after.as_ref());
        (change.by, change.previously_by) = (after, before);
    }

    /// Marks an element that comes or goes because the components that it belongs to move.
    fn follow(&self, old: &Resource, new: &Resource, change: &mut PropertyChange) {
        let (owners, moving, id) = match (&change.old, &change.new) {
            (Some(_), None) => (self.old_owners.owners(&old.id, change), &self.movement.leaving, &old.id),
            (None, Some(_)) => (self.new_owners.owners(&new.id, change), &self.movement.arriving, &new.id),
            _ => return,
        };
        let all = |owners: &[&ComponentId]| owners.iter().all(|owner| moving.contains(&(owner.as_str(), id.as_str())));
        change.moves = owners.is_some_and(all);
    }

    /// Whether an element that is gone from a resource is on another one now.
    fn stays(&self, old: &Resource, change: &PropertyChange) -> bool {
        let property = change.property.split('.').next().unwrap_or_default();
        let element = change.element.as_deref().and_then(|element| element.split('/').next()).unwrap_or_default();
        self.movement.elements.contains(&(old.id.as_str(), property, element))
    }

    fn dependencies(&self, old: &[ResourceId], new: &[ResourceId]) -> SetChange<ResourceId> {
        let same = |from: &ResourceId, to: &ResourceId| self.matching.same(from, to);
        let mut change = SetChange {
            added: new.iter().filter(|to| !old.iter().any(|from| same(from, to))).cloned().collect(),
            removed: old.iter().filter(|from| !new.iter().any(|to| same(from, to))).cloned().collect(),
        };
        change.added.sort_unstable();
        change.removed.sort_unstable();
        change
    }
}

/// Whether what stands at a path are things of components, which go only with them, and what they hold with them.
fn owned(properties: &Properties, path: &str) -> bool {
    let outer = path.split('.').next().and_then(|first| properties.find(first)?.1.collection());
    let last = properties.at(path).and_then(|property| property.collection());
    outer.is_some_and(|outer| outer.is_owned())
        && last.is_some_and(|last| last.is_owned() || matches!(last.identity, Identity::Field(_)))
}

fn usage_changes(old: &BTreeMap<String, Usage>, new: &BTreeMap<String, Usage>) -> BTreeMap<String, Pair<Option<Usage>>> {
    let names = old.keys().chain(new.keys());
    let pair = |name: &String| (name.clone(), Pair { old: old.get(name).copied(), new: new.get(name).copied() });
    names.map(pair).filter(|(_, pair)| pair.differs()).collect()
}
