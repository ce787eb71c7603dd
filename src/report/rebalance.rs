//! What moves against a lock would save.

use std::fmt;

use serde::Serialize;

use super::text::count;
use crate::plan::{MoveReport, Plan};
use crate::prices::{Amount, Money};
use crate::untrusted::Lines;

/// What moves would save that a lock holds back. Its `Display` is the text form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rebalance {
    /// How many resources fewer there would be, implied ones among them.
    pub frees: usize,
    /// What it would save a month, where both costs are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saves: Option<Money>,
    /// The groups that would have other resources, by key.
    pub groups: Vec<RebalancedGroup>,
}

/// What moves would save in one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RebalancedGroup {
    /// The group's key.
    pub key: String,
    /// The resources that there are.
    pub resources: usize,
    /// The resources that there would be.
    pub fewer: usize,
    /// The moves that it takes, beyond those that the plan makes.
    pub moves: Vec<MoveReport>,
    /// Whether these are known to be the fewest resources, and the lightest moves.
    pub proven: bool,
}

/// Compares a plan with the one of the same estate and lock that may move what it likes.
pub fn rebalance(plan: &Plan, moved: &Plan) -> Rebalance {
    let mut groups = Vec::new();
    for after in &moved.groups {
        let Some(before) = plan.groups.iter().find(|group| group.key == after.key) else { continue };
        if after.resources >= before.resources {
            continue;
        }
        let made =
            |m: &&MoveReport| before.lock.iter().flat_map(|lock| &lock.moves).all(|known| known.components != m.components);
        groups.push(RebalancedGroup {
            key: after.key.clone(),
            resources: before.resources,
            fewer: after.resources,
            moves: after.lock.iter().flat_map(|lock| &lock.moves).filter(made).cloned().collect(),
            proven: after.lock.as_ref().map_or(after.optimal, |lock| lock.proven),
        });
    }
    let known = |plan: &Plan| plan.summary.monthly_cost.clone().filter(|cost| cost.unknown.is_empty());
    let saves = known(plan).zip(known(moved)).and_then(|(before, after)| {
        let amount = Amount::from_cents(before.shared.cents() - after.shared.cents());
        (before.currency == after.currency).then_some(Money { currency: before.currency, amount })
    });
    Rebalance { saves, frees: plan.resources.len().saturating_sub(moved.resources.len()), groups }
}

impl fmt::Display for Rebalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines::default();
        if self.frees == 0 {
            lines.line(format_args!("Rebalancing: no move would free a resource"));
            return lines.fmt(f);
        }
        let moves = self.groups.iter().map(|group| group.moves.len()).sum();
        let saves = self.saves.as_ref().filter(|saves| saves.amount > Amount::ZERO);
        let saves = saves.map_or_else(String::new, |saves| format!(", {saves} a month"));
        lines.line(format_args!("Rebalancing: {} would free {}{saves}", count(moves, "move"), count(self.frees, "resource")));
        for RebalancedGroup { key, resources, fewer, moves, proven } in &self.groups {
            let open = if *proven { "" } else { " (fewer or lighter moves may do)" };
            lines.line(format_args!("  {key}: {fewer} in place of {resources}{open}"));
            for MoveReport { components, from, to, weight, .. } in moves {
                let names: Vec<&str> = components.iter().map(String::as_str).collect();
                lines.line(format_args!("    {} from {from} to {to} (weight {weight})", super::text::list(&names)));
            }
        }
        lines.fmt(f)
    }
}
