//! What groups cost, and what is proven of it, where the cheapest plan is sought.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Pricing;
use crate::cost::Line;
use crate::model::{Priced, bits};
use crate::planner::draft::{Draft, Solved};
use crate::prices::{Amount, round};

/// What the resources of a group cost a month without what is billed by use or once a subscription, and what they would cost
/// at least.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupCost {
    pub(crate) cost: Amount,
    pub(crate) lower_bound: Amount,
}

/// Things paid for, each at a price.
#[derive(Default)]
struct Paid<'d>(BTreeMap<&'d str, Decimal>);

impl<'d> Paid<'d> {
    fn pay(&mut self, pricing: &'d Pricing, charges: u64) {
        for (what, price) in bits(charges).filter_map(|charge| pricing.charges.get(charge)) {
            let most = self.0.entry(what).or_default();
            *most = (*most).max(*price);
        }
    }

    fn total(&self) -> Decimal {
        self.0.values().sum()
    }

    /// What some charges cost beside what is paid already.
    fn more(&self, pricing: &Pricing, charges: u64) -> Decimal {
        let mut all = Paid(self.0.clone());
        let mut due = Paid::default();
        due.pay(pricing, charges);
        for (what, price) in due.0 {
            let most = all.0.entry(what).or_default();
            *most = (*most).max(price);
        }
        all.total() - self.total()
    }
}

impl Draft<'_> {
    /// Notes what every group costs, and which are proven to cost the least.
    pub(crate) fn prove_costs(&mut self) {
        let priced = |solved: &Solved<'_>| Some((solved.pricing.as_ref()?.grading.forced(), solved.placed.priced?));
        let (mut due, mut paid) = (Paid::default(), Paid::default());
        for solved in &self.solved {
            if let (Some(pricing), Some((forced, Priced { used, .. }))) = (&solved.pricing, priced(solved)) {
                due.pay(pricing, forced);
                paid.pay(pricing, used);
            }
        }
        // Some group may be sure to pay for something below its highest grades.
        let below = |solved: &Solved<'_>| {
            let pricing = solved.pricing.as_ref().filter(|_| solved.placed.priced.is_some_and(|priced| priced.unanchored))?;
            pricing.grading.below().map(|charges| due.more(pricing, charges)).min()
        };
        let sure = self.solved.iter().filter_map(below).max().unwrap_or_default();
        let fewest_charges = paid.total() <= due.total() + sure;
        let beyond =
            |solved: &Solved<'_>, used: u64| solved.pricing.as_ref().is_some_and(|pricing| !due.more(pricing, used).is_zero());
        let verdict = |solved: &Solved<'_>| {
            let bills = solved.bills.iter().flatten().flatten().filter(|line| !line.meter.once);
            let cost: Decimal = bills.filter_map(Line::fixed_cost).sum();
            let known = solved.pricing.as_ref().zip(solved.placed.priced).filter(|(pricing, priced)| {
                // Where there is a choice, what was reckoned with must be what came of it.
                let reckoned = Decimal::from(priced.own) * pricing.unit;
                pricing.exact && (pricing.grading.costs.len() == 1 || reckoned == cost)
            });
            let alone = solved.group.needs.len() == 1 && solved.placed.bins.len() == 1;
            let (gap, optimal) = match known {
                Some((pricing, Priced { own, own_bound, used, .. })) => {
                    let gap = Decimal::from(own - own_bound) * pricing.unit;
                    (gap, gap.is_zero() && solved.placed.optimal && (fewest_charges || !beyond(solved, used)))
                }
                None if alone => (Decimal::ZERO, true),
                None => (cost, false),
            };
            (GroupCost { cost: round(cost), lower_bound: round(cost - gap) }, optimal)
        };
        let verdicts: Vec<(GroupCost, bool)> = self.solved.iter().map(verdict).collect();
        for (solved, (cost, optimal)) in self.solved.iter_mut().zip(verdicts) {
            solved.cost = Some(cost);
            solved.placed.optimal = optimal;
        }
    }
}
