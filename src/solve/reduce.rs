//! Reduction of a problem to what matters for the cost of the bins: kinds of items, active labels, binding dimensions,
//! grades that can be the cheapest.

use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

use super::bounds::Bound;
use super::certificate::{Evidence, Part, Share};
use super::grades::{Costs, GradeSet, ranked};
use super::problem::Problem;
use super::sums::least_sum;

/// A label by number: attribute and value.
pub(super) type Mark = (u32, u32);

/// Items that are alike as far as the cost of the bins goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub size: Vec<u64>,
    pub marks: Vec<Mark>,
    /// The grades of bins that may hold it.
    pub grades: GradeSet,
    pub count: u64,
}

/// A reduced problem: every kind is distinct, has items, and fits in a bin.
#[derive(Clone, Debug, Default)]
pub(super) struct Instance {
    pub capacity: Vec<u64>,
    pub costs: Costs,
    pub kinds: Vec<Kind>,
}

/// Bins with the same contents, in kinds.
pub(super) type Filled = (Vec<(usize, u32)>, u64);

/// An instance and what its kinds stand for.
#[derive(Clone, Debug)]
pub(super) struct Reduced {
    pub instance: Instance,
    /// For each kind, what it stands for (types of the problem, or kinds of a finer instance) and how many of each.
    pub members: Vec<Vec<(usize, u64)>>,
    /// For each grade of what was reduced, the grade that stands for it, if an item may be in a bin of it.
    pub grades: Vec<Option<usize>>,
    /// What the costs were divided by.
    pub unit: u64,
}

impl Kind {
    /// Whether one of these and one of the others may share a bin, sizes aside.
    pub(super) fn goes_with(&self, other: &Kind) -> bool {
        self.grades.meets(other.grades) && compatible(&self.marks, &other.marks)
    }
}

impl Instance {
    pub(super) fn has_marks(&self) -> bool {
        self.kinds.iter().any(|k| !k.marks.is_empty())
    }

    /// The instance of some of the kinds, in that order.
    pub(super) fn part(&self, kinds: &[usize]) -> Instance {
        Instance {
            capacity: self.capacity.clone(),
            costs: self.costs.clone(),
            kinds: kinds.iter().map(|&k| self.kinds[k].clone()).collect(),
        }
    }

    /// What a bin with these items costs.
    pub(super) fn cost_of(&self, items: &[(usize, u32)]) -> u64 {
        self.costs.of(self.grades_of(items))
    }

    /// The next sum of costs that bins may have which hold some of these kinds.
    pub(super) fn round_up(&self, cost: u64, kinds: &[usize]) -> u64 {
        if self.costs.are_one() {
            return cost;
        }
        let open = |grade: &usize| kinds.iter().any(|&k| self.kinds[k].grades.has(*grade));
        let costs = self.costs.all();
        least_sum(cost, (0..costs.len()).filter(open).map(|grade| costs[grade]))
    }

    /// The grades that a bin with these items may have.
    pub(super) fn grades_of(&self, items: &[(usize, u32)]) -> GradeSet {
        items.iter().fold(GradeSet::ALL, |set, i| set.and(self.kinds[i.0].grades))
    }

    /// What the bins cost in all.
    pub(super) fn cost(&self, bins: &[Filled]) -> u64 {
        bins.iter().map(|(items, copies)| self.cost_of(items) * copies).sum()
    }
}

/// Whether two items with these marks may share a bin.
pub(super) fn compatible(a: &[Mark], b: &[Mark]) -> bool {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal if a[i].1 != b[j].1 => return false,
            std::cmp::Ordering::Equal => {
                i += 1;
                j += 1;
            }
        }
    }
    true
}

/// The types as kinds, each by itself.
pub(super) fn instance(problem: &Problem) -> Instance {
    let (costs, place) = ranked(problem);
    let grades = |stated: &[usize]| match stated {
        _ if place.is_empty() => GradeSet::of([0]),
        [] => GradeSet::of(0..place.len()),
        _ => GradeSet::of(stated.iter().map(|&g| place[g])),
    };
    Instance {
        capacity: problem.capacity.clone(),
        costs,
        kinds: problem
            .types
            .iter()
            .map(|t| Kind {
                size: t.size.clone(),
                marks: t.labels.iter().map(|l| (l.0.0, l.1.0)).collect(),
                grades: grades(&t.grades),
                count: t.count.into(),
            })
            .collect(),
    }
}

/// Reduces a valid problem.
pub(super) fn reduce(problem: &Problem) -> Reduced {
    let instance = instance(problem);
    let mut reduced = coarsen(&instance, |_| true);
    if !problem.grades.is_empty() {
        reduced.grades = ranked(problem).1.into_iter().map(|place| reduced.grades[place]).collect();
    }
    // What tells the members of a kind apart is their content, not their place in the input.
    for members in &mut reduced.members {
        members.sort_by_key(|&(index, _)| {
            let t = &problem.types[index];
            (&t.wishes, &t.labels, &t.size, index)
        });
    }
    reduced
}

