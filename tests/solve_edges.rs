//! Sizes and counts at the edges, limits, and what a solve reports.

use colocate::solve::{
    Attribute, Control, Exact, Flaw, ItemType, Label, Outcome, Problem, Progress, SoftLabel, SolveError, Solver,
    check_certificate, check_packing,
};
use std::sync::Mutex;
use std::time::Instant;

fn item(size: &[u64], count: u32) -> ItemType {
    ItemType { size: size.to_vec(), count, ..ItemType::default() }
}

fn labelled(size: &[u64], count: u32, labels: &[(u32, u32)]) -> ItemType {
    ItemType { labels: labels.iter().map(|&(a, l)| (Attribute(a), Label(l))).collect(), ..item(size, count) }
}

fn problem(capacity: &[u64], types: Vec<ItemType>) -> Problem {
    Problem { capacity: capacity.to_vec(), types, ..Problem::default() }
}

fn solve(problem: &Problem) -> Outcome {
    let outcome = Exact::default().solve(problem, &Control::default()).expect("a valid problem");
    assert_eq!(check_packing(problem, outcome.packing()), Ok(()));
    let checked = check_certificate(problem, outcome.certificate()).expect("it holds");
    assert_eq!(checked.bound, outcome.lower_bound());
    outcome
}

fn proven_bins(problem: &Problem) -> u64 {
    let outcome = solve(problem);
    assert!(outcome.is_proven());
    outcome.packing().bins()
}

#[test]
fn nothing_needs_no_bin() {
    assert_eq!(proven_bins(&problem(&[], vec![])), 0);
    assert_eq!(proven_bins(&problem(&[5], vec![item(&[3], 0)])), 0);
    assert_eq!(proven_bins(&problem(&[5], vec![item(&[9], 0)])), 0);
}

#[test]
fn items_without_size_share_one_bin() {
    assert_eq!(proven_bins(&problem(&[], vec![item(&[], 7)])), 1);
    assert_eq!(proven_bins(&problem(&[0], vec![item(&[0], u32::MAX)])), 1);
    let apart = vec![labelled(&[0], 3, &[(0, 0)]), labelled(&[0], 2, &[(0, 1)])];
    assert_eq!(proven_bins(&problem(&[0], apart)), 2);
}

#[test]
fn large_numbers_do_not_overflow() {
    let half = u64::MAX / 2;
    let whole = vec![item(&[u64::MAX], 3), item(&[half], 5), item(&[1], 1)];
    assert_eq!(proven_bins(&problem(&[u64::MAX], whole)), 6);
    assert_eq!(proven_bins(&problem(&[1000], vec![item(&[1], u32::MAX)])), 4_294_968);
    let odd = vec![item(&[half + 1, 3], 9), item(&[half - 7, u64::MAX - 3], 9)];
    assert_eq!(proven_bins(&problem(&[u64::MAX, u64::MAX], odd)), 9);
}

#[test]
fn bad_problems_are_refused() {
    let error = |p: &Problem| Exact::default().solve(p, &Control::default()).err();
    let oversize = SolveError::Oversize { item_type: 1, dimension: 0 };
    let too_big = problem(&[5], vec![item(&[3], 1), item(&[6], 1)]);
    assert_eq!(error(&too_big), Some(oversize));
    let flaw = Flaw::Dimensions { item_type: 0, found: 2, expected: 1 };
    let dimensions = problem(&[5], vec![item(&[3, 1], 1)]);
    assert_eq!(error(&dimensions), Some(SolveError::Malformed(flaw)));
    let twice = problem(&[5], vec![labelled(&[3], 1, &[(1, 0), (1, 1)])]);
    let flaw = Flaw::Labels { item_type: 0 };
    assert_eq!(error(&twice), Some(SolveError::Malformed(flaw)));
}

#[test]
fn an_optimum_above_the_rounded_linear_bound_is_proven_by_search() {
    // Fieldhouse, 1990: the linear bound is 1.96, and two bins are not enough.
    let outcome = solve(&problem(&[132], vec![item(&[44], 2), item(&[33], 3), item(&[12], 6)]));
    assert!(outcome.is_proven());
    assert_eq!(outcome.packing().bins(), 3);
}

