//! Solving one component, layer by layer.

use std::time::Duration;

use super::bounds::{Bound, lower_bound};
use super::branch::{Search, branch_and_price};
use super::center::{Scoring, fill_by_bin};
use super::columns::Relaxation;
use super::dive::dive;
use super::expand::expand;
use super::fill::{self, Choice};
use super::ilp::{self, Answer};
use super::master::Column;
use super::outcome::{Control, Layer};
use super::random::Random;
use super::reduce::{Filled, Instance, coarsen};
use super::relax::{deal, relaxed};
use super::squeeze::squeeze;

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
pub(super) fn lift_kinds(part: &mut super::bounds::KindPart, members: &[Vec<(usize, u64)>]) {
    if let super::certificate::Evidence::Weights { weights, .. } = &mut part.evidence {
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
    let mut random = Random::new(3);
    for (scarcity, room) in [(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (0.0, 1.0), (1.0, 0.0), (1.0, 0.5)] {
        let mut bins = fill_by_bin(work.instance, Scoring { scarcity, room });
        while count(&bins) > work.bound.bins {
            match squeeze(work.instance, &bins, &mut random, work.control) {
                Some(fewer) => bins = fewer,
                None => break,
            }
        }
        work.offer(bins);
        if work.done() || work.control.stopped() {
            return;
        }
    }
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
    root.solve(&mut work.bound, count(&work.best), work.control);
    work.report(Layer::Columns);
    let mut random = Random::new(1);
    for round in 0..DIVES {
        if work.done() || work.control.stopped() {
            break;
        }
        let target = work.bound.bins;
        if let Some(bins) = dive(&root, target, round, &mut random, work.control) {
            work.offer(bins);
        }
        work.report(Layer::Diving);
    }
    Some(root)
}

/// Nodes and time for the first turn of each kind of search.
const FIRST_NODES: usize = 200;
const FIRST_INTEGER: Duration = Duration::from_secs(1);

/// Integer programs and branching, each a little at first: which of them is quick is hard to tell.
fn search(work: &mut Work<'_>, root: &mut Relaxation<'_>, limit: Duration) {
    let columns = root.master.columns().to_vec();
    for (nodes, limit) in [(FIRST_NODES, FIRST_INTEGER.min(limit)), (usize::MAX, limit)] {
        if work.done() || work.control.stopped() {
            return;
        }
        integer(work, root, limit);
        branch(work, &columns, nodes);
    }
}

fn branch(work: &mut Work<'_>, columns: &[Column], nodes: usize) {
    while !work.done() && !work.control.stopped() {
        let incumbent = count(&work.best);
        match branch_and_price(work.instance, columns, incumbent, nodes, work.control) {
            Search::Better(bins) => work.offer(bins),
            Search::Exhausted => {
                let bound = Bound::of_search(work.instance, incumbent);
                work.bound.raise(bound);
            }
            Search::GivenUp => return,
        }
        work.report(Layer::Branching);
    }
}

/// More patterns than this are not listed.
const PATTERNS: usize = 6_000;

/// The integer program over all the maximal patterns that a packing with one bin less could use.
///
/// With weights of which no bin holds more than `upper`, the bins of such a packing lose in all at most what `upper`
/// times their number exceeds the weight of the items, so no bin loses more.
fn integer(work: &mut Work<'_>, root: &mut Relaxation<'_>, limit: Duration) {
    let instance = work.instance;
    let most = count(&work.best) - 1;
    let (values, upper) = root.last.clone();
    if values.is_empty() {
        return;
    }
    let total: u128 = instance.kinds.iter().zip(&values).map(|(k, &v)| u128::from(v) * u128::from(k.count)).sum();
    let others = u128::from(upper) * u128::from(most.saturating_sub(1));
    let least = u64::try_from(total.saturating_sub(others)).unwrap_or(u64::MAX);
    let Some(patterns) = root.pricer.list(&values, least, PATTERNS) else {
        return;
    };
    let choices: Vec<ilp::Choice> =
        patterns.iter().map(|p| ilp::Choice { cost: 1, covers: p.iter().map(|&(k, n)| (k, u64::from(n))).collect() }).collect();
    let demand: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let limits = (work.bound.bins, most);
    match ilp::cover(&demand, &choices, limits, None, work.control, limit) {
        Answer::Best(uses) => {
            work.offer(trim(instance, &patterns, &uses));
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
    work.report(Layer::Integer);
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
