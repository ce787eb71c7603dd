//! What changes from one plan to another: what is created, removed, moved, changed in place or made anew, and by whom.

mod bindings;
mod cost;
mod matching;
mod properties;
mod resources;
mod types;

pub use cost::CostChange;
pub use types::{
    Cause, Change, Count, DiffSummary, Moved, Pair, PlanDiff, Presence, PropertyChange, Rebound, Renamed, Replaced,
    RequirementChange, SetChange, Sides, Source, Updated, VariableChange,
};

use std::collections::BTreeSet;

use crate::names::counted;
use crate::plan::{Plan, Warning};
use crate::rules::RuleSet;
use matching::Matching;
use resources::Ownership;

impl PlanDiff {
    /// Compares two plans. The rules say which contents have to be migrated and what cannot be changed in place.
    ///
    /// Certificates, reasons and provenance are not compared: they say why a plan is as it is.
    ///
    /// ```
    /// use colocate::{CrudApi, Estate, PlanDiff, Planner, RuleSet};
    /// let rules = RuleSet::builtin()?;
    /// let plan = |names: &[&str]| {
    ///     let estate = names.iter().fold(Estate::builder("shop"), |estate, name| estate.component(CrudApi::new(*name)));
    ///     Ok::<_, Box<dyn std::error::Error>>(Planner::new(&rules).plan(&estate.build()?)?)
    /// };
    /// let (old, new) = (plan(&["UserApi"])?, plan(&["UserApi", "OrderApi"])?);
    /// let diff = PlanDiff::between(&old, &new, &rules);
    /// assert!(diff.changes.iter().any(|change| change.id() == "OrderApi"));
    /// assert_eq!((diff.summary.moves, diff.summary.resources.create), (0, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn between(old: &Plan, new: &Plan, rules: &RuleSet) -> Self {
        // Every field, so that a new one cannot be forgotten.
        let Plan { version: _, estate, objective, optimal, summary, groups: _, resources: _, bindings: _, warnings, hazards: _ } =
            new;
        let one_estate = old.estate == *estate;
        let matching = Matching::new(old, new);
        let (of_components, movement) = bindings::Comparison::of(old, new, rules, &matching);
        let (old_owners, new_owners) = (Ownership::of(old, rules), Ownership::of(new, rules));
        let comparison = resources::Comparison {
            rules,
            matching: &matching,
            one_estate,
            old_owners: &old_owners,
            new_owners: &new_owners,
            movement: &movement,
        };
        let mut changes = comparison.changes();
        changes.sort_by(|a, b| counted(a.id()).cmp(&counted(b.id())).then_with(|| rank(a).cmp(&rank(b))));
        let mut notes = Vec::new();
        if !one_estate {
            notes.push(format!(
                "the plans are of different estates, `{}` and `{estate}`: resources are compared by id, and their names are not compared",
                old.estate
            ));
        }
        let summary = DiffSummary {
            resources: Count { old: old.resources.len(), new: new.resources.len(), ..count(&changes) },
            components: Count { old: old.summary.components, new: summary.components, ..count(&of_components) },
            moves: of_components.iter().filter(|change| matches!(change, Change::Move(_))).count(),
            migrations: of_components.iter().filter(|change| matches!(change, Change::Move(moved) if moved.migrates)).count(),
            objective: Some(Pair { old: old.objective.clone(), new: objective.clone() }).filter(Pair::differs),
            optimal: Pair { old: old.optimal, new: *optimal },
            monthly_cost: cost::change(old.summary.monthly_cost.as_ref(), summary.monthly_cost.as_ref(), &mut notes),
        };
        changes.extend(of_components);
        let only =
            |here: &[Warning], there: &[Warning]| here.iter().filter(|warning| !there.contains(warning)).cloned().collect();
        Self {
            version: 1,
            estate: Pair { old: old.estate.clone(), new: estate.clone() },
            notes,
            changes,
            new_warnings: only(warnings, &old.warnings),
            old_warnings: only(&old.warnings, warnings),
            summary,
        }
    }

    /// The resources that lose data: those made anew with what they hold, and those of which something is made anew, changed away or
    /// deleted with its contents. What moves to another resource is not lost.
    pub fn data_loss(&self) -> BTreeSet<&str> {
        let lost = |properties: &[PropertyChange]| properties.iter().any(|property| property.data_loss);
        let loses = |change: &&Change| match change {
            Change::Replace(replaced) => replaced.data_loss || lost(&replaced.properties),
            Change::Update(updated) => lost(&updated.properties),
            _ => false,
        };
        self.changes.iter().filter(loses).map(Change::id).collect()
    }

    /// Whether nothing changes. Warnings and costs may still differ.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// The order of several changes of one resource; one that goes and one that comes may have the same id.
fn rank(change: &Change) -> (u8, Option<&str>) {
    match change {
        Change::Remove(_) => (0, None),
        Change::Create(_) => (1, None),
        Change::Rename(_) => (2, None),
        Change::Replace(replaced) => (3, replaced.element.as_deref()),
        Change::Update(_) | Change::Rebind(_) => (4, None),
        Change::Move(_) => (5, None),
    }
}

fn count(changes: &[Change]) -> Count {
    let mut count = Count { old: 0, new: 0, create: 0, remove: 0, update: 0, replace: 0 };
    let mut replaced = None;
    for change in changes {
        match change {
            Change::Create(_) => count.create += 1,
            Change::Remove(_) => count.remove += 1,
            Change::Replace(_) if replaced == Some(change.id()) => {}
            Change::Replace(_) => {
                count.replace += 1;
                replaced = Some(change.id());
            }
            Change::Update(_) | Change::Rebind(_) => count.update += 1,
            Change::Rename(_) | Change::Move(_) => {}
        }
    }
    count
}
