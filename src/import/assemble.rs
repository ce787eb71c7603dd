//! Components from applications and what they use.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToKebabCase, ToPascalCase};
use petgraph::unionfind::UnionFind;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::found::{Contents, texts};
use super::mapping::{Element, Mapping};
use super::marks::{Piece, pieces, plain};
use super::recognize::{Mention, Recognizer};
use super::usage::Usage;
use crate::names::ComponentId;
use crate::rules::{Collection, Prefix, ResourceRule, prefix};

/// Longer ids would leave no room for the names of elements behind them.
const LONGEST_ID: usize = 48;

/// Components by id; each with what it has of each mapped resource.
pub(super) type Components = BTreeMap<String, BTreeMap<usize, Share>>;

/// What a component has of a resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Share {
    /// Elements by property.
    pub(super) elements: BTreeMap<String, Vec<OwnElement>>,
    /// Settings of an application, by the name without the component's prefix.
    pub(super) settings: BTreeMap<String, OwnSetting>,
    /// Only the host of the component's application uses it.
    pub(super) host_only: bool,
}

/// An element as its component sees it.
#[derive(Clone, Debug)]
pub(super) struct OwnElement {
    /// Its name without the component's prefix.
    pub(super) own: String,
    /// Its name at the provider.
    pub(super) real: String,
    pub(super) value: Value,
}

/// A setting as its component sees it.
#[derive(Clone, Debug)]
pub(super) struct OwnSetting {
    /// Its name at the provider.
    pub(super) real: String,
    pub(super) value: Value,
    /// All components on the application have it.
    pub(super) shared: bool,
}

/// What came up on the way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// By component, property and resource: elements whose names get the component's prefix, and the prefix.
    pub(super) renamed: BTreeMap<(String, String, String), (String, Vec<String>)>,
    pub(super) other: Vec<String>,
}

pub(super) struct Assembler<'a, 'r> {
    pub(super) contents: &'a Contents,
    pub(super) mapping: &'a Mapping<'r>,
    pub(super) recognizer: &'a Recognizer<'r, 'a>,
    pub(super) usage: &'a BTreeMap<usize, Usage>,
    /// Resources that no component asks for.
    pub(super) implied: &'a BTreeSet<usize>,
    pub(super) estate: &'a str,
    pub(super) environment: Option<&'a str>,
    /// The component that stands for those whom tags could not name.
    pub(super) others: Option<String>,
    /// The prefixes of all components there are.
    pub(super) taken: BTreeSet<String>,
    pub(super) notes: Notes,
}

/// Who uses a resource, and the elements of it that they name.
type Users = BTreeMap<String, BTreeSet<String>>;

