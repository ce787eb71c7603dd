//! One resource's config from the requirements placed on it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::collect::{Group, Overridden};
use super::{Contributions, Origin, Statement};
use crate::estate::OnConflict;
use crate::plan::{PropertyRecord, Provenance};
use crate::requirements::Owners;
use crate::rules::{
    Collection, Element, ElementIndex, Identity, Kind, Properties, Property, Scalar, Strategy, Template, for_each_element,
};
use crate::rules::{lookup, put, walk};

/// The part of a requirement that is placed on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Portion {
    /// The requirement, by its rank in the group.
    pub(crate) need: usize,
    /// Of a divided requirement: the elements placed here, by leaf. The collections not named are placed whole.
    pub(crate) only: Option<Arc<Selection>>,
}

/// Names of elements, by leaf.
pub(crate) type Selection = BTreeMap<usize, BTreeSet<String>>;

/// An element that belongs to a component, under its final name.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) owner: u32,
    pub(crate) leaf: usize,
    pub(crate) name: String,
    /// The value, for settings.
    pub(crate) value: Option<Value>,
}

/// The names that elements keep on one resource: by owner, property and own name.
pub(crate) type Kept<'k> = FxHashMap<(u32, &'k str, &'k str), &'k str>;

/// An element that has kept its name.
#[derive(Clone, Debug)]
pub(crate) struct KeptName {
    pub(crate) owner: u32,
    pub(crate) path: String,
    /// Its name in the estate.
    pub(crate) own: String,
    /// Its name at the provider.
    pub(crate) name: String,
}

/// A reference in a value that several owners share: it must come to the same for all of them.
#[derive(Clone, Debug)]
pub(crate) struct SharedReference {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) owners: Vec<u32>,
}

/// Why requirements cannot be merged.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Different values where they must be equal, or may not be told apart by placing them elsewhere.
    Unequal { path: String, values: Vec<(Value, Vec<u32>)>, strategy: Strategy },
    /// Two components' own elements come to one name.
    SameName { path: String, name: String, owners: Vec<u32> },
}

/// A disagreement that the first component decided.
#[derive(Clone, Debug)]
pub(crate) struct Tie {
    pub(crate) path: String,
    pub(crate) values: Vec<(Value, Vec<u32>)>,
}

/// A merged resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    pub(crate) config: Map<String, Value>,
    pub(crate) provenance: Provenance,
    pub(crate) bound: Vec<Bound>,
    pub(crate) kept: Vec<KeptName>,
    pub(crate) references: Vec<SharedReference>,
    /// Whether any value holds a reference.
    pub(crate) refers: bool,
    pub(crate) faults: Vec<Fault>,
    pub(crate) ties: Vec<Tie>,
    /// Intersections that came to nothing.
    pub(crate) empty: Vec<String>,
    /// Properties that have the value that a lock knows.
    pub(crate) by_lock: Vec<String>,
}

/// Merges the requirements of a group.
pub(crate) struct Merger<'g> {
    pub(crate) group: &'g Group<'g>,
    pub(crate) owners: &'g Owners<'g>,
    pub(crate) on_conflict: OnConflict,
    /// The elements of the collections of divided requirements, by the address of the collection's value, so that a part costs as
    /// much as it holds.
    elements: Mutex<FxHashMap<usize, Arc<ElementIndex>>>,
}

impl<'g> Merger<'g> {
    pub(crate) fn new(group: &'g Group<'g>, owners: &'g Owners<'g>, on_conflict: OnConflict) -> Self {
        Self { group, owners, on_conflict, elements: Mutex::default() }
    }

    fn elements(&self, collection: &Collection, value: &'g Value) -> Arc<ElementIndex> {
        let mut known = self.elements.lock().unwrap_or_else(PoisonError::into_inner);
        let address = std::ptr::from_ref(value) as usize;
        Arc::clone(known.entry(address).or_insert_with(|| Arc::new(ElementIndex::new(collection, value))))
    }

