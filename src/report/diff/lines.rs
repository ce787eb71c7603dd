//! Changes as lines with details, before they are written in one form or another.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::diff::{
    Cause, Change, Moved, Pair, PlanDiff, Presence, PropertyChange, Rebound, Renamed, Replaced, RequirementChange, SetChange,
    Sides, Source, Updated, VariableChange,
};
use crate::names::{ComponentId, ResourceId, counted};
use crate::plan::Usage;
use crate::report::text::{count, list};
use crate::secrets::is_mask;

/// Longer values are cut.
const LONGEST_VALUE: usize = 60;

/// What happens, as a sign in front of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Create,
    Remove,
    Update,
    Move,
    Replace,
}

impl Sign {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Remove => "-",
            Self::Update => "~",
            Self::Move => ">",
            Self::Replace => "!",
        }
    }
}

/// One change.
pub(super) struct Line {
    pub(super) sign: Sign,
    /// What it is about, as the plans call it.
    pub(super) subject: String,
    pub(super) note: String,
    /// What must not be overlooked.
    pub(super) alarm: Option<&'static str>,
    pub(super) details: Vec<Detail>,
}

/// A part of a change.
#[derive(Default)]
pub(super) struct Detail {
    /// Names and values.
    pub(super) code: String,
    pub(super) note: String,
    pub(super) alarm: Option<&'static str>,
}

/// Changes of one kind.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) lines: Vec<Line>,
}

const DATA_LOST: &str = "made anew: its data is lost unless it is copied first";
const MADE_ANEW: &str = "made anew";
const DELETED: &str = "what is still in it is deleted";
const MIGRATE: &str = "data has to be migrated";

/// The changes of a diff in the order in which they are read.
pub(super) fn sections(diff: &PlanDiff) -> Vec<Section> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for change in &diff.changes {
        if let Change::Rebind(Rebound { environment, .. }) | Change::Move(Moved { environment, .. }) = change {
            told.extend(environment.iter().map(|variable| variable.name.as_str()));
        }
    }
    let (mut resources, mut components) = (Vec::new(), Vec::new());
    let mut moves: BTreeMap<(&[ResourceId], &[ResourceId]), Vec<&Moved>> = BTreeMap::new();
    for change in &diff.changes {
        match change {
            Change::Create(Presence::Component { id, resources }) => {
                components.push(component(Sign::Create, id, "on", resources))
            }
            Change::Remove(Presence::Component { id, resources }) => {
                components.push(component(Sign::Remove, id, "was on", resources));
            }
            Change::Create(presence) => resources.extend(created_or_removed(Sign::Create, presence)),
            Change::Remove(presence) => resources.extend(created_or_removed(Sign::Remove, presence)),
            Change::Rename(Renamed { id, from, name }) => resources.push(Line {
                sign: Sign::Update,
                subject: id.to_string(),
                note: format!("called {from} until now, and still {name} at the provider"),
                alarm: None,
                details: Vec::new(),
            }),
            Change::Replace(replaced) => resources.push(replace(replaced, &told)),
            Change::Update(updated) => resources.push(update(updated, &told)),
            Change::Rebind(rebound) => components.extend(rebind(rebound)),
            Change::Move(moved) => moves.entry((&moved.from, &moved.to)).or_default().push(moved),
        }
    }
    let mut moves: Vec<_> = moves.into_iter().collect();
    moves.sort_by(|((a, b), _), ((c, d), _)| in_order(a, c).then_with(|| in_order(b, d)));
    let moves = moves.into_iter().map(|((from, to), moved)| movement(from, to, &moved)).collect();
    [("Resources", resources), ("Moves", moves), ("Components", components)]
        .into_iter()
        .map(|(title, lines)| Section { title, lines })
        .filter(|section| !section.lines.is_empty())
        .collect()
}

fn in_order(a: &[ResourceId], b: &[ResourceId]) -> Ordering {
    a.iter().map(|id| counted(id.as_str())).cmp(b.iter().map(|id| counted(id.as_str())))
}

