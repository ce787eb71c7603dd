//! Exclusions that concern few items are left out at first, and respected when the items are dealt out.
//!
//! Thousands of pairwise exclusions make thousands of kinds of items that differ in nothing else. Without them few
//! kinds are left, whose bound holds all the same; and items of one size can change places until none that exclude
//! each other share a bin.

use std::collections::BTreeSet;

use crate::solve::problem::conflicts::{Holder, holders};
use crate::solve::problem::incumbent::count;
use crate::solve::problem::instance::{Filled, Instance, NumberedLabel, compatible};
use crate::solve::problem::reduction::{Reduced, coarsen};

/// Comparisons of labels before dealing is given up.
const COMPARISONS: u64 = 100_000_000;
/// Bins that are dealt to one by one.
const BINS: u64 = 1_000_000;

/// The instance without its sparse attributes, when that joins many kinds.
pub(crate) fn relaxed(instance: &Instance) -> Option<Reduced> {
    let items: u64 = instance.kinds.iter().map(|k| k.count).sum();
    let sparse = |holders: &[Holder]| {
        let number = |of: &[Holder]| -> u64 { of.iter().map(|h| instance.kinds[h.kind].count).sum() };
        let all = number(holders);
        let largest = holders.chunk_by(|a, b| a.label == b.label).map(number).max().unwrap_or(0);
        all * 20 <= items || largest <= 1 || largest * 500 <= items
    };
    let holders = holders(&instance.kinds);
    let attributes = holders.chunk_by(|a, b| a.attribute == b.attribute);
    let kept: BTreeSet<u32> = attributes.filter(|of| !sparse(of)).map(|of| of[0].attribute).collect();
    let reduced = coarsen(instance, |a| kept.contains(&a));
    (reduced.instance.kinds.len() * 5 <= instance.kinds.len() * 4).then_some(reduced)
}

/// A bin of the relaxed instance, being dealt to.
struct Bin {
    labels: Vec<NumberedLabel>,
    /// Kinds of the relaxed instance, and how many are still to be dealt.
    slots: Vec<(usize, u32)>,
    items: Vec<(usize, u32)>,
}

/// Bins of the relaxed instance as bins of the instance itself; `None` if some item finds no place.
pub(crate) fn deal(instance: &Instance, relaxed: &Reduced, bins: &[Filled]) -> Option<Vec<Filled>> {
    if count(bins) > BINS {
        return None;
    }
    let mut deal = Deal::new(instance, relaxed, bins);
    // Those with the most exclusions first; those without any take what is left.
    let mut marked: Vec<(usize, usize)> = Vec::new();
    for (core, members) in relaxed.members.iter().enumerate() {
        let bare = relaxed.instance.kinds[core].labels.len();
        let more = members.iter().filter(|m| instance.kinds[m.0].labels.len() > bare);
        marked.extend(more.map(|m| (m.0, core)));
    }
    marked.sort_by_key(|&(kind, _)| (std::cmp::Reverse(instance.kinds[kind].labels.len()), kind));
    for &(kind, core) in &marked {
        for _ in 0..instance.kinds[kind].count {
            deal.place(kind, core)?;
        }
    }
    deal.rest(&marked)
}

struct Deal<'a> {
    instance: &'a Instance,
    relaxed: &'a Reduced,
    bins: Vec<Bin>,
    /// For each relaxed kind, the bins with a slot for it, and where to look next.
    open: Vec<(Vec<usize>, usize)>,
    /// For each relaxed kind, where marked items of it are.
    placed: Vec<Vec<(usize, usize)>>,
    budget: u64,
}

impl<'a> Deal<'a> {
    fn new(instance: &'a Instance, relaxed: &'a Reduced, filled: &[Filled]) -> Self {
        let cores = relaxed.members.len();
        let mut open = vec![(Vec::new(), 0); cores];
        let mut bins = Vec::new();
        for (items, copies) in filled {
            for _ in 0..*copies {
                for &(core, n) in items {
                    if n > 0 {
                        open[core].0.push(bins.len());
                    }
                }
                bins.push(Bin { labels: Vec::new(), slots: items.clone(), items: Vec::new() });
            }
        }
        Self { instance, relaxed, bins, open, placed: vec![Vec::new(); cores], budget: COMPARISONS }
    }

