//! What a lock means for the groups of an estate: where each requirement was, and which numbers are taken.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Held;
use super::placer::Refusals;
use crate::lock::{Lock, LockedBinding, LockedResource};
use crate::merge::Group;
use crate::model::{Home, Homes, Moves, Placed};
use crate::names::ResourceId;
use crate::names::ids;
use crate::plan::{KeptNames, PlacedRequirement, kept};
use crate::requirements::Owners;
use crate::rules::{FixedValues, Property, for_each_element, pointer};

/// A lock in use.
#[derive(Clone)]
pub(super) struct Locked<'l> {
    lock: &'l Lock,
    pub(super) moves: Moves,
    resources: FxHashMap<&'l str, &'l LockedResource>,
}

/// The numbers that the groups of an estate have given away, by group.
pub(super) type Numbers = FxHashMap<String, BTreeSet<usize>>;

impl<'l> Locked<'l> {
    pub(super) fn new(lock: &'l Lock, moves: Moves) -> Self {
        Self { lock, moves, resources: lock.resources.iter().map(|resource| (resource.id.as_str(), resource)).collect() }
    }

    /// Knows requirements again: by all that they state, then by what is fixed of the resources, then by their order.
    fn recognized(&self, group: &Group<'_>, each: &'l [PlacedRequirement], needs: &[usize]) -> Recognized<'l> {
        if each.is_empty() {
            return Recognized(Vec::new().into_iter());
        }
        let digests: Vec<String> = needs.iter().map(|need| group.needs[*need].digest()).collect();
        let mut open: Vec<&'l PlacedRequirement> = each.iter().collect();
        let mut on: Vec<Option<&'l [ResourceId]>> = vec![None; needs.len()];
        let mut take = |fits: &dyn Fn(usize, &PlacedRequirement) -> bool| {
            for (rank, on) in on.iter_mut().enumerate().filter(|(_, on)| on.is_none()) {
                if let Some(found) = open.iter().position(|known| fits(rank, known)) {
                    *on = Some(open.remove(found).on.as_slice());
                }
            }
        };
        take(&|rank, known| known.states == digests[rank]);
        take(&|rank, known| known.on.iter().all(|id| self.agrees(group, needs[rank], id)));
        take(&|_, _| true);
        on.iter_mut().filter(|on| on.is_none()).for_each(|on| *on = Some(&[]));
        Recognized(on.into_iter())
    }

    /// Whether a requirement states nothing else than what is fixed of a resource.
    fn agrees(&self, group: &Group<'_>, need: usize, id: &ResourceId) -> bool {
        let Some(fixed) = self.fixed(id.as_str()) else { return true };
        let differs = |(leaf, property): (usize, &Property)| {
            let stated = group.effective(need, leaf).filter(|_| property.immutable);
            stated.is_some_and(|stated| fixed.get(&pointer(property)).is_some_and(|known| known != stated))
        };
        !group.rule.properties.iter().enumerate().any(differs)
    }

    /// The name that a resource has and keeps.
    pub(super) fn name(&self, id: &str) -> Option<&'l str> {
        self.resources.get(id).map(|resource| resource.name.as_str())
    }

    /// The names that a component's elements keep.
    pub(super) fn kept(&self, component: &str) -> Option<&'l KeptNames> {
        self.lock.bindings.get(component).map(|binding| &binding.names)
    }

    /// What cannot be changed in place of a resource that is there.
    pub(super) fn fixed(&self, id: &str) -> Option<&'l FixedValues> {
        self.resources.get(id).filter(|resource| !resource.retired).map(|resource| &resource.fixed)
    }

    pub(super) fn numbers(&self, groups: &BTreeSet<String>) -> Numbers {
        let mut numbers = Numbers::default();
        for resource in &self.lock.resources {
            if let Some((group, number)) = ids::member(resource.id.as_str(), |group| groups.contains(group)) {
                numbers.entry(group.to_owned()).or_default().insert(number);
            }
        }
        numbers
    }

    /// Where a group's requirements were; and those that were on resources of another group, each with the first of them.
    pub(super) fn held<'h>(
        &self,
        group: &Group<'_>,
        id: &str,
        owners: &Owners<'_>,
        (groups, numbers): (&BTreeSet<String>, &Numbers),
        refuse: &'h (dyn Fn(&Placed, &Homes) -> Refusals + Sync),
    ) -> Held<'h> {
        let mut foreign = Vec::new();
        let mut needs = Vec::with_capacity(group.needs.len());
        let mut known: FxHashMap<(u32, String), Recognized<'l>> = FxHashMap::default();
        for (rank, need) in group.needs.iter().enumerate() {
            let (was_on, binding): (&[ResourceId], Option<&LockedBinding>) = match owners.component(need.owner) {
                Some(component) => {
                    let binding = self.lock.bindings.get(component);
                    let key = format!("{}:{}", need.resource_type, need.key);
                    let among = known.entry((need.owner, key.clone())).or_insert_with(|| {
                        let each = binding.and_then(|binding| binding.requirements.get(&*key)).map_or(&[][..], Vec::as_slice);
                        let alike = |other: &usize| {
                            let other = &group.needs[*other];
                            (other.owner, &other.key) == (need.owner, &need.key)
                        };
                        let needs: Vec<usize> = (0..group.needs.len()).filter(alike).collect();
                        self.recognized(group, each, &needs)
                    });
                    let all = || binding.and_then(|binding| binding.resources.get(&*key)).map_or(&[][..], Vec::as_slice);
                    (among.next().unwrap_or_else(all), binding)
                }
                None => {
                    let owner = owners.resource(need.owner).and_then(|owner| self.resources.get(owner.as_str()));
                    (owner.and_then(|owner| owner.requires.get(need.resource_type)).map_or(&[], Vec::as_slice), None)
                }
            };
            let here: Vec<(usize, &ResourceId)> = was_on
                .iter()
                .filter_map(|on| {
                    let (_, number) = ids::member(on.as_str(), |name| groups.contains(name)).filter(|(of, _)| *of == id)?;
                    Some((number, on))
                })
                .collect();
            needs.push(match here.as_slice() {
                [] => {
                    foreign.extend(was_on.first().filter(|_| binding.is_some()).map(|on| (rank, on.clone())));
                    Home::New
                }
                [(number, _)] => Home::On(*number),
                several => over(group, owners, rank, several, binding),
            });
        }
        let used = numbers.get(id).cloned().unwrap_or_default();
        Held { homes: Homes { needs, used, refused: BTreeMap::new() }, foreign, moves: self.moves, refuse }
    }
}

