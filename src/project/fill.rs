//! From a plan and the rules to the graph of provider resources.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use heck::{ToLowerCamelCase, ToSnakeCase};
use minijinja::Value as Dynamic;
use serde_json::Value as Json;

use super::ProjectError;
use super::expression::{
    Expression, Marked, Marks, NodeId, Origin, OutputName, Piece, Rank, Source, Step, Text, Value, has_mark,
};
use super::graph::{Graph, Node, Parameter, ProviderType};
use super::labels::label;
use crate::names::ResourceId;
use crate::plan::{Plan, Resource, is_mask};
use crate::rules::{Block, Compiled, Language, ResourceRule, RuleSet, Template, detail, elements, looped, named, over};

/// The most characters that the value of a tag may have at Azure.
const TAG: usize = 256;
/// The tag that says who shares a resource.
const SHARED_BY: &str = "colocate-components";
/// The output that a resource whose identity may be granted access has.
const PRINCIPAL: &str = "principalId";
/// Outputs may stand for other resources' outputs so many times over.
const DEPTH: usize = 8;

/// The provider resources of a plan in one language.
pub(super) fn graph(plan: &Plan, rules: &RuleSet, language: Language) -> Result<Graph, ProjectError> {
    let ranks = plan.resources.iter().enumerate().map(|(i, resource)| (&resource.id, Rank(i))).collect();
    let filling = Filling {
        plan,
        rules,
        language,
        ranks,
        marks: Marks::default(),
        parameters: Arc::default(),
        resolved: RefCell::default(),
    };
    filling.graph()
}

struct Filling<'p> {
    plan: &'p Plan,
    rules: &'p RuleSet,
    language: Language,
    ranks: BTreeMap<&'p ResourceId, Rank>,
    marks: Marks,
    parameters: Arc<Mutex<BTreeMap<String, Parameter>>>,
    resolved: RefCell<BTreeMap<(Rank, OutputName), Text>>,
}

