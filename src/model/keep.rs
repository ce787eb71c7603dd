//! Arranging items that have homes: contents that stay are packed as one, with a label that no other contents have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::arrange::Arranger;
use super::cheapest::{cheapest, needs};
use super::grading::Worth;
use super::homes::Homes;
use super::labels::{Cause, Labelling};
use super::packer::{Graded, Packer, Prepared, Sizes, Wishes, deciding, marks};
use super::types::{GroupFault, Item};
use crate::solve::{Answer, AssignedItem, Assignment, Attribute, Bins, Effort, Label, SoftLabel};

/// How far the program that looks for the fewest moves goes.
const EFFORT: Effort = Effort::SOME;
/// Exchanges between two resources that are looked at.
const EXCHANGES: usize = 200_000;

/// Items that have homes.
pub(super) struct Keeper<'k, 'p> {
    pub(super) arranger: &'k Arranger<'p>,
    pub(super) prepared: &'k Prepared,
    /// The homes of each item and what it weighs to leave them.
    pub(super) stakes: Vec<Vec<(usize, u64)>>,
    /// The resources that each item cannot be on.
    pub(super) refused: Vec<BTreeSet<usize>>,
    pub(super) homes: &'k Homes,
}

/// Items on numbered resources.
#[derive(Clone, Debug)]
pub(super) struct Seating {
    pub(super) bins: BTreeMap<usize, Vec<usize>>,
    /// Whether fewer resources are impossible for what was to stay.
    pub(super) proven: bool,
}

/// Which items stay at which home.
pub(super) struct Staying {
    pub(super) at: Vec<Option<usize>>,
    /// Whether no more weight can stay.
    pub(super) proven: bool,
}

impl Keeper<'_, '_> {
    fn own(&self) -> &[Vec<u64>] {
        self.prepared.sizes.own.as_ref().unwrap_or(&self.prepared.sizes.full)
    }

    pub(super) fn usage(&self, bin: &[usize]) -> Vec<u64> {
        self.arranger.usage(&self.prepared.items, self.own(), bin)
    }

    /// Whether items may be on one resource.
    pub(super) fn fits(&self, bin: &[usize]) -> bool {
        let mut seen: FxHashMap<Attribute, Label> = FxHashMap::default();
        let labels = bin.iter().flat_map(|item| &self.prepared.labelling.labels[*item]);
        labels.copied().all(|(attribute, label)| *seen.entry(attribute).or_insert(label) == label)
            && self.usage(bin).iter().zip(self.arranger.dimensions).all(|(used, dimension)| *used <= dimension.usable)
    }

    /// Whether items may be on this resource, each by itself.
    fn may(&self, bin: &[usize], number: usize) -> bool {
        !bin.iter().any(|item| self.refused[*item].contains(&number))
    }

    /// The homes that an item can be on, each with what it weighs to leave it.
    fn open_homes(&self, item: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.stakes[item].iter().copied().filter(move |(home, _)| !self.refused[item].contains(home))
    }

    /// What of an item's weight stays when it is on this resource.
    fn stake(&self, item: usize, number: usize) -> u64 {
        self.open_homes(item).find(|(home, _)| *home == number).map_or(0, |(_, weight)| weight)
    }

    /// What an arrangement is worth.
    pub(super) fn worth(&self, seating: &Seating) -> Worth {
        let bins: Vec<Vec<usize>> = match self.arranger.grading {
            Some(_) => needs(&self.prepared.items, seating.bins.values()),
            None => vec![Vec::new(); seating.bins.len()],
        };
        Worth::of(self.arranger.grading, bins.iter().map(Vec::as_slice))
    }

    /// The weight that has left its homes.
    pub(super) fn moved(&self, seating: &Seating) -> u64 {
        let total: u64 = self.stakes.iter().flatten().map(|(_, weight)| weight).sum();
        let stays = |(number, items): (&usize, &Vec<usize>)| items.iter().map(|item| self.stake(*item, *number)).sum::<u64>();
        total - seating.bins.iter().map(stays).sum::<u64>()
    }

