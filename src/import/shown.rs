//! The text form of a report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::build::LeftOut;
use super::report::{ImportReport, ImportedResource, NotImported, TypeCount};
use crate::names::ComponentId;
use crate::report::{count, list};
use crate::untrusted::Lines;

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = f.alternate();
        let mut to = Lines::default();
        to.line(format_args!(
            "{}: {} of {} ({} % of what is there)",
            count(self.resources, "resource"),
            count(self.imported.len(), "shareable resource"),
            count(self.components, "component"),
            self.percentage()
        ));
        if each {
            self.imported.iter().for_each(|resource| to.line(format_args!("  {}", one(resource))));
        } else {
            self.by_type(&mut to);
        }
        self.by_provider_type(&mut to);
        self.users(&mut to);
        self.not_imported(&mut to, each);
        self.left_out(&mut to);
        let title = "Names that stay as they are, and get a prefix where they come together with others";
        if each {
            section(&mut to, title, self.renamed.iter().cloned());
        } else if !self.renamed.is_empty() {
            section(&mut to, title, std::iter::once(format!("{}; `-v` lists them", count(self.renamed.len(), "collection"))));
        }
        section(&mut to, "Notes", self.notes.iter().cloned());
        let unread = self.unread.iter().map(|(provider_type, paths)| {
            format!("{provider_type}: {}", list(&paths.iter().map(String::as_str).collect::<Vec<_>>()))
        });
        section(&mut to, "Properties that no rule reads", unread);
        to.fmt(f)
    }
}

fn one(resource: &ImportedResource) -> String {
    let ImportedResource { resource_type, name, elements, components, .. } = resource;
    let elements: Vec<String> = elements.iter().map(|(property, number)| format!("{property} {number}")).collect();
    let elements = if elements.is_empty() { String::new() } else { format!(" ({})", elements.join(", ")) };
    let names: Vec<&str> = components.iter().map(ComponentId::as_str).collect();
    let whose = if names.is_empty() { "required by an application".to_owned() } else { list(&names) };
    format!("{:<12} {name}{elements}: {whose}", resource_type.as_str())
}

impl ImportReport {
    /// What nobody uses, and what is used from outside.
    fn users(&self, to: &mut Lines) {
        let idle = self.imported.iter().filter(|resource| resource.idle);
        let idle = idle.map(|resource| format!("{:<12} {}", resource.resource_type.as_str(), resource.name));
        section(to, "Used by no application", idle);
        let outside = self.imported.iter().filter(|resource| !resource.outside.is_empty());
        let outside = outside.map(|resource| {
            let by: Vec<&str> = resource.outside.iter().map(String::as_str).collect();
            format!("{}: {}", resource.name, list(&by))
        });
        section(to, "Used from outside, so that it stays as it is", outside);
    }

    /// One line for each resource type.
    fn by_type(&self, to: &mut Lines) {
        let mut types: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
        for resource in &self.imported {
            let (number, elements) = types.entry(resource.resource_type.as_str()).or_default();
            *number += 1;
            resource.elements.iter().for_each(|(property, number)| *elements.entry(property).or_default() += number);
        }
        for (name, (number, elements)) in types {
            let elements: Vec<String> = elements.iter().map(|(property, number)| format!("{property} {number}")).collect();
            let elements = if elements.is_empty() { String::new() } else { format!(" ({})", elements.join(", ")) };
            to.line(format_args!("  {name:<12} {number}{elements}"));
        }
    }

    /// What became of each type of the provider's, where not all of it is in the estate.
    fn by_provider_type(&self, to: &mut Lines) {
        let partly = self.types.iter().filter(|of| of.imported < of.found);
        let line = |of: &TypeCount| {
            let parts = [
                (of.imported, "imported"),
                (of.aside, "told or made in another way"),
                (of.without_rule, "without a rule"),
                (of.left, "left"),
            ];
            let parts = parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}"));
            format!("{} × {}: {}", of.found, of.provider_type, parts.collect::<Vec<_>>().join(", "))
        };
        section(to, "Found, and not or not all imported", partly.map(line));
    }

    /// What is not imported, and why: by reason and type, or each.
    fn not_imported(&self, to: &mut Lines, each: bool) {
        if each {
            let lines = self.not_imported.iter().map(|NotImported { address, why }| format!("{address}: {why}"));
            section(to, "Not imported", lines);
            return;
        }
        let mut reasons: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for NotImported { address, why } in self.not_imported.iter().filter(|listed| listed.why != super::mapping::NO_RULE) {
            let (provider_type, name) = address.split_once(' ').unwrap_or(("", address));
            reasons.entry((why, provider_type)).or_default().push(name);
        }
        let lines = reasons.iter().map(|((why, provider_type), names)| format!("{provider_type} {}: {why}", list(names)));
        section(to, "Not imported", lines.map(|line| line.trim_start().to_owned()));
    }

    fn left_out(&self, to: &mut Lines) {
        let mut left: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for LeftOut { component: _, what, of, why } in &self.left_out {
            left.entry((what, why)).or_default().insert(of);
        }
        let lines =
            left.iter().map(|((what, why), of)| format!("`{what}` of {}: {why}", list(&of.iter().copied().collect::<Vec<_>>())));
        section(to, "Left out", lines);
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
