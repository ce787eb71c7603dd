//! From components to requirements: typed components are filled into their rule's templates.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::Value as Context;
use rayon::prelude::*;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::normalize::normalized;
use crate::estate::{Component, Estate, Priority};
use crate::input::{At, Code, Diagnostic, Sink, nearest};
use crate::names::{ComponentId, RequirementKey, ResourceType};
use crate::rules::{ComponentRule, RuleSet, Scope, detail, validate};

/// One component's need of one resource, with all it inherits from its component type.
#[derive(Clone, Debug)]
pub(crate) struct Need<'a> {
    /// Who needs it: a component by its rank among the estate's ids, or a resource (see `Owners`).
    pub(crate) owner: u32,
    pub(crate) resource_type: &'a str,
    pub(crate) key: Cow<'a, str>,
    pub(crate) priority: Priority,
    /// Comes from the component's type, not from its own list of requirements.
    pub(crate) of_type: bool,
    /// Some value holds a reference.
    pub(crate) refers: bool,
    pub(crate) config: Cow<'a, Map<String, Value>>,
}

impl Need<'_> {
    /// A digest of what it states, by which a lock knows it again.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        feed_map(&mut hash, &self.config);
        hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Feeds a map to a hash, whatever the order of its members.
fn feed_map(hash: &mut Sha256, map: &Map<String, Value>) {
    let sorted: BTreeMap<&String, &Value> = map.iter().collect();
    hash.update(b"{");
    for (name, value) in sorted {
        hash.update(Value::String(name.clone()).to_string());
        feed(hash, value);
    }
    hash.update(b"}");
}

fn feed(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Object(map) => feed_map(hash, map),
        Value::Array(array) => {
            hash.update(b"[");
            array.iter().for_each(|value| feed(hash, value));
            hash.update(b"]");
        }
        scalar => hash.update(scalar.to_string() + ","),
    }
}

/// Expands an estate's components by the rules.
pub(crate) struct Expander<'a> {
    rules: &'a RuleSet,
    scope: &'a Scope,
}

impl<'a> Expander<'a> {
    pub(crate) fn new(rules: &'a RuleSet, scope: &'a Scope) -> Self {
        Self { rules, scope }
    }

