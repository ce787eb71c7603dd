//! Plans in figures alone: one estate under many limits, of which each group is solved and merged once for every room that
//! its resources have.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::PlanError;
use super::draft::{Draft, DraftResource, Pending, PlacedGroup, group_key};
use super::matching::{Whereabouts, moved};
use crate::cost::{Bill, Billable, Total};
use crate::estate::{ComponentUsage, Estate, Objective, Settings};
use crate::input::Sink;
use crate::merge::Portion;
use crate::model::{Placed, Setting, limit};
use crate::names::ResourceId;
use crate::plan::Plan;
use crate::prices::Amount;
use crate::requirements::Need;
use crate::requirements::{Requirements, brought, check_settings, mask_overrides};
use crate::rules::{Naming, RuleSet, Scope};
use crate::solve::{Control, Solver};

/// A plan in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch {
    /// Resources that components asked for, by type.
    pub(crate) by_type: BTreeMap<String, usize>,
    /// Resources that only others require.
    pub(crate) implied: usize,
    /// What everything costs a month, as far as prices are known.
    pub(crate) cost: Amount,
    /// Resources of which some price is not known.
    pub(crate) unknown_prices: usize,
    /// Something is billed by use, and how much is used is not stated.
    pub(crate) unstated_usage: bool,
    /// Whether every group is proven to have the fewest resources.
    pub(crate) optimal: bool,
    /// Requirements of stateful types that are on other resources than in the plan compared with.
    pub(crate) moves: usize,
}

/// An estate whose plan in figures depends on nothing but its groups.
pub(crate) struct Canvas<'a> {
    rules: &'a RuleSet,
    /// Masked where it holds secrets.
    estate: Cow<'a, Estate>,
    scope: Scope,
}

impl<'a> Canvas<'a> {
    /// An estate to sketch; `None` where ceilings on resources or costs as the objective tie its groups together.
    pub(crate) fn new(estate: &'a Estate, rules: &'a RuleSet) -> Option<Self> {
        let Settings { max_resources, objective, .. } = &estate.settings;
        let by_group = max_resources.is_empty() && *objective == Objective::Count;
        let estate = mask_overrides(estate, rules);
        let scope = Scope::new(&estate).with_words(rules);
        by_group.then_some(Self { rules, estate, scope })
    }

    /// What the estate asks for.
    ///
    /// # Errors
    /// What keeps it from being planned under any limits.
    pub(crate) fn expanded(&self) -> Result<Requirements<'_>, PlanError> {
        Requirements::new(&self.estate, self.rules, &self.scope).map_err(PlanError)
    }

    /// The estate without its components under other settings; `None` unless those are allowed, and differ in limits and
    /// headroom alone.
    pub(crate) fn under(&self, settings: Settings) -> Option<Estate> {
        let (limits, headroom) = (settings.limits.clone(), settings.headroom);
        let comparable = Settings { limits, headroom, ..self.estate.settings.clone() } == settings;
        let estate = self.estate.without_components(settings);
        let mut sink = Sink::default();
        check_settings(&mut sink, &estate, self.rules);
        (comparable && sink.diagnostics.is_empty()).then_some(estate)
    }
}

/// Plans one estate under many limits.
pub(crate) struct Sketcher<'a> {
    canvas: &'a Canvas<'a>,
    expanded: &'a Requirements<'a>,
    /// With whose placements those of the sketches are compared.
    base: &'a Plan,
    setting: Setting<'a>,
    brings: Arc<FxHashSet<(u32, &'a str)>>,
    /// What components use, by their rank.
    usage: Vec<Option<&'a ComponentUsage>>,
    /// What components ask for, by group.
    asked: BTreeMap<GroupName<'a>, Vec<&'a Need<'a>>>,
    /// The types, each after those that require it.
    layers: Vec<Vec<&'a str>>,
    known: Mutex<FxHashMap<Question<'a>, Option<Arc<Part<'a>>>>>,
    made: Mutex<FxHashMap<Placement<'a>, Option<Arc<Part<'a>>>>>,
    wanted: Mutex<FxHashMap<Wanted<'a>, usize>>,
}

