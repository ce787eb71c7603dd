//! The names that an estate and its rules are made of, each a type of its own.

pub(crate) mod ids;

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! name_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name.into())
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

name_types! {
    /// A component of the estate: `UserApi`. A letter, then letters, digits, `-`, `_`, `.` and `/`.
    ComponentId
    /// A kind of component that a rule file expands into requirements: `CrudApi`.
    ComponentType
    /// A kind of resource that a rule file describes: `cosmos`.
    ResourceType
    /// What a component calls the resource it needs; only requirements with equal keys may share: `shared-cosmos`.
    RequirementKey
    /// A provisioned resource: `{resourceType}:{requirementKey}`, then `-2`, `-3`, … for further ones.
    ResourceId
}

impl ComponentId {
    /// What is wrong with a component id, if anything.
    pub(crate) fn fault(id: &str) -> Option<&'static str> {
        let mut letters = id.bytes();
        if !letters.next().is_some_and(|first| first.is_ascii_alphabetic()) {
            return Some("a name that begins with a letter (a-z, A-Z)");
        }
        if id.len() > 128 {
            return Some("at most 128 characters");
        }
        let good = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
        (!letters.all(good)).then_some("only letters, digits, `-`, `_`, `.` and `/`")
    }
}

impl ResourceId {
    /// The type of the resource: what stands before the colon.
    pub(crate) fn type_name(&self) -> &str {
        self.as_str().split(':').next().unwrap_or_default()
    }
}

impl RequirementKey {
    /// What is wrong with a requirement key, if anything.
    pub(crate) fn fault(key: &str) -> Option<&'static str> {
        let mut letters = key.bytes();
        if !letters.next().is_some_and(|first| first.is_ascii_alphanumeric()) {
            return Some("a name that begins with a letter or digit");
        }
        if key.len() > 128 {
            return Some("at most 128 characters");
        }
        let good = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        (!letters.all(good)).then_some("only letters, digits, `-`, `_` and `.`")
    }
}

/// A key that sorts ids as people count: a final number goes by its value, `-9` before `-10`.
pub(crate) fn counted(id: &str) -> (&str, u64, &str) {
    match id.rsplit_once('-') {
        Some((base, number)) => number.parse().map_or((id, 0, id), |number| (base, number, id)),
        None => (id, 0, id),
    }
}
