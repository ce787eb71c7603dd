//! What a plan states and what follows from its placements, side by side.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::{Finding, FindingKind};
use crate::plan::{GroupReport, Plan};
use crate::secrets::{hidden, hidden_member, is_mask};

/// Differences that are told one by one; the rest are counted.
const TOLD: usize = 50;

/// Notes every difference. Prose, certificates and what a lock came to are left out: the first is not checked, the others are
/// elsewhere.
pub(super) fn compare(stated: &Plan, mut follows: Plan, findings: &mut Vec<Finding>) {
    follows.warnings.clone_from(&stated.warnings);
    follows.hazards.clone_from(&stated.hazards);
    let groups: FxHashMap<&str, &GroupReport> = stated.groups.iter().map(|group| (group.key.as_str(), group)).collect();
    for group in &mut follows.groups {
        if let Some(same) = groups.get(group.key.as_str()) {
            group.certificate.clone_from(&same.certificate);
            group.reasons.clone_from(&same.reasons);
            group.lock.clone_from(&same.lock);
        }
    }
    follows.optimal = follows.groups.iter().all(GroupReport::is_fewest);
    if *stated == follows {
        return;
    }
    let json = |plan: &Plan| serde_json::to_value(plan).unwrap_or_default();
    let mut all = Vec::new();
    differ(&json(stated), &json(&follows), &mut String::new(), &mut all);
    let rest = all.len().saturating_sub(TOLD);
    findings.extend(all.into_iter().take(TOLD));
    if rest > 0 {
        let message = format!("{rest} further differences");
        findings.push(Finding { place: String::new(), kind: FindingKind::Statement, message });
    }
}

fn differ(stated: &Value, follows: &Value, place: &mut String, findings: &mut Vec<Finding>) {
    let length = place.len();
    match (stated, follows) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                place.push('/');
                place.push_str(&key.replace('~', "~0").replace('/', "~1"));
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differ(a, b, place, findings),
                    (Some(a), None) => {
                        let shown = short(&hidden_member(key, a));
                        note(place, findings, format!("{shown} does not follow from the placements"));
                    }
                    (None, Some(b)) => note(place, findings, format!("{} follows from the placements and is missing", short(b))),
                    (None, None) => {}
                }
                place.truncate(length);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                place.push_str(&format!("/{i}"));
                differ(a, b, place, findings);
                place.truncate(length);
            }
        }
        (a, b) if a != b => {
            let name = place.rsplit('/').next().unwrap_or_default();
            // Where one of the two is masked the other should be.
            let masked = [a, b].into_iter().any(|value| value.as_str().is_some_and(is_mask));
            let shown = |value: &Value| short(&if masked { hidden(value) } else { hidden_member(name, value) });
            note(place, findings, format!("{} is stated, but {} follows from the placements", shown(a), shown(b)));
        }
        _ => {}
    }
}

fn note(place: &str, findings: &mut Vec<Finding>, message: String) {
    findings.push(Finding { place: place.to_owned(), kind: FindingKind::Statement, message });
}

/// A value in a line.
fn short(value: &Value) -> String {
    const LONGEST: usize = 80;
    match value {
        Value::Array(array) => format!("a list of {}", array.len()),
        Value::Object(map) => map.get("id").and_then(Value::as_str).map_or("an object".to_owned(), |id| format!("`{id}`")),
        other => {
            let text = other.to_string();
            if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST).chain("…".chars()).collect() }
        }
    }
}
