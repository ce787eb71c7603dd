//! `objective: cost`: no arrangement is cheaper, and none as cheap has fewer resources.

use std::collections::BTreeMap;

use colocate::solve::Control;
use colocate::{Amount, Estate, Lock, Moves, Plan, Planner, RuleSet, verify, verify_under};
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

fn cost(plan: &Plan) -> Amount {
    plan.summary.monthly_cost.as_ref().expect("a cost").shared
}

fn pick<T: Copy>(of: &[T], draw: u8) -> T {
    of[usize::from(draw) % of.len()]
}

/// Requirements of one resource type, by how they are drawn.
#[derive(Clone, Debug)]
struct Group {
    kind: u8,
    draws: Vec<(u8, u8, u8)>,
}

impl Arbitrary for Group {
    fn arbitrary(g: &mut Gen) -> Self {
        let n = 1 + usize::arbitrary(g) % 4;
        Self { kind: u8::arbitrary(g), draws: (0..n).map(|_| <(u8, u8, u8)>::arbitrary(g)).collect() }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let kind = self.kind;
        Box::new(self.draws.shrink().filter(|draws| !draws.is_empty()).map(move |draws| Self { kind, draws }))
    }
}

impl Group {
    fn resource_type(&self) -> &'static str {
        pick(&["functions", "functions", "cosmos", "cdn", "plan", "functions"], self.kind % 6)
    }

    fn config(&self, i: usize, (a, b, c): (u8, u8, u8)) -> Value {
        match self.kind % 6 {
            // Apps on plans that those of one sku share.
            0 => json!({ "functions": 40 + 10 * (a % 12), "sku": pick(&["B1", "EP1", "S1"], b % 3) }),
            // Apps that pay for instances kept ready: more of them, and larger.
            1 => json!({
                "functions": 20 + a % 90, "sku": "FC1", "minimumInstances": 1 + b % 3,
                "instanceMemoryMB": pick(&[512, 2048, 4096], c % 3)
            }),
            // Accounts that throughput makes provisioned.
            2 => {
                let mut database = json!({ "name": format!("db{i}"), "containers": ["a"] });
                let mut config = json!({});
                if a % 2 == 0 {
                    config["serverless"] = json!(false);
                    database["throughput"] = json!(400 + 100 * u32::from(b % 3));
                }
                if c % 4 == 0 && a % 2 == 0 {
                    config["zoneRedundant"] = json!(true);
                }
                config["databases"] = json!([database]);
                config
            }
            3 => json!({
                "sku": pick(&["Standard_AzureFrontDoor", "Premium_AzureFrontDoor"], a % 2),
                "endpoints": (0..1 + b % 6).map(|n| json!({ "name": format!("e{n}"), "origin": "x.example" })).collect::<Vec<_>>(),
            }),
            4 => {
                json!({ "sku": pick(&["B1", "B2", "S1", "P1v3"], a % 4), "instances": 1 + b % 3, "os": pick(&["linux", "windows"], c / 200) })
            }
            _ => json!({
                "functions": 30 + a % 120, "sku": pick(&["Y1", "EP1", "EP2"], b % 3),
                "location": pick(&["eastus", "eastus2"], c / 180)
            }),
        }
    }

    /// The estate, with its requirements under these keys.
    fn estate(&self, objective: &str, key: impl Fn(usize) -> String) -> Estate {
        let component = |(i, draw): (usize, &(u8, u8, u8))| {
            let requirement =
                json!({ "resourceType": self.resource_type(), "requirementKey": key(i), "config": self.config(i, *draw) });
            (format!("Part{i}"), json!({ "requirements": [requirement] }))
        };
        let components: serde_json::Map<String, Value> = self.draws.iter().enumerate().map(component).collect();
        estate(&json!({
            "version": 1, "name": "parts", "location": "eastus", "components": components,
            "settings": { "objective": objective }
        }))
    }
}

/// All ways to put things into blocks: for each thing the number of its block.
fn partitions(things: usize) -> Vec<Vec<usize>> {
    (0..things).fold(vec![Vec::new()], |all, _| {
        let grow = |blocks: Vec<usize>| {
            let next = blocks.iter().max().map_or(0, |last| last + 1);
            (0..=next).map(move |block| [&blocks[..], &[block]].concat())
        };
        all.into_iter().flat_map(grow).collect()
    })
}

