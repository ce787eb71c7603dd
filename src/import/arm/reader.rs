//! From templates to resources: loops, conditions, templates within templates.

use serde_json::{Map, Value};

use super::Files;
use super::evaluate::MOST_COPIES;
use super::modules::{self, Module};
use super::place::Place;
use super::scope::{Given, GivenValue, Scope, find};
use crate::import::found::{Found, Skipped};
use crate::import::marks;
use crate::input::{Code, Diagnostic, Document, Pointer};
use crate::rules::Language;

/// Templates within templates within …
const DEEPEST: usize = 16;
/// More resources than a file can mean: loops within loops multiply.
const MOST_RESOURCES: usize = 100_000;

pub(super) struct Reader<'f> {
    pub(super) resources: Vec<Found>,
    pub(super) skipped: Vec<Skipped>,
    files: &'f Files<'f>,
    depth: usize,
}

type Fault = Box<Diagnostic>;

/// What is around a resource within another.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    types: &'a str,
    names: &'a [String],
}

impl<'f> Reader<'f> {
    pub(super) fn new(files: &'f Files<'f>) -> Self {
        Self { resources: Vec::new(), skipped: Vec::new(), files, depth: 0 }
    }

    fn skip(&mut self, scope: &Scope<'_>, resource: &Value, why: impl Into<String>) {
        self.skipped.push(Skipped::new(address(resource, scope), why));
    }

    /// Reads a template and gives its outputs.
    pub(super) fn template(
        &mut self,
        template: &Value,
        given: Given,
        place: Place,
        module: String,
    ) -> Result<Map<String, Value>, Fault> {
        let mut scope = Scope::new(template, given, place, module);
        let listed = listed(template)?;
        symbols(&mut scope, &listed);
        // What a nested template gives back may be named anywhere.
        for rank in modules::order(&scope, &listed) {
            if let Some((_, resource)) = listed.get(rank) {
                self.resource(&scope, resource, Around::default())?;
            }
        }
        for (_, resource) in listed.iter().filter(|(_, resource)| !modules::is_deployment(resource)) {
            self.resource(&scope, resource, Around::default())?;
        }
        Ok(outputs(template, &scope))
    }

    /// A resource, as often as its loop has turns, and those within it.
    fn resource(&mut self, scope: &Scope<'_>, resource: &Value, around: Around<'_>) -> Result<(), Fault> {
        let Some(copy) = resource.get("copy").filter(|copy| copy.is_object()) else {
            return self.single(scope, resource, around);
        };
        let (name, count) = turns(scope, copy);
        let Some(count) = count.as_u64().filter(|count| *count <= MOST_COPIES) else {
            let why = match count {
                Value::String(text) => format!("the number of copies is not known: `{}`", marks::plain(&text)),
                count => format!("{count} is not a number of copies"),
            };
            self.skip(scope, resource, why);
            return Ok(());
        };
        for turn in 0..count {
            scope.copies.borrow_mut().push((name.clone(), i64::try_from(turn).unwrap_or_default()));
            let read = self.single(scope, resource, around);
            scope.copies.borrow_mut().pop();
            read?;
        }
        Ok(())
    }

    fn single(&mut self, scope: &Scope<'_>, resource: &Value, around: Around<'_>) -> Result<(), Fault> {
        if self.resources.len() >= MOST_RESOURCES {
            return Ok(());
        }
        let stated = resource.get("type").map(|stated| scope.value(stated));
        let Some(own_type) = stated.as_ref().and_then(Value::as_str) else {
            self.skip(scope, resource, "it has no type");
            return Ok(());
        };
        if scope.value(resource.get("condition").unwrap_or(&Value::Bool(true))) == Value::Bool(false) {
            self.skip(scope, resource, "its condition does not hold");
            return Ok(());
        }
        if resource.get("existing").and_then(Value::as_bool) == Some(true) {
            self.skip(scope, resource, "it is declared as existing; read the template that makes it");
            return Ok(());
        }
        if modules::is_deployment(resource) {
            return self.deployment(scope, resource);
        }
        let (types, names) = full_name(scope, resource, own_type, around);
        let mut body = scope.object(&own_members(resource));
        body.insert("name".to_owned(), names.last().cloned().unwrap_or_default().into());
        self.push(scope, types.clone(), names.clone(), body);
        for child in resource.get("resources").and_then(Value::as_array).into_iter().flatten() {
            self.resource(scope, child, Around { types: &types, names: &names })?;
        }
        Ok(())
    }

