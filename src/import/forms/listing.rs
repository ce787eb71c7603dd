//! Lists of resources: answers of Azure Resource Graph and of the management API, what `az resource list` prints, and the settings
//! of one application.

use serde_json::{Map, Value};

use crate::import::found::{Contents, Found, Skipped};
use crate::import::marks;
use crate::rules::Language;

/// The resources of a list, of a page of one, or of several pages.
pub(super) fn pages(value: &Value) -> Option<Vec<&Value>> {
    let list = match value {
        Value::Array(array) => array,
        Value::Object(map) => match map.get("data").or_else(|| map.get("value")) {
            Some(Value::Array(array)) => array,
            _ if is_resource(value) => return Some(vec![value]),
            _ => return None,
        },
        _ => return None,
    };
    if list.iter().any(|element| is_resource(element) || is_page(element)) || (list.is_empty() && value.is_object()) {
        return Some(
            list.iter()
                .flat_map(|element| if is_page(element) { pages(element).unwrap_or_default() } else { vec![element] })
                .collect(),
        );
    }
    None
}

fn is_page(value: &Value) -> bool {
    !is_resource(value) && ["data", "value"].iter().any(|field| value.get(field).is_some_and(Value::is_array))
}

fn is_resource(value: &Value) -> bool {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    text("id").is_some_and(|id| id.contains("/providers/")) && text("type").is_some_and(|name| name.contains('/'))
}

/// Everything in a list.
pub(super) fn read(resources: &[&Value]) -> Contents {
    let mut contents = Contents::default();
    for resource in resources {
        match found(resource) {
            Some(found) => contents.resources.push(found),
            None => contents.skipped.push(Skipped::new("an element of the list", "it has no `id` and `type` of a resource")),
        }
    }
    contents
}

fn found(resource: &Value) -> Option<Found> {
    let id = resource.get("id")?.as_str()?;
    // The id tells the names on the way; of an extension, its own are the last.
    let (_, tail) = id.rsplit_once("/providers/")?;
    let mut segments = tail.trim_end_matches('/').split('/');
    let mut provider_type = segments.next()?.to_owned();
    let mut names = Vec::new();
    while let (Some(kind), Some(name)) = (segments.next(), segments.next()) {
        provider_type.push('/');
        provider_type.push_str(kind);
        names.push(marks::clean(name).into_owned());
    }
    let mut body: Map<String, Value> = cleaned(resource).as_object()?.clone();
    body.insert("name".to_owned(), names.last()?.clone().into());
    if let Some((target, _)) = id.rsplit_once("/providers/").filter(|(target, _)| target.contains("/providers/")) {
        body.entry("scope").or_insert(target.into());
    }
    let address = format!("{provider_type} {}", names.join("/"));
    Some(Found { language: Language::Arm, provider_type, names, address, id: Some(id.to_owned()), body: Value::Object(body) })
}

/// Without what marks are made of, and without nulls.
fn cleaned(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(marks::clean(text).into_owned()),
        Value::Array(array) => array.iter().map(cleaned).collect(),
        Value::Object(map) => {
            let stated = map.iter().filter(|(_, value)| !value.is_null());
            stated.map(|(key, value)| (marks::clean(key).into_owned(), cleaned(value))).collect()
        }
        other => other.clone(),
    }
}

/// The settings that `az functionapp config appsettings list` prints.
pub(super) fn settings(value: &Value) -> Option<Map<String, Value>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    let setting = |setting: &Value| {
        let named = setting.get("slotSetting").is_some() || setting.as_object().is_some_and(|map| map.len() == 2);
        let name = setting.get("name")?.as_str().filter(|_| named)?;
        Some((marks::clean(name).into_owned(), cleaned(setting.get("value")?)))
    };
    list.iter().map(setting).collect()
}

/// Settings as the resource that holds those of an application.
pub(super) fn of_application(app: &str, settings: Map<String, Value>) -> Contents {
    let id = "/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.Web/sites";
    let found = Found {
        language: Language::Arm,
        provider_type: "Microsoft.Web/sites/config".to_owned(),
        names: vec![app.to_owned(), "appsettings".to_owned()],
        address: format!("the settings of {app}"),
        body: serde_json::json!({ "name": "appsettings", "properties": settings }),
        id: Some(format!("{id}/{app}/config/appsettings")),
    };
    Contents { resources: vec![found], ..Contents::default() }
}
