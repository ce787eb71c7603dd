//! From a parsed rule file to a [`ResourceRule`] or [`ComponentRule`].

use std::collections::BTreeMap;

use serde_json::Value;

use super::cost::cost;
use super::fields::{Merging, Reader, length};
use super::import::{self, Import};
use super::policy::Policy;
use super::projection::{self, Blocks, Language, Notes};
use super::property::Node;
use super::review;
use super::types::RequirementTemplate;
use super::{
    Capacity, Characters, Check, ComponentRule, Kind, Moving, NameScope, Naming, Properties, Property, Requires, ResourceRule,
    ScalarType, Template, Vocabulary,
};
use crate::input::{At, Code, Severity, Sink, list_names};
use crate::names::{ComponentType, RequirementKey, ResourceType};

/// What a rule file describes.
pub(super) enum Rule {
    Resource(Box<ResourceRule>),
    Component(ComponentRule),
}

const RESOURCE_FIELDS: [&str; 25] = [
    "$schema",
    "version",
    "resourceType",
    "title",
    "why",
    "stateful",
    "move",
    "properties",
    "capacities",
    "checks",
    "requires",
    "uses",
    "estateChecks",
    "estateLimits",
    "hazards",
    "naming",
    "outputs",
    "cost",
    "arm",
    "terraform",
    "access",
    "providers",
    "notes",
    "import",
    "//",
];
/// The property of raw members.
pub(crate) const EXTRA: &str = "extra";

const VOCABULARY_FIELDS: [&str; 7] = ["$schema", "version", "vocabulary", "title", "why", "words", "//"];
const COMPONENT_FIELDS: [&str; 9] =
    ["$schema", "version", "componentType", "title", "why", "properties", "requirements", "outputs", "//"];

/// Notes a rule file of a version that this program does not read.
fn version(sink: &mut Sink, file: &serde_json::Map<String, Value>) {
    let at = At::ROOT;
    match file.get("version") {
        None => sink.missing(&at, "version"),
        Some(version) if version.as_u64() != Some(1) => {
            let message = format!("this program reads rule files of version 1, not {version}");
            sink.error(Code::WrongVersion, &at.key("version"), message).expect("1");
        }
        Some(_) => {}
    }
}

/// Reads a rule file that lists words.
pub(super) fn vocabulary(sink: &mut Sink, name: &str, value: Value) -> Vocabulary {
    let mut vocabulary = Vocabulary { name: name.to_owned(), title: name.to_owned(), why: None, words: BTreeMap::new() };
    if let Some(file) = value.as_object() {
        version(sink, file);
        if !file.contains_key("words") {
            sink.missing(&At::ROOT, "words");
        }
    }
    sink.object(&At::ROOT, value, &VOCABULARY_FIELDS, |sink, at, key, value| match key {
        "title" => vocabulary.title = sink.string(at, value).unwrap_or_default(),
        "why" => vocabulary.why = sink.string(at, value),
        "words" => vocabulary.words = texts(sink, at, value),
        _ => {}
    });
    vocabulary
}

