//! What sharing would save: everything as it is, as the lock would have it, and shared.

mod steps;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Imported;
use crate::lock::Lock;
use crate::model::Moves;
use crate::names::{ResourceId, ResourceType};
use crate::plan::{MoveReport, Plan, Resource};
use crate::planner::{PlanError, Planner};
use crate::prices::{Amount, Currency};
use crate::rules::RuleSet;
pub use steps::SavingStep;

/// What there is, or would be, and what it costs a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Resources, those among them that others require.
    pub resources: usize,
    /// What they cost a month as far as their prices are known, without what is billed by use.
    pub monthly_cost: Amount,
    /// Resources with a price that is not known.
    #[serde(skip_serializing_if = "is_zero")]
    pub unknown: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The figures of one resource type, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// As it is.
    pub today: Figures,
    /// What is left when nothing with data moves.
    pub under_lock: Figures,
    /// The fewest resources, whatever moves.
    pub shared: Figures,
}

/// What sharing would save of what there is. Its `Display` is the text form; with `{:#}`, Markdown.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportSavings {
    /// The format's version: 1.
    pub version: u32,
    /// The estate.
    pub estate: String,
    /// The currency of every amount.
    pub currency: Currency,
    /// The figures of everything.
    pub total: Comparison,
    /// The figures by resource type.
    pub types: BTreeMap<ResourceType, Comparison>,
    /// What moves on the way from today to shared.
    pub moves: Vec<MoveReport>,
    /// What the moves weigh in all.
    pub weight: u64,
    /// What can be done one after the other: the best ratio of money to moves first.
    pub steps: Vec<SavingStep>,
    /// Resources that no application uses, with what they cost a month.
    pub idle: BTreeMap<ResourceId, Amount>,
}

/// The figures of some resources, all and by type.
fn figures<'p>(resources: impl Iterator<Item = &'p Resource>) -> (Figures, BTreeMap<ResourceType, Figures>) {
    let mut types: BTreeMap<ResourceType, Figures> = BTreeMap::new();
    let mut total = Figures::default();
    for resource in resources {
        let of_type = types.entry(resource.resource_type.clone()).or_default();
        let cost = resource.monthly_cost.as_ref();
        for figures in [of_type, &mut total] {
            figures.resources += 1;
            figures.monthly_cost += cost.map_or(Amount::ZERO, |cost| cost.amount);
            figures.unknown += usize::from(cost.is_none_or(|cost| !cost.unknown.is_empty()));
        }
    }
    (total, types)
}

impl Imported {
    /// Works out what sharing would save of what there is.
    ///
    /// # Errors
    /// Everything that keeps the estate from being planned.
    pub fn savings(&self, rules: &RuleSet) -> Result<ImportSavings, PlanError> {
        let planned = |estate, lock: &Lock, moves| Planner::new(rules).with_lock(lock, moves).plan(estate);
        let today = planned(&self.today.estate, &self.today.lock, Moves::Kept)?;
        let under_lock = planned(&self.estate, &self.lock, Moves::Kept)?;
        let shared = planned(&self.estate, &self.lock, Moves::All)?;
        // What only a plan would add is not there today.
        let there = today.resources.iter().filter(|resource| self.today.ids.contains_key(&resource.id));
        let ((all_today, types_today), (all_lock, types_lock), (all_shared, types_shared)) =
            (figures(there), figures(under_lock.resources.iter()), figures(shared.resources.iter()));
        let mut types: BTreeMap<ResourceType, Comparison> = BTreeMap::new();
        for (resource_type, figures) in types_today {
            types.entry(resource_type).or_default().today = figures;
        }
        for (resource_type, figures) in types_lock {
            types.entry(resource_type).or_default().under_lock = figures;
        }
        for (resource_type, figures) in types_shared {
            types.entry(resource_type).or_default().shared = figures;
        }
        let moves: Vec<MoveReport> =
            shared.groups.iter().filter_map(|group| group.lock.as_ref()).flat_map(|lock| &lock.moves).cloned().collect();
        let costs = self.costs_today(&today);
        let idle = self.report.imported.iter().filter(|resource| resource.idle).filter_map(|resource| {
            let id = resource.id.clone()?;
            let cost = costs.get(&id).copied().unwrap_or(Amount::ZERO);
            Some((id, cost))
        });
        Ok(ImportSavings {
            version: 1,
            estate: self.estate.name.clone(),
            currency: today.summary.monthly_cost.as_ref().map(|cost| cost.currency.clone()).unwrap_or_default(),
            total: Comparison { today: all_today, under_lock: all_lock, shared: all_shared },
            types,
            weight: moves.iter().map(|moved| moved.weight).sum(),
            steps: steps::steps(&self.lock, &shared, &moves, &costs),
            moves,
            idle: idle.collect(),
        })
    }

    /// What every resource of the lock costs today.
    fn costs_today(&self, today: &Plan) -> BTreeMap<ResourceId, Amount> {
        let cost = |resource: &Resource| {
            let id = self.today.ids.get(&resource.id)?.as_ref()?;
            Some((id.clone(), resource.monthly_cost.as_ref().map_or(Amount::ZERO, |cost| cost.amount)))
        };
        today.resources.iter().filter_map(cost).collect()
    }
}
