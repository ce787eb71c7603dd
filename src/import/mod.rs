//! Resources that are there already, as an estate and the lock of where everything is.
//!
//! A file (an ARM template, or what `terraform show -json` prints) is read into the provider's resources with everything
//! evaluated that can be known; the rules' `import` sections say which of them are resources of a type; applications are
//! the anchors of components, and get what they name; what is used by nobody is a component of its own.

mod arm;
mod assemble;
mod build;
mod forms;
mod found;
mod gather;
mod join;
mod keys;
mod mapping;
mod marks;
mod outside;
mod recognize;
mod report;
mod resolve;
mod rewrite;
mod roles;
mod savings;
mod shown;
mod tracked;
mod usage;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use heck::ToKebabCase;
use serde_json::{Map, Value};

pub use build::LeftOut;
pub use forms::ImportFormat;
pub use gather::ImportFailure;
pub use report::{ImportReport, ImportedResource, NotImported, TypeCount};
pub use savings::{Comparison as ImportComparison, Figures, ImportSavings, SavingStep};

use crate::estate::Estate;
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Sink};
use crate::lock::Lock;
use crate::names::ResourceId;
use crate::rules::{ResourceRule, RuleSet, kind};
use arm::Place;
use assemble::Assembler;
use build::Builder;
use recognize::Recognizer;

/// What becomes a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImportComponents {
    /// Each application, with what it uses.
    #[default]
    Applications,
    /// All that is in a resource group.
    ResourceGroups,
    /// All with the same value of a tag.
    Tag(String),
}

/// What an import is told beside the files.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The estate's name; the file's unless given.
    pub name: Option<String>,
    /// The estate's environment; what most resources are tagged with unless given.
    pub environment: Option<String>,
    /// The format; found out unless given.
    pub format: Option<ImportFormat>,
    /// The `parameters` of an ARM parameter file.
    pub parameters: Map<String, Value>,
    /// The id or the name of the subscription that templates are deployed to.
    pub subscription: Option<String>,
    /// The resource group that templates are deployed to.
    pub resource_group: Option<String>,
    /// The region of that resource group.
    pub location: Option<String>,
    /// What becomes a component.
    pub components: ImportComponents,
}

impl ImportOptions {
    /// Takes a resource group by its name, or by its id, which tells the subscription as well.
    ///
    /// ```
    /// let mut options = colocate::ImportOptions::default();
    /// options.deployed_to("/subscriptions/0000/resourceGroups/rg-shop");
    /// assert_eq!(options.subscription.as_deref(), Some("0000"));
    /// assert_eq!(options.resource_group.as_deref(), Some("rg-shop"));
    /// ```
    pub fn deployed_to(&mut self, resource_group: &str) {
        let segments: Vec<&str> = resource_group.trim_matches('/').split('/').collect();
        match segments.as_slice() {
            [_, subscription, _, group, ..] => {
                self.subscription = Some((*subscription).to_owned());
                self.resource_group = Some((*group).to_owned());
            }
            _ => self.resource_group = Some(resource_group.trim_matches('/').to_owned()),
        }
    }

    fn place(&self) -> Place {
        Place {
            subscription: self.subscription.clone(),
            resource_group: self.resource_group.clone(),
            location: self.location.clone(),
            ..Place::default()
        }
    }
}

/// Existing resources as an estate, the lock of where everything is, and what was made of what.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the components need.
    pub estate: Estate,
    /// Where it is today.
    pub lock: Lock,
    /// The same with every resource in a group of its own: planned, it is what there is, and what that costs.
    pub today: Today,
    /// What was imported, and what was not.
    pub report: ImportReport,
}

/// Everything as it is.
#[derive(Clone, Debug)]
pub struct Today {
    /// What the components need, each resource under a key of its own.
    pub estate: Estate,
    /// The names that everything has.
    pub lock: Lock,
    /// The ids of resources in the lock of the import, by those here; none for what that lock does not hold.
    pub(crate) ids: BTreeMap<ResourceId, Option<ResourceId>>,
}