/// Resource type and key of a group.
type GroupName<'a> = (&'a str, String);

/// All that the placement of a group depends on.
#[derive(PartialEq, Eq, Hash)]
struct Question<'a> {
    group: GroupName<'a>,
    /// How much of each capacity may be used.
    usable: Vec<u64>,
    /// What resources require of it: the ranks among all that was ever required.
    required: Vec<usize>,
}

/// All that a group comes to depends on.
#[derive(PartialEq, Eq, Hash)]
struct Placement<'a> {
    group: GroupName<'a>,
    required: Vec<usize>,
    bins: Vec<Vec<Portion>>,
    optimal: bool,
}

/// A group, solved and merged.
struct Part<'a> {
    resource_type: &'a str,
    resources: Vec<Made<'a>>,
    /// What its resources require, by group.
    requires: BTreeMap<GroupName<'a>, Vec<Required<'a>>>,
    optimal: bool,
    moves: usize,
}

/// A resource of a part.
struct Made<'a> {
    id: ResourceId,
    name: String,
    implied: bool,
    components: Vec<u32>,
    bill: Bill<'a>,
}

/// A requirement of a resource.
struct Required<'a> {
    /// Its rank among all that was ever required.
    rank: usize,
    by: ResourceId,
    /// Those on the resource, where what the requirement comes to depends on them.
    components: Vec<u32>,
    need: Need<'a>,
}

/// What tells requirements of resources apart: who requires, for whom, of which group, what.
type Wanted<'a> = (ResourceId, Vec<u32>, &'a str, String, Map<String, Value>);

impl<'a> Sketcher<'a> {
    /// Sketches of this estate, whose placements are compared with those of a plan.
    pub(crate) fn new(
        canvas: &'a Canvas<'a>,
        expanded: &'a Requirements<'a>,
        base: &'a Plan,
        solver: &'a (dyn Solver + Sync),
        control: Control<'a>,
    ) -> Self {
        let mut asked: BTreeMap<GroupName<'a>, Vec<&'a Need<'a>>> = BTreeMap::new();
        for need in &expanded.needs {
            asked.entry((need.resource_type, group_key(&canvas.estate, need).to_owned())).or_default().push(need);
        }
        Self {
            canvas,
            expanded,
            base,
            setting: Setting::new(&canvas.estate, solver, control),
            brings: brought(&expanded.needs),
            usage: canvas.estate.components.keys().map(|id| canvas.estate.usage.of(id)).collect(),
            asked,
            layers: canvas.rules.layers(),
            known: Mutex::default(),
            made: Mutex::default(),
            wanted: Mutex::default(),
        }
    }

    /// The plan under these settings (see [`Canvas::under`]) in figures; `None` where only the plan itself can tell.
    pub(crate) fn sketch(&self, under: &'a Estate) -> Option<Sketch> {
        let mut parts: Vec<Arc<Part<'a>>> = Vec::new();
        for layer in &self.layers {
            let before = parts.len();
            for resource_type in layer {
                let of_type = |group: &&GroupName<'a>| group.0 == *resource_type;
                let required = parts.iter().take(before).flat_map(|part| part.requires.keys());
                let groups: BTreeSet<GroupName<'a>> = self.asked.keys().chain(required).filter(of_type).cloned().collect();
                for group in groups {
                    let part = self.part(group, parts.get(..before)?, under)?;
                    parts.push(part);
                }
            }
        }
        self.figures(&parts)
    }

