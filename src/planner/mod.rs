//! From an estate and rules to a plan.

mod certificate;
mod costs;
mod draft;
mod estimate;
mod faults;
mod finish;
mod fixed;
mod matching;
mod moves;
mod placer;
mod previous;
mod required;
mod review;
mod warnings;

use std::sync::Arc;

use draft::Draft;
pub(crate) use estimate::{Canvas, Sketch, Sketcher};
pub(crate) use matching::{Whereabouts, moved};
use placer::Solving;
pub(crate) use placer::{Held, Placer};
use previous::Locked;

use crate::estate::Estate;
use crate::input::Diagnostics;
use crate::lock::Lock;
use crate::model::{Moves, Setting};
use crate::plan::Plan;
use crate::requirements::{Requirements, brought, mask_overrides};
use crate::rules::{RuleSet, Scope};
use crate::solve::{Control, Exact, Solver};

/// Plans estates under one set of rules.
///
/// ```
/// use colocate::{CrudApi, Estate, Planner, RuleSet};
/// let rules = RuleSet::builtin()?;
/// let estate = Estate::builder("shop")
///     .component(CrudApi::new("UserApi").entity("User"))
///     .component(CrudApi::new("OrderApi").entity("Order"))
///     .build()?;
/// let plan = Planner::new(&rules).plan(&estate)?;
/// assert_eq!((plan.summary.unshared, plan.summary.resources), (6, 3));
/// assert!(plan.optimal);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Planner<'r> {
    rules: &'r RuleSet,
    solver: Arc<dyn Solver + Send + Sync>,
    lock: Option<(&'r Lock, Moves)>,
}

/// Why an estate cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(pub Diagnostics);

impl<'r> Planner<'r> {
    /// A planner for these rules.
    pub fn new(rules: &'r RuleSet) -> Self {
        Self::with_solver(rules, Arc::new(Exact::default()))
    }

    /// A planner that packs with this solver; several planners may have it in common.
    pub fn with_solver(rules: &'r RuleSet, solver: Arc<dyn Solver + Send + Sync>) -> Self {
        Self { rules, solver, lock: None }
    }

    /// Keeps the placements of an earlier plan. What is stateful stays unless `moves` allows more, what is stateless moves
    /// where that saves a resource, and what no longer fits moves with the least weight that makes the rest fit.
    ///
    /// ```
    /// use colocate::{CrudApi, Estate, Lock, Moves, Planner, RuleSet};
    /// let rules = RuleSet::builtin()?;
    /// let estate = Estate::builder("shop").component(CrudApi::new("UserApi").entity("User")).build()?;
    /// let plan = Planner::new(&rules).plan(&estate)?;
    /// let lock = Lock::after(&plan, None, &rules);
    /// assert_eq!(Planner::new(&rules).with_lock(&lock, Moves::Kept).plan(&estate)?, plan);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_lock(mut self, lock: &'r Lock, moves: Moves) -> Self {
        self.lock = Some((lock, moves));
        self
    }

    /// Plans an estate, however long the proof takes.
    ///
    /// # Errors
    /// Everything that keeps the estate from being planned, each with a pointer into the estate.
    pub fn plan(&self, estate: &Estate) -> Result<Plan, PlanError> {
        self.plan_within(estate, &Control::default())
    }

    /// Plans an estate within limits. When they come before a proof, the best plan found says how far from one it is.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn plan_within(&self, estate: &Estate, control: &Control<'_>) -> Result<Plan, PlanError> {
        self.place(estate, control, &Solving)
    }

    /// Completes a plan from placements.
    pub(crate) fn place(&self, estate: &Estate, control: &Control<'_>, placer: &dyn Placer) -> Result<Plan, PlanError> {
        if let Some((lock, _)) = self.lock {
            lock.check_estate(&estate.name).map_err(|diagnostic| PlanError(diagnostic.into()))?;
        }
        let estate = mask_overrides(estate, self.rules);
        let estate = &*estate;
        let scope = Scope::new(estate).with_words(self.rules);
        let Requirements { needs, inherited, owners, notes } =
            Requirements::new(estate, self.rules, &scope).map_err(PlanError)?;
        let draft = Draft {
            placer,
            lock: self.lock.map(|(lock, moves)| Locked::new(lock, moves)),
            requirements: needs.len(),
            brings: brought(&needs),
            notes,
            ..Draft::new(self.rules, estate, &scope, &inherited, owners, Setting::new(estate, &*self.solver, *control))
        };
        draft.plan(needs).map_err(|diagnostics| PlanError(diagnostics.into()))
    }
}