fn created_or_removed(sign: Sign, presence: &Presence) -> Option<Line> {
    let Presence::Resource { id, name, implied, stateful, components, .. } = presence else { return None };
    let names: Vec<&str> = components.iter().map(ComponentId::as_str).collect();
    let was = if sign == Sign::Remove { "was " } else { "" };
    let whose = match (*implied, names.as_slice()) {
        (true, _) => format!("{was}implied"),
        (false, []) => String::new(),
        (false, [only]) => format!("{was}for {only}"),
        (false, names) => format!("{was}shared by {}: {}", names.len(), list(names)),
    };
    let note = if whose.is_empty() { name.clone() } else { format!("{name}  {whose}") };
    let alarm = (sign == Sign::Remove && *stateful).then_some(DELETED);
    Some(Line { sign, subject: id.to_string(), note, alarm, details: Vec::new() })
}

fn component(sign: Sign, id: &ComponentId, on: &str, resources: &BTreeMap<String, Vec<ResourceId>>) -> Line {
    let ids: BTreeSet<&str> = resources.values().flatten().map(ResourceId::as_str).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let note = if ids.is_empty() { "without requirements".to_owned() } else { format!("{on} {}", list(&ids)) };
    Line { sign, subject: id.to_string(), note, alarm: None, details: Vec::new() }
}

fn replace(replaced: &Replaced, told: &BTreeSet<&str>) -> Line {
    let Replaced { id, name, element, data_loss, properties, sides } = replaced;
    let subject = element.as_ref().map_or_else(|| id.to_string(), |element| format!("{id} {element}"));
    let mut details = property_details(properties, told);
    details.extend(side_details(sides));
    let alarm = Some(if *data_loss { DATA_LOST } else { MADE_ANEW });
    Line { sign: Sign::Replace, subject, note: name.clone(), alarm, details }
}

fn update(updated: &Updated, told: &BTreeSet<&str>) -> Line {
    let Updated { id, name, properties, sides } = updated;
    let mut details = property_details(properties, told);
    details.extend(side_details(sides));
    Line { sign: Sign::Update, subject: id.to_string(), note: name.clone(), alarm: None, details }
}

fn rebind(rebound: &Rebound) -> Option<Line> {
    let Rebound { id, requirements, environment } = rebound;
    let mut details: Vec<Detail> = requirements.iter().map(requirement).collect();
    for VariableChange { name, on, old, new, .. } in environment.iter().filter(|variable| !variable.follows) {
        let name = on.as_ref().map_or_else(|| name.clone(), |on| format!("{name} on {on}"));
        details.push(Detail { code: changed(&name, old.as_ref(), new.as_ref()), ..Detail::default() });
    }
    let line = Line { sign: Sign::Update, subject: id.to_string(), note: String::new(), alarm: None, details };
    (!line.details.is_empty()).then_some(line)
}

fn requirement(change: &RequirementChange) -> Detail {
    let RequirementChange { requirement, previously, old, new } = change;
    let ids = |ids: &[ResourceId]| list(&ids.iter().map(ResourceId::as_str).collect::<Vec<_>>());
    let code = match (old.as_slice(), new.as_slice()) {
        ([], new) => format!("+ {requirement} on {}", ids(new)),
        (old, []) => format!("- {requirement} on {}", ids(old)),
        (old, new) if old == new => {
            return Detail {
                code: requirement.clone(),
                note: previously.as_ref().map_or_else(String::new, |key| format!("asked for as {key} until now")),
                alarm: None,
            };
        }
        (old, new) => format!("{requirement} on {} → {}", ids(old), ids(new)),
    };
    Detail { code, ..Detail::default() }
}

