//! Planning scenarios.
//!
//! Scenarios that differ from each other in limits and headroom alone are planned in figures, each group once for every room
//! that its resources have; all others, and those of which figures cannot tell everything, as whole plans.

use std::sync::Arc;

use rayon::prelude::*;

use super::apply::Ground;
use super::comparison::{Comparison, Difference, Failure, Figures, Outcome, Row};
use super::detail::Detail;
use super::moves::{moves, moves_under_lock};
use super::read::BASE;
use super::scenario::{Scenario, Scenarios};
use super::sketched::sketched;
use crate::estate::Estate;
use crate::lock::Lock;
use crate::model::Moves;
use crate::plan::Plan;
use crate::planner::{PlanError, Planner};
use crate::rules::{RuleLayers, RuleSet};
use crate::solve::{Control, Exact, Memo};

/// Plans an estate as it is and under scenarios.
///
/// ```
/// use colocate::{CrudApi, Estate, Growth, RuleLayers, Scenario, WhatIf};
/// let estate = Estate::builder("shop").component(CrudApi::new("UserApi")).component(CrudApi::new("OrderApi")).build()?;
/// let scenarios = [
///     Scenario::new("alone").unshared(),
///     Scenario::new("thirty").growth(Growth::new(15.0).expect("from 1 on")),
/// ];
/// let layers = RuleLayers::new(Vec::new())?;
/// let comparison = WhatIf::new(&layers, layers.rules()?).compare(&estate, &scenarios.into_iter().collect(), &Default::default())?;
/// assert_eq!(comparison.base.resources, 3);
/// let found: Vec<_> = comparison.planned().map(|(row, outcome)| (row.name.as_str(), outcome.figures.resources)).collect();
/// assert_eq!(found, [("alone", 6), ("thirty", 4)]); // 30 databases do not fit into one account
/// assert_eq!(comparison.best, "base");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WhatIf<'a> {
    layers: &'a RuleLayers,
    rules: RuleSet,
    details: bool,
    lock: Option<(&'a Lock, Moves)>,
}

impl<'a> WhatIf<'a> {
    /// Under these rules; scenarios change them as they are before they are read.
    pub fn new(layers: &'a RuleLayers, rules: RuleSet) -> Self {
        Self { layers, rules, details: false, lock: None }
    }

    /// Tells also what each scenario changes, and why.
    #[must_use]
    pub fn with_details(mut self) -> Self {
        self.details = true;
        self
    }

    /// Plans the estate as it is and every scenario under the lock of an earlier plan. The moves of a scenario are then those
    /// that its plan makes against the lock.
    #[must_use]
    pub fn with_lock(mut self, lock: &'a Lock, moves: Moves) -> Self {
        self.lock = Some((lock, moves));
        self
    }

    /// The rules as they are.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Plans the estate as it is and under every scenario. A scenario that cannot be planned says why; the others are
    /// planned all the same.
    ///
    /// # Errors
    /// An estate that cannot be planned as it is: there is nothing to compare with.
    pub fn compare(&self, estate: &Estate, scenarios: &Scenarios, control: &Control<'_>) -> Result<Comparison, PlanError> {
        let memo = Arc::new(Memo::new(Exact::default()));
        let solver = Arc::clone(&memo);
        let plan = |rules: &RuleSet, estate: &Estate| {
            let planner = Planner::with_solver(rules, solver.clone());
            match self.lock {
                Some((lock, moves)) => planner.with_lock(lock, moves).plan_within(estate, control),
                None => planner.plan_within(estate, control),
            }
        };
        // First alone, so that the scenarios find solved what they have in common with it.
        let base = plan(&self.rules, estate)?;
        let ground = Ground::new(estate, self.layers, self.rules.clone());
        let row = |(scenario, sketched): (&Scenario, Option<Outcome>)| {
            let planned = || {
                let _span = tracing::info_span!("scenario", name = scenario.name).entered();
                let (estate, rules) = ground.apply(scenario)?;
                let plan = plan(&rules, &estate).map_err(|error| Failure::of_estate(scenario, error.0))?;
                let detail = self.details.then(|| Detail::new(&base, &plan));
                let moves = match self.lock {
                    Some(_) => moves_under_lock(&rules, &plan),
                    None => moves(&self.rules, &base, &plan),
                };
                Ok(Outcome { detail, ..outcome(&base, Figures::new(&plan), moves) })
            };
            Row { name: scenario.name.clone(), axes: scenario.axes.clone(), outcome: sketched.map_or_else(planned, Ok) }
        };
        // Details are of whole plans, and so are moves against a lock.
        let sketched = if self.details || self.lock.is_some() {
            vec![None; scenarios.list.len()]
        } else {
            sketched(&base, &ground, &scenarios.list, &*memo, control)
        };
        tracing::info!(scenarios = sketched.iter().flatten().count(), "sketched");
        let rows: Vec<Row> = scenarios.list.par_iter().zip(sketched).map(row).collect();
        tracing::info!(scenarios = rows.len(), problems = memo.asked(), remembered = memo.remembered(), "planned");
        let base = Figures::new(&base);
        let best = best(&base, &rows).to_owned();
        Ok(Comparison { version: 1, estate: estate.name.clone(), base, scenarios: rows, axes: scenarios.axes.clone(), best })
    }
}

/// How a plan in figures compares.
pub(super) fn outcome(base: &Plan, figures: Figures, moves: usize) -> Outcome {
    let before = Figures::new(base);
    let count = |figures: &Figures| i64::try_from(figures.resources).unwrap_or(i64::MAX);
    let difference = Difference {
        resources: count(&figures) - count(&before),
        amount: figures.cost().zip(before.cost()).filter(|(a, b)| a.currency == b.currency).map(|(a, b)| a.amount - b.amount),
        moves,
    };
    Outcome { figures, difference, detail: None }
}

/// The best of all: the cheapest, or where some cost is not known that with the fewest resources; of equals the first.
fn best<'r>(base: &Figures, rows: &'r [Row]) -> &'r str {
    let planned = rows.iter().filter_map(|row| Some((&row.outcome.as_ref().ok()?.figures, row.name.as_str())));
    let all: Vec<(&Figures, &str)> = std::iter::once((base, BASE)).chain(planned).collect();
    let priced = all.iter().all(|(figures, _)| figures.cost().is_some());
    let cost = |figures: &Figures| figures.cost().filter(|_| priced).map(|money| money.amount);
    all.into_iter().min_by_key(|(figures, _)| (cost(figures), figures.resources)).map_or(BASE, |(_, name)| name)
}
