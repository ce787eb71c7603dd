//! Tiers: the items that need a bin of at least some cost, counted without regard to what else bins cost.
//!
//! The bins that cost at least `t` are no fewer than the items that cost at least `t` alone need by number. So the cost
//! is at least the sum, over the costs `t` that occur, of that number times the step from the next lower cost.

use crate::solve::problem::bin_types::Costs;
use crate::solve::problem::bound::Bound;
use crate::solve::problem::certificate::{Evidence, Part, Share};
use crate::solve::problem::incumbent::Attainable;
use crate::solve::problem::instance::Instance;

/// The kinds that need a bin of at least some cost.
#[derive(Clone, Debug)]
pub(crate) struct CostLevel {
    /// What the bins cost at least.
    pub floor: u64,
    /// By how much that is more than in the level below.
    step: u64,
    kinds: Vec<usize>,
    /// The problem of the fewest bins for them.
    pub instance: Instance,
}

/// The cost levels of an instance, the one with all the kinds first.
pub(crate) fn cost_levels(instance: &Instance) -> Vec<CostLevel> {
    let alone: Vec<u64> = instance.kinds.iter().map(|k| instance.costs.of(k.bin_types)).collect();
    let mut floors = alone.clone();
    floors.sort_unstable();
    floors.dedup();
    let below = std::iter::once(0).chain(floors.iter().copied());
    let level = |(&floor, below): (&u64, u64)| {
        let kinds: Vec<usize> = (0..alone.len()).filter(|&k| alone[k] >= floor).collect();
        let mut counted = instance.part(&kinds);
        counted.costs = Costs::new(vec![1; instance.costs.all().len()]);
        CostLevel { floor, step: floor - below, kinds, instance: counted }
    };
    floors.iter().zip(below).map(level).collect()
}

/// The costs of bins, each once, in rising order.
pub(crate) fn distinct_costs(instance: &Instance) -> Vec<u64> {
    let mut costs = instance.costs.all().to_vec();
    costs.dedup();
    costs
}

/// For each distinct cost, the fewest bins of at least that cost.
pub(crate) fn fewest_bins(cost_levels: &[CostLevel], bounds: &[Bound], instance: &Instance) -> Vec<u64> {
    // What needs a bin of at least a cost is the level with the next floor.
    let bins =
        |cost: u64| cost_levels.iter().zip(bounds).find(|(level, _)| level.floor >= cost).map_or(0, |(_, bound)| bound.cost);
    distinct_costs(instance).into_iter().map(bins).collect()
}

/// The costs up to `most` that packings can have which have so many bins of each level: with another bin of at least some cost,
/// the total rises by the step from the next lower cost.
pub(crate) fn attainable(cost_levels: &[CostLevel], bounds: &[Bound], instance: &Instance, most: u64) -> Option<Attainable> {
    let costs = distinct_costs(instance);
    let below = std::iter::once(0).chain(costs.iter().copied());
    let steps: Vec<u64> = costs.iter().zip(below).map(|(cost, below)| cost - below).collect();
    let bins = fewest_bins(cost_levels, bounds, instance);
    let base = bins.iter().zip(&steps).map(|(bins, step)| step.saturating_mul(*bins)).fold(0, u64::saturating_add);
    Attainable::new(base, &steps, most)
}

/// The bound that follows from a number of bins for each level.
pub(crate) fn stacked(instance: &Instance, cost_levels: &[CostLevel], bounds: &[Bound]) -> Bound {
    let share = |(level, bound): (&CostLevel, &Bound)| level.share(instance, level.step, bound);
    let cost = cost_levels.iter().zip(bounds).map(|(level, bound)| level.step * bound.cost).sum();
    let shares = cost_levels.iter().zip(bounds).map(share).collect();
    let types: Vec<usize> = (0..instance.kinds.len()).collect();
    let cost = instance.round_up(cost, &types);
    Bound { cost, parts: vec![Part { types, evidence: Evidence::Shares { denominator: 1, shares } }] }
}

impl CostLevel {
    /// The number of its bins, so many times, as evidence about the whole instance.
    pub(crate) fn share(&self, whole: &Instance, unit: u64, bound: &Bound) -> Share {
        Share {
            unit,
            costs: whole.costs.all().iter().map(|&cost| u64::from(cost >= self.floor)).collect(),
            parts: bound.parts.iter().map(|part| self.of_whole(part)).collect(),
        }
    }

    /// A part of the evidence, in kinds of the whole instance.
    fn of_whole(&self, part: &Part) -> Part {
        let evidence = match &part.evidence {
            Evidence::Shares { denominator, shares } => {
                let lifted = |share: &Share| Share {
                    parts: share.parts.iter().map(|part| self.of_whole(part)).collect(),
                    ..share.clone()
                };
                Evidence::Shares { denominator: *denominator, shares: shares.iter().map(lifted).collect() }
            }
            other => other.clone(),
        };
        Part { types: part.types.iter().map(|&k| self.kinds[k]).collect(), evidence }
    }
}
