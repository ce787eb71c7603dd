//! What `terraform show -json` prints of a state or a plan, and state files.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

use serde_json::{Map, Value};

use super::references::Configuration;
use crate::import::found::{Contents, Found, Skipped, Told};
use crate::import::marks;
use crate::input::{Code, Diagnostic, Diagnostics, Document, Pointer};
use crate::rules::Language;

/// Whether a document is what `terraform show -json` prints.
pub(super) fn is_shown(value: &Value) -> bool {
    value.get("format_version").is_some() || (value.get("terraform_version").is_some() && value.get("values").is_some())
}

/// Whether it is a state as Terraform keeps it.
pub(super) fn is_state_file(value: &Value) -> bool {
    value.get("lineage").is_some() && value.get("serial").is_some()
}

fn refuse(document: &Document, pointer: Pointer, code: Code, message: impl Into<String>, help: &str) -> Diagnostics {
    let mut diagnostic = Diagnostic::error(code, message).at(pointer);
    diagnostic.expect("what `terraform show -json` prints").help(help);
    Diagnostics::from(diagnostic).located(document)
}

/// Everything in what `terraform show -json` prints.
pub(super) fn shown(document: &Document, value: &Value) -> Result<Contents, Diagnostics> {
    let major = value.get("format_version").and_then(Value::as_str).and_then(|version| version.split('.').next());
    if major.is_some_and(|major| !matches!(major, "0" | "1")) {
        let message = "this program reads what Terraform shows in format 1";
        let at = Pointer::root().key("format_version");
        return Err(refuse(document, at, Code::WrongVersion, message, "use a newer version of this program"));
    }
    // A plan says what will be there.
    let (section, values) = match (value.get("values"), value.get("planned_values")) {
        (_, Some(planned)) => ("planned_values", planned),
        (Some(values), None) => ("values", values),
        (None, None) => {
            let message = "there are no `values` here";
            return Err(refuse(document, Pointer::root(), Code::MissingField, message, "is the state empty?"));
        }
    };
    let Some(root) = values.get("root_module").and_then(Value::as_object) else {
        let at = Pointer::root().key(section);
        return Err(refuse(document, at, Code::MissingField, "there is no `root_module` here", "is the state empty?"));
    };
    let configuration = Configuration::new(value.pointer("/configuration/root_module"));
    let mut contents = Contents::default();
    module(root, &configuration, &mut contents, 0);
    contents.ids = Told::all(values.pointer("/outputs/resources/value"));
    Ok(contents)
}

/// Modules nest as deep as people nest folders.
const DEEPEST: usize = 64;

fn module(module: &Map<String, Value>, configuration: &Configuration<'_>, contents: &mut Contents, depth: usize) {
    for resource in module.get("resources").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| resource.get(field).and_then(Value::as_str).unwrap_or_default();
        let address = marks::clean(text("address")).into_owned();
        let values = resource.get("values").unwrap_or(&Value::Null);
        push(contents, text("mode"), text("type"), address, values, configuration);
    }
    for child in module.get("child_modules").and_then(Value::as_array).into_iter().flatten() {
        match child.as_object() {
            Some(child) if depth < DEEPEST => self::module(child, configuration, contents, depth + 1),
            _ => contents.skipped.push(Skipped::new("a child module", "it is no module, or nested too deep")),
        }
    }
}

fn push(
    contents: &mut Contents,
    mode: &str,
    provider_type: &str,
    address: String,
    values: &Value,
    configuration: &Configuration<'_>,
) {
    if mode == "data" {
        contents.skipped.push(Skipped::new(address, "it is a data source, which is read and not made"));
        return;
    }
    let Value::Object(mut body) = cleaned(values) else {
        contents.skipped.push(Skipped::new(address, "it has no type or no values"));
        return;
    };
    if provider_type.is_empty() {
        contents.skipped.push(Skipped::new(address, "it has no type or no values"));
        return;
    }
    configuration.complete(&address, &mut body);
    let text = |field: &str| body.get(field).and_then(Value::as_str).map(str::to_owned);
    let id = text("id").or_else(|| configuration.id(&address));
    let name = text("name").unwrap_or_else(|| if id.is_some() { String::new() } else { marks::unknown(&address, false, &[]) });
    contents.resources.push(Found {
        language: Language::Terraform,
        provider_type: provider_type.to_owned(),
        names: vec![name],
        address,
        id,
        body: Value::Object(body),
    });
}

/// Everything in a state file.
pub(super) fn state(document: &Document, value: &Value) -> Result<Contents, Diagnostics> {
    if value.get("version").and_then(Value::as_u64) != Some(4) {
        let message = "this program reads Terraform's state files of version 4";
        let at = Pointer::root().key("version");
        return Err(refuse(document, at, Code::WrongVersion, message, "print it with `terraform show -json > state.json`"));
    }
    let mut contents = Contents { ids: Told::all(value.pointer("/outputs/resources/value")), ..Contents::default() };
    let none = Configuration::new(None);
    for resource in value.get("resources").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| resource.get(field).and_then(Value::as_str).unwrap_or_default();
        let module = text("module");
        let dot = if module.is_empty() { "" } else { "." };
        for instance in resource.get("instances").and_then(Value::as_array).into_iter().flatten() {
            let index = instance.get("index_key").map(|key| format!("[{key}]")).unwrap_or_default();
            let address = marks::clean(&format!("{module}{dot}{}.{}{index}", text("type"), text("name"))).into_owned();
            // Attributes of ancient states are flat.
            let Some(attributes) = instance.get("attributes") else {
                contents.skipped.push(Skipped::new(address, "it has no attributes: run `terraform refresh` once"));
                continue;
            };
            push(&mut contents, text("mode"), text("type"), address, attributes, &none);
        }
    }
    Ok(contents)
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