    /// The weight that leaves homes which it cannot be on.
    pub(super) fn forced(&self) -> u64 {
        let refused = |(stakes, refused): (&Vec<(usize, u64)>, &BTreeSet<usize>)| {
            stakes.iter().filter(|(home, _)| refused.contains(home)).map(|(_, weight)| weight).sum::<u64>()
        };
        self.stakes.iter().zip(&self.refused).map(refused).sum()
    }

    /// As much as can stays at home, however many resources the rest takes.
    pub(super) fn repaired(&self) -> Staying {
        let first = |item: usize| self.open_homes(item).max_by_key(|(home, weight)| (*weight, Reverse(*home))).map(|s| s.0);
        let mut at: Vec<Option<usize>> = (0..self.stakes.len()).map(first).collect();
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (item, home) in at.iter().enumerate() {
            members.entry(home.unwrap_or_default()).or_default().extend(home.map(|_| item));
        }
        let mut troubled: BTreeSet<usize> =
            members.iter().filter(|(_, items)| !self.fits(items)).map(|(number, _)| *number).collect();
        if troubled.is_empty() {
            return Staying { at, proven: true };
        }
        // Who has several homes joins their fates.
        loop {
            let joined = self.stakes.iter().filter(|stakes| stakes.iter().any(|(home, _)| troubled.contains(home)));
            let more: BTreeSet<usize> = joined.flatten().map(|(home, _)| *home).collect();
            if more.is_subset(&troubled) {
                break;
            }
            troubled.extend(more);
        }
        let concerned: Vec<usize> =
            (0..at.len()).filter(|item| self.stakes[*item].iter().any(|(home, _)| troubled.contains(home))).collect();
        let homes: Vec<usize> = troubled.into_iter().collect();
        let (settling, items) = self.settling(&concerned, &homes);
        let stay = settling.assign(Bins::Any, 0, EFFORT, &self.arranger.setting.control);
        concerned.iter().for_each(|item| at[*item] = None);
        let best = matches!(stay, Answer::Best(_));
        match (stay, &self.prepared.sizes.own) {
            (Answer::Best(stay) | Answer::Found(stay), None) => {
                for (placed, items) in stay.iter().zip(&items) {
                    let to = placed.iter().flat_map(|(home, copies)| (0..*copies).map(|_| homes[*home]));
                    items.iter().zip(to).for_each(|(item, home)| at[*item] = Some(home));
                }
                Staying { at, proven: best }
            }
            _ => {
                self.heaviest_first(&concerned, &mut at);
                Staying { at, proven: false }
            }
        }
    }

    /// Lets stay what fits, the heaviest first.
    fn heaviest_first(&self, concerned: &[usize], at: &mut [Option<usize>]) {
        let mut stakes: Vec<(Reverse<u64>, usize, usize)> = Vec::new();
        for item in concerned {
            stakes.extend(self.open_homes(*item).map(|(home, weight)| (Reverse(weight), *item, home)));
        }
        stakes.sort_unstable();
        let mut bins: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (_, item, home) in stakes {
            if at[item].is_some() {
                continue;
            }
            let bin = bins.entry(home).or_default();
            bin.push(item);
            if self.fits(bin) {
                at[item] = Some(home);
            } else {
                bin.pop();
            }
        }
    }

