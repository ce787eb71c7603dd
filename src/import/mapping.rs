//! From the provider's resources to resources of the rules' types, by what the rules say.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use heck::ToPascalCase;
use minijinja::Value as Dynamic;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::ImportComponents;
use super::found::{ById, Contents, Found, Skipped, above};
use super::marks;
use super::roles::{Role, roles};
use super::tracked::{Seen, tracked, unseen};
use crate::rules::{Identity, Kind, Language, Properties, ResourceRule, RuleSet, Source, Template, detail, named, over};

/// The tag in which `colocate`'s templates say who shares a resource.
const SHARED_BY: &str = "colocate-components";

/// A resource of one of the rules' types.
pub(super) struct Mapped<'r> {
    pub(super) found: usize,
    pub(super) rule: &'r ResourceRule,
    /// Its config, without the elements that are resources of their own; texts may hold marks.
    pub(super) config: Map<String, Value>,
    pub(super) elements: Vec<Element>,
    /// The component that its resource group or a tag makes it part of, where these make components.
    pub(super) group: Option<String>,
    /// Who shares it, where its tag says so.
    pub(super) shared_by: Vec<String>,
    /// The tag was too short for all of them.
    pub(super) shared_by_more: bool,
    pub(super) tags: BTreeMap<String, String>,
}

/// An element of a collection that is a resource of its own.
pub(super) struct Element {
    pub(super) property: String,
    pub(super) name: String,
    pub(super) value: Value,
}

/// Something that is not imported, and why; with its rank if it is a resource.
pub(super) struct NotMapped {
    pub(super) found: Option<usize>,
    pub(super) skipped: Skipped,
}

/// Why a resource is not imported that no rule knows.
pub(super) const NO_RULE: &str = "no resource type is imported from it";

/// What the rules make of a file's resources.
pub(super) struct Mapping<'r> {
    pub(super) resources: Vec<Mapped<'r>>,
    /// By resource of the file: the mapped one that it is or belongs to.
    pub(super) root: Vec<Option<usize>>,
    /// Resources of the file that connect others.
    pub(super) links: Vec<usize>,
    /// By id: resources of the file.
    pub(super) by_id: ById,
    /// What is not imported, and why.
    pub(super) listed: Vec<NotMapped>,
    /// The resources of the file among these.
    not_imported: BTreeSet<usize>,
    /// Properties that no rule reads, by provider type.
    pub(super) unread: BTreeMap<String, BTreeSet<String>>,
    /// How many resources of a provider type say something else than what a component needs, and what.
    pub(super) aside: BTreeMap<(String, &'static str), usize>,
}

impl Mapping<'_> {
    /// Whether a resource of the file is not imported.
    pub(super) fn is_listed(&self, rank: usize) -> bool {
        self.not_imported.contains(&rank)
    }

    /// Makes components of resource groups, or of those with one value of a tag, where nothing tells who shares a resource.
    pub(super) fn group_by(&mut self, contents: &Contents, by: &ImportComponents) {
        for mapped in self.resources.iter_mut().filter(|mapped| mapped.shared_by.is_empty()) {
            let found = &contents.resources[mapped.found];
            let group = match by {
                ImportComponents::Applications => None,
                ImportComponents::ResourceGroups => found.id.as_deref().and_then(resource_group),
                ImportComponents::Tag(name) => {
                    mapped.tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
                }
            };
            let id = group.map(|group| group.to_pascal_case().chars().filter(char::is_ascii_alphanumeric).collect::<String>());
            let id = id.map(|id| if id.starts_with(|c: char| c.is_ascii_digit()) { format!("Group{id}") } else { id });
            mapped.group = id.filter(|id| !id.is_empty());
        }
    }
}

/// The resource group in an id, as it is written there.
fn resource_group(id: &str) -> Option<String> {
    let mut segments = id.split('/').skip_while(|segment| !segment.eq_ignore_ascii_case("resourceGroups"));
    segments.nth(1).filter(|name| !name.is_empty() && !name.contains('{')).map(str::to_owned)
}

