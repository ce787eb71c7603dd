//! Who gets access to what.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value as Dynamic;

use super::context::Owner;
use super::expression::Rank;
use super::fill::Filling;
use crate::names::ResourceId;
use crate::rules::over;

/// The output that a resource whose identity may be granted access has.
const PRINCIPAL: &str = "principalId";

/// What a consumer needs of a resource.
#[derive(Default)]
struct Access<'p> {
    /// The consumer itself requires the resource.
    hosting: bool,
    /// The elements of the components that are on both, by collection.
    elements: BTreeMap<&'p str, BTreeSet<&'p str>>,
}

impl<'p> Filling<'p> {
    /// Who gets access to what: for each resource with an identity the resources that it or a component on it is bound
    /// to, with the names of those components' elements there.
    pub(super) fn accesses(&self, owners: &[Owner<'p>]) -> Vec<(Rank, Rank, Dynamic)> {
        let mut pairs: BTreeMap<(Rank, Rank), Access<'_>> = BTreeMap::new();
        let guarded = |id: &ResourceId| {
            let rank = *self.ranks.get(id)?;
            (!owners[rank.0].rule.access.of(owners[rank.0].language).is_empty()).then_some(rank)
        };
        for (index, owner) in owners.iter().enumerate() {
            if owner.rule.outputs.get(PRINCIPAL).and_then(|output| output.of(owner.language)).is_none() {
                continue;
            }
            let consumer = Rank(index);
            for target in owner.resource.requires.values().flatten().filter_map(guarded) {
                pairs.entry((target, consumer)).or_default().hosting = true;
            }
            for binding in owner.resource.components.iter().filter_map(|id| self.plan.bindings.get(id)) {
                let targets: BTreeSet<&ResourceId> = binding.resources.iter().flat_map(|(_, ids)| ids).collect();
                for (id, target) in targets.into_iter().filter_map(|id| Some((id, guarded(id)?))) {
                    let access = pairs.entry((target, consumer)).or_default();
                    for (property, names) in binding.elements.get(id).into_iter().flat_map(|of| of.iter()) {
                        access.elements.entry(property).or_default().extend(names.iter().map(String::as_str));
                    }
                }
            }
        }
        let context = |((target, consumer), Access { hosting, elements }): ((Rank, Rank), Access<'_>)| {
            let context = minijinja::context! {
                hosting => hosting,
                consumer => self.outputs_of(consumer),
                elements => Dynamic::from(minijinja::value::Serde(&elements)),
            };
            (target, consumer, over(context, &owners[target.0].context))
        };
        pairs.into_iter().map(context).collect()
    }
}
