//! Fewer labels for the same exclusions.

use crate::solve::problem::conflicts::lowest;
use crate::solve::problem::instance::{Instance, NumberedLabel};

/// With more labels a kind than this, exclusions are written anew.
const LABELS: usize = 32;

/// The instance with an attribute for each clique of a greedy cover of its conflicts, where its labels are many: pairs that
/// exclude each other have an attribute each when they are stated one by one.
pub(crate) fn compacted(instance: &Instance) -> Option<Instance> {
    let labels: usize = instance.kinds.iter().map(|k| k.labels.len()).sum();
    if labels <= LABELS * instance.kinds.len() {
        return None;
    }
    let conflicts = instance.conflicts()?;
    let number = instance.kinds.len();
    let mut open: Vec<Vec<u64>> = (0..number).map(|k| conflicts.row(k).to_vec()).collect();
    let mut written: Vec<Vec<NumberedLabel>> = vec![Vec::new(); number];
    let mut attribute = 0;
    for first in 0..number {
        while let Some(second) = lowest(&open[first]) {
            let mut clique = vec![first, second];
            let mut common: Vec<u64> = both(conflicts.row(first), conflicts.row(second));
            // Only who closes a conflict of one of the first two joins.
            while let Some(next) = lowest(&both(&common, &open[first])).or_else(|| lowest(&both(&common, &open[second]))) {
                clique.push(next);
                common = both(&common, conflicts.row(next));
            }
            for (label, &member) in (0u32..).zip(&clique) {
                written[member].push((attribute, label));
                clique.iter().for_each(|&other| open[member][other / 64] &= !(1 << (other % 64)));
            }
            attribute += 1;
        }
    }
    let kinds = instance.kinds.iter().zip(written).map(|(kind, labels)| {
        let mut kind = kind.clone();
        kind.labels = labels;
        kind
    });
    Some(instance.with_kinds(kinds.collect()))
}

fn both(a: &[u64], b: &[u64]) -> Vec<u64> {
    a.iter().zip(b).map(|(a, b)| a & b).collect()
}

#[cfg(test)]
mod tests {
    use super::compacted;
    use crate::solve::problem::bin_types::{BinTypes, Costs};
    use crate::solve::problem::instance::{Instance, Kind};

    #[test]
    fn the_same_kinds_exclude_each_other() {
        let number = 80;
        let mut kinds = vec![Kind { size: vec![1], labels: Vec::new(), bin_types: BinTypes::of([0]), count: 1 }; number];
        let mut attribute = 0;
        for a in 0..number {
            for b in (0..a).filter(|b| (a * 7 + b * 13) % 5 < 4) {
                kinds[a].labels.push((attribute, 0));
                kinds[b].labels.push((attribute, 1));
                attribute += 1;
            }
        }
        let plain = Instance::new(vec![9], Costs::default(), kinds);
        let fewer = compacted(&plain).expect("the labels are many");
        let rows = |i: &Instance| (0..number).map(|k| i.conflicts().expect("labels").row(k).to_vec()).collect::<Vec<_>>();
        assert_eq!(rows(&plain), rows(&fewer));
        let labels = |i: &Instance| i.kinds.iter().map(|k| k.labels.len()).sum::<usize>();
        assert!(labels(&fewer) * 2 < labels(&plain));
    }
}
