//! What ARM expressions come to before deployment.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::parse::{Expression, expression};
use crate::import::marks;

/// Turns that evaluating one text may take; parameters and variables that lead in a circle run out of them.
const MOST_TURNS: usize = 20_000;
/// Longer texts are nobody's names or settings.
const LONGEST: usize = 1 << 16;

/// What the expressions of one template see.
pub(super) struct Scope<'t> {
    pub(super) parameters: BTreeMap<String, Value>,
    /// Names of parameters that hold secrets.
    pub(super) secure: BTreeSet<String>,
    pub(super) variables: Option<&'t Map<String, Value>>,
    /// Symbolic names of resources, and what references to them mean.
    pub(super) symbols: BTreeMap<String, String>,
    /// Outputs of nested deployments, by the deployment's name.
    pub(super) outputs: RefCell<BTreeMap<String, Map<String, Value>>>,
    /// The turns of the loops around.
    pub(super) copies: RefCell<Vec<(String, i64)>>,
    pub(super) turns: Cell<usize>,
    /// Variables that are being evaluated.
    pub(super) open: RefCell<Vec<String>>,
}

impl Scope<'_> {
    /// A value with everything in it evaluated as far as it can be.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(array) => Value::Array(array.iter().map(|value| self.value(value)).collect()),
            Value::Object(map) => {
                let member = |(key, value): (&String, &Value)| {
                    let name = match self.text(key) {
                        Value::String(name) => name,
                        _ => key.clone(),
                    };
                    (name, self.value(value))
                };
                Value::Object(map.iter().map(member).collect())
            }
            other => other.clone(),
        }
    }

    pub(super) fn text(&self, text: &str) -> Value {
        let text = marks::clean(text);
        match expression(&text) {
            None if text.starts_with("[[") && text.ends_with(']') => Value::String(text.replacen("[[", "[", 1)),
            None => Value::String(text.into_owned()),
            Some(Ok(parsed)) => {
                self.turns.set(0);
                self.evaluate(&parsed)
            }
            Some(Err(_)) => unknown(&text, false, &[]),
        }
    }

    fn evaluate(&self, expression: &Expression) -> Value {
        self.turns.set(self.turns.get() + 1);
        if self.turns.get() > MOST_TURNS {
            return unknown(&expression.to_string(), false, &[]);
        }
        match expression {
            Expression::Text(text) => Value::String(text.clone()),
            Expression::Number(number) => (*number).into(),
            Expression::Member { of, name } => member(&self.evaluate(of), name, expression),
            Expression::Index { of, index } => match (self.evaluate(of), self.evaluate(index)) {
                (Value::Array(array), Value::Number(index)) => {
                    let found = index.as_u64().and_then(|index| array.get(usize::try_from(index).ok()?).cloned());
                    found.unwrap_or_else(|| unknown(&expression.to_string(), false, &[]))
                }
                (of, Value::String(name)) => member(&of, &name, expression),
                (Value::String(of), index) if !marks::is_known(&of) => member(&Value::String(of), &index.to_string(), expression),
                _ => unknown(&expression.to_string(), false, &[]),
            },
            Expression::Call { function, arguments } => {
                let name = function.to_ascii_lowercase();
                // Only the branch that is taken may be evaluated.
                if name == "if"
                    && let [condition, then, or] = arguments.as_slice()
                {
                    return match self.evaluate(condition) {
                        Value::Bool(true) => self.evaluate(then),
                        Value::Bool(false) => self.evaluate(or),
                        _ => {
                            let names = names(&[self.evaluate(then), self.evaluate(or)]);
                            unknown(&expression.to_string(), false, &names)
                        }
                    };
                }
                let arguments: Vec<Value> = arguments.iter().map(|argument| self.evaluate(argument)).collect();
                self.call(&name, &arguments).unwrap_or_else(|| {
                    let secret = name.starts_with("list");
                    unknown(&expression.to_string(), secret || holds_secret(&arguments), &names(&arguments))
                })
            }
        }
    }

    /// What a function comes to, if that can be known.
    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        let known = |i: usize| arguments.get(i)?.as_str().filter(|text| marks::is_known(text));
        let bool = |i: usize| arguments.get(i)?.as_bool();
        let number = |i: usize| arguments.get(i)?.as_i64();
        let text = |text: String| (text.len() <= LONGEST).then_some(Value::String(text));
        match name {
            "parameters" => self.parameter(known(0)?),
            "variables" => self.variable(known(0)?),
            "concat" if arguments.iter().all(Value::is_array) => {
                Some(Value::Array(arguments.iter().filter_map(Value::as_array).flatten().cloned().collect()))
            }
            "concat" => text(arguments.iter().map(string).collect::<Option<Vec<_>>>()?.concat()),
            "format" => text(format(arguments.first()?.as_str()?, arguments.get(1..)?)?),
            "string" => {
                text(string(arguments.first()?).unwrap_or_else(|| arguments.first().map(Value::to_string).unwrap_or_default()))
            }
            "tolower" => Some(Value::String(known(0)?.to_lowercase())),
            "toupper" => Some(Value::String(known(0)?.to_uppercase())),
            "trim" => Some(Value::String(known(0)?.trim().to_owned())),
            "replace" => replace(arguments.first()?.as_str()?, known(1)?, known(2)?),
            "substring" => {
                let (start, count) = (usize::try_from(number(1)?).ok()?, number(2).and_then(|count| usize::try_from(count).ok()));
                let letters = known(0)?.chars().skip(start);
                Some(Value::String(
                    count.map_or_else(|| letters.clone().collect(), |count| letters.clone().take(count).collect()),
                ))
            }
            "split" => Some(known(0)?.split(known(1)?).map(Value::from).collect()),
            "join" => text(arguments.first()?.as_array()?.iter().map(string).collect::<Option<Vec<_>>>()?.join(known(1)?)),
            "take" => match arguments.first()? {
                Value::Array(array) => Some(array.iter().take(usize::try_from(number(1)?).ok()?).cloned().collect()),
                _ => Some(Value::String(known(0)?.chars().take(usize::try_from(number(1)?).ok()?).collect())),
            },
            "first" => arguments.first()?.as_array()?.first().cloned(),
            "last" => arguments.first()?.as_array()?.last().cloned(),
            "length" => match arguments.first()? {
                Value::Array(array) => Some(array.len().into()),
                Value::Object(map) => Some(map.len().into()),
                _ => Some(known(0)?.chars().count().into()),
            },
            "contains" => match arguments.first()? {
                Value::Array(array) => Some(array.contains(arguments.get(1)?).into()),
                Value::Object(map) => Some(map.contains_key(known(1)?).into()),
                _ => Some(known(0)?.contains(known(1)?).into()),
            },
            "empty" => match arguments.first()? {
                Value::Null => Some(true.into()),
                Value::Array(array) => Some(array.is_empty().into()),
                Value::Object(map) => Some(map.is_empty().into()),
                _ => Some(known(0)?.is_empty().into()),
            },
            "union" if arguments.iter().all(Value::is_object) => Some(Value::Object(
                arguments.iter().filter_map(Value::as_object).flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
            )),
            "union" if arguments.iter().all(Value::is_array) => {
                let mut all: Vec<Value> = Vec::new();
                for value in arguments.iter().filter_map(Value::as_array).flatten() {
                    if !all.contains(value) {
                        all.push(value.clone());
                    }
                }
                Some(Value::Array(all))
            }
            "createarray" | "array" => Some(Value::Array(arguments.to_vec())),
            "createobject" => {
                let pairs = arguments.chunks_exact(2);
                Some(Value::Object(
                    pairs.filter_map(|pair| Some((pair.first()?.as_str()?.to_owned(), pair.get(1)?.clone()))).collect(),
                ))
            }
            "coalesce" => arguments.iter().find(|value| !value.is_null()).cloned(),
            "equals" => {
                let whole = arguments.iter().all(|value| value.as_str().is_none_or(marks::is_known));
                whole.then(|| (arguments.first() == arguments.get(1)).into())
            }
            "not" => Some((!bool(0)?).into()),
            "and" => Some(arguments.iter().map(Value::as_bool).collect::<Option<Vec<_>>>()?.into_iter().all(|b| b).into()),
            "or" => Some(arguments.iter().map(Value::as_bool).collect::<Option<Vec<_>>>()?.into_iter().any(|b| b).into()),
            "bool" => match arguments.first()? {
                Value::Bool(bool) => Some((*bool).into()),
                _ => known(0)?.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
            },
            "int" => number(0).or_else(|| known(0)?.parse().ok()).map(Value::from),
            "add" => number(0)?.checked_add(number(1)?).map(Value::from),
            "sub" => number(0)?.checked_sub(number(1)?).map(Value::from),
            "mul" => number(0)?.checked_mul(number(1)?).map(Value::from),
            "div" => number(0)?.checked_div(number(1)?).map(Value::from),
            "mod" => number(0)?.checked_rem(number(1)?).map(Value::from),
            "greater" => Some((number(0)? > number(1)?).into()),
            "less" => Some((number(0)? < number(1)?).into()),
            "range" => Some((number(0)?..number(0)?.checked_add(number(1)?.clamp(0, 800))?).map(Value::from).collect()),
            "json" => serde_json::from_str(known(0)?).ok(),
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            "null" => Some(Value::Null),
            "copyindex" => self.copy_index(arguments),
            "resourceid" => resource_id("/subscriptions/{subscription}/resourceGroups/{resourceGroup}", arguments),
            "subscriptionresourceid" => resource_id("/subscriptions/{subscription}", arguments),
            "tenantresourceid" => resource_id("", arguments),
            "extensionresourceid" => resource_id(arguments.first()?.as_str()?, arguments.get(1..)?),
            "reference" => self.reference(arguments),
            "environment" => {
                Some(serde_json::json!({ "suffixes": { "storage": "core.windows.net", "keyvaultDns": ".vault.azure.net" } }))
            }
            _ => None,
        }
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        if self.secure.iter().any(|secure| secure.eq_ignore_ascii_case(name)) {
            return Some(unknown(&format!("parameters('{name}')"), true, &[]));
        }
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    fn variable(&self, name: &str) -> Option<Value> {
        let value = self.variables?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1;
        if self.open.borrow().iter().any(|open| open == name) {
            return None;
        }
        self.open.borrow_mut().push(name.to_owned());
        let turns = self.turns.get();
        let value = self.value(value);
        self.turns.set(turns + self.turns.get());
        self.open.borrow_mut().pop();
        Some(value)
    }

    fn copy_index(&self, arguments: &[Value]) -> Option<Value> {
        let copies = self.copies.borrow();
        let (named, offset) = match arguments {
            [Value::String(name), offset @ ..] => {
                (copies.iter().rev().find(|(copy, _)| copy.eq_ignore_ascii_case(name)), offset.first())
            }
            [offset] => (copies.last(), Some(offset)),
            _ => (copies.last(), None),
        };
        Some((named?.1 + offset.and_then(Value::as_i64).unwrap_or(0)).into())
    }

    /// A reference to a resource or, for deployments that have been read, their outputs.
    fn reference(&self, arguments: &[Value]) -> Option<Value> {
        let named = arguments.first()?.as_str()?;
        let named = self.symbols.get(named).map_or(named, String::as_str);
        let full = arguments.get(2).and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case("full"));
        let deployment = marks::split(named, '/').pop().unwrap_or_default();
        if let Some(outputs) = self.outputs.borrow().get(&deployment) {
            return Some(serde_json::json!({ "outputs": outputs }));
        }
        Some(Value::String(marks::reference(&marks::token(named), if full { "full" } else { "" })))
    }
}

