//! Items labelled, packed, and lifted back to portions of requirements.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::cheapest;
use super::columns::Column;
use super::conflicts::{inseparable, insisting};
use super::grading::{Grading, Priced, bits};
use super::labels::{Cause, Labelling, label};
use super::links::Links;
use super::sizes::{Common, size};
use super::types::{Dimension, GroupFault, Item, Setting, Split};
use crate::estate::OnConflict;
use crate::merge::{Group, Portion, Selection, for_each_element};
use crate::rules::Strategy;
use crate::solve::{Attribute, BinType, Certificate, ItemType, Label, Outcome, Problem};

/// All that items are arranged by.
pub(super) struct Arranger<'p> {
    pub(super) group: &'p Group<'p>,
    pub(super) setting: &'p Setting<'p>,
    pub(super) columns: &'p [Column<'p>],
    pub(super) links: &'p Links,
    pub(super) common: &'p Common<'p>,
    pub(super) dimensions: &'p [Dimension<'p>],
    /// What resources cost, where the cheapest are sought.
    pub(super) grading: Option<&'p Grading>,
}

/// Items on the fewest resources.
pub(super) struct Arranged {
    pub(super) bins: Vec<Vec<Portion>>,
    /// What each resource uses, by dimension.
    pub(super) usage: Vec<Vec<u64>>,
    /// The fewest resources that any arrangement of these items needs.
    pub(super) proven: u64,
    pub(super) certificate: Certificate,
    pub(super) types: Vec<ItemType>,
    pub(super) splits: Vec<Split>,
    pub(super) constraints: Vec<&'static str>,
    pub(super) priced: Option<Priced>,
}

