//! Placing a group's requirements on the fewest resources.

use rustc_hash::{FxHashMap, FxHashSet};

use super::arrange::{Arranged, Arranger};
use super::columns::columns;
use super::conflicts::Insisting;
use super::divide::Divided;
use super::labels::Exclusions;
use super::links::Link;
use super::prepare::{check_elements, common, dimensions, links};
use super::sizes::{CountPath, size};
use crate::estate::Estate;
use crate::merge::{Group, Portion, Selection};
use crate::names::ComponentId;
use crate::rules::Capacity;
use crate::solve::{Certificate, Control, ItemType, SolveError, Solver};

/// What holds for every group of an estate.
pub(crate) struct Setting<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) exclusions: Exclusions,
    pub(crate) together: Vec<Vec<u32>>,
    pub(crate) solver: &'a (dyn Solver + Sync),
    pub(crate) control: Control<'a>,
}

impl<'a> Setting<'a> {
    pub(crate) fn new(estate: &'a Estate, solver: &'a (dyn Solver + Sync), control: Control<'a>) -> Self {
        let ids = estate.components.keys().enumerate();
        let rank: FxHashMap<&ComponentId, u32> = ids.map(|(i, id)| (id, u32::try_from(i).unwrap_or(u32::MAX))).collect();
        let ranks = |ids: &Vec<ComponentId>| ids.iter().filter_map(|id| rank.get(id).copied()).collect();
        let together = estate.constraints.together.iter().map(ranks).collect();
        Self { estate, exclusions: Exclusions::new(estate, &rank), together, solver, control }
    }
}

/// A capacity as it holds in this estate.
#[derive(Clone, Debug)]
pub(crate) struct Dimension<'r> {
    pub(crate) capacity: &'r Capacity,
    /// The limit in force: the rule's, or the estate's.
    pub(crate) limit: u64,
    /// What of it may be packed: the limit less the headroom.
    pub(crate) usable: u64,
    pub(crate) paths: Vec<CountPath>,
}

/// A capacity's limit and how much of it may be packed.
#[derive(Clone, Debug)]
pub(crate) struct LimitInForce {
    pub(crate) name: String,
    pub(crate) limit: u64,
    pub(crate) usable: u64,
}

impl Dimension<'_> {
    fn in_force(&self) -> LimitInForce {
        LimitInForce { name: self.capacity.name.clone(), limit: self.limit, usable: self.usable }
    }
}

/// What is placed as one: whole requirements, or the chosen elements of each.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) needs: Vec<usize>,
    /// Of divided requirements, by rank in `needs`: the elements of each.
    pub(crate) only: Option<Vec<Selection>>,
}

/// Why a group cannot be placed.
#[derive(Debug)]
pub(crate) enum GroupFault {
    Inseparable {
        torn: (usize, usize),
        cause: String,
        chain: Vec<Link>,
    },
    RequirementTooBig {
        needs: Vec<usize>,
        limit: String,
        size: u64,
        most: u64,
    },
    ElementTooBig {
        need: usize,
        leaf: usize,
        name: String,
        limit: String,
        size: u64,
        most: u64,
    },
    /// `onConflict: error`: a disagreement that costs resources.
    Conflict {
        split: Split,
    },
    Solve(SolveError),
}

/// A disagreement that keeps requirements apart.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    pub(crate) property: String,
    pub(crate) leaf: usize,
    pub(crate) matching: bool,
    /// The distinct values and who insists on each.
    pub(crate) values: Insisting,
    /// How many resources fewer would do without it, if that could be found out.
    pub(crate) costs: u64,
}

/// A group's requirements on resources.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) bins: Vec<Vec<Portion>>,
    /// What each resource uses, by dimension.
    pub(crate) usage: Vec<Vec<u64>>,
    pub(crate) lower_bound: u64,
    pub(crate) optimal: bool,
    pub(crate) certificate: Certificate,
    pub(crate) types: Vec<ItemType>,
    pub(crate) splits: Vec<Split>,
    /// Requirements that were divided, each with the capacity that they exceed.
    pub(crate) divided: Vec<(Vec<usize>, String)>,
    /// Resources that the owners would need each on its own.
    pub(crate) unshared: u64,
    /// What of the estate's constraints and settings keeps requirements apart, in words.
    pub(crate) constraints: Vec<&'static str>,
    /// The capacities, in the order of `usage`.
    pub(crate) limits: Vec<LimitInForce>,
}

