//! What was made of what, and what was not imported.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::assemble::{Components, Notes};
use super::build::LeftOut;
use super::found::Contents;
use super::keys::Place;
use super::mapping::{Mapping, NO_RULE};
use super::marks;
use super::outside::Outside;
use crate::estate::Estate;
use crate::names::{ComponentId, ResourceId, ResourceType};
use crate::report::{count, list};

/// A resource that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedResource {
    /// What the file calls it.
    pub address: String,
    /// The type that it is.
    pub resource_type: ResourceType,
    /// Its id in the lock; none where its name is not known, so that the lock does not hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ResourceId>,
    /// Its name at the provider.
    pub name: String,
    /// How many elements it has, by property.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<String, usize>,
    /// The components that have a part of it; none where other resources require it.
    pub components: Vec<ComponentId>,
    /// No application in the files uses it.
    pub idle: bool,
    /// Resources that use it and are not imported: it stays as it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
}

/// A resource that was not imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotImported {
    /// What the file calls it.
    pub address: String,
    /// Why it was not.
    pub why: String,
}

/// What became of the resources of one provider type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeCount {
    /// The type as the provider calls it.
    pub provider_type: String,
    /// How many there are.
    pub found: usize,
    /// Those that are in the estate.
    pub imported: usize,
    /// Those that only say who uses what, or that plans and the provider make by themselves.
    pub aside: usize,
    /// Those that no rule imports.
    pub without_rule: usize,
    /// Those that a rule would import, and that are left for a reason of their own.
    pub left: usize,
}

/// What an import made of its files. Its `Display` is the text form: a line for each type; with `{:#}`, for each resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Resources in the files.
    pub resources: usize,
    /// Components in the estate.
    pub components: usize,
    /// What became of the resources, by provider type.
    pub types: Vec<TypeCount>,
    /// What was imported, by type and name.
    pub imported: Vec<ImportedResource>,
    /// What was not.
    pub not_imported: Vec<NotImported>,
    /// Settings and properties that are not in the estate.
    pub left_out: Vec<LeftOut>,
    /// Elements whose names get their component's prefix when they move, one sentence each.
    pub renamed: Vec<String>,
    /// What else its reader should know, one sentence each.
    pub notes: Vec<String>,
    /// Properties that no rule reads, by provider type.
    pub unread: BTreeMap<String, BTreeSet<String>>,
}

impl ImportReport {
    /// Resources that are in the estate or that plans make by themselves, of a hundred.
    pub fn percentage(&self) -> usize {
        let covered: usize = self.types.iter().map(|of| of.imported + of.aside).sum();
        (covered * 100).checked_div(self.resources).unwrap_or(100)
    }
}

/// What the report is made of.
pub(super) struct Made<'a, 'r> {
    pub(super) contents: &'a Contents,
    pub(super) mapping: &'a Mapping<'r>,
    pub(super) components: &'a Components,
    pub(super) places: &'a BTreeMap<usize, Place>,
    pub(super) estate: &'a Estate,
    pub(super) outside: &'a Outside,
    /// The mapped resources that applications use.
    pub(super) used: &'a BTreeSet<usize>,
}

pub(super) fn report(made: &Made<'_, '_>, notes: Notes, mut left_out: Vec<LeftOut>) -> ImportReport {
    let mut not_imported: Vec<NotImported> = made
        .mapping
        .listed
        .iter()
        .map(|listed| NotImported { address: listed.skipped.address.clone(), why: listed.skipped.why.clone() })
        .collect();
    not_imported.extend(made.unused());
    let mut all_notes = notes.other;
    all_notes.extend(made.not_locked());
    let aside = made.mapping.aside.iter();
    all_notes.extend(aside.map(|((provider_type, why), number)| format!("{number} × {provider_type} {why}")));
    all_notes.extend(made.silent());
    all_notes.extend(made.tags());
    all_notes.sort();
    all_notes.dedup();
    not_imported.sort();
    not_imported.dedup();
    left_out.sort();
    left_out.dedup();
    let renamed = notes.renamed.into_iter().map(|((component, property, name), (front, mut elements))| {
        elements.sort();
        let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
        format!("{component}: {property} of {name} get `{front}` in front when they move: {}", list(&elements))
    });
    ImportReport {
        resources: made.contents.resources.len(),
        components: made.components.len(),
        types: made.types(),
        imported: made.imported(),
        not_imported,
        left_out,
        renamed: renamed.collect(),
        notes: all_notes,
        unread: made.mapping.unread.clone(),
    }
}

