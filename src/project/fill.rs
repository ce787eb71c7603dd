//! From a plan and the rules to the graph of provider resources.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use minijinja::Value as Dynamic;
use serde_json::Value as Json;

use super::ProjectError;
use super::context::Owner;
use super::expression::{Expression, Marked, Marks, NodeId, Origin, OutputName, Piece, Rank, Source, Text, Value};
use super::graph::{Graph, Node, ProviderType};
use super::labels::label;
use super::parameters::Collected;
use crate::names::ResourceId;
use crate::names::ids;
use crate::plan::{Plan, Resource};
use crate::rules::{Block, EXTRA, EstateLimit, Language, ResourceRule, RuleSet, Template, detail, elements, looped, named, over};

/// What an output calls the group of its resource.
const GROUP: &str = "group";

/// The provider resources of a plan in one language.
pub(super) fn graph(plan: &Plan, rules: &RuleSet, language: Language) -> Result<Graph, ProjectError> {
    let ranks = plan.resources.iter().enumerate().map(|(i, resource)| (&resource.id, Rank(i))).collect();
    let filling = Filling {
        plan,
        rules,
        language,
        ranks,
        marks: Marks::default(),
        parameters: Collected::default(),
        resolved: RefCell::default(),
    };
    filling.graph()
}

/// A projection being filled in.
pub(super) struct Filling<'p> {
    pub(super) plan: &'p Plan,
    pub(super) rules: &'p RuleSet,
    pub(super) language: Language,
    pub(super) ranks: BTreeMap<&'p ResourceId, Rank>,
    pub(super) marks: Marks,
    pub(super) parameters: Collected,
    pub(super) resolved: RefCell<BTreeMap<(Rank, OutputName), Text>>,
}

/// A provider resource that is still to be filled in.
struct Instance<'p> {
    block: &'p Block,
    node: NodeId,
    /// What its loops and its ancestors add to what templates see.
    context: Dynamic,
}

/// A node as far as its block alone tells.
struct Allocated {
    owner: ResourceId,
    path: Vec<String>,
    provider_type: ProviderType,
    name: Vec<String>,
    parent: Option<NodeId>,
}

/// Where the blocks of a list are evaluated.
#[derive(Clone)]
struct Surroundings {
    context: Dynamic,
    parent: Option<NodeId>,
    /// The element of the innermost loop.
    element: Option<String>,
    /// The symbols and elements that lead here, for labels.
    path: Vec<String>,
}

