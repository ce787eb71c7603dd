//! What changes from one plan to another, as data.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::cost::CostChange;
use crate::estate::Priority;
use crate::names::{ComponentId, ResourceId, ResourceType};
use crate::plan::{Usage, Warning};

/// What changes from one plan to another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanDiff {
    /// The format's version: 1.
    pub version: u32,
    /// The estates that the two plans are of.
    pub estate: Pair<String>,
    /// What to bear in mind when reading the changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Every change: those of resources by id, then those of components by id.
    pub changes: Vec<Change>,
    /// Warnings that only the new plan has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_warnings: Vec<Warning>,
    /// Warnings that only the old plan has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub old_warnings: Vec<Warning>,
    /// The changes in figures.
    pub summary: DiffSummary,
}

/// A value before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pair<T> {
    /// In the old plan.
    pub old: T,
    /// In the new plan.
    pub new: T,
}

impl<T: PartialEq> Pair<T> {
    /// Whether the two differ.
    pub fn differs(&self) -> bool {
        self.old != self.new
    }
}

/// Resources or components, before and after and by what happens to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Count {
    /// In the old plan.
    pub old: usize,
    /// In the new plan.
    pub new: usize,
    /// Only in the new plan.
    pub create: usize,
    /// Only in the old plan.
    pub remove: usize,
    /// Changed in place.
    pub update: usize,
    /// Made anew, as a whole or in part.
    pub replace: usize,
}

/// The changes in figures.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffSummary {
    /// Resources, the implied ones included; those that change in place and in part are made anew count in both.
    pub resources: Count,
    /// Components.
    pub components: Count,
    /// Requirements that move to other resources.
    pub moves: usize,
    /// Those whose data has to be migrated.
    pub migrations: usize,
    /// What there is least of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<Pair<String>>,
    /// Whether each plan is proven to be minimal.
    pub optimal: Pair<bool>,
    /// The monthly cost, when both plans know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_cost: Option<CostChange>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Change {
    /// Something is only in the new plan.
    Create(Presence),
    /// Something is only in the old plan.
    Remove(Presence),
    /// A resource is called by another id and stays what it is.
    Rename(Renamed),
    /// A resource, or an element of it, has to be made anew: something changes that the provider cannot change.
    Replace(Replaced),
    /// A resource changes in place.
    Update(Updated),
    /// What a component gets changes.
    #[serde(rename = "update")]
    Rebind(Rebound),
    /// A component's requirement goes from some resources to others.
    Move(Moved),
}

impl Change {
    /// The id of the resource or component that changes.
    pub fn id(&self) -> &str {
        match self {
            Self::Create(presence) | Self::Remove(presence) => match presence {
                Presence::Resource { id, .. } => id.as_str(),
                Presence::Component { id, .. } => id.as_str(),
            },
            Self::Rename(renamed) => renamed.id.as_str(),
            Self::Replace(replaced) => replaced.id.as_str(),
            Self::Update(updated) => updated.id.as_str(),
            Self::Rebind(rebound) => rebound.id.as_str(),
            Self::Move(moved) => moved.id.as_str(),
        }
    }
}

/// Something that only one of the plans has.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Presence {
    /// A resource.
    #[serde(rename_all = "camelCase")]
    Resource {
        /// Its id.
        id: ResourceId,
        /// Its type.
        resource_type: ResourceType,
        /// Its name at the provider.
        name: String,
        /// No component asks for it, but a resource that is asked for requires it.
        #[serde(skip_serializing_if = "is_false")]
        implied: bool,
        /// It holds data that cannot be moved for free.
        #[serde(skip_serializing_if = "is_false")]
        stateful: bool,
        /// The components on it.
        components: Vec<ComponentId>,
    },
    /// A component.
    Component {
        /// Its id.
        id: ComponentId,
        /// The resources that its requirements are on.
        resources: BTreeMap<String, Vec<ResourceId>>,
    },
}

/// A resource under another id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Renamed {
    /// Its new id.
    pub id: ResourceId,
    /// Its old id.
    pub from: ResourceId,
    /// Its name at the provider, which stays.
    pub name: String,
}

/// A resource, or an element of one, that is made anew.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replaced {
    /// The resource's id.
    pub id: ResourceId,
    /// Its new name at the provider.
    pub name: String,
    /// The element made anew, where the rest of the resource stays: `orders/items`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// What it holds is lost unless it is copied first.
    #[serde(skip_serializing_if = "is_false")]
    pub data_loss: bool,
    /// What changes; `immutable` marks the reasons.
    pub properties: Vec<PropertyChange>,
    /// What changes beside the config.
    #[serde(flatten)]
    pub sides: Sides,
}