impl Imported {
    /// A document from the bytes of a file as people and their tools write it: UTF-16 is read as well.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub fn document(name: &str, bytes: Vec<u8>) -> Result<Document, Diagnostics> {
        forms::relaxed::document(name, bytes)
    }

    /// Reads existing resources from a document. `files` gives the templates that it names by relative path.
    ///
    /// ```
    /// use colocate::{Document, ImportOptions, Imported, RuleSet};
    /// let template = r#"{
    ///   "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
    ///   "resources": [{ "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2025-01-01", "name": "stshopfiles",
    ///                   "location": "eastus", "kind": "StorageV2", "sku": { "name": "Standard_LRS" } }]
    /// }"#;
    /// let document = Document::new("main.json", template.into())?;
    /// let imported = Imported::read(&document, &RuleSet::builtin()?, &ImportOptions::default(), &|_| None)?;
    /// assert_eq!(imported.lock.resources[0].name, "stshopfiles");
    /// assert_eq!(imported.estate.components.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A document that does not say which resources exist, or that holds nothing to import; each with its place.
    pub fn read(
        document: &Document,
        rules: &RuleSet,
        options: &ImportOptions,
        files: &dyn Fn(&str) -> Option<Document>,
    ) -> Result<Self, Diagnostics> {
        let beside = |_: &str, path: &str| files(path);
        let (imported, failures) = Self::read_all(std::slice::from_ref(document), rules, options, &beside);
        match failures.into_iter().next() {
            Some(failure) => Err(failure.diagnostics),
            None => imported,
        }
    }

    /// Reads existing resources from several documents as one estate. `files` gives the templates that a document, named first,
    /// names by relative path.
    ///
    /// Beside what came of the others, the documents that could not be read.
    ///
    /// # Errors
    /// Documents that together hold nothing to import.
    pub fn read_all(
        documents: &[Document],
        rules: &RuleSet,
        options: &ImportOptions,
        files: &dyn Fn(&str, &str) -> Option<Document>,
    ) -> (Result<Self, Diagnostics>, Vec<ImportFailure>) {
        let gathered = gather::gather(documents, options, files);
        let imported = import(&gathered, documents, rules, options);
        if !imported.estate.components.is_empty() {
            return (Ok(imported), gathered.failures);
        }
        let mut diagnostic = Diagnostic::error(Code::NothingToImport, nothing(&imported.report));
        diagnostic.help("add an `import` section to the rule file of the types that it holds");
        let diagnostics = Diagnostics::from(diagnostic);
        let diagnostics = match documents {
            [only] => diagnostics.located(only),
            _ => diagnostics,
        };
        (Err(diagnostics), gathered.failures)
    }

    /// The estate as pretty JSON with a final line break, without what goes without saying.
    pub fn estate_json(&self) -> String {
        written::json(&self.estate)
    }
}

/// What was there, where nothing of it can be imported.
fn nothing(report: &ImportReport) -> String {
    let listed: Vec<String> = report.types.iter().take(8).map(|of| format!("{} {}", of.found, of.provider_type)).collect();
    let more = report.types.len().saturating_sub(listed.len());
    let more = if more > 0 { format!(" and {more} types more") } else { String::new() };
    let listed = if listed.is_empty() { "no resources".to_owned() } else { listed.join(", ") };
    format!("nothing in it can be imported: {listed}{more}")
}

