//! A plan as text, for a terminal or a log.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::estate::Objective;
use crate::plan::{CostSummary, GroupReport, Hazard, Plan, Resource, ResourceCost, Warning};
use crate::prices::Amount;
use crate::untrusted::Lines;

use super::overview::{self, Shown};

/// How many names stand in a list before the rest is counted.
const NAMED: usize = 8;

/// The plan as an engineer wants to read it: the result in a line, every resource with its use against its limits and
/// who shares it (of many resources a table of their groups), why groups need several, and the warnings.
pub fn text(plan: &Plan) -> String {
    text_of(plan, &Shown::Few)
}

/// As [`text`], with the resources that are asked for told one by one.
pub fn text_of(plan: &Plan, shown: &Shown) -> String {
    let mut out = Lines::default();
    let all = *shown == Shown::All;
    summary(&mut out, plan);
    match shown.of(plan) {
        Some(mut resources) => {
            resources.sort_by(|a, b| a.resource_type.cmp(&b.resource_type));
            for resource in &resources {
                out.blank();
                describe(&mut out, resource);
            }
            if !matches!(shown, Shown::Only(_)) {
                implied(&mut out, plan);
            }
        }
        None => overview::groups(&mut out, plan),
    }
    if !matches!(shown, Shown::Only(_)) {
        reasons(&mut out, plan, all);
    }
    let warnings = plan.warnings.iter().map(|Warning { code, group, message, .. }| {
        let group = group.as_ref().map_or_else(String::new, |group| format!("{group}: "));
        (code.to_string(), format!("{group}{message}"))
    });
    overview::notes(&mut out, "Warnings", &warnings.collect::<Vec<_>>(), all);
    let hazards = plan.hazards.iter().map(|Hazard { id, resource, message, avoid, .. }| {
        let avoid = avoid.as_ref().map_or_else(String::new, |avoid| format!("; {avoid}"));
        (id.clone(), format!("{resource}: {message}{avoid}"))
    });
    overview::notes(&mut out, "Hazards", &hazards.collect::<Vec<_>>(), all);
    out.into()
}

fn implied(out: &mut Lines, plan: &Plan) {
    let implied: Vec<&Resource> = plan.resources.iter().filter(|resource| resource.implied).collect();
    if implied.is_empty() {
        return;
    }
    out.section(format_args!("Implied by the above:"));
    for resource in implied {
        let cost = resource.monthly_cost.as_ref().map(price).unwrap_or_default();
        let space = if cost.is_empty() { "" } else { "  " };
        out.line(format_args!("  {}  {}{}{space}{cost}", resource.id, resource.name, usage(resource, "  ")));
    }
}

fn summary(out: &mut Lines, plan: &Plan) {
    let summary = &plan.summary;
    let held = plan.groups.iter().any(|group| group.lock.as_ref().is_some_and(|lock| lock.held_back > 0));
    let proof = if plan.objective == Objective::Cost.as_str() {
        let proof = if plan.optimal { "proven to be the cheapest" } else { "not proven to be the cheapest" };
        proof.to_owned()
    } else if plan.optimal {
        if held { "proven minimal under the lock".to_owned() } else { "proven minimal".to_owned() }
    } else {
        let asked: BTreeSet<&str> =
            plan.resources.iter().filter(|resource| !resource.implied).map(|resource| resource.id.as_str()).collect();
        let groups = plan.groups.iter().filter(|group| asked.contains(group.key.as_str()));
        format!("not proven minimal (at least {})", groups.map(|group| group.lower_bound).sum::<u64>())
    };
    out.line(format_args!("{}: {}", plan.estate, count(summary.components, "component")));
    let mut line = format!("{} → {}, {proof}", count(summary.requirements, "requirement"), count(summary.resources, "resource"));
    if summary.unshared > summary.resources as u64 {
        // Rounded down: 100 % fewer would be none.
        let percent = 100 - (summary.resources as u64 * 100).div_ceil(summary.unshared);
        let _ = write!(line, " ({percent} % fewer than {} unshared)", summary.unshared);
    }
    out.line(format_args!("{line}"));
    if let Some(cost) = cost_line(plan) {
        out.line(format_args!("{cost}"));
    }
}

