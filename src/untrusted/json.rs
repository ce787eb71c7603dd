//! JSON that can be looked at in a terminal.

use std::io::{self, Write};

use super::acts;

/// Writes JSON with the characters that act (outside ASCII they can stand in strings only) as escapes, which mean the same.
pub struct JsonWriter<W> {
    to: W,
    /// The beginning of a character whose rest has not come yet.
    begun: Vec<u8>,
}

/// Writes a value as indented JSON, with a line break at its end.
pub(crate) fn write_json(to: impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    let mut to = JsonWriter::new(to);
    serde_json::to_writer_pretty(&mut to, value)?;
    to.write_all(b"\n")
}

/// A value as indented JSON, with a line break at its end.
pub fn json_text(value: &impl serde::Serialize) -> String {
    let mut out = Vec::new();
    // Writing to memory cannot fail, and serde_json writes UTF-8.
    let _ = write_json(&mut out, value);
    String::from_utf8(out).unwrap_or_default()
}

impl<W: Write> JsonWriter<W> {
    /// A writer before another.
    pub fn new(to: W) -> Self {
        Self { to, begun: Vec::new() }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let escapes = |c: char| (!c.is_ascii() || c == '\u{7f}') && acts(c);
        let mut rest = text;
        // A CI system would take `##[` for the beginning of a command, in whatever line it stands.
        while let Some(at) = [rest.find(escapes), rest.find("##[")].into_iter().flatten().min() {
            let (before, from) = rest.split_at(at);
            self.to.write_all(before.as_bytes())?;
            let mut chars = from.chars();
            let mut units = [0; 2];
            for unit in chars.next().unwrap_or_default().encode_utf16(&mut units) {
                write!(self.to, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        self.to.write_all(rest.as_bytes())
    }
}

impl<W: Write> Write for JsonWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let joined;
        let all = if self.begun.is_empty() {
            bytes
        } else {
            joined = [std::mem::take(&mut self.begun).as_slice(), bytes].concat();
            &joined
        };
        match std::str::from_utf8(all) {
            Ok(text) => self.text(text)?,
            Err(error) => {
                let (good, rest) = all.split_at(error.valid_up_to());
                self.text(std::str::from_utf8(good).unwrap_or_default())?;
                if error.error_len().is_some() {
                    return Err(io::Error::other("what is written is not UTF-8"));
                }
                self.begun = rest.to_vec();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_shows_everything() {
        let value = serde_json::json!({ "\u{202e}a\u{9b}": "é\u{e0041}\u{7f}\n👩‍👧 #" });
        let text = value.to_string();
        for size in 1..5 {
            let mut out = Vec::new();
            let mut writer = JsonWriter::new(&mut out);
            text.as_bytes().chunks(size).for_each(|chunk| writer.write_all(chunk).expect("written"));
            let out = String::from_utf8(out).expect("UTF-8");
            assert!(!out.contains(acts), "{out:?}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&out).expect("JSON"), value);
        }
    }
    #[test]
    fn json_holds_no_command() {
        assert_eq!(json_text(&"##[x]###["), "\"\\u0023#[x]#\\u0023#[\"\n");
    }
}
