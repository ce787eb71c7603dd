//! Bin-centric filling: one bin at a time, the item that suits what is left of it best.

use crate::solve::heuristics::bins::Bins;
use crate::solve::heuristics::random::Random;
use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::Control;

/// How the next item of a bin is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scoring {
    /// Exponent of the scarcity of a dimension.
    pub scarcity: f64,
    /// Exponent of the room left in a dimension.
    pub room: f64,
}

/// Of so many items that fit, one is put in at a time.
const MANY: u64 = 128;

/// Fills bin by bin: next comes the item with the largest dot product of size and remaining capacity, each dimension
/// weighted by what remains to be packed (Panigrahy, Talwar, Uyeda & Wieder, 2011).
///
/// A pattern is repeated for as long as half of what it needs is left, so that equal items cost no more than one. At most
/// `window` kinds are looked at for a bin; what is left of them is joined by others. `None` when it is stopped.
pub(crate) fn fill_by_bin(instance: &Instance, scoring: Scoring, window: usize, control: &Control<'_>) -> Option<Vec<Filled>> {
    let dimensions = instance.capacity.len();
    let scale: Vec<f64> = instance.capacity.iter().map(|&c| c.max(1) as f64).collect();
    let mut left: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let (mut active, mut waiting) = windowed(left.len(), window);
    let mut filled = Vec::new();
    while !active.is_empty() {
        if control.stopped() {
            return None;
        }
        let scarcity: Vec<f64> = (0..dimensions)
            .map(|d| {
                let total: f64 = active.iter().map(|&k| left[k] as f64 * instance.kinds[k].size[d] as f64).sum();
                (total / scale[d]).powf(scoring.scarcity)
            })
            .collect();
        let mut bin = Bins::empty(instance, 1);
        let mut inside: Vec<u64> = vec![0; active.len()];
        let mut candidates: Vec<usize> = (0..active.len()).collect();
        let mut opening = opening(instance, &active);
        loop {
            let weight: Vec<f64> =
                (0..dimensions).map(|d| scarcity[d] * (bin.room[d] as f64 / scale[d]).powf(scoring.room) / scale[d]).collect();
            let mut best: Option<(f64, usize)> = None;
            let mut first = opening.take();
            let eligible = first.as_mut().unwrap_or(&mut candidates);
            eligible.retain(|&at| {
                let kind = &instance.kinds[active[at]];
                if inside[at] >= left[active[at]] || !bin.takes(instance, active[at]) {
                    return false;
                }
                let score: f64 = kind.size.iter().zip(&weight).map(|(&s, w)| s as f64 * w).sum();
                if best.is_none_or(|b| score > b.0) {
                    best = Some((score, at));
                }
                true
            });
            let Some((_, at)) = best else { break };
            // Where hundreds fit, one at a time would take for ever.
            let number = (bin.fits(instance, active[at], left[active[at]] - inside[at]) / MANY).max(1);
            bin.put(instance, active[at], number);
            inside[at] += number;
        }
        let repeats = (0..active.len())
            .filter(|&at| inside[at] > 0)
            .map(|at| (left[active[at]] / inside[at]).div_ceil(2))
            .min()
            .unwrap_or(1)
            .max(1);
        for (at, &kind) in active.iter().enumerate() {
            left[kind] -= inside[at] * repeats;
        }
        active.retain(|&k| left[k] > 0);
        while active.len() < window
            && let Some(next) = waiting.pop()
        {
            active.push(next);
        }
        filled.push((bin.items, repeats));
    }
    Some(filled)
}

/// The kinds to begin with, and those that wait, in an order that mixes large and small ones.
fn windowed(kinds: usize, window: usize) -> (Vec<usize>, Vec<usize>) {
    if kinds <= window {
        return ((0..kinds).collect(), Vec::new());
    }
    let mut random = Random::new(5);
    let mut order: Vec<usize> = (0..kinds).collect();
    for at in (1..kinds).rev() {
        order.swap(at, random.below(at as u64 + 1) as usize);
    }
    let active = order.split_off(kinds - window);
    (active, order)
}

/// Where bins differ in cost, the candidates for the first item of a bin, which decides what it costs: those that need the
/// dearest are packed first.
fn opening(instance: &Instance, active: &[usize]) -> Option<Vec<usize>> {
    if instance.costs.is_single() {
        return None;
    }
    let alone = |at: usize| instance.costs.of(instance.kinds[active[at]].bin_types);
    let dearest = (0..active.len()).map(alone).max()?;
    Some((0..active.len()).filter(|&at| alone(at) == dearest).collect())
}
