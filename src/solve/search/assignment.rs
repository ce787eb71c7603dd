//! Assignment of items to bins that they were in before: as much weight as possible keeps its previous bin.
//!
//! The integer program is the plain one, items to bins, so it is for what is small: a few bins that no longer hold what
//! they held, or a small group as a whole.

use std::collections::BTreeSet;

use good_lp::{Expression, Variable, constraint};

use crate::solve::problem::outcome::Control;
use crate::solve::problem::statement::{Attribute, Label};
use crate::solve::search::program::{Answer, EXACT, Effort, Program};

/// Larger programs are not begun.
const VARIABLES: usize = 1_500;

/// Items that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AssignedItem {
    pub(crate) size: Vec<u64>,
    pub(crate) labels: Vec<(Attribute, Label)>,
    /// The previous bins, each with the weight that is kept when the item is there; in ascending order.
    pub(crate) move_weights: Vec<(usize, u64)>,
}

/// Items with previous bins, and how many of each.
pub(crate) struct Assignment {
    pub(crate) capacity: Vec<u64>,
    /// How many previous bins there are, counted from 0.
    pub(crate) previous: usize,
    pub(crate) items: Vec<(AssignedItem, u32)>,
}

/// Where items go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bins {
    /// To a previous bin, or anywhere else: there is room for all.
    Any,
    /// To so many bins at most, previous ones among them.
    AtMost(u64),
}

/// For each item the bins and how many go there; bins from the number of previous ones on are new.
pub(crate) type Placements = Vec<Vec<(usize, u32)>>;

impl Assignment {
    /// The weight that stays.
    pub(crate) fn kept(&self, assign: &[Vec<(usize, u32)>]) -> u64 {
        let of = |(item, _): &(AssignedItem, u32), placed: &Vec<(usize, u32)>| -> u64 {
            placed.iter().map(|(bin, copies)| item.at(*bin) * u64::from(*copies)).sum()
        };
        self.items.iter().zip(assign).map(|(item, placed)| of(item, placed)).sum()
    }

    /// Keeps as much weight in its previous bins as possible, at least `least`.
    pub(crate) fn assign(&self, bins: Bins, least: u64, effort: Effort, control: &Control<'_>) -> Answer<Placements> {
        let most: u64 = self.items.iter().map(|(s, n)| s.total().saturating_mul(u64::from(*n))).fold(0, u64::saturating_add);
        let new = match bins {
            Bins::Any => 0,
            Bins::AtMost(bins) => usize::try_from(bins).unwrap_or(usize::MAX).min(VARIABLES),
        };
        let large = self.items.len().saturating_mul(self.previous + new) > VARIABLES
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
            let assign: Placements = placed.iter().map(of).collect::<Option<_>>()?;
            (self.holds(&assign, bins) && self.kept(&assign) >= least).then_some(assign)
        })
    }

    /// A solution in floating point counts only once it holds in integers.
    fn holds(&self, assign: &[Vec<(usize, u32)>], bins: Bins) -> bool {
        let used: BTreeSet<usize> = assign.iter().flatten().map(|(bin, _)| *bin).collect();
        let few = match bins {
            Bins::Any => true,
            Bins::AtMost(most) => used.len() as u64 <= most,
        };
        let all = self.items.iter().zip(assign).all(|((_, count), placed)| {
            let total: u32 = placed.iter().map(|(_, copies)| copies).sum();
            if bins == Bins::Any { total <= *count } else { total == *count }
        });
        few && all && used.iter().all(|bin| self.bin_holds(assign, *bin))
    }

    fn bin_holds(&self, assign: &[Vec<(usize, u32)>], bin: usize) -> bool {
        let mut room = self.capacity.clone();
        let mut labels: Vec<(Attribute, Label)> = Vec::new();
        for ((item, _), placed) in self.items.iter().zip(assign) {
            let Some((_, copies)) = placed.iter().find(|(there, _)| *there == bin) else { continue };
            for (room, size) in room.iter_mut().zip(&item.size) {
                match size.checked_mul(u64::from(*copies)).and_then(|size| room.checked_sub(size)) {
                    Some(left) => *room = left,
                    None => return false,
                }
            }
            for (attribute, label) in &item.labels {
                if labels.iter().any(|(a, l)| a == attribute && l != label) {
                    return false;
                }
                labels.push((*attribute, *label));
            }
        }
        true
    }
}

impl AssignedItem {
    /// The weight that is kept when it is in this bin.
    pub(crate) fn at(&self, bin: usize) -> u64 {
        self.move_weights.iter().find(|(previous, _)| *previous == bin).map_or(0, |(_, weight)| *weight)
    }

    pub(crate) fn total(&self) -> u64 {
        self.move_weights.iter().map(|(_, weight)| weight).sum()
    }
}

