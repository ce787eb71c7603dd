//! Moves against a lock: how many are spent where, and why, in words.

use crate::merge::Group;
use crate::model::{Held, Moved, Placed, Why};
use crate::names::ResourceId;
use crate::names::ids;
use crate::plan::{LockReport, MoveReport};
use crate::planner::faults::owners_list;
use crate::requirements::Owners;

/// Chooses for each group among its placements, those with moves after the one without, so that the moves are within the
/// budget and free the most resources, and of those choices the one with the fewest moves.
pub(super) fn spend(budget: &mut u64, groups: &[(&Placed, &[Placed])]) -> Vec<usize> {
    let count = |placed: &Placed| placed.held.as_ref().map_or(0, |held| held.moves.len());
    let options = |(base, cheaper): &(&Placed, &[Placed])| -> Vec<(usize, usize)> {
        let further =
            cheaper.iter().map(|placed| (count(placed).saturating_sub(count(base)), base.bins.len() - placed.bins.len()));
        std::iter::once((0, 0)).chain(further).collect()
    };
    let options: Vec<Vec<(usize, usize)>> = groups.iter().map(options).collect();
    let most: usize = options.iter().filter_map(|options| options.iter().map(|(moves, _)| *moves).max()).sum();
    let most = most.min(usize::try_from(*budget).unwrap_or(usize::MAX));
    // For each number of moves: the resources freed, and the choices so far.
    let mut best: Vec<Option<(usize, Vec<usize>)>> = vec![None; most + 1];
    best[0] = Some((0, Vec::new()));
    for options in &options {
        let mut next: Vec<Option<(usize, Vec<usize>)>> = vec![None; most + 1];
        for (spent, state) in best.iter().enumerate() {
            let Some((freed, chosen)) = state else { continue };
            for (option, (moves, frees)) in options.iter().enumerate() {
                let Some(entry) = next.get_mut(spent + moves) else { continue };
                if entry.as_ref().is_none_or(|(known, _)| *known < freed + frees) {
                    let mut chosen = chosen.clone();
                    chosen.push(option);
                    *entry = Some((freed + frees, chosen));
                }
            }
        }
        best = next;
    }
    let mut choice: Option<(usize, usize, Vec<usize>)> = None;
    for (spent, state) in best.into_iter().enumerate() {
        if let Some((freed, chosen)) = state
            && choice.as_ref().is_none_or(|(known, ..)| *known < freed)
        {
            choice = Some((freed, spent, chosen));
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
    if moves.is_empty() && more == 0 {
        return None;
    }
    let kept = held.map_or(0, |held| held.kept);
    let proven = held.map_or(placed.optimal, |Held { proven, .. }| *proven);
    let takes = group.rule.moving.why.clone().filter(|_| !moves.is_empty());
    Some(LockReport { kept, moves, takes, held_back: more, proven })
}

fn why(group: &Group<'_>, id: &str, owners: &Owners<'_>, placed: &Placed, moved: &Moved) -> String {
    let name = |need: &usize| owners_list(owners, &[group.needs[*need].owner]);
    let it = if moved.needs.len() == 1 { "it" } else { "they" };
    match &moved.why {
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
