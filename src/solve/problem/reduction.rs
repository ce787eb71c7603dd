//! Reduction of a problem to what matters for the cost of the bins: kinds of items, active labels, binding dimensions,
//! bin types that can be the cheapest.

use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

use crate::solve::problem::bin_types::{BinTypes, Costs, ranked};
use crate::solve::problem::bound::Bound;
use crate::solve::problem::certificate::{Evidence, Part, Share};
use crate::solve::problem::instance::{Instance, Kind, NumberedLabel, instance};
use crate::solve::problem::statement::Problem;
use crate::solve::problem::sums::gcd;

/// An instance and what its kinds stand for.
#[derive(Clone, Debug)]
pub(crate) struct Reduced {
    pub instance: Instance,
    /// For each kind, what it stands for (types of the problem, or kinds of a finer instance) and how many of each.
    pub members: Vec<Vec<(usize, u64)>>,
    /// For each bin type of what was reduced, the bin type that stands for it, if an item may be in a bin of it.
    pub bin_types: Vec<Option<usize>>,
    /// What the costs were divided by.
    pub unit: u64,
}

/// Reduces a valid problem.
pub(crate) fn reduce(problem: &Problem) -> Reduced {
    let instance = instance(problem);
    let mut reduced = coarsen(&instance, |_| true);
    if !problem.bin_types.is_empty() {
        reduced.bin_types = ranked(problem).1.into_iter().map(|place| reduced.bin_types[place]).collect();
    }
    // What tells the members of a kind apart is their content, not their place in the input.
    for members in &mut reduced.members {
        members.sort_by_key(|&(index, _)| {
            let t = &problem.types[index];
            (&t.soft_labels, &t.labels, &t.size, index)
        });
    }
    reduced
}

/// Joins kinds that are equal once the attributes that `keep` refuses, those with a single label, and the dimensions
/// that cannot bind are left out. The kinds come largest first, whatever their order was.
pub(crate) fn coarsen(instance: &Instance, keep: impl Fn(u32) -> bool) -> Reduced {
    let used = || instance.kinds.iter().filter(|k| k.count > 0);
    let mut label_of: BTreeMap<u32, Option<u32>> = BTreeMap::new();
    for &(attribute, label) in used().flat_map(|k| &k.labels) {
        let only = label_of.entry(attribute).or_insert(Some(label));
        if *only != Some(label) {
            *only = None;
        }
    }
    let active = |a: u32| keep(a) && label_of.get(&a) == Some(&None);
    let binding: Vec<usize> = (0..instance.capacity.len())
        .filter(|&d| {
            let total: u128 = used().map(|k| u128::from(k.size[d]) * u128::from(k.count)).sum();
            let least = instance.capacities.iter().map(|c| c[d]).min().unwrap_or(instance.capacity[d]);
            total > u128::from(least)
        })
        .collect();
    // Dividing by the common divisor lets a rounded-down capacity bind, and keeps tables small.
    let divisor: Vec<u64> = binding.iter().map(|&d| used().fold(0, |g, k| gcd(g, k.size[d])).max(1)).collect();

    let Kept { costs, standing, bin_types, unit } = keep_bin_types(instance, used().map(|k| k.bin_types));

    type Key = (Vec<u64>, Vec<NumberedLabel>, BinTypes);
    let mut joined: FxHashMap<Key, Vec<(usize, u64)>> = FxHashMap::default();
    let mut key: Key = (Vec::new(), Vec::new(), BinTypes::ALL);
    for (index, kind) in instance.kinds.iter().enumerate() {
        if kind.count == 0 {
            continue;
        }
        key.0.clear();
        key.0.extend(binding.iter().zip(&divisor).map(|(&d, g)| kind.size[d] / g));
        key.1.clear();
        key.1.extend(kind.labels.iter().copied().filter(|m| active(m.0)));
        key.2 = moved(kind.bin_types, &bin_types);
        match joined.get_mut(&key) {
            Some(group) => group.push((index, kind.count)),
            None => {
                joined.insert(key.clone(), vec![(index, kind.count)]);
            }
        }
    }
    let mut joined: Vec<(Key, Vec<(usize, u64)>)> = joined.into_iter().collect();
    joined.sort_unstable_by(|a, b| b.0.cmp(&a.0));
    let (mut kinds, mut members) = (Vec::new(), Vec::new());
    for ((size, labels, bin_types), group) in joined {
        kinds.push(Kind { size, labels, bin_types, count: group.iter().map(|g| g.1).sum() });
        members.push(group);
    }
    let divided = |capacity: &[u64]| binding.iter().zip(&divisor).map(|(&d, g)| capacity[d] / g).collect::<Vec<u64>>();
    let capacities = match instance.capacities.is_empty() {
        true => Vec::new(),
        false => standing.iter().map(|&bin_type| divided(&instance.capacities[bin_type])).collect(),
    };
    let reduced = Instance::new(divided(&instance.capacity), costs, kinds).with_capacities(capacities);
    Reduced { instance: reduced, members, bin_types, unit }
}

