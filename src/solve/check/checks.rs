//! Independent checks of a packing and of a certificate, in exact integers.
//!
//! Nothing here is shared with the solver: what it claims is computed again by plainer means.

use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

use crate::solve::check::heaviest::{Heaviest, exclusive, heaviest};
use crate::solve::problem::certificate::{Certificate, Evidence, Part, Share};
use crate::solve::problem::packing::Packing;
use crate::solve::problem::statement::{Attribute, Label, Problem};

/// What is wrong with a packing or a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A pattern or a part names an item type that does not exist.
    #[error("there is no item type {item_type}")]
    UnknownType {
        /// The index named.
        item_type: usize,
    },
    /// Not every item is placed exactly once.
    #[error("{placed} items of type {item_type} are placed, of {count}")]
    Placed {
        /// The index of the item type.
        item_type: usize,
        /// How many are placed.
        placed: u64,
        /// How many there are.
        count: u64,
    },
    /// The items of a bin exceed the capacity.
    #[error("the bins of pattern {pattern} hold {used} in dimension {dimension}, above {capacity}")]
    Capacity {
        /// The index of the pattern.
        pattern: usize,
        /// The dimension.
        dimension: usize,
        /// The sum of the sizes.
        used: u128,
        /// The capacity.
        capacity: u64,
    },
    /// A bin holds items that exclude each other.
    #[error("the bins of pattern {pattern} hold types {first} and {second}, which exclude each other")]
    Exclusion {
        /// The index of the pattern.
        pattern: usize,
        /// An item type.
        first: usize,
        /// An item type with another label of the same attribute.
        second: usize,
    },
    /// A bin holds items that no one bin type may hold, or has room for.
    #[error("no bin type may hold all the items of pattern {pattern}")]
    BinType {
        /// The index of the pattern.
        pattern: usize,
    },
    /// The weights of a part do not match its types, or a type occurs twice or is not of the part that a share belongs to,
    /// or the denominator is zero, or a share does not have a cost for each bin type.
    #[error("part {part} of the certificate is malformed")]
    Part {
        /// The index of the part.
        part: usize,
    },
    /// Two parts could count one bin twice.
    #[error("types {first} and {second}, of two parts of the certificate, can share a bin")]
    Overlap {
        /// A type of one part.
        first: usize,
        /// A type of another part.
        second: usize,
    },
    /// A feasible bin weighs more than the denominator times what it costs.
    #[error("a bin can weigh {weight}, above {most}, which part {part} allows")]
    Weight {
        /// The index of the part.
        part: usize,
        /// What the bin weighs.
        weight: u128,
        /// The denominator times the cost of the bin.
        most: u128,
    },
    /// The shares of a part sum to more than the cost of a bin type.
    #[error("the shares of part {part} exceed the cost of bin type {bin_type}")]
    Shares {
        /// The index of the part.
        part: usize,
        /// The index of the bin type.
        bin_type: usize,
    },
    /// The check of a part was given up.
    #[error("part {part} of the certificate is too hard to check")]
    Undecided {
        /// The index of the part.
        part: usize,
    },
}

/// How a bound is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// By weights, all rechecked.
    Weights,
    /// At least one part rests on an exhaustive search, which was not repeated.
    Search,
}

/// A certificate that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What every packing costs at least.
    pub bound: u64,
    /// How it is proven.
    pub proof: Proof,
}

