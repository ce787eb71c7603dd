//! What expressions may call, beside what MiniJinja has; and what becomes of their values.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, UndefinedBehavior};
use serde_json::Value;

/// Steps that one expression may take before it is stopped; the built-in rules need a few dozen.
const FUEL: u64 = 100_000;

/// Where expressions are compiled and run.
pub(super) fn environment() -> Environment<'static> {
    use heck::{ToKebabCase, ToLowerCamelCase, ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("kebab", |text: &str| text.to_kebab_case());
    environment.add_filter("snake", |text: &str| text.to_snake_case());
    environment.add_filter("shoutySnake", |text: &str| text.to_shouty_snake_case());
    environment.add_filter("pascal", |text: &str| text.to_pascal_case());
    environment.add_filter("camel", |text: &str| text.to_lower_camel_case());
    environment.add_filter("strings", strings);
    environment.add_filter("flatten", flatten);
    environment.add_filter("byName", by_name);
    environment.add_filter("before", |text: &minijinja::Value, mark: &str| cut(text, mark, |text, at| text.get(..at)));
    environment
        .add_filter("after", |text: &minijinja::Value, mark: &str| cut(text, mark, |text, at| text.get(at + mark.len()..)));
    environment.add_filter("region", region);
    environment.add_test("containing", |text: &str, part: &str| text.contains(part));
    environment.add_test("private", private);
    environment.add_test("consistingof", |text: &str, further: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || further.contains(c))
    });
    environment.add_filter("seconds", seconds);
    environment.add_filter("duration", duration);
    environment.add_filter("within", within);
    environment
}

/// A map with every value as a text.
fn strings(map: &minijinja::Value) -> Result<minijinja::Value, Error> {
    if map.is_undefined() {
        return Ok(map.clone());
    }
    let member = |key: minijinja::Value| {
        let value = map.get_item(&key)?;
        // As JSON writes them: `true`, not `True`.
        let as_json = matches!(value.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::Bool);
        let text = if as_json { to_json(&value)?.unwrap_or_default().to_string() } else { value.to_string() };
        Ok((key.to_string(), minijinja::Value::from(text)))
    };
    Ok(minijinja::Value::from(map.try_iter()?.map(member).collect::<Result<BTreeMap<_, _>, Error>>()?))
}

/// A list of objects as a map by their `name`: of one member of each, or of the whole.
fn by_name(list: &minijinja::Value, member: Option<&str>) -> Result<minijinja::Value, Error> {
    if list.is_undefined() || list.is_none() {
        return Ok(minijinja::Value::UNDEFINED);
    }
    let mut map: BTreeMap<String, minijinja::Value> = BTreeMap::new();
    if let Some(open) = list.as_str() {
        map.extend(open.contains('\u{E000}').then(|| (open.to_owned(), list.clone())));
        return Ok(minijinja::Value::from(map));
    }
    for element in list.try_iter()? {
        // A part of the list that only deployment knows goes by its own text.
        if let Some(open) = element.as_str().filter(|text| text.contains('\u{E000}')) {
            map.insert(open.to_owned(), element.clone());
            continue;
        }
        let name = element.get_attr("name")?;
        let value = match member {
            Some(member) => element.get_attr(member)?,
            None => element.clone(),
        };
        if let (Some(name), false) = (name.as_str(), value.is_undefined()) {
            map.insert(name.to_owned(), value);
        }
    }
    Ok(minijinja::Value::from(map))
}

/// A part of a text before or after a mark; the whole where the mark is not in it, and nothing where it comes to nothing.
fn cut<'t>(text: &'t minijinja::Value, mark: &str, part: impl Fn(&'t str, usize) -> Option<&'t str>) -> minijinja::Value {
    let Some(text) = text.as_str() else { return minijinja::Value::UNDEFINED };
    let found = text.find(mark).map_or(Some(text), |at| part(text, at));
    found.filter(|part| !part.is_empty()).map_or(minijinja::Value::UNDEFINED, minijinja::Value::from)
}

/// Whether an address or range is one of those that private networks use (RFC 1918).
fn private(range: &str) -> bool {
    let address = range.split_once('/').map_or(range, |(address, _)| address);
    address.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_private())
}

