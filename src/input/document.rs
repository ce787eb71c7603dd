//! One input file: its name, its text, and the value in it.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::sync::OnceLock;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::concealed::concealed;
use super::tree::{self, Tree as Placed};
use super::{Code, Diagnostic, Diagnostics, jsonc, locate, yaml};

/// A document and the name it is called by in messages. The name's ending says what it is written in: YAML (`.yaml`, `.yml`), JSON with
/// comments and trailing commas (`.jsonc`), or else JSON.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    text: String,
    language: Language,
    lines: OnceLock<Vec<usize>>,
    /// How many characters there are before each block of the text.
    characters: OnceLock<Vec<usize>>,
    /// Names that secrets stand under, beside those that say so themselves.
    secret_names: BTreeSet<String>,
    concealed: OnceLock<Vec<Range<usize>>>,
}

/// What a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// JSON (RFC 8259).
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// YAML 1.2.
    Yaml,
}

impl Language {
    /// What the ending of a file's name says; JSON unless it says something else.
    pub fn of_name(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            Some("yaml" | "yml") => Self::Yaml,
            Some("jsonc") => Self::Jsonc,
            _ => Self::Json,
        }
    }
}

/// Bytes of a block; a file of one long line is not counted from its start for each of thousands of errors.
const BLOCK: usize = 4096;

/// The characters that begin in a piece of UTF-8.
fn characters(utf8: &[u8]) -> usize {
    utf8.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

impl Document {
    /// A document from its bytes; `name` is what messages call it (a path, or `<stdin>`). A byte-order mark is skipped.
    ///
    /// # Errors
    /// Bytes that are not UTF-8, with the place of the first bad one.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        let name = name.into();
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                }
                Ok(Self::of(name, text))
            }
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default()).into_owned();
                let mut diagnostic = Diagnostic::error(Code::Syntax, "the file is not UTF-8 text");
                diagnostic.expect("text in UTF-8").help("save the file as UTF-8");
                let document = Self::of(name, text);
                diagnostic.place(&document, good..good);
                Err(diagnostic.into())
            }
        }
    }

    fn of(name: String, text: String) -> Self {
        let (lines, characters, concealed) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let language = Language::of_name(&name);
        Self { name, text, language, lines, characters, secret_names: BTreeSet::new(), concealed }
    }

    /// Has excerpts conceal what stands under these names, beside what looks like a secret anyhow.
    #[must_use]
    pub fn with_secrets(mut self, names: BTreeSet<String>) -> Self {
        self.secret_names = names;
        self.concealed = OnceLock::new();
        self
    }

    /// The bytes of everything that no excerpt must show, in order.
    pub fn concealed(&self) -> &[Range<usize>] {
        self.concealed.get_or_init(|| concealed(&self.text, &self.secret_names))
    }

    /// What messages call the document.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, without a byte-order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the document is written in.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The value in the document. Unlike `serde_json`, a key that stands twice in one object is an error.
    ///
    /// # Errors
    /// A syntax error or too deep a nest (128 levels), or every duplicate key; each with its place.
    pub fn parse(&self) -> Result<Value, Diagnostics> {
        match self.language {
            Language::Json => self.json(),
            Language::Jsonc | Language::Yaml => self.tree().map(|tree| tree.value()),
        }
    }

    /// The names of the members of the document's member `name`, in their order in the text.
    pub(crate) fn keys(&self, name: &str) -> Vec<String> {
        locate::keys(self, name)
    }

    /// The document in JSON; as it was written where it was JSON.
    pub(crate) fn json_text(&self) -> Cow<'_, str> {
        match self.language {
            Language::Json => Cow::Borrowed(&self.text),
            Language::Jsonc | Language::Yaml => self.parse().map_or(Cow::Borrowed(""), |value| value.to_string().into()),
        }
    }

    /// The value with its places, of a document that is not plain JSON.
    pub(super) fn tree(&self) -> Result<Rc<Placed>, Diagnostics> {
        match self.language {
            Language::Yaml => yaml::parse(self),
            Language::Json | Language::Jsonc => jsonc::parse(self),
        }
    }

    fn json(&self) -> Result<Value, Diagnostics> {
        let duplicate = Cell::new(false);
        let mut reader = serde_json::Deserializer::from_str(&self.text);
        let value = Tree { duplicate: &duplicate }.deserialize(&mut reader).and_then(|v| reader.end().map(|()| v));
        match value {
            Ok(value) if !duplicate.get() => Ok(value),
            Ok(_) => Err(Diagnostics::from(locate::duplicates(self))),
            Err(error) => Err(self.syntax(&error).into()),
        }
    }

    /// The 1-based line, and the 1-based column in characters, of a byte offset.
    pub(super) fn line_column(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(offset);
        (line, self.characters_before(offset) - self.characters_before(start) + 1)
    }

    fn characters_before(&self, offset: usize) -> usize {
        let utf8 = self.text.as_bytes();
        let blocks = self.characters.get_or_init(|| {
            let sums = utf8.chunks(BLOCK).scan(0, |sum, block| {
                *sum += characters(block);
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        });
        let block = offset / BLOCK;
        let rest = utf8.get(block * BLOCK..offset).unwrap_or_default();
        blocks.get(block).copied().unwrap_or_default() + characters(rest)
    }

    /// The bytes of a 1-based line, without its line break.
    pub fn line(&self, line: usize) -> Range<usize> {
        let starts = self.line_starts();
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let end = starts.get(line).map_or(self.text.len(), |next| next - 1);
        start..end
    }

    fn line_starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(breaks).collect()
        })
    }

    fn syntax(&self, error: &serde_json::Error) -> Diagnostic {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text);
        let mut diagnostic = if message.starts_with("recursion limit") {
            tree::too_deep()
        } else if self.text.trim().is_empty() {
            Diagnostic::error(Code::Syntax, "the file is empty")
        } else {
            Diagnostic::error(Code::Syntax, format!("not valid JSON: {message}"))
        };
        let mut start = (self.line(error.line()).start + error.column().saturating_sub(1)).min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        // `serde_json` stops behind the character that it does not like.
        let near = self.text.get(start.saturating_sub(1)..).unwrap_or_default().trim_start();
        if near.starts_with("//") || near.starts_with("/*") || message == "trailing comma" {
            diagnostic.help("comments and trailing commas are read in files whose names end in `.jsonc`, or in `.yaml`");
        }
        diagnostic.place(self, start..start);
        diagnostic
    }
}

