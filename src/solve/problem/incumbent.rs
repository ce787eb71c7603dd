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
    /// Which costs a packing can have, where that is known.
    pub attainable: Option<Attainable>,
    /// How many of the kinds, from the first on, are of items that have to be placed; the others are dummies.
    pub real: usize,
}

/// Costs that a packing can have: a base, and sums of steps above it.
#[derive(Clone, Debug)]
pub(crate) struct Attainable {
    base: u64,
    steps: Vec<u64>,
    /// By how much more than the base.
    reached: Vec<bool>,
    /// Only costs up to this one are of interest.
    most: u64,
}

impl Attainable {
    /// More costs than this are not listed.
    const COSTS: u64 = 1 << 20;

    /// The base and sums of these steps, up to `most`.
    pub(crate) fn new(base: u64, steps: &[u64], most: u64) -> Option<Self> {
        let range = most.checked_sub(base).filter(|range| *range <= Self::COSTS)?;
        let mut reached = vec![false; range as usize + 1];
        reached[0] = true;
        for &step in steps {
            for at in usize::try_from(step.max(1)).ok()?..reached.len() {
                reached[at] |= reached[at - step.max(1) as usize];
            }
        }
        Some(Self { base, steps: steps.to_vec(), reached, most })
    }

    /// With a surcharge on every step that is too large for a cost of `goal`: bins of those levels are then as few as they can be,
    /// so that whatever costs at most `goal` costs at most the base's surcharges more. The surcharge of each step, and what is of
    /// interest then; `None` where no step is too large, or all are.
    pub(crate) fn pinned(&self, goal: u64, bins: &[u64], surcharge: u64) -> Option<(Vec<u64>, Self)> {
        let range = goal.checked_sub(self.base)?;
        let extra: Vec<u64> = self.steps.iter().map(|&step| if step > range { surcharge } else { 0 }).collect();
        if extra.iter().all(|&e| e == 0) {
            return None;
        }
        let more: u64 = extra.iter().zip(bins).map(|(extra, bins)| extra.saturating_mul(*bins)).fold(0, u64::saturating_add);
        let steps: Vec<u64> = self.steps.iter().zip(&extra).map(|(step, extra)| step + extra).collect();
        let pinned = Self::new(self.base.checked_add(more)?, &steps, goal.checked_add(more)?)?;
        Some((extra, pinned))
    }

    /// The largest of them that is no more than this; none where the base is more.
    fn at_most(&self, cost: u64) -> u64 {
        let Some(above) = cost.min(self.most).checked_sub(self.base) else { return 0 };
        let above = (above as usize).min(self.reached.len() - 1);
        let found = self.reached[..=above].iter().rposition(|&reached| reached);
        self.base + found.unwrap_or(0) as u64
    }
}

pub(crate) fn count(bins: &[Filled]) -> u64 {
    bins.iter().map(|b| b.1).sum()
}

impl Incumbent<'_> {
    /// What the incumbent costs.
    pub(crate) fn cost(&self) -> u64 {
        self.instance.cost(&self.best)
    }

    /// The most that a better packing can cost.
    pub(crate) fn goal(&self) -> u64 {
        let below = self.cost().saturating_sub(1);
        self.attainable.as_ref().map_or(below, |attainable| attainable.at_most(below))
    }

    pub(crate) fn done(&self) -> bool {
        !self.best.is_empty() && (self.cost() <= self.bound.cost || self.goal() < self.bound.cost)
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
