//! A plan as a page: what there is, how full, who shares it and why.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::picture::{Picture, picture};
use super::render;
use crate::estate::Estate;
use crate::names::ids::group_of;
use crate::names::{ComponentId, ResourceId};
use crate::plan::PropertyRecord;
use crate::plan::{CostSummary, GroupReport, Hazard, Plan, Resource, Summary, Warning};
use crate::report::explain::{origin, proof, shown, why_apart};
use crate::report::text::{cost_line, price};
use crate::rules::RuleSet;
use crate::untrusted::html_script;

/// How many components stand in the page itself; the others are listed when they are searched for.
const ROWS: usize = 100;
/// How many earlier resources of its group a resource is compared with.
const COMPARED: usize = 3;
/// The longest value that is shown whole.
const VALUE: usize = 200;

/// A reference to a resource of the page.
#[derive(Clone, Debug, Serialize)]
struct Link<'p> {
    rank: usize,
    id: &'p str,
}

#[derive(Debug, Serialize)]
struct Apart<'p> {
    rank: usize,
    id: &'p str,
    reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
struct UsageLine<'p> {
    name: &'p str,
    used: u64,
    limit: u64,
}

#[derive(Debug, Serialize)]
struct PropertyLine<'p> {
    name: &'p str,
    value: String,
    strategy: &'p str,
    from: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Card<'p> {
    rank: usize,
    id: &'p str,
    name: &'p str,
    title: &'p str,
    implied: bool,
    cost: String,
    usage: Vec<UsageLine<'p>>,
    components: Vec<&'p str>,
    group: Option<&'p GroupReport>,
    proof: String,
    apart: Vec<Apart<'p>>,
    further: usize,
    needs: Vec<Link<'p>>,
    needed_by: Vec<Link<'p>>,
    properties: Vec<PropertyLine<'p>>,
}

#[derive(Debug, Serialize)]
struct Component<'p> {
    name: &'p str,
    cost: Option<&'p str>,
    resources: Vec<Link<'p>>,
}

#[derive(Debug, Serialize)]
struct Type<'p> {
    name: &'p str,
    count: usize,
}

#[derive(Debug, Serialize)]
struct Cost {
    shared: String,
    unshared: String,
    percent: i128,
    /// The whole sentence, with what is not known or billed by use.
    line: String,
    prices_of: Option<String>,
}

