//! How merged properties came to their values: part of the plan's format.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::estate::Priority;

/// How every property of a resource came to its value, by the property's path.
pub type Provenance = BTreeMap<String, PropertyRecord>;

/// How one property came to its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PropertyRecord {
    /// The merge strategy; `default` when nobody said anything, `lock` when nobody did and the value cannot be changed in place.
    pub strategy: Cow<'static, str>,
    /// The value that won, for single values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub winner: Option<Value>,
    /// What was stated, by distinct value.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub contributions: Vec<ContributionRecord>,
    /// How many elements the merged collection has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub elements: Option<usize>,
}

/// One value and who stated it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContributionRecord {
    /// The value; not repeated for collections.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<Value>,
    /// The highest priority it was stated with; not told for collections.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub priority: Option<Priority>,
    /// `override`, `inherited`, or absent for a requirement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Cow<'static, str>>,
    /// How many components (or resources, for what they require) state it.
    pub count: usize,
    /// The first few of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub first: Vec<String>,
}
