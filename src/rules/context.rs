//! What expressions in rule files can see.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::{Object, Serde};
use serde_json::{Map, json};

use crate::estate::{Estate, Networking};

/// The part of an expression's context that is the same for a whole estate.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    estate: Value,
    settings: Value,
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
        Self { estate: present(&about), settings: present(&settings) }
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

    /// The `config` of a merged resource, its requirement `key` and its `id` beside them.
    pub(crate) fn resource(&self, key: &str, id: &str, config: &Arc<Map<String, serde_json::Value>>) -> Value {
        minijinja::context! {
            key => key,
            id => id,
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
