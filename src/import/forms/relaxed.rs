//! Text as people and their tools write it: UTF-16, comments, texts over several lines.

use crate::input::{Diagnostics, Document};

/// A document from the bytes of a file; UTF-16, which Windows writes, becomes UTF-8.
pub(crate) fn document(name: &str, bytes: Vec<u8>) -> Result<Document, Diagnostics> {
    Document::new(name, utf16(&bytes).map_or(bytes, String::into_bytes))
}

/// Text in UTF-16, told by its byte-order mark or by every other byte of its start being zero.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (rest, little) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (rest, true),
        [0xFE, 0xFF, rest @ ..] => (rest, false),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => (bytes, true),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => (bytes, false),
        _ => return None,
    };
    let unit = |pair: &[u8]| match pair {
        [low, high] if little => u16::from_le_bytes([*low, *high]),
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    let units: Vec<u16> = rest.chunks_exact(2).map(unit).collect();
    String::from_utf16(&units).ok()
}

/// The document with its comments, and line breaks within texts, as spaces, so that everything stays where it is; none if there are
/// none.
pub(crate) fn without_comments(document: &Document) -> Option<Document> {
    let text = document.text();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\\' if quoted => rest.chars().take(2).map(char::len_utf8).sum(),
            '"' => {
                quoted = !quoted;
                1
            }
            '/' if !quoted && rest.starts_with("//") => {
                blank(&mut plain, &mut rest, |rest| rest.find('\n').unwrap_or(rest.len()));
                continue;
            }
            '/' if !quoted && rest.starts_with("/*") => {
                blank(&mut plain, &mut rest, |rest| rest.find("*/").map_or(rest.len(), |at| at + 2));
                continue;
            }
            '\n' | '\r' | '\t' if quoted => {
                blank(&mut plain, &mut rest, |_| 1);
                continue;
            }
            c => c.len_utf8(),
        };
        let (taken, after) = rest.split_at_checked(length)?;
        plain.push_str(taken);
        rest = after;
    }
    if plain == text { None } else { Document::new(document.name(), plain.into_bytes()).ok() }
}

/// Writes spaces for the start of a text, keeping the line breaks of comments.
fn blank(plain: &mut String, rest: &mut &str, length: impl Fn(&str) -> usize) {
    let (taken, after) = rest.split_at_checked(length(rest)).unwrap_or((rest, ""));
    let comment = taken.len() > 1;
    // A space for each byte, so that places stay as they are.
    plain.extend(taken.bytes().map(|byte| if comment && byte == b'\n' { '\n' } else { ' ' }));
    *rest = after;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_texts_stay() {
        let of = |text: &str| {
            let document = Document::new("x.json", text.as_bytes().to_vec()).expect("text");
            without_comments(&document).map(|document| document.text().to_owned())
        };
        assert_eq!(of("{\"a\": \"// no\\\"\"}"), None);
        assert_eq!(of("{ // ä\n\"a\": /* x\n */ 1 }").as_deref(), Some("{      \n\"a\":     \n    1 }"));
        assert_eq!(of("\"[concat(\n'a')]\"").as_deref(), Some("\"[concat( 'a')]\""));
        assert_eq!(of("/* open").as_deref(), Some("       "));
    }

    #[test]
    fn utf16_is_read_with_and_without_a_mark() {
        for little in [true, false] {
            for mark in [true, false] {
                let units = "{\"ä\": 1}".encode_utf16();
                let units = mark.then_some(0xFEFF).into_iter().chain(units);
                let bytes = units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
                assert_eq!(document("x.json", bytes).expect("text").text(), "{\"ä\": 1}");
            }
        }
    }
}
