//! The record of who contributed what to a merged property.

use std::borrow::Cow;

use serde_json::Value;

use super::contributions::{Contribution, Contributions, Origin};
use crate::plan::{ContributionRecord, PropertyRecord};
use crate::requirements::Owners;
use crate::rules::Strategy;

/// How many of those who state a value are named; the others are counted.
const NAMED: usize = 5;

impl PropertyRecord {
    pub(crate) fn default_value(value: Value) -> Self {
        Self { strategy: Cow::Borrowed("default"), winner: Some(value), contributions: Vec::new(), elements: None }
    }

    /// The record of a value that nobody states and that a lock has.
    pub(crate) fn kept(value: Value) -> Self {
        Self { strategy: Cow::Borrowed("lock"), ..Self::default_value(value) }
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
