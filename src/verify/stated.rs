//! Placements as a plan states them, and whether they are allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::evidence::proven;
use super::{Finding, FindingKind, GroupVerdict, Proven, recount};
use crate::estate::{OnConflict, Sharing};
use crate::merge::{Group, Kept, Merger, Portion, Selection};
use crate::model::{Grading, GroupFault, Placed, Setting, columns, dimensions, limit, priced, questions, unshared, wanted_sets};
use crate::names::ids;
use crate::names::{ComponentId, ResourceId};
use crate::plan::{GroupReport, KeptNames, Plan, Resource, kept};
use crate::planner::{Held, Placer};
use crate::requirements::Owners;
use crate::rules::{FixedValues, Kind, Strategy, for_each_element, lookup};
use crate::solve::{Certificate, Control};

/// A plan under examination.
pub(super) struct Stated<'p> {
    plan: &'p Plan,
    /// Ranks of resources and groups.
    resources: FxHashMap<&'p str, usize>,
    groups: FxHashMap<&'p str, usize>,
    /// The numbers and ranks of each group's resources, in ascending order.
    members: FxHashMap<&'p str, Vec<(usize, usize)>>,
    /// What is said to be fixed by a lock, by resource.
    fixed: FxHashMap<&'p str, FixedValues>,
    control: Control<'p>,
    found: Mutex<(Vec<Finding>, Vec<GroupVerdict>)>,
}

impl Placer for Stated<'_> {
    fn place(
        &self,
        id: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        held: Option<&Held<'_>>,
        grading: Option<&Grading>,
    ) -> Result<(Placed, Vec<Placed>), GroupFault> {
        let placed = self.placed(id, merger, setting, grading)?;
        if let Some(held) = held {
            self.hold(id, merger, setting, (held, grading), &placed);
        }
        Ok((placed, Vec::new()))
    }

    /// The name that a lock is said to give a resource.
    fn name(&self, id: &str) -> Option<&str> {
        let resource = &self.plan.resources[*self.resources.get(id)?];
        resource.named_by_lock.then_some(&*resource.name)
    }

    fn kept(&self, component: &str) -> Option<&KeptNames> {
        self.plan.bindings.get(component).map(|binding| &binding.names)
    }

    fn fixed(&self, id: &str) -> Option<&FixedValues> {
        self.fixed.get(id)
    }
}

impl<'p> Stated<'p> {
    pub(super) fn new(plan: &'p Plan, control: Control<'p>) -> Self {
        let resources = plan.resources.iter().enumerate().map(|(i, resource)| (resource.id.as_str(), i)).collect();
        let groups: FxHashMap<&str, usize> = plan.groups.iter().enumerate().map(|(i, group)| (group.key.as_str(), i)).collect();
        let mut members: FxHashMap<&str, Vec<(usize, usize)>> = FxHashMap::default();
        for (rank, resource) in plan.resources.iter().enumerate() {
            if let Some((group, number)) = ids::member(resource.id.as_str(), |name| groups.contains_key(name)) {
                members.entry(group).or_default().push((number, rank));
            }
        }
        members.values_mut().for_each(|members| members.sort_unstable());
        let by_lock = plan.resources.iter().filter(|resource| !resource.fixed_by_lock.is_empty());
        let fixed = by_lock.map(|resource| (resource.id.as_str(), said_to_be_fixed(resource))).collect();
        Self { plan, resources, groups, members, fixed, control, found: Mutex::default() }
    }

    pub(super) fn into_findings(self) -> (Vec<Finding>, Vec<GroupVerdict>) {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the plan says of a group, and at which place.
    pub(super) fn group(&self, id: &str) -> Option<(usize, &'p GroupReport)> {
        let rank = *self.groups.get(id)?;
        Some((rank, self.plan.groups.get(rank)?))
    }

    pub(super) fn note(&self, kind: FindingKind, place: String, message: String) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.0.push(Finding { place, kind, message });
    }