impl Cost {
    fn new(cost: &CostSummary, plan: &Plan) -> Self {
        let CostSummary { currency, shared, unshared, .. } = cost;
        let percent = if unshared.cents() > 0 { shared.cents() * 100 / unshared.cents() } else { 0 };
        Self {
            shared: currency.show(*shared),
            unshared: currency.show(*unshared),
            percent: percent.clamp(0, 100),
            line: cost_line(plan).unwrap_or_default(),
            prices_of: cost.prices_of.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Page<'p> {
    version: &'p str,
    estate: &'p str,
    summary: &'p Summary,
    saved: Option<u64>,
    optimal: bool,
    cost: Option<Cost>,
    warnings: &'p [Warning],
    hazards: &'p [Hazard],
    groups: &'p [GroupReport],
    types: Vec<Type<'p>>,
    rows: Vec<Component<'p>>,
    resources: Vec<Card<'p>>,
    picture: Option<Picture>,
    /// Whether a lock had something to say.
    locked: bool,
    data: String,
}

/// The plan as one page of HTML. The plan must be the one that the estate and rules give.
pub fn html(estate: &Estate, rules: &RuleSet, plan: &Plan) -> String {
    let ranks: HashMap<&ResourceId, usize> = plan.resources.iter().enumerate().map(|(rank, r)| (&r.id, rank)).collect();
    let at = |rank: usize| plan.resources.get(rank).map(|resource| Link { rank, id: resource.id.as_str() });
    let link = |id: &'_ ResourceId| ranks.get(id).copied().and_then(at);
    let mut needed_by: BTreeMap<usize, Vec<Link<'_>>> = BTreeMap::new();
    for resource in &plan.resources {
        for rank in resource.depends_on.iter().filter_map(|id| ranks.get(id)) {
            needed_by.entry(*rank).or_default().extend(link(&resource.id));
        }
    }
    let groups: HashMap<&str, &GroupReport> = plan.groups.iter().map(|group| (group.key.as_str(), group)).collect();
    let mut earlier: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    let mut cards = Vec::with_capacity(plan.resources.len());
    for (rank, resource) in plan.resources.iter().enumerate() {
        let group = group_in(&groups, resource);
        let held = group.and_then(|group| group.lock.as_ref()).is_some_and(|lock| lock.held_back > 0);
        let before = group.map(|group| earlier.entry(group.key.as_str()).or_default());
        let compared = before.as_deref().into_iter().flatten().take(COMPARED);
        let apart = compared.filter_map(|other| Some((*other, plan.resources.get(*other)?))).map(|(rank, there)| {
            let reasons = why_apart(estate, rules, resource, there, held);
            Apart { rank, id: there.id.as_str(), reasons }
        });
        let apart: Vec<Apart<'_>> = apart.collect();
        let further = before.as_deref().map_or(0, |before| before.len().saturating_sub(COMPARED));
        before.into_iter().for_each(|before| before.push(rank));
        let rule = rules.resource(resource.resource_type.as_str());
        if !resource.implied {
            *types.entry(resource.resource_type.as_str()).or_default() += 1;
        }
        cards.push(Card {
            rank,
            id: resource.id.as_str(),
            name: &resource.name,
            title: rule.map_or("", |rule| rule.title.as_str()),
            implied: resource.implied,
            cost: resource.monthly_cost.as_ref().map(price).unwrap_or_default(),
            usage: usage(resource),
            components: resource.components.iter().map(ComponentId::as_str).collect(),
            group,
            proof: group.map(proof).unwrap_or_default(),
            apart,
            further,
            needs: resource.depends_on.iter().filter_map(link).collect(),
            needed_by: needed_by.remove(&rank).unwrap_or_default(),
            properties: resource.provenance.iter().map(|(name, record)| property(name, record)).collect(),
        });
    }
    let on: Vec<(&str, Vec<usize>, Option<String>)> = plan
        .bindings
        .iter()
        .map(|(id, binding)| {
            let mut on: Vec<usize> = binding.resources.values().flatten().filter_map(|id| ranks.get(id).copied()).collect();
            on.sort_unstable();
            on.dedup();
            (id.as_str(), on, binding.monthly_cost.as_ref().map(|cost| cost.currency.show(cost.amount)))
        })
        .collect();
    let rows = on.iter().take(ROWS).map(|(name, on, cost)| {
        let resources = on.iter().filter_map(|rank| at(*rank)).collect();
        Component { name, resources, cost: cost.as_deref() }
    });
    let ids: Vec<&str> = plan.resources.iter().map(|resource| resource.id.as_str()).collect();
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        estate: &plan.estate,
        summary: &plan.summary,
        saved: saved(plan),
        optimal: plan.optimal,
        cost: plan.summary.monthly_cost.as_ref().map(|cost| Cost::new(cost, plan)),
        warnings: &plan.warnings,
        hazards: &plan.hazards,
        groups: &plan.groups,
        types: types.into_iter().map(|(name, count)| Type { name, count }).collect(),
        rows: rows.collect(),
        data: html_script(&serde_json::json!({ "components": on, "resources": ids })),
        resources: cards,
        picture: picture(estate, plan),
        locked: plan.groups.iter().any(|group| group.lock.is_some()),
    };
    render("plan.html", &page)
}

/// Percent fewer than unshared, rounded down; nothing where nothing is saved.
fn saved(plan: &Plan) -> Option<u64> {
    let summary = &plan.summary;
    let resources = summary.resources as u64;
    (summary.unshared > resources).then(|| 100 - (resources * 100).div_ceil(summary.unshared))
}

/// The group that a resource belongs to.
fn group_in<'p>(groups: &HashMap<&str, &'p GroupReport>, resource: &Resource) -> Option<&'p GroupReport> {
    groups.get(group_of(&resource.id, |key| groups.contains_key(key))?).copied()
}

fn usage(resource: &Resource) -> Vec<UsageLine<'_>> {
    let used = resource.usage.iter().filter(|(_, usage)| usage.used > 0);
    used.map(|(name, usage)| UsageLine { name, used: usage.used, limit: usage.limit }).collect()
}

fn property<'p>(name: &'p str, record: &'p PropertyRecord) -> PropertyLine<'p> {
    let mut value = shown(record);
    if let Some((cut, _)) = value.char_indices().nth(VALUE) {
        value.truncate(cut);
        value.push('…');
    }
    PropertyLine { name, value, strategy: &record.strategy, from: record.contributions.iter().map(origin).collect() }
}