#[test]
fn no_arrangement_is_cheaper() {
    // The proofs that were found, of all.
    static PROVEN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    fn cheapest(group: Group) -> bool {
        let rules = rules();
        let estate = group.estate("cost", |_| "shared".to_owned());
        let found = plan(&rules, &estate);
        let verification = verify(&found, &estate, &rules, &Control::default());
        assert!(verification.holds, "{:#?}", verification.findings);
        let mut best: BTreeMap<Amount, usize> = BTreeMap::new();
        for blocks in partitions(group.draws.len()) {
            let apart = group.estate("count", |i| format!("block{}", blocks[i]));
            let Ok(made) = Planner::new(&rules).plan(&apart) else { continue };
            let wanted = blocks.iter().max().map_or(0, |last| last + 1);
            if made.summary.resources == wanted {
                let fewest = best.entry(cost(&made)).or_insert(wanted);
                *fewest = wanted.min(*fewest);
            }
        }
        let (least, fewest) = best.first_key_value().expect("an arrangement");
        if found.optimal {
            PROVEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            assert_eq!((cost(&found), found.summary.resources), (*least, *fewest), "{group:?}");
        }
        assert!(cost(&found) >= *least, "{group:?}: {} is less than {least}", cost(&found));
        let by_count = plan(&rules, &group.estate("count", |_| "shared".to_owned()));
        assert!(cost(&found) <= cost(&by_count), "{group:?}");
        true
    }
    QuickCheck::new().tests(48).quickcheck(cheapest as fn(Group) -> bool);
    let proven = PROVEN.load(std::sync::atomic::Ordering::Relaxed);
    assert!(proven >= 40, "{proven} of 48 are proven");
}

fn functions(parts: &[(&str, u32, &str)]) -> Value {
    let component = |(i, (key, functions, sku)): (usize, &(&str, u32, &str))| {
        let config = json!({ "functions": functions, "sku": sku });
        let requirement = json!({ "resourceType": "functions", "requirementKey": key, "config": config });
        (format!("Part{i}"), json!({ "requirements": [requirement] }))
    };
    let components: serde_json::Map<String, Value> = parts.iter().enumerate().map(component).collect();
    json!({
        "version": 1, "name": "apps", "location": "eastus", "components": components, "settings": { "objective": "cost" }
    })
}

#[test]
fn an_app_goes_where_a_plan_is_paid_for_anyway() {
    // Two apps are needed. With one large component on each, both run on the large plan, and no small one is paid for.
    let parts = [("api", 100, "B3"), ("api", 100, "B3"), ("api", 100, "B1"), ("api", 100, "B1")];
    let found = plan(&rules(), &estate(&functions(&parts)));
    assert!(found.optimal);
    assert_eq!((cost(&found), found.summary.resources), (Amount::from_cents(4891), 2));
    assert_eq!(found.objective, "cost");
    // Where there is one large component, the app without it has a small plan.
    let found = plan(&rules(), &estate(&functions(&[("api", 150, "B3"), ("api", 150, "B1")])));
    assert!(found.optimal);
    assert_eq!(cost(&found), Amount::from_cents(4891 + 1241));
}

#[test]
fn plans_that_another_group_pays_for_are_no_further_cost() {
    let parts = [("api", 150, "EP1"), ("api", 150, "B1"), ("jobs", 10, "B1")];
    let found = plan(&rules(), &estate(&functions(&parts)));
    assert!(found.optimal);
    assert_eq!(cost(&found), Amount::from_cents(15772 + 1241));
}

#[test]
fn what_is_not_proven_is_not_claimed() {
    // Three full apps, on three plans: nothing else is possible, but that is not what the proof sees.
    let found = plan(&rules(), &estate(&functions(&[("api", 200, "B3"), ("api", 200, "B2"), ("api", 200, "B1")])));
    assert_eq!(cost(&found), Amount::from_cents(4891 + 2482 + 1241));
    assert!(!found.optimal);
    assert!(found.warnings.iter().any(|warning| warning.code.as_str() == "not-proven"));
}

#[test]
fn a_serverless_account_is_not_made_provisioned_by_a_neighbour() {
    let api = |config: Value| json!({ "type": "CrudApi", "config": config });
    let shop = |objective: &str| {
        estate(&json!({
            "version": 1, "name": "shop", "location": "eastus", "settings": { "objective": objective },
            "components": { "A": api(json!({})), "B": api(json!({ "throughput": 400 })), "C": api(json!({})) }
        }))
    };
    let (by_count, by_cost) = (plan(&rules(), &shop("count")), plan(&rules(), &shop("cost")));
    assert_eq!((cost(&by_count), by_count.summary.resources), (Amount::from_cents(7008), 3));
    assert_eq!((cost(&by_cost), by_cost.summary.resources), (Amount::from_cents(2336), 4));
    assert!(by_cost.optimal);
    let group = by_cost.groups.iter().find(|group| group.key == "cosmos:shared-cosmos").expect("the accounts");
    assert_eq!((group.cost, group.cost_lower_bound), (Some(Amount::from_cents(2336)), Some(Amount::from_cents(2336))));
    assert!(verify(&by_cost, &shop("cost"), &rules(), &Control::default()).holds);
    // A bound that is claimed and not proven is found out.
    let mut wrong = by_cost.clone();
    wrong.groups.iter_mut().for_each(|group| group.cost_lower_bound = Some(Amount::ZERO));
    assert!(!verify(&wrong, &shop("cost"), &rules(), &Control::default()).holds);
}

fn under(rules: &RuleSet, estate: &Estate, lock: &Lock, moves: Moves) -> Plan {
    Planner::new(rules).with_lock(lock, moves).plan(estate).unwrap_or_else(|error| panic!("{error}"))
}