/// A resource of the plan with its provider resources allocated.
struct Owner<'p> {
    resource: &'p Resource,
    rule: &'p ResourceRule,
    /// The language of its blocks: a type that says nothing of Terraform is written there from its ARM blocks.
    language: Language,
    /// What its templates see, symbols aside.
    context: Dynamic,
    /// The blocks that stand for one provider resource each.
    symbols: BTreeMap<&'p str, NodeId>,
    /// Those of loops, by symbol and element.
    of_elements: Arc<Mutex<BTreeMap<(String, String), NodeId>>>,
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
            let start = Surroundings { context: owner.context.clone(), parent: None, element: None, path: Vec::new() };
            let mut found = Vec::new();
            let blocks = owner.rule.blocks.of(owner.language);
            self.allocate(&mut owner, blocks, &start, &mut allocated, &mut found)?;
            instances.push((index, found));
            owners.push(owner);
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
                    Some(of) => of.iter().map(|element| element_of(element)).collect(),
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
        for (index, texts) in outputs {
            let resource = owners[index].resource;
            if !texts.is_empty() {
                graph.outputs.insert(resource.id.clone(), texts);
            }
        }
        for owner in &owners {
            graph.notes.extend(self.notes(owner)?);
        }
        graph.parameters = self.parameters.lock().unwrap_or_else(PoisonError::into_inner).clone();
        graph.connect();
        Ok(graph)
    }

    /// What the templates cannot do for a resource.
    fn notes(&self, owner: &Owner<'p>) -> Result<Vec<String>, ProjectError> {
        let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, "notes", &detail(&error));
        let environment = &self.rules.environment;
        let mut notes = Vec::new();
        for note in owner.rule.notes.of(owner.language) {
            if note.when.compile(environment).and_then(|when| when.holds(&owner.context)).map_err(failed)? {
                let message =
                    note.message.compile(environment).and_then(|message| message.fill(&owner.context)).map_err(failed)?;
                notes.extend(message.as_ref().and_then(Json::as_str).map(str::to_owned));
            }
        }
        Ok(notes)
    }

    /// What the templates of a resource see.
    fn owner(&self, resource: &'p Resource) -> Result<Owner<'p>, ProjectError> {
        let resource_type = &resource.resource_type;
        let unknown = || ProjectError::unknown_type(resource);
        let rule = self.rules.resource(resource_type.as_str()).ok_or_else(unknown)?;
        let language = if rule.blocks.of(self.language).is_empty() { Language::Arm } else { self.language };
        if rule.blocks.of(language).is_empty() {
            return Err(ProjectError::no_blocks(rule, self.language));
        }
        let mut config = Json::Object(resource.config.clone());
        self.mark_references(resource, "", &mut config)?;
        let required: Vec<(String, Dynamic)> = resource
            .requires
            .iter()
            .filter_map(|(resource_type, ids)| {
                let rank = *self.ranks.get(ids.first()?)?;
                Some((resource_type.to_string(), self.outputs_of(rank)))
            })
            .collect();
        let context = minijinja::context! {
            id => resource.id.as_str(),
            name => resource.name.as_str(),
            components => Dynamic::from(minijinja::value::Serde(&resource.components)),
            tags => Dynamic::from(minijinja::value::Serde(&tags(resource, &config))),
            config => Dynamic::from(minijinja::value::Serde(&config)),
            required => named(required),
        };
        let context = over(context, &self.functions());
        Ok(Owner { resource, rule, language, context, symbols: BTreeMap::new(), of_elements: Arc::default() })
    }

    /// The functions that all templates may call.
    fn functions(&self) -> Dynamic {
        let declare = |secret: bool| {
            let (marks, parameters) = (self.marks.clone(), Arc::clone(&self.parameters));
            move |name: &str, description: Option<&str>| {
                let mut parameters = parameters.lock().unwrap_or_else(PoisonError::into_inner);
                let known = parameters.entry(name.to_owned()).or_insert_with(|| Parameter { description: String::new(), secret });
                if let Some(description) = description
                    && known.description.is_empty()
                {
                    description.clone_into(&mut known.description);
                }
                marks.value(Source::Parameter(name.to_owned()))
            }
        };
        let call = {
            let marks = self.marks.clone();
            move |function: &str, arguments: minijinja::value::Rest<Dynamic>| {
                marks.value(Source::Call(function.to_owned(), arguments.iter().map(ToString::to_string).collect()))
            }
        };
        let group = (self.language == Language::Terraform).then(|| {
            let declare = declare(false);
            minijinja::context! { name => declare("resource_group_name", Some("The resource group that everything is created in.")) }
        });
        minijinja::context! {
            parameter => Dynamic::from_function(declare(false)),
            secret => Dynamic::from_function(declare(true)),
            call => Dynamic::from_function(call),
            group => group,
        }
    }

    /// The outputs of a resource, as other resources' templates see them.
    fn outputs_of(&self, rank: Rank) -> Dynamic {
        let rule = self.rules.resource(self.plan.resources[rank.0].resource_type.as_str());
        let names = rule.into_iter().flat_map(|rule| rule.outputs.keys());
        named(names.map(|name| {
            let output = OutputName { name: name.clone(), element: None };
            (name.clone(), self.marks.value(Source::Output(rank, output)))
        }))
    }

    /// The mark of the secure parameter that stands for a masked secret. Secrets of one name that differ get two.
    fn secret(&self, name: &str, mask: &str) -> String {
        let plain = match self.language {
            Language::Arm => name.to_lower_camel_case(),
            Language::Terraform => name.to_snake_case(),
        };
        let mut parameters = self.parameters.lock().unwrap_or_else(PoisonError::into_inner);
        let description = format!("The value of {name} ({mask}).");
        let taken = parameters.get(&plain).is_some_and(|known| known.description != description);
        let digits = mask.rsplit(':').next().unwrap_or_default();
        let name = if taken { format!("{plain}_{digits}") } else { plain };
        parameters.insert(name.clone(), Parameter { description, secret: true });
        drop(parameters);
        self.marks.mark(Source::Parameter(name))
    }

    /// Replaces each `${id.output}` in a config by the mark of that output, and each masked secret by that of a secure
    /// parameter; `key` is what the value is called.
    fn mark_references(&self, resource: &Resource, key: &str, value: &mut Json) -> Result<(), ProjectError> {
        match value {
            Json::String(text) if is_mask(text) => {
                *text = self.secret(key, text);
                Ok(())
            }
            Json::String(text) if has_mark(text) => Err(ProjectError::reserved_character(resource, text)),
            Json::String(text) if text.contains("${") => {
                let mut marked = String::with_capacity(text.len());
                let mut rest = text.as_str();
                while let Some((before, after)) = rest.split_once("${") {
                    marked.push_str(before);
                    let reference = after.split_once('}').and_then(|(inner, after)| {
                        let (inner, element) = match inner.strip_suffix(']').and_then(|inner| inner.split_once('[')) {
                            Some((inner, element)) => (inner, Some(element)),
                            None => (inner, None),
                        };
                        let (id, output) = inner.rsplit_once('.')?;
                        let output = OutputName { name: output.to_owned(), element: element.map(str::to_owned) };
                        Some((*self.ranks.get(&ResourceId::from(id))?, output, after))
                    });
                    match reference {
                        Some((rank, output, after)) => {
                            marked.push_str(&self.marks.mark(Source::Output(rank, output)));
                            rest = after;
                        }
                        None => {
                            marked.push_str("${");
                            rest = after;
                        }
                    }
                }
                marked.push_str(rest);
                *text = marked;
                Ok(())
            }
            Json::Array(array) => array.iter_mut().try_for_each(|value| self.mark_references(resource, key, value)),
            Json::Object(map) => map.iter_mut().try_for_each(|(name, value)| {
                let called = if name == "value" { key } else { name };
                self.mark_references(resource, called, value)
            }),
            _ => Ok(()),
        }
    }

    /// Who gets access to what: for each resource with an identity the resources that it or a component on it is bound
    /// to, with the names of those components' elements there.
    fn accesses(&self, owners: &[Owner<'p>]) -> Vec<(Rank, Rank, Dynamic)> {
        let mut pairs: BTreeMap<(Rank, Rank), (bool, BTreeMap<&str, BTreeSet<&str>>)> = BTreeMap::new();
        let guarded = |id: &ResourceId| {
            let rank = *self.ranks.get(id)?;
            (!owners[rank.0].rule.access.of(owners[rank.0].language).is_empty()).then_some(rank)
        };
        for (index, owner) in owners.iter().enumerate() {
            if owner.rule.outputs.get(PRINCIPAL).and_then(|output| output.of(owner.language)).is_none() {
                continue;
            }
            let consumer = Rank(index);
            for target in owner.resource.requires.values().flatten().filter_map(guarded) {
                pairs.entry((target, consumer)).or_default().0 = true;
            }
            for binding in owner.resource.components.iter().filter_map(|id| self.plan.bindings.get(id)) {
                let targets: BTreeSet<&ResourceId> = binding.resources.iter().flat_map(|(_, ids)| ids).collect();
                for (id, target) in targets.into_iter().filter_map(|id| Some((id, guarded(id)?))) {
                    let (_, elements) = pairs.entry((target, consumer)).or_default();
                    for (property, names) in binding.elements.get(id).into_iter().flat_map(|of| of.iter()) {
                        elements.entry(property).or_default().extend(names.iter().map(String::as_str));
                    }
                }
            }
        }
        let context = |((target, consumer), (hosting, elements)): ((Rank, Rank), (bool, BTreeMap<&str, BTreeSet<&str>>))| {
            let context = minijinja::context! {
                hosting => hosting,
                consumer => self.outputs_of(consumer),
                elements => Dynamic::from(minijinja::value::Serde(&elements)),
            };
            (target, consumer, over(context, &owners[target.0].context))
        };
        pairs.into_iter().map(context).collect()
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
        let environment = &self.rules.environment;
        let mut seen = around.context.clone();
        for block in blocks {
            let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, &block.symbol, &detail(&error));
            let when = block.when.as_ref().map(|when| when.compile(environment)).transpose().map_err(failed)?;
            let name = block.name.as_ref().map(|name| name.compile(environment)).transpose().map_err(failed)?;
            let parent = block.parent.as_ref().map(|parent| parent.compile(environment)).transpose().map_err(failed)?;
            let mut turns = Vec::new();
            match &block.each {
                Some(each) => {
                    let list = each.list.compile(environment).map_err(failed)?;
                    for (index, element) in elements(&list, &seen).map_err(failed)?.enumerate() {
                        let called = element_name(&element).unwrap_or_else(|| (index + 1).to_string());
                        turns.push((looped(&each.variable, index, element, &seen), Some(called)));
                    }
                }
                None => turns.push((seen.clone(), None)),
            }
            for (context, element) in turns {
                if let Some(when) = &when
                    && !when.holds(&context).map_err(failed)?
                {
                    continue;
                }
                let node = NodeId(allocated.len());
                let mut path = around.path.clone();
                path.push(block.symbol.clone());
                path.extend(element.clone());
                let parent = match &parent {
                    Some(parent) => Some(self.parent(owner.rule, block, parent, &context)?),
                    None => around.parent,
                };
                let mut segments = parent.map(|parent| allocated[parent.0].name.clone()).unwrap_or_default();
                if let Some(name) = &name {
                    segments.extend(names(owner.rule, &block.symbol, name, &context)?);
                }
                allocated.push(Allocated {
                    owner: owner.resource.id.clone(),
                    path: path.clone(),
                    provider_type: provider_type(owner.language, &block.provider_type),
                    name: segments,
                    parent: parent.filter(|_| owner.language == Language::Arm),
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
    fn parent(
        &self,
        rule: &ResourceRule,
        block: &Block,
        parent: &Compiled<'_>,
        context: &Dynamic,
    ) -> Result<NodeId, ProjectError> {
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
        let environment = &self.rules.environment;
        for of_block in instances.chunk_by(|a, b| std::ptr::eq(a.block, b.block)) {
            let Some(Instance { block, .. }) = of_block.first() else { continue };
            let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, &block.symbol, &detail(&error));
            let body = block.body.compile(environment).map_err(failed)?;
            let scope = block.scope.as_ref().map(|scope| scope.compile(environment)).transpose().map_err(failed)?;
            let depends_on = block.depends_on.as_ref().map(|on| on.compile(environment)).transpose().map_err(failed)?;
            for Instance { node, context, .. } in of_block {
                let context = over(context.clone(), &names);
                let filled = body.fill(&context).map_err(failed)?.unwrap_or(Json::Null);
                let body = self.value(owners, &filled, 0)?;
                let mut stated = BTreeSet::new();
                if let Some(on) = depends_on.as_ref().and_then(|on| on.fill(&context).transpose()) {
                    self.value(owners, &on.map_err(failed)?, 0)?.expressions(&mut |expression| {
                        if let Origin::Node(node) = expression.origin {
                            stated.insert(node);
                        }
                    });
                }
                let scope = match &scope {
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

    /// An output of a resource, or something within it; nothing where its rule's expression comes to nothing.
    fn output(
        &self,
        owners: &[Owner<'p>],
        rank: Rank,
        output: &OutputName,
        path: &[Step],
        depth: usize,
    ) -> Result<Option<Text>, ProjectError> {
        let owner = &owners[rank.0];
        let key = (rank, output.clone());
        let name = output.name.as_str();
        let known = self.resolved.borrow().get(&key).cloned();
        let mut text = match known {
            Some(text) => text,
            None => {
                if depth > DEPTH {
                    return Err(ProjectError::expression(owner.rule, name, "outputs refer to each other in a circle"));
                }
                let Some(template) = owner.rule.outputs.get(name).and_then(|output| output.of(owner.language)) else {
                    return Err(ProjectError::no_output(owner.resource, name, owner.language));
                };
                let failed = |error: minijinja::Error| ProjectError::expression(owner.rule, name, &detail(&error));
                let context = over(owner.names(self), &owner.context);
                let context = over(minijinja::context! { element => output.element.as_deref() }, &context);
                let template: &Template = template;
                let filled = template.compile(&self.rules.environment).and_then(|t| t.fill(&context)).map_err(failed)?;
                let Some(Json::String(filled)) = filled else { return Ok(None) };
                let text = self.text(owners, &filled, depth + 1)?;
                self.resolved.borrow_mut().insert(key, text.clone());
                text
            }
        };
        if let ([Piece::Expression(expression)], false) = (text.0.as_mut_slice(), path.is_empty()) {
            expression.path.extend(path.iter().cloned());
        }
        Ok(Some(text))
    }

    fn value(&self, owners: &[Owner<'p>], json: &Json, depth: usize) -> Result<Value, ProjectError> {
        Ok(match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => Value::Text(self.text(owners, text, depth)?),
            Json::Array(array) => {
                Value::List(array.iter().map(|value| self.value(owners, value, depth)).collect::<Result<_, _>>()?)
            }
            Json::Object(map) => {
                let member =
                    |(key, value): (&String, &Json)| Ok((self.text(owners, key, depth)?, self.value(owners, value, depth)?));
                Value::Map(map.iter().map(member).collect::<Result<_, ProjectError>>()?)
            }
        })
    }

    /// A text with marks as literals and expressions.
    fn text(&self, owners: &[Owner<'p>], marked: &str, depth: usize) -> Result<Text, ProjectError> {
        let mut text = Text::default();
        for piece in self.marks.pieces(marked) {
            match piece {
                Ok(literal) => text.push(Piece::Literal(literal)),
                Err(Marked { source, path }) => {
                    let origin = match source {
                        Source::Node(node) => Origin::Node(node),
                        Source::Parameter(name) => Origin::Parameter(name),
                        Source::Call(function, arguments) => {
                            let arguments = arguments.iter().map(|argument| self.text(owners, argument, depth));
                            Origin::Call(function, arguments.collect::<Result<_, _>>()?)
                        }
                        Source::Output(rank, output) => {
                            match self.output(owners, rank, &output, &path, depth)? {
                                Some(output) => output.0.into_iter().for_each(|piece| text.push(piece)),
                                None => {
                                    return Err(ProjectError::no_output(owners[rank.0].resource, &output.name, self.language));
                                }
                            }
                            continue;
                        }
                    };
                    text.push(Piece::Expression(Expression { origin, path }));
                }
            }
        }
        Ok(text)
    }
}

impl Owner<'_> {
    /// The symbols of its blocks, and `node('symbol', 'element')` for those of loops.
    fn names(&self, filling: &Filling<'_>) -> Dynamic {
        let symbols = self.symbols.iter().map(|(symbol, node)| ((*symbol).to_owned(), filling.marks.value(Source::Node(*node))));
        let (marks, of_elements) = (filling.marks.clone(), Arc::clone(&self.of_elements));
        let node = move |symbol: String, element: String| -> Option<Dynamic> {
            let known = of_elements.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(&(symbol, element)).map(|node| marks.value(Source::Node(*node)))
        };
        named(symbols.chain([("node".to_owned(), Dynamic::from_function(node))]))
    }
}

fn required_text(
    rule: &ResourceRule,
    symbol: &str,
    what: &str,
    template: &Compiled<'_>,
    context: &Dynamic,
) -> Result<String, ProjectError> {
    match template.fill(context).map_err(|error| ProjectError::expression(rule, symbol, &detail(&error)))? {
        Some(Json::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(ProjectError::expression(rule, symbol, &format!("its `{what}` comes to no text"))),
    }
}

/// The last segment of a name, or several for a child of a resource that another type becomes.
fn names(rule: &ResourceRule, symbol: &str, name: &Compiled<'_>, context: &Dynamic) -> Result<Vec<String>, ProjectError> {
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

fn provider_type(language: Language, stated: &str) -> ProviderType {
    match stated.split_once('@') {
        Some((name, version)) if language == Language::Arm => {
            ProviderType::Arm { name: name.to_owned(), version: version.to_owned() }
        }
        _ => ProviderType::Terraform(stated.to_owned()),
    }
}

/// The tags of a resource and who shares it, as far as a tag's value may be long.
fn tags(resource: &Resource, config: &Json) -> BTreeMap<String, Json> {
    let stated = config.get("tags").and_then(Json::as_object);
    let mut tags: BTreeMap<String, Json> =
        stated.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut shared = String::new();
    for (i, id) in resource.components.iter().enumerate() {
        let rest = resource.components.len() - i;
        let more = format!(" and {rest} more");
        let separator = if shared.is_empty() { "" } else { ", " };
        let last = rest == 1;
        let room = if last { TAG } else { TAG - more.len() };
        if shared.len() + separator.len() + id.as_str().len() > room {
            shared.push_str(&more);
            break;
        }
        shared.push_str(separator);
        shared.push_str(id.as_str());
    }
    if !shared.is_empty() {
        tags.insert(SHARED_BY.to_owned(), Json::String(shared));
    }
    tags
}
