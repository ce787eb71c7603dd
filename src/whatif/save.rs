//! What would save most: small changes, each tried by planning again.

use std::collections::BTreeMap;

use json_patch::PatchOperation;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::comparison::{Comparison, Figures};
use super::run::WhatIf;
use super::scenario::{Scenario, Scenarios};
use crate::estate::{Estate, Priority, Sharing};
use crate::names::ResourceType;
use crate::names::ids::group_of;
use crate::plan::{GroupReport, Plan, Resource};
use crate::planner::PlanError;
use crate::prices::{Amount, Currency};
use crate::rules::{Property, ResourceRule, RuleSet, Strategy};
use crate::solve::Control;

/// Changes that would save something.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Savings {
    /// The estate's name.
    pub estate: String,
    /// The estate as it is.
    pub base: Figures,
    /// The changes, those that save most first: by cost where it is known, then by resources.
    pub savings: Vec<Saving>,
    /// What there was to let go of.
    pub looked_at: LookedAt,
    /// How many changes were tried.
    pub tried: usize,
    /// How many further ones were left out.
    pub left_out: usize,
}

/// What changes are looked for in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LookedAt {
    /// Groups of several resources, whose values may differ.
    pub several: usize,
    /// Limits that the estate lowers, headroom among them.
    pub limits: usize,
    /// Resource types whose requirements have several keys.
    pub keys: usize,
    /// Constraints that keep components apart or together.
    pub constraints: usize,
}

impl LookedAt {
    fn new(estate: &Estate, plan: &Plan) -> Self {
        let mut by_type: BTreeMap<&str, usize> = BTreeMap::new();
        for group in &plan.groups {
            *by_type.entry(group.key.split(':').next().unwrap_or_default()).or_default() += 1;
        }
        let settings = &estate.settings;
        let crate::estate::Constraints { dedicated, apart, together, .. } = &estate.constraints;
        Self {
            several: plan.groups.iter().filter(|group| group.resources > 1).count(),
            limits: settings.limits.values().map(BTreeMap::len).sum::<usize>()
                + usize::from(settings.headroom != Default::default()),
            keys: by_type.values().filter(|keys| **keys > 1).count(),
            constraints: dedicated.len() + apart.len() + together.len(),
        }
    }
}

/// A change and what it would save. Savings of several changes do not simply add up.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Saving {
    /// What to change, in a sentence.
    pub change: String,
    /// Resources fewer, of all types.
    pub resources: i64,
    /// What it saves a month, where costs are known; negative where it costs more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Requirements of stateful types that would move.
    pub moves: usize,
}

impl WhatIf<'_> {
    /// Tries changes that could save something: letting go of disagreements, of limits below the provider's own, of
    /// constraints, and of requirement keys. At most `most` are tried, in a fixed order.
    ///
    /// # Errors
    /// An estate that cannot be planned as it is.
    pub fn savings(&self, estate: &Estate, most: usize, control: &Control<'_>) -> Result<Savings, PlanError> {
        let base = crate::planner::Planner::new(self.rules()).plan_within(estate, control)?;
        let mut trials = trials(estate, self.rules(), &base);
        let left_out = trials.len().saturating_sub(most);
        trials.truncate(most);
        let scenarios: Scenarios = trials.into_iter().collect();
        let comparison = self.compare(estate, &scenarios, control)?;
        let savings = ranked(&comparison);
        let looked_at = LookedAt::new(estate, &base);
        Ok(Savings {
            estate: comparison.estate,
            base: comparison.base,
            savings,
            looked_at,
            tried: comparison.scenarios.len(),
            left_out,
        })
    }
}

