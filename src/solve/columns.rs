//! Column generation (Gilmore & Gomory, 1961): the linear bound, with exact weights as its evidence.

use super::bounds::Bound;
use super::master::{Master, Stalled};
use super::outcome::Control;
use super::pricing::{Effort, Pricer};
use super::reduce::{Filled, Instance};
use super::tables::copies;

/// The linear relaxation of an instance, and what has been proven with it.
#[derive(Clone, Debug)]
pub(super) struct Relaxation<'a> {
    pub instance: &'a Instance,
    pub master: Master,
    pub pricer: Pricer<'a>,
    /// The last integer duals, and the most that a bin is worth with them.
    pub last: (Vec<u32>, u64),
}

/// Why column generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// No pattern improves the linear program.
    Converged,
    /// The bound cannot rise, or need not.
    Enough,
    /// Time, or trouble with numbers.
    Stopped,
}

impl<'a> Relaxation<'a> {
    pub(super) fn new(instance: &'a Instance, start: &[Filled]) -> Self {
        let demand: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
        let single: Vec<u32> = instance.kinds.iter().map(|k| copies(k, &instance.capacity, k.count)).collect();
        let mut master = Master::new(&demand, &single);
        for (items, _) in start {
            let mut column = items.clone();
            column.sort_unstable();
            master.add(column);
        }
        Self { instance, master, pricer: Pricer::new(instance), last: (Vec::new(), 0) }
    }

    /// Generates columns until the bound meets `incumbent`, or cannot rise any more.
    pub(super) fn solve(&mut self, bound: &mut Bound, incumbent: u64, control: &Control<'_>) -> End {
        let left: Vec<u64> = self.instance.kinds.iter().map(|k| k.count).collect();
        let mut steps = 200_000;
        loop {
            let t0 = std::time::Instant::now();
            if control.stopped() || self.master.optimise().is_err() {
                return End::Stopped;
            }
            let t1 = t0.elapsed();
            let (values, unit) = integer_duals(self.instance, self.master.duals(), &left);
            let effort = Effort { steps, patterns: 1 + self.instance.kinds.len() / 4 };
            let priced = self.pricer.price(&values, unit, &left, effort);
            let weights = values.iter().map(|&v| u64::from(v)).collect();
            bound.raise(Bound::of_weights(self.instance, priced.upper.max(1), weights));
            if bound.bins >= incumbent {
                return End::Enough;
            }
            if self.instance.kinds.len() > 100 {
                eprintln!(
                    "kinds {} lp {t1:?} price {:?} found {} upper {} bound {} value {:.3}",
                    self.instance.kinds.len(),
                    t0.elapsed() - t1,
                    priced.patterns.len(),
                    priced.upper as f64 / unit as f64,
                    bound.bins,
                    left.iter().zip(self.master.duals()).map(|(l, d)| *l as f64 * d).sum::<f64>()
                );
            }
            let mut new = 0;
            for pattern in priced.patterns {
                new += usize::from(self.master.add(pattern));
            }
            if new == 0 {
                // A search cut short says nothing; look harder before giving up.
                if priced.upper > unit + unit / 1_000_000 && steps < 20_000_000 {
                    steps *= 10;
                    continue;
                }
                self.last = (values, priced.upper);
                return End::Converged;
            }
        }
    }

    /// Generates columns for the residual demand; `Some` exact bound when it exceeds `most`.
    pub(super) fn solve_residual(
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
            self.master.optimise()?;
            let (values, unit) = integer_duals(self.instance, self.master.duals(), left);
            let effort = Effort { steps: 20_000, patterns: 1 + left.iter().filter(|&&l| l > 0).count() / 4 };
            let priced = self.pricer.price(&values, unit, left, effort);
            let total: u128 = values.iter().zip(left).map(|(&v, &n)| u128::from(v) * u128::from(n)).sum();
            let bins = total.div_ceil(u128::from(priced.upper.max(1)));
            if bins > u128::from(most) {
                return Ok(Some(u64::try_from(bins).unwrap_or(u64::MAX)));
            }
            let mut new = 0;
            for pattern in priced.patterns {
                new += usize::from(self.master.add(pattern));
            }
            if new == 0 {
                break;
            }
        }
        Ok(None)
    }
}

/// The duals as integers over a common unit, small enough for tables of 32 bits.
fn integer_duals(instance: &Instance, duals: &[f64], left: &[u64]) -> (Vec<u32>, u64) {
    let all: f64 = duals.iter().zip(left).map(|(&y, &n)| y.max(0.0) * n as f64).sum();
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
        .max(1.0);
    let unit = (f64::from(1u32 << 31) / densest).min(f64::from(1 << 30)).max(1.0).floor();
    let scaled = |&y: &f64| (y.max(0.0) * unit).floor().min(f64::from(u32::MAX)) as u32;
    (duals.iter().map(scaled).collect(), unit as u64)
}
