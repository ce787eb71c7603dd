//! What if: an estate or its rules changed in named ways, each planned and compared with the plan as it is.
//!
//! A [`Scenario`] is a change under a name; a file of them ([`Scenarios::read`]) may also sweep over axes. [`WhatIf`]
//! plans the estate as it is and under every scenario, in parallel, and answers with a [`Comparison`].

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod apply;
mod comparison;
mod detail;
mod growth;
mod moves;
mod patch;
mod read;
mod run;
mod save;
mod scenario;
mod sketched;
mod sweep;

pub use comparison::{Comparison, Difference, Failure, Figures, Outcome, Row};
pub use detail::{CostChange, Detail, GroupChange, PropertyChange};
pub use growth::Growth;
pub use run::WhatIf;
pub use save::{LookedAt, Saving, Savings};
pub use scenario::{Scenario, Scenarios};
pub(crate) use sweep::text as value_text;
