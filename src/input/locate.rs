//! From JSON pointers back to places in the text, for the rare file with something to say about.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Code, Diagnostic, Document, Pointer, Segment};

/// Gives every diagnostic that has a pointer, and no place yet, its place in the document.
///
/// One pass over the text per level of nesting, however many diagnostics there are. A pointer into something that the
/// document does not hold (a default, say) gets the place of the nearest enclosing value.
pub(super) fn place_all(document: &Document, diagnostics: &mut [Diagnostic]) {
    let mut wanted: Vec<&mut Diagnostic> = diagnostics.iter_mut().filter(|d| d.position.is_none()).collect();
    wanted.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    let Ok(root) = serde_json::from_str::<&RawValue>(document.text()) else { return };
    let whole = span(document, root);
    walk(document, root, whole, 0, &mut wanted);
}

fn walk(document: &Document, raw: &RawValue, key: Range<usize>, depth: usize, wanted: &mut [&mut Diagnostic]) {
    let (here, deeper) = {
        let split = wanted.partition_point(|d| d.pointer.segments().len() <= depth);
        wanted.split_at_mut(split)
    };
    for diagnostic in here {
        let value = span(document, raw);
        let range = if diagnostic.points_at_key() { key.clone() } else { value };
        diagnostic.place(document, range);
    }
    if deeper.is_empty() {
        return;
    }
    let children = children(raw);
    let by_name: HashMap<String, usize> = match &children {
        Children::Object(members) => members.iter().enumerate().map(|(i, (key, _))| (unquote(key), i)).collect(),
        _ => HashMap::new(),
    };
    // They are in the order of their pointers, and all of these go on.
    for group in deeper.chunk_by_mut(|a, b| a.pointer.segments().get(depth) == b.pointer.segments().get(depth)) {
        let Some(step) = group.first().and_then(|first| first.pointer.segments().get(depth)).cloned() else { continue };
        let child = match (&children, &step) {
            (Children::Object(members), Segment::Key(wanted)) => {
                let member = by_name.get(wanted).and_then(|i| members.get(*i));
                member.map(|(key, value)| (span(document, key), *value))
            }
            (Children::Array(elements), Segment::Index(i)) => elements.get(*i).map(|value| (span(document, value), *value)),
            _ => None,
        };
        match child {
            Some((key, value)) => walk(document, value, key, depth + 1, group),
            None => group.iter_mut().for_each(|d| d.place(document, key.clone())),
        }
    }
}

/// One diagnostic for each key that stands a second time in its object.
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
                    let (line, _) = document.line_column(*first);
                    let message = format!("the key `{name}` stands twice in one object");
                    let mut diagnostic = Diagnostic::error(Code::DuplicateKey, message).at(here.clone());
                    diagnostic.help(format!("it stands first in line {line}; remove or rename one of the two"));
                    diagnostic.place(document, span(document, key));
                    found.push(diagnostic);
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
