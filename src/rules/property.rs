//! The property tree of a resource type: what a config may say, and how several configs become one.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;

use super::spelling::Renamed;
use super::{ElementCharacters, ElementNames, Template, Vocabulary};

/// How the values that several requirements state for one property become the shared resource's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// All elements; elements of equal identity are merged in turn.
    Union,
    /// The elements common to all who state any.
    Intersection,
    /// The highest value.
    Maximum,
    /// The lowest value.
    Minimum,
    /// The value stated with the highest priority.
    Priority,
    /// The common value; requirements that state different ones never share.
    Match,
    /// The common value; different ones are an error.
    Equal,
}

impl Strategy {
    pub(crate) const WORDS: [(&'static str, Strategy); 7] = [
        ("union", Strategy::Union),
        ("intersection", Strategy::Intersection),
        ("maximum", Strategy::Maximum),
        ("minimum", Strategy::Minimum),
        ("priority", Strategy::Priority),
        ("match", Strategy::Match),
        ("equal", Strategy::Equal),
    ];

    /// The strategy as rule files and plans write it.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, strategy)| *strategy == self).map_or("", |(word, _)| word)
    }
}

/// The type of a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false; false is below true.
    Boolean,
    /// Text of numbers between dots, compared number by number: `3.9` is below `3.11`.
    Version,
    /// Text, a number, true or false.
    Any,
    /// An object as it is.
    Raw,
}

/// How a text is written that stands for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An IPv4 address or range in CIDR notation.
    Ipv4Range,
    /// An IPv4 or IPv6 address or range in CIDR notation.
    IpRange,
}

impl Format {
    pub(crate) const WORDS: [(&'static str, Format); 2] = [("ipv4Range", Format::Ipv4Range), ("ipRange", Format::IpRange)];

    /// Whether a text is written so.
    pub(crate) fn accepts(self, text: &str) -> bool {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, bits.parse::<u8>().ok().filter(|_| bits.bytes().all(|b| b.is_ascii_digit()))),
            None => (text, Some(0)),
        };
        match (address.parse::<IpAddr>(), bits) {
            (Ok(IpAddr::V4(_)), Some(bits)) => bits <= 32,
            (Ok(IpAddr::V6(_)), Some(bits)) => self == Format::IpRange && bits <= 128,
            _ => false,
        }
    }

    /// What is expected, in words.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Format::Ipv4Range => "an IPv4 address or range, such as `203.0.113.5` or `203.0.113.0/24`",
            Format::IpRange => "an address or range, such as `203.0.113.5`, `203.0.113.0/24` or `2001:db8::/32`",
        }
    }
}

/// A single value: its type and which values are allowed.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The type.
    pub scalar_type: ScalarType,
    /// The only values allowed, unless empty. With `ordered`, from lowest to highest.
    pub allowed: Vec<Value>,
    /// Whether `allowed` is an order that `maximum` and `minimum` go by.
    pub ordered: bool,
    /// The lowest number allowed.
    pub minimum: Option<i64>,
    /// The highest number allowed.
    pub maximum: Option<i64>,
    /// Numbers go in steps of this.
    pub multiple_of: Option<i64>,
    /// Texts begin with this.
    pub starts_with: Option<String>,
    /// The most characters of a text.
    pub max_length: Option<usize>,
    /// Texts are one of these words.
    pub vocabulary: Option<Arc<Vocabulary>>,
    /// How texts are written.
    pub format: Option<Format>,
}

impl Scalar {
    /// Compares two values: by the listed order, else by number, version, truth or text.
    ///
    /// A value outside a listed order (a reference, say) is below all that are in it.
    pub fn compare(&self, a: &Value, b: &Value) -> Ordering {
        if self.ordered {
            let rank = |value| self.allowed.iter().position(|allowed| allowed == value);
            return rank(a).cmp(&rank(b)).then_with(|| compare_text(a, b));
        }
        match (a, b) {
            (Value::Number(x), Value::Number(y)) => match (x.as_i64(), y.as_i64()) {
                (Some(x), Some(y)) => x.cmp(&y),
                _ => x.as_f64().unwrap_or(f64::NAN).total_cmp(&y.as_f64().unwrap_or(f64::NAN)),
            },
            (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
            (Value::String(x), Value::String(y)) if self.scalar_type == ScalarType::Version => compare_versions(x, y),
            _ => compare_text(a, b),
        }
    }
}

fn compare_text(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(x), Value::String(y)) => x.cmp(y),
        _ => a.to_string().cmp(&b.to_string()),
    }
}

