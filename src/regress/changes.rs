//! What changed between two plans, in words.

use crate::diff::PlanDiff;
use crate::diff::{Change, Presence};
use crate::plan::Plan;
use crate::report;
use crate::rules::RuleSet;

/// Lines of the comparison that are shown.
const MOST: usize = 40;

/// Why there are further resources, then what `colocate diff` says.
pub(super) fn changes(old: &Plan, new: &Plan, rules: &RuleSet) -> Vec<String> {
    let diff = PlanDiff::between(old, new, rules);
    let mut lines: Vec<String> = diff.changes.iter().filter_map(|change| is_new(new, change)).collect();
    let text = report::diff_text(&diff, false);
    // The first line is the estate's name.
    let told = text.lines().skip(1).filter(|line| !line.is_empty());
    lines.extend(told.clone().take(MOST).map(str::to_owned));
    let more = told.count().saturating_sub(MOST);
    if more > 0 {
        lines.push(format!("… {more} more lines"));
    }
    lines
}

/// A resource that is new, with the reasons why its group needs so many.
fn is_new(plan: &Plan, change: &Change) -> Option<String> {
    let Change::Create(Presence::Resource { id, .. }) = change else { return None };
    let further = |key: &str| {
        let rest = id.as_str().strip_prefix(key).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    let group = plan.groups.iter().find(|group| further(&group.key))?;
    (!group.reasons.is_empty()).then(|| format!("resource `{id}` is new: {}", group.reasons.join("; ")))
}
