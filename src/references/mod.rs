//! References in values: `${cosmos.documentEndpoint}`, `${cosmos:key.output}`, `${UserApi.endpoint}`, `${storage.containers[uploads]}`.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::estate::{Component, Estate};
use crate::input::{Code, Diagnostic, Segment, list_names, nearest, nearest_of_many};
use crate::names::ComponentId;
use crate::requirements::Need;
use crate::rules::RuleSet;
use crate::rules::for_each_element;

/// What a reference points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<'t> {
    /// This component's binding of a resource type.
    Type(&'t str),
    /// This component's binding of a resource type and requirement key.
    Key(&'t str, &'t str),
    /// Another component.
    Component(&'t str),
}

/// One `${…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'t> {
    pub(crate) target: Target<'t>,
    /// An output of the type; where an element is named, the collection that it is in.
    pub(crate) output: &'t str,
    /// The element whose final name is meant.
    pub(crate) element: Option<&'t str>,
}

impl<'t> Reference<'t> {
    /// Reads what stands between the braces.
    pub(crate) fn parse(inner: &'t str, rules: &RuleSet) -> Option<Self> {
        let (head, element) = match inner.strip_suffix(']').and_then(|inner| inner.split_once('[')) {
            Some((head, element)) => (head, Some(element)),
            None => (inner, None),
        };
        let (target, output) = head.rsplit_once('.')?;
        if target.is_empty() || output.is_empty() {
            return None;
        }
        let target = match target.split_once(':') {
            Some((resource_type, key)) => Target::Key(resource_type, key),
            None if rules.resource(target).is_some() => Target::Type(target),
            None => Target::Component(target),
        };
        let of_resource = !matches!(target, Target::Component(_));
        (of_resource || element.is_none()).then_some(Self { target, output, element })
    }
}

/// What stands between the braces of each `${…}` in a text; `Err` is the rest of a text that has no closing brace.
pub(crate) fn inner(text: &str) -> impl Iterator<Item = Result<&str, &str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find("${")?;
        let (found, after) = match rest[start + 2..].split_once('}') {
            Some((inner, after)) => (Ok(inner), after),
            None => (Err(&rest[start..]), ""),
        };
        rest = after;
        Some(found)
    })
}

/// Hands over every text in a value that holds a reference.
pub(crate) fn texts<'v>(value: &'v Value, each: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) if text.contains("${") => each(text),
        Value::Array(array) => array.iter().for_each(|value| texts(value, each)),
        Value::Object(map) => map.values().for_each(|value| texts(value, each)),
        _ => {}
    }
}

/// Everything wrong with the references in an estate's requirements.
pub(crate) fn faults<'n>(estate: &'n Estate, rules: &'n RuleSet, needs: &'n [Need<'n>]) -> Vec<Diagnostic> {
    let texts_of = |need: &'n Need<'n>| {
        let mut found = Vec::new();
        need.config.values().for_each(|value| texts(value, &mut |text| found.push(text)));
        (!found.is_empty()).then_some((need, found))
    };
    let uses: Vec<(&Need<'_>, Vec<&str>)> = needs.iter().filter(|need| need.refers).filter_map(texts_of).collect();
    if uses.is_empty() {
        return Vec::new();
    }
    let ids: Vec<&ComponentId> = estate.components.keys().collect();
    let ranks: FxHashMap<&str, u32> =
        ids.iter().enumerate().map(|(i, id)| (id.as_str(), u32::try_from(i).unwrap_or(u32::MAX))).collect();
    let mut checker =
        Checker { estate, rules, ids, ranks, needs, graph: DiGraph::new(), nodes: BTreeMap::new(), faults: Vec::new(), text: "" };
    for (need, texts) in uses {
        let from = checker.node(Node::Requirement(need.owner, need.resource_type, &need.key));
        for text in texts {
            checker.text(from, need.owner, text);
        }
    }
    checker.circles();
    checker.faults
}

/// Extends a pointer to where a component states a text; false when a rule states it.
fn place(component: &Component, text: &str, segments: &mut Vec<Segment>) -> bool {
    let depth = segments.len();
    segments.push(Segment::Key("config".to_owned()));
    if component.config.iter().any(|(key, value)| find(key, value, text, segments)) {
        return true;
    }
    for (i, requirement) in component.requirements.iter().enumerate() {
        segments.truncate(depth);
        segments.extend([Segment::Key("requirements".to_owned()), Segment::Index(i), Segment::Key("config".to_owned())]);
        if requirement.config.iter().any(|(key, value)| find(key, value, text, segments)) {
            return true;
        }
    }
    segments.truncate(depth);
    false
}

fn find(key: &str, value: &Value, text: &str, segments: &mut Vec<Segment>) -> bool {
    segments.push(Segment::Key(key.to_owned()));
    if find_in(value, text, segments) {
        return true;
    }
    segments.pop();
    false
}

fn find_in(value: &Value, text: &str, segments: &mut Vec<Segment>) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Object(map) => map.iter().any(|(key, value)| find(key, value, text, segments)),
        Value::Array(array) => array.iter().enumerate().any(|(i, value)| {
            segments.push(Segment::Index(i));
            let found = find_in(value, text, segments);
            if !found {
                segments.pop();
            }
            found
        }),
        _ => false,
    }
}

