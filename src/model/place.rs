//! Placing a group's requirements on the fewest resources.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::arrange::{Arranged, Arranger, portions};
use super::cheapest::needs;
use super::columns::columns;
use super::divide::Divided;
use super::grading::{Grading, Priced, Worth};
use super::held::{Keeping, hold};
use super::homes::{Home, Homes, Moves};
use super::packer::Prepared;
use super::prepare::{check_elements, common, dimensions, links};
use super::sizes::size;
use super::types::{Dimension, GroupFault, Item, Placed, Setting};
use crate::merge::Group;
use crate::solve::{self, Certificate, Evidence, ItemType, Problem};

/// Places a group's requirements on the fewest resources.
pub(crate) fn place(group: &Group<'_>, setting: &Setting<'_>) -> Result<Placed, GroupFault> {
    Ok(placements(group, setting, None, None)?.0)
}

/// Places a group's requirements on the fewest resources, or on those that a lock keeps them on; and then what fewer
/// resources there could be, with how many moves, as far as moves are allowed.
pub(crate) fn placements(
    group: &Group<'_>,
    setting: &Setting<'_>,
    lock: Option<(&Homes, Moves)>,
    grading: Option<&Grading>,
) -> Result<(Placed, Vec<Placed>), GroupFault> {
    let columns = columns(group);
    let links = links(group, setting);
    let sets = links.sets();
    let common = common(group, &sets);
    let dimensions = dimensions(group, setting.estate);
    check_elements(group, setting.estate, &sets)?;
    let Parted { whole, divided } = part(group, &dimensions, sets)?;
    // How large requirements are cut is settled by count.
    let grading = grading.filter(|_| divided.is_empty());
    let (columns, links, common, dimensions) = (&columns, &links, &common, &dimensions);
    let arranger = Arranger { group, setting, columns, links, common, dimensions, grading };
    if divided.is_empty() {
        let arranged = arranger.arrange(whole.clone())?;
        let free = placed(&arranger, arranged, &[], None)?;
        return under(&arranger, &whole, &[], free, lock);
    }
    let parts = divided;
    let divided = &parts;
    let pieces = divided.iter().map(|part| part.divided.pieces(dimensions, setting));
    let mut arranged = arranger.arrange(joined(&whole, pieces.collect::<Result<_, _>>()?))?;
    // How a requirement is cut is settled before the packing, so only what holds for any cut is proven.
    let volumes = (0..dimensions.len()).map(|d| volume(&whole, divided, dimensions, d));
    let mut proof = volumes.max_by_key(|proof| (proof.bound, Reverse(proof.types.len())));
    let bound = proof.as_ref().map_or(0, |proof| proof.bound);
    if arranged.bins.len() as u64 > bound && divided.iter().all(|part| part.divided.is_free()) {
        let finest = arranger.arrange(joined(&whole, divided.iter().map(|part| part.divided.elements()).collect()))?;
        if finest.proven > bound {
            let (certificate, types) = (finest.certificate.clone(), finest.types.clone());
            proof = Some(Proof { bound: finest.proven, certificate, types });
        }
        if finest.bins.len() < arranged.bins.len() {
            arranged = finest;
        }
    }
    let divided: Vec<(Vec<usize>, String)> =
        divided.iter().map(|part| (part.divided.needs().to_vec(), part.limit.clone())).collect();
    let free = placed(&arranger, arranged, &divided, proof)?;
    under(&arranger, &whole, &parts, free, lock)
}

