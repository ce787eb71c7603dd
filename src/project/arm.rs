//! ARM template JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::expression::{Expression, NodeId, Origin, Piece, Step, Text, Value};
use super::graph::{Graph, Node, ProviderType};
use super::parts::{Part, deployment as called, name, parts};
use crate::untrusted::json_text;

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

/// Deployments of further templates.
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
/// The one output: what the resources of the plan are reached by, by their ids.
pub(super) const OUTPUT: &str = "resources";

/// An object whose members stay in the order in which people read templates.
struct Ordered<V>(Vec<(String, V)>);

impl<V: Serialize> Serialize for Ordered<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A template.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    #[serde(rename = "$schema")]
    schema: &'static str,
    content_version: &'static str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Json>,
    resources: Vec<Ordered<Json>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    outputs: Map<String, Json>,
}

/// The template, and further ones where one cannot hold everything.
pub(super) fn files(graph: &Graph, order: &[NodeId]) -> Vec<(String, String)> {
    let parts = parts(graph, order, |id| {
        let text = serde_json::to_string_pretty(&resource(graph, id, &|_| true)).unwrap_or_default();
        text.len() + 4 * text.lines().count()
    });
    if let [only] = parts.as_slice() {
        return vec![("main.json".to_owned(), template(graph, only))];
    }
    let file = |number: usize| format!("{}.json", name(number));
    let mut files = vec![("main.json".to_owned(), main(graph, &parts, file))];
    files.extend(parts.iter().enumerate().map(|(number, part)| (file(number), template(graph, part))));
    files
}

/// A template that deploys the parts one after the other.
fn main(graph: &Graph, parts: &[Part<'_>], file: impl Fn(usize) -> String) -> String {
    let deployment = |number: usize| {
        let part = &parts[number];
        let passed: Map<String, Json> = graph
            .parameters
            .declared(part.parameters.iter().copied())
            .iter()
            .map(|declared| {
                let whole = format!("[parameters({})]", quoted(declared.name));
                (declared.name.to_owned(), json!({ "value": whole }))
            })
            .collect();
        let mut properties = json!({ "mode": "Incremental", "templateLink": { "relativePath": file(number) } });
        if !passed.is_empty() {
            properties["parameters"] = Json::Object(passed);
        }
        let mut resource = vec![
            ("type".to_owned(), json!(DEPLOYMENTS)),
            ("apiVersion".to_owned(), json!("2024-03-01")),
            ("name".to_owned(), json!(called(graph, number))),
            ("properties".to_owned(), properties),
        ];
        if let Some(before) = number.checked_sub(1) {
            let on = format!("[resourceId('{DEPLOYMENTS}', '{}')]", called(graph, before));
            resource.push(("dependsOn".to_owned(), json!([on])));
        }
        Ordered(resource)
    };
    json_text(&Template {
        schema: SCHEMA,
        content_version: "1.0.0.0",
        parameters: parameters(graph, graph.parameters.keys()),
        resources: (0..parts.len()).map(deployment).collect(),
        outputs: Map::new(),
    })
}

fn parameters<'g>(graph: &'g Graph, keys: impl Iterator<Item = &'g str>) -> Map<String, Json> {
    let mut parameters = Map::new();
    for declared in graph.parameters.declared(keys) {
        let kind = match (declared.secret, declared.members.is_empty()) {
            (true, true) => "secureString",
            (true, false) => "secureObject",
            (false, true) => "string",
            (false, false) => "object",
        };
        let mut stated = json!({ "type": kind });
        if !declared.description.is_empty() {
            stated["metadata"] = json!({ "description": declared.description });
        }
        if !declared.members.is_empty() {
            stated["metadata"]["members"] = json!(declared.members);
        }
        parameters.insert(declared.name.to_owned(), stated);
    }
    parameters
}

/// The template of a part.
fn template(graph: &Graph, part: &Part<'_>) -> String {
    let here: BTreeSet<NodeId> = part.nodes.iter().copied().collect();
    let mut outputs = Map::new();
    for id in &part.outputs {
        let texts = graph.outputs[*id].iter().map(|(name, text)| (name.clone(), Json::String(string(graph, text))));
        outputs.insert(id.to_string(), Json::Object(texts.collect()));
    }
    let mut stated = Map::new();
    if !outputs.is_empty() {
        stated.insert(OUTPUT.to_owned(), json!({ "type": "object", "value": outputs }));
    }
    json_text(&Template {
        schema: SCHEMA,
        content_version: "1.0.0.0",
        parameters: parameters(graph, part.parameters.iter().copied()),
        resources: part.nodes.iter().map(|id| resource(graph, *id, &|on| here.contains(&on))).collect(),
        outputs: stated,
    })
}

