//! From a parsed rule file to the properties of a type.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::property::{Alias, Node, Presence};
use super::spelling::Renamed;
use super::{
    Collection, ElementCharacters, ElementNames, Format, Identity, Kind, Prefix, Properties, Property, Scalar, ScalarType,
    Strategy, Template, Vocabulary, validate,
};
use crate::input::{At, Code, Sink, list_names, nearest};

/// Reads the rule files of a set: what properties are may depend on other files.
pub(super) struct Reader<'e> {
    pub(super) vocabularies: &'e BTreeMap<String, Arc<Vocabulary>>,
}

/// Whether a property tree says how to merge (a resource's) or not (a component's config).
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Merging {
    Stated,
    None,
}

impl Reader<'_> {
    pub(super) fn properties(&self, sink: &mut Sink, at: &At<'_>, value: Value, merging: Merging) -> Properties {
        let mut properties = Properties::default();
        properties.tree = self.branch(sink, at, value, merging, &[], &mut properties.leaves);
        let Properties { leaves, tree } = &mut properties;
        for (leaf, property) in leaves.iter().enumerate() {
            for alias in &property.aliases {
                let renamed = Renamed { leaf, values: alias.values.clone(), accept: alias.accept };
                if let Err(fault) = rename(tree, &alias.name, renamed) {
                    let message = format!("the alias `{}` of `{}` {fault}", alias.name, property.name());
                    sink.error(Code::RuleInvalid, at, message).help("remove it, or choose another name");
                }
            }
        }
        properties
    }

    fn branch(
        &self,
        sink: &mut Sink,
        at: &At<'_>,
        value: Value,
        merging: Merging,
        path: &[String],
        leaves: &mut Vec<Property>,
    ) -> BTreeMap<String, Node> {
        let mut tree = BTreeMap::new();
        for (name, mut value) in sink.map(at, value).unwrap_or_default() {
            let at = at.key(&name);
            let mut path = path.to_vec();
            path.push(name.clone());
            let nested = value.get("type").and_then(Value::as_str) == Some("object");
            let node = if nested {
                let inner = value.get_mut("properties").map(Value::take).unwrap_or_default();
                sink.object(&at, value, &["type", "properties", "why"], |_, _, _, _| {});
                Node::Branch(self.branch(sink, &at.key("properties"), inner, merging, &path, leaves))
            } else {
                let leaf = self.property(sink, &at, value, merging, path);
                leaves.push(leaf);
                Node::Leaf(leaves.len() - 1)
            };
            tree.insert(name, node);
        }
        tree
    }

    fn property(&self, sink: &mut Sink, at: &At<'_>, value: Value, merging: Merging, path: Vec<String>) -> Property {
        let mut form = Form::default();
        let mut merge = None;
        let mut property = Property {
            path,
            kind: Kind::Object(Properties::default()),
            merge: Strategy::Priority,
            default: None,
            inherit: None,
            immutable: false,
            overridable: true,
            required: false,
            presence: Presence::default(),
            converts: None,
            by_design: false,
            canonical: None,
            derive: None,
            secret: false,
            why: None,
            aliases: Vec::new(),
        };
        let known = [
            &Form::SINGLE[..],
            &Form::COLLECTION,
            &[
                "merge",
                "default",
                "inherit",
                "immutable",
                "overridable",
                "required",
                "secret",
                "presence",
                "converts",
                "byDesign",
                "canonical",
                "derive",
                "alias",
                "why",
            ],
        ]
        .concat();
        sink.object(at, value, &known, |sink, at, key, value| match key {
            "merge" => merge = Some(sink.word(at, &value, &Strategy::WORDS)),
            "default" => property.default = Some(Template::read(sink, at, value)),
            "inherit" => property.inherit = Some(Template::read(sink, at, value)),
            "immutable" => property.immutable = sink.boolean(at, &value).unwrap_or_default(),
            "overridable" => property.overridable = sink.boolean(at, &value).unwrap_or(true),
            "canonical" => property.canonical = Some(Template::read(sink, at, value)),
            "derive" => property.derive = Some(Template::read(sink, at, value)),
            "presence" => property.presence = sink.word(at, &value, &Presence::WORDS).unwrap_or_default(),
            "byDesign" => property.by_design = sink.boolean(at, &value).unwrap_or_default(),
            "converts" => property.converts = sink.string(at, value),
            "secret" => property.secret = sink.boolean(at, &value).unwrap_or_default(),
            "required" => property.required = sink.boolean(at, &value).unwrap_or_default(),
            "why" => property.why = sink.string(at, value),
            "alias" => property.aliases = aliases(sink, at, value),
            _ => form.read(self, sink, at, key, value, merging),
        });
        property.kind = form.kind(sink, at);
        let collection = matches!(property.kind, Kind::Collection(_));
        match (merge, merging) {
            (Some(None), Merging::Stated) => {} // not a strategy, as has been said
            (Some(Some(merge)), Merging::Stated) => {
                let sets = [Strategy::Union, Strategy::Intersection];
                if collection && !sets.contains(&merge) && !matches!(merge, Strategy::Match | Strategy::Equal) {
                    sink.error(Code::RuleInvalid, at, format!("a collection cannot be merged by `{}`", merge.as_str()))
                        .expect(list_names(["union", "intersection", "match", "equal"]));
                } else if !collection && sets.contains(&merge) {
                    sink.error(Code::RuleInvalid, at, format!("a single value cannot be merged by `{}`", merge.as_str()))
                        .expect(list_names(["maximum", "minimum", "priority", "match", "equal"]));
                }
                property.merge = merge;
            }
            (None, Merging::Stated) if collection => property.merge = Strategy::Union,
            (None, Merging::Stated) => {
                sink.missing(at, "merge");
            }
            (Some(_), Merging::None) => {
                sink.error(Code::RuleInvalid, &at.key("merge"), "a component type's config is not merged")
                    .help("say how to merge in the resource type's rule");
            }
            (None, Merging::None) => {}
        }
        if let Some(Template::Value(default)) = &property.default {
            validate::kind(sink, &at.key("default"), default, &property.kind);
        }
        property
    }

    /// What the elements of a collection are: a single value, or an object with properties of its own.
    fn items(&self, sink: &mut Sink, at: &At<'_>, mut value: Value, merging: Merging) -> Kind {
        if value.get("type").and_then(Value::as_str) == Some("object") {
            let inner = value.get_mut("properties").map(Value::take).unwrap_or_default();
            sink.object(at, value, &["type", "properties", "why"], |_, _, _, _| {});
            return Kind::Object(self.properties(sink, &at.key("properties"), inner, merging));
        }
        let mut form = Form::default();
        sink.object(at, value, &Form::SINGLE, |sink, at, key, value| {
            form.read(self, sink, at, key, value, merging);
        });
        form.kind(sink, at)
    }

    fn vocabulary(&self, sink: &mut Sink, at: &At<'_>, value: Value) -> Option<Arc<Vocabulary>> {
        let name = sink.string(at, value)?;
        let known = self.vocabularies.get(&name).cloned();
        if known.is_none() {
            let names = || self.vocabularies.keys().map(String::as_str);
            let diagnostic = sink.error(Code::RuleInvalid, at, format!("no rule file describes the vocabulary `{name}`"));
            diagnostic.expect(list_names(names()));
            if let Some(near) = nearest(&name, names()) {
                diagnostic.help(format!("did you mean `{near}`?"));
            }
        }
        known
    }
}

