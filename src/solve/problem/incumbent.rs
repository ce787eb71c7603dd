//! The incumbent: the best packing and the best bound found so far.

use crate::solve::problem::bound::Bound;
use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::{Control, Layer};

/// The work on one instance: the incumbent and the bound.
pub(crate) struct Incumbent<'a> {
    pub instance: &'a Instance,
    pub control: &'a Control<'a>,
    pub best: Vec<Filled>,
    pub bound: Bound,
    /// What a cost of one stands for in what is reported.
    pub unit: u64,
    /// How many of the kinds, from the first on, are of items that have to be placed; the others are dummies.
    pub real: usize,
}

pub(crate) fn count(bins: &[Filled]) -> u64 {
    bins.iter().map(|b| b.1).sum()
}

impl Incumbent<'_> {
    /// What the incumbent costs.
    pub(crate) fn cost(&self) -> u64 {
        self.instance.cost(&self.best)
    }

    pub(crate) fn done(&self) -> bool {
        !self.best.is_empty() && self.cost() <= self.bound.cost
    }

    /// Keeps a packing that is better than the incumbent.
    pub(crate) fn offer(&mut self, bins: Vec<Filled>) {
        if self.best.is_empty() || self.instance.cost(&bins) < self.cost() {
            self.best = bins;
        }
    }

    pub(crate) fn report(&self, layer: Layer) {
        self.control.report(layer, self.cost() * self.unit, self.bound.cost * self.unit);
    }
}

/// Bins from a cover: what is covered too often is left out, and bins left empty are dropped.
pub(crate) fn trim(instance: &Instance, patterns: &[Vec<(usize, u32)>], uses: &[u64]) -> Vec<Filled> {
    let mut left: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let mut bins = Vec::new();
    for (pattern, &uses) in patterns.iter().zip(uses) {
        let mut open = uses;
        while open > 0 {
            let batch = pattern
                .iter()
                .filter(|i| left[i.0] > 0)
                .map(|&(k, n)| (left[k] / u64::from(n)).max(1))
                .min()
                .unwrap_or(1)
                .min(open);
            let mut items = Vec::new();
            for &(kind, each) in pattern {
                let taken = left[kind].min(u64::from(each) * batch);
                let each = taken / batch;
                left[kind] -= each * batch;
                if each > 0 {
                    items.push((kind, u32::try_from(each).unwrap_or(u32::MAX)));
                }
            }
            if items.is_empty() {
                break;
            }
            bins.push((items, batch));
            open -= batch;
        }
    }
    bins
}
