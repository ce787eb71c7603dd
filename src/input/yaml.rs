//! YAML 1.2, its core schema, as far as JSON can say the same: plain data in one document. Anchors, aliases and `<<` are followed, within
//! bounds.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Number, Value};

use super::tree::{self, DEEPEST, Member, Node, Tree};
use super::{Code, Diagnostic, Diagnostics, Document, Pointer};

/// What aliases may repeat in all, in bytes of text and [`VALUE`] for each value: a file of one page must not become gigabytes.
const MOST_REPEATED: usize = 32 << 20;
/// What a value weighs beside its text.
const VALUE: usize = 64;

/// The value in a document, with its places.
pub(super) fn parse(document: &Document) -> Result<Rc<Tree>, Diagnostics> {
    let mut reader = Reader {
        document,
        bytes: Bytes { text: document.text(), ascii: document.text().is_ascii(), character: 0, byte: 0 },
        open: Vec::new(),
        anchors: HashMap::new(),
        repeated: 0,
        root: None,
        faults: Vec::new(),
    };
    let mut parser = Parser::new_from_str(document.text());
    match reader.read(&mut parser) {
        Ok(Some(tree)) if reader.faults.is_empty() => Ok(tree),
        Ok(None) if reader.faults.is_empty() => {
            Err(reader.fault(0..0, Diagnostic::error(Code::Syntax, "the file is empty")).into())
        }
        Ok(_) => Err(reader.faults.into()),
        Err(fatal) => {
            reader.faults.push(*fatal);
            Err(reader.faults.into())
        }
    }
}

/// Why reading cannot go on.
type Fatal = Box<Diagnostic>;

struct Reader<'d> {
    document: &'d Document,
    bytes: Bytes<'d>,
    open: Vec<Open>,
    anchors: HashMap<usize, Complete>,
    repeated: usize,
    root: Option<Rc<Tree>>,
    faults: Vec<Diagnostic>,
}

/// A value that has been read.
#[derive(Clone)]
struct Complete {
    tree: Rc<Tree>,
    /// Bytes of its text, and [`VALUE`] for each value within.
    weight: usize,
    /// Levels of arrays and objects within.
    height: usize,
}

/// An array or object whose end has not been reached.
struct Open {
    anchor: usize,
    start: usize,
    end: usize,
    weight: usize,
    height: usize,
    contents: Contents,
}

enum Contents {
    Array(Vec<Rc<Tree>>),
    Object(Object),
}

#[derive(Default)]
struct Object {
    members: Vec<Member>,
    seen: HashMap<String, usize>,
    key: Option<Key>,
    /// What `<<` names, whose members stand for those that are not stated.
    merged: Vec<Rc<Tree>>,
}

struct Key {
    text: String,
    bytes: Range<usize>,
    /// An unquoted `<<`.
    merge: bool,
}

