//! Tokens: the number of bins that a tier needs, as items.
//!
//! At least `n` bins cost no less than some floor, so `n` tokens without size, of which a bin takes one and only if it
//! costs so much, can be placed beside the items of any packing at no cost. The linear solution would hold a fraction of a
//! bin too few; with the tokens to place it does not.

use super::bounds::Bound;
use super::certificate::{Evidence, Part, Share};
use super::grades::GradeSet;
use super::reduce::{Filled, Instance, Kind};
use super::tiers::Tier;

/// An instance with tokens for its tiers, the last of its kinds.
pub(super) struct Extended<'a> {
    pub instance: Instance,
    whole: &'a Instance,
    tiers: &'a [Tier],
    bounds: &'a [Bound],
}

impl<'a> Extended<'a> {
    /// The instance with as many tokens for each tier as its bound says.
    pub(super) fn new(whole: &'a Instance, tiers: &'a [Tier], bounds: &'a [Bound]) -> Self {
        let mut instance = whole.clone();
        let real = whole.capacity.len();
        // A dimension for each tier has room for one token.
        instance.capacity.extend(tiers.iter().map(|_| 1));
        for kind in &mut instance.kinds {
            kind.size.resize(real + tiers.len(), 0);
        }
        let costs = whole.costs.all();
        for (at, (tier, bound)) in tiers.iter().zip(bounds).enumerate() {
            let mut size = vec![0; real + tiers.len()];
            size[real + at] = 1;
            let grades = GradeSet::of((0..costs.len()).filter(|&grade| costs[grade] >= tier.floor));
            instance.kinds.push(Kind { size, marks: Vec::new(), grades, count: bound.cost });
        }
        Self { instance, whole, tiers, bounds }
    }

    /// The bins with a token for each tier that they belong to.
    pub(super) fn with_tokens(&self, bins: &[Filled]) -> Vec<Filled> {
        let with = |(items, copies): &Filled| {
            let cost = self.whole.cost_of(items);
            let tokens = self.tiers.iter().enumerate().filter(|(_, tier)| tier.floor <= cost);
            let mut items = items.clone();
            items.extend(tokens.map(|(at, _)| (self.whole.kinds.len() + at, 1)));
            (items, *copies)
        };
        bins.iter().map(with).collect()
    }

    /// The bins without their tokens.
    pub(super) fn without_tokens(&self, bins: Vec<Filled>) -> Vec<Filled> {
        let real = |(mut items, copies): Filled| {
            items.retain(|&(kind, _)| kind < self.whole.kinds.len());
            (items, copies)
        };
        bins.into_iter().map(real).filter(|b| !b.0.is_empty()).collect()
    }

    /// A bound of the extended instance as one of the whole.
    pub(super) fn of_whole(&self, bound: Bound) -> Option<Bound> {
        let parts: Option<Vec<Part>> = bound.parts.into_iter().map(|part| self.part_of_whole(part)).collect();
        Some(Bound { cost: bound.cost, parts: parts? })
    }

    /// Evidence without tokens: what their weights prove comes from the bounds of the tiers. `None` if that overflows.
    fn part_of_whole(&self, part: Part) -> Option<Part> {
        let kinds = self.whole.kinds.len();
        if part.types.iter().all(|&k| k < kinds) {
            return Some(part);
        }
        let Evidence::Weights { denominator, weights } = part.evidence else {
            let types = part.types.into_iter().filter(|&k| k < kinds).collect();
            return Some(Part { types, evidence: part.evidence });
        };
        let (mut items, mut units) = ((Vec::new(), Vec::new()), vec![0; self.tiers.len()]);
        for (kind, weight) in part.types.into_iter().zip(weights) {
            match kind.checked_sub(kinds) {
                None => {
                    items.0.push(kind);
                    items.1.push(weight);
                }
                Some(tier) => units[tier] = weight,
            }
        }
        let shares = self.tiers.iter().zip(self.bounds).zip(&units).filter(|(_, unit)| **unit > 0);
        let mut shares: Vec<Share> = shares.map(|((tier, bound), &unit)| tier.share(self.whole, unit, bound)).collect();
        let left = |(grade, &cost): (usize, &u64)| {
            let counted: u64 = shares.iter().map(|share| share.unit * share.costs[grade]).sum();
            Some(denominator.checked_mul(cost)?.saturating_sub(counted))
        };
        let costs = self.whole.costs.all().iter().enumerate().map(left).collect::<Option<Vec<u64>>>()?;
        let evidence = Evidence::Weights { denominator: 1, weights: items.1 };
        shares.push(Share { unit: 1, costs, parts: vec![Part { types: items.0, evidence }] });
        let types = (0..kinds).collect();
        Some(Part { types, evidence: Evidence::Shares { denominator, shares } })
    }
}
