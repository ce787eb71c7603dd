//! One resource for each that exists: the same one may be in several files.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::found::{Contents, Found, Skipped, id_key, scope};
use super::marks;

/// Differences of one resource that are told; the others are counted.
const TOLD: usize = 3;
/// What a resource says of how it is at the moment or how it is written down.
const PASSING: [&str; 12] = [
    "id",
    "name",
    "type",
    "apiVersion",
    "etag",
    "comments",
    "dependsOn",
    "metadata",
    "provisioningState",
    "changedTime",
    "createdTime",
    "systemData",
];

/// Makes one of all descriptions of the same resource: the richer one, with what only others say. Gives what they say otherwise.
pub(super) fn join(contents: &mut Contents) -> Vec<String> {
    let mut notes = Vec::new();
    let mut kept: Vec<Found> = Vec::with_capacity(contents.resources.len());
    let mut known: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    let mut repeated: BTreeMap<String, usize> = BTreeMap::new();
    // Whole ids first: what does not tell its resource group may be one of them.
    let (whole, part): (Vec<Found>, Vec<Found>) =
        std::mem::take(&mut contents.resources).into_iter().partition(|found| found.id.as_deref().is_none_or(is_whole));
    for found in whole.into_iter().chain(part) {
        let Some((id, key)) = found.id.as_ref().and_then(|id| Some((id.clone(), id_key(id)?))) else {
            kept.push(found);
            continue;
        };
        let wanted = scope(&id);
        let ranks = known.entry(key).or_default();
        let same = |rank: &&usize| {
            let other = kept.get(**rank).and_then(|other| other.id.as_deref()).unwrap_or_default();
            other.eq_ignore_ascii_case(&id)
                || (!is_whole(&id) && scope(other).iter().zip(&wanted).all(|(a, b)| a.is_none() || b.is_none() || a == b))
        };
        let fitting: Vec<usize> = ranks.iter().filter(same).copied().collect();
        match fitting.as_slice() {
            [rank] => {
                if let Some(other) = kept.get_mut(*rank) {
                    *repeated.entry(other.address.clone()).or_default() += 1;
                    notes.extend(unite(other, found));
                }
            }
            _ => {
                ranks.push(kept.len());
                kept.push(found);
            }
        }
    }
    contents.resources = kept;
    contents.skipped.extend(repeated.into_iter().map(|(address, times)| {
        let times = if times == 1 { "twice".to_owned() } else { format!("{} times", times + 1) };
        Skipped::new(address, format!("it is described {times}, and taken as one"))
    }));
    notes
}

fn is_whole(id: &str) -> bool {
    scope(id).iter().all(Option::is_some)
}

/// Makes one description of two, and tells where they differ.
fn unite(one: &mut Found, other: Found) -> Option<String> {
    let (mut richer, mut poorer) =
        if leaves(&one.body) >= leaves(&other.body) { (one.clone(), other) } else { (other, one.clone()) };
    // An id that tells more is better, whoever says it.
    if richer.id.as_deref().is_none_or(|id| !is_whole(id)) {
        std::mem::swap(&mut richer.id, &mut poorer.id);
    }
    let mut differences = Vec::new();
    if richer.language == poorer.language
        && let (Value::Object(more), Value::Object(less)) = (&mut richer.body, &poorer.body)
    {
        lay_under(more, less, "", &mut differences);
    }
    let told = (!differences.is_empty()).then(|| {
        let others = differences.len().saturating_sub(TOLD);
        let others = if others > 0 { format!(" and {others} more") } else { String::new() };
        differences.truncate(TOLD);
        format!(
            "{}: its descriptions differ in {}{others}; the one that says more is taken",
            richer.address,
            differences.join(", ")
        )
    });
    *one = richer;
    told
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(array) => array.iter().map(leaves).sum(),
        Value::Object(map) => map.values().map(leaves).sum(),
        // What only deployment knows says less.
        Value::String(text) if !marks::is_known(text) => 0,
        Value::Null => 0,
        _ => 1,
    }
}

/// Adds what one object says to another that says nothing of it.
fn lay_under(more: &mut Map<String, Value>, less: &Map<String, Value>, path: &str, differences: &mut Vec<String>) {
    for (name, value) in less {
        let known = more.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match known.and_then(|known| more.get_mut(&known)) {
            None => {
                more.insert(name.clone(), value.clone());
            }
            Some(Value::Object(more)) if value.is_object() => {
                if let Value::Object(less) = value {
                    lay_under(more, less, &path, differences);
                }
            }
            Some(known) if known.as_str().is_some_and(|text| !marks::is_known(text)) => *known = value.clone(),
            Some(known) => {
                let same = match (known.as_str(), value.as_str()) {
                    (Some(a), Some(b)) => !marks::is_known(b) || squeezed(a) == squeezed(b),
                    _ => known == value,
                };
                let passing = PASSING.contains(&path.as_str()) || path.ends_with("provisioningState");
                if !(same || passing) {
                    differences.push(format!("`{path}`"));
                }
            }
        }
    }
}

/// Regions are written `East US` and `eastus`.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}
