//! Sums that costs can have, and what they have in common.

pub(crate) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Sums looked at before one is given up.
const STEPS: u32 = 20_000;

/// The least sum of these costs, each any number of times, that is not below `bound`; `bound` itself where that takes too
/// long to find.
pub(crate) fn least_sum(bound: u64, costs: impl IntoIterator<Item = u64>) -> u64 {
    let mut costs: Vec<u64> = costs.into_iter().filter(|&c| c > 0).collect();
    costs.sort_unstable_by(|a, b| b.cmp(a));
    costs.dedup();
    if bound == 0 || costs.is_empty() || costs.last() == Some(&1) {
        return bound;
    }
    let mut search = Search { costs, bound: bound.into(), best: u128::MAX, steps: STEPS };
    search.add(0, 0);
    match search.steps {
        0 => bound,
        _ => u64::try_from(search.best).unwrap_or(u64::MAX),
    }
}

struct Search {
    /// The dearest first.
    costs: Vec<u64>,
    bound: u128,
    best: u128,
    steps: u32,
}

impl Search {
    /// Adds costs from `at` on to a sum below the bound.
    fn add(&mut self, at: usize, sum: u128) {
        if self.steps == 0 || self.best == self.bound {
            return;
        }
        self.steps -= 1;
        let cost = u128::from(self.costs[at]);
        let enough = (self.bound - sum).div_ceil(cost);
        self.best = self.best.min(sum + enough * cost);
        if at + 1 < self.costs.len() {
            for times in (0..enough).rev() {
                self.add(at + 1, sum + times * cost);
                if self.steps == 0 {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::least_sum;

    #[test]
    fn the_least_sum_is_found() {
        assert_eq!(least_sum(0, [3, 7]), 0);
        assert_eq!(least_sum(5, [1]), 5);
        assert_eq!(least_sum(5, []), 5);
        assert_eq!(least_sum(1, [7, 3]), 3);
        assert_eq!(least_sum(8, [7, 3]), 9);
        assert_eq!(least_sum(11, [7, 3]), 12);
        assert_eq!(least_sum(13, [7, 3, 0]), 13);
        assert_eq!(least_sum(1 << 41, [(1 << 40) + 1, 1 << 41]), 1 << 41);
        assert_eq!(least_sum((1 << 41) + 1, [(1 << 40) + 1, 1 << 42]), (1 << 41) + 2);
        assert_eq!(least_sum(u64::MAX, [u64::MAX - 1]), u64::MAX);
    }
}