fn compare_versions(a: &str, b: &str) -> Ordering {
    let parts = |version: &str| -> Vec<(u64, String)> {
        let mut parts: Vec<_> = version.split(['.', '-']).map(|p| (p.parse().unwrap_or(0), p.to_owned())).collect();
        // `3` and `3.0` are one version.
        while parts.len() > 1 && parts.last().is_some_and(|(number, text)| *number == 0 && text.bytes().all(|b| b == b'0')) {
            parts.pop();
        }
        parts
    };
    parts(a).cmp(&parts(b)).then_with(|| a.cmp(b))
}

/// What tells the elements of a collection apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The element itself (a list of strings or numbers).
    Itself,
    /// One of its fields, always a string.
    Field(String),
    /// The name it stands under (a map).
    Name,
}

/// How the names of a component's own elements are set apart from its neighbours'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `USER_API_` before the name, for settings.
    ShoutySnake,
    /// `user-api-` before the name.
    Kebab,
    /// `UserApi` before the name, where hyphens are not allowed.
    Pascal,
}

impl Prefix {
    pub(crate) const WORDS: [(&'static str, Prefix); 3] =
        [("shoutySnake", Prefix::ShoutySnake), ("kebab", Prefix::Kebab), ("pascal", Prefix::Pascal)];
}

/// A property that holds many elements.
#[derive(Clone, Debug)]
pub struct Collection {
    /// What tells elements apart.
    pub identity: Identity,
    /// What an element is.
    pub element: Box<Kind>,
    /// How values stated for one element are merged (of maps and lists of single values).
    pub values: Strategy,
    /// Elements are each component's own, and their names get its prefix.
    pub prefix: Option<Prefix>,
    /// Requirements that name the same element stay together.
    pub together: bool,
    /// A plain string stands for an object with just this field.
    pub shorthand: Option<String>,
    /// A count stands for that many elements, named by this pattern (`{n}` is the number).
    pub numbered: Option<String>,
    /// How the provider wants elements named.
    pub names: Option<ElementNames>,
    /// The most elements that one value may list.
    pub max_items: Option<usize>,
    /// `{"value": …, "shared": true}` marks an element that keeps its name and is merged with the neighbours'.
    pub shareable: bool,
}

impl Collection {
    /// Whether elements belong to components: to the one whose prefix they get, or to those who name them.
    pub fn is_owned(&self) -> bool {
        self.prefix.is_some() || self.together
    }

    /// Whether elements are things of their own, rather than settings: they can be placed one by one.
    pub(crate) fn is_divisible(&self) -> bool {
        self.identity != Identity::Name && self.is_owned()
    }

    /// Puts a number behind the names of the elements of a valid value: `orders` becomes `orders-2`.
    pub(crate) fn number(&self, value: &mut Value, number: u32) {
        let hyphen = self.names.is_none_or(|names| names.characters != ElementCharacters::Alphanumeric);
        let numbered = |name: &str| if hyphen { format!("{name}-{number}") } else { format!("{name}{number}") };
        match (value, &self.identity) {
            (Value::Object(map), Identity::Name) => {
                *map = std::mem::take(map).into_iter().map(|(name, value)| (numbered(&name), value)).collect();
            }
            (Value::Array(elements), identity) => {
                for element in elements {
                    let name = match (element, identity) {
                        (Value::Object(fields), Identity::Field(field)) => fields.get_mut(field),
                        (element, _) => Some(element),
                    };
                    if let Some(Value::String(name)) = name {
                        *name = numbered(name);
                    }
                }
            }
            (count @ Value::Number(_), _) => {
                let pattern = self.numbered.as_deref().unwrap_or("{n}");
                let names = (1..=count.as_u64().unwrap_or(0)).map(|n| numbered(&pattern.replace("{n}", &n.to_string())));
                *count = names.collect::<Vec<_>>().into();
            }
            _ => {}
        }
    }
}

/// What a property holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A single value.
    Scalar(Scalar),
    /// Many elements.
    Collection(Collection),
    /// A structure, as the element of a collection.
    Object(Properties),
}

/// What it takes that a property comes to be stated, or is no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// The same as a change of its value.
    #[default]
    Update,
    /// A conversion of the provider's, and no template.
    Migrate,
    /// What it belongs to is made anew.
    Replace,
}

