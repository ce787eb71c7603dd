//! What ARM expressions come to before deployment.

use serde_json::{Map, Value, json};

use super::functions;
use super::parse::{Expression, expression};
use super::place::IdScope;
use super::scope::{Scope, find};
use crate::import::marks::{self, Piece};

/// Turns that evaluating one text may take; parameters and variables that lead in a circle run out of them.
const MOST_TURNS: usize = 20_000;
/// Expressions within expressions, over parameters, variables and functions.
const DEEPEST: usize = 160;
/// A loop that makes more than a template may have is a mistake.
pub(super) const MOST_COPIES: u64 = 800;
/// Of a longer value the rest says nothing to people.
const LONGEST_SHOWN: usize = 160;

/// The functions that the evaluation itself knows, in lower case: their arguments are not values, or they look at the template
/// and where it is deployed.
#[cfg(test)]
pub(super) const BUILT_IN: [&str; 29] = [
    "and",
    "coalesce",
    "copyindex",
    "deployment",
    "environment",
    "extensionresourceid",
    "filter",
    "groupby",
    "if",
    "lambda",
    "lambdavariables",
    "managementgroupresourceid",
    "map",
    "mapvalues",
    "or",
    "parameters",
    "reduce",
    "reference",
    "references",
    "resourcegroup",
    "resourceid",
    "resourceinfo",
    "sort",
    "subscription",
    "subscriptionresourceid",
    "tenantresourceid",
    "toobject",
    "tryget",
    "variables",
];

