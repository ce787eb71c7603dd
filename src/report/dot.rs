//! Who is on which resource, as a graph for Graphviz.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::text::{count, list, usage};
use crate::names::{ComponentId, ResourceId};
use crate::plan::{Plan, Resource};
use crate::untrusted::{dot_id, dot_label};

/// Up to so many components each is drawn for itself; of more, those on the same resources are drawn as one.
const EACH: usize = 100;

/// The plan as a directed graph in the DOT language: from each component to the resources that it is on, and (dashed) from
/// each resource to those that it requires. Resources of a type stand together.
///
/// Of more than a hundred components, those that are on the same resources are drawn as one node, so that the picture
/// of a large estate shows who shares with whom rather than thousands of lines.
///
/// ```
/// use colocate::{CrudApi, Estate, Planner, RuleSet, report};
/// let rules = RuleSet::builtin()?;
/// let estate = Estate::builder("shop").location("eastus").component(CrudApi::new("UserApi").entity("User")).build()?;
/// let dot = report::dot(&Planner::new(&rules).plan(&estate)?);
/// assert!(dot.contains(r#""UserApi" -> "cosmos:shared-cosmos";"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn dot(plan: &Plan) -> String {
    let mut out = format!(
        "digraph {} {{\n  rankdir=LR;\n  ranksep=2;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n",
        dot_id(&plan.estate)
    );
    components(&mut out, plan);
    let mut types: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in &plan.resources {
        types.entry(resource.resource_type.as_str()).or_default().push(resource);
    }
    for (resource_type, resources) in types {
        let _ = write!(
            out,
            "\n  subgraph {} {{\n    label={};\n    color=gray;\n",
            dot_id(&format!("cluster_{resource_type}")),
            dot_label([resource_type])
        );
        for resource in resources {
            let style = if resource.implied { ", style=dashed" } else { "" };
            let used = usage(resource, "");
            let lines = [resource.id.as_str(), &resource.name, &used].into_iter().filter(|line| !line.is_empty());
            let _ = writeln!(out, "    {} [label={}{style}];", dot_id(resource.id.as_str()), dot_label(lines));
        }
        out.push_str("  }\n");
    }
    let mut requires = plan.resources.iter().filter(|resource| resource.requires.values().any(|on| !on.is_empty())).peekable();
    if requires.peek().is_some() {
        out.push('\n');
    }
    for resource in requires {
        let on: BTreeSet<&ResourceId> = resource.requires.values().flatten().collect();
        for on in on {
            let _ = writeln!(out, "  {} -> {} [style=dashed];", dot_id(resource.id.as_str()), dot_id(on.as_str()));
        }
    }
    out.push_str("}\n");
    out
}

/// The components and what they are on.
fn components(out: &mut String, plan: &Plan) {
    let mut alike: BTreeMap<BTreeSet<&ResourceId>, Vec<&ComponentId>> = BTreeMap::new();
    for (component, binding) in &plan.bindings {
        let on = binding.resources.iter().flat_map(|(_, on)| on).collect();
        alike.entry(on).or_default().push(component);
    }
    let mut nodes: Vec<(Vec<&ComponentId>, BTreeSet<&ResourceId>)> = if plan.bindings.len() > EACH {
        alike.into_iter().map(|(on, components)| (components, on)).collect()
    } else {
        alike.into_iter().flat_map(|(on, alike)| alike.into_iter().map(move |one| (vec![one], on.clone()))).collect()
    };
    nodes.sort();
    for (components, on) in nodes {
        let Some(first) = components.first().map(|first| first.as_str()) else { continue };
        out.push('\n');
        let names: Vec<&str> = components.iter().map(|component| component.as_str()).collect();
        let label = match names.as_slice() {
            [only] => dot_label([*only]),
            several => dot_label([count(several.len(), "component").as_str(), &list(several)]),
        };
        // Ids of resources have a colon, those of components none.
        let _ = writeln!(out, "  {} [label={label}, style=rounded];", dot_id(first));
        for on in on {
            let _ = writeln!(out, "  {} -> {};", dot_id(first), dot_id(on.as_str()));
        }
    }
}
