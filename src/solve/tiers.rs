//! Tiers: the items that need a bin of at least some cost, counted without regard to what else bins cost.
//!
//! The bins that cost at least `t` are no fewer than the items that cost at least `t` alone need by number. So the cost
//! is at least the sum, over the costs `t` that occur, of that number times the step from the next lower cost.

use super::bounds::Bound;
use super::certificate::{Evidence, Part, Share};
use super::grades::Costs;
use super::reduce::Instance;

/// The kinds that need a bin of at least some cost.
#[derive(Clone, Debug)]
pub(super) struct Tier {
    /// What the bins cost at least.
    pub floor: u64,
    /// By how much that is more than in the tier below.
    step: u64,
    kinds: Vec<usize>,
    /// The problem of the fewest bins for them.
    pub instance: Instance,
}

/// The tiers of an instance, the one with all the kinds first.
pub(super) fn tiers(instance: &Instance) -> Vec<Tier> {
    let alone: Vec<u64> = instance.kinds.iter().map(|k| instance.costs.of(k.grades)).collect();
    let mut floors = alone.clone();
    floors.sort_unstable();
    floors.dedup();
    let below = std::iter::once(0).chain(floors.iter().copied());
    let tier = |(&floor, below): (&u64, u64)| {
        let kinds: Vec<usize> = (0..alone.len()).filter(|&k| alone[k] >= floor).collect();
        let mut counted = instance.part(&kinds);
        counted.costs = Costs::new(vec![1; instance.costs.all().len()]);
        Tier { floor, step: floor - below, kinds, instance: counted }
    };
    floors.iter().zip(below).map(tier).collect()
}

/// The bound that follows from a number of bins for each tier.
pub(super) fn stacked(instance: &Instance, tiers: &[Tier], bounds: &[Bound]) -> Bound {
    let share = |(tier, bound): (&Tier, &Bound)| tier.share(instance, tier.step, bound);
    let cost = tiers.iter().zip(bounds).map(|(tier, bound)| tier.step * bound.cost).sum();
    let shares = tiers.iter().zip(bounds).map(share).collect();
    let types: Vec<usize> = (0..instance.kinds.len()).collect();
    let cost = instance.round_up(cost, &types);
    Bound { cost, parts: vec![Part { types, evidence: Evidence::Shares { denominator: 1, shares } }] }
}

impl Tier {
    /// The number of its bins, so many times, as evidence about the whole instance.
    pub(super) fn share(&self, whole: &Instance, unit: u64, bound: &Bound) -> Share {
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
