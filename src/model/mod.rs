//! From a group of requirements to a packing problem, and back from its solution to who goes where.
//!
//! Names become numbers here and numbers become names again; the solver in between knows neither.

mod arrange;
mod cheapest;
mod columns;
mod conflicts;
mod divide;
mod exclusions;
mod grading;
mod held;
mod homes;
mod keep;
mod labels;
mod links;
mod packer;
mod place;
mod prepare;
mod sizes;
mod types;

pub(crate) use columns::columns;
pub(crate) use grading::{Grading, Priced, Worth, bits};
pub use homes::Moves;
pub(crate) use homes::{Home, Homes};
pub(crate) use links::{Bond, Link};
pub(crate) use place::{placements, priced, questions, unshared, wanted_sets};
pub(crate) use prepare::{dimensions, limit};
pub(crate) use sizes::size_of;
pub(crate) use types::{Dimension, GroupFault, Held, LimitInForce, Moved, Placed, Setting, Split, Why};
