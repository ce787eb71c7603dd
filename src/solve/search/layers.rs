//! Solving one component, layer by layer.

use crate::solve::bounds::combinatorial::lower_bound;
use crate::solve::bounds::cost_levels::{CostLevel, attainable, cost_levels, distinct_costs, fewest_bins, stacked};
use crate::solve::columns::diving::dive_from;
use crate::solve::columns::relaxation::Relaxation;
use crate::solve::heuristics::label_relaxation::{deal, relaxed};
use crate::solve::heuristics::portfolio::{ejections, fillings};
use crate::solve::heuristics::random::Random;
use crate::solve::problem::bin_types::Costs;
use crate::solve::problem::bound::Bound;
use crate::solve::problem::compaction::compacted;
use crate::solve::problem::components::components;
use crate::solve::problem::expansion::expand;
use crate::solve::problem::incumbent::Incumbent;
use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::{Control, Layer};
use crate::solve::problem::reduction::{Reduced, coarsen};
use crate::solve::search::bound_constraints::BoundConstrained;
use crate::solve::search::closing::{one_turn, search};
use crate::solve::search::enumeration::enumerate;
use crate::solve::search::program::Effort;

/// The best packing of a component, and the best bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Solved {
    pub bins: Vec<Filled>,
    pub bound: Bound,
}

/// How far to go for a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Bounds, fillings, the linear bound and dives.
    Dive,
    /// Search as well, each integer program with this effort.
    Search(Effort),
}

/// Solves a component, of whose costs one stands for `unit` in what is reported.
pub(crate) fn solve_component(component: &Instance, unit: u64, depth: Depth, control: &Control<'_>) -> Solved {
    // Labels, dimensions and bin types that mattered in the whole may be idle in the component.
    let mut reduced = coarsen(component, |_| true);
    if let Some(instance) = compacted(&reduced.instance) {
        reduced.instance = instance;
    }
    let solved = solve_layers(&reduced.instance, unit * reduced.unit, depth, control);
    Solved { bins: expand(&solved.bins, &reduced.members), bound: reduced.lift(solved.bound) }
}

fn solve_layers(instance: &Instance, unit: u64, depth: Depth, control: &Control<'_>) -> Solved {
    let cost_levels = if instance.costs.are_one() { Vec::new() } else { cost_levels(instance) };
    let bound = match cost_levels.is_empty() {
        true => lower_bound(instance),
        false => stacked(instance, &cost_levels, &cost_levels.iter().map(|t| lower_bound(&t.instance)).collect::<Vec<_>>()),
    };
    let mut work = Incumbent { instance, control, best: Vec::new(), bound, unit, attainable: None, real: instance.kinds.len() };
    work.report(Layer::Bounds);
    if instance.has_labels() {
        without_sparse(&mut work);
    }
    if !work.done() {
        fillings(&mut work);
        work.report(Layer::Filling);
    }
    // With the cheapest packing of few items at hand only the linear bound is of interest.
    let exact = depth != Depth::Dive && !work.done() && !control.stopped();
    let cheapest = if exact { enumerate(instance) } else { None };
    let known = cheapest.is_some();
    work.best = cheapest.unwrap_or(work.best);
    let depth = if known { Depth::Dive } else { depth };
    if cost_levels.is_empty() {
        generate(&mut work, depth);
    } else if !work.done() && !control.stopped() {
        let bounds = counted(&mut work, &cost_levels);
        let extended = BoundConstrained::new(instance, &cost_levels, &bounds);
        let mut further = Incumbent {
            instance: &extended.instance,
            control,
            best: extended.with_dummies(&work.best),
            bound: work.bound.clone(),
            unit,
            attainable: attainable(&cost_levels, &bounds, instance, work.cost()),
            real: instance.kinds.len(),
        };
        let root = linear(&mut further);
        if let Depth::Search(effort) = depth {
            pinned(&mut further, &fewest_bins(&cost_levels, &bounds, instance), effort);
            search(&mut further, root, effort, &mut Random::new(4));
        }
        work.offer(extended.without_dummies(std::mem::take(&mut further.best)));
        if let Some(bound) = extended.of_whole(std::mem::take(&mut further.bound)) {
            work.bound.raise(bound);
        }
        work.attainable = further.attainable;
    }
    if (known || work.done()) && work.bound.cost < work.cost() {
        // Nothing between the bound and the cost can be reached: whoever doubts it has to look for it.
        work.bound = Bound::of_search(instance, work.cost());
    }
    Solved { bins: work.best, bound: work.bound }
}

