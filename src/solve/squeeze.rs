//! Local repair: one bin is emptied, and its items are squeezed into the others by swaps.

use super::component::count;
use super::fill::Bins;
use super::outcome::Control;
use super::random::Random;
use super::reduce::{Filled, Instance, Kind};

/// Items for which single bins are tracked.
const BINS: u64 = 30_000;
/// Bins among which the one to empty is drawn.
const EMPTIEST: u64 = 6;
/// Swaps looked at for each item that is left out.
const TRIES: usize = 400;

/// A packing with one bin less and no other any dearer, if swaps find one.
pub(super) fn squeeze(instance: &Instance, bins: &[Filled], random: &mut Random, control: &Control<'_>) -> Option<Vec<Filled>> {
    if count(bins) > BINS || count(bins) < 2 {
        return None;
    }
    let mut open: Vec<Bins> = Vec::new();
    for (items, copies) in bins {
        let mut bin = Bins::empty(&instance.capacity, 1);
        for &(kind, n) in items {
            bin.put(kind, &instance.kinds[kind], n.into());
        }
        open.extend(std::iter::repeat_n(bin, usize::try_from(*copies).ok()?));
    }
    let share: Vec<f64> = shares(instance);
    let load = |bin: &Bins| -> f64 { bin.items.iter().map(|&(k, n)| share[k] * f64::from(n)).sum() };
    // One of the emptiest bins; which one is drawn, so that trying again is of use.
    let mut emptiest: Vec<(f64, usize)> = open.iter().map(load).zip(0..).collect();
    emptiest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let drawn = random.below(EMPTIEST.min(emptiest.len() as u64)) as usize;
    let emptied = emptiest.get(drawn)?.1;
    let mut out: Vec<usize> =
        open.swap_remove(emptied).items.iter().flat_map(|&(k, n)| std::iter::repeat_n(k, n as usize)).collect();
    let mut tries = 0;
    while !out.is_empty() {
        out.sort_by(|&a, &b| share[a].total_cmp(&share[b]).then(b.cmp(&a)));
        let item = *out.last()?;
        let kind = &instance.kinds[item];
        if let Some(bin) = open.iter_mut().find(|b| b.takes(kind) && !dearer(instance, b, kind)) {
            bin.put(item, kind, 1);
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
        let only_sizes = kind.marks.is_empty() && instance.costs.is_single();
        for (at, bin) in open.iter().enumerate() {
            for &(other, _) in &bin.items {
                if share[other] < share[item] && swappable(instance, bin, other, kind, only_sizes) {
                    let draw = random.next();
                    let key = (share[other], draw);
                    if best.is_none_or(|b| key.0 < b.0 || (key.0 == b.0 && key.1 < b.1)) {
                        best = Some((key.0, key.1, at, other));
                    }
                }
            }
        }
        let Some((_, _, at, other)) = best else {
            let (a, b) = exchange(instance, &open, kind)?;
            let ((first, one), (second, other)) = (a, b);
            remove(instance, &mut open[first], one);
            remove(instance, &mut open[second], other);
            open[first].put(other, &instance.kinds[other], 1);
            open[second].put(one, &instance.kinds[one], 1);
            open[first].put(item, kind, 1);
            out.pop();
            continue;
        };
        out.pop();
        out.push(other);
        remove(instance, &mut open[at], other);
        open[at].put(item, kind, 1);
    }
    Some(open.into_iter().map(|b| (b.items, 1)).collect())
}

/// Bins that an exchange tries to make room in.
const ROOMY: usize = 60;

/// An item in each of two bins, such that after they change places the first bin has room for `kind`.
fn exchange(instance: &Instance, open: &[Bins], kind: &Kind) -> Option<((usize, usize), (usize, usize))> {
    let lacking = |bin: &Bins| -> f64 {
        let room = bin.room.iter().zip(&kind.size).zip(&instance.capacity);
        room.map(|((&room, &size), &c)| size.saturating_sub(room) as f64 / c.max(1) as f64).sum()
    };
    let mut roomy: Vec<(f64, usize)> = open.iter().map(lacking).zip(0..).collect();
    roomy.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let single = kind.marks.is_empty() && instance.costs.is_single();
    for &(_, first) in roomy.iter().take(ROOMY) {
        for &(one, _) in &open[first].items {
            let one_size = &instance.kinds[one].size;
            let bare = single && instance.kinds[one].marks.is_empty();
            let only_sizes = |other: usize| bare && instance.kinds[other].marks.is_empty();
            // What the other item may be at most for `kind` to fit.
            let most: Option<Vec<u64>> =
                (0..kind.size.len()).map(|d| (open[first].room[d] + one_size[d]).checked_sub(kind.size[d])).collect();
            let Some(most) = most else { continue };
            for (second, bin) in open.iter().enumerate().filter(|b| b.0 != first) {
                for &(other, _) in &bin.items {
                    let size = &instance.kinds[other].size;
                    let fits = (0..most.len()).all(|d| size[d] <= most[d] && one_size[d] <= bin.room[d] + size[d]);
                    if fits && (only_sizes(other) || labels_allow(instance, open, (first, one), (second, other), kind)) {
                        return Some(((first, one), (second, other)));
                    }
                }
            }
        }
    }
    None
}

fn labels_allow(
    instance: &Instance,
    open: &[Bins],
    (first, one): (usize, usize),
    (second, other): (usize, usize),
    kind: &Kind,
) -> bool {
    let cost = |bin: &Bins, with: &Kind| instance.costs.of(bin.grades.and(with.grades));
    let most = instance.costs.of(open[first].grades) + instance.costs.of(open[second].grades);
    let (mut a, mut b) = (open[first].clone(), open[second].clone());
    remove(instance, &mut a, one);
    remove(instance, &mut b, other);
    let (one, other_kind) = (&instance.kinds[one], &instance.kinds[other]);
    if !a.takes(other_kind) || !b.takes(one) {
        return false;
    }
    a.put(other, other_kind, 1);
    a.takes(kind) && cost(&a, kind) + cost(&b, one) <= most
}

/// Whether the bin costs more once it holds an item of `kind`.
fn dearer(instance: &Instance, bin: &Bins, kind: &Kind) -> bool {
    instance.costs.of(bin.grades.and(kind.grades)) > instance.costs.of(bin.grades)
}

/// The size of each kind over all dimensions, each weighted by how scarce it is.
fn shares(instance: &Instance) -> Vec<f64> {
    let dimensions = instance.capacity.len();
    let relative = |k: &Kind, d: usize| k.size[d] as f64 / instance.capacity[d].max(1) as f64;
    let need: Vec<f64> = (0..dimensions).map(|d| instance.kinds.iter().map(|k| relative(k, d) * k.count as f64).sum()).collect();
    let most = need.iter().copied().fold(1.0, f64::max);
    instance.kinds.iter().map(|k| (0..dimensions).map(|d| relative(k, d) * (need[d] / most).powi(8)).sum()).collect()
}

/// Whether an item of `kind` fits in the bin once one `other` is out; where only sizes matter, a comparison of them.
fn swappable(instance: &Instance, bin: &Bins, other: usize, kind: &Kind, only_sizes: bool) -> bool {
    let out = &instance.kinds[other];
    let room = bin.room.iter().zip(&out.size).zip(&kind.size).all(|((room, out), size)| *size <= room + out);
    room && (only_sizes || {
        let mut without = bin.clone();
        remove(instance, &mut without, other);
        without.takes(kind) && instance.costs.of(without.grades.and(kind.grades)) <= instance.costs.of(bin.grades)
    })
}

fn remove(instance: &Instance, bin: &mut Bins, item: usize) {
    for (room, size) in bin.room.iter_mut().zip(&instance.kinds[item].size) {
        *room += size;
    }
    if let Some(entry) = bin.items.iter_mut().find(|i| i.0 == item) {
        entry.1 -= 1;
    }
    bin.items.retain(|i| i.1 > 0);
    let mut marks: Vec<_> = bin.items.iter().flat_map(|i| instance.kinds[i.0].marks.iter().copied()).collect();
    marks.sort_unstable();
    marks.dedup();
    bin.marks = marks;
    bin.grades = instance.grades_of(&bin.items);
}
