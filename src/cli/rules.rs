//! `colocate rules`

use std::fmt::Write as _;

use clap::Args;
use colocate::rules::{Collection, ComponentRule, Kind, Properties, Property, ResourceRule, ScalarType, Vocabulary};
use colocate::{Code, Diagnostic, RuleSet};

use super::files::{self, Failure};
use super::{Exit, RuleFiles};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A resource type, component type or vocabulary; all of them unless given
    #[arg(value_name = "TYPE")]
    type_name: Option<String>,
    #[command(flatten)]
    rules: RuleFiles,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let text = match &arguments.type_name {
        None => list(&rules),
        Some(name) => match (rules.resource(name), rules.component(name)) {
            (Some(rule), _) => resource(rule),
            (None, Some(rule)) => component(rule),
            (None, None) => match rules.vocabularies().find(|vocabulary| vocabulary.name == *name) {
                Some(vocabulary) => words(vocabulary),
                None => return Err(unknown(name, &rules)),
            },
        },
    };
    files::write(None, &text)?;
    Ok(Exit::Done)
}

fn unknown(name: &str, rules: &RuleSet) -> Failure {
    let types = rules.resources().map(|rule| rule.resource_type.as_str());
    let types = types.chain(rules.components().map(|rule| rule.component_type.as_str()));
    let types: Vec<&str> = types.chain(rules.vocabularies().map(|vocabulary| vocabulary.name.as_str())).collect();
    let mut diagnostic = Diagnostic::error(Code::UnknownType, format!("no rule describes a type `{name}`"));
    diagnostic.expect(format!("one of {}", types.join(", ")));
    Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() }
}

fn list(rules: &RuleSet) -> String {
    let mut text = String::from("Resource types\n");
    for rule in rules.resources() {
        let capacities: Vec<String> =
            rule.capacities.iter().map(|capacity| format!("{} {}", capacity.limit, capacity.name)).collect();
        let _ = writeln!(text, "  {:<12} {:<32} {}", rule.resource_type.as_str(), rule.title, capacities.join(", "));
    }
    text.push_str("\nComponent types\n");
    for rule in rules.components() {
        let _ = writeln!(text, "  {:<12} {}", rule.component_type.as_str(), rule.why.as_deref().unwrap_or(&rule.title));
    }
    text.push_str("\nVocabularies\n");
    for vocabulary in rules.vocabularies() {
        let _ = writeln!(text, "  {:<12} {}, {} words", vocabulary.name, vocabulary.title, vocabulary.words.len());
    }
    text
}

fn words(vocabulary: &Vocabulary) -> String {
    let mut text = format!("{}: {}\n", vocabulary.name, vocabulary.title);
    if let Some(why) = &vocabulary.why {
        let _ = writeln!(text, "{why}");
    }
    text.push('\n');
    let width = vocabulary.words.keys().map(String::len).max().unwrap_or_default();
    for (word, title) in &vocabulary.words {
        let _ = writeln!(text, "  {word:<width$}  {title}");
    }
    text
}

fn resource(rule: &ResourceRule) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}", rule.resource_type, rule.title);
    let why = rule.why.iter().map(String::as_str);
    why.for_each(|why| {
        let _ = writeln!(text, "  {why}");
    });
    text.push_str("\nProperties\n");
    properties(&mut text, &rule.properties, 1, true);
    if !rule.capacities.is_empty() {
        text.push_str("\nCapacities\n");
    }
    for capacity in &rule.capacities {
        let counted: Vec<String> = capacity.count.iter().map(|path| path.join(".")).collect();
        let per = capacity.per.as_ref().map_or_else(String::new, |per| format!(" for each of `{per}`"));
        let ceiling = capacity.ceiling.map_or_else(String::new, |ceiling| format!(", at most {ceiling}"));
        let _ = writeln!(text, "  {}: {}{ceiling} (counts {}{per})", capacity.name, capacity.limit, counted.join(" + "));
        if let Some(why) = &capacity.why {
            let _ = writeln!(text, "      {why}");
        }
    }
    if !rule.requires.is_empty() {
        let required: Vec<&str> = rule.requires.iter().map(|required| required.resource_type.as_str()).collect();
        let _ = writeln!(text, "\nRequires {}", required.join(", "));
    }
    cost(&mut text, rule);
    if !rule.outputs.is_empty() {
        text.push_str("\nOutputs\n");
    }
    for (name, output) in &rule.outputs {
        let _ = writeln!(text, "  ${{{}.{name}}}: {}", rule.resource_type, output.why);
    }
    text
}

/// What a type is billed by.
fn cost(text: &mut String, rule: &ResourceRule) {
    let Some(cost) = &rule.cost else { return };
    text.push_str("\nCost\n");
    if cost.meters.is_empty() {
        text.push_str("  nothing\n");
    }
    for meter in &cost.meters {
        let price = meter.fixed_meter().map_or_else(String::new, |name| format!(", {name}"));
        let by = meter.usage.as_ref().map_or_else(String::new, |usage| format!(", by `{usage}`"));
        let once = if meter.once { ", once a subscription" } else { "" };
        let _ =
            writeln!(text, "  {}: by {}{price}{by}{once}", meter.name, if meter.unit == "1" { "number" } else { &meter.unit });
        if let Some(why) = &meter.why {
            let _ = writeln!(text, "      {why}");
        }
    }
    for (name, what) in &cost.usage {
        let _ = writeln!(text, "  usage file, `{name}`: {what}");
    }
}

fn component(rule: &ComponentRule) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}", rule.component_type, rule.title);
    if let Some(why) = &rule.why {
        let _ = writeln!(text, "  {why}");
    }
    text.push_str("\nConfig\n");
    properties(&mut text, &rule.config, 1, false);
    if !rule.outputs.is_empty() {
        text.push_str("\nOutputs\n");
    }
    for (name, reference) in &rule.outputs {
        let _ = writeln!(text, "  {name}: {reference}");
    }
    text
}

fn properties(text: &mut String, properties: &Properties, depth: usize, merged: bool) {
    let indent = "  ".repeat(depth);
    for property in properties.iter() {
        let mut notes = vec![describe(property)];
        if merged {
            notes.push(property.merge.as_str().to_owned());
        }
        if property.immutable {
            notes.push("immutable".to_owned());
        }
        if !property.overridable {
            notes.push("not overridable".to_owned());
        }
        let _ = writeln!(text, "{indent}{}: {}", property.name(), notes.join(", "));
        if let Some(why) = &property.why {
            let _ = writeln!(text, "{indent}    {why}");
        }
        if let Some(Collection { element, .. }) = property.collection()
            && let Kind::Object(inner) = &**element
        {
            self::properties(text, inner, depth + 1, merged);
        }
    }
}

fn describe(property: &Property) -> String {
    match &property.kind {
        Kind::Object(_) => "object".to_owned(),
        Kind::Collection(collection) => match &*collection.element {
            Kind::Object(_) => "list of objects".to_owned(),
            _ if collection.identity == colocate::rules::Identity::Name => "map".to_owned(),
            _ => "list".to_owned(),
        },
        Kind::Scalar(scalar) => {
            let name = match scalar.scalar_type {
                ScalarType::String => "string",
                ScalarType::Integer => "integer",
                ScalarType::Number => "number",
                ScalarType::Boolean => "boolean",
                ScalarType::Version => "version",
                ScalarType::Any => "any value",
            };
            if scalar.allowed.is_empty() {
                return name.to_owned();
            }
            let separator = if scalar.ordered { " < " } else { " | " };
            let values: Vec<String> =
                scalar.allowed.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
            values.join(separator)
        }
    }
}
