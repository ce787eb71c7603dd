//! The cheapest arrangement of items, of those that several packings give.

use super::grading::Grading;
use super::packer::{Graded, Packed};
use super::types::{GroupFault, Item};

/// Packs with grades, or by count where there are none.
pub(super) type Packing<'p> = dyn Fn(Option<&Graded>) -> Result<Packed, GroupFault> + 'p;

/// The grades that each item is packed by when the cheapest resources are sought; none where the fewest are the cheapest.
pub(super) fn graded(grading: &Grading, items: &[Item]) -> Option<Graded> {
    let count = items.len() as u64;
    let masks = items.iter().map(|item| grading.preferred(&item.needs)).collect();
    match (grading.is_flat(), grading.is_contentious()) {
        (true, false) => None,
        (true, true) => Some(Graded { costs: vec![1; grading.costs.len()], masks, leaders: Vec::new() }),
        (false, _) => {
            let costs = grading.costs.iter().map(|cost| grading.scaled(*cost, count)).collect();
            Some(Graded { costs, masks, leaders: Vec::new() })
        }
    }
}

/// The cheapest of the packings found, then that of the fewest resources; `plain` is the packing on the fewest resources.
pub(super) fn cheapest(grading: &Grading, items: &[Item], plain: Packed, pack: &Packing<'_>) -> Result<Packed, GroupFault> {
    let cost = |packed: &Packed| {
        let bins = needs(items, &packed.bins());
        let (own, used) = grading.cost(bins.iter().map(Vec::as_slice))?;
        Some((own.saturating_add(grading.price(used)), bins.len(), used))
    };
    let least = |best: Packed, next: Packed| {
        let key = |packed: &Packed| cost(packed).map_or((u64::MAX, usize::MAX), |(total, bins, _)| (total, bins));
        if key(&next) < key(&best) { next } else { best }
    };
    let mut best = plain;
    if let Some(graded) = graded(grading, items) {
        best = least(best, pack(Some(&graded))?);
    }
    if grading.prices.is_empty() {
        return Ok(best);
    }
    // As if each resource had to pay its charges by itself.
    let dear = |(own, due): (&u64, &u64)| grading.scaled(own.saturating_add(grading.price(*due)), items.len() as u64);
    let graded = Graded {
        costs: grading.costs.iter().zip(&grading.charges).map(dear).collect(),
        masks: items.iter().map(|item| grading.serving(&item.needs)).collect(),
        leaders: Vec::new(),
    };
    best = least(best, pack(Some(&graded))?);
    // Charges that are due anyway cost nothing more, so every resource shall hold an item that makes one of them due.
    if cost(&best).is_some_and(|(.., used)| used & !grading.forced() != 0) {
        let leaders = leaders(grading, items, &best.bins());
        best = least(best, pack(Some(&Graded { costs: Vec::new(), masks: Vec::new(), leaders }))?);
    }
    Ok(best)
}

/// For each bin an item of a highest grade that could be in it, as far as there are any: the first ones, which are to be on
/// different resources.
fn leaders(grading: &Grading, items: &[Item], bins: &[Vec<usize>]) -> Vec<usize> {
    let mut free: Vec<usize> = (0..items.len())
        .filter(|item| grading.join(&items[*item].needs).is_some_and(|grade| grading.is_highest(grade)))
        .collect();
    let mut chosen = Vec::new();
    for bin in needs(items, bins) {
        let serving = grading.serving(&bin);
        let fits = |item: &usize| grading.join(&items[*item].needs).is_some_and(|grade| serving >> grade & 1 == 1);
        if let Some(at) = free.iter().position(fits) {
            chosen.push(free.remove(at));
        }
    }
    chosen.sort_unstable();
    chosen
}

/// The requirements in each bin.
pub(super) fn needs<'b>(items: &[Item], bins: impl IntoIterator<Item = &'b Vec<usize>>) -> Vec<Vec<usize>> {
    bins.into_iter().map(|bin| bin.iter().flat_map(|item| items[*item].needs.iter().copied()).collect()).collect()
}