pub(super) fn unknown(expression: &str, secret: bool, names: &[String]) -> Value {
    Value::String(marks::unknown(expression, secret, names))
}

/// A value as `concat` takes it.
fn string(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(if *bool { "True" } else { "False" }.to_owned()),
        _ => None,
    }
}

/// `{0}` and so on; forms like `{0:D2}` pad numbers.
fn format(pattern: &str, arguments: &[Value]) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('{') {
            text.push('{');
            rest = after;
            continue;
        }
        let (inner, after) = after.split_once('}')?;
        rest = after;
        let (index, form) = inner.split_once(':').unwrap_or((inner, ""));
        let value = arguments.get(index.trim().parse::<usize>().ok()?)?;
        match (form.strip_prefix(['D', 'd']).and_then(|width| width.parse::<usize>().ok()), value.as_i64()) {
            (Some(width), Some(number)) if width < 20 => text.push_str(&format!("{number:0width$}")),
            _ => text.push_str(&string(value)?),
        }
    }
    text.push_str(&rest.replace("}}", "}"));
    Some(text)
}

fn replace(text: &str, from: &str, to: &str) -> Option<Value> {
    if marks::is_known(text) {
        return Some(Value::String(text.replace(from, to)));
    }
    // Of what one reference will tell, something can be cut out.
    match marks::pieces(text).as_slice() {
        [marks::Piece::Reference { resource, path }] => {
            Some(Value::String(marks::reference(resource, &format!("replace({path}, '{from}', '{to}')"))))
        }
        _ => None,
    }
}

