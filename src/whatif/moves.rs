//! Requirements that would have to move.

use std::collections::BTreeMap;

use crate::names::ResourceId;
use crate::plan::Plan;
use crate::planner::{Whereabouts, moved};
use crate::rules::RuleSet;

/// How many requirements of stateful types, of components that both plans have, are on other resources than before. Which
/// resource is which is told by what is on them, not by their numbers.
pub(super) fn moves(rules: &RuleSet, before: &Plan, after: &Plan) -> usize {
    let mut by_type: BTreeMap<&str, Vec<Whereabouts<'_>>> = BTreeMap::new();
    for (id, old) in &before.bindings {
        let Some(new) = after.bindings.get(id) else { continue };
        for (requirement, was) in old.resources.iter() {
            let Some(is) = new.resources.get(requirement.as_str()) else { continue };
            let resource_type = was.first().map_or("", ResourceId::type_name);
            if rules.resource(resource_type).is_some_and(|rule| rule.stateful) {
                by_type.entry(resource_type).or_default().push((was, is.iter().collect()));
            }
        }
    }
    by_type.values().map(|requirements| moved(requirements)).sum()
}

/// How many requirements of stateful types a plan moves that was made under a lock.
pub(super) fn moves_under_lock(rules: &RuleSet, plan: &Plan) -> usize {
    let moves = plan.groups.iter().filter_map(|group| group.lock.as_ref()).flat_map(|lock| &lock.moves);
    let stateful = moves.filter(|moved| rules.resource(moved.from.type_name()).is_some_and(|rule| rule.stateful));
    stateful.map(|moved| moved.components.len()).sum()
}
