//! What a plan costs: its resources' bills at the prices in force, to the cent, and who pays them.

mod alone;
mod pricing;
mod proof;
mod shares;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

pub(super) use alone::{AloneLine, Shapes};
pub(super) use pricing::Pricing;
pub(super) use proof::GroupCost;
use shares::{Shares, Weights};

use super::draft::{Draft, DraftResource};
use super::faults::list;
use crate::cost::{Billable, Billed, Line, billed};
use crate::estate::ComponentUsage;
use crate::names::{ComponentId, ResourceId};
use crate::plan::{ComponentCost, CostSummary, Entries, Hazard, MeterCost, ResourceCost, UnknownPrice, Warning, WarningCode};
use crate::prices::{Amount, Charge, Quantity, amounts, round, rounded, split};

/// The costs of a plan.
pub(super) struct Costs {
    pub(super) summary: CostSummary,
    /// By rank of the resource.
    pub(super) resources: Vec<ResourceCost>,
    /// By rank of the component.
    pub(super) components: Vec<ComponentCost>,
    pub(super) warnings: Vec<Warning>,
    pub(super) hazards: Vec<Hazard>,
}

/// What the components would cost, each planned alone.
struct Alone<'a> {
    total: Amount,
    /// The same where what nobody asked for (hosting plans) is shared by all whose bill for it is the same.
    plans_shared: Amount,
    /// By component and resource type, what does not depend on use.
    fixed: BTreeMap<(usize, &'a str), Decimal>,
    /// By rank of the component.
    each: Vec<Amount>,
    /// Prices that are missing, and the components that would pay them.
    without: BTreeMap<String, BTreeSet<usize>>,
}

impl<'a> Draft<'a> {
    /// What the plan costs, and what its components would cost alone.
    pub(super) fn costs(&self) -> Costs {
        let usage: Vec<Option<&ComponentUsage>> = self.owners.components().iter().map(|id| self.estate.usage.of(id)).collect();
        let bills = self.resources.iter().map(|resource| Billable {
            implied: resource.implied,
            components: &resource.components,
            bill: &self.solved[resource.solved].bills[resource.bin],
        });
        let bills = billed(&bills.collect::<Vec<_>>(), &usage);
        let charges = || bills.iter().flatten().flatten().filter_map(Billed::charge);
        let priced = amounts(charges());
        let shared = round(priced.iter().sum());
        let mut priced = priced.into_iter();
        let lines: Vec<Vec<Decimal>> = bills
            .iter()
            .map(|bill| bill.iter().flatten().map(|line| line.charge().and_then(|_| priced.next()).unwrap_or_default()).collect())
            .collect();
        // Cents go to resources in the order of their ids.
        let mut order: Vec<usize> = (0..self.resources.len()).collect();
        order.sort_by(|a, b| self.resources[*a].id.cmp(&self.resources[*b].id));
        let sums: Vec<Decimal> = order.iter().map(|rank| lines[*rank].iter().sum()).collect();
        let mut cents = vec![Amount::ZERO; order.len()];
        for (rank, amount) in order.iter().zip(rounded(shared, &sums)) {
            cents[*rank] = amount;
        }
        let weights = Weights::new(self);
        let mut paid: Vec<Vec<(usize, Amount)>> = vec![Vec::new(); self.owners.components().len()];
        let mut resources = Vec::with_capacity(bills.len());
        for (rank, bill) in bills.iter().enumerate() {
            let parts = rounded(cents[rank], &lines[rank]);
            for (component, amount) in self.payers(rank, bill.as_deref().unwrap_or_default(), &parts, &weights) {
                if let Some(paid) = paid.get_mut(component as usize) {
                    paid.push((rank, amount));
                }
            }
            resources.push(self.cost_of(rank, bill.as_deref(), &parts, cents[rank]));
        }
        let Alone { total: unshared, plans_shared: apart, fixed, each: alone, without } = self.alone(&usage);
        let hazards = self.dearer(&fixed, &cents);
        let currency = self.rules.prices().currency();
        let component = |(paid, unshared): (Vec<(usize, Amount)>, Amount)| ComponentCost {
            currency: currency.clone(),
            amount: paid.iter().map(|(_, amount)| *amount).sum(),
            unshared,
            resources: paid
                .into_iter()
                .map(|(rank, amount)| (self.resources[rank].id.to_string(), amount))
                .collect::<Entries<_>>(),
        };
        let unknown = order.iter().filter(|rank| !resources[**rank].unknown.is_empty());
        let unknown: Vec<ResourceId> = unknown.map(|rank| self.resources[*rank].id.clone()).collect();
        let unshared_unknown = without.values().flatten().collect::<BTreeSet<_>>().len();
        let summary = CostSummary {
            currency: currency.clone(),
            shared,
            unshared,
            apart: Some(apart),
            saving: (unknown.is_empty() && unshared_unknown == 0).then(|| saving(shared, unshared)),
            prices_of: self.rules.prices().as_of().map(str::to_owned),
            unknown,
            unshared_unknown,
        };
        let warnings = self.cost_warnings(&resources, without, &usage);
        Costs { summary, resources, components: paid.into_iter().zip(alone).map(component).collect(), warnings, hazards }
    }

