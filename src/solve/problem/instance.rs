//! An instance as the solver sees it: kinds of items by number.

use std::sync::{Arc, OnceLock};

use crate::solve::problem::bin_types::{BinTypes, Costs, ranked};
use crate::solve::problem::conflicts::{Conflicts, has};
use crate::solve::problem::statement::{ItemType, Problem};
use crate::solve::problem::sums::least_sum;

/// A label by number: attribute and value.
pub(crate) type NumberedLabel = (u32, u32);

/// Items that are alike as far as the cost of the bins goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub size: Vec<u64>,
    pub labels: Vec<NumberedLabel>,
    /// The types of bins that may hold it.
    pub bin_types: BinTypes,
    pub count: u64,
}

/// A reduced problem: every kind is distinct, has items, and fits in a bin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Instance {
    /// The capacity of a bin; where bin types differ in it, the largest in each dimension.
    pub capacity: Vec<u64>,
    /// The capacity of each bin type; none where all have the same.
    pub capacities: Vec<Vec<u64>>,
    pub costs: Costs,
    pub kinds: Vec<Kind>,
    conflicts: OnceLock<Option<Arc<Conflicts>>>,
}

/// Bins with the same contents, in kinds.
pub(crate) type Filled = (Vec<(usize, u32)>, u64);

impl Instance {
    pub(crate) fn has_labels(&self) -> bool {
        self.kinds.iter().any(|k| !k.labels.is_empty())
    }

    /// An instance of these kinds.
    pub(crate) fn new(capacity: Vec<u64>, costs: Costs, kinds: Vec<Kind>) -> Self {
        Self { capacity, capacities: Vec::new(), costs, kinds, conflicts: OnceLock::new() }
    }

    /// With a capacity for each bin type.
    pub(crate) fn with_capacities(mut self, capacities: Vec<Vec<u64>>) -> Self {
        let Some((first, rest)) = capacities.split_first() else { return self };
        self.capacity.clone_from(first);
        for other in rest {
            self.capacity.iter_mut().zip(other).for_each(|(most, &capacity)| *most = capacity.max(*most));
        }
        self.capacities = if rest.iter().all(|other| other == first) { Vec::new() } else { capacities };
        self
    }

    /// Other kinds in the same bins.
    pub(crate) fn with_kinds(&self, kinds: Vec<Kind>) -> Self {
        let (capacity, capacities, costs) = (self.capacity.clone(), self.capacities.clone(), self.costs.clone());
        Self { capacity, capacities, costs, kinds, conflicts: OnceLock::new() }
    }

    /// The instance of some of the kinds, in that order.
    pub(crate) fn part(&self, kinds: &[usize]) -> Instance {
        self.with_kinds(kinds.iter().map(|&k| self.kinds[k].clone()).collect())
    }

    /// Which kinds exclude each other, where that is worth a matrix.
    pub(crate) fn conflicts(&self) -> Option<&Conflicts> {
        self.conflicts.get_or_init(|| Conflicts::new(&self.kinds).map(Arc::new)).as_deref()
    }

