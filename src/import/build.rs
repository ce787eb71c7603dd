//! The estate and the lock.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::Today;
use super::assemble::{Components, OwnElement, OwnSetting, Share};
use super::found::Contents;
use super::keys::{Keys, Place, Required};
use super::mapping::Mapping;
use super::outside::{Outside, pinned};
use super::recognize::Recognizer;
use super::rewrite::{Renamed, Rewriter};
use super::usage::Usage;
use crate::estate::{Component, Estate, Priority, Requirement};
use crate::input::{At, Segment, Sink};
use crate::lock::{Lock, LockedBinding, LockedResource};
use crate::names::{ComponentId, ResourceId};
use crate::plan::Entries;
use crate::rules::{FixedValues, Kind, Properties, fixed_values, prefix, validate};

/// Something of a component that is not in the estate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// The component.
    pub component: ComponentId,
    /// The setting or property.
    pub what: String,
    /// The resource, by its name at the provider.
    pub of: String,
    /// Why.
    pub why: String,
}

pub(super) struct Builder<'a, 'r> {
    pub(super) contents: &'a Contents,
    pub(super) mapping: &'a Mapping<'r>,
    pub(super) recognizer: &'a Recognizer<'r, 'a>,
    pub(super) usage: &'a BTreeMap<usize, Usage>,
    pub(super) components: &'a Components,
    pub(super) implied: &'a BTreeSet<usize>,
    pub(super) outside: &'a Outside,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) notes: Vec<String>,
}

