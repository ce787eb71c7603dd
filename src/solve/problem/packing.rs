//! A packing: which items share a bin.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::solve::problem::statement::{Attribute, Label, Problem};

/// Bins with the same contents.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pattern {
    /// How many bins have these contents.
    pub count: u32,
    /// The item types in a bin and how many copies of each, sorted by type.
    pub items: Vec<(usize, u32)>,
}

/// A packing, in a canonical order: two packings of the same bins are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Packing {
    /// The distinct contents, sorted.
    pub patterns: Vec<Pattern>,
}

impl Packing {
    /// A packing from bins in any order: equal bins are joined, empty ones dropped.
    pub fn from_bins(bins: impl IntoIterator<Item = (Vec<(usize, u32)>, u32)>) -> Self {
        let mut joined: BTreeMap<Vec<(usize, u32)>, u32> = BTreeMap::new();
        for (mut items, count) in bins {
            items.retain(|&(_, copies)| copies > 0);
            items.sort_unstable();
            items.dedup_by(|later, first| {
                let same = later.0 == first.0;
                if same {
                    first.1 = first.1.saturating_add(later.1);
                }
                same
            });
            if count > 0 && !items.is_empty() {
                let total = joined.entry(items).or_default();
                *total = total.saturating_add(count);
            }
        }
        let patterns = joined.into_iter().map(|(items, count)| Pattern { count, items }).collect();
        Self { patterns }
    }

    /// The number of bins.
    pub fn bins(&self) -> u64 {
        self.patterns.iter().map(|p| u64::from(p.count)).sum()
    }

    /// What the bins cost in all: each what the cheapest bin type costs that may hold its items, or one where the problem
    /// states no bin types.
    pub fn cost(&self, problem: &Problem) -> u64 {
        let each = |items: &[(usize, u32)]| match problem.bin_type_of(items) {
            Some(bin_type) => problem.bin_types[bin_type].cost,
            None => 1,
        };
        self.patterns.iter().map(|p| u64::from(p.count).saturating_mul(each(&p.items))).fold(0, u64::saturating_add)
    }

    /// The total weight of the soft labels that yield in this packing of `problem`.
    pub fn yielded(&self, problem: &Problem) -> u64 {
        self.patterns.iter().map(|p| u64::from(p.count) * bin_yield(problem, &p.items)).sum()
    }
}

/// The weight that yields in one bin with these items.
pub(crate) fn bin_yield(problem: &Problem, items: &[(usize, u32)]) -> u64 {
    let mut preferred: BTreeMap<Attribute, BTreeMap<Label, u64>> = BTreeMap::new();
    for &(index, copies) in items {
        for soft in &problem.types[index].soft_labels {
            let weight = u64::from(soft.weight) * u64::from(copies);
            *preferred.entry(soft.attribute).or_default().entry(soft.label).or_default() += weight;
        }
    }
    let granted = |attribute: &Attribute, soft_labels: &BTreeMap<Label, u64>| -> u64 {
        let hard = items.iter().find_map(|&(index, _)| {
            let labels = &problem.types[index].labels;
            let at = labels.binary_search_by_key(attribute, |l| l.0).ok()?;
            Some(labels[at].1)
        });
        match hard {
            Some(label) => soft_labels.get(&label).copied().unwrap_or(0),
            None => soft_labels.values().copied().max().unwrap_or(0),
        }
    };
    preferred.iter().map(|(attribute, soft_labels)| soft_labels.values().sum::<u64>() - granted(attribute, soft_labels)).sum()
}
