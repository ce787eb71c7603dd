//! Splitting an instance into parts that never share a bin.

use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, BTreeSet};

use crate::solve::problem::bin_types::BinTypes;
use crate::solve::problem::instance::{Instance, NumberedLabel, compatible};

/// The connected components of the graph that joins compatible kinds: lists of kinds, each sorted, in a fixed order.
///
/// An attribute that every kind of a set carries splits it at once. What is left is searched over the complement of
/// the conflicts, so that neither many conflicts nor many compatible pairs cost a quadratic time.
pub(crate) fn components(instance: &Instance) -> Vec<Vec<usize>> {
    let mut done = Vec::new();
    let mut open: Vec<Vec<usize>> = vec![(0..instance.kinds.len()).collect()];
    while let Some(set) = open.pop() {
        if set.is_empty() {
            continue;
        }
        match splitting_attribute(instance, &set) {
            Some(attribute) => {
                let mut by_label: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
                for kind in set {
                    let label = label_of(&instance.kinds[kind].labels, attribute);
                    by_label.entry(label).or_default().push(kind);
                }
                open.extend(by_label.into_values());
            }
            None => {
                let parts = search(instance, &set);
                // A part may have an attribute common to all of its kinds that the whole set did not have.
                if parts.len() == 1 {
                    done.extend(parts);
                } else {
                    open.extend(parts);
                }
            }
        }
    }
    done.sort_unstable();
    done
}

pub(crate) fn label_of(labels: &[NumberedLabel], attribute: u32) -> Option<u32> {
    let at = labels.binary_search_by_key(&attribute, |m| m.0).ok()?;
    Some(labels[at].1)
}

/// An attribute that every kind of the set carries, not all with one label.
fn splitting_attribute(instance: &Instance, set: &[usize]) -> Option<u32> {
    let (first, rest) = set.split_first()?;
    // (attribute, label of the first kind, whether another label was seen)
    let mut common: Vec<(u32, u32, bool)> = instance.kinds[*first].labels.iter().map(|&(a, l)| (a, l, false)).collect();
    for &kind in rest {
        if common.is_empty() {
            return None;
        }
        let labels = &instance.kinds[kind].labels;
        common.retain_mut(|(attribute, label, differs)| match label_of(labels, *attribute) {
            Some(found) => {
                *differs |= found != *label;
                true
            }
            None => false,
        });
    }
    common.into_iter().find(|c| c.2).map(|c| c.0)
}

/// Components by search among the kinds not yet reached; kinds with equal labels and bin types are searched once.
fn search(instance: &Instance, set: &[usize]) -> Vec<Vec<usize>> {
    type Alike<'a> = (&'a [NumberedLabel], BinTypes);
    let mut alike: BTreeMap<Alike<'_>, Vec<usize>> = BTreeMap::new();
    for &kind in set {
        let found = &instance.kinds[kind];
        alike.entry((&found.labels, found.bin_types)).or_default().push(kind);
    }
    let mut nodes: Vec<(Alike<'_>, Vec<usize>)> = alike.into_iter().collect();
    // A kind with few labels reaches the most others, and what is reached early is not scanned again.
    nodes.sort_by_key(|n| n.0.0.len());
    let compatible = |a: Alike<'_>, b: Alike<'_>| a.1.meets(b.1) && compatible(a.0, b.0);

    let mut joined = UnionFind::<usize>::new(nodes.len());
    let mut unreached: BTreeSet<usize> = (0..nodes.len()).collect();
    while let Some(start) = unreached.pop_first() {
        let mut queue = vec![start];
        while let Some(at) = queue.pop() {
            let near: Vec<usize> = unreached.iter().copied().filter(|&other| compatible(nodes[at].0, nodes[other].0)).collect();
            for other in near {
                unreached.remove(&other);
                joined.union(at, other);
                queue.push(other);
            }
        }
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, (_, kinds)) in nodes.iter().enumerate() {
        parts.entry(joined.find(node)).or_default().extend(kinds);
    }
    parts
        .into_values()
        .map(|mut kinds| {
            kinds.sort_unstable();
            kinds
        })
        .collect()
}
