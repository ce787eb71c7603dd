//! Values with `{{ expressions }}` in them.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock};

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind};
use serde_json::{Map, Value};

use super::functions::{environment, to_json};
use crate::input::{At, Code, Sink, describe};

/// The longest text with expressions that is compiled, in bytes: a chain of operators is nested as deeply as it is long. The
/// longest of the built-in rules has some 400.
const LONGEST: usize = 4096;

/// What expressions may call. The same for all rules, so that they are compiled once and live as long as they like.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// A JSON value whose strings may hold `{{ expressions }}`.
#[derive(Clone, Debug)]
pub(crate) enum Template {
    Value(Value),
    /// A string that is exactly one expression: the result keeps its type.
    Expression(Expression),
    Text(Vec<Piece>),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
}

/// A part of a text.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Literal(String),
    Expression(Expression),
}

/// An expression, compiled.
#[derive(Clone)]
pub(crate) struct Expression(Arc<minijinja::Expression<'static, 'static>>);

impl Expression {
    fn new(source: &str) -> Result<Self, Error> {
        ENVIRONMENT.compile_expression_owned(source.to_owned()).map(|expression| Self(Arc::new(expression)))
    }

    pub(crate) fn eval(&self, context: &minijinja::Value) -> Result<minijinja::Value, Error> {
        self.0.eval(context)
    }

    fn variables(&self, found: &mut BTreeSet<String>) {
        found.extend(self.0.undeclared_variables(true));
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expression")
    }
}

impl Template {
    /// Reads a value as a template, noting every expression that does not compile.
    pub(crate) fn read(sink: &mut Sink, at: &At<'_>, value: Value) -> Self {
        match value {
            Value::String(text) if text.contains("{{") || text.contains("{%") => {
                if text.len() > LONGEST {
                    let message = format!("an expression of {} bytes", text.len());
                    sink.error(Code::Expression, at, message).expect(format!("at most {LONGEST} bytes"));
                    return Template::Value(Value::Null);
                }
                pieces(&text).map_or_else(
                    |error| {
                        sink.error(Code::Expression, at, format!("the expression does not compile: {}", detail(&error)))
                            .help("expressions are written as in Jinja: `{{ config.name | default(component) }}`");
                        // Still an expression, so that nobody complains of something else.
                        Expression::new("none").map_or(Template::Value(Value::Null), Template::Expression)
                    },
                    Self::of,
                )
            }
            Value::Array(array) => {
                Template::Array(array.into_iter().enumerate().map(|(i, v)| Self::read(sink, &at.index(i), v)).collect())
            }
            Value::Object(map) => {
                let member = |(key, value): (String, Value)| {
                    let template = Self::read(sink, &at.key(&key), value);
                    (key, template)
                };
                Template::Object(map.into_iter().map(member).collect())
            }
            other => Template::Value(other),
        }
    }

    /// A template that holds or not: exactly one expression, since any other text would always hold.
    pub(crate) fn condition(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<Self> {
        let found = describe(&value);
        match Self::read(sink, at, value) {
            template @ Template::Expression(_) => Some(template),
            _ => {
                sink.error(Code::Expression, at, format!("a condition is one expression, not {found}"))
                    .expect("`{{ … }}` with nothing around it");
                None
            }
        }
    }

    fn of(pieces: Vec<Piece>) -> Self {
        let blank = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.trim().is_empty());
        let mut told = pieces.iter().filter(|piece| !blank(piece));
        match (told.next(), told.next()) {
            (Some(Piece::Expression(expression)), None) => Template::Expression(expression.clone()),
            _ => Template::Text(pieces),
        }
    }

    /// The variables that it looks at, with the members that it names: `config.sku`.
    pub(crate) fn variables(&self, found: &mut BTreeSet<String>) {
        match self {
            Template::Value(_) => {}
            Template::Expression(expression) => expression.variables(found),
            Template::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Expression(expression) = piece {
                        expression.variables(found);
                    }
                }
            }
            Template::Array(array) => array.iter().for_each(|template| template.variables(found)),
            Template::Object(members) => members.iter().for_each(|(_, template)| template.variables(found)),
        }
    }

    /// Fills the template in. An expression that comes to nothing (undefined or none) gives `None`: absent, not null.
    pub(crate) fn fill(&self, context: &minijinja::Value) -> Result<Option<Value>, Error> {
        Ok(match self {
            Template::Value(value) => Some(value.clone()),
            Template::Expression(expression) => to_json(&expression.eval(context)?)?,
            Template::Text(pieces) => Some(Value::String(text(pieces, context)?)),
            Template::Array(array) => {
                let filled = array.iter().filter_map(|template| template.fill(context).transpose());
                Some(Value::Array(filled.collect::<Result<_, _>>()?))
            }
            Template::Object(members) => {
                let mut map = Map::new();
                for (key, template) in members {
                    if let Some(value) = template.fill(context)? {
                        map.insert(key.clone(), value);
                    }
                }
                Some(Value::Object(map))
            }
        })
    }

    /// Whether the template comes to something true.
    pub(crate) fn holds(&self, context: &minijinja::Value) -> Result<bool, Error> {
        match self {
            Template::Expression(expression) => Ok(expression.eval(context)?.is_true()),
            other => Ok(other.fill(context)?.is_some_and(|value| value != Value::Bool(false))),
        }
    }
}

