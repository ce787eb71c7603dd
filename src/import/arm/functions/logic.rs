//! Comparing and deciding.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Pure, is_known, known};

pub(super) const ALL: &[(&str, Pure)] = &[
    ("bool", bool),
    ("equals", equals),
    ("false", |_| Some(false.into())),
    ("greater", |arguments| order(arguments).map(|order| order.is_gt().into())),
    ("greaterorequals", |arguments| order(arguments).map(|order| order.is_ge().into())),
    ("less", |arguments| order(arguments).map(|order| order.is_lt().into())),
    ("lessorequals", |arguments| order(arguments).map(|order| order.is_le().into())),
    ("not", |arguments| Some((!arguments.first()?.as_bool()?).into())),
    ("null", |_| Some(Value::Null)),
    ("true", |_| Some(true.into())),
];

fn bool(arguments: &[Value]) -> Option<Value> {
    match arguments.first()? {
        Value::Bool(bool) => Some((*bool).into()),
        Value::Number(number) => Some((number.as_i64()? != 0).into()),
        _ => known(arguments, 0)?.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
    }
}

fn equals(arguments: &[Value]) -> Option<Value> {
    let [one, other] = arguments else { return None };
    // What is unknown equals itself, whatever it is.
    if one == other {
        return Some(true.into());
    }
    (is_known(one) && is_known(other)).then(|| false.into())
}

fn order(arguments: &[Value]) -> Option<Ordering> {
    match (arguments.first()?, arguments.get(1)?) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        _ => Some(known(arguments, 0)?.cmp(known(arguments, 1)?)),
    }
}