    /// Whether one item of each of two kinds may share a bin, sizes aside.
    pub(crate) fn go_together(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.kinds[a], &self.kinds[b]);
        one.bin_types.meets(other.bin_types)
            && match self.conflicts() {
                Some(conflicts) => !has(conflicts.row(a), b),
                None => compatible(&one.labels, &other.labels),
            }
    }

    /// The capacity of a bin of this type.
    pub(crate) fn capacity_of(&self, bin_type: usize) -> &[u64] {
        self.capacities.get(bin_type).unwrap_or(&self.capacity)
    }

    /// Of these bin types, those that hold what leaves this room of the largest capacity.
    pub(crate) fn holding(&self, room: &[u64], bin_types: BinTypes) -> BinTypes {
        if self.capacities.is_empty() {
            return bin_types;
        }
        let holds = |capacity: &[u64]| {
            room.iter().zip(capacity).zip(&self.capacity).all(|((&room, &capacity), &most)| room >= most - capacity)
        };
        bin_types.and(BinTypes::of((0..self.capacities.len()).filter(|&g| bin_types.has(g) && holds(&self.capacities[g]))))
    }

    /// How many items of a kind a bin of the cheapest type that may hold one holds, at most `limit`.
    pub(crate) fn copies_alone(&self, kind: &Kind, limit: u64) -> u32 {
        copies(&kind.size, self.capacity_of(kind.bin_types.first()), limit)
    }

    /// What a bin with these items costs.
    pub(crate) fn cost_of(&self, items: &[(usize, u32)]) -> u64 {
        self.costs.of(self.bin_types_of(items))
    }

    /// The next sum of costs that bins may have which hold some of these kinds.
    pub(crate) fn round_up(&self, cost: u64, kinds: &[usize]) -> u64 {
        if self.costs.are_one() {
            return cost;
        }
        let open = |bin_type: &usize| kinds.iter().any(|&k| self.kinds[k].bin_types.has(*bin_type));
        let costs = self.costs.all();
        least_sum(cost, (0..costs.len()).filter(open).map(|bin_type| costs[bin_type]))
    }

    /// The bin types that a bin with these items may have.
    pub(crate) fn bin_types_of(&self, items: &[(usize, u32)]) -> BinTypes {
        let common = items.iter().fold(BinTypes::ALL, |set, i| set.and(self.kinds[i.0].bin_types));
        if self.capacities.is_empty() {
            return common;
        }
        let mut room = self.capacity.clone();
        for &(kind, n) in items {
            for (room, size) in room.iter_mut().zip(&self.kinds[kind].size) {
                *room = room.saturating_sub(size * u64::from(n));
            }
        }
        self.holding(&room, common)
    }

    /// What the bins cost in all.
    pub(crate) fn cost(&self, bins: &[Filled]) -> u64 {
        bins.iter().map(|(items, copies)| self.cost_of(items) * copies).sum()
    }
}

/// Whether two items with these labels may share a bin.
pub(crate) fn compatible(a: &[NumberedLabel], b: &[NumberedLabel]) -> bool {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal if a[i].1 != b[j].1 => return false,
            std::cmp::Ordering::Equal => {
                i += 1;
                j += 1;
            }
        }
    }
    true
}

/// The types as kinds, each by itself.
pub(crate) fn instance(problem: &Problem) -> Instance {
    let (costs, place) = ranked(problem);
    let bin_types = |stated: &[usize]| match stated {
        _ if place.is_empty() => BinTypes::of([0]),
        [] => BinTypes::of(0..place.len()),
        _ => BinTypes::of(stated.iter().map(|&g| place[g])),
    };
    let kind = |t: &ItemType| Kind {
        size: t.size.clone(),
        labels: t.labels.iter().map(|l| (l.0.0, l.1.0)).collect(),
        bin_types: bin_types(&t.bin_types),
        count: t.count.into(),
    };
    let kinds = problem.types.iter().map(kind).collect();
    let mut capacities = vec![Vec::new(); place.len()];
    place.iter().enumerate().for_each(|(bin_type, &at)| capacities[at] = problem.capacity_of(bin_type).to_vec());
    let mut instance = Instance::new(problem.capacity.clone(), costs, kinds).with_capacities(capacities);
    for at in (0..instance.kinds.len()).filter(|_| !instance.capacities.is_empty()) {
        let kind = &instance.kinds[at];
        let room: Vec<u64> = instance.capacity.iter().zip(&kind.size).map(|(most, size)| most.saturating_sub(*size)).collect();
        let fits = kind.size.iter().zip(&instance.capacity).all(|(size, most)| size <= most);
        instance.kinds[at].bin_types = if fits { instance.holding(&room, kind.bin_types) } else { BinTypes::of([]) };
    }
    instance
}

/// The most copies of a size that a capacity has room for, at most `limit`.
pub(crate) fn copies(size: &[u64], capacity: &[u64], limit: u64) -> u32 {
    let fit = size.iter().zip(capacity).filter_map(|(&size, &capacity)| capacity.checked_div(size)).fold(limit, u64::min);
    u32::try_from(fit).unwrap_or(u32::MAX)
}
