//! Taking a parsed document apart field by field, noting every mistake instead of stopping at the first.

use std::fmt;

use serde_json::{Map, Value};

use super::{Code, Diagnostic, Pointer, Segment, nearest};

/// A place in a document, linked to its parents on the stack: nothing is allocated until a mistake is found there.
#[derive(Clone, Copy)]
pub(crate) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    pub(crate) const ROOT: At<'static> = At { parent: None, step: Step::Root };

    pub(crate) fn key(&'p self, key: &'p str) -> At<'p> {
        At { parent: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn index(&'p self, index: usize) -> At<'p> {
        At { parent: Some(self), step: Step::Index(index) }
    }

    pub(crate) fn pointer(&self) -> Pointer {
        let mut segments = Vec::new();
        let mut here = Some(self);
        while let Some(at) = here {
            match at.step {
                Step::Root => {}
                Step::Key(key) => segments.push(Segment::Key(key.to_owned())),
                Step::Index(index) => segments.push(Segment::Index(index)),
            }
            here = at.parent;
        }
        segments.reverse();
        segments.into()
    }
}

/// Where the mistakes of a document are gathered.
#[derive(Default)]
pub(crate) struct Sink {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What is looked at is a secret, which no message quotes.
    secret: bool,
}

impl Sink {
    /// Looks at something that may be a secret.
    pub(crate) fn secretly(&mut self, secret: bool, look: impl FnOnce(&mut Self)) {
        let before = self.secret;
        self.secret |= secret;
        look(self);
        self.secret = before;
    }

    /// A name or number from the input, unless it is a secret.
    pub(crate) fn quote(&self, what: impl fmt::Display) -> String {
        if self.secret { "a secret".to_owned() } else { what.to_string() }
    }

    /// What a value is, in a few words, which quote no secret.
    pub(crate) fn describe(&self, value: &Value) -> String {
        match value {
            Value::String(_) if self.secret => "a string".to_owned(),
            Value::Number(_) if self.secret => "a number".to_owned(),
            value => describe(value),
        }
    }

    /// Notes a mistake in the value at `at`.
    pub(crate) fn error(&mut self, code: Code, at: &At<'_>, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Diagnostic::error(code, message).at(at.pointer()))
    }

    #[expect(clippy::indexing_slicing, reason = "it has just been pushed")]
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        let last = self.diagnostics.len();
        self.diagnostics.push(diagnostic);
        &mut self.diagnostics[last]
    }

    /// Notes a value of the wrong type.
    pub(crate) fn mistyped(&mut self, at: &At<'_>, expected: &str, found: &Value) {
        let name = match at.step {
            Step::Root => "the document".to_owned(),
            Step::Key(key) => format!("`{key}`"),
            Step::Index(index) => format!("element {index}"),
        };
        self.error(Code::WrongType, at, format!("{name} is {}, but {expected} is expected", self.describe(found)))
            .expect(expected);
    }

    /// Notes a member that nobody knows, with the nearest known name.
    pub(crate) fn unknown(&mut self, at: &At<'_>, what: &str, key: &str, known: &[&str]) {
        let at = at.key(key);
        let diagnostic = self.error(Code::UnknownField, &at, format!("unknown {what} `{key}`")).on_key();
        if let Some(near) = nearest(key, known.iter().copied()) {
            diagnostic.help(format!("did you mean `{near}`?"));
        }
        diagnostic.expect(list_names(known.iter().copied()));
    }

    /// Hands each known member to `each`; anything else in the object is a mistake.
    pub(crate) fn object(
        &mut self,
        at: &At<'_>,
        value: Value,
        known: &[&str],
        mut each: impl FnMut(&mut Self, &At<'_>, &str, Value),
    ) -> bool {
        let Some(map) = self.map(at, value) else { return false };
        for (key, value) in map {
            if known.contains(&key.as_str()) {
                each(self, &at.key(&key), &key, value);
            } else {
                self.unknown(at, "field", &key, known);
            }
        }
        true
    }

    /// Notes that `field` is missing from the object at `at`.
    pub(crate) fn missing(&mut self, at: &At<'_>, field: &str) {
        self.error(Code::MissingField, at, format!("`{field}` is missing")).expect(format!("a field `{field}`"));
    }

    pub(crate) fn map(&mut self, at: &At<'_>, value: Value) -> Option<Map<String, Value>> {
        match value {
            Value::Object(map) => Some(map),
            other => {
                self.mistyped(at, "an object", &other);
                None
            }
        }
    }

    pub(crate) fn array(&mut self, at: &At<'_>, value: Value) -> Option<Vec<Value>> {
        match value {
            Value::Array(array) => Some(array),
            other => {
                self.mistyped(at, "an array", &other);
                None
            }
        }
    }

    pub(crate) fn string(&mut self, at: &At<'_>, value: Value) -> Option<String> {
        match value {
            Value::String(string) => Some(string),
            other => {
                self.mistyped(at, "a string", &other);
                if let (true, Some(last)) = (other.is_number() || other.is_boolean(), self.diagnostics.last_mut()) {
                    last.help("write it between quotes");
                }
                None
            }
        }
    }

    pub(crate) fn boolean(&mut self, at: &At<'_>, value: &Value) -> Option<bool> {
        value.as_bool().or_else(|| {
            self.mistyped(at, "true or false", value);
            None
        })
    }

    /// An integer within `min..=max`.
    pub(crate) fn integer(&mut self, at: &At<'_>, value: &Value, min: u64, max: u64) -> Option<u64> {
        let expected = format!("an integer from {min} to {max}");
        match value.as_u64() {
            Some(number) if (min..=max).contains(&number) => Some(number),
            _ if value.is_number() => {
                self.error(Code::OutOfRange, at, format!("{value} is not {expected}")).expect(expected);
                None
            }
            _ => {
                self.mistyped(at, &expected, value);
                None
            }
        }
    }

    /// One of a closed list of words.
    pub(crate) fn word<T: Copy>(&mut self, at: &At<'_>, value: &Value, words: &[(&str, T)]) -> Option<T> {
        let Some(found) = value.as_str() else {
            self.mistyped(at, &list_names(words.iter().map(|(word, _)| *word)), value);
            return None;
        };
        let exact = words.iter().find(|(word, _)| *word == found);
        if let Some((_, word)) = exact.or_else(|| words.iter().find(|(word, _)| word.eq_ignore_ascii_case(found))) {
            return Some(*word);
        }
        let names = || words.iter().map(|(word, _)| *word);
        let diagnostic = self.error(Code::UnknownValue, at, format!("`{found}` is not a known value"));
        diagnostic.expect(list_names(names()));
        if let Some(near) = nearest(found, names()) {
            diagnostic.help(format!("did you mean `{near}`?"));
        }
        None
    }

    /// An array of strings.
    pub(crate) fn strings(&mut self, at: &At<'_>, value: Value) -> Option<Vec<String>> {
        let array = self.array(at, value)?;
        let read = array.into_iter().enumerate().map(|(i, value)| self.string(&at.index(i), value));
        read.collect::<Vec<_>>().into_iter().collect()
    }
}

/// What a value is, in a few words: `string "abc"`, `an object`.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(string) if string.chars().count() > 40 => {
            format!("the string \"{}…\"", string.chars().take(40).collect::<String>())
        }
        Value::String(string) => format!("the string \"{string}\""),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// `one of `a`, `b` or `c``, for messages; long lists are cut.
pub(crate) fn list_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 16;
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        let more = names.len() - MOST;
        names.truncate(MOST);
        return format!("one of {} … ({more} more)", names.join(", "));
    }
    match names.pop() {
        None => "nothing".to_owned(),
        Some(only) if names.is_empty() => only,
        Some(last) => format!("one of {} or {last}", names.join(", ")),
    }
}