struct Kept {
    costs: Costs,
    /// The bin types that are left.
    standing: Vec<usize>,
    bin_types: Vec<Option<usize>>,
    unit: u64,
}

/// Leaves out the bin types that hold nothing, and those to which another is never inferior: no dearer, no smaller, and open
/// to all items that the one is open to. What is left is divided by the common divisor, which rounds bounds up.
fn keep_bin_types(instance: &Instance, used: impl Iterator<Item = BinTypes>) -> Kept {
    let costs = &instance.costs;
    if *costs == Costs::default() {
        return Kept { costs: Costs::default(), standing: vec![0], bin_types: vec![Some(0)], unit: 1 };
    }
    let used: BTreeSet<BinTypes> = used.collect();
    let all = costs.all();
    let larger = |by: usize, of: usize| instance.capacity_of(by).iter().zip(instance.capacity_of(of)).all(|(by, of)| by >= of);
    let covers = |by: usize, of: usize| larger(by, of) && used.iter().all(|set| !set.has(of) || set.has(by));
    let mut kept: Vec<usize> = Vec::new();
    for bin_type in (0..all.len()).filter(|&g| used.iter().any(|set| set.has(g))) {
        // Of bin types open to the same items at one cost the first stays.
        let inferior = |other: usize| {
            other != bin_type
                && all[other] <= all[bin_type]
                && covers(other, bin_type)
                && (other < bin_type || !covers(bin_type, other))
        };
        if !(0..all.len()).any(inferior) {
            kept.push(bin_type);
        }
    }
    let stands_for = |bin_type: usize| match used.iter().any(|set| set.has(bin_type)) {
        true => kept.iter().position(|&other| all[other] <= all[bin_type] && covers(other, bin_type)),
        false => None,
    };
    let bin_types = (0..all.len()).map(stands_for).collect();
    let unit = kept.iter().fold(0, |g, &bin_type| gcd(g, all[bin_type])).max(1);
    let costs = Costs::new(kept.iter().map(|&bin_type| all[bin_type] / unit).collect());
    Kept { costs, standing: kept, bin_types, unit }
}

/// A set of bin types as the set of those that are kept.
fn moved(set: BinTypes, bin_types: &[Option<usize>]) -> BinTypes {
    if let [Some(0)] = bin_types {
        return set;
    }
    // A bin type that stands for another is in the set whenever the other is.
    BinTypes::of(bin_types.iter().enumerate().filter(|g| set.has(g.0)).filter_map(|g| *g.1))
}

impl Reduced {
    /// An instance as it is, standing for itself.
    pub(crate) fn plain(instance: Instance) -> Self {
        let members = instance.kinds.iter().enumerate().map(|(k, kind)| vec![(k, kind.count)]).collect();
        let bin_types = (0..instance.costs.all().len()).map(Some).collect();
        Self { instance, members, bin_types, unit: 1 }
    }

    /// Some of the kinds, in that order.
    pub(crate) fn of(&self, kinds: &[usize]) -> Self {
        Self {
            instance: self.instance.part(kinds),
            members: kinds.iter().map(|&k| self.members[k].clone()).collect(),
            bin_types: self.bin_types.clone(),
            unit: self.unit,
        }
    }

    /// A bound of the reduced instance as one of what was reduced.
    pub(crate) fn lift(&self, bound: Bound) -> Bound {
        let mut parts: Vec<Part> = bound.parts.into_iter().map(|part| self.lift_part(part)).collect();
        let unchanged = self.unit == 1 && self.bin_types.iter().enumerate().all(|(at, to)| *to == Some(at));
        if !unchanged && !parts.is_empty() {
            let share = Share { unit: self.unit, costs: self.lift_costs(self.instance.costs.all()), parts };
            let mut types: Vec<usize> = self.members.iter().flatten().map(|m| m.0).collect();
            types.sort();
            parts = vec![Part { types, evidence: Evidence::Shares { denominator: 1, shares: vec![share] } }];
        }
        Bound { cost: bound.cost * self.unit, parts }
    }

    fn lift_part(&self, part: Part) -> Part {
        let members = |kind: usize| self.members[kind].iter().map(|m| m.0);
        let evidence = match part.evidence {
            Evidence::Search { bound } => Evidence::Search { bound },
            Evidence::Weights { denominator, weights } => Evidence::Weights {
                denominator,
                weights: part.types.iter().zip(&weights).flat_map(|(&k, &w)| members(k).map(move |_| w)).collect(),
            },
            Evidence::Shares { denominator, shares } => {
                let lifted = |share: Share| Share {
                    unit: share.unit,
                    costs: self.lift_costs(&share.costs),
                    parts: share.parts.into_iter().map(|part| self.lift_part(part)).collect(),
                };
                Evidence::Shares { denominator, shares: shares.into_iter().map(lifted).collect() }
            }
        };
        Part { types: part.types.iter().flat_map(|&k| members(k)).collect(), evidence }
    }

    /// Costs of the bin types that are left, for the bin types that there were.
    fn lift_costs(&self, costs: &[u64]) -> Vec<u64> {
        self.bin_types.iter().map(|to| to.map_or(0, |to| costs[to])).collect()
    }
}
