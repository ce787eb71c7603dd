//! The figures of a diff in a sentence.

use crate::diff::{CostChange, Count, DiffSummary, Pair, PlanDiff};
use crate::prices::Amount;
use crate::report::text::count;

/// What happens: `2 resources to create, 1 to remove; 4 requirements to move, 2 with data to migrate`.
pub(super) fn actions(diff: &PlanDiff) -> String {
    let DiffSummary { resources, components, moves, migrations, .. } = &diff.summary;
    let mut parts = Vec::new();
    for (what, Count { old: _, new: _, create, remove, update, replace }) in [("resource", resources), ("component", components)]
    {
        let mut verbs: Vec<String> = Vec::new();
        for (number, verb) in [(*create, "create"), (*remove, "remove"), (*update, "change"), (*replace, "make anew")] {
            if number > 0 {
                let counted = if verbs.is_empty() { count(number, what) } else { number.to_string() };
                verbs.push(format!("{counted} to {verb}"));
            }
        }
        if !verbs.is_empty() {
            parts.push(verbs.join(", "));
        }
    }
    if *moves > 0 {
        let migrate = if *migrations > 0 { format!(", {migrations} with data to migrate") } else { String::new() };
        parts.push(format!("{} to move{migrate}", count(*moves, "requirement")));
    }
    if !parts.is_empty() {
        return parts.join("; ");
    }
    if diff.is_empty() { "no changes".to_owned() } else { "only names change".to_owned() }
}

/// What it comes to: `3 → 5 resources, 5 → 6 components, 24.60 → 36.00 USD a month (+11.40)`.
pub(super) fn figures(diff: &PlanDiff) -> String {
    let DiffSummary { resources, components, objective, optimal, monthly_cost, .. } = &diff.summary;
    let pair = |count: &Count, what: &str| {
        if count.old == count.new { format!("{} {what}", count.new) } else { format!("{} → {} {what}", count.old, count.new) }
    };
    let mut parts = vec![pair(resources, "resources"), pair(components, "components")];
    if let Some(cost) = monthly_cost {
        let CostChange { currency, old, new, difference } = cost;
        let sign = if *difference > Amount::ZERO { "+" } else { "" };
        parts.push(match old == new {
            true => format!("{new} {currency} a month"),
            false => format!("{old} → {new} {currency} a month ({sign}{difference})"),
        });
    }
    if let Some(Pair { old, new }) = objective {
        parts.push(format!("objective {old} → {new}"));
    }
    match optimal {
        Pair { old: true, new: false } => parts.push("no longer proven minimal".to_owned()),
        Pair { old: false, new: true } => parts.push("now proven minimal".to_owned()),
        _ => {}
    }
    parts.join(", ")
}

/// The estates compared.
pub(super) fn title(diff: &PlanDiff) -> String {
    let Pair { old, new } = &diff.estate;
    if old == new { new.clone() } else { format!("{old} → {new}") }
}
