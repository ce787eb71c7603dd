//! Resource types, component types, and the set of them in force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cost::CostRule;
use super::import::Import;
use super::policy::Policy;
use super::projection::{Blocks, Notes, Output};
use super::{EstateCheck, EstateLimit, HazardRule, Naming, Properties, Template, Use, Vocabulary};
use crate::input::Severity;
use crate::names::{ComponentType, ResourceType};
use crate::prices::PriceBook;

/// The property that the estate's tags go to.
pub(crate) const TAGS: &str = "tags";

/// A limit of a resource type in one dimension.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// What the limit is called: `databases`.
    pub name: String,
    /// The limit, unless the estate sets another.
    pub limit: u64,
    /// The provider's own cap, which no setting may exceed.
    pub ceiling: Option<u64>,
    /// The collections whose elements are counted, summed up; `databases.containers` counts those in all databases.
    pub count: Vec<Vec<String>>,
    /// The limit holds for each element of this collection, not for the resource.
    pub per: Option<String>,
    /// Why, in one sentence.
    pub why: Option<String>,
}

/// Something a merged resource must (error) or should (warning) satisfy.
#[derive(Clone, Debug)]
pub struct Check {
    pub(crate) when: Template,
    pub(crate) message: Template,
    /// Whether it is refused or only mentioned.
    pub severity: Severity,
}

/// Another resource that each resource of a type needs.
#[derive(Clone, Debug)]
pub struct Requires {
    /// The type needed.
    pub resource_type: ResourceType,
    pub(crate) requirement_key: Template,
    pub(crate) when: Option<Template>,
    pub(crate) config: Template,
    /// What its components bring along does not serve.
    pub(crate) own: bool,
    /// Why, in one sentence.
    pub why: Option<String>,
}

/// What it costs that contents move from one resource of a type to another.
#[derive(Clone, Debug)]
pub struct Moving {
    /// The weight of one element that moves; 1 unless the rule says otherwise.
    pub weight: u64,
    /// Why, in one sentence.
    pub why: Option<String>,
}

impl Default for Moving {
    fn default() -> Self {
        Self { weight: 1, why: None }
    }
}

/// A kind of resource: what may be said of it and how what several components say becomes one.
#[derive(Clone, Debug)]
pub struct ResourceRule {
    /// The type's name.
    pub resource_type: ResourceType,
    /// The type's name for people.
    pub title: String,
    /// What sharing one means, in one sentence.
    pub why: Option<String>,
    /// The contents cannot be moved for free.
    pub stateful: bool,
    /// What a move costs.
    pub moving: Moving,
    /// The property tree.
    pub properties: Properties,
    /// The limits, by name.
    pub capacities: Vec<Capacity>,
    /// The checks of a merged resource.
    pub checks: Vec<Check>,
    /// The other resources that each one needs.
    pub requires: Vec<Requires>,
    /// How the provider wants it named.
    pub naming: Naming,
    /// The outputs that references may name.
    pub outputs: BTreeMap<String, Output>,
    /// What one is billed by; `None` where the rule does not say.
    pub cost: Option<CostRule>,
    /// The provider resources that one becomes.
    pub(crate) blocks: Blocks,
    /// What gives a consumer's identity access to it.
    pub(crate) access: Blocks,
    /// The resource providers that a subscription needs for it, beside those of its ARM types.
    pub(crate) providers: Vec<Template>,
    /// The checks of a resource with those that it uses.
    pub uses: Vec<Use>,
    /// The checks of all resources of the type.
    pub estate_checks: Vec<EstateCheck>,
    /// What a subscription takes.
    pub estate_limits: Vec<EstateLimit>,
    /// What a resource may risk.
    pub hazards: Vec<HazardRule>,
    /// What else its resources become.
    pub(crate) policies: Vec<Policy>,
    /// What its templates cannot do.
    pub(crate) notes: Notes,
    /// How resources that are there already are read back.
    pub(crate) import: Import,
}

impl ResourceRule {
    /// The capacities that make the dimensions of packing, in order.
    pub fn dimensions(&self) -> impl Iterator<Item = &Capacity> {
        self.capacities.iter().filter(|capacity| capacity.per.is_none())
    }
}

/// One requirement that a component type expands to.
#[derive(Clone, Debug)]
pub(crate) struct RequirementTemplate {
    pub(crate) resource_type: ResourceType,
    pub(crate) requirement_key: Template,
    pub(crate) when: Option<Template>,
    pub(crate) config: Template,
}

/// A kind of component: what it needs, given its config.
#[derive(Clone, Debug)]
pub struct ComponentRule {
    /// The type's name.
    pub component_type: ComponentType,
    /// The type's name for people.
    pub title: String,
    /// What it is, in one sentence.
    pub why: Option<String>,
    /// What a component's config may say.
    pub config: Properties,
    pub(crate) requirements: Vec<RequirementTemplate>,
    /// The outputs that other components may refer to, each a reference within this component.
    pub outputs: BTreeMap<String, String>,
}

/// All the rules in force.
#[derive(Clone, Debug)]
pub struct RuleSet {
    pub(crate) resources: BTreeMap<ResourceType, ResourceRule>,
    pub(crate) components: BTreeMap<ComponentType, ComponentRule>,
    pub(crate) vocabularies: BTreeMap<String, Arc<Vocabulary>>,
    pub(crate) prices: Arc<PriceBook>,
}

impl RuleSet {
    pub(crate) fn new(
        resources: BTreeMap<ResourceType, ResourceRule>,
        components: BTreeMap<ComponentType, ComponentRule>,
        vocabularies: BTreeMap<String, Arc<Vocabulary>>,
        prices: Arc<PriceBook>,
    ) -> Self {
        Self { resources, components, vocabularies, prices }
    }

    /// The resource types, by name.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceRule> {
        self.resources.values()
    }

    /// The component types, by name.
    pub fn components(&self) -> impl Iterator<Item = &ComponentRule> {
        self.components.values()
    }

    /// The prices in force, to be had in common with other rules.
    pub(crate) fn prices_in_force(&self) -> Arc<PriceBook> {
        Arc::clone(&self.prices)
    }

    /// The lists of words that properties may say, by name.
    pub fn vocabularies(&self) -> impl Iterator<Item = &Vocabulary> {
        self.vocabularies.values().map(Arc::as_ref)
    }

    /// The names that secrets stand under.
    pub fn secret_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.resources.values().for_each(|rule| rule.properties.secret_names(&mut names));
        self.components.values().for_each(|rule| rule.config.secret_names(&mut names));
        names
    }

    /// The prices in force.
    pub fn prices(&self) -> &PriceBook {
        &self.prices
    }

    /// The rule of a resource type.
    pub fn resource(&self, resource_type: &str) -> Option<&ResourceRule> {
        self.resources.get(resource_type)
    }

    /// The rule of a component type.
    pub fn component(&self, component_type: &str) -> Option<&ComponentRule> {
        self.components.get(component_type)
    }
}
