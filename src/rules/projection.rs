//! What a resource type becomes at the provider, as its rule file says it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Template;
use crate::input::{At, Code, Sink, describe};

/// The languages that a plan is projected onto. Bicep is written from the same blocks as ARM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    Arm,
    Terraform,
}

/// Provider resources that a resource type becomes, in both languages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    pub(crate) arm: Vec<Block>,
    pub(crate) terraform: Vec<Block>,
}

impl Blocks {
    pub(crate) fn of(&self, language: Language) -> &[Block] {
        match language {
            Language::Arm => &self.arm,
            Language::Terraform => &self.terraform,
        }
    }
}

/// A provider resource, or one for each element of a list.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// What other templates of the rule call it.
    pub(crate) symbol: String,
    /// `type@apiVersion` in ARM, the resource type in Terraform.
    pub(crate) provider_type: String,
    pub(crate) when: Option<Template>,
    pub(crate) each: Option<Each>,
    /// The last segment of its name; ARM only.
    pub(crate) name: Option<Template>,
    /// The resource that it is a child of, where it does not stand among that one's `resources`; ARM only.
    pub(crate) parent: Option<Template>,
    /// The resource that it extends; ARM only.
    pub(crate) scope: Option<Template>,
    pub(crate) depends_on: Option<Template>,
    pub(crate) body: Body,
    pub(crate) children: Vec<Block>,
}

/// A loop: the list, and what an element of it is called.
#[derive(Clone, Debug)]
pub(crate) struct Each {
    pub(crate) list: Template,
    pub(crate) variable: String,
}

/// A template with conditions and loops in it.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Plain(Template),
    Array(Vec<Body>),
    Object(Vec<(String, Body)>),
    When(Template, Box<Body>),
    Each(Each, Box<Body>),
    /// Objects laid over each other, later ones over earlier ones.
    Merge(Vec<Body>),
}

/// What a template cannot do for a resource, in both languages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    pub(crate) arm: Vec<Note>,
    pub(crate) terraform: Vec<Note>,
}

/// Something that remains to be done by hand.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) when: Template,
    pub(crate) message: Template,
}

impl Notes {
    pub(crate) fn of(&self, language: Language) -> &[Note] {
        match language {
            Language::Arm => &self.arm,
            Language::Terraform => &self.terraform,
        }
    }
}

/// An output that references may name.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// What it is, in one sentence.
    pub why: String,
    /// It gives access by itself, so no template shows it.
    pub secret: bool,
    /// It is known before the resource is there, so that the resource's own settings may refer to it.
    pub early: bool,
    /// The collection whose elements have it each for themselves: who refers to it means its own element.
    pub element: Option<String>,
    pub(crate) arm: Option<Template>,
    pub(crate) terraform: Option<Template>,
}

impl Output {
    pub(crate) fn of(&self, language: Language) -> Option<&Template> {
        match language {
            Language::Arm => self.arm.as_ref(),
            Language::Terraform => self.terraform.as_ref(),
        }
    }
}

pub(super) fn output(sink: &mut Sink, at: &At<'_>, value: Value) -> Output {
    if let Value::String(why) = value {
        return Output { why, ..Output::default() };
    }
    let mut output = Output::default();
    sink.object(at, value, &["why", "secret", "early", "element", "arm", "terraform"], |sink, at, key, value| match key {
        "why" => output.why = sink.string(at, value).unwrap_or_default(),
        "secret" => output.secret = sink.boolean(at, &value).unwrap_or_default(),
        "early" => output.early = sink.boolean(at, &value).unwrap_or_default(),
        "element" => output.element = sink.string(at, value),
        "arm" => output.arm = Some(Template::read(sink, at, value)),
        _ => output.terraform = Some(Template::read(sink, at, value)),
    });
    output
}

pub(super) fn access(sink: &mut Sink, at: &At<'_>, value: Value) -> Blocks {
    let mut access = Blocks::default();
    sink.object(at, value, &["arm", "terraform"], |sink, at, key, value| match key {
        "arm" => access.arm = blocks(sink, at, value, Language::Arm),
        _ => access.terraform = blocks(sink, at, value, Language::Terraform),
    });
    access
}

