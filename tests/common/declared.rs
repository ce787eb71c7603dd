//! Holding ARM resources against Azure's own declarations of their types, of which `tests/declarations` has a copy.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

/// The declarations of resource types.
pub struct Declarations(Value);

/// A declared type of one provider and version.
type Types<'d> = &'d Map<String, Value>;

impl Declarations {
    pub fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarations/arm-types.json");
        Self(serde_json::from_str(&fs::read_to_string(file).expect("the declarations")).expect("JSON"))
    }

    /// Everything in a resource of a template that its type does not declare.
    pub fn faults(&self, resource: &Value) -> Vec<String> {
        let (kind, version) = (resource["type"].as_str().expect("a type"), resource["apiVersion"].as_str().expect("a version"));
        let provider = kind.split('/').next().unwrap_or_default().to_lowercase();
        let declared = &self.0["providers"][format!("{provider}@{version}")];
        let wanted = format!("{kind}@{version}").to_lowercase();
        let index =
            declared["resources"].as_object().and_then(|known| known.iter().find(|(name, _)| name.to_lowercase() == wanted));
        let (Some((_, index)), Some(types)) = (index, declared["types"].as_object()) else {
            return vec![format!("nothing declares {kind}@{version}")];
        };
        let mut body = resource.as_object().expect("an object").clone();
        for beside in ["type", "apiVersion", "dependsOn", "scope"] {
            body.remove(beside);
        }
        if let Some(name) = body.get_mut("name").filter(|name| !expression(name)) {
            *name = name.as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default().into();
        }
        let mut faults = Vec::new();
        check(types, &types[&index.to_string()], &Value::Object(body), kind, &mut faults);
        faults
    }
}

/// What only deployment knows.
fn expression(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with('[') && !text.starts_with("[["))
}

fn referred<'d>(types: Types<'d>, reference: &Value) -> &'d Value {
    let index = reference["$ref"].as_str().and_then(|text| text.rsplit('/').next()).unwrap_or_default();
    types.get(index).unwrap_or(&Value::Null)
}

fn check(types: Types<'_>, declared: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    if expression(value) {
        return;
    }
    let mut fault = |what: String| faults.push(format!("{path}: {what}"));
    match declared["$type"].as_str().unwrap_or_default() {
        "DiscriminatedObjectType" => {
            let by = declared["discriminator"].as_str().unwrap_or_default();
            let Some(chosen) = value[by].as_str().and_then(|word| declared["elements"].get(word)) else {
                return fault(format!("`{by}` is {}", value[by]));
            };
            let chosen = referred(types, chosen);
            let mut properties = declared["baseProperties"].as_object().cloned().unwrap_or_default();
            properties.extend(chosen["properties"].as_object().cloned().unwrap_or_default());
            object(types, &properties, &chosen["additionalProperties"], value, path, faults);
        }
        "ObjectType" => {
            let properties = declared["properties"].as_object().cloned().unwrap_or_default();
            object(types, &properties, &declared["additionalProperties"], value, path, faults);
        }
        "ArrayType" => match value.as_array() {
            Some(array) => {
                for (i, value) in array.iter().enumerate() {
                    check(types, referred(types, &declared["itemType"]), value, &format!("{path}/{i}"), faults);
                }
            }
            None => fault(format!("{value} is no array")),
        },
        "StringLiteralType" if *value != declared["value"] => fault(format!("{value} is not {}", declared["value"])),
        "UnionType" => {
            let elements: Vec<&Value> =
                declared["elements"].as_array().into_iter().flatten().map(|e| referred(types, e)).collect();
            let literals: Vec<&Value> =
                elements.iter().map(|element| &element["value"]).filter(|value| !value.is_null()).collect();
            if !literals.is_empty() && !literals.contains(&value) {
                fault(format!("{value} is none of {literals:?}"));
            }
        }
        "StringType" => match value.as_str() {
            Some(text) => {
                let within = |bound: &str, text: usize, least: bool| {
                    declared[bound].as_u64().is_none_or(|bound| if least { text as u64 >= bound } else { text as u64 <= bound })
                };
                let length = text.chars().count();
                if !within("minLength", length, true) || !within("maxLength", length, false) {
                    fault(format!("{text:?} is too short or too long"));
                }
            }
            None => fault(format!("{value} is no text")),
        },
        "IntegerType" => {
            let number = value.as_i64();
            let low = declared["minValue"].as_i64().unwrap_or(i64::MIN);
            let high = declared["maxValue"].as_i64().unwrap_or(i64::MAX);
            if number.is_none_or(|number| number < low || number > high) {
                fault(format!("{value} is not within {low} and {high}"));
            }
        }
        "BooleanType" if !value.is_boolean() => fault(format!("{value} is neither true nor false")),
        _ => {}
    }
}

fn object(
    types: Types<'_>,
    properties: &Map<String, Value>,
    further: &Value,
    value: &Value,
    path: &str,
    faults: &mut Vec<String>,
) {
    let Some(members) = value.as_object() else { return faults.push(format!("{path}: {value} is no object")) };
    let flags = |property: &Value| property["flags"].as_u64().unwrap_or_default();
    for (name, property) in properties {
        if flags(property) & 1 != 0 && flags(property) & 2 == 0 && !members.contains_key(name) {
            faults.push(format!("{path}: there is no `{name}`"));
        }
    }
    for (name, value) in members {
        let path = format!("{path}/{name}");
        match properties.get(name) {
            Some(property) if flags(property) & 2 != 0 => faults.push(format!("{path}: is read-only")),
            Some(property) => check(types, referred(types, &property["type"]), value, &path, faults),
            None if further["$ref"].is_string() => check(types, referred(types, further), value, &path, faults),
            None => faults.push(format!("{path}: nothing declares it")),
        }
    }
}

/// The values that arguments of Terraform's `azurerm` provider take, by resource type and argument.
pub struct ArgumentValues(BTreeMap<String, Vec<Value>>);

impl ArgumentValues {
    pub fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarations/azurerm-values.json");
        let all: Value = serde_json::from_str(&fs::read_to_string(file).expect("the values")).expect("JSON");
        Self(serde_json::from_value(all["values"].clone()).expect("lists of values"))
    }

    /// The arguments of a configuration that have other values.
    pub fn faults(&self, configuration: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        for (kind, labels) in configuration["resource"].as_object().into_iter().flatten() {
            for (label, body) in labels.as_object().into_iter().flatten() {
                self.within(kind, body, label, &mut faults);
            }
        }
        faults
    }

    fn within(&self, path: &str, value: &Value, label: &str, faults: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    self.within(&format!("{path}.{name}"), value, label, faults);
                }
            }
            Value::Array(array) => array.iter().for_each(|value| self.within(path, value, label, faults)),
            value => {
                let known = self.0.get(path);
                let reference = value.as_str().is_some_and(|text| text.contains("${"));
                if known.is_some_and(|known| !known.contains(value)) && !reference {
                    faults.push(format!("{path} of {label}: {value}"));
                }
            }
        }
    }
}
