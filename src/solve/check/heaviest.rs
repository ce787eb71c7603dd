//! The weight of the heaviest feasible bin, for the checks: exact, and without the solver's pricing.

use std::collections::{BTreeMap, BTreeSet};

use crate::solve::problem::statement::{Attribute, ItemType, Label, Problem};

/// How the heaviest feasible bin compares with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heaviest {
    /// No feasible bin weighs more than the limit.
    Within,
    /// A feasible bin weighs this much, which is more.
    Above(u128),
    /// Too many cases.
    Undecided,
}

/// Types that are compared pair by pair.
const PAIRWISE: usize = 6_000;
/// Cells of a table over a capacity.
const CELLS: u64 = 4_000_000;
/// Cells of a table over a grid, where the capacity has more.
const GRID: u64 = 500_000;
/// Sums that are looked at, where a grid is too coarse.
const SUMS: usize = 10_000_000;
/// Steps of the search over several dimensions or labels.
const STEPS: u64 = 200_000_000;

/// An item type as far as weight goes.
#[derive(Clone, Debug)]
struct Weighed<'a> {
    size: &'a [u64],
    labels: &'a [(Attribute, Label)],
    count: u64,
    weight: u64,
}

/// Compares the heaviest feasible bin of this capacity, of the weighed types, with `limit`.
pub(crate) fn heaviest(problem: &Problem, capacity: &[u64], weighed: &[(usize, u64)], limit: u128) -> Heaviest {
    let fits = |item: &ItemType| item.size.iter().zip(capacity).all(|(size, room)| size <= room);
    let weighed: Vec<(usize, u64)> = weighed.iter().copied().filter(|w| fits(&problem.types[w.0])).collect();
    if weighed.len() <= PAIRWISE && one_at_a_time(problem, &weighed) {
        let most = weighed.iter().map(|w| w.1).max().unwrap_or(0);
        return compare(most.into(), limit);
    }
    let weigh = |&(index, weight): &(usize, u64)| {
        let item = &problem.types[index];
        Weighed { size: &item.size, labels: &item.labels, count: u64::from(item.count), weight }
    };
    let items: Vec<Weighed<'_>> = weighed.iter().map(weigh).collect();
    let mut steps = STEPS;
    by_labels(capacity, items, limit, &mut steps)
}

fn compare(weight: u128, limit: u128) -> Heaviest {
    if weight > limit { Heaviest::Above(weight) } else { Heaviest::Within }
}

/// Whether no two of the items share a bin.
fn one_at_a_time(problem: &Problem, weighed: &[(usize, u64)]) -> bool {
    weighed.iter().enumerate().all(|(at, &(first, _))| {
        let alone = problem.types[first].count == 1 || exclusive(problem, first, first);
        let rest = &weighed[at + 1..];
        alone && rest.iter().all(|&(second, _)| exclusive(problem, first, second))
    })
}

/// Whether one item of each of two types cannot share a bin.
pub(crate) fn exclusive(problem: &Problem, first: usize, second: usize) -> bool {
    let (a, b) = (&problem.types[first], &problem.types[second]);
    let conflict = a
        .labels
        .iter()
        .any(|&(attribute, found)| b.labels.binary_search_by_key(&attribute, |l| l.0).is_ok_and(|at| b.labels[at].1 != found));
    let room = |capacity: &[u64]| {
        let mut sizes = a.size.iter().zip(&b.size).zip(capacity);
        sizes.all(|((&a, &b), &room)| u128::from(a) + u128::from(b) <= u128::from(room))
    };
    let share = match problem.bin_types.is_empty() {
        true => room(&problem.capacity),
        false => (0..problem.bin_types.len()).any(|g| a.admits(g) && b.admits(g) && room(problem.capacity_of(g))),
    };
    conflict || !share
}