    /// Items as the integer program sees them, and which items each line stands for.
    fn settling(&self, concerned: &[usize], homes: &[usize]) -> (Assignment, Vec<Vec<usize>>) {
        let mut ranks: FxHashMap<AssignedItem, usize> = FxHashMap::default();
        let (mut settlers, mut items): (Vec<(AssignedItem, u32)>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
        for item in concerned {
            let stake = |(home, weight): (usize, u64)| Some((homes.binary_search(&home).ok()?, weight));
            let settler = AssignedItem {
                size: self.prepared.sizes.full[*item].clone(),
                labels: self.prepared.labelling.labels[*item].clone(),
                move_weights: self.open_homes(*item).filter_map(stake).collect(),
            };
            let rank = *ranks.entry(settler.clone()).or_insert_with(|| {
                settlers.push((settler, 0));
                items.push(Vec::new());
                items.len() - 1
            });
            settlers[rank].1 += 1;
            items[rank].push(*item);
        }
        (Assignment { capacity: self.arranger.usable(), previous: homes.len(), items: settlers }, items)
    }

    /// Packs the others around what stays.
    pub(super) fn pack(&self, stay: &[Option<usize>]) -> Result<Seating, GroupFault> {
        let mut kept: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut free: Vec<usize> = Vec::new();
        for (item, home) in stay.iter().enumerate() {
            match home {
                Some(home) => kept.entry(*home).or_default().push(item),
                None => free.push(item),
            }
        }
        let own = self.own();
        let sizes: BTreeSet<&Vec<u64>> = free.iter().map(|item| &own[*item]).collect();
        // What nothing more fits on stays as it is, whatever happens elsewhere.
        let open = |items: &Vec<usize>| {
            let used: Vec<u64> =
                (0..self.arranger.dimensions.len()).map(|d| items.iter().map(|item| own[*item][d]).sum()).collect();
            let dimensions = self.arranger.dimensions;
            // What a full one makes due counts for the others, where costs do.
            self.arranger.grading.is_some()
                || sizes.iter().any(|size| (0..used.len()).all(|d| used[d] + size[d] <= dimensions[d].usable))
        };
        let (open, closed): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(_, items)| open(items));
        let mut bins: Vec<(Option<usize>, Vec<usize>)> =
            closed.into_iter().map(|(number, items)| (Some(number), items)).collect();
        if free.is_empty() {
            bins.extend(open.into_iter().map(|(number, items)| (Some(number), items)));
            return Ok(self.numbered(bins, true));
        }
        let (numbers, blocks): (Vec<usize>, Vec<Vec<usize>>) = open.into_iter().unzip();
        let mut joined = blocks;
        joined.extend(free.iter().map(|item| vec![*item]));
        let Joined { sizes, labelling } = self.join(&numbers, &joined);
        let items: Vec<Item> = joined.iter().map(|items| self.as_one(items)).collect();
        let marks = self.arranger.grading.map_or_else(Vec::new, |grading| marks(grading, &items));
        let packer = Packer::new(self.arranger.setting, &labelling, &sizes, &marks);
        let deciding = deciding(&labelling);
        let deciding = |attribute: Attribute| deciding[attribute.0 as usize];
        let best = |heeded: &dyn Fn(Attribute) -> bool, wishes: Wishes| self.arranger.pack(&packer, &sizes, heeded, wishes, None);
        let plain = best(&deciding, Wishes::Ignored)?;
        let packed = match self.arranger.grading {
            Some(grading) => {
                let pack = |grades: Option<&Graded>| self.arranger.pack(&packer, &sizes, &deciding, Wishes::Ignored, grades);
                cheapest(grading, &items, plain, &pack)?
            }
            None => self.arranger.wished(plain, &labelling, &best)?,
        };
        // Of costs no more is proven than of the group as a whole.
        let proven = packed.outcome.is_proven() && sizes.own.is_none() && self.arranger.grading.is_none();
        for bin in packed.bins() {
            let number = bin.iter().find_map(|rank| numbers.get(*rank).copied());
            bins.push((number, bin.iter().flat_map(|rank| joined[*rank].iter().copied()).collect()));
        }
        Ok(self.numbered(bins, proven))
    }

    /// Several items as one.
    fn as_one(&self, items: &[usize]) -> Item {
        let needs: BTreeSet<usize> = items.iter().flat_map(|item| self.prepared.items[*item].needs.iter().copied()).collect();
        Item { needs: needs.into_iter().collect(), only: None }
    }

