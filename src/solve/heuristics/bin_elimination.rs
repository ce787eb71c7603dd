//! Local repair: one bin is emptied, and its items are squeezed into the others by swaps.

use crate::solve::heuristics::bins::Bins;
use crate::solve::heuristics::random::Random;
use crate::solve::heuristics::slack_consolidation::consolidate_slack;
use crate::solve::problem::incumbent::count;
use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::Control;

/// Items for which single bins are tracked.
const BINS: u64 = 30_000;
/// Items that are taken out of one bin.
const OUT: u64 = 1_000;
/// Bins among which the one to empty is drawn.
const EMPTIEST: u64 = 6;
/// Swaps looked at for each item that is left out.
const TRIES: usize = 400;
/// Exchanges looked at in all.
const LOOKS: u64 = 50_000_000;
/// A dimension is weighted as if this much of a bin were to spare at least.
const LEAST_SPARE: f64 = 0.1;

/// A packing with one bin less and no other any dearer, if swaps find one.
pub(crate) fn eliminate_bin(
    instance: &Instance,
    bins: &[Filled],
    random: &mut Random,
    control: &Control<'_>,
) -> Option<Vec<Filled>> {
    if count(bins) > BINS || count(bins) < 2 {
        return None;
    }
    let mut open = Bins::singly(instance, bins);
    let weight = weights(instance, count(bins) - 1);
    let share: Vec<f64> = instance.kinds.iter().map(|k| k.size.iter().zip(&weight).map(|(&s, w)| s as f64 * w).sum()).collect();
    let load = |bin: &Bins| -> f64 { bin.items.iter().map(|&(k, n)| share[k] * f64::from(n)).sum() };
    // One of the emptiest bins; which one is drawn, so that trying again is of use.
    let mut emptiest: Vec<(f64, usize)> = open.iter().map(load).zip(0..).collect();
    emptiest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let drawn = random.below(EMPTIEST.min(emptiest.len() as u64)) as usize;
    let emptied = emptiest.get(drawn)?.1;
    if open[emptied].items.iter().map(|i| u64::from(i.1)).sum::<u64>() > OUT {
        return None;
    }
    let mut out: Vec<usize> =
        open.swap_remove(emptied).items.iter().flat_map(|&(k, n)| std::iter::repeat_n(k, n as usize)).collect();
    let (mut tries, mut looks) = (0, LOOKS);
    while !out.is_empty() {
        out.sort_by(|&a, &b| share[a].total_cmp(&share[b]).then(b.cmp(&a)));
        let item = *out.last()?;
        let kind = &instance.kinds[item];
        if let Some(bin) = open.iter_mut().find(|b| b.takes(instance, item) && b.cost_with(instance, item) <= b.cost(instance)) {
            bin.put(instance, item, 1);
            out.pop();
            tries = 0;
            continue;
        }
        tries += 1;
        if tries > TRIES || control.stopped() {
            return None;
        }
        // The swap that leaves out the least; among equals any, so that a wrong turn is not taken again.
        let mut best: Option<(f64, u64, usize, usize)> = None;
        let only_sizes = kind.labels.is_empty() && instance.costs.is_single();
        for (at, bin) in open.iter().enumerate() {
            for &(other, _) in &bin.items {
                if share[other] < share[item] && swappable(instance, bin, other, item, only_sizes) {
                    let draw = random.next();
                    let key = (share[other], draw);
                    if best.is_none_or(|b| key.0 < b.0 || (key.0 == b.0 && key.1 < b.1)) {
                        best = Some((key.0, key.1, at, other));
                    }
                }
            }
        }
        let Some((_, _, at, other)) = best else {
            let at = consolidate_slack(instance, &mut open, item, &weight, &mut looks)?;
            open[at].put(instance, item, 1);
            out.pop();
            continue;
        };
        out.pop();
        out.push(other);
        open[at].remove(instance, other);
        open[at].put(instance, item, 1);
    }
    Some(open.into_iter().map(|b| (b.items, 1)).collect())
}

/// What a unit of each dimension weighs: the more, the less of it there is to spare in so many bins.
fn weights(instance: &Instance, bins: u64) -> Vec<f64> {
    let weight = |(d, &capacity): (usize, &u64)| {
        let capacity = capacity.max(1) as f64;
        let need: f64 = instance.kinds.iter().map(|k| k.size[d] as f64 / capacity * k.count as f64).sum();
        1.0 / (capacity * (bins as f64 - need).max(LEAST_SPARE))
    };
    instance.capacity.iter().enumerate().map(weight).collect()
}

/// Whether an item fits in the bin once one `other` is out; where only sizes matter, a comparison of them.
fn swappable(instance: &Instance, bin: &Bins, other: usize, item: usize, only_sizes: bool) -> bool {
    let (out, into) = (&instance.kinds[other], &instance.kinds[item]);
    let room = bin.room.iter().zip(&out.size).zip(&into.size).all(|((room, out), size)| *size <= room + out);
    room && (only_sizes || {
        let mut without = bin.clone();
        without.remove(instance, other);
        without.takes(instance, item) && without.cost_with(instance, item) <= bin.cost(instance)
    })
}
