//! Resources that are there already, as an estate and the lock of where everything is.
//!
//! A file (an ARM template, or what `terraform show -json` prints) is read into the provider's resources with everything
//! evaluated that can be known; the rules' `import` sections say which of them are resources of a type; applications are
//! the anchors of components, and get what they name; what is used by nobody is a component of its own.

mod arm;
mod assemble;
mod build;
mod found;
mod keys;
mod mapping;
mod marks;
mod recognize;
mod report;
mod rewrite;
mod roles;
mod terraform;
mod tracked;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use heck::ToKebabCase;
use serde::Serialize;
use serde_json::{Map, Value};

pub use build::LeftOut;
pub use report::{ImportReport, ImportedResource, NotImported};

use crate::estate::{Component, Estate, Requirement};
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Sink};
use crate::lock::Lock;
use crate::names::{ComponentId, RequirementKey, ResourceType};
use crate::rules::{ResourceRule, RuleSet, kind};
use crate::untrusted::json_text;
use assemble::Assembler;
use build::Builder;
use found::Contents;
use recognize::Recognizer;

/// What a file of existing resources is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    /// An ARM template.
    Arm,
    /// What `terraform show -json` prints.
    Terraform,
}

/// What an import is told beside the file.
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
}

/// Existing resources as an estate, the lock of where everything is, and what was made of what.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the components need.
    pub estate: Estate,
    /// Where it is today.
    pub lock: Lock,
    /// What was imported, and what was not.
    pub report: ImportReport,
}

impl Imported {
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
    /// A document that is neither an ARM template nor what `terraform show -json` prints, or that holds nothing to import;
    /// each with its place.
    pub fn read(
        document: &Document,
        rules: &RuleSet,
        options: &ImportOptions,
        files: &dyn Fn(&str) -> Option<Document>,
    ) -> Result<Self, Diagnostics> {
        let value = document.parse()?;
        let format = match options.format {
            Some(format) => format,
            None if arm::is_template(&value) => ImportFormat::Arm,
            None if terraform::is_shown(&value) => ImportFormat::Terraform,
            None => return Err(Diagnostics::from(neither(&value)).located(document)),
        };
        let mut contents = match format {
            ImportFormat::Arm => arm::read(document, &value, &options.parameters, files)?,
            ImportFormat::Terraform => terraform::read(document, &value)?,
        };
        // Whatever the order in the file, the same comes out.
        contents
            .resources
            .sort_by(|a, b| (&a.provider_type, &a.names, &a.address).cmp(&(&b.provider_type, &b.names, &b.address)));
        contents.drop_repeated();
        drop(value);
        let imported = import(document, &contents, rules, options);
        if imported.estate.components.is_empty() {
            let message = format!("nothing in the file can be imported ({} resources)", contents.resources.len());
            let mut diagnostic = Diagnostic::error(Code::NothingToImport, message);
            diagnostic.help("add an `import` section to the rule file of the types that it holds");
            return Err(Diagnostics::from(diagnostic).located(document));
        }
        Ok(imported)
    }
}

/// An estate as people write one: without what goes without saying.
#[derive(Serialize)]
struct Written<'e> {
    version: u32,
    name: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'e str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'e BTreeMap<String, String>,
    components: BTreeMap<&'e ComponentId, Needs<'e>>,
}

#[derive(Serialize)]
struct Needs<'e> {
    requirements: Vec<Need<'e>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Need<'e> {
    resource_type: &'e ResourceType,
    requirement_key: &'e RequirementKey,
    config: &'e Map<String, Value>,
}

impl<'e> Needs<'e> {
    fn of(component: &'e Component) -> Self {
        let need = |requirement: &'e Requirement| {
            let Requirement { resource_type, requirement_key, config, priority: _ } = requirement;
            Need { resource_type, requirement_key, config }
        };
        Self { requirements: component.requirements.iter().map(need).collect() }
    }
}

impl Imported {
    /// The estate as pretty JSON with a final line break, without what goes without saying.
    pub fn estate_json(&self) -> String {
        let Estate { name, environment, location, tags, components, .. } = &self.estate;
        let components = components.iter().map(|(id, component)| (id, Needs::of(component))).collect();
        let (environment, location) = (environment.as_deref(), location.as_deref());
        let written = Written { version: 1, name, environment, location, tags, components };
        json_text(&written)
    }
}

fn neither(value: &Value) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Code::WrongType, "this is neither an ARM template nor what Terraform shows");
    diagnostic.expect("an ARM template, or what `terraform show -json` prints");
    if value.get("components").is_some() {
        diagnostic.help("this is an estate already");
    } else if value.get("$schema").and_then(Value::as_str).is_some_and(|schema| schema.contains("deploymentParameters")) {
        diagnostic.help("this is a parameter file; name it with `--parameters`, beside the template");
    } else {
        diagnostic.help("say which with `--format`, if it is one nevertheless");
    }
    diagnostic
}

fn import(document: &Document, contents: &Contents, rules: &RuleSet, options: &ImportOptions) -> Imported {
    let mut mapping = mapping::map(contents, rules);
    let follows = Recognizer::new(contents, &mapping, rules).implied();
    for (rank, property, value) in follows {
        mapping.resources[rank].config.entry(property).or_insert(value);
    }
    let mapping = mapping;
    let recognizer = Recognizer::new(contents, &mapping, rules);
    let usage = usage::usage(contents, &mapping, &recognizer);
    let tags = common_tags(&mapping);
    let tagged = ["environment", "env", "Environment", "Env"].iter().find_map(|name| tags.get(*name).cloned());
    let name = options.name.clone().unwrap_or_else(|| name_of_file(document.name()));
    let mut estate = Estate::empty(name);
    estate.environment = options.environment.clone().or(tagged);
    estate.location = most_common(mapping.resources.iter().filter_map(|mapped| {
        let value = mapped.config.get("location")?;
        let location = value.as_str().filter(|text| marks::is_known(text) && *text != "global")?;
        allows(mapped.rule, "location", value).then_some(location)
    }));
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
    let mut builder = Builder {
        contents,
        mapping: &mapping,
        recognizer: &recognizer,
        usage: &usage,
        components: &components,
        implied: &implied,
        left_out: Vec::new(),
        notes: Vec::new(),
    };
    let (lock, places) = builder.build(&mut estate);
    let (left_out, more) = (builder.left_out, builder.notes);
    notes.other.extend(more);
    let report = report::report(contents, &mapping, &components, &places, notes, left_out, &estate);
    Imported { estate, lock, report }
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

/// A name from that of the file: `exports/shop.json` is `shop`.
fn name_of_file(file: &str) -> String {
    let stem = file.rsplit(['/', '\\']).next().unwrap_or_default().split('.').next().unwrap_or_default().to_kebab_case();
    let letters: String = stem.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if letters.is_empty() { "imported".to_owned() } else { letters }
}
