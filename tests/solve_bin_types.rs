//! Bins of different cost.

use colocate::solve::{
    BinType, Certificate, Control, Evidence, Exact, Flaw, ItemType, Outcome, Part, Problem, Proof, Share, SolveError, Solver,
    Violation, check_certificate, check_packing,
};

fn item(size: u64, count: u32, bin_types: &[usize]) -> ItemType {
    ItemType { size: vec![size], count, bin_types: bin_types.to_vec(), ..ItemType::default() }
}

fn problem(costs: &[u64], types: Vec<ItemType>) -> Problem {
    Problem { capacity: vec![10], bin_types: costs.iter().map(|&cost| BinType { cost, ..BinType::default() }).collect(), types }
}

fn solve(problem: &Problem) -> Outcome {
    let outcome = Exact::default().solve(problem, &Control::default()).expect("a valid problem");
    assert_eq!(check_packing(problem, outcome.packing()), Ok(()));
    assert_eq!(check_certificate(problem, outcome.certificate()).map(|c| c.bound), Ok(outcome.lower_bound()));
    assert!(outcome.is_proven());
    outcome
}

/// Cost and bins.
fn optimum(problem: &Problem) -> (u64, u64) {
    let outcome = solve(problem);
    (outcome.cost(), outcome.packing().bins())
}

#[test]
fn two_small_bins_beat_one_large_one() {
    // BinType 2 alone would hold both.
    let apart = problem(&[3, 3, 7], vec![item(5, 1, &[0, 2]), item(5, 1, &[1, 2])]);
    assert_eq!(optimum(&apart), (6, 2));
}

#[test]
fn one_large_bin_beats_two_small_ones() {
    let together = problem(&[3, 3, 5], vec![item(5, 1, &[0, 2]), item(5, 1, &[1, 2])]);
    assert_eq!(optimum(&together), (5, 1));
}

#[test]
fn what_a_dear_bin_has_room_for_is_free() {
    let nested = problem(&[3, 7], vec![item(6, 1, &[1]), item(4, 3, &[])]);
    assert_eq!(optimum(&nested), (10, 2));
}

#[test]
fn more_bins_may_cost_less() {
    // The large items need one bin if they share it, and the others then one each; mixed, two bins hold all.
    let mixed = problem(&[3, 8], vec![item(4, 2, &[1]), item(6, 2, &[])]);
    assert_eq!(optimum(&mixed), (14, 3));
}

#[test]
fn items_without_a_common_grade_share_no_bin() {
    let disjoint = problem(&[2, 2], vec![item(1, 1, &[0]), item(1, 1, &[1])]);
    assert_eq!(optimum(&disjoint), (4, 2));
    // Any two of these have a bin type in common, but not all three.
    let pairwise = problem(&[2, 2, 2], vec![item(1, 1, &[0, 1]), item(1, 1, &[1, 2]), item(1, 1, &[0, 2])]);
    assert_eq!(optimum(&pairwise), (4, 2));
}

#[test]
fn the_least_cost_with_the_fewest_bins() {
    // Cost first, then bins, as one number: either way costs six.
    let scaled = |c: u64| c * 100 + 1;
    let types = vec![item(5, 1, &[0, 2]), item(5, 1, &[1, 2])];
    assert_eq!(optimum(&problem(&[scaled(3), scaled(3), scaled(6)], types)), (601, 1));
}

#[test]
fn large_costs_are_exact() {
    let large = 1 << 40;
    let types = vec![item(6, 3, &[1]), item(4, 5, &[]), item(3, 4, &[])];
    // Three dear bins with a four each; what is left fills two cheap ones.
    assert_eq!(optimum(&problem(&[large + 1, 2 * large - 1], types)), (3 * (2 * large - 1) + 2 * (large + 1), 5));
}

#[test]
fn every_tier_is_counted_whole() {
    let types = vec![item(7, 9, &[2]), item(6, 11, &[1, 2]), item(5, 20, &[]), item(2, 40, &[])];
    let problem = problem(&[10, 19, 150], types);
    let outcome = solve(&problem);
    // Nine bins at least cost 150, twenty at least 19, and 32 are needed in all, since nothing fills up a seven.
    assert_eq!(outcome.lower_bound(), 32 * 10 + 20 * (19 - 10) + 9 * (150 - 19));
    assert_eq!(check_certificate(&problem, outcome.certificate()).map(|c| c.proof), Ok(Proof::Weights));
    assert!(outcome.certificate().parts.iter().all(|part| matches!(part.evidence, Evidence::Shares { .. })));
}