#[test]
fn a_stopped_solve_has_a_packing_and_a_bound() {
    let sizes = (0..60).map(|i| item(&[201 + 7 * i % 290, 190 + 11 * i % 310], 1 + i as u32 % 3));
    let problem = problem(&[1000, 1000], sizes.collect());
    let stop = || true;
    let late = Control::default().with_deadline(Instant::now());
    for control in [late, Control::default().with_cancel(&stop)] {
        let outcome = Exact::default().solve(&problem, &control).expect("a valid problem");
        assert_eq!(check_packing(&problem, outcome.packing()), Ok(()));
        assert!(outcome.lower_bound() > 0);
        assert!(outcome.lower_bound() <= outcome.packing().bins());
    }
}

#[test]
fn progress_is_reported_and_never_contradicts_itself() {
    let seen: Mutex<Vec<Progress>> = Mutex::new(Vec::new());
    let note = |progress: Progress| seen.lock().expect("nobody panics here").push(progress);
    let sizes = (0..80).map(|i| item(&[20 + 37 * i % 81], 1));
    let problem = problem(&[150], sizes.collect());
    let control = Control::default().with_progress(&note);
    let outcome = Exact::default().solve(&problem, &control).expect("a valid problem");
    let seen = seen.into_inner().expect("nobody panicked");
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|p| p.bound <= outcome.packing().bins()));
}

#[test]
fn one_thread_and_many_give_the_same() {
    let sizes = (0..120).map(|i| labelled(&[20 + 37 * i % 81], 1, &[(0, i as u32 % 4)]));
    let problem = problem(&[150], sizes.collect());
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a thread pool").install(|| solve(&problem))
    };
    assert_eq!(on(1), on(4));
}

fn wishing(size: u64, count: u32, label: u32, weight: u32) -> ItemType {
    ItemType { soft_labels: vec![SoftLabel { attribute: Attribute(9), label: Label(label), weight }], ..item(&[size], count) }
}

#[test]
fn wishes_are_granted_where_that_costs_no_bin() {
    let free = vec![wishing(5, 4, 1, 1), wishing(5, 4, 2, 1), item(&[5], 2)];
    let outcome = solve(&problem(&[10], free));
    assert_eq!((outcome.packing().bins(), outcome.yielded()), (5, 0));
    assert!(outcome.yields_proven());
    // Three and three items of half a bin: one of each must share.
    let tight = vec![wishing(5, 3, 1, 4), wishing(5, 3, 2, 3)];
    let outcome = solve(&problem(&[10], tight));
    assert_eq!((outcome.packing().bins(), outcome.yielded()), (3, 3));
    assert!(outcome.yields_proven());
}

#[test]
fn items_stay_where_they_wish_to_while_bins_are_saved() {
    // Ten bins, each two thirds full: seven are enough, and what moves is as little as can be.
    let placed = (0..10).map(|bin| wishing(2, 10, bin, 1)).collect();
    let outcome = solve(&problem(&[30], placed));
    assert!(outcome.is_proven());
    assert_eq!(outcome.packing().bins(), 7);
    assert_eq!(outcome.yielded(), 30);
}

#[test]
fn bins_that_are_open_already_keep_their_contents() {
    // Two open bins, six and seven full; their contents may not be joined with each other.
    let open = [labelled(&[6], 1, &[(0, 1)]), labelled(&[7], 1, &[(0, 2)])];
    let rest = [item(&[4], 1), item(&[3], 1)];
    let outcome = solve(&problem(&[13], [&open[..], &rest[..]].concat()));
    assert!(outcome.is_proven());
    assert_eq!(outcome.packing().bins(), 2);
    let holds = |t| move |p: &&colocate::solve::Pattern| p.items.iter().any(|i| i.0 == t);
    let both = outcome.packing().patterns.iter().filter(holds(0)).find(holds(1));
    assert_eq!(both, None);
}
