//! Pages for a browser, each complete in one file: nothing is loaded, nothing is sent.

mod charts;
mod plan;
mod whatif;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, Value};

pub use plan::html;
pub(super) use whatif::comparison;

const TEMPLATES: [(&str, &str); 5] = [
    ("base.html", include_str!("base.html")),
    ("plan.html", include_str!("plan.html")),
    ("whatif.html", include_str!("whatif.html")),
    ("style.css", include_str!("style.css")),
    ("search.js", include_str!("search.js")),
];

/// Fills a page in; whatever comes from the input is escaped.
fn render(page: &str, context: &impl serde::Serialize) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    environment.add_filter("prose", prose);
    let added = TEMPLATES.iter().try_for_each(|(name, source)| environment.add_template(name, source));
    let rendered = added.and_then(|()| environment.get_template(page)?.render(Value::from(Serde(context))));
    // The templates are the program's own, and tests fill them in; what they are filled with cannot break them.
    rendered.unwrap_or_else(|error| format!("<!DOCTYPE html><title>colocate</title><p>This page could not be made: {error}"))
}

/// A sentence as messages write it, with what stands between backticks as code.
fn prose(text: &str) -> Value {
    let escaped = HtmlEscape(text).to_string();
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped.as_str();
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, rest)| Some((before, rest.split_once('`')?)))
    {
        out.push_str(&format!("{before}<code>{code}</code>"));
        rest = after;
    }
    out.push_str(rest);
    Value::from_safe_string(out)
}

/// Data for a script in a page. No text in it can end the element that it stands in.
fn data(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::{data, prose};

    #[test]
    fn prose_is_escaped_and_names_are_code() {
        assert_eq!(prose("`a` < `<b>`").to_string(), "<code>a</code> &lt; <code>&lt;b&gt;</code>");
        assert_eq!(prose("one ` only").to_string(), "one ` only");
        assert_eq!(prose("`a` and ` more").to_string(), "<code>a</code> and ` more");
    }

    #[test]
    fn data_cannot_end_its_element() {
        assert_eq!(data(&"</script><b>"), "\"\\u003c/script>\\u003cb>\"");
    }
}
