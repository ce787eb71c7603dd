//! Who owns requirements: components, and resources that require others.

use std::borrow::Cow;
use std::sync::Arc;

use crate::names::{ComponentId, ResourceId};
use crate::rules::{Prefix, prefix};

/// Who owns requirements: the components in the order of their ids, then resources that require others.
#[derive(Clone, Debug)]
pub(crate) struct Owners<'a> {
    components: Vec<&'a ComponentId>,
    /// The prefixes of components in their two common styles.
    shouty: Arc<[String]>,
    kebab: Arc<[String]>,
    /// Resources, each with the first component that it is for.
    resources: Vec<(ResourceId, Option<u32>)>,
}

impl<'a> Owners<'a> {
    pub(crate) fn new(components: impl Iterator<Item = &'a ComponentId>) -> Self {
        let components: Vec<_> = components.collect();
        let shouty: Arc<[String]> = components.iter().map(|id| prefix(Prefix::ShoutySnake, id.as_str())).collect();
        // Both styles are the same words, and finding those is what takes time.
        let kebab = shouty.iter().map(|prefix| prefix.to_ascii_lowercase().replace('_', "-")).collect();
        Self { components, shouty, kebab, resources: Vec::new() }
    }

    pub(crate) fn component(&self, owner: u32) -> Option<&'a ComponentId> {
        self.components.get(owner as usize).copied()
    }

    pub(crate) fn components(&self) -> &[&'a ComponentId] {
        &self.components
    }

    /// Makes a resource an owner; `first` is the first component that it is for.
    pub(crate) fn add(&mut self, resource: ResourceId, first: Option<u32>) -> u32 {
        self.resources.push((resource, first));
        #[expect(clippy::cast_possible_truncation, reason = "fewer owners than requirements, which are counted in 32 bits")]
        let owner = (self.components.len() + self.resources.len() - 1) as u32;
        owner
    }

    /// The resource that an owner is, if it is one.
    pub(crate) fn resource(&self, owner: u32) -> Option<&ResourceId> {
        let rank = (owner as usize).checked_sub(self.components.len())?;
        self.resources.get(rank).map(|(resource, _)| resource)
    }

    /// The first component that a resource is for.
    pub(crate) fn behind(&self, owner: u32) -> Option<u32> {
        let rank = (owner as usize).checked_sub(self.components.len())?;
        self.resources.get(rank)?.1
    }

    pub(crate) fn name(&self, owner: u32) -> &str {
        match self.component(owner) {
            Some(id) => id.as_str(),
            None => self.resource(owner).map_or("", ResourceId::as_str),
        }
    }

    /// What stands before the names of a component's own elements; resources have none.
    pub(crate) fn prefix(&self, owner: u32, style: Prefix) -> Cow<'_, str> {
        fn of(prefixes: &[String], owner: u32) -> &str {
            prefixes.get(owner as usize).map_or("", String::as_str)
        }
        match style {
            Prefix::ShoutySnake => Cow::Borrowed(of(&self.shouty, owner)),
            Prefix::Kebab => Cow::Borrowed(of(&self.kebab, owner)),
            Prefix::Pascal => self.component(owner).map_or(Cow::Borrowed(""), |id| Cow::Owned(prefix(style, id.as_str()))),
        }
    }
}
