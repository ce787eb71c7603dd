//! The exact solver against brute force on small problems of every kind.

use colocate::solve::{
    Attribute, BinType, Control, Exact, ItemType, Label, Outcome, Problem, Proof, SoftLabel, Solver, check_certificate,
    check_packing,
};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use std::sync::atomic::{AtomicU32, Ordering};

/// A problem small enough for brute force.
#[derive(Clone, Debug)]
struct Small(Problem);

impl Arbitrary for Small {
    fn arbitrary(g: &mut Gen) -> Self {
        let pick = |g: &mut Gen, n: u64| u64::arbitrary(g) % n;
        let dimensions = [1, 1, 1, 1, 2, 2, 2, 3, 6, 0][pick(g, 10) as usize];
        let capacity: Vec<u64> = (0..dimensions).map(|_| 4 + pick(g, 12)).collect();
        let labelled = pick(g, 3) > 0;
        let bin_types = bin_types(g, &capacity);
        // Bins that are open already: contents that are never joined with each other.
        let opened = if pick(g, 3) == 0 { 1 + pick(g, 3) } else { 0 };
        let mut left = 9;
        let mut types = Vec::new();
        while left > 0 && types.len() < 7 {
            let is_open = (types.len() as u64) < opened;
            let count = if is_open { 1 } else { pick(g, 4).min(left) };
            left -= count.max(1).min(left);
            let size: Vec<u64> = capacity
                .iter()
                .map(|&c| {
                    let most = if pick(g, 3) == 0 { c + 1 } else { c / 2 + 1 };
                    pick(g, most)
                })
                .collect();
            let mut labels = Vec::new();
            let mut soft_labels = Vec::new();
            for attribute in 0..3 {
                if labelled && pick(g, 3) == 0 {
                    labels.push((Attribute(attribute), Label(pick(g, 3) as u32)));
                }
                if labelled && pick(g, 4) == 0 {
                    soft_labels.push(SoftLabel {
                        attribute: Attribute(attribute),
                        label: Label(pick(g, 3) as u32),
                        weight: 1 + pick(g, 3) as u32,
                    });
                }
            }
            if is_open {
                labels.push((Attribute(3), Label(types.len() as u32)));
            }
            let mut admitted = admitted(g, bin_types.len());
            let holds = |b: &usize| size.iter().zip(&bin_types[*b].capacity).all(|(size, capacity)| size <= capacity);
            if !admitted.is_empty() && !admitted.iter().any(holds) {
                // The first type holds whatever a problem has.
                admitted.insert(0, 0);
                admitted.dedup();
            }
            types.push(ItemType { size, count: count as u32, labels, soft_labels, bin_types: admitted });
        }
        Small(Problem { capacity, bin_types, types })
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let problem = self.0.clone();
        let fewer = (0..problem.types.len()).map(move |i| {
            let mut smaller = problem.clone();
            smaller.types.remove(i);
            Small(smaller)
        });
        Box::new(fewer)
    }
}

/// None half of the time, else up to four, some of them dear and all but the first perhaps smaller.
fn bin_types(g: &mut Gen, capacity: &[u64]) -> Vec<BinType> {
    let pick = |g: &mut Gen, n: u64| u64::arbitrary(g) % n;
    let number = [0, 0, 0, 0, 1, 2, 3, 4][pick(g, 8) as usize];
    let most = [3, 12, 200, 1 << 40][pick(g, 4) as usize];
    let sized = pick(g, 2) == 0;
    let smaller = |g: &mut Gen, at: u64| -> Vec<u64> {
        capacity.iter().map(|&most| if at == 0 || pick(g, 3) == 0 { most } else { 2 + pick(g, most - 1) }).collect()
    };
    let capacity = |g: &mut Gen, at: u64| if sized { smaller(g, at) } else { Vec::new() };
    (0..number).map(|at| BinType { cost: 1 + pick(g, most), capacity: capacity(g, at) }).collect()
}

/// All bin types, or those from some on, or any.
fn admitted(g: &mut Gen, bin_types: usize) -> Vec<usize> {
    match u64::arbitrary(g) % 3 {
        _ if bin_types == 0 => Vec::new(),
        0 => Vec::new(),
        1 => (usize::arbitrary(g) % bin_types..bin_types).collect(),
        _ => (0..bin_types).filter(|_| bool::arbitrary(g)).collect(),
    }
}

