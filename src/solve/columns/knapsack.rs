//! The knapsack with several dimensions and exclusions, by search under the bounds of tables.

use crate::solve::columns::master::Column;
use crate::solve::columns::surrogate::multipliers;
use crate::solve::columns::tables::{Measure, Table};
use crate::solve::heuristics::bins::Bins;
use crate::solve::problem::instance::{Instance, NumberedLabel, compatible, copies};
use crate::solve::problem::outcome::Control;

/// One knapsack: kinds with values, in the order in which they are decided on.
pub(crate) struct Knapsack<'a> {
    instance: &'a Instance,
    /// What is packed is of this type.
    bin_type: usize,
    order: Vec<usize>,
    value: Vec<u32>,
    /// The most copies of each in a bin.
    most: Vec<u32>,
    /// The value of everything from each position on.
    suffix: Vec<u64>,
    /// The relaxations that have tables, each with the room of a bin.
    measures: Vec<(Measure, u64)>,
}

impl<'a> Knapsack<'a> {
    /// The knapsack of a bin of this type and these kinds, which fit in it, each at most `left` times, with tables of at most so many cells.
    pub(crate) fn new(
        instance: &'a Instance,
        (bin_type, order): (usize, Vec<usize>),
        values: &[u32],
        left: &[u64],
        cells: usize,
    ) -> Self {
        let capacity = instance.capacity_of(bin_type);
        let value: Vec<u32> = order.iter().map(|&k| values[k]).collect();
        let most: Vec<u32> = order.iter().map(|&k| copies(&instance.kinds[k].size, capacity, left[k])).collect();
        let suffix = suffix_sums(&value, &most);
        let multipliers = multipliers(instance, capacity, &order, &value, &most);
        let measures = measures(instance, capacity, order.len(), cells, &multipliers);
        Self { instance, bin_type, order, value, most, suffix, measures }
    }

    /// Fills the tables, one for each measure.
    pub(crate) fn fill(&self, tables: &mut [Table]) {
        for (table, (measure, _)) in tables.iter_mut().zip(&self.measures) {
            table.fill(measure, &self.order, &self.value, &self.most);
        }
    }

    /// Positions by falling value for their size, in the last measure: the order of a greedy filling.
    pub(crate) fn by_density(&self) -> Vec<usize> {
        let density = |&position: &usize| {
            let kind = self.order[position];
            let size = self.measures.last().map_or(1, |(measure, _)| measure.size(kind));
            f64::from(self.value[position]) / size.max(1) as f64
        };
        let mut positions: Vec<usize> = (0..self.order.len()).collect();
        positions.sort_by(|a, b| density(b).total_cmp(&density(a)).then(a.cmp(b)));
        positions
    }

    /// A pattern filled greedily in this order with at most `left` of each kind, and its value.
    pub(crate) fn greedy(&self, positions: &[usize], left: &[u64]) -> (u64, Column) {
        let mut bin = Bins::of_type(self.instance, self.bin_type);
        let mut worth = 0;
        for &position in positions {
            let kind = self.order[position];
            let copies = bin.fits(self.instance, kind, left[kind]);
            if copies > 0 {
                bin.put(self.instance, kind, copies);
                worth += u64::from(self.value[position]) * copies;
            }
        }
        bin.items.sort_unstable();
        (worth, bin.items)
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }
}

/// The measures of an instance: each dimension, and with several their sum weighed by `multipliers`.
fn measures(instance: &Instance, capacity: &[u64], rows: usize, cells: usize, multipliers: &[f64]) -> Vec<(Measure, u64)> {
    /// What the multipliers are scaled to sum to: the room of a bin in the weighed sum.
    const FULL: f64 = 4000.0;
    let kinds = &instance.kinds;
    let mut measures: Vec<(Measure, u64)> = capacity
        .iter()
        .enumerate()
        .map(|(d, &capacity)| {
            let sizes = kinds.iter().map(|k| k.size[d]).collect();
            (Measure::new(capacity, sizes, rows, cells), capacity)
        })
        .collect();
    if capacity.len() > 1 {
        // Whole numbers from here on, so that the sums are exact.
        let scale = FULL / multipliers.iter().sum::<f64>();
        let full: Vec<u64> = multipliers.iter().map(|m| (m * scale).ceil() as u64).collect();
        // Below `full`, since the size is at most the capacity.
        let share = |d: usize, size: u64| {
            let part = u128::from(size) * u128::from(full[d]);
            (part / u128::from(capacity[d].max(1))) as u64
        };
        let sum = |size: &[u64]| size.iter().enumerate().map(|(d, &s)| share(d, s)).sum();
        let sizes = kinds.iter().map(|k| sum(&k.size)).collect();
        let total = full.iter().sum();
        measures.push((Measure::new(total, sizes, rows, cells), total));
    }
    measures
}

fn suffix_sums(value: &[u32], most: &[u32]) -> Vec<u64> {
    let mut sums = vec![0u64];
    for (&v, &n) in value.iter().zip(most).rev() {
        sums.push(sums[sums.len() - 1].saturating_add(u64::from(v) * u64::from(n)));
    }
    sums.reverse();
    sums
}

/// A depth-first search, best bound first.
#[derive(Clone)]
pub(crate) struct Search<'a> {
    knapsack: &'a Knapsack<'a>,
    tables: &'a [Table],
    left: &'a [u64],
    control: &'a Control<'a>,
    steps: u64,
    /// Only patterns worth more are sought.
    threshold: u64,
    /// The largest bound of what was not looked at for want of steps.
    cut: u64,
    best: Option<(u64, Column)>,
    path: Vec<(usize, u32)>,
    /// Where every pattern above the threshold goes, when all are sought.
    listed: Option<Vec<Column>>,
}

