//! Views of an instance: sets of kinds within which labels hardly matter.

use std::collections::BTreeMap;

use crate::solve::problem::components::label_of;
use crate::solve::problem::instance::Instance;

/// At most this many views are made.
const VIEWS: usize = 48;

/// Sets of kinds such that every feasible bin of a bin type lies in one of them.
///
/// An attribute that many kinds carry, with few labels, is resolved: one view for each label, with its kinds and those
/// that do not carry the attribute. What exclusions remain in a view are for the search to respect.
pub(crate) fn views(instance: &Instance, bin_type: usize) -> Vec<Vec<usize>> {
    let mut done: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<Vec<usize>> =
        vec![(0..instance.kinds.len()).filter(|&k| instance.kinds[k].bin_types.has(bin_type)).collect()];
    while let Some(view) = open.pop() {
        match widest_attribute(instance, &view) {
            Some((attribute, labels)) if done.len() + open.len() + labels.len() <= VIEWS => {
                for label in labels {
                    let of_label = |&kind: &usize| {
                        let found = label_of(&instance.kinds[kind].labels, attribute);
                        found.is_none_or(|found| found == label)
                    };
                    open.push(view.iter().copied().filter(of_label).collect());
                }
            }
            _ => done.push(view),
        }
    }
    done.sort_unstable();
    done
}

/// The attribute that most kinds of the view carry, if they are at least a tenth, and its labels.
fn widest_attribute(instance: &Instance, view: &[usize]) -> Option<(u32, Vec<u32>)> {
    let mut carriers: BTreeMap<u32, (usize, Vec<u32>)> = BTreeMap::new();
    for &(attribute, label) in view.iter().flat_map(|&k| &instance.kinds[k].labels) {
        let entry = carriers.entry(attribute).or_default();
        entry.0 += 1;
        entry.1.push(label);
    }
    let (attribute, (_, mut labels)) = carriers
        .into_iter()
        .map(|(attribute, (carried, mut labels))| {
            labels.sort_unstable();
            labels.dedup();
            (attribute, (carried, labels))
        })
        .filter(|(_, (carried, labels))| labels.len() > 1 && carried * 10 >= view.len())
        .min_by_key(|(attribute, (carried, _))| (std::cmp::Reverse(*carried), *attribute))?;
    labels.sort_unstable();
    Some((attribute, labels))
}
