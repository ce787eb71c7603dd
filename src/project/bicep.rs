//! The nodes of an ARM graph as Bicep.

use std::fmt::Write as _;

use super::arm::{arm_type, steps};
use super::expression::{Expression, NodeId, Origin, Piece, Step, Text, Value};
use super::graph::Graph;

/// The template of these nodes.
pub(super) fn template(graph: &Graph, nodes: &[NodeId]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "// {}, as planned by colocate", graph.estate.replace(['\r', '\n'], " "));
    for (name, parameter) in &graph.parameters {
        out.push('\n');
        if !parameter.description.is_empty() {
            let _ = writeln!(out, "@description({})", quoted(&parameter.description));
        }
        if parameter.secret {
            out.push_str("@secure()\n");
        }
        let _ = writeln!(out, "param {name} string");
    }
    for id in nodes {
        resource(&mut out, graph, *id);
    }
    for (resource_type, of_type) in &graph.outputs {
        let resources = of_type.iter().map(|(id, texts)| {
            let texts = texts.iter().map(|(name, text)| (name.clone(), Value::Text(text.clone())));
            (id.to_string(), Value::Map(texts.collect()))
        });
        let _ = write!(out, "\noutput {} object = ", symbol(resource_type.as_str()));
        value(&mut out, graph, &Value::Map(resources.collect()), 0);
        out.push('\n');
    }
    out
}

/// A name that Bicep takes for a symbol.
fn symbol(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn resource(out: &mut String, graph: &Graph, id: NodeId) {
    let node = graph.node(id);
    let (name, version) = arm_type(node);
    let _ = writeln!(out, "\nresource {} '{name}@{version}' = {{", node.label);
    let mut expressed = node.referred();
    for (key, other) in [("parent", node.parent), ("scope", node.scope)] {
        if let Some(other) = other {
            let _ = writeln!(out, "  {key}: {}", graph.node(other).label);
            expressed.insert(other);
        }
    }
    if let Some(name) = node.name.last() {
        let _ = writeln!(out, "  name: {}", text(graph, name));
    }
    if let Value::Map(members) = &node.body {
        members.iter().for_each(|(key, inner)| member(out, graph, key, inner, 1));
    }
    let rest: Vec<&str> =
        node.depends_on.iter().filter(|on| !expressed.contains(on)).map(|on| graph.node(*on).label.as_str()).collect();
    if !rest.is_empty() {
        out.push_str("  dependsOn: [\n");
        for label in rest {
            let _ = writeln!(out, "    {label}");
        }
        out.push_str("  ]\n");
    }
    out.push_str("}\n");
}

fn member(out: &mut String, graph: &Graph, key: &str, inner: &Value, depth: usize) {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let key = if plain { key.to_owned() } else { quoted(key) };
    let _ = write!(out, "{}{key}: ", "  ".repeat(depth));
    value(out, graph, inner, depth);
    out.push('\n');
}

fn value(out: &mut String, graph: &Graph, of: &Value, depth: usize) {
    match of {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Number(number) => {
            // Bicep has no fractions of its own.
            let _ = if number.is_f64() { write!(out, "json('{number}')") } else { write!(out, "{number}") };
        }
        Value::Text(of) => out.push_str(&text(graph, of)),
        Value::List(list) if list.is_empty() => out.push_str("[]"),
        Value::List(list) => {
            out.push_str("[\n");
            for inner in list {
                out.push_str(&"  ".repeat(depth + 1));
                value(out, graph, inner, depth + 1);
                out.push('\n');
            }
            let _ = write!(out, "{}]", "  ".repeat(depth));
        }
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::Map(map) => {
            out.push_str("{\n");
            map.iter().for_each(|(key, inner)| member(out, graph, key, inner, depth + 1));
            let _ = write!(out, "{}}}", "  ".repeat(depth));
        }
    }
}

fn text(graph: &Graph, of: &Text) -> String {
    match of.0.as_slice() {
        [Piece::Expression(expression)] => written(graph, expression),
        pieces => {
            let mut string = String::from("'");
            for piece in pieces {
                match piece {
                    Piece::Literal(literal) => string.push_str(&escaped(literal)),
                    Piece::Expression(expression) => {
                        let _ = write!(string, "${{{}}}", written(graph, expression));
                    }
                }
            }
            string.push('\'');
            string
        }
    }
}

fn quoted(literal: &str) -> String {
    format!("'{}'", escaped(literal))
}

fn escaped(literal: &str) -> String {
    let mut escaped = String::with_capacity(literal.len());
    let mut rest = literal.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\'' => escaped.push_str("\\'"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '$' if rest.peek() == Some(&'{') => escaped.push_str("\\$"),
            c if c.is_control() => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

fn written(graph: &Graph, expression: &Expression) -> String {
    let start = match &expression.origin {
        Origin::Parameter(name) => name.clone(),
        Origin::Call(function, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(|argument| text(graph, argument)).collect();
            format!("{function}({})", arguments.join(", "))
        }
        Origin::Node(id) => {
            let node = graph.node(*id);
            // The symbol's name would be all its segments in a child; only the last one is meant.
            if expression.path == [Step::Member("name".to_owned())] {
                return node.name.last().map(|name| text(graph, name)).unwrap_or_default();
            }
            node.label.clone()
        }
    };
    start + &steps(&expression.path)
}
