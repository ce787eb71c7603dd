//! What a scenario changes, and why.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::names::{ResourceId, ResourceType};
use crate::plan::PropertyRecord;
use crate::plan::{GroupReport, Plan, Resource, ResourceCost};
use crate::prices::{Amount, Currency};

/// What changed between two plans.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Detail {
    /// Groups that have more or fewer resources, or that only one of the plans has.
    pub groups: Vec<GroupChange>,
    /// Resource types that cost another amount.
    pub costs: Vec<CostChange>,
    /// Properties of resources that both plans have.
    pub properties: Vec<PropertyChange>,
}

/// Another cost of all resources of a type, as far as prices are known.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostChange {
    /// The type.
    pub resource_type: ResourceType,
    /// The currency.
    pub currency: Currency,
    /// What it costs a month before.
    pub before: Amount,
    /// What it costs a month after.
    pub after: Amount,
}

/// A group with another number of resources.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct GroupChange {
    /// `{resourceType}:{requirementKey}`.
    pub key: String,
    /// Resources before.
    pub before: usize,
    /// Resources after.
    pub after: usize,
    /// Why it has more than one, in the plan in which it has more.
    pub reasons: Vec<String>,
}

/// A property with another value.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PropertyChange {
    /// The resource.
    pub resource: ResourceId,
    /// The property, with dots.
    pub property: String,
    /// Its value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Detail {
    pub(super) fn new(before: &Plan, after: &Plan) -> Self {
        Self { groups: groups(before, after), costs: costs(before, after), properties: properties(before, after) }
    }
}

fn groups(before: &Plan, after: &Plan) -> Vec<GroupChange> {
    let mut all: BTreeMap<&str, (Option<&GroupReport>, Option<&GroupReport>)> = BTreeMap::new();
    for group in &before.groups {
        all.entry(&group.key).or_default().0 = Some(group);
    }
    for group in &after.groups {
        all.entry(&group.key).or_default().1 = Some(group);
    }
    let resources = |group: Option<&GroupReport>| group.map_or(0, |group| group.resources);
    let changed = all.into_iter().filter(|(_, (old, new))| resources(*old) != resources(*new));
    changed
        .map(|(key, (old, new))| {
            let (old_count, new_count) = (resources(old), resources(new));
            let more = if new_count > old_count { new } else { old };
            let reasons = more.map_or_else(Vec::new, |group| group.reasons.clone());
            GroupChange { key: key.to_owned(), before: old_count, after: new_count, reasons }
        })
        .collect()
}

fn paid(resource: &Resource) -> Option<(&ResourceType, &ResourceCost)> {
    Some((&resource.resource_type, resource.monthly_cost.as_ref()?))
}

fn costs(before: &Plan, after: &Plan) -> Vec<CostChange> {
    let mut all: BTreeMap<(&ResourceType, &Currency), (Amount, Amount)> = BTreeMap::new();
    for (resource_type, cost) in before.resources.iter().filter_map(paid) {
        all.entry((resource_type, &cost.currency)).or_default().0 += cost.amount;
    }
    for (resource_type, cost) in after.resources.iter().filter_map(paid) {
        all.entry((resource_type, &cost.currency)).or_default().1 += cost.amount;
    }
    let changed = all.into_iter().filter(|(_, (before, after))| before != after);
    changed
        .map(|((resource_type, currency), (before, after))| {
            let (resource_type, currency) = (resource_type.clone(), currency.clone());
            CostChange { resource_type, currency, before, after }
        })
        .collect()
}

fn properties(before: &Plan, after: &Plan) -> Vec<PropertyChange> {
    let old: BTreeMap<&ResourceId, _> = before.resources.iter().map(|resource| (&resource.id, resource)).collect();
    let mut changes = Vec::new();
    for resource in &after.resources {
        let Some(old) = old.get(&resource.id) else { continue };
        let names: std::collections::BTreeSet<&String> = old.provenance.keys().chain(resource.provenance.keys()).collect();
        for name in names {
            let value = |record: Option<&PropertyRecord>| record.and_then(|record| record.winner.clone());
            let (was, is) = (value(old.provenance.get(name)), value(resource.provenance.get(name)));
            if was != is {
                let (resource, property) = (resource.id.clone(), name.clone());
                changes.push(PropertyChange { resource, property, before: was, after: is });
            }
        }
    }
    changes
}