/// Joins kinds that are equal once the attributes that `keep` refuses, those with a single label, and the dimensions
/// that cannot bind are left out. The kinds come largest first, whatever their order was.
pub(super) fn coarsen(instance: &Instance, keep: impl Fn(u32) -> bool) -> Reduced {
    let used = || instance.kinds.iter().filter(|k| k.count > 0);
    let mut label_of: BTreeMap<u32, Option<u32>> = BTreeMap::new();
    for &(attribute, label) in used().flat_map(|k| &k.marks) {
        let only = label_of.entry(attribute).or_insert(Some(label));
        if *only != Some(label) {
            *only = None;
        }
    }
    let active = |a: u32| keep(a) && label_of.get(&a) == Some(&None);
    let binding: Vec<usize> = (0..instance.capacity.len())
        .filter(|&d| {
            let total: u128 = used().map(|k| u128::from(k.size[d]) * u128::from(k.count)).sum();
            total > u128::from(instance.capacity[d])
        })
        .collect();
    // Dividing by the common divisor lets a rounded-down capacity bind, and keeps tables small.
    let divisor: Vec<u64> = binding.iter().map(|&d| used().fold(0, |g, k| gcd(g, k.size[d])).max(1)).collect();

    let Kept { costs, grades, unit } = keep_grades(&instance.costs, used().map(|k| k.grades));

    type Key = (Vec<u64>, Vec<Mark>, GradeSet);
    let mut joined: FxHashMap<Key, Vec<(usize, u64)>> = FxHashMap::default();
    let mut key: Key = (Vec::new(), Vec::new(), GradeSet::ALL);
    for (index, kind) in instance.kinds.iter().enumerate() {
        if kind.count == 0 {
            continue;
        }
        key.0.clear();
        key.0.extend(binding.iter().zip(&divisor).map(|(&d, g)| kind.size[d] / g));
        key.1.clear();
        key.1.extend(kind.marks.iter().copied().filter(|m| active(m.0)));
        key.2 = moved(kind.grades, &grades);
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
    for ((size, marks, grades), group) in joined {
        kinds.push(Kind { size, marks, grades, count: group.iter().map(|g| g.1).sum() });
        members.push(group);
    }
    let capacity = binding.iter().zip(&divisor).map(|(&d, g)| instance.capacity[d] / g).collect();
    Reduced { instance: Instance { capacity, costs, kinds }, members, grades, unit }
}

struct Kept {
    costs: Costs,
    grades: Vec<Option<usize>>,
    unit: u64,
}

/// Leaves out the grades that hold nothing, and those to which another is never inferior: no dearer, and open to all items
/// that the one is open to. What is left is divided by the common divisor, which rounds bounds up.
fn keep_grades(costs: &Costs, used: impl Iterator<Item = GradeSet>) -> Kept {
    if *costs == Costs::default() {
        return Kept { costs: Costs::default(), grades: vec![Some(0)], unit: 1 };
    }
    let used: BTreeSet<GradeSet> = used.collect();
    let all = costs.all();
    let covers = |by: usize, of: usize| used.iter().all(|set| !set.has(of) || set.has(by));
    let mut kept: Vec<usize> = Vec::new();
    for grade in (0..all.len()).filter(|&g| used.iter().any(|set| set.has(g))) {
        // Of grades open to the same items at one cost the first stays.
        let inferior = |other: usize| {
            other != grade && all[other] <= all[grade] && covers(other, grade) && (other < grade || !covers(grade, other))
        };
        if !(0..all.len()).any(inferior) {
            kept.push(grade);
        }
    }
    let stands_for = |grade: usize| match used.iter().any(|set| set.has(grade)) {
        true => kept.iter().position(|&other| all[other] <= all[grade] && covers(other, grade)),
        false => None,
    };
    let grades = (0..all.len()).map(stands_for).collect();
    let unit = kept.iter().fold(0, |g, &grade| gcd(g, all[grade])).max(1);
    Kept { costs: Costs::new(kept.iter().map(|&grade| all[grade] / unit).collect()), grades, unit }
}

/// A set of grades as the set of those that are kept.
fn moved(set: GradeSet, grades: &[Option<usize>]) -> GradeSet {
    if let [Some(0)] = grades {
        return set;
    }
    // A grade that stands for another is in the set whenever the other is.
    GradeSet::of(grades.iter().enumerate().filter(|g| set.has(g.0)).filter_map(|g| *g.1))
}

impl Reduced {
    /// An instance as it is, standing for itself.
    pub(super) fn plain(instance: Instance) -> Self {
        let members = instance.kinds.iter().enumerate().map(|(k, kind)| vec![(k, kind.count)]).collect();
        let grades = (0..instance.costs.all().len()).map(Some).collect();
        Self { instance, members, grades, unit: 1 }
    }

    /// Some of the kinds, in that order.
    pub(super) fn of(&self, kinds: &[usize]) -> Self {
        Self {
            instance: self.instance.part(kinds),
            members: kinds.iter().map(|&k| self.members[k].clone()).collect(),
            grades: self.grades.clone(),
            unit: self.unit,
        }
    }

    /// A bound of the reduced instance as one of what was reduced.
    pub(super) fn lift(&self, bound: Bound) -> Bound {
        let mut parts: Vec<Part> = bound.parts.into_iter().map(|part| self.lift_part(part)).collect();
        let unchanged = self.unit == 1 && self.grades.iter().enumerate().all(|(at, to)| *to == Some(at));
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

    /// Costs of the grades that are left, for the grades that there were.
    fn lift_costs(&self, costs: &[u64]) -> Vec<u64> {
        self.grades.iter().map(|to| to.map_or(0, |to| costs[to])).collect()
    }
}

pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
