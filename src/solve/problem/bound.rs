//! A proven bound, with its evidence.

use crate::solve::problem::certificate::{Evidence, Part};
use crate::solve::problem::instance::Instance;

/// A proven cost, with its evidence; the types of the parts are kinds of an instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bound {
    pub cost: u64,
    pub parts: Vec<Part>,
}

impl Bound {
    /// The bound of one weight for every kind.
    pub(crate) fn of_weights(instance: &Instance, denominator: u64, weights: Vec<u64>) -> Self {
        let total: u128 = instance.kinds.iter().zip(&weights).map(|(k, &w)| u128::from(w) * u128::from(k.count)).sum();
        let cost = u64::try_from(total.div_ceil(u128::from(denominator.max(1)))).unwrap_or(0);
        let types: Vec<usize> = (0..weights.len()).filter(|&k| weights[k] > 0).collect();
        let cost = instance.round_up(cost, &types);
        let weights = types.iter().map(|&k| weights[k]).collect();
        Self { cost, parts: vec![Part { types, evidence: Evidence::Weights { denominator, weights } }] }
    }

    /// The bound of an exhaustive search of the whole instance.
    pub(crate) fn of_search(instance: &Instance, bound: u64) -> Self {
        let types = (0..instance.kinds.len()).collect();
        Self { cost: bound, parts: vec![Part { types, evidence: Evidence::Search { bound } }] }
    }

    pub(crate) fn raise(&mut self, other: Self) {
        if other.cost > self.cost {
            *self = other;
        }
    }
}