/// The least cost, and the least yield at that cost, by trying every partition.
fn brute_force(problem: &Problem) -> (u64, u64) {
    fn fits(problem: &Problem, bin: &[usize]) -> bool {
        let full = problem.bin_types.is_empty() && !has_room(problem, &problem.capacity, bin);
        let label = |i: usize, a: Attribute| {
            let labels = &problem.types[i].labels;
            labels.iter().find(|l| l.0 == a).map(|l| l.1)
        };
        let clash = bin
            .iter()
            .any(|&i| problem.types[i].labels.iter().any(|&(a, l)| bin.iter().any(|&j| label(j, a).is_some_and(|m| m != l))));
        let bin_types = problem.bin_types.is_empty() || cost(problem, bin).is_some();
        !full && !clash && bin_types
    }
    fn has_room(problem: &Problem, capacity: &[u64], bin: &[usize]) -> bool {
        let size = |d: usize| -> u64 { bin.iter().map(|&i| problem.types[i].size[d]).sum() };
        (0..capacity.len()).all(|d| size(d) <= capacity[d])
    }
    fn cost(problem: &Problem, bin: &[usize]) -> Option<u64> {
        let holds =
            |bin_type: usize, i: usize| problem.types[i].bin_types.is_empty() || problem.types[i].bin_types.contains(&bin_type);
        let room = |bin_type: usize| has_room(problem, problem.capacity_of(bin_type), bin);
        let open = (0..problem.bin_types.len()).filter(|&bin_type| bin.iter().all(|&i| holds(bin_type, i)) && room(bin_type));
        open.map(|bin_type| problem.bin_types[bin_type].cost).min()
    }
    fn yielded(problem: &Problem, bin: &[usize]) -> u64 {
        (0..3)
            .map(|a| {
                let cost = |label: u32| -> u64 {
                    bin.iter()
                        .flat_map(|&i| &problem.types[i].soft_labels)
                        .filter(|w| w.attribute == Attribute(a) && w.label != Label(label))
                        .map(|w| u64::from(w.weight))
                        .sum()
                };
                let hard = bin.iter().flat_map(|&i| &problem.types[i].labels);
                match hard.into_iter().find(|l| l.0 == Attribute(a)) {
                    Some(&(_, Label(label))) => cost(label),
                    None => (0..3).map(cost).min().unwrap_or(0),
                }
            })
            .sum()
    }
    fn place(problem: &Problem, items: &[usize], bins: &mut Vec<Vec<usize>>, best: &mut (u64, u64)) {
        let spent = bins.iter().map(|b| cost(problem, b).unwrap_or(1)).sum();
        if spent > best.0 {
            return;
        }
        let Some((&item, rest)) = items.split_first() else {
            let total = bins.iter().map(|b| yielded(problem, b)).sum();
            *best = (*best).min((spent, total));
            return;
        };
        for at in 0..bins.len() {
            bins[at].push(item);
            if fits(problem, &bins[at]) {
                place(problem, rest, bins, best);
            }
            bins[at].pop();
        }
        bins.push(vec![item]);
        place(problem, rest, bins, best);
        bins.pop();
    }
    let items: Vec<usize> = (0..problem.types.len()).flat_map(|i| vec![i; problem.types[i].count as usize]).collect();
    let mut best = (u64::MAX, u64::MAX);
    place(problem, &items, &mut Vec::new(), &mut best);
    best
}

fn solve(problem: &Problem) -> Outcome {
    let outcome = Exact::default().solve(problem, &Control::default()).expect("the generator makes valid problems");
    assert_eq!(check_packing(problem, outcome.packing()), Ok(()));
    let checked = check_certificate(problem, outcome.certificate()).expect("a valid certificate");
    assert_eq!(checked.bound, outcome.lower_bound());
    assert_eq!(outcome.cost(), outcome.packing().cost(problem));
    assert!(checked.bound <= outcome.cost());
    assert_eq!(outcome.yielded(), outcome.packing().yielded(problem));
    outcome
}

#[test]
fn the_answer_is_minimal_and_its_certificate_holds() {
    fn property(Small(problem): Small) -> bool {
        let outcome = solve(&problem);
        let (cost, yielded) = brute_force(&problem);
        assert!(outcome.is_proven());
        assert_eq!(outcome.cost(), cost);
        assert!(outcome.yielded() >= yielded);
        if outcome.yields_proven() {
            assert_eq!(outcome.yielded(), yielded);
        }
        true
    }
    QuickCheck::new().tests(1000).quickcheck(property as fn(Small) -> bool);
}

