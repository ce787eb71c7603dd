//! Evidence of a lower bound, as data.

use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// Evidence that no packing has fewer bins than [`Certificate::bound`], checkable without trusting the solver.
///
/// The bounds of the parts add up because no bin counts for two of them: no feasible bin holds items with evidence
/// from two parts. With [`Evidence::Weights`] those are the types whose weight is not zero, with
/// [`Evidence::Search`] all the types of the part. [`check_certificate`](super::check_certificate) rechecks it.
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
    /// A weight for each entry of `types`, such that no feasible bin weighs more than the denominator. The items then
    /// need at least their total weight over the denominator, rounded up (the dual of Gilmore & Gomory, 1961).
    Weights {
        /// What no feasible bin exceeds.
        denominator: u64,
        /// The weight of one item of each type.
        weights: Vec<u64>,
    },
    /// An exhaustive search that found nothing with fewer bins. It can only be repeated.
    Search {
        /// What the search proved.
        bound: u64,
    },
}

impl Certificate {
    /// The number of bins that every packing of `problem` needs, if the evidence holds.
    pub fn bound(&self, problem: &Problem) -> u64 {
        self.parts.iter().map(|part| part.bound(problem)).fold(0, u64::saturating_add)
    }
}

impl Part {
    /// The number of bins that the items of this part need, if the evidence holds.
    pub fn bound(&self, problem: &Problem) -> u64 {
        match &self.evidence {
            Evidence::Search { bound } => *bound,
            Evidence::Weights { denominator, weights } => {
                let total = self
                    .types
                    .iter()
                    .zip(weights)
                    .filter_map(|(&index, &weight)| {
                        let count = problem.types.get(index)?.count;
                        Some(u128::from(weight) * u128::from(count))
                    })
                    .fold(0, u128::saturating_add);
                let bound = total.div_ceil(u128::from((*denominator).max(1)));
                u64::try_from(bound).unwrap_or(u64::MAX)
            }
        }
    }
}
