//! Items as types of a packing problem, and the solver's patterns as items again.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::grading::{Grading, bits};
use super::labels::Labelling;
use super::types::{GroupFault, Item, Setting};
use crate::solve::{Attribute, BinType, ItemType, Label, Outcome, Problem};

/// Packs under the attributes that are heeded.
pub(super) type Best<'b> = dyn Fn(&dyn Fn(Attribute) -> bool, Wishes) -> Result<Packed, GroupFault> + 'b;

/// Items with all that decides where they can be.
pub(super) struct Prepared {
    pub(super) items: Vec<Item>,
    pub(super) sizes: Sizes,
    pub(super) labelling: Labelling,
}

/// How much items take.
pub(super) struct Sizes {
    /// Each with what it shares with others.
    pub(super) full: Vec<Vec<u64>>,
    /// Each without; `None` when they share nothing.
    pub(super) own: Option<Vec<Vec<u64>>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wishes {
    Ignored,
    Heard,
}

/// The items of a group, ready to be packed under one set of rules or another: those that are alike in every respect are
/// taken together once, and each packing only looks at the kinds there are.
pub(super) struct Packer<'p> {
    setting: &'p Setting<'p>,
    labelling: &'p Labelling,
    /// Items that are alike.
    kinds: Vec<Vec<usize>>,
}

/// Grades to pack by, and items that are to be on different resources.
pub(super) struct Graded {
    /// What a resource of each grade costs; none where the fewest are sought.
    pub(super) costs: Vec<u64>,
    /// The grades that may hold each item; a bit for each.
    pub(super) masks: Vec<u64>,
    /// Items no two of which share.
    pub(super) leaders: Vec<usize>,
}

/// The attribute that keeps leaders apart.
const LEADERS: Attribute = Attribute(u32::MAX);

/// What of a grading tells items apart.
pub(super) fn marks(grading: &Grading, items: &[Item]) -> Vec<(u64, u64)> {
    items.iter().map(|item| (grading.serving(&item.needs), grading.preferred(&item.needs))).collect()
}

/// A problem, which items are of which type, and the answer.
#[derive(Clone)]
pub(super) struct Packed {
    pub(super) problem: Problem,
    members: Vec<Vec<usize>>,
    pub(super) outcome: Outcome,
}

impl<'p> Packer<'p> {
    pub(super) fn new(
        setting: &'p Setting<'p>,
        labelling: &'p Labelling,
        Sizes { full, own }: &Sizes,
        marks: &[(u64, u64)],
    ) -> Self {
        let mut kinds: Vec<Vec<usize>> = Vec::new();
        let mut ranks = FxHashMap::default();
        for (item, size) in full.iter().enumerate() {
            let (labels, wishes) = (&labelling.labels[item], &labelling.wishes[item]);
            let alike = (size, own.as_ref().map(|own| &own[item]), labels, wishes, marks.get(item));
            let rank = *ranks.entry(alike).or_insert_with(|| {
                kinds.push(Vec::new());
                kinds.len() - 1
            });
            kinds[rank].push(item);
        }
        Self { setting, labelling, kinds }
    }

    pub(super) fn pack(
        &self,
        capacity: &[u64],
        sizes: &[Vec<u64>],
        heeded: &dyn Fn(Attribute) -> bool,
        wishes: Wishes,
        grades: Option<&Graded>,
    ) -> Result<Packed, GroupFault> {
        let (problem, members) = self.problem(capacity, sizes, heeded, wishes, grades);
        let outcome = self.setting.solver.solve(&problem, &self.setting.control).map_err(GroupFault::Solve)?;
        Ok(Packed { problem, members, outcome })
    }

    /// The packing problem, and which items are of which type.
    pub(super) fn problem(
        &self,
        capacity: &[u64],
        sizes: &[Vec<u64>],
        heeded: &dyn Fn(Attribute) -> bool,
        wishes: Wishes,
        grades: Option<&Graded>,
    ) -> (Problem, Vec<Vec<usize>>) {
        let mut problem = Problem { capacity: capacity.to_vec(), ..Problem::default() };
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut ranks: FxHashMap<ItemType, usize> = FxHashMap::default();
        let costs = grades.map_or(&[][..], |grades| &grades.costs);
        problem.bin_types = costs.iter().map(|cost| BinType { cost: *cost, ..BinType::default() }).collect();
        let leads = |item: &usize| grades.and_then(|grades| grades.leaders.binary_search(item).ok());
        let (led, leaders): (Vec<Vec<usize>>, Vec<Vec<usize>>) =
            self.kinds.iter().map(|kind| kind.iter().partition::<Vec<usize>, _>(|item| leads(item).is_none())).unzip();
        let leaders = leaders.into_iter().flatten().map(|item| vec![item]);
        for kind in led.into_iter().chain(leaders) {
            let Some(item) = kind.first().copied() else { continue };
            let heeded = |(attribute, _): &&(Attribute, Label)| heeded(*attribute);
            let mut labels: Vec<(Attribute, Label)> = self.labelling.labels[item].iter().filter(heeded).copied().collect();
            let leader = leads(&item).and_then(|rank| u32::try_from(rank).ok());
            labels.extend(leader.map(|rank| (LEADERS, Label(rank))));
            let heard = if wishes == Wishes::Heard { self.labelling.wishes[item].clone() } else { Vec::new() };
            let mask = grades.and_then(|grades| grades.masks.get(item)).copied().unwrap_or_default();
            let within = |grade: &usize| *grade < costs.len();
            let item_type = ItemType {
                size: sizes[item].clone(),
                count: 0,
                labels,
                bin_types: bits(mask).filter(within).collect(),
                soft_labels: heard,
            };
            let rank = *ranks.entry(item_type).or_insert_with_key(|item_type| {
                problem.types.push(item_type.clone());
                members.push(Vec::new());
                members.len() - 1
            });
            members[rank].extend(&kind);
        }
        for (item_type, members) in problem.types.iter_mut().zip(&mut members) {
            item_type.count = u32::try_from(members.len()).unwrap_or(u32::MAX);
            members.sort_unstable();
        }
        (problem, members)
    }
}

impl Packed {
    /// The items in each bin; bins in the order of their first items.
    pub(super) fn bins(&self) -> Vec<Vec<usize>> {
        let mut queues: Vec<_> = self.members.iter().map(|items| items.iter().copied()).collect();
        let mut bins = Vec::new();
        // The fullest first, so that the first items come first and the remainder is last.
        let mut patterns: Vec<_> = self.outcome.packing().patterns.iter().collect();
        patterns.sort_by_key(|pattern| Reverse(pattern.items.iter().map(|(_, copies)| *copies).sum::<u32>()));
        for pattern in patterns {
            for _ in 0..pattern.count {
                let mut bin = Vec::new();
                for (rank, copies) in &pattern.items {
                    bin.extend(queues[*rank].by_ref().take(*copies as usize));
                }
                bin.sort_unstable();
                bins.push(bin);
            }
        }
        bins.sort();
        bins
    }
}

/// Which attributes keep anything apart: those with more than one label.
pub(super) fn deciding(labelling: &Labelling) -> Vec<bool> {
    let mut first: Vec<Option<Label>> = vec![None; labelling.causes.len()];
    let mut deciding = vec![false; labelling.causes.len()];
    for (attribute, label) in labelling.labels.iter().flatten() {
        let rank = attribute.0 as usize;
        deciding[rank] |= first[rank].is_some_and(|first| first != *label);
        first[rank] = Some(*label);
    }
    deciding
}
