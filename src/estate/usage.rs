//! How much components use of what is billed by use: the usage file.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::input::{At, Code, Diagnostics, Document, Sink};
use crate::names::{ComponentId, ComponentType, ResourceType};
use crate::prices::{Quantity, parse_decimal};

/// More of anything in a month is a mistake.
const MOST: u64 = 1_000_000_000_000;
/// Decimals that a quantity may have.
const DECIMALS: u32 = 6;

/// What components use in a month, from a usage file.
///
/// ```
/// let text = r#"{"version": 1, "components": {"UserApi": {"functions": {"requests": 2500000}}}}"#;
/// let usage = colocate::MonthlyUsage::from_json("usage.json", text.as_bytes().to_vec())?;
/// assert!(!usage.is_empty());
/// # Ok::<(), colocate::Diagnostics>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonthlyUsage {
    components: BTreeMap<ComponentId, ComponentUsage>,
    /// What the components of a type use of which they do not say so themselves.
    types: BTreeMap<ComponentType, ComponentUsage>,
    /// What all others use.
    others: ComponentUsage,
}

/// What a usage file calls all components of which it says nothing else.
const OTHERS: &str = "*";

/// What one component uses in a month, by resource type and quantity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentUsage(BTreeMap<ResourceType, BTreeMap<String, Quantity>>);

impl ComponentUsage {
    pub(crate) fn get(&self, resource_type: &str, quantity: &str) -> Option<Decimal> {
        self.0.get(resource_type)?.get(quantity).map(|quantity| quantity.0)
    }

    /// The resource types that it speaks of.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(ResourceType::as_str)
    }

    fn set(&mut self, resource_type: ResourceType, quantity: &str, amount: Quantity) {
        self.0.entry(resource_type).or_default().insert(quantity.to_owned(), amount);
    }

    /// The quantities of each resource type.
    pub fn iter(&self) -> impl Iterator<Item = (&ResourceType, &BTreeMap<String, Quantity>)> {
        self.0.iter()
    }
}

/// The members of an object as their text, of anything else none.
fn members<'d>(object: Option<&&'d RawValue>) -> BTreeMap<String, &'d RawValue> {
    object.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

