//! What bins cost: bin types in rising order of cost, and sets of them.

use crate::solve::problem::statement::Problem;

/// A set of bin types, by their places in [`Costs`]; a bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BinTypes(u64);

impl BinTypes {
    /// Every bin type there may be.
    pub(crate) const ALL: Self = Self(u64::MAX);

    pub(crate) fn of(bin_types: impl IntoIterator<Item = usize>) -> Self {
        Self(bin_types.into_iter().fold(0, |set, bin_type| set | 1 << bin_type))
    }

    pub(crate) fn has(self, bin_type: usize) -> bool {
        self.0 >> bin_type & 1 == 1
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The cheapest.
    pub(crate) fn first(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// Whether some bin type is in both.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The cost of each bin type, in rising order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Costs(Vec<u64>);

impl Default for Costs {
    fn default() -> Self {
        Self(vec![1])
    }
}

impl Costs {
    /// Costs that rise already.
    pub(crate) fn new(rising: Vec<u64>) -> Self {
        Self(rising)
    }

    /// The cost of a bin that may be of any of these bin types.
    pub(crate) fn of(&self, bin_types: BinTypes) -> u64 {
        // A bin without items has every bin type; no bin has none.
        self.0.get(bin_types.first()).copied().unwrap_or(u64::MAX)
    }

    pub(crate) fn all(&self) -> &[u64] {
        &self.0
    }

    pub(crate) fn cheapest(&self) -> u64 {
        self.0.first().copied().unwrap_or(1)
    }

    pub(crate) fn dearest(&self) -> u64 {
        self.0.last().copied().unwrap_or(1)
    }

    /// Whether there is one bin type, which every item may be in.
    pub(crate) fn is_single(&self) -> bool {
        self.0.len() <= 1
    }

    /// Whether every bin costs one, so that the cost is the number of bins.
    pub(crate) fn are_one(&self) -> bool {
        self.0.iter().all(|&c| c == 1)
    }
}

/// The costs of the bin types of a problem, and for each bin type its place among them.
pub(crate) fn ranked(problem: &Problem) -> (Costs, Vec<usize>) {
    if problem.bin_types.is_empty() {
        return (Costs::default(), Vec::new());
    }
    let mut order: Vec<usize> = (0..problem.bin_types.len()).collect();
    order.sort_by_key(|&g| (problem.bin_types[g].cost, g));
    let mut place = vec![0; order.len()];
    for (to, &from) in order.iter().enumerate() {
        place[from] = to;
    }
    (Costs(order.iter().map(|&g| problem.bin_types[g].cost).collect()), place)
}
