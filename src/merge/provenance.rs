//! The record of who contributed what to a merged property.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::contributions::{Contribution, Contributions, Origin};
use crate::estate::Priority;
use crate::names::{ComponentId, ResourceId};
use crate::rules::{Prefix, Strategy, prefix};

/// How many of those who state a value are named; the others are counted.
const NAMED: usize = 5;

/// How every property of a resource came to its value, by the property's path.
pub type Provenance = BTreeMap<String, PropertyRecord>;

/// How one property came to its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PropertyRecord {
    /// The merge strategy; `default` when nobody said anything.
    pub strategy: Cow<'static, str>,
    /// The value that won, for single values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub winner: Option<Value>,
    /// What was stated, by distinct value.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub contributions: Vec<ContributionRecord>,
    /// How many elements the merged collection has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub elements: Option<usize>,
}

/// One value and who stated it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContributionRecord {
    /// The value; not repeated for collections.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<Value>,
    /// The highest priority it was stated with; not told for collections.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub priority: Option<Priority>,
    /// `override`, `inherited`, or absent for a requirement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Cow<'static, str>>,
    /// How many components (or resources, for what they require) state it.
    pub count: usize,
    /// The first few of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub first: Vec<String>,
}

/// Who owns requirements: the components in the order of their ids, then resources that require others.
#[derive(Clone, Debug)]
pub(crate) struct Owners<'a> {
    components: Vec<&'a ComponentId>,
    /// The prefixes of components in their two common styles.
    shouty: Arc<[String]>,
    kebab: Arc<[String]>,
    /// Resources, each with the first component that it is for.
    resources: Vec<(ResourceId, Option<u32>)>,
}

impl<'a> Owners<'a> {
    pub(crate) fn new(components: impl Iterator<Item = &'a ComponentId>) -> Self {
        let components: Vec<_> = components.collect();
        let shouty: Arc<[String]> = components.iter().map(|id| prefix(Prefix::ShoutySnake, id.as_str())).collect();
        // Both styles are the same words, and finding those is what takes time.
        let kebab = shouty.iter().map(|prefix| prefix.to_ascii_lowercase().replace('_', "-")).collect();
        Self { components, shouty, kebab, resources: Vec::new() }
    }

    pub(crate) fn component(&self, owner: u32) -> Option<&'a ComponentId> {
        self.components.get(owner as usize).copied()
    }

    pub(crate) fn components(&self) -> &[&'a ComponentId] {
        &self.components
    }

    /// Makes a resource an owner; `first` is the first component that it is for.
    pub(crate) fn add(&mut self, resource: ResourceId, first: Option<u32>) -> u32 {
        self.resources.push((resource, first));
        #[expect(clippy::cast_possible_truncation, reason = "fewer owners than requirements, which are counted in 32 bits")]
        let owner = (self.components.len() + self.resources.len() - 1) as u32;
        owner
    }

    /// The resource that an owner is, if it is one.
    pub(crate) fn resource(&self, owner: u32) -> Option<&ResourceId> {
        let rank = (owner as usize).checked_sub(self.components.len())?;
        self.resources.get(rank).map(|(resource, _)| resource)
    }

    /// The first component that a resource is for.
    pub(crate) fn behind(&self, owner: u32) -> Option<u32> {
        let rank = (owner as usize).checked_sub(self.components.len())?;
        self.resources.get(rank)?.1
    }

    pub(crate) fn name(&self, owner: u32) -> &str {
        match self.component(owner) {
            Some(id) => id.as_str(),
            None => self.resource(owner).map_or("", ResourceId::as_str),
        }
    }

    /// What stands before the names of a component's own elements; resources have none.
    pub(crate) fn prefix(&self, owner: u32, style: Prefix) -> Cow<'_, str> {
        fn of(prefixes: &[String], owner: u32) -> &str {
            prefixes.get(owner as usize).map_or("", String::as_str)
        }
        match style {
            Prefix::ShoutySnake => Cow::Borrowed(of(&self.shouty, owner)),
            Prefix::Kebab => Cow::Borrowed(of(&self.kebab, owner)),
            Prefix::Pascal => self.component(owner).map_or(Cow::Borrowed(""), |id| Cow::Owned(prefix(style, id.as_str()))),
        }
    }
}

impl PropertyRecord {
    pub(crate) fn default_value(value: Value) -> Self {
        Self { strategy: Cow::Borrowed("default"), winner: Some(value), contributions: Vec::new(), elements: None }
    }

    pub(crate) fn of_value(strategy: Strategy, contributions: &Contributions<'_>, winner: &Value, owners: &Owners<'_>) -> Self {
        Self {
            strategy: Cow::Borrowed(strategy.as_str()),
            winner: Some(winner.clone()),
            contributions: contributions.iter().map(|c| record(c, owners, true)).collect(),
            elements: None,
        }
    }
}

fn record(contribution: &Contribution<'_>, owners: &Owners<'_>, value: bool) -> ContributionRecord {
    ContributionRecord {
        value: value.then(|| contribution.value.clone()),
        priority: Some(contribution.priority),
        from: match contribution.origin {
            Origin::Requirement => None,
            Origin::Inherited => Some(Cow::Borrowed("inherited")),
            Origin::Override => Some(Cow::Borrowed("override")),
        },
        count: contribution.owners.len(),
        first: contribution.owners.iter().take(NAMED).map(|owner| owners.name(*owner).to_owned()).collect(),
    }
}

impl PropertyRecord {
    /// The record of a collection: how many elements, from how many.
    pub(crate) fn of_collection(strategy: Strategy, elements: usize, stated_by: &[u32], owners: &Owners<'_>) -> Self {
        let first = stated_by.iter().take(NAMED).map(|owner| owners.name(*owner).to_owned()).collect();
        Self {
            strategy: Cow::Borrowed(strategy.as_str()),
            winner: None,
            contributions: vec![ContributionRecord { value: None, priority: None, from: None, count: stated_by.len(), first }],
            elements: Some(elements),
        }
    }
}
