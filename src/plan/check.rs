//! Holding an estate against the rules, without solving anything.

use std::collections::BTreeMap;

use heck::ToShoutySnakeCase;
use rustc_hash::FxHashMap;

use crate::estate::{Estate, MonthlyUsage, Priority};
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Pointer, Sink, list_names, nearest, nearest_of_many};
use crate::merge::walk;
use crate::names::{ComponentId, ResourceType};
use crate::plan::references;
use crate::rules::{Expander, Kind, Need, RuleSet, Scope, validate};

/// Checks that an estate fits the rules: types, configs, names, limits, overrides, references. What only shows when
/// requirements meet (conflicts, capacities) is found by [`Planner::plan`](crate::Planner::plan).
///
/// # Errors
/// Everything found, each with a pointer into the estate; [`Diagnostics::located`] adds the place in its file.
pub fn check(estate: &Estate, rules: &RuleSet) -> Result<(), Diagnostics> {
    requirements(estate, rules, &Scope::new(estate)).map(|_| ())
}

/// Reads an estate from a document and checks it against the rules, so that one run tells everything that is wrong
/// with the file.
///
/// # Errors
/// Everything found by [`Estate::read`] and [`check()`], each with its place.
pub fn load(document: &Document, rules: &RuleSet) -> Result<Estate, Diagnostics> {
    let (estate, mut faults) = Estate::read_what_can_be(document)?;
    if faults.is_empty() {
        return match check(&estate, rules) {
            Ok(()) => Ok(estate),
            Err(diagnostics) => Err(diagnostics.located(document)),
        };
    }
    // References may point at what could not be read, so they are left for the next run.
    let scope = Scope::new(&estate);
    let mut sink = Sink::default();
    expanded(&mut sink, &estate, rules, &scope);
    faults.extend(sink.diagnostics);
    Err(Diagnostics::from(faults).located(document))
}

/// Reads a usage file and checks that it fits an estate and the rules: that its components, resource types and quantities
/// are known.
///
/// # Errors
/// Everything found by [`MonthlyUsage::read`] and by the comparison, each with its place.
pub fn load_usage(document: &Document, estate: &Estate, rules: &RuleSet) -> Result<MonthlyUsage, Diagnostics> {
    let usage = MonthlyUsage::read(document)?;
    let mut sink = Sink::default();
    let at = At::ROOT;
    let at = at.key("components");
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
        for (resource_type, quantities) in used.iter() {
            let at = at.key(resource_type.as_str());
            let Some(rule) = rules.resource(resource_type.as_str()) else {
                unknown_type(&mut sink, &at, rules, resource_type);
                continue;
            };
            let known: Vec<&str> = rule.cost.iter().flat_map(|cost| cost.usage.keys()).map(String::as_str).collect();
            for name in quantities.keys().filter(|name| !known.contains(&name.as_str())) {
                sink.unknown(&at, "quantity", name, &known);
            }
        }
    }
    if sink.diagnostics.is_empty() { Ok(usage) } else { Err(Diagnostics::from(sink.diagnostics).located(document)) }
}

/// The estate's requirements, if it passes every check.
pub(super) fn requirements<'a>(estate: &'a Estate, rules: &'a RuleSet, scope: &'a Scope) -> Result<Vec<Need<'a>>, Diagnostics> {
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
    let expander = Expander::new(rules, scope, estate).map_err(|diagnostic| vec![diagnostic]);
    expander.and_then(|expander| expander.expand(estate)).unwrap_or_else(|diagnostics| {
        sink.diagnostics.extend(diagnostics);
        Vec::new()
    })
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

fn settings(sink: &mut Sink, estate: &Estate, rules: &RuleSet) {
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
    let mut said: BTreeMap<Reach<'_>, (usize, &serde_json::Value)> = BTreeMap::new();
    for (i, over) in estate.overrides.iter().enumerate() {
        let at = at.index(i);
        let Some(rule) = rules.resource(over.resource_type.as_str()) else {
            unknown_type(sink, &at.key("resourceType"), rules, &over.resource_type);
            continue;
        };
        let at = at.key("config");
        validate(sink, &at, &over.config, &rule.properties);
        walk(&over.config, &rule.properties.tree, &mut |leaf, value| {
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
