//! Filling bins greedily: first-fit and best-fit, item by item, over groups of equal bins.

use crate::solve::problem::bin_types::BinTypes;
use crate::solve::problem::instance::{Filled, Instance, Kind, NumberedLabel, compatible};

/// Equal bins, partly filled.
#[derive(Clone, Debug)]
pub(crate) struct Bins {
    pub copies: u64,
    pub room: Vec<u64>,
    pub labels: Vec<NumberedLabel>,
    /// The bin types that they may have.
    pub bin_types: BinTypes,
    pub items: Vec<(usize, u32)>,
}

impl Bins {
    pub(crate) fn empty(capacity: &[u64], copies: u64) -> Self {
        Self { copies, room: capacity.to_vec(), labels: Vec::new(), bin_types: BinTypes::ALL, items: Vec::new() }
    }

    /// Whether an item of a kind fits in one of the bins.
    pub(crate) fn takes(&self, kind: &Kind) -> bool {
        self.room.iter().zip(&kind.size).all(|(room, size)| size <= room)
            && self.bin_types.meets(kind.bin_types)
            && compatible(&self.labels, &kind.labels)
    }

    /// How many items of a kind fit in one of the bins, at most `most`.
    pub(crate) fn fits(&self, kind: &Kind, most: u64) -> u64 {
        let mut fit = most.min(u64::from(u32::MAX));
        for (&room, &size) in self.room.iter().zip(&kind.size) {
            if size > room {
                return 0;
            }
            fit = fit.min(room.checked_div(size).unwrap_or(fit));
        }
        if self.bin_types.meets(kind.bin_types) && compatible(&self.labels, &kind.labels) { fit } else { 0 }
    }

    /// Puts items of a kind in each of the bins.
    pub(crate) fn put(&mut self, index: usize, kind: &Kind, number: u64) {
        for (room, size) in self.room.iter_mut().zip(&kind.size) {
            *room -= size * number;
        }
        self.bin_types = self.bin_types.and(kind.bin_types);
        for &label in &kind.labels {
            if let Err(at) = self.labels.binary_search(&label) {
                self.labels.insert(at, label);
            }
        }
        // At most u32::MAX fit, see `fits`.
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        match self.items.iter_mut().find(|i| i.0 == index) {
            Some(item) => item.1 += number,
            None => self.items.push((index, number)),
        }
    }
}

/// Which open bin an item goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The first in which it fits.
    First,
    /// The one with the least room, relative to the capacity.
    Best,
}

/// Whether items that need bins of different costs may share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mixing {
    /// Wherever they fit.
    Any,
    /// Never.
    None,
}

/// Packs the kinds in this order.
pub(crate) fn fill(instance: &Instance, order: &[usize], choice: Choice, mixing: Mixing) -> Vec<Filled> {
    let mut open: Vec<Bins> = Vec::new();
    let mut closed: Vec<Bins> = Vec::new();
    let smallest = smallest_after(instance, order);
    for (position, &index) in order.iter().enumerate() {
        let kind = &instance.kinds[index];
        let mut left = kind.count;
        let alone = instance.costs.of(kind.bin_types);
        let may_share = |bins: &Bins| {
            mixing == Mixing::Any
                || [bins.bin_types, bins.bin_types.and(kind.bin_types)]
                    .iter()
                    .all(|&bin_types| instance.costs.of(bin_types) == alone)
        };
        match choice {
            Choice::First => {
                let mut at = 0;
                while left > 0 && at < open.len() {
                    if may_share(&open[at]) {
                        left = place(&mut open, at, index, kind, left);
                    }
                    at += 1;
                }
            }
            Choice::Best => {
                let mut fitting: Vec<(u128, usize)> = (0..open.len())
                    .filter(|&b| open[b].takes(kind) && may_share(&open[b]))
                    .map(|b| (slack(&open[b], &instance.capacity), b))
                    .collect();
                fitting.sort_unstable();
                for (_, at) in fitting {
                    left = place(&mut open, at, index, kind, left);
                    if left == 0 {
                        break;
                    }
                }
            }
        }
        while left > 0 {
            open.push(Bins::empty(&instance.capacity, left));
            let at = open.len() - 1;
            left = place(&mut open, at, index, kind, left);
            open.retain(|b| !b.items.is_empty());
        }
        // Bins that can take nothing more are not looked at again.
        if let Some(least) = smallest.get(position + 1)
            && position % 8 == 7
        {
            let (keep, full) = open.into_iter().partition(|b| b.room.iter().zip(least).all(|(room, size)| size <= room));
            open = keep;
            closed.extend(full);
        }
    }
    closed.extend(open);
    closed.into_iter().map(|b| (b.items, b.copies)).collect()
}