    /// Merges the requirements placed on one resource, on which some elements keep the names that they have. Rule defaults are
    /// not filled in yet.
    pub(crate) fn merge(&self, portions: &[Portion], kept: &Kept<'_>) -> Merged {
        let properties = &self.group.rule.properties;
        let mut merged = Merged::default();
        let mut by_leaf: Vec<Vec<Statement<'g>>> = vec![Vec::new(); properties.leaves.len()];
        let mut divided: FxHashMap<(usize, u32), BTreeSet<&str>> = FxHashMap::default();
        for portion in portions {
            let need = &self.group.needs[portion.need];
            for (leaf, names) in portion.only.iter().flat_map(|only| only.iter()) {
                divided.entry((*leaf, need.owner)).or_default().extend(names.iter().map(String::as_str));
            }
            merged.refers |= need.refers;
            self.group.visit(need, |leaf, statement| {
                let elsewhere = portion.only.as_ref().and_then(|only| only.get(&leaf)).is_some_and(BTreeSet::is_empty);
                let single = matches!(properties.leaves[leaf].kind, Kind::Scalar(_));
                if !(elsewhere && single) {
                    by_leaf[leaf].push(statement);
                }
            });
        }
        for (leaf, statements) in by_leaf.iter().enumerate() {
            let property = &properties.leaves[leaf];
            let mut place = Place {
                merger: self,
                kept,
                merged: &mut merged,
                path: property.name(),
                leaf: Some(leaf),
                nested: false,
                owned: false,
            };
            let meets = |over: &&Overridden<'_>| portions.iter().any(|p| over.meets(&self.group.needs[p.need]));
            let over = self.group.collection_override(leaf).filter(meets);
            if statements.is_empty() && over.is_none() {
                continue;
            }
            let value = match &property.kind {
                Kind::Collection(collection) if matches!(property.merge, Strategy::Union | Strategy::Intersection) => {
                    let over = over.map(|o| Statement {
                        owner: u32::MAX,
                        priority: o.priority,
                        origin: Origin::Override,
                        value: o.value,
                        replaced: false,
                    });
                    let only = |owner: u32| divided.get(&(leaf, owner));
                    place.collection(collection, property.merge, statements, over, &only)
                }
                kind => place.kind(kind, property.merge, statements),
            };
            if let Some(value) = value {
                put(&mut merged.config, &property.path, value);
            }
        }
        merged
    }
}

/// Where in the resource the merging is at.
struct Place<'m, 'g> {
    merger: &'m Merger<'g>,
    kept: &'m Kept<'m>,
    merged: &'m mut Merged,
    path: String,
    /// The top-level property, until the merging is within one of its elements.
    leaf: Option<usize>,
    /// Within an element of a collection.
    nested: bool,
    /// Within an element that belongs to components.
    owned: bool,
}

