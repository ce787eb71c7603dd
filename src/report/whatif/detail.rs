//! What a scenario changes, in lines.

use serde_json::Value;

use crate::untrusted::Lines;
use crate::whatif::{CostChange, Detail, GroupChange, PropertyChange};

/// Properties changed alike are said once, however many resources they are of.
const RESOURCES: usize = 3;

/// Writes what changed, each line with this before it.
pub(in crate::report) fn write(out: &mut Lines, detail: &Detail, before: &str) {
    if detail.groups.is_empty() && detail.costs.is_empty() && detail.properties.is_empty() {
        out.line(format_args!("{before}nothing changes"));
    }
    for GroupChange { key, before: was, after, reasons } in &detail.groups {
        out.line(format_args!("{before}{key}: {was} → {after} {}", if *after == 1 { "resource" } else { "resources" }));
        for reason in reasons {
            out.line(format_args!("{before}  {reason}"));
        }
    }
    for CostChange { resource_type, currency, before: was, after } in &detail.costs {
        out.line(format_args!("{before}{resource_type}: {} → {} a month", currency.show(*was), currency.show(*after)));
    }
    for (property, was, is, on) in alike(&detail.properties) {
        let named = on.iter().take(RESOURCES).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let more = on.len().saturating_sub(RESOURCES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out.line(format_args!("{before}`{property}` {} → {} on {named}{more}", shown(was), shown(is)));
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "unset".to_owned(), Value::to_string)
}

type Alike<'d> = (&'d str, Option<&'d Value>, Option<&'d Value>, Vec<&'d str>);

fn alike(properties: &[PropertyChange]) -> Vec<Alike<'_>> {
    let mut all: Vec<Alike<'_>> = Vec::new();
    for PropertyChange { resource, property, before, after } in properties {
        let (was, is) = (before.as_ref(), after.as_ref());
        match all.iter_mut().find(|(known, a, b, _)| known == property && *a == was && *b == is) {
            Some((.., on)) => on.push(resource.as_str()),
            None => all.push((property, was, is, vec![resource.as_str()])),
        }
    }
    all
}
