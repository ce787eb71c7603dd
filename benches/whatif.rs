//! A sweep of scenarios over one estate, beside planning the estate once.
//!
//! `cargo bench --bench whatif [-- COMPONENTS [ROUNDS]]` plans an estate of typed and of raw components (1,000 unless said
//! otherwise) on one thread, then 1,000 scenarios of it on all threads, the two taking turns, and prints the ratio of the two
//! times.

use std::time::Instant;

use colocate::solve::Control;
use colocate::{Document, Estate, Planner, RuleLayers, Scenarios, WhatIf};
use serde_json::{Map, Value, json};

fn estate(typed: bool, components: usize) -> Estate {
    let component = |i: usize| {
        if typed {
            return (format!("Service{i}Api"), json!({ "type": "CrudApi", "config": { "entityName": format!("Entity{i}") } }));
        }
        let (key, (runtime, version)) = (i % 4, if i.is_multiple_of(7) { ("python", "3.11") } else { ("node", "22") });
        let database = json!({ "name": format!("service-{i}"), "containers": [{ "name": "items", "partitionKey": "/tenant" }] });
        let variables = json!({ "LEVEL": "info", "ENDPOINT": "${cosmos.documentEndpoint}" });
        let functions = json!({ "runtime": runtime, "version": version, "functions": ["get", "put", "list"], "environmentVariables": variables });
        let needs = json!([
            { "resourceType": "cosmos", "requirementKey": format!("data-{key}"), "config": { "databases": [database] } },
            { "resourceType": "functions", "requirementKey": format!("api-{key}"), "config": functions },
            { "resourceType": "storage", "requirementKey": format!("files-{key}"), "config": { "containers": ["in", "out"] } },
        ]);
        (format!("Service{i}"), json!({ "requirements": needs }))
    };
    let components: Map<String, Value> = (0..components).map(component).collect();
    let text = json!({ "version": 1, "name": "bench", "location": "eastus", "components": components }).to_string();
    Estate::from_json("bench.json", text.into_bytes()).expect("an estate")
}

fn sweep() -> Scenarios {
    let ten = |first: u32, step: u32| (0..10).map(|i| first + i * step).collect::<Vec<_>>();
    let headroom: Vec<f64> = (0..10).map(|i| f64::from(i) / 50.0).collect();
    let text = json!({ "version": 1, "scenarios": {}, "sweep": {
        "/settings/limits/functions/functions": ten(100, 10),
        "/settings/limits/cosmos/databases": ten(16, 1),
        "/settings/headroom": headroom,
    } });
    Scenarios::read(&Document::new("sweep.json", text.to_string().into_bytes()).expect("text")).expect("scenarios")
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (components, rounds) = (numbers.first().copied().unwrap_or(1_000), numbers.get(1).copied().unwrap_or(5));
    let layers = RuleLayers::new(Vec::new()).expect("the built-in rules load");
    let rules = layers.rules().expect("the built-in rules load");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let scenarios = sweep();
    for (kind, estate) in [("typed", estate(true, components)), ("raw", estate(false, components))] {
        let mut ratios = Vec::new();
        for _ in 0..rounds {
            let start = Instant::now();
            one.install(|| Planner::new(&rules).plan(&estate)).expect("a plan");
            let once = start.elapsed();
            let start = Instant::now();
            let comparison =
                WhatIf::new(&layers, rules.clone()).compare(&estate, &scenarios, &Control::default()).expect("a comparison");
            let all = start.elapsed();
            assert_eq!(comparison.planned().count(), 1_000, "a scenario of the bench cannot be planned");
            ratios.push((all.as_secs_f64() / once.as_secs_f64(), once, all));
        }
        ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, once, all) = ratios[ratios.len() / 2];
        println!("{kind:<6} planned once {once:>8.1?}, {} scenarios {all:>8.1?}: {ratio:.1} times", scenarios.iter().len());
    }
}
