//! Who says where the requirements of a group go: the solver, or a plan that is under examination.

use super::KeptNames;
use crate::merge::Merger;
use crate::model::{Grading, GroupFault, Homes, Moves, Placed, Setting, placements};
use crate::names::ResourceId;

/// What a lock says of a group.
pub(super) struct Held {
    pub(super) homes: Homes,
    /// Requirements that were on resources of other groups.
    pub(super) foreign: Vec<(usize, ResourceId)>,
    pub(super) moves: Moves,
}

/// Says where the requirements of groups go.
pub(super) trait Placer: Sync {
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

    /// The names that a component's elements keep, where no lock tells.
    fn kept(&self, component: &str) -> Option<&KeptNames>;
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

    fn kept(&self, _: &str) -> Option<&KeptNames> {
        None
    }
}
