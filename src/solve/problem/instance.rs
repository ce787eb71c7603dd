//! An instance as the solver sees it: kinds of items by number.

use crate::solve::problem::bin_types::{BinTypes, Costs, ranked};
use crate::solve::problem::statement::Problem;
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
    pub capacity: Vec<u64>,
    pub costs: Costs,
    pub kinds: Vec<Kind>,
}

/// Bins with the same contents, in kinds.
pub(crate) type Filled = (Vec<(usize, u32)>, u64);

impl Kind {
    /// Whether one of these and one of the others may share a bin, sizes aside.
    pub(crate) fn goes_with(&self, other: &Kind) -> bool {
        self.bin_types.meets(other.bin_types) && compatible(&self.labels, &other.labels)
    }
}

impl Instance {
    pub(crate) fn has_labels(&self) -> bool {
        self.kinds.iter().any(|k| !k.labels.is_empty())
    }

    /// The instance of some of the kinds, in that order.
    pub(crate) fn part(&self, kinds: &[usize]) -> Instance {
        Instance {
            capacity: self.capacity.clone(),
            costs: self.costs.clone(),
            kinds: kinds.iter().map(|&k| self.kinds[k].clone()).collect(),
        }
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
        items.iter().fold(BinTypes::ALL, |set, i| set.and(self.kinds[i.0].bin_types))
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
    Instance {
        capacity: problem.capacity.clone(),
        costs,
        kinds: problem
            .types
            .iter()
            .map(|t| Kind {
                size: t.size.clone(),
                labels: t.labels.iter().map(|l| (l.0.0, l.1.0)).collect(),
                bin_types: bin_types(&t.bin_types),
                count: t.count.into(),
            })
            .collect(),
    }
}
