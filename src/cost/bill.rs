//! What a resource is billed by, from its type's rule and its merged config.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::input::{Code, Diagnostic};
use crate::prices::{MeterQuery, PriceBook, Series, parse_decimal};
use crate::rules::{Meter, ResourceRule, RuleSet, Template, broken};

/// More of anything in a month is a mistake.
pub(crate) const MOST: u64 = 1_000_000_000_000;

/// The bill of one resource; `None` where its type's rule does not say what it costs.
pub(crate) type Bill<'a> = Option<Vec<Line<'a>>>;

/// One thing that a resource is billed by.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) resource_type: &'a str,
    pub(crate) meter: &'a Meter,
    /// What the price book calls the meter.
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) price: Result<&'a Series, String>,
    /// Units of the price: in a month, or for each of the usage quantity.
    pub(crate) units: Decimal,
}

/// What bills the resources of a type.
pub(crate) struct Biller<'a> {
    rule: &'a ResourceRule,
    prices: &'a PriceBook,
}

impl<'a> Biller<'a> {
    pub(crate) fn new(rules: &'a RuleSet, rule: &'a ResourceRule) -> Self {
        Self { rule, prices: rules.prices() }
    }

    /// What a resource whose config is in `context` is billed by.
    pub(crate) fn bill(&self, context: &minijinja::Value) -> Result<Bill<'a>, Diagnostic> {
        let Some(cost) = &self.rule.cost else { return Ok(None) };
        let mut lines = Vec::new();
        for meter in &cost.meters {
            let failed = |e: minijinja::Error| broken(self.rule, &format!("cost.{}", meter.name), &e);
            if let Some(when) = &meter.when
                && !when.holds(context).map_err(failed)?
            {
                continue;
            }
            let mut units = Decimal::ONE;
            for factor in &meter.quantity {
                units *= self.factor(meter, factor, context).map_err(|e| *e)?;
            }
            if units.is_zero() {
                continue;
            }
            if units > Decimal::from(MOST) {
                return Err(self.wrong(meter, &format!("{units} is more than {MOST}")));
            }
            let filled = meter
                .query
                .try_map(|text| {
                    let text = text.fill(context)?;
                    Ok(text.map(|text| text.as_str().map_or_else(|| text.to_string(), str::to_owned)).unwrap_or_default())
                })
                .map_err(failed)?;
            let price = self.prices.find(&MeterQuery {
                service: &filled.service,
                product: &filled.product,
                sku: &filled.sku,
                meter: &filled.meter,
                region: &filled.region,
                unit: &meter.unit,
            });
            let times = price.as_ref().map_or(Decimal::ONE, |(_, times)| *times);
            lines.push(Line {
                resource_type: self.rule.resource_type.as_str(),
                meter,
                name: filled.meter,
                price: match (price, filled.region.is_empty()) {
                    (_, true) => Err("the resource has no location".to_owned()),
                    (Ok((series, _)), false) => Ok(series),
                    (Err(reason), false) => Err(reason),
                },
                region: filled.region,
                units: units * times,
            });
        }
        Ok(Some(lines))
    }

    fn factor(&self, meter: &Meter, factor: &Template, context: &minijinja::Value) -> Result<Decimal, Box<Diagnostic>> {
        let failed = |e: minijinja::Error| Box::new(broken(self.rule, &format!("cost.{}", meter.name), &e));
        let text = match factor.fill(context).map_err(failed)? {
            None => return Ok(Decimal::ZERO),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(value) => value.to_string(),
        };
        let number = parse_decimal(&text).filter(|number| !number.is_sign_negative() || number.is_zero());
        number.filter(|number| *number <= Decimal::from(MOST)).ok_or_else(|| {
            let expected = format!("`{text}` is not a number from 0 to {MOST}");
            Box::new(self.wrong(meter, &expected))
        })
    }

    fn wrong(&self, meter: &Meter, what: &str) -> Diagnostic {
        let message = format!("the quantity of `cost.{}` in the rule of `{}`: {what}", meter.name, self.rule.resource_type);
        let mut diagnostic = Diagnostic::error(Code::Expression, message);
        diagnostic.help("this is a mistake in the rule file of the resource type");
        diagnostic
    }
}

impl Line<'_> {
    /// What it costs a month, where that is known and does not depend on use.
    pub(crate) fn fixed_cost(&self) -> Option<Decimal> {
        let series = self.price.as_ref().ok().filter(|_| self.meter.usage.is_none())?;
        Some(series.cost(self.units))
    }
}
