//! What the templates of a rule see.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value as Dynamic;
use serde_json::Value as Json;

use super::ProjectError;
use super::expression::{NodeId, OutputName, Rank, Source, Step, has_mark};
use super::fill::Filling;
use crate::names::ResourceId;
use crate::plan::Resource;
use crate::rules::{EXTRA, Language, ResourceRule, named, over, stated};
use crate::secrets::is_mask;

/// The most characters that the value of a tag may have at Azure.
const TAG: usize = 256;
/// The tag that says who shares a resource.
const SHARED_BY: &str = "colocate-components";

/// The property that says in which region a resource is.
const LOCATION: &str = "location";

/// A resource of the plan with its provider resources allocated.
pub(super) struct Owner<'p> {
    pub(super) resource: &'p Resource,
    pub(super) rule: &'p ResourceRule,
    /// The language of its blocks: a type that says nothing of Terraform is written there from its ARM blocks.
    pub(super) language: Language,
    /// The first of its nodes, which raw members and policies are about.
    pub(super) main: NodeId,
    /// Raw members for that node.
    pub(super) extra: Option<Json>,
    /// What its templates see, symbols aside.
    pub(super) context: Dynamic,
    /// The blocks that stand for one provider resource each.
    pub(super) symbols: BTreeMap<&'p str, NodeId>,
    /// Those of loops, by symbol and element.
    pub(super) of_elements: Arc<Mutex<BTreeMap<(String, String), NodeId>>>,
}

