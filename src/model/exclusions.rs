//! The estate's constraints on who may not share, by rank of component.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::estate::Estate;
use crate::names::ComponentId;
use crate::solve::Label;

/// The estate's constraints, by rank of component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exclusions {
    dedicated: FxHashMap<u32, Label>,
    apart: FxHashMap<u32, Vec<(usize, Label)>>,
}

impl Exclusions {
    pub(crate) fn new(estate: &Estate, rank: &FxHashMap<&ComponentId, u32>) -> Self {
        let label = |i: usize| Label(u32::try_from(i + 1).unwrap_or(u32::MAX));
        let mut exclusions = Self::default();
        for (i, id) in estate.constraints.dedicated.iter().enumerate() {
            exclusions.dedicated.extend(rank.get(id).map(|rank| (*rank, label(i))));
        }
        for (list, ids) in estate.constraints.apart.iter().enumerate() {
            for (i, id) in ids.iter().enumerate() {
                if let Some(rank) = rank.get(id) {
                    exclusions.apart.entry(*rank).or_default().push((list, label(i)));
                }
            }
        }
        exclusions
    }

    /// Lets a resource's requirements share no more than the components on it may.
    pub(crate) fn follow(&mut self, owner: u32, components: &[u32]) {
        if let Some(label) = components.iter().find_map(|component| self.dedicated.get(component).copied()) {
            self.dedicated.insert(owner, label);
        }
        let lists: BTreeMap<usize, Label> = components.iter().flat_map(|component| self.apart(*component)).copied().collect();
        if !lists.is_empty() {
            self.apart.insert(owner, lists.into_iter().collect());
        }
    }

    /// The label of a component that shares with nobody.
    pub(super) fn dedicated(&self, owner: u32) -> Option<Label> {
        self.dedicated.get(&owner).copied()
    }

    /// Whether there is any list of components that are to be apart.
    pub(super) fn sets_apart(&self) -> bool {
        !self.apart.is_empty()
    }

    /// The lists that a component is in, each with its label there.
    pub(super) fn apart(&self, owner: u32) -> &[(usize, Label)] {
        self.apart.get(&owner).map_or(&[], Vec::as_slice)
    }
}