fn movement(from: &[ResourceId], to: &[ResourceId], moves: &[&Moved]) -> Line {
    let ids = |ids: &[ResourceId]| list(&ids.iter().map(ResourceId::as_str).collect::<Vec<_>>());
    let mut details = Vec::new();
    // What several components share changes once.
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for moved in moves {
        let Moved { id, requirement: _, previously, from: _, to: _, elements, properties, environment, migrates: _ } = moved;
        let mut notes: Vec<String> = elements
            .iter()
            .map(|(property, names)| format!("{property} {}", list(&names.iter().map(String::as_str).collect::<Vec<_>>())))
            .collect();
        notes.extend(previously.as_ref().map(|key| format!("asked for as {key} until now")));
        if !environment.is_empty() {
            notes.push(if environment.len() == 1 {
                "1 setting follows".to_owned()
            } else {
                format!("{} settings follow", environment.len())
            });
        }
        details.push(Detail { code: id.to_string(), note: notes.join("; "), alarm: None });
        let mut news = Vec::new();
        for change in properties {
            if told.insert((&change.property, change.element.as_deref().unwrap_or_default())) {
                news.push(change.clone());
            }
        }
        let indented = |detail: Detail| Detail { code: format!("  {}", detail.code), ..detail };
        details.extend(property_details(&news, &BTreeSet::new()).into_iter().map(indented));
    }
    Line {
        sign: Sign::Move,
        subject: format!("{} → {}", ids(from), ids(to)),
        note: count(moves.len(), "requirement"),
        alarm: moves.iter().any(|moved| moved.migrates).then_some(MIGRATE),
        details,
    }
}

/// Properties one by one; elements that come and go by their collection.
fn property_details(properties: &[PropertyChange], told: &BTreeSet<&str>) -> Vec<Detail> {
    #[derive(Default)]
    struct Elements<'a> {
        added: Vec<String>,
        removed: Vec<String>,
        lost: Vec<String>,
        changed: Vec<String>,
        arriving: usize,
        leaving: usize,
        owners: BTreeSet<&'a str>,
    }
    let mut collections: BTreeMap<&str, Elements<'_>> = BTreeMap::new();
    let mut single: BTreeMap<(&str, Option<&str>), Detail> = BTreeMap::new();
    for change in properties {
        let PropertyChange { property, element, old, new, immutable, migration, data_loss, moves, by, previously_by } = change;
        let elsewhere = element.as_deref().is_some_and(|element| told.contains(element));
        match (element, old, new) {
            // The moves tell their names.
            (Some(_), Some(_), None) if *moves && !data_loss => collections.entry(property).or_default().leaving += 1,
            (Some(_), None, Some(_)) if *moves => collections.entry(property).or_default().arriving += 1,
            (Some(element), None, _) | (Some(element), _, None) if !migration && !immutable => {
                let entry = collections.entry(property).or_default();
                let owned = by.iter().chain(previously_by).next().is_some();
                let value = new.as_ref().or(old.as_ref()).filter(|value| !owned && !elsewhere && !value.is_object());
                let value = value.filter(|value| value.as_str() != element.rsplit('/').next());
                let name = value.map_or_else(|| element.clone(), |value| format!("{element} = {}", shown(value)));
                if new.is_some() {
                    entry.added.push(name);
                } else if *data_loss {
                    entry.lost.push(name);
                } else {
                    entry.removed.push(name);
                }
                entry.owners.extend(by.iter().chain(previously_by).flat_map(|cause| cause.first.iter().map(String::as_str)));
            }
            (Some(element), Some(_), Some(_)) if elsewhere => {
                collections.entry(property).or_default().changed.push(element.clone());
            }
            _ => {
                let name = element.as_ref().map_or_else(|| property.clone(), |element| format!("{property} of {element}"));
                let note = because(by.as_ref(), previously_by.as_ref());
                let note = if *migration {
                    format!("a migration by the service, not by a template{}{note}", if note.is_empty() { "" } else { "; " })
                } else if *immutable {
                    format!("cannot be changed in place{}{note}", if note.is_empty() { "" } else { "; " })
                } else {
                    note
                };
                let detail = Detail { code: changed(&name, old.as_ref(), new.as_ref()), note, alarm: None };
                single.insert((property, element.as_deref()), detail);
            }
        }
    }
    let mut details: Vec<Detail> = single.into_values().collect();
    for (property, Elements { added, removed, lost, changed, arriving, leaving, owners }) in collections {
        let owners: Vec<&str> = owners.into_iter().collect();
        let by = if owners.is_empty() { String::new() } else { format!("of {}", list(&owners)) };
        let mut parts = Vec::new();
        for (sign, names) in [("+", &added), ("-", &removed), ("~", &changed)] {
            if !names.is_empty() {
                parts.push(format!("{sign} {}", list(&names.iter().map(String::as_str).collect::<Vec<_>>())));
            }
        }
        if !parts.is_empty() {
            details.push(Detail { code: format!("{property}: {}", parts.join("  ")), note: by.clone(), alarm: None });
        }
        for (sign, number, direction) in [("+", arriving, "here"), ("-", leaving, "elsewhere")] {
            if number > 0 {
                let verb = if number == 1 { "moves" } else { "move" };
                details.push(Detail {
                    code: format!("{property}: {sign} {number}"),
                    note: format!("{verb} {direction}"),
                    alarm: None,
                });
            }
        }
        if !lost.is_empty() {
            let names = list(&lost.iter().map(String::as_str).collect::<Vec<_>>());
            details.push(Detail { code: format!("{property}: - {names}"), note: by, alarm: Some(DELETED) });
        }
    }
    details
}

