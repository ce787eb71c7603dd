//! Requirements too big for one resource, divided element by element.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::place::{Dimension, GroupFault, Item};
use super::sizes::{Common, size};
use crate::merge::{Group, Selection, for_each_element, lookup};
use crate::rules::{Collection, Identity, Kind};
use crate::solve::{Control, ItemType, Problem, Solver};

/// Divides an item that exceeds a capacity into the fewest pieces that do not, each with all that cannot be divided.
pub(super) fn divide(
    group: &Group<'_>,
    dimensions: &[Dimension<'_>],
    needs: &[usize],
    whole: &[u64],
    common: &Common<'_>,
    solver: &dyn Solver,
    control: &Control<'_>,
) -> Result<Vec<Item>, GroupFault> {
    let exceeded = || dimensions.iter().zip(whole).filter(|(dimension, size)| **size > dimension.usable);
    let leaves: BTreeSet<usize> = exceeded()
        .flat_map(|(dimension, _)| dimension.paths.iter().map(|path| path.leaf))
        .filter(|leaf| matches!(&group.leaf(*leaf).kind, Kind::Collection(c) if c.identity != Identity::Name))
        .collect();
    let nothing: Selection = leaves.iter().map(|leaf| (*leaf, BTreeSet::new())).collect();
    let empty: Vec<Option<Selection>> = vec![Some(nothing.clone()); needs.len()];
    let overhead = size(group, dimensions, needs, Some(&empty), common);
    if let Some(d) = (0..dimensions.len()).find(|d| overhead[*d] > dimensions[*d].usable) {
        let Dimension { capacity, usable, .. } = &dimensions[d];
        return Err(GroupFault::RequirementTooBig {
            needs: needs.to_vec(),
            limit: capacity.name.clone(),
            size: overhead[d],
            most: *usable,
        });
    }
    let elements = elements(group, needs, &leaves);
    let mut problem = Problem {
        capacity: dimensions.iter().zip(&overhead).map(|(dimension, over)| dimension.usable - over).collect(),
        types: Vec::new(),
    };
    let mut types: FxHashMap<Vec<u64>, usize> = FxHashMap::default();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (i, element) in elements.iter().enumerate() {
        let mut only = empty.clone();
        for (need, selection) in only.iter_mut().enumerate() {
            if element.needs.contains(&need)
                && let Some(selection) = selection
            {
                selection.insert(element.leaf, BTreeSet::from([element.name.clone()]));
            }
        }
        let with = size(group, dimensions, needs, Some(&only), common);
        let alone: Vec<u64> = with.iter().zip(&overhead).map(|(with, over)| with - over).collect();
        if let Some(d) = (0..alone.len()).find(|d| alone[*d] > problem.capacity[*d]) {
            let need = element.needs.first().map_or(0, |i| needs[*i]);
            return Err(GroupFault::ElementTooBig {
                need,
                leaf: element.leaf,
                name: element.name.clone(),
                limit: dimensions[d].capacity.name.clone(),
                size: with[d],
                most: dimensions[d].usable,
            });
        }
        let rank = *types.entry(alone.clone()).or_insert_with(|| {
            problem.types.push(ItemType { size: alone, ..ItemType::default() });
            members.push(Vec::new());
            members.len() - 1
        });
        problem.types[rank].count += 1;
        members[rank].push(i);
    }
    let outcome = solver.solve(&problem, control).map_err(GroupFault::Solve)?;
    let mut queues: Vec<_> = members.into_iter().map(Vec::into_iter).collect();
    let mut pieces: Vec<Vec<usize>> = Vec::new();
    for pattern in &outcome.packing().patterns {
        for _ in 0..pattern.count {
            let take = |(rank, copies): &(usize, u32)| queues[*rank].by_ref().take(*copies as usize).collect::<Vec<_>>();
            let mut piece: Vec<usize> = pattern.items.iter().flat_map(take).collect();
            piece.sort_unstable();
            pieces.push(piece);
        }
    }
    pieces.sort();
    Ok(pieces.into_iter().enumerate().map(|(i, piece)| item(needs, &elements, &nothing, &piece, i == 0)).collect())
}

/// One piece: those requirements that have an element in it; the first piece also gets those without elements.
fn item(needs: &[usize], elements: &[Atom], nothing: &Selection, piece: &[usize], first: bool) -> Item {
    let mut chosen: BTreeMap<usize, Selection> = BTreeMap::new();
    for element in piece.iter().map(|i| &elements[*i]) {
        for need in &element.needs {
            let selection = chosen.entry(*need).or_insert_with(|| nothing.clone());
            selection.entry(element.leaf).or_default().insert(element.name.clone());
        }
    }
    if first {
        let has_elements: BTreeSet<usize> = elements.iter().flat_map(|element| element.needs.iter().copied()).collect();
        for need in (0..needs.len()).filter(|need| !has_elements.contains(need)) {
            chosen.insert(need, nothing.clone());
        }
    }
    let (ranks, only): (Vec<usize>, Vec<Selection>) = chosen.into_iter().unzip();
    Item { needs: ranks.into_iter().map(|rank| needs[rank]).collect(), only: Some(only.into_iter().map(Some).collect()) }
}

/// An element that is placed as a whole, and who names it (by rank within the item).
struct Atom {
    leaf: usize,
    name: String,
    needs: Vec<usize>,
}

fn elements(group: &Group<'_>, needs: &[usize], leaves: &BTreeSet<usize>) -> Vec<Atom> {
    let mut atoms: BTreeMap<(usize, Option<usize>, String), Vec<usize>> = BTreeMap::new();
    for leaf in leaves {
        let property = group.leaf(*leaf);
        let Some(collection) = property.collection() else { continue };
        for (rank, need) in needs.iter().enumerate() {
            let Some(value) = lookup(&group.needs[*need].config, &property.path) else { continue };
            for_each_element(collection, value, |element| {
                let owner = is_own(collection).then_some(rank);
                atoms.entry((*leaf, owner, element.name.into_owned())).or_default().push(rank);
            });
        }
    }
    atoms.into_iter().map(|((leaf, _, name), needs)| Atom { leaf, name, needs }).collect()
}

fn is_own(collection: &Collection) -> bool {
    collection.prefix.is_some()
}