/// The integer program.
struct Model {
    program: Program,
    /// For each item: bin and variable.
    placed: Vec<Vec<(usize, Variable)>>,
    kept: Expression,
}

impl Model {
    fn new(assignment: &Assignment, bins: Bins, new: usize) -> Self {
        let mut program = Program::default();
        let mut kept = Expression::default();
        let all = assignment.previous + new;
        let mut by_bin: Vec<Vec<(usize, Variable)>> = vec![Vec::new(); all];
        let mut placed = Vec::new();
        for (rank, (item, count)) in assignment.items.iter().enumerate() {
            let mut of = Vec::new();
            // Where there is room for all, only staying in a previous bin is in question.
            let allowed = (0..all).filter(|bin| bins != Bins::Any || item.at(*bin) > 0);
            for bin in allowed {
                let variable = program.variable(u64::from(*count));
                kept.add_mul(item.at(bin) as f64, variable);
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
            for pair in used.get(assignment.previous..).unwrap_or_default().windows(2) {
                program.row(constraint!(pair[1] <= pair[0]));
            }
        }
        for (here, used) in by_bin.iter().zip(&used) {
            for (d, capacity) in assignment.capacity.iter().enumerate() {
                let mut load = Expression::default();
                here.iter().for_each(|(rank, v)| load.add_mul(assignment.items[*rank].0.size[d] as f64, *v));
                program.row(constraint!(load <= *used * *capacity as f64));
            }
            for (rank, v) in here {
                program.row(constraint!(*v <= *used * f64::from(assignment.items[*rank].1)));
            }
            exclusions(assignment, here, &mut program);
        }
        Self { program, placed, kept }
    }
}

/// In one bin at most one label of each attribute that is not the same for all who could be there.
fn exclusions(assignment: &Assignment, here: &[(usize, Variable)], program: &mut Program) {
    let labels: BTreeSet<(Attribute, Label)> =
        here.iter().flat_map(|(rank, _)| assignment.items[*rank].0.labels.iter().copied()).collect();
    let labels: Vec<(Attribute, Label)> = labels.into_iter().collect();
    for same in labels.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        let mut total = Expression::default();
        for label in same {
            let chosen = program.variable(1);
            total += chosen;
            for (rank, v) in here.iter().filter(|(rank, _)| assignment.items[*rank].0.labels.contains(label)) {
                program.row(constraint!(*v <= chosen * f64::from(assignment.items[*rank].1)));
            }
        }
        program.row(constraint!(total <= 1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(size: u64, move_weights: &[(usize, u64)]) -> AssignedItem {
        AssignedItem { size: vec![size], labels: Vec::new(), move_weights: move_weights.to_vec() }
    }

    #[test]
    fn what_no_longer_fits_leaves_with_the_least_weight() {
        let items = vec![(item(3, &[(0, 9)]), 1), (item(4, &[(0, 5)]), 1), (item(2, &[(0, 5)]), 1)];
        let assignment = Assignment { capacity: vec![6], previous: 1, items };
        let Answer::Best(assign) = assignment.assign(Bins::Any, 0, Effort::MUCH, &Control::default()) else { panic!("solvable") };
        assert_eq!((assignment.kept(&assign), assign), (14, vec![vec![(0, 1)], vec![], vec![(0, 1)]]));
    }

    #[test]
    fn labels_of_one_attribute_part() {
        let mut a = item(1, &[(0, 2)]);
        a.labels = vec![(Attribute(0), Label(1))];
        let mut b = item(1, &[(0, 3)]);
        b.labels = vec![(Attribute(0), Label(2))];
        let assignment = Assignment { capacity: vec![9], previous: 1, items: vec![(a, 1), (b, 1)] };
        let Answer::Best(assign) = assignment.assign(Bins::Any, 0, Effort::MUCH, &Control::default()) else { panic!("solvable") };
        assert_eq!(assign, vec![vec![], vec![(0, 1)]]);
    }

    #[test]
    fn one_swap_makes_room() {
        // Two previous bins with one free each, and a new item of two.
        let items = vec![(item(1, &[(0, 1)]), 3), (item(1, &[(1, 1)]), 3), (item(2, &[]), 1)];
        let assignment = Assignment { capacity: vec![4], previous: 2, items };
        let control = Control::default();
        let Answer::Best(assign) = assignment.assign(Bins::AtMost(2), 0, Effort::MUCH, &control) else { panic!("solvable") };
        assert_eq!(assignment.kept(&assign), 5);
        assert_eq!(assignment.assign(Bins::AtMost(2), 6, Effort::MUCH, &control), Answer::None);
        assert_eq!(assignment.assign(Bins::AtMost(1), 0, Effort::MUCH, &control), Answer::None);
    }
}
