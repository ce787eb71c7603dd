//! Planning generated estates, as a ratio to the bare reading and writing of the same JSON.
//!
//! `cargo bench --bench estates [-- COMPONENTS…]` prints, for estates of raw requirements and of typed components, the
//! median time of load + plan + write over that of `serde_json` reading the same bytes into a `Value` and writing the
//! plan back, and the peak memory. `locked` is `raw` under the lock of an estate without the last hundredth of its
//! components; reading that lock and writing the next is in its time.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use colocate::{Estate, Lock, Moves, Plan, Planner, RuleSet};

/// Raw requirements: a database of one's own, functions with settings, blob containers; four keys, two runtimes.
fn raw(components: usize) -> String {
    let mut text = estate_head("raw");
    for i in 0..components {
        let (key, runtime) = (i % 4, if i % 7 == 0 { "python" } else { "node" });
        let version = if i % 7 == 0 { "3.11" } else { "22" };
        let _ = write!(
            text,
            r#"{comma}"Service{i}": {{"requirements": [
  {{"resourceType": "cosmos", "requirementKey": "data-{key}", "config": {{"databases": [{{"name": "service-{i}", "containers": [{{"name": "items", "partitionKey": "/tenant"}}]}}]}}}},
  {{"resourceType": "functions", "requirementKey": "api-{key}", "priority": 20, "config": {{"runtime": "{runtime}", "version": "{version}", "functions": ["get", "put", "list"], "environmentVariables": {{"DATABASE": "service-{i}", "LEVEL": "info", "ENDPOINT": "${{cosmos.documentEndpoint}}"}}}}}},
  {{"resourceType": "storage", "requirementKey": "files-{key}", "config": {{"containers": ["uploads", "exports"], "redundancy": "{redundancy}"}}}}]}}"#,
            comma = if i == 0 { "" } else { ",\n" },
            redundancy = if i % 11 == 0 { "GRS" } else { "LRS" },
        );
    }
    text.push_str("}}");
    text
}

/// Component types, whose templates are filled in.
fn typed(components: usize) -> String {
    let mut text = estate_head("typed");
    for i in 0..components {
        let comma = if i == 0 { "" } else { ",\n" };
        let _ = write!(text, r#"{comma}"Service{i}Api": {{"type": "CrudApi", "config": {{"entityName": "Entity{i}"}}}}"#);
    }
    text.push_str("}}");
    text
}

fn estate_head(name: &str) -> String {
    format!(r#"{{"version": 1, "name": "{name}", "environment": "bench", "location": "eastus", "components": {{"#)
}

/// Everything from bytes to bytes; what was made on the way is handed over, to be dropped outside the clock.
fn plan(rules: &RuleSet, text: &str, lock: Option<&str>) -> (Estate, Plan, String, Option<(Lock, String)>) {
    let estate = Estate::from_json("bench.json", text.as_bytes().to_vec()).expect("the generated estate is valid");
    let lock = lock.map(|text| Lock::from_json("lock.json", text.as_bytes().to_vec(), rules).expect("a lock of an earlier plan"));
    let planner = match &lock {
        Some(lock) => Planner::new(rules).with_lock(lock, Moves::Kept),
        None => Planner::new(rules),
    };
    let plan = planner.plan(&estate).expect("the generated estate can be planned");
    let written = plan.to_json();
    let next = lock.map(|lock| {
        let next = Lock::after(&plan, Some(&lock), rules).to_json();
        (lock, next)
    });
    (estate, plan, written, next)
}

/// The lock of an estate with fewer components.
fn lock(rules: &RuleSet, components: usize) -> String {
    let (_, plan, ..) = plan(rules, &raw(components - components.div_ceil(100)), None);
    Lock::after(&plan, None, rules).to_json()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Peak resident memory in MiB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let rules = RuleSet::builtin().expect("the built-in rules load");
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![100, 10_000, 100_000] } else { asked };
    println!(
        "{:<6} {:>10} {:>10} {:>10} {:>7} {:>9} {:>10}",
        "kind", "components", "ours ms", "bare ms", "ratio", "resources", "peak MiB"
    );
    for (kind, generate) in [("raw", raw as fn(usize) -> String), ("typed", typed), ("locked", raw)] {
        for components in &sizes {
            let text = generate(*components);
            let lock = (kind == "locked").then(|| lock(&rules, *components));
            let runs = (200_000 / components).clamp(3, 15);
            let (mut ours, mut bares) = (Vec::new(), Vec::new());
            let (_, _, written, _) = plan(&rules, &text, lock.as_deref());
            let value: serde_json::Value = serde_json::from_str(&written).expect("valid JSON");
            for _ in 0..runs {
                let start = Instant::now();
                let made = black_box(plan(&rules, &text, lock.as_deref()));
                ours.push(start.elapsed());
                drop(made);
                let start = Instant::now();
                let read = black_box(serde_json::from_str::<serde_json::Value>(&text).expect("valid JSON"));
                let written = black_box(serde_json::to_string_pretty(&value).expect("writable"));
                bares.push(start.elapsed());
                drop((read, written));
            }
            let (ours, bare) = (median(ours).as_secs_f64() * 1e3, median(bares).as_secs_f64() * 1e3);
            let resources = value["summary"]["resources"].as_u64().unwrap_or(0);
            let ratio = ours / bare;
            println!("{kind:<6} {components:>10} {ours:>10.1} {bare:>10.1} {ratio:>7.2} {resources:>9} {:>10}", peak());
        }
    }
}
