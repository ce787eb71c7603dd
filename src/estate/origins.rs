//! Which file a part of an estate is from, and where in it.

use std::collections::BTreeMap;

use crate::input::{Pointer, Segment};

/// The files that values are from. What is not stated here is where the value around it is.
#[derive(Debug, Default)]
pub(super) struct Origins {
    from: Option<(usize, Pointer)>,
    within: BTreeMap<Segment, Origins>,
}

impl Origins {
    /// Says that the value at `at` is the one at `pointer` in a file.
    pub(super) fn state(&mut self, at: &Pointer, file: usize, pointer: Pointer) {
        let mut here = self;
        for segment in at.segments() {
            here = here.within.entry(segment.clone()).or_default();
        }
        *here = Self { from: Some((file, pointer)), within: BTreeMap::new() };
    }

    /// The file that the value at `at` is from, and where in it.
    pub(super) fn find(&self, at: &Pointer) -> (usize, Pointer) {
        let mut here = self;
        let mut found = (0, Pointer::root());
        for segment in at.segments() {
            found.1 = match segment {
                Segment::Key(key) => found.1.key(key),
                Segment::Index(index) => found.1.index(*index),
            };
            if let Some(within) = here.within.get(segment) {
                here = within;
                if let Some((file, pointer)) = &here.from {
                    found = (*file, pointer.clone());
                }
            } else {
                here = &NOWHERE;
            }
        }
        found
    }
}

static NOWHERE: Origins = Origins { from: None, within: BTreeMap::new() };