    /// A group as it is placed under these settings.
    fn part(&self, group: GroupName<'a>, before: &[Arc<Part<'a>>], under: &'a Estate) -> Option<Arc<Part<'a>>> {
        let rule = self.canvas.rules.resource(group.0)?;
        let usable = |capacity| under.settings.headroom.usable(limit(under, group.0, capacity));
        let required: Vec<&Required<'a>> = before.iter().filter_map(|part| part.requires.get(&group)).flatten().collect();
        let question = Question {
            usable: rule.capacities.iter().map(usable).collect(),
            required: required.iter().map(|required| required.rank).collect(),
            group,
        };
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = known().get(&question) {
            return part.clone();
        }
        // Whoever asks at the same time makes it too. Waiting could never end: the groups are solved on the same threads.
        let made = self.make(&question, &required, under);
        known().insert(question, made.clone());
        made
    }

    /// Solves a group as a plan does, and merges it unless it has been placed so before.
    fn make(&self, question: &Question<'a>, required: &[&Required<'a>], under: &'a Estate) -> Option<Arc<Part<'a>>> {
        let group = &question.group;
        let Canvas { rules, ref scope, .. } = *self.canvas;
        let Requirements { inherited, owners, .. } = self.expanded;
        let mut draft = Draft {
            brings: Arc::clone(&self.brings),
            ..Draft::new(rules, under, scope, inherited, owners.clone(), self.setting.under(under))
        };
        let mut needs: Vec<Need<'a>> = self.asked.get(group).into_iter().flatten().map(|need| borrowed(need)).collect();
        let mut last: Option<(&ResourceId, u32)> = None;
        for Required { by, components, need, .. } in required {
            let owner = match last {
                Some((same, owner)) if same == by => owner,
                _ => own(&mut draft, by, components),
            };
            last = Some((by, owner));
            needs.push(Need { owner, ..need.clone() });
        }
        let unsolved = draft.group(group.0, group.1.clone(), needs)?;
        let placed = draft.place_group(unsolved, &BTreeSet::new(), &FxHashMap::default()).ok()?;
        let Placed { bins, optimal, .. } = &placed.placed;
        let (group, required) = (group.clone(), question.required.clone());
        let placement = Placement { group, required, bins: bins.clone(), optimal: *optimal };
        let known = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = known().get(&placement) {
            return part.clone();
        }
        let part = self.merge(&mut draft, placed).map(Arc::new);
        known().insert(placement, part.clone());
        part
    }

