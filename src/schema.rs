//! JSON Schemas of the formats, for editors and other programs.

use schemars::schema_for;

use crate::estate::Estate;
use crate::lock::Lock;
use crate::plan::Plan;

/// A format that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// An estate.
    Estate,
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

/// The JSON Schema (draft 2020-12) of a format, as pretty JSON with a final line break.
pub fn schema(of: Schema) -> String {
    let schema = match of {
        Schema::Estate => {
            let mut schema = schema_for!(Estate);
            // People point their editors at the schema from within the file.
            if let Some(properties) = schema.get_mut("properties").and_then(|p| p.as_object_mut()) {
                properties.insert("$schema".to_owned(), serde_json::json!({ "type": "string" }));
            }
            schema
        }
        Schema::Lock => schema_for!(Lock),
        Schema::Plan => schema_for!(Plan),
        Schema::Rules => return include_str!("../rules/rules.schema.json").to_owned(),
        Schema::Scenarios => return include_str!("whatif/scenarios.schema.json").to_owned(),
        Schema::Usage => return include_str!("estate/usage.schema.json").to_owned(),
    };
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