/// What saves anything, most first. A change that cannot be planned saves nothing.
fn ranked(comparison: &Comparison) -> Vec<Saving> {
    let total = |figures: &Figures| i64::try_from(figures.resources + figures.implied).unwrap_or(i64::MAX);
    let mut savings: Vec<Saving> = comparison
        .planned()
        .map(|(row, outcome)| Saving {
            change: row.name.clone(),
            resources: total(&comparison.base) - total(&outcome.figures),
            amount: outcome.difference.amount.map(|amount| -amount),
            currency: outcome.figures.monthly_cost.as_ref().map(|money| money.currency.clone()),
            moves: outcome.difference.moves,
        })
        .filter(|saving| match saving.amount {
            Some(amount) if amount != Amount::ZERO => amount > Amount::ZERO,
            _ => saving.resources > 0,
        })
        .collect();
    savings.sort_by_key(|saving| std::cmp::Reverse((saving.amount, saving.resources)));
    savings
}

/// Everything worth trying, in an order that depends on the estate alone.
fn trials(estate: &Estate, rules: &RuleSet, plan: &Plan) -> Vec<Scenario> {
    let mut trials = Vec::new();
    let several: Vec<&GroupReport> = plan.groups.iter().filter(|group| group.resources > 1).collect();
    for group in &several {
        disagreements(rules, plan, group, &mut trials);
    }
    limits(estate, rules, &several, &mut trials);
    keys(estate, rules, plan, &mut trials);
    constraints(estate, &mut trials);
    trials
}

/// A property that keeps resources apart.
struct Differing<'r> {
    property: &'r Property,
    /// The value that is on the most components.
    common: Value,
    others: Vec<Value>,
}

/// A property whose values on the resources of a group differ.
fn differing<'r>(resources: &[&Resource], property: &'r Property) -> Option<Differing<'r>> {
    let name = property.name();
    let mut values: Vec<(Value, usize)> = Vec::new();
    for resource in resources {
        let Some(record) = resource.provenance.get(&name).filter(|record| !record.contributions.is_empty()) else { continue };
        let Some(winner) = &record.winner else { continue };
        match values.iter_mut().find(|(value, _)| value == winner) {
            Some((_, count)) => *count += resource.components.len(),
            None => values.push((winner.clone(), resource.components.len())),
        }
    }
    // The most common first; of equals, as their texts are ordered.
    values.sort_by_cached_key(|(value, count)| (std::cmp::Reverse(*count), value.to_string()));
    let mut values = values.into_iter().map(|(value, _)| value);
    let (common, others) = (values.next()?, values.collect::<Vec<_>>());
    (!others.is_empty()).then_some(Differing { property, common, others })
}

/// Agreeing on each property that keeps a group's resources apart, and on all of them at once.
fn disagreements(rules: &RuleSet, plan: &Plan, group: &GroupReport, trials: &mut Vec<Scenario>) {
    let is_group = |key: &str| key == group.key;
    let resources: Vec<&Resource> = plan.resources.iter().filter(|resource| group_of(&resource.id, is_group).is_some()).collect();
    let Some((resource_type, key)) = group.key.split_once(':') else { return };
    let Some(rule) = rules.resource(resource_type) else { return };
    let apart = rule.properties.iter().filter(|p| matches!(p.merge, Strategy::Match | Strategy::Priority) && !p.by_design);
    let all: Vec<Differing<'_>> = apart.filter_map(|property| differing(&resources, property)).collect();
    // Where all of a type may share, the group's key is none that anybody states.
    let key = plan.bindings.values().any(|binding| binding.resources.contains_key(&group.key)).then_some(key);
    trials.extend(all.iter().map(|single| agreed(&group.key, rule, key, std::slice::from_ref(single))));
    if all.len() > 1 {
        trials.push(agreed(&group.key, rule, key, &all));
    }
}