impl Scope<'_> {
    /// A value with everything in it evaluated as far as it can be.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(array) => Value::Array(array.iter().map(|value| self.value(value)).collect()),
            Value::Object(map) => Value::Object(self.object(map)),
            other => other.clone(),
        }
    }

    /// An object; a list `copy` in it stands for the members that its loops make.
    pub(super) fn object(&self, map: &Map<String, Value>) -> Map<String, Value> {
        let mut evaluated = Map::new();
        for (key, value) in map {
            let is_loop = |looped: &Value| looped.get("count").is_some() && looped.get("input").is_some();
            match value
                .as_array()
                .filter(|loops| key.eq_ignore_ascii_case("copy") && !loops.is_empty() && loops.iter().all(is_loop))
            {
                Some(loops) => {
                    for looped in loops {
                        let name = looped.get("name").and_then(Value::as_str).unwrap_or_default();
                        evaluated.insert(name.to_owned(), self.looped(looped));
                    }
                }
                None => {
                    let name = if key.starts_with('[') { self.text(key) } else { Value::Null };
                    let name = name.as_str().map_or_else(|| marks::clean(key).into_owned(), str::to_owned);
                    evaluated.insert(name, self.value(value));
                }
            }
        }
        evaluated
    }

    /// The list that a loop over a value makes.
    pub(super) fn looped(&self, looped: &Value) -> Value {
        let name = looped.get("name").and_then(Value::as_str).unwrap_or_default();
        let count = self.value(looped.get("count").unwrap_or(&Value::Null));
        let Some(count) = count.as_u64().filter(|count| *count <= MOST_COPIES) else {
            return unknown(&format!("copy('{name}', {})", shown(&count)), false, &[]);
        };
        let input = looped.get("input").unwrap_or(&Value::Null);
        let mut made = Vec::new();
        for turn in 0..i64::try_from(count).unwrap_or_default() {
            self.copies.borrow_mut().push((name.to_owned(), turn));
            made.push(self.value(input));
            self.copies.borrow_mut().pop();
        }
        Value::Array(made)
    }

    pub(super) fn text(&self, text: &str) -> Value {
        let text = marks::clean(text);
        match expression(&text) {
            None if text.starts_with("[[") && text.ends_with(']') => Value::String(text.replacen("[[", "[", 1)),
            None => Value::String(text.into_owned()),
            Some(Ok(parsed)) => {
                // Within the evaluation of another text its turns go on.
                if self.depth.get() == 0 {
                    self.turns.set(0);
                }
                self.evaluate(&parsed)
            }
            Some(Err(_)) => unknown(&text, false, &[]),
        }
    }

    fn evaluate(&self, expression: &Expression) -> Value {
        self.turns.set(self.turns.get() + 1);
        if self.turns.get() > MOST_TURNS || self.depth.get() > DEEPEST {
            return unknown(&expression.to_string(), false, &[]);
        }
        self.depth.set(self.depth.get() + 1);
        let value = match expression {
            Expression::Text(text) => Value::String(text.clone()),
            Expression::Number(number) => (*number).into(),
            Expression::Member { of, name } => member(&self.evaluate(of), name),
            Expression::Index { of, index } => element(&self.evaluate(of), &self.evaluate(index)),
            Expression::Call { function, arguments } => self.call(function, arguments),
        };
        self.depth.set(self.depth.get() - 1);
        value
    }

    fn call(&self, function: &str, arguments: &[Expression]) -> Value {
        let name = function.to_ascii_lowercase();
        if let Some(value) = self.lazy(&name, arguments) {
            return value;
        }
        let values: Vec<Value> = match arguments.split_first() {
            Some((list, lambdas)) if over_lambdas(&name) => {
                let list = self.evaluate(list);
                if let Some(value) = self.over(&name, &list, lambdas) {
                    return value;
                }
                let shown = lambdas.iter().map(|lambda| Value::String(marks::unknown(&lambda.to_string(), false, &[])));
                std::iter::once(list).chain(shown).collect()
            }
            _ => arguments.iter().map(|argument| self.evaluate(argument)).collect(),
        };
        let found = match name.contains('.') {
            true => self.own(&name, &values),
            false => self.placed(&name, &values).or_else(|| (self.pure.get(name.as_str())?)(&values)),
        };
        found.unwrap_or_else(|| {
            let secret = name.starts_with("list") || holds_secret(&values);
            let arguments: Vec<String> = values.iter().map(shown).collect();
            unknown(&format!("{function}({})", arguments.join(", ")), secret, &names(&values))
        })
    }

    /// Functions that do not need all their arguments.
    fn lazy(&self, name: &str, arguments: &[Expression]) -> Option<Value> {
        match (name, arguments) {
            ("if", [condition, then, or]) => Some(match self.evaluate(condition) {
                Value::Bool(true) => self.evaluate(then),
                Value::Bool(false) => self.evaluate(or),
                condition => {
                    let (then, or) = (self.evaluate(then), self.evaluate(or));
                    // Whatever is so in both cases is so.
                    if then == or {
                        return Some(then);
                    }
                    let values = [condition, then, or];
                    let text = format!("if({})", values.iter().map(shown).collect::<Vec<_>>().join(", "));
                    unknown(&text, holds_secret(&values), &names(&values))
                }
            }),
            ("and" | "or", _) => {
                let decides = name == "or";
                let mut open = Vec::new();
                for argument in arguments {
                    match self.evaluate(argument) {
                        Value::Bool(bool) if bool == decides => return Some(decides.into()),
                        Value::Bool(_) => {}
                        other => open.push(other),
                    }
                }
                Some(match open.as_slice() {
                    [] => (!decides).into(),
                    [one] => one.clone(),
                    several => {
                        let text = several.iter().map(shown).collect::<Vec<_>>().join(", ");
                        unknown(&format!("{name}({text})"), false, &names(several))
                    }
                })
            }
            ("coalesce", _) => {
                Some(arguments.iter().map(|argument| self.evaluate(argument)).find(|value| !value.is_null()).unwrap_or_default())
            }
            ("lambdavariables", [Expression::Text(name)]) => self.local(name),
            ("parameters", [Expression::Text(name)]) => self.local(name).or_else(|| self.parameter(name)),
            ("variables", [Expression::Text(name)]) => self.variable(name),
            _ => None,
        }
    }

    fn local(&self, name: &str) -> Option<Value> {
        self.locals.borrow().iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    /// A lambda of these arguments.
    fn apply(&self, lambda: &Expression, values: &[&Value]) -> Option<Value> {
        let Expression::Call { function, arguments } = lambda else { return None };
        let (body, parameters) = arguments.split_last().filter(|_| function.eq_ignore_ascii_case("lambda"))?;
        let before = self.locals.borrow().len();
        for (parameter, value) in parameters.iter().zip(values) {
            let Expression::Text(name) = parameter else { continue };
            self.locals.borrow_mut().push((name.clone(), (*value).clone()));
        }
        let value = self.evaluate(body);
        self.locals.borrow_mut().truncate(before);
        Some(value)
    }

    /// Functions that apply lambdas to the elements of a list.
    fn over(&self, name: &str, list: &Value, lambdas: &[Expression]) -> Option<Value> {
        if let ("mapvalues", Value::Object(map)) = (name, list) {
            let value = |(key, value): (&String, &Value)| Some((key.clone(), self.apply(lambdas.first()?, &[value])?));
            return map.iter().map(value).collect::<Option<Map<_, _>>>().map(Value::Object);
        }
        let elements = list.as_array()?;
        let each = |rank: usize| -> Option<Vec<Value>> {
            let lambda = lambdas.get(rank)?;
            let indices = (0..elements.len()).map(Value::from);
            elements.iter().zip(indices).map(|(element, index)| self.apply(lambda, &[element, &index])).collect()
        };
        match name {
            "map" => each(0).map(Value::Array),
            "filter" => {
                let kept = each(0)?.into_iter().map(|kept| kept.as_bool()).collect::<Option<Vec<bool>>>()?;
                Some(elements.iter().zip(kept).filter(|(_, kept)| *kept).map(|(element, _)| element.clone()).collect())
            }
            "toobject" | "groupby" => {
                let keys = each(0)?;
                let values = if lambdas.len() > 1 { each(1)? } else { elements.clone() };
                let mut object = Map::new();
                for (key, value) in keys.iter().zip(values) {
                    let key = key.as_str()?.to_owned();
                    if name == "toobject" {
                        object.insert(key, value);
                    } else if let Value::Array(group) = object.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
                        group.push(value);
                    }
                }
                Some(Value::Object(object))
            }
            "sort" => {
                let mut sorted: Vec<Value> = Vec::new();
                for element in elements {
                    let goes_before = |known: &Value| self.apply(lambdas.first()?, &[known, element])?.as_bool();
                    let before = sorted.iter().map(goes_before).collect::<Option<Vec<bool>>>()?;
                    sorted.insert(before.iter().take_while(|before| **before).count(), element.clone());
                }
                Some(Value::Array(sorted))
            }
            "reduce" => {
                let [start, lambda] = lambdas else { return None };
                let mut value = self.evaluate(start);
                for (index, element) in elements.iter().enumerate() {
                    value = self.apply(lambda, &[&value, element, &index.into()])?;
                }
                Some(value)
            }
            _ => None,
        }
    }

    /// A function that the template declares.
    fn own(&self, name: &str, values: &[Value]) -> Option<Value> {
        let function = self.own_function(name)?;
        let parameters = function.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let names = parameters.filter_map(|parameter| parameter.get("name").and_then(Value::as_str));
        let locals = names.zip(values).map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let outer = self.locals.replace(locals);
        let value = self.value(function.pointer("/output/value").unwrap_or(&Value::Null));
        self.locals.replace(outer);
        Some(value)
    }

    /// Functions of the template and where it is deployed.
    fn placed(&self, name: &str, values: &[Value]) -> Option<Value> {
        let named = || values.first()?.as_str().filter(|name| marks::is_known(name));
        match name {
            "parameters" => self.parameter(named()?),
            "variables" => self.variable(named()?),
            "copyindex" => self.copy_index(values),
            "resourceid" => self.place.resource_id(IdScope::Group, values),
            "subscriptionresourceid" => self.place.resource_id(IdScope::Subscription, values),
            "tenantresourceid" | "managementgroupresourceid" => self.place.resource_id(IdScope::Tenant, values),
            "extensionresourceid" => self.place.resource_id(IdScope::Of, values),
            "reference" => self.reference(values),
            "references" => self.references(values),
            "resourceinfo" => {
                let id = self.symbols.get(&named()?.to_lowercase())?;
                Some(json!({ "id": id, "name": id.rsplit('/').next() }))
            }
            "tryget" => try_get(values),
            "subscription" => Some(self.place.subscription()),
            "resourcegroup" => Some(self.place.group()),
            "deployment" => Some(self.place.deployment()),
            "environment" => Some(environment()),
            _ => None,
        }
    }

    /// A reference to a resource or, for deployments that have been read, their outputs.
    fn reference(&self, arguments: &[Value]) -> Option<Value> {
        let named = arguments.first()?.as_str()?;
        let named = self.symbols.get(&named.to_lowercase()).map_or(named, String::as_str);
        let full = arguments.get(2).and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case("full"));
        let deployment = marks::split(named, '/').pop().unwrap_or_default().to_lowercase();
        if let Some(outputs) = self.outputs.borrow().get(&deployment) {
            let properties = json!({ "outputs": outputs });
            return Some(if full { json!({ "properties": properties }) } else { properties });
        }
        Some(Value::String(marks::reference(&marks::token(named), if full { "full" } else { "" })))
    }

    /// References to all resources of a loop.
    fn references(&self, arguments: &[Value]) -> Option<Value> {
        let (first, rest) = arguments.split_first()?;
        let symbol = first.as_str()?.to_lowercase();
        let turns = (0..).map(|turn| format!("{symbol}[{turn}]")).take_while(|name| self.symbols.contains_key(name));
        let one = |name: String| {
            let arguments: Vec<Value> = [Value::String(name), Value::Null].into_iter().chain(rest.iter().cloned()).collect();
            self.reference(&arguments)
        };
        turns.map(one).collect()
    }
}

