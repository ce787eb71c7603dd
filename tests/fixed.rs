//! What cannot be changed in place is not changed under a lock: whoever states another value moves, and nobody else does.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use colocate::{Document, Estate, Lock, Moves, Plan, Planner, RuleSet, solve::Control, verify, verify_under};
use quickcheck::{Arbitrary, Gen, QuickCheck, TestResult};
use serde_json::{Value, json};

const RULE: &str = r#"{
  "version": 1,
  "resourceType": "box",
  "stateful": true,
  "properties": {
    "site": { "type": "string", "merge": "match", "immutable": true, "inherit": "{{ estate.location }}" },
    "tier": { "type": "string", "order": ["low", "high"], "merge": "maximum", "immutable": true, "default": "low" },
    "sealed": { "type": "boolean", "merge": "priority", "immutable": true, "default": "{{ not stated('parts.speed') }}" },
    "parts": {
      "type": "array", "merge": "union", "identity": "name", "prefix": "kebab",
      "items": { "type": "object", "properties": {
        "name": { "type": "string", "merge": "equal", "immutable": true },
        "by": { "type": "string", "merge": "equal", "immutable": true },
        "speed": { "type": "integer", "merge": "maximum" }
      } }
    }
  },
  "checks": [{ "when": "{{ config.sealed and stated('parts.speed') }}", "message": "a sealed box has no speed" }],
  "capacities": { "parts": { "limit": 100, "count": "parts" } }
}"#;

static RULES: LazyLock<RuleSet> =
    LazyLock::new(|| RuleSet::layered(vec![Document::new("box.json", RULE.as_bytes().to_vec()).expect("text")]).expect("rules"));

/// One requirement of a box.
#[derive(Clone, Debug, PartialEq)]
struct Ask {
    site: Option<&'static str>,
    tier: Option<&'static str>,
    by: Option<&'static str>,
    fast: bool,
}

impl Arbitrary for Ask {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut maybe = |from: &[&'static str], one_in: usize| {
            if usize::arbitrary(g).is_multiple_of(one_in) { g.choose(from).copied() } else { None }
        };
        let (site, tier, by) = (maybe(&["east", "west"], 3), maybe(&["low", "high"], 3), maybe(&["id", "day"], 2));
        Self { site, tier, by, fast: u8::arbitrary(g).is_multiple_of(5) }
    }
}

impl Ask {
    fn config(&self, part: usize) -> Value {
        let mut config = json!({ "parts": [{ "name": format!("part{part}") }] });
        let mut state = |pointer: &str, name: &str, value: Option<Value>| {
            if let (Some(Value::Object(at)), Some(value)) = (config.pointer_mut(pointer), value) {
                at.insert(name.to_owned(), value);
            }
        };
        state("", "site", self.site.map(Value::from));
        state("", "tier", self.tier.map(Value::from));
        state("/parts/0", "by", self.by.map(Value::from));
        state("/parts/0", "speed", self.fast.then(|| 5.into()));
        config
    }
}

/// Components by number, each with one or two requirements of one box.
type Small = BTreeMap<u8, Vec<Ask>>;

fn estate(small: &Small) -> Estate {
    let component = |(id, asks): (&u8, &Vec<Ask>)| {
        let each = asks
            .iter()
            .enumerate()
            .map(|(rank, ask)| json!({ "resourceType": "box", "requirementKey": "main", "config": ask.config(rank) }));
        (format!("C{id}"), json!({ "requirements": each.collect::<Vec<_>>() }))
    };
    let components: serde_json::Map<String, Value> = small.iter().map(component).collect();
    let json = json!({ "version": 1, "name": "fixed", "location": "east", "components": components });
    Estate::from_json("estate.json", json.to_string().into_bytes()).expect("an estate")
}

/// A history of estates: in each step some component changes, comes or goes.
#[derive(Clone, Debug)]
struct History(Vec<Small>);

impl Arbitrary for History {
    fn arbitrary(g: &mut Gen) -> Self {
        let asks = |g: &mut Gen| (0..1 + usize::from(u8::arbitrary(g).is_multiple_of(3))).map(|_| Ask::arbitrary(g)).collect();
        let mut now: Small = (0..2 + u8::arbitrary(g) % 5).map(|id| (id, asks(g))).collect();
        let mut all = vec![now.clone()];
        for _ in 0..6 {
            let id = u8::arbitrary(g) % 8;
            if now.len() > 1 && u8::arbitrary(g).is_multiple_of(4) {
                now.remove(&id);
            } else {
                now.insert(id, asks(g));
            }
            if now.is_empty() {
                now.insert(id, asks(g));
            }
            all.push(now.clone());
        }
        Self(all)
    }
}

