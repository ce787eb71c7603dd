//! Lower bounds that need no search: capacity, dual-feasible functions, cliques of exclusions.

use std::collections::BTreeMap;

use crate::solve::problem::bound::Bound;
use crate::solve::problem::certificate::{Evidence, Part};
use crate::solve::problem::conflicts::{Holder, holders};
use crate::solve::problem::instance::Instance;

/// The best of the bounds in this file, where every bin costs one.
pub(crate) fn lower_bound(instance: &Instance) -> Bound {
    let mut best = one_bin(instance);
    for d in 0..instance.capacity.len() {
        let weights = instance.kinds.iter().map(|k| k.size[d]).collect();
        best.raise(Bound::of_weights(instance, instance.capacity[d], weights));
        best.raise(dual_feasible(instance, d));
    }
    best.raise(by_label(instance));
    best.raise(clique(instance));
    best
}

/// Whatever there is needs a bin.
fn one_bin(instance: &Instance) -> Bound {
    let mut weights = vec![0; instance.kinds.len()];
    match (weights.first_mut(), instance.kinds.first()) {
        (Some(weight), Some(kind)) => {
            *weight = 1;
            Bound::of_weights(instance, kind.count, weights)
        }
        _ => Bound::default(),
    }
}

/// The largest number of candidate parameters of each function that are tried.
const PARAMETERS: usize = 400;

/// The best dual-feasible function of one dimension: the threshold of Martello & Toth (1990), `u^(k)` of Fekete &
/// Schepers (2001), and `f_CCM` of Carlier, Clautiaux & Moukrim (2007), each scaled to integers.
fn dual_feasible(instance: &Instance, dimension: usize) -> Bound {
    let capacity = u128::from(instance.capacity[dimension]);
    if capacity == 0 {
        return Bound::default();
    }
    let sizes: Vec<(u128, u128)> = {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for kind in &instance.kinds {
            *counts.entry(kind.size[dimension]).or_default() += kind.count;
        }
        let wide = |(s, c): (u64, u64)| (u128::from(s), u128::from(c));
        counts.into_iter().map(wide).collect()
    };
    let small: Vec<u128> = sizes.iter().map(|s| s.0).filter(|&s| s > 0 && 2 * s <= capacity).collect();
    let step = small.len().div_ceil(PARAMETERS).max(1);

    let mut functions: Vec<Function> = (2..=20).map(Function::Rounding).collect();
    for &size in small.iter().step_by(step) {
        functions.push(Function::Threshold(size));
        functions.push(Function::Ccm(size));
    }
    for k in 3..=20 {
        functions.extend([capacity / k, capacity / k + 1].map(Function::Ccm));
    }
    functions.push(Function::Threshold(capacity / 2 + 1));
    functions.retain(|f| f.allowed(capacity));

    let value = |f: &Function| -> u128 {
        let total: u128 = sizes.iter().map(|&(s, c)| f.of(s, capacity) * c).sum();
        total.div_ceil(f.of(capacity, capacity).max(1))
    };
    // The first of equals, so that the answer does not depend on anything else.
    let best = functions.iter().rev().max_by_key(|f| value(f));
    let Some(best) = best else {
        return Bound::default();
    };
    let narrow = |x: u128| u64::try_from(x).ok();
    let weights: Option<Vec<u64>> =
        instance.kinds.iter().map(|k| narrow(best.of(u128::from(k.size[dimension]), capacity))).collect();
    match (narrow(best.of(capacity, capacity)), weights) {
        (Some(denominator), Some(weights)) => Bound::of_weights(instance, denominator, weights),
        _ => Bound::default(),
    }
}

/// A dual-feasible function of sizes in `0..=capacity`; its value at the capacity is the denominator.
enum Function {
    /// Sizes below the parameter count nothing, sizes that leave less than it count as the capacity.
    Threshold(u128),
    /// `u^(k)`: rounding to multiples of 1/k.
    Rounding(u128),
    /// `f_CCM,1`: counting steps of the parameter, from the far end for sizes above the half.
    Ccm(u128),
}

impl Function {
    fn allowed(&self, capacity: u128) -> bool {
        match self {
            Self::Threshold(epsilon) => *epsilon > 0 && 2 * epsilon <= capacity + 2,
            Self::Rounding(k) => capacity.checked_mul(k + 1).is_some(),
            Self::Ccm(step) => *step > 0 && 2 * step <= capacity,
        }
    }

