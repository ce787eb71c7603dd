//! The final names of elements, held against what the provider accepts.

use serde_json::{Map, Value};

use crate::rules::{ElementNames, Identity, Kind, Properties};

/// A name that the provider refuses.
pub(crate) struct BadName<'c> {
    /// The collection.
    pub(crate) path: String,
    pub(crate) name: &'c str,
    pub(crate) wanted: ElementNames,
}

/// Every name in a merged config that the provider refuses.
pub(crate) fn bad_names<'c>(properties: &Properties, config: &'c Map<String, Value>) -> Vec<BadName<'c>> {
    let mut bad = Vec::new();
    within(properties, config, "", &mut bad);
    bad
}

fn within<'c>(properties: &Properties, config: &'c Map<String, Value>, above: &str, bad: &mut Vec<BadName<'c>>) {
    for property in properties.iter() {
        let Kind::Collection(collection) = &property.kind else { continue };
        let inner = match &*collection.element {
            Kind::Object(inner) => Some(inner),
            _ => None,
        };
        if collection.names.is_none() && inner.is_none() {
            continue;
        }
        let path = || format!("{above}{}", property.name());
        let elements = property.path.last().and_then(|key| config.get(key));
        if let (Some(Value::Object(map)), Identity::Name, Some(wanted)) = (elements, &collection.identity, collection.names) {
            let refused = map.keys().filter(|name| !wanted.accept(name));
            bad.extend(refused.map(|name| BadName { path: path(), name, wanted }));
        }
        for element in elements.and_then(Value::as_array).into_iter().flatten() {
            let name = element.get("name").unwrap_or(element).as_str();
            // What a reference comes to is not known yet.
            let known = name.filter(|name| !name.contains("${"));
            if let (Some(name), Some(wanted)) = (known, collection.names)
                && !wanted.accept(name)
            {
                bad.push(BadName { path: path(), name, wanted });
            }
            if let (Some(inner), Value::Object(members)) = (inner, element) {
                within(inner, members, &format!("{}.", path()), bad);
            }
        }
    }
}