    fn push(&mut self, scope: &Scope<'_>, types: String, names: Vec<String>, mut body: Map<String, Value>) {
        let shown: Vec<String> = names.iter().map(|name| marks::plain(name)).collect();
        let address = format!("{types} {}", shown.join("/"));
        // An extension of another resource in the old way: `…/storageAccounts/providers/roleAssignments`, named
        // `account/Microsoft.Authorization/…`.
        let extension = types.to_lowercase().split_once("/providers/").and_then(|(target, kind)| {
            let levels = target.matches('/').count();
            let (of, rest) = names.split_at_checked(levels)?;
            let target = scope.place.id(types.get(..target.len())?, of);
            Some((target, format!("{}/{}", rest.first()?, types.get(types.len() - kind.len()..)?), rest.get(1..)?.to_vec()))
        });
        let (types, names) = match extension {
            Some((target, types, names)) => {
                body.entry("scope").or_insert(Value::String(target));
                (types, names)
            }
            None => (types, names),
        };
        let id = Some(scope.place.id(&types, &names));
        self.resources.push(Found {
            language: Language::Arm,
            id,
            address,
            provider_type: types,
            names,
            body: Value::Object(body),
        });
    }

    /// A template within the template, or in a file beside it.
    fn deployment(&mut self, scope: &Scope<'_>, resource: &Value) -> Result<(), Fault> {
        let module = Module::read(scope, resource);
        let document = if module.inline.is_none() { module.beside(self.files) } else { None };
        let parsed = document.as_ref().map(Document::parse);
        let template = match (module.inline, &parsed) {
            (Some(template), _) | (None, Some(Ok(template))) => template,
            (None, found) => {
                let why = if found.is_some() { "is not a template" } else { "cannot be read" };
                self.skipped.push(Skipped::new(
                    format!("deployment {}", module.shown()),
                    format!("the template `{}` {why}", module.link),
                ));
                return Ok(());
            }
        };
        if self.depth >= DEEPEST {
            self.skipped.push(Skipped::new(format!("deployment {}", module.shown()), "templates are nested too deep"));
            return Ok(());
        }
        self.depth += 1;
        let outputs = if module.is_inner() {
            self.template(template, module.given(scope), module.place(scope), module.path(scope))
        } else {
            self.outer(scope, template)
        };
        self.depth -= 1;
        scope.outputs.borrow_mut().insert(module.name.to_lowercase(), outputs?);
        Ok(())
    }

    /// A template that sees what is around it.
    fn outer(&mut self, scope: &Scope<'_>, template: &Value) -> Result<Map<String, Value>, Fault> {
        let listed = listed(template)?;
        for (_, resource) in &listed {
            self.resource(scope, resource, Around::default())?;
        }
        Ok(outputs(template, scope))
    }
}

/// The resources of a template, each with its symbolic name if it has one.
fn listed(template: &Value) -> Result<Vec<(Option<&str>, &Value)>, Fault> {
    let resources = template.as_object().and_then(|template| find(template, "resources")).map(|(_, value)| value);
    match resources {
        Some(Value::Array(array)) => Ok(array.iter().map(|resource| (None, resource)).collect()),
        Some(Value::Object(map)) => Ok(map.iter().map(|(symbol, resource)| (Some(symbol.as_str()), resource)).collect()),
        Some(_) => {
            let mut diagnostic = Diagnostic::error(Code::WrongType, "`resources` is neither a list nor an object");
            diagnostic.expect("the resources of an ARM template");
            Err(Box::new(diagnostic.at(Pointer::root().key("resources"))))
        }
        None => Ok(Vec::new()),
    }
}

