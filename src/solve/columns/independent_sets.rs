//! Pricing where many kinds exclude each other: the heaviest independent set of the conflicts that a bin has room for.
//!
//! Branch and bound on bits. The bound is a partition of the candidates into cliques, of each of which a bin takes one kind
//! (Held, Cook & Sewell, 2012), or what their sizes allow, whichever is less; only what lies beyond the bound is branched on
//! (the knapsack with conflicts of Sadykov & Vanderbeck, 2013).

use crate::solve::columns::master::Column;
use crate::solve::problem::conflicts::{Conflicts, lowest};
use crate::solve::problem::instance::{Instance, copies};
use crate::solve::problem::outcome::Control;

/// One in so many pairs of kinds must exclude each other for this to be worth it.
const DENSE: u64 = 12;

/// Whether this search suits a set of kinds better than one under the bounds of tables.
pub(crate) fn is_dense(instance: &Instance, view: &[usize]) -> bool {
    let Some(conflicts) = instance.conflicts() else { return false };
    let mut inside = vec![0u64; instance.kinds.len().div_ceil(64)];
    view.iter().for_each(|&k| inside[k / 64] |= 1 << (k % 64));
    let within = |k: usize| -> u64 {
        conflicts.row(k).iter().zip(&inside).map(|(row, inside)| u64::from((row & inside).count_ones())).sum()
    };
    view.iter().map(|&k| within(k)).sum::<u64>() * DENSE >= (view.len() * view.len()) as u64
}

/// A search among some kinds, each at most so many times.
pub(crate) struct IndependentSets<'a> {
    instance: &'a Instance,
    conflicts: &'a Conflicts,
    values: &'a [u32],
    left: &'a [u64],
    /// What a unit of size weighs in each dimension for the bound by size.
    unit: Vec<f64>,
    /// The kinds by falling value for their size.
    dense_first: Vec<usize>,
    control: &'a Control<'a>,
    steps: u64,
    threshold: u64,
    cut: u64,
    best: Option<(u64, Column)>,
    listed: Option<Vec<Column>>,
    path: Column,
}

impl<'a> IndependentSets<'a> {
    /// A search for patterns worth more than `threshold`. `None` where the instance has no matrix of conflicts.
    pub(crate) fn new(
        instance: &'a Instance,
        (bin_type, order): (usize, &[usize]),
        (values, left): (&'a [u32], &'a [u64]),
        (threshold, steps): (u64, u64),
        control: &'a Control<'a>,
    ) -> Option<Self> {
        let conflicts = instance.conflicts()?;
        let capacity = instance.capacity_of(bin_type);
        let unit: Vec<f64> = capacity.iter().map(|&c| 1.0 / c.max(1) as f64 / capacity.len() as f64).collect();
        let mut search = Self {
            instance,
            conflicts,
            values,
            left,
            unit,
            dense_first: Vec::new(),
            control,
            steps,
            threshold,
            cut: 0,
            best: None,
            listed: None,
            path: Vec::new(),
        };
        let density = |k: usize| f64::from(values[k]) / search.share(k).max(1e-12);
        let mut kinds: Vec<usize> = order.iter().copied().filter(|&k| left[k] > 0).collect();
        kinds.sort_by(|&a, &b| density(b).total_cmp(&density(a)).then(a.cmp(&b)));
        search.dense_first = kinds;
        Some(search)
    }

    /// An upper bound on the value of every pattern (not below the threshold unless nothing exceeds it), and the best
    /// pattern above the threshold.
    pub(crate) fn run(&mut self, bin_type: usize) -> (u64, Option<(u64, Column)>) {
        let room = self.instance.capacity_of(bin_type).to_vec();
        let mut candidates = vec![0u64; self.instance.kinds.len().div_ceil(64)];
        self.dense_first.iter().for_each(|&k| candidates[k / 64] |= 1 << (k % 64));
        let unit = self.threshold;
        self.expand(candidates, &room, 0);
        let best = self.best.take();
        let reached = best.as_ref().map_or(unit, |b| b.0);
        (reached.max(self.cut), best)
    }

    /// Every pattern above the threshold, or `None` when there are too many to see.
    pub(crate) fn all(mut self, bin_type: usize) -> Option<Vec<Column>> {
        self.listed = Some(Vec::new());
        self.run(bin_type);
        (self.cut == 0).then_some(self.listed.unwrap_or_default())
    }

