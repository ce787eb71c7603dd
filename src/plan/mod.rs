//! The plan: which resources there are, who is on them, why, and how that is known to be the fewest.

mod check;
mod costs;
pub mod diff;
mod draft;
mod element_names;
mod entries;
mod faults;
mod finish;
mod ids;
mod lock;
mod locked;
mod moves;
mod placing;
mod planner;
mod read;
mod references;
mod required;
mod secrets;
mod sketch;
mod types;
mod verify;
mod warnings;

pub use crate::model::Moves;
pub use check::{check, load, load_files, load_usage};
pub use costs::{ComponentCost, CostSummary, MeterCost, ResourceCost, UnknownPrice};
pub use diff::PlanDiff;
pub use entries::Entries;
pub(crate) use ids::group_of;
pub use lock::{Lock, LockedBinding, LockedResource};
pub use planner::{PlanError, Planner};
pub(crate) use references::{Reference, Target, inner as reference_texts};
pub(crate) use secrets::{is_mask, is_secret};
pub(crate) use sketch::{Canvas, Sketch, Sketcher};
pub use types::{
    Binding, CertificateRecord, GroupReport, ItemTypeRecord, LockReport, MoveReport, Plan, Resource, ShareRecord, Summary, Usage,
    Warning, WarningCode,
};
pub use verify::{Finding, FindingKind, GroupVerdict, Proven, Verification, verify, verify_under};
