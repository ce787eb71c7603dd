//! What the readers of a plan should know.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::merge::Group;
use crate::model::{LimitInForce, Placed, Split};
use crate::names::{ComponentId, ResourceId};
use crate::plan::{GroupReport, LockReport, MoveReport, Warning, WarningCode};
use crate::planner::draft::Solved;
use crate::planner::faults::{list, owners_list, values_list};
use crate::requirements::Owners;
use crate::rules::for_each_element;

fn components(owners: &Owners<'_>, of: impl IntoIterator<Item = u32>) -> Vec<ComponentId> {
    let mut ids: Vec<ComponentId> = of.into_iter().filter_map(|owner| owners.component(owner).cloned()).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn resources(count: u64) -> String {
    if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") }
}

/// The warnings about one group.
pub(super) fn group(solved: &Solved<'_>, owners: &Owners<'_>) -> Vec<Warning> {
    let Solved { group, id: key, placed, merged, cost, .. } = solved;
    let mut warnings = Vec::new();
    let mut warn = |code, message: String, of: Vec<u32>| {
        warnings.push(Warning { code, message, group: Some(key.clone()), components: components(owners, of) });
    };
    for split in placed.splits.iter().filter(|split| !split.matching) {
        let Split { property, values, costs, .. } = split;
        let cost = match costs {
            0 => "settling this alone would save nothing, as other properties differ too".to_owned(),
            costs => format!("this costs {} more", resources(*costs)),
        };
        let message =
            format!("`{property}` is not agreed on, so those who disagree do not share: {}; {cost}", values_list(owners, values));
        warn(WarningCode::SplitByConflict, message, values.iter().flat_map(|(_, of)| of.clone()).collect());
    }
    for tie in merged.iter().flat_map(|merged| &merged.ties) {
        let first = tie.values.first().map(|(value, _)| value.to_string()).unwrap_or_default();
        let message = format!(
            "`{}` is not agreed on; the first component decided for {first}: {}",
            tie.path,
            values_list(owners, &tie.values)
        );
        warn(WarningCode::FirstByConflict, message, tie.values.iter().flat_map(|(_, of)| of.clone()).collect());
    }
    for (needs, capacity) in &placed.divided {
        let mut of: Vec<u32> = needs.iter().map(|need| group.needs[*need].owner).collect();
        of.dedup();
        let verb = if of.len() == 1 { "needs more" } else { "need together more" };
        let divided = if of.len() == 1 { "is divided" } else { "are divided" };
        let message = format!("{} {verb} {capacity} than one resource has, and {divided}", owners_list(owners, &of));
        warn(WarningCode::DividedRequirement, message, of);
    }
    for (path, names) in unused(group) {
        let message = format!("the override of `{path}` names {}, which no component has", list(&names));
        warn(WarningCode::UnusedOverride, message, Vec::new());
    }
    for path in merged.iter().flat_map(|merged| &merged.empty) {
        let message = format!("nothing in `{path}` is common to all who share it, so it is empty");
        warn(WarningCode::EmptyIntersection, message, group.needs.iter().map(|need| need.owner).collect());
    }
    let held = placed.held.as_ref().is_some_and(|held| held.more > 0);
    if !placed.optimal && !held {
        let (bins, bound) = (placed.bins.len() as u64, placed.lower_bound);
        let message = match cost {
            Some(cost) if cost.lower_bound < cost.cost => {
                let (cost, least) = (cost.cost, cost.lower_bound);
                format!("{cost} a month planned, and {least} proven to be needed: the difference is not settled")
            }
            Some(_) => "another arrangement may cost less: what it needs of others is not proven to be the least".to_owned(),
            None => format!("{} planned, and at least {bound} needed: the difference is not settled", resources(bins)),
        };
        warn(WarningCode::NotProven, message, Vec::new());
    }
    warnings
}

/// The warnings about what a lock came to for a group; components are in the order of their ids.
pub(super) fn lock(group: &GroupReport, components: &[&ComponentId]) -> Vec<Warning> {
    let Some(LockReport { moves, takes, held_back, proven, .. }) = &group.lock else { return Vec::new() };
    let known = |name: &String| {
        let rank = components.binary_search_by(|id| id.as_str().cmp(name)).ok()?;
        components.get(rank).map(|id| (*id).clone())
    };
    let mut warnings = Vec::new();
    let mut warn = |code, message, components| {
        warnings.push(Warning { code, message, group: Some(group.key.clone()), components });
    };
    // Those who go the same way for the same reason are told together.
    let mut ways: BTreeMap<(&ResourceId, &ResourceId, &str), BTreeSet<&String>> = BTreeMap::new();
    for MoveReport { components, from, to, why, .. } in moves {
        ways.entry((from, to, why)).or_default().extend(components);
    }
    for ((from, to, why), components) in ways {
        let names: Vec<&str> = components.iter().map(|name| name.as_str()).collect();
        let verb = if names.len() == 1 { "moves" } else { "move" };
        let takes = takes.as_ref().map_or_else(String::new, |takes| format!(" ({takes})"));
        let message = format!("{} {verb} from `{from}` to `{to}`: {why}{takes}", list(&names));
        warn(WarningCode::Moved, message, components.into_iter().filter_map(known).collect());
    }
    if *held_back > 0 {
        let enough = (group.resources as u64).saturating_sub(*held_back);
        let message = format!("the lock keeps {}, and {enough} would do without it", resources(group.resources as u64));
        warn(WarningCode::HeldByLock, message, Vec::new());
    }
    if !proven {
        let message = "whether the lock allows fewer resources, or these lighter moves, is not settled".to_owned();
        warn(WarningCode::NotProven, message, Vec::new());
    }
    warnings
}

/// Elements that an override names and nobody has: it changes what components have, and adds nothing.
fn unused<'g>(group: &'g Group<'_>) -> Vec<(String, Vec<&'g str>)> {
    let mut all = Vec::new();
    for over in group.overrides.iter() {
        let property = group.leaf(over.leaf);
        let Some(collection) = property.collection().filter(|c| c.is_owned()) else { continue };
        let mut known = BTreeSet::new();
        for value in (0..group.needs.len()).filter_map(|need| group.effective(need, over.leaf)) {
            for_each_element(collection, value, |element| {
                known.insert(element.name);
            });
        }
        let mut names = Vec::new();
        for_each_element(collection, over.value, |element| {
            if let Cow::Borrowed(name) = element.name
                && !known.contains(name)
            {
                names.push(name);
            }
        });
        if !names.is_empty() {
            all.push((property.name(), names));
        }
    }
    all
}

