//! Ejection search: a packing with one bin less, items that find no room throwing out others that are easier to place.
//!
//! The ejection pool of Nagata & Bräysy (2009), made for the fewest vehicles of a tour plan. An item that could not be placed
//! weighs more from then on, so that the search learns which items are hard, be it for their size or for what they exclude.

use crate::solve::heuristics::random::Random;
use crate::solve::problem::conflicts::{Conflicts, has};
use crate::solve::problem::incumbent::count;
use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::Control;

/// Items that are tracked one by one.
const ITEMS: u64 = 20_000;
/// Items thrown out of a bin at once.
const EJECTED: usize = 3;
/// Exchanges tried after each item that found no room.
const EXCHANGES: usize = 12;
/// What an item of average size weighs at first.
const AVERAGE: f64 = 64.0;
/// One in so many exchanges is made although it does not help.
const AGAINST: u64 = 8;
/// No item weighs more, however often it was left over, so that sums stay within their range.
const HEAVIEST: u64 = 1 << 32;
/// A dimension is weighted as if this much of a bin were to spare at least.
const LEAST_SPARE: f64 = 0.1;

/// A packing with one bin less, if one is found before so many items have been looked at. For bins that all cost the same.
pub(crate) fn eject(
    instance: &Instance,
    bins: &[Filled],
    looks: u64,
    random: &mut Random,
    control: &Control<'_>,
) -> Option<Vec<Filled>> {
    let items: u64 = bins.iter().map(|(items, n)| items.iter().map(|i| u64::from(i.1)).sum::<u64>() * n).sum();
    let unsuited = !instance.costs.is_single() || instance.has_labels() && instance.conflicts().is_none();
    if unsuited || items > ITEMS || count(bins) < 2 {
        return None;
    }
    Pool::new(instance, bins, looks).run(random, control)
}

struct Open {
    room: Vec<u64>,
    /// Items by number.
    items: Vec<usize>,
}

struct Pool<'a> {
    instance: &'a Instance,
    conflicts: Option<&'a Conflicts>,
    /// For each item, its kind.
    kind: Vec<usize>,
    /// For each kind, what it takes of a bin, each dimension weighted by its scarcity.
    share: Vec<f64>,
    /// What a unit of each dimension weighs in that.
    unit: Vec<f64>,
    /// For each item, how hard it is to place.
    weight: Vec<u64>,
    open: Vec<Open>,
    /// The items without a bin, the next one last.
    out: Vec<usize>,
    looks: u64,
}

/// Items that make room for another when they leave a bin.
#[derive(Clone, Copy)]
struct Ejection {
    bin: usize,
    /// Places in the bin.
    places: [usize; EJECTED],
    number: usize,
    weight: u64,
}

impl<'a> Pool<'a> {
    fn new(instance: &'a Instance, bins: &[Filled], looks: u64) -> Self {
        let unit = units(instance, bins);
        let share: Vec<f64> = instance.kinds.iter().map(|k| k.size.iter().zip(&unit).map(|(&s, u)| s as f64 * u).sum()).collect();
        let (mut kind, mut open) = (Vec::new(), Vec::new());
        for (items, copies) in bins {
            for _ in 0..*copies {
                let mut bin = Open { room: instance.capacity.clone(), items: Vec::new() };
                for &(k, n) in items {
                    for _ in 0..n {
                        bin.items.push(kind.len());
                        kind.push(k);
                        bin.room.iter_mut().zip(&instance.kinds[k].size).for_each(|(room, size)| *room -= size);
                    }
                }
                open.push(bin);
            }
        }
        let mean = kind.iter().map(|&k| share[k]).sum::<f64>() / kind.len().max(1) as f64;
        let degree = |k: usize| instance.conflicts().map_or(0.0, |c| f64::from(c.degree(k)));
        let excluded = kind.iter().map(|&k| degree(k)).sum::<f64>() / kind.len().max(1) as f64;
        let relative = |of: f64, mean: f64| if mean > 0.0 { of / mean } else { 1.0 };
        let hard = |&k: &usize| AVERAGE * (relative(share[k], mean) + relative(degree(k), excluded)) / 2.0;
        let weight: Vec<u64> = kind.iter().map(|k| (hard(k) as u64).min(HEAVIEST) + 1).collect();
        let conflicts = instance.conflicts();
        let mut pool = Self { instance, conflicts, kind, share, unit, weight, open, out: Vec::new(), looks };
        let load = |bin: &Open| -> u64 { bin.items.iter().map(|&i| pool.weight[i]).sum() };
        let least = (0..pool.open.len()).min_by_key(|&b| (load(&pool.open[b]), b)).unwrap_or(0);
        pool.out = pool.open.swap_remove(least).items;
        pool.sort_out();
        pool
    }