/// Checks that every item is placed exactly once, and that every bin respects the capacity, the labels and the bin types.
pub fn check_packing(problem: &Problem, packing: &Packing) -> Result<(), Violation> {
    let mut placed = vec![0u64; problem.types.len()];
    for (pattern, bins) in packing.patterns.iter().enumerate() {
        let mut used = vec![0u128; problem.capacity.len()];
        let mut labels: BTreeMap<Attribute, (Label, usize)> = BTreeMap::new();
        for &(index, copies) in &bins.items {
            let Some(item) = problem.types.get(index) else {
                return Err(Violation::UnknownType { item_type: index });
            };
            placed[index] = u64::from(copies)
                .checked_mul(u64::from(bins.count))
                .and_then(|all| placed[index].checked_add(all))
                .unwrap_or(u64::MAX);
            for (used, &size) in used.iter_mut().zip(&item.size) {
                *used += u128::from(size) * u128::from(copies);
            }
            for &(attribute, label) in item.labels.iter().filter(|_| copies > 0) {
                let (seen, first) = *labels.entry(attribute).or_insert((label, index));
                if seen != label {
                    return Err(Violation::Exclusion { pattern, first, second: index });
                }
            }
        }
        let exceeded = used.iter().zip(&problem.capacity).position(|(used, capacity)| *used > u128::from(*capacity));
        if let Some(dimension) = exceeded.filter(|_| problem.bin_types.is_empty()) {
            let (used, capacity) = (used[dimension], problem.capacity[dimension]);
            return Err(Violation::Capacity { pattern, dimension, used, capacity });
        }
        if !problem.bin_types.is_empty() && problem.bin_type_of(&bins.items).is_none() {
            return Err(Violation::BinType { pattern });
        }
    }
    for (item_type, (&placed, item)) in placed.iter().zip(&problem.types).enumerate() {
        let count = u64::from(item.count);
        if placed != count {
            return Err(Violation::Placed { item_type, placed, count });
        }
    }
    Ok(())
}

/// Checks that the evidence of a certificate holds, and computes the bound that it proves.
pub fn check_certificate(problem: &Problem, certificate: &Certificate) -> Result<Checked, Violation> {
    let proof = check_parts(problem, &problem.costs(), &certificate.parts, None)?;
    Ok(Checked { bound: certificate.bound(problem), proof })
}

/// Checks parts at these costs of the bin types; they are parts of a share of the part at `within`, if given.
fn check_parts(problem: &Problem, costs: &[u64], parts: &[Part], within: Option<usize>) -> Result<Proof, Violation> {
    let mut owner: BTreeMap<usize, usize> = BTreeMap::new();
    let mut proof = Proof::Weights;
    for (at, content) in parts.iter().enumerate() {
        let part = within.unwrap_or(at);
        let distinct: BTreeSet<usize> = content.types.iter().copied().collect();
        if let Some(&item_type) = distinct.iter().find(|&&t| t >= problem.types.len()) {
            return Err(Violation::UnknownType { item_type });
        }
        if distinct.len() != content.types.len() {
            return Err(Violation::Part { part });
        }
        let counted: Vec<usize> = match &content.evidence {
            Evidence::Search { .. } => {
                proof = Proof::Search;
                content.types.clone()
            }
            Evidence::Weights { denominator, weights } => {
                if weights.len() != content.types.len() || *denominator == 0 {
                    return Err(Violation::Part { part });
                }
                let weighed: Vec<(usize, u64)> = content
                    .types
                    .iter()
                    .zip(weights)
                    .map(|(&t, &w)| (t, w))
                    .filter(|&(t, w)| w > 0 && problem.types[t].count > 0)
                    .collect();
                check_weights(problem, costs, &weighed, *denominator, part)?;
                weighed.into_iter().map(|(t, _)| t).collect()
            }
            Evidence::Shares { denominator, shares } => {
                if *denominator == 0 || shares.iter().flat_map(|s| &s.parts).flat_map(|p| &p.types).any(|t| !distinct.contains(t))
                {
                    return Err(Violation::Part { part });
                }
                check_shares(problem, costs, (*denominator, shares), &content.types, part)?;
                for share in shares {
                    proof = proof.max(check_parts(problem, &share.costs, &share.parts, Some(part))?);
                }
                content.types.clone()
            }
        };
        for index in counted {
            if owner.insert(index, at).is_some() {
                return Err(Violation::Overlap { first: index, second: index });
            }
        }
    }
    apart(problem, owner.into_iter().collect())?;
    Ok(proof)
}

/// Checks that in a bin of each bin type the items weigh at most the denominator times the cost.
fn check_weights(
    problem: &Problem,
    costs: &[u64],
    weighed: &[(usize, u64)],
    denominator: u64,
    part: usize,
) -> Result<(), Violation> {
    let mut seen: BTreeSet<(u64, &[u64], Vec<usize>)> = BTreeSet::new();
    for (bin_type, &cost) in costs.iter().enumerate() {
        let admitted: Vec<(usize, u64)> = weighed.iter().copied().filter(|w| problem.types[w.0].admits(bin_type)).collect();
        let capacity = problem.capacity_of(bin_type);
        if !seen.insert((cost, capacity, admitted.iter().map(|w| w.0).collect())) {
            continue;
        }
        let most = u128::from(denominator) * u128::from(cost);
        match heaviest(problem, capacity, &admitted, most) {
            Heaviest::Within => {}
            Heaviest::Above(weight) => return Err(Violation::Weight { part, weight, most }),
            Heaviest::Undecided => return Err(Violation::Undecided { part }),
        }
    }
    Ok(())
}

