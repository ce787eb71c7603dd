//! Holding a config against a property tree.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::property::Node;
use super::spelling::Renamed;
use super::{Collection, Identity, Kind, Properties, Scalar, ScalarType, lookup};
use crate::input::{At, Code, Sink, list_names, nearest};
use crate::secrets::names_secret;

/// More elements than any provider holds in one resource; what asks for more is a typing error.
const MOST_NUMBERED: u64 = 100_000;

/// Notes everything in `config` that the properties do not allow.
pub(crate) fn validate(sink: &mut Sink, at: &At<'_>, config: &Map<String, Value>, properties: &Properties) {
    let mut held = Held { properties, config, aliased: Vec::new() };
    held.branch(sink, at, config, &properties.tree);
    for (leaf, property) in properties.iter().enumerate().filter(|(_, property)| property.required) {
        if let [name] = property.path.as_slice()
            && !config.contains_key(name)
            && !held.aliased.contains(&leaf)
        {
            sink.missing(at, name);
        }
    }
}

/// A config that is held against properties.
struct Held<'a> {
    properties: &'a Properties,
    config: &'a Map<String, Value>,
    /// The properties that are stated under another name.
    aliased: Vec<usize>,
}

impl Held<'_> {
    fn branch(&mut self, sink: &mut Sink, at: &At<'_>, config: &Map<String, Value>, tree: &BTreeMap<String, Node>) {
        for (key, value) in config {
            match tree.get(key) {
                Some(Node::Leaf(leaf)) => {
                    if let Some(property) = self.properties.leaves.get(*leaf) {
                        sink.secretly(property.secret, |sink| kind(sink, &at.key(key), value, &property.kind));
                    }
                }
                Some(Node::Branch(inner)) => match value {
                    Value::Object(map) => self.branch(sink, &at.key(key), map, inner),
                    other => sink.mistyped(&at.key(key), "an object", other),
                },
                Some(Node::Alias(renamed)) => self.alias(sink, &at.key(key), key, value, renamed),
                None => {
                    let own = tree.iter().filter(|(_, node)| node.is_own());
                    let known: Vec<&str> = own.map(|(name, _)| name.as_str()).collect();
                    sink.unknown(at, "property", key, &known);
                }
            }
        }
    }

    /// A property under a name that it has elsewhere.
    fn alias(&mut self, sink: &mut Sink, at: &At<'_>, key: &str, value: &Value, renamed: &[Renamed]) {
        let properties = self.properties;
        let named = |renamed: &Renamed| properties.leaves.get(renamed.leaf);
        let names: Vec<String> = renamed.iter().filter_map(named).map(|leaf| format!("`{}`", leaf.name())).collect();
        let names = names.join(" and ");
        if renamed.iter().all(|renamed| !renamed.accept) {
            sink.error(Code::UnknownField, at, format!("unknown property `{key}`")).on_key().help(format!("here it is {names}"));
            return;
        }
        let mut understood = false;
        for renamed in renamed.iter().filter(|renamed| renamed.accept) {
            let (Some(leaf), Some(meant)) = (named(renamed), renamed.meaning(value)) else { continue };
            understood = true;
            if lookup(self.config, &leaf.path).is_some() || self.aliased.contains(&renamed.leaf) {
                let message = format!("`{key}` is another name of `{}`, which is stated as well", leaf.name());
                sink.error(Code::DuplicateKey, at, message).on_key().help("remove one of the two");
            }
            self.aliased.push(renamed.leaf);
            sink.secretly(leaf.secret, |sink| kind(sink, at, meant, &leaf.kind));
        }
        if !understood && !value.as_str().is_some_and(|text| text.contains("${")) {
            let words = renamed.iter().filter_map(|renamed| renamed.values.as_ref()).flat_map(BTreeMap::keys);
            let words: BTreeSet<&str> = words.map(String::as_str).collect();
            let message = format!("{} is not a known value", sink.describe(value));
            let diagnostic = sink.error(Code::UnknownValue, at, message);
            diagnostic.expect(list_names(words.iter().copied()));
            match value.as_str().and_then(|found| nearest(found, words.iter().copied())) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("or state {names}, as it is called here")),
            };
        }
    }
}

