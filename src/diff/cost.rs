//! The change of the monthly cost, when both plans state one.

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::CostSummary;
use crate::prices::{Amount, Currency};

/// What the resources of two plans cost a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostChange {
    /// The currency.
    pub currency: Currency,
    /// Of the old plan.
    pub old: Amount,
    /// Of the new plan.
    pub new: Amount,
    /// New less old.
    pub difference: Amount,
}

/// The cost change between two plans. None where one of them states no cost, or another currency; a note says so.
pub(super) fn change(old: Option<&CostSummary>, new: Option<&CostSummary>, notes: &mut Vec<String>) -> Option<CostChange> {
    match (old, new) {
        (Some(old), Some(new)) if old.currency == new.currency => Some(CostChange {
            currency: new.currency.clone(),
            old: old.shared,
            new: new.shared,
            difference: new.shared - old.shared,
        }),
        (Some(_), Some(_)) => {
            notes.push("the plans state their costs in different currencies, so costs are not compared".to_owned());
            None
        }
        (None, None) => None,
        _ => {
            notes.push("only one of the plans states a monthly cost, so costs are not compared".to_owned());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_compared_to_the_cent() {
        let cost = |cents: i128| CostSummary { shared: Amount::from_cents(cents), ..CostSummary::default() };
        let mut notes = Vec::new();
        let found = change(Some(&cost(2460)), Some(&cost(3600)), &mut notes).expect("both state one");
        assert_eq!(serde_json::to_string(&found.difference).expect("JSON"), "11.40");
        assert!(notes.is_empty());
        assert_eq!(change(Some(&cost(100)), None, &mut notes), None);
        let euros = CostSummary { currency: Currency::new("EUR").expect("a code"), ..cost(100) };
        assert_eq!(change(Some(&cost(100)), Some(&euros), &mut notes), None);
        assert_eq!(notes.len(), 2);
    }
}
