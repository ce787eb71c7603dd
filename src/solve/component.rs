//! Solving one component, layer by layer.

use std::time::Duration;

use super::bounds::{Bound, KindPart, lower_bound};
use super::certificate::Evidence;
use super::columns::Relaxation;
use super::dive::dive;
use super::expand::expand;
use super::outcome::{Control, Layer};
use super::portfolio::fillings;
use super::random::Random;
use super::reduce::{Filled, Instance, coarsen};
use super::relax::{deal, relaxed};
use super::search::search;

/// The best packing of a component, and the best bound.
#[derive(Clone, Debug, Default)]
pub(super) struct Solved {
    pub bins: Vec<Filled>,
    pub bound: Bound,
}

/// How far to go for a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Bounds, fillings, the linear bound and dives.
    Dive,
    /// Search as well, each integer program for at most so long.
    Search(Duration),
}

/// The work on one instance: the incumbent and the bound.
pub(super) struct Work<'a> {
    pub instance: &'a Instance,
    pub control: &'a Control<'a>,
    pub best: Vec<Filled>,
    pub bound: Bound,
}

pub(super) fn count(bins: &[Filled]) -> u64 {
    bins.iter().map(|b| b.1).sum()
}

impl Work<'_> {
    pub(super) fn done(&self) -> bool {
        !self.best.is_empty() && count(&self.best) <= self.bound.bins
    }

    /// Keeps a packing that is better than the incumbent.
    pub(super) fn offer(&mut self, bins: Vec<Filled>) {
        if self.best.is_empty() || count(&bins) < count(&self.best) {
            self.best = bins;
        }
    }

    pub(super) fn report(&self, layer: Layer) {
        self.control.report(layer, count(&self.best), self.bound.bins);
    }
}

/// Solves a component.
pub(super) fn solve_component(component: &Instance, depth: Depth, control: &Control<'_>) -> Solved {
    // Labels and dimensions that mattered in the whole may be idle in the component.
    let reduced = coarsen(component, |_| true);
    let solved = solve_layers(&reduced.instance, depth, control);
    let mut bound = solved.bound;
    for part in &mut bound.parts {
        lift_kinds(part, &reduced.members);
    }
    Solved { bins: expand(&solved.bins, &reduced.members), bound }
}

/// Turns the evidence for coarse kinds into evidence for their members.
pub(super) fn lift_kinds(part: &mut KindPart, members: &[Vec<(usize, u64)>]) {
    if let Evidence::Weights { weights, .. } = &mut part.evidence {
        *weights = part.kinds.iter().zip(weights.iter()).flat_map(|(&k, &w)| members[k].iter().map(move |_| w)).collect();
    }
    part.kinds = part.kinds.iter().flat_map(|&k| members[k].iter().map(|m| m.0)).collect();
}

fn solve_layers(instance: &Instance, depth: Depth, control: &Control<'_>) -> Solved {
    let mut work = Work { instance, control, best: Vec::new(), bound: lower_bound(instance) };
    work.report(Layer::Bounds);
    if instance.has_marks() {
        without_sparse(&mut work);
    }
    if !work.done() {
        fillings(&mut work);
        work.report(Layer::Filling);
    }
    if !work.done()
        && !control.stopped()
        && let Some(mut root) = columns(&mut work)
        && let Depth::Search(limit) = depth
    {
        search(&mut work, &mut root, limit);
    }
    Solved { bins: work.best, bound: work.bound }
}

/// The instance without exclusions that concern few items, where it is much smaller: its bound holds, and its packing
/// may be dealt out so that it respects them.
fn without_sparse(work: &mut Work<'_>) {
    let Some(relaxed) = relaxed(work.instance) else {
        return;
    };
    let mut solved = solve_layers(&relaxed.instance, Depth::Dive, work.control);
    for part in &mut solved.bound.parts {
        lift_kinds(part, &relaxed.members);
    }
    work.bound.raise(solved.bound);
    if let Some(bins) = deal(work.instance, &relaxed, &solved.bins) {
        work.offer(bins);
    }
    work.report(Layer::Diving);
}

/// Larger instances are left to the fillings: the master needs the square of it.
const KINDS: usize = 2_500;
/// Dives from the root before another layer has its turn.
const DIVES: u64 = 20;

/// The linear bound, and dives from its solution.
fn columns<'a>(work: &mut Work<'a>) -> Option<Relaxation<'a>> {
    if work.instance.kinds.len() > KINDS {
        return None;
    }
    let mut root = Relaxation::new(work.instance, &work.best);
    root.solve(&mut work.bound, count(&work.best), false, work.control);
    work.report(Layer::Columns);
    let mut random = Random::new(1);
    for round in 0..DIVES {
        if work.done() || work.control.stopped() {
            break;
        }
        let target = work.bound.bins;
        let accepted = count(&work.best) - 1;
        let found = dive(&root, target, accepted, round, &mut random, work.control);
        if let Some(bins) = found {
            work.offer(bins);
        }
        work.report(Layer::Diving);
    }
    Some(root)
}

/// Bins from a cover: what is covered too often is left out, and bins left empty are dropped.
pub(super) fn trim(instance: &Instance, patterns: &[Vec<(usize, u32)>], uses: &[u64]) -> Vec<Filled> {
    let mut left: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let mut bins = Vec::new();
    for (pattern, &uses) in patterns.iter().zip(uses) {
        let mut open = uses;
        while open > 0 {
            let batch = pattern
                .iter()
                .filter(|i| left[i.0] > 0)
                .map(|&(k, n)| (left[k] / u64::from(n)).max(1))
                .min()
                .unwrap_or(1)
                .min(open);
            let mut items = Vec::new();
            for &(kind, each) in pattern {
                let taken = left[kind].min(u64::from(each) * batch);
                let each = taken / batch;
                left[kind] -= each * batch;
                if each > 0 {
                    items.push((kind, u32::try_from(each).unwrap_or(u32::MAX)));
                }
            }
            if items.is_empty() {
                break;
            }
            bins.push((items, batch));
            open -= batch;
        }
    }
    bins
}