impl Reader<'_> {
    pub(super) fn rule(&self, sink: &mut Sink, value: Value) -> Option<Rule> {
        let at = At::ROOT;
        let map = value.as_object()?;
        version(sink, map);
        let name = |sink: &mut Sink, key: &str, value: &Value| {
            let name = sink.string(&at.key(key), value.clone())?;
            if let Some(fault) = RequirementKey::fault(&name) {
                sink.error(Code::InvalidName, &at.key(key), format!("`{name}` is not a type name")).expect(fault);
            }
            Some(name)
        };
        match (map.get("resourceType"), map.get("componentType")) {
            (Some(found), None) => {
                let resource_type = name(sink, "resourceType", found)?.into();
                Some(Rule::Resource(Box::new(self.resource(sink, resource_type, value))))
            }
            (None, Some(found)) => {
                let component_type = name(sink, "componentType", found)?.into();
                Some(Rule::Component(self.component(sink, component_type, value)))
            }
            (Some(_), Some(_)) => {
                let message = "a rule file describes a `resourceType` or a `componentType`, not both";
                sink.error(Code::RuleInvalid, &at, message).help("write two files");
                None
            }
            (None, None) => {
                sink.missing(&at, "resourceType");
                None
            }
        }
    }

    fn resource(&self, sink: &mut Sink, resource_type: ResourceType, value: Value) -> ResourceRule {
        let mut rule = ResourceRule {
            title: resource_type.to_string(),
            naming: Naming::plain(resource_type.as_str()),
            resource_type,
            why: None,
            stateful: false,
            moving: Moving::default(),
            properties: Properties::default(),
            capacities: Vec::new(),
            checks: Vec::new(),
            requires: Vec::new(),
            outputs: BTreeMap::new(),
            cost: None,
            blocks: Blocks::default(),
            access: Blocks::default(),
            providers: Vec::new(),
            uses: Vec::new(),
            estate_checks: Vec::new(),
            estate_limits: Vec::new(),
            hazards: Vec::new(),
            policies: Vec::new(),
            notes: Notes::default(),
            import: Import::default(),
        };
        sink.object(&At::ROOT, value, &RESOURCE_FIELDS, |sink, at, key, value| match key {
            "title" => rule.title = sink.string(at, value).unwrap_or_default(),
            "why" => rule.why = sink.string(at, value),
            "stateful" => rule.stateful = sink.boolean(at, &value).unwrap_or_default(),
            "move" => moving(sink, at, value, &mut rule.moving),
            "properties" => rule.properties = self.properties(sink, at, value, Merging::Stated),
            "capacities" => rule.capacities = capacities(sink, at, value),
            "checks" => rule.checks = checks(sink, at, value),
            "requires" => rule.requires = requires(sink, at, value),
            "uses" => rule.uses = review::uses(sink, at, value),
            "estateChecks" => rule.estate_checks = review::estate_checks(sink, at, value),
            "estateLimits" => rule.estate_limits = review::estate_limits(sink, at, value),
            "hazards" => rule.hazards = review::hazards(sink, at, value),
            "naming" => naming(sink, at, value, &mut rule.naming),
            "outputs" => {
                for (name, value) in sink.map(at, value).unwrap_or_default() {
                    let output = projection::output(sink, &at.key(&name), value);
                    rule.outputs.insert(name, output);
                }
            }
            "cost" => rule.cost = Some(cost(sink, at, value)),
            "arm" => rule.blocks.arm = projection::blocks(sink, at, value, Language::Arm),
            "terraform" => rule.blocks.terraform = projection::blocks(sink, at, value, Language::Terraform),
            "access" => rule.access = projection::access(sink, at, value),
            "providers" => {
                for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
                    rule.providers.push(Template::read(sink, &at.index(i), value));
                }
            }
            "notes" => rule.notes = projection::notes(sink, at, value),
            "import" => rule.import = import::import(sink, at, value),
            _ => {}
        });
        extra(&mut rule);
        let at = At::ROOT;
        faults_of_import(sink, &at.key("import"), &rule);
        for (name, output) in &rule.outputs {
            let of = output.element.as_ref().filter(|element| {
                rule.properties.find(element).is_none_or(|(_, p)| p.collection().is_none_or(|c| !c.is_owned()))
            });
            if let Some(element) = of {
                let message = format!("`{element}` is not a collection whose elements belong to one component each");
                sink.error(Code::RuleInvalid, &at.key("outputs").key(name).key("element"), message);
            }
        }
        for capacity in &rule.capacities {
            let at = at.key("capacities");
            let at = at.key(&capacity.name);
            for path in &capacity.count {
                if let Some(fault) = uncountable(&rule.properties, path) {
                    let collections = rule.properties.iter().filter(|p| p.collection().is_some()).map(Property::name);
                    sink.error(Code::RuleInvalid, &at.key("count"), format!("`{}` {fault}", path.join(".")))
                        .expect(list_names(collections.collect::<Vec<_>>().iter().map(String::as_str)));
                }
            }
            for property in capacity.count.iter().filter_map(|path| rule.properties.find(path.first()?)).map(|(_, p)| p) {
                if property.collection().is_some_and(|c| !c.is_owned()) {
                    let message = format!("`{}` is counted, but two components could name one element of it", property.name());
                    sink.error(Code::RuleInvalid, &at.key("count"), message)
                        .help("give the property a `prefix` (each component's own elements) or `together` (kept in one place)");
                }
            }
            if let Some(per) = &capacity.per {
                let inner = format!("{per}.");
                if !capacity.count.iter().all(|path| path.join(".").starts_with(&inner)) {
                    let message = format!("a limit per element of `{per}` counts collections within it");
                    sink.error(Code::RuleInvalid, &at.key("count"), message).expect(format!("`{inner}…`"));
                }
            }
        }
        rule
    }

    fn component(&self, sink: &mut Sink, component_type: ComponentType, value: Value) -> ComponentRule {
        let mut rule = ComponentRule {
            title: component_type.to_string(),
            component_type,
            why: None,
            config: Properties::default(),
            requirements: Vec::new(),
            outputs: BTreeMap::new(),
        };
        sink.object(&At::ROOT, value, &COMPONENT_FIELDS, |sink, at, key, value| match key {
            "title" => rule.title = sink.string(at, value).unwrap_or_default(),
            "why" => rule.why = sink.string(at, value),
            "properties" => rule.config = self.properties(sink, at, value, Merging::None),
            "outputs" => rule.outputs = texts(sink, at, value),
            "requirements" => {
                for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
                    rule.requirements.extend(requirement(sink, &at.index(i), value));
                }
            }
            _ => {}
        });
        rule
    }
}