impl Arranger<'_> {
    /// Packs items of the given sizes.
    pub(super) fn arrange(&self, items: Vec<(Item, Vec<u64>)>) -> Result<Arranged, GroupFault> {
        let Self { setting, .. } = *self;
        let settings = &setting.estate.settings;
        let Prepared { items, sizes, labelling } = self.prepare(items)?;
        let Sizes { full, own } = &sizes;
        let deciding = deciding(&labelling);
        let marks = self.grading.map_or_else(Vec::new, |grading| marks(grading, &items));
        let packer = Packer::new(setting, &labelling, &sizes, &marks);
        let usable = self.usable();
        let deciding = |attribute: Attribute| deciding[attribute.0 as usize];
        let best = |heeded: &dyn Fn(Attribute) -> bool, wishes: Wishes| self.pack(&packer, &sizes, heeded, wishes, None);
        let plain = best(&deciding, Wishes::Ignored)?;
        let grades = self.grading.and_then(|grading| cheapest::graded(grading, &items));
        // What items share takes no room of its own in the proof: it might all be on one resource.
        let proof = match (own, &grades) {
            (None, None) => plain.clone(),
            _ => packer.pack(&usable, own.as_ref().unwrap_or(full), &deciding, Wishes::Ignored, grades.as_ref())?,
        };
        let bins = plain.outcome.packing().bins();
        let arranged = match self.grading {
            Some(grading) => {
                let pack = |grades: Option<&Graded>| self.pack(&packer, &sizes, &deciding, Wishes::Ignored, grades);
                self.cheapest(grading, &items, plain, &pack)?
            }
            None => self.wished(plain, &labelling, &best)?,
        };
        let lifted = arranged.bins();
        let splits = self.splits(&items, &labelling, &deciding, bins, &best)?;
        let proven = proof.outcome.lower_bound();
        let priced = self.grading.and_then(|grading| {
            let (bins, items): (_, Vec<&[usize]>) =
                (cheapest::needs(&items, &lifted), items.iter().map(|item| item.needs.as_slice()).collect());
            grading.priced(bins.iter().map(Vec::as_slice), &items, proven)
        });
        let mut constraints = constraints(&labelling);
        if lifted.len() as u64 > bins {
            constraints.push("fewer would cost more");
        }
        if let (OnConflict::Error, Some(split)) = (settings.on_conflict, splits.iter().max_by_key(|split| split.costs)) {
            return Err(GroupFault::Conflict { split: split.clone() });
        }
        Ok(Arranged {
            usage: lifted.iter().map(|bin| self.usage(&items, own.as_ref().unwrap_or(full), bin)).collect(),
            bins: lifted.iter().map(|bin| portions(&items, bin)).collect(),
            proven: priced.map_or(proven, |priced| priced.bins_bound),
            certificate: proof.outcome.certificate().clone(),
            types: proof.problem.types,
            splits,
            constraints,
            priced,
        })
    }

    /// The problem whose lower bound holds for these items: what they share takes no room, and they wish for nothing.
    pub(super) fn question(&self, items: Vec<(Item, Vec<u64>)>) -> Result<Problem, GroupFault> {
        let Prepared { items, sizes, labelling } = self.prepare(items)?;
        let deciding = deciding(&labelling);
        let marks = self.grading.map_or_else(Vec::new, |grading| marks(grading, &items));
        let packer = Packer::new(self.setting, &labelling, &sizes, &marks);
        let grades = self.grading.and_then(|grading| cheapest::graded(grading, &items));
        let heeded = |attribute: Attribute| deciding[attribute.0 as usize];
        let own = sizes.own.as_ref().unwrap_or(&sizes.full);
        Ok(packer.problem(&self.usable(), own, &heeded, Wishes::Ignored, grades.as_ref()).0)
    }

    /// What items carry and take.
    pub(super) fn prepare(&self, items: Vec<(Item, Vec<u64>)>) -> Result<Prepared, GroupFault> {
        let Self { group, setting, columns, links, .. } = *self;
        let settings = &setting.estate.settings;
        let (items, full): (Vec<Item>, Vec<Vec<u64>>) = items.into_iter().unzip();
        let labelling = label(group, columns, &items, &setting.exclusions, settings.sharing, settings.on_conflict)
            .map_err(|torn| inseparable(group, columns, links, &torn))?;
        let own = self.own(&items, &full);
        Ok(Prepared { items, sizes: Sizes { full, own }, labelling })
    }

    /// How much of each capacity may be packed.
    pub(super) fn usable(&self) -> Vec<u64> {
        self.dimensions.iter().map(|dimension| dimension.usable).collect()
    }

    /// Packs in the best way that items sharing elements allow.
    pub(super) fn pack(
        &self,
        packer: &Packer<'_>,
        sizes: &Sizes,
        heeded: &dyn Fn(Attribute) -> bool,
        wishes: Wishes,
        grades: Option<&Graded>,
    ) -> Result<Packed, GroupFault> {
        match &sizes.own {
            None => packer.pack(&self.usable(), &sizes.full, heeded, wishes, grades),
            Some(own) => self.pack_shared(packer, &sizes.full, own, heeded, wishes, grades),
        }
    }

    /// The packing that also hears the wishes, unless it is worse.
    pub(super) fn wished(&self, plain: Packed, labelling: &Labelling, best: &Best<'_>) -> Result<Packed, GroupFault> {
        let bins = plain.outcome.packing().bins();
        if bins < 2 || labelling.wishes.iter().all(Vec::is_empty) {
            return Ok(plain);
        }
        let wished = best(&|_| true, Wishes::Heard)?;
        Ok(if wished.outcome.packing().bins() <= bins { wished } else { plain })
    }

    /// The sizes without what several items share; `None` when they share nothing.
    fn own(&self, items: &[Item], full: &[Vec<u64>]) -> Option<Vec<Vec<u64>>> {
        if self.common.is_empty() {
            return None;
        }
        let own = |(item, full): (&Item, &Vec<u64>)| {
            let with = size(self.group, self.dimensions, &item.needs, None);
            let without = size(self.group, self.dimensions, &item.needs, Some(self.common));
            full.iter().zip(with.iter().zip(without)).map(|(full, (with, without))| full - (with - without)).collect()
        };
        Some(items.iter().zip(full).map(own).collect())
    }

    /// Packs items that share elements in two safe ways, and takes the better: every resource keeps room for all that
    /// is shared, or every item brings room for what it shares.
    fn pack_shared(
        &self,
        packer: &Packer<'_>,
        full: &[Vec<u64>],
        own: &[Vec<u64>],
        heeded: &dyn Fn(Attribute) -> bool,
        wishes: Wishes,
        grades: Option<&Graded>,
    ) -> Result<Packed, GroupFault> {
        let usable: Vec<u64> = self.dimensions.iter().map(|dimension| dimension.usable).collect();
        let counted = |dimension: &Dimension<'_>| {
            let paths = |leaf: usize| dimension.paths.iter().any(|path| path.leaf == leaf && path.inner.is_empty());
            self.common.iter().filter(|(leaf, _)| paths(*leaf)).count() as u64
        };
        let reserved: Option<Vec<u64>> =
            self.dimensions.iter().zip(&usable).map(|(dimension, usable)| usable.checked_sub(counted(dimension))).collect();
        let bringing = packer.pack(&usable, full, heeded, wishes, grades)?;
        let fits = |capacity: &Vec<u64>| own.iter().all(|size| size.iter().zip(capacity).all(|(size, most)| size <= most));
        let Some(reserved) = reserved.filter(fits) else { return Ok(bringing) };
        let keeping = packer.pack(&reserved, own, heeded, wishes, grades)?;
        Ok(if keeping.outcome.cost() <= bringing.outcome.cost() { keeping } else { bringing })
    }

    /// The disagreements that cost resources, alone or all together.
    fn splits(
        &self,
        items: &[Item],
        labelling: &Labelling,
        deciding: &dyn Fn(Attribute) -> bool,
        bins: u64,
        best: &Best<'_>,
    ) -> Result<Vec<Split>, GroupFault> {
        let property = |attribute: Attribute| matches!(labelling.causes[attribute.0 as usize], Cause::Property(_));
        let attributes = (0..labelling.causes.len()).map(|rank| Attribute(u32::try_from(rank).unwrap_or(u32::MAX)));
        let disagreements: Vec<Attribute> = attributes.filter(|a| property(*a) && deciding(*a)).collect();
        let without = |heeded: &dyn Fn(Attribute) -> bool| -> Result<u64, GroupFault> {
            Ok(bins.saturating_sub(best(heeded, Wishes::Ignored)?.outcome.packing().bins()))
        };
        if disagreements.is_empty() || without(&|other| deciding(other) && !property(other))? == 0 {
            return Ok(Vec::new());
        }
        let mut splits = Vec::new();
        for attribute in disagreements {
            let Cause::Property(column) = labelling.causes[attribute.0 as usize] else { continue };
            let column = &self.columns[column];
            splits.push(Split {
                property: column.name(self.group),
                leaf: column.leaf,
                matching: column.strategy == Strategy::Match,
                values: insisting(self.group, column, &labelling.speakers(attribute), items),
                costs: without(&|other| other != attribute && deciding(other))?,
            });
        }
        Ok(splits)
    }

    /// What the items of one resource use: their own, and once what they share.
    pub(super) fn usage(&self, items: &[Item], own: &[Vec<u64>], bin: &[usize]) -> Vec<u64> {
        let mut used: Vec<u64> = (0..self.dimensions.len()).map(|d| bin.iter().map(|item| own[*item][d]).sum()).collect();
        if self.common.is_empty() {
            return used;
        }
        for (dimension, used) in self.dimensions.iter().zip(&mut used) {
            let mut present: FxHashSet<(usize, Cow<'_, str>)> = FxHashSet::default();
            for path in &dimension.paths {
                let Some(collection) = self.group.leaf(path.leaf).collection() else { continue };
                for need in bin.iter().flat_map(|item| &items[*item].needs) {
                    let Some(value) = self.group.effective(*need, path.leaf) else { continue };
                    for_each_element(collection, value, |element| {
                        if element.shared && self.common.contains(&(path.leaf, element.name.clone())) {
                            present.insert((path.leaf, element.name));
                        }
                    });
                }
            }
            *used += present.len() as u64;
        }
        used
    }
}

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
fn marks(grading: &Grading, items: &[Item]) -> Vec<(u64, u64)> {
    items.iter().map(|item| (grading.serving(&item.needs), grading.preferred(&item.needs))).collect()
}

