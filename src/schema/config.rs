//! What a config may say, from the property tree of its rule.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::rules::{Collection, Format, Identity, Kind, Node, Properties, Property, Renamed, Scalar, ScalarType, Template};

/// The most elements that a count stands for.
const MOST_NUMBERED: u64 = 100_000;

/// A config.
pub(super) fn object(properties: &Properties) -> Value {
    let mut schema = branch(properties, &properties.tree);
    let mut required: BTreeSet<&str> = BTreeSet::new();
    for property in properties.iter().filter(|property| property.required && property.aliases.is_empty()) {
        if let [name] = property.path.as_slice() {
            required.insert(name);
        }
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn branch(properties: &Properties, tree: &BTreeMap<String, Node>) -> Value {
    let mut members = Map::new();
    for (name, node) in tree {
        let member = match node {
            Node::Leaf(leaf) => properties.leaves.get(*leaf).map(property),
            Node::Branch(inner) => Some(branch(properties, inner)),
            Node::Alias(renamed) => alias(properties, renamed),
        };
        members.extend(member.map(|member| (name.clone(), member)));
    }
    json!({ "type": "object", "additionalProperties": false, "properties": members })
}

fn property(property: &Property) -> Value {
    let mut schema = kind(&property.kind);
    let mut about: Vec<String> = property.why.iter().map(|why| sentence(why)).collect();
    if property.immutable {
        about.push("A change means that the resource is made anew.".to_owned());
    }
    if property.secret {
        about.push("A secret: no plan shows it.".to_owned());
    }
    if !about.is_empty() {
        schema["description"] = about.join(" ").into();
    }
    if let Some(Template::Value(default)) = &property.default {
        schema["default"] = default.clone();
    }
    schema
}

/// A sentence with a capital and a full stop.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// A name that properties have elsewhere; none where it is only told what they are called here.
fn alias(properties: &Properties, renamed: &[Renamed]) -> Option<Value> {
    let accepted: Vec<(&Renamed, &Property)> = renamed
        .iter()
        .filter(|renamed| renamed.accept)
        .filter_map(|renamed| Some((renamed, properties.leaves.get(renamed.leaf)?)))
        .collect();
    let names: Vec<String> = accepted.iter().map(|(_, leaf)| format!("`{}`", leaf.name())).collect();
    let about = format!("Another name of {}.", names.join(" and "));
    let words: BTreeSet<&str> =
        accepted.iter().filter_map(|(renamed, _)| renamed.values.as_ref()).flat_map(BTreeMap::keys).map(String::as_str).collect();
    let mut schema = match accepted.first()? {
        (renamed, leaf) if renamed.values.is_none() => kind(&leaf.kind),
        _ => {
            let word = any_case(&words.iter().map(|word| Value::from(*word)).collect::<Vec<_>>());
            let truths: Vec<Value> = words.iter().filter_map(|word| word.parse::<bool>().ok()).map(Value::from).collect();
            let mut ways = vec![
                word.clone(),
                json!({ "type": "object", "additionalProperties": false, "required": ["name"], "properties": { "name": word } }),
            ];
            if !truths.is_empty() {
                ways.push(json!({ "enum": truths }));
            }
            ways.push(json!({ "$ref": "#/definitions/Reference" }));
            json!({ "anyOf": ways })
        }
    };
    schema["description"] = about.into();
    Some(schema)
}

pub(super) fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Scalar(scalar) => single(scalar),
        Kind::Collection(collection) => elements(collection),
        Kind::Object(properties) => object(properties),
    }
}

fn single(scalar: &Scalar) -> Value {
    let mut ways = vec![stated(scalar)];
    let any_text = matches!(scalar.scalar_type, ScalarType::String | ScalarType::Version)
        && ways.first().is_some_and(|way| way == &json!({ "type": "string" }));
    if !any_text {
        ways.push(json!({ "$ref": "#/definitions/Reference" }));
    }
    match ways.as_slice() {
        [only] => only.clone(),
        _ => json!({ "anyOf": ways }),
    }
}