/// The first of the requirements were there before, on the fewest resources; the cheapest are sought for all of them.
#[test]
fn under_a_lock_the_cheapest_keep_what_is_there() {
    fn kept(group: Group, before: u8) -> bool {
        let rules = rules();
        let before = usize::from(before) % (group.draws.len() + 1);
        let old = Group { draws: group.draws[..before.max(1)].to_vec(), ..group.clone() };
        let shared = |_| "shared".to_owned();
        let lock = Lock::after(&plan(&rules, &old.estate("count", shared)), None, &rules);
        let [by_cost, by_count] = ["cost", "count"].map(|objective| group.estate(objective, shared));
        let found = under(&rules, &by_cost, &lock, Moves::Kept);
        for verification in [
            verify_under(&found, &lock, &by_cost, &rules, &Control::default()),
            verify(&found, &by_cost, &rules, &Control::default()),
        ] {
            assert!(verification.holds, "{group:?} {:#?}", verification.findings);
        }
        let counted = cost(&under(&rules, &by_count, &lock, Moves::Kept));
        assert!(group.resource_type() == "cosmos" || cost(&found) <= counted, "{group:?}: dearer than by count");
        // What an account that is there costs may differ from what one made anew would: it stays provisioned, say.
        if group.resource_type() != "cosmos" {
            let most = cost(&under(&rules, &by_cost, &lock, Moves::AtMost(1)));
            assert!(most <= cost(&found), "{group:?}: dearer with a move");
            let all = cost(&under(&rules, &by_cost, &lock, Moves::All));
            assert!(all <= most, "{group:?}: dearer with every move");
        }
        let again = Lock::after(&found, Some(&lock), &rules);
        assert_eq!(
            under(&rules, &by_cost, &again, Moves::Kept).bindings,
            found.bindings,
            "{group:?}: changes when planned again"
        );
        // What stays with whom, of what is stateful, cannot change.
        if rules.resource(group.resource_type()).is_some_and(|rule| rule.stateful) {
            let least = partitions(group.draws.len()).into_iter().filter(|blocks| keeps(blocks, &lock, group.resource_type()));
            let least = least.filter_map(|blocks| {
                let made = Planner::new(&rules).plan(&group.estate("count", |i| format!("block{}", blocks[i]))).ok()?;
                Some(cost(&made))
            });
            assert!(least.min().is_none_or(|least| cost(&found) >= least), "{group:?}: cheaper than can be");
        }
        true
    }
    QuickCheck::new().tests(40).quickcheck(kept as fn(Group, u8) -> bool);
}

/// Whether those that a lock has on one resource are together, and the others of the lock apart.
fn keeps(blocks: &[usize], lock: &Lock, resource_type: &str) -> bool {
    let on = |i: usize| lock.bindings.get(&*format!("Part{i}"))?.resources.get(&*format!("{resource_type}:shared"));
    let known: Vec<usize> = (0..blocks.len()).filter(|i| on(*i).is_some()).collect();
    known.iter().all(|a| known.iter().all(|b| (on(*a) == on(*b)) == (blocks[*a] == blocks[*b])))
}

#[test]
fn a_move_that_saves_money_is_made_when_it_is_allowed() {
    let rules = rules();
    let asked = |draws: &[(u8, u8, u8)]| Group { kind: 3, draws: draws.to_vec() };
    // A profile of the premium tier beside one of the standard tier; then the premium one is not asked for any more.
    let (premium, standard) = ((1, 0, 0), (0, 5, 0));
    let before = asked(&[premium, standard]).estate("cost", |_| "shared".to_owned());
    let lock = Lock::after(&plan(&rules, &before), None, &rules);
    let after = asked(&[(0, 0, 0), standard]).estate("cost", |_| "shared".to_owned());
    let kept = under(&rules, &after, &lock, Moves::Kept);
    let free = plan(&rules, &after);
    assert!(cost(&free) <= cost(&under(&rules, &after, &lock, Moves::All)));
    assert!(verify_under(&kept, &lock, &after, &rules, &Control::default()).holds);
}

#[test]
fn a_type_with_a_bound_stays_within_it() {
    let shop = |most: Option<u64>| {
        let api = |config: Value| json!({ "type": "CrudApi", "config": config });
        let mut settings = json!({ "objective": "cost" });
        if let Some(most) = most {
            settings["maxResources"] = json!({ "cosmos": most });
        }
        estate(&json!({
            "version": 1, "name": "shop", "location": "eastus", "settings": settings,
            "components": { "A": api(json!({})), "B": api(json!({ "throughput": 400 })) }
        }))
    };
    let accounts = |plan: &Plan| plan.resources.iter().filter(|r| r.resource_type.as_str() == "cosmos").count();
    assert_eq!(accounts(&plan(&rules(), &shop(None))), 2);
    let bounded = plan(&rules(), &shop(Some(1)));
    assert_eq!(accounts(&bounded), 1);
    assert!(!bounded.optimal, "dearer than need be, and not said to be the cheapest");
}