/// Places a group's requirements on the fewest resources.
pub(crate) fn place(group: &Group<'_>, setting: &Setting<'_>) -> Result<Placed, GroupFault> {
    let columns = columns(group);
    let links = links(group, setting);
    let sets = links.sets();
    let common = common(group, &sets);
    let dimensions = dimensions(group, setting.estate);
    check_elements(group, setting.estate, &sets)?;

    let mut whole: Vec<(Item, Vec<u64>)> = Vec::with_capacity(sets.len());
    let mut divided: Vec<(Divided<'_>, String)> = Vec::new();
    let mut volume: Vec<u128> = vec![0; dimensions.len()];
    for needs in sets {
        let size = size(group, &dimensions, &needs, None);
        volume.iter_mut().zip(&size).for_each(|(total, size)| *total += u128::from(*size));
        match (0..dimensions.len()).find(|d| size[*d] > dimensions[*d].usable) {
            None => whole.push((Item { needs, only: None }, size)),
            Some(d) => divided.push((Divided::new(group, &dimensions, &needs)?, dimensions[d].capacity.name.clone())),
        }
    }
    let arranger = Arranger { group, setting, columns: &columns, links: &links, common: &common, dimensions: &dimensions };
    let with = |pieces: Vec<Vec<(Item, Vec<u64>)>>| {
        let mut items = whole.clone();
        items.extend(pieces.into_iter().flatten());
        items.sort_by_key(|(item, _)| item.needs.first().copied());
        items
    };
    if divided.is_empty() {
        let arranged = arranger.arrange(whole)?;
        return placed(&arranger, arranged, &[], None);
    }
    let pieces = divided.iter().map(|(divided, _)| divided.pieces(&dimensions, setting));
    let mut arranged = arranger.arrange(with(pieces.collect::<Result<_, _>>()?))?;
    // How a requirement is cut is settled before the packing, so only what holds for any cut is proven.
    let volume = volume.iter().zip(&dimensions).map(|(total, d)| total.div_ceil(u128::from(d.usable.max(1))));
    let mut lower_bound = volume.max().and_then(|bound| u64::try_from(bound).ok()).unwrap_or(1).max(1);
    if arranged.bins.len() as u64 > lower_bound && divided.iter().all(|(divided, _)| divided.is_free()) {
        let finest = arranger.arrange(with(divided.iter().map(|(divided, _)| divided.elements()).collect()))?;
        lower_bound = lower_bound.max(finest.proven);
        if finest.bins.len() < arranged.bins.len() {
            arranged = finest;
        }
    }
    let divided: Vec<(Vec<usize>, String)> = divided.iter().map(|(d, limit)| (d.needs().to_vec(), limit.clone())).collect();
    placed(&arranger, arranged, &divided, Some(lower_bound))
}

/// The result of a placement; `bound` is what is proven where the packing's own proof does not hold.
fn placed(
    arranger: &Arranger<'_>,
    arranged: Arranged,
    divided: &[(Vec<usize>, String)],
    bound: Option<u64>,
) -> Result<Placed, GroupFault> {
    let Arranger { group, setting, dimensions, .. } = *arranger;
    let Arranged { bins, usage, proven, certificate, types, splits, constraints } = arranged;
    let lower_bound = bound.unwrap_or(proven).min(bins.len() as u64);
    Ok(Placed {
        unshared: unshared(group, setting, bins.len(), divided)?,
        optimal: lower_bound == bins.len() as u64,
        bins,
        usage,
        lower_bound,
        certificate,
        types,
        splits,
        divided: divided.to_vec(),
        limits: dimensions.iter().map(Dimension::in_force).collect(),
        constraints,
    })
}

/// How many resources the owners would need if each were planned alone.
fn unshared(group: &Group<'_>, setting: &Setting<'_>, bins: usize, divided: &[(Vec<usize>, String)]) -> Result<u64, GroupFault> {
    let cut: FxHashSet<usize> = divided.iter().flat_map(|(needs, _)| needs.iter().copied()).collect();
    let mut total = 0;
    let all = group.needs.len();
    let mut start = 0;
    while start < all {
        let owner = group.needs[start].owner;
        let end = start + group.needs[start..].partition_point(|need| need.owner <= owner);
        total += if start == 0 && end == all {
            bins as u64
        } else if end - start == 1 && !cut.contains(&start) {
            1
        } else {
            let alone = Group {
                rule: group.rule,
                key: group.key.clone(),
                needs: group.needs[start..end].to_vec(),
                inherited: group.inherited,
                overrides: group.overrides.clone(),
            };
            place(&alone, setting)?.bins.len() as u64
        };
        start = end;
    }
    Ok(total)
}