fn requirement(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<RequirementTemplate> {
    let (mut resource_type, mut requirement_key, mut when) = (None, None, None);
    let mut config = Template::Object(Vec::new());
    let known = ["resourceType", "requirementKey", "when", "config"];
    sink.object(at, value, &known, |sink, at, key, value| match key {
        "resourceType" => resource_type = sink.string(at, value).map(ResourceType::from),
        "requirementKey" => requirement_key = Some(Template::read(sink, at, value)),
        "when" => when = Template::condition(sink, at, value),
        _ => config = Template::read(sink, at, value),
    });
    if resource_type.is_none() {
        sink.missing(at, "resourceType");
    }
    if requirement_key.is_none() {
        sink.missing(at, "requirementKey");
    }
    Some(RequirementTemplate { resource_type: resource_type?, requirement_key: requirement_key?, when, config })
}

fn capacities(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<Capacity> {
    let mut capacities = Vec::new();
    for (name, value) in sink.map(at, value).unwrap_or_default() {
        let at = at.key(&name);
        let (mut limit, mut ceiling, mut per, mut why, mut count) = (None, None, None, None, Vec::new());
        let known = ["limit", "ceiling", "count", "per", "why"];
        sink.object(&at, value, &known, |sink, at, key, value| match key {
            "limit" => limit = Some(sink.integer(at, &value, 1, u64::from(u32::MAX)).unwrap_or(1)),
            "ceiling" => ceiling = sink.integer(at, &value, 1, u64::from(u32::MAX)),
            "per" => per = sink.string(at, value),
            "why" => why = sink.string(at, value),
            _ => {
                let one_or_more = if value.is_string() { Value::Array(vec![value]) } else { value };
                let paths = sink.strings(at, one_or_more).unwrap_or_default();
                count = paths.iter().map(|path| path.split('.').map(str::to_owned).collect()).collect();
            }
        });
        if limit.is_none() {
            sink.missing(&at, "limit");
        }
        if count.is_empty() {
            sink.missing(&at, "count");
        }
        if let (Some(limit), Some(ceiling)) = (limit, ceiling)
            && limit > ceiling
        {
            let message = format!("the limit {limit} is above its own ceiling {ceiling}");
            sink.error(Code::RuleInvalid, &at.key("limit"), message);
        }
        capacities.push(Capacity { name, limit: limit.unwrap_or(1), ceiling, count, per, why });
    }
    capacities
}

fn checks(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<Check> {
    let mut checks = Vec::new();
    for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
        let at = at.index(i);
        let (mut when, mut message, mut severity) = (None, None, Severity::Error);
        sink.object(&at, value, &["when", "message", "severity"], |sink, at, key, value| match key {
            "when" => when = Template::condition(sink, at, value),
            "message" => message = Some(Template::read(sink, at, value)),
            _ => {
                let words = [("error", Severity::Error), ("warning", Severity::Warning)];
                severity = sink.word(at, &value, &words).unwrap_or(Severity::Error);
            }
        });
        match (when, message) {
            (Some(when), Some(message)) => checks.push(Check { when, message, severity }),
            (None, _) => sink.missing(&at, "when"),
            (_, None) => sink.missing(&at, "message"),
        }
    }
    checks
}

fn requires(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<Requires> {
    let mut requires = Vec::new();
    for (name, value) in sink.map(at, value).unwrap_or_default() {
        let at = at.key(&name);
        let (mut requirement_key, mut when, mut own, mut why) = (None, None, false, None);
        let mut config = Template::Object(Vec::new());
        sink.object(&at, value, &["requirementKey", "when", "config", "own", "why"], |sink, at, key, value| match key {
            "requirementKey" => requirement_key = Some(Template::read(sink, at, value)),
            "when" => when = Template::condition(sink, at, value),
            "own" => own = sink.boolean(at, &value).unwrap_or_default(),
            "why" => why = sink.string(at, value),
            _ => config = Template::read(sink, at, value),
        });
        match requirement_key {
            Some(requirement_key) => {
                requires.push(Requires { resource_type: name.into(), requirement_key, when, config, own, why });
            }
            None => sink.missing(&at, "requirementKey"),
        }
    }
    requires
}

fn naming(sink: &mut Sink, at: &At<'_>, value: Value, naming: &mut Naming) {
    let known = ["abbreviation", "defaultKey", "minLength", "maxLength", "reserved", "scope", "characters"];
    sink.object(at, value, &known, |sink, at, key, value| match key {
        "abbreviation" => naming.abbreviation = sink.string(at, value).unwrap_or_default(),
        "defaultKey" => naming.default_key = sink.string(at, value),
        "minLength" => naming.min_length = length(sink, at, &value, 1).unwrap_or(naming.min_length),
        "scope" => naming.scope = sink.word(at, &value, &NameScope::WORDS).unwrap_or_default(),
        "reserved" => naming.reserved = sink.strings(at, value).unwrap_or_default(),
        "maxLength" => naming.max_length = length(sink, at, &value, 16).unwrap_or(naming.max_length),
        _ => naming.characters = sink.word(at, &value, &Characters::WORDS).unwrap_or(naming.characters),
    });
    if !naming.abbreviation.starts_with(|first: char| first.is_ascii_lowercase())
        || !naming.abbreviation.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    {
        sink.error(Code::RuleInvalid, &at.key("abbreviation"), "an abbreviation is a lowercase word")
            .expect("a lowercase letter, then lowercase letters and digits");
    }
}

fn moving(sink: &mut Sink, at: &At<'_>, value: Value, moving: &mut Moving) {
    sink.object(at, value, &["weight", "why"], |sink, at, key, value| match key {
        "weight" => moving.weight = sink.integer(at, &value, 1, 1000).unwrap_or(moving.weight),
        _ => moving.why = sink.string(at, value),
    });
}

/// Every type that has a form in ARM takes raw members for it, for what its properties lack.
fn extra(rule: &mut ResourceRule) {
    if rule.blocks.arm.is_empty() || rule.properties.find(EXTRA).is_some() {
        return;
    }
    let property = Property::raw(EXTRA, "members of the resource as the provider has them, for what the properties lack");
    rule.properties.tree.insert(EXTRA.to_owned(), Node::Leaf(rule.properties.leaves.len()));
    rule.properties.leaves.push(property);
    rule.policies.extend(Policy::of_extra(rule));
}

/// Names in an `import` section that the rest of the rule does not have.
fn faults_of_import(sink: &mut Sink, at: &At<'_>, rule: &ResourceRule) {
    for name in rule.import.outputs.keys().filter(|name| !rule.outputs.contains_key(*name)) {
        let at = at.key("outputs");
        let known: Vec<&str> = rule.outputs.keys().map(String::as_str).collect();
        sink.unknown(&at, "output", name, &known);
    }
    let collections = || rule.properties.iter().filter(|p| p.collection().is_some());
    let mut unknown = |at: &At<'_>, property: &str| {
        if collections().all(|p| p.name() != property) {
            sink.error(Code::RuleInvalid, at, format!("`{property}` is not a collection of this type"))
                .expect(list_names(collections().map(Property::name).collect::<Vec<_>>().iter().map(String::as_str)));
        }
    };
    if let Some(settings) = &rule.import.settings {
        unknown(&at.key("settings").key("property"), &settings.property);
    }
    for (language, source) in [("arm", &rule.import.arm), ("terraform", &rule.import.terraform)] {
        for (i, element) in source.iter().flat_map(|source| source.elements.iter().enumerate()) {
            unknown(&at.key(language).key("elements").index(i).key("property"), &element.property);
        }
    }
}

/// A map of texts.
fn texts(sink: &mut Sink, at: &At<'_>, value: Value) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for (key, value) in sink.map(at, value).unwrap_or_default() {
        if let Some(text) = sink.string(&at.key(&key), value) {
            texts.insert(key, text);
        }
    }
    texts
}

/// Why the elements at a path cannot be counted, if so.
fn uncountable(properties: &Properties, path: &[String]) -> Option<&'static str> {
    let mut properties = properties;
    for (i, name) in path.iter().enumerate() {
        let Some((_, property)) = properties.find(name) else { return Some("is not a property of this type") };
        let last = i + 1 == path.len();
        match &property.kind {
            Kind::Collection(_) if last => return None,
            Kind::Scalar(scalar) if last && scalar.scalar_type == ScalarType::Boolean && i == 0 => return None,
            Kind::Collection(collection) => match &*collection.element {
                Kind::Object(inner) => properties = inner,
                _ => return Some("names something within elements that are single values"),
            },
            _ => return Some("is not a collection, so nothing can be counted in it"),
        }
    }
    Some("is empty")
}
