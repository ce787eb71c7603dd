//! Why each thing is where it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::Value;

use super::text::{count, list, price};
use crate::estate::Estate;
use crate::input::nearest;
use crate::names::ids::group_of;
use crate::names::{ComponentId, ResourceId};
use crate::plan::{Binding, ComponentCost, GroupReport, MeterCost, MoveReport, Plan, Resource, ResourceCost, UnknownPrice};
use crate::plan::{ContributionRecord, PropertyRecord};
use crate::prices::{Amount, Quantity};
use crate::requirements::Requirements;
use crate::rules::walk;
use crate::rules::{Kind, RuleSet, Scope, Strategy};
use crate::untrusted::Lines;

/// Of those who pay for a resource, how many are named.
const MOST_PAYERS: usize = 8;

/// What to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The whole plan.
    Plan,
    /// A component.
    Component(ComponentId),
    /// A resource.
    Resource(ResourceId),
}

impl Subject {
    /// The component or resource of a plan with this id; `Err` holds the nearest known one.
    ///
    /// # Errors
    /// An id that is neither.
    pub fn find(plan: &Plan, id: &str) -> Result<Self, Option<String>> {
        if let Some((component, _)) = plan.bindings.get_key_value(id) {
            return Ok(Self::Component(component.clone()));
        }
        if let Some(resource) = plan.resource(id) {
            return Ok(Self::Resource(resource.id.clone()));
        }
        let components = plan.bindings.keys().map(ComponentId::as_str);
        let resources = plan.resources.iter().map(|resource| resource.id.as_str());
        Err(nearest(id, components.chain(resources)).map(str::to_owned))
    }
}

/// Why a component or resource of a plan is as it is. Its `Display` is the text form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "subject", rename_all = "camelCase")]
pub enum Explanation {
    /// Why the plan needs as many resources as it has.
    Plan {
        /// Every group.
        groups: Vec<GroupReport>,
    },
    /// Where a component's requirements went.
    #[serde(rename_all = "camelCase")]
    Component {
        /// The component.
        id: ComponentId,
        /// What it pays.
        #[serde(skip_serializing_if = "Option::is_none")]
        monthly_cost: Option<ComponentCost>,
        /// Its requirements.
        requirements: Vec<PlacedRequirement>,
    },
    /// Why a resource exists and what it is made of.
    #[serde(rename_all = "camelCase")]
    Resource {
        /// The resource.
        resource: Box<Resource>,
        /// The group it belongs to.
        group: Box<GroupReport>,
        /// Why its contents are not on each earlier resource of the group.
        apart: Vec<(ResourceId, Vec<String>)>,
        /// The resources that need it.
        needed_by: Vec<ResourceId>,
        /// Who pays for it, and how much.
        paid_by: BTreeMap<ComponentId, Amount>,
    },
}

/// Where one requirement of a component went.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedRequirement {
    /// `{resourceType}:{requirementKey}`.
    pub requirement: String,
    /// The resources it is on; several when it was divided.
    pub resources: Vec<ResourceId>,
    /// Who else is there.
    pub with: Vec<ComponentId>,
    /// What it stated and did not get.
    pub yielded: Vec<Yielded>,
    /// The moves from where the lock has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<MoveReport>,
}

/// A value that a component stated and did not get.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Yielded {
    /// The property.
    pub property: String,
    /// What the component stated.
    pub stated: Value,
    /// What the resource has.
    pub got: Value,
    /// How the property is merged.
    pub strategy: String,
    /// Who stated the value that the resource has.
    pub to: String,
}

/// Explains a plan, a component or a resource. The plan must be the one that the estate and rules give.
pub fn explain(estate: &Estate, rules: &RuleSet, plan: &Plan, subject: &Subject) -> Option<Explanation> {
    match subject {
        Subject::Plan => Some(Explanation::Plan { groups: plan.groups.clone() }),
        Subject::Component(id) => component(estate, rules, plan, id),
        Subject::Resource(id) => resource(estate, rules, plan, id),
    }
}

