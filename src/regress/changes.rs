//! What changed between two plans, in words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::names::{ComponentId, ResourceId};
use crate::plan::{Plan, Resource};

/// Changes of one kind that are told one by one.
const MOST: usize = 10;

/// One line for each change that matters to whoever runs the resources; what only follows from another is left out.
pub(super) fn changes(old: &Plan, new: &Plan) -> Vec<String> {
    let (before, after) = (by_id(old), by_id(new));
    let mut lines = Vec::new();
    let components = |plan: &Plan, other: &Plan, word: &str| {
        let names: Vec<_> = plan.bindings.keys().filter(|id| !other.bindings.contains_key(*id)).collect();
        let more = names.len().saturating_sub(1);
        names.first().map(|first| match more {
            0 => format!("component `{first}` is {word}"),
            _ => format!("components `{first}` and {more} more are {word}"),
        })
    };
    lines.extend(components(new, old, "new"));
    lines.extend(components(old, new, "gone"));
    let new_ones = after.values().filter(|resource| !before.contains_key(&resource.id));
    tell(&mut lines, "resources are new", new_ones.map(|resource| is_new(new, resource)).collect());
    let gone = before.keys().filter(|id| !after.contains_key(*id));
    tell(&mut lines, "resources are gone", gone.map(|id| format!("resource `{id}` is gone")).collect());
    let both = || before.iter().filter_map(|(id, old)| Some((*id, *old, *after.get(id)?)));
    let renamed = both().filter(|(_, old, new)| old.name != new.name);
    let renamed = renamed.map(|(id, old, new)| format!("resource `{id}` is called `{}`, not `{}`", new.name, old.name));
    tell(&mut lines, "resources have other names", renamed.collect());
    let configured = both().flat_map(|(id, old, new)| reconfigured(id, &old.config, &new.config)).collect();
    tell(&mut lines, "properties are other", configured);
    tell(&mut lines, "components are elsewhere", moved(old, new));
    for (optimal, word) in [(new, "is no longer proven"), (old, "is now proven")] {
        if !optimal.optimal && old.optimal != new.optimal {
            lines.push(format!("that fewer resources are impossible {word}"));
        }
    }
    let warnings = |plan: &Plan| -> BTreeSet<String> {
        let line = |warning: &crate::plan::Warning| format!("warning [{}]: {}", warning.code, warning.message);
        plan.warnings.iter().map(line).collect()
    };
    let (before, after) = (warnings(old), warnings(new));
    tell(&mut lines, "warnings are new", after.difference(&before).map(|warning| format!("new {warning}")).collect());
    tell(&mut lines, "warnings are gone", before.difference(&after).map(|warning| format!("gone {warning}")).collect());
    lines
}

/// Tells the first few, and how many more there are.
fn tell(lines: &mut Vec<String>, what: &str, changes: Vec<String>) {
    let more = changes.len().saturating_sub(MOST);
    lines.extend(changes.into_iter().take(MOST));
    if more > 0 {
        lines.push(format!("{more} more {what}"));
    }
}

fn by_id(plan: &Plan) -> BTreeMap<&ResourceId, &Resource> {
    plan.resources.iter().map(|resource| (&resource.id, resource)).collect()
}

fn is_new(plan: &Plan, resource: &Resource) -> String {
    let of = |key: &str| {
        let further = resource.id.as_str().strip_prefix(key);
        further.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok()))
    };
    let group = plan.groups.iter().filter(|group| of(&group.key)).max_by_key(|group| group.key.len());
    let reasons = group.map(|group| group.reasons.join("; ")).filter(|reasons| !reasons.is_empty());
    let why = reasons.unwrap_or_else(|| match resource.components.as_slice() {
        [] => "other resources require it".to_owned(),
        [only] => format!("for `{only}`"),
        [first, rest @ ..] => format!("for `{first}` and {} more", rest.len()),
    });
    format!("resource `{}` is new: {why}", resource.id)
}

fn reconfigured(id: &ResourceId, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<String> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differs = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let line = |name: &String| match (old.get(name), new.get(name)) {
        (Some(Value::Array(old)), Some(Value::Array(new))) => sized(name, id, "elements", old.len(), new.len()),
        (Some(Value::Object(old)), Some(Value::Object(new))) => sized(name, id, "members", old.len(), new.len()),
        (old, new) => format!("`{name}` of `{id}` is {}, not {}", brief(new), brief(old)),
    };
    differs.map(line).collect()
}

fn sized(name: &str, id: &ResourceId, what: &str, old: usize, new: usize) -> String {
    let count = if old == new { "other".to_owned() } else { format!("{new}, no longer {old},") };
    format!("`{name}` of `{id}` has {count} {what}")
}

fn brief(value: Option<&Value>) -> String {
    match value {
        None => "not stated".to_owned(),
        Some(value @ (Value::Object(_) | Value::Array(_))) => crate::input::describe(value),
        Some(value) => value.to_string(),
    }
}

/// Components that were there before and have a requirement on other resources now.
fn moved(old: &Plan, new: &Plan) -> Vec<String> {
    let list = |ids: &[ResourceId]| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let of = |(component, now): (&ComponentId, &crate::plan::Binding)| -> Vec<String> {
        let Some(was) = old.bindings.get(component) else { return Vec::new() };
        let both = now.resources.iter().filter_map(|(key, now)| Some((now, was.resources.get(key)?)));
        both.filter(|(now, was)| now != was)
            .map(|(now, was)| format!("`{component}` is on {}, no longer on {}", list(now), list(was)))
            .collect()
    };
    new.bindings.iter().flat_map(of).collect()
}
