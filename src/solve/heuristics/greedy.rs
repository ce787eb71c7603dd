//! Filling bins greedily: first-fit and best-fit, item by item, over groups of equal bins.

use crate::solve::heuristics::bins::Bins;
use crate::solve::problem::bin_types::BinTypes;
use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::Control;

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

/// How bins are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub choice: Choice,
    pub mixing: Mixing,
    /// Of which type a new bin is, for items that may be in one; any that the items allow, if not given.
    pub opening: Option<usize>,
}

impl Rule {
    pub(crate) const BEST: Self = Self { choice: Choice::Best, mixing: Mixing::Any, opening: None };

    fn open(self, instance: &Instance, index: usize, copies: u64) -> Bins {
        let mut bins = Bins::empty(instance, copies);
        let bin_types = instance.kinds[index].bin_types;
        if let Some(opening) = self.opening {
            bins.bin_types = BinTypes::of([if bin_types.has(opening) { opening } else { bin_types.first() }]);
        }
        bins
    }
}

/// Bins that are looked at for one filling.
const LOOKS: u64 = 300_000_000;

/// Packs so many of each kind, in this order.
///
/// When it is stopped, or has looked at too many bins, the items that are left get bins of their own.
pub(crate) fn fill(instance: &Instance, counts: &[u64], order: &[usize], rule: Rule, control: &Control<'_>) -> Vec<Filled> {
    let mut looks = LOOKS;
    let mut open: Vec<Bins> = Vec::new();
    let mut closed: Vec<Bins> = Vec::new();
    let smallest = smallest_after(instance, order);
    for (position, &index) in order.iter().enumerate() {
        let kind = &instance.kinds[index];
        let mut left = counts[index];
        let alone = instance.costs.of(kind.bin_types);
        let may_share = |bins: &Bins| {
            rule.mixing == Mixing::Any
                || [bins.bin_types, bins.bin_types.and(kind.bin_types)]
                    .iter()
                    .all(|&bin_types| instance.costs.of(bin_types) == alone)
        };
        looks = looks.saturating_sub(open.len() as u64);
        if position % 256 == 255 && control.stopped() {
            looks = 0;
        }
        match rule.choice {
            _ if looks == 0 => {}
            Choice::First => {
                let mut at = 0;
                while left > 0 && at < open.len() {
                    if may_share(&open[at]) {
                        left = place(instance, &mut open, at, index, left);
                    }
                    at += 1;
                }
            }
            Choice::Best => {
                let mut fitting: Vec<(u128, usize)> = (0..open.len())
                    .filter(|&b| open[b].takes(instance, index) && may_share(&open[b]))
                    .map(|b| (slack(&open[b], &instance.capacity), b))
                    .collect();
                fitting.sort_unstable();
                for (_, at) in fitting {
                    left = place(instance, &mut open, at, index, left);
                    if left == 0 {
                        break;
                    }
                }
            }
        }
        while left > 0 {
            open.push(rule.open(instance, index, left));
            let at = open.len() - 1;
            left = place(instance, &mut open, at, index, left);
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
fn place(instance: &Instance, open: &mut Vec<Bins>, at: usize, index: usize, left: u64) -> u64 {
    let each = open[at].fits(instance, index, left);
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
            let mut bins = before.clone();
            bins.copies = copies;
            if number > 0 {
                bins.put(instance, index, number);
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
