//! How much components use of what is billed by use: the usage file.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::input::{At, Code, Diagnostics, Document, Sink};
use crate::names::{ComponentId, ResourceType};
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
pub struct MonthlyUsage(BTreeMap<ComponentId, ComponentUsage>);

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
        self.0.is_empty()
    }

    /// What a component uses.
    pub fn of(&self, component: &ComponentId) -> Option<&ComponentUsage> {
        self.0.get(component)
    }

    /// The components that are spoken of, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&ComponentId, &ComponentUsage)> {
        self.0.iter()
    }

    /// States what a component uses of a resource type's quantity in a month, in place of an earlier statement.
    pub fn set(&mut self, component: ComponentId, resource_type: ResourceType, quantity: &str, amount: Quantity) {
        self.0.entry(component).or_default().0.entry(resource_type).or_default().insert(quantity.to_owned(), amount);
    }

    /// Lets one component use as much as another.
    pub(crate) fn copy(&mut self, from: &ComponentId, to: &ComponentId) {
        if let Some(usage) = self.0.get(from).cloned() {
            self.0.insert(to.clone(), usage);
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
        let texts = members(members(root.as_ref()).get("components"));
        let mut usage = Self::default();
        let (mut version, mut components) = (false, false);
        let read = sink.object(&At::ROOT, value, &["$schema", "version", "components"], |sink, at, key, value| match key {
            "version" => {
                version = true;
                if value.as_u64() != Some(1) {
                    let message = format!("this program reads usage files of version 1, not {value}");
                    sink.error(Code::WrongVersion, at, message).expect("1");
                }
            }
            "components" => {
                components = true;
                for (component, value) in sink.map(at, value).unwrap_or_default() {
                    let at = at.key(&component);
                    let texts = members(texts.get(&component));
                    for (resource_type, value) in sink.map(&at, value).unwrap_or_default() {
                        let at = at.key(&resource_type);
                        let texts = members(texts.get(&resource_type));
                        for (name, value) in sink.map(&at, value).unwrap_or_default() {
                            let text = texts.get(&name).map_or("", |text| text.get());
                            if let Some(amount) = quantity(sink, &at.key(&name), &value, text) {
                                usage.set(component.as_str().into(), resource_type.as_str().into(), &name, Quantity(amount));
                            }
                        }
                    }
                }
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
