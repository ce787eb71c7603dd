//! How the time grows with the size of one thing: estates of unlike shapes, from 2,500 to 100,000 of it.
//!
//! `cargo bench --bench shapes [-- SHAPE…]` prints the seconds at each size, and the exponent by which they grow between the last two:
//! about 1 is linear, 2 is quadratic. A shape that takes longer than a few seconds is not tried larger.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use colocate::{Document, Lock, Moves, Plan, PlanDiff, Planner, Projection, ProjectionTarget, RuleSet, load, report, verify};
use serde_json::{Value, json};

const SIZES: [usize; 5] = [2_500, 12_500, 25_000, 50_000, 100_000];
const ENOUGH: Duration = Duration::from_secs(8);

/// A shape: its name, and the estate of a size.
type Shape = (&'static str, fn(usize) -> Value, Work);

/// What is done with an estate.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    Plan,
    Refuse,
    Replan,
    Verify,
    Diff,
    Project(ProjectionTarget),
    Report,
    Explain,
}

const SHAPES: [Shape; 31] = [
    ("components", crud, Work::Plan),
    ("databases of one component", databases, Work::Plan),
    ("containers of one component", containers, Work::Plan),
    ("functions of one component", functions, Work::Plan),
    ("functions by count", |n| one("functions", json!({ "functions": n })), Work::Plan),
    (
        "keys of one component",
        |n| estate([("A".to_owned(), json!({ "requirements": (0..n).map(keyed).collect::<Vec<_>>() }))]),
        Work::Plan,
    ),
    ("keys of as many components", own_keys, Work::Plan),
    ("overrides of as many keys", overrides, Work::Plan),
    ("overrides of one type", |n| with(own_keys(n), "/overrides", (0..n).map(override_of).collect()), Work::Plan),
    ("components on one database", one_database, Work::Plan),
    ("databases of two components each", shared_databases, Work::Plan),
    ("apart, one list", |n| constrained(n, "apart", vec![ids(n)]), Work::Plan),
    ("apart, in pairs", |n| constrained(n, "apart", pairs(n)), Work::Plan),
    ("together, one list", |n| constrained(n, "together", vec![ids(n)]), Work::Plan),
    ("together, in pairs", |n| constrained(n, "together", pairs(n)), Work::Plan),
    ("dedicated", |n| with(crud(n), "/constraints", json!({ "dedicated": ids(n) })), Work::Plan),
    ("sharing by type", |n| with(own_keys(n), "/settings", json!({ "sharing": "byType" })), Work::Plan),
    ("no sharing", |n| with(crud(n), "/settings", json!({ "sharing": "none" })), Work::Plan),
    ("chains of references", references, Work::Plan),
    ("settings of as many components", settings, Work::Plan),
    ("runtimes that differ", runtimes, Work::Plan),
    ("objective cost", |n| with(crud(n), "/settings", json!({ "objective": "cost" })), Work::Plan),
    ("misspelt properties", misspelt, Work::Refuse),
    ("misspelt values of one component", misspelt_values, Work::Refuse),
    ("components under a lock", crud, Work::Replan),
    ("databases of one component under a lock", databases, Work::Replan),
    ("verify", crud, Work::Verify),
    ("diff", crud, Work::Diff),
    ("Bicep", crud, Work::Project(ProjectionTarget::Bicep)),
    ("reports", crud, Work::Report),
    ("explain", crud, Work::Explain),
];

fn id(i: usize) -> String {
    format!("C{i:06}")
}

fn ids(n: usize) -> Vec<String> {
    (0..n).map(id).collect()
}

fn pairs(n: usize) -> Vec<Vec<String>> {
    ids(n).chunks(2).filter(|pair| pair.len() == 2).map(<[String]>::to_vec).collect()
}

fn estate(components: impl IntoIterator<Item = (String, Value)>) -> Value {
    let components: BTreeMap<String, Value> = components.into_iter().collect();
    json!({ "version": 1, "name": "shape", "environment": "prod", "location": "eastus", "components": components })
}

fn with(mut estate: Value, place: &str, what: Value) -> Value {
    let member = place.trim_start_matches('/');
    estate[member] = what;
    estate
}

fn one(resource_type: &str, config: Value) -> Value {
    estate([("A".to_owned(), json!({ "requirements": [need(resource_type, "k", config)] }))])
}

fn need(resource_type: &str, key: &str, config: Value) -> Value {
    json!({ "resourceType": resource_type, "requirementKey": key, "config": config })
}

fn of_each(n: usize, component: impl Fn(usize) -> Value) -> Value {
    estate((0..n).map(|i| (id(i), component(i))))
}

fn crud(n: usize) -> Value {
    of_each(n, |i| json!({ "type": "CrudApi", "config": { "entityName": format!("Thing{i}") } }))
}

fn databases(n: usize) -> Value {
    one("cosmos", json!({ "databases": (0..n).map(|i| format!("d{i}")).collect::<Vec<_>>() }))
}

fn containers(n: usize) -> Value {
    one("storage", json!({ "containers": (0..n).map(|i| format!("c{i}")).collect::<Vec<_>>() }))
}

fn functions(n: usize) -> Value {
    one("functions", json!({ "functions": (0..n).map(|i| format!("f{i}")).collect::<Vec<_>>() }))
}

fn keyed(i: usize) -> Value {
    need("cosmos", &format!("k{i}x"), json!({ "databases": [format!("d{i}")] }))
}

