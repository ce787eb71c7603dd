//! What was made of what, and what was not imported.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::assemble::{Components, Notes};
use super::build::LeftOut;
use super::found::Contents;
use super::keys::Place;
use super::mapping::Mapping;
use super::marks;
use crate::estate::Estate;
use crate::names::{ComponentId, ResourceId, ResourceType};
use crate::report::{count, list};
use crate::untrusted::Lines;

/// A resource that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedResource {
    /// What the file calls it.
    pub address: String,
    /// The type that it is.
    pub resource_type: ResourceType,
    /// Its id in the lock; none where its name is not known, so that the lock does not hold it.
    pub id: Option<ResourceId>,
    /// Its name at the provider.
    pub name: String,
    /// How many elements it has, by property.
    pub elements: BTreeMap<String, usize>,
    /// The components that have a part of it; none where other resources require it.
    pub components: Vec<ComponentId>,
}

/// A resource that was not imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotImported {
    /// What the file calls it.
    pub address: String,
    /// Why it was not.
    pub why: String,
}

/// What an import made of a file. Its `Display` is the text form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Resources in the file.
    pub resources: usize,
    /// Components in the estate.
    pub components: usize,
    /// What was imported, by type and name.
    pub imported: Vec<ImportedResource>,
    /// What was not.
    pub not_imported: Vec<NotImported>,
    /// Settings and properties that are not in the estate.
    pub left_out: Vec<LeftOut>,
    /// Elements whose names will get their component's prefix, one sentence each.
    pub renamed: Vec<String>,
    /// What else its reader should know, one sentence each.
    pub notes: Vec<String>,
    /// Properties that no rule reads, by provider type.
    pub unread: BTreeMap<String, BTreeSet<String>>,
}

