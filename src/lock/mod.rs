//! The placements of an earlier plan, which a new one keeps.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use litemap::LiteMap;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Pointer, Sink, nearest_of_many};
use crate::names::ids;
use crate::names::{ComponentId, ResourceId, ResourceType};
use crate::plan::{Entries, KeptNames, PlacedRequirement, Plan};
use crate::rules::{FixedValues, RuleSet, fixed_values};
use crate::untrusted;

/// Where everything was: a plan reduced to its placements. A whole plan reads as a lock too.
///
/// ```
/// use colocate::{CrudApi, Estate, Lock, Planner, RuleSet};
/// let rules = RuleSet::builtin()?;
/// let estate = Estate::builder("shop").component(CrudApi::new("UserApi").entity("User")).build()?;
/// let plan = Planner::new(&rules).plan(&estate)?;
/// let lock = Lock::after(&plan, None, &rules);
/// assert_eq!(Lock::from_json("colocate.lock.json", lock.to_json().into_bytes(), &rules)?, lock);
/// assert_eq!(Lock::from_json("plan.json", plan.to_json().into_bytes(), &rules)?, lock);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// The format's version: 1.
    pub version: u32,
    /// The estate's name.
    pub estate: String,
    /// Every resource that there is or was, by type, key and number.
    pub resources: Vec<LockedResource>,
    /// Which resources each component is on.
    pub bindings: BTreeMap<ComponentId, LockedBinding>,
}

/// A resource that there is, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockedResource {
    /// `{resourceType}:{requirementKey}`, then `-2`, `-3`, … for further ones.
    pub id: ResourceId,
    /// The kind of resource.
    pub resource_type: ResourceType,
    /// The name that it has at the provider, and keeps.
    pub name: String,
    /// It is gone, and its number is not given again.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub retired: bool,
    /// The resources that serve as what its type requires, by resource type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub requires: BTreeMap<ResourceType, Vec<ResourceId>>,
    /// What the provider cannot change in place, by JSON pointer into its config; elements of a collection by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub fixed: BTreeMap<String, Value>,
}

/// Where a component's requirements are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockedBinding {
    /// The resources of each requirement, by `{resourceType}:{requirementKey}`.
    pub resources: Entries<Vec<ResourceId>>,
    /// Of a requirement on several resources: the names of its elements, by resource and property; a flag has none.
    #[serde(skip_serializing_if = "LiteMap::is_empty", default)]
    #[schemars(with = "BTreeMap<ResourceId, BTreeMap<String, Vec<String>>>")]
    pub elements: LiteMap<ResourceId, Entries<Vec<String>>>,
    /// The names that its elements have and keep, where those are others than their own names with the component's prefix: by
    /// resource, property and own name.
    #[serde(skip_serializing_if = "LiteMap::is_empty", default)]
    #[schemars(with = "BTreeMap<ResourceId, BTreeMap<String, BTreeMap<String, String>>>")]
    pub names: KeptNames,
    /// Of several requirements of one type and key that are not all on the same resources: where each is.
    #[serde(skip_serializing_if = "Entries::is_empty", default)]
    pub requirements: Entries<Vec<PlacedRequirement>>,
}

impl Lock {
    /// A lock that holds nothing yet.
    pub(crate) fn empty(estate: &str) -> Self {
        Self { version: 1, estate: estate.to_owned(), resources: Vec::new(), bindings: BTreeMap::new() }
    }

