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

use crate::plan::{Plan, Resource};
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

/// Whether the rule of a resource's type says what it becomes in ARM.
fn in_arm(resource: &Resource, rules: &RuleSet) -> bool {
    rules.resource(resource.resource_type.as_str()).is_some_and(|rule| !rule.blocks.of(Language::Arm).is_empty())
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
        let mut graph = fill::graph(plan, rules, language)?;
        if language == Language::Terraform {
            // `azurerm` does not tell which providers its types belong to; the same resources in ARM do. Types that have no
            // ARM form are their rule's to name.
            let in_arm =
                Plan { resources: plan.resources.iter().filter(|r| in_arm(r, rules)).cloned().collect(), ..plan.clone() };
            graph.namespaces.extend(fill::graph(&in_arm, rules, Language::Arm)?.namespaces);
        }
        let order = graph.order().map_err(|waiting| ProjectError::circle(&graph, &waiting))?;
        let files = match target {
            Target::Arm => arm::files(&graph, &order),
            Target::Bicep => bicep::files(&graph, &order),
            Target::Terraform => terraform::files(&graph, &order)?,
        };
        Ok(Self { files, notes: graph.notes })
    }
}
