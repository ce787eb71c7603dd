//! The second objective: at as low a cost, the least weight of soft labels that yield.

use crate::solve::heuristics::bins::Bins;
use crate::solve::problem::incumbent::{count, trim};
use crate::solve::problem::instance::{Filled, Instance, instance};
use crate::solve::problem::outcome::Control;
use crate::solve::problem::packing::bin_yield;
use crate::solve::problem::statement::{Attribute, ItemType, Label, Problem};
use crate::solve::problem::sums::gcd;
use crate::solve::search::covering;
use crate::solve::search::program::{Answer, EXACT, Effort};

/// Attributes that are tried one after the other when not all soft labels can be granted.
const ATTRIBUTES: usize = 8;
/// Patterns that are listed for the integer program.
const PATTERNS: usize = 2_000;
/// Moves and swaps that the local search looks at.
const EVALUATIONS: u64 = 1_000_000;
/// Bins that are compared for an item of a dissolved bin.
const COMPARED: usize = 64;
/// Bins that are looked at one by one.
const SINGLE: u64 = 200_000;
/// Items of dissolved bins that are placed one by one.
const SPILLED: u64 = 20_000;

/// Packs a problem as cheaply as it can, soft labels aside.
pub(crate) type Pack<'a> = &'a dyn Fn(&Problem) -> Vec<Filled>;

/// Bins for all items of the problem, no dearer than given, that yield less if any are found; and whether none can.
pub(crate) fn grant(
    problem: &Problem,
    bins: Vec<Filled>,
    pack: Pack<'_>,
    effort: Effort,
    control: &Control<'_>,
) -> (Vec<Filled>, bool) {
    let instance = &instance(problem);
    let most = instance.cost(&bins);
    let floor = unavoidable(problem);
    let mut best = (yielded(problem, &bins), bins);
    let mut candidates: Vec<Vec<Filled>> = Vec::new();
    if best.0 > floor && !control.stopped() {
        candidates = hardened(problem, instance, most, pack, control);
    }
    candidates.push(best.1.clone());
    for bins in candidates {
        let bins = if yielded(problem, &bins) > floor { local_search(problem, bins, control) } else { bins };
        let yields = yielded(problem, &bins);
        if yields < best.0 {
            best = (yields, bins);
        }
        if best.0 <= floor {
            return (best.1, true);
        }
    }
    match integer(problem, most, (floor, best.0), effort, control) {
        Some(Some(bins)) => (bins, true),
        Some(None) => (best.1, true),
        None => (best.1, false),
    }
}

/// The weight of the soft labels that contradict the label of the item itself.
fn unavoidable(problem: &Problem) -> u64 {
    let contradicted = |t: &ItemType| -> u64 {
        t.soft_labels
            .iter()
            .filter(|w| label(t, w.attribute).is_some_and(|found| found != w.label))
            .map(|w| u64::from(w.weight))
            .sum()
    };
    problem.types.iter().map(|t| contradicted(t) * u64::from(t.count)).sum()
}

fn label(item: &ItemType, attribute: Attribute) -> Option<Label> {
    let at = item.labels.binary_search_by_key(&attribute, |l| l.0).ok()?;
    Some(item.labels[at].1)
}

fn yielded(problem: &Problem, bins: &[Filled]) -> u64 {
    bins.iter().map(|(items, n)| bin_yield(problem, items) * n).sum()
}

/// Packings that grant all soft labels of some attributes, brought down to a cost of `most` where they cost more.
fn hardened(problem: &Problem, instance: &Instance, most: u64, pack: Pack<'_>, control: &Control<'_>) -> Vec<Vec<Filled>> {
    let mut weight: Vec<(u64, Attribute)> = Vec::new();
    for t in &problem.types {
        for soft in &t.soft_labels {
            let more = u64::from(soft.weight) * u64::from(t.count);
            match weight.iter_mut().find(|w| w.1 == soft.attribute) {
                Some(entry) => entry.0 += more,
                None => weight.push((more, soft.attribute)),
            }
        }
    }
    weight.sort_unstable_by_key(|&(weight, attribute)| (std::cmp::Reverse(weight), attribute));
    let all: Vec<Attribute> = weight.iter().map(|w| w.1).collect();
    let with = |attributes: &[Attribute]| pack(&harden(problem, attributes));
    let bins = with(&all);
    if instance.cost(&bins) <= most {
        return vec![bins];
    }
    let mut found: Vec<Vec<Filled>> = dissolve(problem, instance, bins, most).into_iter().collect();
    let mut kept: Vec<Attribute> = Vec::new();
    for &attribute in all.iter().take(ATTRIBUTES) {
        if control.stopped() || all.len() == 1 {
            break;
        }
        kept.push(attribute);
        let bins = with(&kept);
        if instance.cost(&bins) <= most {
            found.push(bins);
        } else {
            found.extend(dissolve(problem, instance, bins, most));
            kept.pop();
        }
    }
    found
}

