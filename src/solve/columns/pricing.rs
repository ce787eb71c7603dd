//! Pricing: the most valuable pattern for given values of the kinds.
//!
//! A depth-first search over the kinds, best bound first. Its bounds are knapsack tables, one for each dimension and
//! one for a weighted sum: with one dimension and no exclusions they are exact, and the search walks straight to the
//! answer.

use std::collections::BTreeSet;

use crate::solve::columns::independent_sets::{IndependentSets, is_dense};
use crate::solve::columns::knapsack::{Knapsack, Search};
use crate::solve::columns::master::Column;
use crate::solve::columns::tables::Table;
use crate::solve::columns::views::views;
use crate::solve::heuristics::bins::Bins;
use crate::solve::problem::instance::Instance;
use crate::solve::problem::outcome::Control;

/// The result of pricing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Priced {
    /// For each bin type, that no pattern of it is worth more.
    pub upper: Vec<u64>,
    /// Patterns worth more than they cost, the best first, each then disjoint from those before as far as demand goes.
    pub patterns: Vec<Column>,
}

/// How hard to search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Steps of the search for the best pattern of a view.
    pub steps: u64,
    /// How many patterns are wanted.
    pub patterns: usize,
}

/// Steps of the search for each pattern that may be listed.
const STEPS_PER_PATTERN: u64 = 100;

/// Kinds that a type of bins may hold, such that every pattern is of one view.
#[derive(Clone, Debug)]
struct View {
    bin_type: usize,
    kinds: Vec<usize>,
    /// Whether so many exclude each other that independent sets are sought rather than knapsacks.
    dense: bool,
}

/// So many steps of a search under tables take as long as one among independent sets.
const DENSE_STEP: u64 = 16;

/// What prices patterns of one instance, again and again.
#[derive(Clone, Debug)]
pub(crate) struct Pricer<'a> {
    instance: &'a Instance,
    views: Vec<View>,
    tables: Vec<Table>,
    /// Cells of each table.
    cells: usize,
}

impl<'a> Pricer<'a> {
    pub(crate) fn new(instance: &'a Instance) -> Self {
        let dimensions = instance.capacity.len();
        let tables = if dimensions > 1 { dimensions + 1 } else { dimensions };
        let of_type = |bin_type: usize| {
            let view = move |kinds: Vec<usize>| View { bin_type, dense: is_dense(instance, &kinds), kinds };
            views(instance, bin_type).into_iter().map(view)
        };
        let views = (0..instance.costs.all().len()).flat_map(of_type).collect();
        Self { instance, views, tables: vec![Table::default(); tables], cells: 24_000_000 / tables.max(1) }
    }

    /// Patterns worth more than the cost in `units` of the bin type that they are of, each kind at most `left` times.
    pub(crate) fn price(&mut self, values: &[u32], units: &[u64], left: &[u64], effort: Effort, control: &Control<'_>) -> Priced {
        let mut priced = Priced { upper: vec![0; units.len()], patterns: Vec::new() };
        let mut unused = left.to_vec();
        let mut found: Vec<(u64, Column)> = Vec::new();
        for View { bin_type, kinds, dense } in &self.views {
            let unit = units[*bin_type];
            let order: Vec<usize> = kinds.iter().copied().filter(|&k| values[k] > 0 && left[k] > 0).collect();
            let knapsack = Knapsack::new(self.instance, (*bin_type, order.clone()), values, left, self.cells);
            if !dense {
                knapsack.fill(&mut self.tables);
            }
            let search = |left: &[u64], steps: u64| {
                let sets = || {
                    let limits = (unit, steps.div_ceil(DENSE_STEP));
                    IndependentSets::new(self.instance, (*bin_type, &order), (values, left), limits, control)
                };
                match dense.then(sets).flatten() {
                    Some(mut sets) => sets.run(*bin_type),
                    None => Search::new(&knapsack, &self.tables, left, unit, steps, control).run(),
                }
            };
            let (upper, best) = search(left, effort.steps);
            priced.upper[*bin_type] = priced.upper[*bin_type].max(upper);
            let mut next = best;
            let mut wanted = effort.patterns;
            let improved = next.is_some();
            while let Some(pattern) = next {
                for &(kind, n) in &pattern.1 {
                    unused[kind] = unused[kind].saturating_sub(u64::from(n));
                }
                found.push((pattern.0 - unit, pattern.1));
                wanted = wanted.saturating_sub(1);
                if wanted == 0 {
                    break;
                }
                // Of what the patterns so far leave over, and with little effort: these are a bonus.
                let steps = 2 * knapsack.len() as u64 + 100;
                next = search(&unused, steps).1;
            }
            // Where the search finds no more, greedy patterns may still be worth something.
            let positions = if improved { knapsack.by_density() } else { Vec::new() };
            for _ in 0..wanted {
                let (worth, pattern) = knapsack.greedy(&positions, &unused);
                if worth <= unit {
                    break;
                }
                for &(kind, n) in &pattern {
                    unused[kind] = unused[kind].saturating_sub(u64::from(n));
                }
                found.push((worth - unit, pattern));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        priced.patterns = found.into_iter().map(|f| f.1).collect();
        priced
    }

    /// Every maximal pattern worth at least what `least` says of its bin type, or `None` when they are more than `most`.
    pub(crate) fn list(&mut self, values: &[u32], least: &[u64], most: usize, control: &Control<'_>) -> Option<Vec<Column>> {
        let left: Vec<u64> = self.instance.kinds.iter().map(|k| k.count).collect();
        let mut listed: BTreeSet<Column> = BTreeSet::new();
        for View { bin_type, kinds, dense } in &self.views {
            // Where patterns that are worth nothing count too, the values are no guide.
            let threshold = least[*bin_type].checked_sub(1)?;
            let steps = STEPS_PER_PATTERN * most as u64;
            let sets = || {
                let limits = (threshold, steps.div_ceil(DENSE_STEP));
                IndependentSets::new(self.instance, (*bin_type, kinds), (values, &left), limits, control)
            };
            let found = match dense.then(sets).flatten() {
                Some(sets) => sets.all(*bin_type)?,
                None => {
                    let knapsack = Knapsack::new(self.instance, (*bin_type, kinds.clone()), values, &left, self.cells);
                    knapsack.fill(&mut self.tables);
                    Search::new(&knapsack, &self.tables, &left, threshold, steps, control).all()?
                }
            };
            listed.extend(found.into_iter().filter(|p| self.is_maximal(p)));
            if listed.len() > most {
                return None;
            }
        }
        Some(listed.into_iter().collect())
    }

    /// Whether nothing more fits in a bin with this pattern at the same cost.
    fn is_maximal(&self, pattern: &Column) -> bool {
        let kinds = &self.instance.kinds;
        let bin = Bins::of(self.instance, pattern);
        kinds.iter().enumerate().all(|(index, kind)| {
            let inside = pattern.iter().find(|i| i.0 == index);
            let left = kind.count - inside.map_or(0, |i| u64::from(i.1));
            bin.fits(self.instance, index, left) == 0 || bin.cost_with(self.instance, index) > bin.cost(self.instance)
        })
    }
}