/// Looks of the first ejection search at each item and bin, and in all.
const EACH: u64 = 100;
const SHORT: u64 = 20_000_000;

/// The linear bound, dives, and the search.
fn generate(work: &mut Incumbent<'_>, depth: Depth) {
    let root = linear(work);
    if let Depth::Search(effort) = depth {
        search(work, root, effort, &mut Random::new(4));
    }
}

/// A short ejection search, the linear bound, and dives from it.
fn linear<'a>(work: &mut Incumbent<'a>) -> Option<Relaxation<'a>> {
    // In one dimension without exclusions the linear bound and its dives are quicker.
    if work.instance.has_labels() || work.instance.capacity.len() > 1 {
        ejections(work, EACH, SHORT, &mut Random::new(4));
    }
    if work.done() || work.control.stopped() { None } else { columns(work) }
}

/// Looks for a better packing where its cost says that some bins are as few as they can be: with a surcharge on those, the
/// linear bound hardly mixes them with others.
fn pinned(work: &mut Incumbent<'_>, bins: &[u64], effort: Effort) {
    while !work.done() && !work.control.stopped() {
        let goal = work.goal();
        let surcharge = work.instance.costs.dearest();
        let Some((extra, attainable)) = work.attainable.as_ref().and_then(|a| a.pinned(goal, bins, surcharge)) else { return };
        let mut instance = work.instance.clone();
        let distinct = distinct_costs(work.instance);
        let dearer =
            |cost: &u64| *cost + distinct.iter().zip(&extra).filter(|(at, _)| *at <= cost).map(|(_, extra)| extra).sum::<u64>();
        instance.costs = Costs::new(work.instance.costs.all().iter().map(dearer).collect());
        let silent = work.control.silent();
        let mut inner = Incumbent {
            instance: &instance,
            control: &silent,
            best: work.best.clone(),
            bound: Bound::default(),
            unit: 1,
            attainable: Some(attainable),
            real: work.real,
        };
        if let Some(mut root) = columns(&mut inner) {
            one_turn(&mut inner, &mut root, effort);
        }
        let (known, ended) = (work.cost(), inner.done());
        work.offer(inner.best);
        if work.cost() == known {
            if ended {
                work.bound.raise(Bound::of_search(work.instance, goal + 1));
            }
            return;
        }
    }
}

/// The fewest bins for each level: the bound that follows, and a packing with the fewest bins of all.
fn counted(work: &mut Incumbent<'_>, cost_levels: &[CostLevel]) -> Vec<Bound> {
    let silent = work.control.silent();
    let mut bounds = Vec::new();
    for (at, level) in cost_levels.iter().enumerate() {
        let mut bound = Bound::default();
        let mut bins = Vec::new();
        let whole = Reduced::plain(level.instance.clone());
        for kinds in components(&level.instance) {
            let part = whole.of(&kinds);
            let solved = solve_component(&part.instance, 1, Depth::Dive, &silent);
            let lifted = part.lift(solved.bound);
            bound.cost += lifted.cost;
            bound.parts.extend(lifted.parts);
            bins.extend(expand(&solved.bins, &part.members));
        }
        bounds.push(bound);
        // The first level has all the kinds, in their order.
        if at == 0 {
            work.offer(bins);
        }
    }
    let bound = stacked(work.instance, cost_levels, &bounds);
    work.bound.raise(bound);
    work.report(Layer::Bounds);
    bounds
}

/// The instance without exclusions that concern few items, where it is much smaller: its bound holds, and its packing
/// may be dealt out so that it respects them.
fn without_sparse(work: &mut Incumbent<'_>) {
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
fn columns<'a>(work: &mut Incumbent<'a>) -> Option<Relaxation<'a>> {
    if work.instance.kinds.len() > KINDS {
        return None;
    }
    let mut root = Relaxation::new(work.instance, work.real, &work.best);
    let incumbent = work.goal() + 1;
    root.solve(&mut work.bound, incumbent, false, work.control);
    work.report(Layer::Columns);
    let mut random = Random::new(1);
    for round in 0..DIVES {
        dive_from(work, &root, round, &mut random);
    }
    Some(root)
}
