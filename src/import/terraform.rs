//! What `terraform show -json` prints: a state, or a plan.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

use serde_json::{Map, Value};

use super::found::{Contents, Found};
use super::marks;
use crate::input::{Code, Diagnostic, Diagnostics, Document, Pointer};
use crate::rules::Language;

/// Whether a document is such output.
pub(super) fn is_shown(value: &Value) -> bool {
    value.get("format_version").is_some() || value.get("terraform_version").is_some() || is_state_file(value)
}

/// A state as Terraform keeps it, which is not what `show -json` prints.
fn is_state_file(value: &Value) -> bool {
    value.get("lineage").is_some() && value.get("serial").is_some()
}

/// Everything in a state or plan.
pub(super) fn read(document: &Document, value: &Value) -> Result<Contents, Diagnostics> {
    let refuse = |pointer: Pointer, code: Code, message: &str, help: &str| {
        let mut diagnostic = Diagnostic::error(code, message).at(pointer);
        diagnostic.expect("what `terraform show -json` prints").help(help);
        Err(Diagnostics::from(diagnostic).located(document))
    };
    if is_state_file(value) {
        let message = "this is Terraform's state file, whose format is its own";
        return refuse(Pointer::root(), Code::WrongType, message, "print it with `terraform show -json > state.json`");
    }
    let major = value.get("format_version").and_then(Value::as_str).and_then(|version| version.split('.').next());
    if major.is_some_and(|major| !matches!(major, "0" | "1")) {
        let message = "this program reads what Terraform shows in format 1";
        return refuse(Pointer::root().key("format_version"), Code::WrongVersion, message, "use a newer version of this program");
    }
    // A plan says what will be there.
    let (section, values) = match (value.get("values"), value.get("planned_values")) {
        (_, Some(planned)) => ("planned_values", planned),
        (Some(values), None) => ("values", values),
        (None, None) => return refuse(Pointer::root(), Code::MissingField, "there are no `values` here", "is the state empty?"),
    };
    let Some(root) = values.get("root_module").and_then(Value::as_object) else {
        let at = Pointer::root().key(section);
        return refuse(at, Code::MissingField, "there is no `root_module` here", "is the state empty?");
    };
    let mut contents = Contents { language: Language::Terraform, resources: Vec::new(), ids: Vec::new(), skipped: Vec::new() };
    module(root, &mut contents, 0);
    let outputs = values.pointer("/outputs/resources/value").and_then(Value::as_object);
    let ids = outputs.into_iter().flatten();
    contents.ids = ids.filter_map(|(id, about)| Some((id.clone(), about.get("name")?.as_str()?.to_owned()))).collect();
    Ok(contents)
}

/// Modules nest as deep as people nest folders.
const DEEPEST: usize = 64;

fn module(module: &Map<String, Value>, contents: &mut Contents, depth: usize) {
    for resource in module.get("resources").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| resource.get(field).and_then(Value::as_str).unwrap_or_default();
        let address = marks::clean(text("address")).into_owned();
        if text("mode") == "data" {
            contents.skipped.push((address, "it is a data source, which is read and not made".to_owned()));
            continue;
        }
        let body = cleaned(resource.get("values").unwrap_or(&Value::Null));
        if text("type").is_empty() || !body.is_object() {
            contents.skipped.push((address, "it has no type or no values".to_owned()));
            continue;
        }
        contents.resources.push(Found {
            provider_type: text("type").to_owned(),
            names: vec![body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()],
            address,
            id: body.get("id").and_then(Value::as_str).map(str::to_owned),
            body,
        });
    }
    for child in module.get("child_modules").and_then(Value::as_array).into_iter().flatten() {
        match child.as_object() {
            Some(child) if depth < DEEPEST => self::module(child, contents, depth + 1),
            _ => contents.skipped.push(("a child module".to_owned(), "it is no module, or nested too deep".to_owned())),
        }
    }
}

/// Without what marks are made of, and without nulls, which Terraform writes for all that nobody set.
fn cleaned(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(marks::clean(text).into_owned()),
        Value::Array(array) => array.iter().map(cleaned).collect(),
        Value::Object(map) => {
            let stated = map.iter().filter(|(_, value)| !value.is_null());
            stated.map(|(key, value)| (marks::clean(key).into_owned(), cleaned(value))).collect()
        }
        other => other.clone(),
    }
}
