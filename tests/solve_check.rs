//! The checks refuse what has been tampered with, and say why.

use colocate::solve::{
    Attribute, Certificate, Checked, Control, Evidence, Exact, ItemType, Label, Outcome, Part, Pattern, Problem, Proof, Solver,
    Violation, check_certificate, check_packing,
};

fn item(size: u64, count: u32, label: Option<u32>) -> ItemType {
    ItemType {
        size: vec![size],
        count,
        labels: label.map(|l| (Attribute(0), Label(l))).into_iter().collect(),
        ..ItemType::default()
    }
}

fn sample() -> (Problem, Outcome) {
    let problem = Problem {
        capacity: vec![10],
        types: vec![item(6, 2, Some(0)), item(4, 2, Some(1)), item(3, 2, None)],
        ..Problem::default()
    };
    let outcome = Exact::default().solve(&problem, &Control::default()).expect("a valid problem");
    (problem, outcome)
}

fn weights(types: &[usize], denominator: u64, weights: &[u64]) -> Part {
    Part { types: types.to_vec(), evidence: Evidence::Weights { denominator, weights: weights.to_vec() } }
}

#[test]
fn the_solvers_own_answer_passes() {
    let (problem, outcome) = sample();
    assert_eq!(outcome.packing().bins(), 3);
    assert_eq!(check_packing(&problem, outcome.packing()), Ok(()));
    let expected = Checked { bound: 3, proof: Proof::Weights };
    assert_eq!(check_certificate(&problem, outcome.certificate()), Ok(expected));
}

#[test]
fn a_tampered_packing_is_caught() {
    let (problem, outcome) = sample();
    let tampered = |change: &dyn Fn(&mut Vec<Pattern>)| {
        let mut packing = outcome.packing().clone();
        change(&mut packing.patterns);
        check_packing(&problem, &packing).expect_err("it was tampered with")
    };
    let dropped = tampered(&|p| {
        p.pop();
    });
    assert!(matches!(dropped, Violation::Placed { .. }), "{dropped}");
    let full = tampered(&|p| p[0].items = vec![(0, 2)]);
    assert!(matches!(full, Violation::Capacity { used: 12, .. }), "{full}");
    let mixed = tampered(&|p| p[0].items = vec![(0, 1), (1, 1)]);
    assert!(matches!(mixed, Violation::Exclusion { first: 0, second: 1, .. }), "{mixed}");
    let unknown = tampered(&|p| p[0].items = vec![(7, 1)]);
    assert_eq!(unknown, Violation::UnknownType { item_type: 7 });
}

#[test]
fn a_tampered_certificate_is_caught() {
    let (problem, _) = sample();
    let check = |parts: Vec<Part>| check_certificate(&problem, &Certificate { parts });
    let error = |parts| check(parts).expect_err("it was tampered with");
    assert_eq!(error(vec![weights(&[0, 2], 10, &[6, 5])]), Violation::Weight { part: 0, weight: 11, most: 10 });
    assert_eq!(error(vec![weights(&[0], 0, &[6])]), Violation::Part { part: 0 });
    assert_eq!(error(vec![weights(&[0, 1], 10, &[6])]), Violation::Part { part: 0 });
    assert_eq!(error(vec![weights(&[0, 0], 10, &[6, 6])]), Violation::Part { part: 0 });
    assert_eq!(error(vec![weights(&[9], 10, &[6])]), Violation::UnknownType { item_type: 9 });
    // Types 0 and 1 exclude each other, types 0 and 2 do not.
    assert_eq!(check(vec![weights(&[0], 1, &[1]), weights(&[1], 2, &[1])]), Ok(Checked { bound: 3, proof: Proof::Weights }));
    assert_eq!(error(vec![weights(&[0], 1, &[1]), weights(&[2], 2, &[1])]), Violation::Overlap { first: 0, second: 2 });
}

#[test]
fn a_search_is_named_as_such() {
    let (problem, _) = sample();
    let parts = vec![Part { types: vec![0, 1, 2], evidence: Evidence::Search { bound: 3 } }];
    let checked = check_certificate(&problem, &Certificate { parts });
    assert_eq!(checked.map(|c| c.proof), Ok(Proof::Search));
}

#[test]
fn weights_over_labels_are_checked_label_by_label() {
    let pair = |attribute, first: &mut ItemType, second: &mut ItemType| {
        first.labels.push((Attribute(attribute), Label(0)));
        second.labels.push((Attribute(attribute), Label(1)));
    };
    let mut types = vec![item(1, 1, None), item(1, 1, None), item(1, 1, None)];
    let (a, rest) = types.split_at_mut(1);
    let (b, c) = rest.split_at_mut(1);
    pair(1, &mut a[0], &mut b[0]);
    pair(2, &mut a[0], &mut c[0]);
    let mut problem = Problem { capacity: vec![10], types: types.clone(), ..Problem::default() };
    let claim = Certificate { parts: vec![weights(&[0, 1, 2], 1, &[1, 1, 1])] };
    assert!(matches!(check_certificate(&problem, &claim), Err(Violation::Weight { weight: 2, .. })));
    let (b, c) = types.split_at_mut(2);
    pair(3, &mut b[1], &mut c[0]);
    problem.types = types;
    assert_eq!(check_certificate(&problem, &claim).map(|c| c.bound), Ok(3));
}