/// Notes everything in `value` that `kind` does not allow.
pub(crate) fn kind(sink: &mut Sink, at: &At<'_>, value: &Value, of: &Kind) {
    match of {
        Kind::Scalar(scalar) => single(sink, at, value, scalar),
        Kind::Collection(collection) => elements(sink, at, value, collection),
        Kind::Object(properties) => match value {
            Value::Object(map) => validate(sink, at, map, properties),
            // What should have stood in it may stand in its place.
            other => sink.secretly(of.holds_secrets(), |sink| sink.mistyped(at, "an object", other)),
        },
    }
}

fn elements(sink: &mut Sink, at: &At<'_>, value: &Value, collection: &Collection) {
    let length = value.as_array().map_or(0, Vec::len).max(value.as_object().map_or(0, Map::len));
    if let Some(most) = collection.max_items.filter(|most| length > *most) {
        sink.error(Code::OutOfRange, at, format!("{length} elements are too many")).expect(format!("at most {most}"));
    }
    match (value, &collection.identity) {
        (Value::Object(map), Identity::Name) => {
            for (name, value) in map {
                let at = at.key(name);
                if name.is_empty() {
                    sink.error(Code::InvalidName, &at, "a name is empty").on_key();
                }
                sink.secretly(names_secret(name), |sink| match value {
                    Value::Object(wrapped) if collection.shareable => shareable(sink, &at, wrapped, collection),
                    value => kind(sink, &at, value, &collection.element),
                });
            }
        }
        (other, Identity::Name) => sink.mistyped(at, "an object of names and values", other),
        (Value::Array(array), _) => {
            let mut seen: FxHashMap<Cow<'_, str>, usize> = FxHashMap::default();
            for (i, value) in array.iter().enumerate() {
                let at = at.index(i);
                element(sink, &at, value, collection);
                if let (Some(id), true) = (identity(collection, value), array.len() > 1)
                    && let Some(first) = seen.insert(id.clone(), i)
                {
                    let found = sink.quote(format_args!("`{id}`"));
                    sink.error(Code::DuplicateKey, &at, format!("{found} stands twice in one list"))
                        .help(format!("it is also element {first}; remove one of the two"));
                }
            }
        }
        (Value::Number(count), _) if collection.numbered.is_some() => {
            if count.as_u64().is_none_or(|count| count > MOST_NUMBERED) {
                sink.error(Code::OutOfRange, at, format!("{count} is not a count"))
                    .expect(format!("a list, or an integer from 0 to {MOST_NUMBERED}"));
            }
        }
        (other, _) => {
            sink.mistyped(at, if collection.numbered.is_some() { "an array or a count" } else { "an array" }, other);
        }
    }
}

fn element(sink: &mut Sink, at: &At<'_>, value: &Value, collection: &Collection) {
    let owned = collection.is_owned();
    if owned && identity(collection, value).is_some_and(|name| name.contains("${")) {
        sink.error(Code::InvalidName, at, "a name cannot hold a reference")
            .help("names must be known before anything is deployed");
    }
    if owned && identity(collection, value).is_some_and(|name| name.trim().is_empty()) {
        sink.error(Code::InvalidName, at, "a name is empty");
    }
    if value.is_string() && collection.shorthand.is_some() {
        return;
    }
    let before = sink.diagnostics.len();
    kind(sink, at, value, &collection.element);
    if let (Identity::Field(field), Value::Object(map)) = (&collection.identity, value)
        && !map.contains_key(field)
        && sink.diagnostics.len() == before
    {
        sink.missing(at, field);
    }
}

/// What tells an element apart, as text.
fn identity<'v>(collection: &Collection, value: &'v Value) -> Option<Cow<'v, str>> {
    match (&collection.identity, value) {
        (Identity::Itself, Value::String(text)) => Some(Cow::Borrowed(text)),
        (Identity::Itself, value) => Some(Cow::Owned(value.to_string())),
        (Identity::Field(_), Value::String(text)) => Some(Cow::Borrowed(text)),
        (Identity::Field(field), value) => value.get(field)?.as_str().map(Cow::Borrowed),
        (Identity::Name, _) => None,
    }
}