pub(super) fn notes(sink: &mut Sink, at: &At<'_>, value: Value) -> Notes {
    let mut notes = Notes::default();
    sink.object(at, value, &["arm", "terraform"], |sink, at, key, value| {
        let list = if key == "arm" { &mut notes.arm } else { &mut notes.terraform };
        for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
            let at = at.index(i);
            let (mut when, mut message) = (None, None);
            sink.object(&at, value, &["when", "message"], |sink, at, key, value| match key {
                "when" => when = Some(Template::read(sink, at, value)),
                _ => message = Some(Template::read(sink, at, value)),
            });
            for (field, missing) in [("when", when.is_none()), ("message", message.is_none())] {
                if missing {
                    sink.missing(&at, field);
                }
            }
            list.extend(when.zip(message).map(|(when, message)| Note { when, message }));
        }
    });
    notes
}

pub(super) fn blocks(sink: &mut Sink, at: &At<'_>, value: Value, language: Language) -> Vec<Block> {
    let blocks = sink.array(at, value).unwrap_or_default();
    blocks.into_iter().enumerate().filter_map(|(i, value)| block(sink, &at.index(i), value, language)).collect()
}

fn block(sink: &mut Sink, at: &At<'_>, value: Value, language: Language) -> Option<Block> {
    let known: &[&str] = match language {
        Language::Arm => {
            &["symbol", "type", "when", "forEach", "as", "name", "parent", "scope", "dependsOn", "body", "resources", "//"]
        }
        Language::Terraform => &["symbol", "type", "when", "forEach", "as", "dependsOn", "body", "resources", "//"],
    };
    let (mut symbol, mut provider_type, mut list, mut variable) = (None, None, None, None);
    let mut block = Block {
        symbol: String::new(),
        provider_type: String::new(),
        when: None,
        each: None,
        name: None,
        parent: None,
        scope: None,
        depends_on: None,
        body: Body::Object(Vec::new()),
        children: Vec::new(),
    };
    sink.object(at, value, known, |sink, at, key, value| match key {
        "symbol" => symbol = sink.string(at, value).filter(|word| identifier(sink, at, word)),
        "type" => provider_type = sink.string(at, value),
        "when" => block.when = Some(Template::read(sink, at, value)),
        "forEach" => list = Some(Template::read(sink, at, value)),
        "as" => variable = sink.string(at, value).filter(|word| identifier(sink, at, word)),
        "name" => block.name = Some(Template::read(sink, at, value)),
        "parent" => block.parent = Some(Template::read(sink, at, value)),
        "scope" => block.scope = Some(Template::read(sink, at, value)),
        "dependsOn" => block.depends_on = Some(Template::read(sink, at, value)),
        "body" => block.body = body(sink, at, value),
        "resources" => block.children = blocks(sink, at, value, language),
        _ => {}
    });
    for (field, missing) in [
        ("symbol", symbol.is_none()),
        ("type", provider_type.is_none()),
        ("name", language == Language::Arm && block.name.is_none()),
        ("as", list.is_some() && variable.is_none()),
    ] {
        if missing {
            sink.missing(at, field);
        }
    }
    block.each = list.zip(variable).map(|(list, variable)| Each { list, variable });
    block.symbol = symbol?;
    block.provider_type = provider_type?;
    if language == Language::Arm && !block.provider_type.contains('@') {
        let message = format!("`{}` states no API version", block.provider_type);
        sink.error(Code::RuleInvalid, &at.key("type"), message).expect("`Provider/type@version`");
    }
    Some(block)
}

fn body(sink: &mut Sink, at: &At<'_>, value: Value) -> Body {
    match value {
        Value::Array(array) => Body::Array(array.into_iter().enumerate().map(|(i, v)| body(sink, &at.index(i), v)).collect()),
        Value::Object(mut map) => {
            let when = map.remove("$when").map(|when| Template::read(sink, &at.key("$when"), when));
            let inner = match map.remove("$forEach") {
                Some(list) => {
                    let list = Template::read(sink, &at.key("$forEach"), list);
                    let variable = map.remove("$as").and_then(|word| sink.string(&at.key("$as"), word));
                    let inner = map.remove("$value").map(|value| body(sink, &at.key("$value"), value));
                    for (field, missing) in [("$as", variable.is_none()), ("$value", inner.is_none())] {
                        if missing {
                            sink.missing(at, field);
                        }
                    }
                    for key in map.keys() {
                        sink.unknown(at, "field", key, &["$when", "$forEach", "$as", "$value"]);
                    }
                    let variable = variable.filter(|word| identifier(sink, &at.key("$as"), word)).unwrap_or_default();
                    Body::Each(Each { list, variable }, Box::new(inner.unwrap_or(Body::Object(Vec::new()))))
                }
                None if map.contains_key("$merge") => {
                    let layers = map.remove("$merge").unwrap_or_default();
                    for key in map.keys() {
                        sink.unknown(at, "field", key, &["$when", "$merge"]);
                    }
                    let at = at.key("$merge");
                    let layers = sink.array(&at, layers).unwrap_or_default().into_iter().enumerate();
                    Body::Merge(layers.map(|(i, layer)| body(sink, &at.index(i), layer)).collect())
                }
                None => {
                    let member = |(key, value): (String, Value)| {
                        let body = body(sink, &at.key(&key), value);
                        (key, body)
                    };
                    Body::Object(map.into_iter().map(member).collect())
                }
            };
            match when {
                Some(when) => Body::When(when, Box::new(inner)),
                None => inner,
            }
        }
        value => Body::Plain(Template::read(sink, at, value)),
    }
}