impl<'p> Filling<'p> {
    /// What the templates of a resource see.
    pub(super) fn owner(&self, resource: &'p Resource) -> Result<Owner<'p>, ProjectError> {
        let resource_type = &resource.resource_type;
        let unknown = || ProjectError::unknown_type(resource);
        let rule = self.rules.resource(resource_type.as_str()).ok_or_else(unknown)?;
        let language = if rule.blocks.of(self.language).is_empty() { Language::Arm } else { self.language };
        if rule.blocks.of(language).is_empty() {
            return Err(ProjectError::no_blocks(rule, self.language));
        }
        let mut config = Json::Object(resource.config.clone());
        self.mark_references(resource, "", &mut config)?;
        if config.get(LOCATION).is_none() && rule.properties.find(LOCATION).is_some() {
            config[LOCATION] = Json::String(self.home());
        }
        let required: Vec<(String, Dynamic)> = resource
            .requires
            .iter()
            .filter_map(|(resource_type, ids)| {
                let rank = *self.ranks.get(ids.first()?)?;
                Some((resource_type.to_string(), self.outputs_of(rank)))
            })
            .collect();
        let stating = Arc::new(resource.config.clone());
        let serving: BTreeMap<&str, &str> = resource
            .requires
            .iter()
            .filter_map(|(resource_type, ids)| {
                let rank = *self.ranks.get(ids.first()?)?;
                Some((resource_type.as_str(), self.plan.resources.get(rank.0)?.name.as_str()))
            })
            .collect();
        let context = minijinja::context! {
            id => resource.id.as_str(),
            name => resource.name.as_str(),
            components => Dynamic::from(minijinja::value::Serde(&resource.components)),
            tags => Dynamic::from(minijinja::value::Serde(&tags(resource, &config))),
            config => Dynamic::from(minijinja::value::Serde(&config)),
            required => named(required),
            serving => Dynamic::from(minijinja::value::Serde(&serving)),
            stated => Dynamic::from_function(move |path: &str| stated(&stating, path)),
        };
        let context = over(context, &self.functions(&resource.id));
        let extra = config.get(EXTRA).cloned();
        Ok(Owner {
            resource,
            rule,
            language,
            main: NodeId(0),
            extra,
            context,
            symbols: BTreeMap::new(),
            of_elements: Arc::default(),
        })
    }

    /// The functions that the templates of a resource may call.
    fn functions(&self, of: &ResourceId) -> Dynamic {
        let declare = {
            let (marks, parameters, language) = (self.marks.clone(), self.parameters.clone(), self.language);
            move |name: &str, description: Option<&str>, of: Option<&str>| {
                marks.value(Source::Parameter(parameters.plain(language, name, description, of.filter(|of| !has_mark(of)))))
            }
        };
        let secret = {
            let (marks, parameters) = (self.marks.clone(), self.parameters.clone());
            let (language, of) = (self.language, of.to_string());
            move |name: &str, description: Option<&str>| {
                let description = description.unwrap_or_default().to_owned();
                marks.value(Source::Parameter(parameters.secret(language, name, &of, description)))
            }
        };
        let call = {
            let marks = self.marks.clone();
            move |function: &str, arguments: minijinja::value::Rest<Dynamic>| {
                marks.value(Source::Call(function.to_owned(), arguments.iter().map(ToString::to_string).collect()))
            }
        };
        let group = (self.language == Language::Terraform).then(|| {
            minijinja::context! { name => declare("resource_group_name", Some("The resource group that everything is created in."), None) }
        });
        minijinja::context! {
            parameter => Dynamic::from_function(declare),
            secret => Dynamic::from_function(secret),
            call => Dynamic::from_function(call),
            group => group,
        }
    }

    /// The mark of the region that resources are in which name none: their resource group's.
    fn home(&self) -> String {
        match self.language {
            Language::Arm => {
                let group = Source::Call("resourceGroup".to_owned(), Vec::new());
                self.marks.mark_within(group, vec![Step::Member(LOCATION.to_owned())])
            }
            Language::Terraform => self.marks.mark(Source::Parameter(self.parameters.plain(
                self.language,
                LOCATION,
                Some("The region of what names none."),
                None,
            ))),
        }
    }

    /// The outputs of a resource, as other resources' templates see them.
    pub(super) fn outputs_of(&self, rank: Rank) -> Dynamic {
        let rule = self.rules.resource(self.plan.resources[rank.0].resource_type.as_str());
        let names = rule.into_iter().flat_map(|rule| rule.outputs.keys());
        named(names.map(|name| {
            let output = OutputName { name: name.clone(), element: None };
            (name.clone(), self.marks.value(Source::Output(rank, output)))
        }))
    }

    /// The mark of the secure parameter that stands for a masked secret. Secrets of one name that differ get two.
    fn masked(&self, name: &str, mask: &str) -> String {
        let description = format!("The value of {name} ({mask}).");
        self.marks.mark(Source::Parameter(self.parameters.secret(self.language, name, mask, description)))
    }

    /// Replaces each `${id.output}` in a config by the mark of that output, and each masked secret by that of a secure
    /// parameter; `key` is what the value is called.
    pub(super) fn mark_references(&self, resource: &Resource, key: &str, value: &mut Json) -> Result<(), ProjectError> {
        match value {
            Json::String(text) if is_mask(text) => {
                *text = self.masked(key, text);
                Ok(())
            }
            Json::String(text) if has_mark(text) => Err(ProjectError::reserved_character(resource, text)),
            Json::String(text) if text.contains("${") => {
                let mut marked = String::with_capacity(text.len());
                let mut rest = text.as_str();
                while let Some((before, after)) = rest.split_once("${") {
                    marked.push_str(before);
                    let reference = after.split_once('}').and_then(|(inner, after)| {
                        let (inner, element) = match inner.strip_suffix(']').and_then(|inner| inner.split_once('[')) {
                            Some((inner, element)) => (inner, Some(element)),
                            None => (inner, None),
                        };
                        let (id, output) = inner.rsplit_once('.')?;
                        let output = OutputName { name: output.to_owned(), element: element.map(str::to_owned) };
                        Some((*self.ranks.get(&ResourceId::from(id))?, output, after))
                    });
                    match reference {
                        Some((rank, output, after)) => {
                            marked.push_str(&self.marks.mark(Source::Output(rank, output)));
                            rest = after;
                        }
                        None => {
                            marked.push_str("${");
                            rest = after;
                        }
                    }
                }
                marked.push_str(rest);
                *text = marked;
                Ok(())
            }
            Json::Array(array) => array.iter_mut().try_for_each(|value| self.mark_references(resource, key, value)),
            Json::Object(map) => map.iter_mut().try_for_each(|(name, value)| {
                let called = if name == "value" { key } else { name };
                self.mark_references(resource, called, value)
            }),
            _ => Ok(()),
        }
    }
}

impl Owner<'_> {
    /// The symbols of its blocks, and `node('symbol', 'element')` for those of loops.
    pub(super) fn names(&self, filling: &Filling<'_>) -> Dynamic {
        let symbols = self.symbols.iter().map(|(symbol, node)| ((*symbol).to_owned(), filling.marks.value(Source::Node(*node))));
        let (marks, of_elements) = (filling.marks.clone(), Arc::clone(&self.of_elements));
        let node = move |symbol: String, element: String| -> Option<Dynamic> {
            let known = of_elements.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(&(symbol, element)).map(|node| marks.value(Source::Node(*node)))
        };
        named(symbols.chain([("node".to_owned(), Dynamic::from_function(node))]))
    }
}

/// The tags of a resource and who shares it, as far as a tag's value may be long.
fn tags(resource: &Resource, config: &Json) -> BTreeMap<String, Json> {
    let stated = config.get("tags").and_then(Json::as_object);
    let mut tags: BTreeMap<String, Json> =
        stated.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut shared = String::new();
    for (i, id) in resource.components.iter().enumerate() {
        let rest = resource.components.len() - i;
        let more = format!(" and {rest} more");
        let separator = if shared.is_empty() { "" } else { ", " };
        let last = rest == 1;
        let room = if last { TAG } else { TAG - more.len() };
        if shared.len() + separator.len() + id.as_str().len() > room {
            shared.push_str(&more);
            break;
        }
        shared.push_str(separator);
        shared.push_str(id.as_str());
    }
    if !shared.is_empty() {
        tags.insert(SHARED_BY.to_owned(), Json::String(shared));
    }
    tags
}
