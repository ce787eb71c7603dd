//! Who says where the requirements of a group go: the solver, or a plan that is under examination.

use crate::merge::Merger;
use crate::model::{Grading, GroupFault, Homes, Moves, Placed, Setting, placements};
use crate::names::ResourceId;

/// What a lock says of a group.
pub(crate) struct Held {
    pub(crate) homes: Homes,
    /// Requirements that were on resources of other groups.
    pub(crate) foreign: Vec<(usize, ResourceId)>,
    pub(crate) moves: Moves,
}

/// Says where the requirements of groups go.
pub(crate) trait Placer: Sync {
    /// The placements of a group, and those with fewer resources that take moves, as far as these are allowed.
    fn place(
        &self,
        id: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        held: Option<&Held>,
        grading: Option<&Grading>,
    ) -> Result<(Placed, Vec<Placed>), GroupFault>;

    /// The name of a resource that is not its own, where no lock tells.
    fn name(&self, id: &str) -> Option<&str>;
}

/// The solver finds the placements.
pub(super) struct Solving;

impl Placer for Solving {
    fn place(
        &self,
        _: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        held: Option<&Held>,
        grading: Option<&Grading>,
    ) -> Result<(Placed, Vec<Placed>), GroupFault> {
        placements(merger.group, setting, held.map(|held| (&held.homes, held.moves)), grading)
    }

    fn name(&self, _: &str) -> Option<&str> {
        None
    }
}