fn identifier(sink: &mut Sink, at: &At<'_>, word: &str) -> bool {
    let good = word.starts_with(|first: char| first.is_ascii_alphabetic()) && word.chars().all(|c| c.is_ascii_alphanumeric());
    if !good {
        let found = describe(&Value::String(word.to_owned()));
        sink.error(Code::InvalidName, at, format!("{found} cannot be a name in expressions")).expect("letters and digits");
    }
    good
}

impl Body {
    /// Fills the body in, without what comes to nothing.
    pub(crate) fn fill(&self, context: &minijinja::Value) -> Result<Option<Value>, minijinja::Error> {
        Ok(match self {
            Body::Plain(template) => template.fill(context)?,
            Body::Array(array) => {
                let mut filled = Vec::new();
                for body in array {
                    body.extend(context, &mut filled)?;
                }
                Some(Value::Array(filled))
            }
            Body::Object(members) => {
                let mut map = serde_json::Map::new();
                for (key, body) in members {
                    if let Some(value) = body.fill(context)? {
                        map.insert(key.clone(), value);
                    }
                }
                Some(Value::Object(map))
            }
            Body::When(when, inner) => {
                if when.holds(context)? {
                    inner.fill(context)?
                } else {
                    None
                }
            }
            Body::Merge(layers) => {
                let mut map = serde_json::Map::new();
                for layer in layers {
                    if let Some(Value::Object(members)) = layer.fill(context)? {
                        map.extend(members);
                    }
                }
                Some(Value::Object(map))
            }
            Body::Each(..) => {
                let mut filled = Vec::new();
                self.extend(context, &mut filled)?;
                Some(Value::Array(filled))
            }
        })
    }

    /// Adds what the body comes to: one value, none, or as many as a loop has elements.
    fn extend(&self, context: &minijinja::Value, filled: &mut Vec<Value>) -> Result<(), minijinja::Error> {
        match self {
            Body::Each(each, value) => {
                for (index, element) in elements(&each.list, context)?.enumerate() {
                    filled.extend(value.fill(&looped(&each.variable, index, element, context))?);
                }
            }
            Body::When(when, inner) if matches!(**inner, Body::Each(..)) => {
                if when.holds(context)? {
                    inner.extend(context, filled)?;
                }
            }
            other => filled.extend(other.fill(context)?),
        }
        Ok(())
    }
}

/// The elements of a list that a template comes to; nothing has none.
pub(crate) fn elements(
    list: &Template,
    context: &minijinja::Value,
) -> Result<impl Iterator<Item = minijinja::Value>, minijinja::Error> {
    let list = match list {
        Template::Expression(expression) => expression.eval(context)?,
        other => other
            .fill(context)?
            .map_or(minijinja::Value::UNDEFINED, |value| minijinja::Value::from(minijinja::value::Serde(&value))),
    };
    let elements: Vec<minijinja::Value> =
        if list.is_undefined() || list.is_none() { Vec::new() } else { list.try_iter()?.collect() };
    Ok(elements.into_iter())
}

/// The context of one turn of a loop: the element, and its index from 0 as `{variable}_index`.
pub(crate) fn looped(variable: &str, index: usize, element: minijinja::Value, context: &minijinja::Value) -> minijinja::Value {
    let turn = named([(variable.to_owned(), element), (format!("{variable}_index"), minijinja::Value::from(index))]);
    over(turn, context)
}

/// A map for templates to look names up in.
pub(crate) fn named(members: impl IntoIterator<Item = (String, minijinja::Value)>) -> minijinja::Value {
    minijinja::Value::from(members.into_iter().collect::<BTreeMap<_, _>>())
}

/// What `above` names hides what `below` calls the same.
pub(crate) fn over(above: minijinja::Value, below: &minijinja::Value) -> minijinja::Value {
    minijinja::value::merge_maps([below.clone(), above])
}