impl<'r> Assembler<'_, 'r> {
    fn name(&self, mapped: usize) -> &str {
        self.contents.resources[self.mapping.resources[mapped].found].name()
    }

    fn rule(&self, mapped: usize) -> &'r ResourceRule {
        self.mapping.resources[mapped].rule
    }

    pub(super) fn components(&mut self) -> Components {
        let mut components = Components::new();
        let mut owners: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (rank, mapped) in self.mapping.resources.iter().enumerate() {
            let shared_by: Vec<String> =
                mapped.shared_by.iter().filter(|name| ComponentId::fault(name).is_none()).cloned().collect();
            for name in &shared_by {
                self.taken.insert(prefix(Prefix::ShoutySnake, name));
                components.entry(name.clone()).or_default();
            }
            owners.insert(rank, shared_by);
        }
        self.cut_short(&mut owners, &mut components);
        for anchor in self.usage.keys() {
            if owners.get(anchor).is_none_or(Vec::is_empty) {
                let id = self.own_id(*anchor);
                components.entry(id.clone()).or_default();
                owners.insert(*anchor, vec![id]);
            }
        }
        let mut users: BTreeMap<usize, Users> = BTreeMap::new();
        let mut hosts: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for (anchor, usage) in self.usage {
            let on = owners.get(anchor).cloned().unwrap_or_default();
            let settings = self.settings(usage, &on, self.rest(*anchor));
            for component in &on {
                users.entry(*anchor).or_default().entry(component.clone()).or_default();
                let share = components.entry(component.clone()).or_default().entry(*anchor).or_default();
                for (name, setting, shared) in settings
                    .iter()
                    .filter(|(_, _, owner)| owner.as_ref().is_none_or(|o| o == component))
                    .map(|(name, setting, owner)| (name, setting, owner.is_none() && on.len() > 1))
                {
                    let super::usage::Setting { name: real, value, .. } = &usage.settings[*setting];
                    share.settings.insert(name.clone(), OwnSetting { real: real.clone(), value: value.clone(), shared });
                }
            }
            let mut add = |component: &str, mention: &Mention, exact: bool| {
                let named = users.entry(mention.of).or_default().entry(component.to_owned()).or_default();
                named.extend(mention.element.clone().filter(|_| exact));
            };
            for component in &on {
                usage.mentions.iter().for_each(|mention| add(component, mention, on.len() == 1));
                for (_, setting, owner) in &settings {
                    if owner.as_ref().is_none_or(|owner| owner == component) {
                        usage.settings[*setting].mentions.iter().for_each(|mention| add(component, mention, true));
                    }
                }
            }
            for serving in usage.host.values().flatten() {
                hosts.entry(*serving).or_default().extend(on.iter().cloned());
            }
        }
        let anchors = |rank: &usize| self.usage.contains_key(rank);
        users.retain(|rank, _| anchors(rank) || !self.implied.contains(rank));
        for (rank, users) in &mut users {
            // An application that another one calls is no part of that one.
            if anchors(rank) {
                users.retain(|component, _| owners[rank].contains(component));
            } else if !owners[rank].is_empty() {
                users.retain(|component, _| owners[rank].contains(component));
                owners[rank].iter().for_each(|component| {
                    users.entry(component.clone()).or_default();
                });
            }
        }
        for (rank, components) in &hosts {
            if !users.contains_key(rank) && owners[rank].is_empty() && !self.implied.contains(rank) {
                let used: Users = components.iter().map(|component| (component.clone(), BTreeSet::new())).collect();
                users.insert(*rank, used);
            }
        }
        self.name_elements(&mut users);
        self.orphans(&mut users, &mut owners, &mut components);
        for (rank, users) in &users {
            self.distribute(*rank, users, &mut components);
        }
        for (rank, of_host) in hosts {
            for (component, shares) in &mut components {
                let named = |rank: usize| {
                    let usage = self.usage.iter().filter(|(anchor, _)| owners[*anchor].contains(component));
                    // Roles and where the host finds the code are about the host, too.
                    usage.flat_map(|(_, u)| u.settings.iter().flat_map(|s| &s.mentions)).any(|mention| mention.of == rank)
                };
                if let Some(share) =
                    shares.get_mut(&rank).filter(|share| of_host.contains(component) && share.elements.is_empty())
                {
                    share.host_only = !named(rank);
                }
            }
        }
        components
    }

    /// Where a tag could not hold the names of all who share a resource, those are looked for that other tags name; what is
    /// nobody's of these belongs to one component that stands for the rest.
    fn cut_short(&mut self, owners: &mut BTreeMap<usize, Vec<String>>, components: &mut Components) {
        let short: Vec<usize> =
            self.mapping.resources.iter().enumerate().filter(|(_, mapped)| mapped.shared_by_more).map(|(rank, _)| rank).collect();
        if short.is_empty() {
            return;
        }
        let known: Vec<String> = components.keys().cloned().collect();
        let rest = if known.iter().any(|id| id == "Others") { "TheOthers" } else { "Others" };
        components.insert(rest.to_owned(), BTreeMap::new());
        self.others = Some(rest.to_owned());
        for rank in short {
            let note =
                format!("the tag of {} names some of those who share it: what is none of theirs is `{rest}`'s", self.name(rank));
            self.notes.other.push(note);
            let settings = self.usage.get(&rank).map_or(&[][..], |usage| usage.settings.as_slice());
            let elements = &self.mapping.resources[rank].elements;
            let has = |id: &&String| {
                let (of_settings, of_elements) = (prefix(Prefix::ShoutySnake, id), prefix(Prefix::Kebab, id));
                settings.iter().any(|setting| setting.name.starts_with(&of_settings))
                    || elements.iter().any(|element| element.name.starts_with(&of_elements))
            };
            let of = owners.entry(rank).or_default();
            let found: Vec<String> = known.iter().filter(has).filter(|id| !of.contains(id)).cloned().collect();
            of.extend(found);
            of.push(rest.to_owned());
        }
    }

    /// An id for the component of a resource that no other component has: of its group where groups make components.
    fn own_id(&mut self, rank: usize) -> String {
        let Some(group) = self.mapping.resources[rank].group.clone() else { return self.fresh_id(rank) };
        self.taken.insert(prefix(Prefix::ShoutySnake, &group));
        group
    }

    /// An id for a component from a resource's name, without what all names of its type have in common.
    fn fresh_id(&mut self, rank: usize) -> String {
        let rule = self.rule(rank);
        let name = telling(self.name(rank));
        let name = if name.is_empty() { rule.resource_type.to_string() } else { name };
        let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let common = |word: &&&str| {
            let of_estate = self.estate.split('-').chain(self.environment).any(|known| word.eq_ignore_ascii_case(known));
            of_estate || word.eq_ignore_ascii_case(&rule.naming.abbreviation)
        };
        let telling: Vec<&str> = words.iter().filter(|word| !common(word)).copied().collect();
        let candidates =
            [telling.join("-"), words.join("-")].map(|name| name.to_pascal_case().chars().take(LONGEST_ID).collect::<String>());
        let starts = |id: &String| id.starts_with(|c: char| c.is_ascii_alphabetic());
        let kind = rule.resource_type.as_str().to_pascal_case();
        let whole = candidates.iter().find(|id| starts(id)).cloned().unwrap_or_else(|| format!("{kind}{}", candidates[1]));
        // Ids that differ in case or punctuation alone would give one prefix.
        let free = |id: &String| !self.taken.contains(&prefix(Prefix::ShoutySnake, id));
        let numbered = (2..).map(|number| format!("{whole}No{number}"));
        let candidates = candidates.into_iter().filter(starts).chain([whole.clone()]).chain(numbered);
        let id = candidates.take(10_000).find(free).unwrap_or(whole);
        self.taken.insert(prefix(Prefix::ShoutySnake, &id));
        id
    }

    /// Who stands for those that the tag of a resource does not name.
    fn rest(&self, rank: usize) -> Option<&String> {
        self.others.as_ref().filter(|_| self.mapping.resources[rank].shared_by_more)
    }

    /// The settings of an application: the name without a component's prefix, the setting, and whose it is if not everybody's.
    fn settings(&self, usage: &Usage, on: &[String], rest: Option<&String>) -> Vec<(String, usize, Option<String>)> {
        let prefixes: Vec<(String, &String)> = on.iter().map(|id| (prefix(Prefix::ShoutySnake, id), id)).collect();
        let one = |(rank, setting): (usize, &super::usage::Setting)| {
            let owner = prefixes
                .iter()
                .filter(|(prefix, _)| setting.name.len() > prefix.len() && setting.name.starts_with(prefix.as_str()))
                .max_by_key(|(prefix, _)| prefix.len());
            match (owner, on) {
                (Some((prefix, id)), _) => {
                    (setting.name.get(prefix.len()..).unwrap_or_default().to_owned(), rank, Some((*id).clone()))
                }
                (None, [only]) => (setting.name.clone(), rank, Some(only.clone())),
                (None, _) if rest.is_some() => (setting.name.clone(), rank, rest.cloned()),
                (None, _) => (setting.name.clone(), rank, None),
            }
        };
        usage.settings.iter().enumerate().map(one).collect()
    }

    /// A setting that has the name of an element of a resource that the component uses anyway names that element.
    fn name_elements(&self, users: &mut BTreeMap<usize, Users>) {
        let mut of_component: FxHashMap<String, BTreeSet<&str>> = FxHashMap::default();
        for (anchor, usage) in self.usage {
            let on: Vec<String> = users.get(anchor).into_iter().flat_map(|users| users.keys().cloned()).collect();
            for (_, setting, owner) in self.settings(usage, &on, self.rest(*anchor)) {
                texts(&usage.settings[setting].value, &mut |text| {
                    let words = pieces(text)
                        .into_iter()
                        .filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
                    let words: Vec<&str> = words.flat_map(|text| text.split(['/', ' ', ';', ',', '?', '=', '(', ')'])).collect();
                    for component in on.iter().filter(|component| owner.as_ref().is_none_or(|owner| owner == *component)) {
                        of_component.entry(component.clone()).or_default().extend(&words);
                    }
                });
            }
        }
        for (rank, users) in users {
            let elements = &self.mapping.resources[*rank].elements;
            for (component, named) in users {
                if let Some(values) = of_component.get(component) {
                    named
                        .extend(elements.iter().filter(|element| values.contains(element.name.as_str())).map(|e| e.name.clone()));
                }
            }
        }
    }

    /// What no application uses: with whom it names or is named by, else a component of its own.
    fn orphans(
        &mut self,
        users: &mut BTreeMap<usize, Users>,
        owners: &mut BTreeMap<usize, Vec<String>>,
        components: &mut Components,
    ) {
        let orphans: Vec<usize> =
            (0..self.mapping.resources.len()).filter(|rank| !users.contains_key(rank) && !self.implied.contains(rank)).collect();
        let mut named: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (found, root) in self.mapping.root.iter().enumerate() {
            let Some(root) = root.filter(|root| orphans.binary_search(root).is_ok()) else { continue };
            texts(&self.contents.resources[found].body, &mut |text| {
                let others = self.recognizer.mentions(text).into_iter().map(|mention| mention.of).filter(|of| *of != root);
                named.entry(root).or_default().extend(others);
            });
        }
        // Everything that orphans name, directly or by way of others, is one component, called by the first of their names.
        let mut sets: UnionFind<usize> = UnionFind::new(self.mapping.resources.len());
        for (orphan, others) in &named {
            for other in others.iter().filter(|other| orphans.binary_search(other).is_ok()) {
                sets.union(*orphan, *other);
            }
        }
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for orphan in &orphans {
            let known = first.entry(sets.find(*orphan)).or_insert(*orphan);
            if self.name(*orphan) < self.name(*known) {
                *known = *orphan;
            }
        }
        let first_of = |rank: usize| first.get(&sets.find(rank)).copied().unwrap_or(rank);
        let mut joined: BTreeMap<usize, Users> = BTreeMap::new();
        for (orphan, others) in &named {
            let with = others.iter().filter_map(|other| users.get(other)).flat_map(Users::keys).cloned();
            let with = with.map(|component| (component, BTreeSet::new()));
            joined.entry(first_of(*orphan)).or_default().extend(with);
        }
        let mut order = orphans.clone();
        order.sort_by_key(|rank| self.name(first_of(*rank)).to_owned());
        let mut ids: BTreeMap<usize, String> = BTreeMap::new();
        for rank in order {
            let first = first_of(rank);
            let tagged = owners.get(&rank).filter(|owners| !owners.is_empty());
            let of: Users = if let Some(tagged) = tagged {
                tagged.iter().map(|component| (component.clone(), BTreeSet::new())).collect()
            } else if let Some(with) = joined.get(&first).filter(|with| !with.is_empty()) {
                with.clone()
            } else {
                let id = ids.get(&first).cloned().unwrap_or_else(|| self.own_id(first));
                components.entry(id.clone()).or_default();
                ids.insert(first, id.clone());
                [(id, BTreeSet::new())].into()
            };
            users.insert(rank, of);
        }
    }

    /// Gives each element of a resource to those whose it is.
    fn distribute(&mut self, rank: usize, users: &Users, components: &mut Components) {
        for component in users.keys() {
            components.entry(component.clone()).or_default().entry(rank).or_default();
        }
        let mapping = self.mapping;
        let mapped = &mapping.resources[rank];
        let mut rest: Vec<&Element> = Vec::new();
        let mut claims: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut given: Vec<(&Element, Vec<(String, String)>)> = Vec::new();
        for element in &mapped.elements {
            let Some(collection) = collection_of(mapped.rule, element) else { continue };
            let owners = owners_of(element, collection, users);
            if owners.is_empty() {
                rest.push(element);
            } else {
                claims.entry(&element.property).or_default().extend(owners.iter().map(|(component, _)| component.clone()));
                given.push((element, owners));
            }
        }
        for element in rest {
            let Some(collection) = collection_of(mapped.rule, element) else { continue };
            let silent = users.keys().filter(|user| !claims.get(element.property.as_str()).is_some_and(|c| c.contains(*user)));
            let silent: Vec<(String, String)> = silent.map(|user| (user.clone(), element.name.clone())).collect();
            let everybody = || users.keys().map(|user| (user.clone(), element.name.clone())).collect::<Vec<_>>();
            let others = self.rest(rank).cloned();
            let owners = match users.len() {
                1 => everybody(),
                _ if others.is_some() => others.into_iter().map(|user| (user, element.name.clone())).collect(),
                // Who does not say which of them it uses may use any.
                _ if collection.together && !silent.is_empty() => silent,
                _ => {
                    let id = self.fresh_id(rank);
                    components.entry(id.clone()).or_default();
                    let note = format!(
                        "nobody is seen to use `{}` of {}, so it belongs to a component of its own, `{id}`",
                        element.name,
                        plain(self.name(rank))
                    );
                    self.notes.other.push(note);
                    vec![(id, element.name.clone())]
                }
            };
            given.push((element, owners));
        }
        for (element, mut owners) in given {
            let Some(collection) = collection_of(mapped.rule, element) else { continue };
            if let (Some(style), [(first, _), others @ ..]) = (collection.prefix, owners.as_slice()) {
                if !others.is_empty() {
                    let others: Vec<&str> = others.iter().map(|(component, _)| component.as_str()).collect();
                    let note = format!(
                        "`{}` of {} is used by `{first}` and by `{}`, but may belong to one component: it becomes `{first}`'s",
                        element.name,
                        plain(self.name(rank)),
                        others.join("`, `")
                    );
                    self.notes.other.push(note);
                }
                owners.truncate(1);
                if let Some((owner, own)) = owners.first() {
                    let last = format!("{}{own}", prefix(style, owner));
                    if last != element.name {
                        let place = (owner.clone(), element.property.clone(), plain(self.name(rank)));
                        let front = prefix(style, owner);
                        self.notes.renamed.entry(place).or_insert((front, Vec::new())).1.push(own.clone());
                    }
                }
            }
            for (component, own) in owners {
                let share = components.entry(component).or_default().entry(rank).or_default();
                let value = renamed(&element.value, &own);
                let element = (element.property.clone(), OwnElement { own, real: element.name.clone(), value });
                share.elements.entry(element.0).or_default().push(element.1);
            }
        }
    }
}