/// Puts as many as fit in the bins at `at`, splitting them where not all are filled alike; what is left.
fn place(open: &mut Vec<Bins>, at: usize, index: usize, kind: &Kind, left: u64) -> u64 {
    let each = open[at].fits(kind, left);
    if each == 0 {
        return left;
    }
    let copies = open[at].copies;
    let whole = copies.min(left / each);
    let rest = if whole < copies { left % each } else { 0 };
    let untouched = copies - whole - u64::from(rest > 0);
    let before = open[at].clone();
    let mut groups =
        [(whole, each), (u64::from(rest > 0), rest), (untouched, 0)].into_iter().filter(|g| g.0 > 0).map(|(copies, number)| {
            let mut bins = Bins { copies, ..before.clone() };
            if number > 0 {
                bins.put(index, kind, number);
            }
            bins
        });
    if let Some(first) = groups.next() {
        open[at] = first;
    }
    open.extend(groups);
    left - whole * each - rest
}

/// The room of a bin relative to the capacity, in 2⁻³² over all dimensions.
fn slack(bins: &Bins, capacity: &[u64]) -> u128 {
    bins.room.iter().zip(capacity).map(|(&room, &capacity)| (u128::from(room) << 32) / u128::from(capacity.max(1))).sum()
}

/// For each position of the order, the smallest size in each dimension from there on.
fn smallest_after(instance: &Instance, order: &[usize]) -> Vec<Vec<u64>> {
    let mut least = vec![u64::MAX; instance.capacity.len()];
    let mut all: Vec<Vec<u64>> = order
        .iter()
        .rev()
        .map(|&k| {
            for (least, &size) in least.iter_mut().zip(&instance.kinds[k].size) {
                *least = (*least).min(size);
            }
            least.clone()
        })
        .collect();
    all.reverse();
    all
}

/// Orders worth trying, largest first by several measures; the most constrained by labels first in the later ones. Where
/// bins differ in cost, what needs the dearest comes first, and later in each order by size alone.
pub(crate) fn orders(instance: &Instance) -> Vec<Vec<usize>> {
    let kinds = &instance.kinds;
    let dimensions = instance.capacity.len();
    let share = |k: usize, d: usize| kinds[k].size[d] as f64 / instance.capacity[d].max(1) as f64;
    let scarcity: Vec<f64> =
        (0..dimensions).map(|d| (0..kinds.len()).map(|k| share(k, d) * kinds[k].count as f64).sum()).collect();
    let sorted = |measure: &dyn Fn(usize) -> f64| {
        let keys: Vec<f64> = (0..kinds.len()).map(measure).collect();
        let mut order: Vec<usize> = (0..kinds.len()).collect();
        order.sort_by(|&a, &b| keys[b].total_cmp(&keys[a]).then(a.cmp(&b)));
        order
    };
    let sum = |k: usize| (0..dimensions).map(|d| share(k, d)).sum::<f64>();
    let mut all = vec![sorted(&sum)];
    if dimensions > 1 {
        all.push(sorted(&|k| (0..dimensions).map(|d| share(k, d)).fold(0.0, f64::max)));
        all.push(sorted(&|k| (0..dimensions).map(|d| share(k, d) * scarcity[d]).sum()));
        all.push(sorted(&|k| (0..dimensions).map(|d| share(k, d).powi(2)).sum()));
    }
    if instance.has_labels() {
        all.push(sorted(&|k| kinds[k].labels.len() as f64 * 1000.0 + sum(k)));
        // Wildcards last: they go wherever room is left.
        all.push(sorted(&|k| f64::from(u8::from(!kinds[k].labels.is_empty())) * 1000.0 + sum(k)));
    }
    if !instance.costs.are_one() {
        let mut dearest_first = all.clone();
        for order in &mut dearest_first {
            order.sort_by_key(|&k| std::cmp::Reverse(instance.costs.of(kinds[k].bin_types)));
        }
        all.splice(0..0, dearest_first);
    }
    all
}