fn component(estate: &Estate, rules: &RuleSet, plan: &Plan, id: &ComponentId) -> Option<Explanation> {
    let binding = plan.bindings.get(id)?;
    let scope = Scope::new(estate).with_words(rules);
    let needs = Requirements::new(estate, rules, &scope).ok()?.needs;
    let rank = u32::try_from(estate.components.keys().position(|known| known == id)?).ok()?;
    let mut requirements = Vec::new();
    for (requirement, resources) in binding.resources.iter() {
        let placed: Vec<&Resource> = resources.iter().filter_map(|id| plan.resource(id.as_str())).collect();
        let with: BTreeSet<&ComponentId> = placed.iter().flat_map(|r| &r.components).filter(|other| *other != id).collect();
        let own =
            needs.iter().filter(|need| need.owner == rank && format!("{}:{}", need.resource_type, need.key) == *requirement);
        let mut yielded = Vec::new();
        for need in own {
            let (Some(rule), Some(resource)) = (rules.resource(need.resource_type), placed.first()) else { continue };
            walk(&need.config, &rule.properties.tree, &mut |leaf, stated| {
                let Some(property) = rule.properties.leaves.get(leaf) else { return };
                let name = property.name();
                let Some(record) = resource.provenance.get(&name) else { return };
                if let (Kind::Scalar(_), Some(got)) = (&property.kind, &record.winner)
                    && got != stated
                    && !stated.as_str().is_some_and(|text| text.contains("${"))
                {
                    yielded.push(Yielded {
                        property: name,
                        stated: stated.clone(),
                        got: got.clone(),
                        strategy: record.strategy.to_string(),
                        to: who(record, got),
                    });
                }
            });
        }
        let moves = plan.groups.iter().filter_map(|group| group.lock.as_ref()).flat_map(|lock| &lock.moves);
        let here = moves.filter(|m| resources.contains(&m.to) && m.components.iter().any(|name| name == id.as_str()));
        requirements.push(PlacedRequirement {
            moved: here.cloned().collect(),
            requirement: requirement.clone(),
            resources: resources.clone(),
            with: with.into_iter().cloned().collect(),
            yielded,
        });
    }
    Some(Explanation::Component { id: id.clone(), monthly_cost: binding.monthly_cost.clone(), requirements })
}

/// Who stated the value that won.
fn who(record: &PropertyRecord, winner: &Value) -> String {
    let won = record.contributions.iter().find(|c| c.value.as_ref() == Some(winner));
    won.map_or_else(|| "nobody".to_owned(), speakers)
}

fn speakers(contribution: &ContributionRecord) -> String {
    let named: Vec<&str> = contribution.first.iter().map(String::as_str).collect();
    let others = contribution.count.saturating_sub(named.len());
    let others = if others > 0 { format!(" and {others} others") } else { String::new() };
    match contribution.from.as_deref() {
        Some("override") => "an override".to_owned(),
        Some(from) => format!("{}{others} ({from})", named.join(", ")),
        None => format!("{}{others}", named.join(", ")),
    }
}

fn resource(estate: &Estate, rules: &RuleSet, plan: &Plan, id: &ResourceId) -> Option<Explanation> {
    let resource = plan.resource(id.as_str())?;
    // A group's resources are its key, then the key with a number.
    let keys: BTreeSet<&str> = plan.groups.iter().map(|group| group.key.as_str()).collect();
    let of = |id: &'_ ResourceId| group_of(id, |name| keys.contains(name)).map(str::to_owned);
    let key = of(id)?;
    let group = plan.groups.iter().find(|group| group.key == key)?;
    let earlier = plan.resources.iter().filter(|other| of(&other.id).as_ref() == Some(&key)).take_while(|other| other.id != *id);
    let held = group.lock.as_ref().is_some_and(|lock| lock.held_back > 0);
    let apart = earlier.map(|other| (other.id.clone(), why_apart(estate, rules, resource, other, held))).collect();
    let needed_by = plan.resources.iter().filter(|other| other.depends_on.contains(id)).map(|other| other.id.clone()).collect();
    let paid = |(component, binding): (&ComponentId, &Binding)| {
        Some((component.clone(), *binding.monthly_cost.as_ref()?.resources.get(id.as_str())?))
    };
    let paid_by = plan.bindings.iter().filter_map(paid).collect();
    Some(Explanation::Resource {
        resource: Box::new(resource.clone()),
        group: Box::new(group.clone()),
        apart,
        needed_by,
        paid_by,
    })
}