impl MonthlyUsage {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.components.is_empty() && self.types.is_empty() && self.others.0.is_empty()
    }

    /// What a component uses.
    pub fn of(&self, component: &ComponentId) -> Option<&ComponentUsage> {
        self.components.get(component)
    }

    /// The components that are spoken of, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&ComponentId, &ComponentUsage)> {
        self.components.iter()
    }

    /// What is said for components of a type.
    pub fn types(&self) -> impl Iterator<Item = (&ComponentType, &ComponentUsage)> {
        self.types.iter()
    }

    /// What is said for all components.
    pub fn others(&self) -> &ComponentUsage {
        &self.others
    }

    /// Lets a component, which asks for these resource types, use what is said for its own type, and then for all components, of
    /// what it does not speak of itself.
    pub(crate) fn fill_in(&mut self, id: &ComponentId, component_type: Option<&ComponentType>, asks_for: &BTreeSet<&str>) {
        let defaults = component_type.and_then(|name| self.types.get(name)).into_iter().chain([&self.others]);
        let mut filled = self.components.get(id).cloned().unwrap_or_default();
        for (resource_type, quantities) in defaults.flat_map(ComponentUsage::iter) {
            if asks_for.contains(resource_type.as_str()) {
                let own = filled.0.entry(resource_type.clone()).or_default();
                for (name, amount) in quantities {
                    own.entry(name.clone()).or_insert(*amount);
                }
            }
        }
        if !filled.0.is_empty() {
            self.components.insert(id.clone(), filled);
        }
    }

    /// States what a component uses of a resource type's quantity in a month, in place of an earlier statement.
    pub fn set(&mut self, component: ComponentId, resource_type: ResourceType, quantity: &str, amount: Quantity) {
        self.components.entry(component).or_default().set(resource_type, quantity, amount);
    }

    /// Lets one component use as much as another.
    pub(crate) fn copy(&mut self, from: &ComponentId, to: &ComponentId) {
        if let Some(usage) = self.components.get(from).cloned() {
            self.components.insert(to.clone(), usage);
        }
    }

    /// Reads a usage file; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_json(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        Self::read(&Document::new(name, bytes)?)
    }

    /// Reads a usage file.
    ///
    /// # Errors
    /// Everything that is wrong with the file on its own, each with its place. Whether it fits an estate and rules is
    /// found out by [`load_usage`](crate::load_usage).
    pub fn read(document: &Document) -> Result<Self, Diagnostics> {
        let value = document.parse()?;
        let mut sink = Sink::default();
        let json = document.json_text();
        let root = serde_json::from_str::<&RawValue>(&json).ok();
        let texts = members(root.as_ref());
        let mut usage = Self::default();
        let (mut version, mut components) = (false, false);
        let read =
            sink.object(&At::ROOT, value, &["$schema", "version", "components", "types"], |sink, at, key, value| match key {
                "version" => {
                    version = true;
                    if value.as_u64() != Some(1) {
                        let message = format!("this program reads usage files of version 1, not {value}");
                        sink.error(Code::WrongVersion, at, message).expect("1");
                    }
                }
                "components" => {
                    components = true;
                    for (component, of) in entries(sink, at, value, texts.get("components")) {
                        if component == OTHERS {
                            usage.others = of;
                        } else {
                            usage.components.insert(component.into(), of);
                        }
                    }
                }
                "types" => {
                    let of_types = entries(sink, at, value, texts.get("types")).into_iter();
                    usage.types = of_types.map(|(name, of)| (ComponentType::from(name), of)).collect();
                }
                _ => {}
            });
        for (there, field) in [(version, "version"), (components, "components")] {
            if read && !there {
                sink.missing(&At::ROOT, field);
            }
        }
        if sink.diagnostics.is_empty() { Ok(usage) } else { Err(Diagnostics::from(sink.diagnostics).located(document)) }
    }
}

/// What a file says by the names of components or of their types; the texts are those of the numbers.
fn entries(sink: &mut Sink, at: &At<'_>, value: Value, text: Option<&&RawValue>) -> Vec<(String, ComponentUsage)> {
    let texts = members(text);
    let mut all = Vec::new();
    for (whose, value) in sink.map(at, value).unwrap_or_default() {
        let at = at.key(&whose);
        let texts = members(texts.get(&whose));
        let mut of = ComponentUsage::default();
        for (resource_type, value) in sink.map(&at, value).unwrap_or_default() {
            let at = at.key(&resource_type);
            let texts = members(texts.get(&resource_type));
            for (name, value) in sink.map(&at, value).unwrap_or_default() {
                let text = texts.get(&name).map_or("", |text| text.get());
                if let Some(amount) = quantity(sink, &at.key(&name), &value, text) {
                    of.set(resource_type.as_str().into(), &name, Quantity(amount));
                }
            }
        }
        if !of.0.is_empty() {
            all.push((whose, of));
        }
    }
    all
}

fn quantity(sink: &mut Sink, at: &At<'_>, value: &Value, text: &str) -> Option<Decimal> {
    if !value.is_number() {
        sink.mistyped(at, "a number", value);
        return None;
    }
    let good = |number: &Decimal| {
        (!number.is_sign_negative() || number.is_zero()) && *number <= Decimal::from(MOST) && number.scale() <= DECIMALS
    };
    let number = parse_decimal(text).filter(good);
    if number.is_none() {
        let expected = format!("a number from 0 to {MOST} with at most {DECIMALS} decimals");
        sink.error(Code::OutOfRange, at, format!("{text} is out of range")).expect(expected);
    }
    number
}
