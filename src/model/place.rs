//! Placing a group's requirements on the fewest resources.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::columns::{Column, columns};
use super::divide::divide;
use super::labels::{Cause, Exclusions, Labelling, Torn, join_together, label};
use super::links::{Bond, Link, Links};
use super::sizes::{Common, CountPath, nested, size};
use crate::estate::{Estate, Headroom, OnConflict, Sharing};
use crate::merge::{Group, Portion, Selection, for_each_element, lookup};
use crate::names::ComponentId;
use crate::rules::{Capacity, Kind};
use crate::solve::{Attribute, Certificate, Control, ItemType, Label, Outcome, Problem, SolveError, Solver};

/// What holds for every group of an estate.
pub(crate) struct Setting<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) exclusions: Exclusions,
    pub(crate) together: Vec<Vec<u32>>,
    pub(crate) solver: &'a (dyn Solver + Sync),
    pub(crate) control: Control<'a>,
}

impl<'a> Setting<'a> {
    pub(crate) fn new(estate: &'a Estate, solver: &'a (dyn Solver + Sync), control: Control<'a>) -> Self {
        let ids = estate.components.keys().enumerate();
        let rank: FxHashMap<&ComponentId, u32> = ids.map(|(i, id)| (id, u32::try_from(i).unwrap_or(u32::MAX))).collect();
        let ranks = |ids: &Vec<ComponentId>| ids.iter().filter_map(|id| rank.get(id).copied()).collect();
        let together = estate.constraints.together.iter().map(ranks).collect();
        Self { estate, exclusions: Exclusions::new(estate, &rank), together, solver, control }
    }

    fn on_conflict(&self) -> OnConflict {
        self.estate.settings.on_conflict
    }
}

/// A capacity as it holds in this estate.
#[derive(Clone, Debug)]
pub(crate) struct Dimension<'r> {
    pub(crate) capacity: &'r Capacity,
    /// The limit in force: the rule's, or the estate's.
    pub(crate) limit: u64,
    /// What of it may be packed: less the headroom, less what every resource of the group holds anyway.
    pub(crate) usable: u64,
    /// What every resource of the group may hold anyway: elements that several items share.
    pub(crate) reserved: u64,
    pub(crate) paths: Vec<CountPath>,
}

/// A capacity's limit and how much of it may be packed.
#[derive(Clone, Debug)]
pub(crate) struct LimitInForce {
    pub(crate) name: String,
    pub(crate) limit: u64,
    pub(crate) usable: u64,
}

impl Dimension<'_> {
    fn in_force(&self) -> LimitInForce {
        LimitInForce { name: self.capacity.name.clone(), limit: self.limit, usable: self.usable }
    }
}

/// What is placed as one: whole requirements, or the chosen elements of each.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) needs: Vec<usize>,
    pub(crate) only: Option<Vec<Option<Selection>>>,
}

/// Why a group cannot be placed.
#[derive(Debug)]
pub(crate) enum GroupFault {
    Inseparable {
        torn: (usize, usize),
        cause: String,
        chain: Vec<Link>,
    },
    RequirementTooBig {
        needs: Vec<usize>,
        limit: String,
        size: u64,
        most: u64,
    },
    ElementTooBig {
        need: usize,
        leaf: usize,
        name: String,
        limit: String,
        size: u64,
        most: u64,
    },
    /// `onConflict: error`: a disagreement, by distinct value.
    Conflict {
        property: String,
        leaf: usize,
        values: Vec<(serde_json::Value, Vec<u32>)>,
    },
    Solve(SolveError),
}

/// A disagreement that keeps requirements apart.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    pub(crate) property: String,
    pub(crate) leaf: usize,
    pub(crate) matching: bool,
    /// The distinct values and who insists on each.
    pub(crate) values: Vec<(serde_json::Value, Vec<u32>)>,
    /// How many resources fewer would do without it, if that could be found out.
    pub(crate) costs: u64,
}

/// A group's requirements on resources.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) bins: Vec<Vec<Portion>>,
    /// What each resource uses, by dimension.
    pub(crate) usage: Vec<Vec<u64>>,
    pub(crate) lower_bound: u64,
    pub(crate) optimal: bool,
    pub(crate) certificate: Certificate,
    pub(crate) types: Vec<ItemType>,
    pub(crate) splits: Vec<Split>,
    /// Requirements that were divided, each with the capacity that they exceed.
    pub(crate) divided: Vec<(Vec<usize>, String)>,
    /// Resources that the owners would need each on its own.
    pub(crate) unshared: u64,
    /// Whether constraints keep requirements apart.
    pub(crate) constrained: bool,
    /// The capacities, in the order of `usage`.
    pub(crate) limits: Vec<LimitInForce>,
}