/// A requirement, or an output of a component, in the graph of who needs whose value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node<'a> {
    Requirement(u32, &'a str, &'a str),
    Output(u32, &'a str),
}

struct Checker<'a> {
    estate: &'a Estate,
    rules: &'a RuleSet,
    ids: Vec<&'a ComponentId>,
    ranks: FxHashMap<&'a str, u32>,
    /// In the order of their owners.
    needs: &'a [Need<'a>],
    graph: DiGraph<Node<'a>, ()>,
    nodes: BTreeMap<Node<'a>, NodeIndex>,
    faults: Vec<Diagnostic>,
    /// The text being checked.
    text: &'a str,
}

impl<'a> Checker<'a> {
    fn node(&mut self, node: Node<'a>) -> NodeIndex {
        *self.nodes.entry(node).or_insert_with(|| self.graph.add_node(node))
    }

    /// A fault of the text at hand, placed where the component states it.
    fn fault(&mut self, code: Code, owner: u32, message: String) -> &mut Diagnostic {
        let id = self.name(owner);
        let component = self.estate.components.get(id);
        let mut segments = vec![Segment::Key("components".to_owned()), Segment::Key(id.to_owned())];
        let stated = component.is_some_and(|component| place(component, self.text, &mut segments));
        let last = self.faults.len();
        self.faults.push(Diagnostic::error(code, message).at(segments.into()));
        let fault = &mut self.faults[last];
        if stated { fault } else { fault.on_key() }
    }

