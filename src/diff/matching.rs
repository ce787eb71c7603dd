//! Which resource of the old plan is which of the new one.

use rustc_hash::FxHashMap;

use crate::names::ResourceId;
use crate::plan::{Plan, Resource};

/// Pairs of resources that are one thing at the provider.
pub(super) struct Matching<'p> {
    pub(super) pairs: Vec<(&'p Resource, &'p Resource)>,
    pub(super) removed: Vec<&'p Resource>,
    pub(super) created: Vec<&'p Resource>,
    /// By old id: the new one, or none for what is removed.
    becomes: FxHashMap<&'p str, Option<&'p ResourceId>>,
}

impl<'p> Matching<'p> {
    /// Pairs resources by id and name, then by name (who has another id is the same thing at the provider), then by id
    /// (who has another name is made anew). Between estates names always differ, and only ids count.
    pub(super) fn new(old: &'p Plan, new: &'p Plan) -> Self {
        let one_estate = old.estate == new.estate;
        let mut partner: Vec<Option<usize>> = vec![None; old.resources.len()];
        let mut taken = vec![false; new.resources.len()];
        let mut pass = |key: &dyn Fn(&'p Resource) -> (&'p str, &'p str)| {
            let mut free: FxHashMap<(&str, &str), usize> = FxHashMap::default();
            for (rank, resource) in new.resources.iter().enumerate().rev().filter(|(rank, _)| !taken[*rank]) {
                free.insert(key(resource), rank);
            }
            for (rank, resource) in
                old.resources.iter().enumerate().filter(|(rank, _)| partner[*rank].is_none()).collect::<Vec<_>>()
            {
                if let Some(other) = free.remove(&key(resource)) {
                    partner[rank] = Some(other);
                    taken[other] = true;
                }
            }
        };
        if one_estate {
            pass(&|resource| (resource.id.as_str(), &resource.name));
            pass(&|resource| (resource.resource_type.as_str(), &resource.name));
        }
        pass(&|resource| (resource.id.as_str(), ""));
        let paired = |rank: usize| partner[rank].map(|other| &new.resources[other]);
        let with_partner = || old.resources.iter().enumerate().map(|(rank, resource)| (resource, paired(rank)));
        Self {
            pairs: with_partner().filter_map(|(resource, other)| Some((resource, other?))).collect(),
            removed: with_partner().filter(|(_, other)| other.is_none()).map(|(resource, _)| resource).collect(),
            created: new.resources.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(resource, _)| resource).collect(),
            becomes: with_partner().map(|(resource, other)| (resource.id.as_str(), other.map(|other| &other.id))).collect(),
        }
    }

    /// Whether a resource of the old plan is this one of the new plan. Resources that a plan names and does not list
    /// go by their ids.
    pub(super) fn same(&self, old: &ResourceId, new: &ResourceId) -> bool {
        match self.becomes.get(old.as_str()) {
            Some(becomes) => *becomes == Some(new),
            None => old == new,
        }
    }

    /// Whether two lists name the same resources, in any order.
    pub(super) fn same_set(&self, old: &[ResourceId], new: &[ResourceId]) -> bool {
        self.within(old, new) && new.iter().all(|to| old.iter().any(|from| self.same(from, to)))
    }

    /// Whether every resource of the first list is in the second.
    pub(super) fn within(&self, old: &[ResourceId], new: &[ResourceId]) -> bool {
        old.iter().all(|from| new.iter().any(|to| self.same(from, to)))
    }

    /// The id in the new plan of a resource of the old one.
    pub(super) fn becomes(&self, old: &'p ResourceId) -> Option<&'p ResourceId> {
        self.becomes.get(old.as_str()).copied().unwrap_or(Some(old))
    }
}
