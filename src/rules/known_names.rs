//! The names that expressions use, held against those that there are: of one that is misspelt nothing is ever seen, so what depends
//! on it would pass in silence.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::property::Node;
use super::{Properties, Template};
use crate::input::{At, Code, Sink, list_names, nearest};

/// What expressions about a merged resource may look at.
const RESOURCE: [&str; 8] = ["config", "key", "id", "hours", "stated", "words", "estate", "settings"];
/// What hazards may look at beside that.
const HAZARD: [&str; 12] =
    ["config", "key", "id", "hours", "stated", "words", "estate", "settings", "components", "teams", "bound", "usage"];
/// What component types may look at.
const COMPONENT: [&str; 4] = ["component", "config", "estate", "settings"];
/// What there is everywhere.
const FUNCTIONS: [&str; 4] = ["range", "dict", "namespace", "loop"];
/// The members of `estate` and `settings`.
const ESTATE: [&str; 4] = ["name", "environment", "location", "tags"];
const SETTINGS: [&str; 2] = ["monitoring", "isolated"];

/// Notes each name in the expressions of a resource type that nothing has.
pub(super) fn of_resource(sink: &mut Sink, file: &Value, properties: &Properties) {
    for (section, roots) in [("checks", &RESOURCE[..]), ("requires", &RESOURCE), ("hazards", &HAZARD)] {
        if let Some(value) = file.get(section) {
            Names { roots, properties }.within(sink, &At::ROOT.key(section), value);
        }
    }
}

/// The same for a component type.
pub(super) fn of_component(sink: &mut Sink, file: &Value, config: &Properties) {
    if let Some(value) = file.get("requirements") {
        Names { roots: &COMPONENT, properties: config }.within(sink, &At::ROOT.key("requirements"), value);
    }
}

struct Names<'a> {
    roots: &'a [&'a str],
    properties: &'a Properties,
}

impl Names<'_> {
    fn within(&self, sink: &mut Sink, at: &At<'_>, value: &Value) {
        match value {
            Value::String(text) if text.contains("{{") => self.text(sink, at, value),
            Value::Array(array) => {
                array.iter().enumerate().for_each(|(i, value)| self.within(sink, &at.index(i), value));
            }
            Value::Object(map) => map.iter().for_each(|(key, value)| self.within(sink, &at.key(key), value)),
            _ => {}
        }
    }

    fn text(&self, sink: &mut Sink, at: &At<'_>, value: &Value) {
        let mut used = BTreeSet::new();
        // What does not compile has been told.
        Template::read(&mut Sink::default(), at, value.clone()).variables(&mut used);
        for path in used {
            let steps: Vec<&str> = path.split('.').collect();
            let Some((root, rest)) = steps.split_first() else { continue };
            let fault = match *root {
                root if !self.roots.contains(&root) && !FUNCTIONS.contains(&root) => Some((root, self.roots.to_vec())),
                "config" => unknown_property(&self.properties.tree, rest),
                "estate" => unknown_member(&ESTATE, rest),
                "settings" => unknown_member(&SETTINGS, rest),
                _ => None,
            };
            if let Some((name, known)) = fault {
                let diagnostic = sink.error(Code::Expression, at, format!("`{path}`: there is no `{name}` here"));
                if let Some(near) = nearest(name, known.iter().copied()) {
                    diagnostic.help(format!("did you mean `{near}`?"));
                }
                diagnostic.expect(list_names(known));
            }
        }
    }
}

fn unknown_member<'a>(known: &'static [&'static str], path: &[&'a str]) -> Option<(&'a str, Vec<&'static str>)> {
    let first = path.first()?;
    (!known.contains(first)).then(|| (*first, known.to_vec()))
}

/// The step of a path that no property has, and those that there are.
fn unknown_property<'a, 't>(tree: &'t BTreeMap<String, Node>, path: &[&'a str]) -> Option<(&'a str, Vec<&'t str>)> {
    let (first, rest) = path.split_first()?;
    match tree.get(*first) {
        // A merged config has properties under their own names alone.
        None | Some(Node::Alias(_)) => {
            let own = tree.iter().filter(|(_, node)| node.is_own());
            Some((first, own.map(|(name, _)| name.as_str()).collect()))
        }
        Some(Node::Branch(inner)) => unknown_property(inner, rest),
        Some(Node::Leaf(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Document;
    use crate::rules::{RuleSet, builtin};

    #[test]
    fn the_rules_in_the_binary_name_what_there_is() {
        let rules = RuleSet::builtin().expect("rules");
        for document in builtin::documents().expect("documents") {
            let value = document.parse().expect("JSON");
            let mut sink = Sink::default();
            if let Some(rule) = value["resourceType"].as_str().and_then(|name| rules.resource(name)) {
                of_resource(&mut sink, &value, &rule.properties);
            }
            if let Some(rule) = value["componentType"].as_str().and_then(|name| rules.component(name)) {
                of_component(&mut sink, &value, &rule.config);
            }
            assert_eq!(sink.diagnostics, [], "{}", document.name());
        }
    }

    fn said(when: &str) -> String {
        let rule = serde_json::json!({ "version": 1, "resourceType": "cosmos", "checks": [
            { "when": when, "severity": "error", "message": "too many" }] });
        let document = Document::new("p.json", rule.to_string().into_bytes()).expect("text");
        RuleSet::layered(vec![document]).map_or_else(|faults| faults.to_string(), |_| String::new())
    }

    #[test]
    fn a_name_that_nothing_has_is_refused_where_it_stands() {
        for (when, wanted) in [
            ("{{ confg.databases|length > 1 }}", "did you mean `config`?"),
            ("{{ config.databses|length > 1 }}", "did you mean `databases`?"),
            ("{{ components|length > 3 }}", "there is no `components` here"),
            ("{{ estate.enviroment == 'prod' }}", "did you mean `environment`?"),
        ] {
            let said = said(when);
            assert!(said.contains("p.json:1:") && said.contains("E0302") && said.contains(wanted), "{when}: {said}");
        }
        for when in
            ["{{ config.databases|length > 1 }}", "{{ stated('databases.x')|length > 0 and key == 'a' and 1 in range(3) }}"]
        {
            assert_eq!(said(when), "", "{when}");
        }
    }
}
