//! Ids of resources: the group's key, then `-2`, `-3`, …

use std::collections::BTreeSet;

use crate::input::{Code, Diagnostic};
use crate::names::ResourceId;

/// The id of a group's `number`th resource, counted from 1.
pub(super) fn id(group: &str, number: usize) -> ResourceId {
    if number == 1 { group.to_owned().into() } else { format!("{group}-{number}").into() }
}

/// A further resource whose id is the key of another group.
pub(super) fn collision(group: &str, resources: usize, groups: &BTreeSet<String>) -> Option<Diagnostic> {
    let taken = (2..=resources).map(|number| id(group, number)).find(|id| groups.contains(id.as_str()))?;
    let message = format!("`{group}` needs {resources} resources, and the id `{taken}` is also the key of a group");
    let mut diagnostic = Diagnostic::error(Code::IdCollision, message);
    diagnostic.help(format!("rename the requirement key of `{group}` or of `{taken}`"));
    Some(diagnostic)
}
