//! Pages for a browser, each complete in one file: nothing is loaded, nothing is sent.

mod charts;
mod picture;
mod plan;
mod scatter;
mod whatif;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, Value};

pub use plan::html;

use crate::untrusted::html_page;
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
    html_page(
        &rendered
            .unwrap_or_else(|error| format!("<!DOCTYPE html><title>colocate</title><p>This page could not be made: {error}")),
    )
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

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn prose_is_escaped_and_names_are_code() {
        assert_eq!(prose("`a` < `<b>`").to_string(), "<code>a</code> &lt; <code>&lt;b&gt;</code>");
        assert_eq!(prose("one ` only").to_string(), "one ` only");
        assert_eq!(prose("`a` and ` more").to_string(), "<code>a</code> and ` more");
    }
}
