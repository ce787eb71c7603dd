//! The provider resources of a plan and what each needs before it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::expression::{Expression, NodeId, Origin, Step, Text, Value};
use super::parameters::Parameters;
use crate::names::ResourceId;

/// Everything that a plan becomes in one language.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) estate: String,
    /// In the order of the plan's resources.
    pub(super) nodes: Vec<Node>,
    pub(super) parameters: Parameters,
    /// The resource providers of Azure that a subscription needs for it.
    pub(super) namespaces: BTreeSet<String>,
    /// What remains to be done by hand.
    pub(super) notes: Vec<String>,
    /// The outputs of the resources that components asked for.
    pub(super) outputs: BTreeMap<ResourceId, BTreeMap<String, Text>>,
}

/// A provider resource.
#[derive(Debug)]
pub(super) struct Node {
    /// The resource of the plan that it is a part of.
    pub(super) owner: ResourceId,
    /// A name in the language, unique in the graph.
    pub(super) label: String,
    /// As the rule states it.
    pub(super) provider_type: ProviderType,
    /// The segments of its name; none in Terraform, where it is an argument.
    pub(super) name: Vec<Text>,
    pub(super) parent: Option<NodeId>,
    /// The resource that it extends.
    pub(super) scope: Option<NodeId>,
    pub(super) body: Value,
    /// What must be there before it, and is not there already because of another of these.
    pub(super) depends_on: BTreeSet<NodeId>,
    /// Those that the rule names and no reference in the body expresses.
    pub(super) stated: BTreeSet<NodeId>,
}

/// The type of a provider resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProviderType {
    /// `Microsoft.DocumentDB/databaseAccounts` at an API version.
    Arm { name: String, version: String },
    /// `azurerm_cosmosdb_account`.
    Terraform(String),
}

impl Graph {
    /// The resource providers of its ARM resources: `Microsoft.Storage`.
    pub(super) fn providers(&self) -> impl Iterator<Item = String> {
        self.nodes.iter().filter_map(|node| match &node.provider_type {
            ProviderType::Arm { name, .. } => name.split_once('/').map(|(provider, _)| provider.to_owned()),
            ProviderType::Terraform(_) => None,
        })
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Writes the names of ARM resources out where others refer to them: they are known before anything is deployed.
    pub(super) fn settle_names(&mut self) {
        // A name may be made of another's, as a child's of its parent's.
        for _ in 0..2 {
            let own = |node: &Node| match (&node.provider_type, node.name.last()) {
                (ProviderType::Arm { .. }, Some(name)) => name.known().map(str::to_owned),
                _ => None,
            };
            let names: Vec<Option<String>> = self.nodes.iter().map(own).collect();
            let known = |expression: &Expression| match (&expression.origin, expression.path.as_slice()) {
                (Origin::Node(id), [Step::Member(member)]) if member == "name" => names[id.0].clone(),
                _ => None,
            };
            for node in &mut self.nodes {
                node.name.iter_mut().for_each(|name| name.settle(&known));
                node.body.settle(&known);
            }
            self.outputs.values_mut().flat_map(BTreeMap::values_mut).for_each(|text| text.settle(&known));
        }
    }

    /// All nodes, each after what it depends on, else in the plan's order; `Err` is some that wait for each other.
    pub(super) fn order(&self) -> Result<Vec<NodeId>, Vec<NodeId>> {
        let mut waiting: Vec<usize> = self.nodes.iter().map(|node| node.depends_on.len()).collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            node.depends_on.iter().for_each(|on| users[on.0].push(index));
        }
        let mut ready: BinaryHeap<Reverse<usize>> = (0..waiting.len()).filter(|i| waiting[*i] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(waiting.len());
        while let Some(Reverse(next)) = ready.pop() {
            order.push(NodeId(next));
            for user in &users[next] {
                waiting[*user] -= 1;
                if waiting[*user] == 0 {
                    ready.push(Reverse(*user));
                }
            }
        }
        if order.len() == self.nodes.len() {
            return Ok(order);
        }
        Err((0..waiting.len()).filter(|i| waiting[*i] > 0).map(NodeId).collect())
    }

    /// Notes what each node depends on: its parent, its scope, what its values refer to and what its rule states; and
    /// leaves out what is there already because of another of these.
    pub(super) fn connect(&mut self) {
        let all: Vec<BTreeSet<NodeId>> =
            (0..self.nodes.len()).map(|i| self.nodes[i].needs().into_iter().filter(|on| on.0 != i).collect()).collect();
        for index in 0..self.nodes.len() {
            let mut least = all[index].clone();
            if least.len() > 1 {
                let mut seen = BTreeSet::new();
                let mut open: Vec<NodeId> = all[index].iter().flat_map(|on| all[on.0].iter().copied()).collect();
                while let Some(next) = open.pop() {
                    if next.0 != index && seen.insert(next) {
                        open.extend(all[next.0].iter().copied());
                    }
                }
                least.retain(|on| !seen.contains(on));
            }
            self.nodes[index].depends_on = least;
        }
    }
}

impl Node {
    fn needs(&self) -> BTreeSet<NodeId> {
        let mut needs = self.referred();
        needs.extend(self.parent);
        needs.extend(self.scope);
        needs.extend(self.stated.iter().copied());
        needs
    }

    /// The nodes that its name and values refer to; a mere name is known without them.
    pub(super) fn referred(&self) -> BTreeSet<NodeId> {
        let mut referred = BTreeSet::new();
        let mut note = |expression: &Expression| {
            if let Origin::Node(node) = expression.origin
                && expression.path != [Step::Member("name".to_owned())]
            {
                referred.insert(node);
            }
        };
        self.name.iter().for_each(|text| text.expressions(&mut note));
        self.body.expressions(&mut note);
        referred
    }
}
