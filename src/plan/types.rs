//! The plan's format, version 1.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use litemap::LiteMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ComponentCost, CostSummary, Entries, KeptNames, Provenance, ResourceCost};
use crate::names::{ComponentId, ResourceId, ResourceType};
use crate::prices::{Amount, Quantity};
use crate::untrusted;

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The format's version: 1.
    pub version: u32,
    /// The estate's name.
    pub estate: String,
    /// What there is least of: `count` or `cost`.
    pub objective: String,
    /// Whether every group is proven to have the fewest resources; under a lock, the fewest that it allows.
    pub optimal: bool,
    /// The plan in figures.
    pub summary: Summary,
    /// Every group of requirements that could share, by key.
    pub groups: Vec<GroupReport>,
    /// Every resource, by type and then in the order of their numbers.
    pub resources: Vec<Resource>,
    /// What each component gets.
    pub bindings: BTreeMap<ComponentId, Binding>,
    /// What its readers should know.
    pub warnings: Vec<Warning>,
    /// What it risks, and how to avoid it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub hazards: Vec<Hazard>,
}

/// Something that a resource of the plan risks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hazard {
    /// What conditions call it: `one-package`.
    pub id: String,
    /// The resource.
    pub resource: ResourceId,
    /// The components on it.
    pub components: Vec<ComponentId>,
    /// What may happen.
    pub message: String,
    /// Why, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub avoid: Option<String>,
}

impl Plan {
    /// Whether something is billed by use, and how much is used is not stated, so that it is in no amount.
    pub fn has_unstated_usage(&self) -> bool {
        let mut meters = self.resources.iter().flat_map(|resource| &resource.monthly_cost).flat_map(|cost| &cost.meters);
        meters.any(|meter| meter.usage.is_some() && meter.quantity == Quantity::default())
    }
}

/// The plan in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Components.
    pub components: usize,
    /// Requirements of components.
    pub requirements: usize,
    /// Resources that components asked for.
    pub resources: usize,
    /// Resources that they would need if each component were planned alone.
    pub unshared: u64,
    /// The part of those that sharing saves, from 0 to 1.
    pub reduction: f64,
    /// Resources that nobody asked for but that others require.
    pub implied: usize,
    /// What all of them cost, and what the components would cost alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub monthly_cost: Option<CostSummary>,
}

/// A group of requirements that could share, and how few resources they need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupReport {
    /// `{resourceType}:{requirementKey}`.
    pub key: String,
    /// Its requirements.
    pub requirements: usize,
    /// The resources that they are placed on.
    pub resources: usize,
    /// The fewest that any plan needs.
    pub lower_bound: u64,
    /// Whether the two are equal; where the cheapest are sought, whether no plan of the group costs less, or as little with
    /// fewer resources.
    pub optimal: bool,
    /// Where the cheapest are sought: what the resources cost a month without what is billed by use or once a subscription.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<Amount>,
    /// What they would cost at least. `lower_bound` is then the fewest resources at that cost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost_lower_bound: Option<Amount>,
    /// The evidence of the lower bound.
    pub certificate: CertificateRecord,
    /// Why one resource is not enough, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<String>,
    /// What a lock came to, where it held resources back or something moved.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lock: Option<LockReport>,
}

impl GroupReport {
    /// Whether fewer resources are proven impossible, or those that the lock allows if there is one.
    pub fn is_fewest(&self) -> bool {
        self.optimal || self.lock.as_ref().is_some_and(|lock| lock.proven)
    }
}

/// What a lock came to for a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockReport {
    /// The requirements that are where they were.
    pub kept: usize,
    /// Those that are not, by group of requirements that move together.
    pub moves: Vec<MoveReport>,
    /// What a move takes, where something moves and the rule says it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub takes: Option<String>,
    /// How many resources more there are than without the lock.
    pub held_back: u64,
    /// Where the cheapest are sought: what they cost a month more than without the lock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_back_cost: Option<Amount>,
    /// Whether it is proven that the lock allows no fewer resources (or, where the cheapest are sought, none that cost less), and that these take no lighter moves.
    pub proven: bool,
}