/// Checks that at no bin type that may hold one of the types the shares exceed the cost.
fn check_shares(
    problem: &Problem,
    costs: &[u64],
    (denominator, shares): (u64, &[Share]),
    types: &[usize],
    part: usize,
) -> Result<(), Violation> {
    if shares.iter().any(|s| s.costs.len() != costs.len()) {
        return Err(Violation::Part { part });
    }
    for (bin_type, &cost) in costs.iter().enumerate() {
        let each = shares.iter().map(|s| u128::from(s.unit) * u128::from(s.costs[bin_type]));
        let exceeds = each.fold(0, u128::saturating_add) > u128::from(denominator) * u128::from(cost);
        if exceeds && types.iter().any(|&t| problem.types[t].admits(bin_type)) {
            return Err(Violation::Shares { part, bin_type });
        }
    }
    Ok(())
}

/// Checks that types of different parts never share a bin; `counted` is (type, part).
///
/// Where every type carries some attribute, only parts that have a label of it in common need a closer look; what is
/// left is compared pair by pair.
fn apart(problem: &Problem, counted: Vec<(usize, usize)>) -> Result<(), Violation> {
    let mut open = vec![counted];
    while let Some(set) = open.pop() {
        let Some(&(first, part)) = set.first() else {
            continue;
        };
        if set.iter().all(|c| c.1 == part) {
            continue;
        }
        let mut common: Vec<Attribute> = problem.types[first].labels.iter().map(|l| l.0).collect();
        for &(index, _) in &set {
            common.retain(|&a| label(problem, index, a).is_some());
        }
        let split = common.iter().find_map(|&attribute| {
            let groups = group(problem, &set, attribute);
            (groups.len() > 1).then_some(groups)
        });
        match split {
            Some(groups) => open.extend(groups),
            None => pairs(problem, &set)?,
        }
    }
    Ok(())
}

/// Sets of the types, such that equal parts are together and so are equal labels of the attribute.
fn group(problem: &Problem, set: &[(usize, usize)], attribute: Attribute) -> Vec<Vec<(usize, usize)>> {
    let mut parts_of: BTreeMap<Option<Label>, BTreeSet<usize>> = BTreeMap::new();
    let mut labels_of: BTreeMap<usize, BTreeSet<Option<Label>>> = BTreeMap::new();
    for &(index, part) in set {
        let found = label(problem, index, attribute);
        parts_of.entry(found).or_default().insert(part);
        labels_of.entry(part).or_default().insert(found);
    }
    let mut number: BTreeMap<usize, usize> = BTreeMap::new();
    let mut groups = 0;
    for &start in labels_of.keys() {
        if number.contains_key(&start) {
            continue;
        }
        let mut queue = vec![start];
        number.insert(start, groups);
        while let Some(part) = queue.pop() {
            for found in &labels_of[&part] {
                // Taken out, so that a label shared by many parts is walked once.
                for other in parts_of.remove(found).unwrap_or_default() {
                    number.entry(other).or_insert_with(|| {
                        queue.push(other);
                        groups
                    });
                }
            }
        }
        groups += 1;
    }
    let mut sets = vec![Vec::new(); groups];
    for &(index, part) in set {
        sets[number[&part]].push((index, part));
    }
    sets
}

fn pairs(problem: &Problem, set: &[(usize, usize)]) -> Result<(), Violation> {
    for (at, &(first, part)) in set.iter().enumerate() {
        for &(second, other) in &set[at + 1..] {
            if part != other && !exclusive(problem, first, second) {
                return Err(Violation::Overlap { first, second });
            }
        }
    }
    Ok(())
}

fn label(problem: &Problem, index: usize, attribute: Attribute) -> Option<Label> {
    let labels = &problem.types[index].labels;
    labels.iter().find(|l| l.0 == attribute).map(|l| l.1)
}
