//! Holding an estate against the rules, without solving anything.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use heck::ToShoutySnakeCase;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::Need;
use super::expand::Expander;
use crate::estate::{ComponentUsage, Estate, EstateFiles, MonthlyUsage, Priority};
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Pointer, Sink, list_names, nearest, nearest_of_many};
use crate::names::{ComponentId, ResourceType};
use crate::references;
use crate::rules::{Kind, RuleSet, Scope, TAGS, Template, kind, spelled, validate, walk};

/// Checks that an estate fits the rules: types, configs, names, limits, overrides, references. What only shows when
/// requirements meet (conflicts, capacities) is found by [`Planner::plan`](crate::Planner::plan).
///
/// # Errors
/// Everything found, each with a pointer into the estate; [`Diagnostics::located`] adds the place in its file.
pub fn check(estate: &Estate, rules: &RuleSet) -> Result<(), Diagnostics> {
    requirements(estate, rules, &Scope::new(estate).with_words(rules)).map(|_| ())
}

/// Reads an estate from a document and checks it against the rules, so that one run tells everything that is wrong
/// with the file.
///
/// # Errors
/// Everything found by [`Estate::read`] and [`check()`], each with its place.
pub fn load(document: &Document, rules: &RuleSet) -> Result<Estate, Diagnostics> {
    read_and_check(document.parse()?, rules).map_err(|diagnostics| diagnostics.located(document))
}

/// As [`load`], of an estate in several files.
///
/// # Errors
/// As [`load`], and what is wrong with the files together.
pub fn load_files(files: &EstateFiles, rules: &RuleSet) -> Result<Estate, Diagnostics> {
    read_and_check(files.value()?, rules).map_err(|diagnostics| files.located(diagnostics))
}

/// An estate that is parsed already; or everything that is wrong with it, without places.
fn read_and_check(value: Value, rules: &RuleSet) -> Result<Estate, Diagnostics> {
    let (estate, mut faults) = Estate::of_value(value);
    if faults.is_empty() {
        return check(&estate, rules).map(|()| estate);
    }
    // References may point at what could not be read, so they are left for the next run.
    let scope = Scope::new(&estate).with_words(rules);
    let mut sink = Sink::default();
    expanded(&mut sink, &estate, rules, &scope);
    faults.extend(sink.diagnostics);
    Err(faults.into())
}

/// Reads a usage file and checks that it fits an estate and the rules: that its components, resource types and quantities
/// are known.
///
/// # Errors
/// Everything found by [`MonthlyUsage::read`] and by the comparison, each with its place.
pub fn load_usage(document: &Document, estate: &Estate, rules: &RuleSet) -> Result<MonthlyUsage, Diagnostics> {
    let mut usage = MonthlyUsage::read(document)?;
    let mut sink = Sink::default();
    let root = At::ROOT;
    let at = root.key("components");
    for (component, used) in usage.iter() {
        let at = at.key(component.as_str());
        if !estate.components.contains_key(component) {
            let known = estate.components.keys().map(ComponentId::as_str);
            let near = nearest_of_many(component.as_str(), known, sink.diagnostics.len());
            let diagnostic =
                sink.error(Code::UnknownComponent, &at, format!("the estate has no component `{component}`")).on_key();
            if let Some(near) = near {
                diagnostic.help(format!("did you mean `{near}`?"));
            }
        }
        quantities(&mut sink, &at, used, rules);
    }
    quantities(&mut sink, &at.key("*"), usage.others(), rules);
    let at = root.key("types");
    for (name, used) in usage.types() {
        let at = at.key(name.as_str());
        if rules.component(name.as_str()).is_none() {
            let message = format!("no rule describes a component type `{name}`");
            sink.error(Code::UnknownType, &at, message)
                .on_key()
                .expect(list_names(rules.components().map(|rule| rule.component_type.as_str())));
        }
        quantities(&mut sink, &at, used, rules);
    }
    if !sink.diagnostics.is_empty() {
        return Err(Diagnostics::from(sink.diagnostics).located(document));
    }
    for (id, component) in &estate.components {
        let rule = component.component_type.as_ref().and_then(|name| rules.component(name.as_str()));
        let by_type = rule.into_iter().flat_map(|rule| &rule.requirements).map(|needed| needed.resource_type.as_str());
        let own = component.requirements.iter().map(|requirement| requirement.resource_type.as_str());
        usage.fill_in(id, component.component_type.as_ref(), &by_type.chain(own).collect());
    }
    Ok(usage)
}