/// What a lock makes of a free placement.
fn under(
    arranger: &Arranger<'_>,
    whole: &[(Item, Vec<u64>)],
    divided: &[Part<'_>],
    mut free: Placed,
    lock: Option<(&Homes, Moves)>,
) -> Result<(Placed, Vec<Placed>), GroupFault> {
    let Some((homes, moves)) = lock else { return Ok((free, Vec::new())) };
    let Arranger { group, setting, dimensions, links, .. } = *arranger;
    if homes.needs.iter().all(|home| *home == Home::New) {
        free.numbers = (1..).filter(|number| !homes.used.contains(number)).take(free.bins.len()).collect();
        return Ok((free, Vec::new()));
    }
    let fewest = free.worth(arranger.grading);
    let resources = usize::try_from(free.lower_bound).unwrap_or(usize::MAX);
    let bound = match (arranger.grading, free.priced) {
        (Some(grading), Some(priced)) => {
            Worth { cost: priced.own_bound.saturating_add(grading.price(grading.forced())), resources }
        }
        _ => Worth { cost: 0, resources },
    };
    let fewest = (fewest, bound);
    // What was divided and fits on one resource today stays divided: its elements are where their data is.
    let apart = |(item, _): &&(Item, Vec<u64>)| {
        let over = item.needs.iter().any(|need| matches!(homes.needs[*need], Home::Over(_)));
        over && homes.stakes(group, item).len() > 1 && !links.are_wanted(&item.needs)
    };
    let (spread, whole): (Vec<_>, Vec<_>) = whole.iter().partition(apart);
    let whole: Vec<(Item, Vec<u64>)> = whole.into_iter().cloned().collect();
    let mut spread_pieces = Vec::with_capacity(spread.len());
    // Elements that are new are cut off before the packing, so that of those fewer resources are not ruled out.
    let mut settled = divided.is_empty();
    for (item, _) in spread {
        let pieces = Divided::new(group, dimensions, &item.needs)?.pieces_at_home(homes, dimensions, setting)?;
        settled &= pieces.len() == homes.stakes(group, item).len();
        spread_pieces.push(pieces);
    }
    let keep = |pieces: Vec<Vec<(Item, Vec<u64>)>>| -> Result<(Prepared, Vec<Keeping>), GroupFault> {
        let prepared = arranger.prepare(joined(&whole, [pieces, spread_pieces.clone()].concat()))?;
        let kept = hold(arranger, &prepared, homes, moves, fewest)?;
        Ok((prepared, kept))
    };
    let cut = divided.iter().map(|part| part.divided.pieces_at_home(homes, dimensions, setting));
    let mut kept = keep(cut.collect::<Result<_, _>>()?)?;
    let cost = |kept: &(Prepared, Vec<Keeping>)| {
        let first = kept.1.first()?;
        Some((first.held.dearer, first.held.more, first.held.moves.iter().map(|moved| moved.weight).sum::<u64>()))
    };
    if !divided.is_empty() && cost(&kept) != Some((0, 0, 0)) && divided.iter().all(|part| part.divided.is_free()) {
        let finest = keep(divided.iter().map(|part| part.divided.elements()).collect())?;
        if cost(&finest) < cost(&kept) {
            kept = finest;
        }
    }
    let (prepared, kept) = kept;
    let mut all = Vec::with_capacity(kept.len());
    for Keeping { seating, mut held } in kept {
        // How a requirement is cut is settled before, so that fewer are impossible is not known.
        held.proven &= settled || seating.bins.len() as u64 <= free.lower_bound;
        let own = prepared.sizes.own.as_ref().unwrap_or(&prepared.sizes.full);
        let count = seating.bins.len();
        let bins = seating.bins.values();
        let priced = free.priced.and_then(|priced| {
            let needs = needs(&prepared.items, bins.clone());
            let (own, used) = arranger.grading?.cost(needs.iter().map(Vec::as_slice))?;
            Some(Priced { own, own_bound: priced.own_bound.min(own), used, ..priced })
        });
        all.push(Placed {
            priced,
            unshared: unshared(group, setting, count, &free.divided)?,
            optimal: free.lower_bound >= count as u64,
            lower_bound: free.lower_bound.min(count as u64),
            usage: bins.clone().map(|bin| arranger.usage(&prepared.items, own, bin)).collect(),
            bins: bins.map(|bin| portions(&prepared.items, bin)).collect(),
            numbers: seating.bins.into_keys().collect(),
            held: Some(held),
            ..free.clone()
        });
    }
    let mut all = all.into_iter();
    Ok(all.next().map_or((free, Vec::new()), |first| (first, all.collect())))
}

/// The problems of which a lower bound is one for a group's resources: the group's own where every requirement is placed
/// whole; else what holds however the large ones are cut.
pub(crate) fn questions(group: &Group<'_>, setting: &Setting<'_>, grading: Option<&Grading>) -> Result<Vec<Problem>, GroupFault> {
    let columns = columns(group);
    let links = links(group, setting);
    let sets = links.sets();
    let common = common(group, &sets);
    let dimensions = dimensions(group, setting.estate);
    let Parted { whole, divided } = part(group, &dimensions, sets)?;
    let grading = grading.filter(|_| divided.is_empty());
    let (columns, links, common, dimensions) = (&columns, &links, &common, &dimensions);
    let arranger = Arranger { group, setting, columns, links, common, dimensions, grading };
    if divided.is_empty() {
        return Ok(vec![arranger.question(whole)?]);
    }
    let capacity: Vec<u64> = dimensions.iter().map(|dimension| dimension.usable).collect();
    let types = |d| volume(&whole, &divided, dimensions, d).types;
    let volume = |d| Problem { capacity: capacity.clone(), types: types(d), ..Problem::default() };
    let mut questions: Vec<Problem> = (0..dimensions.len()).map(volume).collect();
    if divided.iter().all(|part| part.divided.is_free()) {
        let finest = joined(&whole, divided.iter().map(|part| part.divided.elements()).collect());
        questions.push(arranger.question(finest)?);
    }
    Ok(questions)
}

/// What placed requirements cost and at least would, given what is proven of the packing of whole ones.
pub(crate) fn priced(
    group: &Group<'_>,
    setting: &Setting<'_>,
    grading: &Grading,
    bins: &[Vec<usize>],
    proven: u64,
) -> Option<Priced> {
    let sets = links(group, setting).sets();
    let items: Vec<Item> = sets.into_iter().map(|needs| Item { needs, only: None }).collect();
    grading.priced(bins.iter().map(Vec::as_slice), &items.iter().map(|item| item.needs.as_slice()).collect::<Vec<_>>(), proven)
}

/// The sets of requirements that stay together, if they fit, because the estate wants it of some of them.
pub(crate) fn wanted_sets(group: &Group<'_>, setting: &Setting<'_>) -> Vec<Vec<usize>> {
    if setting.together.is_empty() {
        return Vec::new();
    }
    let links = links(group, setting);
    links.sets().into_iter().filter(|set| links.are_wanted(set)).collect()
}

/// Items that fit on a resource as they are, and those that do not.
struct Parted<'g> {
    whole: Vec<(Item, Vec<u64>)>,
    divided: Vec<Part<'g>>,
}