/// What templates may ask for beside the resource itself.
struct Lookup {
    by_id: ById,
    bodies: Vec<Arc<Value>>,
    seen: Vec<Seen>,
    types: Vec<String>,
    children: BTreeMap<usize, Vec<usize>>,
}

impl Lookup {
    fn body(&self, rank: usize) -> Dynamic {
        match (self.bodies.get(rank), self.seen.get(rank)) {
            (Some(body), Some(seen)) => tracked(body, seen),
            _ => Dynamic::UNDEFINED,
        }
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.by_id.find(&marks::token(id))
    }

    /// The body of the resource with an id; of several ids, a list of those that there are.
    fn linked(&self, ids: &Dynamic) -> Dynamic {
        match ids.as_str() {
            Some(id) => self.find(id).map_or(Dynamic::UNDEFINED, |rank| self.body(rank)),
            None => {
                let ids = ids.try_iter().into_iter().flatten();
                ids.filter_map(|id| Some(self.body(self.find(id.as_str()?)?))).collect()
            }
        }
    }

    fn children_of(&self, id: &str, provider_type: &str) -> Vec<Dynamic> {
        let children = self.find(id).and_then(|rank| self.children.get(&rank));
        let of_type = |rank: &&usize| self.types.get(**rank).is_some_and(|name| name.eq_ignore_ascii_case(provider_type));
        children.into_iter().flatten().filter(of_type).map(|rank| self.body(*rank)).collect()
    }
}

struct Mapper<'r, 'c> {
    contents: &'c Contents,
    lookup: Arc<Lookup>,
    roles: Vec<Option<Rc<Role<'r>>>>,
    /// By the names on the way to it, within a resource type.
    by_path: FxHashMap<(&'r str, Vec<String>), usize>,
    parents: Vec<Option<usize>>,
    /// What the rule of an element leaves out.
    own_making: Vec<bool>,
    listed: Vec<NotMapped>,
}

/// Maps everything in a file.
pub(super) fn map<'r>(contents: &Contents, rules: &'r RuleSet) -> Mapping<'r> {
    let found = &contents.resources;
    let lookup = Lookup {
        by_id: ById::new(found),
        bodies: found.iter().map(|found| Arc::new(found.body.clone())).collect(),
        seen: found.iter().map(|_| Seen::default()).collect(),
        types: found.iter().map(|found| found.provider_type.clone()).collect(),
        children: BTreeMap::new(),
    };
    let mut mapper = Mapper {
        contents,
        lookup: Arc::new(lookup),
        roles: vec![None; found.len()],
        by_path: FxHashMap::default(),
        parents: vec![None; found.len()],
        own_making: vec![false; found.len()],
        listed: contents.skipped.iter().map(|skipped| NotMapped { found: None, skipped: skipped.clone() }).collect(),
    };
    mapper.assign_roles(rules);
    mapper.find_parents();
    mapper.mapping()
}