/// The problem with the soft labels of these attributes as labels.
fn harden(problem: &Problem, attributes: &[Attribute]) -> Problem {
    let mut harder = problem.clone();
    for t in &mut harder.types {
        for soft in &t.soft_labels {
            let granted = attributes.contains(&soft.attribute);
            if let Err(at) = t.labels.binary_search_by_key(&soft.attribute, |l| l.0)
                && granted
            {
                t.labels.insert(at, (soft.attribute, soft.label));
            }
        }
    }
    harder
}

/// Each bin by itself, unless they are too many.
fn singly(instance: &Instance, bins: &[Filled]) -> Option<Vec<Bins>> {
    if count(bins) > SINGLE {
        return None;
    }
    Some(Bins::singly(instance, bins))
}

/// Empties the bins that hold the least until the others cost `most`; `None` if the items find no room there.
fn dissolve(problem: &Problem, instance: &Instance, bins: Vec<Filled>, most: u64) -> Option<Vec<Filled>> {
    let mut open = singly(instance, &bins)?;
    let used = |bin: &Bins| -> u128 {
        bin.room.iter().zip(&instance.capacity).map(|(&room, &c)| (u128::from(c - room) << 32) / u128::from(c.max(1))).sum()
    };
    open.sort_by_key(|b| std::cmp::Reverse(used(b)));
    let mut total = instance.cost(&bins);
    let mut spilled = Vec::new();
    while total > most {
        let bin = open.pop()?;
        total = total.saturating_sub(instance.costs.of(bin.bin_types));
        spilled.push(bin);
    }
    if spilled.iter().flat_map(|b| &b.items).map(|i| u64::from(i.1)).sum::<u64>() > SPILLED {
        return None;
    }
    let mut out: Vec<usize> = spilled.iter().flat_map(|b| b.items.iter().flat_map(|&(k, n)| (0..n).map(move |_| k))).collect();
    out.sort_by(|&a, &b| instance.kinds[b].size.cmp(&instance.kinds[a].size).then(a.cmp(&b)));
    for item in out {
        let affordable =
            |bin: &Bins| total.saturating_sub(bin.cost(instance)).saturating_add(bin.cost_with(instance, item)) <= most;
        let fitting: Vec<usize> =
            (0..open.len()).filter(|&b| open[b].takes(instance, item) && affordable(&open[b])).take(COMPARED).collect();
        let dearer = |b: usize| {
            let with = [open[b].items.clone(), vec![(item, 1)]].concat();
            bin_yield(problem, &with).saturating_sub(bin_yield(problem, &open[b].items))
        };
        let at = fitting.into_iter().min_by_key(|&b| (dearer(b), b))?;
        total = total.saturating_sub(instance.costs.of(open[at].bin_types));
        open[at].put(instance, item, 1);
        total = total.saturating_add(instance.costs.of(open[at].bin_types));
    }
    Some(open.into_iter().map(|b| (b.items, 1)).collect())
}