/// A value that is no reference.
fn stated(scalar: &Scalar) -> Value {
    if !scalar.allowed.is_empty() {
        return any_case(&scalar.allowed);
    }
    if let Some(vocabulary) = &scalar.vocabulary {
        return json!({ "$ref": format!("#/definitions/{}", vocabulary.name) });
    }
    let mut schema = match scalar.scalar_type {
        ScalarType::String | ScalarType::Version => json!({ "type": "string" }),
        ScalarType::Integer => json!({ "type": "integer" }),
        ScalarType::Number => json!({ "type": "number" }),
        ScalarType::Boolean => json!({ "type": "boolean" }),
        ScalarType::Raw => json!({ "type": "object" }),
        ScalarType::Any => json!({ "type": ["string", "number", "boolean"] }),
    };
    let bounds = [("minimum", scalar.minimum), ("maximum", scalar.maximum), ("multipleOf", scalar.multiple_of)];
    for (name, bound) in bounds {
        if let Some(bound) = bound {
            schema[name] = bound.into();
        }
    }
    if let Some(start) = &scalar.starts_with {
        schema["pattern"] = format!("^{}", escaped(start)).into();
    }
    if let Some(format) = scalar.format {
        schema["pattern"] = match format {
            Format::Ipv4Range => r"^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:/(?:3[0-2]|[12]?[0-9]))?$",
            Format::IpRange => r"^[0-9a-fA-F:.]+(?:/[0-9]{1,3})?$",
        }
        .into();
        schema["description"] = format.expected().into();
    }
    if let Some(most) = scalar.max_length {
        schema["maxLength"] = most.into();
    }
    schema
}

fn elements(collection: &Collection) -> Value {
    let mut element = kind(&collection.element);
    if collection.identity == Identity::Name {
        if collection.shareable {
            element = json!({ "anyOf": [element, {
                "type": "object", "additionalProperties": false, "required": ["value"],
                "properties": { "value": element, "shared": { "type": "boolean",
                    "description": "It keeps its name, and is merged with what the neighbours state under it." } } }] });
        }
        let mut schema = json!({ "type": "object", "additionalProperties": element, "propertyNames": { "minLength": 1 } });
        if let Some(most) = collection.max_items {
            schema["maxProperties"] = most.into();
        }
        return schema;
    }
    let name = if collection.is_owned() {
        json!({ "type": "string", "pattern": "\\S", "not": { "pattern": "\\$\\{" } })
    } else {
        json!({ "type": "string" })
    };
    match &collection.identity {
        Identity::Field(field) => {
            if collection.is_owned() && element["properties"][field].is_object() {
                element["properties"][field] = json!({ "allOf": [element["properties"][field], name] });
            }
            if element["required"].is_null() {
                element["required"] = json!([field]);
            }
        }
        _ if collection.is_owned() && element == json!({ "type": "string" }) => element = name.clone(),
        _ => {}
    }
    if collection.shorthand.is_some() {
        element = json!({ "anyOf": [name, element] });
    }
    let mut list = json!({ "type": "array", "items": element });
    if collection.identity == Identity::Itself {
        list["uniqueItems"] = true.into();
    }
    if let Some(most) = collection.max_items {
        list["maxItems"] = most.into();
    }
    if collection.numbered.is_some() {
        return json!({ "anyOf": [list, { "type": "integer", "minimum": 0, "maximum": MOST_NUMBERED }] });
    }
    list
}

/// One of some words, upper and lower case aside; editors offer them as they are listed.
pub(super) fn any_case(words: &[Value]) -> Value {
    let texts: Vec<String> = words.iter().filter_map(Value::as_str).map(without_case).collect();
    if texts.is_empty() {
        return json!({ "enum": words });
    }
    json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": format!("^(?:{})$", texts.join("|")) }] })
}

/// A pattern of a word in any case.
fn without_case(word: &str) -> String {
    let letter = |letter: char| {
        let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
        if lower == upper { escaped(letter.encode_utf8(&mut [0; 4])) } else { format!("[{lower}{upper}]") }
    };
    word.chars().map(letter).collect()
}

/// A pattern of a text as it is.
fn escaped(text: &str) -> String {
    let special = |c: char| "\\^$.|?*+()[]{}/".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
