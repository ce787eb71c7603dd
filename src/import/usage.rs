//! Which application uses what.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::found::{Contents, texts};
use super::mapping::Mapping;
use super::marks::{Piece, pieces, token};
use super::recognize::{Mention, Recognizer, ids};
use crate::names::ResourceType;

/// A setting of an application.
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) mentions: Vec<Mention>,
}

/// What one application names.
#[derive(Default)]
pub(super) struct Usage {
    /// Its own settings.
    pub(super) settings: Vec<Setting>,
    /// What its body and its roles name.
    pub(super) mentions: Vec<Mention>,
    /// The resources that settings of its host name, by the type that the host needs.
    pub(super) host: BTreeMap<ResourceType, BTreeSet<usize>>,
}

/// What every application uses, by its rank among the mapped resources.
pub(super) fn usage(contents: &Contents, mapping: &Mapping<'_>, recognizer: &Recognizer<'_, '_>) -> BTreeMap<usize, Usage> {
    let links = Links::new(contents, mapping, recognizer);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (rank, root) in mapping.root.iter().enumerate() {
        members.entry(root.unwrap_or(usize::MAX)).or_default().push(rank);
    }
    // Access policies within a resource name identities as well.
    let mut granting: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (of, mapped) in mapping.resources.iter().enumerate() {
        for principal in principals(&contents.resources[mapped.found].body) {
            granting.entry(principal).or_default().push(of);
        }
    }
    let anchors = mapping.resources.iter().enumerate().filter(|(_, mapped)| mapped.rule.import.anchor);
    let is_anchor = |rank: usize| mapping.resources.get(rank).is_some_and(|mapped| mapped.rule.import.anchor);
    anchors
        .map(|(anchor, mapped)| {
            let mut usage = Usage::default();
            let mut of_settings: BTreeSet<&str> = BTreeSet::new();
            let settings = mapped.rule.import.settings.as_ref();
            let stated = settings.and_then(|settings| mapped.config.get(&settings.property)).and_then(Value::as_object);
            for (name, value) in stated.into_iter().flatten() {
                let mut mentions = Vec::new();
                texts(value, &mut |text| {
                    of_settings.insert(text);
                    mentions.extend(recognizer.mentions(text));
                });
                match settings.and_then(|settings| host(&settings.host, name)) {
                    Some(Some(of_type)) => {
                        let serving = mentions.iter().map(|mention| mention.of);
                        let of_type_only = |rank: &usize| mapping.resources[*rank].rule.resource_type == *of_type;
                        usage.host.entry(of_type.clone()).or_default().extend(serving.filter(of_type_only));
                    }
                    Some(None) => {}
                    None => usage.settings.push(Setting { name: name.clone(), value: value.clone(), mentions }),
                }
            }
            let bodies = members.get(&anchor).into_iter().flatten().map(|rank| (*rank, &contents.resources[*rank].body));
            let mut own_texts: Vec<&str> = Vec::new();
            for (_, body) in bodies {
                texts(body, &mut |text| own_texts.push(text));
            }
            let beside: Vec<&str> = own_texts.iter().filter(|text| !of_settings.contains(**text)).copied().collect();
            usage.mentions.extend(beside.iter().flat_map(|text| recognizer.mentions(text)));
            for link in links.of(anchor, &own_texts, members.get(&anchor).map_or(&[], Vec::as_slice)) {
                texts(&contents.resources[link].body, &mut |text| usage.mentions.extend(recognizer.mentions(text)));
            }
            let own = members.get(&anchor).into_iter().flatten();
            let own: BTreeSet<&str> = own.flat_map(|rank| principals(&contents.resources[*rank].body)).collect();
            usage
                .mentions
                .extend(own.into_iter().flat_map(|id| granting.get(id)).flatten().map(|of| Mention { of: *of, element: None }));
            usage.mentions.retain(|mention| !is_anchor(mention.of));
            (anchor, usage)
        })
        .collect()
}

