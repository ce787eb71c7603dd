//! Diving: patterns of the linear solution are fixed one after the other, and columns priced again for what is left.

use super::columns::Relaxation;
use super::component::count;
use super::fill::{self, Choice};
use super::outcome::Control;
use super::random::Random;
use super::reduce::{Filled, Instance};

/// Rounds of pricing after each pattern that is fixed.
const ROUNDS: usize = 30;

/// One dive from the root relaxation; a packing with at most `target` bins, if it ends in one.
///
/// With `spread` above zero, the pattern to fix is drawn from that many of the largest levels.
pub(super) fn dive(
    root: &Relaxation<'_>,
    target: u64,
    spread: u64,
    random: &mut Random,
    control: &Control<'_>,
) -> Option<Vec<Filled>> {
    let mut at = root.clone();
    let mut left: Vec<u64> = at.instance.kinds.iter().map(|k| k.count).collect();
    let mut fixed: Vec<Filled> = Vec::new();
    loop {
        let bins = count(&fixed);
        if left.iter().all(|&l| l == 0) {
            return (bins <= target).then_some(fixed);
        }
        let most = target.checked_sub(bins)?;
        if at.solve_residual(&left, most, ROUNDS, control).ok()?.is_some() {
            return None;
        }
        let levels = at.master.levels();
        let mut uses: Vec<(usize, u64)> = Vec::new();
        for &(column, level) in &levels {
            let whole = (level + 1e-5).floor() as u64;
            if whole > 0 {
                uses.push((column, whole));
            }
        }
        let mut fractions: Vec<(usize, f64)> = levels
            .iter()
            .map(|&(column, level)| (column, level - (level + 1e-5).floor()))
            .filter(|&(_, fraction)| fraction > 1e-5)
            .collect();
        fractions.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if uses.is_empty() {
            let choice = random.below(spread.max(1).min(fractions.len() as u64)) as usize;
            uses.push((fractions.get(choice)?.0, 1));
        }
        for (column, uses) in uses {
            let pattern = &at.master.columns()[column];
            let fit = pattern.iter().map(|&(k, n)| left[k] / u64::from(n)).min().unwrap_or(0);
            let uses = uses.min(fit);
            if uses > 0 {
                for &(k, n) in pattern {
                    left[k] -= u64::from(n) * uses;
                }
                fixed.push((pattern.clone(), uses));
            }
        }
        let bins = count(&fixed);
        if let Some(rest) = complete(at.instance, &left, target.saturating_sub(bins)) {
            fixed.extend(rest);
            return Some(fixed);
        }
        at.master.restrict(&left).ok()?;
    }
}

/// A quick filling of what is left, if it takes few enough bins.
fn complete(instance: &Instance, left: &[u64], most: u64) -> Option<Vec<Filled>> {
    let kinds: Vec<usize> = (0..left.len()).filter(|&k| left[k] > 0).collect();
    let mut rest = instance.part(&kinds);
    for (kind, &k) in rest.kinds.iter_mut().zip(&kinds) {
        kind.count = left[k];
    }
    let orders = fill::orders(&rest);
    let bins = fill::fill(&rest, orders.first()?, Choice::Best);
    (count(&bins) <= most)
        .then(|| bins.into_iter().map(|(items, n)| (items.into_iter().map(|(k, c)| (kinds[k], c)).collect(), n)).collect())
}