#[test]
fn whenever_it_is_stopped_there_is_a_packing_and_a_bound() {
    fn property(Small(problem): Small, patience: u8) -> bool {
        let asked = AtomicU32::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) >= u32::from(patience / 4);
        let outcome = Exact::default().solve(&problem, &Control::default().with_cancel(&stop)).expect("a valid problem");
        assert_eq!(check_packing(&problem, outcome.packing()), Ok(()));
        let bound = check_certificate(&problem, outcome.certificate()).expect("it holds").bound;
        assert_eq!(bound, outcome.lower_bound());
        let (cost, _) = brute_force(&problem);
        assert!(bound <= cost && cost <= outcome.cost());
        outcome.is_proven() == (bound == outcome.cost())
    }
    QuickCheck::new().tests(500).quickcheck(property as fn(Small, u8) -> bool);
}

#[test]
fn scaling_changes_nothing() {
    fn property(Small(problem): Small, by: u8) -> bool {
        let by = u64::from(by) + 1;
        let mut scaled = problem.clone();
        let capacities = scaled.bin_types.iter_mut().map(|b| &mut b.capacity).chain([&mut scaled.capacity]);
        capacities.flatten().for_each(|c| *c *= by);
        for t in &mut scaled.types {
            t.size.iter_mut().for_each(|s| *s *= by);
        }
        solve(&problem).packing() == solve(&scaled).packing()
    }
    QuickCheck::new().tests(100).quickcheck(property as fn(Small, u8) -> bool);
}

#[test]
fn scaling_the_costs_scales_the_answer() {
    fn property(Small(problem): Small, by: u8) -> bool {
        let by = u64::from(by) + 1;
        let mut scaled = problem.clone();
        scaled.bin_types.iter_mut().for_each(|g| g.cost *= by);
        let by = if problem.bin_types.is_empty() { 1 } else { by };
        let (before, after) = (solve(&problem), solve(&scaled));
        before.packing() == after.packing() && before.lower_bound() * by == after.lower_bound()
    }
    QuickCheck::new().tests(200).quickcheck(property as fn(Small, u8) -> bool);
}

#[test]
fn one_grade_costs_so_many_times_the_number_of_bins() {
    fn property(Small(mut problem): Small, cost: u32) -> bool {
        let cost = u64::from(cost) + 1;
        problem.types.iter_mut().for_each(|t| t.bin_types.clear());
        problem.bin_types = vec![BinType { cost, ..BinType::default() }];
        let counted = Problem { bin_types: Vec::new(), ..problem.clone() };
        let (priced, counted) = (solve(&problem), solve(&counted));
        priced.packing() == counted.packing() && priced.lower_bound() == cost * counted.lower_bound()
    }
    QuickCheck::new().tests(200).quickcheck(property as fn(Small, u32) -> bool);
}

#[test]
fn the_order_of_grades_changes_nothing() {
    fn property(Small(problem): Small) -> bool {
        let mut reversed = problem.clone();
        reversed.bin_types.reverse();
        for t in &mut reversed.types {
            t.bin_types = t.bin_types.iter().rev().map(|g| problem.bin_types.len() - 1 - g).collect();
        }
        let (straight, turned) = (solve(&problem), solve(&reversed));
        straight.cost() == turned.cost() && straight.yielded() == turned.yielded()
    }
    QuickCheck::new().tests(200).quickcheck(property as fn(Small) -> bool);
}

#[test]
fn the_order_of_types_changes_nothing() {
    fn property(Small(problem): Small) -> bool {
        let mut reversed = problem.clone();
        reversed.types.reverse();
        let (straight, turned) = (solve(&problem), solve(&reversed));
        assert_eq!(straight.cost(), turned.cost());
        assert_eq!(straight.yielded(), turned.yielded());
        straight.lower_bound() == turned.lower_bound()
    }
    QuickCheck::new().tests(100).quickcheck(property as fn(Small) -> bool);
}

#[test]
fn search_is_the_exception() {
    // Three items that pairwise fit, but not all three, with odd counts: the capacity bound is enough.
    let item = |size, count| ItemType { size: vec![size], count, ..ItemType::default() };
    let problem = Problem { capacity: vec![200], types: (1..=40).map(|s| item(s, 2500)).collect(), ..Problem::default() };
    let outcome = solve(&problem);
    assert!(outcome.is_proven());
    let checked = check_certificate(&problem, outcome.certificate()).expect("it holds");
    assert_eq!(checked.proof, Proof::Weights);
}
