//! A solver that remembers what it has solved.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use crate::solve::problem::outcome::{Control, Outcome, Solver};
use crate::solve::problem::statement::{Problem, SolveError};

/// Solves each problem once, and answers from memory when it comes again: plans of estates that differ a little have
/// most of their problems in common.
///
/// What a deadline or a cancellation cut short is not remembered.
///
/// ```
/// use colocate::solve::{Control, Exact, ItemType, Memo, Problem, Solver};
/// let problem = Problem { capacity: vec![10], types: vec![ItemType { size: vec![6], count: 2, ..ItemType::default() }], ..Problem::default() };
/// let memo = Memo::new(Exact::default());
/// let first = memo.solve(&problem, &Control::default())?;
/// assert_eq!(first, memo.solve(&problem, &Control::default())?);
/// assert_eq!((memo.asked(), memo.remembered()), (2, 1));
/// # Ok::<(), colocate::solve::SolveError>(())
/// ```
#[derive(Debug, Default)]
pub struct Memo<S> {
    solver: S,
    known: Mutex<FxHashMap<Problem, Outcome>>,
    asked: AtomicU64,
    remembered: AtomicU64,
}

impl<S: Solver> Memo<S> {
    /// Remembers what this solver answers.
    pub fn new(solver: S) -> Self {
        Self { solver, known: Mutex::default(), asked: AtomicU64::new(0), remembered: AtomicU64::new(0) }
    }

    /// How many problems have come.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// How many of them were answered from memory.
    pub fn remembered(&self) -> u64 {
        self.remembered.load(Ordering::Relaxed)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, FxHashMap<Problem, Outcome>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Solver> Solver for Memo<S> {
    fn solve(&self, problem: &Problem, control: &Control<'_>) -> Result<Outcome, SolveError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let known = self.known().get(problem).cloned();
        if let Some(outcome) = known {
            self.remembered.fetch_add(1, Ordering::Relaxed);
            return Ok(outcome);
        }
        // Whoever asks at the same time solves it too. Waiting could never end: the solver works on the same threads.
        let outcome = self.solver.solve(problem, control)?;
        if !control.stopped() {
            self.known().insert(problem.clone(), outcome.clone());
        }
        Ok(outcome)
    }
}