fn under(small: &Small, lock: &Lock) -> Plan {
    Planner::new(&RULES).with_lock(lock, Moves::Kept).plan(&estate(small)).expect("a plan")
}

/// The resources of each requirement of a component, in their order.
fn places(plan: &Plan, id: u8, requirements: usize) -> Option<Vec<Vec<String>>> {
    let binding = plan.bindings.get(&*format!("C{id}"))?;
    let text = |ids: &Vec<colocate::ResourceId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    Some(match binding.requirements.get("box:main") {
        Some(each) => each.iter().map(|placed| text(&placed.on)).collect(),
        None => vec![text(&binding.resources["box:main"]); requirements],
    })
}

#[test]
fn who_changes_what_is_fixed_moves_and_the_others_stay() {
    fn property(History(steps): History) -> TestResult {
        let mut before = Planner::new(&RULES).plan(&estate(&steps[0])).expect("a plan");
        let mut lock = Lock::after(&before, None, &RULES);
        for pair in steps.windows(2) {
            let (old, new) = (&pair[0], &pair[1]);
            let plan = under(new, &lock);
            let next = Lock::after(&plan, Some(&lock), &RULES);
            for resource in next.resources.iter().filter(|resource| !resource.retired) {
                let known = lock.resources.iter().find(|known| known.id == resource.id && !known.retired);
                for (place, value) in known.into_iter().flat_map(|known| &known.fixed) {
                    if resource.fixed.get(place).is_some_and(|now| now != value) {
                        return TestResult::error(format!("{} changes {place} from {value}", resource.id));
                    }
                }
            }
            for (id, asks) in new.iter().filter(|(id, asks)| old.get(id) == Some(asks)) {
                let (was, is) = (places(&before, *id, asks.len()), places(&plan, *id, asks.len()));
                if was != is {
                    return TestResult::error(format!("C{id} has not changed, and moves from {was:?} to {is:?}"));
                }
            }
            if under(new, &next).to_json() != under(new, &Lock::after(&under(new, &next), Some(&next), &RULES)).to_json() {
                return TestResult::error("planning again changes something");
            }
            for verification in [
                verify_under(&plan, &lock, &estate(new), &RULES, &Control::default()),
                verify(&plan, &estate(new), &RULES, &Control::default()),
            ] {
                if !verification.holds {
                    return TestResult::error(format!("{:#?}", verification.findings));
                }
            }
            (before, lock) = (plan, next);
        }
        TestResult::passed()
    }
    QuickCheck::new().tests(60).quickcheck(property as fn(History) -> TestResult);
}

fn one(site: Option<&'static str>) -> Ask {
    Ask { site, tier: None, by: None, fast: false }
}

#[test]
fn a_requirement_is_known_again_by_what_it_states() {
    let small: Small = [(1, vec![one(Some("west")), one(Some("east"))])].into();
    let first = Planner::new(&RULES).plan(&estate(&small)).expect("a plan");
    let lock = Lock::after(&first, None, &RULES);
    assert_eq!(under(&small, &lock).to_json(), first.to_json());
    let turned: Small = [(1, vec![one(Some("east")), one(Some("west"))])].into();
    // Their parts have other names now, and are where they were all the same.
    let plan = under(&turned, &lock);
    let on = |plan: &Plan, site: &str| {
        plan.resources.iter().find(|resource| resource.config["site"] == site).map(|resource| resource.id.clone())
    };
    assert_eq!((on(&plan, "east"), on(&plan, "west")), (on(&first, "east"), on(&first, "west")));
}

#[test]
fn a_value_that_nobody_states_any_more_is_kept() {
    let high = Ask { tier: Some("high"), ..one(None) };
    let small: Small = [(1, vec![one(None)]), (2, vec![high])].into();
    let first = Planner::new(&RULES).plan(&estate(&small)).expect("a plan");
    let lock = Lock::after(&first, None, &RULES);
    let small: Small = [(1, vec![one(None)])].into();
    let plan = under(&small, &lock);
    assert_eq!((plan.resources.len(), &plan.resources[0].config["tier"]), (1, &json!("high")));
    assert_eq!(plan.resources[0].fixed_by_lock, ["tier"]);
    let low: Small = [(1, vec![Ask { tier: Some("low"), ..one(None) }])].into();
    let plan = under(&low, &lock);
    assert_eq!((plan.resources.len(), &plan.resources[0].config["tier"]), (1, &json!("high")), "low is the least it accepts");
    let verification = verify(&plan, &estate(&low), &RULES, &Control::default());
    assert!(verification.holds && !verification.unchecked.is_empty(), "{:?}", verification.unchecked);
}
