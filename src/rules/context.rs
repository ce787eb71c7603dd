//! What expressions in rule files can see.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::{Object, Serde};
use serde_json::{Map, json};

use super::{RuleSet, Vocabulary};
use crate::estate::{Estate, Networking};
use crate::prices::HOURS;

/// The part of an expression's context that is the same for a whole estate.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    estate: Value,
    settings: Value,
    vocabularies: Arc<BTreeMap<String, Arc<Vocabulary>>>,
}

impl Scope {
    pub(crate) fn new(estate: &Estate) -> Self {
        let about = json!({
            "name": estate.name, "environment": estate.environment, "location": estate.location, "tags": estate.tags,
        });
        let settings = json!({
            "monitoring": estate.settings.monitoring,
            "isolated": estate.settings.networking == Networking::Isolated,
        });
        Self { estate: present(&about), settings: present(&settings), vocabularies: Arc::default() }
    }

    /// With the words of the vocabularies, which the expressions of resource types may look up.
    pub(crate) fn with_words(self, rules: &RuleSet) -> Self {
        Self { vocabularies: Arc::new(rules.vocabularies.clone()), ..self }
    }

    /// `estate` and `settings` alone.
    pub(crate) fn plain(&self) -> Value {
        minijinja::context! { estate => &self.estate, settings => &self.settings }
    }

    /// `component` and `config` beside them.
    pub(crate) fn component(&self, id: &str, config: &Map<String, serde_json::Value>) -> Value {
        minijinja::context! {
            component => id,
            config => Value::from(Serde(config)),
            estate => &self.estate,
            settings => &self.settings,
        }
    }

    /// A stated `value` and the `config` around it.
    pub(crate) fn value(&self, value: &serde_json::Value, config: &Map<String, serde_json::Value>) -> Value {
        minijinja::context! {
            value => Value::from(Serde(value)),
            config => Value::from(Serde(config)),
            estate => &self.estate,
            settings => &self.settings,
        }
    }

    /// The `config` of a merged resource, its requirement `key` and its `id` beside them.
    pub(crate) fn resource(&self, key: &str, id: &str, config: &Arc<Map<String, serde_json::Value>>) -> Value {
        let (stating, vocabularies) = (Arc::clone(config), Arc::clone(&self.vocabularies));
        minijinja::context! {
            key => key,
            id => id,
            hours => HOURS,
            stated => Value::from_function(move |path: &str| stated(&stating, path)),
            words => Value::from_function(move |name: &str| vocabularies.get(name).map(|vocabulary| Value::from(vocabulary.words.clone()))),
            config => Value::from_object(Lazy { config: Arc::clone(config), converted: Mutex::default() }),
            estate => &self.estate,
            settings => &self.settings,
        }
    }
}

/// A config whose members are converted when an expression first asks for them: a merged config can be large, and most
/// expressions look at one or two of its members.
#[derive(Debug)]
struct Lazy {
    config: Arc<Map<String, serde_json::Value>>,
    converted: Mutex<BTreeMap<String, Value>>,
}

impl Object for Lazy {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let value = self.config.get(key)?;
        let mut converted = self.converted.lock().unwrap_or_else(PoisonError::into_inner);
        Some(converted.entry(key.to_owned()).or_insert_with(|| Value::from(Serde(value))).clone())
    }
}

/// The names of the elements in which something is stated: `stated('databases.containers.throughput')` gives
/// `orders/items` for a container `items` of the database `orders` that states a throughput.
///
/// Done here and not with filters in the expression, since a merged config can hold thousands of elements.
pub(crate) fn stated(config: &Map<String, serde_json::Value>, path: &str) -> Vec<String> {
    let steps: Vec<&str> = path.split('.').collect();
    let mut names = Vec::new();
    if let Some((first, rest)) = steps.split_first()
        && let Some(value) = config.get(*first)
    {
        gather(value, rest, "", &mut names);
    }
    names
}

fn gather(value: &serde_json::Value, steps: &[&str], name: &str, names: &mut Vec<String>) {
    if let serde_json::Value::Array(elements) = value {
        for element in elements {
            let own = element.get("name").and_then(serde_json::Value::as_str).or(element.as_str()).unwrap_or_default();
            if let [first, rest @ ..] = steps
                && let Some(value) = element.get(*first)
            {
                let name = if name.is_empty() { own.to_owned() } else { format!("{name}/{own}") };
                gather(value, rest, &name, names);
            }
        }
    } else {
        match steps {
            [] if *value != serde_json::Value::Bool(false) => names.push(name.to_owned()),
            [first, rest @ ..] => value.get(*first).into_iter().for_each(|value| gather(value, rest, name, names)),
            [] => {}
        }
    }
}

/// Without the members that are null: absent, so that `default(…)` works on them.
fn present(value: &serde_json::Value) -> Value {
    let map: Map<String, serde_json::Value> = value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Value::from(Serde(map))
}
