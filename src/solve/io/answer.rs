//! The answer to a bare packing instance.

use serde::Serialize;
use std::collections::BTreeMap;
use thiserror::Error;

use crate::solve::io::instance::PackInstance;
use crate::solve::problem::certificate::Certificate;
use crate::solve::problem::outcome::Outcome;

/// The answer to a bare instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackAnswer {
    /// The number of bins.
    pub bins: u64,
    /// What the bins cost, if the instance states kinds of bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
    /// What every packing costs at least; where no kinds of bins are stated, how many bins it needs.
    pub lower_bound: u64,
    /// Whether no packing costs less, or has fewer bins.
    pub optimal: bool,
    /// How long it took.
    pub seconds: f64,
    /// The evidence of the lower bound, about the types of [`PackInstance::problem`].
    pub certificate: Certificate,
    /// The distinct contents of bins.
    pub patterns: Vec<PackPattern>,
}

/// Bins with the same contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackPattern {
    /// How many bins have these contents.
    pub count: u32,
    /// The kind of the bins, if the instance states kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Items of the file, by their place in it, and how many copies of each.
    pub items: BTreeMap<usize, u32>,
    /// Those of them that have a name, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, u32>,
}

/// There are not enough bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutOfStock {
    /// The items do not fit in the bins that there are.
    #[error("the items do not fit in the bins in stock")]
    Proven,
    /// No packing was found in the time there was.
    #[error("no packing in the bins in stock was found; with more time there may be one")]
    Unknown,
}

impl PackAnswer {
    /// The answer that an outcome gives for the items of the file.
    pub fn new(instance: &PackInstance, outcome: &Outcome, seconds: f64) -> Result<Self, OutOfStock> {
        let mut patterns: BTreeMap<(BTreeMap<usize, u32>, Option<usize>), u32> = BTreeMap::new();
        for pattern in &outcome.packing().patterns {
            let mut items: BTreeMap<usize, u32> = BTreeMap::new();
            for &(item_type, copies) in &pattern.items {
                for &(item, each) in &instance.origin[item_type] {
                    *items.entry(item).or_default() += each * copies;
                }
            }
            if items.is_empty() {
                continue;
            }
            let kind = instance.problem.bin_type_of(&pattern.items);
            if !instance.stock.allows(kind, &pattern.items) {
                return Err(if outcome.is_proven() { OutOfStock::Proven } else { OutOfStock::Unknown });
            }
            *patterns.entry((items, kind)).or_default() += pattern.count;
        }
        let cost = instance.stock.cost(outcome.cost());
        let named = |items: &BTreeMap<usize, u32>| {
            let mut names: BTreeMap<String, u32> = BTreeMap::new();
            for (item, copies) in items {
                if let Some(name) = instance.names.get(item) {
                    *names.entry(name.clone()).or_default() += copies;
                }
            }
            names
        };
        let written = |((items, kind), count): ((BTreeMap<usize, u32>, Option<usize>), u32)| PackPattern {
            count,
            kind: kind.and_then(|kind| instance.kinds.get(kind).cloned()),
            names: named(&items),
            items,
        };
        Ok(Self {
            bins: patterns.values().map(|count| u64::from(*count)).sum(),
            cost: (!instance.kinds.is_empty()).then_some(cost),
            lower_bound: instance.stock.cost(outcome.lower_bound()),
            optimal: outcome.is_proven(),
            seconds,
            certificate: outcome.certificate().clone(),
            patterns: patterns.into_iter().map(written).collect(),
        })
    }
}
