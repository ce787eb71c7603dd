//! Amounts of money, in whole cents.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::decimal;

/// An amount in hundredths of a currency, exact. JSON writes it as a number with two decimals.
///
/// ```
/// use colocate::Amount;
/// let amount: Amount = "24.6".parse()?;
/// assert_eq!((amount + amount).to_string(), "49.20");
/// assert_eq!(serde_json::to_string(&amount).unwrap(), "24.60");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);

    /// An amount of so many hundredths.
    pub const fn from_cents(cents: i128) -> Self {
        Self(cents)
    }

    /// The amount in hundredths.
    pub const fn cents(self) -> i128 {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an amount with at most two decimals");
        let hundredfold = decimal::parse(text).and_then(|number| number.checked_mul(Decimal::ONE_HUNDRED)).ok_or_else(wrong)?;
        if hundredfold.is_integer() { Ok(Self(hundredfold.trunc().mantissa())) } else { Err(wrong()) }
    }
}

impl Add for Amount {
    type Output = Amount;

    fn add(self, other: Amount) -> Amount {
        Amount(self.0 + other.0)
    }
}

impl Sub for Amount {
    type Output = Amount;

    fn sub(self, other: Amount) -> Amount {
        Amount(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Amount;

    fn neg(self) -> Amount {
        Amount(-self.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.0 += other.0;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::ZERO, Amount::add)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        decimal::write(self.to_string(), serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decimal::read(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "description": "An amount with two decimals." })
    }
}

/// A currency, by its code of three capital letters (ISO 4217).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Currency(#[schemars(regex(pattern = "^[A-Z]{3}$"))] String);

impl Currency {
    /// A currency, if the code is three capital letters.
    pub fn new(code: &str) -> Option<Self> {
        (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())).then(|| Self(code.to_owned()))
    }

    /// US dollars.
    pub fn usd() -> Self {
        Self("USD".to_owned())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An amount in this currency, for people: `$24.60`, or `24.60 CHF`.
    pub fn show(&self, amount: Amount) -> String {
        let symbol = match self.0.as_str() {
            "USD" => "$",
            "EUR" => "€",
            "GBP" => "£",
            code => return format!("{amount} {code}"),
        };
        match amount.cents() < 0 {
            true => format!("-{symbol}{}", -amount),
            false => format!("{symbol}{amount}"),
        }
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::usd()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::new(&code).ok_or_else(|| D::Error::custom(format!("`{code}` is not the code of a currency")))
    }
}

/// An amount of a currency: `{"currency": "USD", "amount": 24.60}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// The currency.
    pub currency: Currency,
    /// The amount.
    pub amount: Amount,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.currency.show(self.amount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_decimals() {
        let money = Money { currency: Currency::usd(), amount: Amount::from_cents(2460) };
        assert_eq!(serde_json::to_string(&money).expect("written"), r#"{"currency":"USD","amount":24.60}"#);
        assert_eq!(serde_json::from_str::<Money>(r#"{"currency":"USD","amount":24.6}"#).expect("read"), money);
        let by_value = serde_json::from_value::<Money>(serde_json::json!({"currency": "USD", "amount": 24.6}));
        assert_eq!(by_value.expect("read"), money);
        assert_eq!(money.to_string(), "$24.60");
        assert_eq!(Currency::usd().show(Amount::from_cents(-5)), "-$0.05");
        assert_eq!("0.05".parse(), Ok(Amount::from_cents(5)));
        assert_eq!("1e3".parse(), Ok(Amount::from_cents(100_000)));
        assert!("0.005".parse::<Amount>().is_err() && "x".parse::<Amount>().is_err());
        assert!(serde_json::from_str::<Amount>(r#""1.00""#).is_err());
    }
}
