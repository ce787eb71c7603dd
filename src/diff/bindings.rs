//! What changes for the components.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::matching::Matching;
use super::properties::{by_identity, compare_element};
use super::types::{Change, Moved, Presence, PropertyChange, Rebound, RequirementChange, VariableChange};
use crate::names::{ComponentId, ResourceId};
use crate::plan::{Binding, Plan, Resource};
use crate::rules::RuleSet;
use crate::secrets::hidden_member;

/// What moves, as pairs and triples of names.
#[derive(Default)]
pub(super) struct Movement<'p> {
    /// Elements: the old resource, the property, the name.
    pub(super) elements: FxHashSet<(&'p str, &'p str, &'p str)>,
    /// Components and the resources of the old plan that they leave.
    pub(super) leaving: FxHashSet<(&'p str, &'p str)>,
    /// Components and the resources of the new plan that they move to.
    pub(super) arriving: FxHashSet<(&'p str, &'p str)>,
}

/// Compares the bindings of two plans.
pub(super) struct Comparison<'p> {
    rules: &'p RuleSet,
    matching: &'p Matching<'p>,
    old: FxHashMap<&'p str, &'p Resource>,
    new: FxHashMap<&'p str, &'p Resource>,
    changes: Vec<Change>,
    movement: Movement<'p>,
}

/// An element that is on another resource than before.
struct Shifted<'p> {
    from: &'p ResourceId,
    to: &'p ResourceId,
    property: &'p str,
    name: &'p str,
}

impl<'p> Comparison<'p> {
    pub(super) fn of(
        old: &'p Plan,
        new: &'p Plan,
        rules: &'p RuleSet,
        matching: &'p Matching<'p>,
    ) -> (Vec<Change>, Movement<'p>) {
        let resources = |plan: &'p Plan| plan.resources.iter().map(|resource| (resource.id.as_str(), resource)).collect();
        let (changes, movement) = (Vec::new(), Movement::default());
        let mut this = Self { rules, matching, old: resources(old), new: resources(new), changes, movement };
        let ids: BTreeSet<&ComponentId> = old.bindings.keys().chain(new.bindings.keys()).collect();
        for id in ids {
            match (old.bindings.get(id), new.bindings.get(id)) {
                (Some(before), Some(after)) if before == after && !renamed(before, matching) => {}
                (Some(before), Some(after)) => this.component(id, before, after),
                (None, Some(after)) => this.changes.push(Change::Create(presence(id, after))),
                (Some(before), None) => this.changes.push(Change::Remove(presence(id, before))),
                (None, None) => {}
            }
        }
        (this.changes, this.movement)
    }

    fn component(&mut self, id: &'p ComponentId, before: &'p Binding, after: &'p Binding) {
        let shifted = self.shifted(before, after);
        let (mut moves, mut requirements) = (Vec::new(), Vec::new());
        for (from_key, to_key) in paired(before, after) {
            let on = |binding: &'p Binding, key: Option<&str>| -> &'p [ResourceId] {
                key.and_then(|key| binding.resources.get(key)).map_or(&[], Vec::as_slice)
            };
            let (from, to) = (on(before, from_key), on(after, to_key));
            let Some(requirement) = to_key.or(from_key).map(str::to_owned) else { continue };
            let previously = from_key.filter(|key| to_key.is_some_and(|new| new != *key)).map(str::to_owned);
            let here: Vec<&Shifted<'_>> = shifted.iter().filter(|s| from.contains(s.from) && to.contains(s.to)).collect();
            let differs = !self.matching.same_set(from, to);
            let leaves = differs && !self.matching.within(from, to);
            let arrives = to.iter().any(|to| !from.iter().any(|from| self.matching.same(from, to)));
            if !here.is_empty() || (leaves && arrives && !from.is_empty() && !to.is_empty()) {
                self.movement.leaving.extend(from.iter().map(|from| (id.as_str(), from.as_str())));
                self.movement.arriving.extend(to.iter().map(|to| (id.as_str(), to.as_str())));
                moves.push(self.moved(id, requirement, previously, from, to, &here));
            } else if differs || rekeyed(previously.as_ref(), from, to) || from_key.is_none() || to_key.is_none() {
                requirements.push(RequirementChange { requirement, previously, old: from.to_vec(), new: to.to_vec() });
            }
        }
        let environment = self.environment(before, after, &mut moves);
        if !requirements.is_empty() || !environment.is_empty() {
            self.changes.push(Change::Rebind(Rebound { id: id.clone(), requirements, environment }));
        }
        self.changes.extend(moves.into_iter().map(Change::Move));
    }

