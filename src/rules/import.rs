//! How resources that are there already are read back, as a rule file says it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Language, Template};
use crate::input::{At, Code, Sink};
use crate::names::ResourceType;

/// The `import` section of a resource type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Import {
    /// A resource of this type is an application, which the others belong to.
    pub(crate) anchor: bool,
    /// Components do not ask for it; other resources require it.
    pub(crate) implied: bool,
    /// How the values of outputs are recognized.
    pub(crate) outputs: BTreeMap<String, Recognized>,
    /// The property that holds an application's settings.
    pub(crate) settings: Option<Settings>,
    pub(crate) arm: Option<Source>,
    pub(crate) terraform: Option<Source>,
}

impl Import {
    pub(crate) fn of(&self, language: Language) -> Option<&Source> {
        match language {
            Language::Arm => self.arm.as_ref(),
            Language::Terraform => self.terraform.as_ref(),
        }
    }
}

/// How the value of an output looks like where somebody uses it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recognized {
    /// Paths of what ARM's `reference` gives.
    pub(crate) arm: Vec<String>,
    /// Attributes of Terraform's that hold it.
    pub(crate) terraform: Vec<String>,
    /// Texts with `{name}` for the resource's name and `*` for any letters and digits.
    pub(crate) text: Vec<String>,
    /// What is so of a resource whose output somebody uses.
    pub(crate) implies: BTreeMap<String, Value>,
}

/// An application's settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) property: String,
    /// Settings that the host makes for itself, by name (a final `*` stands for any ending), and the type of the resource
    /// that such a setting names.
    pub(crate) host: BTreeMap<String, Option<ResourceType>>,
}

/// What a provider's resources say of a resource type.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The provider types, in lower case.
    pub(crate) types: Vec<String>,
    pub(crate) when: Option<Template>,
    pub(crate) config: Template,
    pub(crate) elements: Vec<ElementSource>,
    /// Resources that say more of the one they belong to, by the name that templates know them by.
    pub(crate) parts: BTreeMap<String, Part>,
    /// Resources that connect others, and say who uses what.
    pub(crate) links: Vec<String>,
    /// Resources that `colocate` makes by itself.
    pub(crate) made: Vec<String>,
}

/// Resources that are elements of a collection.
#[derive(Clone, Debug)]
pub(crate) struct ElementSource {
    pub(crate) types: Vec<String>,
    pub(crate) when: Option<Template>,
    pub(crate) property: String,
    /// Terraform: the id or name of the resource that it belongs to, or the names on the way to it.
    pub(crate) parent: Option<Template>,
    pub(crate) config: Template,
    pub(crate) elements: Vec<ElementSource>,
}

/// A resource that says more of another.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) types: Vec<String>,
    pub(crate) parent: Option<Template>,
}

pub(super) fn import(sink: &mut Sink, at: &At<'_>, value: Value) -> Import {
    let mut import = Import::default();
    let known = ["anchor", "implied", "outputs", "settings", "arm", "terraform", "//"];
    sink.object(at, value, &known, |sink, at, key, value| match key {
        "anchor" => import.anchor = sink.boolean(at, &value).unwrap_or_default(),
        "implied" => import.implied = sink.boolean(at, &value).unwrap_or_default(),
        "outputs" => {
            for (name, value) in sink.map(at, value).unwrap_or_default() {
                let mut recognized = Recognized::default();
                sink.object(&at.key(&name), value, &["arm", "terraform", "text", "implies"], |sink, at, key, value| {
                    if key == "implies" {
                        recognized.implies = sink.map(at, value).unwrap_or_default().into_iter().collect();
                        return;
                    }
                    let texts = sink.strings(at, one_or_more(value)).unwrap_or_default();
                    match key {
                        "arm" => recognized.arm = texts,
                        "terraform" => recognized.terraform = texts,
                        _ => recognized.text = texts.into_iter().filter(|text| pattern(sink, at, text)).collect(),
                    }
                });
                import.outputs.insert(name, recognized);
            }
        }
        "settings" => import.settings = Some(settings(sink, at, value)),
        "arm" => import.arm = source(sink, at, value, Language::Arm),
        "terraform" => import.terraform = source(sink, at, value, Language::Terraform),
        _ => {}
    });
    import
}

