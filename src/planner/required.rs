//! What resources require that nobody brings along.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::draft::{Draft, Pending};
use crate::estate::Priority;
use crate::input::{At, Code, Diagnostic, Sink};
use crate::names::ResourceType;
use crate::requirements::{Need, normalized};
use crate::rules::broken;
use crate::rules::{Requires, ResourceRule, RuleSet, Scope, validate};

impl<'a> Draft<'a> {
    /// Adds the requirements of a resource that its components do not bring along themselves.
    pub(super) fn require(&mut self, rank: usize, pending: &mut Pending<'a>) -> Result<(), Diagnostic> {
        let resource = &self.resources[rank];
        let solved = &mut self.solved[resource.solved];
        let rule = solved.group.rule;
        if rule.requires.is_empty() {
            return Ok(());
        }
        let config = Arc::new(std::mem::take(&mut solved.merged[resource.bin].config));
        let context = self.scope.resource(&solved.group.key, resource.id.as_str(), &config);
        let mut needs = Vec::new();
        let id = resource.id.clone();
        let mut result = Ok(());
        for required in &rule.requires {
            let wanted = required.resource_type.as_str();
            let brought = !required.own && resource.components.iter().any(|owner| self.brings.contains(&(*owner, wanted)));
            if !brought {
                match implied(self.rules, self.scope, rule, required, &context) {
                    Ok(need) => needs.extend(need),
                    Err(diagnostic) => result = Err(diagnostic),
                }
            }
        }
        drop(context);
        solved.merged[self.resources[rank].bin].config = Arc::unwrap_or_clone(config);
        result?;
        if needs.is_empty() {
            return Ok(());
        }
        let owner = self.owners.add(id, self.resources[rank].components.first().copied());
        self.resources[rank].as_owner = Some(owner);
        self.owning.insert(owner, rank);
        self.setting.exclusions.follow(owner, &self.resources[rank].components);
        for (resource_type, key, config) in needs {
            let Some(rule) = self.rules.resource(resource_type.as_str()) else { continue };
            let resource_type = rule.resource_type.as_str();
            let (key, config) = (key.into(), Cow::Owned(config));
            self.pend(
                pending,
                Need { owner, resource_type, key, priority: Priority::COMPONENT, of_type: false, refers: false, config },
            );
        }
        Ok(())
    }
}

/// A requirement of a resource: type, key and config.
type Implied = (ResourceType, String, Map<String, Value>);

/// The requirement that a resource has of another type, unless its rule says that there is no need.
fn implied(
    rules: &RuleSet,
    scope: &Scope,
    rule: &ResourceRule,
    required: &Requires,
    context: &minijinja::Value,
) -> Result<Option<Implied>, Diagnostic> {
    let failed = |error: minijinja::Error| broken(rule, "requires", &error);
    if let Some(when) = &required.when
        && !when.holds(context).map_err(failed)?
    {
        return Ok(None);
    }
    let key = required.requirement_key.fill(context).map_err(failed)?;
    let config = required.config.fill(context).map_err(failed)?;
    let (Some(Value::String(key)), Some(Value::Object(mut config))) = (key, config) else {
        let message = format!("what `{}` requires of `{}` has no key or config", rule.resource_type, required.resource_type);
        return Err(Diagnostic::error(Code::RuleInvalid, message));
    };
    if let Some(wanted) = rules.resource(required.resource_type.as_str()) {
        let mut sink = Sink::default();
        validate(&mut sink, &At::ROOT, &config, &wanted.properties);
        if let Some(mut diagnostic) = sink.diagnostics.pop() {
            diagnostic.message = format!(
                "what `{}` requires of `{}` is wrong: {}",
                rule.resource_type, required.resource_type, diagnostic.message
            );
            return Err(diagnostic);
        }
        if let Cow::Owned(normal) = normalized(&config, &wanted.properties, scope).map_err(failed)? {
            config = normal;
        }
    }
    Ok(Some((required.resource_type.clone(), key, config)))
}
