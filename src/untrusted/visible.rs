//! Text for terminals and logs.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does something where it is shown, instead of being seen: a control character (C0, DEL, C1), a mark of the
/// direction of text, a line separator, or a format character without a width. Joiners, which scripts and emoji need, are let through.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A text on one line of a terminal or log, with what [acts](acts) written as an escape: `\n`, `\u{1b}`.
///
/// What CI systems take for a command of their own is written so that they do not: `::` at the beginning, and `##[`.
pub fn visible(text: &str) -> Cow<'_, str> {
    let commands = text.trim_start().starts_with("::") || text.contains("##[");
    if !commands && !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            let _ = write!(out, "{}", escape(c));
        } else {
            out.push(c);
        }
    }
    if commands {
        out = out.replace("##[", "#\\u{23}[");
        let indent = out.len() - out.trim_start().len();
        if out.get(indent..).is_some_and(|rest| rest.starts_with("::")) {
            out.replace_range(indent..=indent, "\\u{3a}");
        }
    }
    Cow::Owned(out)
}

/// A character as Rust and many others write it in a string.
pub(super) fn escape(c: char) -> String {
    match c {
        '\n' | '\r' | '\t' => c.escape_default().to_string(),
        c => c.escape_unicode().to_string(),
    }
}

/// A piece of a source line, each character that acts (but a tab) in the place of one that shows that it was there.
pub fn excerpt(text: &str) -> String {
    let text: String = text.chars().map(|c| if acts(c) && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect();
    text.replace("##[", "#\u{fffd}[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_seen() {
        for (text, wanted) in [
            ("Grüße, 世界 👩‍👩‍👧", "Grüße, 世界 👩‍👩‍👧"),
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{1b}[2J\u{9b}2J\u{7f}", r"\u{1b}[2J\u{9b}2J\u{7f}"),
            ("user\u{202e}nimda\u{2028}\u{feff}", r"user\u{202e}nimda\u{2028}\u{feff}"),
            ("  ::error::x", r"  \u{3a}:error::x"),
            ("a ##[error]x", r"a #\u{23}[error]x"),
            ("std::vec", "std::vec"),
        ] {
            assert_eq!(visible(text), wanted);
            assert_eq!(visible(&visible(text)), wanted, "once is enough");
        }
        assert_eq!(excerpt("a\t\u{9b}b##[x"), "a\t\u{fffd}b#\u{fffd}[x");
    }
}