    /// The group as the plan places it.
    fn placed(
        &self,
        id: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        grading: Option<&Grading>,
    ) -> Result<Placed, GroupFault> {
        let Merger { group, owners, .. } = *merger;
        let members = self.members.get(id).map_or(&[][..], Vec::as_slice);
        let (numbers, ranks): (Vec<usize>, Vec<usize>) = members.iter().copied().unzip();
        let mut bins: Vec<Vec<Portion>> = vec![Vec::new(); ranks.len()];
        let mut cut: Vec<(Vec<usize>, String)> = Vec::new();
        for need in 0..group.needs.len() {
            let on = self.bins_of(group, owners, need, &ranks);
            if on.len() > 1 {
                cut.push((vec![need], String::new()));
            }
            for (bin, only) in on {
                bins[bin].push(Portion { need, only: only.map(Arc::new) });
            }
        }
        for (bin, rank) in ranks.iter().enumerate().filter(|(bin, _)| bins[*bin].is_empty()) {
            let message = format!("nothing is placed on `{}`", ids::id(id, numbers[bin]));
            self.note(FindingKind::Placement, format!("/resources/{rank}"), message);
        }
        self.allowed(merger, setting, &bins, &ranks);
        let usage = self.within_limits(merger, setting, &bins, &ranks);
        let grading = grading.filter(|_| cut.is_empty());
        let (proven, evidence) = self.bound(id, group, setting, bins.len() as u64, grading)?;
        let needs: Vec<Vec<usize>> = bins.iter().map(|bin| bin.iter().map(|portion| portion.need).collect()).collect();
        let priced = grading.and_then(|grading| priced(group, setting, grading, &needs, proven));
        let fewest = priced.map_or(proven, |priced| priced.bins_bound);
        if let Some(evidence) = evidence {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            let held_back = self.held_back(id);
            let (key, resources) = (id.to_owned(), bins.len() as u64);
            found.1.push(GroupVerdict { key, resources, proven: fewest, evidence, held_back });
        }
        let lower_bound = fewest.min(bins.len() as u64);
        Ok(Placed {
            unshared: unshared(group, setting, bins.len(), &cut)?,
            optimal: lower_bound == bins.len() as u64,
            usage,
            lower_bound,
            certificate: Certificate::default(),
            types: Vec::new(),
            splits: Vec::new(),
            divided: Vec::new(),
            limits: dimensions(group, setting.estate).iter().map(crate::model::Dimension::in_force).collect(),
            constraints: Vec::new(),
            held: None,
            numbers,
            priced,
            bins,
        })
    }

    /// Where the plan places a requirement: the bins, and of a divided one what of it is in each.
    fn bins_of(&self, group: &Group<'_>, owners: &Owners<'_>, need: usize, ranks: &[usize]) -> Vec<(usize, Option<Selection>)> {
        let stated = &group.needs[need];
        let key = format!("{}:{}", stated.resource_type, stated.key);
        let (place, ids): (String, &[ResourceId]) = match (owners.component(stated.owner), owners.resource(stated.owner)) {
            (Some(id), _) => (format!("/bindings/{id}/resources/{key}"), self.bound_to(id, &key, group, need)),
            (None, Some(id)) => {
                let owner = self.resources.get(id.as_str()).map(|rank| &self.plan.resources[*rank]);
                let required = owner.and_then(|owner| owner.requires.get(stated.resource_type));
                (format!("/resources/{id}/requires/{}", stated.resource_type), required.map_or(&[], Vec::as_slice))
            }
            (None, None) => return Vec::new(),
        };
        let mut bins: Vec<usize> = Vec::new();
        for id in ids {
            let bin = self.resources.get(id.as_str()).and_then(|rank| ranks.iter().position(|known| known == rank));
            match bin {
                Some(bin) if !bins.contains(&bin) => bins.push(bin),
                Some(_) => self.note(FindingKind::Placement, place.clone(), format!("`{id}` is named twice")),
                None => {
                    let message = format!("`{id}` is not one of the resources of `{}:{}`", group.rule.resource_type, group.key);
                    self.note(FindingKind::Placement, place.clone(), message);
                }
            }
        }
        match bins.as_slice() {
            [] => {
                let message = format!("`{key}` of `{}` is placed nowhere", owners.name(stated.owner));
                self.note(FindingKind::Placement, place, message);
                Vec::new()
            }
            [only] => vec![(*only, None)],
            several => self.spread(group, owners, need, several, ranks, &place),
        }
    }