/// Puts another name of a property where it stands in a config.
fn rename(tree: &mut BTreeMap<String, Node>, name: &str, renamed: Renamed) -> Result<(), &'static str> {
    let Some((first, rest)) = name.split_once('.') else {
        return match tree.entry(name.to_owned()).or_insert_with(|| Node::Alias(Vec::new())) {
            Node::Alias(all) if all.is_empty() || all.iter().chain([&renamed]).all(|one| one.values.is_some() || !one.accept) => {
                all.push(renamed);
                Ok(())
            }
            Node::Alias(_) => Err("is also one of another property, so each of them must say what its `values` mean"),
            Node::Leaf(_) | Node::Branch(_) => Err("is the name of a property"),
        };
    };
    match tree.entry(first.to_owned()).or_insert_with(|| Node::Branch(BTreeMap::new())) {
        Node::Branch(inner) => rename(inner, rest, renamed),
        Node::Leaf(_) | Node::Alias(_) => Err("leads through what is not an object"),
    }
}

/// A property's names elsewhere: a name, an object that also says what its words mean, or a list of such.
fn aliases(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<Alias> {
    let one = |sink: &mut Sink, at: &At<'_>, value: Value| -> Option<Alias> {
        if let Value::String(name) = value {
            return Some(Alias { name, values: None, accept: true });
        }
        let (mut name, mut values, mut accept) = (None, None, true);
        sink.object(at, value, &["name", "values", "accept"], |sink, at, key, value| match key {
            "name" => name = sink.string(at, value),
            "values" => values = sink.map(at, value).map(|map| map.into_iter().collect()),
            _ => accept = sink.boolean(at, &value).unwrap_or(true),
        });
        if name.is_none() {
            sink.missing(at, "name");
        }
        Some(Alias { name: name?, values, accept })
    };
    match value {
        Value::Array(all) => all.into_iter().enumerate().filter_map(|(i, value)| one(sink, &at.index(i), value)).collect(),
        value => one(sink, at, value).into_iter().collect(),
    }
}