    /// The lock that a plan leaves behind; `before` is the one that it was made under, whose other resources are retired.
    pub fn after(plan: &Plan, before: Option<&Lock>, rules: &RuleSet) -> Self {
        let mut resources: Vec<LockedResource> = plan
            .resources
            .iter()
            .map(|resource| LockedResource {
                id: resource.id.clone(),
                resource_type: resource.resource_type.clone(),
                name: resource.name.clone(),
                retired: false,
                requires: resource.requires.clone(),
                fixed: fixed(rules, &resource.resource_type, &resource.config),
            })
            .collect();
        let there: BTreeSet<&str> = plan.resources.iter().map(|resource| resource.id.as_str()).collect();
        let gone = before.into_iter().flat_map(|lock| &lock.resources).filter(|old| !there.contains(old.id.as_str()));
        resources.extend(gone.map(|old| LockedResource { retired: true, requires: BTreeMap::new(), ..old.clone() }));
        let bindings = plan.bindings.iter().map(|(id, binding)| {
            let several: BTreeSet<&ResourceId> =
                binding.resources.values().filter(|resources| resources.len() > 1).flatten().collect();
            let elements = binding.elements.iter().filter(|(id, _)| several.contains(id));
            let elements = elements.map(|(id, elements)| (id.clone(), elements.clone())).collect();
            let (resources, requirements) = (binding.resources.clone(), binding.requirements.clone());
            (id.clone(), LockedBinding { resources, elements, names: binding.names.clone(), requirements })
        });
        Self {
            version: 1,
            estate: plan.estate.clone(),
            resources,
            bindings: bindings.filter(|(_, binding)| !binding.resources.is_empty()).collect(),
        }
        .ordered()
    }

    /// Reads a lock, or a plan as one; `name` is what messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its place.
    pub fn from_json(name: impl Into<String>, bytes: Vec<u8>, rules: &RuleSet) -> Result<Self, Diagnostics> {
        Self::read(&Document::new(name, bytes)?, rules)
    }

    /// Reads a lock, or a plan as one. Fields that a later program added are ignored.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn read(document: &Document, rules: &RuleSet) -> Result<Self, Diagnostics> {
        let value = document.parse()?;
        let mut sink = Sink::default();
        let lock = read(&mut sink, value, rules);
        if sink.diagnostics.is_empty() {
            contradictions(&mut sink, &lock);
        }
        if sink.diagnostics.is_empty() { Ok(lock.ordered()) } else { Err(Diagnostics::from(sink.diagnostics).located(document)) }
    }

    /// Refuses a lock of another estate.
    ///
    /// # Errors
    /// The place where the lock names another estate.
    pub fn check_estate(&self, name: &str) -> Result<(), Diagnostic> {
        if self.estate == name {
            return Ok(());
        }
        let message = format!("this is the lock of the estate `{}`, not of `{name}`", self.estate);
        let mut diagnostic = Diagnostic::error(Code::ForeignLock, message).at(Pointer::root().key("estate"));
        diagnostic.expect(format!("`{name}`")).help("name the lock of this estate; if it was renamed, rename it here too");
        Err(diagnostic)
    }

    /// What another lock has otherwise, in words: resources first, then components.
    pub fn changes(&self, other: &Lock) -> Vec<String> {
        let mut changes = Vec::new();
        let mut old: BTreeMap<&ResourceId, &LockedResource> = self.resources.iter().map(|old| (&old.id, old)).collect();
        for new in &other.resources {
            match old.remove(&new.id) {
                None => changes.push(format!("`{}` is new", new.id)),
                Some(old) if !old.retired && new.retired => changes.push(format!("`{}` is retired", new.id)),
                Some(old) if old.retired && !new.retired => changes.push(format!("`{}` is back", new.id)),
                Some(old) if old.name != new.name => {
                    changes.push(format!("`{}` is named `{}`, not `{}`", new.id, new.name, old.name));
                }
                Some(old) if !new.retired && old.requires != new.requires => {
                    changes.push(format!("`{}` requires other resources", new.id));
                }
                Some(old) => changes.extend(old.anew(new)),
            }
        }
        changes.extend(old.into_keys().map(|id| format!("`{id}` is forgotten")));
        let mut before: BTreeMap<&ComponentId, &LockedBinding> = self.bindings.iter().collect();
        for (component, binding) in &other.bindings {
            match before.remove(component) {
                None => changes.push(format!("`{component}` is new, on {}", list(binding.resources.values().flatten()))),
                Some(old)
                    if old.resources == binding.resources && old.elements == binding.elements && old.names == binding.names => {}
                Some(old) if old.resources == binding.resources && old.elements == binding.elements => {
                    changes.push(format!("elements of `{component}` keep other names"));
                }
                Some(old) if old.resources == binding.resources => {
                    changes.push(format!("the elements of `{component}` are divided otherwise"));
                }
                Some(old) => {
                    let keys: BTreeSet<&str> = old.resources.keys().chain(binding.resources.keys()).collect();
                    for key in keys {
                        match (old.resources.get(key), binding.resources.get(key)) {
                            (Some(from), Some(to)) if from == to => {}
                            (Some(from), Some(to)) => {
                                changes.push(format!("`{key}` of `{component}` was on {} and is on {}", list(from), list(to)));
                            }
                            (None, Some(to)) => changes.push(format!("`{key}` of `{component}` is new, on {}", list(to))),
                            (_, None) => changes.push(format!("`{key}` of `{component}` is gone")),
                        }
                    }
                }
            }
        }
        changes.extend(before.into_keys().map(|component| format!("`{component}` is gone")));
        changes
    }

    /// Writes the lock as pretty JSON with a final line break.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_json(&self, to: impl io::Write) -> io::Result<()> {
        untrusted::write_json(to, self)
    }

    /// The lock as [`write_json`](Self::write_json) writes it.
    pub fn to_json(&self) -> String {
        untrusted::json_text(self)
    }

    fn ordered(mut self) -> Self {
        self.resources.sort_by(|a, b| {
            let key = |resource: &LockedResource| {
                ids::split(resource.id.as_str()).map_or((String::new(), 0), |(g, n)| (g.to_owned(), n))
            };
            a.resource_type.cmp(&b.resource_type).then_with(|| key(a).cmp(&key(b))).then_with(|| a.id.cmp(&b.id))
        });
        self
    }
}