impl<'p> Filling<'p> {
    fn graph(&self) -> Result<Graph, ProjectError> {
        let mut allocated: Vec<Allocated> = Vec::new();
        let mut owners: Vec<Owner<'p>> = Vec::with_capacity(self.plan.resources.len());
        let mut instances: Vec<(usize, Vec<Instance<'p>>)> = Vec::new();
        for (index, resource) in self.plan.resources.iter().enumerate() {
            let mut owner = self.owner(resource)?;
            owner.main = NodeId(allocated.len());
            let start = Surroundings { context: owner.context.clone(), parent: None, element: None, path: Vec::new() };
            let mut found = Vec::new();
            let blocks = owner.rule.blocks.of(owner.language);
            self.allocate(&mut owner, blocks, &start, &mut allocated, &mut found)?;
            instances.push((index, found));
            owners.push(owner);
        }
        for (index, owner) in owners.iter_mut().enumerate() {
            let names = owner.names(self);
            let target = self.marks.value(Source::Node(owner.main));
            let context = over(minijinja::context! { target => target, first => index == 0 }, &over(names, &owner.context));
            for policy in &owner.rule.policies {
                let own = policy.blocks.of(self.language);
                let blocks = if own.is_empty() && policy.name != EXTRA { policy.blocks.of(Language::Arm) } else { own };
                let path = vec!["policy".to_owned(), policy.name.clone()];
                let start = Surroundings { context: context.clone(), parent: None, element: Some(String::new()), path };
                let mut found = Vec::new();
                self.allocate(owner, blocks, &start, &mut allocated, &mut found)?;
                instances.push((index, found));
            }
        }
        for (target, consumer, context) in self.accesses(&owners) {
            let owner = &mut owners[target.0];
            let blocks = owner.rule.access.of(owner.language);
            let path = vec!["for".to_owned(), self.plan.resources[consumer.0].id.to_string()];
            let context = over(owner.names(self), &context);
            let start = Surroundings { context, parent: None, element: Some(String::new()), path };
            let mut found = Vec::new();
            self.allocate(owner, blocks, &start, &mut allocated, &mut found)?;
            instances.push((target.0, found));
        }

        let labels = label(allocated.iter().map(|node| (node.owner.as_str(), node.path.as_slice())));
        let mut graph = Graph { estate: self.plan.estate.clone(), ..Graph::default() };
        let mut outputs: Vec<(usize, BTreeMap<String, Text>)> = Vec::new();
        for (index, owner) in owners.iter().enumerate() {
            let mut texts = BTreeMap::new();
            for (name, output) in &owner.rule.outputs {
                if owner.resource.implied || output.secret || output.of(owner.language).is_none() {
                    continue;
                }
                let of = output.element.as_ref().and_then(|of| owner.resource.config.get(of)?.as_array());
                let elements: Vec<Option<String>> = match of {
                    Some(of) => of.iter().map(element_of).collect(),
                    None => vec![None],
                };
                for element in elements {
                    let called = element.as_ref().map_or_else(|| name.clone(), |element| format!("{name}[{element}]"));
                    let output = OutputName { name: name.clone(), element };
                    if let Some(text) = self.output(&owners, Rank(index), &output, &[], 0)? {
                        texts.insert(called, text);
                    }
                }
            }
            outputs.push((index, texts));
        }
        for (node, label) in allocated.into_iter().zip(labels) {
            graph.nodes.push(Node {
                owner: node.owner,
                label,
                provider_type: node.provider_type,
                name: node.name.iter().map(|name| self.text(&owners, name, 0)).collect::<Result<_, _>>()?,
                parent: node.parent,
                scope: None,
                body: Value::Null,
                depends_on: BTreeSet::new(),
                stated: BTreeSet::new(),
            });
        }
        for (index, instances) in instances {
            self.fill(&owners, index, &instances, &mut graph)?;
        }
        let groups: BTreeSet<&str> = self.plan.groups.iter().map(|group| group.key.as_str()).collect();
        for (index, mut texts) in outputs {
            let resource = owners[index].resource;
            if !texts.is_empty() {
                // A key may end like a number; where the id could be either, its group says which.
                let group =
                    ids::split(resource.id.as_str()).and_then(|_| ids::group_of(&resource.id, |key| groups.contains(key)));
                texts.extend(group.map(|group| (GROUP.to_owned(), Text::literal(group))));
                graph.outputs.insert(resource.id.clone(), texts);
            }
        }
        for owner in &owners {
            graph.notes.extend(self.notes(owner)?);
            graph.namespaces.extend(self.registered(owner)?);
        }
        graph.notes.extend(self.beyond(&owners, &graph));
        let own: Vec<String> = graph.providers().collect();
        graph.namespaces.extend(own);
        graph.parameters = self.parameters.named(self.language);
        graph.settle_names();
        graph.connect();
        Ok(graph)
    }

    /// The notes that a subscription takes fewer provider resources of a type than there are.
    fn beyond(&self, owners: &[Owner<'p>], graph: &Graph) -> Vec<String> {
        let limits: BTreeMap<&str, &EstateLimit> = owners
            .iter()
            .flat_map(|owner| &owner.rule.estate_limits)
            .filter_map(|limit| Some((limit.of.as_deref()?, limit)))
            .collect();
        let beyond = |(of, limit): (&str, &EstateLimit)| {
            let is = |node: &&Node| matches!(&node.provider_type, ProviderType::Arm { name, .. } if name == of);
            let count = graph.nodes.iter().filter(is).count() as u64;
            let EstateLimit { limit, why, source, .. } = limit;
            (count > *limit).then(|| {
                format!(
                    "{count} resources of `{of}`, and a subscription takes {limit} unless it has another quota ({why}; {source})"
                )
            })
        };
        limits.into_iter().filter_map(beyond).collect()
    }

    /// The resource providers that a resource takes beside those of its own ARM types.
    fn registered(&self, owner: &Owner<'p>) -> Result<Vec<String>, ProjectError> {
        let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, "providers", &detail(&error));
        let mut providers = Vec::new();
        for template in &owner.rule.providers {
            providers.extend(template.fill(&owner.context).map_err(failed)?.as_ref().and_then(Json::as_str).map(str::to_owned));
        }
        Ok(providers)
    }

    /// What the templates cannot do for a resource.
    fn notes(&self, owner: &Owner<'p>) -> Result<Vec<String>, ProjectError> {
        let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, "notes", &detail(&error));
        let mut notes = Vec::new();
        for note in owner.rule.notes.of(owner.language) {
            if note.when.holds(&owner.context).map_err(failed)? {
                let message = note.message.fill(&owner.context).map_err(failed)?;
                notes.extend(message.as_ref().and_then(Json::as_str).map(str::to_owned));
            }
        }
        Ok(notes)
    }