/// Notes resource types and quantities that no rule bills.
fn quantities(sink: &mut Sink, at: &At<'_>, used: &ComponentUsage, rules: &RuleSet) {
    for (resource_type, quantities) in used.iter() {
        let at = at.key(resource_type.as_str());
        let Some(rule) = rules.resource(resource_type.as_str()) else {
            unknown_type(sink, &at, rules, resource_type);
            continue;
        };
        let known: Vec<&str> = rule.cost.iter().flat_map(|cost| cost.usage.keys()).map(String::as_str).collect();
        for name in quantities.keys().filter(|name| !known.contains(&name.as_str())) {
            sink.unknown(&at, "quantity", name, &known);
        }
    }
}

/// The estate's requirements, if it passes every check.
pub(crate) fn requirements<'a>(estate: &'a Estate, rules: &'a RuleSet, scope: &'a Scope) -> Result<Vec<Need<'a>>, Diagnostics> {
    let mut sink = Sink::default();
    let needs = expanded(&mut sink, estate, rules, scope);
    sink.diagnostics.extend(references::faults(estate, rules, &needs));
    if sink.diagnostics.is_empty() { Ok(needs) } else { Err(sink.diagnostics.into()) }
}

/// The estate's requirements, none when they cannot be expanded; notes all that is wrong but for references.
fn expanded<'a>(sink: &mut Sink, estate: &'a Estate, rules: &'a RuleSet, scope: &'a Scope) -> Vec<Need<'a>> {
    prefixes(sink, estate);
    settings(sink, estate, rules);
    overrides(sink, estate, rules);
    common(sink, estate, rules, scope);
    Expander::new(rules, scope).expand(estate).unwrap_or_else(|diagnostics| {
        sink.diagnostics.extend(diagnostics);
        Vec::new()
    })
}

/// What the estate says for all its resources (its `location` and `tags`), held against the types that it asks for.
fn common(sink: &mut Sink, estate: &Estate, rules: &RuleSet, scope: &Scope) {
    let asked: BTreeSet<&ResourceType> = estate
        .components
        .values()
        .flat_map(|component| {
            let rule = component.component_type.as_ref().and_then(|name| rules.component(name.as_str()));
            let by_type = rule.into_iter().flat_map(|rule| rule.requirements.iter().map(|needed| &needed.resource_type));
            component.requirements.iter().map(|requirement| &requirement.resource_type).chain(by_type)
        })
        .collect();
    let context = scope.plain();
    let location = estate.location.clone().map(Value::String);
    let tags = Value::Object(estate.tags.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect());
    let at = At::ROOT;
    let mut found = BTreeMap::new();
    for rule in asked.into_iter().filter_map(|name| rules.resource(name.as_str())) {
        let mut own = Sink::default();
        for property in rule.properties.iter() {
            let inherits = |template: &Template| template.fill(&context).ok().flatten();
            match (property.path.as_slice(), &location) {
                // Where every requirement that names none gets the estate's.
                (_, Some(location)) if property.inherit.as_ref().and_then(inherits).as_ref() == Some(location) => {
                    kind(&mut own, &at.key("location"), location, &property.kind);
                }
                ([name], _) if name == TAGS => {
                    let at = at.key(TAGS);
                    kind(&mut own, &at, &tags, &property.kind);
                    let names = property.collection().and_then(|collection| collection.names);
                    for (tag, names) in estate.tags.keys().filter_map(|tag| Some((tag, names.filter(|n| !n.accept(tag))?))) {
                        let message = format!("`{tag}` cannot be the name of a tag of `{}`", rule.resource_type);
                        own.error(Code::InvalidName, &at.key(tag), message).on_key().expect(names.to_string());
                    }
                }
                _ => {}
            }
        }
        for diagnostic in own.diagnostics {
            // Types that agree say it once.
            found.entry(diagnostic.pointer.to_string()).or_insert(diagnostic);
        }
    }
    sink.diagnostics.extend(found.into_values());
}

/// Two components whose elements would get the same prefix.
fn prefixes(sink: &mut Sink, estate: &Estate) {
    let mut seen: FxHashMap<String, &str> = FxHashMap::default();
    for id in estate.components.keys() {
        let prefix = id.as_str().to_shouty_snake_case();
        if let Some(first) = seen.get(&prefix) {
            let message = format!("the components `{first}` and `{id}` both get the prefix `{prefix}_`");
            let pointer = Pointer::root().key("components").key(id.as_str());
            let diagnostic = sink.push(Diagnostic::error(Code::PrefixCollision, message).at(pointer));
            diagnostic.on_key().help("rename one of the two, so that their settings stay apart");
        } else {
            seen.insert(prefix, id.as_str());
        }
    }
}