#[test]
fn bad_grades_are_refused() {
    let error = |p: &Problem| Exact::default().solve(p, &Control::default()).err();
    let flaw = |flaw| Some(SolveError::Malformed(flaw));
    assert_eq!(error(&problem(&[3, 0], vec![])), flaw(Flaw::Free { bin_type: 1 }));
    assert_eq!(error(&problem(&[3], vec![item(1, 1, &[1])])), flaw(Flaw::BinTypes { item_type: 0 }));
    assert_eq!(error(&problem(&[3, 4], vec![item(1, 1, &[1, 0])])), flaw(Flaw::BinTypes { item_type: 0 }));
    assert_eq!(error(&problem(&[], vec![item(1, 1, &[0])])), flaw(Flaw::BinTypes { item_type: 0 }));
    assert_eq!(error(&problem(&[1; 65], vec![])), flaw(Flaw::TooManyBinTypes { found: 65 }));
    let dear = problem(&[1, u64::MAX / 2], vec![item(1, 3, &[0])]);
    assert_eq!(error(&dear), flaw(Flaw::TooDear { items: 3, dearest: u64::MAX / 2 }));
}

#[test]
fn without_grades_nothing_is_said_of_them() {
    let plain = problem(&[], vec![item(6, 2, &[]), item(4, 2, &[])]);
    let json = serde_json::to_string(&plain).expect("plain data");
    assert_eq!(json, r#"{"capacity":[10],"types":[{"size":[6],"count":2},{"size":[4],"count":2}]}"#);
    let certificate = serde_json::to_string(solve(&plain).certificate()).expect("plain data");
    assert!(!certificate.contains("shares"), "{certificate}");
}

#[test]
fn tampered_evidence_of_costs_is_caught() {
    let problem = problem(&[3, 7], vec![item(6, 1, &[1]), item(4, 1, &[])]);
    let part = |evidence| Part { types: vec![0, 1], evidence };
    let weights = |denominator, weights: [u64; 2]| part(Evidence::Weights { denominator, weights: weights.to_vec() });
    let shares = |denominator, shares| part(Evidence::Shares { denominator, shares });
    let share = |unit, costs: &[u64], parts| Share { unit, costs: costs.to_vec(), parts };
    let check = |part: Part| check_certificate(&problem, &Certificate { parts: vec![part] }).map(|c| c.bound);

    assert_eq!(check(weights(1, [4, 3])), Ok(7));
    assert_eq!(check(weights(1, [5, 3])), Err(Violation::Weight { part: 0, weight: 8, most: 7 }));
    assert_eq!(check(weights(1, [3, 4])), Err(Violation::Weight { part: 0, weight: 4, most: 3 }));
    let dear = |unit| share(unit, &[0, 1], vec![Part { types: vec![0], ..weights(1, [1, 1]) }]);
    assert_eq!(check(shares(1, vec![dear(4)])), Err(Violation::Part { part: 0 }));
    let dear = |unit| {
        let evidence = Evidence::Weights { denominator: 1, weights: vec![1] };
        share(unit, &[0, 1], vec![Part { types: vec![0], evidence }])
    };
    let all = |unit| share(unit, &[1, 1], vec![weights(10, [6, 4])]);
    assert_eq!(check(shares(1, vec![all(3), dear(4)])), Ok(7));
    assert_eq!(check(shares(2, vec![all(6), dear(8)])), Ok(7));
    assert_eq!(check(shares(1, vec![all(3), dear(5)])), Err(Violation::Shares { part: 0, bin_type: 1 }));
    assert_eq!(check(shares(1, vec![all(4), dear(3)])), Err(Violation::Shares { part: 0, bin_type: 0 }));
    assert_eq!(check(shares(0, vec![all(3)])), Err(Violation::Part { part: 0 }));
    assert_eq!(check(shares(1, vec![share(1, &[1], Vec::new())])), Err(Violation::Part { part: 0 }));
    // A share may not count what costs nothing in it.
    let free = share(1, &[0, 1], vec![weights(10, [6, 4])]);
    assert_eq!(check(shares(1, vec![free])), Err(Violation::Weight { part: 0, weight: 4, most: 0 }));

    let mut packing = solve(&problem).packing().clone();
    packing.patterns[0].items = vec![(0, 1), (1, 1)];
    assert_eq!(packing.cost(&problem), 7);
    let disjoint = Problem { types: vec![item(6, 1, &[1]), item(4, 1, &[0])], ..problem };
    assert_eq!(check_packing(&disjoint, &packing), Err(Violation::BinType { pattern: 0 }));
}
