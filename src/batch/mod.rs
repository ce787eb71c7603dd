//! Planning many estates: one line of JSON for each, in the order that they came in.
//!
//! [`Answer::to`] plans one estate, [`in_order()`] works on many at once within bounded memory, [`Totals`] adds up what came out.
//!
//! ```
//! use std::{num::NonZeroUsize, ops::ControlFlow};
//! use colocate::{RuleSet, batch::{Answer, Source, Totals, in_order}, solve::Control};
//!
//! let rules = RuleSet::builtin()?;
//! let lines = [r#"{"version": 1, "name": "a", "components": {"UserApi": {"type": "CrudApi"}}}"#, "{}"];
//! let estates = lines.iter().enumerate().map(|(i, line)| (Source::line("estates.ndjson", i + 1), line.as_bytes().to_vec()));
//! let work = |(source, text)| Answer::to(source, text, &rules, &Control::default());
//! let (mut totals, mut out) = (Totals::default(), Vec::new());
//! in_order(estates, NonZeroUsize::new(2).unwrap(), work, |_| 0, |answer| {
//!     totals.add(&answer.figures());
//!     out.extend(answer.to_line());
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!((totals.planned, totals.failed), (1, 1));
//! let out = String::from_utf8(out)?;
//! assert!(out.starts_with(r#"{"source":"estates.ndjson:1","name":"a","plan":{"version":1,"#));
//! assert!(out.contains(r#"{"source":"estates.ndjson:2","error":{"code":"E0107","#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod answer;
mod in_order;
mod totals;

pub use answer::{Answer, Source};
pub use in_order::in_order;
pub use totals::{Fault, Figures, PlanFigures, Totals};
