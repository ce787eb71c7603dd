//! From a parsed document to an [`Estate`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Component, Constraints, Estate, Headroom, Monitoring, Networking, Objective, OnConflict, Override, Priority, Requirement,
    Settings, Sharing,
};
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Sink, nearest_of_many};
use crate::names::{ComponentId, ComponentType, RequirementKey, ResourceType};

impl Estate {
    /// Reads an estate from JSON; `name` is what messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with the file on its own, each with its place. Whether the estate fits the rules is
    /// found out by [`Planner`](crate::Planner).
    pub fn from_json(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        Self::read(&Document::new(name, bytes)?)
    }

    /// Reads an estate from a document.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn read(document: &Document) -> Result<Self, Diagnostics> {
        match Self::of_value(document.parse()?) {
            (estate, faults) if faults.is_empty() => Ok(estate),
            (_, faults) => Err(Diagnostics::from(faults).located(document)),
        }
    }

    /// What could be read of an estate that is parsed already, and everything wrong with the rest (without places).
    pub(crate) fn of_value(value: Value) -> (Self, Vec<Diagnostic>) {
        let mut sink = Sink::default();
        let estate = estate(&mut sink, value);
        (estate, sink.diagnostics)
    }
}

impl Settings {
    /// Settings that are parsed already; `None` where something is wrong with them.
    pub(crate) fn of_value(value: Value) -> Option<Self> {
        let mut sink = Sink::default();
        let settings = settings(&mut sink, &At::ROOT, value);
        sink.diagnostics.is_empty().then_some(settings)
    }
}

const FIELDS: [&str; 10] =
    ["$schema", "version", "name", "environment", "location", "tags", "components", "overrides", "constraints", "settings"];

fn estate(sink: &mut Sink, value: Value) -> Estate {
    let at = At::ROOT;
    let mut estate = Estate::empty(String::new());
    let (mut version, mut named, mut components) = (false, false, false);
    let read = sink.object(&at, value, &FIELDS, |sink, at, key, value| match key {
        "version" => {
            version = true;
            if value.as_u64() != Some(1) {
                let message = format!("this program reads estates of version 1, not {value}");
                sink.error(Code::WrongVersion, at, message).expect("1");
            }
        }
        "name" => {
            named = true;
            estate.name = name_part(sink, at, value).unwrap_or_default();
        }
        "environment" => estate.environment = name_part(sink, at, value),
        "location" => estate.location = sink.string(at, value),
        "tags" => {
            for (tag, value) in sink.map(at, value).unwrap_or_default() {
                if let Some(text) = sink.string(&at.key(&tag), value) {
                    estate.tags.insert(tag, text);
                }
            }
        }
        "components" => {
            components = true;
            estate.components = self::components(sink, at, value);
        }
        "overrides" => {
            for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
                estate.overrides.extend(self::r#override(sink, &at.index(i), value));
            }
        }
        "constraints" => estate.constraints = constraints(sink, at, value),
        "settings" => estate.settings = settings(sink, at, value),
        _ => {}
    });
    if read {
        for (there, field) in [(version, "version"), (named, "name"), (components, "components")] {
            if !there {
                sink.missing(&at, field);
            }
        }
        check_constraints(sink, &estate);
    }
    estate
}

/// The estate's name and environment: parts of provider names, so they need something a name can be made of.
fn name_part(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<String> {
    let name = sink.string(at, value)?;
    let good = name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !good || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_. ".contains(&b)) {
        sink.error(Code::InvalidName, at, format!("`{name}` cannot be part of a resource name"))
            .expect("at most 64 letters, digits, `-`, `_`, `.` and spaces, beginning with a letter or digit");
    }
    Some(name)
}

fn components(sink: &mut Sink, at: &At<'_>, value: Value) -> BTreeMap<ComponentId, Component> {
    let Some(map) = sink.map(at, value) else { return BTreeMap::new() };
    if map.is_empty() {
        sink.error(Code::NoComponents, at, "the estate has no components").expect("at least one component");
    }
    // In the order of their ids already, which makes one map from the other in one go.
    let read = map.into_iter().map(|(id, value)| {
        let at = at.key(&id);
        if let Some(fault) = ComponentId::fault(&id) {
            sink.error(Code::InvalidName, &at, format!("`{id}` is not a component id")).on_key().expect(fault);
        }
        let component = component(sink, &at, value);
        (ComponentId::from(id), component)
    });
    read.collect()
}

