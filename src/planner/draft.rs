//! A plan in the making: groups are solved layer by layer, and resources require further resources.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::costs::{AloneLine, GroupCost, Pricing, Shapes};
use super::placer::{Placer, Solving};
use super::previous::{Locked, Numbers};
use super::{faults, moves};
use crate::cost::{Bill, Biller};
use crate::estate::{Estate, Sharing};
use crate::input::{Code, Diagnostic, Pointer, Severity};
use crate::merge::{BadName, bad_names};
use crate::merge::{Group, Kept, Merged, Merger, Overridden, Overrides, Portion};
use crate::model::{Homes, Moves, Placed, Setting};
use crate::names::ids;
use crate::names::{ResourceId, ResourceType};
use crate::plan::PropertyRecord;
use crate::plan::{KeptNames, Plan, Warning, WarningCode};
use crate::requirements::Inherited;
use crate::requirements::Need;
use crate::requirements::Owners;
use crate::rules::{Check, Property, ResourceRule, RuleSet, Scope, TAGS, Template, broken};
use crate::rules::{lookup, put, walk};

/// A group that has been solved.
pub(super) struct Solved<'a> {
    pub(super) group: Group<'a>,
    /// `{resourceType}:{requirementKey}`.
    pub(super) id: String,
    pub(super) placed: Placed,
    /// Of requirements that the lock has on resources of other groups, the first of those.
    pub(super) foreign: Vec<(usize, ResourceId)>,
    pub(super) merged: Vec<Merged>,
    /// What each resource is billed by.
    pub(super) bills: Vec<Bill<'a>>,
    /// What resources would cost, where the cheapest are sought.
    pub(super) pricing: Option<Pricing>,
    /// What they do cost, and at least would.
    pub(super) cost: Option<GroupCost>,
    pub(super) advice: Vec<Warning>,
}

/// A group that has been placed.
pub(super) struct PlacedGroup<'a> {
    group: Group<'a>,
    id: String,
    pub(super) placed: Placed,
    pricing: Option<Pricing>,
    /// With fewer resources, each of which takes moves.
    cheaper: Vec<Placed>,
    foreign: Vec<(usize, ResourceId)>,
}

/// A resource on its way into the plan.
pub(super) struct DraftResource {
    pub(super) id: ResourceId,
    pub(super) solved: usize,
    pub(super) bin: usize,
    pub(super) components: Vec<u32>,
    pub(super) implied: bool,
    /// The owner that the resource is of what it requires.
    pub(super) as_owner: Option<u32>,
    pub(super) depends_on: BTreeSet<ResourceId>,
    /// The resources that serve each of its type's `requires`.
    pub(super) requires: BTreeMap<ResourceType, Vec<ResourceId>>,
}

/// Where an owner's requirements of a type and key are.
pub(super) struct Placement<'a> {
    pub(super) resource_type: &'a str,
    pub(super) key: Cow<'a, str>,
    pub(super) of_type: bool,
    pub(super) resources: Vec<usize>,
}

/// A plan being made.
pub(super) struct Draft<'a> {
    pub(super) placer: &'a dyn Placer,
    pub(super) lock: Option<Locked<'a>>,
    pub(super) rules: &'a RuleSet,
    pub(super) estate: &'a Estate,
    pub(super) scope: &'a Scope,
    pub(super) setting: Setting<'a>,
    pub(super) inherited: &'a Inherited<'a>,
    pub(super) requirements: usize,
    /// The resource types that each component brings along itself.
    pub(super) brings: Arc<FxHashSet<(u32, &'a str)>>,
    pub(super) owners: Owners<'a>,
    pub(super) solved: Vec<Solved<'a>>,
    pub(super) resources: Vec<DraftResource>,
    /// The resources that own requirements, by owner.
    pub(super) owning: FxHashMap<u32, usize>,
    pub(super) placements: FxHashMap<u32, Vec<Placement<'a>>>,
    /// The first element of an owner on a resource, by collection, where outputs are about elements.
    pub(super) own_elements: FxHashMap<(usize, u32), BTreeMap<String, String>>,
    pub(super) overrides_used: BTreeSet<usize>,
    /// Warnings that come up while the plan is completed.
    pub(super) notes: Vec<Warning>,
    /// The whole estate is planned, and not one component alone.
    pub(super) whole: bool,
    /// How each component is planned alone.
    pub(super) shapes: Vec<Option<usize>>,
    /// What each of those is billed by.
    pub(super) alone: Vec<Vec<AloneLine<'a>>>,
}

/// Requirements by resource type and key.
pub(super) type Pending<'a> = BTreeMap<(&'a str, String), Vec<Need<'a>>>;

