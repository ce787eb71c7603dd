//! Column generation (Gilmore & Gomory, 1961): the linear bound, with exact weights as its evidence.

use crate::solve::columns::master::{Column, Master, Stalled};
use crate::solve::columns::pricing::{Effort, Priced, Pricer};
use crate::solve::problem::bound::Bound;
use crate::solve::problem::instance::{Filled, Instance, Kind};
use crate::solve::problem::outcome::Control;

/// The linear relaxation of an instance, and what has been proven with it.
#[derive(Clone, Debug)]
pub(crate) struct Relaxation<'a> {
    pub instance: &'a Instance,
    /// How many of the kinds are of items that have to be placed.
    pub real: usize,
    pub master: Master,
    pub pricer: Pricer<'a>,
    /// The last integer duals.
    pub last: Option<Duals>,
    /// What a price of one stands for.
    scale: f64,
}

/// Values of the kinds: `fine` times the value of a bin never exceeds `denominator` times its cost.
#[derive(Clone, Debug)]
pub(crate) struct Duals {
    pub values: Vec<u32>,
    pub fine: u64,
    pub denominator: u64,
}

/// How far from the duals of the master towards the inner ones prices are first taken.
const INWARD: f64 = 0.6;
/// How many times the cheapest price the dearest may be.
const WIDEST: f64 = 1e4;

/// Why column generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// No pattern improves the linear program.
    Converged,
    /// The bound cannot rise, or need not.
    Enough,
    /// Time, or trouble with numbers.
    Stopped,
}

impl<'a> Relaxation<'a> {
    /// The relaxation of an instance, of whose kinds those from `real` on are dummies.
    pub(crate) fn new(instance: &'a Instance, real: usize, start: &[Filled]) -> Self {
        let demand: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
        let single: Vec<u32> = instance.kinds.iter().map(|k| instance.copies_alone(k, k.count)).collect();
        let (cheapest, dearest) = (instance.costs.cheapest() as f64, instance.costs.dearest() as f64);
        // Prices near one suit the tolerances of the master.
        let scale = cheapest.max(dearest / WIDEST);
        let prices = instance.kinds.iter().map(|k| instance.costs.of(k.bin_types) as f64 / scale).collect();
        let master = Master::new(&demand, &single, prices);
        let mut relaxation = Self { instance, real, master, pricer: Pricer::new(instance), last: None, scale };
        for (items, _) in start {
            let mut column = items.clone();
            column.sort_unstable();
            relaxation.add(column);
        }
        relaxation
    }

    fn add(&mut self, column: Column) -> bool {
        let price = self.instance.cost_of(&column) as f64 / self.scale;
        self.master.add(column, price)
    }

    /// Generates columns until the bound meets `incumbent`, or cannot rise any more.
    ///
    /// Duals are priced between those of the master and the best feasible ones so far (in-out separation; Ben-Ameur &
    /// Neto, 2007), which keeps them from swinging. With `thorough`, it goes on until no pattern improves at all.
    pub(crate) fn solve(&mut self, bound: &mut Bound, incumbent: u64, thorough: bool, control: &Control<'_>) -> End {
        let left: Vec<u64> = self.instance.kinds.iter().map(|k| k.count).collect();
        let worth = |duals: &[f64]| -> f64 { duals.iter().zip(&left).map(|(y, &n)| y * n as f64).sum() };
        let mut inner = volume_duals(self.instance, self.scale);
        let mut steps = 200_000;
        let mut inward = INWARD;
        let mut solved = false;
        loop {
            if control.stopped() || (!solved && self.master.optimise(control).is_err()) {
                return End::Stopped;
            }
            solved = true;
            let duals = self.master.duals();
            let value = worth(duals);
            let between: Vec<f64> =
                duals.iter().zip(&inner).map(|(y, inner)| inward * inner + (1.0 - inward) * y.max(0.0)).collect();
            let (values, unit) = self.integer_duals(&between, &left);
            let effort = Effort { steps, patterns: 1 + self.instance.kinds.len() / 4 };
            let priced = self.pricer.price(&values, &unit, &left, effort, control);
            let exceeded = priced.upper.iter().zip(&unit).any(|(&upper, &unit)| upper > unit + unit / 1_000_000);
            let duals = self.feasible(values, &priced);
            let weights = duals.values.iter().map(|&v| u64::from(v) * duals.fine).collect();
            bound.raise(Bound::of_weights(self.instance, duals.denominator, weights));
            let by = duals.fine as f64 / duals.denominator as f64 / self.scale;
            let feasible: Vec<f64> = duals.values.iter().map(|&v| f64::from(v) * by).collect();
            if worth(&feasible) > worth(&inner) * (1.0 - 1e-9) {
                inner = feasible;
                self.last = Some(duals.clone());
            }
            if bound.cost >= incumbent {
                return End::Enough;
            }
            if !thorough && bound.cost as f64 >= value * self.scale - 1e-6 {
                return End::Converged;
            }
            let mut new = 0;
            for pattern in priced.patterns {
                new += usize::from(self.add(pattern));
            }
            if new > 0 {
                solved = false;
                inward = INWARD;
            } else if inward > 0.0 {
                // The point was feasible, and is the inner one now; the master's own duals are tried in the end.
                let close = worth(&inner) > value - 1e-4 * value.max(1.0);
                inward = if close || inward < 0.1 { 0.0 } else { inward * 0.5 };
            } else if exceeded && steps < 20_000_000 {
                // A search cut short says nothing; look harder before giving up.
                steps *= 10;
            } else {
                self.last.get_or_insert(duals);
                return End::Converged;
            }
        }
    }

