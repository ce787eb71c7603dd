//! What the resources of a group would cost, by what the requirements on them state: found out by planning a requirement
//! alone with each combination of values that matters.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::alone::Sight;
use crate::cost::Line;
use crate::estate::{Objective, OnConflict, Priority};
use crate::input::Diagnostic;
use crate::merge::{Group, alike};
use crate::model::{Grading, bits};
use crate::planner::draft::Draft;
use crate::requirements::Need;
use crate::rules::{Kind, Strategy, lookup, put};

/// More grades than this are not told apart.
const MOST_GRADES: usize = 64;
/// More plans than this are not made to find out what requirements bring with them.
const MOST_PLANS: usize = 4000;

/// A grading and what its numbers stand for.
pub(crate) struct Pricing {
    pub(crate) grading: Grading,
    /// What one unit of it is worth.
    pub(crate) unit: Decimal,
    /// What each charge is for, and its price.
    pub(super) charges: Vec<(String, Decimal)>,
    /// The costs are those that a plan has.
    pub(super) exact: bool,
}

/// What a requirement costs alone, without what is billed by use.
struct Fixed {
    own: Decimal,
    charges: Vec<(String, Decimal)>,
}

/// A property whose value matters and differs between requirements.
struct Varying<'g> {
    leaf: usize,
    /// The distinct values; later ones win where they are ordered.
    values: Vec<&'g Value>,
    /// Different values never share.
    apart: bool,
}

/// For each varying property the rank of a value, from 1; 0 where nothing is stated.
type Profile = Vec<usize>;

impl<'a> Draft<'a> {
    /// What the resources of a group cost, where the cheapest are sought. `None` where it cannot be said.
    pub(crate) fn pricing(&self, group: &Group<'a>) -> Result<Option<Pricing>, Vec<Diagnostic>> {
        let settings = &self.estate.settings;
        let bounded = settings.max_resources.contains_key(&group.rule.resource_type);
        if !self.whole || settings.objective != Objective::Cost || bounded {
            return Ok(None);
        }
        let sight = Sight::new(group.rule, self.estate);
        let mut exact = true;
        let stated = stated(group);
        let mut varying = Vec::new();
        let mut constant: Vec<(usize, &Value)> = Vec::new();
        let mut content = false;
        for leaf in sight.seen.iter().copied() {
            let property = group.leaf(leaf);
            let first = stated[0].get(&leaf).map(|(value, _)| *value);
            let agreed = stated.iter().all(|own| match (own.get(&leaf), first) {
                (Some((value, _)), Some(first)) => alike(value, first),
                (own, first) => own.is_none() && first.is_none(),
            });
            match &property.kind {
                Kind::Collection(collection) if collection.is_owned() => content = true,
                _ if agreed => constant.extend(first.map(|value| (leaf, value))),
                Kind::Scalar(_) => match vary(group, leaf, &stated, settings.on_conflict) {
                    Some(found) => varying.push(found),
                    None => return Ok(None),
                },
                _ => exact = false,
            }
        }
        let profile = |own: &FxHashMap<usize, (&Value, Priority)>| -> Profile {
            let rank = |found: &Varying<'_>| {
                let value = own.get(&found.leaf).map(|(value, _)| *value);
                value.and_then(|value| found.values.iter().position(|known| *known == value)).map_or(0, |rank| rank + 1)
            };
            varying.iter().map(rank).collect()
        };
        let profiles: Vec<Profile> = stated.iter().map(profile).collect();
        let Some(grades) = closed(profiles.iter().cloned().collect(), &varying) else { return Ok(None) };
        let at = |grade: usize, config: &mut Map<String, Value>| {
            for (found, rank) in varying.iter().zip(&grades[grade]) {
                if let Some(value) = rank.checked_sub(1).and_then(|rank| found.values.get(rank)) {
                    put(config, &group.leaf(found.leaf).path, (*value).clone());
                }
            }
        };
        let mut fixed = Vec::with_capacity(grades.len());
        for grade in 0..grades.len() {
            let mut config = Map::new();
            constant.iter().for_each(|(leaf, value)| put(&mut config, &group.leaf(*leaf).path, (*value).clone()));
            at(grade, &mut config);
            fixed.push(self.fixed(group, 0, config)?);
        }
        let rank: FxHashMap<&Profile, usize> = grades.iter().enumerate().map(|(i, grade)| (grade, i)).collect();
        let grade_of: Vec<usize> = profiles.iter().map(|profile| rank[profile]).collect();
        let above = |low: &Profile, high: &Profile| join(low, high, &varying).as_ref() == Some(high);
        let upper: Vec<u64> = grades
            .iter()
            .map(|low| (0..grades.len()).filter(|high| above(low, &grades[*high])).fold(0, |mask, high| mask | 1 << high))
            .collect();
        let (mut shape_of, mut brought): (Vec<usize>, Vec<Vec<Decimal>>) = (vec![0; group.needs.len()], Vec::new());
        if content && grades.len() > 1 {
            let mut shapes: FxHashMap<String, usize> = FxHashMap::default();
            let mut first = Vec::new();
            for (i, need) in group.needs.iter().enumerate() {
                let mut form = String::new();
                sight.describe(&mut form, need);
                shape_of[i] = *shapes.entry(form).or_insert_with(|| {
                    first.push(i);
                    first.len() - 1
                });
            }
            if first.len() * grades.len() <= MOST_PLANS {
                for need in first {
                    let mut costs = vec![Decimal::ZERO; grades.len()];
                    for grade in bits(upper[grade_of[need]]) {
                        let mut config = group.needs[need].config.clone().into_owned();
                        at(grade, &mut config);
                        let more = self.fixed(group, need, config)?.own - fixed[grade].own;
                        exact &= !more.is_sign_negative() || more.is_zero();
                        costs[grade] = more.max(Decimal::ZERO);
                    }
                    brought.push(costs);
                }
            } else {
                exact = false;
            }
        }
        Ok(assemble(group.needs.len(), fixed, upper, grade_of, brought, shape_of, exact))
    }

    /// What one requirement of a group costs with another config.
    fn fixed(&self, group: &Group<'a>, need: usize, config: Map<String, Value>) -> Result<Fixed, Vec<Diagnostic>> {
        let own = &group.needs[need];
        // A resource owns what it requires, and is no component; any component does in its place.
        let need = Need { owner: 0, config: Cow::Owned(config), refers: false, key: own.key.clone(), ..*own };
        let draft = self.placed_alone(vec![need])?;
        let mut fixed = Fixed { own: Decimal::ZERO, charges: Vec::new() };
        for resource in &draft.resources {
            let solved = &draft.solved[resource.solved];
            let mut sum = Decimal::ZERO;
            for line in solved.bills[resource.bin].iter().flatten() {
                match (line.fixed_cost(), line.meter.once) {
                    (Some(cost), true) => fixed.charges.push((once(line), cost)),
                    (Some(cost), false) => sum += cost,
                    (None, _) => {}
                }
            }
            if solved.group.rule.resource_type == group.rule.resource_type {
                fixed.own += sum;
            } else if !sum.is_zero() {
                fixed.charges.push((place(&solved.group, &solved.id, &solved.merged[resource.bin].config), sum));
            }
        }
        Ok(fixed)
    }
}

