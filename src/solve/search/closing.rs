//! The search for the last gap: integer programs and branching by turns.

use crate::solve::columns::diving::dive_from;
use crate::solve::columns::master::Column;
use crate::solve::columns::relaxation::{Duals, Relaxation};
use crate::solve::heuristics::portfolio::ejections;
use crate::solve::heuristics::random::Random;
use crate::solve::problem::bound::Bound;
use crate::solve::problem::incumbent::{Incumbent, trim};
use crate::solve::problem::outcome::Layer;
use crate::solve::search::branch_and_price::{Search, branch_and_price};
use crate::solve::search::covering;
use crate::solve::search::program::{Answer, EXACT, Effort};

/// Nodes for the first turn of branching.
const FIRST_NODES: usize = 200;
/// Looks of the ejection search at each item and bin in its first turn, and in all.
const FIRST_EACH: u64 = 500;
const FIRST_LOOKS: u64 = 30_000_000;
/// Dives in a turn.
const DIVES: u64 = 10;
/// How many times longer each turn is than the one before.
const GROWTH: usize = 3;

/// Integer programs, branching, dives and ejections by turns, each a little at first: which of them is quick is hard to tell.
///
/// Without a deadline there are two turns, and `effort` is how long the second is; with one they go on, ever longer.
pub(crate) fn search(work: &mut Incumbent<'_>, mut root: Option<Relaxation<'_>>, effort: Effort, random: &mut Random) {
    let columns = root.as_ref().map(|root| root.master.columns().to_vec()).unwrap_or_default();
    let (mut nodes, mut programs) = (FIRST_NODES, Effort::LITTLE.min(effort));
    let (mut each, mut looks) = (FIRST_EACH, FIRST_LOOKS);
    for turn in 0u64.. {
        if let Some(root) = root.as_mut() {
            if turn < 2 {
                integer(work, root, programs);
            }
            branch(work, &columns, nodes);
        }
        ejections(work, each, looks, random);
        let endless = work.control.deadline().is_some();
        if work.done() || work.control.stopped() || turn > 0 && !endless {
            return;
        }
        if let Some(root) = root.as_ref().filter(|_| turn > 0) {
            (0..DIVES).for_each(|round| dive_from(work, root, 2 + turn + round, random));
        }
        programs = effort;
        nodes = if turn == 0 && !endless {
            effort.nodes_of_branching(work.instance.kinds.len())
        } else {
            nodes.saturating_mul(GROWTH)
        };
        looks = looks.saturating_mul(GROWTH as u64);
        each = each.saturating_mul(GROWTH as u64);
    }
}

/// Branching and an integer program, once.
pub(crate) fn one_turn(work: &mut Incumbent<'_>, root: &mut Relaxation<'_>, effort: Effort) {
    if !work.done() && !work.control.stopped() {
        integer(work, root, Effort::LITTLE.min(effort));
        branch(work, root.master.columns(), effort.nodes_of_branching(work.instance.kinds.len()));
    }
}

fn branch(work: &mut Incumbent<'_>, columns: &[Column], nodes: usize) {
    while !work.done() && !work.control.stopped() {
        let incumbent = work.goal() + 1;
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

/// The integer program over all the maximal patterns that a cheaper packing could use.
///
/// A bin loses what the denominator of the duals times its cost exceeds its weight. All bins of a cheaper packing lose
/// together at most what the denominator times its cost exceeds the weight of the items, so no bin loses more.
fn integer(work: &mut Incumbent<'_>, root: &mut Relaxation<'_>, effort: Effort) {
    let instance = work.instance;
    let most = work.goal();
    if most > EXACT {
        return;
    }
    // The closer the weights, the fewer the patterns.
    root.solve(&mut work.bound, most + 1, true, work.control);
    if work.done() {
        return;
    }
    let Some(Duals { mut values, fine, denominator }) = root.last.clone() else {
        return;
    };
    let (fine, denominator) = (u128::from(fine), u128::from(denominator));
    let total: u128 = instance.kinds.iter().zip(&values).map(|(k, &v)| u128::from(v) * u128::from(k.count)).sum();
    let lost = (denominator * u128::from(most)).saturating_sub(fine * total);
    let least = |&cost: &u64| (denominator * u128::from(cost)).saturating_sub(lost).div_ceil(fine);
    let mut least: Vec<u64> = instance.costs.all().iter().map(|c| u64::try_from(least(c)).unwrap_or(u64::MAX)).collect();
    if !instance.costs.are_one() && least.contains(&0) {
        // Bins of a cheap bin type may be worth nothing: all values and limits a little higher tell them from empty ones.
        values.iter_mut().for_each(|v| *v = v.saturating_add(1));
        least.iter_mut().for_each(|l| *l = (*l).max(1));
    }
    let Some(patterns) = root.pricer.list(&values, &least, PATTERNS, work.control) else {
        return;
    };
    let choice = |p: &Column| covering::Choice {
        cost: instance.cost_of(p),
        weight: 0,
        covers: p.iter().map(|&(k, n)| (k, u64::from(n))).collect(),
    };
    let choices: Vec<covering::Choice> = patterns.iter().map(choice).collect();
    let demand: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let limits = (work.bound.cost, most);
    match covering::cover(&demand, &choices, limits, None, effort, work.control) {
        Answer::Best(uses) => {
            work.offer(trim(instance, &patterns, &uses));
            let bound = Bound::of_search(instance, work.cost());
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
