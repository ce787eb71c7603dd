//! Layering rule files and checking them against each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

use super::fields::Reader;
use super::read::{self, Rule};
use super::{RuleSet, builtin, known_names, policy};
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Pointer, Sink, nearest};
use crate::prices::PriceBook;

/// What a file says that lists words.
const VOCABULARY: &str = "vocabulary";
/// What a file says that adds to types.
const POLICY: &str = "policy";

impl RuleSet {
    /// The rules in the binary.
    ///
    /// # Errors
    /// None in a released program: its tests load them.
    pub fn builtin() -> Result<Self, Diagnostics> {
        Self::layered(Vec::new())
    }

    /// The rules in the binary with further rule files laid over them, later ones over earlier ones.
    ///
    /// A file for a new type adds it. A file for a type that is already there is merged into it member by member
    /// (RFC 7396: objects are merged, other values replaced, `null` removes), so a file need only say what differs.
    ///
    /// # Errors
    /// Everything wrong with any of the files, each with its place.
    pub fn layered(documents: Vec<Document>) -> Result<Self, Diagnostics> {
        let (layers, mut faults) = RuleLayers::gather(documents)?;
        match layers.rules() {
            Ok(rules) if faults.is_empty() => Ok(rules),
            Ok(_) => Err(faults.into()),
            Err(further) => {
                faults.extend(further);
                Err(faults.into())
            }
        }
    }

    /// These rules with price lists laid over the built-in ones: answers of the Azure Retail Prices API. The rows of each list
    /// replace all earlier ones of the same meter and region. A file whose `NextPageLink` names a further page is one list
    /// with the file after it. Prices in another currency than the built-in ones stand alone.
    ///
    /// # Errors
    /// Everything wrong with any of the files, each with its place: rows without a meter, negative prices, two currencies.
    pub fn with_prices(mut self, documents: &[Document]) -> Result<Self, Diagnostics> {
        if !documents.is_empty() {
            self.prices = Arc::new(PriceBook::layered(documents)?.over(&self.prices));
        }
        Ok(self)
    }

    /// References from one rule to a resource type that has none, by the rule they stand in.
    fn dangling(&self) -> Vec<((String, String), Vec<Diagnostic>)> {
        let mut all = Vec::new();
        let known = || self.resources.keys().map(crate::names::ResourceType::as_str);
        let unknown = |sink: &mut Sink, at: &At<'_>, resource_type: &str| {
            if !self.resources.contains_key(resource_type) {
                let message = format!("no rule file describes the resource type `{resource_type}`");
                let diagnostic = sink.error(Code::UnknownType, at, message);
                if let Some(near) = nearest(resource_type, known()) {
                    diagnostic.help(format!("did you mean `{near}`?"));
                }
            }
        };
        let at = At::ROOT;
        for rule in self.resources.values() {
            let mut sink = Sink::default();
            for required in &rule.requires {
                let name = required.resource_type.as_str();
                unknown(&mut sink, &at.key("requires").key(name), name);
            }
            for (i, used) in rule.uses.iter().enumerate() {
                for name in &used.of {
                    unknown(&mut sink, &at.key("uses").index(i).key("of"), name);
                }
            }
            for (name, named) in rule.import.settings.iter().flat_map(|settings| &settings.host) {
                if let Some(named) = named {
                    unknown(&mut sink, &at.key("import").key("settings").key("host").key(name), named.as_str());
                }
            }
            all.push((("resourceType".to_owned(), rule.resource_type.to_string()), sink.diagnostics));
        }
        for rule in self.components.values() {
            let mut sink = Sink::default();
            for (i, requirement) in rule.requirements.iter().enumerate() {
                unknown(&mut sink, &at.key("requirements").index(i), requirement.resource_type.as_str());
            }
            all.push((("componentType".to_owned(), rule.component_type.to_string()), sink.diagnostics));
        }
        all
    }

    /// The graph of `requires`: an edge from a type to each that it needs.
    fn requires_graph(&self) -> DiGraph<&str, ()> {
        let mut graph = DiGraph::new();
        let nodes: BTreeMap<&str, _> = self.resources.keys().map(|name| (name.as_str(), graph.add_node(name.as_str()))).collect();
        for rule in self.resources.values() {
            for required in &rule.requires {
                let ends = (nodes.get(rule.resource_type.as_str()), nodes.get(required.resource_type.as_str()));
                if let (Some(from), Some(to)) = ends {
                    graph.add_edge(*from, *to, ());
                }
            }
        }
        graph
    }

    fn circle(&self) -> Option<Diagnostic> {
        let graph = self.requires_graph();
        let circle = tarjan_scc(&graph)
            .into_iter()
            .find(|nodes| nodes.len() > 1 || nodes.iter().any(|node| graph.contains_edge(*node, *node)))?;
        let mut names: Vec<&str> = circle.into_iter().filter_map(|node| graph.node_weight(node).copied()).collect();
        names.sort_unstable();
        let message = format!("resource types require each other in a circle: {}", names.join(", "));
        Some(Diagnostic::error(Code::RuleInvalid, message).at(Pointer::root().key("requires")))
    }

    /// The resource types in layers: each type is in a later one than all that require it.
    pub(crate) fn layers(&self) -> Vec<Vec<&str>> {
        let graph = self.requires_graph();
        let mut depth: BTreeMap<NodeIndex, usize> = BTreeMap::new();
        // Strongly connected components come out required types first, and without circles each is one type.
        for node in tarjan_scc(&graph).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            let above = graph.neighbors_directed(node, Direction::Incoming).filter_map(|from| depth.get(&from));
            let here = above.max().map_or(0, |deepest| deepest + 1);
            depth.insert(node, here);
        }
        let mut layers: Vec<Vec<&str>> = vec![Vec::new(); depth.values().max().map_or(0, |deepest| deepest + 1)];
        for (node, depth) in depth {
            if let (Some(layer), Some(resource_type)) = (layers.get_mut(depth), graph.node_weight(node)) {
                layer.push(*resource_type);
            }
        }
        layers
    }
}

