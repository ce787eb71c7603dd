//! Integer programs, handed to a library.
//!
//! How far a program goes is counted in nodes of the library's search, so that it gives up at the same place on every machine. Only a
//! deadline that somebody has set ends it by the clock.

use good_lp::{Constraint, Expression, IntoAffineExpression, ProblemVariables, SolverModel, Variable, variable};
use rustc_hash::FxHashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::solve::problem::outcome::Control;

/// Numbers above this are not to be left to floating point.
pub(crate) const EXACT: u64 = 1 << 24;

/// What an integer program said. A library that stops early may know a solution and not say whether it is the best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// A solution; no other is better.
    Best(T),
    /// A solution.
    Found(T),
    /// There is no solution.
    None,
    /// Too large, or nothing was found with this effort.
    Unknown,
}

impl<T> Answer<T> {
    /// The same of what a solution stands for; unknown where it stands for nothing: floating point may err.
    pub(crate) fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Answer<U> {
        match self {
            Answer::Best(solution) => read(solution).map_or(Answer::Unknown, Answer::Best),
            Answer::Found(solution) => read(solution).map_or(Answer::Unknown, Answer::Found),
            Answer::None => Answer::None,
            Answer::Unknown => Answer::Unknown,
        }
    }
}

/// How far a search may go, in nodes times coefficients of the program: what a node takes grows with these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effort(u64);

impl Effort {
    /// What a processor of 2025 does in about a second, measured on programs of 300 to 6,000 coefficients.
    const SECOND: u64 = 8_000_000;
    /// Enough for what is quick to solve: about a second.
    pub const LITTLE: Self = Self(Self::SECOND);
    /// Enough where a person waits: about five seconds.
    pub const SOME: Self = Self(5 * Self::SECOND);
    /// Enough for most of what can be solved at all: about twenty seconds.
    pub const MUCH: Self = Self(20 * Self::SECOND);

    /// How many nodes of branching over this many kinds it is worth: each solves a linear program with a row a kind.
    pub(crate) fn nodes_of_branching(self, kinds: usize) -> usize {
        let each = (kinds as u64).saturating_mul(kinds as u64).saturating_mul(20).max(8_000);
        usize::try_from(self.0 / each).unwrap_or(usize::MAX).max(200)
    }

    /// How many nodes of a program of this many coefficients it is worth; at least one.
    fn nodes(self, coefficients: usize) -> u64 {
        (self.0 / (coefficients as u64).max(1)).max(1)
    }
}

/// The values of a solution, as whole numbers.
pub(crate) struct Values(FxHashMap<Variable, u64>);

impl Values {
    pub(crate) fn of(&self, variable: Variable) -> u64 {
        self.0.get(&variable).copied().unwrap_or_default()
    }
}

/// A program over whole numbers that are not negative.
#[derive(Default)]
pub(crate) struct Program {
    variables: ProblemVariables,
    all: Vec<Variable>,
    rows: Vec<Constraint>,
    coefficients: usize,
}

impl Program {
    /// Another variable, from 0 to `most`.
    pub(crate) fn variable(&mut self, most: u64) -> Variable {
        let variable = self.variables.add(variable().integer().min(0).max(most.min(1 << 30) as f64));
        self.all.push(variable);
        variable
    }

    pub(crate) fn row(&mut self, row: Constraint) {
        self.coefficients += row.expression().linear_coefficients().count();
        self.rows.push(row);
    }

    /// The values for which the cost is least.
    pub(crate) fn minimise(self, cost: Expression, effort: Effort, control: &Control<'_>) -> Answer<Values> {
        let left = control.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) || control.stopped() {
            return Answer::Unknown;
        }
        let nodes = effort.nodes(self.coefficients);
        let run = move || {
            let values = |(variable, value): (&Variable, f64)| (*variable, value.round().max(0.0) as u64);
            let mut model = self.variables.minimise(cost).using(backend::backend);
            for row in self.rows {
                model = model.with(row);
            }
            backend::solve(model, &self.all, nodes, left)
                .and_then(|found| Some(Values(self.all.iter().zip(found).map(values).collect())))
        };
        attended(control, run).unwrap_or(Answer::Unknown)
    }
}

/// The library in pure Rust.
#[cfg(not(feature = "highs"))]
mod backend {
    use super::{Answer, Duration, Variable};
    use good_lp::solvers::microlp::MicroLpProblem;
    use microlp::{Error, SolveOptions, SolveOutcome, TerminationReason};

    pub(crate) use good_lp::microlp as backend;

    /// Solves a program; the values are in the order of its variables.
    pub(crate) fn solve(model: MicroLpProblem, _: &[Variable], nodes: u64, left: Option<Duration>) -> Answer<Vec<f64>> {
        let mut options = SolveOptions::default();
        (options.node_limit, options.time_limit) = (Some(nodes), left);
        match model.as_inner().solve_with(options).map(SolveOutcome::into_solution) {
            Ok(Ok(solution)) => {
                let values = solution.iter().map(|(_, value)| value).collect();
                match solution.termination_reason() {
                    TerminationReason::ProvenOptimal => Answer::Best(values),
                    _ => Answer::Found(values),
                }
            }
            Err(Error::Infeasible) => Answer::None,
            _ => Answer::Unknown,
        }
    }
}

/// HiGHS.
#[cfg(feature = "highs")]
mod backend {
    use super::{Answer, Duration, Variable};
    use good_lp::solvers::SolutionStatus;
    use good_lp::solvers::highs::HighsProblem;
    use good_lp::{ResolutionError, Solution, SolverModel};

    pub(crate) use good_lp::highs as backend;

    /// Solves a program; the values are in the order of its variables.
    pub(crate) fn solve(model: HighsProblem, all: &[Variable], nodes: u64, left: Option<Duration>) -> Answer<Vec<f64>> {
        let mut model = model.set_option("mip_max_nodes", i32::try_from(nodes).unwrap_or(i32::MAX));
        if let Some(left) = left {
            model = model.set_time_limit(left.as_secs_f64());
        }
        match model.solve() {
            Ok(solution) => {
                let values = all.iter().map(|variable| solution.value(*variable)).collect();
                match solution.status() {
                    SolutionStatus::Optimal => Answer::Best(values),
                    _ => Answer::Found(values),
                }
            }
            Err(ResolutionError::Infeasible) => Answer::None,
            Err(_) => Answer::Unknown,
        }
    }
}

/// How often it is asked whether to stop.
const ATTENTION: Duration = Duration::from_millis(20);

/// How long after the deadline an answer is waited for: what has the same limit is about to give one.
const GRACE: Duration = Duration::from_millis(100);

/// Runs what cannot be told to stop; `None` when it is cancelled or overdue. It is then left to end by its own limit.
fn attended<T: Send + 'static>(control: &Control<'_>, run: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (answer, answers) = mpsc::sync_channel(1);
    // Nobody may be listening any more.
    let run = move || answer.send(run()).unwrap_or_default();
    thread::Builder::new().spawn(run).ok()?;
    loop {
        match answers.recv_timeout(ATTENTION) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Timeout) if !control.cancelled() && !control.overdue(GRACE) => {}
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn nobody_waits_for_what_runs_on_after_a_stop() {
        let asked = AtomicBool::new(false);
        let stop = || asked.swap(true, Ordering::Relaxed);
        let control = Control::default().with_cancel(&stop);
        let (release, released) = mpsc::channel::<()>();
        assert_eq!(attended(&control, move || released.recv()), None);
        drop(release);
        assert_eq!(attended(&Control::default(), || 7), Some(7));
    }
}
