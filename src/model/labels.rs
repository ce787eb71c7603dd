//! Who may not share with whom, as labels: items that carry different labels of one attribute never share.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::columns::Column;
use super::exclusions::Exclusions;
use super::links::{Bond, Links};
use super::types::Item;
use crate::estate::{OnConflict, Sharing};
use crate::merge::Group;
use crate::rules::Strategy;
use crate::solve::{Attribute, Label, SoftLabel};

/// What an attribute stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The column of this rank.
    Property(usize),
    /// The estate's `dedicated` components.
    Dedicated,
    /// The estate's `apart` list of this rank.
    Apart(usize),
    /// `sharing: none`.
    Alone,
    /// Contents that stay where they are, each on a resource of their own.
    Kept,
}

/// What the items of a group carry.
#[derive(Debug, Default)]
pub(crate) struct Labelling {
    /// What each attribute stands for.
    pub(crate) causes: Vec<Cause>,
    pub(crate) labels: Vec<Vec<(Attribute, Label)>>,
    pub(crate) wishes: Vec<Vec<SoftLabel>>,
}

/// Two requirements that must stay together and may not.
#[derive(Debug)]
pub(crate) struct Torn {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) cause: Cause,
}

/// Labels and wishes of a group's items.
pub(crate) fn label(
    group: &Group<'_>,
    columns: &[Column<'_>],
    items: &[Item],
    exclusions: &Exclusions,
    sharing: Sharing,
    on_conflict: OnConflict,
) -> Result<Labelling, Torn> {
    let mut labelling =
        Labelling { causes: Vec::new(), labels: vec![Vec::new(); items.len()], wishes: vec![Vec::new(); items.len()] };
    if sharing == Sharing::None {
        labelling.attribute(Cause::Alone, items, |need| Some(Label(group.needs[need].owner)))?;
    }
    for (rank, column) in columns.iter().enumerate() {
        let top = column.top();
        let may_split = column.strategy == Strategy::Match || on_conflict != OnConflict::First;
        let fixed = |need: usize| {
            let (value, priority) = column.stated(need)?;
            (may_split && (column.strategy == Strategy::Match || Some(priority) == top)).then_some(Label(value))
        };
        let attribute = labelling.attribute(Cause::Property(rank), items, fixed)?;
        if column.strategy != Strategy::Match {
            let wish = |need: usize| column.stated(need).filter(|(_, p)| Some(*p) != top).map(|(value, _)| Label(value));
            labelling.wish(attribute, items, wish);
        }
    }
    let present = |listed: &dyn Fn(u32) -> bool| group.needs.iter().any(|need| listed(need.owner));
    if present(&|owner| exclusions.dedicated(owner).is_some()) {
        // A component that is not dedicated carries the label of all those who may share.
        let label = |need: usize| Some(exclusions.dedicated(group.needs[need].owner).unwrap_or(Label(0)));
        labelling.attribute(Cause::Dedicated, items, label)?;
    }
    let mut lists: BTreeMap<usize, Vec<(usize, usize, Label)>> = BTreeMap::new();
    if exclusions.sets_apart() {
        for (item, Item { needs, .. }) in items.iter().enumerate() {
            for need in needs {
                for (list, label) in exclusions.apart(group.needs[*need].owner) {
                    lists.entry(*list).or_default().push((item, *need, *label));
                }
            }
        }
    }
    for (list, members) in lists {
        if members.iter().any(|(_, _, label)| *label != members[0].2) {
            labelling.apart(Cause::Apart(list), &members)?;
        }
    }
    Ok(labelling)
}

impl Labelling {
    /// The items that carry a label of an attribute.
    pub(super) fn speakers(&self, attribute: Attribute) -> Vec<(usize, Label)> {
        let carried = |labels: &Vec<(Attribute, Label)>| labels.iter().find(|(a, _)| *a == attribute).map(|(_, label)| *label);
        self.labels.iter().enumerate().filter_map(|(item, labels)| Some((item, carried(labels)?))).collect()
    }

    fn next(&mut self, cause: Cause) -> Attribute {
        self.causes.push(cause);
        Attribute(u32::try_from(self.causes.len() - 1).unwrap_or(u32::MAX))
    }

    fn attribute(&mut self, cause: Cause, items: &[Item], label: impl Fn(usize) -> Option<Label>) -> Result<Attribute, Torn> {
        let attribute = self.next(cause.clone());
        for (item, Item { needs, .. }) in items.iter().enumerate() {
            let mut first: Option<(usize, Label)> = None;
            for need in needs {
                match (label(*need), first) {
                    (Some(label), None) => first = Some((*need, label)),
                    (Some(label), Some((from, earlier))) if label != earlier => {
                        return Err(Torn { from, to: *need, cause });
                    }
                    _ => {}
                }
            }
            self.labels[item].extend(first.map(|(_, label)| (attribute, label)));
        }
        Ok(attribute)
    }

    /// As [`attribute`](Self::attribute), for the few items that a list names; `members` are in the order of items.
    fn apart(&mut self, cause: Cause, members: &[(usize, usize, Label)]) -> Result<(), Torn> {
        let attribute = self.next(cause.clone());
        for same in members.chunk_by(|a, b| a.0 == b.0) {
            let (item, from, label) = same[0];
            if let Some((_, to, _)) = same.iter().find(|(_, _, other)| *other != label) {
                return Err(Torn { from, to: *to, cause });
            }
            self.labels[item].push((attribute, label));
        }
        Ok(())
    }

    fn wish(&mut self, attribute: Attribute, items: &[Item], wish: impl Fn(usize) -> Option<Label>) {
        for (item, Item { needs, .. }) in items.iter().enumerate() {
            let mut weights: BTreeMap<Label, u32> = BTreeMap::new();
            for label in needs.iter().filter_map(|need| wish(*need)) {
                *weights.entry(label).or_default() += 1;
            }
            // One wish an item: that of most of its requirements, then the first.
            let best = weights.into_iter().max_by_key(|(label, weight)| (*weight, std::cmp::Reverse(*label)));
            self.wishes[item].extend(best.map(|(label, weight)| SoftLabel { attribute, label, weight }));
        }
    }
}

/// Joins the requirements of components that the estate wants together.
pub(crate) fn join_together(links: &mut Links, group: &Group<'_>, together: &[Vec<u32>]) {
    if together.is_empty() {
        return;
    }
    let mut by_owner: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
    for (i, need) in group.needs.iter().enumerate() {
        by_owner.entry(need.owner).or_default().push(i);
    }
    for list in together {
        let needs: Vec<usize> = list.iter().filter_map(|owner| by_owner.get(owner)).flatten().copied().collect();
        for pair in needs.windows(2) {
            links.join(pair[0], pair[1], Bond::Together);
        }
    }
}
