//! The nodes of an ARM graph as Bicep.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::arm::{OUTPUT, arm_type, steps};
use super::expression::{Expression, NodeId, Origin, Piece, Step, Text, Value};
use super::graph::{Graph, Node};
use super::parameters::Declared;
use super::parts::{Part, deployment, name, parts};
use crate::untrusted::acts;

/// The template, and modules for it where one cannot hold everything.
pub(super) fn files(graph: &Graph, order: &[NodeId]) -> Vec<(String, String)> {
    let parts = parts(graph, order, |id| {
        let mut text = String::new();
        resource(&mut text, graph, id, &|_| true);
        // Bicep is compiled to JSON, which takes about twice as much.
        2 * text.len()
    });
    if let [only] = parts.as_slice() {
        return vec![("main.bicep".to_owned(), template(graph, only))];
    }
    let file = |number: usize| format!("{}.bicep", name(number));
    let mut files = vec![("main.bicep".to_owned(), main(graph, &parts, file))];
    files.extend(parts.iter().enumerate().map(|(number, part)| (file(number), template(graph, part))));
    files
}

/// A template that deploys the parts one after the other.
fn main(graph: &Graph, parts: &[Part<'_>], file: impl Fn(usize) -> String) -> String {
    let mut out = head(graph);
    parameters(&mut out, graph, graph.parameters.keys());
    for (number, part) in parts.iter().enumerate() {
        let name = name(number);
        let _ = writeln!(out, "\nmodule {} '{}' = {{\n  name: '{}'", symbol(&name), file(number), deployment(graph, number));
        if !part.parameters.is_empty() {
            out.push_str("  params: {\n");
            for Declared { name, .. } in graph.parameters.declared(part.parameters.iter().copied()) {
                let _ = writeln!(out, "    {name}: {name}");
            }
            out.push_str("  }\n");
        }
        if let Some(before) = number.checked_sub(1) {
            let _ = writeln!(out, "  dependsOn: [\n    {}\n  ]", symbol(&self::name(before)));
        }
        out.push_str("}\n");
    }
    out
}

fn head(graph: &Graph) -> String {
    format!("// {}, as planned by colocate\n", graph.estate.replace(['\r', '\n'], " "))
}

fn parameters<'g>(out: &mut String, graph: &'g Graph, keys: impl Iterator<Item = &'g str>) {
    for declared in graph.parameters.declared(keys) {
        out.push('\n');
        if !declared.description.is_empty() {
            let _ = writeln!(out, "@description({})", quoted(&declared.description));
        }
        if !declared.members.is_empty() {
            out.push_str("@metadata({\n  members: [\n");
            declared.members.iter().for_each(|member| {
                let _ = writeln!(out, "    {}", quoted(member));
            });
            out.push_str("  ]\n})\n");
        }
        if declared.secret {
            out.push_str("@secure()\n");
        }
        let _ = writeln!(out, "param {} {}", declared.name, if declared.members.is_empty() { "string" } else { "object" });
    }
}

/// The template of a part.
fn template(graph: &Graph, part: &Part<'_>) -> String {
    let mut out = head(graph);
    parameters(&mut out, graph, part.parameters.iter().copied());
    let here: BTreeSet<NodeId> = part.nodes.iter().copied().collect();
    for id in elsewhere(graph, part, &here) {
        existing(&mut out, graph, id);
    }
    for id in &part.nodes {
        resource(&mut out, graph, *id, &|on| here.contains(&on));
    }
    if !part.outputs.is_empty() {
        let resources = part.outputs.iter().map(|id| {
            let texts = graph.outputs[*id].iter().map(|(name, text)| (Text::literal(name), Value::Text(text.clone())));
            (Text::literal(id.as_str()), Value::Map(texts.collect()))
        });
        let _ = write!(out, "\noutput {OUTPUT} object = ");
        value(&mut out, graph, &Value::Map(resources.collect()), 0);
        out.push('\n');
    }
    out
}

/// The nodes of other parts that this one names.
fn elsewhere(graph: &Graph, part: &Part<'_>, here: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<NodeId> = Vec::new();
    for node in part.nodes.iter().map(|id| graph.node(*id)) {
        open.extend(node.referred());
        open.extend(node.parent);
        open.extend(node.scope);
    }
    for text in part.outputs.iter().flat_map(|id| graph.outputs[*id].values()) {
        text.expressions(&mut |expression| {
            if let Origin::Node(node) = expression.origin {
                open.push(node);
            }
        });
    }
    while let Some(id) = open.pop() {
        if !here.contains(&id) && found.insert(id) {
            open.extend(graph.node(id).parent);
            open.extend(graph.node(id).scope);
        }
    }
    found
}

/// Declares a resource that another part deploys.
fn existing(out: &mut String, graph: &Graph, id: NodeId) {
    let node = graph.node(id);
    let (name, version) = arm_type(node);
    let _ = writeln!(out, "\nresource {} '{name}@{version}' existing = {{", node.label);
    place(out, graph, node);
    out.push_str("}\n");
}

