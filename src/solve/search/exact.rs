//! The layered solver: bounds and fillings first, then the linear bound, then search; it stops at the first proof.

use rayon::prelude::*;
use std::collections::BTreeMap;

use crate::solve::problem::certificate::{Certificate, Evidence, Part};
use crate::solve::problem::components::components;
use crate::solve::problem::expansion::expand;
use crate::solve::problem::instance::Filled;
use crate::solve::problem::outcome::{Control, Outcome, Solver, Yields};
use crate::solve::problem::packing::Packing;
use crate::solve::problem::reduction::{Reduced, reduce};
use crate::solve::problem::statement::{Problem, SolveError};
use crate::solve::search::layers::{Depth, solve_component};
use crate::solve::search::program::Effort;
use crate::solve::search::soft_labels::grant;

/// The exact solver, in layers; each gives evidence, and the first proof ends the work.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    effort: Effort,
}

impl Default for Exact {
    fn default() -> Self {
        Self { effort: Effort::MUCH }
    }
}

impl Exact {
    /// How far a single integer program may go, whatever the deadline.
    #[must_use]
    pub fn with_effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }
}

impl Solver for Exact {
    fn solve(&self, problem: &Problem, control: &Control<'_>) -> Result<Outcome, SolveError> {
        problem.validate()?;
        let parts: Vec<(Packed, bool)> = pack_parts(problem, Depth::Search(self.effort), control)
            .into_par_iter()
            .map(|part| self.grant(problem, part, control))
            .collect();

        let soft_labels_proven = parts.iter().all(|p| p.1);
        let (mut bins, mut certificate) = (Vec::new(), Certificate::default());
        for (part, _) in parts {
            bins.extend(part.bins);
            certificate.parts.extend(part.evidence);
        }
        let packing =
            Packing::from_bins(bins.into_iter().map(|(items, copies)| (items, u32::try_from(copies).unwrap_or(u32::MAX))));
        let bound = certificate.bound(problem);
        let cost = packing.cost(problem);
        let proven = bound >= cost;
        let soft_labels = Yields { total: packing.yielded(problem), proven: proven && soft_labels_proven };
        Ok(if proven {
            Outcome::Proven { packing, cost, certificate, bound, soft_labels }
        } else {
            Outcome::Gap { packing, cost, certificate, bound, soft_labels }
        })
    }
}

impl Exact {
    /// Grants what soft labels can be in one part; whether no more can.
    fn grant(&self, problem: &Problem, mut part: Packed, control: &Control<'_>) -> (Packed, bool) {
        let types: Vec<usize> = part.types.clone();
        if types.iter().all(|&t| problem.types[t].soft_labels.is_empty()) {
            return (part, true);
        }
        let alone = Problem {
            capacity: problem.capacity.clone(),
            bin_types: problem.bin_types.clone(),
            types: types.iter().map(|&t| problem.types[t].clone()).collect(),
        };
        let place: BTreeMap<usize, usize> = types.iter().copied().zip(0..).collect();
        let bins = renumber(part.bins, |t| place[&t]);
        let (bins, proven) = grant(&alone, bins, &|harder| pack(harder, Depth::Dive, control), self.effort, control);
        part.bins = renumber(bins, |t| types[t]);
        (part, proven)
    }
}

/// A part of the problem that shares no bin with another, packed; in item types.
struct Packed {
    types: Vec<usize>,
    bins: Vec<Filled>,
    evidence: Vec<Part>,
}

/// Packs a valid problem, soft labels aside.
fn pack(problem: &Problem, depth: Depth, control: &Control<'_>) -> Vec<Filled> {
    let parts = pack_parts(problem, depth, control);
    parts.into_iter().flat_map(|p| p.bins).collect()
}

fn pack_parts(problem: &Problem, depth: Depth, control: &Control<'_>) -> Vec<Packed> {
    let reduced = reduce(problem);
    components(&reduced.instance)
        .par_iter()
        .map(|kinds| {
            if let Some(alone) = alone(&reduced, kinds) {
                return alone;
            }
            let part = reduced.of(kinds);
            let solved = solve_component(&part.instance, part.unit, depth, control);
            let mut types: Vec<usize> = part.members.iter().flatten().map(|m| m.0).collect();
            types.sort();
            Packed { types, bins: expand(&solved.bins, &part.members), evidence: part.lift(solved.bound).parts }
        })
        .collect()
}

/// A single item in a bin of its own: there may be a million of them, and nothing to solve.
fn alone(reduced: &Reduced, kinds: &[usize]) -> Option<Packed> {
    let &[kind] = kinds else { return None };
    let [(item_type, 1)] = reduced.members[kind].as_slice() else { return None };
    let evidence = Evidence::Weights { denominator: 1, weights: vec![1] };
    let part = Part { types: vec![*item_type], evidence };
    let plain = reduced.instance.costs.are_one() && reduced.unit == 1;
    let types = vec![*item_type];
    plain.then(|| Packed { types, bins: vec![(vec![(*item_type, 1)], 1)], evidence: vec![part] })
}

fn renumber(bins: Vec<Filled>, number: impl Fn(usize) -> usize) -> Vec<Filled> {
    bins.into_iter().map(|(items, copies)| (items.into_iter().map(|(t, n)| (number(t), n)).collect(), copies)).collect()
}