    /// Every component's requirements, in the order of component ids; or everything wrong with them.
    pub(crate) fn expand(&self, estate: &'a Estate) -> Result<Vec<Need<'a>>, Vec<Diagnostic>> {
        let components: Vec<(&ComponentId, &Component)> = estate.components.iter().collect();
        let each: Vec<(Vec<Need<'a>>, Sink)> = components
            .into_par_iter()
            .with_min_len(64)
            .enumerate()
            .map(|(rank, (id, component))| {
                let mut sink = Sink::default();
                let mut needs = Vec::with_capacity(component.requirements.len());
                #[expect(clippy::cast_possible_truncation, reason = "a file with 2^32 components does not fit in memory")]
                self.component(&mut sink, rank as u32, id.as_str(), component, &mut needs);
                if let Some(copy) = estate.copies.get(id) {
                    needs.iter_mut().for_each(|need| self.set_apart(need, *copy));
                }
                (needs, sink)
            })
            .collect();
        let mut diagnostics = Vec::new();
        let mut all = Vec::with_capacity(each.iter().map(|(needs, _)| needs.len()).sum());
        for (needs, sink) in each {
            all.extend(needs);
            diagnostics.extend(sink.diagnostics);
        }
        if diagnostics.is_empty() { Ok(all) } else { Err(diagnostics) }
    }

    fn component(&self, sink: &mut Sink, rank: u32, id: &str, component: &'a Component, needs: &mut Vec<Need<'a>>) {
        let at = At::ROOT;
        let at = at.key("components");
        let at = at.key(id);
        if let Some(name) = &component.component_type {
            match self.rules.component(name.as_str()) {
                Some(rule) => self.typed(sink, &at, rank, id, component, rule, needs),
                None => {
                    let known = || self.rules.components.keys().map(crate::names::ComponentType::as_str);
                    unknown_type(sink, &at.key("type"), "component type", name.as_str(), known);
                }
            }
        }
        for (i, requirement) in component.requirements.iter().enumerate() {
            let at = at.key("requirements");
            let at = at.index(i);
            let Some(rule) = self.rules.resource(requirement.resource_type.as_str()) else {
                let known = || self.rules.resources.keys().map(ResourceType::as_str);
                unknown_type(sink, &at.key("resourceType"), "resource type", requirement.resource_type.as_str(), known);
                continue;
            };
            validate(sink, &at.key("config"), &requirement.config, &rule.properties);
            let config = normalized(&requirement.config, &rule.properties, self.scope).unwrap_or_else(|error| {
                let message = format!("`canonical` in the rule of `{}` fails: {}", rule.resource_type, detail(&error));
                sink.error(Code::Expression, &at, message).help("this is a mistake in the rule file of the resource type");
                Cow::Borrowed(&requirement.config)
            });
            needs.push(Need {
                owner: rank,
                resource_type: requirement.resource_type.as_str(),
                key: Cow::Borrowed(requirement.requirement_key.as_str()),
                priority: requirement.priority,
                of_type: false,
                refers: refers(&config),
                config,
            });
        }
    }

    /// Gives a copy of a component its own of what components mean in common when they name it alike.
    fn set_apart(&self, need: &mut Need<'a>, copy: u32) {
        let Some(rule) = self.rules.resource(need.resource_type) else { return };
        for property in rule.properties.iter() {
            let (Some(collection), [name]) = (property.collection().filter(|c| c.together), property.path.as_slice()) else {
                continue;
            };
            if need.config.contains_key(name)
                && let Some(value) = need.config.to_mut().get_mut(name)
            {
                collection.number(value, copy);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place to fill in one component")]
    fn typed(
        &self,
        sink: &mut Sink,
        at: &At<'_>,
        rank: u32,
        id: &str,
        component: &'a Component,
        rule: &'a ComponentRule,
        needs: &mut Vec<Need<'a>>,
    ) {
        let before = sink.diagnostics.len();
        validate(sink, &at.key("config"), &component.config, &rule.config);
        if sink.diagnostics.len() > before {
            return;
        }
        if let Err(error) = self.fill(sink, at, rank, id, component, rule, needs) {
            let message = format!("component type `{}` does not expand: {}", rule.component_type, detail(&error));
            sink.error(Code::Expression, at, message).help("this is a mistake in the rule file of the component type");
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place to fill in one component")]
    fn fill(
        &self,
        sink: &mut Sink,
        at: &At<'_>,
        rank: u32,
        id: &str,
        component: &'a Component,
        rule: &'a ComponentRule,
        needs: &mut Vec<Need<'a>>,
    ) -> Result<(), minijinja::Error> {
        let mut config = normalized(&component.config, &rule.config, self.scope)?;
        for property in rule.config.iter() {
            if let (Some(default), [name]) = (&property.default, property.path.as_slice())
                && !config.contains_key(name)
                && let Some(value) = default.fill(&self.scope.component(id, &config))?
            {
                config.to_mut().insert(name.clone(), value);
            }
        }
        let context: Context = self.scope.component(id, &config);
        for requirement in &rule.requirements {
            if let Some(when) = &requirement.when
                && !when.holds(&context)?
            {
                continue;
            }
            let Some(Value::String(key)) = requirement.requirement_key.fill(&context)? else { continue };
            if let Some(fault) = RequirementKey::fault(&key) {
                sink.error(Code::InvalidName, at, format!("`{key}` is not a requirement key")).expect(fault);
            }
            let Some(Value::Object(mut config)) = requirement.config.fill(&context)? else { continue };
            if let Some(wanted) = self.rules.resource(requirement.resource_type.as_str()) {
                let before = sink.diagnostics.len();
                validate(sink, at, &config, &wanted.properties);
                let whose = format!("in the `{}` that component type `{}` asks for", wanted.resource_type, rule.component_type);
                for diagnostic in sink.diagnostics.iter_mut().skip(before) {
                    diagnostic.message = format!("{} ({whose})", diagnostic.message);
                    diagnostic.pointer = at.key("config").pointer();
                }
                if let Cow::Owned(normal) = normalized(&config, &wanted.properties, self.scope)? {
                    config = normal;
                }
            }
            needs.push(Need {
                owner: rank,
                resource_type: requirement.resource_type.as_str(),
                key: Cow::Owned(key),
                priority: Priority::COMPONENT,
                of_type: true,
                refers: refers(&config),
                config: Cow::Owned(config),
            });
        }
        Ok(())
    }
}

/// Whether some value of a config holds a reference.
fn refers(config: &Map<String, Value>) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains("${"),
            Value::Array(array) => array.iter().any(within),
            Value::Object(map) => map.values().any(within),
            _ => false,
        }
    }
    config.values().any(within)
}

fn unknown_type<'k, I: Iterator<Item = &'k str>>(sink: &mut Sink, at: &At<'_>, what: &str, found: &str, known: impl Fn() -> I) {
    let diagnostic = sink.error(Code::UnknownType, at, format!("no rule describes a {what} `{found}`"));
    diagnostic.expect(crate::input::list_names(known()));
    match nearest(found, known()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("add a rule file for it with `--rules DIR`"),
    };
}
