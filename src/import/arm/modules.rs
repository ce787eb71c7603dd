//! Templates within a template: where they are, where they go, and in which order they are read.

use serde_json::Value;

use super::Files;
use super::place::Place;
use super::reader;
use super::scope::{Given, Scope};
use crate::import::marks;
use crate::input::Document;

/// A deployment within a template.
pub(super) struct Module<'t> {
    pub(super) name: String,
    resource: &'t Value,
    properties: &'t Value,
    /// The template, where it is written out.
    pub(super) inline: Option<&'t Value>,
    /// Where it is, otherwise.
    pub(super) link: String,
}

pub(super) fn is_deployment(resource: &Value) -> bool {
    let name = resource.get("type").and_then(Value::as_str);
    name.is_some_and(|name| {
        ["Microsoft.Resources/deployments", "Microsoft.Resources/deploymentStacks"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    })
}

impl<'t> Module<'t> {
    pub(super) fn read(scope: &Scope<'_>, resource: &'t Value) -> Self {
        let properties = resource.get("properties").unwrap_or(&Value::Null);
        let name = scope.value(resource.get("name").unwrap_or(&Value::Null)).as_str().unwrap_or_default().to_owned();
        let link = properties.get("templateLink");
        let link = link.and_then(|link| ["relativePath", "uri", "id"].iter().find_map(|field| link.get(field)));
        let link = link.map(|link| scope.value(link)).and_then(|link| Some(link.as_str()?.to_owned())).unwrap_or_default();
        Self { name, resource, properties, inline: properties.get("template"), link: marks::plain(&link) }
    }

    pub(super) fn shown(&self) -> String {
        marks::plain(&self.name)
    }

    /// The file that its link names: by relative path, or by what is known of an address from its end on.
    pub(super) fn beside(&self, files: &Files<'_>) -> Option<Document> {
        let path =
            self.link.split(['?', '{']).find(|part| part.to_lowercase().trim_end().ends_with(".json")).unwrap_or(&self.link);
        let path = path.rsplit_once('}').map_or(path, |(_, after)| after).trim_start_matches('/');
        let mut rest = path.split_once("://").map_or(path, |(_, after)| after);
        loop {
            if let Some(document) = files(rest) {
                return Some(document);
            }
            rest = rest.split_once('/')?.1;
        }
    }

    /// Whether its template sees only what it is given.
    pub(super) fn is_inner(&self) -> bool {
        let scope = self.properties.pointer("/expressionEvaluationOptions/scope").and_then(Value::as_str);
        self.inline.is_none() || scope.is_some_and(|scope| scope.eq_ignore_ascii_case("inner"))
    }

    pub(super) fn given(&self, scope: &Scope<'_>) -> Given {
        reader::given(scope, self.properties)
    }

    /// Where its resources go.
    pub(super) fn place(&self, scope: &Scope<'_>) -> Place {
        Place { deployment: Some(self.name.clone()), ..Self::place_of(scope, self.resource) }
    }

    /// Where a resource says that it is, else where the template goes.
    pub(super) fn place_of(scope: &Scope<'_>, resource: &Value) -> Place {
        let text = |field: &str| Some(scope.value(resource.get(field)?).as_str()?.to_owned());
        let mut place = scope.place.clone();
        if let Some(subscription) = text("subscriptionId").filter(|name| place.subscription.as_ref() != Some(name)) {
            place.subscription = Some(subscription);
            place.location = None;
        }
        if let Some(group) = text("resourceGroup").filter(|name| place.resource_group.as_ref() != Some(name)) {
            place.resource_group = Some(group);
            place.location = text("location");
        }
        place
    }

    /// What its unknown parameters are called by: the deployments on the way to it.
    pub(super) fn path(&self, scope: &Scope<'_>) -> String {
        if scope.module.is_empty() { self.shown() } else { format!("{}/{}", scope.module, self.shown()) }
    }
}

/// The deployments of a template, each after those whose outputs it uses or that it waits for.
pub(super) fn order(scope: &Scope<'_>, listed: &[(Option<&str>, &Value)]) -> Vec<usize> {
    let modules: Vec<usize> = (0..listed.len()).filter(|rank| listed.get(*rank).is_some_and(|(_, r)| is_deployment(r))).collect();
    if modules.len() < 2 {
        return modules;
    }
    let mut called: Vec<(usize, Vec<String>)> = Vec::new();
    for rank in &modules {
        let Some((symbol, resource)) = listed.get(*rank) else { continue };
        let name = scope.value(resource.get("name").unwrap_or(&Value::Null));
        let stated = resource.get("name").and_then(Value::as_str).map(|name| name.trim_matches(['[', ']']).to_lowercase());
        let names = symbol.map(str::to_lowercase).into_iter().chain(stated).chain(name.as_str().map(str::to_lowercase));
        called.push((
            *rank,
            names
                .filter(|name| !name.is_empty())
                .map(|name| format!("'{name}'"))
                .chain(symbol.map(|s| format!("'{}[", s.to_lowercase())))
                .collect(),
        ));
    }
    let waits_for = |rank: usize| -> Vec<usize> {
        let Some((_, resource)) = listed.get(rank) else { return Vec::new() };
        let mut text = resource.get("dependsOn").map(Value::to_string).unwrap_or_default().replace('"', "'");
        let stated = resource.get("properties").and_then(|properties| properties.get("parameters"));
        text += &stated.map(Value::to_string).unwrap_or_default();
        text += &scope.value(resource.get("dependsOn").unwrap_or(&Value::Null)).to_string().replace(['"', '/'], "'");
        let text = text.to_lowercase();
        called
            .iter()
            .filter(|(other, names)| *other != rank && names.iter().any(|name| text.contains(name.as_str())))
            .map(|(rank, _)| *rank)
            .collect()
    };
    let mut open: Vec<(usize, Vec<usize>)> = modules.into_iter().map(|rank| (rank, waits_for(rank))).collect();
    let mut order = Vec::new();
    while !open.is_empty() {
        // In a circle, which Azure refuses, the first goes first.
        let next = open.iter().position(|(_, waits)| waits.iter().all(|rank| order.contains(rank))).unwrap_or_default();
        order.push(open.remove(next).0);
    }
    order
}
