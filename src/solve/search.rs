//! The search for the last gap: integer programs and branching by turns.

use std::time::Duration;

use super::bounds::Bound;
use super::branch::{Search, branch_and_price};
use super::columns::Relaxation;
use super::component::{Work, count, trim};
use super::ilp::{self, Answer};
use super::master::Column;
use super::outcome::Layer;

/// Nodes and time for the first turn of each kind of search.
const FIRST_NODES: usize = 200;
const FIRST_INTEGER: Duration = Duration::from_secs(1);

/// Integer programs and branching, each a little at first: which of them is quick is hard to tell.
pub(super) fn search(work: &mut Work<'_>, root: &mut Relaxation<'_>, limit: Duration) {
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
    // The closer the weights, the fewer the patterns.
    root.solve(&mut work.bound, most + 1, true, work.control);
    if work.done() {
        return;
    }
    let (values, upper) = root.last.clone();
    if values.is_empty() {
        return;
    }
    let total: u128 = instance.kinds.iter().zip(&values).map(|(k, &v)| u128::from(v) * u128::from(k.count)).sum();
    let others = u128::from(upper) * u128::from(most.saturating_sub(1));
    let least = u64::try_from(total.saturating_sub(others)).unwrap_or(u64::MAX);
    let Some(patterns) = root.pricer.list(&values, least, PATTERNS, work.control) else {
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