/// A resource that changes in place.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Updated {
    /// Its id.
    pub id: ResourceId,
    /// Its name at the provider.
    pub name: String,
    /// What changes in its config.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertyChange>,
    /// What changes beside the config.
    #[serde(flatten)]
    pub sides: Sides,
}

/// What changes of a resource beside its config.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sides {
    /// The components that come and go.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub components: SetChange<ComponentId>,
    /// The resources that it depends on from now on, or no longer.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub depends_on: SetChange<ResourceId>,
    /// How full it is, by capacity.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub usage: BTreeMap<String, Pair<Option<Usage>>>,
}

impl Sides {
    pub(super) fn is_empty(&self) -> bool {
        let Self { components, depends_on, usage } = self;
        components.is_empty() && depends_on.is_empty() && usage.is_empty()
    }
}

/// Members that come and go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SetChange<T> {
    /// Only in the new plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<T>,
    /// Only in the old plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<T>,
}

impl<T> Default for SetChange<T> {
    fn default() -> Self {
        Self { added: Vec::new(), removed: Vec::new() }
    }
}

impl<T> SetChange<T> {
    /// Whether nothing comes and nothing goes.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl<T: Ord + Clone> SetChange<T> {
    pub(super) fn of(old: &[T], new: &[T]) -> Self {
        let (old, new): (BTreeSet<&T>, BTreeSet<&T>) = (old.iter().collect(), new.iter().collect());
        Self {
            added: new.difference(&old).copied().cloned().collect(),
            removed: old.difference(&new).copied().cloned().collect(),
        }
    }
}

/// One property, or one element of a collection, that changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PropertyChange {
    /// The property's path as its rule has it: `databases.containers.partitionKey`.
    pub property: String,
    /// Of a collection the element: `orders/items`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// The value in the old plan, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The value in the new plan, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// The provider cannot change it in place.
    #[serde(skip_serializing_if = "is_false")]
    pub immutable: bool,
    /// The provider converts it, by a step of its own: no template does.
    #[serde(skip_serializing_if = "is_false")]
    pub migration: bool,
    /// An element that goes, and what it holds with it.
    #[serde(skip_serializing_if = "is_false")]
    pub data_loss: bool,
    /// An element that comes or goes because its components move.
    #[serde(skip_serializing_if = "is_false")]
    pub moves: bool,
    /// How the new value came about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Cause>,
    /// How the old value came about, where that is not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previously_by: Option<Cause>,
}

/// How a value came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause {
    /// In which way.
    pub from: Source,
    /// The priority that it was stated with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// How many components or resources state it.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: usize,
    /// The first few of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<String>,
}

/// In which way a value came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Nobody said anything, and the rule fills it in.
    Default,
    /// The rule fills it in for requirements that are silent.
    Inherited,
    /// Requirements state it.
    Requirement,
    /// An override of the estate states it.
    Override,
}

/// A component that gets something else.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Rebound {
    /// The component.
    pub id: ComponentId,
    /// Requirements that come, go, spread or get another key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<RequirementChange>,
    /// Its environment variables that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<VariableChange>,
}

/// A requirement that comes, goes, spreads or gets another key, without anything of it leaving a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequirementChange {
    /// `{resourceType}:{requirementKey}`.
    pub requirement: String,
    /// Its key in the old plan, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previously: Option<String>,
    /// The resources that it was on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub old: Vec<ResourceId>,
    /// The resources that it is on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<ResourceId>,
}

/// An environment variable that changes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VariableChange {
    /// Its name, with the component's prefix.
    pub name: String,
    /// The resource that it has a value of its own on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<ResourceId>,
    /// The value in the old plan, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The value in the new plan, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// It only names a resource by its new id.
    #[serde(skip_serializing_if = "is_false")]
    pub follows: bool,
}

/// A requirement that goes from some resources to others.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The component.
    pub id: ComponentId,
    /// `{resourceType}:{requirementKey}`.
    pub requirement: String,
    /// Its key in the old plan, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previously: Option<String>,
    /// The resources it was on.
    pub from: Vec<ResourceId>,
    /// The resources it is on.
    pub to: Vec<ResourceId>,
    /// Its elements that move, by property.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<String, Vec<String>>,
    /// What else changes of those elements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertyChange>,
    /// Environment variables that name the new resource in place of the old one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<VariableChange>,
    /// It holds data, which has to be migrated.
    #[serde(skip_serializing_if = "is_false")]
    pub migrates: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