/// Places a group's requirements on the fewest resources.
pub(crate) fn place(group: &Group<'_>, setting: &Setting<'_>) -> Result<Placed, GroupFault> {
    let settings = &setting.estate.settings;
    let columns = columns(group);
    let links = links(group, setting);
    let sets = links.sets();
    let common = common(group, &sets);
    let dimensions = dimensions(group, setting.estate, &common);
    check_elements(group, setting.estate, &sets)?;

    let mut items = Vec::with_capacity(sets.len());
    let mut sizes = Vec::with_capacity(sets.len());
    let mut totals: Vec<u128> = vec![0; dimensions.len()];
    let mut divided = Vec::new();
    for needs in sets {
        let whole = size(group, &dimensions, &needs, None, &common);
        totals.iter_mut().zip(&whole).for_each(|(total, size)| *total += u128::from(*size));
        match (0..dimensions.len()).find(|d| whole[*d] > dimensions[*d].usable) {
            None => {
                sizes.push(whole);
                items.push(Item { needs, only: None });
            }
            Some(d) => {
                let pieces = divide(group, &dimensions, &needs, &whole, &common, setting.solver, &setting.control)?;
                for piece in pieces {
                    sizes.push(size(group, &dimensions, &piece.needs, piece.only.as_deref(), &common));
                    items.push(piece);
                }
                divided.push((needs, dimensions[d].capacity.name.clone()));
            }
        }
    }
    let needs: Vec<Vec<usize>> = items.iter().map(|item| item.needs.clone()).collect();
    let labelling = label(group, &columns, &needs, &setting.exclusions, settings.sharing, setting.on_conflict())
        .map_err(|torn| inseparable(group, &columns, &links, &torn))?;
    let deciding = deciding(&labelling);
    if setting.on_conflict() == OnConflict::Error {
        refuse_conflicts(group, &columns, &needs, &labelling, &deciding)?;
    }

    let packer = Packer { setting, dimensions: &dimensions, sizes: &sizes, labelling: &labelling };
    let deciding = |attribute: Attribute| deciding[attribute.0 as usize];
    let reserved = !common.is_empty();
    let plain = packer.pack(&deciding, Wishes::Ignored, Reserve::Kept)?;
    let bins = plain.outcome.packing().bins();
    // The reserve is a sure way to make room for what every resource may hold; the proof must not rest on it.
    let proof = if reserved { packer.pack(&deciding, Wishes::Ignored, Reserve::Spent)? } else { plain.clone() };
    let arranged = if bins > 1 && labelling.wishes.iter().any(|wishes| !wishes.is_empty()) {
        let wished = packer.pack(&|_| true, Wishes::Heard, Reserve::Kept)?;
        if wished.outcome.packing().bins() <= bins { wished } else { plain }
    } else {
        plain
    };
    let bins = arranged.outcome.packing().bins();
    let mut lower_bound = proof.outcome.lower_bound().min(bins);
    if !divided.is_empty() {
        // The pieces were cut before packing; only what holds for any cut is proven.
        let volume = totals.iter().zip(&dimensions).map(|(total, d)| total.div_ceil(u128::from(d.usable.max(1))));
        lower_bound = lower_bound.min(u64::try_from(volume.max().unwrap_or(1)).unwrap_or(bins)).max(1);
    }
    let splits = splits(group, &packer, &columns, &needs, &deciding, bins)?;
    let lifted = arranged.bins();
    let usage = lifted.iter().map(|bin| usage(group, &dimensions, &items, &sizes, &common, bin)).collect();
    Ok(Placed {
        unshared: unshared(group, setting, lifted.len(), &divided)?,
        bins: lifted.iter().map(|bin| portions(&items, bin)).collect(),
        usage,
        lower_bound,
        optimal: lower_bound == bins,
        certificate: proof.outcome.certificate().clone(),
        types: proof.problem.types,
        splits,
        divided,
        limits: dimensions.iter().map(Dimension::in_force).collect(),
        constrained: labelling.causes.iter().any(|cause| !matches!(cause, Cause::Property(_))),
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Wishes {
    Ignored,
    Heard,
}

#[derive(Clone, Copy, PartialEq)]
enum Reserve {
    Kept,
    Spent,
}

/// The items of a group, ready to be packed under one set of rules or another.
struct Packer<'p> {
    setting: &'p Setting<'p>,
    dimensions: &'p [Dimension<'p>],
    sizes: &'p [Vec<u64>],
    labelling: &'p Labelling,
}

/// A problem, which items are of which type, and the answer.
#[derive(Clone)]
struct Packed {
    problem: Problem,
    members: Vec<Vec<usize>>,
    outcome: Outcome,
}

impl Packer<'_> {
    fn pack(&self, heeded: &dyn Fn(Attribute) -> bool, wishes: Wishes, reserve: Reserve) -> Result<Packed, GroupFault> {
        let usable = |d: &Dimension<'_>| if reserve == Reserve::Kept { d.usable } else { d.usable + d.reserved };
        let mut problem = Problem { capacity: self.dimensions.iter().map(usable).collect(), types: Vec::new() };
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut ranks: FxHashMap<ItemType, usize> = FxHashMap::default();
        for (item, size) in self.sizes.iter().enumerate() {
            let labels = self.labelling.labels[item].iter().filter(|(attribute, _)| heeded(*attribute)).copied().collect();
            let heard = if wishes == Wishes::Heard { self.labelling.wishes[item].clone() } else { Vec::new() };
            let item_type = ItemType { size: size.clone(), count: 0, labels, wishes: heard };
            let rank = *ranks.entry(item_type).or_insert_with_key(|item_type| {
                problem.types.push(item_type.clone());
                members.push(Vec::new());
                members.len() - 1
            });
            problem.types[rank].count += 1;
            members[rank].push(item);
        }
        let outcome = self.setting.solver.solve(&problem, &self.setting.control).map_err(GroupFault::Solve)?;
        Ok(Packed { problem, members, outcome })
    }
}

