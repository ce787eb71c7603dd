//! Reading scenarios, with every mistake at its place.

use json_patch::PatchOperation;
use serde_json::Value;

use super::Growth;
use super::scenario::{Change, Edit, Scenario, Scenarios, Shares};
use super::sweep::{self, Axis};
use crate::input::{At, Code, Diagnostics, Document, Pointer, Sink};

/// The most scenarios that one file may come to.
const MOST: usize = 10_000;

impl Scenarios {
    /// Reads a scenarios file (`colocate schema scenarios`).
    ///
    /// # Errors
    /// Everything that is wrong with the file on its own, each with its place. What does not fit the estate makes that
    /// scenario fail when it is planned.
    pub fn read(document: &Document) -> Result<Self, Diagnostics> {
        let value = document.parse()?;
        let mut sink = Sink::default();
        let mut scenarios = file(&mut sink, value);
        if !sink.diagnostics.is_empty() {
            return Err(Diagnostics::from(sink.diagnostics).located(document));
        }
        // The parsed document has lost the order of the file, and the axes decide that of the sweep.
        let (named, swept) = (document.keys("scenarios"), document.keys("sweep"));
        let rank = |keys: &[String], key: &str| keys.iter().position(|known| known == key);
        scenarios.named.sort_by_key(|scenario| rank(&named, &scenario.name));
        scenarios.axes.sort_by_key(|axis| rank(&swept, axis.key()));
        let axes = scenarios.axes.iter().map(|axis| (axis.name(), axis.values())).collect();
        let mut list = scenarios.named;
        let swept = sweep::product(&scenarios.axes, &Pointer::root().key("sweep"));
        for scenario in &list {
            if swept.iter().any(|other| other.name == scenario.name) {
                let at = At::ROOT;
                let at = at.key("scenarios");
                let message = format!("a scenario of the sweep is called `{}` too", scenario.name);
                sink.error(Code::DuplicateKey, &at.key(&scenario.name), message).on_key().help("give this one another name");
            }
        }
        list.extend(swept);
        if sink.diagnostics.is_empty() {
            Ok(Self { list, axes })
        } else {
            Err(Diagnostics::from(sink.diagnostics).located(document))
        }
    }
}

/// A file's scenarios and axes, in any order.
#[derive(Default)]
struct Read {
    named: Vec<Scenario>,
    axes: Vec<Axis>,
}

fn file(sink: &mut Sink, value: Value) -> Read {
    let at = At::ROOT;
    let mut read = Read::default();
    let mut version = false;
    let known = ["$schema", "version", "scenarios", "sweep"];
    let is_object = sink.object(&at, value, &known, |sink, at, key, value| match key {
        "version" => {
            version = true;
            if value.as_u64() != Some(1) {
                let message = format!("this program reads scenarios of version 1, not {value}");
                sink.error(Code::WrongVersion, at, message).expect("1");
            }
        }
        "scenarios" => {
            for (name, value) in sink.map(at, value).unwrap_or_default() {
                let at = at.key(&name);
                if name.trim().is_empty() || name.chars().any(char::is_control) || name == BASE {
                    let message = match name.as_str() {
                        BASE => format!("`{BASE}` is what the estate as it is goes by"),
                        _ => "a scenario needs a name of printable characters".to_owned(),
                    };
                    sink.error(Code::InvalidName, &at, message).on_key().help("rename it");
                }
                let change = change(sink, &at, value);
                read.named.push(Scenario { name: name.clone(), place: at.pointer(), axes: Vec::new(), change });
            }
        }
        "sweep" => {
            for (key, value) in sink.map(at, value).unwrap_or_default() {
                read.axes.extend(axis(sink, &at.key(&key), &key, value));
            }
        }
        _ => {}
    });
    if !is_object {
        return read;
    }
    if !version {
        sink.missing(&at, "version");
    }
    if read.named.is_empty() && read.axes.is_empty() && sink.diagnostics.is_empty() {
        sink.error(Code::MissingField, &at, "the file holds no scenario").expect("`scenarios` or a `sweep`");
    }
    let swept = sweep::size(&read.axes);
    if swept.and_then(|swept| swept.checked_add(read.named.len())).is_none_or(|total| total > MOST) {
        let factors = read.axes.iter().map(|axis| axis.len().to_string()).collect::<Vec<_>>().join(" × ");
        let message = format!("the sweep comes to {factors} scenarios, and {MOST} are allowed in one file");
        sink.error(Code::TooManyScenarios, &at.key("sweep"), message)
            .on_key()
            .expect(format!("at most {MOST} scenarios"))
            .help("shorten an axis, or sweep over its parts in several files");
        read.axes.clear();
    }
    read
}

/// What the estate as it is goes by in an answer.
pub(super) const BASE: &str = "base";

