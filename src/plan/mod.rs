//! The plan's format, and nothing else: which resources there are, who is on them, why, and how that is known to be the
//! fewest.

mod costs;
mod entries;
mod kept;
mod provenance;
mod read;
mod types;

pub use costs::{ComponentCost, CostSummary, MeterCost, ResourceCost, UnknownPrice};
pub use entries::Entries;
pub use kept::KeptNames;
pub(crate) use kept::kept;
pub use provenance::{ContributionRecord, PropertyRecord, Provenance};
pub use types::{
    Binding, CertificateRecord, GroupReport, Hazard, ItemTypeRecord, LockReport, MoveReport, PlacedRequirement, Plan, Resource,
    ShareRecord, Summary, Usage, Warning, WarningCode,
};
