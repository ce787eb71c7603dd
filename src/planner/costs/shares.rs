//! Who pays how much of a resource: its cost is divided by the use of its binding capacity, the one most used.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::merge::{Kept, Merger};
use crate::model::{dimensions, size_of};
use crate::planner::draft::{Draft, Solved};
use crate::prices::{Amount, split};
use crate::verify::recount;

/// Amounts by component.
pub(super) type Shares = BTreeMap<u32, Amount>;

/// How much the owners on each resource use of what binds it, by rank of the resource.
pub(super) struct Weights(Vec<Vec<(u32, u64)>>);

impl Weights {
    pub(super) fn new(draft: &Draft<'_>) -> Self {
        let of_group = draft.solved.iter().map(|solved| Of::new(solved, draft)).collect::<Vec<_>>();
        Self(draft.resources.iter().map(|resource| of_group[resource.solved].weights(resource.bin)).collect())
    }

    /// Divides an amount among the components of a resource. What a resource pays for another, the components on it pay.
    pub(super) fn divide(&self, draft: &Draft<'_>, rank: usize, amount: Amount, shares: &mut Shares) {
        let weights: Vec<Decimal> = self.0[rank].iter().map(|(_, weight)| Decimal::from(*weight)).collect();
        for ((owner, _), part) in self.0[rank].iter().zip(split(amount, &weights)) {
            match draft.owning.get(owner) {
                Some(payer) => self.divide(draft, *payer, part, shares),
                None => *shares.entry(*owner).or_default() += part,
            }
        }
    }
}

/// What is needed to weigh the owners of a group's resources.
struct Of<'d> {
    solved: &'d Solved<'d>,
    draft: &'d Draft<'d>,
    dimensions: Vec<crate::model::Dimension<'d>>,
}

impl<'d> Of<'d> {
    fn new(solved: &'d Solved<'d>, draft: &'d Draft<'d>) -> Self {
        Self { solved, draft, dimensions: dimensions(&solved.group, draft.estate) }
    }

    fn weights(&self, bin: usize) -> Vec<(u32, u64)> {
        let Solved { group, placed, .. } = self.solved;
        let usage = &placed.usage[bin];
        // The most used one, of equals the first; compared without dividing.
        let binding = self.dimensions.iter().enumerate().filter(|(d, _)| usage[*d] > 0).reduce(|best, next| {
            let of = |(d, dimension): (usize, &crate::model::Dimension<'_>)| (u128::from(usage[d]), u128::from(dimension.limit));
            let ((used, limit), (next_used, next_limit)) = (of(best), of(next));
            if next_used * limit > used * next_limit { next } else { best }
        });
        let mut weights: Vec<(u32, u64)> = Vec::new();
        for portion in &placed.bins[bin] {
            let weight = match (binding, &portion.only) {
                (None, _) => 0,
                (Some((_, dimension)), None) => size_of(group, dimension, portion.need),
                (Some((_, dimension)), Some(_)) => {
                    let on_conflict = self.draft.estate.settings.on_conflict;
                    let merger = Merger::new(group, &self.draft.owners, on_conflict);
                    let portions = std::slice::from_ref(portion);
                    recount::used(group, portions, &merger.merge(portions, &Kept::default()).config, dimension.capacity)
                }
            };
            let owner = group.needs[portion.need].owner;
            match weights.last_mut().filter(|(last, _)| *last == owner) {
                Some((_, sum)) => *sum += weight,
                None => weights.push((owner, weight)),
            }
        }
        weights
    }
}
