//! Certificates of the solver as a plan records them.

use crate::plan::{CertificateRecord, ItemTypeRecord, ShareRecord};
use crate::solve::{Certificate, Evidence, ItemType, Part, Share};

impl CertificateRecord {
    pub(crate) fn new(certificate: &Certificate, types: &[ItemType]) -> Self {
        Self::sum(&certificate.parts, types)
    }

    fn sum(parts: &[Part], types: &[ItemType]) -> Self {
        match parts {
            [only] => Self::of_part(only, types),
            _ => Self::Sum { parts: parts.iter().map(|part| Self::of_part(part, types)).collect() },
        }
    }

    fn of_part(part: &Part, types: &[ItemType]) -> Self {
        let item_types = || part.types.iter().map(|rank| ItemTypeRecord::new(&types[*rank])).collect();
        match &part.evidence {
            Evidence::Weights { denominator, weights } => {
                Self::Weights { denominator: *denominator, weights: weights.clone(), item_types: item_types() }
            }
            Evidence::Search { bound } => Self::Search { bound: *bound, item_types: item_types() },
            Evidence::Shares { denominator, shares } => {
                let record = |share: &Share| ShareRecord {
                    unit: share.unit,
                    costs: share.costs.clone(),
                    evidence: Self::sum(&share.parts, types),
                };
                let shares = shares.iter().map(record).collect();
                Self::Shares { denominator: *denominator, shares, item_types: item_types() }
            }
        }
    }
}

impl ItemTypeRecord {
    pub(crate) fn new(item_type: &ItemType) -> Self {
        Self {
            size: item_type.size.clone(),
            count: item_type.count,
            labels: item_type.labels.iter().map(|(attribute, label)| (attribute.0, label.0)).collect(),
            grades: item_type.bin_types.clone(),
        }
    }
}
