//! Secrets that somebody wrote into an estate: they are masked before anything else sees them.
//!
//! A mask is a digest of the value, so that a changed secret still shows as changed.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::normalize::normalized;
use super::{Need, Owners};
use crate::estate::Estate;
use crate::plan::{Warning, WarningCode};
use crate::rules::{Collection, Identity, Kind, Properties, RuleSet, Scope, lookup};
use crate::secrets::{Masker, is_elsewhere, is_secret, looks_secret, names_secret};

/// Masks the secrets in requirements, with a warning for each.
pub(super) fn mask_requirements(needs: &mut [Need<'_>], estate: &str, rules: &RuleSet, owners: &Owners<'_>) -> Vec<Warning> {
    let masker = Masker::new(estate);
    let mut warnings = Vec::new();
    for need in needs {
        let Some(rule) = rules.resource(need.resource_type) else { continue };
        let found = secrets(&need.config, &rule.properties);
        if found.is_empty() {
            continue;
        }
        let who = owners.name(need.owner);
        for place in &found {
            let message = format!(
                "`{}` of `{who}` looks like a secret: it is masked, and templates take it as a secure parameter; better keep it in a Key Vault and refer to it",
                name(place)
            );
            let components = owners.component(need.owner).cloned().into_iter().collect();
            warnings.push(Warning { code: WarningCode::SecretInEstate, message, group: None, components });
        }
        cover(need.config.to_mut(), &found, &masker);
    }
    warnings
}

/// The estate with its overrides as the rules have them, and the secrets in them masked.
pub(crate) fn mask_overrides<'e>(estate: &'e Estate, rules: &RuleSet) -> Cow<'e, Estate> {
    let masker = Masker::new(&estate.name);
    let mut estate = normal_overrides(estate, rules);
    for i in 0..estate.overrides.len() {
        let over = &estate.overrides[i];
        let Some(rule) = rules.resource(over.resource_type.as_str()) else { continue };
        let found = secrets(&over.config, &rule.properties);
        if !found.is_empty() {
            cover(&mut estate.to_mut().overrides[i].config, &found, &masker);
        }
    }
    estate
}

/// An estate whose overrides say what follows from them, as requirements do.
fn normal_overrides<'e>(estate: &'e Estate, rules: &RuleSet) -> Cow<'e, Estate> {
    let scope = Scope::new(estate);
    let mut normal = Cow::Borrowed(estate);
    for (i, over) in estate.overrides.iter().enumerate() {
        let Some(rule) = rules.resource(over.resource_type.as_str()) else { continue };
        // What fails here has failed for requirements, which tell where.
        if let Ok(Cow::Owned(config)) = normalized(&over.config, &rule.properties, &scope)
            && let Some(over) = normal.to_mut().overrides.get_mut(i)
        {
            over.config = config;
        }
    }
    normal
}

/// A step into a config.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What people call the value at a place: its name, or that of what it is the value of.
fn name(place: &[Step]) -> &str {
    let keys = place.iter().rev().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    let mut keys = keys.peekable();
    let last = keys.next().unwrap_or_default();
    if last == "value" { keys.next().unwrap_or(last) } else { last }
}

fn cover(config: &mut Map<String, Value>, places: &[Vec<Step>], masker: &Masker) {
    for place in places {
        let Some((Step::Key(first), rest)) = place.split_first() else { continue };
        let value = rest.iter().try_fold(config.get_mut(first), |value, step| match step {
            Step::Key(key) => Some(value?.get_mut(key)),
            Step::Index(index) => Some(value?.get_mut(*index)),
        });
        if let Some(Some(value)) = value {
            *value = masker.mask(value);
        }
    }
}

/// Where a config holds secrets: in settings (the members of maps), in properties whose rule says that they are, and wherever a text
/// is one whatever it is called.
fn secrets(config: &Map<String, Value>, properties: &Properties) -> Vec<Vec<Step>> {
    let mut search = Search::default();
    search.object(config, properties);
    search.found
}

#[derive(Default)]
struct Search {
    here: Vec<Step>,
    /// The property that is being looked at, or one around it, is said to be a secret.
    stated: bool,
    found: Vec<Vec<Step>>,
}

impl Search {
    fn object(&mut self, config: &Map<String, Value>, properties: &Properties) {
        for property in properties.iter() {
            let Some(value) = lookup(config, &property.path) else { continue };
            let (length, stated) = (self.here.len(), self.stated);
            self.here.extend(property.path.iter().cloned().map(Step::Key));
            self.stated |= property.secret;
            self.value(value, &property.kind);
            self.stated = stated;
            self.here.truncate(length);
        }
    }

    fn value(&mut self, value: &Value, kind: &Kind) {
        match (kind, value) {
            (Kind::Object(properties), Value::Object(config)) => self.object(config, properties),
            (Kind::Collection(collection), value) => self.collection(value, collection),
            (_, Value::Array(elements)) => {
                for (i, element) in elements.iter().enumerate() {
                    self.within(Step::Index(i), |search| search.value(element, kind));
                }
            }
            (_, single) => self.single(single, None),
        }
    }

    fn collection(&mut self, value: &Value, collection: &Collection) {
        match value {
            Value::Array(elements) => {
                for (i, element) in elements.iter().enumerate() {
                    self.within(Step::Index(i), |search| search.value(element, &collection.element));
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    self.within(Step::Key(name.clone()), |search| search.member(name, value, collection));
                }
            }
            _ => {}
        }
    }

    /// A setting; its value may stand beside the note that it is shared, or be an object that has a value.
    fn member(&mut self, name: &str, value: &Value, collection: &Collection) {
        let Value::Object(members) = value else {
            return if collection.identity == Identity::Name { self.single(value, Some(name)) } else { self.single(value, None) };
        };
        if let Kind::Object(properties) = &*collection.element {
            self.object(members, properties);
        }
        if let Some(value @ (Value::String(_) | Value::Number(_))) = members.get("value") {
            self.within(Step::Key("value".to_owned()), |search| search.single(value, Some(name)));
        }
    }

    fn single(&mut self, value: &Value, name: Option<&str>) {
        let secret = match value {
            Value::String(text) if self.stated => !is_elsewhere(text),
            Value::String(text) => name.map_or_else(|| looks_secret(text), |name| is_secret(name, text)),
            Value::Number(_) => self.stated || name.is_some_and(names_secret),
            Value::Bool(_) => self.stated,
            _ => false,
        };
        if secret && self.found.last() != Some(&self.here) {
            self.found.push(self.here.clone());
        }
    }

    fn within(&mut self, step: Step, each: impl FnOnce(&mut Self)) {
        self.here.push(step);
        each(self);
        self.here.pop();
    }
}