pub(super) fn report(
    contents: &Contents,
    mapping: &Mapping<'_>,
    components: &Components,
    places: &BTreeMap<usize, Place>,
    notes: Notes,
    mut left_out: Vec<LeftOut>,
    estate: &Estate,
) -> ImportReport {
    let mut users: BTreeMap<usize, Vec<ComponentId>> = BTreeMap::new();
    for (component, shares) in components {
        shares.keys().for_each(|rank| users.entry(*rank).or_default().push(component.as_str().into()));
    }
    let mut listed: Vec<NotImported> =
        mapping.listed.iter().map(|(address, why)| NotImported { address: address.clone(), why: why.clone() }).collect();
    let (mut imported, mut notes_of_tags) = (Vec::new(), BTreeSet::new());
    let mut all_notes = notes.other;
    for (rank, mapped) in mapping.resources.iter().enumerate() {
        let found = &contents.resources[mapped.found];
        let Some(place) = places.get(&rank) else {
            let why = format!("no application in the file runs on this {}", mapped.rule.title);
            listed.push(NotImported { address: found.address.clone(), why });
            continue;
        };
        if place.id.is_none() {
            let why = match found.known_name() {
                Some(_) => "another of its type has the same name, so the lock does not hold it",
                None => {
                    "its name is known only when the template is deployed, so the lock does not hold it: give its parameters with `--parameters`"
                }
            };
            all_notes.push(format!("{}: {why}", found.address));
        }
        let mut elements: BTreeMap<String, usize> = BTreeMap::new();
        mapped.elements.iter().for_each(|element| *elements.entry(element.property.clone()).or_default() += 1);
        notes_of_tags.extend(
            mapped.tags.iter().filter(|(name, value)| estate.tags.get(*name) != Some(*value)).map(|(name, _)| name.clone()),
        );
        imported.push(ImportedResource {
            address: found.address.clone(),
            resource_type: mapped.rule.resource_type.clone(),
            id: place.id.clone(),
            name: marks::plain(found.name()),
            elements,
            components: users.get(&rank).cloned().unwrap_or_default(),
        });
    }
    for ((provider_type, why), number) in &mapping.aside {
        all_notes.push(format!("{number} × {provider_type} {why}"));
    }
    let mut silent: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for mapped in mapping.resources.iter().filter(|mapped| mapped.rule.import.anchor) {
        let sources = mapped.rule.import.of(contents.language).map(|source| source.elements.as_slice()).unwrap_or_default();
        for source in sources.iter().filter(|source| mapped.elements.iter().all(|element| element.property != source.property)) {
            let name = marks::plain(contents.resources[mapped.found].name());
            silent.entry((&mapped.rule.title, &source.property)).or_default().push(name);
        }
    }
    for ((title, property), names) in silent {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        all_notes.push(format!(
            "the file does not tell the `{property}` of {} ({}): add them to the estate, or no limit counts them",
            count(names.len(), title),
            list(&names)
        ));
    }
    if !notes_of_tags.is_empty() {
        let names: Vec<&str> = notes_of_tags.iter().map(String::as_str).collect();
        all_notes.push(format!(
            "tags that not all resources have alike, or that the rules do not allow, are left out: {}",
            list(&names)
        ));
    }
    imported.sort_by(|a, b| (&a.resource_type, &a.name, &a.address).cmp(&(&b.resource_type, &b.name, &b.address)));
    listed.sort();
    listed.dedup();
    left_out.sort();
    left_out.dedup();
    let renamed = notes.renamed.into_iter().map(|((component, property, name), (front, mut elements))| {
        elements.sort();
        let elements: Vec<&str> = elements.iter().map(String::as_str).collect();
        format!("{component}: {property} of {name} get `{front}` in front: {}", list(&elements))
    });
    let renamed = renamed.collect();
    all_notes.sort();
    all_notes.dedup();
    ImportReport {
        resources: contents.resources.len(),
        components: components.len(),
        imported,
        not_imported: listed,
        left_out,
        renamed,
        notes: all_notes,
        unread: mapping.unread.clone(),
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resources, components, imported, not_imported, left_out, renamed, notes, unread } = self;
        let mut lines = Lines::default();
        lines.line(format_args!(
            "{} in the file are {} of {}",
            count(*resources, "resource"),
            count(imported.len(), "shareable resource"),
            count(*components, "component")
        ));
        for ImportedResource { resource_type, name, elements, components, .. } in imported {
            let elements: Vec<String> = elements.iter().map(|(property, number)| format!("{property} {number}")).collect();
            let elements = if elements.is_empty() { String::new() } else { format!(" ({})", elements.join(", ")) };
            let names: Vec<&str> = components.iter().map(ComponentId::as_str).collect();
            let whose = if names.is_empty() { "required by an application".to_owned() } else { list(&names) };
            lines.line(format_args!("  {:<12} {name}{elements}: {whose}", resource_type.as_str()));
        }
        section(&mut lines, "Not imported", not_imported.iter().map(|NotImported { address, why }| format!("{address}: {why}")));
        let mut left: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for LeftOut { component: _, what, of, why } in left_out {
            left.entry((what, why)).or_default().insert(of);
        }
        section(
            &mut lines,
            "Left out",
            left.iter().map(|((what, why), of)| format!("`{what}` of {}: {why}", list(&of.iter().copied().collect::<Vec<_>>()))),
        );
        section(&mut lines, "Renamed, so that components on one resource do not meet", renamed.iter().cloned());
        section(&mut lines, "Notes", notes.iter().cloned());
        let unread = unread.iter().map(|(provider_type, paths)| {
            format!("{provider_type}: {}", list(&paths.iter().map(String::as_str).collect::<Vec<_>>()))
        });
        section(&mut lines, "Properties that no rule reads", unread);
        lines.fmt(f)
    }
}

fn section(to: &mut Lines, title: &str, lines: impl Iterator<Item = String>) {
    for (i, line) in lines.enumerate() {
        if i == 0 {
            to.section(format_args!("{title}"));
        }
        to.line(format_args!("  {line}"));
    }
}