fn outputs(template: &Value, scope: &Scope<'_>) -> Map<String, Value> {
    let outputs = template.get("outputs").and_then(Value::as_object);
    let read = |(name, output): (&String, &Value)| {
        let value = output.get("value").map_or(Value::Null, |value| scope.value(value));
        (name.clone(), serde_json::json!({ "value": value }))
    };
    outputs.into_iter().flatten().map(read).collect()
}

/// Notes what the symbolic names of resources stand for; those of a loop with the number of its turn.
fn symbols(scope: &mut Scope<'_>, listed: &[(Option<&str>, &Value)]) {
    let mut found = Vec::new();
    for (symbol, resource) in listed.iter().filter_map(|(symbol, resource)| Some(((*symbol)?, *resource))) {
        let id = |scope: &Scope<'_>| {
            let (types, names) = (scope.value(resource.get("type")?), scope.value(resource.get("name")?));
            let place = Module::place_of(scope, resource);
            Some(place.id(types.as_str()?, &marks::split(names.as_str()?, '/')))
        };
        match resource.get("copy").filter(|copy| copy.is_object()) {
            None => found.extend(id(scope).map(|id| (symbol.to_lowercase(), id))),
            Some(copy) => {
                let (name, count) = turns(scope, copy);
                for turn in 0..count.as_u64().filter(|count| *count <= MOST_COPIES).unwrap_or_default() {
                    scope.copies.borrow_mut().push((name.clone(), i64::try_from(turn).unwrap_or_default()));
                    found.extend(id(scope).map(|id| (format!("{}[{turn}]", symbol.to_lowercase()), id)));
                    scope.copies.borrow_mut().pop();
                }
            }
        }
    }
    scope.symbols.extend(found);
}

/// The name of a loop, and how many turns it has.
fn turns(scope: &Scope<'_>, copy: &Value) -> (String, Value) {
    let name = scope.value(copy.get("name").unwrap_or(&Value::Null)).as_str().unwrap_or_default().to_owned();
    (name, scope.value(copy.get("count").unwrap_or(&Value::Null)))
}

/// What a resource says of itself, without the resources in it and its loop.
fn own_members(resource: &Value) -> Map<String, Value> {
    let members = resource.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| !matches!(key.as_str(), "resources" | "copy"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// A resource's type and names: within another resource they go on from that one's.
fn full_name(scope: &Scope<'_>, resource: &Value, own_type: &str, around: Around<'_>) -> (String, Vec<String>) {
    let full = around.types.is_empty() || own_type.split('/').next().is_some_and(|first| first.contains('.'));
    let types = if full { own_type.to_owned() } else { format!("{}/{own_type}", around.types) };
    let name = scope.value(resource.get("name").unwrap_or(&Value::Null));
    let own = marks::split(name.as_str().unwrap_or_default(), '/');
    let mut names = if types.matches('/').count() > own.len() { around.names.to_vec() } else { Vec::new() };
    names.extend(own);
    (types, names)
}

fn address(resource: &Value, scope: &Scope<'_>) -> String {
    let of = |field: &str| {
        let value = scope.value(resource.get(field).unwrap_or(&Value::Null));
        value.as_str().map(marks::plain).unwrap_or_else(|| "?".to_owned())
    };
    format!("{} {}", of("type"), of("name"))
}

/// What a nested deployment gives its template.
pub(super) fn given(scope: &Scope<'_>, properties: &Value) -> Given {
    let all = scope.value(properties.get("parameters").unwrap_or(&Value::Null));
    let all = all.as_object().into_iter().flatten();
    all.map(|(name, stated)| (name.clone(), GivenValue::read(stated))).collect()
}
