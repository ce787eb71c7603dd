//! The portfolio of fillings, each repaired by swaps where a bin can be saved.

use crate::solve::heuristics::bin_centric::{Scoring, fill_by_bin};
use crate::solve::heuristics::bin_elimination::eliminate_bin;
use crate::solve::heuristics::ejection::{eject, eject_by_parts};
use crate::solve::heuristics::greedy::{self, Choice, Mixing, Rule};
use crate::solve::heuristics::min_slack::fill_with_least_slack;
use crate::solve::heuristics::random::Random;
use crate::solve::heuristics::saturation::{Room, fill_by_saturation};
use crate::solve::heuristics::subset_sums::fill_to_the_brim;
use crate::solve::problem::incumbent::{Incumbent, count};
use crate::solve::problem::instance::Instance;
use crate::solve::problem::outcome::Layer;

/// First-fit and best-fit in several orders, then bin by bin; the first always runs, so that there is an answer.
pub(crate) fn fillings(work: &mut Incumbent<'_>) {
    let counts: Vec<u64> = work.instance.kinds.iter().map(|k| k.count).collect();
    let rules = rules(work.instance);
    let very_many = work.instance.kinds.len() > VERY_MANY;
    if very_many {
        // Bin by bin, of some kinds at a time, is quicker than item by item, and better.
        bin_by_bin(work, &SCORINGS[..2], &mut Random::new(3));
        if work.done() {
            return;
        }
    }
    for order in greedy::orders(work.instance) {
        for &rule in &rules {
            if very_many && !work.best.is_empty() {
                break;
            }
            work.offer(greedy::fill(work.instance, &counts, &order, rule, work.control));
            if work.done() || work.control.stopped() {
                return;
            }
        }
    }
    saturated(work);
    if work.done() || work.control.stopped() {
        return;
    }
    if let Some(bins) = fill_to_the_brim(work.instance, work.control) {
        work.offer(bins);
        if work.done() || work.control.stopped() {
            return;
        }
    }
    if let Some(bins) = fill_with_least_slack(work.instance, work.control) {
        work.offer(bins);
        if work.done() || work.control.stopped() {
            return;
        }
    }
    let mut random = Random::new(3);
    // In one dimension they all choose alike.
    let scorings = if work.instance.capacity.len() > 1 { SCORINGS } else { &SCORINGS[..1] };
    if !very_many {
        bin_by_bin(work, scorings, &mut random);
    }
    if work.done() || work.control.stopped() {
        return;
    }
    // Close to the bound, another bin to begin with may do.
    let mut tries = ELIMINATIONS;
    while tries > 0 && work.cost() <= work.bound.cost + 2 * work.instance.costs.dearest() {
        match eliminate_bin(work.instance, &work.best, &mut random, work.control) {
            Some(bins) => work.offer(bins),
            None => tries -= 1,
        }
        if work.done() || work.control.stopped() {
            return;
        }
    }
}

/// Bin by bin with each scoring, and bins eliminated where that can be.
fn bin_by_bin(work: &mut Incumbent<'_>, scorings: &[(f64, f64)], random: &mut Random) {
    let window = if work.instance.kinds.len() > VERY_MANY { WINDOW } else { usize::MAX };
    for &(scarcity, room) in scorings {
        let Some(mut bins) = fill_by_bin(work.instance, Scoring { scarcity, room }, window, work.control) else {
            return;
        };
        while work.instance.cost(&bins) > work.bound.cost {
            match eliminate_bin(work.instance, &bins, random, work.control) {
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

/// Where items exclude each other: so many bins as would be fewest, or one less than the best, those with the least choice
/// first.
fn saturated(work: &mut Incumbent<'_>) {
    for room in [Room::Most, Room::Least] {
        for below in [false, true] {
            let bins = if below { count(&work.best).saturating_sub(1) } else { work.bound.cost };
            if let Some(bins) = fill_by_saturation(work.instance, bins, room, work.control) {
                work.offer(bins);
            }
            if work.done() || work.control.stopped() {
                return;
            }
        }
    }
}

/// Ejection search from the incumbent, again and again while it finds better ones, each for so many looks at every item and
/// bin, and at most `looks` in all.
pub(crate) fn ejections(work: &mut Incumbent<'_>, each: u64, looks: u64, random: &mut Random) {
    let items: u64 = work.instance.kinds.iter().map(|k| k.count).sum();
    let looks = items.saturating_mul(count(&work.best)).saturating_mul(each).min(looks);
    let part = looks.min(PART_LOOKS);
    // Without a deadline it has to end by itself.
    let passes = if work.control.deadline().is_some() { usize::MAX } else { PASSES };
    for _ in 0..passes {
        if work.done() || work.control.stopped() {
            return;
        }
        match eject_by_parts(work.instance, &work.best, part, random, work.control) {
            Some(bins) => work.offer(bins),
            None => break,
        }
        work.report(Layer::Filling);
    }
    while !work.done() && !work.control.stopped() {
        match eject(work.instance, &work.best, looks, random, work.control) {
            Some(bins) => work.offer(bins),
            None => return,
        }
        work.report(Layer::Filling);
    }
}

/// Passes over many bins where nobody has set a deadline.
const PASSES: usize = 3;
/// Looks for a hundred of many bins.
const PART_LOOKS: u64 = 2_000_000;

/// Ways to fill bins item by item: where bins differ in cost, also without mixing; where they differ in size, also with new
/// bins of each type.
fn rules(instance: &Instance) -> Vec<Rule> {
    let mixings: &[Mixing] = if instance.costs.are_one() { &[Mixing::Any] } else { &[Mixing::Any, Mixing::None] };
    let openings = std::iter::once(None).chain((0..instance.capacities.len()).map(Some));
    let all = openings.flat_map(|opening| {
        let choices = [Choice::First, Choice::Best].into_iter();
        choices.flat_map(move |choice| mixings.iter().map(move |&mixing| Rule { choice, mixing, opening }))
    });
    all.collect()
}

/// Exponents of scarcity and room, the most useful first.
const SCORINGS: &[(f64, f64)] = &[(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (0.0, 1.0), (1.0, 0.0), (1.0, 0.5)];

/// Squeezes that may fail.
const ELIMINATIONS: usize = 12;

/// More kinds than this are not compared all with all.
const VERY_MANY: usize = 6_000;
/// Kinds that are looked at for a bin where they are very many.
const WINDOW: usize = 1_000;
