//! All maximal patterns of a small instance.

use super::fill::Bins;
use super::reduce::Instance;

/// Steps of the enumeration before it is given up, for each pattern allowed.
const STEPS_PER_PATTERN: usize = 50;

/// Every pattern to which nothing can be added, or `None` when there are more than `most`.
pub(super) fn maximal_patterns(instance: &Instance, most: usize) -> Option<Vec<Vec<(usize, u32)>>> {
    let mut search = Search { instance, most, steps: most.saturating_mul(STEPS_PER_PATTERN), found: Vec::new() };
    search.extend(0, &Bins::empty(&instance.capacity, 1))?;
    Some(search.found)
}

struct Search<'a> {
    instance: &'a Instance,
    most: usize,
    steps: usize,
    found: Vec<Vec<(usize, u32)>>,
}

impl Search<'_> {
    fn extend(&mut self, from: usize, bin: &Bins) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        let Some(kind) = self.instance.kinds.get(from) else {
            if self.is_maximal(bin) {
                self.found.push(bin.items.clone());
            }
            return (self.found.len() <= self.most).then_some(());
        };
        let fit = bin.fits(kind, kind.count);
        for copies in (0..=fit).rev() {
            let mut next = bin.clone();
            if copies > 0 {
                next.put(from, kind, copies);
            }
            self.extend(from + 1, &next)?;
        }
        Some(())
    }

    fn is_maximal(&self, bin: &Bins) -> bool {
        self.instance.kinds.iter().enumerate().all(|(index, kind)| {
            let inside = bin.items.iter().find(|i| i.0 == index);
            let left = kind.count - inside.map_or(0, |i| u64::from(i.1));
            bin.fits(kind, left) == 0
        })
    }
}
