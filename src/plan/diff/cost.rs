//! The change of the monthly cost, when both plans state one.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// An amount of money in hundredths of its currency, which JSON shows with two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(with = "f64")]
pub struct Cents(pub i64);

impl std::fmt::Display for Cents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// What the resources of two plans cost a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostChange {
    /// The currency, as the plans state it.
    pub currency: String,
    /// Of the old plan.
    pub old: Cents,
    /// Of the new plan.
    pub new: Cents,
    /// New less old.
    pub difference: Cents,
}

/// The cost change between the summaries of two plans, as they are written. None where one of them states no cost, or
/// another currency.
pub(super) fn change(old: &Value, new: &Value) -> Option<CostChange> {
    let (old_currency, old) = stated(old)?;
    let (currency, new) = stated(new)?;
    let difference = Cents(new.0.checked_sub(old.0)?);
    (old_currency == currency).then(|| CostChange { currency: currency.to_owned(), old, new, difference })
}

fn stated(summary: &Value) -> Option<(&str, Cents)> {
    let cost = summary.get("monthlyCost")?;
    Some((cost.get("currency")?.as_str()?, cents(cost.get("shared")?.as_f64()?)?))
}

fn cents(amount: f64) -> Option<Cents> {
    let cents = (amount * 100.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "within the exact range of a double")]
    (cents.abs() < 9e15).then_some(Cents(cents as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn costs_are_compared_to_the_cent() {
        let summary = |shared: f64| json!({ "monthlyCost": { "currency": "USD", "shared": shared, "unshared": 99.9 } });
        let found = change(&summary(24.6), &summary(36.0)).expect("both state one");
        assert_eq!((found.old, found.new, found.difference), (Cents(2460), Cents(3600), Cents(1140)));
        assert_eq!(serde_json::to_string(&found.difference).expect("JSON"), "11.40");
        assert_eq!(Cents(-5).to_string(), "-0.05");
        assert_eq!(change(&summary(1.0), &json!({})), None);
        let euros = json!({ "monthlyCost": { "currency": "EUR", "shared": 1 } });
        assert_eq!(change(&summary(1.0), &euros), None);
    }
}