    /// Merges a group as a plan does, and finds what its resources require.
    fn merge(&self, draft: &mut Draft<'a>, placed: PlacedGroup<'a>) -> Option<Part<'a>> {
        let mut pending = Pending::new();
        let first = draft.resources.len();
        let solved = draft.complete_group(placed).ok()?;
        draft.register(solved);
        for rank in first..draft.resources.len() {
            draft.require(rank, &mut pending).ok()?;
        }
        let mut solved = draft.solved.pop()?;
        // What shared references come to depends on other groups.
        if solved.merged.iter().any(|merged| !merged.references.is_empty()) {
            return None;
        }
        let rule = solved.group.rule;
        let moves = if rule.stateful { self.moves(draft) } else { 0 };
        let mut resources = Vec::with_capacity(solved.placed.bins.len());
        let mut requires: BTreeMap<GroupName<'a>, Vec<Required<'a>>> = BTreeMap::new();
        for (of, needs) in pending {
            let required: Option<Vec<Required<'a>>> = needs.into_iter().map(|need| self.required(draft, need)).collect();
            requires.insert(of, required?);
        }
        let suffix = Naming::suffix(draft.estate);
        for DraftResource { id, bin, implied, components, .. } in draft.resources.drain(first..) {
            let (estate, environment) = (&draft.estate.name, draft.estate.environment.as_deref());
            let name =
                rule.naming.name(estate, environment, &solved.group.key, *solved.placed.numbers.get(bin)?, suffix.as_deref());
            if rule.naming.reserved_in(&name).is_some() {
                return None;
            }
            resources.push(Made { id, name, implied, components, bill: solved.bills.get_mut(bin)?.take() });
        }
        Some(Part { resource_type: rule.resource_type.as_str(), resources, requires, optimal: solved.placed.optimal, moves })
    }

    /// A requirement of a resource that has just been made.
    fn required(&self, draft: &Draft<'a>, need: Need<'a>) -> Option<Required<'a>> {
        let resource = draft.resources.get(*draft.owning.get(&need.owner)?)?;
        // Whose it is matters for what is required in turn, which they may bring along, for what they use and for whom they
        // may meet.
        let matter = !self.canvas.estate.usage.is_empty()
            || !self.canvas.estate.constraints.is_empty()
            || self.canvas.rules.resource(need.resource_type).is_some_and(|rule| !rule.requires.is_empty());
        let (by, components) = (resource.id.clone(), if matter { resource.components.clone() } else { Vec::new() });
        let wanted =
            (by.clone(), components.clone(), need.resource_type, need.key.clone().into_owned(), need.config.clone().into_owned());
        let mut all = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let next = all.len();
        let rank = *all.entry(wanted).or_insert(next);
        Some(Required { rank, by, components, need })
    }

    /// How many requirements of components that the base has too are on other resources there.
    fn moves(&self, draft: &Draft<'a>) -> usize {
        let mut placed: Vec<Whereabouts<'_>> = Vec::new();
        for (owner, placements) in &draft.placements {
            let Some(binding) = draft.owners.component(*owner).and_then(|id| self.base.bindings.get(id)) else { continue };
            for placement in placements {
                let Some(before) = binding.resources.get(&*placement.requirement()) else { continue };
                let on = placement.resources.iter().filter_map(|rank| draft.resources.get(*rank)).map(|resource| &resource.id);
                placed.push((before, on.collect()));
            }
        }
        moved(&placed)
    }

    fn figures(&self, parts: &[Arc<Part<'a>>]) -> Option<Sketch> {
        let all = || parts.iter().flat_map(|part| part.resources.iter().map(|resource| (part.resource_type, resource)));
        let (mut ids, mut names) = (FxHashSet::default(), FxHashSet::default());
        let (mut by_type, mut implied) = (BTreeMap::new(), 0);
        for (resource_type, resource) in all() {
            if !ids.insert(&resource.id) || !names.insert((resource_type, &*resource.name)) {
                return None;
            }
            match resource.implied {
                true => implied += 1,
                false => *by_type.entry(resource_type.to_owned()).or_default() += 1,
            }
        }
        let billable = all().map(|(_, Made { implied, components, bill, .. })| Billable { implied: *implied, components, bill });
        let Total { cost, unknown_prices, unstated_usage } = Total::of(&billable.collect::<Vec<_>>(), &self.usage);
        Some(Sketch {
            by_type,
            implied,
            cost,
            unknown_prices,
            unstated_usage,
            optimal: parts.iter().all(|part| part.optimal),
            moves: parts.iter().map(|part| part.moves).sum(),
        })
    }
}

/// The same requirement, with its config where it is.
fn borrowed<'a>(need: &'a Need<'a>) -> Need<'a> {
    Need { key: Cow::Borrowed(&need.key), config: Cow::Borrowed(&need.config), ..*need }
}

/// Makes a resource of another group the owner of requirements.
fn own(draft: &mut Draft<'_>, id: &ResourceId, components: &[u32]) -> u32 {
    let owner = draft.owners.add(id.clone(), components.first().copied());
    draft.owning.insert(owner, draft.resources.len());
    draft.setting.exclusions.follow(owner, components);
    draft.resources.push(DraftResource {
        id: id.clone(),
        // It is none of the groups that are solved here.
        solved: usize::MAX,
        bin: 0,
        components: components.to_vec(),
        implied: false,
        as_owner: Some(owner),
        depends_on: BTreeSet::new(),
        requires: BTreeMap::new(),
    });
    owner
}
