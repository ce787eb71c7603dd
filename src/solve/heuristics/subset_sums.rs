//! Filling bins to the brim in one dimension, by subset sums.

use crate::solve::problem::instance::{Filled, Instance};
use crate::solve::problem::outcome::Control;

/// Words of tables that are written before the filling is given up.
const WORDS: usize = 600_000_000;
/// Sizes that a bin is filled with.
const SIZES: usize = 256;
/// Words of the tables of one bin.
const TABLES: usize = 4_000_000;

/// Fills bin by bin: the largest item that is left, then what fills the rest of the bin best, large items rather than small
/// ones (minimum bin slack; Gupta & Ho, 1999). `None` where there is more to an item than one size, or it takes too long.
///
/// A pattern is repeated for as long as half of what it needs is left, so that equal items cost no more than one.
pub(crate) fn fill_to_the_brim(instance: &Instance, control: &Control<'_>) -> Option<Vec<Filled>> {
    let &[capacity] = instance.capacity.as_slice() else { return None };
    if instance.has_labels() || !instance.costs.is_single() {
        return None;
    }
    let width = usize::try_from(capacity / 64).ok()? + 1;
    let mut left: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let mut filled = Vec::new();
    let mut sums = Sums { width, rows: Vec::new() };
    let mut budget = WORDS;
    // Kinds come largest first.
    while let Some(first) = left.iter().position(|&l| l > 0) {
        if control.stopped() {
            return None;
        }
        let room = capacity - instance.kinds[first].size[0];
        let mut rest: Vec<(usize, u64, u64)> = (first..left.len())
            .rev()
            .map(|k| (k, instance.kinds[k].size[0], left[k] - u64::from(k == first)))
            .filter(|&(_, size, count)| count > 0 && size > 0 && size <= room)
            .collect();
        // Some sizes of all that there are fill a bin as well as all of them.
        let every = rest.len().div_ceil(SIZES);
        let mut at = filled.len();
        rest.retain(|_| {
            at += 1;
            every <= 1 || at % every == 0
        });
        budget = budget.checked_sub(width * (rest.len() + 1))?;
        if width * (rest.len() + 1) > TABLES {
            return None;
        }
        let mut items = sums.fullest(room, &rest);
        match items.iter_mut().find(|i| i.0 == first) {
            Some(item) => item.1 += 1,
            None => items.push((first, 1)),
        }
        let repeats = items.iter().map(|&(k, n)| (left[k] / u64::from(n)).div_ceil(2)).min().unwrap_or(1).max(1);
        for &(k, n) in &items {
            left[k] -= u64::from(n) * repeats;
        }
        filled.push((items, repeats));
    }
    Some(filled)
}

/// Sums that can be reached, a bit for each, with ever more kinds.
struct Sums {
    width: usize,
    rows: Vec<u64>,
}

impl Sums {
    /// The items, of kinds with a size and a count that come smallest first, that fill the room best.
    fn fullest(&mut self, room: u64, rest: &[(usize, u64, u64)]) -> Vec<(usize, u32)> {
        let width = self.width;
        self.rows.clear();
        self.rows.resize(width * (rest.len() + 1), 0);
        self.rows[0] = 1;
        for (at, &(_, size, count)) in rest.iter().enumerate() {
            let (below, row) = self.rows[at * width..(at + 2) * width].split_at_mut(width);
            row.copy_from_slice(below);
            let (mut copies, mut batch) = (count.min(room / size), 1);
            while copies > 0 {
                let some = batch.min(copies);
                shift_or(row, some * size);
                copies -= some;
                batch *= 2;
            }
        }
        let reached = |at: usize, sum: u64| self.rows[at * width + (sum / 64) as usize] >> (sum % 64) & 1 == 1;
        let mut sum = (0..=room).rev().find(|&sum| reached(rest.len(), sum)).unwrap_or(0);
        let mut items = Vec::new();
        for (at, &(kind, size, count)) in rest.iter().enumerate().rev() {
            let most = count.min(sum / size);
            let copies = (0..=most).rev().find(|copies| reached(at, sum - copies * size)).unwrap_or(0);
            if copies > 0 {
                items.push((kind, u32::try_from(copies).unwrap_or(u32::MAX)));
                sum -= copies * size;
            }
        }
        items
    }
}

/// Sets every bit whose place is above that of a set one by `shift`.
fn shift_or(row: &mut [u64], shift: u64) {
    let (words, bits) = ((shift / 64) as usize, (shift % 64) as u32);
    for at in (words..row.len()).rev() {
        let mut moved = row[at - words] << bits;
        if bits > 0 && at > words {
            moved |= row[at - words - 1] >> (64 - bits);
        }
        row[at] |= moved;
    }
}