/// Where a resource is, and its name.
fn place(out: &mut String, graph: &Graph, node: &Node) {
    for (key, other) in [("parent", node.parent), ("scope", node.scope)] {
        if let Some(other) = other {
            let _ = writeln!(out, "  {key}: {}", graph.node(other).label);
        }
    }
    let own = match node.parent {
        Some(parent) => &node.name[graph.node(parent).name.len()..],
        None => &node.name,
    };
    let _ = writeln!(out, "  name: {}", text(graph, &Text::path(own)));
}

/// A name that Bicep takes for a symbol.
fn symbol(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A resource, and those of what it depends on that stand in the same file.
fn resource(out: &mut String, graph: &Graph, id: NodeId, here: &dyn Fn(NodeId) -> bool) {
    let node = graph.node(id);
    let (name, version) = arm_type(node);
    let _ = writeln!(out, "\nresource {} '{name}@{version}' = {{", node.label);
    place(out, graph, node);
    let mut expressed = node.referred();
    expressed.extend(node.parent);
    expressed.extend(node.scope);
    if let Value::Map(members) = &node.body {
        members.iter().for_each(|(key, inner)| member(out, graph, key, inner, 1));
    }
    let rest: Vec<&str> = node
        .depends_on
        .iter()
        .filter(|on| !expressed.contains(on) && here(**on))
        .map(|on| graph.node(*on).label.as_str())
        .collect();
    if !rest.is_empty() {
        out.push_str("  dependsOn: [\n");
        for label in rest {
            let _ = writeln!(out, "    {label}");
        }
        out.push_str("  ]\n");
    }
    out.push_str("}\n");
}

fn member(out: &mut String, graph: &Graph, key: &Text, inner: &Value, depth: usize) {
    let plain = |key: &&str| {
        key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let key = match key.known().filter(plain) {
        Some(key) => key.to_owned(),
        None => interpolated(graph, key),
    };
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
        _ => interpolated(graph, of),
    }
}

fn interpolated(graph: &Graph, of: &Text) -> String {
    let mut string = String::from("'");
    for (i, piece) in of.0.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => string.push_str(&escaped(literal, i + 1 < of.0.len())),
            Piece::Expression(expression) => {
                let _ = write!(string, "${{{}}}", written(graph, expression));
            }
        }
    }
    string.push('\'');
    string
}

fn quoted(literal: &str) -> String {
    format!("'{}'", escaped(literal, false))
}

/// A literal in a string; `before_expression`: a `${` follows.
fn escaped(literal: &str, before_expression: bool) -> String {
    let mut escaped = String::with_capacity(literal.len());
    let mut rest = literal.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\'' => escaped.push_str("\\'"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '$' if rest.peek().map_or(before_expression, |next| *next == '{') => escaped.push_str("\\$"),
            // A log that shows the template would take `##[` for a command.
            c if acts(c) || c == '#' && rest.peek() == Some(&'[') => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

fn written(graph: &Graph, expression: &Expression) -> String {
    let start = match &expression.origin {
        Origin::Parameter(key) => match graph.parameters.path(key) {
            (name, Some(member)) => format!("{name}.{member}"),
            (name, None) => name.to_owned(),
        },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::expression::tests::WILD;

    /// The text that a string comes to, `<x>` for each interpolation, as the grammar of Bicep divides it.
    fn read(string: &str) -> String {
        let source = format!("var a = {string}\n");
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).expect("the grammar");
        let tree = parser.parse(&source, None).expect("a tree");
        assert!(!tree.root_node().has_error(), "{source}: {}", tree.root_node().to_sexp());
        let mut found = Vec::new();
        interpolations(tree.root_node(), &mut found);
        let (mut out, mut at) = (String::new(), "var a = '".len());
        for range in found {
            out.push_str(&unescaped(&source[at..range.start]));
            out.push_str("<x>");
            at = range.end;
        }
        out + &unescaped(source[at..].strip_suffix("'\n").expect("a quote"))
    }

    fn interpolations(node: tree_sitter::Node<'_>, found: &mut Vec<std::ops::Range<usize>>) {
        if node.kind() == "interpolation" {
            return found.push(node.byte_range());
        }
        let mut cursor = node.walk();
        node.children(&mut cursor).for_each(|child| interpolations(child, found));
    }

    /// What Bicep's escapes stand for.
    fn unescaped(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\\') {
            out.push_str(before);
            let mut chars = after.chars();
            match chars.next().expect("an escape") {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                c @ ('\\' | '\'' | '$') => out.push(c),
                'u' => {
                    let (code, after) = after[1..].strip_prefix('{').and_then(|rest| rest.split_once('}')).expect("a code");
                    out.push(char::from_u32(u32::from_str_radix(code, 16).expect("digits")).expect("a character"));
                    chars = after.chars();
                }
                other => panic!("`\\{other}` is no escape"),
            }
            rest = chars.as_str();
        }
        out + rest
    }

    #[test]
    fn bicep_reads_what_was_written() {
        for text in WILD {
            assert_eq!(read(&format!("'{}'", escaped(text, false))), text, "alone");
            assert_eq!(read(&format!("'{}${{x}}'", escaped(text, true))), format!("{text}<x>"), "before");
            assert_eq!(read(&format!("'${{x}}{}'", escaped(text, false))), format!("<x>{text}"), "after");
        }
    }
}