/// A resource, and those of what it depends on that stand in the same template.
fn resource(graph: &Graph, id: NodeId, here: &dyn Fn(NodeId) -> bool) -> Ordered<Json> {
    let node = graph.node(id);
    let (name, version) = arm_type(node);
    let mut resource = Vec::new();
    resource.push(("type".to_owned(), json!(name)));
    resource.push(("apiVersion".to_owned(), json!(version)));
    resource.push(("name".to_owned(), json!(string(graph, &Text::path(&node.name)))));
    if let Some(scope) = node.scope {
        resource.push(("scope".to_owned(), json!(format!("[{}]", resource_id(graph, scope)))));
    }
    if let Value::Map(members) = &node.body {
        for (key, value) in members {
            resource.push((string(graph, key), value.json(&|text| string(graph, text))));
        }
    }
    let on: Vec<String> =
        node.depends_on.iter().filter(|on| here(**on)).map(|on| format!("[{}]", resource_id(graph, *on))).collect();
    if !on.is_empty() {
        resource.push(("dependsOn".to_owned(), json!(on)));
    }
    Ordered(resource)
}

pub(super) fn arm_type(node: &Node) -> (&str, &str) {
    match &node.provider_type {
        ProviderType::Arm { name, version } => (name, version),
        ProviderType::Terraform(name) => (name, ""),
    }
}

/// `resourceId(…)`, or `extensionResourceId(…)` for what extends another resource.
fn resource_id(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    let mut call = match node.scope {
        Some(scope) => format!("extensionResourceId({}, ", resource_id(graph, scope)),
        None => "resourceId(".to_owned(),
    };
    let _ = write!(call, "'{}'", arm_type(node).0);
    for segment in &node.name {
        let _ = write!(call, ", {}", operand(graph, segment));
    }
    call.push(')');
    call
}

/// A text as a JSON string of a template.
fn string(graph: &Graph, text: &Text) -> String {
    match text.known() {
        Some(literal) => whole(literal),
        None => format!("[{}]", operand(graph, text)),
    }
}

/// A literal that is a whole string: between brackets it would be read as an expression; one that only begins with a bracket is none.
fn whole(literal: &str) -> String {
    if literal.starts_with('[') && literal.ends_with(']') { format!("[{literal}") } else { literal.to_owned() }
}

/// A text within an expression.
fn operand(graph: &Graph, text: &Text) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for piece in &text.0 {
        match piece {
            Piece::Literal(literal) => pieces.push(quoted(literal)),
            Piece::Expression(expression) => pieces.push(written(graph, expression)),
        }
    }
    match pieces.as_slice() {
        [] => "''".to_owned(),
        [one] => one.clone(),
        several => format!("concat({})", several.join(", ")),
    }
}

fn quoted(literal: &str) -> String {
    format!("'{}'", literal.replace('\'', "''"))
}

fn written(graph: &Graph, expression: &Expression) -> String {
    let (start, rest) = match &expression.origin {
        Origin::Parameter(key) => {
            let (name, member) = graph.parameters.path(key);
            let member = member.map_or_else(String::new, |member| format!(".{member}"));
            (format!("parameters({}){member}", quoted(name)), &expression.path[..])
        }
        Origin::Call(function, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(|argument| operand(graph, argument)).collect();
            (format!("{function}({})", arguments.join(", ")), &expression.path[..])
        }
        Origin::Node(id) => {
            let node = graph.node(*id);
            let first = expression.path.first().map(|step| match step {
                Step::Member(member) => member.as_str(),
                Step::Index(_) => "",
            });
            match first {
                None | Some("id") => (resource_id(graph, *id), expression.path.get(1..).unwrap_or_default()),
                Some("name") => (node.name.last().map(|name| operand(graph, name)).unwrap_or_default(), &expression.path[1..]),
                Some("properties") => {
                    (format!("reference({}, '{}')", resource_id(graph, *id), arm_type(node).1), &expression.path[1..])
                }
                Some(_) => {
                    (format!("reference({}, '{}', 'Full')", resource_id(graph, *id), arm_type(node).1), &expression.path[..])
                }
            }
        }
    };
    start + &steps(rest)
}

/// Steps into a value, as ARM, Bicep and Terraform all write them.
pub(super) fn steps(path: &[Step]) -> String {
    let mut written = String::new();
    for step in path {
        let _ = match step {
            Step::Member(member) => write!(written, ".{member}"),
            Step::Index(index) => write!(written, "[{index}]"),
        };
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::expression::tests::WILD;

    /// What the Resource Manager makes of a string without parameters: `concat` and literals are all that these have.
    fn read(string: &str) -> String {
        let Some(inner) = string.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return string.to_owned() };
        if inner.starts_with('[') {
            return string[1..].to_owned();
        }
        let mut rest = inner.strip_prefix("concat(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(inner);
        let mut out = String::new();
        loop {
            rest = rest.strip_prefix('\'').expect("a literal");
            while let Some((before, after)) = rest.split_once('\'') {
                out.push_str(before);
                rest = after;
                match rest.strip_prefix('\'') {
                    Some(after) => {
                        out.push('\'');
                        rest = after;
                    }
                    None => break,
                }
            }
            match rest.strip_prefix(", ") {
                Some(after) => rest = after,
                None => return out + rest,
            }
        }
    }

    #[test]
    fn the_resource_manager_reads_what_was_written() {
        for text in WILD {
            assert_eq!(read(&whole(text)), text);
            assert_eq!(read(&format!("[concat({}, {})]", quoted(text), quoted("x"))), format!("{text}x"));
        }
        assert_eq!(whole("[%date] %msg"), "[%date] %msg");
        assert_eq!(whole("[test]"), "[[test]");
    }
}
