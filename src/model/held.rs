//! A group under a lock: what stays, what moves and why, and what the lock costs.

use std::collections::BTreeMap;

use super::arrange::Arranger;
use super::grading::Worth;
use super::homes::{Home, Homes, Moves};
use super::keep::{Keeper, Seating, Staying};
use super::labels::Cause;
use super::packer::Prepared;
use super::types::{GroupFault, Held, Item, Moved, Why};

/// More arrangements with ever more moves are not looked at.
const STEPS: usize = 1000;

/// An arrangement under a lock.
pub(super) struct Keeping {
    pub(super) seating: Seating,
    pub(super) held: Held,
}

/// What comes of a lock: the arrangement without a move that is not needed (for a stateless type, with those that save
/// resources); then those with fewer resources that take moves, as far as they are allowed.
pub(super) fn hold(
    arranger: &Arranger<'_>,
    prepared: &Prepared,
    homes: &Homes,
    moves: Moves,
    (fewest, bound): (Worth, Worth),
) -> Result<Vec<Keeping>, GroupFault> {
    let group = arranger.group;
    let stakes: Vec<Vec<(usize, u64)>> = prepared.items.iter().map(|item| homes.stakes(group, item)).collect();
    let refused = prepared.items.iter().map(|item| homes.refused_by(item)).collect();
    let keeper = Keeper { arranger, prepared, stakes, refused, homes };
    let Base { staying, seating: base, proven, repaired, tried } = base(&keeper, fewest)?;
    let few = |seating: &Seating| keeper.worth(seating) <= bound;
    let keeping = |seating: Seating, proven: bool| {
        let (moves, kept) = moved(&keeper, &staying, &seating);
        let Worth { cost, resources } = keeper.worth(&seating);
        let (more, dearer) = (resources.saturating_sub(fewest.resources) as u64, cost.saturating_sub(fewest.cost));
        Keeping { seating, held: Held { kept, moves, more, dearer, proven } }
    };
    let base_proven = (staying.proven && few(&base)) || (group.rule.stateful && proven && (!repaired || fewest <= bound));
    let free_to_move = !group.rule.stateful || moves == Moves::All;
    if keeper.worth(&base) <= fewest || (!free_to_move && moves == Moves::Kept) {
        return Ok(vec![keeping(base, base_proven)]);
    }
    if free_to_move {
        let found = match tried {
            Some(found) => found,
            None => keeper.fewest_moves((&base, &staying), fewest)?,
        };
        let (seating, proven) = match found {
            Some((seating, fewest)) => {
                let proven = fewest && few(&seating);
                (seating, proven)
            }
            None => (base, false),
        };
        return Ok(vec![keeping(seating, proven)]);
    }
    // Moves are counted, so each weighs the same here.
    let unit = |stakes: &Vec<(usize, u64)>| stakes.iter().map(|(home, _)| (*home, 1)).collect();
    let counting = Keeper { stakes: keeper.stakes.iter().map(unit).collect(), refused: keeper.refused.clone(), ..keeper };
    let forced = counting.repaired();
    let counted = if repaired { counting.pack(&forced.at)? } else { base.clone() };
    let mut settled = base_proven && fewest <= bound;
    let mut cheaper: Vec<Seating> = Vec::new();
    let mut most = keeper.worth(&base).below();
    while let Some(worth) = most.filter(|most| *most >= fewest && cheaper.len() < STEPS) {
        let Some((seating, proven)) = counting.fewest_moves((&counted, &forced), worth)? else {
            settled = false;
            break;
        };
        settled &= proven;
        most = match arranger.grading {
            Some(_) => counting.worth(&seating).below(),
            // One with fewer resources than wanted is looked at for each number all the same.
            None => worth.below(),
        };
        cheaper.push(seating);
    }
    settled &= cheaper.len() < STEPS;
    let mut all = vec![base];
    all.extend(cheaper);
    Ok(all.into_iter().map(|seating| keeping(seating, settled)).collect())
}

/// The arrangement that moves least.
struct Base {
    staying: Staying,
    seating: Seating,
    /// Whether no arrangement that moves as little has fewer resources.
    proven: bool,
    /// Not all can stay.
    repaired: bool,
    /// The fewest moves with the fewest resources, if they have been looked for.
    tried: Option<Option<(Seating, bool)>>,
}

