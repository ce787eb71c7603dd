//! ARM templates: one file, with nested templates in it or beside it.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod evaluate;
mod parse;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::found::{Contents, Found};
use super::marks;
use crate::input::{Code, Diagnostic, Diagnostics, Document, Pointer};
use crate::rules::Language;
use evaluate::{Scope, unknown};

/// A loop that makes more resources than a template may have is a mistake.
const MOST_COPIES: u64 = 800;
/// Templates within templates within …
const DEEPEST: usize = 16;

/// Reads a file by the relative path that a template names; `None` where there is none.
pub(super) type Files<'f> = dyn Fn(&str) -> Option<Document> + 'f;

/// Whether a document is a template.
pub(super) fn is_template(value: &Value) -> bool {
    let schema = value.get("$schema").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    schema.contains("deploymenttemplate.json") || (value.get("resources").is_some() && value.get("contentVersion").is_some())
}

/// Everything in a template. `given` are the values of a parameter file.
pub(super) fn read(
    document: &Document,
    value: &Value,
    given: &Map<String, Value>,
    files: &Files<'_>,
) -> Result<Contents, Diagnostics> {
    let mut reader = Reader { resources: Vec::new(), skipped: Vec::new(), files, depth: 0 };
    let values = given.iter().map(|(name, value)| (name.clone(), value.get("value").cloned().unwrap_or(Value::Null))).collect();
    let outputs = match reader.template(value, values) {
        Ok(outputs) => outputs,
        Err(diagnostic) => return Err(Diagnostics::from(*diagnostic).located(document)),
    };
    let resources = outputs.get("resources").and_then(|output| output.get("value")).and_then(Value::as_object);
    let ids =
        resources.into_iter().flatten().filter_map(|(id, about)| Some((id.clone(), about.get("name")?.as_str()?.to_owned())));
    Ok(Contents { language: Language::Arm, ids: ids.collect(), resources: reader.resources, skipped: reader.skipped })
}

struct Reader<'f> {
    resources: Vec<Found>,
    skipped: Vec<(String, String)>,
    files: &'f Files<'f>,
    depth: usize,
}

type Fault = Box<Diagnostic>;

