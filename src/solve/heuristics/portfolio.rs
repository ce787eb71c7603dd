//! The portfolio of fillings, each repaired by swaps where a bin can be saved.

use crate::solve::heuristics::bin_centric::{Scoring, fill_by_bin};
use crate::solve::heuristics::bin_elimination::eliminate_bin;
use crate::solve::heuristics::greedy::{self, Choice, Mixing};
use crate::solve::heuristics::random::Random;
use crate::solve::heuristics::subset_sums::fill_to_the_brim;
use crate::solve::problem::incumbent::Incumbent;

/// First-fit and best-fit in several orders, then bin by bin; the first always runs, so that there is an answer.
pub(crate) fn fillings(work: &mut Incumbent<'_>) {
    let mixings: &[Mixing] = if work.instance.costs.are_one() { &[Mixing::Any] } else { &[Mixing::Any, Mixing::None] };
    for order in greedy::orders(work.instance) {
        for choice in [Choice::First, Choice::Best] {
            for &mixing in mixings {
                work.offer(greedy::fill(work.instance, &order, choice, mixing));
                if work.done() || work.control.stopped() {
                    return;
                }
            }
        }
    }
    if let Some(bins) = fill_to_the_brim(work.instance, work.control) {
        work.offer(bins);
        if work.done() || work.control.stopped() {
            return;
        }
    }
    let mut random = Random::new(3);
    // In one dimension they all choose alike.
    let scorings = if work.instance.capacity.len() > 1 { SCORINGS } else { &SCORINGS[..1] };
    for &(scarcity, room) in scorings {
        let Some(mut bins) = fill_by_bin(work.instance, Scoring { scarcity, room }, work.control) else {
            return;
        };
        while work.instance.cost(&bins) > work.bound.cost {
            match eliminate_bin(work.instance, &bins, &mut random, work.control) {
                Some(fewer) => bins = fewer,
                None => break,
            }
        }
        work.offer(bins);
        if work.done() || work.control.stopped() {
            return;
        }
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

/// Exponents of scarcity and room, the most useful first.
const SCORINGS: &[(f64, f64)] = &[(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (0.0, 1.0), (1.0, 0.0), (1.0, 0.5)];

/// Squeezes that may fail.
const ELIMINATIONS: usize = 12;
