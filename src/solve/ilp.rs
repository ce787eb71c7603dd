//! The integer program over patterns, handed to an ILP library.

use good_lp::solvers::SolutionStatus;
use good_lp::{Expression, ProblemVariables, ResolutionError, Solution, SolverModel, WithTimeLimit, constraint, variable};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::outcome::Control;

#[cfg(feature = "highs")]
pub(super) use good_lp::highs as backend;
#[cfg(not(feature = "highs"))]
pub(super) use good_lp::microlp as backend;

/// Sums of costs or weights above this are not to be left to floating point.
pub(super) const EXACT: u64 = 1 << 24;

/// What an integer program said. A library that stops early may know a solution and not say whether it is the best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// How often each pattern is used; no use of the patterns is cheaper.
    Best(Vec<u64>),
    /// How often each pattern is used.
    Found(Vec<u64>),
    /// No use of the patterns is cheap enough.
    None,
    /// Nothing was found in time.
    Unknown,
}

/// A pattern as a column: its cost, what it weighs besides, and which rows it covers how often.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub cost: u64,
    pub weight: u64,
    pub covers: Vec<(usize, u64)>,
}

/// The cheapest use of the choices that covers each row at least as often as demanded, not below `least` (known) and
/// not above `most`, that weigh at most `weight` in all (if given).
pub(super) fn cover(
    demand: &[u64],
    choices: &[Choice],
    (least, most): (u64, u64),
    weight: Option<u64>,
    control: &Control<'_>,
    limit: Duration,
) -> Answer {
    let limit = control.deadline().map_or(limit, |deadline| limit.min(deadline.saturating_duration_since(Instant::now())));
    if limit.is_zero() || control.stopped() {
        return Answer::Unknown;
    }
    let mut variables = ProblemVariables::new();
    let uses: Vec<_> = choices
        .iter()
        .map(|choice| {
            let most = choice.covers.iter().map(|&(row, times)| demand[row].div_ceil(times.max(1))).max().unwrap_or(0);
            variables.add(variable().integer().min(0).max(most.min(1 << 30) as f64))
        })
        .collect();
    let cost: Expression = uses.iter().zip(choices).map(|(&u, c)| u * c.cost as f64).sum();
    let mut rows: Vec<Expression> = vec![Expression::default(); demand.len()];
    for (&u, choice) in uses.iter().zip(choices) {
        for &(row, times) in &choice.covers {
            rows[row].add_mul(times as f64, u);
        }
    }
    let mut model = variables.minimise(cost.clone()).using(backend).with_time_limit(limit.as_secs_f64());
    for (row, &demand) in rows.into_iter().zip(demand) {
        model = model.with(constraint!(row >= demand as f64));
    }
    // The known bound as a row ends the search at the first solution that meets it.
    model = model.with(constraint!(cost.clone() >= least as f64));
    model = model.with(constraint!(cost <= most as f64));
    if let Some(weight) = weight {
        let all: Expression = uses.iter().zip(choices).map(|(&u, c)| u * c.weight as f64).sum();
        model = model.with(constraint!(all <= weight as f64));
    }
    let solve = move || match model.solve() {
        Ok(solution) => {
            let used = uses.iter().map(|&u| solution.value(u).round().max(0.0) as u64).collect();
            match solution.status() {
                SolutionStatus::Optimal => Answer::Best(used),
                _ => Answer::Found(used),
            }
        }
        Err(ResolutionError::Infeasible) => Answer::None,
        Err(_) => Answer::Unknown,
    };
    let covered = |used: &[u64], row: usize| -> u64 {
        used.iter().zip(choices).flat_map(|(u, c)| c.covers.iter().filter(|v| v.0 == row).map(move |v| u * v.1)).sum()
    };
    match attended(control, solve) {
        // A float solution counts only once it holds in integers.
        Some(Answer::Best(used) | Answer::Found(used)) if (0..demand.len()).any(|row| covered(&used, row) < demand[row]) => {
            Answer::Unknown
        }
        Some(answer) => answer,
        None => Answer::Unknown,
    }
}

/// How often it is asked whether to stop.
const ATTENTION: Duration = Duration::from_millis(20);

/// How long after the deadline an answer is waited for: what has the same limit is about to give one.
const GRACE: Duration = Duration::from_millis(500);

/// Runs what cannot be told to stop; `None` when it is cancelled or overdue. It is then left to end by its own limit.
pub(super) fn attended<T: Send + 'static>(control: &Control<'_>, run: impl FnOnce() -> T + Send + 'static) -> Option<T> {
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
    //! What is asked of every backend.

    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    const LIMIT: Duration = Duration::from_secs(60);

    fn choice(cost: u64, covers: &[(usize, u64)]) -> Choice {
        Choice { cost, weight: 1, covers: covers.to_vec() }
    }

    fn solve(demand: &[u64], choices: &[Choice], costs: (u64, u64), weight: Option<u64>) -> Answer {
        cover(demand, choices, costs, weight, &Control::default(), LIMIT)
    }

    #[test]
    fn the_cheapest_cover_is_found() {
        let choices = [choice(1, &[(0, 2), (1, 1)]), choice(1, &[(1, 3)]), choice(1, &[(0, 1)])];
        let Answer::Best(uses) = solve(&[4, 5], &choices, (0, 9), None) else {
            panic!("there is a cover");
        };
        assert_eq!(uses, [2, 1, 0]);
    }

    #[test]
    fn no_cover_is_cheap_enough() {
        let pairs = [choice(1, &[(0, 1), (1, 1)]), choice(1, &[(1, 1), (2, 1)]), choice(1, &[(0, 1), (2, 1)])];
        assert_eq!(solve(&[1, 1, 1], &pairs, (0, 1), None), Answer::None);
        assert!(matches!(solve(&[1, 1, 1], &pairs, (2, 2), None), Answer::Best(_)));
    }

    #[test]
    fn the_weight_of_choices_can_be_bounded() {
        let choices = [choice(1, &[(0, 1)]), choice(5, &[(0, 3)])];
        assert_eq!(solve(&[3], &choices, (0, 9), None), Answer::Best(vec![3, 0]));
        assert_eq!(solve(&[3], &choices, (0, 9), Some(2)), Answer::Best(vec![0, 1]));
        assert_eq!(solve(&[3], &choices, (0, 4), Some(2)), Answer::None);
    }

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

    #[test]
    fn a_stopped_control_asks_nothing() {
        let stop = || true;
        let control = Control::default().with_cancel(&stop);
        let answer = cover(&[1], &[choice(1, &[(0, 1)])], (0, 9), None, &control, LIMIT);
        assert_eq!(answer, Answer::Unknown);
    }
}