/// Where each of a component's requirements of one type and key was, in their order.
struct Recognized<'l>(std::vec::IntoIter<Option<&'l [ResourceId]>>);

impl<'l> Recognized<'l> {
    /// Where the next of them was; `None` where the lock does not tell one from the other.
    fn next(&mut self) -> Option<&'l [ResourceId]> {
        self.0.next().flatten()
    }
}

/// Where the elements of a requirement were whose owner is on several resources.
fn over(
    group: &Group<'_>,
    owners: &Owners<'_>,
    rank: usize,
    several: &[(usize, &ResourceId)],
    binding: Option<&LockedBinding>,
) -> Home {
    let mut elements = BTreeMap::new();
    for (leaf, property) in group.rule.properties.iter().enumerate() {
        let (Some(value), Some(name)) = (group.effective(rank, leaf), property.path.first()) else { continue };
        let has = |id: &ResourceId| binding.is_some_and(|b| b.elements.get(id).is_some_and(|e| e.contains_key(name.as_str())));
        let Some(collection) = property.collection() else {
            // A flag has no name of its own.
            let there = several.iter().find(|(_, id)| has(id));
            elements.extend(there.map(|(number, _)| ((leaf, String::new()), *number)));
            continue;
        };
        if !collection.is_divisible() {
            continue;
        }
        let prefix = collection.prefix.map(|style| owners.prefix(group.needs[rank].owner, style));
        let listed: FxHashMap<&str, usize> = several
            .iter()
            .filter_map(|(number, id)| Some((number, binding?.elements.get(*id)?.get(name.as_str())?)))
            .flat_map(|(number, names)| names.iter().map(|name| (name.as_str(), *number)))
            .collect();
        for_each_element(collection, value, |element| {
            let names = several.iter().find_map(|(_, id)| kept(&binding?.names, id.as_str(), name, &element.name));
            let last = names.map_or_else(|| format!("{}{}", prefix.as_deref().unwrap_or_default(), element.name), str::to_owned);
            if let Some(number) = listed.get(last.as_str()) {
                elements.insert((leaf, element.name.into_owned()), *number);
            }
        });
    }
    let numbers: BTreeSet<usize> = elements.values().copied().collect();
    match (numbers.len(), numbers.first(), several.first()) {
        (1, Some(only), _) => Home::On(*only),
        // It has no elements to tell where it was.
        (0, _, Some((first, _))) => Home::On(*first),
        _ => Home::Over(elements),
    }
}
