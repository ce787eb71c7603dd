//! Diving: patterns of the linear solution are fixed one after the other, and columns priced again for what is left.

use crate::solve::columns::relaxation::Relaxation;
use crate::solve::heuristics::greedy::{self, Rule};
use crate::solve::heuristics::random::Random;
use crate::solve::problem::incumbent::Incumbent;
use crate::solve::problem::instance::Filled;
use crate::solve::problem::outcome::{Control, Layer};

/// Rounds of pricing after each pattern that is fixed.
const ROUNDS: usize = 30;

/// Instances with more kinds are not priced out after each pattern that is fixed.
const LARGE: usize = 400;
/// One in so many of the fractional patterns is fixed at a time.
const BATCH: usize = 40;

/// A dive from the root relaxation of the incumbent's instance, the `round`-th; what it finds is offered.
pub(crate) fn dive_from(work: &mut Incumbent<'_>, root: &Relaxation<'_>, round: u64, random: &mut Random) {
    if work.done() || work.control.stopped() {
        return;
    }
    let accepted = work.goal();
    // Where bins differ in cost, the bound itself is seldom a sum of costs.
    let target = if work.instance.costs.are_one() { work.bound.cost } else { accepted };
    if let Some(bins) = dive(root, target, accepted, round, random, work.control) {
        work.offer(bins);
    }
    work.report(Layer::Diving);
}

/// One dive from the root relaxation, given up when it cannot end in a cost of `target`; the best packing of a cost of at
/// most `accepted` that it came by.
///
/// With `spread` above zero, the pattern to fix is drawn from that many of the largest levels.
pub(crate) fn dive(
    root: &Relaxation<'_>,
    target: u64,
    accepted: u64,
    spread: u64,
    random: &mut Random,
    control: &Control<'_>,
) -> Option<Vec<Filled>> {
    let mut dive = Dive {
        at: root.clone(),
        left: root.instance.kinds.iter().map(|k| k.count).collect(),
        fixed: Vec::new(),
        order: greedy::orders(root.instance).into_iter().next().unwrap_or_default(),
        accepted,
        best: None,
    };
    // Giving up early is as good an end as any: what counts is what was found.
    dive.run(target, spread, random, control);
    dive.best
}

struct Dive<'a> {
    at: Relaxation<'a>,
    left: Vec<u64>,
    fixed: Vec<Filled>,
    /// In which what is left is filled.
    order: Vec<usize>,
    accepted: u64,
    best: Option<Vec<Filled>>,
}

impl Dive<'_> {
    fn run(&mut self, target: u64, spread: u64, random: &mut Random, control: &Control<'_>) -> Option<()> {
        let rounds = if self.left.len() > LARGE { 3 } else { ROUNDS };
        loop {
            let most = target.checked_sub(self.cost(&self.fixed))?;
            let bound = self.at.solve_residual(&self.left, most, rounds, control);
            if bound.ok()?.is_some() {
                return None;
            }
            for (column, uses) in self.choose(spread, random) {
                self.fix(column, uses);
            }
            self.complete(control);
            if self.accepted < target || self.left[..self.at.real].iter().all(|&l| l == 0) {
                return None;
            }
            self.at.master.restrict(&self.left, self.at.real, control).ok()?;
        }
    }

    fn cost(&self, bins: &[Filled]) -> u64 {
        self.at.instance.cost(bins)
    }

    /// The patterns to fix: all that are used at least once, or else the most used of the others.
    fn choose(&self, spread: u64, random: &mut Random) -> Vec<(usize, u64)> {
        let levels = self.at.master.levels();
        let mut uses: Vec<(usize, u64)> = Vec::new();
        for &(column, level) in &levels {
            let whole = (level + 1e-5).floor() as u64;
            if whole > 0 {
                uses.push((column, whole));
            }
        }
        if !uses.is_empty() {
            return uses;
        }
        let mut fractions = levels;
        fractions.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let choice = random.below(spread.max(1).min(fractions.len() as u64)) as usize;
        uses.extend(fractions.get(choice).map(|f| (f.0, 1)));
        // In a large instance several at once: one at a time would take too long.
        uses.extend(fractions.iter().take(fractions.len() / BATCH).map(|f| (f.0, 1)));
        uses
    }

    fn fix(&mut self, column: usize, uses: u64) {
        let pattern = &self.at.master.columns()[column];
        let real = pattern.iter().filter(|i| i.0 < self.at.real);
        let fit = real.map(|&(k, n)| self.left[k] / u64::from(n)).min();
        let uses = uses.min(fit.unwrap_or(0));
        if uses > 0 {
            for &(k, n) in pattern {
                self.left[k] = self.left[k].saturating_sub(u64::from(n) * uses);
            }
            self.fixed.push((pattern.clone(), uses));
        }
    }

    /// Fills what is left quickly, and keeps the packing if it is better than what is known.
    fn complete(&mut self, control: &Control<'_>) {
        let Some(most) = self.accepted.checked_sub(self.cost(&self.fixed)) else {
            return;
        };
        let mut counts = self.left.clone();
        // What bound constraints add need not be placed.
        counts[self.at.real..].fill(0);
        let bins = greedy::fill(self.at.instance, &counts, &self.order, Rule::BEST, control);
        if self.cost(&bins) <= most {
            let mut all = self.fixed.clone();
            all.extend(bins);
            self.accepted = self.cost(&all).saturating_sub(1);
            self.best = Some(all);
        }
    }
}
