//! Faults of rules that only show when they are used.

use super::{ResourceRule, template};
use crate::input::{Code, Diagnostic};

/// An expression of a rule that fails.
pub(crate) fn broken(rule: &ResourceRule, what: &str, error: &minijinja::Error) -> Diagnostic {
    let message =
        format!("the expression of `{what}` in the rule of `{}` fails: {}", rule.resource_type, template::detail(error));
    let mut diagnostic = Diagnostic::error(Code::Expression, message);
    diagnostic.help("this is a mistake in the rule file of the resource type");
    diagnostic
}
