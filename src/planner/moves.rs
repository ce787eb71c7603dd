//! Moves against a lock: how many are spent where, and why, in words.

use rust_decimal::Decimal;

use crate::merge::Group;
use crate::model::{Held, Moved, Placed, Why};
use crate::names::ResourceId;
use crate::names::ids;
use crate::plan::{LockReport, MoveReport};
use crate::planner::faults::owners_list;
use crate::prices::{Amount, round};
use crate::requirements::Owners;

/// What moves gain: money a month, then resources.
pub(super) type Gain = (Decimal, usize);

/// One way to place a group: how many moves it takes more than the first way, and what it gains by them.
pub(super) type Way = (usize, Gain);

/// The ways to place a group, the one without moves that are not needed first.
pub(super) fn ways(base: &Placed, cheaper: &[Placed], unit: Option<Decimal>) -> Vec<Way> {
    let count = |placed: &Placed| placed.held.as_ref().map_or(0, |held| held.moves.len());
    let dearer = |placed: &Placed| placed.held.as_ref().map_or(0, |held| held.dearer);
    let further = cheaper.iter().map(|placed| {
        let saved = unit.map_or(Decimal::ZERO, |unit| Decimal::from(dearer(base).saturating_sub(dearer(placed))) * unit);
        (count(placed).saturating_sub(count(base)), (saved, base.bins.len().saturating_sub(placed.bins.len())))
    });
    std::iter::once((0, (Decimal::ZERO, 0))).chain(further).collect()
}

/// Chooses for each group one of its ways, so that the moves are within the budget and gain the most, and of those choices
/// the one with the fewest moves.
pub(super) fn spend(budget: &mut u64, groups: &[Vec<Way>]) -> Vec<usize> {
    let most: usize = groups.iter().filter_map(|ways| ways.iter().map(|(moves, _)| *moves).max()).sum();
    let most = most.min(usize::try_from(*budget).unwrap_or(usize::MAX));
    // For each number of moves: what they gain, and the choices so far.
    let mut best: Vec<Option<(Gain, Vec<usize>)>> = vec![None; most + 1];
    best[0] = Some(((Decimal::ZERO, 0), Vec::new()));
    for ways in groups {
        let mut next: Vec<Option<(Gain, Vec<usize>)>> = vec![None; most + 1];
        for (spent, state) in best.iter().enumerate() {
            let Some(((saved, freed), chosen)) = state else { continue };
            for (way, (moves, (saves, frees))) in ways.iter().enumerate() {
                let Some(entry) = next.get_mut(spent + moves) else { continue };
                let gain = (*saved + *saves, freed + frees);
                if entry.as_ref().is_none_or(|(known, _)| *known < gain) {
                    let mut chosen = chosen.clone();
                    chosen.push(way);
                    *entry = Some((gain, chosen));
                }
            }
        }
        best = next;
    }
    let mut choice: Option<(Gain, usize, Vec<usize>)> = None;
    for (spent, state) in best.into_iter().enumerate() {
        if let Some((gain, chosen)) = state
            && choice.as_ref().is_none_or(|(known, ..)| *known < gain)
        {
            choice = Some((gain, spent, chosen));
        }
    }
    let (_, spent, chosen) = choice.unwrap_or_default();
    *budget -= spent as u64;
    chosen
}

/// What a lock came to, if that is anything: moves, or resources that would not be needed without it.
pub(super) fn report(
    group: &Group<'_>,
    id: &str,
    owners: &Owners<'_>,
    placed: &Placed,
    foreign: &[(usize, ResourceId)],
    unit: Option<Decimal>,
) -> Option<LockReport> {
    let name = |need: usize| owners.name(group.needs[need].owner).to_owned();
    let mut moves: Vec<MoveReport> = Vec::new();
    for (need, from) in foreign {
        let on = placed.bins.iter().position(|bin| bin.iter().any(|portion| portion.need == *need));
        moves.push(MoveReport {
            components: vec![name(*need)],
            from: from.clone(),
            to: ids::id(id, on.and_then(|bin| placed.numbers.get(bin).copied()).unwrap_or(1)),
            weight: group.rule.moving.weight,
            why: format!("what it may share with is now the group `{id}`"),
        });
    }
    let held = placed.held.as_ref();
    for moved in held.into_iter().flat_map(|held| &held.moves) {
        let mut components: Vec<String> = moved.needs.iter().map(|need| name(*need)).collect();
        components.dedup();
        moves.push(MoveReport {
            components,
            from: ids::id(id, moved.from),
            to: ids::id(id, moved.to),
            weight: moved.weight,
            why: why(group, id, owners, placed, moved),
        });
    }
    let more = held.map_or(0, |held| held.more);
    let dearer = unit.map_or(Amount::ZERO, |unit| round(Decimal::from(held.map_or(0, |held| held.dearer)) * unit));
    if moves.is_empty() && more == 0 && dearer == Amount::ZERO {
        return None;
    }
    let kept = held.map_or(0, |held| held.kept);
    let proven = held.map_or(placed.optimal, |Held { proven, .. }| *proven);
    let takes = group.rule.moving.why.clone().filter(|_| !moves.is_empty());
    let held_back_cost = Some(dearer).filter(|dearer| *dearer != Amount::ZERO);
    Some(LockReport { kept, moves, takes, held_back: more, held_back_cost, proven })
}

fn why(group: &Group<'_>, id: &str, owners: &Owners<'_>, placed: &Placed, moved: &Moved) -> String {
    let name = |need: &usize| owners_list(owners, &[group.needs[*need].owner]);
    let it = if moved.needs.len() == 1 { "it" } else { "they" };
    match &moved.why {
        Why::Saves if placed.priced.is_some() => "that costs less".to_owned(),
        Why::Saves => match placed.bins.len() {
            1 => "one resource then is enough".to_owned(),
            bins => format!("{bins} resources then are enough"),
        },
        Why::Joined { with } => format!("{it} must now stay together with {}", name(with)),
        Why::Differs { property, value, other, with } => {
            format!("`{property}` is now {value} here and {other} for {}, which stays", name(with))
        }
        Why::Parted { cause, with } => format!("{it} may no longer share with {}, which stays: {cause}", name(with)),
        Why::Fixed { why } => why.clone(),
        Why::Full { capacity, amount, most } => {
            format!("with what stays on `{}` there would be {amount} {capacity}, and {most} are allowed", ids::id(id, moved.from))
        }
    }
}
