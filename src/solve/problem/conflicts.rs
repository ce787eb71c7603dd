//! Which kinds exclude each other by their labels, as a matrix of bits.

use std::collections::BTreeMap;

use crate::solve::problem::instance::Kind;

/// More kinds than this are compared label by label: the matrix has the square of their number.
const KINDS: usize = 8_192;

/// For each kind a row of bits: the kinds that it excludes.
#[derive(Clone, Debug)]
pub(crate) struct Conflicts {
    words: usize,
    rows: Vec<u64>,
}

impl Conflicts {
    /// The conflicts of these kinds; `None` where no kind has labels, or the kinds are too many.
    pub(crate) fn new(kinds: &[Kind]) -> Option<Self> {
        if kinds.len() > KINDS || kinds.iter().all(|k| k.labels.is_empty()) {
            return None;
        }
        let words = kinds.len().div_ceil(64);
        let mut holders: BTreeMap<u32, BTreeMap<u32, Vec<usize>>> = BTreeMap::new();
        for (at, kind) in kinds.iter().enumerate() {
            for &(attribute, label) in &kind.labels {
                holders.entry(attribute).or_default().entry(label).or_default().push(at);
            }
        }
        let mut conflicts = Self { words, rows: vec![0; words * kinds.len()] };
        let mut all = vec![0u64; words];
        for labels in holders.values().filter(|labels| labels.len() > 1) {
            all.fill(0);
            labels.values().flatten().for_each(|&k| all[k / 64] |= 1 << (k % 64));
            for alike in labels.values() {
                let mut others = all.clone();
                alike.iter().for_each(|&k| others[k / 64] &= !(1 << (k % 64)));
                for &k in alike {
                    let row = &mut conflicts.rows[k * words..(k + 1) * words];
                    row.iter_mut().zip(&others).for_each(|(to, from)| *to |= from);
                }
            }
        }
        Some(conflicts)
    }

    /// The kinds that this one excludes.
    pub(crate) fn row(&self, kind: usize) -> &[u64] {
        &self.rows[kind * self.words..(kind + 1) * self.words]
    }

    /// Whether two kinds exclude each other.
    pub(crate) fn between(&self, a: usize, b: usize) -> bool {
        has(self.row(a), b)
    }

    /// How many other kinds this one excludes.
    pub(crate) fn degree(&self, kind: usize) -> u32 {
        self.row(kind).iter().map(|w| w.count_ones()).sum()
    }
}

/// Whether the bit of a kind is set.
pub(crate) fn has(row: &[u64], kind: usize) -> bool {
    row[kind / 64] >> (kind % 64) & 1 == 1
}