impl Presence {
    pub(crate) const WORDS: [(&'static str, Presence); 3] =
        [("update", Presence::Update), ("migrate", Presence::Migrate), ("replace", Presence::Replace)];
}

/// One property: a leaf of the tree.
#[derive(Clone, Debug)]
pub struct Property {
    /// The names from the config's root to the property.
    pub path: Vec<String>,
    /// What it holds.
    pub kind: Kind,
    /// How it is merged.
    pub merge: Strategy,
    /// The merged resource's value when nobody spoke.
    pub(crate) default: Option<Template>,
    /// Every requirement's value when it is silent, before merging.
    pub(crate) inherit: Option<Template>,
    /// A change means that the provider replaces the resource.
    pub immutable: bool,
    /// What stating it, or no longer stating it, takes, where that differs from a change of its value.
    pub presence: Presence,
    /// The property that the provider can turn it into, by a conversion of its own.
    pub converts: Option<String>,
    /// Those who differ in it are meant to: it is no disagreement that an estate could settle.
    pub by_design: bool,
    /// An override may set it.
    pub overridable: bool,
    /// What a stated value means, where it can be written in several ways.
    pub(crate) canonical: Option<Template>,
    /// The value of a requirement that is silent, by what else it states.
    pub(crate) derive: Option<Template>,
    /// Whatever it holds gives access, so no plan shows it.
    pub secret: bool,
    /// Must be stated (of elements and of component types' configs).
    pub required: bool,
    /// Why the rule is so, in one sentence.
    pub why: Option<String>,
    /// Its names elsewhere: at the provider, in other tools.
    pub(crate) aliases: Vec<Alias>,
}

/// A name that a property has elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    /// The path with dots from where the property's own begins.
    pub(crate) name: String,
    /// What the words mean here; as they are, unless stated.
    pub(crate) values: Option<BTreeMap<String, Value>>,
    /// Whether it is read; else it is only told what the property is called here.
    pub(crate) accept: bool,
}

impl Kind {
    /// Whether some property of it, at any depth, is a secret.
    pub(crate) fn holds_secrets(&self) -> bool {
        match self {
            Self::Scalar(_) => false,
            Self::Collection(collection) => collection.element.holds_secrets(),
            Self::Object(properties) => properties.iter().any(|property| property.secret || property.kind.holds_secrets()),
        }
    }
}

impl Property {
    /// A property at the top of a config that holds an object as it is; those who state different ones never share.
    pub(crate) fn raw(name: &str, why: &str) -> Self {
        let scalar = Scalar {
            scalar_type: ScalarType::Raw,
            allowed: Vec::new(),
            ordered: false,
            minimum: None,
            maximum: None,
            multiple_of: None,
            starts_with: None,
            max_length: None,
            vocabulary: None,
            format: None,
        };
        Self {
            path: vec![name.to_owned()],
            kind: Kind::Scalar(scalar),
            merge: Strategy::Match,
            default: None,
            inherit: None,
            immutable: false,
            presence: Presence::default(),
            converts: None,
            by_design: false,
            overridable: true,
            required: false,
            canonical: None,
            derive: None,
            aliases: Vec::new(),
            secret: false,
            why: Some(why.to_owned()),
        }
    }

    /// The path with dots, as messages and provenance write it.
    pub fn name(&self) -> String {
        self.path.join(".")
    }