/// What is billed once a subscription.
fn once(line: &Line<'_>) -> String {
    format!("{} {} {}", line.resource_type, line.name, line.region)
}

/// What tells resources of one group apart that could not be one.
fn place(group: &Group<'_>, id: &str, config: &Map<String, Value>) -> String {
    let apart = group.rule.properties.iter().filter(|property| property.merge == Strategy::Match);
    apart.filter_map(|property| lookup(config, &property.path)).fold(id.to_owned(), |id, value| format!("{id} {value}"))
}

/// What each requirement states, overrides and inheritance counted in, by leaf.
fn stated<'g>(group: &'g Group<'_>) -> Vec<FxHashMap<usize, (&'g Value, Priority)>> {
    let of = |need: &'g Need<'_>| {
        let mut own: FxHashMap<usize, (&'g Value, Priority)> = FxHashMap::default();
        group.visit(need, |leaf, statement| {
            let stronger = own.get(&leaf).is_none_or(|(_, priority)| statement.priority >= *priority);
            if stronger {
                own.insert(leaf, (statement.value, statement.priority));
            }
        });
        own
    };
    group.needs.iter().map(of).collect()
}

fn vary<'g>(
    group: &Group<'_>,
    leaf: usize,
    stated: &[FxHashMap<usize, (&'g Value, Priority)>],
    on_conflict: OnConflict,
) -> Option<Varying<'g>> {
    let property = group.leaf(leaf);
    let mut values: Vec<&'g Value> = Vec::new();
    let mut priorities = BTreeSet::new();
    for (value, priority) in stated.iter().filter_map(|own| own.get(&leaf)) {
        if !values.contains(value) {
            values.push(value);
        }
        priorities.insert(*priority);
    }
    let Kind::Scalar(scalar) = &property.kind else { return None };
    let apart = match property.merge {
        Strategy::Maximum => {
            values.sort_by(|a, b| scalar.compare(a, b));
            false
        }
        Strategy::Minimum => {
            values.sort_by(|a, b| scalar.compare(b, a));
            false
        }
        // Who yields to whom depends on who else is there.
        Strategy::Priority if values.len() > 1 && (priorities.len() > 1 || on_conflict == OnConflict::First) => return None,
        _ => true,
    };
    Some(Varying { leaf, values, apart })
}

/// What two profiles come to on one resource; `None` where they never share.
fn join(a: &Profile, b: &Profile, varying: &[Varying<'_>]) -> Option<Profile> {
    let both = a.iter().zip(b).zip(varying).map(|((a, b), found)| match (a, b) {
        (a, b) if found.apart && *a > 0 && *b > 0 && a != b => None,
        (a, b) => Some(*a.max(b)),
    });
    both.collect()
}

/// The profiles and all that come of them on shared resources, unless there are too many.
fn closed(mut all: BTreeSet<Profile>, varying: &[Varying<'_>]) -> Option<Vec<Profile>> {
    loop {
        if all.len() > MOST_GRADES {
            return None;
        }
        let known: Vec<&Profile> = all.iter().collect();
        let joined = known.iter().enumerate().flat_map(|(i, a)| known[..i].iter().filter_map(|b| join(a, b, varying)));
        let new: BTreeSet<Profile> = joined.filter(|profile| !all.contains(profile)).collect();
        if new.is_empty() {
            return Some(all.into_iter().collect());
        }
        all.extend(new);
    }
}

/// Costs in whole units, as fine as they need to be and as can be counted with.
fn assemble(
    needs: usize,
    fixed: Vec<Fixed>,
    upper: Vec<u64>,
    grade_of: Vec<usize>,
    brought: Vec<Vec<Decimal>>,
    shape_of: Vec<usize>,
    mut exact: bool,
) -> Option<Pricing> {
    let mut ranks: BTreeMap<(String, Decimal), usize> = BTreeMap::new();
    for charge in fixed.iter().flat_map(|fixed| &fixed.charges) {
        ranks.insert(charge.clone(), 0);
    }
    if ranks.len() > MOST_GRADES {
        return None;
    }
    ranks.values_mut().enumerate().for_each(|(i, rank)| *rank = i);
    let amounts = || {
        let own = fixed.iter().map(|fixed| &fixed.own);
        own.chain(ranks.keys().map(|(_, price)| price)).chain(brought.iter().flatten())
    };
    let finest = amounts().map(|amount| amount.normalize().scale()).max().unwrap_or_default().min(6);
    let items = Decimal::from(needs as u64 + 1);
    let room = Decimal::from(1_u64 << 62) / items / items;
    let dearest = fixed.iter().map(|fixed| fixed.own + fixed.charges.iter().map(|(_, price)| *price).sum::<Decimal>()).max()?;
    let scale = (0..=finest).rev().find(|scale| dearest * Decimal::from(10_u64.pow(*scale)) < room)?;
    let times = Decimal::from(10_u64.pow(scale));
    exact &= amounts().all(|amount| (*amount * times).is_integer());
    // Rounded down, so that what is proven of units holds of amounts.
    let units =
        |amount: &Decimal| (*amount * times).round_dp_with_strategy(0, RoundingStrategy::ToZero).to_u64().unwrap_or(u64::MAX);
    let mut ids: Vec<&str> = ranks.keys().map(|(id, _)| id.as_str()).collect();
    ids.dedup();
    let id = |name: &str| ids.iter().position(|id| *id == name).unwrap_or_default();
    let mask = |fixed: &Fixed| fixed.charges.iter().fold(0, |mask, charge| mask | 1 << ranks[charge]);
    let grading = Grading {
        costs: fixed.iter().map(|fixed| units(&fixed.own)).collect(),
        upper,
        grade_of,
        content: brought.iter().map(|costs| costs.iter().map(units).collect()).collect(),
        shape_of,
        charges: fixed.iter().map(mask).collect(),
        prices: ranks.keys().map(|(name, price)| (id(name), units(price))).collect(),
    };
    Some(Pricing { grading, unit: Decimal::ONE / times, charges: ranks.into_keys().collect(), exact })
}
