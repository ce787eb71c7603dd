//! The integer program over patterns.

use good_lp::{Expression, constraint};

use crate::solve::problem::outcome::Control;
use crate::solve::search::program::{Answer, Effort, Program};

/// A pattern as a column: its cost, what it weighs besides, and which rows it covers how often.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub cost: u64,
    pub weight: u64,
    pub covers: Vec<(usize, u64)>,
}

/// How often each choice is used in the cheapest use of them that covers each row at least as often as demanded, not below
/// `least` (known) and not above `most`, that weigh at most `weight` in all (if given).
pub(crate) fn cover(
    demand: &[u64],
    choices: &[Choice],
    (least, most): (u64, u64),
    weight: Option<u64>,
    effort: Effort,
    control: &Control<'_>,
) -> Answer<Vec<u64>> {
    let mut program = Program::default();
    let mut rows: Vec<Expression> = vec![Expression::default(); demand.len()];
    let (mut cost, mut weights) = (Expression::default(), Expression::default());
    let mut uses = Vec::with_capacity(choices.len());
    for choice in choices {
        let most = choice.covers.iter().map(|&(row, times)| demand[row].div_ceil(times.max(1))).max().unwrap_or(0);
        let used = program.variable(most);
        cost.add_mul(choice.cost as f64, used);
        weights.add_mul(choice.weight as f64, used);
        choice.covers.iter().for_each(|&(row, times)| rows[row].add_mul(times as f64, used));
        uses.push(used);
    }
    for (row, &demand) in rows.into_iter().zip(demand) {
        program.row(constraint!(row >= demand as f64));
    }
    // The known bound as a row ends the search at the first solution that meets it.
    program.row(constraint!(cost.clone() >= least as f64));
    program.row(constraint!(cost.clone() <= most as f64));
    if let Some(weight) = weight {
        program.row(constraint!(weights <= weight as f64));
    }
    program.minimise(cost, effort, control).and_then(|values| {
        let used: Vec<u64> = uses.into_iter().map(|variable| values.of(variable)).collect();
        let mut covered = vec![0; demand.len()];
        for (used, choice) in used.iter().zip(choices) {
            choice.covers.iter().for_each(|&(row, times)| covered[row] += used * times);
        }
        covered.iter().zip(demand).all(|(covered, demand)| covered >= demand).then_some(used)
    })
}

#[cfg(test)]
mod tests {
    //! What is asked of every backend.

    use super::*;

    fn choice(cost: u64, covers: &[(usize, u64)]) -> Choice {
        Choice { cost, weight: 1, covers: covers.to_vec() }
    }

    fn solve(demand: &[u64], choices: &[Choice], costs: (u64, u64), weight: Option<u64>) -> Answer<Vec<u64>> {
        cover(demand, choices, costs, weight, Effort::MUCH, &Control::default())
    }

    #[test]
    fn the_cheapest_cover_is_found() {
        let choices = [choice(1, &[(0, 2), (1, 1)]), choice(1, &[(1, 3)]), choice(1, &[(0, 1)])];
        let Answer::Best(uses) = solve(&[4, 5], &choices, (0, 9), None) else {
            panic!("there is a cover");
        };
        assert_eq!(uses, [2, 1, 0]);
    }

    #[test]
    fn no_cover_is_cheap_enough() {
        let pairs = [choice(1, &[(0, 1), (1, 1)]), choice(1, &[(1, 1), (2, 1)]), choice(1, &[(0, 1), (2, 1)])];
        assert_eq!(solve(&[1, 1, 1], &pairs, (0, 1), None), Answer::None);
        assert!(matches!(solve(&[1, 1, 1], &pairs, (2, 2), None), Answer::Best(_)));
    }

    #[test]
    fn the_weight_of_choices_can_be_bounded() {
        let choices = [choice(1, &[(0, 1)]), choice(5, &[(0, 3)])];
        assert_eq!(solve(&[3], &choices, (0, 9), None), Answer::Best(vec![3, 0]));
        assert_eq!(solve(&[3], &choices, (0, 9), Some(2)), Answer::Best(vec![0, 1]));
        assert_eq!(solve(&[3], &choices, (0, 4), Some(2)), Answer::None);
    }

    #[test]
    fn a_stopped_control_asks_nothing() {
        let stop = || true;
        let control = Control::default().with_cancel(&stop);
        let answer = cover(&[1], &[choice(1, &[(0, 1)])], (0, 9), None, Effort::MUCH, &control);
        assert_eq!(answer, Answer::Unknown);
    }
}