fn shareable(sink: &mut Sink, at: &At<'_>, wrapped: &Map<String, Value>, collection: &Collection) {
    for (key, value) in wrapped {
        let at_key = at.key(key);
        match key.as_str() {
            "value" => kind(sink, &at_key, value, &collection.element),
            "shared" => {
                sink.boolean(&at_key, value);
            }
            _ => sink.unknown(at, "field", key, &["value", "shared"]),
        }
    }
    if !wrapped.contains_key("value") {
        sink.missing(at, "value");
    }
}

fn single(sink: &mut Sink, at: &At<'_>, value: &Value, scalar: &Scalar) {
    if value.as_str().is_some_and(|text| text.contains("${")) {
        return; // a reference, whose value is not known before deployment
    }
    let (good, expected) = match scalar.scalar_type {
        ScalarType::String | ScalarType::Version => (value.is_string(), "a string"),
        ScalarType::Integer => (value.is_i64() || value.is_u64(), "an integer"),
        ScalarType::Number => (value.is_number(), "a number"),
        ScalarType::Boolean => (value.is_boolean(), "true or false"),
        ScalarType::Raw => (value.is_object(), "an object"),
        ScalarType::Any => (value.is_string() || value.is_number() || value.is_boolean(), "a string, a number, true or false"),
    };
    if !good {
        sink.mistyped(at, expected, value);
        let text = matches!(scalar.scalar_type, ScalarType::String | ScalarType::Version);
        if let (true, Some(last)) = (text && (value.is_number() || value.is_boolean()), sink.diagnostics.last_mut()) {
            last.help("write it between quotes");
        }
        return;
    }
    if let (Some(format), Some(text)) = (scalar.format, value.as_str())
        && !format.accepts(text)
    {
        let found = sink.describe(value);
        sink.error(Code::UnknownValue, at, format!("{found} is no address")).expect(format.expected());
    }
    if !scalar.allowed.is_empty() && scalar.listed(value).is_none() {
        let names: Vec<String> = scalar.allowed.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        let names = || names.iter().map(String::as_str);
        let near = value.as_str().and_then(|found| nearest(found, names()));
        let found = sink.describe(value);
        let diagnostic = sink.error(Code::UnknownValue, at, format!("{found} is not a known value"));
        diagnostic.expect(list_names(names()));
        if let Some(near) = near {
            diagnostic.help(format!("did you mean `{near}`?"));
        }
    }
    if let (Some(start), Some(text)) = (&scalar.starts_with, value.as_str())
        && !text.starts_with(start.as_str())
    {
        let found = sink.describe(value);
        sink.error(Code::UnknownValue, at, format!("{found} does not begin with `{start}`"))
            .expect(format!("a string that begins with `{start}`"));
    }
    if let (Some(vocabulary), Some(text)) = (&scalar.vocabulary, value.as_str())
        && !vocabulary.contains(text)
    {
        let message = format!("{} is none of the {}", sink.describe(value), vocabulary.title);
        let diagnostic = sink.error(Code::UnknownValue, at, message);
        diagnostic.expect(format!("a word that `colocate rules {}` lists", vocabulary.name));
        match vocabulary.meant(text) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None => diagnostic.help("a rule file can add to them"),
        };
    }
    if let (Some(most), Some(text)) = (scalar.max_length, value.as_str()) {
        let length = text.chars().count();
        if length > most {
            sink.error(Code::OutOfRange, at, format!("{length} characters are too many")).expect(format!("at most {most}"));
        }
    }
    if let (Some(step), Some(number)) = (scalar.multiple_of, value.as_i64())
        && number % step != 0
    {
        let found = sink.quote(number);
        sink.error(Code::OutOfRange, at, format!("{found} is not a multiple of {step}")).expect(format!("steps of {step}"));
    }
    if let Some(number) = value.as_i64() {
        let low = scalar.minimum.is_some_and(|minimum| number < minimum);
        let high = scalar.maximum.is_some_and(|maximum| number > maximum);
        if low || high {
            let bound = |bound: Option<i64>| bound.map_or_else(|| "any".to_owned(), |bound| bound.to_string());
            let expected = format!("an integer from {} to {}", bound(scalar.minimum), bound(scalar.maximum));
            let found = sink.quote(number);
            sink.error(Code::OutOfRange, at, format!("{found} is out of range")).expect(expected);
        }
    }
}