/// A member of what an expression came to; of a reference, a longer path.
fn member(of: &Value, name: &str, expression: &Expression) -> Value {
    match of {
        Value::Object(map) => map
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map_or_else(|| unknown(&expression.to_string(), false, &[]), |(_, value)| value.clone()),
        Value::String(text) => match marks::pieces(text).as_slice() {
            [marks::Piece::Reference { resource, path }] => {
                let path = match *path {
                    "" => name.to_owned(),
                    "full" if name.eq_ignore_ascii_case("properties") => String::new(),
                    "full" => name.to_owned(),
                    path => format!("{path}.{name}"),
                };
                Value::String(marks::reference(resource, &path))
            }
            [marks::Piece::Unknown { secret, names, .. }] => {
                let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
                unknown(&expression.to_string(), *secret, &names)
            }
            _ => unknown(&expression.to_string(), false, &[]),
        },
        _ => unknown(&expression.to_string(), false, &[]),
    }
}

fn resource_id(scope: &str, arguments: &[Value]) -> Option<Value> {
    let texts: Vec<&str> = arguments.iter().map(Value::as_str).collect::<Option<_>>()?;
    // A subscription and a resource group may stand before the type, which alone has a slash.
    let first = texts.iter().position(|text| text.contains('/') && text.contains('.'))?;
    let (types, names) = (texts.get(first)?, texts.get(first + 1..)?);
    let mut segments = types.split('/');
    let mut id = format!("{scope}/providers/{}", segments.next()?);
    let types: Vec<&str> = segments.collect();
    if types.len() != names.len() {
        return None;
    }
    for (kind, name) in types.iter().zip(names) {
        id.push_str(&format!("/{kind}/{name}"));
    }
    Some(Value::String(id))
}

fn holds_secret(values: &[Value]) -> bool {
    let secret = |text: &str| marks::pieces(text).iter().any(|piece| matches!(piece, marks::Piece::Unknown { secret: true, .. }));
    values.iter().filter_map(Value::as_str).any(secret)
}

/// The resources that values name, by id or by reference.
fn names(values: &[Value]) -> Vec<String> {
    let mut names = Vec::new();
    for text in values.iter().filter_map(Value::as_str) {
        let whole = marks::token(text);
        if whole.contains("/providers/") || !whole.contains([' ', ';', ':', '=']) {
            names.push(whole);
        }
        for piece in marks::pieces(text) {
            match piece {
                marks::Piece::Text(_) => {}
                marks::Piece::Reference { resource, .. } => names.push(resource.to_owned()),
                marks::Piece::Unknown { names: inner, .. } => names.extend(inner.iter().map(|name| (*name).to_owned())),
            }
        }
    }
    names
}
