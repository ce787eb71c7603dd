//! Placing a group's requirements on the fewest resources.

use rustc_hash::FxHashSet;

use super::arrange::{Arranged, Arranger};
use super::columns::columns;
use super::divide::Divided;
use super::prepare::{check_elements, common, dimensions, links};
use super::sizes::size;
use super::types::{Dimension, GroupFault, Item, Placed, Setting};
use crate::merge::Group;

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
