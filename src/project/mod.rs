//! A plan as provider templates: ARM, Bicep and Terraform.
//!
//! What a resource type becomes is data in its rule file; here it is filled in, put in order and written. Nothing is
//! known here of any resource type.

mod access;
mod arm;
mod bicep;
mod context;
mod error;
mod expression;
mod fill;
mod graph;
mod labels;
mod parameters;
mod parts;
mod resolve;
mod terraform;

pub use error::ProjectError;

use crate::plan::Plan;
use crate::rules::{Language, RuleSet};

/// A language that plans are projected onto.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An Azure Resource Manager template, JSON.
    Arm,
    /// The same resources as Bicep.
    Bicep,
    /// Terraform configuration, JSON syntax.
    Terraform,
}

/// The files of a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// Each file's name and text, the main one first.
    pub files: Vec<(String, String)>,
    /// What the templates cannot do, one sentence each: it remains to be done by hand.
    pub notes: Vec<String>,
}

impl Projection {
    /// Projects a plan.
    ///
    /// # Errors
    /// A resource type whose rule does not say what it becomes, or says it wrongly.
    ///
    /// ```
    /// use colocate::{CrudApi, Estate, Planner, Projection, ProjectionTarget, RuleSet};
    /// let rules = RuleSet::builtin()?;
    /// let estate = Estate::builder("shop").location("eastus").component(CrudApi::new("UserApi").entity("User")).build()?;
    /// let plan = Planner::new(&rules).plan(&estate)?;
    /// let projection = Projection::new(&plan, &rules, ProjectionTarget::Bicep)?;
    /// assert_eq!(projection.files[0].0, "main.bicep");
    /// assert!(projection.files[0].1.contains("'Microsoft.DocumentDB/databaseAccounts@"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(plan: &Plan, rules: &RuleSet, target: Target) -> Result<Self, ProjectError> {
        let language = match target {
            Target::Arm | Target::Bicep => Language::Arm,
            Target::Terraform => Language::Terraform,
        };
        let graph = fill::graph(plan, rules, language)?;
        let order = graph.order().map_err(|waiting| ProjectError::circle(&graph, &waiting))?;
        let files = match target {
            Target::Arm => arm::files(&graph, &order),
            Target::Bicep => bicep::files(&graph, &order),
            Target::Terraform => terraform::files(&graph, &order)?,
        };
        Ok(Self { files, notes: graph.notes })
    }
}