    /// The hardest item comes next.
    fn sort_out(&mut self) {
        let weight = &self.weight;
        self.out.sort_by_key(|&i| (weight[i], i));
    }

    fn run(mut self, random: &mut Random, control: &Control<'_>) -> Option<Vec<Filled>> {
        let mut rounds = 0u64;
        while let Some(item) = self.out.pop() {
            rounds += 1;
            if self.looks == 0 || rounds.is_multiple_of(32) && control.stopped() {
                return None;
            }
            if let Some(bin) = self.best_fit(item) {
                self.put(item, bin);
                continue;
            }
            // Slowly enough to tell the hard from the unlucky.
            self.weight[item] = (self.weight[item] + self.weight[item] / 4 + 1).min(HEAVIEST);
            match self.best_ejection(item, random) {
                Some(ejection) => {
                    let mut places: Vec<usize> = ejection.places[..ejection.number].to_vec();
                    places.sort_unstable();
                    for place in places.into_iter().rev() {
                        let ejected = self.take(ejection.bin, place);
                        self.out.push(ejected);
                    }
                    self.put(item, ejection.bin);
                    self.sort_out();
                }
                None => self.out.push(item),
            }
            for _ in 0..EXCHANGES {
                self.exchange(random);
            }
        }
        Some(self.filled())
    }

    fn filled(self) -> Vec<Filled> {
        let content = |bin: &Open| {
            let mut kinds: Vec<usize> = bin.items.iter().map(|&i| self.kind[i]).collect();
            kinds.sort_unstable();
            kinds.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect()
        };
        self.open.iter().filter(|b| !b.items.is_empty()).map(|b| (content(b), 1)).collect()
    }

