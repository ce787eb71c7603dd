//! JSON Schemas of the formats, for editors and other programs.

mod config;
mod estate;

use schemars::schema_for;

use crate::lock::Lock;
use crate::plan::Plan;
use crate::rules::RuleSet;

/// A format that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// An estate.
    Estate,
    /// A file that holds a part of an estate, beside others.
    Part,
    /// A lock.
    Lock,
    /// A plan.
    Plan,
    /// A rule file.
    Rules,
    /// Scenarios.
    Scenarios,
    /// A usage file.
    Usage,
}

/// The JSON Schema of a format, as pretty JSON with a final line break: draft 2020-12, but draft 7 for estates, which is what editors know
/// best. What estates may say depends on the rules.
pub fn schema(of: Schema, rules: &RuleSet) -> String {
    let schema = match of {
        Schema::Estate => estate::schema(rules, true),
        Schema::Part => estate::schema(rules, false),
        Schema::Lock => schema_for!(Lock).to_value(),
        Schema::Plan => schema_for!(Plan).to_value(),
        Schema::Rules => return include_str!("../../rules/rules.schema.json").to_owned(),
        Schema::Scenarios => return include_str!("../whatif/scenarios.schema.json").to_owned(),
        Schema::Usage => return include_str!("../estate/usage.schema.json").to_owned(),
    };
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