/// Requirements that move together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoveReport {
    /// Whose requirements: components, or resources that require something.
    pub components: Vec<String>,
    /// The resource that they were on.
    pub from: ResourceId,
    /// The resource that they are on.
    pub to: ResourceId,
    /// What the move weighs: the elements that move, times the weight that the rule gives each.
    pub weight: u64,
    /// Why, in words.
    pub why: String,
}

/// Evidence of a lower bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum CertificateRecord {
    /// No resource can hold items of more weight than the denominator, so the items' total weight over the
    /// denominator, rounded up, is a lower bound.
    #[serde(rename_all = "camelCase")]
    Weights {
        /// What no resource exceeds.
        denominator: u64,
        /// The weight of one item of each type.
        weights: Vec<u64>,
        /// The item types.
        item_types: Vec<ItemTypeRecord>,
    },
    /// An exhaustive search found nothing with fewer.
    #[serde(rename_all = "camelCase")]
    Search {
        /// The fewest.
        bound: u64,
        /// The item types.
        item_types: Vec<ItemTypeRecord>,
    },
    /// Items that never share a resource; their bounds add up.
    Sum {
        /// The bounds.
        parts: Vec<CertificateRecord>,
    },
    /// Bounds at other costs, which the costs of a resource times the denominator are at least the sum of; the sum of what
    /// they prove over the denominator, rounded up, is a lower bound.
    #[serde(rename_all = "camelCase")]
    Shares {
        /// What the sum is divided by.
        denominator: u64,
        /// The bounds.
        shares: Vec<ShareRecord>,
        /// The item types.
        item_types: Vec<ItemTypeRecord>,
    },
}

/// A bound at costs of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShareRecord {
    /// How many times it counts.
    pub unit: u64,
    /// What a resource of each grade costs in it.
    pub costs: Vec<u64>,
    /// The evidence at these costs.
    pub evidence: CertificateRecord,
}

/// Items that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ItemTypeRecord {
    /// The size in each capacity of the resource type, in their order.
    pub size: Vec<u64>,
    /// How many there are.
    pub count: u32,
    /// Items with different labels (second) of one attribute (first) never share.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<(u32, u32)>,
    /// The grades of resources that may hold it; all where none are stated.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub grades: Vec<usize>,
}

/// A provisioned thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// `{resourceType}:{requirementKey}`, then `-2`, `-3`, … for further ones.
    pub id: ResourceId,
    /// The kind of resource.
    pub resource_type: ResourceType,
    /// The name it gets at the provider.
    pub name: String,
    /// The name is the one that a lock knows it by, and not the one that its type's naming gives.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub named_by_lock: bool,
    /// Properties that have the value which a lock knows them by, since it cannot be changed in place.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fixed_by_lock: Vec<String>,
    /// Nobody asked for it, but a resource that was asked for requires it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub implied: bool,
    /// The merged config.
    pub config: Map<String, Value>,
    /// The components on it.
    pub components: Vec<ComponentId>,
    /// How much of each capacity is used.
    pub usage: BTreeMap<String, Usage>,
    /// How each property came to its value.
    pub provenance: Provenance,
    /// The resources that must be there before it.
    pub depends_on: Vec<ResourceId>,
    /// Which of those serve as what its type requires, by resource type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub requires: BTreeMap<ResourceType, Vec<ResourceId>>,
    /// What it costs a month.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub monthly_cost: Option<ResourceCost>,
}

/// How much of a capacity is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// In use.
    pub used: u64,
    /// The limit.
    pub limit: u64,
}

