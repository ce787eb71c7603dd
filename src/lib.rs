//! `colocate` plans the fewest shared cloud resources for an estate of application components, and proves that fewer
//! is impossible.
//!
//! An [`Estate`] lists components and what each declares to need. A [`RuleSet`] says what the resource types are, how
//! several configs become one, and what a resource holds at most. A [`Planner`] turns the two into a [`Plan`]:
//! resources with merged configs, which component is on which and why, and for every group of requirements a
//! certificate that fewer resources cannot do.
//!
//! ```
//! use colocate::{CrudApi, Estate, Planner, RuleSet};
//!
//! let rules = RuleSet::builtin()?;
//! let estate = Estate::builder("shop")
//!     .environment("prod")
//!     .location("eastus")
//!     .component(CrudApi::new("UserApi").entity("User"))
//!     .component(CrudApi::new("OrderApi").entity("Order"))
//!     .build()?;
//! let plan = Planner::new(&rules).plan(&estate)?;
//!
//! assert_eq!(plan.summary.requirements, 6);
//! assert_eq!(plan.summary.resources, 3);
//! assert!(plan.optimal);
//! let user = &plan.bindings["UserApi"];
//! assert_eq!(user.environment["USER_API_DATABASE_NAME"], "user-db");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The stages, each a pure function of the one before: load ([`Estate::from_json`]), expand and check
//! ([`check`]), group, merge, solve ([`solve`]), plan ([`Planner::plan`]), report ([`report`]), project ([`Projection`]).

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::dbg_macro, clippy::todo))]

pub mod batch;
mod condition;
mod cost;
pub mod diff;
mod estate;
mod import;
mod input;
mod lock;
mod merge;
mod model;
mod names;
mod plan;
mod planner;
mod prices;
mod project;
mod references;
pub mod regress;
pub mod report;
mod requirements;
pub mod rules;
mod schema;
mod secrets;
pub mod solve;
#[doc(hidden)]
pub mod untrusted;
mod verify;
pub mod whatif;

pub use condition::{Condition, ConditionError, Measures, Metric, Verdict};
pub use diff::PlanDiff;
pub use estate::{
    Component, ComponentBuilder, ComponentUsage, Constraints, CrudApi, Estate, EstateBuilder, EstateFiles, Headroom, Monitoring,
    MonthlyUsage, Networking, Objective, OnConflict, Override, Priority, Raw, Requirement, Settings, Sharing, Typed,
};
pub use import::{
    Figures, ImportComparison, ImportComponents, ImportFailure, ImportFormat, ImportOptions, ImportReport, ImportSavings,
    Imported, ImportedResource, LeftOut, NotImported, SavingStep, Today, TypeCount,
};
pub use input::{Code, Diagnostic, Diagnostics, Document, Language, Pointer, Position, Segment, Severity};
pub use lock::{Lock, LockedBinding, LockedResource};
pub use model::Moves;
pub use names::{ComponentId, ComponentType, RequirementKey, ResourceId, ResourceType};
pub use plan::{
    Binding, CertificateRecord, ComponentCost, ContributionRecord, CostSummary, Entries, GroupReport, Hazard, ItemTypeRecord,
    KeptNames, LockReport, MeterCost, MoveReport, PlacedRequirement, Plan, PropertyRecord, Provenance, Resource, ResourceCost,
    ShareRecord, Summary, UnknownPrice, Usage, Warning, WarningCode,
};
pub use planner::{PlanError, Planner};
pub use prices::{Amount, Currency, Money, PriceBook, Quantity};
pub use project::{ProjectError, Projection, Target as ProjectionTarget};
pub use requirements::{check, load, load_files, load_usage};
pub use rules::{RuleLayers, RuleSet};
pub use schema::{Schema, schema};
pub use verify::{Finding, FindingKind, GroupVerdict, Proven, Verification, verify, verify_under};
pub use whatif::{Comparison, Growth, Scenario, Scenarios, WhatIf};
