//! Scenarios that only limits and headroom tell apart, planned together.

use rayon::prelude::*;
use serde_json::{Value, json};

use super::apply::{Ground, complete};
use super::comparison::{Figures, Outcome};
use super::patch;
use super::run::outcome;
use super::scenario::{Change, Scenario};
use crate::estate::Settings;
use crate::plan::Plan;
use crate::planner::{Canvas, Sketch, Sketcher};
use crate::prices::Money;
use crate::solve::{Control, Solver};

/// What a limit or the headroom is set to, by JSON pointer into the estate.
type Room = Vec<(String, Value)>;

/// Scenarios that come to the same estate but for its room.
struct Family {
    /// What they have in common.
    common: Scenario,
    /// Their ranks, and what else they set.
    members: Vec<(usize, Room)>,
}

/// The outcomes of scenarios, as far as they can be told by figures that scenarios have in common.
pub(super) fn sketched(
    base: &Plan,
    ground: &Ground<'_>,
    scenarios: &[Scenario],
    solver: &(dyn Solver + Sync),
    control: &Control<'_>,
) -> Vec<Option<Outcome>> {
    let mut outcomes = vec![None; scenarios.len()];
    for family in families(scenarios).into_iter().filter(|family| family.members.len() > 1) {
        for (rank, sketched) in family.sketched(base, ground, solver, control).into_iter().flatten() {
            if let Some(outcome) = outcomes.get_mut(rank) {
                *outcome = Some(sketched);
            }
        }
    }
    outcomes
}

fn families(scenarios: &[Scenario]) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for (rank, scenario) in scenarios.iter().enumerate() {
        let of_room = |pointer: &str| pointer == "/settings/headroom" || pointer.starts_with("/settings/limits/");
        let (room, set) = scenario.change.set.iter().cloned().partition(|(pointer, _)| of_room(pointer));
        let change = Change { set, ..scenario.change.clone() };
        match families.iter_mut().find(|family| family.common.change == change) {
            Some(family) => family.members.push((rank, room)),
            None => families.push(Family { common: Scenario { change, ..scenario.clone() }, members: vec![(rank, room)] }),
        }
    }
    families
}

impl Family {
    /// The members that can be told by figures, by rank; `None` where none can be: their own plans say why.
    fn sketched(
        &self,
        base: &Plan,
        ground: &Ground<'_>,
        solver: &(dyn Solver + Sync),
        control: &Control<'_>,
    ) -> Option<Vec<(usize, Outcome)>> {
        let (estate, rules) = ground.apply(&self.common).ok()?;
        let canvas = Canvas::new(&estate, &rules)?;
        let expanded = canvas.expanded().ok()?;
        let settings = complete(json!({ "settings": estate.settings }));
        let under = |(rank, room): &(usize, Room)| Some((*rank, canvas.under(settings_with(&settings, room)?)?));
        let under: Vec<_> = self.members.iter().filter_map(under).collect();
        let sketcher = Sketcher::new(&canvas, &expanded, base, solver, *control);
        let outcome = |sketch: Sketch| {
            let Sketch { by_type, implied, cost, unknown_prices, unstated_usage, optimal, moves } = sketch;
            let figures = Figures {
                components: estate.components.len(),
                resources: by_type.values().sum(),
                implied,
                by_type,
                monthly_cost: Some(Money { currency: rules.prices().currency().clone(), amount: cost }),
                unknown_prices,
                unstated_usage,
                optimal,
            };
            outcome(base, figures, moves)
        };
        Some(under.par_iter().filter_map(|(rank, estate)| Some((*rank, outcome(sketcher.sketch(estate)?)))).collect())
    }
}

fn settings_with(settings: &Value, room: &Room) -> Option<Settings> {
    let mut document = settings.clone();
    room.iter().try_for_each(|(pointer, value)| patch::set(&mut document, pointer, value.clone())).ok()?;
    Settings::of_value(document.get_mut("settings")?.take())
}
