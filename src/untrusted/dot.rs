//! Texts of the DOT language of Graphviz.

use super::visible;

/// A text as the id of a node: in quotes, in which only quotes mean something.
pub(crate) fn dot_id(text: &str) -> String {
    // A backslash before the closing quote would escape it.
    format!("\"{}\"", visible(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Lines as a label, in which backslashes and entities mean something too.
pub(crate) fn dot_label<'t>(lines: impl IntoIterator<Item = &'t str>) -> String {
    let line = |line: &str| visible(line).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;");
    format!("\"{}\"", lines.into_iter().map(line).collect::<Vec<_>>().join("\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(dot_id(r#"a"b\"#), r#""a\"b\\""#);
        assert_eq!(dot_label(["a\"b", r"c\n&lt;"]), r#""a\"b\nc\\n&amp;lt;""#);
        assert_eq!(dot_label(["a\nb"]), r#""a\\nb""#);
    }
}