/// Why a group needs more than one resource.
pub(super) fn reasons(group: &Group<'_>, owners: &Owners<'_>, placed: &Placed) -> Vec<String> {
    let mut reasons = Vec::new();
    if placed.bins.len() < 2 {
        return reasons;
    }
    for (i, LimitInForce { name: capacity, limit, usable }) in placed.limits.iter().enumerate() {
        let total: u64 = placed.usage.iter().map(|usage| usage[i]).sum();
        if total > *usable {
            let kept = if usable < limit { format!(" ({limit} less what is kept free)") } else { String::new() };
            reasons.push(format!("{total} {capacity} > {usable}{kept}"));
        }
    }
    for split in &placed.splits {
        let values = split.values.iter().map(|(value, of)| {
            let components = if of.len() == 1 { owners_list(owners, of) } else { format!("{} components", of.len()) };
            format!("{value} ({components})")
        });
        let values: Vec<String> = values.collect();
        let more = values.len().saturating_sub(4);
        let shown = values.into_iter().take(4).collect::<Vec<_>>().join(", ");
        let shown = if more > 0 { format!("{shown} and {more} more") } else { shown };
        let why = group.leaf(split.leaf).why.as_ref().map_or_else(String::new, |why| format!(" — {why}"));
        reasons.push(format!("`{}` differs: {shown}{why}", split.property));
    }
    reasons.extend(placed.constraints.iter().map(|constraint| (*constraint).to_owned()));
    if let Some(more) = placed.held.as_ref().map(|held| held.more).filter(|more| *more > 0) {
        reasons.push(format!("the lock keeps {} more than would be needed", resources(more)));
    }
    reasons
}
