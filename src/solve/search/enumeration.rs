//! The cheapest packing of a few items, by dynamic programming over sets of them.

use crate::solve::heuristics::bins::Bins;
use crate::solve::problem::instance::{Filled, Instance};

/// With more items the sets are too many: of three times as many each, two are compared.
const ITEMS: u64 = 11;

/// The cheapest packing, where the items are few; no other costs less.
pub(crate) fn enumerate(instance: &Instance) -> Option<Vec<Filled>> {
    let number: u64 = instance.kinds.iter().map(|k| k.count).sum();
    if number > ITEMS {
        return None;
    }
    let items: Vec<usize> = instance.kinds.iter().enumerate().flat_map(|(k, kind)| (0..kind.count).map(move |_| k)).collect();
    let sets = 1usize << items.len();
    // What a bin with each set of items costs, if there is one that holds them.
    let mut bins: Vec<Option<Bins>> = vec![Some(Bins::empty(instance, 1))];
    for set in 1..sets {
        let item = items[set.trailing_zeros() as usize];
        let rest = bins[set & (set - 1)].clone().filter(|bin| bin.takes(instance, item));
        bins.push(rest.map(|mut bin| {
            bin.put(instance, item, 1);
            bin
        }));
    }
    // The least cost of each set of items, and the bin that has its first.
    let mut best: Vec<(u64, usize)> = vec![(0, 0)];
    for set in 1..sets {
        let first = set & set.wrapping_neg();
        let mut least = (u64::MAX, first);
        let others = set ^ first;
        let mut with = others;
        loop {
            if let Some(bin) = &bins[with | first] {
                let cost = best[others ^ with].0.saturating_add(bin.cost(instance));
                least = least.min((cost, with | first));
            }
            if with == 0 {
                break;
            }
            with = (with - 1) & others;
        }
        best.push(least);
    }
    let mut packed = Vec::new();
    let mut left = sets - 1;
    while left > 0 {
        let bin = best[left].1;
        packed.push((bins[bin].clone()?.items, 1));
        left &= !bin;
    }
    Some(packed)
}
