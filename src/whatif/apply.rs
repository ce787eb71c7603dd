//! A scenario applied: the estate and the rules that it plans.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::scenario::{Change, Edit, Scenario, Shares};
use super::{Failure, patch};
use crate::estate::{Estate, Sharing};
use crate::input::{Code, Diagnostic, Diagnostics, Pointer, list_names, nearest};
use crate::rules::{RuleLayers, RuleSet};

/// The most components that a scenario may have.
const MOST_COMPONENTS: u64 = 1_000_000;

/// Edits of rules, and what comes of them.
type ChangedRules = (BTreeMap<String, Edit>, Arc<RuleSet>);

/// What scenarios change.
pub(super) struct Ground<'a> {
    pub(super) estate: &'a Estate,
    pub(super) layers: &'a RuleLayers,
    pub(super) rules: Arc<RuleSet>,
    /// The estate as JSON, with everything that may be left out.
    document: Value,
    /// Rule sets that scenarios have in common.
    changed: Mutex<Vec<ChangedRules>>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(estate: &'a Estate, layers: &'a RuleLayers, rules: RuleSet) -> Self {
        let document = complete(serde_json::to_value(estate).unwrap_or_default());
        Self { estate, layers, rules: Arc::new(rules), document, changed: Mutex::default() }
    }

    /// The estate and the rules of a scenario.
    pub(super) fn apply(&self, scenario: &Scenario) -> Result<(Estate, Arc<RuleSet>), Failure> {
        let Change { growth, sharing, edit, set, pooled, rules } = &scenario.change;
        let rules = self.rules(scenario, rules)?;
        let mut estate = if *edit == Edit::default() && set.is_empty() {
            self.estate.clone()
        } else {
            let mut document = self.document.clone();
            edit.apply(&mut document, &scenario.place).map_err(Failure::of_scenario)?;
            for (pointer, value) in set {
                patch::set(&mut document, pointer, value.clone())
                    .map_err(|diagnostic| Failure::of_scenario(on_key(diagnostic.at(scenario.place.clone().key(pointer)))))?;
            }
            match Estate::of_value(document) {
                (mut estate, faults) if faults.is_empty() => {
                    estate.usage = self.estate.usage.clone();
                    estate
                }
                (_, faults) => return Err(Failure::of_estate(scenario, faults.into())),
            }
        };
        estate.pooled.extend(pooled.clone());
        if let Some(sharing) = sharing {
            estate.settings.sharing = match sharing {
                Shares::Nobody => Sharing::None,
                Shares::AllOfAType => Sharing::ByType,
            };
        }
        if let Some(growth) = growth {
            let components = growth.of(estate.components.len() as u64);
            if components > MOST_COMPONENTS {
                let message = format!("the estate would have {components} components, and {MOST_COMPONENTS} are allowed");
                let place = scenario.place.clone().key("growth");
                return Err(Failure::of_scenario(Diagnostic::error(Code::OutOfRange, message).at(place)));
            }
            growth.apply(&mut estate, &rules);
        }
        Ok((estate, rules))
    }

    fn rules(&self, scenario: &Scenario, edits: &BTreeMap<String, Edit>) -> Result<Arc<RuleSet>, Failure> {
        if edits.is_empty() {
            return Ok(Arc::clone(&self.rules));
        }
        let known = || self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rules)) = known().iter().find(|(known, _)| known == edits) {
            return Ok(Arc::clone(rules));
        }
        let at = scenario.place.clone().key("rules");
        let mut layers = self.layers.clone();
        for (name, edit) in edits {
            let at = at.clone().key(name);
            let Some(rule) = layers.rule_mut(name) else {
                let mut diagnostic = Diagnostic::error(Code::UnknownType, format!("no rule describes a type `{name}`"));
                diagnostic.expect(list_names(self.layers.types()));
                if let Some(near) = nearest(name, self.layers.types()) {
                    diagnostic.help(format!("did you mean `{near}`?"));
                }
                return Err(Failure::of_scenario(on_key(diagnostic.at(at))));
            };
            edit.apply(rule, &at).map_err(Failure::of_scenario)?;
        }
        let rules = Arc::new(layers.rules_at(self.rules.prices_in_force()).map_err(|diagnostics| {
            // The places are those of the rule files, which are not at fault.
            let moved = diagnostics.into_iter().map(|mut diagnostic| {
                diagnostic.message = format!("{} (at {} of a changed rule)", diagnostic.message, diagnostic.pointer);
                diagnostic.position = None;
                diagnostic.at(at.clone())
            });
            Failure::all_of_scenario(Diagnostics::from(moved.collect::<Vec<_>>()))
        })?);
        known().push((edits.clone(), Arc::clone(&rules)));
        Ok(rules)
    }
}

fn on_key(mut diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.on_key();
    diagnostic
}

/// Adds what may be left out of an estate, so that patches find it.
pub(super) fn complete(mut document: Value) -> Value {
    let defaults = json!({
        "tags": {}, "overrides": [], "constraints": { "dedicated": [], "apart": [], "together": [] },
        "settings": { "limits": {}, "maxResources": {} },
    });
    fill(&mut document, &defaults);
    document
}

fn fill(document: &mut Value, defaults: &Value) {
    if let (Value::Object(document), Value::Object(defaults)) = (document, defaults) {
        for (name, value) in defaults {
            fill(document.entry(name.clone()).or_insert_with(|| value.clone()), value);
        }
    }
}

/// Where in a scenario a fault of its estate comes from, if the scenario says anything on it.
pub(super) fn origin(scenario: &Scenario, fault: &Pointer) -> Option<(Pointer, bool)> {
    let Change { edit, set, .. } = &scenario.change;
    let fault = fault.to_string();
    let place = || scenario.place.clone();
    let within = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
    let touches = |path: &str| within(&fault, path.trim_end_matches("/-")) || within(path, &fault);
    if let Some((pointer, _)) = set.iter().rev().find(|(pointer, _)| touches(pointer)) {
        return Some((place().key(pointer), true));
    }
    if let Some(i) = edit.patch.iter().rposition(|operation| touches(operation.path().as_str())) {
        return Some((place().key("patch").index(i), false));
    }
    // As deep into the merge patch as it goes.
    let mut here = edit.merge.as_ref()?;
    let mut pointer = place().key("merge");
    let mut depth = 0;
    for step in fault.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let Some(next) = here.get(&name) else { break };
        here = next;
        depth += 1;
        pointer = pointer.key(name);
    }
    (depth > 0 && (depth > 1 || !here.is_object() || fault.matches('/').count() <= 1)).then_some((pointer, true))
}
