//! Who says where the requirements of a group go: the solver, or a plan that is under examination.

use std::collections::BTreeMap;

use crate::merge::Merger;
use crate::model::{Grading, GroupFault, Homes, Moves, Placed, Setting, placements};
use crate::names::ResourceId;
use crate::plan::KeptNames;
use crate::rules::FixedValues;

/// Requirements that cannot be on a resource, by their rank and its number, and why.
pub(crate) type Refusals = BTreeMap<(usize, usize), String>;

/// What a lock says of a group.
pub(crate) struct Held<'h> {
    pub(crate) homes: Homes,
    /// Requirements that were on resources of other groups.
    pub(crate) foreign: Vec<(usize, ResourceId)>,
    pub(crate) moves: Moves,
    /// Who of those placed would change what cannot be changed.
    pub(crate) refuse: &'h (dyn Fn(&Placed, &Homes) -> Refusals + Sync),
}

impl Held<'_> {
    /// The placements under the lock, with these moves allowed, of which none changes what cannot be changed: whoever would
    /// is kept off that resource, until nobody does.
    pub(crate) fn placements(
        &self,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        moves: Moves,
        grading: Option<&Grading>,
    ) -> Result<(Placed, Vec<Placed>), GroupFault> {
        let mut homes = self.homes.clone();
        loop {
            let (placed, mut cheaper) = placements(merger.group, setting, Some((&homes, moves)), grading)?;
            let known = homes.refused.len();
            let refusals = (self.refuse)(&placed, &homes);
            homes.refused.extend(refusals);
            if homes.refused.len() == known {
                cheaper.retain(|placed| (self.refuse)(placed, &homes).is_empty());
                return Ok((placed, cheaper));
            }
        }
    }
}

/// Says where the requirements of groups go.
pub(crate) trait Placer: Sync {
    /// The placements of a group, and those with fewer resources that take moves, as far as these are allowed.
    fn place(
        &self,
        id: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        held: Option<&Held<'_>>,
        grading: Option<&Grading>,
    ) -> Result<(Placed, Vec<Placed>), GroupFault>;

    /// The name of a resource that is not its own, where no lock tells.
    fn name(&self, id: &str) -> Option<&str>;

    /// The names that a component's elements keep, where no lock tells.
    fn kept(&self, component: &str) -> Option<&KeptNames>;

    /// What is known of a resource that cannot be changed in place, where no lock tells.
    fn fixed(&self, id: &str) -> Option<&FixedValues>;
}

/// The solver finds the placements.
pub(super) struct Solving;

impl Placer for Solving {
    fn place(
        &self,
        _: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        held: Option<&Held<'_>>,
        grading: Option<&Grading>,
    ) -> Result<(Placed, Vec<Placed>), GroupFault> {
        match held {
            Some(held) => held.placements(merger, setting, held.moves, grading),
            None => placements(merger.group, setting, None, grading),
        }
    }

    fn name(&self, _: &str) -> Option<&str> {
        None
    }

    fn kept(&self, _: &str) -> Option<&KeptNames> {
        None
    }

    fn fixed(&self, _: &str) -> Option<&FixedValues> {
        None
    }
}
