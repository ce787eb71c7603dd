//! Solving one component, layer by layer.

use std::time::Duration;

use super::bounds::{Bound, lower_bound};
use super::center::{Scoring, fill_by_bin};
use super::expand::expand;
use super::fill::{self, Choice};
use super::ilp::{self, Answer};
use super::outcome::{Control, Layer};
use super::patterns::maximal_patterns;
use super::reduce::{Filled, Instance, coarsen};

/// The best packing of a component, and the best bound.
#[derive(Clone, Debug, Default)]
pub(super) struct Solved {
    pub bins: Vec<Filled>,
    pub bound: Bound,
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
pub(super) fn solve_component(component: &Instance, control: &Control<'_>) -> Solved {
    // Labels and dimensions that mattered in the whole may be idle in the component.
    let reduced = coarsen(component, |_| true);
    let solved = solve_layers(&reduced.instance, control);
    let mut bound = solved.bound;
    for part in &mut bound.parts {
        lift_kinds(part, &reduced.members);
    }
    Solved { bins: expand(&solved.bins, &reduced.members), bound }
}

/// Turns the evidence for coarse kinds into evidence for their members.
pub(super) fn lift_kinds(part: &mut super::bounds::KindPart, members: &[Vec<(usize, u64)>]) {
    if let super::certificate::Evidence::Weights { weights, .. } = &mut part.evidence {
        *weights = part.kinds.iter().zip(weights.iter()).flat_map(|(&k, &w)| members[k].iter().map(move |_| w)).collect();
    }
    part.kinds = part.kinds.iter().flat_map(|&k| members[k].iter().map(|m| m.0)).collect();
}

fn solve_layers(instance: &Instance, control: &Control<'_>) -> Solved {
    let mut work = Work { instance, control, best: Vec::new(), bound: lower_bound(instance) };
    work.report(Layer::Bounds);
    fillings(&mut work);
    work.report(Layer::Filling);
    if !work.done() && !control.stopped() {
        enumerate(&mut work);
        work.report(Layer::Integer);
    }
    Solved { bins: work.best, bound: work.bound }
}

/// First-fit and best-fit in several orders, then bin by bin; the first always runs, so that there is an answer.
fn fillings(work: &mut Work<'_>) {
    for order in fill::orders(work.instance) {
        for choice in [Choice::First, Choice::Best] {
            work.offer(fill::fill(work.instance, &order, choice));
            if work.done() || work.control.stopped() {
                return;
            }
        }
    }
    for (scarcity, room) in [(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (0.0, 1.0), (1.0, 0.0), (1.0, 0.5)] {
        work.offer(fill_by_bin(work.instance, Scoring { scarcity, room }));
        if work.done() || work.control.stopped() {
            return;
        }
    }
}

/// More patterns than this are not listed.
const PATTERNS: usize = 2_000;

/// The integer program over all maximal patterns, when they are few.
fn enumerate(work: &mut Work<'_>) {
    let instance = work.instance;
    let Some(patterns) = maximal_patterns(instance, PATTERNS) else {
        return;
    };
    let choices: Vec<ilp::Choice> =
        patterns.iter().map(|p| ilp::Choice { cost: 1, covers: p.iter().map(|&(k, n)| (k, u64::from(n))).collect() }).collect();
    let demand: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let most = count(&work.best) - 1;
    let limits = (work.bound.bins, most);
    let limit = Duration::from_secs(20);
    match ilp::cover(&demand, &choices, limits, None, work.control, limit) {
        Answer::Best(uses) => {
            let bins = trim(instance, &patterns, &uses);
            work.offer(bins);
            let bound = Bound::of_search(instance, count(&work.best));
            work.bound.raise(bound);
        }
        Answer::Found(uses) => work.offer(trim(instance, &patterns, &uses)),
        Answer::None => {
            let bound = Bound::of_search(instance, most + 1);
            work.bound.raise(bound);
        }
        Answer::Unknown => {}
    }
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
                .filter(|&&(k, n)| left[k] >= u64::from(n))
                .map(|&(k, n)| left[k] / u64::from(n))
                .min()
                .unwrap_or(1)
                .clamp(1, open);
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
