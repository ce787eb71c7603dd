//! Branch and price: a pair of items goes together, or never does (Ryan & Foster, 1981).
//!
//! Either some bin holds both a kind `i` and a kind `j`, and then one item of each may be joined into one; or no bin
//! does, and then an attribute of their own keeps them apart. So a node is an instance like any other, and the linear
//! bound, pricing and diving serve it unchanged.

use std::collections::BTreeMap;

use crate::solve::columns::diving::dive;
use crate::solve::columns::master::Column;
use crate::solve::columns::relaxation::{End, Relaxation};
use crate::solve::heuristics::bins::Bins;
use crate::solve::heuristics::random::Random;
use crate::solve::problem::bound::Bound;
use crate::solve::problem::incumbent::trim;
use crate::solve::problem::instance::{Filled, Instance, Kind};
use crate::solve::problem::outcome::Control;

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// A packing that is cheaper than the incumbent.
    Better(Vec<Filled>),
    /// There is none.
    Exhausted,
    /// Not known.
    GivenUp,
}

#[derive(Clone, Debug)]
struct Node {
    instance: Instance,
    /// What one item of each kind is made of, in kinds of the root.
    made_of: Vec<Vec<(usize, u32)>>,
    columns: Vec<Column>,
}

/// Looks for a packing that costs less than `incumbent`, in at most `nodes` nodes.
pub(crate) fn branch_and_price(
    root: &Instance,
    columns: &[Column],
    incumbent: u64,
    nodes: usize,
    control: &Control<'_>,
) -> Search {
    let mut random = Random::new(2);
    let mut open = vec![Node {
        instance: root.clone(),
        made_of: (0..root.kinds.len()).map(|k| vec![(k, 1)]).collect(),
        columns: columns.to_vec(),
    }];
    let mut visited: usize = 0;
    let mut given_up = false;
    while let Some(node) = open.pop() {
        if visited >= nodes || control.stopped() {
            return Search::GivenUp;
        }
        visited += 1;
        let mut bound = Bound::default();
        let start: Vec<Filled> = node.columns.iter().map(|c| (c.clone(), 1)).collect();
        let mut relaxation = Relaxation::new(&node.instance, node.instance.kinds.len(), &start);
        match relaxation.solve(&mut bound, incumbent, false, control) {
            End::Enough => continue,
            End::Converged => {}
            End::Stopped => {
                if control.stopped() {
                    return Search::GivenUp;
                }
                given_up = true;
                continue;
            }
        }
        // A dive from here now and then: every node at first, ever more rarely later.
        let dives = u64::from(visited.is_power_of_two() || visited.is_multiple_of(16));
        let goal = incumbent - 1;
        for spread in 0..dives {
            let found = dive(&relaxation, goal, goal, spread + 2, &mut random, control);
            if let Some(bins) = found {
                return Search::Better(node.lift(&bins));
            }
        }
        let levels = relaxation.master.levels();
        let pool = relaxation.master.columns();
        let Some((i, j)) = fractional_pair(&node.instance, pool, &levels) else {
            // Every pair is whole: the levels may be, too.
            let uses: Vec<(Column, u64)> = levels.iter().map(|&(c, x)| (pool[c].clone(), x.round() as u64)).collect();
            if let Some(bins) = node.whole(&uses, incumbent) {
                return Search::Better(bins);
            }
            // The bound may be a rounding error too low; where items are few it is cheap to be sure.
            if node.items() > FEW {
                given_up = true;
            } else if let Some((i, j)) = node.some_pair(&levels, pool) {
                open.push(node.apart(i, j, pool));
                open.push(node.together(i, j, pool));
            } else if node.instance.cost(&node.singly()) < incumbent {
                return Search::Better(node.lift(&node.singly()));
            }
            continue;
        };
        // Copies of one kind that are apart are a kind each.
        if i == j && node.instance.kinds[i].count > COPIES {
            given_up = true;
            continue;
        }
        open.push(node.apart(i, j, pool));
        open.push(node.together(i, j, pool));
    }
    if given_up { Search::GivenUp } else { Search::Exhausted }
}