/// Moves and swaps of items between bins, for as long as one helps.
fn local_search(problem: &Problem, bins: Vec<Filled>, control: &Control<'_>) -> Vec<Filled> {
    let instance = instance(problem);
    let Some(mut open) = singly(&instance, &bins) else { return bins };
    let mut yields: Vec<u64> = open.iter().map(|b| bin_yield(problem, &b.items)).collect();
    let mut budget = EVALUATIONS;
    let rebuilt = |bin: &Bins, out: usize, into: Option<usize>| -> Option<Bins> {
        let mut fresh = Bins::empty(&instance, 1);
        for &(kind, n) in &bin.items {
            let n = n - u32::from(kind == out);
            if n > 0 {
                fresh.put(&instance, kind, n.into());
            }
        }
        if let Some(kind) = into {
            if !fresh.takes(&instance, kind) {
                return None;
            }
            fresh.put(&instance, kind, 1);
        }
        Some(fresh)
    };
    // The least change of cost by one item of bin `a` going to bin `b`, alone or for another.
    let mut improve = |open: &mut Vec<Bins>, yields: &mut Vec<u64>, a: usize| -> bool {
        for (item, _) in open[a].items.clone() {
            for b in (0..open.len()).filter(|&b| b != a) {
                let partners = open[b].items.clone();
                let swaps = partners.into_iter().map(|(other, _)| Some(other));
                for other in std::iter::once(None).chain(swaps) {
                    if budget == 0 {
                        return false;
                    }
                    if other == Some(item) {
                        continue;
                    }
                    budget -= 1;
                    let Some(left) = rebuilt(&open[a], item, other) else {
                        continue;
                    };
                    // A type that no bin has: nothing is taken out.
                    let Some(right) = rebuilt(&open[b], other.unwrap_or(usize::MAX), Some(item)) else {
                        continue;
                    };
                    let cost = |bins: [&Bins; 2]| -> u64 {
                        bins.iter().filter(|b| !b.items.is_empty()).map(|b| instance.costs.of(b.bin_types)).sum()
                    };
                    if cost([&left, &right]) > cost([&open[a], &open[b]]) {
                        continue;
                    }
                    let after = [bin_yield(problem, &left.items), bin_yield(problem, &right.items)];
                    if after[0] + after[1] < yields[a] + yields[b] {
                        (open[a], open[b]) = (left, right);
                        (yields[a], yields[b]) = (after[0], after[1]);
                        return true;
                    }
                }
            }
        }
        false
    };
    let mut a = 0;
    while a < open.len() {
        if control.stopped() {
            break;
        }
        if yields[a] > 0 && improve(&mut open, &mut yields, a) {
            // What has changed may now help an earlier bin; the total falls each time, so this ends.
            a = 0;
        } else {
            a += 1;
        }
    }
    open.into_iter().map(|b| (b.items, 1)).collect()
}

/// The integer program over all patterns, when they are few: `Some(None)` when nothing is below the known cost.
fn integer(
    problem: &Problem,
    most: u64,
    (floor, known): (u64, u64),
    effort: Effort,
    control: &Control<'_>,
) -> Option<Option<Vec<Filled>>> {
    let instance = instance(problem);
    let patterns = patterns(&instance)?;
    let unit = instance.costs.all().iter().copied().fold(0, gcd).max(1);
    if most / unit > EXACT {
        return None;
    }
    let choices: Vec<covering::Choice> = patterns
        .iter()
        .map(|p| covering::Choice {
            cost: bin_yield(problem, p),
            weight: instance.cost_of(p) / unit,
            covers: p.iter().map(|&(k, n)| (k, u64::from(n))).collect(),
        })
        .collect();
    let demand: Vec<u64> = instance.kinds.iter().map(|k| k.count).collect();
    let costs = (floor, known.checked_sub(1)?);
    match covering::cover(&demand, &choices, costs, Some(most / unit), effort, control) {
        Answer::Best(uses) => {
            let bins = trim(&instance, &patterns, &uses);
            // An item too many in a bin never makes it cheaper, so the cost can only have fallen.
            (yielded(problem, &bins) < known && instance.cost(&bins) <= most).then_some(Some(bins))
        }
        Answer::None => Some(None),
        Answer::Found(_) | Answer::Unknown => None,
    }
}

/// All patterns, maximal or not: those with fewer items may yield less.
fn patterns(instance: &Instance) -> Option<Vec<Vec<(usize, u32)>>> {
    let mut all: Vec<Bins> = vec![Bins::empty(instance, 1)];
    for (index, kind) in instance.kinds.iter().enumerate() {
        for at in 0..all.len() {
            for copies in 1..=all[at].fits(instance, index, kind.count) {
                if all.len() > PATTERNS {
                    return None;
                }
                let mut with = all[at].clone();
                with.put(instance, index, copies);
                all.push(with);
            }
        }
    }
    Some(all.into_iter().skip(1).map(|b| b.items).collect())
}