/// Whether a setting is the host's own, and the type of what it names.
fn host<'s>(known: &'s BTreeMap<String, Option<ResourceType>>, name: &str) -> Option<Option<&'s ResourceType>> {
    known
        .iter()
        .find(|(pattern, _)| match pattern.strip_suffix('*') {
            Some(start) => name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
            None => name.eq_ignore_ascii_case(pattern),
        })
        .map(|(_, named)| named.as_ref())
}

/// Identities and role assignments: who names whom.
struct Links<'m> {
    contents: &'m Contents,
    mapping: &'m Mapping<'m>,
    all: BTreeSet<usize>,
    /// By link: the links that name it.
    named_by: FxHashMap<usize, Vec<usize>>,
    /// By mapped resource: the links that name it.
    naming: FxHashMap<usize, Vec<usize>>,
    /// By object id of an identity: the links that state it.
    by_principal: FxHashMap<&'m str, Vec<usize>>,
}

impl<'m> Links<'m> {
    fn new(contents: &'m Contents, mapping: &'m Mapping<'m>, recognizer: &Recognizer<'_, '_>) -> Self {
        let all: BTreeSet<usize> = mapping.links.iter().copied().collect();
        let (named_by, naming, by_principal) = Default::default();
        let mut links = Self { contents, mapping, all, named_by, naming, by_principal };
        for link in mapping.links.iter().copied() {
            let body = &contents.resources[link].body;
            texts(body, &mut |text| {
                for named in links.named_in(text).into_iter().filter(|named| *named != link) {
                    links.named_by.entry(named).or_default().push(link);
                }
                for mention in recognizer.mentions(text) {
                    links.naming.entry(mention.of).or_default().push(link);
                }
            });
            for principal in principals(body) {
                links.by_principal.entry(principal).or_default().push(link);
            }
        }
        links
    }

    /// The links that a text names by their ids.
    fn named_in(&self, text: &str) -> Vec<usize> {
        let by_id = |id: &str| self.mapping.by_id.find(id).filter(|rank| self.all.contains(rank));
        let mut named: Vec<usize> = ids(&token(text)).filter_map(by_id).collect();
        for piece in pieces(text) {
            match piece {
                Piece::Text(_) => {}
                Piece::Reference { resource, .. } => named.extend(by_id(resource)),
                Piece::Unknown { names, .. } => named.extend(names.into_iter().filter_map(by_id)),
            }
        }
        named
    }

    /// The links that lead to and from an application.
    fn of(&self, anchor: usize, texts_of: &[&str], members: &[usize]) -> BTreeSet<usize> {
        let mut reached: BTreeSet<usize> = texts_of.iter().flat_map(|text| self.named_in(text)).collect();
        for member in members {
            for principal in principals(&self.contents.resources[*member].body) {
                reached.extend(self.by_principal.get(principal).into_iter().flatten());
            }
        }
        reached.extend(self.naming.get(&anchor).into_iter().flatten());
        let mut open: Vec<usize> = reached.iter().copied().collect();
        while let Some(link) = open.pop() {
            let body = &self.contents.resources[link].body;
            let mut next: Vec<usize> = self.named_by.get(&link).cloned().unwrap_or_default();
            for principal in principals(body) {
                next.extend(self.by_principal.get(principal).into_iter().flatten());
            }
            open.extend(next.into_iter().filter(|link| reached.insert(*link)));
        }
        reached
    }
}

/// What the object id of an identity is called.
const PRINCIPALS: [&str; 4] = ["principalId", "principal_id", "objectId", "object_id"];

/// The object ids of identities in a body.
fn principals(body: &Value) -> BTreeSet<&str> {
    fn walk<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Array(array) => array.iter().for_each(|value| walk(value, found)),
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(id)
                            if PRINCIPALS.iter().any(|known| key.eq_ignore_ascii_case(known)) && super::marks::is_known(id) =>
                        {
                            found.insert(id);
                        }
                        value => walk(value, found),
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(body, &mut found);
    found.remove("");
    found
}
