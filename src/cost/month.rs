//! What bills come to in a month, given what components use.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::{Bill, Line};
use crate::estate::ComponentUsage;
use crate::prices::{Amount, Charge, amounts, round};

/// A line of a bill with what a month takes of it.
pub(crate) struct Billed<'d> {
    pub(crate) line: &'d Line<'d>,
    /// In units of the price.
    pub(crate) units: Decimal,
    /// Who uses how much, of what is billed by use.
    pub(crate) by: Vec<(u32, Decimal)>,
}

impl Billed<'_> {
    pub(crate) fn charge(&self) -> Option<Charge<'_>> {
        Some(Charge { series: self.line.price.as_ref().ok()?, units: self.units, once: self.line.meter.once })
    }

    /// Whether it costs nobody knows what; what is not used costs nothing at any price.
    pub(crate) fn is_unknown(&self) -> bool {
        self.line.price.is_err() && !self.units.is_zero()
    }
}

/// A resource as bills see it.
pub(crate) struct Billable<'d> {
    pub(crate) implied: bool,
    /// Those on it, by rank.
    pub(crate) components: &'d [u32],
    pub(crate) bill: &'d Bill<'d>,
}

/// The bills of all resources, with what a month takes; `usage` is by rank of the component.
pub(crate) fn billed<'d>(resources: &[Billable<'d>], usage: &[Option<&ComponentUsage>]) -> Vec<Option<Vec<Billed<'d>>>> {
    // What a component uses of a type is used of the first resource that bills it, one that it asked for before others.
    let mut users: FxHashMap<(usize, &str), Vec<(u32, Decimal)>> = FxHashMap::default();
    if usage.iter().any(Option::is_some) {
        let mut taken: BTreeSet<(u32, &str, &str)> = BTreeSet::new();
        let (implied, asked): (Vec<_>, Vec<_>) = resources.iter().enumerate().partition(|(_, resource)| resource.implied);
        for (rank, Billable { components, bill, .. }) in asked.into_iter().chain(implied) {
            for line in bill.iter().flatten() {
                let Some(name) = line.meter.usage.as_deref() else { continue };
                for owner in *components {
                    let used = usage.get(*owner as usize).copied().flatten();
                    let Some(amount) = used.and_then(|used| used.get(line.resource_type, name)) else { continue };
                    let first = taken.insert((*owner, line.resource_type, name));
                    let users = users.entry((rank, name)).or_default();
                    if first {
                        users.push((*owner, amount));
                    }
                }
            }
        }
    }
    let of_line = |rank: usize, line: &'d Line<'d>| {
        let by = line.meter.usage.as_deref().and_then(|name| users.get(&(rank, name))).cloned().unwrap_or_default();
        let times = if line.meter.usage.is_some() { by.iter().map(|(_, used)| *used).sum() } else { Decimal::ONE };
        Billed { line, units: line.units * times, by }
    };
    let of_bill = |(rank, resource): (usize, &Billable<'d>)| {
        resource.bill.as_ref().map(|lines| lines.iter().map(|line| of_line(rank, line)).collect())
    };
    resources.iter().enumerate().map(of_bill).collect()
}

/// What resources cost together.
pub(crate) struct Total {
    pub(crate) cost: Amount,
    /// Resources of which some price is not known.
    pub(crate) unknown_prices: usize,
    /// Something is billed by use, and how much is used is not stated.
    pub(crate) unstated_usage: bool,
}

impl Total {
    pub(crate) fn of(resources: &[Billable<'_>], usage: &[Option<&ComponentUsage>]) -> Self {
        let bills = billed(resources, usage);
        let lines = || bills.iter().flatten().flatten();
        let unknown = |bill: &&Option<Vec<Billed<'_>>>| bill.as_ref().is_none_or(|lines| lines.iter().any(Billed::is_unknown));
        Self {
            cost: round(amounts(lines().filter_map(Billed::charge)).iter().sum()),
            unknown_prices: bills.iter().filter(unknown).count(),
            unstated_usage: lines().any(|billed| billed.line.meter.usage.is_some() && billed.units.is_zero()),
        }
    }
}