/// Holds limits and ceilings of an estate against the rules.
pub(crate) fn settings(sink: &mut Sink, estate: &Estate, rules: &RuleSet) {
    let at = At::ROOT;
    let at = at.key("settings");
    let limits = at.key("limits");
    for (resource_type, own) in &estate.settings.limits {
        let at = limits.key(resource_type.as_str());
        let Some(rule) = rules.resource(resource_type.as_str()) else {
            unknown_type(sink, &at, rules, resource_type);
            continue;
        };
        for (name, limit) in own {
            let known = || rule.capacities.iter().map(|capacity| capacity.name.as_str());
            match rule.capacities.iter().find(|capacity| capacity.name == *name) {
                None => {
                    let message = format!("`{resource_type}` has no capacity `{name}`");
                    let diagnostic = sink.error(Code::UnknownField, &at.key(name), message).on_key();
                    diagnostic.expect(list_names(known()));
                    if let Some(near) = nearest(name, known()) {
                        diagnostic.help(format!("did you mean `{near}`?"));
                    }
                }
                Some(capacity) => {
                    if let Some(ceiling) = capacity.ceiling.filter(|ceiling| limit > ceiling) {
                        let message = format!("the provider allows at most {ceiling} {name} a resource, not {limit}");
                        let diagnostic = sink.error(Code::LimitTooHigh, &at.key(name), message);
                        diagnostic.expect(format!("at most {ceiling}"));
                        if let Some(why) = &capacity.why {
                            diagnostic.help(why.clone());
                        }
                    }
                }
            }
        }
    }
    let most = at.key("maxResources");
    for resource_type in estate.settings.max_resources.keys() {
        if rules.resource(resource_type.as_str()).is_none() {
            unknown_type(sink, &most.key(resource_type.as_str()), rules, resource_type);
        }
    }
}

fn unknown_type(sink: &mut Sink, at: &At<'_>, rules: &RuleSet, resource_type: &ResourceType) {
    let known = || rules.resources().map(|rule| rule.resource_type.as_str());
    let diagnostic = sink.error(Code::UnknownType, at, format!("no rule describes a resource type `{resource_type}`")).on_key();
    diagnostic.expect(list_names(known()));
    if let Some(near) = nearest(resource_type.as_str(), known()) {
        diagnostic.help(format!("did you mean `{near}`?"));
    }
}

/// What an override means: resource type, key, priority and leaf.
type Reach<'e> = (&'e str, Option<&'e str>, Priority, usize);

fn overrides(sink: &mut Sink, estate: &Estate, rules: &RuleSet) {
    let at = At::ROOT;
    let at = at.key("overrides");
    let configs = estate.overrides.iter().map(|over| {
        let rule = rules.resource(over.resource_type.as_str());
        rule.map_or(Cow::Borrowed(&over.config), |rule| spelled(&over.config, &rule.properties))
    });
    let configs: Vec<Cow<'_, Map<String, Value>>> = configs.collect();
    let mut said: BTreeMap<Reach<'_>, (usize, &Value)> = BTreeMap::new();
    for (i, (over, config)) in estate.overrides.iter().zip(&configs).enumerate() {
        let at = at.index(i);
        let Some(rule) = rules.resource(over.resource_type.as_str()) else {
            unknown_type(sink, &at.key("resourceType"), rules, &over.resource_type);
            continue;
        };
        let at = at.key("config");
        validate(sink, &at, &over.config, &rule.properties);
        walk(config, &rule.properties.tree, &mut |leaf, value| {
            let property = &rule.properties.leaves[leaf];
            let name = property.name();
            let reach = (over.resource_type.as_str(), over.requirement_key.as_ref().map(|key| key.as_str()), over.priority, leaf);
            let single = matches!(property.kind, Kind::Scalar(_));
            if let Some((first, _)) = said.insert(reach, (i, value)).filter(|(_, other)| single && *other != value) {
                let message = format!("overrides {first} and {i} set `{name}` of `{}` to different values", over.resource_type);
                sink.error(Code::OverrideConflict, &at.key(&name), message)
                    .help("remove one of them, or give one a higher priority");
            }
            if !property.overridable {
                let message = format!("`{name}` of `{}` cannot be overridden", over.resource_type);
                let diagnostic = sink.error(Code::NotOverridable, &at.key(&name), message);
                if let Some(why) = &property.why {
                    diagnostic.help(why.clone());
                }
            }
            references::texts(value, &mut |text| {
                sink.error(Code::UnknownReference, &at.key(&name), format!("an override cannot hold the reference `{text}`"))
                    .help("a reference is relative to a component; state it there");
            });
        });
    }
}