    /// The resources that a requirement is bound to, which may be one of several of its type and key.
    fn bound_to(&self, component: &ComponentId, key: &str, group: &Group<'_>, need: usize) -> &[ResourceId] {
        let Some(binding) = self.plan.bindings.get(component) else { return &[] };
        if let Some(each) = binding.requirements.get(key) {
            let own = &group.needs[need];
            let before = group.needs[..need].iter().rev().take_while(|other| other.owner == own.owner);
            let rank = before.filter(|other| other.key == own.key).count();
            return each.get(rank).map_or(&[], |placed| placed.on.as_slice());
        }
        binding.resources.get(key).map_or(&[], Vec::as_slice)
    }

    /// A requirement whose owner is on several resources: whole on one of them, or divided by its elements.
    fn spread(
        &self,
        group: &Group<'_>,
        owners: &Owners<'_>,
        need: usize,
        bins: &[usize],
        ranks: &[usize],
        place: &str,
    ) -> Vec<(usize, Option<Selection>)> {
        let resource = |bin: usize| &self.plan.resources[ranks[bin]];
        let mut nothing = Selection::new();
        let mut found: BTreeMap<usize, Selection> = BTreeMap::new();
        for (leaf, property) in group.rule.properties.leaves.iter().enumerate() {
            let counted = || group.rule.dimensions().any(|c| c.count.contains(&property.path));
            match &property.kind {
                Kind::Collection(collection) if collection.is_divisible() => {
                    nothing.insert(leaf, BTreeSet::new());
                    let Some(value) = group.effective(need, leaf) else { continue };
                    let prefix = collection.prefix.map(|style| owners.prefix(group.needs[need].owner, style));
                    let names_kept = owners.component(group.needs[need].owner).and_then(|id| self.kept(id.as_str()));
                    let present: Vec<FxHashSet<&str>> = bins.iter().map(|bin| names(resource(*bin), &property.path)).collect();
                    for_each_element(collection, value, |element| {
                        let last = format!("{}{}", prefix.as_deref().unwrap_or_default(), element.name);
                        let there = |i: &usize| {
                            let id = resource(bins[*i]).id.as_str();
                            let name = names_kept.and_then(|names| kept(names, id, &property.name(), &element.name));
                            present[*i].contains(name.unwrap_or(&last))
                        };
                        let on: Vec<usize> = (0..bins.len()).filter(there).collect();
                        if on.len() != 1 {
                            let message = format!("`{last}` is on {} resources, not on one", on.len());
                            self.note(FindingKind::Placement, place.to_owned(), message);
                        }
                        if let Some(first) = on.first() {
                            let selection = found.entry(bins[*first]).or_default();
                            selection.entry(leaf).or_default().insert(element.name.into_owned());
                        }
                    });
                }
                Kind::Scalar(_) if counted() => {
                    nothing.insert(leaf, BTreeSet::new());
                    if group.effective(need, leaf) == Some(&Value::Bool(true)) {
                        let set = |bin: &&usize| lookup(&resource(**bin).config, &property.path) == Some(&Value::Bool(true));
                        if let Some(bin) = bins.iter().find(set) {
                            found.entry(*bin).or_default().entry(leaf).or_default().insert(String::new());
                        }
                    }
                }
                _ => {}
            }
        }
        match found.len() {
            0 => vec![(self.agreeing(group, need, bins, ranks), None)],
            1 => found.into_keys().map(|bin| (bin, None)).collect(),
            _ => found
                .into_iter()
                .map(|(bin, mut selection)| {
                    nothing.keys().for_each(|leaf| {
                        selection.entry(*leaf).or_default();
                    });
                    (bin, Some(selection))
                })
                .collect(),
        }
    }

    /// Of several resources the first that agrees with what a requirement insists on.
    fn agreeing(&self, group: &Group<'_>, need: usize, bins: &[usize], ranks: &[usize]) -> usize {
        let agrees = |bin: &&usize| {
            group.rule.properties.leaves.iter().enumerate().filter(|(_, p)| p.merge == Strategy::Match).all(|(leaf, property)| {
                let found = lookup(&self.plan.resources[ranks[**bin]].config, &property.path);
                group.effective(need, leaf).is_none_or(|stated| found == Some(stated))
            })
        };
        bins.iter().find(agrees).or(bins.first()).copied().unwrap_or_default()
    }

