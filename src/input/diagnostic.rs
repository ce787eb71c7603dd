//! Something to say about an input: what, where, what was expected, what to do.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::{Code, Document, Pointer, locate};
use crate::untrusted::visible;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used, but perhaps not as its author thinks.
    Warning,
}

/// A place in a text file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The file's name, as given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The bytes meant, from the file's start.
    #[serde(skip)]
    pub bytes: Range<usize>,
}

/// One error or warning about an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// The stable code, listed in the documentation.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The value meant.
    pub pointer: Pointer,
    /// Where it is in the file, when the file is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(skip)]
    key: bool,
}

impl Diagnostic {
    /// An error about the whole document; [`at`](Self::at) makes it one about a value in it.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: printable(message.into()),
            pointer: Pointer::root(),
            position: None,
            expected: None,
            help: None,
            key: false,
        }
    }

    /// Says which value is meant.
    #[must_use]
    pub fn at(mut self, pointer: Pointer) -> Self {
        self.pointer = pointer;
        self
    }

    /// Says what would have been right.
    pub fn expect(&mut self, expected: impl Into<String>) -> &mut Self {
        self.expected = Some(printable(expected.into()));
        self
    }

    /// Says what to do.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(printable(help.into()));
        self
    }

    /// Makes the place that of the member's name rather than of its value.
    pub(crate) fn on_key(&mut self) -> &mut Self {
        self.key = true;
        self
    }

    pub(crate) fn points_at_key(&self) -> bool {
        self.key
    }

    pub(crate) fn place(&mut self, document: &Document, bytes: Range<usize>) {
        let (line, column) = document.line_column(bytes.start);
        self.position = Some(Position { file: document.name().to_owned(), line, column, bytes });
    }
}

/// Characters of a message that are shown; names from the input may be of any length.
const LONGEST: usize = 2000;

fn printable(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(LONGEST) {
        message.truncate(end);
        message.push('…');
    }
    match visible(&message) {
        Cow::Borrowed(_) => message,
        Cow::Owned(visible) => visible,
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Position { file, line, column, .. }) = &self.position {
            write!(f, "{}:{line}:{column}: ", visible(file))?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}]: {}", self.code, self.message)?;
        if !self.pointer.segments().is_empty() {
            write!(f, " (at {})", visible(&self.pointer.to_string()))?;
        }
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

/// Everything wrong with an input: at least one diagnostic, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// The diagnostics, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Gives each diagnostic that knows its pointer, but not yet its place, the place in `document`.
    #[must_use]
    pub fn located(mut self, document: &Document) -> Self {
        locate::place_all(document, &mut self.0);
        self.0.sort_by_cached_key(|d| (d.position.as_ref().map(|p| p.bytes.start), d.code, d.message.clone()));
        self
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self(diagnostics)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}
