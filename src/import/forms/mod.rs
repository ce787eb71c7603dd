//! In which form a file says what exists: found by what is in it.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod listing;
mod parameters;
mod references;
pub(super) mod relaxed;
mod terraform;

use serde_json::{Map, Value};

use super::arm::{self, Files, Place};
use super::found::Contents;
use crate::input::{Code, Diagnostic, Diagnostics, Document};
pub(super) use parameters::Parameters;

/// What a file of existing resources is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    /// An ARM template.
    Arm,
    /// What `terraform show -json` prints, or a state file.
    Terraform,
    /// A list of resources, as Azure Resource Graph and `az resource list` give it.
    Resources,
}

/// What a file turned out to be.
pub(super) enum Form {
    Template(Value),
    /// Values of a template's parameters.
    Parameters(Map<String, Value>),
    Contents(Contents),
}

/// Finds out what a document is, and reads what needs nothing else.
pub(super) fn read(document: &Document, format: Option<ImportFormat>) -> Result<Form, Diagnostics> {
    let value = parse(document)?;
    let form = format.or_else(|| detect(&value));
    match form {
        Some(ImportFormat::Arm) => Ok(Form::Template(value)),
        Some(ImportFormat::Terraform) if terraform::is_state_file(&value) => {
            terraform::state(document, &value).map(Form::Contents)
        }
        Some(ImportFormat::Terraform) => terraform::shown(document, &value).map(Form::Contents),
        Some(ImportFormat::Resources) => Ok(Form::Contents(listing::read(&listing::pages(&value).unwrap_or_default()))),
        None => {
            if let Some(parameters) = parameters::given(&value) {
                return Ok(Form::Parameters(parameters.clone()));
            }
            if let Some(settings) = listing::settings(&value) {
                return Ok(Form::Contents(listing::of_application(stem(document.name()), settings)));
            }
            Err(Diagnostics::from(unknown(&value)).located(document))
        }
    }
}

/// Everything in a template that is deployed to a place, with its parameters.
pub(super) fn template(
    document: &Document,
    template: &Value,
    given: &Map<String, Value>,
    place: &Place,
    files: &Files<'_>,
) -> Result<Contents, Diagnostics> {
    let relaxed = |path: &str| {
        let document = files(path)?;
        if document.parse().is_ok() { Some(document) } else { relaxed::without_comments(&document).or(Some(document)) }
    };
    arm::read(document, template, given, place, &relaxed)
}

fn detect(value: &Value) -> Option<ImportFormat> {
    if arm::is_template(value) {
        Some(ImportFormat::Arm)
    } else if terraform::is_shown(value) || terraform::is_state_file(value) {
        Some(ImportFormat::Terraform)
    } else if listing::pages(value).is_some() {
        Some(ImportFormat::Resources)
    } else {
        None
    }
}

/// What a file is called, without folders and endings.
pub(super) fn stem(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default().split('.').next().unwrap_or_default()
}

/// The value in a document, with comments and texts over several lines if it has any.
pub(super) fn parse(document: &Document) -> Result<Value, Diagnostics> {
    let Err(strict) = document.parse() else { return document.parse() };
    if let Some(plain) = relaxed::without_comments(document) {
        return plain.parse();
    }
    match source(document.name(), document.text()) {
        Some(mut diagnostic) => {
            diagnostic.place(document, 0..document.text().lines().next().map_or(0, str::len));
            Err(diagnostic.into())
        }
        None => Err(strict),
    }
}

/// A source in another language, which its own program makes readable.
fn source(name: &str, text: &str) -> Option<Diagnostic> {
    let word_starts = |words: &[&str]| {
        let mut lines = text.lines().map(str::trim_start);
        lines.any(|line| words.iter().any(|word| line.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t']))))
    };
    let ends = |ending: &str| name.to_lowercase().ends_with(ending);
    let first = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let bicep = ends(".bicep") || (word_starts(&["param", "targetScope", "resource", "module"]) && text.contains("@20"));
    let parameters = ends(".bicepparam");
    let hcl = ends(".tf") || (word_starts(&["resource", "terraform", "provider", "variable"]) && text.contains('{'));
    let (what, help) = if parameters {
        ("a Bicep parameter file", format!("write it as JSON with `az bicep build-params --file {first}` and import that"))
    } else if bicep {
        ("Bicep", format!("write it as a template with `az bicep build --file {first}` and import that"))
    } else if hcl {
        ("Terraform's configuration language", "print the state with `terraform show -json > state.json`, or a plan with `terraform plan -out p && terraform show -json p > plan.json`, and import that".to_owned())
    } else {
        return None;
    };
    let mut diagnostic = Diagnostic::error(Code::WrongType, format!("this is {what}, not JSON"));
    diagnostic.expect("a template, state or list of resources in JSON").help(help);
    Some(diagnostic)
}

fn unknown(value: &Value) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Code::WrongType, "this file does not say which resources exist");
    diagnostic.expect("an ARM template, what `terraform show -json` prints, a state file, or a list of resources");
    if value.get("components").is_some() {
        diagnostic.help("this is an estate already");
    } else {
        diagnostic.help("say which with `--from`, if it is one nevertheless");
    }
    diagnostic
}