    /// Contents that stay as one item each, with their numbers as labels.
    fn join(&self, numbers: &[usize], joined: &[Vec<usize>]) -> Joined {
        let Prepared { sizes, labelling, .. } = self.prepared;
        let attribute = Attribute(u32::try_from(labelling.causes.len()).unwrap_or(u32::MAX));
        let mut all = Labelling { causes: labelling.causes.clone(), labels: Vec::new(), wishes: Vec::new() };
        all.causes.push(Cause::Kept);
        let mut full = Vec::with_capacity(joined.len());
        let mut own = sizes.own.as_ref().map(|_| Vec::with_capacity(joined.len()));
        for (rank, items) in joined.iter().enumerate() {
            match items.as_slice() {
                [item] => {
                    full.push(sizes.full[*item].clone());
                    own.iter_mut().zip(&sizes.own).for_each(|(own, from)| own.push(from[*item].clone()));
                    all.labels.push(labelling.labels[*item].clone());
                    all.wishes.push(labelling.wishes[*item].clone());
                }
                items => {
                    full.push(self.usage(items));
                    let sum = |sizes: &Vec<Vec<u64>>| {
                        (0..self.arranger.dimensions.len()).map(|d| items.iter().map(|item| sizes[*item][d]).sum()).collect()
                    };
                    own.iter_mut().zip(&sizes.own).for_each(|(own, from)| own.push(sum(from)));
                    let labels: BTreeMap<Attribute, Label> =
                        items.iter().flat_map(|item| labelling.labels[*item].iter().copied()).collect();
                    all.labels.push(labels.into_iter().collect());
                    all.wishes.push(wishes(labelling, items));
                }
            }
            if rank < numbers.len()
                && let Some(labels) = all.labels.last_mut()
            {
                labels.push((attribute, Label(u32::try_from(rank).unwrap_or(u32::MAX))));
            }
        }
        self.refuse(&mut all, numbers, joined);
        Joined { sizes: Sizes { full, own }, labelling: all }
    }

    /// Keeps items off the resources that they cannot be on: an attribute for each, of which what stays there has one label
    /// and those items have another.
    fn refuse(&self, labelling: &mut Labelling, numbers: &[usize], joined: &[Vec<usize>]) {
        for (block, number) in numbers.iter().enumerate() {
            let off: Vec<usize> = (0..joined.len()).filter(|rank| !self.may(&joined[*rank], *number)).collect();
            if off.is_empty() {
                continue;
            }
            let attribute = Attribute(u32::try_from(labelling.causes.len()).unwrap_or(u32::MAX));
            labelling.causes.push(Cause::Kept);
            labelling.labels[block].push((attribute, Label(0)));
            off.into_iter().for_each(|rank| labelling.labels[rank].push((attribute, Label(1))));
        }
    }

    /// Gives each resource without a number the one that most of its weight comes from, or else a new one.
    fn numbered(&self, bins: Vec<(Option<usize>, Vec<usize>)>, proven: bool) -> Seating {
        let mut numbers: Vec<Option<usize>> = bins.iter().map(|(number, _)| *number).collect();
        let mut claims: Vec<(Reverse<u64>, usize, usize)> = Vec::new();
        for (bin, (_, items)) in bins.iter().enumerate().filter(|(_, (number, _))| number.is_none()) {
            let mut weights: BTreeMap<usize, u64> = BTreeMap::new();
            for (home, weight) in items.iter().flat_map(|item| &self.stakes[*item]) {
                *weights.entry(*home).or_default() += weight;
            }
            claims.extend(
                weights.into_iter().filter(|(home, _)| self.may(items, *home)).map(|(home, weight)| (Reverse(weight), home, bin)),
            );
        }
        claims.sort_unstable();
        let mut taken: BTreeSet<usize> = numbers.iter().flatten().copied().collect();
        for (_, home, bin) in claims {
            if numbers[bin].is_none() && taken.insert(home) {
                numbers[bin] = Some(home);
            }
        }
        let mut open: Vec<usize> = (0..bins.len()).filter(|bin| numbers[*bin].is_none()).collect();
        open.sort_by_key(|bin| bins[*bin].1.iter().min());
        let fresh = (1..).filter(|number| !taken.contains(number) && !self.homes.used.contains(number));
        open.into_iter().zip(fresh).for_each(|(bin, number)| numbers[bin] = Some(number));
        let with = |(number, (_, mut items)): (Option<usize>, (_, Vec<usize>))| {
            items.sort_unstable();
            (number.unwrap_or_default(), items)
        };
        Seating { bins: numbers.into_iter().zip(bins).map(with).collect(), proven }
    }

