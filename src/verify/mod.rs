//! Holding a plan against its estate, without trusting who made it.
//!
//! Where everything is, is read from the plan's bindings. What follows from that (configs, usage, names, what is
//! required, figures) is computed again and compared; whether it may be there, and whether fewer resources would do, is
//! checked by code that no placement goes through.

mod compare;
mod evidence;
mod held;
pub(crate) mod recount;
mod stated;

use std::fmt;

use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::Serialize;

use stated::Stated;

use crate::estate::Estate;
use crate::lock::Lock;
use crate::model::Moves;
use crate::plan::Plan;
use crate::planner::Planner;
use crate::rules::RuleSet;
use crate::solve::Control;

/// What came of checking a plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// The format's version: 1.
    pub version: u32,
    /// Whether nothing is wrong with the plan.
    pub holds: bool,
    /// How each group's lower bound is proven, by key.
    pub groups: Vec<GroupVerdict>,
    /// Everything that is wrong, by place.
    pub findings: Vec<Finding>,
    /// What only the lock can tell, if the plan was made under one and is checked without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
}

/// How the lower bound of a group is proven.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupVerdict {
    /// The group's key.
    pub key: String,
    /// Its resources.
    pub resources: u64,
    /// The lower bound that its evidence proves.
    pub proven: u64,
    /// What kind of evidence that is.
    pub evidence: Proven,
    /// How many of the resources a lock is said to keep beyond what is needed without it.
    #[serde(skip_serializing_if = "is_zero")]
    pub held_back: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What proves a lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Proven {
    /// Weights, checked in exact integers: no resource can hold more, so fewer are impossible.
    Weights,
    /// A search, which was repeated.
    Search,
    /// Nothing: the evidence does not hold.
    Nothing,
}

/// Something that is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Where in the plan, as a JSON pointer.
    pub place: String,
    /// What kind of thing.
    pub kind: FindingKind,
    /// What, in one sentence.
    pub message: String,
}

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A requirement is not placed, or placed where it cannot be.
    Placement,
    /// A resource holds more than it may.
    Capacity,
    /// Requirements share a resource that may not, or are apart and must not be.
    Exclusion,
    /// The evidence does not prove the lower bound.
    Bound,
    /// Something is stated that does not follow from the placements.
    Statement,
    /// Something is not where the lock has it, and the plan does not say so.
    Lock,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Placement => "placement",
            Self::Capacity => "capacity",
            Self::Exclusion => "exclusion",
            Self::Bound => "bound",
            Self::Statement => "statement",
            Self::Lock => "lock",
        })
    }
}

/// Checks a plan against the estate and the rules that it was made from. `control` bounds the repetition of searches.
///
/// The `warnings` and `hazards` of a plan and the `reasons` of its groups are prose and are not checked. Of a plan that was made under a
/// lock, what only the lock can tell is listed as unchecked; [`verify_under`] checks that too.
///
/// ```
/// use colocate::{CrudApi, Estate, Planner, RuleSet, solve::Control, verify};
/// let rules = RuleSet::builtin()?;
/// let estate = Estate::builder("shop").component(CrudApi::new("UserApi").entity("User")).build()?;
/// let mut plan = Planner::new(&rules).plan(&estate)?;
/// assert!(verify(&plan, &estate, &rules, &Control::default()).holds);
/// plan.groups[0].lower_bound = 0;
/// assert!(!verify(&plan, &estate, &rules, &Control::default()).holds);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(plan: &Plan, estate: &Estate, rules: &RuleSet, control: &Control<'_>) -> Verification {
    examine(plan, estate, &Planner::new(rules), None, control)
}

/// Checks a plan that was made under a lock: as [`verify`], and that nothing has moved but what the plan says has, that
/// resources keep their names, that no retired one is back, and that the lock allows no fewer where the plan says so.
pub fn verify_under(plan: &Plan, lock: &Lock, estate: &Estate, rules: &RuleSet, control: &Control<'_>) -> Verification {
    examine(plan, estate, &Planner::new(rules).with_lock(lock, Moves::Kept), Some(lock), control)
}

fn examine(plan: &Plan, estate: &Estate, planner: &Planner<'_>, lock: Option<&Lock>, control: &Control<'_>) -> Verification {
    let stated = Stated::new(plan, *control);
    let again = planner.place(estate, control, &stated);
    let (mut findings, mut groups) = stated.into_findings();
    findings.extend(lock.into_iter().flat_map(|lock| returned(plan, lock)));
    match again {
        Ok(again) => compare::compare(plan, again, &mut findings),
        Err(error) => findings.extend(error.0.iter().map(|diagnostic| Finding {
            place: String::new(),
            kind: FindingKind::Statement,
            message: format!("the plan cannot be completed from its placements: {}", diagnostic.message),
        })),
    }
    findings.sort();
    findings.dedup();
    groups.sort();
    let unchecked = if lock.is_none() { unchecked(plan) } else { Vec::new() };
    Verification { version: 1, holds: findings.is_empty(), groups, findings, unchecked }
}

/// What a plan says of a lock.
fn unchecked(plan: &Plan) -> Vec<String> {
    let names = plan.resources.iter().filter(|resource| resource.named_by_lock).count();
    let groups = plan.groups.iter().filter(|group| group.lock.is_some()).count();
    let number = |count: usize, one: &str, many: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") };
    let fixed = plan.resources.iter().map(|resource| resource.fixed_by_lock.len()).sum();
    let fixed = (fixed > 0).then(|| number(fixed, "value that a lock fixes", "values that a lock fixes"));
    let names = (names > 0).then(|| number(names, "name that a lock gives", "names that a lock gives"));
    let groups = (groups > 0).then(|| number(groups, "group that a lock holds or moves", "groups that a lock holds or moves"));
    names.into_iter().chain(fixed).chain(groups).collect()
}

/// Resources of the plan that the lock has retired.
fn returned(plan: &Plan, lock: &Lock) -> Vec<Finding> {
    let retired: FxHashSet<&str> = lock.resources.iter().filter(|old| old.retired).map(|old| old.id.as_str()).collect();
    let back = plan.resources.iter().enumerate().filter(|(_, resource)| retired.contains(resource.id.as_str()));
    back.map(|(rank, resource)| Finding {
        place: format!("/resources/{rank}"),
        kind: FindingKind::Lock,
        message: format!("`{}` is retired in the lock", resource.id),
    })
    .collect()
}
