//! Whatever the numbers: no overflow, no endless loop, and what is answered holds.

use colocate::solve::{
    Attribute, BinType, Control, Exact, ItemType, Label, Problem, SoftLabel, SolveError, Solver, check_certificate, check_packing,
};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use std::time::{Duration, Instant};

/// A problem with sizes, costs and counts from zero to the largest.
#[derive(Clone, Debug)]
struct Extreme(Problem);

fn pick(g: &mut Gen, n: u64) -> u64 {
    u64::arbitrary(g) % n
}

/// A number up to `most`: zero, small, close to a simple share of it, or any.
fn number(g: &mut Gen, most: u64) -> u64 {
    let near = match pick(g, 8) {
        0 => 0,
        1 => pick(g, 5),
        2 => most,
        3 => most / 2 + pick(g, 3),
        4 => most / 3 + pick(g, 3),
        5 => most.saturating_sub(pick(g, 1000)),
        6 => most / (1 + pick(g, 50)),
        _ => u64::arbitrary(g),
    };
    if near > most { near % most.saturating_add(1).max(1) } else { near }
}

impl Arbitrary for Extreme {
    fn arbitrary(g: &mut Gen) -> Self {
        let largest = [10, 1000, 1 << 32, u64::MAX / 3, u64::MAX][pick(g, 5) as usize];
        let capacity: Vec<u64> = (0..pick(g, 7)).map(|_| number(g, largest)).collect();
        let bin_types = [0, 0, 1, 3, 64][pick(g, 5) as usize];
        let dearest = [1, 100, 1 << 30, 1 << 56][pick(g, 4) as usize];
        let bin_types: Vec<BinType> =
            (0..bin_types).map(|_| BinType { cost: number(g, dearest).max(1), ..BinType::default() }).collect();
        let attributes = [0, 0, 1, 4, 40][pick(g, 5) as usize];
        let values = [2, 3, 1000][pick(g, 3) as usize];
        let types = (0..pick(g, 20))
            .map(|_| {
                let size = capacity.iter().map(|&c| number(g, c)).collect();
                let most = if pick(g, 4) == 0 { u32::MAX / 50 } else { 20 };
                let count = number(g, most.into()) as u32;
                let (mut labels, mut soft_labels) = (Vec::new(), Vec::new());
                for attribute in (0..attributes).map(Attribute) {
                    if pick(g, 3) == 0 {
                        labels.push((attribute, Label(pick(g, values) as u32)));
                    }
                    if pick(g, 8) == 0 {
                        soft_labels.push(SoftLabel {
                            attribute,
                            label: Label(pick(g, values) as u32),
                            weight: pick(g, 1 << 32) as u32,
                        });
                    }
                }
                let bin_types = (0..bin_types.len()).filter(|_| pick(g, 3) > 0).collect();
                ItemType { size, count, labels, soft_labels, bin_types }
            })
            .collect();
        Extreme(Problem { capacity, bin_types, types })
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let problem = self.0.clone();
        let fewer = (0..problem.types.len()).map(move |i| {
            let mut smaller = problem.clone();
            smaller.types.remove(i);
            Extreme(smaller)
        });
        Box::new(fewer)
    }
}

#[test]
fn extreme_numbers_are_packed_within_the_limit() {
    fn property(Extreme(problem): Extreme) -> bool {
        let control = Control::default().with_deadline(Instant::now() + Duration::from_millis(20));
        let outcome = match Exact::default().solve(&problem, &control) {
            Ok(outcome) => outcome,
            Err(SolveError::Malformed(_)) => return true,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(check_packing(&problem, outcome.packing()), Ok(()));
        let checked = check_certificate(&problem, outcome.certificate()).expect("it holds");
        assert_eq!(checked.bound, outcome.lower_bound());
        checked.bound <= outcome.cost()
    }
    QuickCheck::new().tests(30).quickcheck(property as fn(Extreme) -> bool);
}