    /// The component's elements that are on another resource than before.
    fn shifted(&mut self, before: &'p Binding, after: &'p Binding) -> Vec<Shifted<'p>> {
        let mut now: FxHashMap<(&str, &str, &str), &'p ResourceId> = FxHashMap::default();
        for (to, property, name) in elements(after) {
            now.insert((to.type_name(), property, name), to);
        }
        let mut shifted = Vec::new();
        for (from, property, name) in elements(before) {
            let Some(to) = now.get(&(from.type_name(), property, name)) else { continue };
            if !self.matching.same(from, to) {
                shifted.push(Shifted { from, to, property, name });
                self.movement.elements.insert((from.as_str(), property, name));
            }
        }
        shifted
    }

    fn moved(
        &self,
        id: &ComponentId,
        requirement: String,
        previously: Option<String>,
        from: &[ResourceId],
        to: &[ResourceId],
        shifted: &[&Shifted<'_>],
    ) -> Moved {
        let mut elements: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut properties = Vec::new();
        for shifted in shifted {
            elements.entry(shifted.property.to_owned()).or_default().push(shifted.name.to_owned());
            properties.extend(self.altered(shifted));
        }
        elements.values_mut().for_each(|names| names.sort_unstable());
        let resource_type = requirement.split(':').next().unwrap_or_default();
        Moved {
            id: id.clone(),
            migrates: self.rules.resource(resource_type).is_some_and(|rule| rule.stateful),
            requirement,
            previously,
            from: from.to_vec(),
            to: to.to_vec(),
            elements,
            properties,
            environment: Vec::new(),
        }
    }

    /// What changes of an element beside its place.
    fn altered(&self, shifted: &Shifted<'_>) -> Vec<PropertyChange> {
        let Shifted { from, to, property, name } = shifted;
        let compared = || {
            let rule = self.rules.resource(from.type_name())?;
            let (_, property) = rule.properties.find(property)?;
            let collection = property.collection()?;
            let of = |resources: &FxHashMap<&str, &'p Resource>, id: &ResourceId| {
                let value = crate::rules::lookup(&resources.get(id.as_str())?.config, &property.path)?;
                by_identity(collection, Some(value))?.remove(*name)
            };
            Some(compare_element(property, name, of(&self.old, from)?, of(&self.new, to)?))
        };
        compared().unwrap_or_default()
    }

    /// The variables that change. Those that only name the resource that a requirement moved to belong to that move.
    fn environment(&self, before: &'p Binding, after: &'p Binding, moves: &mut [Moved]) -> Vec<VariableChange> {
        // Every field, so that a new one cannot be forgotten. `paired` compares the resources, `shifted` the elements that
        // stay the component's; those that come or go show in their resource's config. Costs are compared as a whole.
        let Binding { resources: _, environment, environment_of, elements: _, names: _, requirements: _, monthly_cost: _ } =
            after;
        let mut changes = Vec::new();
        let names: BTreeSet<&str> = before.environment.keys().chain(environment.keys()).collect();
        for name in names {
            changes.push((name, None, before.environment.get(name), environment.get(name)));
        }
        // Values of a variable on a further resource go by that resource's id in the new plan.
        let mut further: BTreeMap<&ResourceId, [Option<&'p Map<String, Value>>; 2]> = BTreeMap::new();
        for (resource, values) in &before.environment_of {
            further.entry(self.matching.becomes(resource).unwrap_or(resource)).or_default()[0] = Some(values);
        }
        for (resource, values) in environment_of {
            further.entry(resource).or_default()[1] = Some(values);
        }
        for (resource, [before, after]) in further {
            let names: BTreeSet<&String> = [before, after].into_iter().flatten().flat_map(Map::keys).collect();
            let value = |values: Option<&'p Map<String, Value>>, name: &str| values.and_then(|values| values.get(name));
            changes
                .extend(names.into_iter().map(|name| (name.as_str(), Some(resource), value(before, name), value(after, name))));
        }
        let renamed: Vec<(&ResourceId, &ResourceId)> = before
            .resources
            .values()
            .flatten()
            .filter_map(|from| Some((from, self.matching.becomes(from).filter(|to| *to != from)?)))
            .collect();
        let mut own = Vec::new();
        for (name, on, old, new) in changes.into_iter().filter(|(_, _, old, new)| old != new) {
            let shown = |value: &Value| hidden_member(name, value);
            let follows = |from: &ResourceId, to: &ResourceId| match (old.and_then(Value::as_str), new.and_then(Value::as_str)) {
                (Some(old), Some(new)) => old.replace(&format!("${{{from}."), &format!("${{{to}.")) == new,
                _ => false,
            };
            let (of_old, of_new) = (old.map(shown), new.map(shown));
            let moved = moves.iter_mut().find(|m| m.from.iter().any(|from| m.to.iter().any(|to| follows(from, to))));
            let follows = moved.is_some() || renamed.iter().any(|(from, to)| follows(from, to));
            let change = VariableChange { name: name.to_owned(), on: on.cloned(), old: of_old, new: of_new, follows };
            moved.map_or(&mut own, |moved| &mut moved.environment).push(change);
        }
        own
    }
}

