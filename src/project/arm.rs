//! ARM template JSON.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::expression::{Expression, NodeId, Origin, Piece, Step, Text, Value};
use super::graph::{Graph, Node, ProviderType};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

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

/// The template of these nodes.
pub(super) fn template(graph: &Graph, nodes: &[NodeId]) -> String {
    let resources = nodes.iter().map(|id| resource(graph, *id)).collect();
    let mut parameters = Map::new();
    for (name, parameter) in &graph.parameters {
        let kind = if parameter.secret { "secureString" } else { "string" };
        let mut stated = json!({ "type": kind });
        if !parameter.description.is_empty() {
            stated["metadata"] = json!({ "description": parameter.description });
        }
        parameters.insert(name.clone(), stated);
    }
    let mut outputs = Map::new();
    for (resource_type, of_type) in &graph.outputs {
        let value: Map<String, Json> = of_type
            .iter()
            .map(|(id, texts)| {
                let texts = texts.iter().map(|(name, text)| (name.clone(), Json::String(string(graph, text))));
                (id.to_string(), Json::Object(texts.collect()))
            })
            .collect();
        outputs.insert(resource_type.to_string(), json!({ "type": "object", "value": value }));
    }
    let template = Template { schema: SCHEMA, content_version: "1.0.0.0", parameters, resources, outputs };
    // Nothing in a template can fail to be written as JSON.
    let mut text = serde_json::to_string_pretty(&template).unwrap_or_default();
    text.push('\n');
    text
}

fn resource(graph: &Graph, id: NodeId) -> Ordered<Json> {
    let node = graph.node(id);
    let (name, version) = arm_type(node);
    let mut resource = Vec::new();
    resource.push(("type".to_owned(), json!(name)));
    resource.push(("apiVersion".to_owned(), json!(version)));
    let mut full = Text::default();
    for (i, segment) in node.name.iter().enumerate() {
        if i > 0 {
            full.push(Piece::Literal("/".to_owned()));
        }
        segment.0.iter().for_each(|piece| full.push(piece.clone()));
    }
    resource.push(("name".to_owned(), json!(string(graph, &full))));
    if let Some(scope) = node.scope {
        resource.push(("scope".to_owned(), json!(format!("[{}]", resource_id(graph, scope)))));
    }
    if let Value::Map(members) = &node.body {
        for (key, value) in members {
            resource.push((key.clone(), value.json(&|text| string(graph, text))));
        }
    }
    if !node.depends_on.is_empty() {
        let on: Vec<String> = node.depends_on.iter().map(|on| format!("[{}]", resource_id(graph, *on))).collect();
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
        // A literal that begins with a bracket would be read as an expression.
        Some(literal) if literal.starts_with('[') => format!("[{literal}"),
        Some(literal) => literal.to_owned(),
        None => format!("[{}]", operand(graph, text)),
    }
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
        Origin::Parameter(name) => (format!("parameters({})", quoted(name)), &expression.path[..]),
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
