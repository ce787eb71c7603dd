//! Items labelled, packed, and lifted back to portions of requirements.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::cheapest::{cheapest, graded, needs};
use super::columns::Column;
use super::conflicts::{inseparable, insisting};
use super::grading::{Grading, Priced};
use super::labels::{Cause, Labelling, label};
use super::links::Links;
use super::packer::{Best, Graded, Packed, Packer, Prepared, Sizes, Wishes, deciding, marks};
use super::sizes::{Common, size};
use super::types::{Dimension, GroupFault, Item, Setting, Split};
use crate::estate::OnConflict;
use crate::merge::{Group, Portion, Selection};
use crate::rules::Strategy;
use crate::rules::for_each_element;
use crate::solve::{Attribute, Certificate, ItemType, Problem};

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
        let grades = self.grading.and_then(|grading| graded(grading, &items));
        // What items share takes no room of its own in the proof: it might all be on one resource.
        let proof = match (own, &grades) {
            (None, None) => plain.clone(),
            _ => packer.pack(&usable, own.as_ref().unwrap_or(full), &deciding, Wishes::Ignored, grades.as_ref())?,
        };
        let bins = plain.outcome.packing().bins();
        let arranged = match self.grading {
            Some(grading) => {
                let pack = |grades: Option<&Graded>| self.pack(&packer, &sizes, &deciding, Wishes::Ignored, grades);
                cheapest(grading, &items, plain, &pack)?
            }
            None => self.wished(plain, &labelling, &best)?,
        };
        let lifted = arranged.bins();
        let splits = self.splits(&items, &labelling, &deciding, bins, &best)?;
        let proven = proof.outcome.lower_bound();
        let priced = self.grading.and_then(|grading| {
            let (bins, items): (_, Vec<&[usize]>) =
                (needs(&items, &lifted), items.iter().map(|item| item.needs.as_slice()).collect());
            grading.priced(bins.iter().map(Vec::as_slice), &items, proven)
        });
        let mut constraints = constraints(&labelling);
        if lifted.len() as u64 > bins {
            constraints.push("fewer would cost more");
        }
        if let (OnConflict::Error, Some(split)) = (
            settings.on_conflict,
            splits.iter().filter(|split| !self.group.leaf(split.leaf).by_design).max_by_key(|split| split.costs),
        ) {
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
        let grades = self.grading.and_then(|grading| graded(grading, &items));
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