/// A region as the provider's programs write it: `East US` is `eastus`.
fn region(name: &minijinja::Value) -> minijinja::Value {
    match name.as_str() {
        // What deployment alone will know stays as it is.
        Some(text) if text.contains('\u{E000}') => name.clone(),
        Some(text) => {
            minijinja::Value::from(text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase())
        }
        None => minijinja::Value::UNDEFINED,
    }
}

/// The seconds of an ISO 8601 duration (`PT1M30S`, `P14D`); nothing for what is none, or lasts for centuries.
fn seconds(duration: &minijinja::Value) -> minijinja::Value {
    const CENTURY: u64 = 100 * 365 * 86_400;
    let total = duration.as_str().and_then(|text| {
        let (days, time) = text.strip_prefix('P')?.split_once('T').unwrap_or((text.strip_prefix('P')?, ""));
        let mut total: u64 = 0;
        for (part, units) in [(days, [('W', 604_800), ('D', 86_400)].as_slice()), (time, &[('H', 3600), ('M', 60), ('S', 1)])] {
            let mut rest = part;
            for (unit, seconds) in units {
                if let Some((number, after)) = rest.split_once(*unit) {
                    let whole = number.split('.').next().unwrap_or_default();
                    total = total.checked_add(whole.parse::<u64>().ok()?.checked_mul(*seconds)?)?;
                    rest = after;
                }
            }
            if !rest.is_empty() {
                return None;
            }
        }
        (total > 0 && total < CENTURY).then_some(total)
    });
    total.map_or(minijinja::Value::UNDEFINED, minijinja::Value::from)
}

/// Seconds as the ISO 8601 duration that the provider answers with, so that nothing seems to have changed: 90 is `PT1M30S`.
fn duration(seconds: &minijinja::Value) -> minijinja::Value {
    let Some(total) = seconds.as_i64().filter(|seconds| *seconds > 0) else { return minijinja::Value::UNDEFINED };
    let mut text = String::from("P");
    let mut rest = total;
    for (unit, length) in [("D", 86_400), ("H", 3600), ("M", 60), ("S", 1)] {
        if unit == "H" && rest > 0 {
            text.push('T');
        }
        if rest >= length {
            let _ = write!(text, "{}{unit}", rest / length);
            rest %= length;
        }
    }
    minijinja::Value::from(text)
}

/// Of names like `topic/subscription` those that begin with one of the outer names.
fn within(names: &minijinja::Value, outer: &minijinja::Value) -> Result<Vec<minijinja::Value>, Error> {
    let outer: Vec<minijinja::Value> = if outer.is_undefined() { Vec::new() } else { outer.try_iter()?.collect() };
    let begins = |name: &minijinja::Value| {
        let first = name.as_str().and_then(|name| name.rsplit_once('/')).map(|(first, _)| first);
        first.is_some_and(|first| outer.iter().any(|known| known.as_str() == Some(first)))
    };
    Ok(names.try_iter()?.filter(begins).collect())
}

/// The elements of all lists in a list, each once.
fn flatten(lists: &minijinja::Value) -> Result<Vec<minijinja::Value>, Error> {
    let mut all: Vec<minijinja::Value> = Vec::new();
    for list in lists.try_iter()? {
        for element in list.try_iter()? {
            if !all.contains(&element) {
                all.push(element);
            }
        }
    }
    Ok(all)
}

/// A value as JSON; nothing for what comes to nothing.
pub(super) fn to_json(value: &minijinja::Value) -> Result<Option<Value>, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(None);
    }
    serde_json::to_value(value).map(Some).map_err(|error| Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_as_durations() {
        let of = |seconds: i64| duration(&minijinja::Value::from(seconds)).to_string();
        assert_eq!([60, 90, 86_400, 90_000, 3_661].map(of), ["PT1M", "PT1M30S", "P1D", "P1DT1H", "PT1H1M1S"]);
    }

    #[test]
    fn durations_are_counted_in_seconds() {
        let of = |text: &str| seconds(&minijinja::Value::from(text)).as_i64();
        assert_eq!((of("PT30S"), of("PT1M30S"), of("P14D"), of("P1DT2H")), (Some(30), Some(90), Some(1_209_600), Some(93_600)));
        assert_eq!((of("P10675199DT2H48M5.4775807S"), of("soon"), of("PT"), of("P")), (None, None, None, None));
    }
}