/// What people would call something by its name: what is known of it, and of what is not the parameters that it comes from.
fn telling(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for piece in pieces(name) {
        match piece {
            Piece::Text(text) => words.push(text.to_owned()),
            Piece::Reference { resource, .. } => words.extend(resource.rsplit('/').next().map(str::to_owned)),
            Piece::Unknown { expression, .. } => {
                let parameters = expression.split("parameters('").skip(1).filter_map(|rest| {
                    let (name, rest) = rest.split_once("')")?;
                    let index = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or("", |(index, _)| index);
                    Some(format!("{}-{index}", name.to_kebab_case()))
                });
                words.extend(parameters);
            }
        }
    }
    words.join("-")
}

fn collection_of<'r>(rule: &'r ResourceRule, element: &Element) -> Option<&'r Collection> {
    rule.properties.find(&element.property).and_then(|(_, property)| property.collection())
}

/// Those among the users of a resource who own an element, each with its name without their prefix.
fn owners_of(element: &Element, collection: &Collection, users: &Users) -> Vec<(String, String)> {
    if let Some(style) = collection.prefix {
        let stripped = |component: &String| {
            let own = element.name.strip_prefix(prefix(style, component).as_str()).filter(|own| !own.is_empty())?;
            Some((component.clone(), own.to_owned()))
        };
        // The longest prefix: `user-api-admin-` before `user-api-`.
        if let Some(owner) = users.keys().filter_map(stripped).min_by_key(|(_, own)| own.len()) {
            return vec![owner];
        }
    }
    let claiming = users.iter().filter(|(_, named)| named.iter().any(|name| name.eq_ignore_ascii_case(&element.name)));
    claiming.map(|(component, _)| (component.clone(), element.name.clone())).collect()
}

/// An element under another name.
fn renamed(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(map) if map.contains_key("name") => {
            let mut map = map.clone();
            map.insert("name".to_owned(), name.into());
            Value::Object(map)
        }
        Value::String(_) => name.into(),
        other => other.clone(),
    }
}