    fn of(&self, size: u128, capacity: u128) -> u128 {
        match self {
            Self::Threshold(epsilon) if size < *epsilon => 0,
            Self::Threshold(epsilon) if size + epsilon > capacity => capacity,
            Self::Threshold(_) => size,
            Self::Rounding(k) if (size * (k + 1)).is_multiple_of(capacity) => size * k,
            Self::Rounding(k) => size * (k + 1) / capacity * capacity,
            Self::Ccm(step) => match (2 * size).cmp(&capacity) {
                std::cmp::Ordering::Greater => 2 * (capacity / step - (capacity - size) / step),
                std::cmp::Ordering::Equal => capacity / step,
                std::cmp::Ordering::Less => 2 * (size / step),
            },
        }
    }
}

/// The sum over the labels of one attribute of what each label needs alone, for the best attribute.
fn by_label(instance: &Instance) -> Bound {
    let holders = holders(&instance.kinds);
    let labels = |of: &[Holder]| -> Vec<Vec<usize>> {
        of.chunk_by(|a, b| a.label == b.label).map(|alike| alike.iter().map(|h| h.kind).collect()).collect()
    };
    let needed = |of: &[Holder]| -> u64 { labels(of).iter().map(|kinds| dimension_need(instance, kinds).0).sum() };
    // The first of equals.
    let attributes = holders.chunk_by(|a, b| a.attribute == b.attribute);
    let best = attributes.map(|of| (needed(of), of)).reduce(|best, next| if next.0 > best.0 { next } else { best });
    let mut bound = Bound::default();
    for kinds in &best.map(|best| labels(best.1)).unwrap_or_default() {
        let (bins, evidence) = dimension_need(instance, kinds);
        bound.cost += bins;
        let types = match &evidence {
            Evidence::Weights { weights, .. } => kinds[..weights.len()].to_vec(),
            Evidence::Search { .. } | Evidence::Shares { .. } => kinds.clone(),
        };
        bound.parts.push(Part { types, evidence });
    }
    bound
}

/// What some kinds need by capacity, with weights for the first of them (all, or one when any bin will do).
fn dimension_need(instance: &Instance, kinds: &[usize]) -> (u64, Evidence) {
    let first = kinds.first().map_or(1, |&k| instance.kinds[k].count);
    let mut best = (1, Evidence::Weights { denominator: first, weights: vec![1] });
    for (d, &capacity) in instance.capacity.iter().enumerate() {
        let total: u128 =
            kinds.iter().map(|&k| u128::from(instance.kinds[k].size[d]) * u128::from(instance.kinds[k].count)).sum();
        let bins = u64::try_from(total.div_ceil(u128::from(capacity.max(1)))).unwrap_or(0);
        if bins > best.0 {
            let weights = kinds.iter().map(|&k| instance.kinds[k].size[d]).collect();
            let evidence = Evidence::Weights { denominator: capacity, weights };
            best = (bins, evidence);
        }
    }
    best
}

/// Pairs looked at when growing a clique.
const CLIQUE_PAIRS: usize = 20_000_000;

/// A clique of items of which no two share a bin, by labels or by size, grown greedily from the most exclusive.
fn clique(instance: &Instance) -> Bound {
    let fits = |a: usize, b: usize| {
        let (one, other) = (&instance.kinds[a].size, &instance.kinds[b].size);
        let room = |d: usize| u128::from(one[d]) + u128::from(other[d]);
        (0..instance.capacity.len()).all(|d| room(d) <= u128::from(instance.capacity[d])) && instance.go_together(a, b)
    };
    // How many items an attribute sets apart tells which members are worth trying first.
    let mut holders: BTreeMap<u32, u64> = BTreeMap::new();
    for &(attribute, _) in instance.kinds.iter().flat_map(|k| &k.labels) {
        *holders.entry(attribute).or_default() += 1;
    }
    let exclusive = |k: usize| -> u64 {
        let labels = &instance.kinds[k].labels;
        labels.iter().map(|m| holders[&m.0]).sum()
    };
    let mut candidates: Vec<usize> = (0..instance.kinds.len()).filter(|&k| instance.kinds[k].count == 1 || !fits(k, k)).collect();
    let total = |clique: &[usize]| -> u64 { clique.iter().map(|&k| instance.kinds[k].count).sum() };
    let mut best: Vec<usize> = Vec::new();
    for by_labels in [true, false] {
        if by_labels {
            candidates.sort_by_key(|&k| (std::cmp::Reverse(exclusive(k)), k));
        } else {
            // Kinds come largest first.
            candidates.sort_unstable();
        }
        let mut clique: Vec<usize> = Vec::new();
        let mut pairs = 0;
        for &candidate in &candidates {
            pairs += clique.len();
            if pairs > CLIQUE_PAIRS {
                break;
            }
            if clique.iter().all(|&member| !fits(member, candidate)) {
                clique.push(candidate);
            }
        }
        if total(&clique) > total(&best) {
            best = clique;
        }
    }
    let mut weights = vec![0; instance.kinds.len()];
    for &k in &best {
        weights[k] = 1;
    }
    Bound::of_weights(instance, 1, weights)
}
