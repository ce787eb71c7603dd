//! The restricted master problem of column generation: a covering linear program that columns are added to.
//!
//! Minimise the price of the patterns so that each kind is covered as often as demanded. The revised simplex method with
//! an explicit inverse keeps both sides of the solution at hand: the duals for pricing, the levels for diving. After a
//! pattern is fixed the same basis is repaired by the dual simplex method. All of it is floating point: no proof rests
//! on it.

use std::collections::HashSet;

use crate::solve::problem::outcome::Control;

/// A pattern as a column: kinds and copies.
pub(crate) type Column = Vec<(usize, u32)>;

const EPSILON: f64 = 1e-9;
/// How many times its price a pattern costs that no longer fits the residual demand.
const BANNED: f64 = 50.0;
/// Bases with more rows are not inverted anew: that takes the cube of them.
const INVERTED: usize = 1_200;
/// Demands are raised by up to this, so that few bases are degenerate.
const PERTURBATION: f64 = 1e-7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basic {
    Column(usize),
    Surplus(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Master {
    rows: usize,
    demand: Vec<f64>,
    columns: Vec<Column>,
    price: Vec<f64>,
    /// The price, or more while the column is banned.
    cost: Vec<f64>,
    known: HashSet<Column>,
    basis: Vec<Basic>,
    is_basic: Vec<bool>,
    is_surplus_basic: Vec<bool>,
    /// The inverse of the basis, column by column.
    inverse: Vec<f64>,
    level: Vec<f64>,
    dual: Vec<f64>,
    pivots: usize,
}

/// A simplex run that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stalled;

impl Master {
    /// A master with one pattern for each kind: `copies` of it, at a price.
    pub(crate) fn new(demand: &[u64], copies: &[u32], price: Vec<f64>) -> Self {
        let rows = demand.len();
        let mut master = Self {
            rows,
            demand: vec![0.0; rows],
            columns: copies.iter().enumerate().map(|(row, &n)| vec![(row, n)]).collect(),
            cost: price.clone(),
            price,
            known: HashSet::new(),
            basis: (0..rows).map(Basic::Column).collect(),
            is_basic: vec![true; rows],
            is_surplus_basic: vec![false; rows],
            inverse: vec![0.0; rows * rows],
            level: vec![0.0; rows],
            dual: vec![0.0; rows],
            pivots: 0,
        };
        master.known.extend(master.columns.iter().cloned());
        for (row, &n) in copies.iter().enumerate() {
            master.inverse[row * rows + row] = 1.0 / f64::from(n);
        }
        master.set_demand(demand);
        master.price_basis();
        master
    }

    pub(crate) fn duals(&self) -> &[f64] {
        &self.dual
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The patterns in use and how much of each, in the order of their columns.
    pub(crate) fn levels(&self) -> Vec<(usize, f64)> {
        let mut levels: Vec<(usize, f64)> = self
            .basis
            .iter()
            .zip(&self.level)
            .filter_map(|(&basic, &level)| match basic {
                Basic::Column(column) if level > 1e-6 => Some((column, level)),
                _ => None,
            })
            .collect();
        levels.sort_by_key(|l| l.0);
        levels
    }

    /// Adds a column at a price; whether it is new.
    pub(crate) fn add(&mut self, column: Column, price: f64) -> bool {
        let new = self.known.insert(column.clone());
        if new {
            self.columns.push(column);
            self.price.push(price);
            self.cost.push(price);
            self.is_basic.push(false);
        }
        new
    }

    /// Sets the demand, and leaves out the patterns that have more than is demanded of one of the first `real` kinds.
    pub(crate) fn restrict(&mut self, demand: &[u64], real: usize, control: &Control<'_>) -> Result<(), Stalled> {
        self.set_demand(demand);
        let banned: Vec<bool> =
            self.columns.iter().map(|c| c.iter().any(|&(row, n)| row < real && u64::from(n) > demand[row])).collect();
        // The dual simplex method needs the costs for which the basis is optimal; what left it is out already.
        for (column, &banned) in banned.iter().enumerate() {
            if banned && !self.is_basic[column] {
                self.cost[column] = BANNED * self.price[column];
            }
        }
        self.repair(control)?;
        for (column, &banned) in banned.iter().enumerate() {
            self.cost[column] = if banned { BANNED * self.price[column] } else { self.price[column] };
        }
        self.price_basis();
        self.optimise(control)
    }

    fn set_demand(&mut self, demand: &[u64]) {
        for (row, (to, &from)) in self.demand.iter_mut().zip(demand).enumerate() {
            // A fixed spread, so that the same problem is always solved the same way.
            let spread = ((row * 7919 + 13) % 1009) as f64 / 1009.0 + 0.5;
            *to = from as f64 + PERTURBATION * spread;
        }
        self.place_levels();
    }

    fn place_levels(&mut self) {
        self.level.fill(0.0);
        for (row, &b) in self.demand.iter().enumerate() {
            let column = &self.inverse[row * self.rows..(row + 1) * self.rows];
            for (level, inverse) in self.level.iter_mut().zip(column) {
                *level += inverse * b;
            }
        }
    }

    fn price_basis(&mut self) {
        let costs: Vec<f64> = self
            .basis
            .iter()
            .map(|&b| match b {
                Basic::Column(column) => self.cost[column],
                Basic::Surplus(_) => 0.0,
            })
            .collect();
        for (row, dual) in self.dual.iter_mut().enumerate() {
            let column = &self.inverse[row * self.rows..(row + 1) * self.rows];
            *dual = column.iter().zip(&costs).map(|(a, c)| a * c).sum();
        }
    }

    fn reduced_cost(&self, column: usize) -> f64 {
        let covered: f64 = self.columns[column].iter().map(|&(row, n)| self.dual[row] * f64::from(n)).sum();
        self.cost[column] - covered
    }

    /// The primal simplex method from the current basis, over the columns at hand.
    pub(crate) fn optimise(&mut self, control: &Control<'_>) -> Result<(), Stalled> {
        for round in 0..20_000 + 50 * self.rows {
            if round % self.patience() == 0 && control.stopped() {
                return Err(Stalled);
            }
            let mut entering = None;
            let mut least = -EPSILON * 10.0;
            for (row, &dual) in self.dual.iter().enumerate() {
                if dual < least && !self.is_surplus_basic[row] {
                    least = dual;
                    entering = Some(Basic::Surplus(row));
                }
            }
            for column in 0..self.columns.len() {
                if self.is_basic[column] || self.cost[column] > self.price[column] {
                    continue;
                }
                let reduced = self.reduced_cost(column);
                if reduced < least {
                    least = reduced;
                    entering = Some(Basic::Column(column));
                }
            }
            let Some(entering) = entering else {
                return Ok(());
            };
            let direction = self.direction(entering);
            let mut leaving: Option<(usize, f64)> = None;
            for (at, &alpha) in direction.iter().enumerate() {
                if alpha > EPSILON {
                    let ratio = self.level[at].max(0.0) / alpha;
                    let better = leaving
                        .is_none_or(|(best, least)| ratio < least - 1e-12 || (ratio <= least + 1e-12 && alpha > direction[best]));
                    if better {
                        leaving = Some((at, ratio));
                    }
                }
            }
            let (leaving, _) = leaving.ok_or(Stalled)?;
            self.pivot(leaving, entering, &direction, least)?;
        }
        Err(Stalled)
    }

    /// The dual simplex method: makes levels below zero good again.
    fn repair(&mut self, control: &Control<'_>) -> Result<(), Stalled> {
        for round in 0..5_000 + 20 * self.rows {
            if round % self.patience() == 0 && control.stopped() {
                return Err(Stalled);
            }
            let worst = (0..self.rows).min_by(|&a, &b| self.level[a].total_cmp(&self.level[b]));
            let Some(leaving) = worst.filter(|&at| self.level[at] < -EPSILON) else {
                return Ok(());
            };
            let row: Vec<f64> = (0..self.rows).map(|j| self.inverse[j * self.rows + leaving]).collect();
            // (ratio, size of the pivot, reduced cost, what enters)
            let mut best: Option<(f64, f64, f64, Basic)> = None;
            let mut consider = |reduced: f64, alpha: f64, entering: Basic| {
                if alpha < -1e-8 {
                    let ratio = reduced.max(0.0) / -alpha;
                    if best.is_none_or(|b| ratio < b.0 - 1e-12 || (ratio <= b.0 && -alpha > b.1)) {
                        best = Some((ratio, -alpha, reduced, entering));
                    }
                }
            };
            for (j, &entry) in row.iter().enumerate() {
                if !self.is_surplus_basic[j] {
                    consider(self.dual[j], -entry, Basic::Surplus(j));
                }
            }
            for (column, content) in self.columns.iter().enumerate() {
                if self.is_basic[column] || self.cost[column] > self.price[column] {
                    continue;
                }
                let alpha: f64 = content.iter().map(|&(r, n)| row[r] * f64::from(n)).sum();
                if alpha < -1e-8 {
                    consider(self.reduced_cost(column), alpha, Basic::Column(column));
                }
            }
            let (_, _, reduced, entering) = best.ok_or(Stalled)?;
            let direction = self.direction(entering);
            self.pivot(leaving, entering, &direction, reduced)?;
        }
        Err(Stalled)
    }

    /// Rounds between two looks at the clock: a round takes the square of the rows.
    fn patience(&self) -> usize {
        (4_000_000 / (self.rows * self.rows).max(1)).clamp(1, 64)
    }

    fn direction(&self, entering: Basic) -> Vec<f64> {
        let mut direction = vec![0.0; self.rows];
        let mut add = |row: usize, times: f64| {
            let column = &self.inverse[row * self.rows..(row + 1) * self.rows];
            for (d, a) in direction.iter_mut().zip(column) {
                *d += a * times;
            }
        };
        match entering {
            Basic::Surplus(row) => add(row, -1.0),
            Basic::Column(column) => {
                for &(row, n) in &self.columns[column] {
                    add(row, f64::from(n));
                }
            }
        }
        direction
    }

    fn pivot(&mut self, leaving: usize, entering: Basic, direction: &[f64], reduced: f64) -> Result<(), Stalled> {
        let pivot = direction[leaving];
        if pivot.abs() < EPSILON {
            return Err(Stalled);
        }
        let step = self.level[leaving] / pivot;
        for (level, d) in self.level.iter_mut().zip(direction) {
            *level -= step * d;
        }
        self.level[leaving] = step;
        let nonzero: Vec<(usize, f64)> = direction.iter().copied().enumerate().filter(|d| d.1 != 0.0).collect();
        let sparse = nonzero.len() * 4 < self.rows;
        for (row, column) in self.inverse.chunks_exact_mut(self.rows).enumerate() {
            let factor = column[leaving] / pivot;
            if factor != 0.0 {
                if sparse {
                    for &(at, d) in &nonzero {
                        column[at] -= factor * d;
                    }
                } else {
                    for (a, d) in column.iter_mut().zip(direction) {
                        *a -= factor * d;
                    }
                }
                column[leaving] = factor;
                self.dual[row] += reduced * factor;
            }
        }
        self.label(self.basis[leaving], false);
        self.basis[leaving] = entering;
        self.label(entering, true);
        self.pivots += 1;
        if self.pivots.is_multiple_of(100) {
            self.refresh()?;
        }
        Ok(())
    }

    fn label(&mut self, basic: Basic, inside: bool) {
        match basic {
            Basic::Column(column) => self.is_basic[column] = inside,
            Basic::Surplus(row) => self.is_surplus_basic[row] = inside,
        }
    }

    /// Recomputes levels and duals, and the inverse when it has drifted.
    fn refresh(&mut self) -> Result<(), Stalled> {
        self.place_levels();
        let mut rest = self.demand.clone();
        for (&basic, &level) in self.basis.iter().zip(&self.level) {
            match basic {
                Basic::Surplus(row) => rest[row] += level,
                Basic::Column(column) => {
                    for &(row, n) in &self.columns[column] {
                        rest[row] -= level * f64::from(n);
                    }
                }
            }
        }
        let scale = self.demand.iter().copied().fold(1.0, f64::max);
        if rest.iter().any(|r| r.abs() > 1e-9 * scale) {
            self.invert()?;
            self.place_levels();
        }
        self.price_basis();
        Ok(())
    }

    /// Inverts the basis by Gauss–Jordan elimination with row pivoting.
    fn invert(&mut self) -> Result<(), Stalled> {
        let n = self.rows;
        if n > INVERTED {
            return Err(Stalled);
        }
        // Row-major [B | I], eliminated in place on two matrices.
        let mut matrix = vec![0.0; n * n];
        for (at, &basic) in self.basis.iter().enumerate() {
            match basic {
                Basic::Surplus(row) => matrix[row * n + at] = -1.0,
                Basic::Column(column) => {
                    for &(row, copies) in &self.columns[column] {
                        matrix[row * n + at] = f64::from(copies);
                    }
                }
            }
        }
        let mut inverse = vec![0.0; n * n];
        for i in 0..n {
            inverse[i * n + i] = 1.0;
        }
        for at in 0..n {
            let best = (at..n).max_by(|&a, &b| matrix[a * n + at].abs().total_cmp(&matrix[b * n + at].abs())).ok_or(Stalled)?;
            let pivot = matrix[best * n + at];
            if pivot.abs() < 1e-11 {
                return Err(Stalled);
            }
            for m in [&mut matrix, &mut inverse] {
                if best != at {
                    let (top, bottom) = m.split_at_mut(best * n);
                    top[at * n..(at + 1) * n].swap_with_slice(&mut bottom[..n]);
                }
                m[at * n..(at + 1) * n].iter_mut().for_each(|x| *x /= pivot);
            }
            let (row, unit) = (matrix[at * n..(at + 1) * n].to_vec(), inverse[at * n..(at + 1) * n].to_vec());
            for other in (0..n).filter(|&o| o != at) {
                let factor = matrix[other * n + at];
                if factor != 0.0 {
                    let lines = [(&mut matrix, &row), (&mut inverse, &unit)];
                    for (m, from) in lines {
                        let to = &mut m[other * n..(other + 1) * n];
                        for (t, f) in to.iter_mut().zip(from) {
                            *t -= factor * f;
                        }
                    }
                }
            }
        }
        for row in 0..n {
            for at in 0..n {
                self.inverse[row * n + at] = inverse[at * n + row];
            }
        }
        Ok(())
    }
}
