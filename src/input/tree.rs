//! A value with the places of its parts: what a document in YAML, or in JSON with comments, parses to.

use std::ops::Range;
use std::rc::Rc;

use serde_json::{Map, Number, Value};

use super::{Code, Diagnostic, Document, Pointer};

/// Levels of arrays and objects that are read, as many as `serde_json` reads.
pub(super) const DEEPEST: usize = 127;

/// A value and where it is. Parts are shared where the text repeats them (YAML's aliases).
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) bytes: Range<usize>,
    pub(super) node: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    Single(Value),
    Array(Vec<Rc<Tree>>),
    Object(Vec<Member>),
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_bytes: Range<usize>,
    pub(super) value: Rc<Tree>,
}

impl Tree {
    /// The value alone.
    pub(super) fn value(&self) -> Value {
        match &self.node {
            Node::Single(value) => value.clone(),
            Node::Array(elements) => elements.iter().map(|element| element.value()).collect(),
            Node::Object(members) => {
                Value::Object(members.iter().map(|member| (member.key.clone(), member.value.value())).collect::<Map<_, _>>())
            }
        }
    }
}

/// A number that was written with a point or an exponent: `2.0` and `2` are one number to their author, so they must be one value
/// to the merge. `None` for what JSON has no number for.
pub(super) fn float(value: f64) -> Option<Number> {
    #[expect(clippy::cast_possible_truncation, reason = "exact within ±2^53")]
    if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
        return Some((value as i64).into());
    }
    Number::from_f64(value)
}

/// Says that a key stands a second time in its object.
pub(super) fn duplicate(document: &Document, at: Pointer, key: &str, first: usize, second: Range<usize>) -> Diagnostic {
    let (line, _) = document.line_column(first);
    let mut diagnostic = Diagnostic::error(Code::DuplicateKey, format!("the key `{key}` stands twice in one object")).at(at);
    diagnostic.help(format!("it stands first in line {line}; remove or rename one of the two"));
    diagnostic.place(document, second);
    diagnostic
}

/// Says that a document is nested too deeply to be read.
pub(super) fn too_deep() -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Code::TooDeep, "arrays and objects are nested more than 127 deep");
    diagnostic.help("no colocate file needs so deep a nest; is this the right file?");
    diagnostic
}