/// Builds a `Value`, noting whether any object holds a key twice.
#[derive(Clone, Copy)]
struct Tree<'a> {
    duplicate: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(tree::float(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(value) = sequence.next_element_seed(self)? {
            array.push(value);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.insert(key, access.next_value_seed(self)?).is_some() {
                self.duplicate.set(true);
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    fn complaint(text: &str) -> String {
        let document = Document::new("x.json", text.as_bytes().to_vec()).expect("utf-8");
        document.parse().expect_err("must be refused").to_string()
    }

    #[test]
    fn finds_every_duplicate_at_its_second_place() {
        let text = "{\n \"a\": {\"b\": 1, \"b\": 2},\n \"a\": 3\n}";
        let said = complaint(text);
        assert!(said.contains("x.json:2:16: error[E0104]: the key `b` stands twice"), "{said}");
        assert!(said.contains("x.json:3:2: error[E0104]: the key `a` stands twice"), "{said}");
    }

    #[test]
    fn syntax_errors_have_a_place() {
        assert!(complaint("{\"a\": \n 1,}").starts_with("x.json:2:4: error[E0101]"), "{}", complaint("{\"a\": \n 1,}"));
        assert!(complaint("").contains("the file is empty"));
    }

    #[test]
    fn columns_count_characters_in_long_lines_too() {
        let text = format!("\n\"{}\"", "aä🦀".repeat(3000));
        let document = Document::new("x", text.clone().into_bytes()).expect("utf-8");
        for (characters, (offset, _)) in text.char_indices().enumerate().skip(1).step_by(97) {
            assert_eq!(document.line_column(offset), (2, characters));
        }
    }

    #[test]
    fn a_deep_nest_is_refused() {
        assert!(complaint(&"[".repeat(10_000)).contains("nested more than 127 deep"));
    }

    #[test]
    fn whole_floats_are_integers() {
        let document = Document::new("x", b"[2.0, 2, 2.5]".to_vec()).expect("utf-8");
        assert_eq!(document.parse().expect("valid").to_string(), "[2,2,2.5]");
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let document = Document::new("x", b"\xef\xbb\xbf{}".to_vec()).expect("utf-8");
        assert_eq!(document.parse().expect("valid").to_string(), "{}");
    }
}