    /// Finds the provider resources that a list of blocks stands for.
    fn allocate(
        &self,
        owner: &mut Owner<'p>,
        blocks: &'p [Block],
        around: &Surroundings,
        allocated: &mut Vec<Allocated>,
        instances: &mut Vec<Instance<'p>>,
    ) -> Result<(), ProjectError> {
        let mut seen = around.context.clone();
        for block in blocks {
            let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, &block.symbol, &detail(&error));
            let mut turns = Vec::new();
            match &block.each {
                Some(each) => {
                    for (index, element) in elements(&each.list, &seen).map_err(failed)?.enumerate() {
                        let called = element_name(&element).unwrap_or_else(|| (index + 1).to_string());
                        turns.push((looped(&each.variable, index, element, &seen), Some(called)));
                    }
                }
                None => turns.push((seen.clone(), None)),
            }
            for (context, element) in turns {
                if let Some(when) = &block.when
                    && !when.holds(&context).map_err(failed)?
                {
                    continue;
                }
                let node = NodeId(allocated.len());
                let mut path = around.path.clone();
                path.push(block.symbol.clone());
                path.extend(element.clone());
                let parent = match &block.parent {
                    Some(parent) => Some(self.parent(owner.rule, block, parent, &context)?),
                    None => around.parent,
                };
                let mut segments = parent.map(|parent| allocated[parent.0].name.clone()).unwrap_or_default();
                if let Some(name) = &block.name {
                    segments.extend(names(owner.rule, &block.symbol, name, &context)?);
                }
                allocated.push(Allocated {
                    owner: owner.resource.id.clone(),
                    path: path.clone(),
                    provider_type: provider_type(&block.provider_type),
                    name: segments,
                    parent: parent.filter(|_| block.provider_type.contains('@')),
                });
                let own = named([(block.symbol.clone(), self.marks.value(Source::Node(node)))]);
                // A loop's variable may be called as its block is.
                let context = over(context, &own);
                match element.clone().or_else(|| around.element.clone()) {
                    None => {
                        owner.symbols.insert(&block.symbol, node);
                        seen = over(own, &seen);
                    }
                    Some(element) => {
                        let mut known = owner.of_elements.lock().unwrap_or_else(PoisonError::into_inner);
                        if let Some(outer) = around.element.as_ref().filter(|outer| !outer.is_empty() && **outer != element) {
                            known.insert((block.symbol.clone(), format!("{outer}/{element}")), node);
                        }
                        known.insert((block.symbol.clone(), element), node);
                    }
                }
                let element = element.or_else(|| around.element.clone());
                let inner = Surroundings { context: context.clone(), parent: Some(node), element, path };
                self.allocate(owner, &block.children, &inner, allocated, instances)?;
                instances.push(Instance { block, node, context });
            }
        }
        Ok(())
    }

    /// The node that a block names as its parent.
    fn parent(&self, rule: &ResourceRule, block: &Block, parent: &Template, context: &Dynamic) -> Result<NodeId, ProjectError> {
        let text = required_text(rule, &block.symbol, "parent", parent, context)?;
        match self.marks.pieces(&text).as_slice() {
            [Err(Marked { source: Source::Node(node), path })] if path.is_empty() => Ok(*node),
            _ => Err(ProjectError::not_a_node(rule, &block.symbol, "parent")),
        }
    }

    /// Fills in the bodies of a resource's nodes, now that all of them are known.
    fn fill(
        &self,
        owners: &[Owner<'p>],
        index: usize,
        instances: &[Instance<'p>],
        graph: &mut Graph,
    ) -> Result<(), ProjectError> {
        let owner = &owners[index];
        let names = owner.names(self);
        for of_block in instances.chunk_by(|a, b| std::ptr::eq(a.block, b.block)) {
            let Some(Instance { block, .. }) = of_block.first() else { continue };
            let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, &block.symbol, &detail(&error));
            for Instance { node, context, .. } in of_block {
                let context = over(context.clone(), &names);
                let mut filled = block.body.fill(&context).map_err(failed)?.unwrap_or(Json::Null);
                if *node == owner.main
                    && owner.language == Language::Arm
                    && let Some(extra) = &owner.extra
                {
                    lay_over(owner.resource, EXTRA, &mut filled, extra)?;
                }
                let body = self.value(owners, &filled, 0)?;
                let mut stated = BTreeSet::new();
                if let Some(on) = block.depends_on.as_ref().and_then(|on| on.fill(&context).transpose()) {
                    self.value(owners, &on.map_err(failed)?, 0)?.expressions(&mut |expression| {
                        if let Origin::Node(node) = expression.origin {
                            stated.insert(node);
                        }
                    });
                }
                let scope = match &block.scope {
                    Some(scope) => {
                        let text = required_text(owner.rule, &block.symbol, "scope", scope, &context)?;
                        let text = self.text(owners, &text, 0)?;
                        let [Piece::Expression(Expression { origin: Origin::Node(scope), .. })] = text.0.as_slice() else {
                            return Err(ProjectError::not_a_node(owner.rule, &block.symbol, "scope"));
                        };
                        Some(*scope)
                    }
                    None => None,
                };
                let node = &mut graph.nodes[node.0];
                (node.body, node.stated, node.scope) = (body, stated, scope);
            }
        }
        Ok(())
    }
}