impl Reader<'_> {
    /// Reads a template and gives its outputs.
    fn template(&mut self, template: &Value, given: BTreeMap<String, Value>) -> Result<Map<String, Value>, Fault> {
        let mut scope = scope(template, given);
        let resources = template.get("resources");
        let mut listed: Vec<(&Value, Option<&str>)> = Vec::new();
        match resources {
            Some(Value::Array(array)) => listed.extend(array.iter().map(|resource| (resource, None))),
            // With symbolic names.
            Some(Value::Object(map)) => listed.extend(map.iter().map(|(symbol, resource)| (resource, Some(symbol.as_str())))),
            Some(_) => {
                let mut diagnostic = Diagnostic::error(Code::WrongType, "`resources` is neither a list nor an object");
                diagnostic.expect("the resources of an ARM template");
                return Err(Box::new(diagnostic.at(Pointer::root().key("resources"))));
            }
            None => {}
        }
        for (resource, symbol) in &listed {
            if let Some(symbol) = symbol {
                let (types, names) = (scope.value(&resource["type"]), scope.value(&resource["name"]));
                if let (Some(types), Some(names)) = (types.as_str(), names.as_str()) {
                    scope.symbols.insert((*symbol).to_owned(), id(types, &marks::split(names, '/')));
                }
            }
        }
        // What a nested template gives back may be named anywhere.
        let nested = |resource: &&(&Value, Option<&str>)| is_deployment(resource.0);
        for (resource, _) in listed.iter().filter(nested) {
            self.resource(&scope, resource, &[], &[])?;
        }
        for (resource, _) in listed.iter().filter(|resource| !nested(resource)) {
            self.resource(&scope, resource, &[], &[])?;
        }
        let outputs = template.get("outputs").and_then(Value::as_object);
        let read = |(name, output): (&String, &Value)| {
            let value = output.get("value").map_or(Value::Null, |value| scope.value(value));
            (name.clone(), serde_json::json!({ "value": value }))
        };
        Ok(outputs.into_iter().flatten().map(read).collect())
    }

    /// A resource, as often as its loop has turns, and those within it.
    fn resource(&mut self, scope: &Scope<'_>, resource: &Value, types: &[&str], names: &[String]) -> Result<(), Fault> {
        let Some(copy) = resource.get("copy").filter(|copy| copy.is_object()) else {
            return self.single(scope, resource, types, names);
        };
        let name = scope.value(copy.get("name").unwrap_or(&Value::Null)).as_str().unwrap_or_default().to_owned();
        let count = scope.value(copy.get("count").unwrap_or(&Value::Null));
        match count.as_u64() {
            Some(count) if count <= MOST_COPIES => {
                for turn in 0..count {
                    scope.copies.borrow_mut().push((name.clone(), i64::try_from(turn).unwrap_or_default()));
                    let read = self.single(scope, resource, types, names);
                    scope.copies.borrow_mut().pop();
                    read?;
                }
            }
            _ => {
                let address = address(resource, scope);
                let why = match count {
                    Value::String(text) => format!("the number of copies is not known: `{}`", marks::plain(&text)),
                    count => format!("{count} is not a number of copies"),
                };
                self.skipped.push((address, why));
            }
        }
        Ok(())
    }

    fn single(&mut self, scope: &Scope<'_>, resource: &Value, types: &[&str], names: &[String]) -> Result<(), Fault> {
        let Some(own_type) = resource.get("type").and_then(Value::as_str) else {
            self.skipped.push((address(resource, scope), "it has no type".to_owned()));
            return Ok(());
        };
        if scope.value(resource.get("condition").unwrap_or(&Value::Bool(true))) == Value::Bool(false) {
            self.skipped.push((address(resource, scope), "its condition does not hold".to_owned()));
            return Ok(());
        }
        if resource.get("existing").and_then(Value::as_bool) == Some(true) {
            self.skipped
                .push((address(resource, scope), "it is declared as existing; read the template that makes it".to_owned()));
            return Ok(());
        }
        if is_deployment(resource) {
            return self.deployment(scope, resource);
        }
        // Within another resource, type and name go on from that one's.
        let mut all_types = types.to_vec();
        all_types.push(own_type);
        let full_type =
            if types.is_empty() || own_type.starts_with("Microsoft.") { own_type.to_owned() } else { all_types.join("/") };
        let name = scope.value(resource.get("name").unwrap_or(&Value::Null));
        let own_names = marks::split(name.as_str().unwrap_or_default(), '/');
        let mut full_names = if full_type.matches('/').count() > own_names.len() { names.to_vec() } else { Vec::new() };
        full_names.extend(own_names);
        let mut body = Map::new();
        for (key, value) in resource.as_object().into_iter().flatten().filter(|(key, _)| key.as_str() != "resources") {
            body.insert(key.clone(), scope.value(value));
        }
        body.insert("name".to_owned(), full_names.last().cloned().unwrap_or_default().into());
        let shown: Vec<String> = full_names.iter().map(|name| marks::plain(name)).collect();
        self.resources.push(Found {
            id: Some(id(&full_type, &full_names)),
            address: format!("{full_type} {}", shown.join("/")),
            provider_type: full_type.clone(),
            names: full_names.clone(),
            body: Value::Object(body),
        });
        for child in resource.get("resources").and_then(Value::as_array).into_iter().flatten() {
            self.resource(scope, child, &[&full_type], &full_names)?;
        }
        Ok(())
    }

    /// A template within the template, or in a file beside it.
    fn deployment(&mut self, scope: &Scope<'_>, resource: &Value) -> Result<(), Fault> {
        let properties = resource.get("properties").unwrap_or(&Value::Null);
        let name = scope.value(resource.get("name").unwrap_or(&Value::Null)).as_str().unwrap_or_default().to_owned();
        let link = properties.get("templateLink");
        let relative = link.and_then(|link| link.get("relativePath")).map(|path| scope.value(path));
        let document = relative.as_ref().and_then(Value::as_str).and_then(|path| (self.files)(path));
        let parsed = document.as_ref().map(Document::parse);
        let template = match (properties.get("template"), &parsed) {
            (Some(template), _) => template,
            (None, Some(Ok(template))) => template,
            (None, found) => {
                let link = link.and_then(|link| link.get("relativePath").or_else(|| link.get("uri")).or_else(|| link.get("id")));
                let link = link.map_or_else(String::new, |link| scope.value(link).as_str().map(marks::plain).unwrap_or_default());
                let why = if found.is_some() { "is not a template" } else { "cannot be read" };
                self.skipped.push((format!("deployment {}", marks::plain(&name)), format!("the template `{link}` {why}")));
                return Ok(());
            }
        };
        if self.depth >= DEEPEST {
            self.skipped.push((format!("deployment {}", marks::plain(&name)), "templates are nested too deep".to_owned()));
            return Ok(());
        }
        let inner = properties.pointer("/expressionEvaluationOptions/scope").and_then(Value::as_str);
        let linked = properties.get("template").is_none();
        let given = properties.get("parameters").and_then(Value::as_object);
        let given: BTreeMap<String, Value> = given
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), scope.value(value.get("value").unwrap_or(&Value::Null))))
            .collect();
        self.depth += 1;
        let outputs = if linked || inner.is_some_and(|scope| scope.eq_ignore_ascii_case("inner")) {
            self.template(template, given)
        } else {
            // The template sees what is around it.
            let resources = template.get("resources").and_then(Value::as_array);
            let read: Result<Vec<()>, Fault> =
                resources.into_iter().flatten().map(|resource| self.resource(scope, resource, &[], &[])).collect();
            let outputs = template.get("outputs").and_then(Value::as_object).into_iter().flatten();
            let outputs = outputs.map(|(name, output)| {
                (name.clone(), serde_json::json!({ "value": scope.value(output.get("value").unwrap_or(&Value::Null)) }))
            });
            read.map(|_| outputs.collect())
        };
        self.depth -= 1;
        scope.outputs.borrow_mut().insert(name, outputs?);
        Ok(())
    }
}