/// Rule files laid over each other, before they are read: what changes to rules are made to.
#[derive(Clone, Debug)]
pub struct RuleLayers(BTreeMap<(String, String), (Value, Document)>);

impl RuleLayers {
    /// The rule files in the binary with these laid over them, as in [`RuleSet::layered`].
    ///
    /// # Errors
    /// Files that are not JSON, or do not say what they describe.
    pub fn new(documents: Vec<Document>) -> Result<Self, Diagnostics> {
        match Self::gather(documents)? {
            (layers, faults) if faults.is_empty() => Ok(layers),
            (_, faults) => Err(faults.into()),
        }
    }

    /// What could be laid over each other, and everything wrong with the rest.
    fn gather(documents: Vec<Document>) -> Result<(Self, Vec<Diagnostic>), Diagnostics> {
        let mut layers: BTreeMap<(String, String), (Value, Document)> = BTreeMap::new();
        let mut faults = Vec::new();
        for document in builtin::documents()?.into_iter().chain(documents) {
            let value = match document.parse() {
                Ok(value) => value,
                Err(diagnostics) => {
                    faults.extend(diagnostics);
                    continue;
                }
            };
            let Some(name) = name(&value) else {
                let mut diagnostic = Diagnostic::error(Code::MissingField, "the file does not say what it describes");
                diagnostic.expect(
                    "an object with a `resourceType`, a `componentType`, a `vocabulary` or a `policy`, which is a string",
                );
                faults.extend(Diagnostics::from(diagnostic).located(&document));
                continue;
            };
            match layers.entry(name) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert((value, document));
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    let (below, from) = entry.get_mut();
                    json_patch::merge(below, &value);
                    *from = document;
                }
            }
        }
        Ok((Self(layers), faults))
    }

    /// The names of the types that are described.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter(|(kind, _)| kind != VOCABULARY && kind != POLICY).map(|(_, name)| name.as_str())
    }

    /// The rule of a type.
    pub(crate) fn rule_mut(&mut self, wanted: &str) -> Option<&mut Value> {
        self.0
            .iter_mut()
            .find(|((kind, name), _)| kind != VOCABULARY && kind != POLICY && name == wanted)
            .map(|(_, (value, _))| value)
    }

    /// Reads the rules.
    ///
    /// # Errors
    /// Everything wrong with any of them, each with its place.
    pub fn rules(&self) -> Result<RuleSet, Diagnostics> {
        let prices = PriceBook::layered(&builtin::prices()?)?;
        self.rules_at(Arc::new(prices))
    }

    /// Reads the rules, at these prices.
    pub(crate) fn rules_at(&self, prices: Arc<PriceBook>) -> Result<RuleSet, Diagnostics> {
        let is_vocabulary = |kind: &str| kind == VOCABULARY;
        let mut faults = Vec::new();
        let mut vocabularies = BTreeMap::new();
        for ((_, name), (value, document)) in self.0.iter().filter(|((kind, _), _)| is_vocabulary(kind)) {
            let mut sink = Sink::default();
            vocabularies.insert(name.clone(), Arc::new(read::vocabulary(&mut sink, name, value.clone())));
            if !sink.diagnostics.is_empty() {
                faults.extend(Diagnostics::from(sink.diagnostics).located(document));
            }
        }
        let reader = Reader { vocabularies: &vocabularies };
        let (mut resources, mut components) = (BTreeMap::new(), BTreeMap::new());
        for (_, (value, document)) in self.0.iter().filter(|((kind, _), _)| !is_vocabulary(kind) && kind != POLICY) {
            let mut sink = Sink::default();
            match reader.rule(&mut sink, value.clone()) {
                Some(Rule::Resource(rule)) => {
                    if !builtin::is_one(document) {
                        known_names::of_resource(&mut sink, value, &rule.properties);
                    }
                    resources.insert(rule.resource_type.clone(), *rule);
                }
                Some(Rule::Component(rule)) => {
                    if !builtin::is_one(document) {
                        known_names::of_component(&mut sink, value, &rule.config);
                    }
                    components.insert(rule.component_type.clone(), rule);
                }
                None => {}
            }
            if !sink.diagnostics.is_empty() {
                faults.extend(Diagnostics::from(sink.diagnostics).located(document));
            }
        }
        for ((_, name), (value, document)) in self.0.iter().filter(|((kind, _), _)| kind == POLICY) {
            let mut sink = Sink::default();
            policy::policy(&mut sink, name, value.clone()).apply(&mut sink, &mut resources);
            if !sink.diagnostics.is_empty() {
                faults.extend(Diagnostics::from(sink.diagnostics).located(document));
            }
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let rules = RuleSet::new(resources, components, vocabularies, prices);
        for (name, diagnostics) in rules.dangling() {
            if let Some((_, document)) = self.0.get(&name) {
                faults.extend(Diagnostics::from(diagnostics).located(document));
            }
        }
        faults.extend(rules.circle());
        if faults.is_empty() { Ok(rules) } else { Err(faults.into()) }
    }
}

fn name(value: &Value) -> Option<(String, String)> {
    ["resourceType", "componentType", VOCABULARY, POLICY]
        .iter()
        .find_map(|kind| Some(((*kind).to_owned(), value.get(*kind)?.as_str()?.to_owned())))
}