impl<'r> Builder<'_, 'r> {
    fn name(&self, rank: usize) -> &str {
        self.contents.resources[self.mapping.resources[rank].found].name()
    }

    /// Fills in the components of an estate, and of the one in which all is as it is today; gives the lock, and what no lock can
    /// hold.
    pub(super) fn build(&mut self, estate: &mut Estate, today: &mut Today) -> (Lock, BTreeMap<usize, Place>) {
        let pinned = pinned(self.outside, self.usage, self.implied);
        let keys = Keys {
            contents: self.contents,
            mapping: self.mapping,
            usage: self.usage,
            components: self.components,
            implied: self.implied,
            pinned: &pinned,
            estate,
        };
        let mut notes = Vec::new();
        let (places, required) = keys.places(&mut notes);
        let serving = self.usage.keys().map(|anchor| (*anchor, keys.serving(*anchor))).collect();
        self.notes.extend(notes);
        for (id, shares) in self.components {
            let component = self.component(id, shares, &places, estate.location.as_deref());
            estate.components.insert(id.as_str().into(), component);
        }
        self.as_it_is(today, &places, &serving);
        (self.lock(&estate.name, &places, &required), places)
    }

    /// The components with a key of its own for every resource, so that planning makes what there is.
    fn as_it_is(&mut self, today: &mut Today, places: &BTreeMap<usize, Place>, serving: &BTreeMap<usize, BTreeSet<usize>>) {
        let key = |rank: usize| format!("as-it-is.{rank}");
        let id = |rank: usize| ResourceId::from(format!("{}:{}", self.mapping.resources[rank].rule.resource_type, key(rank)));
        let place = |(rank, place): (&usize, &Place)| {
            (*rank, Place { key: key(*rank), id: place.id.as_ref().map(|_| id(*rank)), of_host: false })
        };
        let alone: BTreeMap<usize, Place> = places.iter().map(place).collect();
        today.lock = self.lock(&today.estate.name, &alone, &Required::new());
        today.ids = places.iter().map(|(rank, place)| (id(*rank), place.id.clone())).collect();
        let (left_out, notes) = (self.left_out.len(), self.notes.len());
        for (id, shares) in self.components {
            let mut component = self.component(id, shares, &alone, today.estate.location.as_deref());
            let serving: BTreeSet<usize> = shares.keys().filter_map(|rank| serving.get(rank)).flatten().copied().collect();
            for rank in serving.into_iter().filter(|rank| !shares.contains_key(rank)) {
                let mapped = &self.mapping.resources[rank];
                let mut config = mapped.config.clone();
                invalid(&mut config, &mapped.rule.properties, &mut Vec::new());
                let on = alone.get(&rank).and_then(|place| place.id.clone());
                let binding = today.lock.bindings.entry(id.as_str().into()).or_default();
                binding.resources.insert(self.requirement(rank, &key(rank)), on.into_iter().collect());
                component.requirements.push(Requirement {
                    resource_type: mapped.rule.resource_type.clone(),
                    requirement_key: key(rank).into(),
                    priority: Priority::DEFAULT,
                    config,
                });
            }
            today.estate.components.insert(id.as_str().into(), component);
        }
        // What is said of it has been said.
        self.left_out.truncate(left_out);
        self.notes.truncate(notes);
    }

    fn component(
        &mut self,
        id: &str,
        shares: &BTreeMap<usize, Share>,
        places: &BTreeMap<usize, Place>,
        location: Option<&str>,
    ) -> Component {
        let resource_type = |rank: usize| self.mapping.resources[rank].rule.resource_type.as_str();
        let keys_of = |rank: usize| {
            let of_type = shares.keys().filter(|other| resource_type(**other) == resource_type(rank));
            of_type
                .filter_map(|other| places.get(other))
                .filter(|place| !place.of_host)
                .map(|place| place.key.as_str())
                .collect::<BTreeSet<_>>()
                .len()
        };
        let refer = |rank: usize| {
            let key = places.get(&rank).map_or("", |place| place.key.as_str());
            if keys_of(rank) > 1 { format!("{}:{key}", resource_type(rank)) } else { resource_type(rank).to_owned() }
        };
        let asked = |rank: &&usize| places.get(*rank).is_some_and(|place| !place.of_host);
        let referred: Vec<(usize, String)> = shares.keys().filter(asked).map(|rank| (*rank, refer(*rank))).collect();
        let renamed = self.renamed(shares, &referred);
        let mut requirements: BTreeMap<(String, String), Map<String, Value>> = BTreeMap::new();
        for (rank, share) in shares {
            let Some(place) = places.get(rank).filter(|place| !place.of_host) else { continue };
            let config = self.config(id, *rank, share, &referred, &renamed, location);
            let slot = requirements.entry((resource_type(*rank).to_owned(), place.key.clone())).or_default();
            // What is spread over several resources is one requirement.
            for (property, value) in config {
                match (slot.get_mut(&property), value) {
                    (Some(Value::Array(known)), Value::Array(more)) => {
                        let new: Vec<Value> = more.into_iter().filter(|value| !known.contains(value)).collect();
                        known.extend(new);
                    }
                    (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                    (Some(_), _) => {}
                    (None, value) => {
                        slot.insert(property, value);
                    }
                }
            }
        }
        let requirements = requirements.into_iter().map(|((resource_type, key), config)| Requirement {
            resource_type: resource_type.into(),
            requirement_key: key.into(),
            priority: Priority::DEFAULT,
            config,
        });
        Component { requirements: requirements.collect(), ..Component::default() }
    }

    /// A component's elements whose names may change.
    fn renamed(&self, shares: &BTreeMap<usize, Share>, referred: &[(usize, String)]) -> Vec<Renamed> {
        let mut renamed = Vec::new();
        for (rank, share) in shares {
            let properties = &self.mapping.resources[*rank].rule.properties;
            for (property, elements) in &share.elements {
                let style = properties.find(property).and_then(|(_, p)| p.collection()).and_then(|collection| collection.prefix);
                if style.is_some() {
                    let refer = referred.iter().find(|(known, _)| known == rank).map_or("", |(_, name)| name.as_str());
                    let nameable = elements.iter().filter(|element| !element.own.contains(['}', '$']));
                    renamed.extend(nameable.map(|OwnElement { own, real, .. }| Renamed {
                        of: refer.to_owned(),
                        property: property.clone(),
                        own: own.clone(),
                        real: real.clone(),
                    }));
                }
            }
        }
        renamed
    }

    fn config(
        &mut self,
        id: &str,
        rank: usize,
        share: &Share,
        referred: &[(usize, String)],
        renamed: &[Renamed],
        location: Option<&str>,
    ) -> Map<String, Value> {
        let mapped = &self.mapping.resources[rank];
        let (rule, name) = (mapped.rule, self.name(rank).to_owned());
        let rewriter = Rewriter { mapping: self.mapping, recognizer: self.recognizer, own: rank, referred, renamed };
        let mut left: Vec<(String, String)> = Vec::new();
        let mut config = mapped.config.clone();
        let settings = rule.import.settings.as_ref().map(|settings| settings.property.as_str());
        let stated = settings.and_then(|property| Some((property.to_owned(), config.remove(property)?)));
        secrets(&mut config, &rule.properties, &mut left);
        // An estate says where it is; what is elsewhere says so.
        if config.get("location").and_then(Value::as_str) == location && location.is_some() {
            config.remove("location");
        }
        for (property, elements) in &share.elements {
            let values: Vec<Value> = elements.iter().map(|element| element.value.clone()).collect();
            config.insert(property.clone(), Value::Array(values));
        }
        let mut config = Value::Object(config);
        rewriter.config(&mut config, "", &mut left);
        let Value::Object(mut config) = config else { return Map::new() };
        if let Some((property, _)) = stated {
            let mut variables = Map::new();
            for (name, OwnSetting { value, shared, .. }) in &share.settings {
                if !super::marks::is_known(name) {
                    let shown = super::marks::plain(name);
                    left.push((property.clone(), format!("some come from {shown}, which is not known before deployment")));
                    continue;
                }
                self.notes.extend(self.address_kept(id, name, value));
                match rewriter.setting(name, value) {
                    Ok(value) if *shared => {
                        variables.insert(name.clone(), serde_json::json!({ "value": value, "shared": true }));
                    }
                    Ok(value) => {
                        variables.insert(name.clone(), value);
                    }
                    Err(why) => left.push((format!("{property}.{name}"), why)),
                }
            }
            if !variables.is_empty() {
                config.insert(property, Value::Object(variables));
            }
        }
        // Empty lists and structures say nothing.
        config.retain(|_, value| {
            !matches!(value, Value::Array(array) if array.is_empty()) && !matches!(value, Value::Object(map) if map.is_empty())
        });
        invalid(&mut config, &rule.properties, &mut left);
        let component: ComponentId = id.into();
        self.left_out.extend(left.into_iter().map(|(what, why)| LeftOut {
            component: component.clone(),
            what,
            of: super::marks::plain(&name),
            why,
        }));
        config
    }

    /// A setting with the address of an application keeps it, although a plan may give that one another address.
    fn address_kept(&self, id: &str, name: &str, value: &Value) -> Option<String> {
        let outputs = self.recognizer.outputs(value.as_str()?);
        let app = outputs.iter().map(|output| output.of).find(|of| self.mapping.resources[*of].rule.import.anchor)?;
        let called = self.name(app);
        Some(format!("{id}: `{name}` has the address of {called}, which changes when {called} is replaced by a shared app"))
    }

    fn lock(&self, estate: &str, places: &BTreeMap<usize, Place>, required: &Required) -> Lock {
        let with_id = |(rank, place): (&usize, &Place)| Some((*rank, place.id.clone()?));
        let mut resources: Vec<LockedResource> = places
            .iter()
            .filter_map(with_id)
            .map(|(rank, id)| LockedResource {
                id,
                resource_type: self.mapping.resources[rank].rule.resource_type.clone(),
                name: self.name(rank).to_owned(),
                retired: false,
                fixed: self.fixed(rank),
                requires: required.get(&rank).cloned().unwrap_or_default(),
            })
            .collect();
        resources.sort_by(|a, b| crate::names::counted(a.id.as_str()).cmp(&crate::names::counted(b.id.as_str())));
        let bindings = self
            .components
            .iter()
            .map(|(component, shares)| (component.as_str().into(), self.binding(component, shares, places)));
        Lock {
            version: 1,
            estate: estate.to_owned(),
            resources,
            bindings: bindings.filter(|(_, binding): &(ComponentId, LockedBinding)| !binding.resources.is_empty()).collect(),
        }
    }

    /// What a binding calls a requirement.
    fn requirement(&self, rank: usize, key: &str) -> String {
        format!("{}:{key}", self.mapping.resources[rank].rule.resource_type)
    }

    /// What of a resource cannot be changed in place, as far as it is known.
    fn fixed(&self, rank: usize) -> FixedValues {
        let mapped = &self.mapping.resources[rank];
        let mut config = mapped.config.clone();
        for element in &mapped.elements {
            let list = config.entry(element.property.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(element.value.clone());
            }
        }
        invalid(&mut config, &mapped.rule.properties, &mut Vec::new());
        let mut fixed = fixed_values(&mapped.rule.properties, &config);
        fixed.retain(|_, value| value.as_str().is_none_or(super::marks::is_known));
        fixed
    }

    fn binding(&self, component: &str, shares: &BTreeMap<usize, Share>, places: &BTreeMap<usize, Place>) -> LockedBinding {
        let mut on: BTreeMap<String, Vec<(ResourceId, usize)>> = BTreeMap::new();
        for rank in shares.keys() {
            let place = places.get(rank).filter(|place| !place.of_host);
            let Some((place, id)) = place.and_then(|place| Some((place, place.id.clone()?))) else { continue };
            let key = self.requirement(*rank, &place.key);
            on.entry(key).or_default().push((id, *rank));
        }
        let mut binding = LockedBinding::default();
        for (key, mut ids) in on {
            ids.sort_by(|(a, _), (b, _)| crate::names::counted(a.as_str()).cmp(&crate::names::counted(b.as_str())));
            for (id, rank) in &ids {
                let names = self.names(component, *rank, &shares[rank]);
                if !names.is_empty() {
                    binding.names.insert(id.clone(), names);
                }
            }
            for (id, rank) in ids.iter().filter(|_| ids.len() > 1) {
                let elements = shares[rank].elements.iter().map(|(property, elements)| {
                    (property.clone(), elements.iter().map(|element| element.real.clone()).collect())
                });
                let elements: Entries<Vec<String>> = elements.collect();
                binding.elements.insert(id.clone(), elements);
            }
            binding.resources.insert(key, ids.into_iter().map(|(id, _)| id).collect());
        }
        binding
    }
}

