//! Items that have homes: bins that they were in before. As much weight as can be stays at home.
//!
//! The integer program is the plain one, items to bins, so it is for what is small: a few bins that no longer hold what
//! they held, or a small group as a whole.

use std::collections::BTreeSet;

use good_lp::{Expression, Variable, constraint};

use super::outcome::Control;
use super::problem::{Attribute, Label};
use super::program::{Answer, EXACT, Effort, Program};

/// Larger programs are not begun.
const VARIABLES: usize = 1_500;

/// Items that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Settler {
    pub(crate) size: Vec<u64>,
    pub(crate) labels: Vec<(Attribute, Label)>,
    /// The homes, each with the weight that stays when the item is there; in ascending order.
    pub(crate) stakes: Vec<(usize, u64)>,
}

/// Items with homes, and how many of each.
pub(crate) struct Settling {
    pub(crate) capacity: Vec<u64>,
    /// The bins that are homes, counted from 0.
    pub(crate) homes: usize,
    pub(crate) settlers: Vec<(Settler, u32)>,
}

/// Where items go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bins {
    /// To a home, or anywhere else: there is room for all.
    Any,
    /// To so many bins at most, homes among them.
    AtMost(u64),
}

/// For each settler the bins and how many go there; bins from the number of homes on are new.
pub(crate) type Stay = Vec<Vec<(usize, u32)>>;

impl Settling {
    /// The weight that stays.
    pub(crate) fn kept(&self, stay: &[Vec<(usize, u32)>]) -> u64 {
        let of = |(settler, _): &(Settler, u32), placed: &Vec<(usize, u32)>| -> u64 {
            placed.iter().map(|(bin, copies)| settler.at(*bin) * u64::from(*copies)).sum()
        };
        self.settlers.iter().zip(stay).map(|(settler, placed)| of(settler, placed)).sum()
    }

    /// Keeps as much weight at home as can be, at least `least`.
    pub(crate) fn stay(&self, bins: Bins, least: u64, effort: Effort, control: &Control<'_>) -> Answer<Stay> {
        let most: u64 = self.settlers.iter().map(|(s, n)| s.total().saturating_mul(u64::from(*n))).fold(0, u64::saturating_add);
        let new = match bins {
            Bins::Any => 0,
            Bins::AtMost(bins) => usize::try_from(bins).unwrap_or(usize::MAX).min(VARIABLES),
        };
        let large = self.settlers.len().saturating_mul(self.homes + new) > VARIABLES
            || most > EXACT
            || self.capacity.iter().any(|most| *most > EXACT);
        if large {
            return Answer::Unknown;
        }
        let Model { mut program, placed, kept } = Model::new(self, bins, new);
        if least > 0 {
            program.row(constraint!(kept.clone() >= least as f64));
        }
        program.minimise(-kept, effort, control).and_then(|values| {
            let of = |of: &Vec<(usize, Variable)>| -> Option<Vec<(usize, u32)>> {
                let copies = of.iter().map(|(bin, v)| Some((*bin, u32::try_from(values.of(*v)).ok()?)));
                copies.filter(|copies| !matches!(copies, Some((_, 0)))).collect()
            };
            let stay: Stay = placed.iter().map(of).collect::<Option<_>>()?;
            (self.holds(&stay, bins) && self.kept(&stay) >= least).then_some(stay)
        })
    }

    /// A solution in floating point counts only once it holds in integers.
    fn holds(&self, stay: &[Vec<(usize, u32)>], bins: Bins) -> bool {
        let used: BTreeSet<usize> = stay.iter().flatten().map(|(bin, _)| *bin).collect();
        let few = match bins {
            Bins::Any => true,
            Bins::AtMost(most) => used.len() as u64 <= most,
        };
        let all = self.settlers.iter().zip(stay).all(|((_, count), placed)| {
            let total: u32 = placed.iter().map(|(_, copies)| copies).sum();
            if bins == Bins::Any { total <= *count } else { total == *count }
        });
        few && all && used.iter().all(|bin| self.bin_holds(stay, *bin))
    }

    fn bin_holds(&self, stay: &[Vec<(usize, u32)>], bin: usize) -> bool {
        let mut room = self.capacity.clone();
        let mut labels: Vec<(Attribute, Label)> = Vec::new();
        for ((settler, _), placed) in self.settlers.iter().zip(stay) {
            let Some((_, copies)) = placed.iter().find(|(there, _)| *there == bin) else { continue };
            for (room, size) in room.iter_mut().zip(&settler.size) {
                match size.checked_mul(u64::from(*copies)).and_then(|size| room.checked_sub(size)) {
                    Some(left) => *room = left,
                    None => return false,
                }
            }
            for (attribute, label) in &settler.labels {
                if labels.iter().any(|(a, l)| a == attribute && l != label) {
                    return false;
                }
                labels.push((*attribute, *label));
            }
        }
        true
    }
}

impl Settler {
    /// What is kept at home when it is in this bin.
    pub(crate) fn at(&self, bin: usize) -> u64 {
        self.stakes.iter().find(|(home, _)| *home == bin).map_or(0, |(_, weight)| *weight)
    }

    pub(crate) fn total(&self) -> u64 {
        self.stakes.iter().map(|(_, weight)| weight).sum()
    }
}