    fn size(&self, item: usize) -> &'a [u64] {
        &self.instance.kinds[self.kind[item]].size
    }

    fn excludes(&self, row: Option<&[u64]>, other: usize) -> bool {
        row.is_some_and(|row| has(row, self.kind[other]))
    }

    fn row(&self, item: usize) -> Option<&'a [u64]> {
        self.conflicts.map(|c| c.row(self.kind[item]))
    }

    fn put(&mut self, item: usize, bin: usize) {
        let size = self.size(item);
        let bin = &mut self.open[bin];
        bin.room.iter_mut().zip(size).for_each(|(room, size)| *room -= size);
        bin.items.push(item);
    }

    fn take(&mut self, bin: usize, place: usize) -> usize {
        let item = self.open[bin].items.swap_remove(place);
        let size = self.size(item);
        self.open[bin].room.iter_mut().zip(size).for_each(|(room, size)| *room += size);
        item
    }

    /// The bin with the least room that takes the item.
    fn best_fit(&mut self, item: usize) -> Option<usize> {
        let (size, row) = (self.size(item), self.row(item));
        let mut best: Option<(f64, usize)> = None;
        self.looks = self.looks.saturating_sub(self.open.len() as u64);
        for (at, bin) in self.open.iter().enumerate() {
            if bin.room.iter().zip(size).all(|(room, size)| size <= room) && !bin.items.iter().any(|&i| self.excludes(row, i)) {
                let room = bin.room.iter().zip(&self.unit).map(|(&room, unit)| room as f64 * unit).sum();
                if best.is_none_or(|b| room < b.0) {
                    best = Some((room, at));
                }
            }
        }
        best.map(|b| b.1)
    }

    /// The items that weigh least, and less than this one, which leaves the bin that they make room in.
    fn best_ejection(&mut self, item: usize, random: &mut Random) -> Option<Ejection> {
        let mut best: Option<Ejection> = None;
        let mut ties = 0;
        let mut looks = 0;
        for at in 0..self.open.len() {
            let most = best.map_or(self.weight[item] - 1, |b| b.weight);
            looks += 1 + self.open[at].items.len() as u64;
            let Some(found) = self.ejection_of(item, at, most, &mut looks) else { continue };
            ties = if best.is_some_and(|b| b.weight == found.weight) { ties + 1 } else { 1 };
            if ties == 1 || random.below(ties) == 0 {
                best = Some(found);
            }
        }
        self.looks = self.looks.saturating_sub(looks);
        best
    }

    /// The least that has to leave one bin, if it weighs no more than `most`.
    fn ejection_of(&self, item: usize, at: usize, most: u64, looks: &mut u64) -> Option<Ejection> {
        let (size, row) = (self.size(item), self.row(item));
        let bin = &self.open[at];
        let mut ejection = Ejection { bin: at, places: [0; EJECTED], number: 0, weight: 0 };
        let mut lacking = [0i128; 8];
        let dimensions = size.len();
        for d in 0..dimensions.min(8) {
            lacking[d] = signed(size[d]) - signed(bin.room[d]);
        }
        if dimensions > 8 {
            return None;
        }
        for (place, &other) in bin.items.iter().enumerate() {
            if self.excludes(row, other) {
                ejection.weight += self.weight[other];
                if ejection.number == EJECTED || ejection.weight > most {
                    return None;
                }
                ejection.places[ejection.number] = place;
                ejection.number += 1;
                self.size(other).iter().enumerate().for_each(|(d, &s)| lacking[d] -= signed(s));
            }
        }
        let lacking = &lacking[..dimensions];
        if lacking.iter().all(|&l| l <= 0) {
            return (ejection.number > 0).then_some(ejection);
        }
        let left = most - ejection.weight;
        let taken = &ejection.places[..ejection.number];
        let free: Vec<usize> =
            (0..bin.items.len()).filter(|p| !taken.contains(p) && self.weight[bin.items[*p]] <= left).collect();
        let room_for = EJECTED - ejection.number;
        let mut best: Option<(u64, [usize; 2], usize)> = None;
        let limit = |best: &Option<(u64, [usize; 2], usize)>| best.as_ref().map_or(left, |b| b.0.saturating_sub(1));
        for (rank, &first) in free.iter().enumerate().filter(|_| room_for > 0) {
            let (weight, one) = (self.weight[bin.items[first]], self.size(bin.items[first]));
            if weight > limit(&best) {
                continue;
            }
            if lacking.iter().zip(one).all(|(&l, &s)| l <= signed(s)) {
                best = Some((weight, [first, 0], 1));
                continue;
            }
            if room_for < 2 {
                continue;
            }
            *looks += (free.len() - rank) as u64 / 4;
            for &second in &free[rank + 1..] {
                let both = weight + self.weight[bin.items[second]];
                let two = self.size(bin.items[second]);
                if both <= limit(&best) && lacking.iter().zip(one).zip(two).all(|((&l, &a), &b)| l <= signed(a) + signed(b)) {
                    best = Some((both, [first, second], 2));
                }
            }
        }
        let (weight, places, number) = best?;
        ejection.places[ejection.number..ejection.number + number].copy_from_slice(&places[..number]);
        ejection.number += number;
        ejection.weight += weight;
        Some(ejection)
    }

    /// Two items of two bins change places, if they may: where that brings the room of both together, and now and then
    /// anyway.
    fn exchange(&mut self, random: &mut Random) {
        self.looks = self.looks.saturating_sub(1);
        if self.open.len() < 2 {
            return;
        }
        let mut draw = || random.below(self.open.len() as u64) as usize;
        let (a, b) = (draw(), draw());
        if a == b || self.open[a].items.is_empty() || self.open[b].items.is_empty() {
            return;
        }
        let i = random.below(self.open[a].items.len() as u64) as usize;
        let j = random.below(self.open[b].items.len() as u64) as usize;
        let (one, other) = (self.open[a].items[i], self.open[b].items[j]);
        let fits = |room: &[u64], out: &[u64], into: &[u64]| room.iter().zip(out).zip(into).all(|((r, o), i)| *i <= r + o);
        if self.kind[one] == self.kind[other]
            || !fits(&self.open[a].room, self.size(one), self.size(other))
            || !fits(&self.open[b].room, self.size(other), self.size(one))
        {
            return;
        }
        let clashes = |bin: usize, but: usize, item: usize| {
            let row = self.row(item);
            row.is_some() && self.open[bin].items.iter().any(|&x| x != but && self.excludes(row, x))
        };
        if clashes(a, one, other) || clashes(b, other, one) {
            return;
        }
        let room = |bin: usize| -> f64 { self.open[bin].room.iter().zip(&self.unit).map(|(&r, u)| r as f64 * u).sum() };
        // What the first bin has more than the other grows when it gives the larger item.
        let more = self.share[self.kind[one]] - self.share[self.kind[other]];
        let helps = more * (room(a) - room(b) + more) >= 0.0;
        if helps || random.below(AGAINST) == 0 {
            let (x, y) = (self.take(a, i), self.take(b, j));
            self.put(x, b);
            self.put(y, a);
        }
    }
}