fn is_deployment(resource: &Value) -> bool {
    resource.get("type").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case("Microsoft.Resources/deployments"))
}

/// What the expressions of a template see: parameters as given or by default, and variables.
fn scope(template: &Value, given: BTreeMap<String, Value>) -> Scope<'_> {
    let mut scope = Scope {
        parameters: BTreeMap::new(),
        secure: BTreeSet::new(),
        variables: template.get("variables").and_then(Value::as_object),
        symbols: BTreeMap::new(),
        outputs: RefCell::default(),
        copies: RefCell::default(),
        turns: Cell::default(),
        open: RefCell::default(),
    };
    // Defaults may name other parameters, in any order; a second time round finds them.
    let declared = || template.get("parameters").and_then(Value::as_object).into_iter().flatten();
    for _ in 0..2 {
        for (name, parameter) in declared() {
            let kind = parameter.get("type").and_then(Value::as_str).unwrap_or_default();
            if kind.to_ascii_lowercase().starts_with("secure") {
                scope.secure.insert(name.clone());
                continue;
            }
            let value = match (given.get(name), parameter.get("defaultValue")) {
                (Some(value), _) => Some(value.clone()),
                (None, Some(default)) => Some(scope.value(default)),
                (None, None) => None,
            };
            let value = value.unwrap_or_else(|| unknown(&format!("parameters('{name}')"), false, &[]));
            scope.parameters.insert(name.clone(), value);
        }
    }
    scope
}

fn id(types: &str, names: &[String]) -> String {
    let mut segments = types.split('/');
    let mut id = format!("/providers/{}", segments.next().unwrap_or_default());
    for (kind, name) in segments.zip(names) {
        id.push_str(&format!("/{kind}/{}", marks::token(name)));
    }
    id
}

fn address(resource: &Value, scope: &Scope<'_>) -> String {
    let of = |field: &str| {
        let value = scope.value(resource.get(field).unwrap_or(&Value::Null));
        value.as_str().map(marks::plain).unwrap_or_else(|| "?".to_owned())
    };
    format!("{} {}", of("type"), of("name"))
}