/// Tries without labels; where that is too coarse, label by label of an attribute that many carry; else by search.
fn by_labels(capacity: &[u64], items: Vec<Weighed<'_>>, limit: u128, steps: &mut u64) -> Heaviest {
    if light(capacity, &items, limit) {
        return Heaviest::Within;
    }
    let mut tables = Vec::new();
    for (d, &room) in capacity.iter().enumerate() {
        match within_dimension(room, d, &items, limit) {
            Some(true) => return Heaviest::Within,
            Some(false) => tables.push(d),
            None => {}
        }
    }
    let mut carriers: BTreeMap<Attribute, (usize, BTreeSet<Label>)> = BTreeMap::new();
    for &(attribute, label) in items.iter().flat_map(|i| i.labels) {
        let entry = carriers.entry(attribute).or_default();
        entry.0 += 1;
        entry.1.insert(label);
    }
    carriers.retain(|_, c| c.1.len() > 1);
    let widest = carriers.iter().max_by_key(|(_, c)| c.0);
    match widest {
        Some((&attribute, carriers)) if 2 * carriers.0 >= items.len() || carriers.0 >= 64 => {
            let label_of = |item: &Weighed<'_>| item.labels.iter().find(|l| l.0 == attribute).map(|l| l.1);
            let mut sets: BTreeMap<Label, Vec<Weighed<'_>>> = BTreeMap::new();
            let mut wild = Vec::new();
            for item in items {
                match label_of(&item) {
                    Some(label) => sets.entry(label).or_default().push(item),
                    None => wild.push(item),
                }
            }
            for mut set in sets.into_values() {
                *steps = steps.saturating_sub(1 + wild.len() as u64);
                if *steps == 0 {
                    return Heaviest::Undecided;
                }
                set.extend(wild.iter().cloned());
                match by_labels(capacity, set, limit, steps) {
                    Heaviest::Within => {}
                    other => return other,
                }
            }
            Heaviest::Within
        }
        _ => Search::new(capacity, items, tables, limit).run(steps),
    }
}

