//! Filling a fixed number of bins, the item with the fewest bins to choose from first (DSATUR; Brélaz, 1979).

use crate::solve::heuristics::bins::Bins;
use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::Control;

/// Kinds times bins that are tracked.
const CELLS: u64 = 4_000_000;
/// Comparisons of a kind with a bin.
const COMPARISONS: u64 = 400_000_000;

/// Which of the bins that take an item it goes to, of those in which it excludes the fewest others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// To the one with the most room.
    Most,
    /// To the one with the least.
    Least,
}

/// Fills so many bins; what finds no place in them goes to further ones. A list of items that are all apart needs as many bins
/// as it has members, so its members come while there is a choice. `None` where it would take too long, or is stopped.
pub(crate) fn fill_by_saturation(instance: &Instance, bins: u64, room: Room, control: &Control<'_>) -> Option<Vec<Filled>> {
    let kinds = &instance.kinds;
    let items: u64 = kinds.iter().map(|k| k.count).sum();
    let conflicts = instance.conflicts()?;
    let too_large =
        (kinds.len() as u64).saturating_mul(bins) > CELLS || items.saturating_mul(kinds.len() as u64 + bins) > COMPARISONS;
    if too_large || bins == 0 || !instance.costs.is_single() {
        return None;
    }
    let share: Vec<f64> =
        kinds.iter().map(|k| k.size.iter().zip(&instance.capacity).map(|(&s, &c)| s as f64 / c.max(1) as f64).sum()).collect();
    let mut open: Vec<Bins> = vec![Bins::empty(instance, 1); usize::try_from(bins).ok()?];
    let mut left: Vec<u64> = kinds.iter().map(|k| k.count).collect();
    // How many bins take each kind, and which.
    let mut free = vec![open.len(); kinds.len()];
    let mut takes = vec![true; kinds.len() * open.len()];
    let mut homeless: Vec<usize> = Vec::new();
    let mut rounds = 0u64;
    loop {
        rounds += 1;
        if rounds.is_multiple_of(32) && control.stopped() {
            return None;
        }
        let next = (0..kinds.len()).filter(|&k| left[k] > 0).min_by(|&a, &b| {
            let rank = |k: usize| share[k] + f64::from(conflicts.degree(k));
            free[a].cmp(&free[b]).then(rank(b).total_cmp(&rank(a))).then(a.cmp(&b))
        });
        let Some(kind) = next else { break };
        left[kind] -= 1;
        let cost = |b: usize| {
            let rest: f64 =
                open[b].room.iter().zip(&instance.capacity).map(|(&room, &capacity)| room as f64 / capacity.max(1) as f64).sum();
            (open[b].newly_excluded(instance, kind), if room == Room::Most { -rest } else { rest })
        };
        let fitting = (0..open.len()).filter(|&b| takes[kind * open.len() + b]).map(|b| (cost(b), b));
        let best = fitting.min_by(|a, b| a.0.0.cmp(&b.0.0).then(a.0.1.total_cmp(&b.0.1)).then(a.1.cmp(&b.1)));
        let Some((_, at)) = best else {
            homeless.push(kind);
            continue;
        };
        open[at].put(instance, kind, 1);
        for k in (0..kinds.len()).filter(|&k| left[k] > 0) {
            let took = &mut takes[k * open.len() + at];
            if *took && !open[at].takes(instance, k) {
                *took = false;
                free[k] -= 1;
            }
        }
    }
    for kind in homeless {
        let from = usize::try_from(bins).ok()?;
        match open[from..].iter_mut().find(|b| b.takes(instance, kind)) {
            Some(bin) => bin.put(instance, kind, 1),
            None => open.push(Bins::of(instance, &[(kind, 1)])),
        }
    }
    Some(open.into_iter().filter(|b| !b.items.is_empty()).map(|b| (b.items, 1)).collect())
}
