//! The vector packing problem, as the caller states it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A way in which items can exclude each other: items that carry different labels of one attribute never share a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attribute(pub u32);

/// The value that an item carries for an [`Attribute`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(pub u32);

/// A vector packing problem; all bins are alike, and the fewest that hold every item are sought.
///
/// A set of items fits in a bin when in each dimension their sizes sum to at most the capacity, and no two of them
/// carry different labels of the same attribute.
///
/// Pairwise exclusions, classes with wildcards and items that must be alone are all written with labels. A bin that is
/// already open, with contents that cannot move, is an item of the size of its contents with a label of its own in one
/// attribute that all such items share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The capacity of a bin in each dimension.
    pub capacity: Vec<u64>,
    /// The items, those that are alike written once.
    pub types: Vec<ItemType>,
}

/// Items that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemType {
    /// The size of one item in each dimension, as many as the capacity has.
    pub size: Vec<u64>,
    /// How many such items there are.
    pub count: u32,
    /// Labels that the bin must respect, sorted by attribute, at most one an attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<(Attribute, Label)>,
    /// Labels that the item would like its bin to have, sorted by attribute, at most one an attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<Wish>,
}

/// A label that an item would like its bin to have.
///
/// Each bin has one label for every attribute: the one that its items carry, or else the choice that yields least. An
/// item whose wish differs from it yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wish {
    /// The attribute.
    pub attribute: Attribute,
    /// The label wished for.
    pub label: Label,
    /// What it costs when the item yields.
    pub weight: u32,
}

/// Why a problem cannot be solved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SolveError {
    /// An item is larger than a bin.
    #[error("item type {item_type} is larger than the capacity in dimension {dimension}")]
    Oversize {
        /// The index of the item type.
        item_type: usize,
        /// The dimension in which it does not fit.
        dimension: usize,
    },
    /// The problem does not have the form that [`Problem`] describes.
    #[error("malformed problem: {0}")]
    Malformed(Flaw),
}

/// A way in which a problem is malformed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// A size has another number of dimensions than the capacity.
    #[error("item type {item_type} has {found} dimensions where the capacity has {expected}")]
    Dimensions {
        /// The index of the item type.
        item_type: usize,
        /// How many dimensions it has.
        found: usize,
        /// How many the capacity has.
        expected: usize,
    },
    /// The labels are not sorted by attribute, or name an attribute twice.
    #[error("the labels of item type {item_type} are not strictly sorted by attribute")]
    Labels {
        /// The index of the item type.
        item_type: usize,
    },
    /// The wishes are not sorted by attribute, or name an attribute twice.
    #[error("the wishes of item type {item_type} are not strictly sorted by attribute")]
    Wishes {
        /// The index of the item type.
        item_type: usize,
    },
}

impl Problem {
    /// The number of items.
    pub fn items(&self) -> u64 {
        self.types.iter().map(|t| u64::from(t.count)).sum()
    }

    /// Checks the form of the problem, and that each item fits in a bin of its own.
    pub fn validate(&self) -> Result<(), SolveError> {
        for (item_type, t) in self.types.iter().enumerate() {
            if t.size.len() != self.capacity.len() {
                return Err(SolveError::Malformed(Flaw::Dimensions {
                    item_type,
                    found: t.size.len(),
                    expected: self.capacity.len(),
                }));
            }
            if !t.labels.is_sorted_by(|a, b| a.0 < b.0) {
                return Err(SolveError::Malformed(Flaw::Labels { item_type }));
            }
            if !t.wishes.is_sorted_by(|a, b| a.attribute < b.attribute) {
                return Err(SolveError::Malformed(Flaw::Wishes { item_type }));
            }
        }
        for (item_type, t) in self.types.iter().enumerate().filter(|(_, t)| t.count > 0) {
            if let Some(dimension) = (0..t.size.len()).find(|&d| t.size[d] > self.capacity[d]) {
                return Err(SolveError::Oversize { item_type, dimension });
            }
        }
        Ok(())
    }
}