/// The key of the group of a requirement.
pub(super) fn group_key<'n>(estate: &Estate, need: &'n Need<'_>) -> &'n str {
    match estate.settings.sharing {
        Sharing::ByType => ids::ALL,
        _ if estate.pooled.contains(need.resource_type) => ids::ALL,
        Sharing::ByKey | Sharing::None => &need.key,
    }
}

impl Placement<'_> {
    /// What a binding calls the requirement.
    pub(super) fn requirement(&self) -> String {
        format!("{}:{}", self.resource_type, self.key)
    }
}

impl<'a> Draft<'a> {
    /// A draft in which nothing is placed yet.
    pub(super) fn new(
        rules: &'a RuleSet,
        estate: &'a Estate,
        scope: &'a Scope,
        inherited: &'a Inherited<'a>,
        owners: Owners<'a>,
        setting: Setting<'a>,
    ) -> Self {
        Self {
            placer: &Solving,
            lock: None,
            rules,
            estate,
            scope,
            setting,
            inherited,
            requirements: 0,
            brings: Arc::default(),
            owners,
            solved: Vec::new(),
            resources: Vec::new(),
            owning: FxHashMap::default(),
            placements: FxHashMap::default(),
            own_elements: FxHashMap::default(),
            overrides_used: BTreeSet::new(),
            notes: Vec::new(),
            whole: true,
            shapes: Vec::new(),
            alone: Vec::new(),
        }
    }

    pub(super) fn plan(mut self, needs: Vec<Need<'a>>) -> Result<Plan, Vec<Diagnostic>> {
        let shapes = Shapes::new(&needs, self.rules, self.estate);
        self.place_all(needs)?;
        self.bound_by_estate()?;
        self.plan_alone(shapes)?;
        let _span = tracing::info_span!("finish").entered();
        self.finish()
    }

    /// Solves the groups of requirements and of what their resources require in turn.
    pub(super) fn place_all(&mut self, needs: Vec<Need<'a>>) -> Result<(), Vec<Diagnostic>> {
        let mut pending = Pending::new();
        for need in needs {
            self.pend(&mut pending, need);
        }
        for layer in self.rules.layers() {
            let groups: Vec<Group<'a>> = layer
                .iter()
                .flat_map(|resource_type| {
                    let keys: Vec<_> = pending.keys().filter(|(name, _)| name == resource_type).cloned().collect();
                    keys.into_iter().filter_map(|key| pending.remove_entry(&key)).collect::<Vec<_>>()
                })
                .filter_map(|((resource_type, key), needs)| self.group(resource_type, key, needs))
                .collect();
            let _span = tracing::info_span!("solve", groups = groups.len()).entered();
            self.solve(groups, &mut pending)?;
        }
        Ok(())
    }

    pub(super) fn pend(&self, pending: &mut Pending<'a>, need: Need<'a>) {
        let key = group_key(self.estate, &need).to_owned();
        pending.entry((need.resource_type, key)).or_default().push(need);
    }

