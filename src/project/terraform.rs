//! Terraform configuration in JSON syntax; what a rule says only for ARM is written for the `azapi` provider.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::ProjectError;
use super::arm::{OUTPUT, arm_type, steps};
use super::expression::{Expression, NodeId, Origin, Piece, Step, Text, Value};
use super::graph::{Graph, Node, ProviderType};
use super::parameters::OWN;
use super::parts::{Part, name, parts};
use crate::untrusted::{acts, json_text};

/// What the resource types of the `azapi` provider begin with.
const AZAPI: &str = "azapi_";
/// Members of an ARM resource that `azapi_resource` takes beside its body.
const BESIDE_BODY: [&str; 3] = ["identity", "location", "tags"];

/// The configuration, the resources in files of their own where they are many.
pub(super) fn files(graph: &Graph, order: &[NodeId]) -> Result<Vec<(String, String)>, ProjectError> {
    let exported = exported(graph);
    let bodies: BTreeMap<NodeId, Json> = order
        .iter()
        .map(|id| {
            let node = graph.node(*id);
            let body = match &node.provider_type {
                ProviderType::Terraform(_) => configured(graph, node)?,
                ProviderType::Arm { .. } => azapi(graph, *id, exported.get(id))?,
            };
            Ok((*id, body))
        })
        .collect::<Result<_, ProjectError>>()?;
    let parts = parts(graph, order, |id| bodies[&id].to_string().len() * 2);
    let resources = |part: &Part<'_>| {
        let mut resources: BTreeMap<&str, BTreeMap<&str, &Json>> = BTreeMap::new();
        for id in &part.nodes {
            let node = graph.node(*id);
            resources.entry(provider_type(node)).or_default().insert(&node.label, &bodies[id]);
        }
        json!(resources)
    };
    let mut main = configuration(graph)?;
    if let [only] = parts.as_slice() {
        main.insert("resource".to_owned(), resources(only));
        return Ok(vec![("main.tf.json".to_owned(), json_text(&main))]);
    }
    let mut files = vec![("main.tf.json".to_owned(), json_text(&main))];
    files.extend(
        parts
            .iter()
            .enumerate()
            .map(|(number, part)| (format!("{}.tf.json", name(number)), json_text(&json!({ "resource": resources(part) })))),
    );
    Ok(files)
}

/// Everything but the resources.
fn configuration(graph: &Graph) -> Result<Map<String, Json>, ProjectError> {
    let by_arm = graph.nodes.iter().any(|node| provider_type(node).starts_with(AZAPI));
    let mut variables = Map::new();
    let descriptions = ["The subscription to deploy to.", "The resource group that everything is created in."];
    for (name, description) in OWN.into_iter().zip(descriptions) {
        variables.insert(name.to_owned(), json!({ "type": "string", "description": description }));
    }
    for declared in graph.parameters.declared(graph.parameters.keys()) {
        let mut variable = json!({ "type": "string" });
        if !declared.description.is_empty() {
            // A description is plain text, in which nothing begins a template.
            variable["description"] = json!(declared.description);
        }
        if declared.secret {
            variable["sensitive"] = json!(true);
        }
        variables.insert(declared.name.to_owned(), variable);
    }
    let mut required = json!({ "azurerm": { "source": "hashicorp/azurerm", "version": "~> 5.0" } });
    let mut provider = json!({ "azurerm": {
        "features": {},
        "resource_providers_to_register": graph.namespaces,
        "storage_use_azuread": true,
        "subscription_id": "${var.subscription_id}",
    } });
    if by_arm {
        required["azapi"] = json!({ "source": "azure/azapi", "version": "~> 2.0" });
        provider["azapi"] = json!({ "subscription_id": "${var.subscription_id}" });
    }
    let mut outputs = Map::new();
    for (id, texts) in &graph.outputs {
        let mut written = Map::new();
        for (name, text) in texts {
            written.insert(name.clone(), Json::String(string(graph, text)?));
        }
        outputs.insert(id.to_string(), Json::Object(written));
    }
    let mut configuration = Map::new();
    configuration.insert("terraform".to_owned(), json!({ "required_version": ">= 1.9", "required_providers": required }));
    configuration.insert("provider".to_owned(), provider);
    configuration.insert("variable".to_owned(), Json::Object(variables));
    if !outputs.is_empty() {
        configuration.insert("output".to_owned(), json!({ OUTPUT: { "value": outputs } }));
    }
    Ok(configuration)
}

fn provider_type(node: &Node) -> &str {
    match &node.provider_type {
        ProviderType::Terraform(name) => name,
        ProviderType::Arm { .. } => "azapi_resource",
    }
}

