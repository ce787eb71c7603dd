//! Dividing what does not fit in one template.

use std::collections::BTreeSet;

use heck::ToKebabCase;
use sha2::{Digest, Sha256};

use super::expression::{NodeId, Origin, Text, Value};
use super::graph::Graph;
use crate::names::ResourceId;

/// Resources that Azure takes in one template (Azure Resource Manager limits).
const RESOURCES: usize = 800;
/// Bytes of resources in one template; Azure takes 4 MB in all.
const BYTES: usize = 3_500_000;

/// Nodes that are deployed together.
pub(super) struct Part<'g> {
    pub(super) nodes: Vec<NodeId>,
    /// The parameters that its nodes and outputs use.
    pub(super) parameters: BTreeSet<&'g str>,
    /// The resources of the plan whose outputs it states.
    pub(super) outputs: Vec<&'g ResourceId>,
}

/// Nodes in their order, in as few parts as the limits allow; `size` is what a node takes in bytes.
pub(super) fn parts<'g>(graph: &'g Graph, order: &[NodeId], size: impl Fn(NodeId) -> usize) -> Vec<Part<'g>> {
    let mut parts: Vec<Vec<NodeId>> = vec![Vec::new()];
    let mut bytes = 0;
    for id in order {
        let more = size(*id);
        if let Some(last) = parts.last_mut()
            && (last.is_empty() || (last.len() < RESOURCES && bytes + more <= BYTES))
        {
            last.push(*id);
            bytes += more;
        } else {
            parts.push(vec![*id]);
            bytes = more;
        }
    }
    let mut stated: BTreeSet<&ResourceId> = BTreeSet::new();
    parts
        .into_iter()
        .rev()
        .map(|nodes| {
            let mut parameters = BTreeSet::new();
            let outputs: Vec<&ResourceId> = graph
                .outputs
                .keys()
                .filter(|id| nodes.iter().any(|node| graph.node(*node).owner == **id) && stated.insert(id))
                .collect();
            for node in nodes.iter().map(|node| graph.node(*node)) {
                node.name.iter().for_each(|text| note(text, &mut parameters));
                note_in(&node.body, &mut parameters);
            }
            outputs.iter().flat_map(|id| graph.outputs[*id].values()).for_each(|text| note(text, &mut parameters));
            Part { nodes, parameters, outputs }
        })
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}

fn note<'g>(text: &'g Text, parameters: &mut BTreeSet<&'g str>) {
    text.expressions(&mut |expression| {
        if let Origin::Parameter(name) = &expression.origin {
            parameters.insert(name);
        }
    });
}

fn note_in<'g>(value: &'g Value, parameters: &mut BTreeSet<&'g str>) {
    value.expressions(&mut |expression| {
        if let Origin::Parameter(name) = &expression.origin {
            parameters.insert(name);
        }
    });
}

/// What the files of parts are called, without their endings.
pub(super) fn name(number: usize) -> String {
    format!("part-{:02}", number + 1)
}

/// What the deployment of a part is called: two estates that are deployed to one resource group at once need different names.
pub(super) fn deployment(graph: &Graph, number: usize) -> String {
    let estate = graph.estate.to_kebab_case();
    let first = graph.nodes.iter().find_map(|node| node.name.first()?.known()).unwrap_or_default();
    let digest = Sha256::digest(format!("{}\n{first}", graph.estate).as_bytes());
    // At most 64 characters (Azure Resource Manager limits).
    let short: String = estate.chars().take(40).collect();
    format!("{}-{:02x}{:02x}{:02x}-{}", short.trim_end_matches('-'), digest[0], digest[1], digest[2], name(number))
}