    pub(super) fn group(&mut self, resource_type: &str, key: String, needs: Vec<Need<'a>>) -> Option<Group<'a>> {
        let rule = self.rules.resource(resource_type)?;
        let mut overrides: Vec<Overridden<'a>> = Vec::new();
        for i in self.inherited.overrides.meeting(resource_type, &needs) {
            let over = &self.estate.overrides[i];
            let key = over.requirement_key.as_ref().map(|key| key.as_str());
            self.overrides_used.insert(i);
            let priority = over.priority;
            walk(&over.config, &rule.properties.tree, &mut |leaf, value| {
                overrides.push(Overridden { leaf, key, value, priority });
            });
        }
        let overrides = Overrides::new(overrides);
        let inherited = self.inherited.values.get(resource_type).map_or(&[][..], Vec::as_slice);
        Some(Group { rule, key, needs, inherited, overrides })
    }

    /// Solves groups that do not depend on each other, and notes what their resources require.
    fn solve(&mut self, groups: Vec<Group<'a>>, pending: &mut Pending<'a>) -> Result<(), Vec<Diagnostic>> {
        let ids: BTreeSet<String> = groups.iter().map(|g| format!("{}:{}", g.rule.resource_type, g.key)).collect();
        let numbers = self.lock.as_ref().map(|lock| lock.numbers(&ids)).unwrap_or_default();
        let this = &*self;
        let placed: Vec<Result<PlacedGroup<'a>, Vec<Diagnostic>>> =
            groups.into_par_iter().map(|group| this.place_group(group, &ids, &numbers)).collect();
        let placed = self.choose(placed);
        let this = &*self;
        let results: Vec<Result<Solved<'a>, Vec<Diagnostic>>> =
            placed.into_par_iter().map(|placed| this.complete_group(placed?)).collect();
        let mut faults = Vec::new();
        let mut solved = Vec::new();
        for result in results {
            match result {
                Ok(group) => {
                    let first = group.group.needs.first().map_or_else(Pointer::root, |need| faults::at(&self.owners, need.owner));
                    faults.extend(ids::collision(&group.id, &group.placed.numbers, &ids).map(|diagnostic| diagnostic.at(first)));
                    solved.push(group);
                }
                Err(diagnostics) => faults.extend(diagnostics),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        for group in solved {
            let first = self.resources.len();
            self.register(group);
            for resource in first..self.resources.len() {
                self.require(resource, pending).map_err(|diagnostic| vec![diagnostic])?;
            }
        }
        Ok(())
    }

    pub(super) fn place_group(
        &self,
        group: Group<'a>,
        groups: &BTreeSet<String>,
        numbers: &Numbers,
    ) -> Result<PlacedGroup<'a>, Vec<Diagnostic>> {
        let id = format!("{}:{}", group.rule.resource_type, group.key);
        let span = tracing::debug_span!("group", id, requirements = group.needs.len()).entered();
        let merger = Merger::new(&group, &self.owners, self.estate.settings.on_conflict);
        let refuse = |placed: &Placed, homes: &Homes| self.refusals(&merger, &id, placed, homes);
        let held = self.lock.as_ref().map(|lock| lock.held(&group, &id, &self.owners, (groups, numbers), &refuse));
        let pricing = self.pricing(&group)?;
        let grading = pricing.as_ref().map(|pricing| &pricing.grading);
        let placed = self.placer.place(&id, &merger, &self.setting, held.as_ref(), grading);
        let (placed, cheaper) = placed.map_err(|fault| vec![faults::group(&group, &self.owners, fault)])?;
        tracing::debug!(resources = placed.bins.len(), lower_bound = placed.lower_bound, "placed");
        drop(span);
        let foreign = held.map(|held| held.foreign).unwrap_or_default();
        Ok(PlacedGroup { group, id, placed, pricing, cheaper, foreign })
    }

    /// Spends the moves that are allowed where they free most.
    fn choose(
        &mut self,
        mut groups: Vec<Result<PlacedGroup<'a>, Vec<Diagnostic>>>,
    ) -> Vec<Result<PlacedGroup<'a>, Vec<Diagnostic>>> {
        let Some(Locked { moves: Moves::AtMost(budget), .. }) = &mut self.lock else { return groups };
        let mut open: Vec<&mut PlacedGroup<'a>> = groups.iter_mut().flatten().filter(|group| !group.cheaper.is_empty()).collect();
        let unit = |group: &PlacedGroup<'a>| group.pricing.as_ref().map(|pricing| pricing.unit);
        let ways: Vec<Vec<moves::Way>> =
            open.iter().map(|group| moves::ways(&group.placed, &group.cheaper, unit(group))).collect();
        let chosen = moves::spend(budget, &ways);
        for (group, option) in open.iter_mut().zip(chosen) {
            let cheaper = std::mem::take(&mut group.cheaper);
            if let Some(placed) = option.checked_sub(1).and_then(|rank| cheaper.into_iter().nth(rank)) {
                group.placed = placed;
            }
        }
        groups
    }

    /// Merges what is placed together.
    pub(super) fn complete_group(&self, placed: PlacedGroup<'a>) -> Result<Solved<'a>, Vec<Diagnostic>> {
        let PlacedGroup { group, id, placed, pricing, foreign, .. } = placed;
        let merger = Merger::new(&group, &self.owners, self.estate.settings.on_conflict);
        let mut merged: Vec<Merged> = (0..placed.bins.len())
            .map(|bin| {
                let resource = ids::id(&id, placed.numbers[bin]);
                merger.merge(&placed.bins[bin], &self.kept(&group, &placed.bins[bin], resource.as_str()))
            })
            .collect();
        let mut diagnostics: Vec<Diagnostic> =
            merged.iter().flat_map(|m| &m.faults).map(|fault| faults::merge(&group, &self.owners, fault)).collect();
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        let (bills, advice) = self.complete(&group, &id, &placed, &mut merged, &mut diagnostics).map_err(|d| vec![d])?;
        if diagnostics.is_empty() {
            Ok(Solved { group, id, placed, foreign, merged, bills, pricing, cost: None, advice })
        } else {
            Err(diagnostics)
        }
    }

    /// The names that elements of a bin keep on the resource that it is.
    pub(super) fn kept<'k>(&'k self, group: &Group<'_>, portions: &[Portion], id: &str) -> Kept<'k> {
        let mut all = Kept::default();
        for owner in portions.iter().map(|portion| group.needs[portion.need].owner) {
            let Some(names) = self.names_kept(owner).and_then(|names| names.get(id)) else { continue };
            for (property, names) in names.iter() {
                all.extend(names.iter().map(|(own, name)| ((owner, property.as_str(), own.as_str()), name.as_str())));
            }
        }
        all
    }

    /// The names that an owner's elements keep where they stay.
    pub(super) fn names_kept(&self, owner: u32) -> Option<&KeptNames> {
        let component = self.owners.component(owner)?.as_str();
        match &self.lock {
            Some(lock) => lock.kept(component),
            None => self.placer.kept(component),
        }
    }

    /// Fills in the rule's defaults, holds the merged resources against its checks, and says what they are billed by.
    fn complete(
        &self,
        group: &Group<'a>,
        id: &str,
        placed: &Placed,
        merged: &mut [Merged],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(Vec<Bill<'a>>, Vec<Warning>), Diagnostic> {
        let rule = group.rule;
        let biller = Biller::new(self.rules, rule);
        let (mut bills, mut advice) = (Vec::with_capacity(merged.len()), Vec::new());
        for (bin, merged) in merged.iter_mut().enumerate() {
            let resource = ids::id(id, placed.numbers[bin]);
            self.tag(group, merged);
            self.keep_fixed(group, &resource, merged);
            self.fill_defaults(group, &resource, merged)?;
            diagnostics.extend(bad_names(&rule.properties, &merged.config).iter().map(|bad| self.misnamed(group, merged, bad)));
            let config = Arc::new(std::mem::take(&mut merged.config));
            let context = self.scope.resource(&group.key, resource.as_str(), &config);
            for check in rule.checks.iter().filter(|_| self.whole) {
                let Some(message) = fired(rule, check, &context)? else { continue };
                let severity = check.severity;
                let mut of: Vec<u32> = placed.bins[bin].iter().map(|portion| group.needs[portion.need].owner).collect();
                of.dedup();
                let who = faults::owners_list(&self.owners, &of);
                let which =
                    if placed.bins.len() > 1 || severity == Severity::Error { format!("`{resource}`, ") } else { String::new() };
                let message = format!("{which}for {who}: {message}");
                match severity {
                    Severity::Error => diagnostics.push(self.refused(&of, message)),
                    Severity::Warning => {
                        let components = of.iter().filter_map(|owner| self.owners.component(*owner).cloned()).collect();
                        advice.push(Warning { code: WarningCode::CheckAdvice, message, group: Some(id.to_owned()), components });
                    }
                }
            }
            let bill = biller.bill(&context);
            drop(context);
            merged.config = Arc::unwrap_or_clone(config);
            bills.push(bill?);
        }
        Ok((bills, advice))
    }

    /// The message of the first check of a type that refuses a config.
    pub(super) fn first_error(
        &self,
        group: &Group<'_>,
        id: &ResourceId,
        config: Map<String, Value>,
    ) -> Result<Option<String>, Diagnostic> {
        let context = self.scope.resource(&group.key, id.as_str(), &Arc::new(config));
        for check in group.rule.checks.iter().filter(|check| check.severity == Severity::Error) {
            if let Some(message) = fired(group.rule, check, &context)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Adds the estate's tags to a resource of a type that has any.
    fn tag(&self, group: &Group<'a>, merged: &mut Merged) {
        if self.estate.tags.is_empty() || group.rule.properties.find(TAGS).is_none() {
            return;
        }
        let tags = merged.config.entry(TAGS).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(tags) = tags else { return };
        for (name, value) in &self.estate.tags {
            tags.entry(name.clone()).or_insert_with(|| Value::String(value.clone()));
        }
    }

    /// Fills in what nobody stated: plain values first, then expressions, which may look at what is there. One that
    /// comes to nothing is tried again as long as others have come to something.
    pub(super) fn fill_defaults(&self, group: &Group<'_>, id: &ResourceId, merged: &mut Merged) -> Result<(), Diagnostic> {
        let rule = group.rule;
        let defaults = rule.properties.iter().filter(|property| property.default.is_some());
        let silent = defaults.filter(|property| lookup(&merged.config, &property.path).is_none());
        let (plain, mut open): (Vec<&Property>, Vec<&Property>) =
            silent.partition(|p| matches!(p.default, Some(Template::Value(_))));
        let state = |merged: &mut Merged, property: &Property, value: Value| {
            let (record, value) = match self.instead(id, property, &value) {
                Some(kept) => {
                    merged.by_lock.push(property.name());
                    (PropertyRecord::kept(kept.clone()), kept)
                }
                None => (PropertyRecord::default_value(value.clone()), value),
            };
            merged.provenance.insert(property.name(), record);
            put(&mut merged.config, &property.path, value);
        };
        for property in plain {
            if let Some(Template::Value(value)) = &property.default {
                state(merged, property, value.clone());
            }
        }
        loop {
            let before = open.len();
            let mut still_open = Vec::new();
            for property in open {
                let Some(default) = &property.default else { continue };
                let config = Arc::new(std::mem::take(&mut merged.config));
                let value = default.fill(&self.scope.resource(&group.key, id.as_str(), &config));
                merged.config = Arc::unwrap_or_clone(config);
                match value.map_err(|e| broken(rule, &property.name(), &e))? {
                    Some(value) => state(merged, property, value),
                    None => still_open.push(property),
                }
            }
            if still_open.is_empty() || still_open.len() == before {
                return Ok(());
            }
            open = still_open;
        }
    }

    fn misnamed(&self, group: &Group<'a>, merged: &Merged, bad: &BadName<'_>) -> Diagnostic {
        let BadName { path, name, wanted } = bad;
        let message = format!(
            "`{name}` in `{path}` of `{}:{}` is not a name that the provider accepts",
            group.rule.resource_type, group.key
        );
        let owner = merged.bound.iter().find(|bound| bound.name == *name).map(|bound| bound.owner);
        let owner = owner.or_else(|| group.needs.first().map(|need| need.owner));
        let pointer = owner.map_or_else(Pointer::root, |owner| faults::at(&self.owners, owner));
        let mut diagnostic = Diagnostic::error(Code::ElementName, message).at(pointer);
        diagnostic.on_key().expect(wanted.to_string()).help("rename it, or the component whose prefix it gets");
        diagnostic
    }

    pub(super) fn refused(&self, of: &[u32], message: String) -> Diagnostic {
        let pointer = of.first().map_or_else(Pointer::root, |owner| faults::at(&self.owners, *owner));
        let mut diagnostic = Diagnostic::error(Code::CheckFailed, message).at(pointer);
        diagnostic.on_key().help("change what they state, or set them `apart`");
        diagnostic
    }

    /// Gives a solved group's resources their ids and notes who is on them.
    pub(super) fn register(&mut self, group: Solved<'a>) {
        let solved = self.solved.len();
        for (bin, portions) in group.placed.bins.iter().enumerate() {
            let rank = self.resources.len();
            let mut components: Vec<u32> = Vec::with_capacity(portions.len());
            let mut implied = true;
            for portion in portions {
                let need = &group.group.needs[portion.need];
                match self.owners.resource(need.owner) {
                    None => {
                        implied = false;
                        components.push(need.owner);
                    }
                    Some(_) => {
                        let behind = self.owning.get(&need.owner).map(|rank| &self.resources[*rank]);
                        components.extend(behind.into_iter().flat_map(|resource| &resource.components));
                    }
                }
                let placements = self.placements.entry(need.owner).or_default();
                let known = placements.iter_mut().find(|p| p.resource_type == need.resource_type && p.key == *need.key);
                match known {
                    Some(placement) if placement.resources.last() == Some(&rank) => {}
                    Some(placement) => placement.resources.push(rank),
                    None => {
                        let (resource_type, key) = (need.resource_type, need.key.clone());
                        placements.push(Placement { resource_type, key, of_type: need.of_type, resources: vec![rank] });
                    }
                }
            }
            components.sort_unstable();
            components.dedup();
            let id = ids::id(&group.id, group.placed.numbers[bin]);
            self.resources.push(DraftResource {
                id,
                solved,
                bin,
                components,
                implied,
                as_owner: None,
                depends_on: BTreeSet::new(),
                requires: BTreeMap::new(),
            });
        }
        self.solved.push(group);
    }
}

/// What a check of a type says of a config, if it has anything to say.
fn fired(rule: &ResourceRule, check: &Check, context: &minijinja::Value) -> Result<Option<String>, Diagnostic> {
    let failed = |e: minijinja::Error| broken(rule, "checks", &e);
    if !check.when.holds(context).map_err(failed)? {
        return Ok(None);
    }
    let message = check.message.fill(context).map_err(failed)?;
    Ok(Some(message.as_ref().and_then(Value::as_str).unwrap_or("a check of its type fails").to_owned()))
}