    /// An arrangement that is worth at most this with the fewest moves that can be found, and whether there is none with
    /// fewer. `base` has the most that can stay, and is worth more.
    pub(super) fn fewest_moves(&self, base: (&Seating, &Staying), most: Worth) -> Result<Option<(Seating, bool)>, GroupFault> {
        let by_count = self.arranger.grading.is_none();
        let (seating, staying) = base;
        let mut best: Option<Seating> = None;
        let mut homes: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        for (item, stakes) in self.stakes.iter().enumerate() {
            for (home, weight) in stakes {
                let entry = homes.entry(*home).or_default();
                entry.0 += weight;
                entry.1 += if staying.at[item] == Some(*home) { *weight } else { 0 };
            }
        }
        let mut lightest: Vec<(u64, usize)> = homes.iter().map(|(home, (_, stays))| (*stays, *home)).collect();
        lightest.retain(|(stays, _)| *stays > 0);
        lightest.sort_unstable();
        let mut leave = if by_count { lightest.len().saturating_sub(most.resources).max(1) } else { 1 };
        let mut step = 1;
        while best.is_none() && leave <= lightest.len() {
            let out: BTreeSet<usize> = lightest.iter().take(leave).map(|(_, home)| *home).collect();
            let stay: Vec<Option<usize>> = staying.at.iter().map(|home| home.filter(|home| !out.contains(home))).collect();
            best = Some(self.pack(&stay)?).filter(|seating| self.worth(seating) <= most);
            if leave == lightest.len() {
                break;
            }
            leave = (leave + step).min(lightest.len());
            step *= 2;
        }
        let mut best = best.map(|seating| self.gone_home(seating, most));
        // As many homes are given up as there are more of them than resources.
        let mut totals: Vec<u64> = homes.values().map(|(total, _)| *total).collect();
        totals.sort_unstable();
        let given_up: u64 = totals.iter().take(totals.len().saturating_sub(most.resources)).sum();
        let total: u64 = totals.iter().sum();
        let mut least = if by_count { given_up } else { 0 };
        if staying.proven {
            let leave = total - homes.values().map(|(_, stays)| stays).sum::<u64>();
            // Where all could stay, that is the only way to keep as much, and it takes more resources.
            least = least.max(if leave == 0 && seating.proven { 1 } else { leave });
        }
        let mut proven = best.as_ref().is_some_and(|best| self.moved(best) <= least);
        // The program counts resources, so of costs it knows nothing.
        if !proven && by_count {
            let more = best.as_ref().map_or(0, |best| total - self.moved(best) + 1);
            let all: Vec<usize> = (0..self.stakes.len()).collect();
            let homes: Vec<usize> = homes.into_keys().collect();
            let (settling, items) = self.settling(&all, &homes);
            let exact = self.prepared.sizes.own.is_none();
            match settling.assign(Bins::AtMost(most.resources as u64), more, EFFORT, &self.arranger.setting.control) {
                Answer::Best(stay) => {
                    if let Some(seating) = self.seated(&stay, &items, &homes).filter(|seating| self.worth(seating) <= most) {
                        best = Some(seating);
                        proven = exact;
                    }
                }
                Answer::Found(stay) => {
                    if let Some(seating) = self.seated(&stay, &items, &homes).filter(|seating| self.worth(seating) <= most) {
                        best = Some(self.gone_home(seating, most));
                    }
                }
                Answer::None => proven = exact,
                Answer::Unknown => {}
            }
        }
        best.map(|best| Ok((self.polished(best, most)?, proven))).transpose()
    }

    /// What the integer program found, unless an item is where it cannot be: the program does not know of that.
    fn seated(&self, stay: &[Vec<(usize, u32)>], items: &[Vec<usize>], homes: &[usize]) -> Option<Seating> {
        let mut bins: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (placed, items) in stay.iter().zip(items) {
            let to = placed.iter().flat_map(|(bin, copies)| (0..*copies).map(|_| *bin));
            items.iter().zip(to).for_each(|(item, bin)| bins.entry(bin).or_default().push(*item));
        }
        let bins: Vec<(Option<usize>, Vec<usize>)> =
            bins.into_iter().map(|(bin, items)| (homes.get(bin).copied(), items)).collect();
        let allowed = bins.iter().all(|(number, items)| number.is_none_or(|number| self.may(items, number)));
        allowed.then(|| self.numbered(bins, false))
    }