/// What it costs in a line: `$24.60 a month instead of $123.00 (80 % less)`.
pub(super) fn cost_line(plan: &Plan) -> Option<String> {
    let cost = plan.summary.monthly_cost.as_ref()?;
    let CostSummary { currency, shared, unshared, unknown, unshared_unknown, .. } = cost;
    let mut out = format!("{} a month", currency.show(*shared));
    match (unshared != shared, *unshared_unknown > 0 || !unknown.is_empty()) {
        (true, false) => {
            let _ = write!(out, " instead of {}", currency.show(*unshared));
        }
        (true, true) => {
            let _ = write!(out, " instead of {} and what is not known", currency.show(*unshared));
        }
        (false, _) => {}
    }
    if let Some(apart) = cost.apart.filter(|apart| apart != shared && apart != unshared) {
        let _ = write!(out, ", or {} with plans alone shared", currency.show(apart));
    }
    if unshared > shared && unknown.is_empty() && *unshared_unknown == 0 {
        // Rounded down, as above.
        let percent = 100 - (shared.cents() * 100 + unshared.cents() - 1) / unshared.cents();
        let _ = write!(out, " ({percent} % less)");
    }
    if plan.has_unstated_usage() {
        out.push_str(", and what is billed by use");
    }
    if !unknown.is_empty() {
        let _ = write!(out, ", without what is not known of {}", count(unknown.len(), "resource"));
    }
    Some(out)
}

/// What a resource costs, in a few words; nothing where nothing is billed.
pub(super) fn price(cost: &ResourceCost) -> String {
    let ResourceCost { currency, amount, meters, unknown } = cost;
    match (meters.is_empty(), unknown.is_empty()) {
        (true, true) => String::new(),
        (_, false) if *amount == Amount::ZERO => "price not known".to_owned(),
        (_, false) => format!("{} a month, not all prices known", currency.show(*amount)),
        (false, true) if cost.is_by_use() && *amount == Amount::ZERO => "billed by use".to_owned(),
        (false, true) => format!("{} a month", currency.show(*amount)),
    }
}

fn describe(out: &mut Lines, resource: &Resource) {
    out.line(format_args!("{}  {}", resource.id, resource.name));
    let used = usage(resource, "");
    if !used.is_empty() {
        out.line(format_args!("  {used}"));
    }
    let cost = resource.monthly_cost.as_ref().map(price).unwrap_or_default();
    if !cost.is_empty() {
        out.line(format_args!("  {cost}"));
    }
    let names: Vec<&str> = resource.components.iter().map(crate::names::ComponentId::as_str).collect();
    match names.as_slice() {
        [] => {}
        [only] => {
            out.line(format_args!("  used by {only} alone"));
        }
        names => {
            out.line(format_args!("  shared by {}: {}", names.len(), list(names)));
        }
    }
}

/// `databases 5/25, databasesAndContainers 10/500`, without what is not used at all.
pub(super) fn usage(resource: &Resource, before: &str) -> String {
    let used: Vec<String> = resource
        .usage
        .iter()
        .filter(|(_, usage)| usage.used > 0)
        .map(|(name, usage)| format!("{name} {}/{}", usage.used, usage.limit))
        .collect();
    if used.is_empty() { String::new() } else { format!("{before}{}", used.join(", ")) }
}

fn reasons(out: &mut Lines, plan: &Plan, all: bool) {
    let several: Vec<&GroupReport> = plan.groups.iter().filter(|group| group.resources > 1).collect();
    if several.is_empty() {
        return;
    }
    out.section(format_args!("Why more than one:"));
    let (several, others) = overview::most(all, several);
    for group in several {
        out.line(format_args!("  {}: {}, {}", group.key, count(group.resources, "resource"), proof(group)));
        let (reasons, others) = overview::most(all, group.reasons.iter().collect());
        reasons.iter().for_each(|reason| out.line(format_args!("    {reason}")));
        if others > 0 {
            out.line(format_args!("    and {}", count(others, "other reason")));
        }
    }
    if others > 0 {
        out.line(format_args!("  and {}", count(others, "other group")));
    }
}

/// How it is known that a group needs no fewer resources.
pub(super) fn proof(group: &GroupReport) -> String {
    match group.optimal {
        true if group.cost.is_some() => "proven to be the cheapest".to_owned(),
        false if group.cost.is_some() => "not proven to be the cheapest".to_owned(),
        true => "proven minimal".to_owned(),
        false if group.is_fewest() => "proven minimal under the lock".to_owned(),
        false => format!("at least {}", group.lower_bound),
    }
}

/// `A, B, C and 4 others`.
pub(crate) fn list(names: &[&str]) -> String {
    if names.len() <= NAMED {
        return names.join(", ");
    }
    let first = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    format!("{first} and {} others", names.len() - NAMED)
}

pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