impl<'g> Place<'_, 'g> {
    fn kind(&mut self, kind: &'g Kind, strategy: Strategy, statements: &[Statement<'g>]) -> Option<Value> {
        match kind {
            Kind::Scalar(scalar) => self.single(Some(scalar), strategy, statements),
            Kind::Collection(collection) if matches!(strategy, Strategy::Union | Strategy::Intersection) => {
                self.collection(collection, strategy, statements, None, &|_| None)
            }
            Kind::Collection(_) => self.single(None, strategy, statements),
            Kind::Object(properties) => Some(Value::Object(self.object(properties, statements))),
        }
    }

    fn single(&mut self, scalar: Option<&Scalar>, strategy: Strategy, statements: &[Statement<'g>]) -> Option<Value> {
        // At the top an override already speaks in place of those it overrides; within elements it meets them here.
        let over = statements.iter().filter(|s| self.nested && s.origin == Origin::Override).map(|s| s.priority).max();
        let heard: Cow<'_, [Statement<'g>]> = match over {
            Some(priority) => statements
                .iter()
                .filter(|s| s.priority > priority || (s.origin == Origin::Override && s.priority == priority))
                .copied()
                .collect(),
            None => Cow::Borrowed(statements),
        };
        if let ([only], true) = (&*heard, self.nested) {
            return Some(qualified(only.value, only.owner));
        }
        let contributions = Contributions::of(&heard);
        let winner = contributions.winner(strategy, scalar)?;
        let values = || contributions.iter().map(|c| (c.value.clone(), c.owners.clone())).collect();
        let undecided = match strategy {
            Strategy::Equal | Strategy::Match => contributions.len() > 1,
            Strategy::Priority => contributions.tied(),
            _ => false,
        };
        if undecided {
            let decides = self.merger.on_conflict;
            // Those who disagree at the top have been told apart already; what is left there yields.
            let told_apart = strategy == Strategy::Priority && !self.nested && decides != OnConflict::First;
            let first_decides =
                strategy == Strategy::Priority && (decides == OnConflict::First || (!self.owned && decides == OnConflict::Split));
            if first_decides && !told_apart {
                self.merged.ties.push(Tie { path: self.path.clone(), values: values() });
            } else if !told_apart {
                self.merged.faults.push(Fault::Unequal { path: self.path.clone(), values: values(), strategy });
            }
        }
        let owner = winner.owners.first().copied().unwrap_or(u32::MAX);
        if let Some(text) = winner.value.as_str().filter(|text| text.contains("${"))
            && winner.owners.len() > 1
        {
            let (path, text, owners) = (self.path.clone(), text.to_owned(), winner.owners.clone());
            self.merged.references.push(SharedReference { path, text, owners });
        }
        let value = qualified(winner.value, owner);
        if !self.nested || contributions.len() > 1 {
            let record = PropertyRecord::of_value(strategy, &contributions, winner.value, self.merger.owners);
            self.merged.provenance.insert(self.path.clone(), record);
        }
        Some(value)
    }

    fn object(&mut self, properties: &'g Properties, statements: &[Statement<'g>]) -> Map<String, Value> {
        let mut config = Map::new();
        if let [Statement { value: Value::Object(map), .. }] = statements {
            for property in properties.iter() {
                let value = match lookup(map, &property.path) {
                    None => default(property),
                    Some(value) => self.inner(property, &[Statement { value, ..statements[0] }]),
                };
                if let Some(value) = value {
                    put(&mut config, &property.path, value);
                }
            }
            return config;
        }
        let mut by_leaf: Vec<Vec<Statement<'g>>> = vec![Vec::new(); properties.leaves.len()];
        for statement in statements {
            if let Value::Object(map) = statement.value {
                walk(map, &properties.tree, &mut |leaf, value| by_leaf[leaf].push(Statement { value, ..*statement }));
            }
        }
        for (property, statements) in properties.iter().zip(&by_leaf) {
            let value = if statements.is_empty() { default(property) } else { self.inner(property, statements) };
            if let Some(value) = value {
                put(&mut config, &property.path, value);
            }
        }
        config
    }

    fn inner(&mut self, property: &'g Property, statements: &[Statement<'g>]) -> Option<Value> {
        let length = self.path.len();
        for name in &property.path {
            self.path.push('.');
            self.path.push_str(name);
        }
        let value = self.kind(&property.kind, property.merge, statements);
        self.path.truncate(length);
        value
    }

    /// Merges the elements of a collection: those of one identity in turn, the rest side by side.
    fn collection<'s>(
        &mut self,
        collection: &'g Collection,
        strategy: Strategy,
        statements: &[Statement<'g>],
        over: Option<Statement<'g>>,
        only: &dyn Fn(u32) -> Option<&'s BTreeSet<&'s str>>,
    ) -> Option<Value> {
        let owned = collection.is_owned();
        let overriding: FxHashMap<String, &'g Value> = over.map_or_else(FxHashMap::default, |over| {
            let mut elements = FxHashMap::default();
            for_each_element(collection, over.value, |e| {
                elements.insert(e.name.into_owned(), e.value);
            });
            elements
        });
        // In a list that belongs to nobody in particular an override replaces what others list.
        let replaces = over.filter(|_| !owned && collection.identity != Identity::Name);
        let adds = over.filter(|_| !owned);
        let heard = statements.iter().filter(|s| replaces.is_none() || !s.replaced).chain(adds.as_ref());
        let heard: Vec<Statement<'g>> = heard.copied().collect();
        let mut all: Vec<Entry<'g>> = Vec::new();
        for statement in &heard {
            match only(statement.owner).filter(|_| statement.origin != Origin::Override) {
                None => {
                    for_each_element(collection, statement.value, |element| all.push(self.entry(collection, element, *statement)))
                }
                Some(names) => {
                    let elements = self.merger.elements(collection, statement.value);
                    elements.for_each_of(collection, statement.value, names.iter().copied(), |element| {
                        all.push(self.entry(collection, element, *statement));
                    });
                }
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name).then(a.statement.owner.cmp(&b.statement.owner)));
        let mut stated_by: Vec<u32> = heard.iter().filter(|s| s.origin != Origin::Override).map(|s| s.owner).collect();
        stated_by.dedup();
        let mut map = Map::new();
        let mut list = Vec::new();
        let nested = std::mem::replace(&mut self.nested, true);
        let owned_above = self.owned;
        self.owned |= owned;
        let leaf = self.leaf.take();
        for run in all.chunk_by(|a, b| a.name == b.name) {
            let Some(first) = run.first() else { continue };
            if strategy == Strategy::Intersection && run.len() < heard.len() {
                continue;
            }
            let one_owner = run.iter().all(|entry| entry.statement.owner == first.statement.owner);
            if run.iter().any(|e| e.own) && !one_owner {
                let (path, name) = (self.path.clone(), first.name.to_string());
                let mut owners: Vec<u32> = run.iter().map(|entry| entry.statement.owner).collect();
                owners.dedup();
                self.merged.faults.push(Fault::SameName { path, name, owners });
                continue;
            }
            let overrides =
                over.filter(|_| owned).and_then(|over| Some(Statement { value: overriding.get(&*first.raw)?, ..over }));
            let mut several: Vec<Statement<'g>> = Vec::new();
            if run.len() > 1 || overrides.is_some() {
                several.extend(run.iter().map(|entry| entry.statement).chain(overrides));
            }
            let statements = if several.is_empty() { std::slice::from_ref(&first.statement) } else { &several };
            let length = self.path.len();
            self.path.push('[');
            self.path.push_str(&first.name);
            self.path.push(']');
            let value = self.element(collection, &first.name, statements);
            self.path.truncate(length);
            if let (Some(leaf), true) = (leaf, owned) {
                for of_owner in run.chunk_by(|a, b| a.statement.owner == b.statement.owner) {
                    let value = (collection.identity == Identity::Name).then(|| value.clone());
                    let owner = of_owner.first().map_or(0, |entry| entry.statement.owner);
                    self.merged.bound.push(Bound { owner, leaf, name: first.name.to_string(), value });
                }
            }
            match collection.identity {
                Identity::Name => {
                    map.insert(first.name.to_string(), value);
                }
                _ => list.push(value),
            }
        }
        self.nested = nested;
        self.owned = owned_above;
        self.leaf = leaf;
        let count = map.len().max(list.len());
        if !nested {
            let record = PropertyRecord::of_collection(strategy, count, &stated_by, self.merger.owners);
            self.merged.provenance.insert(self.path.clone(), record);
        }
        if strategy == Strategy::Intersection && count == 0 && stated_by.len() > 1 {
            self.merged.empty.push(self.path.clone());
        }
        Some(if collection.identity == Identity::Name { Value::Object(map) } else { Value::Array(list) })
    }

    fn entry(&mut self, collection: &Collection, element: Element<'g>, statement: Statement<'g>) -> Entry<'g> {
        let own = collection.prefix.filter(|_| !element.shared && statement.origin != Origin::Override);
        let kept =
            self.kept.get(&(statement.owner, &*self.path, &*element.name)).filter(|_| own.is_some() && self.leaf.is_some());
        if let Some(name) = kept {
            let (path, own, name) = (self.path.clone(), element.name.to_string(), (*name).to_owned());
            self.merged.kept.push(KeptName { owner: statement.owner, path, own, name: name.clone() });
            let statement = Statement { value: element.value, ..statement };
            return Entry { name: Cow::Owned(name), raw: element.name, own: true, statement };
        }
        let prefix = own.map_or(Cow::Borrowed(""), |style| self.merger.owners.prefix(statement.owner, style));
        let name = match &element.name {
            // The same words refer to different things for different owners.
            name if name.contains("${") => Cow::Owned(marked(name, statement.owner)),
            name if prefix.is_empty() => name.clone(),
            name => Cow::Owned(format!("{prefix}{name}")),
        };
        Entry { name, raw: element.name, own: own.is_some(), statement: Statement { value: element.value, ..statement } }
    }

    /// All that is stated for one element, as one.
    fn element(&mut self, collection: &'g Collection, name: &str, statements: &[Statement<'g>]) -> Value {
        match (&*collection.element, &collection.identity) {
            (Kind::Object(properties), Identity::Field(field)) => {
                let mut config = self.object(properties, statements);
                config.insert(field.clone(), Value::String(name.to_owned()));
                Value::Object(config)
            }
            (kind, Identity::Name) => self.kind(kind, collection.values, statements).unwrap_or_default(),
            _ => match statements.first().map(|s| s.value) {
                Some(value @ (Value::Number(_) | Value::Bool(_))) => value.clone(),
                _ => Value::String(name.to_owned()),
            },
        }
    }
}

/// One owner's element on its way into the shared collection.
struct Entry<'g> {
    /// Its final name.
    name: Cow<'g, str>,
    /// Its name as the owner wrote it.
    raw: Cow<'g, str>,
    /// It is the owner's own, and must not meet another's.
    own: bool,
    statement: Statement<'g>,
}

fn default(property: &Property) -> Option<Value> {
    match &property.default {
        Some(Template::Value(value)) => Some(value.clone()),
        _ => None,
    }
}

fn marked(text: &str, owner: u32) -> String {
    text.replace("${", &format!("${{#{owner}#"))
}

/// The value with its references marked with whose they are, until it is known where that owner was placed.
fn qualified(value: &Value, owner: u32) -> Value {
    match value {
        Value::String(text) if text.contains("${") => Value::String(marked(text, owner)),
        Value::Array(array) => array.iter().map(|value| qualified(value, owner)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), qualified(value, owner))).collect(),
        other => other.clone(),
    }
}
