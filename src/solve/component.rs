//! Solving one component, layer by layer.

use super::bounds::{Bound, lower_bound};
use super::columns::Relaxation;
use super::components::components;
use super::dive::dive;
use super::expand::expand;
use super::outcome::{Control, Layer};
use super::portfolio::fillings;
use super::program::Effort;
use super::random::Random;
use super::reduce::{Filled, Instance, Reduced, coarsen};
use super::relax::{deal, relaxed};
use super::search::search;
use super::tiers::{Tier, stacked, tiers};
use super::tokens::Extended;

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
    /// Search as well, each integer program with this effort.
    Search(Effort),
}

/// The work on one instance: the incumbent and the bound.
pub(super) struct Work<'a> {
    pub instance: &'a Instance,
    pub control: &'a Control<'a>,
    pub best: Vec<Filled>,
    pub bound: Bound,
    /// What a cost of one stands for in what is reported.
    pub unit: u64,
    /// How many of the kinds, from the first on, are of items that have to be placed; the others are tokens.
    pub real: usize,
}

pub(super) fn count(bins: &[Filled]) -> u64 {
    bins.iter().map(|b| b.1).sum()
}

impl Work<'_> {
    /// What the incumbent costs.
    pub(super) fn cost(&self) -> u64 {
        self.instance.cost(&self.best)
    }

    pub(super) fn done(&self) -> bool {
        !self.best.is_empty() && self.cost() <= self.bound.cost
    }

    /// Keeps a packing that is better than the incumbent.
    pub(super) fn offer(&mut self, bins: Vec<Filled>) {
        if self.best.is_empty() || self.instance.cost(&bins) < self.cost() {
            self.best = bins;
        }
    }

    pub(super) fn report(&self, layer: Layer) {
        self.control.report(layer, self.cost() * self.unit, self.bound.cost * self.unit);
    }
}

/// Solves a component, of whose costs one stands for `unit` in what is reported.
pub(super) fn solve_component(component: &Instance, unit: u64, depth: Depth, control: &Control<'_>) -> Solved {
    // Labels, dimensions and grades that mattered in the whole may be idle in the component.
    let reduced = coarsen(component, |_| true);
    let solved = solve_layers(&reduced.instance, unit * reduced.unit, depth, control);
    Solved { bins: expand(&solved.bins, &reduced.members), bound: reduced.lift(solved.bound) }
}

fn solve_layers(instance: &Instance, unit: u64, depth: Depth, control: &Control<'_>) -> Solved {
    let tiers = if instance.costs.are_one() { Vec::new() } else { tiers(instance) };
    let bound = match tiers.is_empty() {
        true => lower_bound(instance),
        false => stacked(instance, &tiers, &tiers.iter().map(|t| lower_bound(&t.instance)).collect::<Vec<_>>()),
    };
    let mut work = Work { instance, control, best: Vec::new(), bound, unit, real: instance.kinds.len() };
    work.report(Layer::Bounds);
    if instance.has_marks() {
        without_sparse(&mut work);
    }
    if !work.done() {
        fillings(&mut work);
        work.report(Layer::Filling);
    }
    if tiers.is_empty() {
        generate(&mut work, depth);
    } else if !work.done() && !control.stopped() {
        let bounds = counted(&mut work, &tiers);
        let extended = Extended::new(instance, &tiers, &bounds);
        let mut further = Work {
            instance: &extended.instance,
            control,
            best: extended.with_tokens(&work.best),
            bound: work.bound.clone(),
            unit,
            real: instance.kinds.len(),
        };
        generate(&mut further, depth);
        work.offer(extended.without_tokens(further.best));
        if let Some(bound) = extended.of_whole(further.bound) {
            work.bound.raise(bound);
        }
    }
    Solved { bins: work.best, bound: work.bound }
}

/// The linear bound, dives, and the search.
fn generate(work: &mut Work<'_>, depth: Depth) {
    if !work.done()
        && !work.control.stopped()
        && let Some(mut root) = columns(work)
        && let Depth::Search(effort) = depth
    {
        search(work, &mut root, effort);
    }
}

/// The fewest bins for each tier: the bound that follows, and a packing with the fewest bins of all.
fn counted(work: &mut Work<'_>, tiers: &[Tier]) -> Vec<Bound> {
    let silent = work.control.silent();
    let mut bounds = Vec::new();
    for (at, tier) in tiers.iter().enumerate() {
        let mut bound = Bound::default();
        let mut bins = Vec::new();
        let whole = Reduced::plain(tier.instance.clone());
        for kinds in components(&tier.instance) {
            let part = whole.of(&kinds);
            let solved = solve_component(&part.instance, 1, Depth::Dive, &silent);
            let lifted = part.lift(solved.bound);
            bound.cost += lifted.cost;
            bound.parts.extend(lifted.parts);
            bins.extend(expand(&solved.bins, &part.members));
        }
        bounds.push(bound);
        // The first tier has all the kinds, in their order.
        if at == 0 {
            work.offer(bins);
        }
    }
    let bound = stacked(work.instance, tiers, &bounds);
    work.bound.raise(bound);
    work.report(Layer::Bounds);
    bounds
}

/// The instance without exclusions that concern few items, where it is much smaller: its bound holds, and its packing
/// may be dealt out so that it respects them.
fn without_sparse(work: &mut Work<'_>) {
    let Some(relaxed) = relaxed(work.instance) else {
        return;
    };
    let solved = solve_layers(&relaxed.instance, work.unit * relaxed.unit, Depth::Dive, work.control);
    work.bound.raise(relaxed.lift(solved.bound));
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
    let mut root = Relaxation::new(work.instance, work.real, &work.best);
    let incumbent = work.cost();
    root.solve(&mut work.bound, incumbent, false, work.control);
    work.report(Layer::Columns);
    let mut random = Random::new(1);
    for round in 0..DIVES {
        if work.done() || work.control.stopped() {
            break;
        }
        let accepted = work.cost() - 1;
        // Where bins differ in cost, the bound itself is seldom a sum of costs.
        let target = if work.instance.costs.are_one() { work.bound.cost } else { accepted };
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
