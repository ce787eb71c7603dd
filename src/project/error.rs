//! Why a plan cannot be projected.

use super::expression::NodeId;
use super::graph::Graph;
use crate::input::{Code, Diagnostic};
use crate::plan::Resource;
use crate::rules::{Language, ResourceRule};

/// Why a plan cannot be projected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct ProjectError(pub Diagnostic);

fn called(language: Language) -> &'static str {
    match language {
        Language::Arm => "ARM",
        Language::Terraform => "Terraform",
    }
}

impl ProjectError {
    fn new(code: Code, message: String, help: impl Into<String>) -> Self {
        let mut diagnostic = Diagnostic::error(code, message);
        diagnostic.help(help);
        Self(diagnostic)
    }

    pub(super) fn unknown_type(resource: &Resource) -> Self {
        let message = format!("no rule file describes the type of `{}`", resource.id);
        Self::new(Code::UnknownType, message, "name the folder of its rule file with `--rules`")
    }

    pub(super) fn no_blocks(rule: &ResourceRule, language: Language) -> Self {
        let message = format!("the rule of `{}` does not say what it becomes in {}", rule.resource_type, called(language));
        let also = if language == Language::Terraform { " or `terraform`" } else { "" };
        Self::new(Code::NoProjection, message, format!("add `arm`{also} to the rule file of the type"))
    }

    pub(super) fn no_output(resource: &Resource, output: &str, language: Language) -> Self {
        let message = format!("the output `{output}` of `{}` comes to nothing in {}", resource.id, called(language));
        let member = match language {
            Language::Arm => "arm",
            Language::Terraform => "terraform",
        };
        Self::new(
            Code::NoProjection,
            message,
            format!("state `outputs.{output}.{member}` in the rule of `{}`", resource.resource_type),
        )
    }

    pub(super) fn expression(rule: &ResourceRule, what: &str, detail: &str) -> Self {
        let message = format!("the expression of `{what}` in the rule of `{}` fails: {detail}", rule.resource_type);
        Self::new(Code::Expression, message, "this is a mistake in the rule file of the resource type")
    }

    pub(super) fn not_a_node(rule: &ResourceRule, symbol: &str, what: &str) -> Self {
        Self::expression(rule, symbol, &format!("its `{what}` is not one of the provider resources"))
    }

    pub(super) fn not_in_terraform(label: &str, what: &str) -> Self {
        let message = format!("`{label}` is written for ARM, and its {what} has no counterpart in Terraform");
        Self::new(Code::NoProjection, message, "add a `terraform` section to the rule of its type")
    }

    pub(super) fn written_already(resource: &Resource, path: &str) -> Self {
        let message = format!("`{path}` of `{}` says what the rule of its type says already, and otherwise", resource.id);
        Self::new(Code::NoProjection, message, "state it by a property, or leave it out of `extra`")
    }

    pub(super) fn reserved_character(resource: &Resource, text: &str) -> Self {
        let message = format!("a value of `{}` has a character that no text may have: {}", resource.id, text.escape_unicode());
        Self::new(Code::InvalidName, message, "leave out U+FDD0 and U+FDD1")
    }

    pub(super) fn circle(graph: &Graph, waiting: &[NodeId]) -> Self {
        let labels: Vec<&str> = waiting.iter().take(8).map(|id| graph.node(*id).label.as_str()).collect();
        let message = format!("provider resources wait for each other: {}", labels.join(", "));
        Self::new(Code::ReferenceCycle, message, "break the circle in the rules or references")
    }
}
