//! Pages for a browser. The template escapes markup; what is left is text that turns other text around.

use super::acts;
use super::visible::escape;

/// A whole page: characters that act, line breaks and tabs excepted, are written out.
pub(crate) fn html_page(page: &str) -> String {
    written_out(page, |c| acts(c) && !matches!(c, '\n' | '\t'), "")
}

/// Data for a script in a page, as JSON. No text in it can end the element that it stands in.
pub(crate) fn html_script(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c");
    // Seen as in the page itself: the escape is text of the string.
    written_out(&json, acts, "\\")
}

fn written_out(text: &str, which: impl Fn(char) -> bool, before: &str) -> String {
    if !text.contains(&which) {
        return text.to_owned();
    }
    text.chars().map(|c| if which(c) { format!("{before}{}", escape(c)) } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_element_and_stays_json() {
        let said = "</script><b>\u{202e}";
        let json = html_script(&said);
        assert_eq!(json, "\"\\u003c/script>\\u003cb>\\\\u{202e}\"");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), "</script><b>\\u{202e}");
        assert_eq!(html_page("<p>\u{202e}\n</p>"), "<p>\\u{202e}\n</p>");
    }
}
