//! What bins cost: grades in rising order of cost, and sets of them.

use super::problem::Problem;

/// A set of grades, by their places in [`Costs`]; a bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GradeSet(u64);

impl GradeSet {
    /// Every grade there may be.
    pub(super) const ALL: Self = Self(u64::MAX);

    pub(super) fn of(grades: impl IntoIterator<Item = usize>) -> Self {
        Self(grades.into_iter().fold(0, |set, grade| set | 1 << grade))
    }

    pub(super) fn has(self, grade: usize) -> bool {
        self.0 >> grade & 1 == 1
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether some grade is in both.
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The cost of each grade, in rising order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Costs(Vec<u64>);

impl Default for Costs {
    fn default() -> Self {
        Self(vec![1])
    }
}

impl Costs {
    /// Costs that rise already.
    pub(super) fn new(rising: Vec<u64>) -> Self {
        Self(rising)
    }

    /// The cost of a bin that may be of any of these grades.
    pub(super) fn of(&self, grades: GradeSet) -> u64 {
        // A bin without items has every grade; no bin has none.
        self.0.get(grades.0.trailing_zeros() as usize).copied().unwrap_or(u64::MAX)
    }

    pub(super) fn all(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn cheapest(&self) -> u64 {
        self.0.first().copied().unwrap_or(1)
    }

    pub(super) fn dearest(&self) -> u64 {
        self.0.last().copied().unwrap_or(1)
    }

    /// Whether there is one grade, which every item may be in.
    pub(super) fn is_single(&self) -> bool {
        self.0.len() <= 1
    }

    /// Whether every bin costs one, so that the cost is the number of bins.
    pub(super) fn are_one(&self) -> bool {
        self.0.iter().all(|&c| c == 1)
    }
}

/// The costs of the grades of a problem, and for each grade its place among them.
pub(super) fn ranked(problem: &Problem) -> (Costs, Vec<usize>) {
    if problem.grades.is_empty() {
        return (Costs::default(), Vec::new());
    }
    let mut order: Vec<usize> = (0..problem.grades.len()).collect();
    order.sort_by_key(|&g| (problem.grades[g].cost, g));
    let mut place = vec![0; order.len()];
    for (to, &from) in order.iter().enumerate() {
        place[from] = to;
    }
    (Costs(order.iter().map(|&g| problem.grades[g].cost).collect()), place)
}