impl<'r> Mapper<'r, '_> {
    fn found(&self, rank: usize) -> &Found {
        &self.contents.resources[rank]
    }

    fn list(&mut self, rank: usize, why: String) {
        let skipped = Skipped::new(self.found(rank).address.clone(), why);
        self.listed.push(NotMapped { found: Some(rank), skipped });
    }

    fn context(&self, rank: usize, whole: Option<&Source>) -> Dynamic {
        let children = self.lookup.children.get(&rank);
        let of = |types: &[String]| {
            let of_type = |child: &&usize| types.contains(&self.found(**child).provider_type.to_ascii_lowercase());
            children.into_iter().flatten().filter(of_type).map(|child| self.lookup.body(*child)).collect::<Vec<_>>()
        };
        let parts =
            whole.into_iter().flat_map(|whole| &whole.parts).map(|(name, part)| (name.clone(), Dynamic::from(of(&part.types))));
        let (linked, parents) = (Arc::clone(&self.lookup), Arc::clone(&self.lookup));
        let functions = minijinja::context! {
            linked => Dynamic::from_function(move |ids: Dynamic| linked.linked(&ids)),
            children => Dynamic::from_function(move |id: Dynamic, provider_type: &str| parents.children_of(id.as_str().unwrap_or_default(), provider_type)),
        };
        let own =
            minijinja::context! { resource => self.lookup.body(rank), name => self.found(rank).name(), parts => named(parts) };
        over(own, &functions)
    }

    fn fill(&mut self, template: &Template, rank: usize) -> Option<Value> {
        let filled = template.fill(&self.context(rank, None));
        filled.unwrap_or_else(|error| {
            self.list(rank, format!("an expression of its rule fails: {}", detail(&error)));
            None
        })
    }

    /// A config, property by property: one whose expression fails is missing, and listed.
    fn config(&mut self, template: &Template, rank: usize, whole: &Source) -> Map<String, Value> {
        let Template::Object(members) = template else { return Map::new() };
        let context = self.context(rank, Some(whole));
        let mut config = Map::new();
        for (name, member) in members {
            match member.fill(&context) {
                Ok(value) => config.extend(value.and_then(stated).map(|value| (name.clone(), value))),
                Err(error) => self.list(rank, format!("the rule's expression for `{name}` fails: {}", detail(&error))),
            }
        }
        config
    }

    fn assign_roles(&mut self, rules: &'r RuleSet) {
        let of = |language| roles(rules, language);
        let (arm, terraform) = (of(Language::Arm), of(Language::Terraform));
        for rank in 0..self.contents.resources.len() {
            let provider_type = self.found(rank).provider_type.to_ascii_lowercase();
            let roles = match self.found(rank).language {
                Language::Arm => &arm,
                Language::Terraform => &terraform,
            };
            let Some(candidates) = roles.get(provider_type.as_str()) else {
                self.list(rank, NO_RULE.to_owned());
                continue;
            };
            let holds = |role: &&Rc<Role<'r>>| {
                let when = match &***role {
                    Role::Top(top) => top.source.when.as_ref(),
                    Role::Element(element) => element.source.when.as_ref(),
                    Role::Part { .. } | Role::Link | Role::Made => None,
                };
                when.is_none_or(|when| when.holds(&self.context(rank, None)).unwrap_or_default())
            };
            let chosen = candidates.iter().find(|role| holds(role)).cloned();
            if chosen.is_none() {
                let element = candidates.iter().any(|role| matches!(**role, Role::Element(_)));
                let titles: Vec<&str> = candidates
                    .iter()
                    .filter_map(|role| if let Role::Top(top) = &**role { Some(top.rule.title.as_str()) } else { None })
                    .collect();
                self.own_making[rank] = element;
                if !element {
                    self.list(rank, format!("it is no {}, and no other resource type is imported from it", titles.join(" or ")));
                }
            }
            self.roles[rank] = chosen;
        }
    }

    /// What a resource belongs to: by its id in ARM, by what its rule says in Terraform.
    fn find_parents(&mut self) {
        let depth = |role: &Option<Rc<Role<'_>>>| match role.as_deref() {
            Some(Role::Top(_)) => 0,
            Some(Role::Element(element)) => element.depth,
            _ => usize::MAX,
        };
        let mut order: Vec<usize> = (0..self.roles.len()).collect();
        order.sort_by_key(|rank| depth(&self.roles[*rank]));
        let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for rank in order {
            let Some(role) = self.roles[rank].clone() else { continue };
            let (rule, template) = match &*role {
                Role::Top(top) => {
                    let path = vec![self.found(rank).name().to_lowercase()];
                    self.by_path.insert((top.rule.resource_type.as_str(), path), rank);
                    continue;
                }
                Role::Element(element) => (element.rule, element.source.parent.as_ref()),
                Role::Part { rule, parent } => (*rule, *parent),
                Role::Link | Role::Made => continue,
            };
            let parent = match self.found(rank).language {
                Language::Arm => self.found(rank).id.as_deref().and_then(|id| self.above(id)),
                Language::Terraform => template.and_then(|t| self.fill(t, rank)).and_then(|to| self.named(rule, &to)),
            };
            let element = matches!(&*role, Role::Element(_));
            match parent.filter(|parent| *parent != rank) {
                Some(parent) => {
                    self.parents[rank] = Some(parent);
                    children.entry(parent).or_default().push(rank);
                    if element {
                        let path = self.path(rank);
                        self.by_path.insert((rule.resource_type.as_str(), path), rank);
                    }
                }
                None if element => {
                    self.list(rank, format!("the {} that it belongs to is not in the file", rule.title));
                    self.roles[rank] = None;
                }
                None => {}
            }
        }
        for ranks in children.values_mut() {
            ranks.sort_by_key(|rank| (self.found(*rank).name(), *rank));
        }
        let Lookup { by_id, bodies, seen, types, .. } = &*self.lookup;
        let (by_id, bodies, seen, types) = (by_id.clone(), bodies.clone(), seen.clone(), types.clone());
        self.lookup = Arc::new(Lookup { by_id, bodies, seen, types, children });
    }

    /// The names on the way to a resource, in lower case.
    fn path(&self, rank: usize) -> Vec<String> {
        let mut path = self.parents[rank].map_or_else(Vec::new, |parent| self.path(parent));
        if !matches!(self.roles[rank].as_deref(), Some(Role::Part { .. })) {
            path.push(self.found(rank).name().to_lowercase());
        }
        path
    }

    /// The nearest resource above an id.
    fn above(&self, id: &str) -> Option<usize> {
        let ids = std::iter::successors(above(id), |id| above(id));
        ids.filter_map(|id| self.lookup.by_id.find(&id)).find(|rank| self.roles[*rank].is_some())
    }

    /// The resource that a value names: by id, by name, or by the names on the way to it.
    fn named(&self, rule: &'r ResourceRule, to: &Value) -> Option<usize> {
        match to {
            Value::String(id) if id.contains('/') => self.lookup.find(id).or_else(|| self.above(id)),
            Value::String(name) => self.by_path.get(&(rule.resource_type.as_str(), vec![name.to_lowercase()])).copied(),
            Value::Array(names) => {
                let path: Vec<String> = names.iter().filter_map(|name| Some(name.as_str()?.to_lowercase())).collect();
                self.by_path.get(&(rule.resource_type.as_str(), path)).copied()
            }
            _ => None,
        }
    }

    fn mapping(mut self) -> Mapping<'r> {
        let count = self.roles.len();
        let mut resources: Vec<Mapped<'r>> = Vec::new();
        let mut root: Vec<Option<usize>> = vec![None; count];
        for (rank, role) in self.roles.clone().into_iter().enumerate() {
            let Some(Role::Top(top)) = role.as_deref() else { continue };
            root[rank] = Some(resources.len());
            let config = self.config(&top.source.config, rank, top.source);
            let elements = self.elements(rank, &top.rule.properties);
            let (shared_by, shared_by_more, tags) = tags(&self.found(rank).body);
            resources.push(Mapped {
                found: rank,
                rule: top.rule,
                config,
                elements,
                group: None,
                shared_by,
                shared_by_more,
                tags,
            });
        }
        let above = |rank: usize| std::iter::successors(Some(rank), |rank| self.parents[*rank]).find_map(|rank| root[rank]);
        let root: Vec<Option<usize>> = (0..count).map(above).collect();
        let links = (0..count).filter(|rank| matches!(self.roles[*rank].as_deref(), Some(Role::Link))).collect();
        let mut unread: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for rank in 0..count {
            if matches!(self.roles[rank].as_deref(), Some(Role::Top(_) | Role::Element(_) | Role::Part { .. })) {
                let found = self.found(rank);
                let mut paths = unseen(&found.body, &self.lookup.seen[rank], found.name());
                paths.retain(|path| !is_about_the_file(path));
                if !paths.is_empty() {
                    unread.entry(found.provider_type.clone()).or_default().extend(paths);
                }
            }
        }
        let mut aside: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
        for rank in 0..count {
            let why = match self.roles[rank].as_deref() {
                Some(Role::Link) => "say who uses what; the templates of a plan give access anew",
                Some(Role::Made) => "are not imported: the templates of a plan make their own",
                None if self.own_making[rank] => "are not imported: the provider makes them by itself",
                _ => continue,
            };
            *aside.entry((self.found(rank).provider_type.clone(), why)).or_default() += 1;
        }
        let not_imported = self.listed.iter().filter_map(|listed| listed.found).collect();
        Mapping { resources, root, links, not_imported, by_id: self.lookup.by_id.clone(), listed: self.listed, unread, aside }
    }

    /// The elements among the resources below one, and below what says more of it.
    fn elements(&mut self, holder: usize, properties: &Properties) -> Vec<Element> {
        let mut elements = Vec::new();
        for rank in self.lookup.children.get(&holder).cloned().unwrap_or_default() {
            let Some(role) = self.roles[rank].clone() else { continue };
            match &*role {
                Role::Part { .. } => elements.extend(self.elements(rank, properties)),
                Role::Element(element) => {
                    let Some(collection) =
                        properties.find(&element.source.property).and_then(|(_, property)| property.collection())
                    else {
                        continue;
                    };
                    let Some(name) = self.found(rank).known_name().map(str::to_owned) else {
                        self.list(rank, "its name is not known before deployment".to_owned());
                        continue;
                    };
                    let mut config = self.config(&element.source.config, rank, element.whole);
                    let value = match (&collection.identity, &*collection.element) {
                        (Identity::Field(field), Kind::Object(inner)) => {
                            config.insert(field.clone(), name.clone().into());
                            for Element { property, value, .. } in self.elements(rank, inner) {
                                if let Value::Array(list) = config.entry(property).or_insert_with(|| Value::Array(Vec::new())) {
                                    list.push(value);
                                }
                            }
                            Value::Object(config)
                        }
                        _ => Value::String(name.clone()),
                    };
                    elements.push(Element { property: element.source.property.clone(), name, value });
                }
                Role::Top(_) | Role::Link | Role::Made => {}
            }
        }
        elements
    }
}