/// Divides a text into expressions and what is between them.
fn pieces(text: &str) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::new();
    let literal = |text: &str| match text.find("{%") {
        None => Ok(Piece::Literal(text.to_owned())),
        Some(_) => Err(Error::new(ErrorKind::SyntaxError, "statements (`{% … %}`) are not known here, only `{{ expressions }}`")),
    };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        if !before.is_empty() {
            pieces.push(literal(before)?);
        }
        let (expression, after) = expression(after)?;
        pieces.push(Piece::Expression(expression));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(literal(rest)?);
    }
    Ok(pieces)
}

/// The expression that a text begins with, and what follows its `}}`. Braces may be those of a map within, so the first end counts
/// at which it compiles.
fn expression(text: &str) -> Result<(Expression, &str), Error> {
    let mut fault = None;
    let ends = text.as_bytes().windows(2).enumerate().filter(|(_, pair)| pair == b"}}");
    for (source, after) in ends.filter_map(|(end, _)| Some((text.get(..end)?, text.get(end + 2..)?))) {
        match Expression::new(source) {
            Ok(expression) => return Ok((expression, after)),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    Err(fault.unwrap_or_else(|| Error::new(ErrorKind::SyntaxError, "`{{` without `}}`")))
}

/// A text with its expressions filled in; those that come to nothing leave nothing.
fn text(pieces: &[Piece], context: &minijinja::Value) -> Result<String, Error> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Expression(expression) => {
                let value = expression.eval(context)?;
                match value.kind() {
                    ValueKind::Undefined => {}
                    // As JSON writes them: `true`, not `True`.
                    ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
                    _ => write!(text, "{value}").map_err(|_| Error::new(ErrorKind::WriteFailure, "no text"))?,
                }
            }
        }
    }
    Ok(text)
}

/// A template error in one line.
pub(crate) fn detail(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(text: &str) -> Result<Option<Value>, String> {
        let mut sink = Sink::default();
        let template = Template::read(&mut sink, &At::ROOT, Value::from(text));
        let context = minijinja::context! { a => "x", yes => true, list => ["1", "2"], nothing => () };
        match sink.diagnostics.first() {
            Some(diagnostic) => Err(diagnostic.message.clone()),
            None => template.fill(&context).map_err(|error| error.to_string()),
        }
    }

    #[test]
    fn one_expression_keeps_its_type_and_anything_else_is_text() {
        for (text, wanted) in [
            ("{{ list }}", Some(json!(["1", "2"]))),
            (" {{ yes }}\n", Some(json!(true))),
            ("{{ {'a': {'b': a}} }}", Some(json!({ "a": { "b": "x" } }))),
            ("{{ {'a': 1}}}", Some(json!({ "a": 1 }))),
            ("{{ '}}' }}", Some(json!("}}"))),
            ("{{ a }}{{ a }}", Some(json!("xx"))),
            ("<{{ a }}> is {{ yes }}, {{ missing.b }}.", Some(json!("<x> is true, ."))),
            ("{{ {'a': 1}.a }} of {{ {'a': {'b': 2}}['a'].b }}", Some(json!("1 of 2"))),
            ("{{ missing }}", None),
            ("{{ nothing }}", None),
            ("no { braces } }}", Some(json!("no { braces } }}"))),
        ] {
            assert_eq!(filled(text).as_ref(), Ok(&wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for (text, wanted) in [
            ("{{ a", "`{{` without `}}`"),
            ("{{ a == }} and {{ a }}", "unexpected end of input"),
            ("{{ a }} {{ == }}", "unexpected `==`"),
            ("{% if a %}x{% endif %}", "only `{{ expressions }}`"),
            ("{{ a }}{% set b = 1 %}", "only `{{ expressions }}`"),
        ] {
            let said = filled(text).expect_err(text);
            assert!(said.contains(wanted), "{text}: {said}");
        }
    }
}