fn required_text(
    rule: &ResourceRule,
    symbol: &str,
    what: &str,
    template: &Template,
    context: &Dynamic,
) -> Result<String, ProjectError> {
    match template.fill(context).map_err(|error| ProjectError::expression(rule, symbol, &detail(&error)))? {
        Some(Json::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(ProjectError::expression(rule, symbol, &format!("its `{what}` comes to no text"))),
    }
}

/// The last segment of a name, or several for a child of a resource that another type becomes.
fn names(rule: &ResourceRule, symbol: &str, name: &Template, context: &Dynamic) -> Result<Vec<String>, ProjectError> {
    let failed = |error: minijinja::Error| ProjectError::expression(rule, symbol, &detail(&error));
    let segments = match name.fill(context).map_err(failed)? {
        Some(Json::Array(segments)) => segments,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let texts: Option<Vec<String>> =
        segments.into_iter().map(|segment| segment.as_str().filter(|text| !text.is_empty()).map(str::to_owned)).collect();
    texts.filter(|texts| !texts.is_empty()).ok_or_else(|| ProjectError::expression(rule, symbol, "its `name` comes to no text"))
}

/// What an element of a collection in a config is called.
fn element_of(element: &Json) -> Option<String> {
    element.get("name").unwrap_or(element).as_str().map(str::to_owned)
}

/// What an element of a list is called: its `name`, or itself.
fn element_name(element: &Dynamic) -> Option<String> {
    let name = element.get_attr("name").ok().filter(|name| !name.is_undefined()).unwrap_or_else(|| element.clone());
    name.as_str().map(str::to_owned)
}

/// Adds raw members to a body; what the rule writes itself is not theirs to say.
fn lay_over(resource: &Resource, path: &str, body: &mut Json, extra: &Json) -> Result<(), ProjectError> {
    match (body, extra) {
        (Json::Object(body), Json::Object(extra)) => {
            for (name, value) in extra {
                let path = format!("{path}.{name}");
                match body.get_mut(name) {
                    Some(written) => lay_over(resource, &path, written, value)?,
                    None => {
                        body.insert(name.clone(), value.clone());
                    }
                }
            }
            Ok(())
        }
        (written, extra) if *written == *extra => Ok(()),
        (written @ Json::Null, extra) => {
            *written = extra.clone();
            Ok(())
        }
        _ => Err(ProjectError::written_already(resource, path)),
    }
}

fn provider_type(stated: &str) -> ProviderType {
    match stated.split_once('@') {
        Some((name, version)) => ProviderType::Arm { name: name.to_owned(), version: version.to_owned() },
        _ => ProviderType::Terraform(stated.to_owned()),
    }
}