    /// Who pays for a resource: what is billed by use, those who use it; the rest by what binds it.
    fn payers(&self, rank: usize, bill: &[Billed<'_>], parts: &[Amount], weights: &Weights) -> Shares {
        let mut shares = Shares::new();
        let mut fixed = Amount::ZERO;
        for (billed, amount) in bill.iter().zip(parts) {
            if billed.by.is_empty() {
                fixed += *amount;
                continue;
            }
            let used: Vec<Decimal> = billed.by.iter().map(|(_, used)| *used).collect();
            for ((owner, _), part) in billed.by.iter().zip(split(*amount, &used)) {
                *shares.entry(*owner).or_default() += part;
            }
        }
        if fixed != Amount::ZERO {
            weights.divide(self, rank, fixed, &mut shares);
        }
        shares.retain(|_, amount| *amount != Amount::ZERO);
        shares
    }

    fn cost_of(&self, rank: usize, bill: Option<&[Billed<'_>]>, parts: &[Amount], amount: Amount) -> ResourceCost {
        let mut cost =
            ResourceCost { currency: self.rules.prices().currency().clone(), amount, meters: Vec::new(), unknown: Vec::new() };
        let Some(bill) = bill else {
            let rule = self.solved[self.resources[rank].solved].group.rule;
            let reason = format!("the rule of `{}` does not say what it costs", rule.resource_type);
            cost.unknown.push(UnknownPrice { name: None, meter: None, region: None, reason });
            return cost;
        };
        for (Billed { line, units, .. }, amount) in bill.iter().zip(parts) {
            let Line { meter, name, region, price, .. } = line;
            match price {
                Ok(series) => cost.meters.push(MeterCost {
                    name: meter.name.clone(),
                    meter: name.clone(),
                    region: region.clone(),
                    quantity: Quantity(units.normalize()),
                    unit: series.unit().to_owned(),
                    usage: meter.usage.clone(),
                    estimate: series.is_estimate(),
                    once: meter.once,
                    amount: *amount,
                }),
                // What is billed by use and not used costs nothing at any price.
                Err(_) if units.is_zero() => cost.meters.push(MeterCost {
                    name: meter.name.clone(),
                    meter: name.clone(),
                    region: region.clone(),
                    quantity: Quantity::default(),
                    unit: meter.unit.clone(),
                    usage: meter.usage.clone(),
                    estimate: false,
                    once: meter.once,
                    amount: Amount::ZERO,
                }),
                Err(reason) => cost.unknown.push(UnknownPrice {
                    name: Some(meter.name.clone()),
                    meter: Some(name.clone()),
                    region: Some(region.clone()).filter(|region| !region.is_empty()),
                    reason: reason.clone(),
                }),
            }
        }
        cost
    }

    /// What all components would cost, each planned alone, and each of them.
    fn alone(&self, usage: &[Option<&ComponentUsage>]) -> Alone<'a> {
        let mut billed: Vec<(usize, bool, Billed<'_>)> = Vec::new();
        let mut pooled: BTreeSet<(&str, &str, &str, Decimal)> = BTreeSet::new();
        let mut fixed: BTreeMap<(usize, &'a str), Decimal> = BTreeMap::new();
        for (component, shape) in self.shapes.iter().enumerate() {
            let Some(lines) = shape.and_then(|shape| self.alone.get(shape)) else { continue };
            let mut taken: BTreeSet<(&str, &str)> = BTreeSet::new();
            for AloneLine { pooled: poolable, line } in lines {
                let units = match line.meter.usage.as_deref() {
                    None => line.units,
                    Some(name) => {
                        let used = usage[component].and_then(|used| used.get(line.resource_type, name));
                        match used.filter(|_| taken.insert((line.resource_type, name))) {
                            Some(used) => line.units * used,
                            None => continue,
                        }
                    }
                };
                if let Some(cost) = line.fixed_cost() {
                    *fixed.entry((component, line.resource_type)).or_default() += cost;
                }
                let same = (line.resource_type, line.name.as_str(), line.region.as_str(), units);
                let again = *poolable && line.meter.usage.is_none() && !pooled.insert(same);
                billed.push((component, again, Billed { line, units, by: Vec::new() }));
            }
        }
        let known: Vec<(usize, bool, Charge<'_>)> =
            billed.iter().filter_map(|(component, again, billed)| Some((*component, *again, billed.charge()?))).collect();
        let priced = amounts(known.iter().map(|(_, _, charge)| *charge));
        let once = amounts(known.iter().filter(|(_, again, _)| !again).map(|(_, _, charge)| *charge));
        let mut sums = vec![Decimal::ZERO; self.shapes.len()];
        for ((component, _, _), amount) in known.iter().zip(&priced) {
            sums[*component] += *amount;
        }
        let total = round(priced.iter().sum());
        let mut without: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (component, _, Billed { line, .. }) in &billed {
            if let Err(reason) = &line.price {
                let region = Some(line.region.as_str()).filter(|region| !region.is_empty());
                without.entry(missing(Some(&line.name), region, reason)).or_default().insert(*component);
            }
        }
        Alone { total, plans_shared: round(once.iter().sum()), fixed, each: rounded(total, &sums), without }
    }

    /// The resources that cost more shared than each of their components would pay alone, with who makes them so.
    fn dearer(&self, alone: &BTreeMap<(usize, &'a str), Decimal>, cents: &[Amount]) -> Vec<Hazard> {
        let currency = self.rules.prices().currency();
        let mut hazards = Vec::new();
        for (rank, resource) in self.resources.iter().enumerate().filter(|(_, resource)| resource.components.len() > 1) {
            let rule = self.solved[resource.solved].group.rule;
            let of = |owner: &u32| alone.get(&(*owner as usize, rule.resource_type.as_str())).copied().unwrap_or_default();
            let bill = self.solved[resource.solved].bills[resource.bin].iter().flatten();
            let shared = round(bill.filter_map(Line::fixed_cost).sum());
            let apart = round(resource.components.iter().map(of).sum());
            if shared <= apart || cents[rank] == Amount::ZERO {
                continue;
            }
            let most = resource.components.iter().map(of).max().unwrap_or_default();
            let culprits: Vec<&str> =
                resource.components.iter().filter(|owner| of(owner) == most).map(|owner| self.owners.name(*owner)).collect();
            let whose = if culprits.len() < resource.components.len() {
                format!("what {} needs, all pay for", list(&culprits))
            } else {
                "each needs less alone than together".to_owned()
            };
            hazards.push(Hazard {
                id: "dearer-shared".to_owned(),
                resource: resource.id.clone(),
                components: resource.components.iter().filter_map(|owner| self.owners.component(*owner).cloned()).collect(),
                message: format!(
                    "shared it costs {} a month, and apart {}: {whose}",
                    currency.show(shared),
                    currency.show(apart)
                ),
                why: Some("a setting that one component needs may change what all others are billed by".to_owned()),
                avoid: Some(format!("give {} a requirement key of its own, or plan by `--objective cost`", list(&culprits))),
            });
        }
        hazards
    }

    fn cost_warnings(
        &self,
        costs: &[ResourceCost],
        mut alone: BTreeMap<String, BTreeSet<usize>>,
        usage: &[Option<&ComponentUsage>],
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut without: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (rank, cost) in costs.iter().enumerate() {
            for UnknownPrice { meter, region, reason, .. } in &cost.unknown {
                without.entry(missing(meter.as_deref(), region.as_deref(), reason)).or_default().push(rank);
            }
        }
        alone.retain(|what, _| !without.contains_key(what));
        for (what, components) in alone {
            let names: Vec<&str> = components.iter().map(|rank| self.owners.components()[*rank].as_str()).collect();
            let message = format!("{what}; what {} would cost alone is known only in part", list(&names));
            warnings.push(Warning { code: WarningCode::CostUnknown, message, group: None, components: Vec::new() });
        }
        for (what, mut ranks) in without {
            ranks.dedup();
            let names: Vec<&str> = ranks.iter().map(|rank| self.resources[*rank].id.as_str()).collect();
            let verb = if names.len() == 1 { "costs" } else { "cost" };
            let message = format!("{what}; what {} {verb} is known only in part", list(&names));
            warnings.push(Warning { code: WarningCode::CostUnknown, message, group: None, components: Vec::new() });
        }
        let mut idle: BTreeMap<&str, Vec<&ComponentId>> = BTreeMap::new();
        for (owner, id) in self.owners.components().iter().enumerate() {
            let Some(used) = usage[owner] else { continue };
            let on = |resource_type: &str| {
                let of_type =
                    |resource: &&DraftResource| self.solved[resource.solved].group.rule.resource_type.as_str() == resource_type;
                let owner = u32::try_from(owner).unwrap_or(u32::MAX);
                self.resources.iter().filter(of_type).any(|resource| resource.components.binary_search(&owner).is_ok())
            };
            for resource_type in used.types().filter(|resource_type| !on(resource_type)) {
                idle.entry(resource_type).or_default().push(*id);
            }
        }
        for (resource_type, components) in idle {
            let names: Vec<&str> = components.iter().map(|id| id.as_str()).collect();
            let message = format!("the usage file speaks of `{resource_type}` for {}, on no resource of that type", list(&names));
            let components = components.into_iter().cloned().collect();
            warnings.push(Warning { code: WarningCode::UnusedUsage, message, group: None, components });
        }
        warnings
    }
}

/// What is said of a price that is missing.
fn missing(meter: Option<&str>, region: Option<&str>, reason: &str) -> String {
    match (meter, region) {
        (Some(meter), Some(region)) => format!("no price is known of `{meter}` in `{region}`: {reason}"),
        (Some(meter), None) => format!("no price is known of `{meter}`: {reason}"),
        _ => reason.to_owned(),
    }
}

/// The part of `unshared` that is saved, to four digits.
fn saving(shared: Amount, unshared: Amount) -> f64 {
    if unshared == Amount::ZERO {
        return 0.0;
    }
    let number = |amount: Amount| Decimal::from_i128_with_scale(amount.cents(), 2);
    let part = Decimal::ONE - number(shared) / number(unshared);
    part.round_dp(4).to_f64().unwrap_or_default()
}