    /// Generates columns for the residual demand; `Some` exact bound of its cost when it exceeds `most`.
    pub(crate) fn solve_residual(
        &mut self,
        left: &[u64],
        most: u64,
        rounds: usize,
        control: &Control<'_>,
    ) -> Result<Option<u64>, Stalled> {
        for _ in 0..rounds {
            if control.stopped() {
                return Err(Stalled);
            }
            self.master.optimise(control)?;
            let (values, unit) = self.integer_duals(self.master.duals(), left);
            let effort = Effort { steps: 20_000, patterns: 1 + left.iter().filter(|&&l| l > 0).count() / 4 };
            let priced = self.pricer.price(&values, &unit, left, effort, control);
            let duals = self.feasible(values, &priced);
            let total: u128 = duals.values.iter().zip(left).map(|(&v, &n)| u128::from(v) * u128::from(n)).sum();
            let cost = (total * u128::from(duals.fine)).div_ceil(u128::from(duals.denominator));
            if cost > u128::from(most) {
                return Ok(Some(u64::try_from(cost).unwrap_or(u64::MAX)));
            }
            let mut new = 0;
            for pattern in priced.patterns {
                new += usize::from(self.add(pattern));
            }
            if new == 0 {
                break;
            }
        }
        Ok(None)
    }

    /// The values with what makes them feasible.
    fn feasible(&self, values: Vec<u32>, priced: &Priced) -> Duals {
        // The dearer bins are, the finer the weights, so that their sum for one unit of cost is still a large number.
        let fine = 1u64 << self.instance.costs.dearest().ilog2().min(30);
        let costs = self.instance.costs.all().iter();
        let each = costs.zip(&priced.upper).map(|(&cost, &upper)| (u128::from(upper) * u128::from(fine)).div_ceil(cost.into()));
        let denominator = each.max().and_then(|most| u64::try_from(most).ok()).unwrap_or(u64::MAX).max(1);
        Duals { values, fine, denominator }
    }

    /// The duals as integers over a common unit, small enough for tables of 32 bits, and the cost of each bin type over it.
    fn integer_duals(&self, duals: &[f64], left: &[u64]) -> (Vec<u32>, Vec<u64>) {
        let instance = self.instance;
        let all: f64 = duals.iter().zip(left).map(|(&y, &n)| y.max(0.0) * n as f64).sum();
        let dearest = instance.costs.dearest() as f64 / self.scale;
        // The most that a bin can be worth, by the densest kind of a dimension.
        let densest = (0..instance.capacity.len())
            .map(|d| {
                let density = |(&y, k): (&f64, usize)| match instance.kinds[k].size[d] {
                    _ if y <= 0.0 || left[k] == 0 => 0.0,
                    0 => f64::INFINITY,
                    size => y / size as f64,
                };
                duals.iter().zip(0..).map(density).fold(0.0, f64::max) * instance.capacity[d] as f64
            })
            .fold(all, f64::min)
            .max(dearest);
        let unit = (f64::from(1u32 << 31) / densest).min(f64::from(1 << 30)).max(1.0).floor();
        let scaled = |&y: &f64| (y.max(0.0) * unit).floor().min(f64::from(u32::MAX)) as u32;
        let costs = instance.costs.all().iter().map(|&cost| (cost as f64 / self.scale * unit).floor() as u64).collect();
        (duals.iter().map(scaled).collect(), costs)
    }
}

/// Feasible duals: an item is worth its size in the scarcest dimension, at what a unit of that costs in the bins that may
/// hold it.
fn volume_duals(instance: &Instance, scale: f64) -> Vec<f64> {
    let share = |d: usize, k: &Kind| k.size[d] as f64 / instance.capacity[d].max(1) as f64;
    let need = |&d: &usize| -> f64 { instance.kinds.iter().map(|k| share(d, k) * k.count as f64).sum() };
    let scarcest = (0..instance.capacity.len()).max_by(|a, b| need(a).total_cmp(&need(b)));
    let costs = instance.costs.all();
    let dual = |d: usize, k: &Kind| {
        let unit = |g: usize| costs[g] as f64 / scale / instance.capacity_of(g)[d].max(1) as f64;
        k.size[d] as f64 * (0..costs.len()).filter(|&g| k.bin_types.has(g)).map(unit).fold(f64::INFINITY, f64::min)
    };
    instance.kinds.iter().map(|k| scarcest.map_or(0.0, |d| dual(d, k))).collect()
}
