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
mod branch;
mod center;
mod certificate;
mod check;
mod columns;
mod component;
mod components;
mod dive;
mod exact;
mod expand;
mod fill;
mod gather;
mod grades;
mod heaviest;
mod homes;
mod ilp;
mod knapsack;
mod master;
mod memo;
mod outcome;
mod pack;
mod pack_json;
mod packing;
mod portfolio;
mod pricing;
mod problem;
mod program;
mod random;
mod reduce;
mod relax;
mod search;
mod squeeze;
mod subset;
mod sums;
mod surrogate;
mod tables;
mod tiers;
mod tokens;
mod views;
mod wishes;

pub use certificate::{Certificate, Evidence, Part, Share};
pub use check::{Checked, Proof, Violation, check_certificate, check_packing};
pub use exact::Exact;
pub(crate) use homes::{Bins, Settler, Settling};
pub use memo::Memo;
pub use outcome::{Control, Layer, Outcome, Progress, Solver, Yields};
pub use pack::{PackAnswer, PackError, PackInstance, PackPattern, read_instance};
pub use packing::{Packing, Pattern};
pub use problem::{Attribute, Flaw, Grade, ItemType, Label, Problem, SolveError, Wish};
pub(crate) use program::Answer;
pub use program::Effort;