impl Made<'_, '_> {
    fn imported(&self) -> Vec<ImportedResource> {
        let mut users: BTreeMap<usize, Vec<ComponentId>> = BTreeMap::new();
        for (component, shares) in self.components {
            shares.keys().for_each(|rank| users.entry(*rank).or_default().push(component.as_str().into()));
        }
        let mut imported = Vec::new();
        for (rank, place) in self.places {
            let mapped = &self.mapping.resources[*rank];
            let found = &self.contents.resources[mapped.found];
            let mut elements: BTreeMap<String, usize> = BTreeMap::new();
            mapped.elements.iter().for_each(|element| *elements.entry(element.property.clone()).or_default() += 1);
            let components = users.get(rank).cloned().unwrap_or_default();
            let outside: Vec<String> = self.outside.get(rank).into_iter().flatten().cloned().collect();
            imported.push(ImportedResource {
                address: found.address.clone(),
                resource_type: mapped.rule.resource_type.clone(),
                id: place.id.clone(),
                name: marks::plain(found.name()),
                elements,
                idle: !components.is_empty() && outside.is_empty() && !self.used.contains(rank),
                components,
                outside,
            });
        }
        imported.sort_by(|a, b| (&a.resource_type, &a.name, &a.address).cmp(&(&b.resource_type, &b.name, &b.address)));
        imported
    }

    fn types(&self) -> Vec<TypeCount> {
        let mut types: BTreeMap<&str, TypeCount> = BTreeMap::new();
        let listed = self.mapping.listed.iter().filter_map(|listed| Some((listed.found?, &*listed.skipped.why)));
        let reasons: BTreeMap<usize, &str> = listed.collect();
        for (rank, found) in self.contents.resources.iter().enumerate() {
            let of = types.entry(&found.provider_type).or_default();
            of.found += 1;
            let placed = self.mapping.root[rank].is_some_and(|root| self.places.contains_key(&root));
            match (placed, reasons.get(&rank)) {
                (true, _) => of.imported += 1,
                (false, Some(&NO_RULE)) => of.without_rule += 1,
                (false, Some(_)) => of.left += 1,
                (false, None) if self.mapping.root[rank].is_some() => of.left += 1,
                (false, None) => of.aside += 1,
            }
        }
        let named = types.into_iter().map(|(name, of)| TypeCount { provider_type: name.to_owned(), ..of });
        let mut types: Vec<TypeCount> = named.collect();
        types.sort_by(|a, b| b.found.cmp(&a.found).then_with(|| a.provider_type.cmp(&b.provider_type)));
        types
    }

    /// Resources that others require, where none of these is there.
    fn unused(&self) -> impl Iterator<Item = NotImported> + '_ {
        let resources = self.mapping.resources.iter().enumerate().filter(|(rank, _)| !self.places.contains_key(rank));
        resources.map(|(_, mapped)| NotImported {
            address: self.contents.resources[mapped.found].address.clone(),
            why: format!("no application in the file runs on this {}", mapped.rule.title),
        })
    }

    /// What the lock does not hold.
    fn not_locked(&self) -> impl Iterator<Item = String> + '_ {
        let without = self.places.iter().filter(|(_, place)| place.id.is_none());
        without.map(|(rank, _)| {
            let found = &self.contents.resources[self.mapping.resources[*rank].found];
            let why = match found.known_name() {
                Some(_) => "another of its type has the same name, so the lock does not hold it",
                None => {
                    "its name is known only when the template is deployed, so the lock does not hold it: say where with `--resource-group`, give its parameters with `--parameters`, or import a list of what is there beside it"
                }
            };
            format!("{}: {why}", found.address)
        })
    }

    /// What the files could tell of applications, and do not.
    fn silent(&self) -> Vec<String> {
        let mut silent: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for mapped in self.mapping.resources.iter().filter(|mapped| mapped.rule.import.anchor) {
            let found = &self.contents.resources[mapped.found];
            let name = marks::plain(found.name());
            let sources = mapped.rule.import.of(found.language).map(|source| source.elements.as_slice()).unwrap_or_default();
            for source in
                sources.iter().filter(|source| mapped.elements.iter().all(|element| element.property != source.property))
            {
                silent.entry((&mapped.rule.title, &source.property)).or_default().push(name.clone());
            }
            if let Some(settings) = mapped.rule.import.settings.as_ref().filter(|s| !mapped.config.contains_key(&s.property)) {
                silent.entry((&mapped.rule.title, &settings.property)).or_default().push(name);
            }
        }
        let settings = |property: &str| {
            let mut rules = self.mapping.resources.iter().filter_map(|mapped| mapped.rule.import.settings.as_ref());
            rules.any(|settings| settings.property == property)
        };
        let told = silent.into_iter().map(|((title, property), names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let (number, names) = (count(names.len(), title), list(&names));
            if settings(property) {
                format!("the files hold no settings of {number} ({names}), so nothing tells what these use: import `az functionapp config appsettings list --name APP --resource-group GROUP > APP.json` beside them")
            } else {
                format!("the files do not tell the `{property}` of {number} ({names}): add them to the estate, or no limit counts them")
            }
        });
        told.collect()
    }

    fn tags(&self) -> Option<String> {
        let all = self.places.keys().flat_map(|rank| &self.mapping.resources[*rank].tags);
        let differ = all.filter(|(name, value)| self.estate.tags.get(*name) != Some(*value));
        let names: BTreeSet<&str> = differ.map(|(name, _)| name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        (!names.is_empty()).then(|| {
            format!("tags that not all resources have alike, or that the rules do not allow, are left out: {}", list(&names))
        })
    }
}
