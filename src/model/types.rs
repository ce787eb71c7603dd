//! What the stages of a placement hand to each other.

use rustc_hash::FxHashMap;

use super::exclusions::Exclusions;
use super::grading::{Grading, Priced, Worth};
use super::links::Link;
use crate::estate::Estate;
use crate::merge::{Portion, Selection};
use crate::names::ComponentId;
use crate::rules::Capacity;
use crate::solve::{Certificate, Control, ItemType, SolveError, Solver};

/// The distinct values of a property and who insists on each.
pub(crate) type Insisting = Vec<(serde_json::Value, Vec<u32>)>;

/// A counted path: the top-level property and the collections within its elements.
#[derive(Clone, Debug)]
pub(crate) struct CountPath {
    pub(crate) leaf: usize,
    pub(crate) inner: Vec<String>,
}

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

    /// The same under other settings of the estate.
    pub(crate) fn under<'b>(&self, estate: &'b Estate) -> Setting<'b>
    where
        'a: 'b,
    {
        let Self { solver, control, .. } = *self;
        Setting { estate, exclusions: self.exclusions.clone(), together: self.together.clone(), solver, control }
    }

    /// The same for one component alone, which nothing keeps apart from or together with others.
    pub(crate) fn alone(&self) -> Self {
        let Self { estate, solver, control, .. } = *self;
        Self { estate, exclusions: Exclusions::default(), together: Vec::new(), solver, control }
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
    pub(crate) fn in_force(&self) -> LimitInForce {
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
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) bins: Vec<Vec<Portion>>,
    /// The number of each resource, in ascending order.
    pub(crate) numbers: Vec<usize>,
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
    /// What the resources cost, where the cheapest were sought.
    pub(crate) priced: Option<Priced>,
    /// What a lock came to.
    pub(crate) held: Option<Held>,
}

impl Placed {
    /// What the placements are worth.
    pub(crate) fn worth(&self, grading: Option<&Grading>) -> Worth {
        let needs: Vec<Vec<usize>> = self.bins.iter().map(|bin| bin.iter().map(|portion| portion.need).collect()).collect();
        Worth::of(grading, needs.iter().map(Vec::as_slice))
    }
}

/// What a lock came to for a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The requirements that are where they were.
    pub(crate) kept: usize,
    pub(crate) moves: Vec<Moved>,
    /// Resources more than without the lock.
    pub(crate) more: u64,
    /// Where the cheapest are sought: what they cost more, in units of the grading.
    pub(crate) dearer: u64,
    /// Whether the lock allows no fewer resources, and these no fewer moves.
    pub(crate) proven: bool,
}

/// Requirements that leave a resource, together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) needs: Vec<usize>,
    /// The numbers of the resources.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) weight: u64,
    pub(crate) why: Why,
}

/// Why requirements move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Fewer resources do when they do.
    Saves,
    /// They must be with another requirement, which is elsewhere.
    Joined { with: usize },
    /// They disagree with one that stays.
    Differs { property: String, value: String, other: String, with: usize },
    /// The estate does not want them with one that stays.
    Parted { cause: &'static str, with: usize },
    /// It states another value of what cannot be changed there.
    Fixed { why: String },
    /// With what stays there would be more than a resource holds.
    Full { capacity: String, amount: u64, most: u64 },
}