fn signed(size: u64) -> i128 {
    i128::from(size)
}

/// What a unit of each dimension weighs: the more, the less of it there is to spare in one bin less.
fn units(instance: &Instance, bins: &[Filled]) -> Vec<f64> {
    let fewer = (count(bins) - 1) as f64;
    let unit = |(need, &capacity): (f64, &u64)| 1.0 / (capacity.max(1) as f64 * (fewer - need).max(LEAST_SPARE));
    needs(instance, bins).into_iter().zip(&instance.capacity).map(unit).collect()
}

/// How many bins the items fill in each dimension.
fn needs(instance: &Instance, bins: &[Filled]) -> Vec<f64> {
    let mut total = vec![0.0; instance.capacity.len()];
    for (items, copies) in bins {
        for &(kind, n) in items {
            let sizes = instance.kinds[kind].size.iter().zip(&instance.capacity);
            let each = f64::from(n) * *copies as f64;
            total.iter_mut().zip(sizes).for_each(|(t, (&s, &c))| *t += s as f64 / c.max(1) as f64 * each);
        }
    }
    total
}

/// Bins that are searched together, where there are many.
const PART: usize = 96;
/// Bins that are told apart.
const BINS: u64 = 300_000;

/// A packing with fewer bins, of which a hundred at a time are searched for one that can go; `looks` for each of these.
pub(crate) fn eject_by_parts(
    instance: &Instance,
    bins: &[Filled],
    looks: u64,
    random: &mut Random,
    control: &Control<'_>,
) -> Option<Vec<Filled>> {
    let before = count(bins);
    if before < 2 * PART as u64 || before > BINS || !instance.costs.is_single() {
        return None;
    }
    let mut single: Vec<Filled> = bins.iter().flat_map(|(items, n)| (0..*n).map(|_| (items.clone(), 1))).collect();
    for at in (1..single.len()).rev() {
        single.swap(at, random.below(at as u64 + 1) as usize);
    }
    let mut all = Vec::with_capacity(single.len());
    for part in single.chunks(PART) {
        let mut part = part.to_vec();
        let least = needs(instance, &part).into_iter().fold(0.0, f64::max).ceil() as usize;
        while part.len() > least.max(1) && !control.stopped() {
            match eject(instance, &part, looks, random, control) {
                Some(fewer) => part = fewer,
                None => break,
            }
        }
        all.extend(part);
    }
    (count(&all) < before).then_some(all)
}