impl Packed {
    /// The items in each bin; bins in the order of their first items.
    fn bins(&self) -> Vec<Vec<usize>> {
        let mut queues: Vec<_> = self.members.iter().map(|items| items.iter().copied()).collect();
        let mut bins = Vec::new();
        for pattern in &self.outcome.packing().patterns {
            for _ in 0..pattern.count {
                let mut bin = Vec::new();
                for (rank, copies) in &pattern.items {
                    bin.extend(queues[*rank].by_ref().take(*copies as usize));
                }
                bin.sort_unstable();
                bins.push(bin);
            }
        }
        bins.sort();
        bins
    }
}

/// Which attributes keep anything apart: those with more than one label.
fn deciding(labelling: &Labelling) -> Vec<bool> {
    let mut first: Vec<Option<Label>> = vec![None; labelling.causes.len()];
    let mut deciding = vec![false; labelling.causes.len()];
    for (attribute, label) in labelling.labels.iter().flatten() {
        let rank = attribute.0 as usize;
        deciding[rank] |= first[rank].is_some_and(|first| first != *label);
        first[rank] = Some(*label);
    }
    deciding
}

fn links(group: &Group<'_>, setting: &Setting<'_>) -> Links {
    let mut links = Links::new(group.needs.len());
    if setting.estate.settings.sharing == Sharing::None {
        return links;
    }
    join_together(&mut links, group, &setting.together);
    for property in group.rule.properties.iter() {
        let Kind::Collection(collection) = &property.kind else { continue };
        if !collection.together {
            continue;
        }
        let mut first: FxHashMap<Cow<'_, str>, usize> = FxHashMap::default();
        for (i, need) in group.needs.iter().enumerate() {
            let Some(value) = lookup(&need.config, &property.path) else { continue };
            for_each_element(collection, value, |element| {
                let name = element.name.clone();
                let from = *first.entry(element.name).or_insert(i);
                if from != i {
                    links.join(from, i, Bond::Element { collection: property.name(), name: name.into_owned() });
                }
            });
        }
    }
    links
}

/// The shared elements that more than one set of requirements names.
fn common<'g>(group: &'g Group<'_>, sets: &[Vec<usize>]) -> Common<'g> {
    let mut common = Common::default();
    for (leaf, property) in group.rule.properties.iter().enumerate() {
        let Kind::Collection(collection) = &property.kind else { continue };
        if !collection.shareable {
            continue;
        }
        let mut first: FxHashMap<Cow<'g, str>, usize> = FxHashMap::default();
        for (set, needs) in sets.iter().enumerate() {
            for need in needs {
                let Some(value) = lookup(&group.needs[*need].config, &property.path) else { continue };
                for_each_element(collection, value, |element| {
                    if element.shared && *first.entry(element.name.clone()).or_insert(set) != set {
                        common.insert((leaf, element.name));
                    }
                });
            }
        }
    }
    common
}

