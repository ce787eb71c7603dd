//! Surrogate multipliers: several dimensions weighed into one.

use crate::solve::problem::instance::Instance;

/// Multipliers of the dimensions, relative to their capacities, under which the fractional knapsack bound is low: near
/// the optimal duals of the linear knapsack, found by coordinate descent.
pub(crate) fn multipliers(instance: &Instance, capacity: &[u64], order: &[usize], value: &[u32], most: &[u32]) -> Vec<f64> {
    let dimensions = capacity.len();
    let relative: Vec<Vec<f64>> = order
        .iter()
        .map(|&k| {
            let sizes = instance.kinds[k].size.iter().zip(capacity);
            sizes.map(|(&s, &c)| s as f64 / c.max(1) as f64).collect()
        })
        .collect();
    let mut best = vec![1.0; dimensions];
    let mut lowest = fractional(&relative, value, most, &best);
    let mut step = 2.0;
    for _ in 0..6 {
        for d in 0..dimensions {
            for factor in [step, 1.0 / step] {
                let mut moved = best.clone();
                moved[d] *= factor;
                let bound = fractional(&relative, value, most, &moved);
                if bound < lowest {
                    lowest = bound;
                    best = moved;
                }
            }
        }
        step = 1.0 + (step - 1.0) * 0.7;
    }
    best
}

/// The bound of the fractional knapsack in the weighed size (Dantzig, 1957).
fn fractional(relative: &[Vec<f64>], value: &[u32], most: &[u32], multipliers: &[f64]) -> f64 {
    let mut items: Vec<(f64, f64, f64)> = relative
        .iter()
        .zip(value)
        .zip(most)
        .map(|((sizes, &v), &n)| {
            let size: f64 = sizes.iter().zip(multipliers).map(|(s, m)| s * m).sum();
            let value = f64::from(v);
            (value / size.max(1e-12), size * f64::from(n), value * f64::from(n))
        })
        .collect();
    items.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut room: f64 = multipliers.iter().sum();
    let mut bound = 0.0;
    for (density, size, value) in items {
        if size >= room {
            return bound + density * room;
        }
        room -= size;
        bound += value;
    }
    bound
}