/// The integer program.
struct Model {
    program: Program,
    /// For each settler: bin and variable.
    placed: Vec<Vec<(usize, Variable)>>,
    kept: Expression,
}

impl Model {
    fn new(settling: &Settling, bins: Bins, new: usize) -> Self {
        let mut program = Program::default();
        let mut kept = Expression::default();
        let all = settling.homes + new;
        let mut by_bin: Vec<Vec<(usize, Variable)>> = vec![Vec::new(); all];
        let mut placed = Vec::new();
        for (rank, (settler, count)) in settling.settlers.iter().enumerate() {
            let mut of = Vec::new();
            // Where there is room for all, only staying at home is in question.
            let homes = (0..all).filter(|bin| bins != Bins::Any || settler.at(*bin) > 0);
            for bin in homes {
                let variable = program.variable(u64::from(*count));
                kept.add_mul(settler.at(bin) as f64, variable);
                by_bin[bin].push((rank, variable));
                of.push((bin, variable));
            }
            let total: Expression = of.iter().map(|(_, variable)| *variable).sum();
            program.row(match bins {
                Bins::Any => constraint!(total <= f64::from(*count)),
                Bins::AtMost(_) => constraint!(total == f64::from(*count)),
            });
            placed.push(of);
        }
        let used: Vec<Variable> = (0..all).map(|_| program.variable(1)).collect();
        if let Bins::AtMost(most) = bins {
            let total: Expression = used.iter().copied().sum();
            program.row(constraint!(total <= most as f64));
            // New bins are alike: of two the first is used first.
            for pair in used.get(settling.homes..).unwrap_or_default().windows(2) {
                program.row(constraint!(pair[1] <= pair[0]));
            }
        }
        for (here, used) in by_bin.iter().zip(&used) {
            for (d, capacity) in settling.capacity.iter().enumerate() {
                let mut load = Expression::default();
                here.iter().for_each(|(rank, v)| load.add_mul(settling.settlers[*rank].0.size[d] as f64, *v));
                program.row(constraint!(load <= *used * *capacity as f64));
            }
            for (rank, v) in here {
                program.row(constraint!(*v <= *used * f64::from(settling.settlers[*rank].1)));
            }
            exclusions(settling, here, &mut program);
        }
        Self { program, placed, kept }
    }
}

/// In one bin at most one label of each attribute that is not the same for all who could be there.
fn exclusions(settling: &Settling, here: &[(usize, Variable)], program: &mut Program) {
    let labels: BTreeSet<(Attribute, Label)> =
        here.iter().flat_map(|(rank, _)| settling.settlers[*rank].0.labels.iter().copied()).collect();
    let labels: Vec<(Attribute, Label)> = labels.into_iter().collect();
    for same in labels.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        let mut total = Expression::default();
        for label in same {
            let chosen = program.variable(1);
            total += chosen;
            for (rank, v) in here.iter().filter(|(rank, _)| settling.settlers[*rank].0.labels.contains(label)) {
                program.row(constraint!(*v <= chosen * f64::from(settling.settlers[*rank].1)));
            }
        }
        program.row(constraint!(total <= 1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settler(size: u64, stakes: &[(usize, u64)]) -> Settler {
        Settler { size: vec![size], labels: Vec::new(), stakes: stakes.to_vec() }
    }

    #[test]
    fn what_no_longer_fits_leaves_with_the_least_weight() {
        let settlers = vec![(settler(3, &[(0, 9)]), 1), (settler(4, &[(0, 5)]), 1), (settler(2, &[(0, 5)]), 1)];
        let settling = Settling { capacity: vec![6], homes: 1, settlers };
        let Answer::Best(stay) = settling.stay(Bins::Any, 0, Effort::MUCH, &Control::default()) else { panic!("solvable") };
        assert_eq!((settling.kept(&stay), stay), (14, vec![vec![(0, 1)], vec![], vec![(0, 1)]]));
    }

    #[test]
    fn labels_of_one_attribute_part() {
        let mut a = settler(1, &[(0, 2)]);
        a.labels = vec![(Attribute(0), Label(1))];
        let mut b = settler(1, &[(0, 3)]);
        b.labels = vec![(Attribute(0), Label(2))];
        let settling = Settling { capacity: vec![9], homes: 1, settlers: vec![(a, 1), (b, 1)] };
        let Answer::Best(stay) = settling.stay(Bins::Any, 0, Effort::MUCH, &Control::default()) else { panic!("solvable") };
        assert_eq!(stay, vec![vec![], vec![(0, 1)]]);
    }

    #[test]
    fn one_swap_makes_room() {
        // Two homes with one free each, and a new item of two.
        let settlers = vec![(settler(1, &[(0, 1)]), 3), (settler(1, &[(1, 1)]), 3), (settler(2, &[]), 1)];
        let settling = Settling { capacity: vec![4], homes: 2, settlers };
        let control = Control::default();
        let Answer::Best(stay) = settling.stay(Bins::AtMost(2), 0, Effort::MUCH, &control) else { panic!("solvable") };
        assert_eq!(settling.kept(&stay), 5);
        assert_eq!(settling.stay(Bins::AtMost(2), 6, Effort::MUCH, &control), Answer::None);
        assert_eq!(settling.stay(Bins::AtMost(1), 0, Effort::MUCH, &control), Answer::None);
    }
}
