//! Where a document holds what looks like a secret, so that no excerpt shows it.
//!
//! The text may be no JSON at all: excerpts are shown of what cannot be read, too.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::secrets::{is_secret, names_secret};

/// The bytes of every single value that is a secret: by its name, by its looks, or since it is under one of these names.
pub(super) fn concealed(text: &str, names: &BTreeSet<String>) -> Vec<Range<usize>> {
    let mut scan = Scan { text, names, open: vec![Frame::default()], found: Vec::new() };
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at).copied() {
        at = match byte {
            b'{' | b'[' => {
                let under = Frame { key: "", above: scan.key(), secret: scan.opens_secret() };
                scan.open.push(under);
                at + 1
            }
            b'}' | b']' => {
                if scan.open.len() > 1 {
                    scan.open.pop();
                }
                at + 1
            }
            b',' => {
                scan.set_key("");
                at + 1
            }
            b'"' => {
                let end = string_end(text, at + 1);
                scan.token(at + 1..end);
                // Past the quote, where there is one.
                if text.as_bytes().get(end) == Some(&b'"') { end + 1 } else { end }
            }
            b':' | b' ' | b'\t' | b'\r' | b'\n' => at + 1,
            _ => {
                let rest = text.get(at..).unwrap_or_default();
                let length = rest.find(|c: char| c.is_ascii_whitespace() || "{}[],:\"".contains(c)).unwrap_or(rest.len());
                scan.token(at..at + length);
                at + length.max(1)
            }
        };
    }
    scan.found
}

/// Where a string ends: at its quote, or at the end of its line.
fn string_end(text: &str, start: usize) -> usize {
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'\n' => return i,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i,
            _ => {}
        }
    }
    text.len()
}

/// An object or array that is open.
#[derive(Clone, Copy, Default)]
struct Frame<'t> {
    /// The name that the next value stands under.
    key: &'t str,
    /// The name that this object or array stands under.
    above: &'t str,
    /// Everything in it is secret.
    secret: bool,
}

struct Scan<'t, 'n> {
    text: &'t str,
    names: &'n BTreeSet<String>,
    open: Vec<Frame<'t>>,
    found: Vec<Range<usize>>,
}

impl<'t> Scan<'t, '_> {
    fn top(&self) -> Frame<'t> {
        self.open.last().copied().unwrap_or_default()
    }

    /// The name of the value that comes: its own, or in an array that of the array.
    fn key(&self) -> &'t str {
        let Frame { key, above, .. } = self.top();
        if key.is_empty() { above } else { key }
    }

    fn set_key(&mut self, key: &'t str) {
        if let Some(top) = self.open.last_mut() {
            top.key = key;
        }
    }

    /// Whether what opens here holds nothing but secrets. A component may be called after one.
    fn opens_secret(&self) -> bool {
        let Frame { above, secret, .. } = self.top();
        let key = self.key();
        secret || self.names.contains(key) || (above != "components" && names_secret(key))
    }

    fn token(&mut self, range: Range<usize>) {
        let (text, Frame { above, secret, .. }) = (self.text, self.top());
        let Some(token) = text.get(range.clone()) else { return };
        let after = text.get(range.end..).unwrap_or_default();
        if after.strip_prefix('"').unwrap_or(after).trim_start().starts_with(':') {
            return self.set_key(token);
        }
        let key = self.key();
        let name = if key == "value" { above } else { key };
        let hidden = secret || self.names.contains(key) || is_secret(name, &unescaped(token));
        if hidden && !token.is_empty() {
            self.found.push(range);
        }
    }
}

fn unescaped(token: &str) -> String {
    serde_json::from_str(&format!("\"{token}\"")).unwrap_or_else(|_| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut shown = text.to_owned();
        for range in concealed(text, &["connectionString".to_owned()].into()).into_iter().rev() {
            shown.replace_range(range, "…");
        }
        shown
    }

    #[test]
    fn secrets_are_concealed_wherever_they_stand() {
        for (text, wanted) in [
            (r#"{"DB_PASSWORD": "hunter2", "LEVEL": "info"}"#, r#"{"DB_PASSWORD": "…", "LEVEL": "info"}"#),
            (r#"{"DB_PASSWORD": ["hunter2", 5], "A": [1]}"#, r#"{"DB_PASSWORD": ["…", …], "A": [1]}"#),
            (r#"{"DB_PASSWORD": {"a": ["hunter2"]}}"#, r#"{"DB_PASSWORD": {"a": ["…"]}}"#),
            (r#"{"TOKEN": {"value": "hunter2"}, "x": 1}"#, r#"{"TOKEN": {"value": "…"}, "x": 1}"#),
            (r#"{"connectionString": {"a": "b"}}"#, r#"{"connectionString": {"a": "…"}}"#),
            (r#"{"components": {"AuthToken": {"type": "CrudApi"}}}"#, r#"{"components": {"AuthToken": {"type": "CrudApi"}}}"#),
            ("{\"A_PASSWORD\": \"hunter2\n \"b\": 1", "{\"A_PASSWORD\": \"…\n \"b\": 1"),
            ("{A_PASSWORD: hunter2, b: c", "{A_PASSWORD: …, b: c"),
            (r#"["a", "Server=x;Password=y"]"#, r#"["a", "…"]"#),
            (r#"{"X": "\u0050assword=y"}"#, r#"{"X": "…"}"#),
        ] {
            assert_eq!(shown(text), wanted);
        }
    }
}
