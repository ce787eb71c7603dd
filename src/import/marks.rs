//! Values that only deployment knows, within the texts that hold them.
//!
//! A template's expressions are evaluated as far as they can be. What remains is marked in the text by characters that no
//! file has (private use, dropped from what is read), so that texts pass through mappings as texts and are taken apart at the end.

use std::borrow::Cow;

const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';
const BETWEEN: char = '\u{E002}';

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Known.
    Text(&'t str),
    /// What a resource tells once it is there: its id or name, and the path of the value.
    Reference { resource: &'t str, path: &'t str },
    /// Known to nobody here: the expression, whether it gives access to something, and the resources that it names.
    Unknown { expression: &'t str, secret: bool, names: Vec<&'t str> },
}

/// Without the characters that marks are made of.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains([OPEN, CLOSE, BETWEEN]) { Cow::Owned(text.replace([OPEN, CLOSE, BETWEEN], "")) } else { Cow::Borrowed(text) }
}

pub(super) fn reference(resource: &str, path: &str) -> String {
    format!("{OPEN}r{}{BETWEEN}{}{CLOSE}", plain(resource), plain(path))
}

pub(super) fn unknown(expression: &str, secret: bool, names: &[String]) -> String {
    let kind = if secret { 's' } else { 'u' };
    let names: String = names.iter().map(|name| format!("{BETWEEN}{}", plain(name))).collect();
    format!("{OPEN}{kind}{}{names}{CLOSE}", plain(expression))
}

/// Whether everything of a text is known.
pub(super) fn is_known(text: &str) -> bool {
    !text.contains(OPEN)
}

/// A text in pieces.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let (inner, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        rest = after;
        let mut parts = inner.get(1..).unwrap_or_default().split(BETWEEN);
        let first = parts.next().unwrap_or_default();
        pieces.push(match inner.chars().next() {
            Some('r') => Piece::Reference { resource: first, path: parts.next().unwrap_or_default() },
            kind => Piece::Unknown { expression: first, secret: kind == Some('s'), names: parts.collect() },
        });
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// A text as people may read it.
pub(super) fn plain(text: &str) -> String {
    let piece = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Reference { resource, path } => format!("{{{}.{path}}}", resource.rsplit('/').next().unwrap_or_default()),
        Piece::Unknown { expression, .. } => format!("{{{expression}}}"),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// A text in which what is unknown is one word, so that ids and names with something unknown in them can be told apart.
pub(super) fn token(text: &str) -> String {
    let word = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let piece = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Reference { resource, path } => format!("{{{}{}}}", word(resource), word(path)),
        Piece::Unknown { expression, .. } => format!("{{{}}}", word(expression)),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// A text with the expressions that are known after all.
pub(super) fn replaced(text: &str, known: &dyn Fn(&str) -> Option<String>) -> String {
    let piece = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Reference { resource, path } => reference(resource, path),
        Piece::Unknown { expression, secret, names } => known(expression).unwrap_or_else(|| {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            unknown(expression, secret, &names)
        }),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// Cuts a text at a character, but not within what is unknown.
pub(super) fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut within = false;
    for c in text.chars() {
        within = (within || c == OPEN) && c != CLOSE;
        if c == at && !within {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_comes_apart_again() {
        let text =
            format!("https://{}/x{}", reference("/providers/a/b", "host"), unknown("listKeys('b')", true, &["b".to_owned()]));
        assert_eq!(
            pieces(&text),
            [
                Piece::Text("https://"),
                Piece::Reference { resource: "/providers/a/b", path: "host" },
                Piece::Text("/x"),
                Piece::Unknown { expression: "listKeys('b')", secret: true, names: vec!["b"] }
            ]
        );
        assert_eq!(plain(&text), "https://{b.host}/x{listKeys('b')}");
        assert_eq!(split(&format!("a/{}/c", reference("x/y", "z")), '/').len(), 3);
        assert_eq!(clean("a\u{E000}b"), "ab");
        assert_eq!(token(&format!("st{}", unknown("uniqueString('x y')", false, &[]))), "st{uniqueStringxy}");
        assert!(is_known("a") && !is_known(&text));
    }
}