    /// Deals one item; if need be, another one changes its bin.
    fn place(&mut self, kind: usize, core: usize) -> Option<()> {
        if let Some(at) = self.find(core, &self.instance.kinds[kind].labels, None)? {
            self.put(kind, core, at);
            return Some(());
        }
        for index in 0..self.placed[core].len() {
            let (bin, other) = self.placed[core][index];
            let without = self.labels_without(bin, other);
            self.budget = self.budget.checked_sub(1)?;
            if !compatible(&without, &self.instance.kinds[kind].labels) {
                continue;
            }
            let Some(at) = self.find(core, &self.instance.kinds[other].labels, Some(bin))? else {
                continue;
            };
            self.bins[bin].labels = without;
            take_one(&mut self.bins[bin].items, other);
            self.add(kind, bin);
            self.placed[core][index].1 = kind;
            self.put(other, core, at);
            return Some(());
        }
        None
    }

    /// Where in the list of open bins, but for one, an item with these labels can go; the outer `None` when out of budget.
    fn find(&mut self, core: usize, labels: &[NumberedLabel], but: Option<usize>) -> Option<Option<usize>> {
        let (bins, start) = &self.open[core];
        for step in 0..bins.len() {
            self.budget = self.budget.checked_sub(1)?;
            let at = (start + step) % bins.len();
            if Some(bins[at]) != but && compatible(&self.bins[bins[at]].labels, labels) {
                return Some(Some(at));
            }
        }
        Some(None)
    }

    fn put(&mut self, kind: usize, core: usize, at: usize) {
        let bin = self.open[core].0[at];
        self.add(kind, bin);
        self.placed[core].push((bin, kind));
        self.open[core].1 = at + 1;
        take_one(&mut self.bins[bin].slots, core);
        if !self.bins[bin].slots.iter().any(|s| s.0 == core) {
            self.open[core].0.swap_remove(at);
        }
    }

    fn add(&mut self, kind: usize, bin: usize) {
        let bin = &mut self.bins[bin];
        bin.items.push((kind, 1));
        for &label in &self.instance.kinds[kind].labels {
            if let Err(at) = bin.labels.binary_search(&label) {
                bin.labels.insert(at, label);
            }
        }
    }

    fn labels_without(&self, bin: usize, item: usize) -> Vec<NumberedLabel> {
        let mut items = self.bins[bin].items.clone();
        take_one(&mut items, item);
        let kinds = items.iter().map(|i| &self.instance.kinds[i.0]);
        let mut labels: Vec<NumberedLabel> = kinds.flat_map(|k| k.labels.iter().copied()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Deals the items that no left-out exclusion concerns.
    fn rest(mut self, marked: &[(usize, usize)]) -> Option<Vec<Filled>> {
        let mut dealt = vec![false; self.instance.kinds.len()];
        for &(kind, _) in marked {
            dealt[kind] = true;
        }
        let mut stock: Vec<Vec<(usize, u64)>> =
            self.relaxed.members.iter().map(|m| m.iter().copied().filter(|m| !dealt[m.0]).collect()).collect();
        for bin in &mut self.bins {
            for &(core, n) in &bin.slots {
                let mut need = u64::from(n);
                while need > 0 {
                    let (kind, left) = stock[core].last_mut()?;
                    let taken = need.min(*left);
                    bin.items.push((*kind, u32::try_from(taken).ok()?));
                    need -= taken;
                    *left -= taken;
                    if *left == 0 {
                        stock[core].pop();
                    }
                }
            }
        }
        Some(self.bins.into_iter().map(|b| (joined(b.items), 1)).collect())
    }
}

fn take_one(items: &mut Vec<(usize, u32)>, item: usize) {
    if let Some(entry) = items.iter_mut().find(|i| i.0 == item) {
        entry.1 -= 1;
    }
    items.retain(|i| i.1 > 0);
}

fn joined(mut items: Vec<(usize, u32)>) -> Vec<(usize, u32)> {
    items.sort_unstable();
    items.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 += later.1;
        }
        same
    });
    items
}
