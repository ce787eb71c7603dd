//! Whether a group's certificate proves its lower bound.

use rustc_hash::FxHashMap;

use super::Proven;
use crate::plan::{CertificateRecord, ItemTypeRecord, ShareRecord};
use crate::solve::{Certificate, Control, Evidence, Exact, Part, Problem, Proof, Share, Solver, check_certificate};

/// The lower bound that a record proves for one of these problems, and how; `Err` says why it proves nothing.
pub(super) fn proven(record: &CertificateRecord, questions: &[Problem], control: &Control<'_>) -> Result<(u64, Proven), String> {
    let mut why = "there is nothing to prove".to_owned();
    for problem in questions {
        let certificate = match certificate(record, problem) {
            Ok(certificate) => certificate,
            Err(reason) => {
                why = reason;
                continue;
            }
        };
        match check_certificate(problem, &certificate) {
            Err(violation) => why = violation.to_string(),
            Ok(checked) if checked.proof == Proof::Weights => return Ok((checked.bound, Proven::Weights)),
            Ok(checked) => match Exact::default().solve(problem, control) {
                Ok(outcome) if outcome.lower_bound() >= checked.bound => return Ok((checked.bound, Proven::Search)),
                Ok(outcome) => {
                    why = format!("the search was repeated and proves {}, not {}", outcome.lower_bound(), checked.bound);
                }
                Err(error) => why = error.to_string(),
            },
        }
    }
    Err(why)
}

/// A record as evidence about the item types of a problem. Each of its types must be one of them.
fn certificate(record: &CertificateRecord, problem: &Problem) -> Result<Certificate, String> {
    let ranks: FxHashMap<ItemTypeRecord, usize> =
        problem.types.iter().enumerate().map(|(i, item_type)| (ItemTypeRecord::new(item_type), i)).collect();
    let mut parts = Vec::new();
    collect(record, &ranks, &mut parts)?;
    Ok(Certificate { parts })
}

fn collect(record: &CertificateRecord, ranks: &FxHashMap<ItemTypeRecord, usize>, parts: &mut Vec<Part>) -> Result<(), String> {
    let types = |item_types: &[ItemTypeRecord]| -> Result<Vec<usize>, String> {
        let rank = |item_type: &ItemTypeRecord| {
            let ItemTypeRecord { size, count, .. } = item_type;
            ranks.get(item_type).copied().ok_or_else(|| format!("the estate has no {count} such items of size {size:?}"))
        };
        item_types.iter().map(rank).collect()
    };
    match record {
        CertificateRecord::Weights { denominator, weights, item_types } => {
            let evidence = Evidence::Weights { denominator: *denominator, weights: weights.clone() };
            parts.push(Part { types: types(item_types)?, evidence });
        }
        CertificateRecord::Search { bound, item_types } => {
            parts.push(Part { types: types(item_types)?, evidence: Evidence::Search { bound: *bound } });
        }
        CertificateRecord::Shares { denominator, shares, item_types } => {
            let share = |record: &ShareRecord| -> Result<Share, String> {
                let mut parts = Vec::new();
                collect(&record.evidence, ranks, &mut parts)?;
                Ok(Share { unit: record.unit, costs: record.costs.clone(), parts })
            };
            let shares = shares.iter().map(share).collect::<Result<_, _>>()?;
            let evidence = Evidence::Shares { denominator: *denominator, shares };
            parts.push(Part { types: types(item_types)?, evidence });
        }
        CertificateRecord::Sum { parts: inner } => inner.iter().try_for_each(|record| collect(record, ranks, parts))?,
    }
    Ok(())
}