impl Builder<'_, '_> {
    /// The names that a component's elements on a resource have, where they are others than it would get.
    fn names(&self, component: &str, rank: usize, share: &Share) -> Entries<BTreeMap<String, String>> {
        let rule = self.mapping.resources[rank].rule;
        let mut names: Entries<BTreeMap<String, String>> = Entries::default();
        let mut add = |property: &str, own: &str, real: &str| {
            let collection = rule.properties.find(property).and_then(|(_, p)| p.collection());
            let Some(style) = collection.and_then(|collection| collection.prefix) else { return };
            if format!("{}{own}", prefix(style, component)) != real {
                let names = names.entry(property.to_owned()).or_default();
                names.insert(own.to_owned(), real.to_owned());
            }
        };
        for (property, elements) in &share.elements {
            elements.iter().for_each(|element| add(property, &element.own, &element.real));
        }
        if let Some(settings) = &rule.import.settings {
            let own = share.settings.iter().filter(|(name, setting)| !setting.shared && super::marks::is_known(name));
            own.for_each(|(name, setting)| add(&settings.property, name, &setting.real));
        }
        names
    }
}

/// Takes out what gives access by itself.
fn secrets(config: &mut Map<String, Value>, properties: &Properties, left: &mut Vec<(String, String)>) {
    for property in properties.iter().filter(|property| property.path.len() == 1) {
        let name = &property.path[0];
        let inner = match property.collection().map(|collection| &*collection.element) {
            Some(Kind::Object(inner)) => inner.iter().filter(|inner| inner.secret).map(|inner| inner.name()).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let in_vault = |value: Option<&Value>| value.and_then(Value::as_str).is_none_or(|text| text.starts_with('@'));
        if property.secret && !in_vault(config.get(name)) {
            config.remove(name);
            left.push((name.clone(), "it is a secret".to_owned()));
        }
        if let (Some(Value::Object(map)), false) = (config.get_mut(name), inner.is_empty()) {
            map.retain(|element, value| {
                let kept = inner.iter().all(|secret| in_vault(value.get(secret)));
                if !kept {
                    left.push((format!("{name}.{element}"), "it is a secret: keep it in a Key Vault and refer to it".to_owned()));
                }
                kept
            });
        }
    }
}

/// Takes out what the rule does not allow, until all is allowed.
fn invalid(config: &mut Map<String, Value>, properties: &Properties, left: &mut Vec<(String, String)>) {
    for _ in 0..1000 {
        let mut sink = Sink::default();
        validate(&mut sink, &At::ROOT, config, properties);
        let Some(first) = sink.diagnostics.into_iter().find(|diagnostic| !diagnostic.pointer.segments().is_empty()) else {
            return;
        };
        let segments = first.pointer.segments();
        let shown = segments.iter().map(|segment| match segment {
            Segment::Key(key) => key.clone(),
            Segment::Index(index) => index.to_string(),
        });
        left.push((shown.collect::<Vec<_>>().join("."), first.message.clone()));
        if !remove(config, segments) {
            return;
        }
    }
}

fn remove(config: &mut Map<String, Value>, segments: &[Segment]) -> bool {
    let Some((Segment::Key(first), rest)) = segments.split_first() else { return false };
    let Some((last, between)) = rest.split_last() else { return config.remove(first).is_some() };
    let mut value = config.get_mut(first);
    for segment in between {
        value = match segment {
            Segment::Key(key) => value.and_then(|value| value.get_mut(key)),
            Segment::Index(index) => value.and_then(|value| value.get_mut(index)),
        };
    }
    match (value, last) {
        (Some(Value::Object(map)), Segment::Key(key)) => map.remove(key).is_some(),
        (Some(Value::Array(array)), Segment::Index(index)) if *index < array.len() => {
            array.remove(*index);
            true
        }
        _ => false,
    }
}
