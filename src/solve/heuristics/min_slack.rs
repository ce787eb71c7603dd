//! Filling bins with as little room left as can be in several dimensions, by search.

use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::Control;

/// Steps of the search for one bin.
const STEPS: u64 = 150_000;
/// More items in a bin are left to other fillings: each is a call within a call.
const DEPTH: usize = 128;
/// Steps in all.
const BUDGET: u64 = 150_000_000;

/// Fills bin by bin: the largest item that is left, then what leaves the least room (minimum bin slack; Gupta & Ho, 1999), each
/// dimension weighted by how scarce it is. Where bins hold few items this finds those that fill one another's gaps.
///
/// A pattern is repeated for as long as half of what it needs is left. `None` where there is more to an item than its sizes, or
/// it takes too long.
pub(crate) fn fill_with_least_slack(instance: &Instance, control: &Control<'_>) -> Option<Vec<Filled>> {
    if instance.capacity.len() < 2 || instance.has_labels() || !instance.costs.is_single() {
        return None;
    }
    let need = |d: usize| -> f64 { instance.kinds.iter().map(|k| k.size[d] as f64 * k.count as f64).sum() };
    let unit: Vec<f64> = (0..instance.capacity.len())
        .map(|d| {
            let capacity = instance.capacity[d].max(1) as f64;
            need(d) / capacity / capacity
        })
        .collect();
    let share = |k: usize| -> f64 { instance.kinds[k].size.iter().zip(&unit).map(|(&s, u)| s as f64 * u).sum() };
    let shares: Vec<f64> = (0..instance.kinds.len()).map(share).collect();
    let mut order: Vec<usize> = (0..instance.kinds.len()).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
    let mut left: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let (mut filled, mut budget) = (Vec::new(), BUDGET);
    while let Some(at) = order.iter().position(|&k| left[k] > 0) {
        order.drain(..at);
        order.retain(|&k| left[k] > 0);
        let first = order[0];
        let mut search = Search {
            instance,
            unit: &unit,
            shares: &shares,
            order: &order,
            left: &mut left,
            path: vec![first],
            best: (f64::INFINITY, vec![first]),
            steps: STEPS,
        };
        search.left[first] -= 1;
        let room: Vec<u64> = instance.capacity.iter().zip(&instance.kinds[first].size).map(|(c, s)| c - s).collect();
        search.step(0, &room);
        search.left[first] += 1;
        let (used, mut items) = (STEPS - search.steps, search.best.1);
        budget = budget.checked_sub(used + order.len() as u64)?;
        if control.stopped() {
            return None;
        }
        items.sort_unstable();
        let items: Vec<(usize, u32)> = items.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
        let repeats = items.iter().map(|&(k, n)| (left[k] / u64::from(n)).div_ceil(2)).min().unwrap_or(1).max(1);
        for &(k, n) in &items {
            left[k] -= u64::from(n) * repeats;
        }
        filled.push((items, repeats));
    }
    Some(filled)
}

struct Search<'a> {
    instance: &'a Instance,
    unit: &'a [f64],
    shares: &'a [f64],
    /// Kinds, the largest first.
    order: &'a [usize],
    left: &'a mut Vec<u64>,
    path: Vec<usize>,
    /// The least room, weighted, and what leaves it.
    best: (f64, Vec<usize>),
    steps: u64,
}

impl Search<'_> {
    fn step(&mut self, from: usize, room: &[u64]) {
        let slack: f64 = room.iter().zip(self.unit).map(|(&r, u)| r as f64 * u).sum();
        if slack < self.best.0 {
            self.best = (slack, self.path.clone());
        }
        if self.path.len() >= DEPTH {
            return;
        }
        for at in from..self.order.len() {
            if self.best.0 == 0.0 || self.steps == 0 {
                return;
            }
            self.steps -= 1;
            let kind = self.order[at];
            let size = &self.instance.kinds[kind].size;
            if self.left[kind] == 0 || self.shares[kind] > slack * (1.0 + 1e-9) || size.iter().zip(room).any(|(s, r)| s > r) {
                continue;
            }
            let rest: Vec<u64> = room.iter().zip(size).map(|(r, s)| r - s).collect();
            self.left[kind] -= 1;
            self.path.push(kind);
            self.step(at, &rest);
            self.path.pop();
            self.left[kind] += 1;
        }
    }
}
