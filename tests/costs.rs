//! Costs: exact, adding up, and the same whether a component is planned alone or counted as if it were.

use colocate::solve::Control;
use colocate::{Amount, Document, Estate, MonthlyUsage, Plan, Planner, RuleSet, load_usage, verify};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use serde_json::{Value, json};

fn rules() -> RuleSet {
    RuleSet::builtin().expect("the built-in rules load")
}

fn estate(value: &Value) -> Estate {
    Estate::from_json("estate.json", value.to_string().into_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn plan(rules: &RuleSet, estate: &Estate) -> Plan {
    Planner::new(rules).plan(estate).unwrap_or_else(|error| panic!("{error}"))
}

fn prices(rows: &[Value], more: &[(&str, Value)]) -> Document {
    let mut page = json!({ "Items": rows });
    for (name, value) in more {
        page[*name] = value.clone();
    }
    Document::new("prices.json", page.to_string().into_bytes()).expect("UTF-8")
}

fn vcpu(price: f64, since: Option<&str>) -> Value {
    json!({
        "currencyCode": "USD", "serviceName": "Functions", "productName": "Premium Functions", "skuName": "Premium",
        "meterName": "Premium  vCPU duration", "armRegionName": "EastUS", "unitOfMeasure": "1/Hour", "unitPrice": price,
        "effectiveStartDate": since,
    })
}

/// A row without the members that are null.
fn row(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    value
}

/// Components of many kinds, small.
#[derive(Clone, Debug)]
struct Parts(Vec<(u8, u8, u8, u8)>);

impl Arbitrary for Parts {
    fn arbitrary(g: &mut Gen) -> Self {
        let n = 1 + usize::arbitrary(g) % 9;
        Self((0..n).map(|_| (u8::arbitrary(g), u8::arbitrary(g), u8::arbitrary(g), u8::arbitrary(g))).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().filter(|parts| !parts.is_empty()).map(Self))
    }
}

impl Parts {
    fn component(i: usize, (kind, size, sku, key): (u8, u8, u8, u8)) -> Value {
        let sku = ["Y1", "FC1", "B1", "S1", "P1v3", "EP1", "EP2", "EP3"][usize::from(sku % 8)];
        let throughput = 400 + 100 * u32::from(size % 4);
        match kind % 5 {
            0 => json!({ "type": "CrudApi", "config": { "sku": sku, "throughput": throughput } }),
            1 => json!({ "type": "CrudApi", "config": { "functionsKey": format!("f{}", key % 2), "regions": ["westus"] } }),
            2 => json!({ "type": "StaticSite" }),
            3 => json!({ "requirements": [
                { "resourceType": "functions", "requirementKey": format!("f{}", key % 2), "config": { "functions": 1 + size % 90, "sku": sku } },
                { "resourceType": "functions", "requirementKey": "jobs", "config": { "functions": 3, "sku": "EP1" } }] }),
            _ => json!({ "requirements": [
                { "resourceType": "cosmos", "requirementKey": "data", "config": { "databases": [
                    { "name": format!("db{i}"), "throughput": throughput },
                    { "name": format!("other{i}"), "containers": [{ "name": "a" }, { "name": "b", "autoscaleMaxThroughput": 4000 }] }] } }] }),
        }
    }

    fn estate(&self, only: Option<usize>) -> Estate {
        let chosen = self.0.iter().enumerate().filter(|(i, _)| only.is_none_or(|only| only == *i));
        let components: serde_json::Map<String, Value> =
            chosen.map(|(i, part)| (format!("Part{i}"), Self::component(i, *part))).collect();
        estate(&json!({ "version": 1, "name": "parts", "location": "eastus", "components": components }))
    }
}

#[test]
fn amounts_add_up() {
    fn add_up(parts: Parts) -> bool {
        let plan = plan(&rules(), &parts.estate(None));
        let summary = plan.summary.monthly_cost.clone().unwrap_or_default();
        let resources: Amount =
            plan.resources.iter().map(|resource| resource.monthly_cost.as_ref().map_or(Amount::ZERO, |cost| cost.amount)).sum();
        let paid: Amount = plan.bindings.values().flat_map(|binding| &binding.monthly_cost).map(|cost| cost.amount).sum();
        let alone: Amount = plan.bindings.values().flat_map(|binding| &binding.monthly_cost).map(|cost| cost.unshared).sum();
        let meters = plan.resources.iter().all(|resource| {
            let cost = resource.monthly_cost.clone().unwrap_or_default();
            cost.meters.iter().map(|meter| meter.amount).sum::<Amount>() == cost.amount
        });
        let shares = plan.bindings.values().all(|binding| {
            let cost = binding.monthly_cost.clone().unwrap_or_default();
            cost.resources.values().copied().sum::<Amount>() == cost.amount
        });
        (resources, paid, alone) == (summary.shared, summary.shared, summary.unshared) && meters && shares
    }
    QuickCheck::new().tests(60).quickcheck(add_up as fn(Parts) -> bool);
}

#[test]
fn unshared_is_what_each_costs_when_planned_alone() {
    fn alone(parts: Parts) -> bool {
        let rules = rules();
        let all = plan(&rules, &parts.estate(None));
        (0..parts.0.len()).all(|i| {
            let own = plan(&rules, &parts.estate(Some(i))).summary.monthly_cost.expect("a cost");
            let counted = all.bindings[format!("Part{i}").as_str()].monthly_cost.as_ref().expect("a cost").unshared;
            (own.shared.cents() - counted.cents()).abs() <= 1 && own.shared == own.unshared
        })
    }
    QuickCheck::new().tests(40).quickcheck(alone as fn(Parts) -> bool);
}

#[test]
fn verify_recomputes_every_amount() {
    let (rules, estate) = (rules(), Parts(vec![(0, 0, 5, 0), (0, 1, 5, 0), (2, 0, 0, 0)]).estate(None));
    let good = plan(&rules, &estate);
    let holds = |plan: &Plan, rules: &RuleSet| verify(plan, &estate, rules, &Control::default()).holds;
    assert!(holds(&good, &rules));
    let mut wrong = good.clone();
    wrong.summary.monthly_cost.as_mut().expect("a cost").shared = Amount::from_cents(1);
    assert!(!holds(&wrong, &rules));
    let mut wrong = good.clone();
    wrong.resources[0].monthly_cost = None;
    assert!(!holds(&wrong, &rules));
    let mut wrong = good.clone();
    if let Some(binding) = wrong.bindings.values_mut().next() {
        binding.monthly_cost.as_mut().expect("a cost").unshared = Amount::ZERO;
    }
    assert!(!holds(&wrong, &rules));
    let dearer = rules.with_prices(&[prices(&[row(vcpu(0.2, None))], &[])]).expect("prices");
    assert!(!holds(&good, &dearer), "the plan was made at other prices");
    let read: Plan = serde_json::from_str(&good.to_json()).expect("a plan");
    assert_eq!(read, good);
}

#[test]
fn the_prices_of_the_day_hold() {
    let estate = Parts(vec![(0, 0, 5, 0)]).estate(None);
    let cost = |rows: &[Value], more: &[(&str, Value)]| {
        let rules = rules().with_prices(&[prices(rows, more)]).unwrap_or_else(|error| panic!("{error}"));
        plan(&rules, &estate).summary.monthly_cost.expect("a cost")
    };
    let fixed = Amount::from_cents(2336 + 3143); // throughput and memory
    let (old, now, next) = (Some("2025-01-01T00:00:00Z"), Some("2026-05-01T00:00:00Z"), Some("2027-01-01T00:00:00Z"));
    let rows = [row(vcpu(0.1, old)), row(vcpu(0.2, next)), row(vcpu(0.3, now))];
    let dated = cost(&rows, &[("asOf", json!("2026-11-01"))]);
    assert_eq!(dated.shared, fixed + Amount::from_cents(21900));
    // Without a day there is no telling, and nothing is made up.
    let undated = cost(&rows, &[]);
    assert_eq!(undated.unknown.len(), 1);
    assert_eq!(undated.saving, None);
    // One price is in force whatever its date.
    assert_eq!(cost(&[row(vcpu(0.1, next))], &[]).shared, fixed + Amount::from_cents(7300));
}

#[test]
fn prices_in_another_currency_stand_alone() {
    let mut euro = row(vcpu(0.1, None));
    euro["currencyCode"] = json!("EUR");
    let both = rules().with_prices(&[prices(&[euro.clone()], &[]), prices(&[row(vcpu(0.1, None))], &[])]);
    let error = both.expect_err("two currencies").to_string();
    assert!(error.contains("E0701"), "{error}");
    let rules = rules().with_prices(&[prices(&[euro], &[])]).expect("euros");
    let plan = plan(&rules, &Parts(vec![(0, 0, 5, 0)]).estate(None));
    let cost = plan.summary.monthly_cost.expect("a cost");
    assert_eq!((cost.currency.as_str(), cost.shared), ("EUR", Amount::from_cents(7300)));
    assert!(!cost.unknown.is_empty());
}

#[test]
fn what_is_used_is_paid_by_who_uses_it() {
    let rules = rules();
    let mut estate = Parts(vec![(1, 0, 0, 0), (1, 0, 0, 0), (1, 0, 0, 0)]).estate(None);
    let usage = json!({ "version": 1, "components": {
        "Part0": { "functions": { "requests": 1_250_000, "gbSeconds": 100_000 } },
        "Part1": { "functions": { "requests": 1_000_000, "gbSeconds": 0.5 }, "cosmos": { "storedGB": 10 } } } });
    let document = Document::new("usage.json", usage.to_string().into_bytes()).expect("UTF-8");
    estate.usage = load_usage(&document, &estate, &rules).unwrap_or_else(|error| panic!("{error}"));
    let planned = plan(&rules, &estate);
    let app = planned.resource("functions:f0").expect("the app");
    // 2,250,000 executions less 250,000 free ones, and half a GB second.
    assert_eq!(app.monthly_cost.as_ref().map(|cost| cost.amount), Some(Amount::from_cents(80)));
    let paid =
        |id: &str| -> Option<Amount> { planned.bindings[id].monthly_cost.as_ref()?.resources.get("functions:f0").copied() };
    assert_eq!((paid("Part0"), paid("Part1"), paid("Part2")), (Some(Amount::from_cents(44)), Some(Amount::from_cents(36)), None));
    // Alone they would use the same quantities, of the same free ones.
    let summary = planned.summary.monthly_cost.clone().expect("a cost");
    assert_eq!(summary.unshared, summary.shared);
    assert!(verify(&planned, &estate, &rules, &Control::default()).holds);
    estate.usage = MonthlyUsage::default();
    assert!(!verify(&planned, &estate, &rules, &Control::default()).holds);
}