/// What is left of a bin in the search.
#[derive(Clone)]
struct Rest {
    room: Vec<u64>,
    /// Used of each measure.
    used: Vec<u64>,
    labels: Vec<NumberedLabel>,
    value: u64,
}

impl<'a> Search<'a> {
    /// A search for patterns worth more than `threshold`.
    pub(crate) fn new(
        knapsack: &'a Knapsack<'a>,
        tables: &'a [Table],
        left: &'a [u64],
        threshold: u64,
        steps: u64,
        control: &'a Control<'a>,
    ) -> Self {
        Self { knapsack, tables, left, control, steps, threshold, cut: 0, best: None, path: Vec::new(), listed: None }
    }

    /// Every pattern above the threshold, or `None` when there are too many to see.
    pub(crate) fn all(mut self) -> Option<Vec<Column>> {
        self.listed = Some(Vec::new());
        self.run();
        (self.cut == 0).then_some(self.listed.unwrap_or_default())
    }

    /// An upper bound on the value of every pattern (not below the threshold unless nothing exceeds it), and the best
    /// pattern above the threshold.
    pub(crate) fn run(&mut self) -> (u64, Option<(u64, Column)>) {
        let rest = Rest {
            room: self.knapsack.instance.capacity_of(self.knapsack.bin_type).to_vec(),
            used: vec![0; self.knapsack.measures.len()],
            labels: Vec::new(),
            value: 0,
        };
        let root = self.bound(0, &rest, 0, None);
        let unit = self.threshold;
        if root > unit {
            self.step(0, &rest);
        }
        let best = self.best.take();
        let reached = best.as_ref().map_or(unit, |b| b.0);
        (root.min(reached.max(self.cut)), best)
    }

    /// The most that a bin can be worth, with `copies` more of the kind at `position − 1`.
    #[inline]
    fn bound(&self, position: usize, rest: &Rest, copies: u64, kind: Option<usize>) -> u64 {
        let mut more = self.knapsack.suffix[position];
        for (at, ((measure, capacity), table)) in self.knapsack.measures.iter().zip(self.tables).enumerate() {
            let used = rest.used[at] + kind.map_or(0, |k| measure.size(k) * copies);
            let room = measure.room_left(used, *capacity);
            more = more.min(u64::from(table.get(position, room)));
        }
        rest.value.saturating_add(more)
    }

    fn step(&mut self, from: usize, rest: &Rest) {
        // Choices of this bin that promise less than going on without them.
        let mut deferred: Vec<(u64, usize, u64)> = Vec::new();
        let mut children: Vec<(u64, u64)> = Vec::new();
        let mut position = from;
        while position < self.knapsack.order.len() {
            let without = self.bound(position, rest, 0, None);
            if without <= self.threshold {
                break;
            }
            if self.steps == 0 {
                self.cut = self.cut.max(without);
                break;
            }
            let kind = self.knapsack.order[position];
            let fit = self.fits(kind, rest);
            // Many copies to choose from are many steps.
            let Some(steps) = self.steps.checked_sub(1 + fit / 16) else {
                self.cut = self.cut.max(without);
                break;
            };
            if steps / 4096 < self.steps / 4096 && self.control.stopped() {
                self.steps = 0;
            } else {
                self.steps = steps;
            }
            if fit > 0 {
                let without = self.bound(position + 1, rest, 0, None);
                children.clear();
                for copies in (1..=fit).rev() {
                    let value = u64::from(self.knapsack.value[position]) * copies;
                    let with = self.bound(position + 1, rest, copies, Some(kind)) + value;
                    if with > self.threshold {
                        if with >= without {
                            children.push((with, copies));
                        } else {
                            deferred.push((with, position, copies));
                        }
                    }
                }
                children.sort_by_key(|c| std::cmp::Reverse(*c));
                for &(with, copies) in &children.clone() {
                    self.take(position, copies, with, rest);
                }
            }
            position += 1;
        }
        if rest.value > self.threshold {
            let mut pattern = self.path.clone();
            pattern.sort_unstable();
            match &mut self.listed {
                Some(listed) => listed.push(pattern),
                None => {
                    self.threshold = rest.value;
                    self.best = Some((rest.value, pattern));
                }
            }
        }
        while let Some((with, position, copies)) = deferred.pop() {
            self.take(position, copies, with, rest);
        }
    }

    fn take(&mut self, position: usize, copies: u64, with: u64, rest: &Rest) {
        if with <= self.threshold {
            return;
        }
        if self.steps == 0 {
            self.cut = self.cut.max(with);
            return;
        }
        let kind = self.knapsack.order[position];
        let content = &self.knapsack.instance.kinds[kind];
        let mut next = rest.clone();
        for (room, size) in next.room.iter_mut().zip(&content.size) {
            *room -= size * copies;
        }
        for (used, (measure, _)) in next.used.iter_mut().zip(&self.knapsack.measures) {
            *used += measure.size(kind) * copies;
        }
        for &label in &content.labels {
            if let Err(at) = next.labels.binary_search(&label) {
                next.labels.insert(at, label);
            }
        }
        next.value += u64::from(self.knapsack.value[position]) * copies;
        self.path.push((kind, u32::try_from(copies).unwrap_or(u32::MAX)));
        self.step(position + 1, &next);
        self.path.pop();
    }

    fn fits(&self, kind: usize, rest: &Rest) -> u64 {
        let content = &self.knapsack.instance.kinds[kind];
        let mut fit = self.left[kind].min(u64::from(u32::MAX));
        for (&room, &size) in rest.room.iter().zip(&content.size) {
            if size > room {
                return 0;
            }
            fit = fit.min(room.checked_div(size).unwrap_or(fit));
        }
        if compatible(&rest.labels, &content.labels) { fit } else { 0 }
    }
}
