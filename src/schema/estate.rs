//! Estates, as the rules in force let them be.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::config;
use crate::estate::Estate;
use crate::rules::{ComponentRule, Node, ResourceRule, RuleSet};

/// Draft 7. A `whole` estate has all that an estate must have; else the file may hold a part of one.
pub(super) fn schema(rules: &RuleSet, whole: bool) -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Estate>().to_value();
    close(&mut schema);
    schema["description"] = "An estate: the components of an application, and what each of them needs.".into();
    if !whole && let Some(root) = schema.as_object_mut() {
        root.remove("required");
    }
    schema["properties"]["$schema"] = json!({ "type": "string" });
    // Words that types may want as a region, and any other where no type does.
    let regions = rules.vocabularies().map(|vocabulary| json!({ "$ref": format!("#/definitions/{}", vocabulary.name) }));
    let anything = json!({ "type": "string" });
    let location = schema["properties"]["location"]["description"].take();
    schema["properties"]["location"] = json!({ "description": location, "anyOf": regions.chain([anything]).collect::<Vec<_>>() });
    schema["properties"]["name"]["pattern"] = "^[A-Za-z0-9][A-Za-z0-9_. -]{0,63}$".into();
    schema["properties"]["environment"]["pattern"] = "^[A-Za-z0-9][A-Za-z0-9_. -]{0,63}$".into();
    schema["properties"]["components"]["minProperties"] = i32::from(whole).into();
    schema["properties"]["components"]["propertyNames"] = json!({ "pattern": "^[A-Za-z][A-Za-z0-9_./-]{0,127}$" });

    let definitions = &mut schema["definitions"];
    for name in ["Sharing", "OnConflict", "Objective", "Networking"] {
        words_in_any_case(&mut definitions[name]);
    }
    let list = &mut definitions["Constraints"]["properties"];
    for name in ["apart", "together"] {
        list[name]["items"]["minItems"] = 2.into();
        list[name]["items"]["uniqueItems"] = true.into();
    }
    list["dedicated"]["uniqueItems"] = true.into();
    components(definitions, rules);
    resources(definitions, rules);
    settings(&mut definitions["Settings"]["properties"], rules);
    for vocabulary in rules.vocabularies() {
        let words: Vec<Value> = vocabulary.words.keys().map(|word| word.as_str().into()).collect();
        definitions[&vocabulary.name] = json!({ "description": vocabulary.title, "enum": words });
    }
    definitions["Reference"] = reference(rules);
    schema
}

/// Nothing unknown, and no null where something may be left out.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) {
                object.entry("additionalProperties").or_insert(json!(false));
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(ways)) = object.get_mut("anyOf") {
                ways.retain(|way| *way != json!({ "type": "null" }));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(array) => array.iter_mut().for_each(close),
        _ => {}
    }
}

/// The words of a list of constants are read in any case.
fn words_in_any_case(definition: &mut Value) {
    let listed = definition["oneOf"].as_array().into_iter().flatten().map(|way| way["const"].clone());
    let words: Vec<Value> = listed.chain(definition["enum"].as_array().into_iter().flatten().cloned()).collect();
    let mut any_case = config::any_case(&words);
    if let Some(ways) = any_case["anyOf"].as_array_mut()
        && let Some(first) = ways.first_mut()
    {
        let description = definition.as_object_mut().and_then(|members| members.remove("description"));
        *first = definition.take();
        any_case["description"] = description.unwrap_or_default();
        *definition = any_case;
    }
}

/// A name of a list, each with what it is.
fn named<'n>(names: impl Iterator<Item = (&'n str, String)>) -> Value {
    let ways: Vec<Value> = names.map(|(name, about)| json!({ "const": name, "description": about })).collect();
    json!({ "oneOf": ways })
}

/// `then` where the member `field` says `name`.
fn when(field: &str, name: &str, then: Value) -> Value {
    let condition = json!({ "properties": Map::from_iter([(field.to_owned(), json!({ "const": name }))]), "required": [field] });
    json!({ "if": condition, "then": then })
}