    /// The items that are at a home of theirs.
    pub(super) fn at_home(&self, seating: &Seating) -> Vec<Option<usize>> {
        let mut at: Vec<Option<usize>> = vec![None; self.stakes.len()];
        for (number, items) in &seating.bins {
            for item in items {
                at[*item] = (self.stake(*item, *number) > 0).then_some(*number);
            }
        }
        at
    }

    /// The same moves, with the others packed so that they yield least.
    fn polished(&self, seating: Seating, most: Worth) -> Result<Seating, GroupFault> {
        let again = self.pack(&self.at_home(&seating))?;
        let good = self.worth(&again) <= self.worth(&seating).min(most) && self.moved(&again) <= self.moved(&seating);
        Ok(if good { again } else { seating })
    }

    /// Sends items home, alone or in exchange for another, for as long as that keeps more weight at home and is worth at most
    /// this.
    fn gone_home(&self, mut seating: Seating, most: Worth) -> Seating {
        let mut budget = EXCHANGES;
        loop {
            let mut away: Vec<(usize, usize, usize, u64)> = Vec::new();
            for (number, items) in &seating.bins {
                for item in items {
                    let here = self.stake(*item, *number);
                    let better =
                        self.open_homes(*item).filter(|(home, weight)| *weight > here && seating.bins.contains_key(home));
                    away.extend(better.map(|(home, weight)| (*item, *number, home, weight - here)));
                }
            }
            let exchange = away
                .into_iter()
                .find_map(|(item, from, home, gain)| self.exchange(&seating, item, (from, home), gain, &mut budget));
            let Some([(from, left), (home, right)]) = exchange else { return seating };
            let before = self.arranger.grading.is_some().then(|| seating.clone());
            seating.bins.insert(home, right);
            if left.is_empty() {
                seating.bins.remove(&from);
            } else {
                seating.bins.insert(from, left);
            }
            // An exchange adds no resource, but it may make one dearer.
            if let Some(before) = before.filter(|_| self.worth(&seating) > most) {
                return before;
            }
        }
    }

    /// Two resources after an item has gone home, if that is possible and worth it.
    fn exchange(
        &self,
        seating: &Seating,
        item: usize,
        (from, home): (usize, usize),
        gain: u64,
        budget: &mut usize,
    ) -> Option<[(usize, Vec<usize>); 2]> {
        let without = |bin: &[usize], out: usize| bin.iter().copied().filter(|other| *other != out).collect::<Vec<usize>>();
        let with = |mut bin: Vec<usize>, more: usize| {
            bin.push(more);
            bin.sort_unstable();
            bin
        };
        let (here, there) = (seating.bins.get(&from)?, seating.bins.get(&home)?);
        let left = without(here, item);
        let right = with(there.clone(), item);
        *budget = budget.checked_sub(1)?;
        if self.fits(&right) {
            return Some([(from, left), (home, right)]);
        }
        for other in there {
            *budget = budget.checked_sub(1)?;
            if gain + self.stake(*other, from) <= self.stake(*other, home) {
                continue;
            }
            let (left, right) = (with(left.clone(), *other), without(&right, *other));
            if self.may(&[*other], from) && self.fits(&left) && self.fits(&right) {
                return Some([(from, left), (home, right)]);
            }
        }
        None
    }
}

/// What is packed around contents that stay.
struct Joined {
    sizes: Sizes,
    labelling: Labelling,
}

/// The wishes of joined items: of each attribute the label that most weight wishes for, then the first.
fn wishes(labelling: &Labelling, items: &[usize]) -> Vec<SoftLabel> {
    let mut weights: BTreeMap<Attribute, BTreeMap<Label, u32>> = BTreeMap::new();
    for wish in items.iter().flat_map(|item| &labelling.wishes[*item]) {
        *weights.entry(wish.attribute).or_default().entry(wish.label).or_default() += wish.weight;
    }
    let best = |(attribute, labels): (Attribute, BTreeMap<Label, u32>)| {
        let (label, weight) = labels.into_iter().max_by_key(|(label, weight)| (*weight, Reverse(*label)))?;
        Some(SoftLabel { attribute, label, weight })
    };
    weights.into_iter().filter_map(best).collect()
}