/// The pair that the linear solution is least sure about, large items first.
fn fractional_pair(instance: &Instance, pool: &[Column], levels: &[(usize, f64)]) -> Option<(usize, usize)> {
    let mut shared: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for &(column, level) in levels {
        let pattern = &pool[column];
        for (at, &(i, copies)) in pattern.iter().enumerate() {
            if copies > 1 {
                *shared.entry((i, i)).or_default() += level;
            }
            for &(j, _) in &pattern[at + 1..] {
                *shared.entry((i, j)).or_default() += level;
            }
        }
    }
    let load = |k: usize| -> f64 {
        let sizes = instance.kinds[k].size.iter().zip(&instance.capacity);
        sizes.map(|(&s, &c)| s as f64 / c.max(1) as f64).sum()
    };
    shared
        .into_iter()
        .map(|(pair, level)| (pair, level - level.floor()))
        .filter(|&(_, fraction)| fraction > 1e-4 && fraction < 1.0 - 1e-4)
        .map(|(pair, fraction)| {
            let doubt = fraction.min(1.0 - fraction);
            (pair, doubt + 0.3 * (load(pair.0) + load(pair.1)))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
        .map(|(pair, _)| pair)
}

/// Copies of a kind that are kept apart.
const COPIES: u64 = 1_000;
/// Items that pairs are tried of although the linear solution is sure about them.
const FEW: u64 = 64;

impl Node {
    fn items(&self) -> u64 {
        self.instance.kinds.iter().map(|k| k.count).sum()
    }

    /// A pair that may share a bin, of those that do in the solution if any do.
    fn some_pair(&self, levels: &[(usize, f64)], pool: &[Column]) -> Option<(usize, usize)> {
        let kinds = &self.instance.kinds;
        let of_pattern = |pattern: &Column| match pattern.as_slice() {
            [(i, 2..), ..] => Some((*i, *i)),
            [(i, _), (j, _), ..] => Some((*i, *j)),
            _ => None,
        };
        levels.iter().find_map(|l| of_pattern(&pool[l.0])).or_else(|| {
            let all = (0..kinds.len()).flat_map(|i| (i..kinds.len()).map(move |j| (i, j)));
            all.into_iter()
                .find(|&(i, j)| Bins::of(&self.instance, &[(i, 1)]).takes(&self.instance, j) && (i != j || kinds[i].count > 1))
        })
    }

    /// Each item in a bin of its own.
    fn singly(&self) -> Vec<Filled> {
        self.instance.kinds.iter().enumerate().map(|(k, kind)| (vec![(k, 1)], kind.count)).collect()
    }

    /// Bins of this node in kinds of the root.
    fn lift(&self, bins: &[Filled]) -> Vec<Filled> {
        bins.iter()
            .map(|(items, copies)| {
                let mut content: BTreeMap<usize, u32> = BTreeMap::new();
                for &(kind, n) in items {
                    for &(part, m) in &self.made_of[kind] {
                        *content.entry(part).or_default() += n * m;
                    }
                }
                (content.into_iter().collect(), *copies)
            })
            .collect()
    }

    /// The packing that these uses of patterns make, if they cover everything and cost less than the incumbent.
    fn whole(&self, uses: &[(Column, u64)], incumbent: u64) -> Option<Vec<Filled>> {
        let patterns: Vec<Column> = uses.iter().map(|u| u.0.clone()).collect();
        let times: Vec<u64> = uses.iter().map(|u| u.1).collect();
        let bins = trim(&self.instance, &patterns, &times);
        let mut left: Vec<u64> = self.instance.kinds.iter().map(|k| k.count).collect();
        for (items, copies) in &bins {
            for &(kind, n) in items {
                left[kind] = left[kind].saturating_sub(u64::from(n) * copies);
            }
        }
        (left.iter().all(|&l| l == 0) && self.instance.cost(&bins) < incumbent).then(|| self.lift(&bins))
    }

    /// One item of kind `i` and one of kind `j` are joined.
    fn together(&self, i: usize, j: usize, pool: &[Column]) -> Node {
        let mut kinds = self.instance.kinds.clone();
        kinds[i].count -= 1;
        kinds[j].count -= 1;
        let mut labels = [kinds[i].labels.clone(), kinds[j].labels.clone()].concat();
        labels.sort_unstable();
        labels.dedup();
        let size = kinds[i].size.iter().zip(&kinds[j].size).map(|(a, b)| a + b).collect();
        let bin_types = self.instance.bin_types_of(&[(i, 1), (j, 1)]);
        let joined = Kind { size, labels, bin_types, count: 1 };
        let new = kinds.len();
        kinds.push(joined);
        let mut made_of = self.made_of.clone();
        made_of.push([self.made_of[i].clone(), self.made_of[j].clone()].concat());
        let columns = pool
            .iter()
            .flat_map(|column| {
                let mut with = column.clone();
                let mut take = |kind: usize| {
                    let entry = with.iter_mut().find(|e| e.0 == kind && e.1 > 0)?;
                    entry.1 -= 1;
                    Some(())
                };
                let both = take(i).and_then(|()| take(j)).is_some();
                with.push((new, 1));
                [both.then_some(with), Some(column.clone())].into_iter().flatten()
            })
            .collect();
        Node::tidy(&self.instance, kinds, made_of, columns)
    }

    /// No bin holds both a kind `i` and a kind `j` (or, if they are one, two of it).
    fn apart(&self, i: usize, j: usize, pool: &[Column]) -> Node {
        let mut kinds = self.instance.kinds.clone();
        let mut made_of = self.made_of.clone();
        let attribute = kinds.iter().filter_map(|k| k.labels.last()).map(|m| m.0 + 1).max().unwrap_or(0);
        let mut columns: Vec<Column> = pool.to_vec();
        if i == j {
            // Each copy becomes a kind of its own.
            columns.retain(|c| !c.iter().any(|e| e.0 == i && e.1 > 1));
            let copies = kinds[i].count;
            kinds[i].count = 1;
            kinds[i].labels.push((attribute, 0));
            for copy in 1..copies {
                let mut single = kinds[i].clone();
                if let Some(label) = single.labels.last_mut() {
                    // Copies are few where branching is of any use.
                    label.1 = u32::try_from(copy).unwrap_or(u32::MAX);
                }
                let new = kinds.len();
                kinds.push(single);
                made_of.push(made_of[i].clone());
                let moved: Vec<Column> = pool
                    .iter()
                    .filter(|c| c.iter().any(|e| e.0 == i && e.1 == 1))
                    .map(|c| c.iter().map(|&(k, n)| (if k == i { new } else { k }, n)).collect())
                    .collect();
                columns.extend(moved);
            }
        } else {
            let holds = |c: &Column, k: usize| c.iter().any(|e| e.0 == k);
            columns.retain(|c| !(holds(c, i) && holds(c, j)));
            kinds[i].labels.push((attribute, 0));
            kinds[j].labels.push((attribute, 1));
        }
        Node::tidy(&self.instance, kinds, made_of, columns)
    }

    /// Leaves out kinds without items, and puts the largest first.
    fn tidy(from: &Instance, kinds: Vec<Kind>, made_of: Vec<Vec<(usize, u32)>>, columns: Vec<Column>) -> Node {
        let mut order: Vec<usize> = (0..kinds.len()).filter(|&k| kinds[k].count > 0).collect();
        order.sort_by(|&a, &b| kinds[b].size.cmp(&kinds[a].size).then(a.cmp(&b)));
        let mut place: Vec<Option<usize>> = vec![None; kinds.len()];
        for (to, &from) in order.iter().enumerate() {
            place[from] = Some(to);
        }
        let columns = columns
            .into_iter()
            .map(|column| {
                let mut moved: Column = column
                    .into_iter()
                    .filter_map(|(k, n)| {
                        let most = u32::try_from(kinds[k].count).unwrap_or(u32::MAX);
                        Some((place[k]?, n.min(most)))
                    })
                    .filter(|e| e.1 > 0)
                    .collect();
                moved.sort_unstable();
                moved
            })
            .filter(|c| !c.is_empty())
            .collect();
        Node {
            instance: from.with_kinds(order.iter().map(|&k| kinds[k].clone()).collect()),
            made_of: order.iter().map(|&k| made_of[k].clone()).collect(),
            columns,
        }
    }
}