fn components(definitions: &mut Value, rules: &RuleSet) {
    let about = |rule: &ComponentRule| rule.why.clone().unwrap_or_else(|| rule.title.clone());
    let mut cases = Vec::new();
    for rule in rules.components() {
        let name = format!("component.{}", rule.component_type);
        let then = json!({ "properties": { "config": { "$ref": format!("#/definitions/{name}") } } });
        cases.push(when("type", rule.component_type.as_str(), then));
        definitions[&name] = config::object(&rule.config);
        let outputs: Vec<&str> = rule.outputs.keys().map(String::as_str).collect();
        let mut description = about(rule);
        if !outputs.is_empty() {
            description = format!("{description}; others may refer to its {}", outputs.join(", "));
        }
        definitions[&name]["description"] = description.into();
    }
    cases.push(json!({ "if": { "not": { "required": ["type"] } }, "then": { "properties": { "config": false } } }));
    let component = &mut definitions["Component"];
    component["properties"]["type"] = named(rules.components().map(|rule| (rule.component_type.as_str(), about(rule))));
    component["allOf"] = cases.into();
}

fn resources(definitions: &mut Value, rules: &RuleSet) {
    let about = |rule: &ResourceRule| match &rule.why {
        Some(why) => format!("{}: {why}", rule.title),
        None => rule.title.clone(),
    };
    let (mut stated, mut overridden) = (Vec::new(), Vec::new());
    for rule in rules.resources() {
        let name = format!("resource.{}", rule.resource_type);
        let config = json!({ "$ref": format!("#/definitions/{name}") });
        let key = rule.naming.default_key.as_deref().unwrap_or("main");
        let then = json!({ "properties": { "config": config, "requirementKey": { "examples": [key] } } });
        stated.push(when("resourceType", rule.resource_type.as_str(), then));
        let fixed: Map<String, Value> = top_level(rule).map(|name| (name.to_owned(), json!(false))).collect();
        let then = json!({ "properties": { "config": { "allOf": [config, { "properties": fixed }] } } });
        overridden.push(when("resourceType", rule.resource_type.as_str(), then));
        definitions[&name] = config::object(&rule.properties);
        definitions[&name]["description"] = about(rule).into();
    }
    let types = named(rules.resources().map(|rule| (rule.resource_type.as_str(), about(rule))));
    let key = json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$",
        "description": "Requirements with the same resource type and key may share a resource." });
    for (name, cases) in [("Requirement", stated), ("Override", overridden)] {
        let definition = &mut definitions[name];
        definition["properties"]["resourceType"] = types.clone();
        definition["properties"]["requirementKey"] = key.clone();
        definition["allOf"] = cases.into();
    }
}

/// The properties that an override may not set.
fn top_level(rule: &ResourceRule) -> impl Iterator<Item = &str> {
    rule.properties.tree.iter().filter_map(|(name, node)| match node {
        Node::Leaf(leaf) => rule.properties.leaves.get(*leaf).filter(|property| !property.overridable).map(|_| name.as_str()),
        _ => None,
    })
}

fn settings(properties: &mut Value, rules: &RuleSet) {
    let (mut limits, mut most) = (Map::new(), Map::new());
    for rule in rules.resources() {
        let mut capacities: BTreeMap<&str, Value> = BTreeMap::new();
        for capacity in &rule.capacities {
            let mut schema = json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX, "default": capacity.limit });
            if let Some(ceiling) = capacity.ceiling {
                schema["maximum"] = ceiling.into();
            }
            if let Some(why) = &capacity.why {
                schema["description"] = why.as_str().into();
            }
            capacities.insert(&capacity.name, schema);
        }
        let name = rule.resource_type.to_string();
        limits.insert(name.clone(), json!({ "type": "object", "additionalProperties": false, "properties": capacities }));
        most.insert(name, json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }));
    }
    for (name, members) in [("limits", limits), ("maxResources", most)] {
        properties[name]["additionalProperties"] = false.into();
        properties[name]["properties"] = members.into();
    }
}

/// A text with a reference in it, with all that may be referred to.
fn reference(rules: &RuleSet) -> Value {
    let mut examples = Vec::new();
    for rule in rules.resources() {
        examples.extend(rule.outputs.keys().map(|output| format!("${{{}.{output}}}", rule.resource_type)));
    }
    let about = "A text with a reference: to an output of a resource of this component (`${cosmos.documentEndpoint}`, or with its key, \
                 `${cosmos:key.documentEndpoint}`), or of another component (`${UserApi.endpoint}`).";
    json!({ "type": "string", "pattern": "\\$\\{", "description": about, "examples": examples })
}