fn over_lambdas(name: &str) -> bool {
    matches!(name, "map" | "filter" | "toobject" | "groupby" | "sort" | "reduce" | "mapvalues")
}

/// What `environment()` gives in the public cloud.
fn environment() -> Value {
    json!({
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "portal": "https://portal.azure.com",
        "graph": "https://graph.windows.net/",
        "authentication": { "loginEndpoint": "https://login.microsoftonline.com/", "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"], "tenant": "common" },
        "suffixes": {
            "acrLoginServer": ".azurecr.io", "keyvaultDns": ".vault.azure.net", "sqlServerHostname": ".database.windows.net",
            "storage": "core.windows.net"
        },
    })
}

fn try_get(values: &[Value]) -> Option<Value> {
    let (of, path) = values.split_first()?;
    if let Some(found) = functions::at(of, path) {
        return Some(found);
    }
    // Of what a reference tells, a longer path.
    let found = path.iter().fold(of.clone(), |here, step| element(&here, step));
    (!found.is_null()).then_some(found)
}

pub(super) fn unknown(expression: &str, secret: bool, names: &[String]) -> Value {
    Value::String(marks::unknown(expression, secret, names))
}

/// A value within the expression of another.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => match marks::pieces(text).as_slice() {
            [Piece::Unknown { expression, .. }] => (*expression).to_owned(),
            [Piece::Reference { resource, path }] => {
                let dot = if path.is_empty() { "" } else { "." };
                format!("reference({}){dot}{path}", resource.rsplit('/').next().unwrap_or_default())
            }
            _ => format!("'{}'", marks::plain(text)),
        },
        Value::Bool(bool) => format!("{bool}()"),
        Value::Null => "null()".to_owned(),
        other => marks::plain(&other.to_string()),
    };
    if text.len() <= LONGEST_SHOWN {
        return text;
    }
    // Two long values stay two.
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = rustc_hash::FxHasher::default();
    text.hash(&mut hasher);
    let start: String = text.chars().take(LONGEST_SHOWN / 2).collect();
    format!("{start}…{:08x}", hasher.finish() >> 32)
}

