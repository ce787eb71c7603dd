//! Bins while they are filled.

use crate::solve::problem::bin_types::BinTypes;
use crate::solve::problem::conflicts::has;
use crate::solve::problem::instance::{Filled, Instance, NumberedLabel, compatible};

/// Equal bins, partly filled.
#[derive(Clone, Debug)]
pub(crate) struct Bins {
    pub copies: u64,
    /// What is left of the capacity of the instance.
    pub room: Vec<u64>,
    /// The bin types that they may have.
    pub bin_types: BinTypes,
    pub items: Vec<(usize, u32)>,
    excluded: Excluded,
}

/// What the labels of the items in a bin exclude.
#[derive(Clone, Debug)]
enum Excluded {
    /// Kinds, a bit for each.
    Kinds(Vec<u64>),
    /// Other labels of the attributes of these.
    Labels(Vec<NumberedLabel>),
}

impl Bins {
    pub(crate) fn empty(instance: &Instance, copies: u64) -> Self {
        let excluded = match instance.conflicts() {
            Some(_) => Excluded::Kinds(vec![0; instance.kinds.len().div_ceil(64)]),
            None => Excluded::Labels(Vec::new()),
        };
        Self { copies, room: instance.capacity.clone(), bin_types: BinTypes::ALL, items: Vec::new(), excluded }
    }

    /// One bin of this type.
    pub(crate) fn of_type(instance: &Instance, bin_type: usize) -> Self {
        Self { bin_types: BinTypes::of([bin_type]), ..Self::empty(instance, 1) }
    }

    /// One bin with these items, which fit.
    pub(crate) fn of(instance: &Instance, items: &[(usize, u32)]) -> Self {
        let mut bin = Self::empty(instance, 1);
        items.iter().for_each(|&(kind, n)| bin.put(instance, kind, n.into()));
        bin
    }

    /// Each of these bins by itself.
    pub(crate) fn singly(instance: &Instance, bins: &[Filled]) -> Vec<Self> {
        bins.iter().flat_map(|(items, copies)| (0..*copies).map(move |_| Self::of(instance, items))).collect()
    }

    /// Whether an item of a kind fits in one of the bins.
    pub(crate) fn takes(&self, instance: &Instance, index: usize) -> bool {
        let kind = &instance.kinds[index];
        self.room.iter().zip(&kind.size).all(|(room, size)| size <= room)
            && self.allows(instance, index)
            && (instance.capacities.is_empty() || self.fits(instance, index, 1) > 0)
    }

    /// Whether labels and bin types allow an item of a kind, sizes aside.
    pub(crate) fn allows(&self, instance: &Instance, index: usize) -> bool {
        let kind = &instance.kinds[index];
        self.bin_types.meets(kind.bin_types)
            && match &self.excluded {
                Excluded::Kinds(kinds) => !has(kinds, index),
                Excluded::Labels(labels) => compatible(labels, &kind.labels),
            }
    }

    /// How many items of a kind fit in one of the bins, at most `most`.
    pub(crate) fn fits(&self, instance: &Instance, index: usize, most: u64) -> u64 {
        if !self.allows(instance, index) {
            return 0;
        }
        let kind = &instance.kinds[index];
        let most = most.min(u64::from(u32::MAX));
        let within = |reserve: &dyn Fn(usize) -> u64| {
            let mut fit = most;
            for (d, (&room, &size)) in self.room.iter().zip(&kind.size).enumerate() {
                match room.checked_sub(reserve(d)) {
                    Some(room) if size <= room => fit = fit.min(room.checked_div(size).unwrap_or(fit)),
                    _ => return 0,
                }
            }
            fit
        };
        if instance.capacities.is_empty() {
            return within(&|_| 0);
        }
        let bin_types = self.bin_types.and(kind.bin_types);
        let each = instance.capacities.iter().enumerate().filter(|g| bin_types.has(g.0));
        each.map(|(_, capacity)| within(&|d| instance.capacity[d] - capacity[d])).max().unwrap_or(0)
    }

    /// Puts items of a kind, which fit, in each of the bins.
    pub(crate) fn put(&mut self, instance: &Instance, index: usize, number: u64) {
        let kind = &instance.kinds[index];
        for (room, size) in self.room.iter_mut().zip(&kind.size) {
            *room -= size * number;
        }
        self.bin_types = instance.holding(&self.room, self.bin_types.and(kind.bin_types));
        self.exclude(instance, index);
        // At most u32::MAX fit, see `fits`.
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        match self.items.iter_mut().find(|i| i.0 == index) {
            Some(item) => item.1 += number,
            None => self.items.push((index, number)),
        }
    }

    /// Takes an item out.
    pub(crate) fn remove(&mut self, instance: &Instance, index: usize) {
        for (room, size) in self.room.iter_mut().zip(&instance.kinds[index].size) {
            *room += size;
        }
        if let Some(entry) = self.items.iter_mut().find(|i| i.0 == index) {
            entry.1 -= 1;
        }
        self.items.retain(|i| i.1 > 0);
        match &mut self.excluded {
            Excluded::Kinds(kinds) => kinds.fill(0),
            Excluded::Labels(labels) => labels.clear(),
        }
        for at in 0..self.items.len() {
            self.exclude(instance, self.items[at].0);
        }
        self.bin_types = instance.bin_types_of(&self.items);
    }

    /// How many kinds more are excluded once an item of a kind is in one of the bins; where that is not known, none.
    pub(crate) fn newly_excluded(&self, instance: &Instance, index: usize) -> u32 {
        match (&self.excluded, instance.conflicts()) {
            (Excluded::Kinds(kinds), Some(conflicts)) => {
                conflicts.row(index).iter().zip(kinds).map(|(row, kinds)| (row & !kinds).count_ones()).sum()
            }
            _ => 0,
        }
    }

    /// What one of the bins costs.
    pub(crate) fn cost(&self, instance: &Instance) -> u64 {
        instance.costs.of(self.bin_types)
    }

    /// What one of the bins costs with one more item of a kind, which fits.
    pub(crate) fn cost_with(&self, instance: &Instance, index: usize) -> u64 {
        let kind = &instance.kinds[index];
        let common = self.bin_types.and(kind.bin_types);
        if instance.capacities.is_empty() {
            return instance.costs.of(common);
        }
        let room: Vec<u64> = self.room.iter().zip(&kind.size).map(|(room, size)| room.saturating_sub(*size)).collect();
        instance.costs.of(instance.holding(&room, common))
    }

    fn exclude(&mut self, instance: &Instance, index: usize) {
        match (&mut self.excluded, instance.conflicts()) {
            (Excluded::Kinds(kinds), Some(conflicts)) => {
                kinds.iter_mut().zip(conflicts.row(index)).for_each(|(to, from)| *to |= from);
            }
            (Excluded::Labels(labels), _) => {
                for &label in &instance.kinds[index].labels {
                    if let Err(at) = labels.binary_search(&label) {
                        labels.insert(at, label);
                    }
                }
            }
            // A matrix once made stays.
            (Excluded::Kinds(_), None) => {}
        }
    }
}
