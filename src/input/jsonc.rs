//! JSON with comments and trailing commas.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, ast, parse_to_ast};
use serde_json::{Number, Value};

use super::tree::{self, DEEPEST, Member, Node, Tree};
use super::{Code, Diagnostic, Diagnostics, Document, Pointer};

const LANGUAGE: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The value in a document, with its places.
pub(super) fn parse(document: &Document) -> Result<Rc<Tree>, Diagnostics> {
    let collected = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let parsed = parse_to_ast(document.text(), &collected, &LANGUAGE).map_err(|error| {
        let mut diagnostic = match error.kind() {
            ParseErrorKind::NestingDepthExceeded => tree::too_deep(),
            kind => {
                let message = kind.to_string();
                let message = message.strip_suffix('.').unwrap_or(&message);
                let mut letters = message.chars();
                let lower = letters.next().map(|first| first.to_lowercase().collect::<String>()).unwrap_or_default();
                Diagnostic::error(Code::Syntax, format!("not valid JSON: {lower}{}", letters.as_str()))
            }
        };
        let range = error.range();
        diagnostic.place(document, range.start..range.start);
        Diagnostics::from(diagnostic)
    })?;
    let mut reader = Reader { document, faults: Vec::new() };
    let Some(value) = parsed.value else {
        let mut diagnostic = Diagnostic::error(Code::Syntax, "the file is empty");
        diagnostic.place(document, 0..0);
        return Err(diagnostic.into());
    };
    let tree = reader.tree(value, &Pointer::root(), 0);
    if reader.faults.is_empty() { Ok(tree) } else { Err(reader.faults.into()) }
}

struct Reader<'d> {
    document: &'d Document,
    faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn tree(&mut self, value: ast::Value<'_>, at: &Pointer, depth: usize) -> Rc<Tree> {
        let range = value.range();
        let bytes = range.start..range.end;
        let node = match value {
            ast::Value::StringLit(text) => Node::Single(Value::String(text.value.into_owned())),
            ast::Value::BooleanLit(word) => Node::Single(Value::Bool(word.value)),
            ast::Value::NullKeyword(_) => Node::Single(Value::Null),
            ast::Value::NumberLit(number) => Node::Single(self.number(number.value, &bytes, at)),
            ast::Value::Array(_) | ast::Value::Object(_) if depth >= DEEPEST => {
                let mut diagnostic = tree::too_deep();
                diagnostic.place(self.document, bytes.start..bytes.start);
                self.faults.push(diagnostic);
                Node::Single(Value::Null)
            }
            ast::Value::Array(array) => {
                let elements = array.elements.into_iter().enumerate();
                Node::Array(elements.map(|(i, element)| self.tree(element, &at.clone().index(i), depth + 1)).collect())
            }
            ast::Value::Object(object) => Node::Object(self.members(object, at, depth)),
        };
        Rc::new(Tree { bytes, node })
    }

    fn members(&mut self, object: ast::Object<'_>, at: &Pointer, depth: usize) -> Vec<Member> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut members = Vec::with_capacity(object.properties.len());
        for property in object.properties {
            let range = property.name.range();
            let key_bytes = range.start..range.end;
            let key = property.name.into_string();
            let at = at.clone().key(&key);
            if let Some(first) = seen.get(&key) {
                self.faults.push(tree::duplicate(self.document, at.clone(), &key, *first, key_bytes.clone()));
            } else {
                seen.insert(key.clone(), key_bytes.start);
            }
            members.push(Member { key, key_bytes, value: self.tree(property.value, &at, depth + 1) });
        }
        members
    }

    fn number(&mut self, text: &str, bytes: &Range<usize>, at: &Pointer) -> Value {
        let read: Option<Number> = serde_json::from_str(text).ok();
        match read.and_then(|number| if number.is_f64() { tree::float(number.as_f64()?) } else { Some(number) }) {
            Some(number) => Value::Number(number),
            None => {
                let mut diagnostic = Diagnostic::error(Code::Syntax, format!("`{text}` is not a number of JSON")).at(at.clone());
                diagnostic.place(self.document, bytes.clone());
                self.faults.push(diagnostic);
                Value::Null
            }
        }
    }
}
