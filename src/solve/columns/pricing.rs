//! Pricing: the most valuable pattern for given values of the kinds.
//!
//! A depth-first search over the kinds, best bound first. Its bounds are knapsack tables, one for each dimension and
//! one for a weighted sum: with one dimension and no exclusions they are exact, and the search walks straight to the
//! answer.

use std::collections::BTreeSet;

use crate::solve::columns::knapsack::{Knapsack, Search};
use crate::solve::columns::master::Column;
use crate::solve::columns::tables::Table;
use crate::solve::columns::views::views;
use crate::solve::heuristics::greedy::Bins;
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

/// What prices patterns of one instance, again and again.
#[derive(Clone, Debug)]
pub(crate) struct Pricer<'a> {
    instance: &'a Instance,
    /// For each bin type, the views of the kinds that it may hold.
    views: Vec<(usize, Vec<usize>)>,
    tables: Vec<Table>,
    /// Cells of each table.
    cells: usize,
}

impl<'a> Pricer<'a> {
    pub(crate) fn new(instance: &'a Instance) -> Self {
        let dimensions = instance.capacity.len();
        let tables = if dimensions > 1 { dimensions + 1 } else { dimensions };
        let of_grade = |bin_type: usize| views(instance, bin_type).into_iter().map(move |view| (bin_type, view));
        let views = (0..instance.costs.all().len()).flat_map(of_grade).collect();
        Self { instance, views, tables: vec![Table::default(); tables], cells: 24_000_000 / tables.max(1) }
    }

    /// Patterns worth more than the cost in `units` of the bin type that they are of, each kind at most `left` times.
    pub(crate) fn price(&mut self, values: &[u32], units: &[u64], left: &[u64], effort: Effort, control: &Control<'_>) -> Priced {
        let mut priced = Priced { upper: vec![0; units.len()], patterns: Vec::new() };
        let mut unused = left.to_vec();
        let mut found: Vec<(u64, Column)> = Vec::new();
        for (bin_type, view) in &self.views {
            let unit = units[*bin_type];
            let worthwhile = |&k: &usize| values[k] > 0 && left[k] > 0;
            let order = view.iter().copied().filter(worthwhile).collect();
            let knapsack = Knapsack::new(self.instance, order, values, left, self.cells);
            knapsack.fill(&mut self.tables);
            let (upper, best) = Search::new(&knapsack, &self.tables, left, unit, effort.steps, control).run();
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
                next = Search::new(&knapsack, &self.tables, &unused, unit, steps, control).run().1;
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
        for (bin_type, view) in &self.views {
            let knapsack = Knapsack::new(self.instance, view.clone(), values, &left, self.cells);
            knapsack.fill(&mut self.tables);
            let steps = STEPS_PER_PATTERN * most as u64;
            // Where patterns that are worth nothing count too, the values are no guide.
            let threshold = least[*bin_type].checked_sub(1)?;
            let found = Search::new(&knapsack, &self.tables, &left, threshold, steps, control).all()?;
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
        let mut bin = Bins::empty(&self.instance.capacity, 1);
        for &(kind, n) in pattern {
            bin.put(kind, &kinds[kind], n.into());
        }
        let costs = &self.instance.costs;
        kinds.iter().enumerate().all(|(index, kind)| {
            let inside = pattern.iter().find(|i| i.0 == index);
            let left = kind.count - inside.map_or(0, |i| u64::from(i.1));
            bin.fits(kind, left) == 0 || costs.of(bin.bin_types.and(kind.bin_types)) > costs.of(bin.bin_types)
        })
    }
}