/// The limit of a capacity in an estate: its own, or the rule's.
pub(crate) fn limit(estate: &Estate, resource_type: &str, capacity: &Capacity) -> u64 {
    let own = estate.settings.limits.get(resource_type).and_then(|limits| limits.get(&capacity.name));
    own.copied().unwrap_or(capacity.limit)
}

fn dimensions<'g>(group: &Group<'g>, estate: &Estate, common: &Common<'_>) -> Vec<Dimension<'g>> {
    let properties = &group.rule.properties;
    let headroom: Headroom = estate.settings.headroom;
    let dimension = |capacity: &'g Capacity| {
        let paths = capacity.count.iter().filter_map(|path| {
            let (first, inner) = path.split_first()?;
            Some(CountPath { leaf: properties.find(first)?.0, inner: inner.to_vec() })
        });
        let paths: Vec<CountPath> = paths.collect();
        let limit = limit(estate, group.rule.resource_type.as_str(), capacity);
        let counted = |leaf: usize| paths.iter().any(|path| path.leaf == leaf && path.inner.is_empty());
        let reserved = common.iter().filter(|(leaf, _)| counted(*leaf)).count() as u64;
        let left = headroom.leaves(limit);
        let reserved = reserved.min(left);
        Dimension { capacity, limit, usable: left - reserved, reserved, paths }
    };
    group.rule.dimensions().map(dimension).collect()
}

/// Limits that hold for one element (containers in a database): nothing that is placed elsewhere can help.
fn check_elements(group: &Group<'_>, estate: &Estate, sets: &[Vec<usize>]) -> Result<(), GroupFault> {
    for capacity in group.rule.capacities.iter().filter(|capacity| capacity.per.is_some()) {
        let limit = estate.settings.headroom.leaves(limit(estate, group.rule.resource_type.as_str(), capacity));
        for path in &capacity.count {
            let Some((first, inner)) = path.split_first() else { continue };
            let Some((leaf, property)) = group.rule.properties.find(first) else { continue };
            let Some(collection) = property.collection() else { continue };
            for needs in sets {
                let mut elements: FxHashMap<Cow<'_, str>, (usize, Vec<&serde_json::Value>)> = FxHashMap::default();
                for need in needs {
                    let Some(value) = lookup(&group.needs[*need].config, &property.path) else { continue };
                    for_each_element(collection, value, |element| {
                        elements.entry(element.name).or_insert_with(|| (*need, Vec::new())).1.push(element.value);
                    });
                }
                let too_big = elements.into_iter().filter_map(|(name, (need, values))| {
                    let size = nested(collection, inner, &values);
                    (size > limit).then_some((need, name.into_owned(), size))
                });
                if let Some((need, name, size)) = too_big.min() {
                    let limit_name = capacity.name.clone();
                    return Err(GroupFault::ElementTooBig { need, leaf, name, limit: limit_name, size, most: limit });
                }
            }
        }
    }
    Ok(())
}

fn inseparable(group: &Group<'_>, columns: &[Column<'_>], links: &Links, torn: &Torn) -> GroupFault {
    let cause = match torn.cause {
        Cause::Property(rank) => {
            let column = &columns[rank];
            let value = |need| column.stated(need).map_or(String::new(), |(value, _)| column.values[value as usize].to_string());
            format!("`{}` is {} for one and {} for the other", column.name(group), value(torn.from), value(torn.to))
        }
        Cause::Dedicated => "the estate dedicates resources to one of them".to_owned(),
        Cause::Apart(_) => "the estate wants them apart".to_owned(),
        Cause::Alone => "the estate shares nothing".to_owned(),
    };
    GroupFault::Inseparable { torn: (torn.from, torn.to), cause, chain: links.chain(torn.from, torn.to) }
}