/// A member of what an expression came to; of a reference, a longer path.
fn member(of: &Value, name: &str) -> Value {
    match of {
        Value::Object(map) => match find(map, name) {
            Some((_, value)) => value.clone(),
            None => unknown(&format!("{}.{name}", shown(of)), false, &[]),
        },
        Value::String(text) => match marks::pieces(text).as_slice() {
            [Piece::Reference { resource, path }] => {
                let path = match *path {
                    "" => name.to_owned(),
                    "full" if name.eq_ignore_ascii_case("properties") => String::new(),
                    "full" => name.to_owned(),
                    path => format!("{path}.{name}"),
                };
                Value::String(marks::reference(resource, &path))
            }
            [Piece::Unknown { expression, secret, names }] => {
                let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
                unknown(&format!("{expression}.{name}"), *secret, &names)
            }
            _ => unknown(&format!("{}.{name}", shown(of)), false, &[]),
        },
        _ => unknown(&format!("{}.{name}", shown(of)), false, &[]),
    }
}

/// An element or a member.
fn element(of: &Value, index: &Value) -> Value {
    let open = |of: &Value| {
        let (secret, names) = (holds_secret(std::slice::from_ref(of)), names(std::slice::from_ref(of)));
        unknown(&format!("{}[{}]", shown(of), shown(index)), secret, &names)
    };
    match (of, index) {
        (Value::Array(array), Value::Number(index)) => {
            let found = index.as_u64().and_then(|index| array.get(usize::try_from(index).ok()?).cloned());
            found.unwrap_or_else(|| open(of))
        }
        (of, Value::String(name)) if marks::is_known(name) => member(of, name),
        (Value::String(text), Value::Number(index)) => match marks::pieces(text).as_slice() {
            [Piece::Reference { .. }] => member(of, &index.to_string()),
            _ => open(of),
        },
        _ => open(of),
    }
}

fn holds_secret(values: &[Value]) -> bool {
    let secret = |text: &str| marks::pieces(text).iter().any(|piece| matches!(piece, Piece::Unknown { secret: true, .. }));
    values.iter().any(|value| match value {
        Value::String(text) => secret(text),
        Value::Array(array) => holds_secret(array),
        Value::Object(map) => map.values().any(|value| holds_secret(std::slice::from_ref(value))),
        _ => false,
    })
}

/// The resources that values name, by id or by reference.
fn names(values: &[Value]) -> Vec<String> {
    let mut names = Vec::new();
    for value in values {
        crate::import::found::texts(value, &mut |text| {
            let whole = marks::token(text);
            if whole.contains("/providers/") || !whole.contains([' ', ';', ':', '=']) {
                names.push(whole);
            }
            for piece in marks::pieces(text) {
                match piece {
                    Piece::Text(_) => {}
                    Piece::Reference { resource, .. } => names.push(resource.to_owned()),
                    Piece::Unknown { names: inner, .. } => names.extend(inner.iter().map(|name| (*name).to_owned())),
                }
            }
        });
    }
    names.sort_unstable();
    names.dedup();
    names
}