fn address(node: &Node) -> String {
    format!("{}.{}", provider_type(node), node.label)
}

/// A resource whose arguments its rule states.
fn configured(graph: &Graph, node: &Node) -> Result<Json, ProjectError> {
    let mut body = match json(graph, &node.body)? {
        Json::Object(map) => map,
        _ => Map::new(),
    };
    depend(graph, node, &mut body);
    Ok(Json::Object(body))
}

/// Names what no reference expresses.
fn depend(graph: &Graph, node: &Node, body: &mut Map<String, Json>) {
    let expressed = node.referred();
    let rest: Vec<String> =
        node.depends_on.iter().filter(|on| !expressed.contains(on)).map(|on| address(graph.node(*on))).collect();
    if !rest.is_empty() {
        body.insert("depends_on".to_owned(), json!(rest));
    }
}

/// The runtime properties of ARM resources that something refers to.
fn exported(graph: &Graph) -> BTreeMap<NodeId, BTreeSet<String>> {
    let mut exported: BTreeMap<NodeId, BTreeSet<String>> = BTreeMap::new();
    let mut note = |expression: &Expression| {
        if let (Origin::Node(id), [Step::Member(first), ..]) = (&expression.origin, expression.path.as_slice())
            && matches!(graph.node(*id).provider_type, ProviderType::Arm { .. })
            && !BESIDE_BODY.contains(&first.as_str())
            && !["id", "name"].contains(&first.as_str())
        {
            exported.entry(*id).or_default().insert(steps(&expression.path).trim_start_matches('.').to_owned());
        }
    };
    graph.nodes.iter().for_each(|node| node.body.expressions(&mut note));
    graph.outputs.values().flat_map(BTreeMap::values).for_each(|text| text.expressions(&mut note));
    exported
}

/// A resource that its rule describes for ARM only.
fn azapi(graph: &Graph, id: NodeId, exported: Option<&BTreeSet<String>>) -> Result<Json, ProjectError> {
    let node = graph.node(id);
    let (name, version) = arm_type(node);
    let parent = match node.parent.or(node.scope) {
        Some(parent) => format!("${{{}.id}}", address(graph.node(parent))),
        None => "/subscriptions/${var.subscription_id}/resourceGroups/${var.resource_group_name}".to_owned(),
    };
    let mut body = Map::new();
    body.insert("type".to_owned(), json!(format!("{name}@{version}")));
    body.insert("parent_id".to_owned(), json!(parent));
    let own = node.name.last().map(|name| string(graph, name)).transpose()?;
    body.insert("name".to_owned(), json!(own.unwrap_or_default()));
    if let Json::Object(mut members) = json(graph, &node.body)? {
        for key in BESIDE_BODY {
            body.extend(members.remove(key).map(|value| (key.to_owned(), value)));
        }
        body.insert("body".to_owned(), Json::Object(members));
    }
    if let Some(exported) = exported {
        body.insert("response_export_values".to_owned(), json!(exported));
    }
    let mut linked = node.referred();
    linked.extend(node.parent);
    linked.extend(node.scope);
    let rest: Vec<String> = node.depends_on.iter().filter(|on| !linked.contains(on)).map(|on| address(graph.node(*on))).collect();
    if !rest.is_empty() {
        body.insert("depends_on".to_owned(), json!(rest));
    }
    Ok(Json::Object(body))
}

fn json(graph: &Graph, value: &Value) -> Result<Json, ProjectError> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => Json::String(string(graph, text)?),
        Value::List(list) => Json::Array(list.iter().map(|value| json(graph, value)).collect::<Result<_, _>>()?),
        Value::Map(map) => {
            let member = |(key, value): &(Text, Value)| Ok((string(graph, key)?, json(graph, value)?));
            Json::Object(map.iter().map(member).collect::<Result<_, ProjectError>>()?)
        }
    })
}

/// A text as a string of the configuration, in which `${` and `%{` begin templates.
fn string(graph: &Graph, text: &Text) -> Result<String, ProjectError> {
    let mut string = String::new();
    for (i, piece) in text.0.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => string.push_str(&escaped(literal, i + 1 < text.0.len())),
            Piece::Expression(expression) => {
                let _ = write!(string, "${{{}}}", written(graph, expression)?);
            }
        }
    }
    Ok(string)
}

