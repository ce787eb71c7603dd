//! Which group each existing resource belongs to, and its number there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use heck::ToKebabCase;

use super::assemble::Components;
use super::found::{Contents, Told};
use super::mapping::{Mapped, Mapping};
use super::marks;
use super::usage::Usage;
use crate::estate::Estate;
use crate::names::ids;
use crate::names::{RequirementKey, ResourceId, ResourceType};
use crate::rules::{Requires, Scope, Template};

/// The key of types whose rule names none.
const ANY: &str = "shared";

/// A resource's place among those of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) key: String,
    /// None where its name is not known, so that no lock can hold it.
    pub(super) id: Option<ResourceId>,
    /// The host of an application requires it, and no component asks for it.
    pub(super) of_host: bool,
}

/// What existing resources require of each other without a component's asking.
pub(super) type Required = BTreeMap<usize, BTreeMap<ResourceType, Vec<ResourceId>>>;

/// The mapped resources that no component asks for: those of types that only others require, and, where `colocate`'s own
/// templates tell the ids of what components asked for, all others that applications require.
pub(super) fn implied(contents: &Contents, mapping: &Mapping<'_>, estate: &Estate) -> BTreeSet<usize> {
    let stated = stated(contents);
    let mut required: BTreeSet<&str> = BTreeSet::new();
    for mapped in mapping.resources.iter().filter(|mapped| mapped.rule.import.anchor && !stated.is_empty()) {
        let needed = |requires: &&Requires| key(estate, requires, mapped, ("", mapped.rule.resource_type.as_str())).is_some();
        required.extend(mapped.rule.requires.iter().filter(needed).map(|requires| requires.resource_type.as_str()));
    }
    let implied = |(rank, mapped): (usize, &Mapped<'_>)| {
        let name = contents.resources[mapped.found].name().to_lowercase();
        let resource_type = mapped.rule.resource_type.as_str();
        let unasked = required.contains(resource_type) && !stated.contains_key(&(resource_type.to_owned(), name));
        (mapped.rule.import.implied || unasked).then_some(rank)
    };
    mapping.resources.iter().enumerate().filter_map(implied).collect()
}

/// The ids that `colocate`'s own templates tell, as groups and numbers, by type and name.
fn stated(contents: &Contents) -> BTreeMap<(String, String), (String, usize)> {
    let all: BTreeSet<&str> = contents.ids.iter().map(|told| told.id.as_str()).collect();
    let entry = |Told { id, name, group }: &Told| {
        let (resource_type, _) = id.split_once(':')?;
        // A final number may belong to the key as well; where it could, the output tells the group.
        let (group, number) = match group {
            Some(group) => ids::member(id, |known| known == group)?,
            None => ids::split(id).filter(|(group, _)| all.contains(group)).unwrap_or((id.as_str(), 1)),
        };
        let key = group.split_once(':')?.1;
        RequirementKey::fault(key).is_none().then(|| ((resource_type.to_owned(), name.to_lowercase()), (key.to_owned(), number)))
    };
    contents.ids.iter().filter_map(entry).collect()
}

/// The key under which an application requires another resource, if it does.
fn key(estate: &Estate, requires: &Requires, mapped: &Mapped<'_>, (own_key, id): (&str, &str)) -> Option<String> {
    let context = Scope::new(estate).resource(own_key, id, &Arc::new(mapped.config.clone()));
    let holds = |when: &Template| when.holds(&context).unwrap_or_default();
    if !requires.when.as_ref().is_none_or(holds) {
        return None;
    }
    let filled = requires.requirement_key.fill(&context).ok()??;
    filled.as_str().filter(|key| RequirementKey::fault(key).is_none()).map(str::to_owned)
}

pub(super) struct Keys<'a, 'r> {
    pub(super) contents: &'a Contents,
    pub(super) mapping: &'a Mapping<'r>,
    pub(super) usage: &'a BTreeMap<usize, Usage>,
    pub(super) components: &'a Components,
    pub(super) implied: &'a BTreeSet<usize>,
    /// What must stay as it is.
    pub(super) pinned: &'a BTreeSet<usize>,
    pub(super) estate: &'a Estate,
}

impl Keys<'_, '_> {
    fn name(&self, rank: usize) -> &str {
        self.contents.resources[self.mapping.resources[rank].found].name()
    }

