//! Configs as the rules write them: properties under their own names, values in their own spelling.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::rules::{Properties, Scope, spelled};

/// A valid config with every property under its own name, every value that can be written in several ways in the one that its
/// rule prefers, and what follows from it stated.
pub(crate) fn normalized<'c>(
    config: &'c Map<String, Value>,
    properties: &Properties,
    scope: &Scope,
) -> Result<Cow<'c, Map<String, Value>>, minijinja::Error> {
    let mut normal = spelled(config, properties);
    for property in properties.iter() {
        let (Some(canonical), [name]) = (&property.canonical, property.path.as_slice()) else { continue };
        let Some(stated) = normal.get(name) else { continue };
        if stated.as_str().is_some_and(|text| text.contains("${")) {
            continue;
        }
        let value = canonical.fill(&scope.value(stated, &normal))?;
        if let Some(value) = value.filter(|value| value != stated) {
            normal.to_mut().insert(name.clone(), value);
        }
    }
    for property in properties.iter() {
        let (Some(derive), [name]) = (&property.derive, property.path.as_slice()) else { continue };
        if !normal.contains_key(name)
            && let Some(value) = derive.fill(&scope.value(&Value::Null, &normal))?
        {
            normal.to_mut().insert(name.clone(), value);
        }
    }
    Ok(normal)
}
