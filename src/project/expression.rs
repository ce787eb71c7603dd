//! Values that are known only when a template is deployed.
//!
//! An expression travels through a rule's templates as a short mark in a text, so that texts can be put together from
//! literals and expressions by ordinary templates.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value as Dynamic};
use serde_json::{Number, Value as Json};

/// A provider resource of a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub(super) usize);

/// A resource of the plan, by its rank there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rank(pub(super) usize);

/// What deployment will know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A provider resource.
    Node(NodeId),
    /// An output of a resource of the plan, which stands for what its rule says.
    Output(Rank, OutputName),
    /// A parameter of the template, by its key.
    Parameter(String),
    /// A function of the language; the arguments are texts with marks.
    Call(String, Vec<String>),
}

/// An output of a resource, or of one element on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OutputName {
    pub(super) name: String,
    pub(super) element: Option<String>,
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Member(String),
    Index(usize),
}

/// A source, or something within it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Marked {
    pub(super) source: Source,
    pub(super) path: Vec<Step>,
}

/// Code points that Unicode reserves for a program's own use, so no text has them.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';

/// Whether a text has a character that marks are made of.
pub(super) fn has_mark(text: &str) -> bool {
    text.contains([OPEN, CLOSE])
}

/// The marks given out so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    all: Vec<Marked>,
    ranks: BTreeMap<Marked, usize>,
}

impl Marks {
    /// The mark of an expression, for texts.
    pub(super) fn mark(&self, source: Source) -> String {
        self.handle(source).to_string()
    }

    /// The mark of something within a source.
    pub(super) fn mark_within(&self, source: Source, path: Vec<Step>) -> String {
        self.intern(Marked { source, path }).to_string()
    }

    /// The expression as templates see it: its members can be asked for, and as a text it is its mark.
    pub(super) fn value(&self, source: Source) -> Dynamic {
        Dynamic::from_object(self.handle(source))
    }

    fn handle(&self, source: Source) -> Handle {
        self.intern(Marked { source, path: Vec::new() })
    }

    fn intern(&self, marked: Marked) -> Handle {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rank = match known.ranks.get(&marked) {
            Some(rank) => *rank,
            None => {
                let rank = known.all.len();
                known.all.push(marked.clone());
                known.ranks.insert(marked, rank);
                rank
            }
        };
        Handle { marks: self.clone(), rank }
    }

    fn get(&self, rank: usize) -> Option<Marked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).all.get(rank).cloned()
    }

    /// The literals and expressions that a marked text is made of.
    pub(super) fn pieces(&self, text: &str) -> Vec<Result<String, Marked>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            if !before.is_empty() {
                pieces.push(Ok(before.to_owned()));
            }
            let Some((rank, after)) = after.split_once(CLOSE) else { break };
            pieces.extend(rank.parse().ok().and_then(|rank| self.get(rank)).map(Err));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Ok(rest.to_owned()));
        }
        pieces
    }
}

struct Handle {
    marks: Marks,
    rank: usize,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.rank)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OPEN}{}{CLOSE}", self.rank)
    }
}

impl Object for Handle {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Dynamic) -> Option<Dynamic> {
        let step = match (key.as_str(), key.as_usize()) {
            (Some(member), _) => Step::Member(member.to_owned()),
            (None, Some(index)) => Step::Index(index),
            (None, None) => return None,
        };
        let mut marked = self.marks.get(self.rank)?;
        marked.path.push(step);
        Some(Dynamic::from_object(self.marks.intern(marked)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value of a provider resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    List(Vec<Value>),
    /// Keys may wait for deployment as well: the ids of identities do.
    Map(Vec<(Text, Value)>),
}

/// A text made of literals and expressions; two literals never follow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<Piece>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Expression(Expression),
}

/// What deployment will know, ready to be written in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) origin: Origin,
    pub(super) path: Vec<Step>,
}

/// Where an expression starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Node(NodeId),
    Parameter(String),
    Call(String, Vec<Text>),
}