/// A literal in a template, in which `${` and `%{` begin something, doubled signs before a brace stand for one, and nothing
/// tells what further signs before those are: they are expressions of their own. `before_expression`: a `${` follows.
fn escaped(literal: &str, before_expression: bool) -> String {
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find(['$', '%']) {
        let (before, from) = rest.split_at(at);
        let sign = if from.starts_with('$') { '$' } else { '%' };
        let after = from.trim_start_matches(sign);
        let run = from.len() - after.len();
        out.push_str(before);
        let written = |out: &mut String, times: usize| (0..times).for_each(|_| out.extend(["${\"", &sign.to_string(), "\"}"]));
        if after.starts_with('{') {
            written(&mut out, run - 1);
            out.extend([sign, sign]);
        } else if after.is_empty() && before_expression {
            written(&mut out, run);
        } else {
            out.push_str(from.get(..run).unwrap_or_default());
        }
        rest = after;
    }
    out + rest
}

/// The same within a quoted string, which has escapes and holds no line break.
fn quoted(literal: &str, before_expression: bool) -> String {
    let mut out = String::with_capacity(literal.len());
    for c in literal.chars() {
        match c {
            '\\' | '"' => out.extend(['\\', c]),
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c if acts(c) => {
                let code = u32::from(c);
                let _ = if code > 0xffff { write!(out, "\\U{code:08x}") } else { write!(out, "\\u{code:04x}") };
            }
            c => out.push(c),
        }
    }
    escaped(&out, before_expression)
}

/// A text within an expression.
fn operand(graph: &Graph, text: &Text) -> Result<String, ProjectError> {
    if let [Piece::Expression(expression)] = text.0.as_slice() {
        return written(graph, expression);
    }
    let mut string = String::from("\"");
    for (i, piece) in text.0.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => string.push_str(&quoted(literal, i + 1 < text.0.len())),
            Piece::Expression(expression) => {
                let _ = write!(string, "${{{}}}", written(graph, expression)?);
            }
        }
    }
    string.push('"');
    Ok(string)
}

fn written(graph: &Graph, expression: &Expression) -> Result<String, ProjectError> {
    let start = match &expression.origin {
        Origin::Parameter(key) => format!("var.{}", graph.parameters.path(key).0),
        Origin::Call(function, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(|a| operand(graph, a)).collect::<Result<_, _>>()?;
            format!("{function}({})", arguments.join(", "))
        }
        Origin::Node(id) => {
            let node = graph.node(*id);
            let first = expression.path.first();
            let within = match first {
                Some(Step::Member(member)) => !["id", "name"].contains(&member.as_str()),
                Some(Step::Index(_)) => true,
                None => false,
            };
            match node.provider_type {
                ProviderType::Arm { .. } if within && first != Some(&Step::Member("identity".to_owned())) => {
                    format!("{}.output", address(node))
                }
                ProviderType::Arm { .. } if within => {
                    return azapi_identity(node, &expression.path);
                }
                _ => address(node),
            }
        }
    };
    Ok(start + &steps(&expression.path))
}

/// `identity.principalId` of an ARM resource, as `azapi_resource` gives it.
fn azapi_identity(node: &Node, path: &[Step]) -> Result<String, ProjectError> {
    let attribute = match path {
        [_, Step::Member(member)] if member == "principalId" => "principal_id",
        [_, Step::Member(member)] if member == "tenantId" => "tenant_id",
        _ => return Err(ProjectError::not_in_terraform(&node.label, "identity")),
    };
    Ok(format!("{}.identity[0].{attribute}", address(node)))
}

#[cfg(test)]
mod tests {
    use hcl::eval::{Context, Evaluate};

    use super::*;
    use crate::project::expression::tests::WILD;

    /// What Terraform makes of a template in which `x` is a variable.
    fn read<T>(text: &str) -> String
    where
        T: Evaluate + std::str::FromStr<Err: std::fmt::Debug>,
        T::Output: Into<hcl::Value>,
    {
        let mut context = Context::new();
        context.declare_var("x", "<x>");
        let template: T = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
        let value: hcl::Value = template.evaluate(&context).expect("it comes to something").into();
        value.as_str().expect("a string").to_owned()
    }

    #[test]
    fn terraform_reads_what_was_written() {
        for text in WILD {
            assert_eq!(read::<hcl::Template>(&escaped(text, false)), text, "alone");
            assert_eq!(read::<hcl::Template>(&format!("{}${{x}}", escaped(text, true))), format!("{text}<x>"), "before");
            assert_eq!(read::<hcl::Template>(&format!("${{x}}{}", escaped(text, false))), format!("<x>{text}"), "after");
            assert_eq!(read::<hcl::Expression>(&format!("\"{}\"", quoted(text, false))), text, "quoted");
            assert_eq!(read::<hcl::Expression>(&format!("\"{}${{x}}\"", quoted(text, true))), format!("{text}<x>"), "quoted");
        }
    }
}