    fn share(&self, kind: usize) -> f64 {
        self.instance.kinds[kind].size.iter().zip(&self.unit).map(|(&s, u)| s as f64 * u).sum()
    }

    /// The most copies of a kind that this room holds.
    fn most(&self, kind: usize, room: &[u64]) -> u64 {
        copies(&self.instance.kinds[kind].size, room, self.left[kind]).into()
    }

    fn worth(&self, kind: usize, room: &[u64]) -> u64 {
        u64::from(self.values[kind]) * self.most(kind, room)
    }

    fn expand(&mut self, mut candidates: Vec<u64>, room: &[u64], value: u64) {
        if value > self.threshold {
            let mut pattern = self.path.clone();
            pattern.sort_unstable();
            match &mut self.listed {
                Some(listed) => listed.push(pattern),
                None => {
                    self.threshold = value;
                    self.best = Some((value, pattern));
                }
            }
        }
        if candidates.iter().all(|&w| w == 0) {
            return;
        }
        let by_size = self.by_size(&candidates, room);
        if value + by_size <= self.threshold {
            return;
        }
        // From the last clique on, whatever comes before is worth at most its bound.
        for (kind, bound) in self.cliques(&candidates, room).into_iter().rev() {
            let bound = value + bound.min(by_size);
            if bound <= self.threshold {
                return;
            }
            if self.steps == 0 || self.steps.is_multiple_of(256) && self.control.stopped() {
                self.steps = 0;
                self.cut = self.cut.max(bound);
                return;
            }
            self.steps -= 1;
            candidates[kind / 64] &= !(1 << (kind % 64));
            let size = &self.instance.kinds[kind].size;
            for n in (1..=self.most(kind, room)).rev() {
                let rest: Vec<u64> = room.iter().zip(size).map(|(room, size)| room - size * n).collect();
                let next = self.remaining(&candidates, kind, &rest);
                self.path.push((kind, u32::try_from(n).unwrap_or(u32::MAX)));
                self.expand(next, &rest, value + u64::from(self.values[kind]) * n);
                self.path.pop();
            }
        }
    }

    /// The candidates that go with a kind and fit in what is left.
    fn remaining(&self, candidates: &[u64], kind: usize, rest: &[u64]) -> Vec<u64> {
        let row = self.conflicts.row(kind);
        let mut next: Vec<u64> = candidates.iter().zip(row).map(|(c, r)| c & !r).collect();
        for (at, word) in next.iter_mut().enumerate() {
            for bit in bits(*word) {
                let size = &self.instance.kinds[at * 64 + bit].size;
                if rest.iter().zip(size).any(|(rest, size)| size > rest) {
                    *word &= !(1 << bit);
                }
            }
        }
        next
    }

    /// What the sizes of the candidates allow, by the bound of the fractional knapsack.
    fn by_size(&self, candidates: &[u64], room: &[u64]) -> u64 {
        let mut left: f64 = room.iter().zip(&self.unit).map(|(&r, u)| r as f64 * u).sum();
        let mut total = 0.0;
        for &kind in self.dense_first.iter().filter(|&&k| candidates[k / 64] >> (k % 64) & 1 == 1) {
            let copies = self.most(kind, room) as f64;
            let (size, value) = (self.share(kind) * copies, f64::from(self.values[kind]) * copies);
            if size > left {
                // Rounded up by far more than the sums can be off.
                return (total + value * (left / size)) as u64 + 2;
            }
            left -= size;
            total += value;
        }
        total as u64 + 2
    }

    /// The candidates in cliques, each with the bound of its clique and all before.
    fn cliques(&self, candidates: &[u64], room: &[u64]) -> Vec<(usize, u64)> {
        let mut ordered = Vec::new();
        let mut left = candidates.to_vec();
        let mut before = 0;
        let mut clique = vec![0u64; left.len()];
        while let Some(first) = lowest(&left) {
            clique.copy_from_slice(&left);
            let start = ordered.len();
            let (mut next, mut most) = (Some(first), 0);
            while let Some(kind) = next {
                left[kind / 64] &= !(1 << (kind % 64));
                most = most.max(self.worth(kind, room));
                ordered.push((kind, 0));
                clique.iter_mut().zip(self.conflicts.row(kind)).for_each(|(c, r)| *c &= r);
                next = lowest(&clique);
            }
            before += most;
            ordered[start..].iter_mut().for_each(|o| o.1 = before);
        }
        ordered
    }
}

fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(bit)
    })
}
