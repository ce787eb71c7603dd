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

/// A vector packing problem: the cheapest bins that hold every item are sought. Where no types of bins are stated, that
/// is the fewest.
///
/// A set of items fits in a bin when in each dimension their sizes sum to at most the capacity, no two of them
/// carry different labels of the same attribute, and some bin type may hold them all. A bin is of the cheapest such bin type.
///
/// A bin type may have a capacity of its own; what a bin of it holds has to fit in that.
///
/// Pairwise exclusions, classes with wildcards and items that must be alone are all written with labels. A bin that is
/// already open, with contents that cannot move, is an item of the size of its contents with a label of its own in one
/// attribute that all such items share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The capacity of a bin in each dimension, of every bin type that states none of its own.
    pub capacity: Vec<u64>,
    /// The types of bins, at most 64. Where none are stated, every bin costs one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bin_types: Vec<BinType>,
    /// The items, those that are alike written once; fewer than 2³² in all.
    pub types: Vec<ItemType>,
}

/// A type of bins: what a bin costs and, where it is not that of the problem, what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BinType {
    /// What a bin costs, at least 1. Of the items, each in a bin of the dearest bin type, the total is below 2⁶⁴.
    pub cost: u64,
    /// The capacity of a bin of this type in each dimension; that of the problem where none is stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<u64>,
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
    /// The types of bins that may hold the item, as indices into [`Problem::bin_types`], strictly sorted; all where none are
    /// stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bin_types: Vec<usize>,
    /// Labels that the item would like its bin to have, sorted by attribute, at most one an attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub soft_labels: Vec<SoftLabel>,
}

/// A label that an item would like its bin to have.
///
/// Each bin has one label for every attribute: the one that its items carry, or else the choice that yields least. An
/// item whose preference differs from it yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SoftLabel {
    /// The attribute.
    pub attribute: Attribute,
    /// The label preferred.
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
    /// An item is larger than every type of bins that may hold it.
    #[error("item type {item_type} is larger than every bin type that may hold it")]
    NoBinType {
        /// The index of the item type.
        item_type: usize,
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
    /// The soft labels are not sorted by attribute, or name an attribute twice.
    #[error("the soft labels of item type {item_type} are not strictly sorted by attribute")]
    SoftLabels {
        /// The index of the item type.
        item_type: usize,
    },
    /// The bin types of an item are not sorted, or one does not exist.
    #[error("the bin types of item type {item_type} are not strictly sorted indices of bin types")]
    BinTypes {
        /// The index of the item type.
        item_type: usize,
    },
    /// More bin types than can be told apart.
    #[error("there are {found} bin types, more than 64")]
    TooManyBinTypes {
        /// How many there are.
        found: usize,
    },
    /// A bin type has another number of dimensions than the problem.
    #[error("bin type {bin_type} has {found} dimensions where the capacity has {expected}")]
    BinDimensions {
        /// The index of the bin type.
        bin_type: usize,
        /// How many dimensions it has.
        found: usize,
        /// How many the capacity of the problem has.
        expected: usize,
    },
    /// Bins of a bin type cost nothing.
    #[error("bin type {bin_type} costs nothing")]
    Free {
        /// The index of the bin type.
        bin_type: usize,
    },
    /// More items than can be counted.
    #[error("there are {items} items, more than {most}", most = u32::MAX)]
    TooMany {
        /// How many there are.
        items: u64,
    },
    /// The total weight of the soft labels is too large to count with.
    #[error("the soft labels of all items weigh more than can be counted")]
    TooHeavy,
    /// The total of the costs is too large to count with.
    #[error("{items} items, each in a bin that costs {dearest}, cost more than can be counted")]
    TooDear {
        /// The number of items.
        items: u64,
        /// The cost of the dearest bin type.
        dearest: u64,
    },
}

impl ItemType {
    /// Whether a bin of this bin type may hold the item.
    pub fn admits(&self, bin_type: usize) -> bool {
        self.bin_types.is_empty() || self.bin_types.binary_search(&bin_type).is_ok()
    }
}

impl Problem {
    /// The number of items.
    pub fn items(&self) -> u64 {
        self.types.iter().map(|t| u64::from(t.count)).sum()
    }