/// With `onConflict: error`: a disagreement between two who could share otherwise is refused.
fn refuse_conflicts(
    group: &Group<'_>,
    columns: &[Column<'_>],
    items: &[Vec<usize>],
    labelling: &Labelling,
    deciding: &[bool],
) -> Result<(), GroupFault> {
    let constraint = |attribute: Attribute| !matches!(labelling.causes[attribute.0 as usize], Cause::Property(_));
    let carried = |item: usize, wanted: Attribute| labelling.labels[item].iter().find(|(a, _)| *a == wanted).map(|(_, l)| *l);
    let apart_anyway = |a: usize, b: usize| {
        let labels = labelling.labels[a].iter().filter(|(attribute, _)| constraint(*attribute));
        labels.into_iter().any(|(attribute, label)| carried(b, *attribute).is_some_and(|other| other != *label))
    };
    for (rank, cause) in labelling.causes.iter().enumerate() {
        let Cause::Property(column) = cause else { continue };
        if !deciding[rank] {
            continue;
        }
        let attribute = Attribute(u32::try_from(rank).unwrap_or(u32::MAX));
        let speakers: Vec<(usize, Label)> = (0..items.len()).filter_map(|item| Some((item, carried(item, attribute)?))).collect();
        let disagree = |(i, (a, label)): (usize, &(usize, Label))| {
            speakers[i + 1..].iter().any(|(b, other)| other != label && !apart_anyway(*a, *b))
        };
        if speakers.iter().enumerate().any(disagree) {
            let column = &columns[*column];
            let values = insisting(group, column, &speakers, items);
            return Err(GroupFault::Conflict { property: column.name(group), leaf: column.leaf, values });
        }
    }
    Ok(())
}

/// The distinct values of a column that items insist on, and whose they are.
fn insisting(
    group: &Group<'_>,
    column: &Column<'_>,
    speakers: &[(usize, Label)],
    items: &[Vec<usize>],
) -> Vec<(serde_json::Value, Vec<u32>)> {
    let mut values: Vec<(serde_json::Value, Vec<u32>)> = Vec::new();
    let mut by_label: std::collections::BTreeMap<Label, Vec<u32>> = std::collections::BTreeMap::new();
    for (item, label) in speakers {
        let stating = items[*item].iter().filter(|need| column.stated(**need).is_some_and(|(value, _)| Label(value) == *label));
        by_label.entry(*label).or_default().extend(stating.map(|need| group.needs[*need].owner));
    }
    for (label, mut owners) in by_label {
        owners.sort_unstable();
        owners.dedup();
        values.push((column.values[label.0 as usize].clone(), owners));
    }
    values.sort_by(|a, b| a.1.cmp(&b.1));
    values
}

fn splits(
    group: &Group<'_>,
    packer: &Packer<'_>,
    columns: &[Column<'_>],
    items: &[Vec<usize>],
    deciding: &dyn Fn(Attribute) -> bool,
    bins: u64,
) -> Result<Vec<Split>, GroupFault> {
    let mut splits = Vec::new();
    for (rank, cause) in packer.labelling.causes.iter().enumerate() {
        let attribute = Attribute(u32::try_from(rank).unwrap_or(u32::MAX));
        let Cause::Property(column) = cause else { continue };
        if !deciding(attribute) {
            continue;
        }
        let column = &columns[*column];
        let without = packer.pack(&|other| other != attribute && deciding(other), Wishes::Ignored, Reserve::Kept)?;
        let speakers: Vec<(usize, Label)> = (0..items.len())
            .filter_map(|item| packer.labelling.labels[item].iter().find(|(a, _)| *a == attribute).map(|(_, l)| (item, *l)))
            .collect();
        splits.push(Split {
            property: column.name(group),
            leaf: column.leaf,
            matching: column.strategy == crate::rules::Strategy::Match,
            values: insisting(group, column, &speakers, items),
            costs: bins.saturating_sub(without.outcome.packing().bins()),
        });
    }
    Ok(splits)
}

fn usage(
    group: &Group<'_>,
    dimensions: &[Dimension<'_>],
    items: &[Item],
    sizes: &[Vec<u64>],
    common: &Common<'_>,
    bin: &[usize],
) -> Vec<u64> {
    let mut used: Vec<u64> = (0..dimensions.len()).map(|d| bin.iter().map(|item| sizes[*item][d]).sum()).collect();
    if common.is_empty() {
        return used;
    }
    for (dimension, used) in dimensions.iter().zip(&mut used) {
        let mut present: FxHashSet<(usize, Cow<'_, str>)> = FxHashSet::default();
        for path in &dimension.paths {
            let property = group.leaf(path.leaf);
            let Some(collection) = property.collection() else { continue };
            for need in bin.iter().flat_map(|item| &items[*item].needs) {
                let Some(value) = lookup(&group.needs[*need].config, &property.path) else { continue };
                for_each_element(collection, value, |element| {
                    if element.shared && common.contains(&(path.leaf, element.name.clone())) {
                        present.insert((path.leaf, element.name));
                    }
                });
            }
        }
        *used += present.len() as u64;
    }
    used
}

fn portions(items: &[Item], bin: &[usize]) -> Vec<Portion> {
    let mut portions = Vec::new();
    for item in bin.iter().map(|item| &items[*item]) {
        for (i, need) in item.needs.iter().enumerate() {
            let only = item.only.as_ref().and_then(|only| only.get(i).cloned().flatten()).map(Arc::new);
            portions.push(Portion { need: *need, only });
        }
    }
    portions.sort_by_key(|portion| portion.need);
    portions
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