    fn name(&self, owner: u32) -> &'a str {
        self.ids.get(owner as usize).map_or("", |id| id.as_str())
    }

    fn text(&mut self, from: NodeIndex, owner: u32, text: &'a str) {
        self.text = text;
        for inner in inner(text) {
            let reference = match inner {
                Ok(inner) => Reference::parse(inner, self.rules),
                Err(_) => None,
            };
            let Some(reference) = reference else {
                let shown = inner.map_or_else(str::to_owned, |inner| format!("${{{inner}}}"));
                let message = format!("`{shown}` in `{}` is not a reference", self.name(owner));
                self.fault(Code::UnknownReference, owner, message)
                    .expect("`${type.output}`, `${type:key.output}`, `${type.collection[element]}` or `${Component.output}`");
                continue;
            };
            if let Some(to) = self.target(owner, reference) {
                self.graph.update_edge(from, to, ());
            }
        }
    }

    /// A component's requirements of a type.
    fn own(&self, owner: u32, resource_type: &str) -> impl Iterator<Item = &'a Need<'a>> {
        let start = self.needs.partition_point(|need| need.owner < owner);
        let own = self.needs[start..].iter().take_while(move |need| need.owner == owner);
        own.filter(move |need| need.resource_type == resource_type)
    }

    /// The keys of a component's requirements of a type.
    fn keys(&self, owner: u32, resource_type: &str) -> Vec<&'a str> {
        let mut keys: Vec<&str> = self.own(owner, resource_type).map(|need| &*need.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The keys that `${type.…}` may mean: where the component's type brings some, those.
    fn meant(&self, owner: u32, resource_type: &str) -> Vec<&'a str> {
        let mut keys: Vec<&str> = self.own(owner, resource_type).filter(|need| need.of_type).map(|need| &*need.key).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() { self.keys(owner, resource_type) } else { keys }
    }

    fn target(&mut self, owner: u32, reference: Reference<'a>) -> Option<NodeIndex> {
        let Reference { target, output, element } = reference;
        let name = self.name(owner);
        match target {
            Target::Type(resource_type) => {
                let keys = self.meant(owner, resource_type);
                match keys.as_slice() {
                    [key] => self.told(owner, resource_type, key, (output, element)),
                    [] => {
                        let message =
                            format!("`{name}` refers to `${{{resource_type}.{output}}}` but requires no `{resource_type}`");
                        self.fault(Code::UnknownReference, owner, message)
                            .help("add the requirement, or refer to another component's output");
                        None
                    }
                    _ => {
                        let message = format!("`${{{resource_type}.{output}}}` in `{name}` fits {} requirements", keys.len());
                        let keys: Vec<String> = keys.iter().map(|key| format!("${{{resource_type}:{key}.{output}}}")).collect();
                        self.fault(Code::AmbiguousReference, owner, message).expect(list_names(keys.iter().map(String::as_str)));
                        None
                    }
                }
            }
            Target::Key(resource_type, key) => {
                let keys = self.keys(owner, resource_type);
                match keys.iter().find(|known| **known == key) {
                    Some(key) => self.told(owner, resource_type, key, (output, element)),
                    None => {
                        let message = format!("`{name}` has no requirement `{resource_type}:{key}` to refer to");
                        let near = nearest(key, keys.iter().copied());
                        let fault = self.fault(Code::UnknownReference, owner, message);
                        if let Some(near) = near {
                            fault.help(format!("did you mean `{resource_type}:{near}`?"));
                        }
                        None
                    }
                }
            }
            Target::Component(id) => self.component_output(owner, id, output),
        }
    }

    /// What a requirement's resource tells: an output, or the name of an element.
    fn told(
        &mut self,
        owner: u32,
        resource_type: &'a str,
        key: &'a str,
        (output, element): (&'a str, Option<&'a str>),
    ) -> Option<NodeIndex> {
        match element {
            Some(element) => self.element_name(owner, (resource_type, key), output, element),
            None => self.resource_output(owner, resource_type, key, output),
        }
    }

    /// The name of an element that the component itself asks for.
    fn element_name(
        &mut self,
        owner: u32,
        (resource_type, key): (&'a str, &'a str),
        property: &str,
        element: &str,
    ) -> Option<NodeIndex> {
        let rule = self.rules.resource(resource_type)?;
        let Some(collection) = rule.properties.find(property).and_then(|(_, property)| property.collection()) else {
            let message = format!("`{property}` of `{resource_type}` has no elements (referred to in `{}`)", self.name(owner));
            let known: Vec<String> =
                rule.properties.iter().filter(|p| p.collection().is_some()).map(crate::rules::Property::name).collect();
            self.fault(Code::UnknownReference, owner, message).expect(list_names(known.iter().map(String::as_str)));
            return None;
        };
        let mut known: BTreeSet<String> = BTreeSet::new();
        for need in self.own(owner, resource_type).filter(|need| need.key == key) {
            if let Some(value) = need.config.get(property) {
                for_each_element(collection, value, |element| {
                    known.insert(element.name.into_owned());
                });
            }
        }
        if !known.contains(element) {
            let message = format!("`{}` asks for no `{element}` in `{property}` of `{resource_type}:{key}`", self.name(owner));
            let near = nearest(element, known.iter().map(String::as_str));
            let fault = self.fault(Code::UnknownReference, owner, message);
            fault.help(near.map_or_else(|| "add it there".to_owned(), |near| format!("did you mean `{near}`?")));
        }
        None
    }

    fn resource_output(&mut self, owner: u32, resource_type: &'a str, key: &'a str, output: &str) -> Option<NodeIndex> {
        let rule = self.rules.resource(resource_type)?;
        if !rule.outputs.contains_key(output) {
            let message = format!("`{resource_type}` has no output `{output}` (referred to in `{}`)", self.name(owner));
            let near = nearest(output, rule.outputs.keys().map(String::as_str));
            let fault = self.fault(Code::UnknownReference, owner, message);
            fault.expect(list_names(rule.outputs.keys().map(String::as_str)));
            if let Some(near) = near {
                fault.help(format!("did you mean `{near}`?"));
            }
            return None;
        }
        // What is known before the resource is there waits for none of its settings.
        if rule.outputs.get(output).is_some_and(|output| output.early) {
            return None;
        }
        // What refers to nothing itself is in no circle.
        let refers = self.own(owner, resource_type).any(|need| need.key == key && need.refers);
        refers.then(|| self.node(Node::Requirement(owner, resource_type, key)))
    }

    fn component_output(&mut self, owner: u32, id: &'a str, output: &'a str) -> Option<NodeIndex> {
        let Some(rank) = self.ranks.get(id).copied() else {
            let message = format!("`{}` refers to `{id}`, which is neither a component nor a resource type", self.name(owner));
            let known = self.ids.iter().map(|id| id.as_str()).chain(self.rules.resources().map(|r| r.resource_type.as_str()));
            let near = nearest_of_many(id, known, self.faults.len());
            let fault = self.fault(Code::UnknownReference, owner, message);
            if let Some(near) = near {
                fault.help(format!("did you mean `{near}`?"));
            }
            return None;
        };
        let rule =
            self.estate.components.get(id).and_then(|c| c.component_type.as_ref()).and_then(|t| self.rules.component(t.as_str()));
        let text = rule.and_then(|rule| rule.outputs.get(output));
        let Some(text) = text else {
            let message = format!("the component `{id}` has no output `{output}` (referred to in `{}`)", self.name(owner));
            let outputs: Vec<&str> = rule.into_iter().flat_map(|rule| rule.outputs.keys()).map(String::as_str).collect();
            let near = nearest(output, outputs.iter().copied());
            let fault = self.fault(Code::UnknownReference, owner, message);
            if outputs.is_empty() {
                fault.help("only components of a type whose rule states outputs have any");
            } else {
                fault.expect(list_names(outputs));
            }
            if let Some(near) = near {
                fault.help(format!("did you mean `{near}`?"));
            }
            return None;
        };
        let known = self.nodes.contains_key(&Node::Output(rank, output));
        let node = self.node(Node::Output(rank, output));
        if !known {
            self.text(node, rank, text);
        }
        Some(node)
    }

    /// One fault for each knot of references that lead back to themselves, with the shortest circle in it.
    fn circles(&mut self) {
        let mut found = Vec::new();
        for knot in tarjan_scc(&self.graph) {
            let alone = |node: &NodeIndex| !self.graph.contains_edge(*node, *node);
            if knot.len() == 1 && knot.iter().all(alone) {
                continue;
            }
            let Some(start) = knot.iter().copied().min_by_key(|node| self.graph[*node]) else { continue };
            if let Some(circle) = self.circle(start) {
                found.push(circle);
            }
        }
        found.sort();
        self.text = "";
        for circle in found {
            let owner = match circle[0] {
                Node::Requirement(owner, ..) | Node::Output(owner, _) => owner,
            };
            let path: Vec<String> = circle.iter().chain(circle.first()).map(|node| self.describe(*node)).collect();
            let message = format!("references lead in a circle: {}", path.join(" → "));
            self.fault(Code::ReferenceCycle, owner, message).help("no value in the circle can be known before the others");
        }
    }

    fn circle(&self, start: NodeIndex) -> Option<Vec<Node<'a>>> {
        let mut came: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
        let mut queue = VecDeque::from([start]);
        while let Some(here) = queue.pop_front() {
            let mut next: Vec<NodeIndex> = self.graph.neighbors(here).collect();
            next.sort_by_key(|node| self.graph[*node]);
            for node in next {
                if node == start {
                    let mut circle = vec![self.graph[here]];
                    let mut at = here;
                    while let Some(before) = came.get(&at) {
                        at = *before;
                        circle.push(self.graph[at]);
                    }
                    circle.reverse();
                    return Some(circle);
                }
                if let Entry::Vacant(entry) = came.entry(node) {
                    entry.insert(here);
                    queue.push_back(node);
                }
            }
        }
        None
    }

    fn describe(&self, node: Node<'_>) -> String {
        match node {
            Node::Requirement(owner, resource_type, key) => format!("{} ({resource_type}:{key})", self.name(owner)),
            Node::Output(owner, output) => format!("{}.{output}", self.name(owner)),
        }
    }
}
