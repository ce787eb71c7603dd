//! `colocate rules`

use clap::Args;
use colocate::rules::{Collection, ComponentRule, Kind, Properties, Property, ResourceRule, ScalarType, Vocabulary};
use colocate::untrusted::Lines;
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
    let mut text = Lines::default();
    text.line(format_args!("Resource types"));
    for rule in rules.resources() {
        let capacities: Vec<String> =
            rule.capacities.iter().map(|capacity| format!("{} {}", capacity.limit, capacity.name)).collect();
        text.line(format_args!("  {:<12} {:<32} {}", rule.resource_type.as_str(), rule.title, capacities.join(", ")));
    }
    text.section(format_args!("Component types"));
    for rule in rules.components() {
        text.line(format_args!("  {:<12} {}", rule.component_type.as_str(), rule.why.as_deref().unwrap_or(&rule.title)));
    }
    text.section(format_args!("Vocabularies"));
    for vocabulary in rules.vocabularies() {
        text.line(format_args!("  {:<12} {}, {} words", vocabulary.name, vocabulary.title, vocabulary.words.len()));
    }
    text.into()
}

fn words(vocabulary: &Vocabulary) -> String {
    let mut text = Lines::default();
    text.line(format_args!("{}: {}", vocabulary.name, vocabulary.title));
    if let Some(why) = &vocabulary.why {
        text.line(format_args!("{why}"));
    }
    text.blank();
    let width = vocabulary.words.keys().map(String::len).max().unwrap_or_default();
    for (word, title) in &vocabulary.words {
        text.line(format_args!("  {word:<width$}  {title}"));
    }
    text.into()
}

fn resource(rule: &ResourceRule) -> String {
    let mut text = Lines::default();
    text.line(format_args!("{}: {}", rule.resource_type, rule.title));
    let why = rule.why.iter().map(String::as_str);
    why.for_each(|why| {
        text.line(format_args!("  {why}"));
    });
    text.section(format_args!("Properties"));
    properties(&mut text, &rule.properties, 1, true);
    if !rule.capacities.is_empty() {
        text.section(format_args!("Capacities"));
    }
    for capacity in &rule.capacities {
        let counted: Vec<String> = capacity.count.iter().map(|path| path.join(".")).collect();
        let per = capacity.per.as_ref().map_or_else(String::new, |per| format!(" for each of `{per}`"));
        let ceiling = capacity.ceiling.map_or_else(String::new, |ceiling| format!(", at most {ceiling}"));
        text.line(format_args!("  {}: {}{ceiling} (counts {}{per})", capacity.name, capacity.limit, counted.join(" + ")));
        if let Some(why) = &capacity.why {
            text.line(format_args!("      {why}"));
        }
    }
    if !rule.requires.is_empty() {
        let required: Vec<&str> = rule.requires.iter().map(|required| required.resource_type.as_str()).collect();
        text.section(format_args!("Requires {}", required.join(", ")));
    }
    cost(&mut text, rule);
    if !rule.outputs.is_empty() {
        text.section(format_args!("Outputs"));
    }
    for (name, output) in &rule.outputs {
        text.line(format_args!("  ${{{}.{name}}}: {}", rule.resource_type, output.why));
    }
    text.into()
}

/// What a type is billed by.
fn cost(text: &mut Lines, rule: &ResourceRule) {
    let Some(cost) = &rule.cost else { return };
    text.section(format_args!("Cost"));
    if cost.meters.is_empty() {
        text.line(format_args!("  nothing"));
    }
    for meter in &cost.meters {
        let price = meter.fixed_meter().map_or_else(String::new, |name| format!(", {name}"));
        let by = meter.usage.as_ref().map_or_else(String::new, |usage| format!(", by `{usage}`"));
        let once = if meter.once { ", once a subscription" } else { "" };
        text.line(format_args!(
            "  {}: by {}{price}{by}{once}",
            meter.name,
            if meter.unit == "1" { "number" } else { &meter.unit }
        ));
        if let Some(why) = &meter.why {
            text.line(format_args!("      {why}"));
        }
    }
    for (name, what) in &cost.usage {
        text.line(format_args!("  usage file, `{name}`: {what}"));
    }
}

fn component(rule: &ComponentRule) -> String {
    let mut text = Lines::default();
    text.line(format_args!("{}: {}", rule.component_type, rule.title));
    if let Some(why) = &rule.why {
        text.line(format_args!("  {why}"));
    }
    text.section(format_args!("Config"));
    properties(&mut text, &rule.config, 1, false);
    if !rule.outputs.is_empty() {
        text.section(format_args!("Outputs"));
    }
    for (name, reference) in &rule.outputs {
        text.line(format_args!("  {name}: {reference}"));
    }
    text.into()
}

fn properties(text: &mut Lines, properties: &Properties, depth: usize, merged: bool) {
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
        text.line(format_args!("{indent}{}: {}", property.name(), notes.join(", ")));
        if let Some(why) = &property.why {
            text.line(format_args!("{indent}    {why}"));
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
                ScalarType::Raw => "object",
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
