//! Counting.

use serde_json::Value;

use super::{MOST_ELEMENTS, Pure, known, number};

pub(super) const ALL: &[(&str, Pure)] = &[
    ("add", |arguments| both(arguments, i64::checked_add)),
    ("div", |arguments| both(arguments, i64::checked_div)),
    ("float", |arguments| match arguments.first()? {
        Value::Number(number) => Some(number.as_f64()?.into()),
        _ => known(arguments, 0)?.parse::<f64>().ok().map(Value::from),
    }),
    ("int", |arguments| number(arguments, 0).or_else(|| known(arguments, 0)?.trim().parse().ok()).map(Value::from)),
    ("max", |arguments| several(arguments)?.into_iter().max().map(Value::from)),
    ("min", |arguments| several(arguments)?.into_iter().min().map(Value::from)),
    ("mod", |arguments| both(arguments, i64::checked_rem)),
    ("mul", |arguments| both(arguments, i64::checked_mul)),
    ("range", range),
    ("sub", |arguments| both(arguments, i64::checked_sub)),
];

fn both(arguments: &[Value], of: fn(i64, i64) -> Option<i64>) -> Option<Value> {
    of(number(arguments, 0)?, number(arguments, 1)?).map(Value::from)
}

/// Numbers as arguments, or as one list.
fn several(arguments: &[Value]) -> Option<Vec<i64>> {
    let all = match arguments {
        [Value::Array(array)] => array,
        all => all,
    };
    all.iter().map(Value::as_i64).collect()
}

fn range(arguments: &[Value]) -> Option<Value> {
    let (from, count) = (number(arguments, 0)?, number(arguments, 1)?);
    let count = usize::try_from(count).ok().filter(|count| *count <= MOST_ELEMENTS)?;
    let to = from.checked_add(i64::try_from(count).ok()?)?;
    Some((from..to).map(Value::from).collect())
}