/// A problem, which items are of which type, and the answer.
#[derive(Clone)]
pub(super) struct Packed {
    problem: Problem,
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

    fn pack(
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
    fn problem(
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
        problem.bin_types = costs.iter().map(|cost| BinType { cost: *cost }).collect();
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

/// What of the estate's own wishes keeps requirements apart.
fn constraints(labelling: &Labelling) -> Vec<&'static str> {
    let said = |cause: &Cause| match cause {
        Cause::Property(_) | Cause::Kept => None,
        Cause::Dedicated => Some("the estate dedicates resources to some components"),
        Cause::Apart(_) => Some("the estate wants some components apart"),
        Cause::Alone => Some("the estate's `sharing` is `none`"),
    };
    let mut all: Vec<&'static str> = labelling.causes.iter().filter_map(said).collect();
    all.dedup();
    all
}

/// The portions of the items of one resource, each requirement once.
pub(super) fn portions(items: &[Item], bin: &[usize]) -> Vec<Portion> {
    let mut chosen: BTreeMap<usize, Option<Selection>> = BTreeMap::new();
    for item in bin.iter().map(|item| &items[*item]) {
        for (i, need) in item.needs.iter().enumerate() {
            let only = item.only.as_ref().and_then(|only| only.get(i));
            match (chosen.get_mut(need), only) {
                (None, only) => {
                    chosen.insert(*need, only.cloned());
                }
                (Some(Some(known)), Some(only)) => {
                    for (leaf, names) in only {
                        known.entry(*leaf).or_default().extend(names.iter().cloned());
                    }
                }
                (Some(whole), _) => *whole = None,
            }
        }
    }
    chosen.into_iter().map(|(need, only)| Portion { need, only: only.map(Arc::new) }).collect()
}
