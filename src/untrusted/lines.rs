//! A text put together line by line.

use std::fmt;

use super::github::Command;
use super::visible;

/// A text of many lines for a terminal or log. Each line is one, whatever is written into it.
///
/// ```
/// use colocate::untrusted::Lines;
/// let mut lines = Lines::default();
/// lines.line(format_args!("{} is new", "a\n::error::b"));
/// assert_eq!(String::from(lines), "a\\n::error::b is new\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(String);

impl Lines {
    /// A line.
    pub fn line(&mut self, text: fmt::Arguments<'_>) {
        match text.as_str() {
            Some(text) => self.0.push_str(&visible(text)),
            None => self.0.push_str(&visible(&text.to_string())),
        }
        self.0.push('\n');
    }

    /// An empty line, and then a line.
    pub fn section(&mut self, title: fmt::Arguments<'_>) {
        self.blank();
        self.line(title);
    }

    /// A command of a CI system, as the writer of its medium gave it.
    pub fn command(&mut self, command: &Command) {
        self.0.push_str(&command.0);
        self.0.push('\n');
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Lines that were put together before.
    pub fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Lines> for String {
    fn from(lines: Lines) -> Self {
        lines.0
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