    /// The cost of each bin type; of the only one, where none are stated.
    pub(crate) fn costs(&self) -> Vec<u64> {
        if self.bin_types.is_empty() { vec![1] } else { self.bin_types.iter().map(|g| g.cost).collect() }
    }

    /// The capacity of a bin of this type; of every bin, where no types are stated.
    pub fn capacity_of(&self, bin_type: usize) -> &[u64] {
        match self.bin_types.get(bin_type) {
            Some(stated) if !stated.capacity.is_empty() => &stated.capacity,
            _ => &self.capacity,
        }
    }

    /// The cheapest bin type that may hold all of these items, as types and copies; the first of equals.
    pub fn bin_type_of(&self, items: &[(usize, u32)]) -> Option<usize> {
        let load = self.load(items);
        let admits = |&bin_type: &usize| {
            items.iter().all(|&(index, copies)| copies == 0 || self.types[index].admits(bin_type))
                && load.iter().zip(self.capacity_of(bin_type)).all(|(load, &capacity)| *load <= u128::from(capacity))
        };
        (0..self.bin_types.len()).filter(admits).min_by_key(|&bin_type| self.bin_types[bin_type].cost)
    }

    /// The sum of the sizes of these items in each dimension.
    fn load(&self, items: &[(usize, u32)]) -> Vec<u128> {
        let mut load = vec![0; self.capacity.len()];
        for &(index, copies) in items {
            for (load, &size) in load.iter_mut().zip(&self.types[index].size) {
                *load += u128::from(size) * u128::from(copies);
            }
        }
        load
    }

    /// Whether an item of this type fits in a bin of that type.
    pub(crate) fn holds(&self, bin_type: usize, item: &ItemType) -> bool {
        (self.bin_types.is_empty() || item.admits(bin_type))
            && item.size.iter().zip(self.capacity_of(bin_type)).all(|(size, capacity)| size <= capacity)
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
            if !t.soft_labels.is_sorted_by(|a, b| a.attribute < b.attribute) {
                return Err(SolveError::Malformed(Flaw::SoftLabels { item_type }));
            }
            if !t.bin_types.is_sorted_by(|a, b| a < b) || t.bin_types.last().is_some_and(|&g| g >= self.bin_types.len()) {
                return Err(SolveError::Malformed(Flaw::BinTypes { item_type }));
            }
        }
        self.validate_bin_types().map_err(SolveError::Malformed)?;
        let preferred = |t: &ItemType| t.soft_labels.iter().map(|w| u128::from(w.weight)).sum::<u128>() * u128::from(t.count);
        if self.types.iter().map(preferred).sum::<u128>() > u128::from(u64::MAX) {
            return Err(SolveError::Malformed(Flaw::TooHeavy));
        }
        for (item_type, t) in self.types.iter().enumerate().filter(|(_, t)| t.count > 0) {
            let over = (0..t.size.len()).find(|&d| t.size[d] > self.capacity[d]);
            match over {
                Some(dimension) if self.bin_types.is_empty() => return Err(SolveError::Oversize { item_type, dimension }),
                _ if self.bin_types.is_empty() || (0..self.bin_types.len()).any(|b| self.holds(b, t)) => {}
                _ => return Err(SolveError::NoBinType { item_type }),
            }
        }
        Ok(())
    }

    fn validate_bin_types(&self) -> Result<(), Flaw> {
        if self.bin_types.len() > 64 {
            return Err(Flaw::TooManyBinTypes { found: self.bin_types.len() });
        }
        let expected = self.capacity.len();
        let misshapen = |b: &BinType| !b.capacity.is_empty() && b.capacity.len() != expected;
        if let Some(bin_type) = self.bin_types.iter().position(misshapen) {
            return Err(Flaw::BinDimensions { bin_type, found: self.bin_types[bin_type].capacity.len(), expected });
        }
        if let Some(bin_type) = self.bin_types.iter().position(|g| g.cost == 0) {
            return Err(Flaw::Free { bin_type });
        }
        let dearest = self.bin_types.iter().map(|g| g.cost).max().unwrap_or(1);
        let items = self.items();
        if items > u64::from(u32::MAX) {
            return Err(Flaw::TooMany { items });
        }
        items.checked_mul(dearest).map(|_| ()).ok_or(Flaw::TooDear { items, dearest })
    }
}
