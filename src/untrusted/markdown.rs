//! GitHub-flavoured Markdown.

use super::visible;

/// A code span that holds whatever the text holds. Within a table a bar would end the cell even there, so it is drawn longer.
pub(crate) fn markdown_code(text: &str) -> String {
    let text = visible(text).replace('|', "∣");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Prose in which nothing is markup, a link or a mention; names between backticks are code.
pub(crate) fn markdown_prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, rest)| Some((before, rest.split_once('`')?)))
    {
        out.push_str(&plain(before));
        out.push_str(&if code.is_empty() { "\\`\\`".to_owned() } else { markdown_code(code) });
        rest = after;
    }
    out + &plain(rest)
}

fn plain(text: &str) -> String {
    // Nothing is shown of a comment, and what would be a mention, a reference to an issue or a link is none with one in it.
    const BREAK: &str = "<!-- -->";
    let text = visible(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '*' | '_' | '[' | ']' | '|' | '\\' | '~' | '!' | '$' | '`' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.extend(["@", BREAK]),
            '#' => out.extend(["\\#", BREAK]),
            ':' if after.starts_with("//") => out.extend([":", BREAK]),
            'w' | 'W' if rest.get(..4).is_some_and(|www| www.eq_ignore_ascii_case("www.")) => {
                out.push(c);
                out.push_str(BREAK);
            }
            c => out.push(c),
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_markup() {
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`a"), "`` `a ``");
        assert_eq!(markdown_code("a|b\n\u{1b}"), "`a∣b\\n\\u{1b}`");
        for (text, wanted) in [
            ("<b> *x*", "&lt;b&gt; \\*x\\*"),
            ("`a_b` is `c*d`", "`a_b` is `c*d`"),
            ("one ` only", "one \\` only"),
            ("`` [x](y)", "\\`\\` \\[x\\](y)"),
            ("@team #12", "@<!-- -->team \\#<!-- -->12"),
            ("![x](https://e.example/?q)", "\\!\\[x\\](https:<!-- -->//e.example/?q)"),
            ("www.e.example", "w<!-- -->ww.e.example"),
            ("a\n# b", "a\\\\n\\#<!-- --> b"),
        ] {
            assert_eq!(markdown_prose(text), wanted, "{text:?}");
        }
    }
}
