//! From JSON pointers back to places in the text, for the rare file with something to say about.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{self, Member, Node, Tree};
use super::{Diagnostic, Document, Language, Pointer, Segment};

/// The names of the members of the member `name` of a document, in their order in the text.
pub(super) fn keys(document: &Document, name: &str) -> Vec<String> {
    let of_tree = |tree: &Tree| -> Option<Vec<String>> {
        let Node::Object(members) = &tree.node else { return None };
        let Node::Object(members) = &members.iter().find(|member| member.key == name)?.value.node else { return None };
        Some(members.iter().map(|member| member.key.clone()).collect())
    };
    let of_json = |root: &RawValue| -> Option<Vec<String>> {
        let Children::Object(members) = children(root) else { return None };
        let Children::Object(members) = children(members.into_iter().find(|(key, _)| unquote(key) == name)?.1) else {
            return None;
        };
        Some(members.into_iter().map(|(key, _)| unquote(key)).collect())
    };
    let found = match document.language() {
        Language::Json => serde_json::from_str::<&RawValue>(document.text()).ok().and_then(of_json),
        Language::Jsonc | Language::Yaml => document.tree().ok().and_then(|tree| of_tree(&tree)),
    };
    found.unwrap_or_default()
}

/// Gives every diagnostic that has a pointer, and no place yet, its place in the document.
///
/// One pass over the text per level of nesting, however many diagnostics there are. A pointer into something that the
/// document does not hold (a default, say) gets the place of the nearest enclosing value.
pub(super) fn place_all(document: &Document, diagnostics: &mut [Diagnostic]) {
    let mut wanted: Vec<&mut Diagnostic> = diagnostics.iter_mut().filter(|d| d.position.is_none()).collect();
    if wanted.is_empty() {
        return;
    }
    wanted.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    let tree;
    let root = match document.language() {
        Language::Json => match serde_json::from_str::<&RawValue>(document.text()) {
            Ok(raw) => Spot::Json(raw),
            Err(_) => return,
        },
        Language::Jsonc | Language::Yaml => match document.tree() {
            Ok(read) => {
                tree = read;
                Spot::Tree(&tree)
            }
            Err(_) => return,
        },
    };
    walk(document, root, root.bytes(document), 0, &mut wanted);
}

/// A value in the text.
#[derive(Clone, Copy)]
enum Spot<'d> {
    Json(&'d RawValue),
    Tree(&'d Tree),
}

/// The values within one.
enum Within<'d> {
    Nothing,
    Array(Vec<Spot<'d>>),
    /// By name, with the place of the name.
    Object(HashMap<String, (Range<usize>, Spot<'d>)>),
}

impl<'d> Spot<'d> {
    fn bytes(self, document: &Document) -> Range<usize> {
        match self {
            Self::Json(raw) => span(document, raw),
            Self::Tree(tree) => tree.bytes.clone(),
        }
    }

    fn within(self, document: &Document) -> Within<'d> {
        match self {
            Self::Json(raw) => match children(raw) {
                Children::None => Within::Nothing,
                Children::Array(elements) => Within::Array(elements.into_iter().map(Self::Json).collect()),
                Children::Object(members) => {
                    let member = |(key, value)| (unquote(key), (span(document, key), Self::Json(value)));
                    Within::Object(members.into_iter().map(member).collect())
                }
            },
            Self::Tree(tree) => match &tree.node {
                Node::Single(_) => Within::Nothing,
                Node::Array(elements) => Within::Array(elements.iter().map(|element| Self::Tree(element)).collect()),
                Node::Object(members) => {
                    let member = |m: &'d Member| (m.key.clone(), (m.key_bytes.clone(), Self::Tree(&m.value)));
                    Within::Object(members.iter().map(member).collect())
                }
            },
        }
    }
}

fn walk(document: &Document, spot: Spot<'_>, key: Range<usize>, depth: usize, wanted: &mut [&mut Diagnostic]) {
    let (here, deeper) = {
        let split = wanted.partition_point(|d| d.pointer.segments().len() <= depth);
        wanted.split_at_mut(split)
    };
    for diagnostic in here {
        let range = if diagnostic.points_at_key() { key.clone() } else { spot.bytes(document) };
        diagnostic.place(document, range);
    }
    if deeper.is_empty() {
        return;
    }
    let within = spot.within(document);
    // They are in the order of their pointers, and all of these go on.
    for group in deeper.chunk_by_mut(|a, b| a.pointer.segments().get(depth) == b.pointer.segments().get(depth)) {
        let Some(step) = group.first().and_then(|first| first.pointer.segments().get(depth)).cloned() else { continue };
        let child = match (&within, &step) {
            (Within::Object(members), Segment::Key(wanted)) => members.get(wanted).cloned(),
            (Within::Array(elements), Segment::Index(i)) => elements.get(*i).map(|spot| (spot.bytes(document), *spot)),
            _ => None,
        };
        match child {
            Some((key, spot)) => walk(document, spot, key, depth + 1, group),
            None => group.iter_mut().for_each(|d| d.place(document, key.clone())),
        }
    }
}

/// One diagnostic for each key that stands a second time in its object, of a document in JSON.
pub(super) fn duplicates(document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Ok(root) = serde_json::from_str::<&RawValue>(document.text()) {
        find_duplicates(document, root, &Pointer::root(), &mut found);
    }
    found
}

fn find_duplicates(document: &Document, raw: &RawValue, pointer: &Pointer, found: &mut Vec<Diagnostic>) {
    match children(raw) {
        Children::None => {}
        Children::Array(elements) => {
            for (i, element) in elements.iter().enumerate() {
                find_duplicates(document, element, &pointer.clone().index(i), found);
            }
        }
        Children::Object(members) => {
            let mut seen = HashMap::new();
            for (key, value) in members {
                let name = unquote(key);
                let here = pointer.clone().key(&name);
                if let Some(first) = seen.get(&name) {
                    found.push(tree::duplicate(document, here.clone(), &name, *first, span(document, key)));
                } else {
                    seen.insert(name, span(document, key).start);
                }
                find_duplicates(document, value, &here, found);
            }
        }
    }
}

/// Where a borrowed piece of the document's text is in it.
fn span(document: &Document, raw: &RawValue) -> Range<usize> {
    let start = raw.get().as_ptr() as usize - document.text().as_ptr() as usize;
    start..start + raw.get().len()
}

fn unquote(key: &RawValue) -> String {
    serde_json::from_str(key.get()).unwrap_or_default()
}

enum Children<'a> {
    None,
    Array(Vec<&'a RawValue>),
    Object(Vec<(&'a RawValue, &'a RawValue)>),
}

fn children(raw: &RawValue) -> Children<'_> {
    match raw.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str(raw.get()).map_or(Children::None, |Members(m)| Children::Object(m)),
        Some(b'[') => serde_json::from_str(raw.get()).map_or(Children::None, Children::Array),
        _ => Children::None,
    }
}

struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

struct MembersVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for MembersVisitor<'a> {
    type Value = Members<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members<'a>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(PhantomData))
    }
}
