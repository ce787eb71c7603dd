//! The layered solver: bounds and fillings first, then the linear bound, then search; it stops at the first proof.

use rayon::prelude::*;

use super::bounds::Bound;
use super::certificate::{Certificate, Evidence, Part};
use super::component::{Solved, solve_component};
use super::components::components;
use super::expand::expand;
use super::outcome::{Control, Outcome, Solver, Yields};
use super::packing::Packing;
use super::problem::{Problem, SolveError};
use super::reduce::{Filled, Reduced, reduce};

/// The exact solver, in layers; each gives evidence, and the first proof ends the work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exact;

impl Solver for Exact {
    fn solve(&self, problem: &Problem, control: &Control<'_>) -> Result<Outcome, SolveError> {
        problem.validate()?;
        let reduced = reduce(problem);
        let parts = components(&reduced.instance);
        let solved: Vec<Solved> = parts.par_iter().map(|kinds| solve_component(&reduced.instance.part(kinds), control)).collect();

        let mut bins: Vec<Filled> = Vec::new();
        let mut certificate = Certificate::default();
        for (kinds, solved) in parts.iter().zip(solved) {
            let numbered = solved.bins.into_iter().map(|(items, copies)| {
                let items = items.into_iter().map(|(k, n)| (kinds[k], n)).collect();
                (items, copies)
            });
            bins.extend(numbered);
            certificate.parts.extend(lift(&reduced, kinds, solved.bound));
        }
        let bins = expand(&bins, &reduced.members);
        let packing =
            Packing::from_bins(bins.into_iter().map(|(items, copies)| (items, u32::try_from(copies).unwrap_or(u32::MAX))));
        let bound = certificate.bound(problem);
        let total = packing.yielded(problem);
        let wishes = Yields { total, proven: total == 0 };
        Ok(if bound >= packing.bins() {
            Outcome::Proven { packing, certificate, bound, wishes }
        } else {
            Outcome::Gap { packing, certificate, bound, wishes }
        })
    }
}

/// The evidence of a component, in item types.
fn lift<'a>(reduced: &'a Reduced, kinds: &'a [usize], bound: Bound) -> impl Iterator<Item = Part> + 'a {
    bound.parts.into_iter().map(move |part| {
        let members = |k: usize| reduced.members[kinds[k]].iter().map(|m| m.0);
        let evidence = match part.evidence {
            Evidence::Search { bound } => Evidence::Search { bound },
            Evidence::Weights { denominator, weights } => Evidence::Weights {
                denominator,
                weights: part.kinds.iter().zip(&weights).flat_map(|(&k, &w)| members(k).map(move |_| w)).collect(),
            },
        };
        Part { types: part.kinds.iter().flat_map(|&k| members(k)).collect(), evidence }
    })
}
