//! Requirements that would have to move.

use crate::plan::Plan;
use crate::rules::RuleSet;

/// How many requirements of stateful types, of components that both plans have, are on other resources than before.
///
/// A resource is the same when its id is: that is what a deployment goes by.
pub(super) fn moves(rules: &RuleSet, before: &Plan, after: &Plan) -> usize {
    let stateful = |requirement: &str| {
        let resource_type = requirement.split_once(':').map_or(requirement, |(resource_type, _)| resource_type);
        rules.resource(resource_type).is_some_and(|rule| rule.stateful)
    };
    let common = before.bindings.iter().filter_map(|(id, old)| Some((old, after.bindings.get(id)?)));
    common
        .flat_map(|(old, new)| old.resources.iter().map(move |(requirement, resources)| (requirement, resources, new)))
        .filter(|(requirement, resources, new)| {
            stateful(requirement) && new.resources.get(requirement.as_str()).is_some_and(|now| now != *resources)
        })
        .count()
}
