//! Bound constraints: the number of bins that a level needs, as items.
//!
//! At least `n` bins cost no less than some floor, so `n` dummies without size, of which a bin takes one and only if it
//! costs so much, can be placed beside the items of any packing at no cost. The linear solution would hold a fraction of a
//! bin too few; with the dummies to place it does not.

use crate::solve::bounds::cost_levels::CostLevel;
use crate::solve::problem::bin_types::BinTypes;
use crate::solve::problem::bound::Bound;
use crate::solve::problem::certificate::{Evidence, Part, Share};
use crate::solve::problem::instance::{Filled, Instance, Kind};

/// An instance with dummies for its cost levels, the last of its kinds.
pub(crate) struct BoundConstrained<'a> {
    pub instance: Instance,
    whole: &'a Instance,
    cost_levels: &'a [CostLevel],
    bounds: &'a [Bound],
}

impl<'a> BoundConstrained<'a> {
    /// The instance with as many dummies for each level as its bound says.
    pub(crate) fn new(whole: &'a Instance, cost_levels: &'a [CostLevel], bounds: &'a [Bound]) -> Self {
        let mut kinds = whole.kinds.clone();
        let real = whole.capacity.len();
        // A dimension for each level has room for one dummy.
        for kind in &mut kinds {
            kind.size.resize(real + cost_levels.len(), 0);
        }
        let costs = whole.costs.all();
        for (at, (level, bound)) in cost_levels.iter().zip(bounds).enumerate() {
            let mut size = vec![0; real + cost_levels.len()];
            size[real + at] = 1;
            let bin_types = BinTypes::of((0..costs.len()).filter(|&bin_type| costs[bin_type] >= level.floor));
            kinds.push(Kind { size, labels: Vec::new(), bin_types, count: bound.cost });
        }
        let mut instance = whole.with_kinds(kinds);
        let capacities = std::iter::once(&mut instance.capacity).chain(&mut instance.capacities);
        capacities.for_each(|capacity| capacity.extend(cost_levels.iter().map(|_| 1)));
        Self { instance, whole, cost_levels, bounds }
    }

    /// The bins with a dummy for each level that they belong to.
    pub(crate) fn with_dummies(&self, bins: &[Filled]) -> Vec<Filled> {
        let with = |(items, copies): &Filled| {
            let cost = self.whole.cost_of(items);
            let dummies = self.cost_levels.iter().enumerate().filter(|(_, level)| level.floor <= cost);
            let mut items = items.clone();
            items.extend(dummies.map(|(at, _)| (self.whole.kinds.len() + at, 1)));
            (items, *copies)
        };
        bins.iter().map(with).collect()
    }

    /// The bins without their dummies.
    pub(crate) fn without_dummies(&self, bins: Vec<Filled>) -> Vec<Filled> {
        let real = |(mut items, copies): Filled| {
            items.retain(|&(kind, _)| kind < self.whole.kinds.len());
            (items, copies)
        };
        bins.into_iter().map(real).filter(|b| !b.0.is_empty()).collect()
    }

    /// A bound of the extended instance as one of the whole.
    pub(crate) fn of_whole(&self, bound: Bound) -> Option<Bound> {
        let parts: Option<Vec<Part>> = bound.parts.into_iter().map(|part| self.part_of_whole(part)).collect();
        Some(Bound { cost: bound.cost, parts: parts? })
    }

    /// Evidence without dummies: what their weights prove comes from the bounds of the cost levels. `None` if that overflows.
    fn part_of_whole(&self, part: Part) -> Option<Part> {
        let kinds = self.whole.kinds.len();
        if part.types.iter().all(|&k| k < kinds) {
            return Some(part);
        }
        let Evidence::Weights { denominator, weights } = part.evidence else {
            let types = part.types.into_iter().filter(|&k| k < kinds).collect();
            return Some(Part { types, evidence: part.evidence });
        };
        let (mut items, mut units) = ((Vec::new(), Vec::new()), vec![0; self.cost_levels.len()]);
        for (kind, weight) in part.types.into_iter().zip(weights) {
            match kind.checked_sub(kinds) {
                None => {
                    items.0.push(kind);
                    items.1.push(weight);
                }
                Some(level) => units[level] = weight,
            }
        }
        let shares = self.cost_levels.iter().zip(self.bounds).zip(&units).filter(|(_, unit)| **unit > 0);
        let mut shares: Vec<Share> = shares.map(|((level, bound), &unit)| level.share(self.whole, unit, bound)).collect();
        let left = |(bin_type, &cost): (usize, &u64)| {
            let counted: u64 = shares.iter().map(|share| share.unit * share.costs[bin_type]).sum();
            Some(denominator.checked_mul(cost)?.saturating_sub(counted))
        };
        let costs = self.whole.costs.all().iter().enumerate().map(left).collect::<Option<Vec<u64>>>()?;
        let evidence = Evidence::Weights { denominator: 1, weights: items.1 };
        shares.push(Share { unit: 1, costs, parts: vec![Part { types: items.0, evidence }] });
        let types = (0..kinds).collect();
        Some(Part { types, evidence: Evidence::Shares { denominator, shares } })
    }
}