fn base(keeper: &Keeper<'_, '_>, fewest: Worth) -> Result<Base, GroupFault> {
    let staying = keeper.repaired();
    let seating = keeper.pack(&staying.at)?;
    // What cannot stay wherever it was leaves no choice of who moves.
    let repaired = keeper.moved(&seating) > keeper.forced();
    let mut base = Base { proven: staying.proven && seating.proven, staying, seating, repaired, tried: None };
    if !repaired || keeper.worth(&base.seating) <= fewest {
        return Ok(base);
    }
    // There may be another repair that weighs as little and needs fewer resources.
    base.proven = base.staying.proven;
    let more = if keeper.arranger.grading.is_some() { 1 } else { base.seating.bins.len().saturating_sub(fewest.resources) };
    for resources in fewest.resources..fewest.resources + more {
        let most = Worth { resources, ..fewest };
        let found = keeper.fewest_moves((&base.seating, &base.staying), most)?;
        if most == fewest {
            base.tried = Some(found.clone());
        }
        let (found, proven) = found.map_or((None, false), |(seating, proven)| (Some(seating), proven));
        if let Some(seating) = found.filter(|seating| keeper.moved(seating) <= keeper.moved(&base.seating)) {
            base.staying.at = keeper.at_home(&seating);
            base.seating = seating;
            break;
        }
        base.proven &= proven;
    }
    Ok(base)
}

/// The moves of an arrangement, and how many requirements make none.
fn moved(keeper: &Keeper<'_, '_>, staying: &Staying, seating: &Seating) -> (Vec<Moved>, usize) {
    let (items, homes) = (&keeper.prepared.items, keeper.homes);
    let mut stays: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (item, home) in staying.at.iter().enumerate() {
        stays.entry(home.unwrap_or_default()).or_default().extend(home.map(|_| item));
    }
    let mut moving = vec![false; homes.needs.len()];
    let mut moves: BTreeMap<(Vec<usize>, usize, usize), (u64, Why)> = BTreeMap::new();
    for (to, bin) in &seating.bins {
        for item in bin {
            for (from, weight) in keeper.stakes[*item].iter().filter(|(home, _)| home != to) {
                let needs = homes.of(&items[*item], *from);
                needs.iter().for_each(|need| moving[*need] = true);
                // The elements of one requirement that go the same way are told together.
                let entry = moves.entry((needs, *from, *to)).or_insert_with(|| {
                    let stays = stays.get(from).map_or(&[][..], Vec::as_slice);
                    (0, why(keeper, *item, (*from, *to), staying, stays))
                });
                entry.0 += weight;
            }
        }
    }
    let kept = homes.needs.iter().zip(&moving).filter(|(home, moving)| **home != Home::New && !**moving).count();
    let moves = moves.into_iter().map(|((needs, from, to), (weight, why))| Moved { needs, from, to, weight, why });
    (moves.collect(), kept)
}

/// Why an item cannot stay with what does, or need not.
fn why(keeper: &Keeper<'_, '_>, item: usize, (from, to): (usize, usize), staying: &Staying, stays: &[usize]) -> Why {
    let Prepared { items, labelling, .. } = keeper.prepared;
    let first = |item: usize| items[item].needs.first().copied().unwrap_or_default();
    if staying.at[item] == Some(from) {
        return Why::Saves;
    }
    if let Some(why) = keeper.homes.refusal(&items[item], from) {
        return Why::Fixed { why: why.to_owned() };
    }
    let here = keeper.homes.of(&items[item], from);
    let elsewhere = |need: &usize| keeper.homes.needs[*need] != Home::New && !here.contains(need);
    if keeper.stakes[item].iter().any(|(home, _)| *home == to)
        && let Some(with) = items[item].needs.iter().copied().find(elsewhere)
    {
        return Why::Joined { with };
    }
    for (attribute, label) in &labelling.labels[item] {
        let differs = |other: &&usize| labelling.labels[**other].iter().any(|(a, l)| a == attribute && l != label);
        let Some(other) = stays.iter().find(differs) else { continue };
        let theirs = labelling.labels[*other].iter().find(|(a, _)| a == attribute).map(|(_, label)| *label);
        return match &labelling.causes[attribute.0 as usize] {
            Cause::Property(rank) => {
                let column = &keeper.arranger.columns[*rank];
                let value = |label: u32| column.values.get(label as usize).map_or(String::new(), |value| value.to_string());
                let states = |item: &Item| item.needs.iter().copied().find(|need| column.stated(*need).is_some());
                Why::Differs {
                    property: column.name(keeper.arranger.group),
                    value: value(label.0),
                    other: theirs.map_or(String::new(), |label| value(label.0)),
                    with: states(&items[*other]).unwrap_or_else(|| first(*other)),
                }
            }
            Cause::Dedicated => Why::Parted { cause: "the estate dedicates resources to one of them", with: first(*other) },
            Cause::Apart(_) => Why::Parted { cause: "the estate wants them apart", with: first(*other) },
            Cause::Alone | Cause::Kept => Why::Parted { cause: "the estate's `sharing` is `none`", with: first(*other) },
        };
    }
    let mut with = stays.to_vec();
    with.push(item);
    let used = keeper.usage(&with);
    let full = used.iter().zip(keeper.arranger.dimensions).find(|(used, dimension)| **used > dimension.usable);
    full.map_or(Why::Saves, |(amount, dimension)| Why::Full {
        capacity: dimension.capacity.name.clone(),
        amount: *amount,
        most: dimension.usable,
    })
}