fn import(gathered: &gather::Gathered, documents: &[Document], rules: &RuleSet, options: &ImportOptions) -> Imported {
    let contents = &gathered.contents;
    let mut mapping = mapping::map(contents, rules);
    mapping.group_by(contents, &options.components);
    let follows = Recognizer::new(contents, &mapping, rules).implied();
    for (rank, property, value) in follows {
        mapping.resources[rank].config.entry(property).or_insert(value);
    }
    let mapping = mapping;
    let recognizer = Recognizer::new(contents, &mapping, rules);
    let usage = usage::usage(contents, &mapping, &recognizer);
    let tags = common_tags(&mapping);
    let tagged = ["environment", "env", "Environment", "Env"].iter().find_map(|name| tags.get(*name).cloned());
    let name = options.name.clone().unwrap_or_else(|| name_of_files(documents));
    let mut estate = Estate::empty(name);
    estate.environment = options.environment.clone().or(tagged);
    let common = most_common(mapping.resources.iter().filter_map(|mapped| {
        let value = mapped.config.get("location")?;
        let location = value.as_str().filter(|text| marks::is_known(text) && *text != "global")?;
        allows(mapped.rule, "location", value).then_some(location)
    }));
    estate.location = common.or_else(|| options.location.as_deref().map(region));
    estate.tags = tags;
    let (estate_name, environment) = (estate.name.clone(), estate.environment.clone());
    let implied = keys::implied(contents, &mapping, &estate);
    let mut assembler = Assembler {
        contents,
        mapping: &mapping,
        recognizer: &recognizer,
        usage: &usage,
        implied: &implied,
        estate: &estate_name,
        environment: environment.as_deref(),
        others: None,
        taken: BTreeSet::new(),
        notes: assemble::Notes::default(),
    };
    let components = assembler.components();
    let mut notes = assembler.notes;
    notes.other.extend(gathered.notes.iter().cloned());
    let outside = outside::users(contents, &mapping, &recognizer, rules);
    let mut builder = Builder {
        outside: &outside,
        contents,
        mapping: &mapping,
        recognizer: &recognizer,
        usage: &usage,
        components: &components,
        implied: &implied,
        left_out: Vec::new(),
        notes: Vec::new(),
    };
    let mut today = Today { estate: estate.clone(), lock: Lock::empty(&estate.name), ids: BTreeMap::new() };
    let (lock, places) = builder.build(&mut estate, &mut today);
    let (left_out, more) = (builder.left_out, builder.notes);
    notes.other.extend(more);
    // Whatever belongs to a component with an application is in use.
    let active = components.values().filter(|shares| shares.keys().any(|rank| usage.contains_key(rank)));
    let used: BTreeSet<usize> = active.flat_map(BTreeMap::keys).copied().collect();
    let made = report::Made {
        contents,
        mapping: &mapping,
        components: &components,
        places: &places,
        estate: &estate,
        outside: &outside,
        used: &used,
    };
    let report = report::report(&made, notes, left_out);
    Imported { estate, lock, today, report }
}

/// The tags that all resources have in common, as far as the rules allow them.
fn common_tags(mapping: &mapping::Mapping<'_>) -> BTreeMap<String, String> {
    let mut all = mapping.resources.iter().map(|mapped| &mapped.tags);
    let mut common = all.next().cloned().unwrap_or_default();
    for tags in all {
        common.retain(|name, value| tags.get(name) == Some(value));
    }
    common.retain(|name, value| {
        let tag = serde_json::json!({ name.as_str(): value });
        mapping.resources.iter().all(|mapped| allows(mapped.rule, "tags", &tag))
    });
    common
}

/// Whether a property, if there is one, may have this value.
fn allows(rule: &ResourceRule, property: &str, value: &Value) -> bool {
    let Some((_, property)) = rule.properties.find(property) else { return true };
    let mut sink = Sink::default();
    kind(&mut sink, &At::ROOT, value, &property.kind);
    let names = property.collection().and_then(|collection| collection.names);
    let named = names.is_none_or(|names| value.as_object().into_iter().flatten().all(|(name, _)| names.accept(name)));
    named && sink.diagnostics.is_empty()
}

fn most_common<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    texts.for_each(|text| *counts.entry(text).or_default() += 1);
    counts.into_iter().max_by_key(|(text, count)| (*count, std::cmp::Reverse(*text))).map(|(text, _)| text.to_owned())
}

/// A region as the provider's programs write it.
fn region(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}

/// The longest name of an estate.
const LONGEST_NAME: usize = 64;

/// A name from that of the file: `exports/shop.json` is `shop`; from that of the folder where there are several.
fn name_of_files(documents: &[Document]) -> String {
    let name = match documents {
        [only] => forms::stem(only.name()),
        [first, ..] => first.name().rsplit(['/', '\\']).nth(1).unwrap_or_default(),
        [] => "",
    };
    let letters: String =
        name.to_kebab_case().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(LONGEST_NAME).collect();
    let letters = letters.trim_matches('-');
    if letters.is_empty() { "imported".to_owned() } else { letters.to_owned() }
}
