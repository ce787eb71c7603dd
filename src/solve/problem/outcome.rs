//! What a solver is given besides the problem, and what it answers.

use std::fmt;
use std::time::{Duration, Instant};

use crate::solve::problem::certificate::Certificate;
use crate::solve::problem::packing::Packing;
use crate::solve::problem::statement::{Problem, SolveError};

/// A way to solve packing problems.
pub trait Solver {
    /// Packs the items in bins that cost as little as it can, with evidence of how little is possible.
    fn solve(&self, problem: &Problem, control: &Control<'_>) -> Result<Outcome, SolveError>;
}

/// A packing, and the evidence of how good it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No packing costs less.
    Proven {
        /// The packing.
        packing: Packing,
        /// What it costs: the number of bins, where no bin types are stated.
        cost: u64,
        /// The evidence.
        certificate: Certificate,
        /// What the evidence proves: the cost.
        bound: u64,
        /// What the soft labels cost.
        soft_labels: Yields,
    },
    /// A limit was reached before the proof; the bound of the certificate is below the cost.
    Gap {
        /// The best packing found.
        packing: Packing,
        /// What it costs: the number of bins, where no bin types are stated.
        cost: u64,
        /// The evidence of the best bound found.
        certificate: Certificate,
        /// What the evidence proves; below the cost.
        bound: u64,
        /// What the soft labels cost.
        soft_labels: Yields,
    },
}

/// The weight of the soft labels that yield.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Yields {
    /// The weight that yields in the packing.
    pub total: u64,
    /// Whether no packing that costs as little yields less.
    pub proven: bool,
}

impl Outcome {
    /// The packing.
    pub fn packing(&self) -> &Packing {
        match self {
            Self::Proven { packing, .. } | Self::Gap { packing, .. } => packing,
        }
    }

    /// The evidence of the lower bound.
    pub fn certificate(&self) -> &Certificate {
        match self {
            Self::Proven { certificate, .. } | Self::Gap { certificate, .. } => certificate,
        }
    }

    /// What the packing costs: the number of bins, where no bin types are stated.
    pub fn cost(&self) -> u64 {
        match self {
            Self::Proven { cost, .. } | Self::Gap { cost, .. } => *cost,
        }
    }

    /// What every packing costs at least.
    pub fn lower_bound(&self) -> u64 {
        match self {
            Self::Proven { bound, .. } | Self::Gap { bound, .. } => *bound,
        }
    }

    /// Whether no packing costs less.
    pub fn is_proven(&self) -> bool {
        matches!(self, Self::Proven { .. })
    }

    /// The total weight of the soft labels that yield.
    pub fn yielded(&self) -> u64 {
        self.soft_labels().total
    }

    /// Whether no packing that costs as little yields less.
    pub fn yields_proven(&self) -> bool {
        self.soft_labels().proven
    }

    fn soft_labels(&self) -> Yields {
        match self {
            Self::Proven { soft_labels, .. } | Self::Gap { soft_labels, .. } => *soft_labels,
        }
    }
}

/// Limits on a solve, and who wants to hear of it.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    deadline: Option<Instant>,
    cancelled: Option<&'a (dyn Fn() -> bool + Sync)>,
    progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

/// How far a solve has come; reported for each part of the problem that is solved alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The layer at work.
    pub layer: Layer,
    /// What the cheapest packing found so far for this part costs: the number of bins, where no bin types are stated.
    pub cost: u64,
    /// The bound proven so far for this part.
    pub bound: u64,
}

/// A layer of the exact solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Combinatorial bounds.
    Bounds,
    /// First-fit, best-fit and bin-centric filling.
    Filling,
    /// The linear bound by column generation.
    Columns,
    /// Diving from the linear solution.
    Diving,
    /// The integer program over the generated patterns.
    Integer,
    /// Branching.
    Branching,
    /// Granting as many soft labels as can be.
    SoftLabels,
}

impl<'a> Control<'a> {
    /// Stops at this moment, with what has been found.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Stops when `cancelled` says so, with what has been found.
    #[must_use]
    pub fn with_cancel(mut self, cancelled: &'a (dyn Fn() -> bool + Sync)) -> Self {
        self.cancelled = Some(cancelled);
        self
    }

    /// Reports to `progress`.
    #[must_use]
    pub fn with_progress(mut self, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Whether to stop now.
    pub fn stopped(&self) -> bool {
        self.overdue(Duration::ZERO) || self.cancelled()
    }

    /// Whether it is cancelled, whatever the time.
    pub(crate) fn cancelled(&self) -> bool {
        self.cancelled.is_some_and(|cancelled| cancelled())
    }

    /// Whether the deadline is so long ago.
    pub(crate) fn overdue(&self, grace: Duration) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline + grace)
    }

    /// The moment at which to stop.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The same limits, and nobody hears of it.
    pub(crate) fn silent(&self) -> Self {
        Self { progress: None, ..*self }
    }

    pub(crate) fn report(&self, layer: Layer, cost: u64, bound: u64) {
        if let Some(progress) = self.progress {
            progress(Progress { layer, cost, bound });
        }
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
