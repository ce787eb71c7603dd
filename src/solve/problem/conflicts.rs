//! Which kinds exclude each other by their labels, as a matrix of bits.

use crate::solve::problem::instance::Kind;

/// More kinds than this are compared label by label: the matrix has the square of their number.
const KINDS: usize = 8_192;

/// A kind that carries a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Holder {
    pub attribute: u32,
    pub label: u32,
    pub kind: usize,
}

/// Who carries what, sorted: labels may be hundreds of thousands, too many for a map of maps.
pub(crate) fn holders(kinds: &[Kind]) -> Vec<Holder> {
    let of_kind = |(kind, content): (usize, &Kind)| {
        let labels = content.labels.iter();
        labels.map(|&(attribute, label)| Holder { attribute, label, kind }).collect::<Vec<_>>()
    };
    let mut all: Vec<Holder> = kinds.iter().enumerate().flat_map(of_kind).collect();
    all.sort_unstable();
    all
}

/// For each kind a row of bits: the kinds that it excludes.
#[derive(Clone, Debug)]
pub(crate) struct Conflicts {
    words: usize,
    rows: Vec<u64>,
    /// How many kinds each kind excludes.
    degrees: Vec<u32>,
}

impl Conflicts {
    /// The conflicts of these kinds; `None` where no kind has labels, or the kinds are too many.
    pub(crate) fn new(kinds: &[Kind]) -> Option<Self> {
        if kinds.len() > KINDS || kinds.iter().all(|k| k.labels.is_empty()) {
            return None;
        }
        let words = kinds.len().div_ceil(64);
        let mut conflicts = Self { words, rows: vec![0; words * kinds.len()], degrees: Vec::new() };
        let (mut all, mut others) = (vec![0u64; words], vec![0u64; words]);
        for holders in holders(kinds).chunk_by(|a, b| a.attribute == b.attribute) {
            all.fill(0);
            holders.iter().for_each(|h| all[h.kind / 64] |= 1 << (h.kind % 64));
            for alike in holders.chunk_by(|a, b| a.label == b.label) {
                others.copy_from_slice(&all);
                alike.iter().for_each(|h| others[h.kind / 64] &= !(1 << (h.kind % 64)));
                for Holder { kind, .. } in alike {
                    let row = &mut conflicts.rows[kind * words..(kind + 1) * words];
                    row.iter_mut().zip(&others).for_each(|(to, from)| *to |= from);
                }
            }
        }
        let degree = |kind: usize| conflicts.row(kind).iter().map(|w| w.count_ones()).sum();
        conflicts.degrees = (0..kinds.len()).map(degree).collect();
        Some(conflicts)
    }

    /// The kinds that this one excludes.
    pub(crate) fn row(&self, kind: usize) -> &[u64] {
        &self.rows[kind * self.words..(kind + 1) * self.words]
    }

    /// How many other kinds this one excludes.
    pub(crate) fn degree(&self, kind: usize) -> u32 {
        self.degrees[kind]
    }
}

/// The lowest bit that is set.
pub(crate) fn lowest(words: &[u64]) -> Option<usize> {
    let at = words.iter().position(|&w| w != 0)?;
    Some(at * 64 + words[at].trailing_zeros() as usize)
}

/// Whether the bit of a kind is set.
pub(crate) fn has(row: &[u64], kind: usize) -> bool {
    row[kind / 64] >> (kind % 64) & 1 == 1
}