/// An item that is divided.
struct Part<'g> {
    divided: Divided<'g>,
    size: Vec<u64>,
    /// The capacity that it exceeds.
    limit: String,
}

fn part<'g>(group: &'g Group<'_>, dimensions: &[Dimension<'_>], sets: Vec<Vec<usize>>) -> Result<Parted<'g>, GroupFault> {
    let mut parted = Parted { whole: Vec::with_capacity(sets.len()), divided: Vec::new() };
    for needs in sets {
        let size = size(group, dimensions, &needs, None);
        match (0..dimensions.len()).find(|d| size[*d] > dimensions[*d].usable) {
            None => parted.whole.push((Item { needs, only: None }, size)),
            Some(d) => {
                let divided = Divided::new(group, dimensions, &needs)?;
                parted.divided.push(Part { divided, size, limit: dimensions[d].capacity.name.clone() });
            }
        }
    }
    Ok(parted)
}

/// Whole items and pieces, in the order of their requirements.
fn joined(whole: &[(Item, Vec<u64>)], pieces: Vec<Vec<(Item, Vec<u64>)>>) -> Vec<(Item, Vec<u64>)> {
    let mut items = whole.to_vec();
    items.extend(pieces.into_iter().flatten());
    items.sort_by_key(|(item, _)| item.needs.first().copied());
    items
}

/// A lower bound with its evidence.
struct Proof {
    bound: u64,
    certificate: Certificate,
    types: Vec<ItemType>,
}

/// What one capacity proves: the amounts of it that whole items take, and of divided ones every unit by itself.
fn volume(whole: &[(Item, Vec<u64>)], divided: &[Part<'_>], dimensions: &[Dimension<'_>], d: usize) -> Proof {
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    for (_, size) in whole.iter().filter(|(_, size)| size[d] > 0) {
        *counts.entry(size[d]).or_default() += 1;
    }
    for part in divided {
        let units = u32::try_from(part.size[d]).unwrap_or(u32::MAX);
        *counts.entry(1).or_default() += units;
    }
    let along = |amount: u64| (0..dimensions.len()).map(|other| if other == d { amount } else { 0 }).collect();
    let types: Vec<ItemType> =
        counts.iter().map(|(amount, count)| ItemType { size: along(*amount), count: *count, ..ItemType::default() }).collect();
    let evidence = Evidence::Weights { denominator: dimensions[d].usable.max(1), weights: counts.into_keys().collect() };
    let certificate = Certificate { parts: vec![solve::Part { types: (0..types.len()).collect(), evidence }] };
    let problem = Problem { types, ..Problem::default() };
    Proof { bound: certificate.bound(&problem).max(1), certificate, types: problem.types }
}

/// The result of a placement; `proof` is what is proven where the packing's own proof does not hold.
fn placed(
    arranger: &Arranger<'_>,
    arranged: Arranged,
    divided: &[(Vec<usize>, String)],
    proof: Option<Proof>,
) -> Result<Placed, GroupFault> {
    let Arranger { group, setting, dimensions, .. } = *arranger;
    let Arranged { bins, usage, proven, certificate, types, splits, constraints, priced } = arranged;
    let Proof { bound, certificate, types } = proof.unwrap_or(Proof { bound: proven, certificate, types });
    let lower_bound = bound.min(bins.len() as u64);
    Ok(Placed {
        unshared: unshared(group, setting, bins.len(), divided)?,
        optimal: lower_bound == bins.len() as u64,
        numbers: (1..=bins.len()).collect(),
        bins,
        usage,
        lower_bound,
        certificate,
        types,
        splits,
        divided: divided.to_vec(),
        limits: dimensions.iter().map(Dimension::in_force).collect(),
        constraints,
        held: None,
        priced,
    })
}

/// How many resources the owners would need if each were planned alone.
pub(crate) fn unshared(
    group: &Group<'_>,
    setting: &Setting<'_>,
    bins: usize,
    divided: &[(Vec<usize>, String)],
) -> Result<u64, GroupFault> {
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