/// A value without lists and structures that are empty.
fn stated(value: Value) -> Option<Value> {
    match value {
        Value::Array(array) if array.is_empty() => None,
        Value::Object(map) => {
            let map: Map<String, Value> = map.into_iter().filter_map(|(key, value)| Some((key, stated(value)?))).collect();
            (!map.is_empty()).then_some(Value::Object(map))
        }
        other => Some(other),
    }
}

/// Who shares a resource, whether there are more of them than the tag says, and the other tags.
fn tags(body: &Value) -> (Vec<String>, bool, BTreeMap<String, String>) {
    let mut tags: BTreeMap<String, String> = body
        .get("tags")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        // Hidden tags are the provider's own.
        .filter(|(name, _)| !name.starts_with("hidden-"))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str().filter(|text| marks::is_known(text))?.to_owned())))
        .collect();
    let shared = tags.remove(SHARED_BY).unwrap_or_default();
    // Long lists end in `and 12 more`.
    let (listed, more) = shared.split_once(" and ").map_or((shared.as_str(), false), |(listed, _)| (listed, true));
    let names = listed.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (names, more, tags)
}

/// What says where and how a resource is written down, or how it is at the moment, rather than what it is.
const ABOUT_THE_FILE: [&str; 22] = [
    "id",
    "name",
    "type",
    "apiVersion",
    "dependsOn",
    "comments",
    "condition",
    "copy",
    "metadata",
    "scope",
    "tags",
    "timeouts",
    "resource_group_name",
    "resourceGroup",
    "subscriptionId",
    "tenantId",
    "managedBy",
    "etag",
    "systemData",
    "references",
    "changedTime",
    "createdTime",
];

fn is_about_the_file(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    ABOUT_THE_FILE.iter().any(|known| known.eq_ignore_ascii_case(first)) || path.ends_with("provisioningState")
}