impl<'d> Reader<'d> {
    fn read(&mut self, parser: &mut Parser<'d, StrInput<'d>>) -> Result<Option<Rc<Tree>>, Fatal> {
        let mut documents = 0;
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let bytes = self.bytes.range(span);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let mut diagnostic = Diagnostic::error(Code::Syntax, "a second document begins in one file");
                        diagnostic.help("write it to a file of its own, or remove the `---`");
                        return Err(Box::new(self.fault(bytes, diagnostic)));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), bytes)?,
                Event::SequenceStart(anchor, tag) => self.begin(anchor, tag.as_deref(), "seq", bytes)?,
                Event::MappingStart(anchor, tag) => self.begin(anchor, tag.as_deref(), "map", bytes)?,
                Event::SequenceEnd | Event::MappingEnd => self.end(bytes)?,
                Event::Alias(anchor) => self.alias(anchor, bytes)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(self.root.take())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        bytes: Range<usize>,
    ) -> Result<(), Fatal> {
        let plain = style == ScalarStyle::Plain && tag.is_none();
        let value = if self.awaits_key() {
            Value::String(text.to_owned())
        } else {
            let read = match tag {
                None if plain => core(text),
                None => Ok(Value::String(text.to_owned())),
                Some(tag) => tagged(text, tag),
            };
            read.unwrap_or_else(|mut diagnostic| {
                diagnostic.pointer = self.pointer();
                let diagnostic = self.fault(bytes.clone(), diagnostic);
                self.faults.push(diagnostic);
                Value::Null
            })
        };
        let tree = Rc::new(Tree { bytes, node: Node::Single(value) });
        let complete = Complete { tree, weight: text.len() + VALUE, height: 0 };
        self.complete(anchor, complete, plain && text == "<<")
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, own: &str, bytes: Range<usize>) -> Result<(), Fatal> {
        if self.awaits_key() {
            let mut diagnostic = Diagnostic::error(Code::WrongType, "a key is an array or an object").at(self.pointer());
            diagnostic.expect("a string").help("text that begins with `{`, `[`, `*`, `&` or `!` goes between quotes");
            return Err(Box::new(self.fault(bytes, diagnostic)));
        }
        if self.open.len() >= DEEPEST {
            return Err(Box::new(self.fault(bytes, tree::too_deep())));
        }
        if let Some(tag) = tag.filter(|tag| !(tag.is_yaml_core_schema() && tag.suffix == own)) {
            let diagnostic = unknown_tag(tag).at(self.pointer());
            let diagnostic = self.fault(bytes.clone(), diagnostic);
            self.faults.push(diagnostic);
        }
        let contents = if own == "seq" { Contents::Array(Vec::new()) } else { Contents::Object(Object::default()) };
        self.open.push(Open { anchor, start: bytes.start, end: bytes.end, weight: VALUE, height: 1, contents });
        Ok(())
    }

    fn end(&mut self, bytes: Range<usize>) -> Result<(), Fatal> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        // The end of an indented block is where the next thing begins, not where its last value ends.
        let end = if bytes.is_empty() { open.end } else { bytes.end };
        let node = match open.contents {
            Contents::Array(elements) => Node::Array(elements),
            Contents::Object(object) => Node::Object(object.finish()),
        };
        let tree = Rc::new(Tree { bytes: open.start..end.max(open.start), node });
        self.complete(open.anchor, Complete { tree, weight: open.weight, height: open.height }, false)
    }

    fn alias(&mut self, anchor: usize, bytes: Range<usize>) -> Result<(), Fatal> {
        let Some(named) = self.anchors.get(&anchor).cloned() else {
            let diagnostic = Diagnostic::error(Code::Syntax, "this alias stands within what it names").at(self.pointer());
            return Err(Box::new(self.fault(bytes, diagnostic)));
        };
        self.repeated = self.repeated.saturating_add(named.weight);
        if self.repeated > MOST_REPEATED {
            let message = format!("aliases repeat more than {} MiB", MOST_REPEATED >> 20);
            let mut diagnostic = Diagnostic::error(Code::OutOfRange, message).at(self.pointer());
            diagnostic.help("write out what differs, or divide the file");
            return Err(Box::new(self.fault(bytes, diagnostic)));
        }
        if self.open.len() + named.height > DEEPEST {
            return Err(Box::new(self.fault(bytes, tree::too_deep())));
        }
        if let Some(open) = self.open.last_mut() {
            open.end = bytes.end;
        }
        self.complete(0, named, false)
    }

    /// Puts a value where it belongs.
    fn complete(&mut self, anchor: usize, complete: Complete, merge: bool) -> Result<(), Fatal> {
        if anchor > 0 {
            self.anchors.insert(anchor, complete.clone());
        }
        let Complete { tree, weight, height } = complete;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(tree);
            return Ok(());
        };
        open.weight = open.weight.saturating_add(weight);
        open.height = open.height.max(height + 1);
        open.end = open.end.max(if tree.bytes.start >= open.start { tree.bytes.end } else { open.end });
        let object = match &mut open.contents {
            Contents::Array(elements) => {
                elements.push(tree);
                return Ok(());
            }
            Contents::Object(object) => object,
        };
        match object.key.take() {
            None => {
                let bytes = tree.bytes.clone();
                let Node::Single(value) = &tree.node else {
                    let diagnostic = Diagnostic::error(Code::WrongType, "a key is an array or an object").at(self.pointer());
                    return Err(Box::new(self.fault(bytes, diagnostic)));
                };
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                object.key = Some(Key { text, bytes, merge });
            }
            Some(key) if key.merge => self.merge(&key, &tree),
            Some(key) => self.member(key, tree),
        }
        Ok(())
    }

    fn merge(&mut self, key: &Key, tree: &Rc<Tree>) {
        let object = |tree: &Rc<Tree>| matches!(tree.node, Node::Object(_));
        let named: Vec<Rc<Tree>> = match &tree.node {
            Node::Object(_) => vec![Rc::clone(tree)],
            Node::Array(elements) if elements.iter().all(object) => elements.clone(),
            _ => {
                let mut diagnostic = Diagnostic::error(Code::WrongType, "`<<` takes in something that is not an object");
                diagnostic.expect("an alias of an object, or a list of such");
                let diagnostic = self.fault(key.bytes.clone(), diagnostic.at(self.pointer()));
                self.faults.push(diagnostic);
                return;
            }
        };
        if let Some(Open { contents: Contents::Object(object), .. }) = self.open.last_mut() {
            object.merged.extend(named);
        }
    }

    fn member(&mut self, key: Key, tree: Rc<Tree>) {
        let at = self.pointer().key(&key.text);
        let Some(Open { contents: Contents::Object(object), .. }) = self.open.last_mut() else { return };
        if let Some(first) = object.seen.get(&key.text) {
            self.faults.push(tree::duplicate(self.document, at, &key.text, *first, key.bytes.clone()));
        } else {
            object.seen.insert(key.text.clone(), key.bytes.start);
        }
        object.members.push(Member { key: key.text, key_bytes: key.bytes, value: tree });
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { contents: Contents::Object(Object { key: None, .. }), .. }))
    }

    /// Where reading is.
    fn pointer(&self) -> Pointer {
        self.open.iter().fold(Pointer::root(), |pointer, open| match &open.contents {
            Contents::Array(elements) => pointer.index(elements.len()),
            Contents::Object(Object { key: Some(key), .. }) => pointer.key(&key.text),
            Contents::Object(_) => pointer,
        })
    }

    fn fault(&self, bytes: Range<usize>, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.place(self.document, bytes);
        diagnostic
    }

    fn syntax(&mut self, error: &ScanError) -> Fatal {
        let start = self.bytes.byte(error.marker().index());
        if error.info().contains("recursion limit") {
            return Box::new(self.fault(start..start, tree::too_deep()));
        }
        let mut diagnostic = Diagnostic::error(Code::Syntax, format!("not valid YAML: {}", error.info()));
        let (line, _) = self.document.line_column(start);
        let text = self.document.text().get(self.document.line(line)).unwrap_or_default();
        let indentation = text.len() - text.trim_start().len();
        if error.info().contains("tab") || text.get(..indentation).is_some_and(|spaces| spaces.contains('\t')) {
            diagnostic.help("YAML is indented by spaces; replace the tabs at the beginning of the lines");
        } else if self.open.is_empty() && self.root.is_none() {
            diagnostic.help("files that end in `.yaml` or `.yml` are read as YAML; is this one?");
        }
        Box::new(self.fault(start..start, diagnostic))
    }
}

