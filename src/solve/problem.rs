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

/// A vector packing problem: the cheapest bins that hold every item are sought. Where no grades of bins are stated, that
/// is the fewest.
///
/// A set of items fits in a bin when in each dimension their sizes sum to at most the capacity, no two of them
/// carry different labels of the same attribute, and some grade may hold them all. A bin is of the cheapest such grade.
///
/// Pairwise exclusions, classes with wildcards and items that must be alone are all written with labels. A bin that is
/// already open, with contents that cannot move, is an item of the size of its contents with a label of its own in one
/// attribute that all such items share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The capacity of a bin in each dimension.
    pub capacity: Vec<u64>,
    /// The grades of bins, at most 64. Where none are stated, every bin costs one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<Grade>,
    /// The items, those that are alike written once; fewer than 2³² in all.
    pub types: Vec<ItemType>,
}

/// A grade of bins; all have the same capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grade {
    /// What a bin costs, at least 1. Of the items, each in a bin of the dearest grade, the total is below 2⁶⁴.
    pub cost: u64,
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
    /// The grades of bins that may hold the item, as indices into [`Problem::grades`], strictly sorted; all where none are
    /// stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<usize>,
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
    /// The grades of an item are not sorted, or one does not exist.
    #[error("the grades of item type {item_type} are not strictly sorted indices of grades")]
    Grades {
        /// The index of the item type.
        item_type: usize,
    },
    /// More grades than can be told apart.
    #[error("there are {found} grades, more than 64")]
    TooManyGrades {
        /// How many there are.
        found: usize,
    },
    /// Bins of a grade cost nothing.
    #[error("grade {grade} costs nothing")]
    Free {
        /// The index of the grade.
        grade: usize,
    },
    /// More items than can be counted.
    #[error("there are {items} items, more than {most}", most = u32::MAX)]
    TooMany {
        /// How many there are.
        items: u64,
    },
    /// The total weight of the wishes is too large to count with.
    #[error("the wishes of all items weigh more than can be counted")]
    TooHeavy,
    /// The total of the costs is too large to count with.
    #[error("{items} items, each in a bin that costs {dearest}, cost more than can be counted")]
    TooDear {
        /// The number of items.
        items: u64,
        /// The cost of the dearest grade.
        dearest: u64,
    },
}

impl ItemType {
    /// Whether a bin of this grade may hold the item.
    pub fn admits(&self, grade: usize) -> bool {
        self.grades.is_empty() || self.grades.binary_search(&grade).is_ok()
    }
}

impl Problem {
    /// The number of items.
    pub fn items(&self) -> u64 {
        self.types.iter().map(|t| u64::from(t.count)).sum()
    }

    /// The cost of each grade; of the only one, where none are stated.
    pub(super) fn costs(&self) -> Vec<u64> {
        if self.grades.is_empty() { vec![1] } else { self.grades.iter().map(|g| g.cost).collect() }
    }

    /// The cheapest grade that may hold all of these items, as types and copies; the first of equals.
    pub fn grade_of(&self, items: &[(usize, u32)]) -> Option<usize> {
        let admits = |grade: &usize| items.iter().all(|&(index, copies)| copies == 0 || self.types[index].admits(*grade));
        (0..self.grades.len()).filter(admits).min_by_key(|&grade| self.grades[grade].cost)
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
            if !t.grades.is_sorted_by(|a, b| a < b) || t.grades.last().is_some_and(|&g| g >= self.grades.len()) {
                return Err(SolveError::Malformed(Flaw::Grades { item_type }));
            }
        }
        self.validate_costs().map_err(SolveError::Malformed)?;
        let wished = |t: &ItemType| t.wishes.iter().map(|w| u128::from(w.weight)).sum::<u128>() * u128::from(t.count);
        if self.types.iter().map(wished).sum::<u128>() > u128::from(u64::MAX) {
            return Err(SolveError::Malformed(Flaw::TooHeavy));
        }
        for (item_type, t) in self.types.iter().enumerate().filter(|(_, t)| t.count > 0) {
            if let Some(dimension) = (0..t.size.len()).find(|&d| t.size[d] > self.capacity[d]) {
                return Err(SolveError::Oversize { item_type, dimension });
            }
        }
        Ok(())
    }

    fn validate_costs(&self) -> Result<(), Flaw> {
        if self.grades.len() > 64 {
            return Err(Flaw::TooManyGrades { found: self.grades.len() });
        }
        if let Some(grade) = self.grades.iter().position(|g| g.cost == 0) {
            return Err(Flaw::Free { grade });
        }
        let dearest = self.grades.iter().map(|g| g.cost).max().unwrap_or(1);
        let items = self.items();
        if items > u64::from(u32::MAX) {
            return Err(Flaw::TooMany { items });
        }
        items.checked_mul(dearest).map(|_| ()).ok_or(Flaw::TooDear { items, dearest })
    }
}