impl Text {
    pub(super) fn literal(text: impl Into<String>) -> Self {
        Self(vec![Piece::Literal(text.into())])
    }

    /// The text, if nothing in it waits for deployment.
    pub(super) fn known(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(literal)] => Some(literal),
            _ => None,
        }
    }

    /// Segments with slashes between them.
    pub(super) fn path(segments: &[Text]) -> Self {
        let mut path = Self::default();
        for (i, segment) in segments.iter().enumerate() {
            if i > 0 {
                path.push(Piece::Literal("/".to_owned()));
            }
            segment.0.iter().for_each(|piece| path.push(piece.clone()));
        }
        path
    }

    pub(super) fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (Some(Piece::Literal(before)), Piece::Literal(more)) => before.push_str(&more),
            (_, piece) => self.0.push(piece),
        }
    }

    /// Replaces the expressions that are known already, those in arguments of calls included.
    pub(super) fn settle(&mut self, known: &impl Fn(&Expression) -> Option<String>) {
        if self.known().is_some() {
            return;
        }
        for piece in std::mem::take(&mut self.0) {
            self.push(match piece {
                Piece::Expression(mut expression) => match known(&expression) {
                    Some(literal) => Piece::Literal(literal),
                    None => {
                        if let Origin::Call(_, arguments) = &mut expression.origin {
                            arguments.iter_mut().for_each(|argument| argument.settle(known));
                        }
                        Piece::Expression(expression)
                    }
                },
                literal => literal,
            });
        }
    }

    /// Hands over every expression in the text, those in arguments of calls included.
    pub(super) fn expressions<'t>(&'t self, each: &mut impl FnMut(&'t Expression)) {
        for piece in &self.0 {
            if let Piece::Expression(expression) = piece {
                each(expression);
                if let Origin::Call(_, arguments) = &expression.origin {
                    for argument in arguments {
                        argument.expressions(each);
                    }
                }
            }
        }
    }
}

impl Value {
    /// Replaces the expressions that are known already.
    pub(super) fn settle(&mut self, known: &impl Fn(&Expression) -> Option<String>) {
        match self {
            Value::Text(text) => text.settle(known),
            Value::List(list) => list.iter_mut().for_each(|value| value.settle(known)),
            Value::Map(map) => map.iter_mut().for_each(|(key, value)| {
                key.settle(known);
                value.settle(known);
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Hands over every expression in the value.
    pub(super) fn expressions<'v>(&'v self, each: &mut impl FnMut(&'v Expression)) {
        match self {
            Value::Text(text) => text.expressions(each),
            Value::List(list) => list.iter().for_each(|value| value.expressions(each)),
            Value::Map(map) => map.iter().for_each(|(key, value)| {
                key.expressions(each);
                value.expressions(each);
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The value with its texts written by `write`.
    pub(super) fn json(&self, write: &impl Fn(&Text) -> String) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(write(text)),
            Value::List(list) => Json::Array(list.iter().map(|value| value.json(write)).collect()),
            Value::Map(map) => Json::Object(map.iter().map(|(key, value)| (write(key), value.json(write))).collect()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    /// Texts that mean something in one language or another.
    pub(in crate::project) const WILD: [&str; 24] = [
        "",
        "plain",
        "[%date] %msg",
        "[concat('a')]",
        "[[a]",
        "it's \"quoted\" \\ and \\n",
        "line\nline\r\n\ttab",
        "${var.x}",
        "$${var.x}",
        "$$${x",
        "%{if true}",
        "%%{x}%%%{",
        "$",
        "$$",
        "cost $",
        "100 %",
        "%%",
        "a$b%c{d}",
        "\\${x}",
        "\\$",
        "\u{7f}\u{9b}\u{0}\u{202e}",
        "Grüße 世界 👩‍👩‍👧\u{e0041}",
        "'''${x}'''",
        "<<EOT\nx\nEOT\n",
    ];
}