impl Object {
    /// The members, with those that `<<` takes in and nobody stated; of several, the first that has one.
    fn finish(mut self) -> Vec<Member> {
        for tree in &self.merged {
            let Node::Object(members) = &tree.node else { continue };
            for member in members {
                if !self.seen.contains_key(&member.key) {
                    self.seen.insert(member.key.clone(), member.key_bytes.start);
                    self.members.push(member.clone());
                }
            }
        }
        self.members
    }
}

/// The value of an unquoted scalar without a tag.
fn core(text: &str) -> Result<Value, Diagnostic> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    match number(text) {
        None => Ok(Value::String(text.to_owned())),
        Some(Some(number)) => Ok(Value::Number(number)),
        Some(None) => {
            let mut diagnostic = Diagnostic::error(Code::OutOfRange, format!("`{text}` is a number that JSON does not have"));
            diagnostic.help("if it is a text, write it between quotes");
            Err(diagnostic)
        }
    }
}

/// A number of the core schema; `Some(None)` is one that JSON does not have.
fn number(text: &str) -> Option<Option<Number>> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let good = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
            return good.then(|| u64::from_str_radix(digits, radix).ok().map(Number::from));
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(None);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    if exponent.is_some_and(|exponent| exponent.is_empty() || !digits(exponent)) {
        return None;
    }
    if exponent.is_none() && !mantissa.contains('.') {
        let text = text.strip_prefix('+').unwrap_or(text);
        let exact = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
        if let Ok(number) = exact {
            return Some(Some(number));
        }
    }
    Some(text.parse::<f64>().ok().and_then(tree::float))
}