/// The elements of a component: the resource, the property, the name.
fn elements(binding: &Binding) -> impl Iterator<Item = (&ResourceId, &str, &str)> {
    binding.elements.iter().flat_map(|(resource, properties)| {
        let of = move |(property, names)| -> Vec<_> {
            let (property, names): (&String, &Vec<String>) = (property, names);
            names.iter().map(|name| (resource, property.as_str(), name.as_str())).collect()
        };
        properties.iter().flat_map(of)
    })
}

/// Whether a component is on a resource that has another id now.
fn renamed(binding: &Binding, matching: &Matching<'_>) -> bool {
    binding.resources.values().flatten().any(|id| !matching.same(id, id))
}

/// Whether a key changed although the resources did not. A resource that is called by the new key says so itself.
fn rekeyed(previously: Option<&String>, from: &[ResourceId], to: &[ResourceId]) -> bool {
    previously.is_some() && from == to
}

fn presence(id: &ComponentId, binding: &Binding) -> Presence {
    let resources = binding.resources.iter().map(|(key, resources)| (key.clone(), resources.clone())).collect();
    Presence::Component { id: id.clone(), resources }
}

/// The component's requirements in both plans: those of one key, then a single old and a single new one of a type,
/// which are one with another key, then those that come or go.
fn paired<'p>(before: &'p Binding, after: &'p Binding) -> Vec<(Option<&'p str>, Option<&'p str>)> {
    let mut pairs: Vec<(Option<&str>, Option<&str>)> = Vec::new();
    let mut single: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    let kind = |key: &'p str| key.split(':').next().unwrap_or_default();
    for key in before.resources.keys() {
        if after.resources.contains_key(key) {
            pairs.push((Some(key), Some(key)));
        } else {
            single.entry(kind(key)).or_default().0.push(key);
        }
    }
    for key in after.resources.keys().filter(|key| !before.resources.contains_key(*key)) {
        single.entry(kind(key)).or_default().1.push(key);
    }
    for (old, new) in single.into_values() {
        match (old.as_slice(), new.as_slice()) {
            ([old], [new]) => pairs.push((Some(old), Some(new))),
            _ => {
                pairs.extend(old.into_iter().map(|key| (Some(key), None)));
                pairs.extend(new.into_iter().map(|key| (None, Some(key))));
            }
        }
    }
    pairs.sort_by_key(|(old, new)| new.or(*old));
    pairs
}
