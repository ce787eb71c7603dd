//! The packing solver: fewest bins, or cheapest, proven.
//!
//! A [`Problem`] states sizes, capacities and labels; a [`Solver`] answers with a [`Packing`] and a [`Certificate`],
//! evidence of a lower bound that [`check_certificate`] rechecks without trusting the solver.
//!
//! ```
//! use colocate::solve::{Control, Exact, ItemType, Problem, Solver, check_certificate, check_packing};
//!
//! let item = |size, count| ItemType { size: vec![size], count, ..ItemType::default() };
//! let problem = Problem { capacity: vec![10], types: vec![item(6, 3), item(4, 3), item(3, 3)], ..Problem::default() };
//! let outcome = Exact::default().solve(&problem, &Control::default())?;
//! assert_eq!(outcome.packing().bins(), 4);
//! assert!(outcome.is_proven());
//! check_packing(&problem, outcome.packing())?;
//! assert_eq!(check_certificate(&problem, outcome.certificate())?.bound, 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bounds;
mod check;
mod columns;
mod heuristics;
mod io;
mod problem;
mod search;

pub use check::checks::{Checked, Proof, Violation, check_certificate, check_packing};
pub use io::answer::{OutOfStock, PackAnswer, PackPattern};
pub use io::error::PackError;
pub use io::instance::{PackInstance, read_instance};
pub use problem::certificate::{Certificate, Evidence, Part, Share};
pub use problem::outcome::{Control, Layer, Outcome, Progress, Solver, Yields};
pub use problem::packing::{Packing, Pattern};
pub use problem::statement::{Attribute, BinType, Flaw, ItemType, Label, Problem, SoftLabel, SolveError};
pub(crate) use search::assignment::{AssignedItem, Assignment, Bins};
pub use search::exact::Exact;
pub use search::memo::Memo;
pub(crate) use search::program::Answer;
pub use search::program::Effort;
