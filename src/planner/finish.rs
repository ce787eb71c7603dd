//! From solved groups to the plan: references, names, bindings, figures.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::costs::Costs;
use super::draft::{Draft, DraftResource, Solved};
use super::review::Review;
use super::{moves, warnings};
use crate::estate::Objective;
use crate::input::{Code, Diagnostic, Pointer};
use crate::merge::{Group, KeptName, Merged, Portion, SharedReference};
use crate::names::{ComponentId, ResourceId, ResourceType};
use crate::plan::{
    Binding, CertificateRecord, ComponentCost, GroupReport, PlacedRequirement, Plan, Resource, Summary, Usage, Warning,
    WarningCode, kept,
};
use crate::references::{Reference, Target};
use crate::rules::{NameScope, Naming, lookup};

/// The map of settings that becomes a component's environment.
const ENVIRONMENT: &str = "environmentVariables";

impl Draft<'_> {
    /// Refuses a plan with more resources of a type than the estate allows.
    pub(super) fn bound_by_estate(&self) -> Result<(), Vec<Diagnostic>> {
        let mut refused = Vec::new();
        for (resource_type, most) in &self.estate.settings.max_resources {
            let groups: Vec<&Solved<'_>> =
                self.solved.iter().filter(|solved| solved.group.rule.resource_type == *resource_type).collect();
            let fewest: u64 = groups.iter().map(|solved| solved.placed.lower_bound).sum();
            let planned: u64 = groups.iter().map(|solved| solved.placed.bins.len() as u64).sum();
            if planned <= *most {
                continue;
            }
            let needs = if fewest == planned {
                format!("needs {planned}")
            } else {
                format!("needs at least {fewest}, and {planned} are planned")
            };
            let message = format!("`maxResources` allows {most} of `{resource_type}`, and the estate {needs}");
            let mut diagnostic = Diagnostic::error(Code::TooManyResources, message)
                .at(Pointer::root().key("settings").key("maxResources").key(resource_type.as_str()));
            let why = groups.iter().map(|solved| {
                let reasons = warnings::reasons(&solved.group, &self.owners, &solved.placed);
                let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
                format!("`{}` needs {}{reasons}", solved.id, solved.placed.lower_bound)
            });
            let held: u64 = groups.iter().filter_map(|solved| solved.placed.held.as_ref()).map(|held| held.more).sum();
            let held =
                if held > 0 { format!("; the lock keeps {held} more, and `--allow-moves` lets them go") } else { String::new() };
            diagnostic.expect(format!("at least {fewest}")).help(why.collect::<Vec<_>>().join(", ") + &held);
            refused.push(diagnostic);
        }
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }

    /// Completes the plan.
    pub(super) fn finish(mut self) -> Result<Plan, Vec<Diagnostic>> {
        if self.estate.settings.objective == Objective::Cost {
            self.prove_costs();
        }
        self.resolve()?;
        self.depend();
        let Review { mut hazards, warnings: reviewed } = if self.whole { self.review()? } else { Review::default() };
        self.notes.extend(reviewed);
        let names = self.names()?;
        self.notes.extend(self.unsafe_names(&names));
        let Costs { summary: monthly_cost, resources: costs, components, warnings, hazards: dearer } = self.costs();
        hazards.extend(dearer);
        hazards.sort();
        self.notes.extend(warnings);
        let bindings = self.bindings(components);
        self.placements = FxHashMap::default(); // of no more use, and large in a large estate
        let groups = self.groups();
        let warnings = self.warnings(&groups);
        let mut resources: Vec<Resource> = Vec::with_capacity(self.resources.len());
        for ((draft, (name, named_by_lock)), monthly_cost) in self.resources.iter().zip(names).zip(costs) {
            let solved = &mut self.solved[draft.solved];
            let merged = std::mem::take(&mut solved.merged[draft.bin]);
            let limits = solved.placed.limits.iter().zip(&solved.placed.usage[draft.bin]);
            let usage = limits.map(|(limit, used)| (limit.name.clone(), Usage { used: *used, limit: limit.limit })).collect();
            resources.push(Resource {
                id: draft.id.clone(),
                resource_type: solved.group.rule.resource_type.clone(),
                name,
                named_by_lock,
                fixed_by_lock: merged.by_lock,
                implied: draft.implied,
                config: merged.config,
                components: draft.components.iter().filter_map(|owner| self.owners.component(*owner).cloned()).collect(),
                usage,
                provenance: merged.provenance,
                depends_on: draft.depends_on.iter().cloned().collect(),
                requires: draft.requires.clone(),
                monthly_cost: Some(monthly_cost),
            });
        }
        resources.sort_by(|a, b| a.resource_type.cmp(&b.resource_type));
        let unshared: u64 = {
            let asked =
                self.solved.iter().filter(|solved| solved.group.needs.iter().any(|n| self.owners.resource(n.owner).is_none()));
            asked.map(|solved| solved.placed.unshared).sum()
        };
        let asked = resources.iter().filter(|resource| !resource.implied).count();
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people, rounded to four digits")]
        let reduction = if unshared == 0 { 0.0 } else { ((1.0 - asked as f64 / unshared as f64) * 1e4).round() / 1e4 };
        Ok(Plan {
            version: 1,
            estate: self.estate.name.clone(),
            objective: self.estate.settings.objective.as_str().to_owned(),
            optimal: groups.iter().all(GroupReport::is_fewest),
            summary: Summary {
                components: self.estate.components.len(),
                requirements: self.requirements,
                resources: asked,
                unshared,
                reduction,
                implied: resources.len() - asked,
                monthly_cost: Some(monthly_cost),
            },
            groups,
            resources,
            bindings,
            warnings,
            hazards,
        })
    }

    /// Replaces every marked reference by the resource that its owner is bound to.
    fn resolve(&mut self) -> Result<(), Vec<Diagnostic>> {
        let mut faults = Vec::new();
        self.note_elements();
        let mut referring: Vec<(usize, Merged, BTreeSet<ResourceId>)> = Vec::new();
        for rank in 0..self.resources.len() {
            let DraftResource { solved, bin, .. } = self.resources[rank];
            if self.solved[solved].merged[bin].refers {
                referring.push((rank, std::mem::take(&mut self.solved[solved].merged[bin]), BTreeSet::new()));
            }
        }
        let this = &*self;
        referring.par_iter_mut().for_each(|(_, merged, used)| {
            merged.config.values_mut().for_each(|value| this.settle(value, used));
            for value in merged.bound.iter_mut().filter_map(|bound| bound.value.as_mut()) {
                this.settle(value, used);
            }
            for winner in merged.provenance.values_mut().filter_map(|record| record.winner.as_mut()) {
                this.settle(winner, &mut BTreeSet::new());
            }
        });
        for (rank, merged, used) in referring {
            let DraftResource { ref id, solved, bin, .. } = self.resources[rank];
            faults.extend(merged.references.iter().filter_map(|shared| self.ambiguous(id, shared)));
            let own = id.clone();
            self.solved[solved].merged[bin] = merged;
            self.resources[rank].depends_on.extend(used.into_iter().filter(|id| *id != own));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Notes the elements of each owner that outputs may be about.
    fn note_elements(&mut self) {
        for (rank, resource) in self.resources.iter().enumerate() {
            let group = &self.solved[resource.solved].group;
            let about: Vec<&str> = group.rule.outputs.values().filter_map(|output| output.element.as_deref()).collect();
            for bound in if about.is_empty() { &[][..] } else { &self.solved[resource.solved].merged[resource.bin].bound } {
                let property = &group.leaf(bound.leaf).path;
                if let [collection] = property.as_slice()
                    && about.contains(&collection.as_str())
                {
                    let own = self.own_elements.entry((rank, bound.owner)).or_default();
                    own.entry(collection.clone()).or_insert_with(|| bound.name.clone());
                }
            }
        }
    }

    fn settle(&self, value: &mut Value, used: &mut BTreeSet<ResourceId>) {
        match value {
            Value::String(text) if text.contains("${#") => *text = self.settled(text, used),
            Value::Array(array) => {
                let marked = array.iter().any(|value| value.as_str().is_some_and(|text| text.contains("${#")));
                array.iter_mut().for_each(|value| self.settle(value, used));
                if marked {
                    // What was different for two owners may have come to the same.
                    let mut seen = BTreeSet::new();
                    array.retain(|value| value.as_str().is_none_or(|text| seen.insert(text.to_owned())));
                }
            }
            Value::Object(map) => map.values_mut().for_each(|value| self.settle(value, used)),
            _ => {}
        }
    }

    /// A text whose references are marked with their owners (`${#12#cosmos.endpoint}`), with them resolved.
    fn settled(&self, text: &str, used: &mut BTreeSet<ResourceId>) -> String {
        let mut pieces = text.split("${#");
        let mut result = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let marked = piece.split_once('#').and_then(|(owner, rest)| Some((owner.parse().ok()?, rest.split_once('}')?)));
            match marked {
                Some((owner, (inner, after))) => {
                    result.push_str(&self.referred(owner, inner, used));
                    result.push_str(after);
                }
                None => result.push_str(piece),
            }
        }
        result
    }

    /// What a component's reference comes to. Checks have made sure that it comes to something.
    fn referred(&self, owner: u32, inner: &str, used: &mut BTreeSet<ResourceId>) -> String {
        let unresolved = || format!("${{{inner}}}");
        let Some(Reference { target, output, element }) = Reference::parse(inner, self.rules) else { return unresolved() };
        let (wanted, key) = match target {
            Target::Component(id) => {
                let Ok(rank) = self.owners.components().binary_search_by(|known| known.as_str().cmp(id)) else {
                    return unresolved();
                };
                let component = self.estate.components.get(id);
                let rule = component.and_then(|c| c.component_type.as_ref()).and_then(|t| self.rules.component(t.as_str()));
                let Some(text) = rule.and_then(|rule| rule.outputs.get(output)) else { return unresolved() };
                return self.settled(&text.replace("${", &format!("${{#{rank}#")), used);
            }
            Target::Type(wanted) => (wanted, None),
            Target::Key(wanted, key) => (wanted, Some(key)),
        };
        let placements = self.placements.get(&owner).into_iter().flatten();
        let fitting = placements.filter(|p| p.resource_type == wanted && key.is_none_or(|key| p.key == key));
        // Where the component's type brings one, that is meant.
        let Some(meant) = fitting.max_by_key(|placement| placement.of_type) else { return unresolved() };
        let Some(first) = meant.resources.first() else { return unresolved() };
        if let Some(element) = element {
            return self.final_name(owner, &meant.resources, output, element);
        }
        let id = &self.resources[*first].id;
        used.insert(id.clone());
        let of = self.rules.resource(wanted).and_then(|rule| rule.outputs.get(output)?.element.as_deref());
        match of.and_then(|of| self.own_elements.get(&(*first, owner))?.get(of)) {
            Some(element) => format!("${{{id}.{output}[{element}]}}"),
            None => format!("${{{id}.{output}}}"),
        }
    }

    /// The name that an owner's element has on the resource that it is on.
    fn final_name(&self, owner: u32, resources: &[usize], property: &str, own: &str) -> String {
        let names = self.names_kept(owner);
        for rank in resources {
            let DraftResource { ref id, solved, bin, .. } = self.resources[*rank];
            let name = names.and_then(|names| kept(names, id.as_str(), property, own));
            let Solved { group, placed, .. } = &self.solved[solved];
            let here = |portion: &Portion| {
                let only = portion.only.iter().flat_map(|only| only.iter());
                let mut named = only.filter(|(leaf, _)| group.leaf(**leaf).name() == property);
                group.needs[portion.need].owner == owner && named.all(|(_, names)| names.contains(own))
            };
            if let Some(name) = name.filter(|_| placed.bins[bin].iter().any(here)) {
                return name.to_owned();
            }
        }
        let rule = resources.first().map(|rank| self.solved[self.resources[*rank].solved].group.rule);
        let collection = rule.and_then(|rule| rule.properties.find(property)?.1.collection());
        let style = collection.and_then(|collection| collection.prefix);
        format!("{}{own}", style.map(|style| self.owners.prefix(owner, style)).unwrap_or_default())
    }

    fn ambiguous(&self, id: &ResourceId, shared: &SharedReference) -> Option<Diagnostic> {
        let resolved = |owner: u32| {
            let marked = shared.text.replace("${", &format!("${{#{owner}#"));
            self.settled(&marked, &mut BTreeSet::new())
        };
        let (first, rest) = shared.owners.split_first()?;
        let meant = resolved(*first);
        let other = rest.iter().find(|owner| resolved(**owner) != meant)?;
        let (a, b) = (self.owners.name(*first), self.owners.name(*other));
        let message = format!(
            "`{}` of `{id}` is `{}`, which is {meant} for `{a}` and {} for `{b}`",
            shared.path,
            shared.text,
            resolved(*other)
        );
        let mut diagnostic = Diagnostic::error(Code::SplitReference, message).at(Pointer::root().key("components").key(a));
        diagnostic.on_key().help("set the two `apart`, or refer to one component's output by name");
        Some(diagnostic)
    }

    /// Adds what each resource requires: what was implied for it, or what its components bring along.
    fn depend(&mut self) {
        for rank in 0..self.resources.len() {
            let resource = &self.resources[rank];
            let rule = self.solved[resource.solved].group.rule;
            let mut needed: Vec<(ResourceType, Vec<usize>)> = Vec::new();
            for required in &rule.requires {
                let wanted = required.resource_type.as_str();
                let of = |owner: &u32| {
                    let placements = self.placements.get(owner).into_iter().flatten();
                    placements.filter(|p| p.resource_type == wanted).flat_map(|p| p.resources.iter().copied())
                };
                let mut found: Vec<usize> = resource.as_owner.iter().flat_map(of).collect();
                if found.is_empty() {
                    let brought: BTreeSet<usize> = resource.components.iter().flat_map(of).collect();
                    let near = brought.iter().copied().find(|other| self.location(*other) == self.location(rank));
                    found.extend(near.or_else(|| brought.first().copied()));
                }
                needed.push((required.resource_type.clone(), found));
            }
            for (resource_type, found) in needed {
                let ids: Vec<ResourceId> = found.into_iter().map(|other| self.resources[other].id.clone()).collect();
                let resource = &mut self.resources[rank];
                resource.depends_on.extend(ids.iter().cloned());
                if !ids.is_empty() {
                    resource.requires.insert(resource_type, ids);
                }
            }
        }
    }

    fn location(&self, rank: usize) -> Option<&Value> {
        let resource = &self.resources[rank];
        lookup(&self.solved[resource.solved].merged[resource.bin].config, &["location".to_owned()])
    }

    /// The names of the resources, and whether a lock gives them.
    fn names(&self) -> Result<Vec<(String, bool)>, Vec<Diagnostic>> {
        let mut names = Vec::with_capacity(self.resources.len());
        let mut taken: BTreeMap<(&str, String), &ResourceId> = BTreeMap::new();
        let mut faults = Vec::new();
        let suffix = Naming::suffix(self.estate);
        for resource in &self.resources {
            let group = &self.solved[resource.solved].group;
            let naming = &group.rule.naming;
            let environment = self.estate.environment.as_deref();
            let number = self.solved[resource.solved].placed.numbers[resource.bin];
            let own = naming.name(&self.estate.name, environment, &group.key, number, suffix.as_deref());
            let kept = match &self.lock {
                Some(lock) => lock.name(resource.id.as_str()),
                None => self.placer.name(resource.id.as_str()),
            };
            let kept = kept.filter(|kept| *kept != own).map(str::to_owned);
            let by_lock = kept.is_some();
            let name = kept.unwrap_or(own);
            if let Some(word) = naming.reserved_in(&name) {
                let message = format!("`{}` gets the name `{name}`, and the provider reserves the word `{word}`", resource.id);
                let mut diagnostic = Diagnostic::error(Code::ReservedWord, message);
                let named = self.estate.name.to_lowercase().contains(word);
                diagnostic = diagnostic.at(if named { Pointer::root().key("name") } else { Pointer::root() });
                diagnostic.help("rename the estate, its environment or the requirement key");
                faults.push(diagnostic);
            }
            if let Some(other) = taken.insert((group.rule.resource_type.as_str(), name.clone()), &resource.id) {
                let message = format!("`{other}` and `{}` both get the name `{name}`", resource.id);
                let mut diagnostic = Diagnostic::error(Code::NameCollision, message);
                diagnostic.help("rename one of the requirement keys");
                faults.push(diagnostic);
            }
            names.push((name, by_lock));
        }
        if faults.is_empty() { Ok(names) } else { Err(faults) }
    }

    /// The warning that names which nothing makes this estate's own may be somebody else's already.
    fn unsafe_names(&self, names: &[(String, bool)]) -> Option<Warning> {
        if Naming::suffix(self.estate).is_some() {
            return None;
        }
        let global = |rank: usize| self.solved[self.resources[rank].solved].group.rule.naming.scope == NameScope::Global;
        let open: Vec<&str> = names
            .iter()
            .enumerate()
            .filter(|(rank, (_, by_lock))| !by_lock && global(*rank))
            .map(|(_, (name, _))| name.as_str())
            .collect();
        let (first, further) = (open.first()?, open.len() - 1);
        let all = match further {
            0 => format!("the name `{first}` is"),
            1 => format!("the name `{first}` and 1 other are"),
            _ => format!("the name `{first}` and {further} others are"),
        };
        let message = format!(
            "{all} known to all of Azure, and may be taken by somebody else: state `settings.subscription`, or a `settings.nameSuffix` of your own"
        );
        Some(Warning { code: WarningCode::NameMayBeTaken, message, group: None, components: Vec::new() })
    }

    fn bindings(&mut self, costs: Vec<ComponentCost>) -> BTreeMap<ComponentId, Binding> {
        let mut ambiguous = Vec::new();
        let with_cost = |monthly_cost| Binding { monthly_cost: Some(monthly_cost), ..Binding::default() };
        let mut bindings: Vec<Binding> = costs.into_iter().map(with_cost).collect();
        for (owner, key, each) in self.separate() {
            if let Some(binding) = bindings.get_mut(owner as usize) {
                binding.requirements.insert(key, each);
            }
        }
        let this = &*self;
        bindings.par_iter_mut().with_min_len(256).enumerate().for_each(|(owner, binding)| {
            let placements = u32::try_from(owner).ok().and_then(|owner| this.placements.get(&owner));
            for placement in placements.into_iter().flatten() {
                let ids = placement.resources.iter().map(|rank| this.resources[*rank].id.clone()).collect();
                binding.resources.insert(placement.requirement(), ids);
            }
        });
        for rank in 0..self.resources.len() {
            let (id, bin) = (self.resources[rank].id.clone(), self.resources[rank].bin);
            let solved = &mut self.solved[self.resources[rank].solved];
            for (owner, name) in divided_flags(&solved.group, &solved.placed.bins[bin]) {
                let Some(binding) = bindings.get_mut(owner as usize) else { continue };
                binding.elements.entry(id.clone()).or_insert_with(Default::default).entry(name).or_insert_with(Vec::new);
            }
            for KeptName { owner, path, own, name } in std::mem::take(&mut solved.merged[bin].kept) {
                let Some(binding) = bindings.get_mut(owner as usize) else { continue };
                let names = binding.names.entry(id.clone()).or_insert_with(Default::default);
                names.entry(path).or_insert_with(Default::default).insert(own, name);
            }
            for bound in std::mem::take(&mut solved.merged[bin].bound) {
                let Some(binding) = bindings.get_mut(bound.owner as usize) else { continue };
                let property = &solved.group.leaf(bound.leaf).path;
                match bound.value {
                    Some(value) if property.len() == 1 && property[0] == ENVIRONMENT => {
                        let known = binding.environment.get(bound.name.as_str());
                        if known.is_some_and(|known| *known != value) {
                            ambiguous.push((bound.owner, bound.name.clone()));
                            binding.environment_of.entry(id.clone()).or_default().insert(bound.name, value);
                        } else if known.is_none() {
                            binding.environment.insert(bound.name, value);
                        }
                    }
                    _ => {
                        let elements = binding.elements.entry(id.clone()).or_insert_with(Default::default);
                        match elements.get_mut(&property[0]) {
                            Some(names) => names.push(bound.name),
                            None => {
                                elements.insert(property[0].clone(), vec![bound.name]);
                            }
                        }
                    }
                }
            }
        }
        for (owner, variable) in ambiguous {
            let components: Vec<ComponentId> = self.owners.component(owner).cloned().into_iter().collect();
            let message = format!(
                "`{variable}` of `{}` has different values on two resources; see `environmentOf` in its binding",
                self.owners.name(owner)
            );
            self.notes.push(Warning { code: WarningCode::AmbiguousVariable, message, group: None, components });
        }
        let ids = self.owners.components().iter().map(|id| (*id).clone());
        ids.zip(bindings).collect()
    }

    /// Where each of several requirements of one component, type and key is, if they are not all on the same resources.
    fn separate(&self) -> Vec<(u32, String, Vec<PlacedRequirement>)> {
        let mut found = Vec::new();
        for (rank, Solved { group, placed, .. }) in self.solved.iter().enumerate().filter(|(_, s)| s.placed.bins.len() > 1) {
            let mut alike: BTreeMap<(u32, &str), Vec<usize>> = BTreeMap::new();
            for (need, stated) in group.needs.iter().enumerate().filter(|(_, need)| self.owners.component(need.owner).is_some()) {
                alike.entry((stated.owner, &stated.key)).or_default().push(need);
            }
            alike.retain(|_, needs| needs.len() > 1);
            if alike.is_empty() {
                continue;
            }
            let ids: Vec<&ResourceId> = self.resources.iter().filter(|r| r.solved == rank).map(|r| &r.id).collect();
            let mut on: Vec<Vec<ResourceId>> = vec![Vec::new(); group.needs.len()];
            for (portions, id) in placed.bins.iter().zip(ids) {
                portions.iter().for_each(|portion| on[portion.need].push(id.clone()));
            }
            for ((owner, key), needs) in alike {
                if needs.iter().any(|need| on[*need] != on[needs[0]]) {
                    let each = needs.iter().map(|need| PlacedRequirement {
                        states: group.needs[*need].digest(),
                        on: std::mem::take(&mut on[*need]),
                    });
                    found.push((owner, format!("{}:{key}", group.rule.resource_type), each.collect()));
                }
            }
        }
        found
    }

    fn warnings(&self, groups: &[GroupReport]) -> Vec<Warning> {
        let mut all = self.notes.clone();
        all.extend(groups.iter().flat_map(|group| warnings::lock(group, self.owners.components())));
        for solved in &self.solved {
            all.extend(warnings::group(solved, &self.owners));
            all.extend(solved.advice.iter().cloned());
        }
        for (i, over) in self.estate.overrides.iter().enumerate().filter(|(i, _)| !self.overrides_used.contains(i)) {
            let key = over.requirement_key.as_ref().map_or(Cow::Borrowed(""), |key| Cow::Owned(format!(":{key}")));
            let message = format!("override {i} is for `{}{key}`, which no component requires", over.resource_type);
            all.push(Warning { code: WarningCode::UnusedOverride, message, group: None, components: Vec::new() });
        }
        all.sort();
        all.dedup();
        all
    }

    fn groups(&self) -> Vec<GroupReport> {
        let mut groups: Vec<GroupReport> = self
            .solved
            .iter()
            .map(|solved| GroupReport {
                key: solved.id.clone(),
                requirements: solved.group.needs.len(),
                resources: solved.placed.bins.len(),
                lower_bound: solved.placed.lower_bound,
                optimal: solved.placed.optimal,
                cost: solved.cost.map(|cost| cost.cost),
                cost_lower_bound: solved.cost.map(|cost| cost.lower_bound),
                certificate: CertificateRecord::new(&solved.placed.certificate, &solved.placed.types),
                reasons: warnings::reasons(&solved.group, &self.owners, &solved.placed),
                lock: {
                    let unit = solved.pricing.as_ref().map(|pricing| pricing.unit);
                    moves::report(&solved.group, &solved.id, &self.owners, &solved.placed, &solved.foreign, unit)
                },
            })
            .collect();
        groups.sort_by(|a, b| a.key.cmp(&b.key));
        groups
    }
}

/// The flags of divided requirements that this resource serves, each with whose it is.
fn divided_flags(group: &Group<'_>, portions: &[Portion]) -> Vec<(u32, String)> {
    let mut flags = Vec::new();
    for portion in portions {
        for (leaf, names) in portion.only.iter().flat_map(|only| only.iter()) {
            let property = group.leaf(*leaf);
            if property.collection().is_none() && !names.is_empty() {
                flags.push((group.needs[portion.need].owner, property.path.first().cloned().unwrap_or_default()));
            }
        }
    }
    flags
}
