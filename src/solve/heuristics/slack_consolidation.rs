//! Gathering room: what is to spare in many bins is of use to nothing until it is in one.

use crate::solve::heuristics::bins::Bins;
use crate::solve::problem::instance::{Instance, Kind};

/// Bins that it is tried to make room in.
const ROOMY: usize = 8;
/// Exchanges for the sake of one item.
const EXCHANGES: usize = 100;
/// What a look at labels counts, when a look at sizes counts one.
const LABELS: u64 = 50;

/// Items of two bins that change places, and what the first bin lacks after that.
#[derive(Clone, Copy)]
struct Exchange {
    one: usize,
    second: usize,
    other: usize,
    lacking: f64,
}

/// Makes room for an `item` in one of the bins, if it can before `looks` are used up: items of that bin change
/// places with items of others until it fits. A unit of each dimension weighs as `weight` says.
pub(crate) fn consolidate_slack(
    instance: &Instance,
    open: &mut [Bins],
    item: usize,
    weight: &[f64],
    looks: &mut u64,
) -> Option<usize> {
    let kind = &instance.kinds[item];
    let mut roomy: Vec<(f64, usize)> = open.iter().map(|b| lacking(&b.room, kind, weight)).zip(0..).collect();
    roomy.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for &(_, first) in roomy.iter().take(ROOMY) {
        for _ in 0..EXCHANGES {
            let Some(found) = best(instance, open, first, item, weight, looks) else { break };
            open[first].remove(instance, found.one);
            open[found.second].remove(instance, found.other);
            open[first].put(instance, found.other, 1);
            open[found.second].put(instance, found.one, 1);
            if found.lacking == 0.0 {
                return Some(first);
            }
        }
    }
    None
}

/// What a bin with this room lacks for an item of `kind`.
fn lacking(room: &[u64], kind: &Kind, weight: &[f64]) -> f64 {
    (0..room.len()).map(|d| kind.size[d].saturating_sub(room[d]) as f64 * weight[d]).sum()
}

/// The exchange after which the first bin lacks least, if it lacks less than before.
fn best(instance: &Instance, open: &[Bins], first: usize, item: usize, weight: &[f64], looks: &mut u64) -> Option<Exchange> {
    let kind = &instance.kinds[item];
    let mut best: Option<Exchange> = None;
    let now = lacking(&open[first].room, kind, weight);
    let single = kind.labels.is_empty() && instance.costs.is_single();
    for &(one, _) in &open[first].items {
        let out = &instance.kinds[one];
        let room: Vec<u64> = open[first].room.iter().zip(&out.size).map(|(room, size)| room + size).collect();
        for (second, bin) in open.iter().enumerate().filter(|b| b.0 != first) {
            *looks = looks.checked_sub(bin.items.len() as u64)?;
            for &(other, _) in &bin.items {
                let into = &instance.kinds[other];
                let dimensions = || room.iter().zip(&into.size);
                let fits = dimensions().all(|(room, into)| into <= room)
                    && bin.room.iter().zip(&into.size).zip(&out.size).all(|((room, into), out)| *out <= room + into);
                if !fits {
                    continue;
                }
                let left = dimensions().map(|(room, into)| room - into);
                let after: f64 =
                    left.zip(&kind.size).zip(weight).map(|((left, size), w)| size.saturating_sub(left) as f64 * w).sum();
                if after >= best.map_or(now - 1e-12, |b| b.lacking) {
                    continue;
                }
                let bare = single && out.labels.is_empty() && into.labels.is_empty();
                if !bare {
                    *looks = looks.checked_sub(LABELS)?;
                }
                if bare || labels_allow(instance, (&open[first], one), (bin, other), (item, after == 0.0)) {
                    best = Some(Exchange { one, second, other, lacking: after });
                }
            }
        }
    }
    best
}

/// Whether labels and bin types allow that the items change places and `item`, if it then has room, joins the first bin, at
/// no more cost.
fn labels_allow(
    instance: &Instance,
    (first, one): (&Bins, usize),
    (second, other): (&Bins, usize),
    (item, has_room): (usize, bool),
) -> bool {
    let most = first.cost(instance) + second.cost(instance);
    let (mut a, mut b) = (first.clone(), second.clone());
    a.remove(instance, one);
    b.remove(instance, other);
    if !a.takes(instance, other) || !b.takes(instance, one) {
        return false;
    }
    a.put(instance, other, 1);
    b.put(instance, one, 1);
    if has_room {
        return a.takes(instance, item) && a.cost_with(instance, item) + b.cost(instance) <= most;
    }
    a.allows(instance, item) && instance.costs.of(a.bin_types.and(instance.kinds[item].bin_types)) + b.cost(instance) <= most
}