impl LockedResource {
    /// What must be made anew for another state of the same resource; what only one of them knows is not compared.
    fn anew<'l>(&'l self, new: &'l LockedResource) -> impl Iterator<Item = String> + 'l {
        let other = |(place, value): &(&String, &Value)| self.fixed.get(*place).is_some_and(|known| known != *value);
        let live = !self.retired && !new.retired;
        let said = |(place, _)| format!("`{}` is made anew where `{place}` changes", self.id);
        new.fixed.iter().filter(move |_| live).filter(other).map(said)
    }
}

fn list<'i>(ids: impl IntoIterator<Item = &'i ResourceId>) -> String {
    let ids: BTreeSet<&str> = ids.into_iter().map(ResourceId::as_str).collect();
    ids.into_iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn read(sink: &mut Sink, value: Value, rules: &RuleSet) -> Lock {
    let at = At::ROOT;
    let mut lock = Lock { version: 1, estate: String::new(), resources: Vec::new(), bindings: BTreeMap::new() };
    let Some(mut map) = sink.map(&at, value) else { return lock };
    let version = map.remove("version");
    match version.as_ref().map(Value::as_u64) {
        Some(Some(1)) => {}
        Some(_) => {
            let found = version.unwrap_or_default();
            let message = format!("this program reads locks of version 1, not {found}");
            let newer = found.as_u64().is_some_and(|version| version > 1);
            let help = if newer { "use the program that wrote it, or a newer one" } else { "is this a lock or a plan?" };
            sink.error(Code::WrongVersion, &at.key("version"), message).expect("1").help(help);
            return lock;
        }
        None => sink.missing(&at, "version"),
    }
    match map.remove("estate") {
        Some(value) => lock.estate = sink.string(&at.key("estate"), value).unwrap_or_default(),
        None => sink.missing(&at, "estate"),
    }
    match map.remove("resources") {
        Some(value) => {
            let at = at.key("resources");
            for (i, value) in sink.array(&at, value).unwrap_or_default().into_iter().enumerate() {
                lock.resources.extend(resource(sink, &at.index(i), value, rules));
            }
        }
        None => sink.missing(&at, "resources"),
    }
    match map.remove("bindings") {
        Some(value) => {
            let at = at.key("bindings");
            for (id, value) in sink.map(&at, value).unwrap_or_default() {
                let binding = binding(sink, &at.key(&id), value);
                if !binding.resources.is_empty() {
                    lock.bindings.insert(id.into(), binding);
                }
            }
        }
        None => sink.missing(&at, "bindings"),
    }
    lock
}

fn resource(sink: &mut Sink, at: &At<'_>, value: Value, rules: &RuleSet) -> Option<LockedResource> {
    let mut map = sink.map(at, value)?;
    let mut text = |sink: &mut Sink, field: &str| match map.remove(field) {
        Some(value) => sink.string(&at.key(field), value),
        None => {
            sink.missing(at, field);
            None
        }
    };
    let (id, resource_type, name) = (text(sink, "id"), text(sink, "resourceType"), text(sink, "name"));
    let retired = map.remove("retired").and_then(|value| sink.boolean(&at.key("retired"), &value)).unwrap_or_default();
    let mut requires = BTreeMap::new();
    if let Some(value) = map.remove("requires") {
        let at = at.key("requires");
        for (resource_type, value) in sink.map(&at, value).unwrap_or_default() {
            let ids = sink.strings(&at.key(&resource_type), value).unwrap_or_default();
            requires.insert(resource_type.into(), ids.into_iter().map(ResourceId::from).collect());
        }
    }
    let resource_type: ResourceType = resource_type?.into();
    let mut known = BTreeMap::new();
    if let Some(value) = map.remove("fixed") {
        known.extend(sink.map(&at.key("fixed"), value).unwrap_or_default());
    } else if let Some(Value::Object(config)) = map.remove("config") {
        known = fixed(rules, &resource_type, &config);
    }
    Some(LockedResource { id: id?.into(), resource_type, name: name?, retired, requires, fixed: known })
}

/// What of a resource's config cannot be changed in place.
fn fixed(rules: &RuleSet, resource_type: &ResourceType, config: &Map<String, Value>) -> FixedValues {
    rules.resource(resource_type.as_str()).map(|rule| fixed_values(&rule.properties, config)).unwrap_or_default()
}

/// Where each of several requirements is.
fn placed(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<PlacedRequirement> {
    let mut all = Vec::new();
    for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
        let at = at.index(i);
        let Some(mut map) = sink.map(&at, value) else { continue };
        let states = map.remove("states").and_then(|value| sink.string(&at.key("states"), value)).unwrap_or_default();
        let on = map.remove("on").and_then(|value| sink.strings(&at.key("on"), value)).unwrap_or_default();
        all.push(PlacedRequirement { states, on: on.into_iter().map(ResourceId::from).collect() });
    }
    all
}

fn binding(sink: &mut Sink, at: &At<'_>, value: Value) -> LockedBinding {
    let mut binding = LockedBinding::default();
    let Some(mut map) = sink.map(at, value) else { return binding };
    match map.remove("resources") {
        Some(value) => {
            let at = at.key("resources");
            for (key, value) in sink.map(&at, value).unwrap_or_default() {
                let ids = sink.strings(&at.key(&key), value).unwrap_or_default();
                binding.resources.insert(key, ids.into_iter().map(ResourceId::from).collect());
            }
        }
        None => sink.missing(at, "resources"),
    }
    let several: BTreeSet<ResourceId> =
        binding.resources.values().filter(|resources| resources.len() > 1).flatten().cloned().collect();
    if let Some(value) = map.remove("elements") {
        let at = at.key("elements");
        for (id, value) in sink.map(&at, value).unwrap_or_default() {
            // A plan names the elements of every requirement; only those of divided ones say more than the binding.
            if !several.contains(id.as_str()) {
                continue;
            }
            let at = at.key(&id);
            let mut elements = Entries::default();
            for (property, value) in sink.map(&at, value).unwrap_or_default() {
                elements.insert(property.clone(), sink.strings(&at.key(&property), value).unwrap_or_default());
            }
            binding.elements.insert(id.as_str().into(), elements);
        }
    }
    if let Some(value) = map.remove("names") {
        let at = at.key("names");
        for (id, value) in sink.map(&at, value).unwrap_or_default() {
            let at = at.key(&id);
            let mut names = Entries::default();
            for (property, value) in sink.map(&at, value).unwrap_or_default() {
                let at = at.key(&property);
                let named = sink.map(&at, value).unwrap_or_default().into_iter();
                let named = named.filter_map(|(own, name)| Some((own.clone(), sink.string(&at.key(&own), name)?)));
                names.insert(property.clone(), named.collect());
            }
            binding.names.insert(id.as_str().into(), names);
        }
    }
    if let Some(value) = map.remove("requirements") {
        let at = at.key("requirements");
        for (key, value) in sink.map(&at, value).unwrap_or_default() {
            let each = placed(sink, &at.key(&key), value);
            binding.requirements.insert(key, each);
        }
    }
    binding
}

/// What a lock says twice, or of what it does not list.
fn contradictions(sink: &mut Sink, lock: &Lock) {
    let at = At::ROOT;
    let mut known: FxHashMap<&str, &LockedResource> = FxHashMap::default();
    let mut names: FxHashMap<(&str, &str), &ResourceId> = FxHashMap::default();
    let resources = at.key("resources");
    for (i, resource) in lock.resources.iter().enumerate() {
        let here = resources.index(i);
        let id = resource.id.as_str();
        let key = id.strip_prefix(resource.resource_type.as_str()).and_then(|rest| rest.strip_prefix(':'));
        if key.is_none_or(str::is_empty) {
            let message = format!("`{id}` is not the id of a resource of type `{}`", resource.resource_type);
            sink.error(Code::BrokenLock, &here.key("id"), message).expect(format!("`{}:` and a key", resource.resource_type));
        }
        if known.insert(id, resource).is_some() {
            let message = format!("the resource `{id}` is listed twice");
            sink.error(Code::BrokenLock, &here.key("id"), message).help("remove one of the two");
        }
        // A retired one is gone, so its name may have come free.
        if !resource.retired
            && let Some(other) = names.insert((resource.resource_type.as_str(), &resource.name), &resource.id)
            && *other != resource.id
        {
            let message = format!("`{other}` and `{id}` both have the name `{}`", resource.name);
            sink.error(Code::BrokenLock, &here.key("name"), message).help("give each the name that it has at the provider");
        }
    }
    let unlisted = |sink: &mut Sink, at: &At<'_>, id: &ResourceId| match known.get(id.as_str()) {
        None => {
            let near = nearest_of_many(id.as_str(), known.keys().copied(), sink.diagnostics.len());
            let diagnostic = sink.error(Code::BrokenLock, at, format!("`{id}` is not among the `resources` of the lock"));
            match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("list it there, or remove this binding"),
            };
        }
        Some(resource) if resource.retired => {
            let message = format!("`{id}` is retired, and something is bound to it");
            sink.error(Code::BrokenLock, at, message).help("remove `retired` if it is still there, or this binding");
        }
        Some(_) => {}
    };
    for (i, resource) in lock.resources.iter().enumerate() {
        let here = resources.index(i);
        let here = here.key("requires");
        for (resource_type, ids) in &resource.requires {
            let here = here.key(resource_type.as_str());
            ids.iter().enumerate().for_each(|(j, id)| unlisted(sink, &here.index(j), id));
        }
    }
    let bindings = at.key("bindings");
    for (component, binding) in &lock.bindings {
        let here = bindings.key(component.as_str());
        let here = here.key("resources");
        for (requirement, ids) in binding.resources.iter() {
            let here = here.key(requirement);
            let mut seen = BTreeSet::new();
            for (j, id) in ids.iter().enumerate() {
                let here = here.index(j);
                unlisted(sink, &here, id);
                if !ids::may_serve(requirement, id.as_str()) {
                    let message = format!("`{id}` is not a resource that `{requirement}` can be on");
                    sink.error(Code::BrokenLock, &here, message).expect(format!("`{requirement}`, or that with a number"));
                }
                if !seen.insert(id) {
                    sink.error(Code::BrokenLock, &here, format!("`{id}` is named twice"));
                }
            }
        }
    }
}
