//! Sweeps: the product of axes.

use serde_json::Value;

use super::Growth;
use super::scenario::{Change, Scenario};
use crate::input::Pointer;
use crate::secrets::hidden_member;

/// What is changed step by step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Axis {
    /// A value of the estate, by JSON pointer.
    Value { pointer: String, values: Vec<Value> },
    /// The number of components.
    Growth(Vec<(Growth, Value)>),
}

impl Axis {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Value { values, .. } => values.len(),
            Self::Growth(factors) => factors.len(),
        }
    }

    pub(super) fn key(&self) -> &str {
        match self {
            Self::Value { pointer, .. } => pointer,
            Self::Growth(_) => "growth",
        }
    }

    /// What people call it: the pointer with dots, without where settings are.
    pub(super) fn name(&self) -> String {
        let pointer = self.key();
        let short = ["/settings/limits/", "/settings/", "/"].iter().find_map(|prefix| pointer.strip_prefix(prefix));
        short.unwrap_or(pointer).replace('/', ".").replace("~1", "/").replace("~0", "~")
    }

    pub(super) fn values(&self) -> Vec<Value> {
        match self {
            Self::Value { .. } => (0..self.len()).map(|step| self.shown(step)).collect(),
            Self::Growth(factors) => factors.iter().map(|(_, value)| value.clone()).collect(),
        }
    }

    /// A step's value as it is shown: as it was written, unless it is a secret.
    fn shown(&self, step: usize) -> Value {
        let Self::Value { pointer, values } = self else { return Value::Null };
        let value = values.get(step).cloned().unwrap_or_default();
        let mut names = pointer.rsplit('/');
        let last = names.next().unwrap_or_default();
        let name = if last == "value" { names.next().unwrap_or(last) } else { last };
        if hidden_member(name, &value) == value { value } else { format!("secret {}", step + 1).into() }
    }

    /// Makes a step; gives the value as it is shown.
    fn step(&self, step: usize, change: &mut Change) -> Value {
        match self {
            Self::Value { pointer, values } => {
                let value = values.get(step).cloned().unwrap_or_default();
                change.set.push((pointer.clone(), value));
                self.shown(step)
            }
            Self::Growth(factors) => {
                change.growth = factors.get(step).map(|(growth, _)| *growth);
                factors.get(step).map(|(_, value)| value.clone()).unwrap_or_default()
            }
        }
    }
}

/// How many scenarios the axes make, if that can be counted.
pub(super) fn size(axes: &[Axis]) -> Option<usize> {
    if axes.is_empty() {
        return Some(0);
    }
    axes.iter().try_fold(1_usize, |product, axis| product.checked_mul(axis.len()))
}

/// Every combination, the last axis fastest.
pub(super) fn product(axes: &[Axis], place: &Pointer) -> Vec<Scenario> {
    let total = size(axes).unwrap_or(0);
    let mut scenarios = Vec::with_capacity(total);
    for number in 0..total {
        let mut change = Change::default();
        let mut values = Vec::with_capacity(axes.len());
        let mut stride = total;
        for axis in axes {
            stride /= axis.len().max(1);
            values.push((axis.name(), axis.step(number / stride % axis.len().max(1), &mut change)));
        }
        let name = values.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(" ");
        scenarios.push(Scenario { name, place: place.clone(), axes: values, change });
    }
    scenarios
}

/// A value as people write it.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
