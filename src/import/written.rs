//! An estate as people write one: without what goes without saying.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::estate::{Component, Estate, Requirement};
use crate::names::{ComponentId, RequirementKey, ResourceType};
use crate::untrusted::json_text;

#[derive(Serialize)]
struct Written<'e> {
    version: u32,
    name: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'e str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'e BTreeMap<String, String>,
    components: BTreeMap<&'e ComponentId, Needs<'e>>,
}

#[derive(Serialize)]
struct Needs<'e> {
    requirements: Vec<Need<'e>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Need<'e> {
    resource_type: &'e ResourceType,
    requirement_key: &'e RequirementKey,
    config: &'e Map<String, Value>,
}

impl<'e> Needs<'e> {
    fn of(component: &'e Component) -> Self {
        let need = |requirement: &'e Requirement| {
            let Requirement { resource_type, requirement_key, config, priority: _ } = requirement;
            Need { resource_type, requirement_key, config }
        };
        Self { requirements: component.requirements.iter().map(need).collect() }
    }
}

/// The estate as pretty JSON with a final line break.
pub(super) fn json(estate: &Estate) -> String {
    let Estate { name, environment, location, tags, components, .. } = estate;
    let components = components.iter().map(|(id, component)| (id, Needs::of(component))).collect();
    let (environment, location) = (environment.as_deref(), location.as_deref());
    let written = Written { version: 1, name, environment, location, tags, components };
    json_text(&written)
}