    /// The collection, if it is one.
    pub fn collection(&self) -> Option<&Collection> {
        match &self.kind {
            Kind::Collection(collection) => Some(collection),
            _ => None,
        }
    }
}

/// What stands under a name in a config.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// The property with this index.
    Leaf(usize),
    /// An object whose members are properties in turn.
    Branch(BTreeMap<String, Node>),
    /// What properties are called elsewhere.
    Alias(Vec<Renamed>),
}

impl Node {
    /// Whether it is, or holds, a property under its own name.
    pub(crate) fn is_own(&self) -> bool {
        match self {
            Self::Leaf(_) => true,
            Self::Branch(inner) => inner.is_empty() || inner.values().any(Self::is_own),
            Self::Alias(_) => false,
        }
    }
}

/// A property tree: its leaves in the order of their paths, and the way to them.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    pub(crate) leaves: Vec<Property>,
    pub(crate) tree: BTreeMap<String, Node>,
}

impl Properties {
    /// Every property, in the order of their paths.
    pub fn iter(&self) -> std::slice::Iter<'_, Property> {
        self.leaves.iter()
    }

    /// Adds the names of the properties that are secrets, or hold some.
    pub(super) fn secret_names(&self, names: &mut BTreeSet<String>) {
        let secret = |property: &&Property| property.secret || property.kind.holds_secrets();
        names.extend(self.iter().filter(secret).filter_map(|property| property.path.last().cloned()));
    }

    /// The property at a path through the elements of collections: `databases.containers.throughput`.
    pub fn at(&self, path: &str) -> Option<&Property> {
        if let Some((_, property)) = self.find(path) {
            return Some(property);
        }
        path.match_indices('.').find_map(|(cut, _)| {
            let (_, outer) = self.find(path.get(..cut)?)?;
            match &*outer.collection()?.element {
                Kind::Object(inner) => inner.at(path.get(cut + 1..)?),
                _ => None,
            }
        })
    }

    /// The property at a dotted path, with its index.
    pub fn find(&self, path: &str) -> Option<(usize, &Property)> {
        self.leaves.iter().enumerate().find(|(_, leaf)| leaf.path.iter().map(String::as_str).eq(path.split('.')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        let cases = [
            ("203.0.113.5", true, true),
            ("203.0.113.0/24", true, true),
            ("203.0.113.0/33", false, false),
            ("203.0.113.0/+4", false, false),
            ("2001:db8::/32", false, true),
            ("office", false, false),
            ("203.0.113.0/", false, false),
        ];
        for (text, v4, any) in cases {
            assert_eq!((Format::Ipv4Range.accepts(text), Format::IpRange.accepts(text)), (v4, any), "{text}");
        }
    }

    fn scalar(scalar_type: ScalarType, order: &[&str]) -> Scalar {
        let allowed = order.iter().map(|word| json!(word)).collect();
        Scalar {
            scalar_type,
            allowed,
            ordered: !order.is_empty(),
            minimum: None,
            maximum: None,
            multiple_of: None,
            starts_with: None,
            max_length: None,
            vocabulary: None,
            format: None,
        }
    }

    #[test]
    fn versions_compare_number_by_number() {
        let version = scalar(ScalarType::Version, &[]);
        assert_eq!(version.compare(&json!("3.9"), &json!("3.11")), Ordering::Less);
        assert_eq!(version.compare(&json!("22"), &json!("8")), Ordering::Greater);
        assert_eq!(version.compare(&json!("TLS1.2"), &json!("TLS1.3")), Ordering::Less);
    }

    #[test]
    fn a_listed_order_beats_the_alphabet() {
        let sku = scalar(ScalarType::String, &["Y1", "FC1", "B1", "EP1"]);
        assert_eq!(sku.compare(&json!("B1"), &json!("Y1")), Ordering::Greater);
        assert_eq!(sku.compare(&json!("B1"), &json!("EP1")), Ordering::Less);
    }

    #[test]
    fn false_is_below_true() {
        assert_eq!(scalar(ScalarType::Boolean, &[]).compare(&json!(false), &json!(true)), Ordering::Less);
    }
}