fn side_details(sides: &Sides) -> Vec<Detail> {
    let Sides { components, depends_on, usage } = sides;
    let mut details = Vec::new();
    details.extend(set("components", components, ComponentId::as_str));
    details.extend(set("depends on", depends_on, ResourceId::as_str));
    let full = |usage: &Option<Usage>| usage.map_or_else(|| "none".to_owned(), |usage| format!("{}/{}", usage.used, usage.limit));
    let usage: Vec<String> =
        usage.iter().map(|(name, Pair { old, new })| format!("{name} {} → {}", full(old), full(new))).collect();
    if !usage.is_empty() {
        details.push(Detail { code: format!("usage: {}", usage.join(", ")), ..Detail::default() });
    }
    details
}

fn set<T>(what: &str, change: &SetChange<T>, name: impl Fn(&T) -> &str) -> Option<Detail> {
    let mut parts = Vec::new();
    for (sign, members) in [("+", &change.added), ("-", &change.removed)] {
        if !members.is_empty() {
            parts.push(format!("{sign} {}", list(&members.iter().map(&name).collect::<Vec<_>>())));
        }
    }
    (!parts.is_empty()).then(|| Detail { code: format!("{what}: {}", parts.join("  ")), ..Detail::default() })
}

/// `sku: "FC1" → "EP1"`.
fn changed(name: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    let secret = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(is_mask);
    match (old, new) {
        (Some(_), Some(_)) if secret(old) && secret(new) => format!("{name}: a secret, which changes"),
        (Some(old), Some(new)) => format!("{name}: {} → {}", shown(old), shown(new)),
        (None, Some(new)) => format!("+ {name}: {}", shown(new)),
        (Some(old), None) => format!("- {name}: {}", shown(old)),
        (None, None) => name.to_owned(),
    }
}

/// A value in one short line.
fn shown(value: &Value) -> String {
    if value.as_str().is_some_and(is_mask) {
        return "a secret".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn because(by: Option<&Cause>, previously: Option<&Cause>) -> String {
    let mut text = by.map(sentence).unwrap_or_default();
    // Where nobody speaks now, whoever spoke before is the one who changed.
    if let Some(cause) = previously.filter(|cause| cause.from != Source::Default)
        && by.is_none_or(|by| by.from == Source::Default)
    {
        let _ = write!(text, "{}was {}", if text.is_empty() { "" } else { ", " }, sentence(cause));
    }
    text
}

fn sentence(cause: &Cause) -> String {
    let Cause { from, priority, count, first } = cause;
    let priority = priority.map_or_else(String::new, |priority| format!(" (priority {})", priority));
    let others = count.saturating_sub(first.len());
    let names = first.join(", ");
    let who = if others == 0 { names } else { format!("{names} and {others} others") };
    match from {
        Source::Default => "the rule's default".to_owned(),
        Source::Inherited => format!("inherited by {who}"),
        Source::Requirement => format!("stated by {who}{priority}"),
        Source::Override => format!("set by an override{priority}"),
    }
}