/// Whether the weights are plainly light: all items together, or in proportion to one dimension.
fn light(capacity: &[u64], items: &[Weighed<'_>], limit: u128) -> bool {
    let all: u128 = items.iter().map(|i| u128::from(i.weight) * u128::from(i.count)).fold(0, u128::saturating_add);
    all <= limit
        || (0..capacity.len()).any(|d| {
            items.iter().all(|i| u128::from(i.weight) * u128::from(capacity[d]) <= limit.saturating_mul(i.size[d].into()))
        })
}

/// The most copies of an item in a bin of this much room.
fn most(item: &Weighed<'_>, room: u64, dimension: usize) -> u64 {
    match item.size[dimension] {
        0 => item.count,
        size => item.count.min(room / size),
    }
}

/// Whether no choice that respects one dimension weighs more; `None` where the capacity is too large for a table.
fn within_dimension(capacity: u64, dimension: usize, items: &[Weighed<'_>], limit: u128) -> Option<bool> {
    // On a coarser grid sizes are rounded down, so that what is within the limit there is so in truth.
    let grid = if capacity < CELLS { 1 } else { capacity / GRID + 1 };
    let room = usize::try_from(capacity / grid).ok()?;
    let mut best = vec![0u128; room + 1];
    for item in items {
        add(&mut best, item, most(item, capacity, dimension), item.size[dimension] / grid);
    }
    match best[room] <= limit {
        within if within || grid == 1 => Some(within),
        _ => within_sums(capacity, dimension, items, limit),
    }
}

/// Adds so many copies of an item type to a table of the most weight for each room, in batches of 1, 2, 4, … copies.
fn add(best: &mut [u128], item: &Weighed<'_>, copies: u64, size: u64) {
    let mut left = copies;
    let mut batch = 1;
    while left > 0 {
        let copies = batch.min(left);
        let weight = u128::from(item.weight) * u128::from(copies);
        // `copies` fit in the table, so the product does too.
        let shift = (size * copies) as usize;
        for room in (shift..best.len()).rev() {
            best[room] = best[room].max(best[room - shift] + weight);
        }
        left -= copies;
        batch *= 2;
    }
}

/// As a table would, over the sums that occur: (used, weight), both ascending.
fn within_sums(capacity: u64, dimension: usize, items: &[Weighed<'_>], limit: u128) -> Option<bool> {
    let mut sums: Vec<(u64, u128)> = vec![(0, 0)];
    let mut work = 0;
    for item in items {
        let mut left = most(item, capacity, dimension);
        let mut batch = 1;
        while left > 0 {
            let copies = batch.min(left);
            let size = item.size[dimension] * copies;
            let weight = u128::from(item.weight) * u128::from(copies);
            let moved = sums.iter().filter(|s| s.0 <= capacity - size).map(|s| (s.0 + size, s.1 + weight));
            let mut all: Vec<(u64, u128)> = sums.iter().copied().chain(moved).collect();
            all.sort_unstable_by_key(|s| (s.0, std::cmp::Reverse(s.1)));
            let mut heaviest = None;
            all.retain(|s| {
                let keep = heaviest.is_none_or(|h| s.1 > h);
                if keep {
                    heaviest = Some(s.1);
                }
                keep
            });
            work += all.len();
            sums = all;
            if work > SUMS {
                return None;
            }
            left -= copies;
            batch *= 2;
        }
    }
    Some(sums.last().is_none_or(|s| s.1 <= limit))
}

/// Search over the copies of each item, cut where a single dimension shows that the rest is too light.
struct Search<'a> {
    capacity: &'a [u64],
    items: Vec<Weighed<'a>>,
    limit: u128,
    /// For a dimension and a position, the most weight of the items from there on for each room.
    tables: Vec<(usize, Vec<Vec<u128>>)>,
    /// For each position, the weight of everything from there on.
    rest: Vec<u128>,
}

impl<'a> Search<'a> {
    fn new(capacity: &'a [u64], mut items: Vec<Weighed<'a>>, dimensions: Vec<usize>, limit: u128) -> Self {
        items.sort_by(|a, b| {
            let key = |i: &Weighed<'_>| std::cmp::Reverse((i.weight, i.size.to_vec()));
            key(a).cmp(&key(b))
        });
        let tables = dimensions
            .into_iter()
            .filter(|&d| capacity[d].saturating_mul(items.len() as u64 + 1) <= CELLS)
            .map(|d| {
                let mut table = vec![vec![0u128; capacity[d] as usize + 1]];
                for item in items.iter().rev() {
                    let mut next = table[table.len() - 1].clone();
                    add(&mut next, item, most(item, capacity[d], d), item.size[d]);
                    table.push(next);
                }
                table.reverse();
                (d, table)
            })
            .collect();
        let mut rest = vec![0u128];
        for item in items.iter().rev() {
            rest.push(rest[rest.len() - 1] + u128::from(item.weight) * u128::from(item.count));
        }
        rest.reverse();
        Self { capacity, items, limit, tables, rest }
    }

    fn run(&self, steps: &mut u64) -> Heaviest {
        let room = self.capacity.to_vec();
        self.step(0, &room, 0, &mut Vec::new(), steps)
    }

    fn step(
        &self,
        position: usize,
        room: &[u64],
        weight: u128,
        labels: &mut Vec<(Attribute, Label)>,
        steps: &mut u64,
    ) -> Heaviest {
        if weight > self.limit {
            return Heaviest::Above(weight);
        }
        if *steps == 0 {
            return Heaviest::Undecided;
        }
        *steps -= 1;
        let mut more = self.rest[position];
        for (d, table) in &self.tables {
            more = more.min(table[position][room[*d] as usize]);
        }
        if weight + more <= self.limit {
            return Heaviest::Within;
        }
        let item = &self.items[position];
        let clash = item.labels.iter().any(|l| labels.iter().any(|seen| seen.0 == l.0 && seen.1 != l.1));
        let copies = if clash { 0 } else { (0..room.len()).map(|d| most(item, room[d], d)).min().unwrap_or(item.count) };
        for copies in (0..=copies).rev() {
            let room: Vec<u64> = room.iter().zip(item.size).map(|(&room, &size)| room - size * copies).collect();
            let before = labels.len();
            if copies > 0 {
                labels.extend(item.labels);
            }
            let weight = weight + u128::from(item.weight) * u128::from(copies);
            let found = self.step(position + 1, &room, weight, labels, steps);
            labels.truncate(before);
            if found != Heaviest::Within {
                return found;
            }
        }
        Heaviest::Within
    }
}