/// The value of a scalar with a tag.
fn tagged(text: &str, tag: &Tag) -> Result<Value, Diagnostic> {
    if !tag.is_yaml_core_schema() {
        // A lone `!` says that it is text.
        let lone = matches!((tag.handle.as_str(), tag.suffix.as_str()), ("" | "!", "") | ("", "!"));
        return if lone { Ok(Value::String(text.to_owned())) } else { Err(unknown_tag(tag)) };
    }
    let wanted = |good: bool, value: Value| {
        let mut diagnostic = Diagnostic::error(Code::WrongType, format!("`{text}` is not what its tag `!!{}` says", tag.suffix));
        diagnostic.help("remove the tag, or change the value");
        if good { Ok(value) } else { Err(diagnostic) }
    };
    let value = core(text);
    match tag.suffix.as_str() {
        "str" => Ok(Value::String(text.to_owned())),
        "int" => value.and_then(|value| wanted(value.is_i64() || value.is_u64(), value)),
        "float" => value.and_then(|value| wanted(value.is_number(), value)),
        "bool" => value.and_then(|value| wanted(value.is_boolean(), value)),
        "null" => value.and_then(|value| wanted(value.is_null(), value)),
        _ => Err(unknown_tag(tag)),
    }
}

fn unknown_tag(tag: &Tag) -> Diagnostic {
    let name = if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { format!("{}{}", tag.handle, tag.suffix) };
    let mut diagnostic = Diagnostic::error(Code::UnknownValue, format!("the tag `{name}` means nothing here"));
    diagnostic.expect("one of `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` or `!!map`");
    diagnostic.help("remove it; a text that begins with `!` goes between quotes");
    diagnostic
}

/// From places in characters to places in bytes. Places asked for one after the other are near each other.
struct Bytes<'d> {
    text: &'d str,
    ascii: bool,
    character: usize,
    byte: usize,
}

impl Bytes<'_> {
    fn range(&mut self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }

    fn byte(&mut self, character: usize) -> usize {
        if self.ascii {
            return character.min(self.text.len());
        }
        if character >= self.character {
            let rest = self.text.get(self.byte..).unwrap_or_default();
            let onwards = rest.char_indices().nth(character - self.character);
            self.byte = onwards.map_or(self.text.len(), |(offset, _)| self.byte + offset);
        } else {
            let before = self.text.get(..self.byte).unwrap_or_default();
            let back = before.char_indices().rev().nth(self.character - character - 1);
            self.byte = back.map_or(0, |(offset, _)| offset);
        }
        self.character = character;
        self.byte
    }
}