/// An override with the highest priority, which for the trial may set what else it may not.
fn agreed(group: &str, rule: &ResourceRule, key: Option<&str>, on: &[Differing<'_>]) -> Scenario {
    let said = on.iter().map(|Differing { property, common, others }| {
        let others: Vec<String> = others.iter().map(Value::to_string).collect();
        format!("`{}` {common} instead of {}", property.name(), others.join(", "))
    });
    let mut scenario = Scenario::new(format!("agree on {} in {group}", said.collect::<Vec<_>>().join(" and ")));
    let (mut config, mut allowed) = (Map::new(), Map::new());
    for Differing { property, common, .. } in on {
        crate::rules::put(&mut config, &property.path, common.clone());
        if let ([name], false) = (property.path.as_slice(), property.overridable) {
            allowed.insert(name.clone(), json!({ "overridable": true }));
        }
    }
    let mut over = Map::from_iter([
        ("resourceType".to_owned(), rule.resource_type.as_str().into()),
        ("priority".to_owned(), json!(Priority::HIGHEST)),
        ("config".to_owned(), Value::Object(config)),
    ]);
    over.extend(key.map(|key| ("requirementKey".to_owned(), key.into())));
    let add = json!({ "op": "add", "path": "/overrides/-", "value": over });
    scenario.change.edit.patch.extend(serde_json::from_value::<PatchOperation>(add));
    if !allowed.is_empty() {
        let merge = Map::from_iter([("properties".to_owned(), Value::Object(allowed))]);
        scenario = scenario.merge_rule(rule.resource_type.as_str(), merge);
    }
    scenario
}

/// Raising limits to the provider's own, and keeping nothing free.
fn limits(estate: &Estate, rules: &RuleSet, several: &[&GroupReport], trials: &mut Vec<Scenario>) {
    for rule in rules.resources() {
        let prefix = format!("{}:", rule.resource_type);
        if !several.iter().any(|group| group.key.starts_with(&prefix)) {
            continue;
        }
        for capacity in rule.dimensions() {
            let own = estate.settings.limits.get(&rule.resource_type).and_then(|limits| limits.get(&capacity.name));
            let limit = own.copied().unwrap_or(capacity.limit);
            if let Some(ceiling) = capacity.ceiling.filter(|ceiling| *ceiling > limit) {
                let (resource_type, name) = (&rule.resource_type, &capacity.name);
                let change = format!("raise the limit of {name} of `{resource_type}` from {limit} to {ceiling}");
                trials.push(Scenario::new(change).set(format!("/settings/limits/{resource_type}/{name}"), ceiling));
            }
        }
    }
    let headroom = estate.settings.headroom;
    if !headroom.is_none() {
        let change = format!("keep nothing free instead of a headroom of {}", headroom.fraction());
        trials.push(Scenario::new(change).set("/settings/headroom", 0));
    }
}

/// Letting all requirements of a type share, whatever their keys.
fn keys(estate: &Estate, rules: &RuleSet, plan: &Plan, trials: &mut Vec<Scenario>) {
    if estate.settings.sharing == Sharing::None {
        trials.push(Scenario::new("share at all: set `sharing` to `byKey`").set("/settings/sharing", "byKey"));
    }
    if estate.settings.sharing != Sharing::ByKey {
        return;
    }
    let mut keys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (resource_type, key) in plan.groups.iter().filter_map(|group| group.key.split_once(':')) {
        keys.entry(resource_type).or_default().push(key);
    }
    for (resource_type, keys) in keys.into_iter().filter(|(_, keys)| keys.len() > 1) {
        if rules.resource(resource_type).is_none() {
            continue;
        }
        let named = keys.iter().take(4).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let more = keys.len().saturating_sub(4);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let mut scenario = Scenario::new(format!("give the requirements of `{resource_type}` one key instead of {named}{more}"));
        scenario.change.pooled = Some(ResourceType::from(resource_type));
        trials.push(scenario);
    }
}

/// Letting go of each constraint that keeps components apart.
fn constraints(estate: &Estate, trials: &mut Vec<Scenario>) {
    let all = &estate.constraints;
    for (i, id) in all.dedicated.iter().enumerate() {
        let left: Vec<&str> = all.dedicated.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, id)| id.as_str()).collect();
        trials.push(Scenario::new(format!("let `{id}` share (`dedicated`)")).set("/constraints/dedicated", json!(left)));
    }
    for (i, list) in all.apart.iter().enumerate() {
        let left: Vec<_> = all.apart.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, list)| list).collect();
        let names: Vec<String> = list.iter().take(4).map(|id| format!("`{id}`")).collect();
        let more = list.len().saturating_sub(4);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let change = format!("let {}{more} share (`apart`)", names.join(", "));
        trials.push(Scenario::new(change).set("/constraints/apart", json!(left)));
    }
}