/// What a component gets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Which resources each of its requirements is placed on.
    pub resources: Entries<Vec<ResourceId>>,
    /// Its environment variables, prefixed; references name resources.
    #[serde(skip_serializing_if = "Entries::is_empty", default)]
    pub environment: Entries<Value>,
    /// Variables that have another value on a further resource, by that resource.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub environment_of: BTreeMap<ResourceId, Map<String, Value>>,
    /// The names of its elements (functions, databases, containers, …), by resource and property. Where a requirement is
    /// divided, a flag that counts is listed on the resource that serves it, with no names.
    #[serde(skip_serializing_if = "LiteMap::is_empty", default)]
    #[schemars(with = "BTreeMap<ResourceId, BTreeMap<String, Vec<String>>>")]
    pub elements: LiteMap<ResourceId, Entries<Vec<String>>>,
    /// The names that its elements had before and keep, where those are others than their own names with the component's
    /// prefix: by resource, property and own name.
    #[serde(skip_serializing_if = "LiteMap::is_empty", default)]
    #[schemars(with = "BTreeMap<ResourceId, BTreeMap<String, BTreeMap<String, String>>>")]
    pub names: KeptNames,
    /// Of several requirements of one type and key that are not all on the same resources: where each is, by
    /// `{resourceType}:{requirementKey}` and in their order.
    #[serde(skip_serializing_if = "Entries::is_empty", default)]
    pub requirements: Entries<Vec<PlacedRequirement>>,
    /// What it pays a month.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub monthly_cost: Option<ComponentCost>,
}

/// One of several requirements of a component that have the same type and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacedRequirement {
    /// A digest of what it states, by which it is known again.
    pub states: String,
    /// The resources that it is on.
    pub on: Vec<ResourceId>,
}

/// Something that the readers of a plan should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// What kind of thing.
    pub code: WarningCode,
    /// What, in one sentence.
    pub message: String,
    /// The group it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// The components it is about.
    pub components: Vec<ComponentId>,
}

/// The stable code of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WarningCode {
    /// Requirements that disagree at the highest priority are on different resources.
    SplitByConflict,
    /// Of requirements that disagree, the first component's value was taken.
    FirstByConflict,
    /// A requirement too big for one resource is spread over several.
    DividedRequirement,
    /// An intersection came to nothing.
    EmptyIntersection,
    /// An override changes nothing.
    UnusedOverride,
    /// A component has a variable twice, on two apps and with two values.
    AmbiguousVariable,
    /// A value of the estate looks like a secret.
    SecretInEstate,
    /// A check of the resource type gives advice.
    CheckAdvice,
    /// The time limit came before the proof.
    NotProven,
    /// What a resource costs is not known, or only in part.
    CostUnknown,
    /// The usage file speaks of a resource that a component has not.
    UnusedUsage,
    /// Something is not on the resource that the lock has it on.
    Moved,
    /// The lock keeps more resources than would be needed without it.
    HeldByLock,
    /// A name is known to all of Azure, and nothing makes it this estate's own.
    NameMayBeTaken,
    /// A subscription takes less than is planned.
    EstateLimit,
}

impl WarningCode {
    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SplitByConflict => "split-by-conflict",
            Self::FirstByConflict => "first-by-conflict",
            Self::DividedRequirement => "divided-requirement",
            Self::EmptyIntersection => "empty-intersection",
            Self::UnusedOverride => "unused-override",
            Self::AmbiguousVariable => "ambiguous-variable",
            Self::SecretInEstate => "secret-in-estate",
            Self::CheckAdvice => "check-advice",
            Self::NotProven => "not-proven",
            Self::CostUnknown => "cost-unknown",
            Self::UnusedUsage => "unused-usage",
            Self::Moved => "moved",
            Self::HeldByLock => "held-by-lock",
            Self::NameMayBeTaken => "name-may-be-taken",
            Self::EstateLimit => "estate-limit",
        }
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Plan {
    /// The resource with this id.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id.as_str() == id)
    }

    /// Writes the plan as pretty JSON with a final line break: what `colocate plan --format json` gives.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_json(&self, to: impl io::Write) -> io::Result<()> {
        untrusted::write_json(to, self)
    }

    /// The plan as [`write_json`](Self::write_json) writes it.
    pub fn to_json(&self) -> String {
        untrusted::json_text(self)
    }
}