fn source(sink: &mut Sink, at: &At<'_>, value: Value, language: Language) -> Option<Source> {
    let mut types = Vec::new();
    let mut source = Source {
        types: Vec::new(),
        when: None,
        config: Template::Object(Vec::new()),
        elements: Vec::new(),
        parts: BTreeMap::new(),
        links: Vec::new(),
        made: Vec::new(),
    };
    let known = ["type", "when", "config", "elements", "parts", "links", "made"];
    sink.object(at, value, &known, |sink, at, key, value| match key {
        "type" => types = provider_types(sink, at, value),
        "when" => source.when = Some(Template::read(sink, at, value)),
        "config" => source.config = Template::read(sink, at, value),
        "elements" => source.elements = elements(sink, at, value, language),
        "links" => source.links = provider_types(sink, at, value),
        "made" => source.made = provider_types(sink, at, value),
        _ => {
            for (name, value) in sink.map(at, value).unwrap_or_default() {
                let (mut types, mut parent) = (Vec::new(), None);
                sink.object(&at.key(&name), value, &["type", "parent"], |sink, at, key, value| match key {
                    "type" => types = provider_types(sink, at, value),
                    _ => parent = Some(Template::read(sink, at, value)),
                });
                related(sink, &at.key(&name), &types, parent.is_some(), language);
                source.parts.insert(name, Part { types, parent });
            }
        }
    });
    if types.is_empty() {
        sink.missing(at, "type");
    }
    source.types = types;
    (!source.types.is_empty()).then_some(source)
}

fn elements(sink: &mut Sink, at: &At<'_>, value: Value, language: Language) -> Vec<ElementSource> {
    let mut all = Vec::new();
    for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
        let at = at.index(i);
        let mut property = None;
        let mut element = ElementSource {
            types: Vec::new(),
            when: None,
            property: String::new(),
            parent: None,
            config: Template::Object(Vec::new()),
            elements: Vec::new(),
        };
        let known = ["type", "when", "property", "parent", "config", "elements"];
        sink.object(&at, value, &known, |sink, at, key, value| match key {
            "type" => element.types = provider_types(sink, at, value),
            "when" => element.when = Some(Template::read(sink, at, value)),
            "property" => property = sink.string(at, value),
            "parent" => element.parent = Some(Template::read(sink, at, value)),
            "config" => element.config = Template::read(sink, at, value),
            _ => element.elements = elements(sink, at, value, language),
        });
        related(sink, &at, &element.types, element.parent.is_some(), language);
        match property {
            Some(property) => {
                element.property = property;
                all.push(element);
            }
            None => sink.missing(&at, "property"),
        }
    }
    all
}

/// What belongs to another resource has a type, and in Terraform says to which.
fn related(sink: &mut Sink, at: &At<'_>, types: &[String], parent: bool, language: Language) {
    if types.is_empty() {
        sink.missing(at, "type");
    }
    if language == Language::Terraform && !parent {
        sink.missing(at, "parent");
    }
}

fn settings(sink: &mut Sink, at: &At<'_>, value: Value) -> Settings {
    let mut settings = Settings::default();
    sink.object(at, value, &["property", "host"], |sink, at, key, value| match key {
        "property" => settings.property = sink.string(at, value).unwrap_or_default(),
        _ => {
            for (name, value) in sink.map(at, value).unwrap_or_default() {
                let named =
                    if value == Value::Bool(true) { None } else { sink.string(&at.key(&name), value).map(ResourceType::from) };
                settings.host.insert(name, named);
            }
        }
    });
    if settings.property.is_empty() {
        sink.missing(at, "property");
    }
    settings
}

fn one_or_more(value: Value) -> Value {
    if value.is_string() { Value::Array(vec![value]) } else { value }
}

fn provider_types(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<String> {
    let types = sink.strings(at, one_or_more(value)).unwrap_or_default();
    types.into_iter().map(|name| name.to_ascii_lowercase()).collect()
}

fn pattern(sink: &mut Sink, at: &At<'_>, text: &str) -> bool {
    let good = text.matches("{name}").count() == 1 && text.len() > "{name}".len() + 3;
    if !good {
        sink.error(Code::RuleInvalid, at, format!("`{text}` does not tell where the resource's name is"))
            .expect("a text with `{name}` in it once, and more than that");
    }
    good
}
