//! From today to shared in steps that each stand alone.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;
use serde::Serialize;

use crate::lock::Lock;
use crate::names::ResourceId;
use crate::plan::{MoveReport, Plan};
use crate::prices::Amount;

/// Resources that come free together, and what has to move for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SavingStep {
    /// The resources that come free, by id.
    pub frees: Vec<ResourceId>,
    /// Their names at the provider.
    pub names: Vec<String>,
    /// What they cost a month.
    pub saves: Amount,
    /// What moves.
    pub moves: Vec<MoveReport>,
    /// What the moves weigh.
    pub weight: u64,
}

/// The steps, the best ratio of money to moves first, then the lightest.
pub(super) fn steps(lock: &Lock, shared: &Plan, moves: &[MoveReport], costs: &BTreeMap<ResourceId, Amount>) -> Vec<SavingStep> {
    let stays: BTreeSet<&ResourceId> = shared.resources.iter().map(|resource| &resource.id).collect();
    let freed: Vec<_> = lock.resources.iter().filter(|resource| !resource.retired && !stays.contains(&resource.id)).collect();
    let ranks: BTreeMap<&ResourceId, usize> = freed.iter().enumerate().map(|(rank, resource)| (&resource.id, rank)).collect();
    // What serves another goes with it: a hosting plan with the applications on it.
    let mut together: UnionFind<usize> = UnionFind::new(freed.len());
    for (rank, resource) in freed.iter().enumerate() {
        for other in resource.requires.values().flatten().filter_map(|id| ranks.get(id)) {
            together.union(rank, *other);
        }
    }
    let mut steps: BTreeMap<usize, SavingStep> = BTreeMap::new();
    for (rank, resource) in freed.iter().enumerate() {
        let step = steps.entry(together.find(rank)).or_insert_with(|| SavingStep {
            frees: Vec::new(),
            names: Vec::new(),
            saves: Amount::ZERO,
            moves: Vec::new(),
            weight: 0,
        });
        step.frees.push(resource.id.clone());
        step.names.push(resource.name.clone());
        step.saves += costs.get(&resource.id).copied().unwrap_or(Amount::ZERO);
        step.moves.extend(moves.iter().filter(|moved| moved.from == resource.id).cloned());
    }
    let mut steps: Vec<SavingStep> = steps.into_values().collect();
    for step in &mut steps {
        step.weight = step.moves.iter().map(|moved| moved.weight).sum();
    }
    // By money for each unit of weight, compared without dividing; what takes no moves has weight 1.
    let ratio = |a: &SavingStep, b: &SavingStep| {
        let of = |step: &SavingStep, other: &SavingStep| step.saves.cents() * i128::from(other.weight.max(1));
        of(b, a).cmp(&of(a, b))
    };
    steps.sort_by(|a, b| ratio(a, b).then(a.weight.cmp(&b.weight)).then_with(|| a.frees.cmp(&b.frees)));
    steps
}