    /// A place for every resource that components have, and for those that these require.
    pub(super) fn places(&self, notes: &mut Vec<String>) -> (BTreeMap<usize, Place>, Required) {
        let stated = stated(self.contents);
        let of = |rank: usize| {
            let mapped = &self.mapping.resources[rank];
            stated.get(&(mapped.rule.resource_type.to_string(), self.name(rank).to_lowercase())).cloned()
        };
        let mut users: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (component, shares) in self.components {
            shares.keys().for_each(|rank| users.entry(*rank).or_default().push(component));
        }
        let shares = self.components.values().flatten();
        let asked: BTreeSet<usize> = shares.filter(|(_, share)| !share.host_only).map(|(rank, _)| *rank).collect();
        let host_only = |rank: &usize| !asked.contains(rank) && self.serves_host(*rank);
        let mut order: Vec<usize> = users.keys().copied().filter(|rank| !host_only(rank)).collect();
        order.sort_by_key(|rank| (of(*rank).is_none(), self.name(*rank).to_owned(), *rank));
        // A component has one resource of a key; a second one of its type gets another key.
        let mut taken: BTreeSet<(&str, String)> = BTreeSet::new();
        let mut groups: BTreeMap<String, Vec<(usize, Option<usize>)>> = BTreeMap::new();
        let mut places: BTreeMap<usize, Place> = BTreeMap::new();
        // Two databases of one name in two accounts are two: in one group they would be one.
        let mut held: BTreeMap<String, BTreeMap<(String, String), usize>> = BTreeMap::new();
        for rank in order {
            let rule = self.mapping.resources[rank].rule;
            let group = |key: &str| format!("{}:{key}", rule.resource_type);
            let (key, number) = match of(rank) {
                Some((key, number)) => (key, Some(number)),
                None => {
                    // Under a key of its own nothing joins it and it joins nothing.
                    let base = if self.pinned.contains(&rank) { self.own_key(rank) } else { None };
                    let base = base.or_else(|| rule.naming.default_key.clone()).unwrap_or_else(|| ANY.to_owned());
                    let keys = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}.{number}")));
                    let free = |key: &String| {
                        let known = held.get(&group(key));
                        let twice = self.meeting(rank).any(|element| known.is_some_and(|known| known.contains_key(&element)));
                        !twice && users[&rank].iter().all(|user| !taken.contains(&(*user, group(key))))
                    };
                    let first = held.get(&group(&base));
                    for (property, name) in self.meeting(rank) {
                        if let Some(other) = first.and_then(|known| known.get(&(property.clone(), name.clone()))) {
                            notes.push(format!(
                                "`{name}` ({property}) is in {} and in {}: they do not share, since one resource would make one of the two; rename one to let them",
                                marks::plain(self.name(*other)), marks::plain(self.name(rank))
                            ));
                        }
                    }
                    (keys.take(10_000).find(free).unwrap_or(base), None)
                }
            };
            held.entry(group(&key)).or_default().extend(self.meeting(rank).map(|element| (element, rank)));
            taken.extend(users[&rank].iter().map(|user| (*user, group(&key))));
            groups.entry(group(&key)).or_default().push((rank, number));
            places.insert(rank, Place { key, id: None, of_host: false });
        }
        // What applications require goes by their ids.
        self.number(&groups, &mut places);
        let hosts: BTreeSet<usize> = users.keys().copied().filter(host_only).collect();
        let required = self.required(&hosts, &mut groups, &mut places);
        self.number(&groups, &mut places);
        let ids = |ranks: &BTreeMap<ResourceType, Vec<usize>>| {
            let id = |rank: &usize| places.get(rank).and_then(|place| place.id.clone());
            ranks.iter().map(|(name, ranks)| (name.clone(), ranks.iter().filter_map(id).collect::<Vec<_>>())).collect()
        };
        let required = required.iter().map(|(rank, ranks)| (*rank, ids(ranks))).collect();
        (places, required)
    }

    /// A key from a resource's name.
    fn own_key(&self, rank: usize) -> Option<String> {
        let key = marks::plain(self.name(rank)).to_kebab_case();
        let key: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        RequirementKey::fault(&key).is_none().then(|| format!("{key}.alone"))
    }

    /// The resources that serve what an application requires without its asking.
    pub(super) fn serving(&self, anchor: usize) -> BTreeSet<usize> {
        let Some(usage) = self.usage.get(&anchor) else { return BTreeSet::new() };
        let requires = &self.mapping.resources[anchor].rule.requires;
        let serves = |rank: &usize| {
            let of_type = |needed: &Requires| needed.resource_type == self.mapping.resources[*rank].rule.resource_type;
            self.implied.contains(rank) && requires.iter().any(of_type)
        };
        let named = usage.mentions.iter().map(|mention| mention.of).chain(usage.host.values().flatten().copied());
        named.filter(serves).collect()
    }

    /// The elements of a resource that would be one with those of the same name on another: by property and name.
    fn meeting(&self, rank: usize) -> impl Iterator<Item = (String, String)> + '_ {
        let mapped = &self.mapping.resources[rank];
        let together = |property: &str| {
            mapped.rule.properties.find(property).and_then(|(_, p)| p.collection()).is_some_and(|collection| collection.together)
        };
        let elements = mapped.elements.iter().filter(move |element| together(&element.property));
        elements.map(|element| (element.property.clone(), element.name.clone()))
    }

    /// Whether the host of an application uses a resource as one that its type requires.
    fn serves_host(&self, rank: usize) -> bool {
        let resource_type = &self.mapping.resources[rank].rule.resource_type;
        self.usage.iter().any(|(anchor, usage)| {
            let serves = usage.host.get(resource_type).is_some_and(|ranks| ranks.contains(&rank));
            let app = &self.mapping.resources[*anchor];
            let of_type = |requires: &&Requires| requires.resource_type == *resource_type;
            let asks = |requires: &Requires| key(self.estate, requires, app, ("", app.rule.resource_type.as_str())).is_some();
            serves && app.rule.requires.iter().find(of_type).is_some_and(asks)
        })
    }

    /// What applications require and no component asks for: hosting plans.
    fn required(
        &self,
        hosts: &BTreeSet<usize>,
        groups: &mut BTreeMap<String, Vec<(usize, Option<usize>)>>,
        places: &mut BTreeMap<usize, Place>,
    ) -> BTreeMap<usize, BTreeMap<ResourceType, Vec<usize>>> {
        let mut required: BTreeMap<usize, BTreeMap<ResourceType, Vec<usize>>> = BTreeMap::new();
        for anchor in self.usage.keys() {
            let rule = self.mapping.resources[*anchor].rule;
            let (own_key, id) = places.get(anchor).map_or_else(Default::default, |place| {
                let id = place
                    .id
                    .as_ref()
                    .map_or_else(|| format!("{}:{}", rule.resource_type, place.key), |id| id.as_str().to_owned());
                (place.key.clone(), id)
            });
            for requires in &rule.requires {
                let of_type = |rank: &usize| self.mapping.resources[*rank].rule.resource_type == requires.resource_type;
                let of_host = self.usage.get(anchor).and_then(|usage| usage.host.get(&requires.resource_type));
                let of_host = of_host.into_iter().flatten().copied().filter(|rank| hosts.contains(rank));
                let serving: BTreeSet<usize> = self.serving(*anchor).into_iter().filter(of_type).chain(of_host).collect();
                for rank in serving {
                    if let Entry::Vacant(place) = places.entry(rank) {
                        let own = &self.mapping.resources[*anchor];
                        let Some(key) = key(self.estate, requires, own, (&own_key, &id)) else { continue };
                        groups.entry(format!("{}:{key}", requires.resource_type)).or_default().push((rank, None));
                        place.insert(Place { key, id: None, of_host: hosts.contains(&rank) });
                    }
                    required.entry(*anchor).or_default().entry(requires.resource_type.clone()).or_default().push(rank);
                }
            }
        }
        required
    }

    /// Numbers the resources of each group: as stated, else by name. What a lock could not tell from another by its name gets
    /// no id.
    fn number(&self, groups: &BTreeMap<String, Vec<(usize, Option<usize>)>>, places: &mut BTreeMap<usize, Place>) {
        let mut names: BTreeSet<(&str, String)> = BTreeSet::new();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for (group, members) in groups {
            let resource_type = group.split(':').next().unwrap_or_default();
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(rank, number)| (number.is_none(), *number, self.name(*rank).to_owned(), *rank));
            let mut next = 1;
            for (rank, number) in members {
                let Some(name) = self.contents.resources[self.mapping.resources[*rank].found].known_name() else { continue };
                if !names.insert((resource_type, name.to_lowercase())) {
                    continue;
                }
                let id = |number: usize| if number == 1 { group.clone() } else { format!("{group}-{number}") };
                let free = |number: &usize| !ids.contains(&id(*number));
                let number = number.filter(free).unwrap_or_else(|| {
                    next = (next..).find(free).unwrap_or(next);
                    next
                });
                ids.insert(id(number));
                if let Some(place) = places.get_mut(rank) {
                    place.id = Some(id(number).into());
                }
            }
        }
    }
}