fn component(sink: &mut Sink, at: &At<'_>, value: Value) -> Component {
    let mut component = Component::default();
    let mut config = false;
    sink.object(at, value, &["type", "config", "requirements", "team"], |sink, at, key, value| match key {
        "team" => component.team = sink.string(at, value).filter(|team| !team.is_empty()),
        "type" => component.component_type = sink.string(at, value).map(ComponentType::from),
        "config" => {
            config = true;
            component.config = sink.map(at, value).unwrap_or_default();
        }
        _ => {
            let array = sink.array(at, value).unwrap_or_default();
            component.requirements.reserve_exact(array.len());
            for (i, value) in array.into_iter().enumerate() {
                component.requirements.extend(requirement(sink, &at.index(i), value));
            }
        }
    });
    if config && component.component_type.is_none() {
        sink.error(Code::MissingField, at, "a component with a `config` needs a `type` that it configures")
            .expect("a field `type`")
            .help("or move the config into one of its `requirements`");
    }
    component
}

fn requirement(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<Requirement> {
    let (mut resource_type, mut requirement_key) = (None, None);
    let mut priority = Priority::DEFAULT;
    let mut config = serde_json::Map::new();
    let known = ["resourceType", "requirementKey", "priority", "config"];
    let read = sink.object(at, value, &known, |sink, at, key, value| match key {
        "resourceType" => resource_type = Some(sink.string(at, value).map(ResourceType::from)),
        "requirementKey" => requirement_key = Some(self::requirement_key(sink, at, value)),
        "priority" => priority = self::priority(sink, at, &value).unwrap_or(priority),
        _ => config = sink.map(at, value).unwrap_or_default(),
    });
    if read && resource_type.is_none() {
        sink.missing(at, "resourceType");
    }
    if read && requirement_key.is_none() {
        sink.missing(at, "requirementKey");
    }
    Some(Requirement { resource_type: resource_type??, requirement_key: requirement_key??, priority, config })
}

fn requirement_key(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<RequirementKey> {
    let key = sink.string(at, value)?;
    if let Some(fault) = RequirementKey::fault(&key) {
        sink.error(Code::InvalidName, at, format!("`{key}` is not a requirement key")).expect(fault);
    }
    Some(key.into())
}

fn priority(sink: &mut Sink, at: &At<'_>, value: &Value) -> Option<Priority> {
    let number = sink.integer(at, value, 0, 1000)?;
    u16::try_from(number).ok().and_then(Priority::new)
}

fn r#override(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<Override> {
    let (mut resource_type, mut requirement_key, mut config) = (None, None, None);
    let mut priority = Priority::OVERRIDE;
    let known = ["resourceType", "requirementKey", "priority", "config"];
    let read = sink.object(at, value, &known, |sink, at, key, value| match key {
        "resourceType" => resource_type = Some(sink.string(at, value).map(ResourceType::from)),
        "requirementKey" => requirement_key = self::requirement_key(sink, at, value),
        "priority" => priority = self::priority(sink, at, &value).unwrap_or(priority),
        _ => config = Some(sink.map(at, value).unwrap_or_default()),
    });
    if read && resource_type.is_none() {
        sink.missing(at, "resourceType");
    }
    if read && config.is_none() {
        sink.missing(at, "config");
    }
    Some(Override { resource_type: resource_type??, requirement_key, priority, config: config? })
}

fn constraints(sink: &mut Sink, at: &At<'_>, value: Value) -> Constraints {
    let ids = |sink: &mut Sink, at: &At<'_>, value: Value| -> Vec<ComponentId> {
        sink.strings(at, value).unwrap_or_default().into_iter().map(ComponentId::from).collect()
    };
    let lists = |sink: &mut Sink, at: &At<'_>, value: Value| -> Vec<Vec<ComponentId>> {
        let array = sink.array(at, value).unwrap_or_default();
        array.into_iter().enumerate().map(|(i, value)| ids(sink, &at.index(i), value)).collect()
    };
    let mut constraints = Constraints::default();
    sink.object(at, value, &["dedicated", "apart", "together"], |sink, at, key, value| match key {
        "dedicated" => constraints.dedicated = ids(sink, at, value),
        "apart" => constraints.apart = lists(sink, at, value),
        _ => constraints.together = lists(sink, at, value),
    });
    constraints
}

/// Constraints may stand before the components in the file, so their names are looked up at the end.
fn check_constraints(sink: &mut Sink, estate: &Estate) {
    let at = At::ROOT;
    let at = at.key("constraints");
    let mut known = |at: &At<'_>, ids: &[ComponentId]| {
        let mut seen = BTreeSet::new();
        for (i, id) in ids.iter().enumerate() {
            if !estate.components.contains_key(id) {
                let message = format!("the estate has no component `{id}`");
                let known = estate.components.keys().map(ComponentId::as_str);
                let near = nearest_of_many(id.as_str(), known, sink.diagnostics.len());
                let diagnostic = sink.error(Code::UnknownComponent, &at.index(i), message);
                if let Some(near) = near {
                    diagnostic.help(format!("did you mean `{near}`?"));
                }
            } else if !seen.insert(id) {
                let message = format!("`{id}` stands twice in one list");
                sink.error(Code::DuplicateKey, &at.index(i), message).help("remove one of the two");
            }
        }
    };
    let Constraints { dedicated, apart, together } = &estate.constraints;
    known(&at.key("dedicated"), dedicated);
    for (name, lists) in [("apart", apart), ("together", together)] {
        for (i, list) in lists.iter().enumerate() {
            known(&at.key(name).index(i), list);
        }
    }
    for (name, lists) in [("apart", apart), ("together", together)] {
        for (i, list) in lists.iter().enumerate().filter(|(_, list)| list.len() < 2) {
            let message = format!(
                "this `{name}` list names {} component{}, so it says nothing",
                list.len(),
                if list.len() == 1 { "" } else { "s" }
            );
            sink.error(Code::OutOfRange, &at.key(name).index(i), message).expect("at least two components");
        }
    }
}

