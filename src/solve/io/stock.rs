//! Kinds of bins of which there are only so many.
//!
//! Each bin in stock becomes an item without size, its *slot*. A slot goes into a bin of its kind, or into one that holds
//! nothing else. Both cost a surcharge that is the same for every slot; a bin of that kind without a slot costs it as well, so
//! that no cheapest packing has one unless the items do not fit in the stock.

use crate::solve::problem::statement::{BinType, ItemType, Problem};

/// What stands for the stock in a problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    /// For each kind of limited stock, the item type of its slots.
    slots: Vec<(usize, usize)>,
    /// What all slots cost together.
    surcharge: u64,
}

impl Stock {
    /// Limits the kinds of bins to these numbers, if given.
    pub(crate) fn limit(problem: &mut Problem, stated: &[Option<u32>]) -> Self {
        let limited: Vec<(usize, u32)> = stated.iter().enumerate().filter_map(|(kind, stock)| Some((kind, (*stock)?))).collect();
        let items = u32::try_from(problem.items()).unwrap_or(u32::MAX);
        if limited.is_empty() || items == 0 {
            return Self::default();
        }
        let kinds = problem.bin_types.len();
        let surcharge = surcharge(problem, stated);
        // A dimension of which a slot takes all: two slots never share a bin.
        let full = problem.capacity.clone();
        for bin_type in &mut problem.bin_types {
            if bin_type.capacity.is_empty() {
                bin_type.capacity.clone_from(&full);
            }
            bin_type.capacity.push(1);
        }
        problem.capacity.push(1);
        for item in &mut problem.types {
            item.size.push(0);
            if item.bin_types.is_empty() {
                item.bin_types = (0..kinds).collect();
            }
        }
        let mut stock = Self::default();
        for (kind, number) in limited {
            // Of more bins than items some stay empty anyway.
            let count = number.min(items);
            let mut size = vec![0; full.len()];
            let empty = BinType { cost: surcharge, capacity: [size.clone(), vec![1]].concat() };
            size.push(1);
            let bin_types = vec![kind, problem.bin_types.len()];
            problem.bin_types.push(empty);
            problem.bin_types[kind].cost = problem.bin_types[kind].cost.saturating_add(surcharge);
            stock.slots.push((kind, problem.types.len()));
            stock.surcharge = stock.surcharge.saturating_add(surcharge.saturating_mul(count.into()));
            problem.types.push(ItemType { size, count, bin_types, ..ItemType::default() });
        }
        stock
    }

    /// Whether a bin of this kind and these items is one of the stock, or of a kind that has no limit.
    pub(crate) fn allows(&self, kind: Option<usize>, items: &[(usize, u32)]) -> bool {
        let slot = self.slots.iter().find(|slot| Some(slot.0) == kind);
        slot.is_none_or(|slot| items.iter().any(|item| item.0 == slot.1))
    }

    /// What is left of a cost without the surcharge.
    pub(crate) fn cost(&self, cost: u64) -> u64 {
        cost.saturating_sub(self.surcharge)
    }
}

/// More than a bin that is not in stock can save.
fn surcharge(problem: &Problem, stated: &[Option<u32>]) -> u64 {
    let unlimited: Vec<usize> = (0..stated.len()).filter(|&kind| stated[kind].is_none()).collect();
    let dearest = problem.bin_types.iter().map(|b| b.cost).max().unwrap_or(1);
    let elsewhere = problem.types.iter().all(|item| unlimited.iter().any(|&kind| problem.holds(kind, item)));
    // Its items could each have a bin of a kind without limit; where they could not, whatever all bins cost is more.
    let bins = if elsewhere { most_in_a_bin(problem) } else { problem.items() };
    dearest.saturating_mul(bins).saturating_add(1)
}

/// No bin holds more items: the smallest in one dimension fill it.
fn most_in_a_bin(problem: &Problem) -> u64 {
    let of_dimension = |d: usize| {
        let mut sizes: Vec<(u64, u64)> = problem.types.iter().map(|t| (t.size[d], t.count.into())).collect();
        sizes.sort_unstable();
        let kinds = (0..problem.bin_types.len()).map(|kind| problem.capacity_of(kind)[d]);
        let mut room = kinds.max().unwrap_or(0);
        let mut held = 0;
        for (size, count) in sizes {
            let fit = room.checked_div(size).unwrap_or(count).min(count);
            held += fit;
            room -= fit * size;
        }
        held
    };
    (0..problem.capacity.len()).map(of_dimension).min().unwrap_or_else(|| problem.items()).max(1)
}
