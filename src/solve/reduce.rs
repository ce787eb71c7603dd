//! Reduction of a problem to what matters for the number of bins: kinds of items, active labels, binding dimensions.

use std::collections::BTreeMap;

use super::problem::Problem;

/// A label by number: attribute and value.
pub(super) type Mark = (u32, u32);

/// Items that are alike as far as the number of bins goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub size: Vec<u64>,
    pub marks: Vec<Mark>,
    pub count: u64,
}

/// A reduced problem: every kind is distinct, has items, and fits in a bin.
#[derive(Clone, Debug, Default)]
pub(super) struct Instance {
    pub capacity: Vec<u64>,
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
}

impl Instance {
    pub(super) fn has_marks(&self) -> bool {
        self.kinds.iter().any(|k| !k.marks.is_empty())
    }

    /// The instance of some of the kinds, in that order.
    pub(super) fn part(&self, kinds: &[usize]) -> Instance {
        Instance { capacity: self.capacity.clone(), kinds: kinds.iter().map(|&k| self.kinds[k].clone()).collect() }
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
    Instance {
        capacity: problem.capacity.clone(),
        kinds: problem
            .types
            .iter()
            .map(|t| Kind {
                size: t.size.clone(),
                marks: t.labels.iter().map(|l| (l.0.0, l.1.0)).collect(),
                count: t.count.into(),
            })
            .collect(),
    }
}

/// Reduces a valid problem.
pub(super) fn reduce(problem: &Problem) -> Reduced {
    let instance = instance(problem);
    let mut reduced = coarsen(&instance, |_| true);
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

    type Key = (Vec<u64>, Vec<Mark>);
    let mut joined: BTreeMap<Key, Vec<(usize, u64)>> = BTreeMap::new();
    for (index, kind) in instance.kinds.iter().enumerate() {
        if kind.count == 0 {
            continue;
        }
        let size = binding.iter().zip(&divisor).map(|(&d, g)| kind.size[d] / g).collect();
        let marks = kind.marks.iter().copied().filter(|m| active(m.0)).collect();
        let key: Key = (size, marks);
        joined.entry(key).or_default().push((index, kind.count));
    }
    let (mut kinds, mut members) = (Vec::new(), Vec::new());
    for ((size, marks), group) in joined.into_iter().rev() {
        kinds.push(Kind { size, marks, count: group.iter().map(|g| g.1).sum() });
        members.push(group);
    }
    let capacity = binding.iter().zip(&divisor).map(|(&d, g)| instance.capacity[d] / g).collect();
    Reduced { instance: Instance { capacity, kinds }, members }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
