//! A large plan at a glance: a row for each group of resources, and what is said of many of them said once.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{count, proof};
use crate::names::ids::group_of;
use crate::plan::{Plan, Resource};
use crate::prices::{Amount, Currency};
use crate::untrusted::Lines;

/// Notes of one kind that are told in full.
const TOLD: usize = 3;

/// Which resources a text tells one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// All of them where they are few, else none.
    #[default]
    Few,
    /// All of them.
    All,
    /// Those of these resource types, ids, groups and components.
    Only(Vec<String>),
}

/// Of more groups of one type than this there is one row.
const MOST_GROUPS: usize = 15;

/// More resources than this are not told one by one unless somebody asks for them.
const FEW: usize = 25;

impl Shown {
    /// The resources of a plan to be told, of those that `candidates` are; `None` where they are too many.
    pub(super) fn of<'p>(&self, plan: &'p Plan) -> Option<Vec<&'p Resource>> {
        let asked = plan.resources.iter().filter(|resource| !resource.implied);
        match self {
            Self::Few if asked.clone().nth(FEW).is_some() => None,
            Self::Few | Self::All => Some(asked.collect()),
            Self::Only(names) => {
                let groups = keys(plan);
                Some(plan.resources.iter().filter(|resource| is_named(&groups, resource, names)).collect())
            }
        }
    }

    /// Which of the names mean nothing in a plan.
    pub fn unknown<'n>(&'n self, plan: &Plan) -> Vec<&'n str> {
        let Self::Only(names) = self else { return Vec::new() };
        let groups = keys(plan);
        let known = |name: &&String| {
            plan.bindings.contains_key(name.as_str())
                || plan.resources.iter().any(|resource| is_named(&groups, resource, std::slice::from_ref(name)))
        };
        names.iter().filter(|name| !known(name)).map(String::as_str).collect()
    }
}

fn keys(plan: &Plan) -> BTreeSet<&str> {
    plan.groups.iter().map(|group| group.key.as_str()).collect()
}

fn is_named(groups: &BTreeSet<&str>, resource: &Resource, names: &[String]) -> bool {
    let group = group_of(&resource.id, |key| groups.contains(key));
    names.iter().any(|name| {
        resource.id.as_str() == name
            || resource.resource_type.as_str() == name
            || group == Some(name.as_str())
            || resource.components.iter().any(|component| component.as_str() == name)
    })
}

/// A row of the table.
#[derive(Default)]
struct Row {
    resources: usize,
    /// By capacity: what is used, and what there is.
    usage: BTreeMap<String, (u64, u64)>,
    cost: Amount,
    currency: Option<Currency>,
    by_use: bool,
    unknown: bool,
    proofs: BTreeSet<String>,
}

/// The groups of a plan, a line each: resources, how full they are, what they cost and how it is known that there are no fewer.
pub(super) fn groups(out: &mut Lines, plan: &Plan) {
    let mut rows: BTreeMap<(bool, String), Row> = BTreeMap::new();
    let reports: BTreeMap<&str, _> = plan.groups.iter().map(|group| (group.key.as_str(), group)).collect();
    let mut of_type: BTreeMap<&str, usize> = BTreeMap::new();
    for key in reports.keys() {
        *of_type.entry(key.split(':').next().unwrap_or_default()).or_default() += 1;
    }
    for resource in &plan.resources {
        let group = group_of(&resource.id, |key| reports.contains_key(key));
        let of = resource.resource_type.as_str();
        let groups = of_type.get(of).copied().unwrap_or_default();
        let name = match group {
            _ if resource.implied => format!("{of} (implied)"),
            _ if groups > MOST_GROUPS => format!("{of} ({groups} groups)"),
            Some(group) => group.to_owned(),
            None => resource.id.to_string(),
        };
        let row = rows.entry((resource.implied, name)).or_default();
        row.add(resource);
        if let Some(report) = group.and_then(|group| reports.get(group)).filter(|_| !resource.implied) {
            row.proofs.insert(proof(report));
        }
    }
    let head = ["group", "resources", "fullest", "a month", "proof"].map(str::to_owned);
    let table = rows.into_iter().map(|((_, name), row)| {
        let proofs: Vec<&str> = row.proofs.iter().map(String::as_str).collect();
        [name, row.resources.to_string(), row.fullest(), row.price(), proofs.join("; ")]
    });
    let table: Vec<[String; 5]> = std::iter::once(head).chain(table).collect();
    let width =
        |column: usize| table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let [names, resources, fullest, price] = [width(0), width(1), width(2), width(3)];
    out.blank();
    for [name, number, fill, cost, proof] in &table {
        let line = format!("{name:names$}  {number:>resources$}  {fill:fullest$}  {cost:>price$}  {proof}");
        out.line(format_args!("{}", line.trim_end()));
    }
    out.section(format_args!("`--all` tells of every resource, `--only TYPE|ID|COMPONENT` of some."));
}

impl Row {
    fn add(&mut self, resource: &Resource) {
        self.resources += 1;
        for (name, usage) in &resource.usage {
            let sum = self.usage.entry(name.clone()).or_default();
            *sum = (sum.0.saturating_add(usage.used), sum.1.saturating_add(usage.limit));
        }
        if let Some(cost) = &resource.monthly_cost {
            self.cost += cost.amount;
            self.currency = Some(cost.currency.clone());
            self.by_use |= cost.is_by_use();
            self.unknown |= !cost.unknown.is_empty();
        }
    }

    /// The capacity that is used most: `databases 96 %`.
    fn fullest(&self) -> String {
        let percent = |(used, limit): &(u64, u64)| u128::from(*used) * 100 / u128::from((*limit).max(1));
        let most = self.usage.iter().map(|(name, usage)| (percent(usage), name)).max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1)));
        most.map_or_else(String::new, |(percent, name)| format!("{name} {percent} %"))
    }

    fn price(&self) -> String {
        let Some(currency) = &self.currency else { return String::new() };
        match (self.unknown, self.by_use && self.cost == Amount::ZERO) {
            (true, _) => format!("{} and more", currency.show(self.cost)),
            (false, true) => "by use".to_owned(),
            (false, false) => currency.show(self.cost),
        }
    }
}

/// Notes (their kind, and what they say), those of one kind together: all of them where they are few or `all` are asked for, else the
/// first of each kind and how many there are.
pub(super) fn notes(out: &mut Lines, title: &str, notes: &[(String, String)], all: bool) {
    if notes.is_empty() {
        return;
    }
    out.section(format_args!("{title}:"));
    if all || notes.len() <= FEW / 2 {
        notes.iter().for_each(|(kind, message)| out.line(format_args!("  [{kind}] {message}")));
        return;
    }
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kind, message) in notes {
        kinds.entry(kind).or_default().push(message);
    }
    for (kind, messages) in kinds {
        out.line(format_args!("  [{kind}] × {}", messages.len()));
        messages.iter().take(TOLD).for_each(|message| out.line(format_args!("    {message}")));
        if let Some(others) = messages.len().checked_sub(TOLD).filter(|others| *others > 0) {
            out.line(format_args!("    and {}", count(others, "other")));
        }
    }
}

/// Blocks of lines: all of them, or where they are many the first of them and how many there are.
pub(super) fn most<T>(all: bool, items: Vec<T>) -> (Vec<T>, usize) {
    let mut items = items;
    let others = if all { 0 } else { items.len().saturating_sub(FEW / 2) };
    items.truncate(items.len() - others);
    (items, others)
}
