//! Scenarios: changes under names.

use std::collections::BTreeMap;

use json_patch::PatchOperation;
use serde_json::{Map, Value};

use super::Growth;
use crate::input::Pointer;
use crate::names::ResourceType;

/// A change of an estate or of its rules, under a name. Several kinds of change may be in one; they are made in this
/// order: `merge`, `patch`, values set, `ignoreKeys` or `unshared`, growth; and those of the rules.
///
/// ```
/// use colocate::{Growth, Scenario};
/// let double = Scenario::new("double").growth(Growth::new(2.0).expect("from 1 on"));
/// let roomy = Scenario::new("roomy").set("/settings/headroom", 0.2);
/// assert_eq!((double.name(), roomy.name()), ("double", "roomy"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub(super) name: String,
    /// Where it is in its file.
    pub(super) place: Pointer,
    /// The values of the axes, where it is a point of a sweep.
    pub(super) axes: Vec<(String, Value)>,
    pub(super) change: Change,
}

/// What a scenario changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    pub(super) growth: Option<Growth>,
    pub(super) sharing: Option<Shares>,
    pub(super) edit: Edit,
    /// Values by JSON pointer into the estate.
    pub(super) set: Vec<(String, Value)>,
    /// A type whose requirements may share whatever their keys.
    pub(super) pooled: Option<ResourceType>,
    /// Edits of rules, by type.
    pub(super) rules: BTreeMap<String, Edit>,
}

/// Who shares, in place of what the estate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shares {
    Nobody,
    AllOfAType,
}

/// A change of a JSON document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edit {
    /// RFC 7396.
    pub(super) merge: Option<Value>,
    /// RFC 6902.
    pub(super) patch: Vec<PatchOperation>,
}

impl Scenario {
    /// A scenario that changes nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), place: Pointer::root(), axes: Vec::new(), change: Change::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// So many times as many components.
    #[must_use]
    pub fn growth(mut self, growth: Growth) -> Self {
        self.change.growth = Some(growth);
        self
    }

    /// Every component alone.
    #[must_use]
    pub fn unshared(mut self) -> Self {
        self.change.sharing = Some(Shares::Nobody);
        self
    }

    /// All requirements of a resource type may share, whatever their keys.
    #[must_use]
    pub fn ignoring_keys(mut self) -> Self {
        self.change.sharing = Some(Shares::AllOfAType);
        self
    }

    /// A JSON Merge Patch (RFC 7396) on the estate; a further one replaces it.
    #[must_use]
    pub fn merge(mut self, merge: Value) -> Self {
        self.change.edit.merge = Some(merge);
        self
    }

    /// A value of the estate, by JSON pointer.
    #[must_use]
    pub fn set(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        self.change.set.push((pointer.into(), value.into()));
        self
    }

    /// A JSON Merge Patch on the rule of a resource type or component type; a further one of the same type replaces it.
    #[must_use]
    pub fn merge_rule(mut self, of: impl Into<String>, merge: Map<String, Value>) -> Self {
        self.change.rules.entry(of.into()).or_default().merge = Some(Value::Object(merge));
        self
    }
}

/// The scenarios to compare, those of a sweep after those with names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenarios {
    pub(super) list: Vec<Scenario>,
    /// The axes of the sweep, by name, each with its values.
    pub(super) axes: Vec<(String, Vec<Value>)>,
}

impl Scenarios {
    /// The scenarios, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Scenario> {
        self.list.iter()
    }
}

impl FromIterator<Scenario> for Scenarios {
    fn from_iter<I: IntoIterator<Item = Scenario>>(scenarios: I) -> Self {
        Self { list: scenarios.into_iter().collect(), axes: Vec::new() }
    }
}
