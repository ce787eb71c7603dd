//! ARM templates: one file, with nested templates in it or beside it.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod evaluate;
mod functions;
mod modules;
mod parse;
mod place;
mod reader;
mod scope;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::found::{Contents, Told};
use crate::input::{Diagnostics, Document};
pub(super) use place::Place;
use reader::Reader;
use scope::{GivenValue, Scope};

/// Reads a file by the relative path that a template names; `None` where there is none.
pub(super) type Files<'f> = dyn Fn(&str) -> Option<Document> + 'f;

/// Whether a document is a template.
pub(super) fn is_template(value: &Value) -> bool {
    let schema = value.get("$schema").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    schema.contains("deploymenttemplate.json") || (value.get("resources").is_some() && value.get("contentVersion").is_some())
}

/// The names of the parameters that a template declares, in lower case.
pub(super) fn declared(template: &Value) -> Vec<String> {
    template.get("parameters").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.to_lowercase()).collect()
}

/// Everything in a template that is deployed to a place. `given` are the values of a parameter file.
pub(super) fn read(
    document: &Document,
    value: &Value,
    given: &Map<String, Value>,
    place: &Place,
    files: &Files<'_>,
) -> Result<Contents, Diagnostics> {
    let mut reader = Reader::new(files);
    // Values of parameter files may be expressions as well.
    let outside = Scope::new(&Value::Null, BTreeMap::new(), place.clone(), String::new());
    let given = given.iter().map(|(name, stated)| (name.clone(), GivenValue::read(&outside.value(stated)))).collect();
    let outputs = match reader.template(value, given, place.clone(), String::new()) {
        Ok(outputs) => outputs,
        Err(diagnostic) => return Err(Diagnostics::from(*diagnostic).located(document)),
    };
    let ids = Told::all(outputs.get("resources").and_then(|output| output.get("value")));
    Ok(Contents { ids, resources: reader.resources, skipped: reader.skipped })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{evaluate, functions};

    /// The guide lists every function that is evaluated, and none that is not.
    #[test]
    fn the_guide_lists_what_is_evaluated() {
        let guide = include_str!("../../../docs/migration.md");
        let rows = guide.lines().filter(|line| line.starts_with('|')).filter_map(|line| line.trim_matches('|').split_once(" | "));
        let names = |row: &str| row.split('`').skip(1).step_by(2).map(str::to_ascii_lowercase).collect::<Vec<_>>();
        let of = |word: &str| -> BTreeSet<String> {
            rows.clone().filter(|(_, what)| what.trim().starts_with(word)).flat_map(|(row, _)| names(row)).collect()
        };
        let known: BTreeSet<String> = functions::all().keys().copied().chain(evaluate::BUILT_IN).map(str::to_owned).collect();
        assert_eq!(of("evaluated"), known);
        assert!(of("a symbol").is_disjoint(&known) && of("a symbol").len() > 10);
    }
}