fn change(sink: &mut Sink, at: &At<'_>, value: Value) -> Change {
    let mut change = Change::default();
    let (mut unshared, mut ignoring) = (false, false);
    let known = ["growth", "unshared", "ignoreKeys", "merge", "patch", "rules"];
    sink.object(at, value, &known, |sink, at, key, value| match key {
        "growth" => change.growth = growth(sink, at, &value),
        "unshared" => unshared = sink.boolean(at, &value).unwrap_or(false),
        "ignoreKeys" => ignoring = sink.boolean(at, &value).unwrap_or(false),
        "merge" => change.edit.merge = sink.map(at, value).map(Value::Object),
        "patch" => change.edit.patch = patch(sink, at, value),
        _ => {
            for (name, value) in sink.map(at, value).unwrap_or_default() {
                let edit = edit(sink, &at.key(&name), value);
                change.rules.insert(name, edit);
            }
        }
    });
    change.sharing = match (unshared, ignoring) {
        (true, true) => {
            sink.error(Code::OutOfRange, at, "`unshared` and `ignoreKeys` contradict each other").help("remove one of the two");
            None
        }
        (true, false) => Some(Shares::Nobody),
        (false, true) => Some(Shares::AllOfAType),
        (false, false) => None,
    };
    change
}

fn edit(sink: &mut Sink, at: &At<'_>, value: Value) -> Edit {
    let mut edit = Edit::default();
    sink.object(at, value, &["merge", "patch"], |sink, at, key, value| match key {
        "merge" => edit.merge = sink.map(at, value).map(Value::Object),
        _ => edit.patch = patch(sink, at, value),
    });
    edit
}

fn growth(sink: &mut Sink, at: &At<'_>, value: &Value) -> Option<Growth> {
    let expected = format!("a number from 1 to {}", Growth::HIGHEST);
    let Some(factor) = value.as_f64() else {
        sink.mistyped(at, &expected, value);
        return None;
    };
    let growth = Growth::new(factor);
    if growth.is_none() {
        sink.error(Code::OutOfRange, at, format!("{value} is not {expected}")).expect(expected);
    }
    growth
}

fn axis(sink: &mut Sink, at: &At<'_>, key: &str, value: Value) -> Option<Axis> {
    if key != "growth" && !key.starts_with('/') {
        let diagnostic = sink.error(Code::InvalidName, at, format!("`{key}` is not an axis")).on_key();
        diagnostic.expect("`growth`, or a JSON pointer into the estate that begins with `/`");
        if key.eq_ignore_ascii_case("growth") || crate::input::nearest(key, ["growth"]).is_some() {
            diagnostic.help("did you mean `growth`?");
        } else {
            diagnostic.help(format!("did you mean `/settings/{}`?", key.replace('.', "/")));
        }
    }
    let values = sink.array(at, value)?;
    if values.is_empty() {
        sink.error(Code::MissingField, at, format!("the axis `{key}` has no value")).expect("at least one value");
    }
    for (i, value) in values.iter().enumerate() {
        if values.iter().take(i).any(|earlier| earlier == value) {
            let message = format!("{value} stands twice on the axis `{key}`");
            sink.error(Code::DuplicateKey, &at.index(i), message).help("remove one of the two");
        }
    }
    if key != "growth" {
        return Some(Axis::Value { pointer: key.to_owned(), values });
    }
    let read = |(i, value): (usize, Value)| Some((growth(sink, &at.index(i), &value)?, value));
    Some(Axis::Growth(values.into_iter().enumerate().filter_map(read).collect()))
}

const OPERATIONS: [(&str, &[&str]); 6] = [
    ("add", &["path", "value"]),
    ("remove", &["path"]),
    ("replace", &["path", "value"]),
    ("move", &["from", "path"]),
    ("copy", &["from", "path"]),
    ("test", &["path", "value"]),
];

fn patch(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<PatchOperation> {
    let operations = sink.array(at, value).unwrap_or_default().into_iter().enumerate();
    operations.filter_map(|(i, value)| operation(sink, &at.index(i), value)).collect()
}

fn operation(sink: &mut Sink, at: &At<'_>, value: Value) -> Option<PatchOperation> {
    let whole = value.clone();
    let before = sink.diagnostics.len();
    let mut fields = Vec::new();
    let mut needed: Option<&[&str]> = None;
    let is_object = sink.object(at, value, &["op", "path", "from", "value"], |sink, at, key, value| {
        fields.push(key.to_owned());
        match key {
            "op" => needed = sink.word(at, &value, &OPERATIONS),
            "value" => {}
            _ => {
                let path = sink.string(at, value);
                if let Some(path) = path.filter(|path| !path.is_empty() && !path.starts_with('/')) {
                    let message = format!("`{path}` is not a JSON pointer");
                    sink.error(Code::InvalidName, at, message)
                        .expect("a JSON pointer, which begins with `/`")
                        .help(format!("did you mean `/{}`?", path.replace('.', "/")));
                }
            }
        }
    });
    if !is_object {
        return None;
    }
    if !fields.iter().any(|field| field == "op") {
        sink.missing(at, "op");
    }
    for field in needed.into_iter().flatten().filter(|field| !fields.iter().any(|there| there == *field)) {
        sink.missing(at, field);
    }
    if sink.diagnostics.len() > before {
        return None;
    }
    match serde_json::from_value(whole) {
        Ok(operation) => Some(operation),
        Err(error) => {
            sink.error(Code::InvalidName, at, format!("not an operation of a JSON Patch: {error}"));
            None
        }
    }
}