/// The fields that say what a property holds, before it is known which of them belong together.
#[derive(Default)]
struct Form {
    type_name: Option<String>,
    allowed: Vec<Value>,
    ordered: bool,
    minimum: Option<i64>,
    maximum: Option<i64>,
    multiple_of: Option<i64>,
    starts_with: Option<String>,
    max_length: Option<usize>,
    vocabulary: Option<Arc<Vocabulary>>,
    format: Option<Format>,
    max_items: Option<usize>,
    names: Option<ElementNames>,
    items: Option<Kind>,
    values: Option<Strategy>,
    identity: Option<String>,
    shorthand: Option<String>,
    prefix: Option<Prefix>,
    numbered: Option<String>,
    together: bool,
    shareable: bool,
}

impl Form {
    /// What a single value may say; the rest is for collections.
    const SINGLE: [&'static str; 10] =
        ["type", "enum", "order", "minimum", "maximum", "multipleOf", "startsWith", "maxLength", "vocabulary", "format"];
    const COLLECTION: [&'static str; 10] =
        ["items", "values", "identity", "shorthand", "prefix", "numbered", "together", "maxItems", "names", "shareable"];
    const TYPES: [&'static str; 9] = ["string", "integer", "number", "boolean", "version", "any", "array", "map", "object"];

    fn read(&mut self, reader: &Reader<'_>, sink: &mut Sink, at: &At<'_>, key: &str, value: Value, merging: Merging) {
        match key {
            "type" => {
                let known = sink.word(at, &value, &Self::TYPES.map(|name| (name, name)));
                self.type_name = Some(known.unwrap_or("any").to_owned());
            }
            "enum" | "order" => {
                self.ordered = key == "order";
                self.allowed = sink.array(at, value).unwrap_or_default();
            }
            "minimum" => self.minimum = value.as_i64(),
            "maximum" => self.maximum = value.as_i64(),
            "multipleOf" => self.multiple_of = sink.integer(at, &value, 1, 1_000_000_000).and_then(|n| i64::try_from(n).ok()),
            "startsWith" => self.starts_with = sink.string(at, value),
            "maxLength" => self.max_length = sink.integer(at, &value, 1, 1_000_000).and_then(|n| usize::try_from(n).ok()),
            "vocabulary" => self.vocabulary = reader.vocabulary(sink, at, value),
            "format" => self.format = sink.word(at, &value, &Format::WORDS),
            "maxItems" => self.max_items = sink.integer(at, &value, 1, 1_000_000).and_then(|n| usize::try_from(n).ok()),
            "names" => self.names = Some(element_names(sink, at, value)),
            "items" => self.items = Some(reader.items(sink, at, value, merging)),
            "values" => self.values = sink.word(at, &value, &Strategy::WORDS),
            "identity" => self.identity = sink.string(at, value),
            "shorthand" => self.shorthand = sink.string(at, value),
            "prefix" => self.prefix = sink.word(at, &value, &Prefix::WORDS),
            "numbered" => self.numbered = sink.string(at, value),
            "together" => self.together = sink.boolean(at, &value).unwrap_or_default(),
            _ => self.shareable = sink.boolean(at, &value).unwrap_or_default(),
        }
    }

    fn kind(self, sink: &mut Sink, at: &At<'_>) -> Kind {
        let scalar_type = match self.type_name.as_deref() {
            Some("array" | "map") => return Kind::Collection(self.collection(sink, at)),
            Some("integer") => ScalarType::Integer,
            Some("number") => ScalarType::Number,
            Some("boolean") => ScalarType::Boolean,
            Some("version") => ScalarType::Version,
            Some("any") => ScalarType::Any,
            Some(_) => ScalarType::String,
            None => {
                sink.missing(at, "type");
                ScalarType::Any
            }
        };
        let Form { allowed, ordered, minimum, maximum, multiple_of, starts_with, max_length, vocabulary, format, .. } = self;
        Kind::Scalar(Scalar {
            scalar_type,
            allowed,
            ordered,
            minimum,
            maximum,
            multiple_of,
            starts_with,
            max_length,
            vocabulary,
            format,
        })
    }

    fn collection(self, sink: &mut Sink, at: &At<'_>) -> Collection {
        let map = self.type_name.as_deref() == Some("map");
        let element = self.items.unwrap_or_else(|| {
            sink.missing(at, "items");
            Kind::Object(Properties::default())
        });
        let identity = match (map, self.identity) {
            (true, _) => Identity::Name,
            (false, Some(field)) => Identity::Field(field),
            (false, None) => Identity::Itself,
        };
        if let (Identity::Field(field), Kind::Object(properties)) = (&identity, &element)
            && properties.find(field).is_none()
        {
            let message = format!("the identity `{field}` is not a property of the elements");
            sink.error(Code::RuleInvalid, &at.key("identity"), message)
                .expect(list_names(properties.iter().filter_map(|p| p.path.last()).map(String::as_str)));
        }
        if self.together && self.prefix.is_some() {
            let message = "elements with a prefix are each component's own, so nothing keeps them together";
            sink.error(Code::RuleInvalid, &at.key("together"), message).help("leave out `prefix` or `together`");
        }
        Collection {
            identity,
            element: Box::new(element),
            values: self.values.unwrap_or(Strategy::Equal),
            prefix: self.prefix,
            together: self.together,
            shorthand: self.shorthand,
            numbered: self.numbered,
            names: self.names,
            max_items: self.max_items,
            shareable: self.shareable,
        }
    }
}

fn element_names(sink: &mut Sink, at: &At<'_>, value: Value) -> ElementNames {
    let mut names = ElementNames { min_length: 1, max_length: 1000, characters: ElementCharacters::NoSlash };
    sink.object(at, value, &["minLength", "maxLength", "characters"], |sink, at, key, value| match key {
        "minLength" => names.min_length = length(sink, at, &value, 1).unwrap_or(names.min_length),
        "maxLength" => names.max_length = length(sink, at, &value, 1).unwrap_or(names.max_length),
        _ => names.characters = sink.word(at, &value, &ElementCharacters::WORDS).unwrap_or(names.characters),
    });
    names
}

/// A length of names, from `min` on.
pub(super) fn length(sink: &mut Sink, at: &At<'_>, value: &Value, min: u64) -> Option<usize> {
    sink.integer(at, value, min, 1000).and_then(|length| usize::try_from(length).ok())
}