fn own_keys(n: usize) -> Value {
    of_each(n, |i| json!({ "requirements": [keyed(i)] }))
}

fn override_of(i: usize) -> Value {
    json!({ "resourceType": "cosmos", "requirementKey": format!("k{i}x"), "config": { "consistency": "Strong" } })
}

fn overrides(n: usize) -> Value {
    with(own_keys(n), "/overrides", (0..n).map(override_of).collect())
}

fn one_database(n: usize) -> Value {
    of_each(n, |_| json!({ "requirements": [need("cosmos", "k", json!({ "databases": ["d"] }))] }))
}

fn shared_databases(n: usize) -> Value {
    of_each(n, |i| json!({ "requirements": [need("cosmos", "k", json!({ "databases": [format!("d{}", i / 2)] }))] }))
}

fn constrained(n: usize, what: &str, lists: Vec<Vec<String>>) -> Value {
    let plain = of_each(n, |_| json!({ "requirements": [need("servicebus", "k", json!({}))] }));
    with(plain, "/constraints", json!({ what: lists }))
}

fn references(n: usize) -> Value {
    of_each(n, |i| {
        let variables = if i == 0 { json!({}) } else { json!({ "NEXT": format!("${{{}.endpoint}}", id(i - 1)) }) };
        json!({ "type": "CrudApi", "config": { "entityName": format!("Thing{i}"), "environmentVariables": variables } })
    })
}

fn settings(n: usize) -> Value {
    of_each(
        n,
        |i| json!({ "requirements": [need("functions", "k", json!({ "functions": ["f"], "environmentVariables": { "X": format!("{i}") } }))] }),
    )
}

fn runtimes(n: usize) -> Value {
    of_each(n, |i| {
        let runtime = ["python", "node", "java", "dotnet-isolated"][i % 4];
        json!({ "requirements": [need("functions", "k", json!({ "functions": ["f"], "runtime": runtime }))] })
    })
}

fn misspelt(n: usize) -> Value {
    of_each(n, |_| json!({ "requirements": [need("cosmos", "k", json!({ "databasse": [] }))] }))
}

fn misspelt_values(n: usize) -> Value {
    one(
        "cosmos",
        json!({ "databases": (0..n).map(|i| json!({ "name": format!("d{i}"), "containres": [] })).collect::<Vec<_>>() }),
    )
}

/// How long the work takes on the estate of a size; what prepares it is not counted.
fn time(rules: &RuleSet, shape: Shape, n: usize) -> Duration {
    let (name, make, work) = shape;
    let document = Document::new("shape.json", make(n).to_string().into_bytes()).expect("text");
    let planned = |estate: &colocate::Estate| Planner::new(rules).plan(estate).unwrap_or_else(|error| panic!("{name}: {error}"));
    if work == Work::Refuse {
        let start = Instant::now();
        let refused = load(&document, rules).expect_err("it is wrong");
        assert!(refused.iter().count() >= n);
        return start.elapsed();
    }
    let start = Instant::now();
    let estate = load(&document, rules).unwrap_or_else(|error| panic!("{name}: {:.300}", error.to_string()));
    let plan = planned(&estate);
    if work == Work::Plan {
        return start.elapsed();
    }
    let other = |plan: &Plan| serde_json::from_str::<Plan>(&plan.to_json()).expect("a plan");
    let lock = Lock::after(&plan, None, rules);
    let second = other(&plan);
    let start = Instant::now();
    match work {
        Work::Replan => {
            let again = Planner::new(rules).with_lock(&lock, Moves::Kept).plan(&estate).expect("a plan");
            assert_eq!(again.summary.resources, plan.summary.resources);
        }
        Work::Verify => assert!(verify(&second, &estate, rules, &colocate::solve::Control::default()).holds),
        Work::Diff => assert!(PlanDiff::between(&plan, &second, rules).is_empty()),
        Work::Project(target) => assert!(!Projection::new(&plan, rules, target).expect("a template").files.is_empty()),
        Work::Report => {
            assert!(report::text(&plan).len() + report::dot(&plan).len() + report::html(&estate, rules, &plan).len() > 0)
        }
        Work::Explain => {
            let subject = report::Subject::find(&plan, &id(n / 2)).expect("a component");
            assert!(report::explain(&estate, rules, &plan, &subject).is_some());
        }
        Work::Plan | Work::Refuse => {}
    }
    start.elapsed()
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let rules = RuleSet::builtin().expect("rules");
    println!("{:<42}{}  grows by", "seconds for", SIZES.map(|n| format!("{n:>10}")).concat());
    for shape in SHAPES {
        if !wanted.is_empty() && !wanted.iter().any(|name| shape.0.contains(name.as_str())) {
            continue;
        }
        let mut line = format!("{:<42}", shape.0);
        let mut times: Vec<(usize, f64)> = Vec::new();
        for n in SIZES {
            let taken = time(&rules, shape, n);
            let _ = write!(line, "{:>10.2}", taken.as_secs_f64());
            times.push((n, taken.as_secs_f64()));
            if taken > ENOUGH {
                break;
            }
        }
        let growth = match times.as_slice() {
            [.., (small, before), (large, after)] => {
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let sizes = (*large as f64 / *small as f64).ln();
                format!("  n^{:.1}", (after / before).ln() / sizes)
            }
            _ => String::new(),
        };
        println!("{line:<92}{growth}");
    }
}
