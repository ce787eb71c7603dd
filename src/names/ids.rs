//! Ids of resources: the group's key, then `-2`, `-3`, …

use std::collections::BTreeSet;

use crate::input::{Code, Diagnostic};
use crate::names::ResourceId;

/// The key of the one group of a type when all its requirements may share.
pub(crate) const ALL: &str = "shared";

/// The id of a group's `number`th resource, counted from 1.
pub(crate) fn id(group: &str, number: usize) -> ResourceId {
    if number == 1 { group.to_owned().into() } else { format!("{group}-{number}").into() }
}

/// An id as a group and a number above 1, if it may be one; whether it is, only the groups can tell.
pub(crate) fn split(id: &str) -> Option<(&str, usize)> {
    let (group, digits) = id.rsplit_once('-')?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let number = digits.parse().ok().filter(|number| plain && *number >= 2)?;
    Some((group, number))
}

/// The group that a resource belongs to, and its number there.
pub(crate) fn member(id: &str, is_group: impl Fn(&str) -> bool) -> Option<(&str, usize)> {
    if is_group(id) { Some((id, 1)) } else { split(id).filter(|(group, _)| is_group(group)) }
}

/// The key of the group that a resource belongs to.
pub(crate) fn group_of(id: &ResourceId, is_group: impl Fn(&str) -> bool) -> Option<&str> {
    member(id.as_str(), is_group).map(|(group, _)| group)
}

/// Whether a requirement (`{resourceType}:{requirementKey}`) can be on a resource, by its id.
pub(crate) fn may_serve(requirement: &str, id: &str) -> bool {
    let Some((resource_type, _)) = requirement.split_once(':') else { return false };
    let all = format!("{resource_type}:{ALL}");
    member(id, |group| group == requirement || group == all).is_some()
}

/// A further resource whose id is the key of another group.
pub(crate) fn collision(group: &str, numbers: &[usize], groups: &BTreeSet<String>) -> Option<Diagnostic> {
    let further = numbers.iter().filter(|number| **number > 1);
    let taken = further.map(|number| id(group, *number)).find(|id| groups.contains(id.as_str()))?;
    let message = match numbers.len() {
        1 => format!("`{group}` needs a resource with the id `{taken}`, which is also the key of a group"),
        resources => format!("`{group}` needs {resources} resources, and the id `{taken}` is also the key of a group"),
    };
    let mut diagnostic = Diagnostic::error(Code::IdCollision, message);
    diagnostic.help(format!("rename the requirement key of `{group}` or of `{taken}`"));
    Some(diagnostic)
}
