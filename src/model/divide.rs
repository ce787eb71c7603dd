//! Requirements too big for one resource, taken apart element by element.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::homes::Homes;
use super::sizes::{nested, size};
use super::types::{Dimension, GroupFault, Item, Setting};
use crate::merge::{Group, Selection};
use crate::rules::Kind;
use crate::rules::for_each_element;
use crate::solve::{ItemType, Problem};

/// What must be placed as a whole: an element of a list, or a counted flag.
struct Atom<'g> {
    leaf: usize,
    name: String,
    size: Vec<u64>,
    /// Who names it, by rank within the item; with what they say of it.
    needs: Vec<usize>,
    values: Vec<&'g Value>,
}

/// An item that exceeds a capacity, taken apart.
pub(super) struct Divided<'g> {
    needs: Vec<usize>,
    atoms: Vec<Atom<'g>>,
    /// A selection of nothing: every property that is taken apart, with no element.
    nothing: Selection,
    /// What every piece takes, whatever elements it has: settings, for the most part.
    overhead: Vec<u64>,
}

impl<'g> Divided<'g> {
    /// Takes an item apart. Settings (maps, single values) stay with every piece; the elements of lists that belong to
    /// components, and flags that are counted, go to one piece each.
    pub(super) fn new(group: &'g Group<'_>, dimensions: &[Dimension<'_>], needs: &[usize]) -> Result<Self, GroupFault> {
        let counted = |leaf: usize| dimensions.iter().flat_map(|d| &d.paths).any(|path| path.leaf == leaf);
        let divisible = |leaf: &usize| match &group.leaf(*leaf).kind {
            Kind::Collection(c) => c.is_divisible(),
            _ => counted(*leaf),
        };
        let leaves: BTreeSet<usize> = (0..group.rule.properties.leaves.len()).filter(divisible).collect();
        let atoms = atoms(group, dimensions, needs, &leaves);
        let whole = size(group, dimensions, needs, None);
        let overhead: Vec<u64> =
            (0..whole.len()).map(|d| whole[d] - atoms.iter().map(|atom| atom.size[d]).sum::<u64>().min(whole[d])).collect();
        if let Some(d) = (0..overhead.len()).find(|d| overhead[*d] > dimensions[*d].usable) {
            let Dimension { capacity, usable, .. } = &dimensions[d];
            let (limit, size, most) = (capacity.name.clone(), overhead[d], *usable);
            return Err(GroupFault::RequirementTooBig { needs: needs.to_vec(), limit, size, most });
        }
        for atom in &atoms {
            if let Some(d) = (0..overhead.len()).find(|d| overhead[*d] + atom.size[*d] > dimensions[*d].usable) {
                return Err(GroupFault::ElementTooBig {
                    need: atom.needs.first().map_or(0, |rank| needs[*rank]),
                    leaf: atom.leaf,
                    name: atom.name.clone(),
                    limit: dimensions[d].capacity.name.clone(),
                    size: overhead[d] + atom.size[d],
                    most: dimensions[d].usable,
                });
            }
        }
        let nothing = leaves.into_iter().map(|leaf| (leaf, BTreeSet::new())).collect();
        Ok(Self { needs: needs.to_vec(), atoms, nothing, overhead })
    }

    pub(super) fn needs(&self) -> &[usize] {
        &self.needs
    }

    /// Whether pieces cost nothing beside their elements, so that any cut is as good as any other.
    pub(super) fn is_free(&self) -> bool {
        self.overhead.iter().all(|size| *size == 0)
    }

    /// The fewest pieces, each no larger than a resource.
    pub(super) fn pieces(
        &self,
        dimensions: &[Dimension<'_>],
        setting: &Setting<'_>,
    ) -> Result<Vec<(Item, Vec<u64>)>, GroupFault> {
        let pieces = self.cut(&(0..self.atoms.len()).collect::<Vec<_>>(), dimensions, setting)?;
        Ok(pieces.into_iter().enumerate().map(|(i, piece)| self.piece(&piece, i == 0)).collect())
    }

    /// Pieces that can stay where their elements were: what was on one resource, as far as it fits on one, and the fewest
    /// pieces of the rest.
    pub(super) fn pieces_at_home(
        &self,
        homes: &Homes,
        dimensions: &[Dimension<'_>],
        setting: &Setting<'_>,
    ) -> Result<Vec<(Item, Vec<u64>)>, GroupFault> {
        let mut there: BTreeMap<usize, (Vec<usize>, Vec<u64>)> = BTreeMap::new();
        let mut rest = Vec::new();
        for (i, atom) in self.atoms.iter().enumerate() {
            let needs = || atom.needs.iter().map(|rank| self.needs[*rank]);
            let known = homes.known(needs(), atom.leaf, &atom.name);
            let home = known.or_else(|| needs().find_map(|need| homes.needs[need].of_element(atom.leaf, &atom.name)));
            let Some(number) = home else {
                rest.push(i);
                continue;
            };
            let (piece, size) = there.entry(number).or_insert_with(|| (Vec::new(), self.overhead.clone()));
            let with: Vec<u64> = size.iter().zip(&atom.size).map(|(size, more)| size + more).collect();
            if with.iter().zip(dimensions).all(|(size, dimension)| *size <= dimension.usable) {
                piece.push(i);
                *size = with;
            } else {
                rest.push(i);
            }
        }
        let mut pieces: Vec<Vec<usize>> = there.into_values().map(|(piece, _)| piece).filter(|piece| !piece.is_empty()).collect();
        if !rest.is_empty() || pieces.is_empty() {
            pieces.extend(self.cut(&rest, dimensions, setting)?);
        }
        pieces.sort();
        Ok(pieces.into_iter().enumerate().map(|(i, piece)| self.piece(&piece, i == 0)).collect())
    }

    /// Some elements in the fewest pieces.
    fn cut(&self, which: &[usize], dimensions: &[Dimension<'_>], setting: &Setting<'_>) -> Result<Vec<Vec<usize>>, GroupFault> {
        let capacity = dimensions.iter().zip(&self.overhead).map(|(dimension, over)| dimension.usable - over).collect();
        let mut problem = Problem { capacity, ..Problem::default() };
        let mut types: FxHashMap<&[u64], usize> = FxHashMap::default();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (i, atom) in which.iter().map(|i| (*i, &self.atoms[*i])) {
            let rank = *types.entry(&atom.size).or_insert_with(|| {
                problem.types.push(ItemType { size: atom.size.clone(), ..ItemType::default() });
                members.push(Vec::new());
                members.len() - 1
            });
            problem.types[rank].count += 1;
            members[rank].push(i);
        }
        let outcome = setting.solver.solve(&problem, &setting.control).map_err(GroupFault::Solve)?;
        let mut queues: Vec<_> = members.into_iter().map(Vec::into_iter).collect();
        let mut pieces: Vec<Vec<usize>> = Vec::new();
        // The fullest first, so that the remainder is last.
        let mut patterns: Vec<_> = outcome.packing().patterns.iter().collect();
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.items.iter().map(|(_, copies)| *copies).sum::<u32>()));
        for pattern in patterns {
            for _ in 0..pattern.count {
                let take = |(rank, copies): &(usize, u32)| queues[*rank].by_ref().take(*copies as usize).collect::<Vec<_>>();
                let mut piece: Vec<usize> = pattern.items.iter().flat_map(take).collect();
                piece.sort_unstable();
                pieces.push(piece);
            }
        }
        pieces.sort();
        Ok(pieces)
    }

    /// Every element as a piece of its own.
    pub(super) fn elements(&self) -> Vec<(Item, Vec<u64>)> {
        (0..self.atoms.len()).map(|i| self.piece(&[i], i == 0)).collect()
    }

    /// One piece: those requirements that have an element in it; the first piece also gets those without elements.
    fn piece(&self, atoms: &[usize], first: bool) -> (Item, Vec<u64>) {
        let mut size = self.overhead.clone();
        let mut chosen: BTreeMap<usize, Selection> = BTreeMap::new();
        for atom in atoms.iter().map(|i| &self.atoms[*i]) {
            size.iter_mut().zip(&atom.size).for_each(|(total, size)| *total += size);
            for need in &atom.needs {
                let selection = chosen.entry(*need).or_insert_with(|| self.nothing.clone());
                selection.entry(atom.leaf).or_default().insert(atom.name.clone());
            }
        }
        if first {
            let named: BTreeSet<usize> = self.atoms.iter().flat_map(|atom| atom.needs.iter().copied()).collect();
            for need in (0..self.needs.len()).filter(|need| !named.contains(need)) {
                chosen.entry(need).or_insert_with(|| self.nothing.clone());
            }
        }
        let (ranks, only): (Vec<usize>, Vec<Selection>) = chosen.into_iter().unzip();
        (Item { needs: ranks.into_iter().map(|rank| self.needs[rank]).collect(), only: Some(only) }, size)
    }
}

fn atoms<'g>(group: &'g Group<'_>, dimensions: &[Dimension<'_>], needs: &[usize], leaves: &BTreeSet<usize>) -> Vec<Atom<'g>> {
    let mut atoms: BTreeMap<(usize, Option<u32>, String), Atom<'g>> = BTreeMap::new();
    for leaf in leaves {
        let own = group.leaf(*leaf).collection().is_none_or(|collection| collection.prefix.is_some());
        for (rank, need) in needs.iter().enumerate() {
            let Some(value) = group.effective(*need, *leaf) else { continue };
            let mut add = |name: String, value: &'g Value| {
                let owner = own.then_some(group.needs[*need].owner);
                let atom = atoms.entry((*leaf, owner, name.clone())).or_insert_with(|| Atom {
                    leaf: *leaf,
                    name,
                    size: Vec::new(),
                    needs: Vec::new(),
                    values: Vec::new(),
                });
                atom.needs.push(rank);
                atom.values.push(value);
            };
            match &group.leaf(*leaf).kind {
                Kind::Collection(collection) => {
                    for_each_element(collection, value, |element| add(element.name.into_owned(), element.value));
                }
                _ if *value == Value::Bool(true) => add(String::new(), value),
                _ => {}
            }
        }
    }
    let mut atoms: Vec<Atom<'g>> = atoms.into_values().collect();
    for atom in &mut atoms {
        let property = group.leaf(atom.leaf);
        let of_path = |inner: &[String]| match property.collection() {
            Some(collection) if !inner.is_empty() => nested(collection, inner, &atom.values),
            _ => 1,
        };
        let of_dimension = |dimension: &Dimension<'_>| {
            dimension.paths.iter().filter(|path| path.leaf == atom.leaf).map(|path| of_path(&path.inner)).sum()
        };
        atom.size = dimensions.iter().map(of_dimension).collect();
    }
    atoms
}
