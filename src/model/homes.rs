//! Where requirements were before: what a lock means for the items of a group.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::sizes::length;
use super::types::Item;
use crate::merge::Group;
use crate::rules::Collection;
use crate::rules::for_each_element;

/// How many moves of stateful things a plan may spend to need fewer resources.
///
/// What is stateless moves whenever that saves a resource, and what no longer fits where it was moves in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moves {
    /// None: what is stateful stays.
    #[default]
    Kept,
    /// At most so many.
    AtMost(u64),
    /// As many as the fewest resources take, and no more.
    All,
}

/// Where a group's requirements were, by their rank.
#[derive(Clone, Debug)]
pub(crate) struct Homes {
    pub(crate) needs: Vec<Home>,
    /// The numbers that are in use or were.
    pub(crate) used: BTreeSet<usize>,
    /// Resources that a requirement cannot be on, by its rank and their number, and why: it would change what is fixed there.
    pub(crate) refused: BTreeMap<(usize, usize), String>,
}

/// Where a requirement was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// Nowhere: it is new.
    New,
    /// On the resource with this number.
    On(usize),
    /// On several: the number of each element, by leaf and name.
    Over(BTreeMap<(usize, String), usize>),
}

impl Home {
    /// Where an element was.
    pub(super) fn of_element(&self, leaf: usize, name: &str) -> Option<usize> {
        match self {
            Self::New => None,
            Self::On(number) => Some(*number),
            Self::Over(elements) => elements.get(&(leaf, name.to_owned())).copied(),
        }
    }
}

impl Homes {
    /// The numbers of the resources that an item cannot be on.
    pub(super) fn refused_by(&self, item: &Item) -> BTreeSet<usize> {
        if self.refused.is_empty() {
            return BTreeSet::new();
        }
        let of = |need: &usize| self.refused.range((*need, 0)..=(*need, usize::MAX)).map(|((_, number), _)| *number);
        item.needs.iter().flat_map(of).collect()
    }

    /// Why an item cannot be on a resource.
    pub(super) fn refusal(&self, item: &Item, number: usize) -> Option<&str> {
        item.needs.iter().find_map(|need| self.refused.get(&(*need, number))).map(String::as_str)
    }

    /// The requirements of an item of which something was on this resource.
    pub(super) fn of(&self, item: &Item, number: usize) -> Vec<usize> {
        let here = |rank: usize, need: usize| match &self.needs[need] {
            Home::New => false,
            Home::On(there) => *there == number,
            Home::Over(elements) => {
                let only = item.only.as_ref().and_then(|only| only.get(rank));
                let in_item = |(leaf, name): &(usize, String)| {
                    only.and_then(|only| only.get(leaf)).is_none_or(|names| names.contains(name))
                };
                elements.iter().any(|(element, there)| *there == number && in_item(element))
            }
        };
        item.needs.iter().enumerate().filter(|(rank, need)| here(*rank, **need)).map(|(_, need)| *need).collect()
    }

    /// Where an element was, as far as those of these requirements know that were on several resources; of one that was on a
    /// single resource, the element may be new.
    pub(super) fn known(&self, mut needs: impl Iterator<Item = usize>, leaf: usize, name: &str) -> Option<usize> {
        needs.find_map(|need| match &self.needs[need] {
            over @ Home::Over(_) => over.of_element(leaf, name),
            _ => None,
        })
    }

    /// The homes of an item, each with what it weighs to leave it: its elements there, times what the rule says.
    pub(super) fn stakes(&self, group: &Group<'_>, item: &Item) -> Vec<(usize, u64)> {
        let weight = group.rule.moving.weight;
        if let ([need], None) = (&*item.needs, &item.only) {
            match &self.needs[*need] {
                Home::New => return Vec::new(),
                Home::On(number) => {
                    let owned = owned(group).filter_map(|leaf| group.effective(*need, leaf)).map(length);
                    return vec![(*number, weight * owned.sum::<u64>().max(1))];
                }
                Home::Over(_) => {}
            }
        }
        let mut elements: FxHashSet<(usize, Option<u32>, Cow<'_, str>)> = FxHashSet::default();
        let mut stakes: BTreeMap<usize, u64> = BTreeMap::new();
        let over = item.needs.iter().any(|need| matches!(self.needs[*need], Home::Over(_)));
        for (rank, need) in item.needs.iter().enumerate() {
            let home = &self.needs[*need];
            match home {
                Home::New => continue,
                // Whatever it has there, leaving is a move.
                Home::On(number) => stakes.entry(*number).or_default(),
                Home::Over(_) => &mut 0,
            };
            let only = item.only.as_ref().and_then(|only| only.get(rank));
            if let Home::Over(places) = home {
                let here = |leaf: &usize| only.and_then(|only| only.get(leaf)).is_none_or(|names| !names.is_empty());
                let flags = places.iter().filter(|((leaf, _), _)| group.leaf(*leaf).collection().is_none() && here(leaf));
                flags.for_each(|(_, number)| *stakes.entry(*number).or_default() += 1);
            }
            for leaf in owned(group) {
                let Some(value) = group.effective(*need, leaf) else { continue };
                let Some(collection) = group.leaf(leaf).collection() else { continue };
                let owner = collection.prefix.is_some().then_some(group.needs[*need].owner);
                for_each_element(collection, value, |element| {
                    if only.and_then(|only| only.get(&leaf)).is_some_and(|names| !names.contains(&*element.name)) {
                        return;
                    }
                    let known = if over && owner.is_none() { &*item.needs } else { &[] };
                    let known = self.known(known.iter().copied(), leaf, &element.name);
                    let Some(number) = known.or_else(|| home.of_element(leaf, &element.name)) else { return };
                    if elements.insert((leaf, owner, element.name)) {
                        *stakes.entry(number).or_default() += 1;
                    }
                });
            }
        }
        stakes.into_iter().map(|(number, elements)| (number, weight * elements.max(1))).collect()
    }
}

/// The collections whose elements belong to components.
fn owned<'g>(group: &'g Group<'_>) -> impl Iterator<Item = usize> + use<'g> {
    let leaves = group.rule.properties.leaves.iter().enumerate();
    leaves.filter(|(_, property)| property.collection().is_some_and(Collection::is_divisible)).map(|(leaf, _)| leaf)
}
