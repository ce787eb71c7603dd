//! What a plan says of costs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::ResourceId;
use crate::plan::Entries;
use crate::prices::{Amount, Currency, Quantity};

/// What a plan costs a month, and what the same components would cost alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostSummary {
    /// The currency of every amount in the plan.
    pub currency: Currency,
    /// All resources of the plan, as far as their prices are known.
    pub shared: Amount,
    /// All resources that there would be if each component were planned alone.
    pub unshared: Amount,
    /// All resources that there would be if each component had its own, but for those that nobody asked for (hosting plans):
    /// those are shared by all whose bill for them is the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub apart: Option<Amount>,
    /// The part of `unshared` that sharing saves, at most 1; absent where prices are missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub saving: Option<f64>,
    /// The day whose prices they are, where the price book says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prices_of: Option<String>,
    /// Resources with a price that is not known, so that the amounts are too low.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unknown: Vec<ResourceId>,
    /// How many components would alone have a price that is not known, so that `unshared` is too low.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub unshared_unknown: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What a resource costs a month.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceCost {
    /// The currency.
    pub currency: Currency,
    /// The sum of its meters, as far as their prices are known.
    pub amount: Amount,
    /// What it is billed by.
    pub meters: Vec<MeterCost>,
    /// What it is billed by at a price that is not known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unknown: Vec<UnknownPrice>,
}

impl ResourceCost {
    /// Whether it is billed by use and nothing else.
    pub fn is_by_use(&self) -> bool {
        self.unknown.is_empty() && !self.meters.is_empty() && self.meters.iter().all(|meter| meter.usage.is_some())
    }
}

/// One thing that a resource is billed by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeterCost {
    /// What the rule of the resource type calls it.
    pub name: String,
    /// What the price book calls it.
    pub meter: String,
    /// The region whose price it is.
    pub region: String,
    /// How many units a month takes.
    pub quantity: Quantity,
    /// The unit of the price: `1/Hour`, `10K`.
    pub unit: String,
    /// The quantity of the usage file that it is billed by; where that says nothing, the quantity is 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub usage: Option<String>,
    /// The price stands in for that of a region that the price book does not have.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub estimate: bool,
    /// It is billed once a subscription, and this is the resource's part of it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub once: bool,
    /// What that costs. Tiers and free quantities are those of the whole plan.
    pub amount: Amount,
}

/// Something that a resource is billed by at a price that is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnknownPrice {
    /// What the rule of the resource type calls it; absent where the rule does not say what the type costs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// What the price book should call it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub meter: Option<String>,
    /// The region whose price is missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// Why it is not known.
    pub reason: String,
}

/// What a component pays a month.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentCost {
    /// The currency.
    pub currency: Currency,
    /// Its part of all resources that it is on.
    pub amount: Amount,
    /// What it would pay alone.
    pub unshared: Amount,
    /// Its part of each resource that costs it anything.
    #[serde(skip_serializing_if = "Entries::is_empty", default)]
    pub resources: Entries<Amount>,
}