/// Why the contents of two resources could not be on one.
pub(super) fn why_apart(estate: &Estate, rules: &RuleSet, here: &Resource, there: &Resource, held: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(rule) = rules.resource(here.resource_type.as_str()) {
        for property in rule.properties.iter().filter(|p| matches!(p.merge, Strategy::Match | Strategy::Priority)) {
            let name = property.name();
            let stated = |resource: &Resource| {
                let record = resource.provenance.get(&name)?;
                (record.strategy != "default").then(|| record.winner.clone()).flatten()
            };
            if let (Some(a), Some(b)) = (stated(here), stated(there))
                && a != b
            {
                reasons.push(format!("`{name}` is {a} here and {b} there"));
            }
        }
    }
    for (name, usage) in &here.usage {
        let other = there.usage.get(name).map_or(0, |usage| usage.used);
        let usable = estate.settings.headroom.usable(usage.limit);
        if usage.used + other > usable {
            let kept = if usable < usage.limit { format!(" ({} less headroom)", usage.limit) } else { String::new() };
            reasons.push(format!("together they have {} {name}, and {usable} are allowed{kept}", usage.used + other));
        }
    }
    let on = |resource: &Resource, id: &ComponentId| resource.components.binary_search(id).is_ok();
    for list in &estate.constraints.apart {
        let a = list.iter().find(|id| on(here, id));
        let b = list.iter().find(|id| on(there, id) && Some(*id) != a);
        if let (Some(a), Some(b)) = (a, b) {
            reasons.push(format!("the estate wants {a} and {b} apart"));
        }
    }
    for id in &estate.constraints.dedicated {
        if on(here, id) != on(there, id) {
            reasons.push(format!("the estate dedicates resources to {id}"));
        }
    }
    if estate.settings.sharing == crate::estate::Sharing::None {
        reasons.push("the estate shares nothing".to_owned());
    }
    if reasons.is_empty() {
        reasons.push(match held {
            true => "the lock keeps the contents of both where they are".to_owned(),
            false => "the two could be one, but then the others would need more".to_owned(),
        });
    }
    reasons
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines::default();
        self.show(&mut lines);
        lines.fmt(f)
    }
}

impl Explanation {
    fn show(&self, f: &mut Lines) {
        match self {
            Self::Plan { groups } => groups.iter().for_each(|group| show_group(f, "", group)),
            Self::Component { id, monthly_cost, requirements } => {
                f.line(format_args!("{id}: {}", count(requirements.len(), "requirement")));
                monthly_cost.iter().for_each(|cost| show_paid(f, cost));
                requirements.iter().for_each(|requirement| show_requirement(f, requirement))
            }
            Self::Resource { resource, group, apart, needed_by, paid_by } => {
                show_resource(f, resource, group, apart, needed_by, paid_by)
            }
        }
    }
}

/// What is known of how few resources a group needs.
pub(super) fn proof(group: &GroupReport) -> String {
    match group.optimal {
        true if group.cost.is_some() => "proven to be the cheapest".to_owned(),
        false if group.cost.is_some() => "not proven to be the cheapest".to_owned(),
        true if group.resources == 1 => "one is the fewest there can be".to_owned(),
        true => "proven minimal".to_owned(),
        false if group.is_fewest() => "proven minimal under the lock".to_owned(),
        false => format!("not proven minimal: at least {} are needed", group.lower_bound),
    }
}

/// The value that a property came to.
pub(super) fn shown(record: &PropertyRecord) -> String {
    match (&record.winner, record.elements) {
        (Some(winner), _) => winner.to_string(),
        (None, Some(elements)) => count(elements, "element"),
        (None, None) => String::new(),
    }
}

/// A value that was stated, with its priority and who stated it.
pub(super) fn origin(contribution: &ContributionRecord) -> String {
    let mut line = String::new();
    if let Some(value) = &contribution.value {
        let _ = write!(line, "{value} ");
    }
    if let Some(priority) = contribution.priority {
        let _ = write!(line, "(priority {priority}) ");
    }
    line + "from " + &speakers(contribution)
}

fn show_group(f: &mut Lines, indent: &str, group: &GroupReport) {
    let placed = format!("{} on {}", count(group.requirements, "requirement"), count(group.resources, "resource"));
    f.line(format_args!("{indent}{}: {placed}, {}", group.key, proof(group)));
    group.reasons.iter().for_each(|reason| f.line(format_args!("  {reason}")))
}

/// What a component pays, and for what.
fn show_paid(f: &mut Lines, cost: &ComponentCost) {
    let ComponentCost { currency, amount, unshared, resources } = cost;
    if *amount == Amount::ZERO && *unshared == Amount::ZERO {
        return;
    }
    f.line(format_args!("  pays {} a month; alone it would pay {}", currency.show(*amount), currency.show(*unshared)));
    resources.iter().for_each(|(id, amount)| f.line(format_args!("    {} for {id}", currency.show(*amount))))
}

