//! Evidence of a lower bound, as data.

use serde::{Deserialize, Serialize};

use crate::solve::problem::statement::{ItemType, Problem};
use crate::solve::problem::sums::least_sum;

/// Evidence that no packing costs less than [`Certificate::bound`], checkable without trusting the solver. Where no
/// bin types are stated, every bin costs one.
///
/// The bounds of the parts add up because no bin counts for two of them: no feasible bin holds items with evidence
/// from two parts. With [`Evidence::Weights`] those are the types whose weight is not zero, with the others all the types
/// of the part. [`check_certificate`](crate::solve::check_certificate) rechecks it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Parts of the problem that never share a bin.
    pub parts: Vec<Part>,
}

/// The evidence for some of the item types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Indices of the item types.
    pub types: Vec<usize>,
    /// What proves the bound.
    pub evidence: Evidence,
}

/// What proves the bound of a [`Part`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Evidence {
    /// A weight for each entry of `types`, such that no feasible bin weighs more than the denominator times what it
    /// costs. The items then cost at least their total weight over the denominator, rounded up (the dual of Gilmore &
    /// Gomory, 1961).
    Weights {
        /// What no feasible bin exceeds for each unit of its cost.
        denominator: u64,
        /// The weight of one item of each type.
        weights: Vec<u64>,
    },
    /// An exhaustive search that found nothing cheaper. It can only be repeated.
    Search {
        /// What the search proved.
        bound: u64,
    },
    /// Bounds at other costs, of which the bins' own costs are a sum: for no bin type that may hold an item of the part do
    /// the shares sum to more than the denominator times its cost. The items then cost at least the sum of what the
    /// shares prove over the denominator, rounded up.
    ///
    /// So what is rounded up in a share stays so: with a share that counts one for each bin of the dearest bin type,
    /// whole bins of it are counted.
    Shares {
        /// What the sum of the shares is divided by.
        denominator: u64,
        /// The shares.
        shares: Vec<Share>,
    },
}

/// A bound at costs of its own, some number of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// How many times the costs count.
    pub unit: u64,
    /// What a bin of each bin type costs here; may be nothing.
    pub costs: Vec<u64>,
    /// The evidence at these costs: parts that never share a bin, of types of the part that this belongs to.
    pub parts: Vec<Part>,
}

impl Certificate {
    /// What every packing of `problem` costs at least, if the evidence holds.
    pub fn bound(&self, problem: &Problem) -> u64 {
        total(&self.parts, problem, &problem.costs())
    }
}

impl Part {
    /// What the items of this part cost at least, if the evidence holds: what it says, rounded up to a sum of costs that
    /// bins with these items may have, if one is found soon.
    pub fn bound(&self, problem: &Problem) -> u64 {
        self.bound_at(problem, &problem.costs())
    }

    fn bound_at(&self, problem: &Problem, costs: &[u64]) -> u64 {
        let types = || self.types.iter().filter_map(|&index| problem.types.get(index));
        let bound = match &self.evidence {
            Evidence::Search { bound } => return *bound,
            Evidence::Weights { denominator, weights } => {
                let weigh = |(item, &weight): (&ItemType, &u64)| u128::from(weight) * u128::from(item.count);
                let all = types().zip(weights).map(weigh).fold(0, u128::saturating_add);
                all.div_ceil(u128::from((*denominator).max(1)))
            }
            Evidence::Shares { denominator, shares } => {
                let prove = |share: &Share| u128::from(share.unit) * u128::from(total(&share.parts, problem, &share.costs));
                shares.iter().map(prove).fold(0, u128::saturating_add).div_ceil(u128::from((*denominator).max(1)))
            }
        };
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        let open = |bin_type: &usize| types().any(|item| item.count > 0 && problem.holds(*bin_type, item));
        least_sum(bound, (0..costs.len()).filter(open).map(|bin_type| costs[bin_type]))
    }
}

fn total(parts: &[Part], problem: &Problem, costs: &[u64]) -> u64 {
    parts.iter().map(|part| part.bound_at(problem, costs)).fold(0, u64::saturating_add)
}
