//! What a plan says of the lock that it was made under, against where everything was and is.

use std::collections::BTreeSet;

use super::{FindingKind, Stated};
use crate::merge::{Merger, Portion};
use crate::model::{Grading, Home, Moves, Placed, Setting, Worth};
use crate::names::ResourceId;
use crate::names::ids;
use crate::planner::Held;

impl Stated<'_> {
    /// Holds a group's placements against where its requirements were.
    pub(super) fn hold(
        &self,
        id: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        (held, grading): (&Held<'_>, Option<&Grading>),
        placed: &Placed,
    ) {
        let Merger { group, owners, .. } = *merger;
        let Some((rank, record)) = self.group(id) else { return };
        let place = format!("/groups/{rank}/lock");
        let Held { homes, foreign, refuse, .. } = held;
        for why in refuse(placed, homes).into_values() {
            self.note(FindingKind::Lock, place.clone(), why);
        }
        let owner = |need: usize| owners.name(group.needs[need].owner).to_owned();
        let mut left: BTreeSet<(String, ResourceId)> = foreign.iter().map(|(need, from)| (owner(*need), from.clone())).collect();
        let on = |number: usize| {
            let bin = placed.numbers.iter().position(|known| *known == number);
            bin.and_then(|bin| placed.bins.get(bin)).map_or(&[][..], Vec::as_slice)
        };
        for (need, home) in homes.needs.iter().enumerate() {
            let gone = |number: usize, element: Option<&(usize, String)>| {
                !on(number).iter().any(|portion| portion.need == need && element.is_none_or(|element| holds(portion, element)))
            };
            match home {
                Home::New => {}
                Home::On(number) => {
                    let divided = on(*number).iter().any(|portion| portion.need == need && portion.only.is_some());
                    if gone(*number, None) || divided {
                        left.insert((owner(need), ids::id(id, *number)));
                    }
                }
                Home::Over(elements) => {
                    let moved = elements.iter().filter(|(element, number)| gone(**number, Some(element)));
                    left.extend(moved.map(|(_, number)| (owner(need), ids::id(id, *number))));
                }
            }
        }
        let moves = record.lock.as_ref().map_or(&[][..], |lock| &lock.moves);
        let said: BTreeSet<(String, ResourceId)> =
            moves.iter().flat_map(|m| m.components.iter().map(|name| (name.clone(), m.from.clone()))).collect();
        for (name, from) in left.difference(&said) {
            let message = format!("the lock has `{name}` on `{from}`, and the plan does not say that it moves");
            self.note(FindingKind::Lock, place.clone(), message);
        }
        for (name, from) in said.difference(&left) {
            self.note(FindingKind::Lock, place.clone(), format!("`{name}` does not move from `{from}`"));
        }
        if record.lock.as_ref().is_some_and(|lock| lock.proven && (lock.held_back > 0 || lock.held_back_cost.is_some())) {
            self.again(&place, merger, setting, (held, grading), (placed.worth(grading), moves.len()));
        }
    }

    /// Looks again for fewer resources with no more moves.
    fn again(
        &self,
        place: &str,
        merger: &Merger<'_>,
        setting: &Setting<'_>,
        (held, grading): (&Held<'_>, Option<&Grading>),
        (stated, moves): (Worth, usize),
    ) {
        let again = |moves: Moves| held.placements(merger, setting, moves, grading).ok();
        let Some((base, _)) = again(Moves::Kept) else { return };
        let needed = base.held.as_ref().map_or(0, |held| held.moves.len());
        let optional = moves.saturating_sub(needed);
        let count = |placed: &Placed| placed.held.as_ref().map_or(0, |held| held.moves.len());
        let further = if optional > 0 {
            again(Moves::AtMost(optional as u64)).map(|(_, more)| more).unwrap_or_default()
        } else {
            Vec::new()
        };
        let within = further.iter().filter(|placed| count(placed) <= moves);
        let best = within.chain([&base]).min_by_key(|placed| placed.worth(grading));
        match best {
            Some(best) if best.worth(grading) < stated => {
                let less = if best.bins.len() < stated.resources { "fewer" } else { "cheaper" };
                let message =
                    format!("the lock allows {less} resources with no more moves: {}, not {}", best.bins.len(), stated.resources);
                self.note(FindingKind::Bound, place.to_owned(), message);
            }
            Some(best) if !best.held.as_ref().is_some_and(|held| held.proven) => {
                let message = "that the lock allows no fewer resources could not be proven again".to_owned();
                self.note(FindingKind::Bound, place.to_owned(), message);
            }
            _ => {}
        }
    }
}

/// Whether an element of a requirement is in this part of it.
fn holds(portion: &Portion, (leaf, name): &(usize, String)) -> bool {
    let Some(only) = &portion.only else { return true };
    only.get(leaf).is_none_or(|names| names.contains(name))
}