/// What a resource costs, by what, and who pays it.
fn show_cost(f: &mut Lines, cost: &ResourceCost, paid_by: &BTreeMap<ComponentId, Amount>) {
    let ResourceCost { currency, meters, unknown, .. } = cost;
    let price = price(cost);
    if price.is_empty() {
        return;
    }
    f.section(format_args!("Cost"));
    f.line(format_args!("  {price}"));
    for MeterCost { name, meter, region, quantity, unit, usage, estimate, once, amount } in meters {
        let how = match (usage, *quantity == Quantity::default()) {
            (Some(usage), true) => format!("by use (`{usage}` of the usage file)"),
            _ => format!("{quantity} × {unit}"),
        };
        let once = if *once { ", once a subscription" } else { "" };
        let estimate = if *estimate { " (an estimate: the price book has none of the region)" } else { "" };
        f.line(format_args!("  {name}: {} — {how}, {meter} in {region}{once}{estimate}", currency.show(*amount)));
    }
    for UnknownPrice { name, meter, region, reason } in unknown {
        let what = [name, meter, region].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
        let what = if what.is_empty() { String::new() } else { format!("{what}: ") };
        f.line(format_args!("  not known — {what}{reason}"));
    }
    let named = paid_by.iter().take(MOST_PAYERS).map(|(id, amount)| format!("{id} {}", currency.show(*amount)));
    let named = named.collect::<Vec<_>>().join(", ");
    let others: Amount = paid_by.values().skip(MOST_PAYERS).copied().sum();
    match paid_by.len().saturating_sub(MOST_PAYERS) {
        _ if paid_by.is_empty() => {}
        0 => f.line(format_args!("  paid by {named}")),
        more => f.line(format_args!("  paid by {named} and {more} others {}", currency.show(others))),
    }
}

fn show_requirement(f: &mut Lines, placed: &PlacedRequirement) {
    let on: Vec<&str> = placed.resources.iter().map(ResourceId::as_str).collect();
    f.section(format_args!("{} → {}", placed.requirement, on.join(", ")));
    let with: Vec<&str> = placed.with.iter().map(ComponentId::as_str).collect();
    if with.is_empty() {
        f.line(format_args!("  alone"));
    } else {
        f.line(format_args!("  with {}", list(&with)));
    }
    for Yielded { property, stated, got, strategy, to } in &placed.yielded {
        f.line(format_args!("  `{property}`: stated {stated}, got {got} ({strategy}) from {to}"));
    }
    for MoveReport { from, why, .. } in &placed.moved {
        f.line(format_args!("  moved from {from}: {why}"));
    }
}

fn show_resource(
    f: &mut Lines,
    resource: &Resource,
    group: &GroupReport,
    apart: &[(ResourceId, Vec<String>)],
    needed_by: &[ResourceId],
    paid_by: &BTreeMap<ComponentId, Amount>,
) {
    f.line(format_args!("{}  {}", resource.id, resource.name));
    let names: Vec<&str> = resource.components.iter().map(ComponentId::as_str).collect();
    f.line(format_args!("  for {}: {}", count(names.len(), "component"), list(&names)));
    if resource.named_by_lock {
        f.line(format_args!("  named as in the lock"));
    }
    if resource.implied {
        f.line(format_args!("  implied: no component asked for it"));
    }
    let ids = |ids: &[ResourceId]| ids.iter().map(ResourceId::as_str).collect::<Vec<_>>().join(", ");
    if !needed_by.is_empty() {
        f.line(format_args!("  needed by {}", ids(needed_by)));
    }
    if !resource.depends_on.is_empty() {
        f.line(format_args!("  needs {}", ids(&resource.depends_on)));
    }
    for (name, usage) in &resource.usage {
        f.line(format_args!("  {name}: {} of {}", usage.used, usage.limit));
    }
    f.section(format_args!("Why it exists"));
    show_group(f, "  ", group);
    for (other, reasons) in apart {
        f.line(format_args!("  not on {other}:"));
        reasons.iter().for_each(|reason| f.line(format_args!("    {reason}")));
    }
    resource.monthly_cost.iter().for_each(|cost| show_cost(f, cost, paid_by));
    f.section(format_args!("Properties"));
    for (name, record) in &resource.provenance {
        f.line(format_args!("  {name} = {}  [{}]", shown(record), record.strategy));
        record.contributions.iter().for_each(|contribution| f.line(format_args!("    {}", origin(contribution))));
    }
}
