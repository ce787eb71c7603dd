//! What a resource type is billed by.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Template;
use crate::input::{At, Code, Sink, list_names, nearest};

/// The meters that a resource of a type is billed by.
#[derive(Clone, Debug, Default)]
pub struct CostRule {
    /// The meters, by name.
    pub meters: Vec<Meter>,
    /// Quantities that only a usage file can tell, by name, each with what it is.
    pub usage: BTreeMap<String, String>,
}

/// One thing that is billed: how its price is found, and how much of it a month takes.
#[derive(Clone, Debug)]
pub struct Meter {
    /// What the rule calls it.
    pub name: String,
    pub(crate) when: Option<Template>,
    pub(crate) query: Query<Template>,
    /// The unit that quantities are in.
    pub unit: String,
    /// Factors of the quantity of a month.
    pub(crate) quantity: Vec<Template>,
    /// The usage quantity that it is billed by, times `quantity`.
    pub usage: Option<String>,
    /// Billed once a subscription, however many resources there are.
    pub once: bool,
    /// Why, in one sentence.
    pub why: Option<String>,
}

/// What finds the rows of a price.
#[derive(Clone, Debug)]
pub(crate) struct Query<T> {
    pub(crate) service: T,
    pub(crate) product: T,
    pub(crate) sku: T,
    pub(crate) meter: T,
    pub(crate) region: T,
}

impl<T> Query<T> {
    pub(crate) fn try_map<U, E>(&self, mut each: impl FnMut(&T) -> Result<U, E>) -> Result<Query<U>, E> {
        let Self { service, product, sku, meter, region } = self;
        Ok(Query {
            service: each(service)?,
            product: each(product)?,
            sku: each(sku)?,
            meter: each(meter)?,
            region: each(region)?,
        })
    }
}

impl Meter {
    /// Every template of the meter.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        let Query { service, product, sku, meter, region } = &self.query;
        self.when.iter().chain([service, product, sku, meter, region]).chain(&self.quantity)
    }

    /// The name of the meter in the price book, where it does not depend on a config.
    pub fn fixed_meter(&self) -> Option<&str> {
        match &self.query.meter {
            Template::Value(value) => value.as_str(),
            _ => None,
        }
    }
}

const METER_FIELDS: [&str; 11] =
    ["when", "service", "product", "sku", "meter", "region", "unit", "quantity", "usage", "once", "why"];

pub(super) fn cost(sink: &mut Sink, at: &At<'_>, value: Value) -> CostRule {
    let mut rule = CostRule::default();
    sink.object(at, value, &["meters", "usage"], |sink, at, key, value| match key {
        "meters" => {
            for (name, value) in sink.map(at, value).unwrap_or_default() {
                let at = at.key(&name);
                rule.meters.extend(meter(sink, &at, &name, value));
            }
        }
        _ => {
            for (name, value) in sink.map(at, value).unwrap_or_default() {
                if let Some(why) = sink.string(&at.key(&name), value) {
                    rule.usage.insert(name, why);
                }
            }
        }
    });
    for meter in &rule.meters {
        let Some(usage) = meter.usage.as_ref().filter(|usage| !rule.usage.contains_key(*usage)) else { continue };
        let known = || rule.usage.keys().map(String::as_str);
        let meters = at.key("meters");
        let at = meters.key(&meter.name);
        let diagnostic = sink.error(Code::RuleInvalid, &at.key("usage"), format!("`usage` does not list `{usage}`"));
        diagnostic.expect(list_names(known()));
        if let Some(near) = nearest(usage, known()) {
            diagnostic.help(format!("did you mean `{near}`?"));
        }
    }
    rule
}

fn meter(sink: &mut Sink, at: &At<'_>, name: &str, value: Value) -> Option<Meter> {
    let (mut when, mut quantity, mut usage, mut once, mut why, mut unit) = (None, Vec::new(), None, false, None, None);
    let mut texts: BTreeMap<String, Template> = BTreeMap::new();
    let read = sink.object(at, value, &METER_FIELDS, |sink, at, key, value| match key {
        "when" => when = Template::condition(sink, at, value),
        "unit" => unit = sink.string(at, value),
        "usage" => usage = sink.string(at, value),
        "once" => once = sink.word(at, &value, &[("subscription", ())]).is_some(),
        "why" => why = sink.string(at, value),
        "quantity" => {
            let factors = if let Value::Array(factors) = value { factors } else { vec![value] };
            quantity = factors.into_iter().map(|factor| Template::read(sink, at, factor)).collect();
        }
        _ => {
            if sink.string(at, value.clone()).is_some() {
                let template = Template::read(sink, at, value);
                texts.insert(key.to_owned(), template);
            }
        }
    });
    if !read {
        return None;
    }
    let own = |sink: &mut Sink| Template::read(sink, at, Value::from("{{ config.location }}"));
    let region = texts.remove("region").unwrap_or_else(|| own(sink));
    let mut required = |sink: &mut Sink, field: &str| {
        let template = texts.remove(field);
        if template.is_none() {
            sink.missing(at, field);
        }
        template
    };
    let [service, product, sku, meter] = ["service", "product", "sku", "meter"].map(|field| required(sink, field));
    if unit.is_none() {
        sink.missing(at, "unit");
    }
    if quantity.is_empty() && usage.is_none() {
        sink.missing(at, "quantity");
    }
    Some(Meter {
        name: name.to_owned(),
        when,
        query: Query { service: service?, product: product?, sku: sku?, meter: meter?, region },
        unit: unit?,
        quantity,
        usage,
        once,
        why,
    })
}