    /// Holds the placements against everything that keeps requirements apart or together.
    fn allowed(&self, merger: &Merger<'_>, setting: &Setting<'_>, bins: &[Vec<Portion>], ranks: &[usize]) {
        let Merger { group, owners, .. } = *merger;
        let id = |bin: usize| &self.plan.resources[ranks[bin]].id;
        let settings = &setting.estate.settings;
        let broken = |bin: usize, message: String| {
            self.note(FindingKind::Exclusion, format!("/resources/{}", ranks[bin]), message);
        };
        for column in columns(group) {
            if column.strategy == Strategy::Priority && settings.on_conflict == OnConflict::First {
                continue;
            }
            let top = column.top();
            for (bin, portions) in bins.iter().enumerate() {
                let mut values: Vec<u32> = portions
                    .iter()
                    .filter_map(|portion| column.stated(portion.need))
                    .filter(|(_, priority)| column.strategy == Strategy::Match || Some(*priority) == top)
                    .map(|(value, _)| value)
                    .collect();
                values.sort_unstable();
                values.dedup();
                if values.len() > 1 {
                    let message = format!("requirements that disagree on `{}` share `{}`", column.name(group), id(bin));
                    broken(bin, message);
                }
            }
        }
        let constraints = &setting.estate.constraints;
        let dedicated: FxHashSet<&str> = constraints.dedicated.iter().map(ComponentId::as_str).collect();
        let mut lists: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (list, members) in constraints.apart.iter().enumerate() {
            members.iter().for_each(|id| lists.entry(id.as_str()).or_default().push(list));
        }
        for (bin, portions) in bins.iter().enumerate() {
            let mut here: Vec<u32> = portions.iter().map(|portion| group.needs[portion.need].owner).collect();
            here.sort_unstable();
            here.dedup();
            let names: Vec<&str> = here.iter().map(|owner| owners.name(*owner)).collect();
            if here.len() > 1 {
                if settings.sharing == Sharing::None {
                    broken(bin, format!("`{}` share a resource, and `sharing` is `none`", names.join("`, `")));
                }
                for name in names.iter().filter(|name| dedicated.contains(**name)) {
                    broken(bin, format!("`{name}` is dedicated and shares `{}`", id(bin)));
                }
            }
            let mut seen: FxHashMap<usize, &str> = FxHashMap::default();
            for name in &names {
                for list in lists.get(name).into_iter().flatten() {
                    if let Some(other) = seen.insert(*list, name) {
                        broken(bin, format!("`{other}` and `{name}` are to be apart and share `{}`", id(bin)));
                    }
                }
            }
        }
        let dimensions = dimensions(group, setting.estate);
        let fits = |portions: &[Portion]| {
            let config = merger.merge(portions, &Kept::default()).config;
            dimensions.iter().all(|d| recount::used(group, portions, &config, d.capacity) <= d.usable)
        };
        let mut on: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); group.needs.len()];
        for (bin, portions) in bins.iter().enumerate() {
            for portion in portions {
                on[portion.need].insert(bin);
            }
        }
        for set in wanted_sets(group, setting) {
            let all: BTreeSet<usize> = set.iter().flat_map(|need| on[*need].iter().copied()).collect();
            let whole: Vec<Portion> = set.iter().map(|need| Portion { need: *need, only: None }).collect();
            if all.len() > 1 && fits(&whole) {
                let mut names: Vec<&str> = set.iter().map(|need| owners.name(group.needs[*need].owner)).collect();
                names.dedup();
                let message = format!("`{}` must stay together and are on {} resources", names.join("`, `"), all.len());
                broken(all.last().copied().unwrap_or_default(), message);
            }
        }
        if settings.sharing == Sharing::None {
            return;
        }
        for property in group.rule.properties.iter() {
            if !property.collection().is_some_and(|collection| collection.together) {
                continue;
            }
            let mut first: FxHashMap<&str, usize> = FxHashMap::default();
            for (bin, rank) in ranks.iter().enumerate() {
                for name in names(&self.plan.resources[*rank], &property.path) {
                    if *first.entry(name).or_insert(bin) != bin {
                        broken(bin, format!("`{name}` of `{}` is on two resources", property.name()));
                    }
                }
            }
        }
    }

    /// What each resource uses, counted anew, which must be within the limits.
    fn within_limits(&self, merger: &Merger<'_>, setting: &Setting<'_>, bins: &[Vec<Portion>], ranks: &[usize]) -> Vec<Vec<u64>> {
        let group = merger.group;
        let dimensions = dimensions(group, setting.estate);
        let mut usage = Vec::with_capacity(bins.len());
        for (portions, rank) in bins.iter().zip(ranks) {
            let config = merger.merge(portions, &Kept::default()).config;
            let mut used = Vec::with_capacity(dimensions.len());
            for dimension in &dimensions {
                let amount = recount::used(group, portions, &config, dimension.capacity);
                used.push(amount);
                let name = &dimension.capacity.name;
                if amount > dimension.usable {
                    let message = format!("{amount} of at most {} `{name}`", dimension.usable);
                    self.note(FindingKind::Capacity, format!("/resources/{rank}/usage/{name}"), message);
                }
            }
            for capacity in group.rule.capacities.iter().filter(|capacity| capacity.per.is_some()) {
                let most = limit(setting.estate, group.rule.resource_type.as_str(), capacity);
                let most = setting.estate.settings.headroom.usable(most);
                if let Some((amount, element)) = recount::fullest(&config, capacity).filter(|(amount, _)| *amount > most) {
                    let message = format!("`{element}` holds {amount} of at most {most} `{}`", capacity.name);
                    self.note(FindingKind::Capacity, format!("/resources/{rank}"), message);
                }
            }
            usage.push(used);
        }
        usage
    }

    /// The lower bound that the group's certificate proves, which must not be below the one stated.
    fn bound(
        &self,
        id: &str,
        group: &Group<'_>,
        setting: &Setting<'_>,
        resources: u64,
        grading: Option<&Grading>,
    ) -> Result<(u64, Option<Proven>), GroupFault> {
        let Some((rank, record)) = self.group(id) else { return Ok((0, None)) };
        let place = format!("/groups/{rank}/certificate");
        let result = proven(&record.certificate, &questions(group, setting, grading)?, &self.control);
        let (bound, evidence) = match result {
            Ok(proven) => proven,
            Err(why) => {
                self.note(FindingKind::Bound, place.clone(), format!("the evidence of `{id}` does not hold: {why}"));
                (0, Proven::Nothing)
            }
        };
        // Of costs a plan states what follows from the bound, which is compared with what it says.
        if evidence != Proven::Nothing && grading.is_none() && bound < record.lower_bound {
            let message = format!("the evidence of `{id}` proves {bound}, not {}", record.lower_bound);
            self.note(FindingKind::Bound, place, message);
        }
        let held_back = self.held_back(id);
        if grading.is_none() && resources.checked_sub(held_back).is_none_or(|without| without < bound) {
            let message = format!("without the lock {resources} less {held_back} resources are too few for `{id}`");
            self.note(FindingKind::Bound, format!("/groups/{rank}/lock/heldBack"), message);
        }
        Ok((bound, Some(evidence)))
    }

    /// How many resources the plan says that the lock keeps beyond what a group needs.
    fn held_back(&self, id: &str) -> u64 {
        self.group(id).and_then(|(_, record)| record.lock.as_ref()).map_or(0, |lock| lock.held_back)
    }
}

/// The values of a resource that a lock is said to have.
fn said_to_be_fixed(resource: &Resource) -> FixedValues {
    let value = |name: &String| {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        Some((format!("/{}", path.join("/")), lookup(&resource.config, &path)?.clone()))
    };
    resource.fixed_by_lock.iter().filter_map(value).collect()
}

/// The names of a collection's elements in a resource's config.
fn names<'r>(resource: &'r Resource, path: &[String]) -> FxHashSet<&'r str> {
    match lookup(&resource.config, path) {
        Some(Value::Array(array)) => {
            array.iter().filter_map(|element| element.as_str().or_else(|| element.get("name")?.as_str())).collect()
        }
        Some(Value::Object(map)) => map.keys().map(String::as_str).collect(),
        _ => FxHashSet::default(),
    }
}