const SETTINGS: [&str; 10] = [
    "sharing",
    "onConflict",
    "objective",
    "headroom",
    "limits",
    "maxResources",
    "monitoring",
    "networking",
    "nameSuffix",
    "subscription",
];

/// What global names end in: short, since the shortest names have room for little more than a hash.
fn name_suffix(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<String> {
    let suffix = sink.string(at, value)?;
    if suffix.is_empty() || suffix.len() > LONGEST_SUFFIX {
        let message = format!("a suffix of {} characters makes names too long or does nothing", suffix.len());
        sink.error(Code::OutOfRange, at, message).expect(format!("1 to {LONGEST_SUFFIX} lowercase letters and digits"));
        return None;
    }
    if !suffix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        sink.error(Code::InvalidName, at, format!("`{suffix}` cannot end a resource name"))
            .expect(format!("1 to {LONGEST_SUFFIX} lowercase letters and digits"));
        return None;
    }
    Some(suffix)
}

fn subscription(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<String> {
    let id = sink.string(at, value)?;
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    if lengths != [8, 4, 4, 4, 12] || !id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()) {
        sink.error(Code::InvalidName, at, format!("`{id}` is not the id of a subscription"))
            .expect("32 hexadecimal digits, as `az account show --query id` prints them")
            .help("leave it out, and state a `nameSuffix`");
        return None;
    }
    Some(id)
}

/// The longest suffix of names: those of 16 characters, the shortest that rules may ask for, still hold a hash.
const LONGEST_SUFFIX: usize = 5;

fn settings(sink: &mut Sink, at: &At<'_>, value: Value) -> Settings {
    let mut settings = Settings::default();
    sink.object(at, value, &SETTINGS, |sink, at, key, value| match key {
        "sharing" => {
            let words = [("byKey", Sharing::ByKey), ("byType", Sharing::ByType), ("none", Sharing::None)];
            settings.sharing = sink.word(at, &value, &words).unwrap_or_default();
        }
        "onConflict" => {
            let words = [("split", OnConflict::Split), ("first", OnConflict::First), ("error", OnConflict::Error)];
            settings.on_conflict = sink.word(at, &value, &words).unwrap_or_default();
        }
        "objective" => settings.objective = sink.word(at, &value, &Objective::WORDS).unwrap_or_default(),
        "headroom" => match value.as_f64().map(Headroom::new) {
            Some(Some(headroom)) => settings.headroom = headroom,
            Some(None) => {
                sink.error(Code::OutOfRange, at, format!("{value} is not a fraction below 1")).expect("0 to 0.999999");
            }
            None => sink.mistyped(at, "a number from 0 to below 1", &value),
        },
        "limits" => {
            for (resource_type, value) in sink.map(at, value).unwrap_or_default() {
                let at = at.key(&resource_type);
                let mut limits = BTreeMap::new();
                for (capacity, value) in sink.map(&at, value).unwrap_or_default() {
                    if let Some(limit) = sink.integer(&at.key(&capacity), &value, 1, u64::from(u32::MAX)) {
                        limits.insert(capacity, limit);
                    }
                }
                settings.limits.insert(resource_type.into(), limits);
            }
        }
        "maxResources" => {
            for (resource_type, value) in sink.map(at, value).unwrap_or_default() {
                if let Some(most) = sink.integer(&at.key(&resource_type), &value, 0, u64::from(u32::MAX)) {
                    settings.max_resources.insert(resource_type.into(), most);
                }
            }
        }
        "nameSuffix" => settings.name_suffix = name_suffix(sink, at, value),
        "subscription" => settings.subscription = subscription(sink, at, value),
        "monitoring" => {
            let mut monitoring = Monitoring::default();
            sink.object(at, value, &["retentionDays"], |sink, at, _, value| {
                if let Some(days) = sink.integer(at, &value, 30, 730).and_then(|days| u16::try_from(days).ok()) {
                    monitoring.retention_days = days;
                }
            });
            settings.monitoring = Some(monitoring);
        }
        _ => {
            let words = [("public", Networking::Public), ("isolated", Networking::Isolated)];
            settings.networking = sink.word(at, &value, &words).unwrap_or_default();
        }
    });
    settings
}
