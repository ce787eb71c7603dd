//! Knapsack tables: the most value that the kinds from a position on can add, for each room.

/// Cells of one table; it is coarsened to assign below.
const CELLS: usize = 24_000_000;

/// A relaxation of a bin to one measure of size: a dimension, or a weighted sum of several.
///
/// Sizes are rounded down to a grid when the exact capacity is too large, so the values bound the true ones from above.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    /// The room in the grid for a whole bin.
    pub room: usize,
    sizes: Vec<u64>,
    divisor: u64,
}

impl Measure {
    /// A measure of these sizes, one a kind, for tables over at most `rows` kinds.
    pub(crate) fn new(capacity: u64, sizes: Vec<u64>, rows: usize, cells: usize) -> Self {
        let most = (cells.min(CELLS) / (rows + 1)).max(64) as u64;
        let divisor = (capacity / most + 1).max(1);
        Self { room: (capacity / divisor) as usize, sizes, divisor }
    }

    /// The room of a bin that has this much left: sizes are rounded down, so the room is counted up to the same loss.
    pub(crate) fn room_left(&self, used: u64, capacity: u64) -> usize {
        ((capacity - used) / self.divisor) as usize
    }

    pub(crate) fn size(&self, kind: usize) -> u64 {
        self.sizes[kind]
    }

    fn cells(&self, kind: usize) -> usize {
        // Not above the capacity, which fits.
        (self.sizes[kind] / self.divisor) as usize
    }
}

/// Values for every position and room: row `p` is about the kinds from position `p` on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    width: usize,
    values: Vec<u32>,
}

impl Table {
    /// Fills the table for kinds in this order, with a value and a greatest number of copies for each.
    pub(crate) fn fill(&mut self, measure: &Measure, order: &[usize], value: &[u32], most: &[u32]) {
        let width = measure.room + 1;
        self.width = width;
        // Every row but the last is written before it is read.
        self.values.resize((order.len() + 1) * width, 0);
        self.values[order.len() * width..].fill(0);
        let mut spare = Vec::new();
        for (position, &kind) in order.iter().enumerate().rev() {
            let (head, tail) = self.values.split_at_mut((position + 1) * width);
            let row = &mut head[position * width..];
            let below = &tail[..width];
            let size = measure.cells(kind);
            add_copies(row, below, size, value[position], most[position], &mut spare);
        }
    }

    pub(crate) fn get(&self, position: usize, room: usize) -> u32 {
        self.values[position * self.width + room]
    }
}

/// `row = max over q ≤ most of below shifted by q sizes plus q values`.
fn add_copies(row: &mut [u32], below: &[u32], size: usize, value: u32, most: u32, spare: &mut Vec<u32>) {
    if size == 0 {
        let all = value.saturating_mul(most);
        for (to, &from) in row.iter_mut().zip(below) {
            *to = from.saturating_add(all);
        }
        return;
    }
    row.copy_from_slice(below);
    if size >= row.len() {
        return;
    }
    let fit = ((row.len() - 1) / size) as u64;
    if u64::from(most) >= fit && fit > 1 {
        // Copies are not limited: one pass in which a room builds on a smaller one.
        for room in size..row.len() {
            let with = row[room - size].saturating_add(value);
            row[room] = row[room].max(with);
        }
        return;
    }
    shift_max(row, below, size, value);
    let (mut left, mut batch) = (most.saturating_sub(1), 2);
    while left > 0 {
        let copies = left.min(batch);
        let shift = size.saturating_mul(copies as usize);
        if shift < row.len() {
            spare.clear();
            spare.extend_from_slice(row);
            shift_max(row, spare, shift, value.saturating_mul(copies));
        }
        left -= copies;
        batch *= 2;
    }
}

fn shift_max(row: &mut [u32], from: &[u32], shift: usize, value: u32) {
    for (to, &from) in row[shift..].iter_mut().zip(from) {
        *to = (*to).max(from.saturating_add(value));
    }
}
