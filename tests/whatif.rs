//! Scenarios beside an estate as it is: what they change, what they must not, and what is said of broken ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};

use colocate::solve::{Control, Exact, Memo};
use colocate::whatif::Outcome;
use colocate::{
    Comparison, Condition, CrudApi, Document, Estate, Growth, Planner, Raw, RuleLayers, RuleSet, Scenario, Scenarios, Verdict,
    WhatIf, load_usage, report,
};
use quickcheck::{Arbitrary, Gen, QuickCheck, TestResult};
use serde_json::{Map, Value, json};

static LAYERS: LazyLock<RuleLayers> = LazyLock::new(|| RuleLayers::new(Vec::new()).expect("rules"));
static RULES: LazyLock<RuleSet> = LazyLock::new(|| LAYERS.rules().expect("rules"));

fn read(value: &Value) -> Estate {
    Estate::from_json("estate.json", value.to_string().into_bytes()).unwrap_or_else(|error| panic!("{error}\n{value}"))
}

fn scenarios(value: &Value) -> Scenarios {
    let document = Document::new("scenarios.json", value.to_string().into_bytes()).expect("text");
    Scenarios::read(&document).unwrap_or_else(|error| panic!("{error}"))
}

fn compare(estate: &Estate, scenarios: &Scenarios) -> Comparison {
    let whatif = WhatIf::new(&LAYERS, RULES.clone()).with_details();
    whatif.compare(estate, scenarios, &Control::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn outcome<'c>(comparison: &'c Comparison, name: &str) -> &'c Outcome {
    let row = comparison.scenarios.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no scenario {name}"));
    row.outcome.as_ref().unwrap_or_else(|failure| panic!("{name}: {:?}", failure.diagnostics().collect::<Vec<_>>()))
}

/// An estate of a few components, small enough to plan often.
#[derive(Clone, Debug)]
struct Small(Value);

impl Arbitrary for Small {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut components = Map::new();
        for i in 0..1 + usize::arbitrary(g) % 7 {
            let mut config = Map::new();
            if bool::arbitrary(g) {
                config.insert("runtime".into(), json!("python"));
                config.insert("version".into(), json!("3.12"));
            }
            if u8::arbitrary(g).is_multiple_of(4) {
                config.insert("consistency".into(), json!(*g.choose(&["Strong", "Session"]).expect("some")));
            }
            if u8::arbitrary(g).is_multiple_of(3) {
                config.insert("functionsKey".into(), json!("other"));
            }
            if i > 0 && u8::arbitrary(g).is_multiple_of(3) {
                config.insert("environmentVariables".into(), json!({ "PEER": format!("${{C{}Api.endpoint}}", i - 1) }));
            }
            config.insert("functions".into(), json!(1 + u8::arbitrary(g) % 60));
            components.insert(format!("C{i}Api"), json!({ "type": "CrudApi", "config": config }));
        }
        let mut constraints = Map::new();
        if components.len() > 2 && bool::arbitrary(g) {
            constraints.insert("apart".into(), json!([["C0Api", "C1Api"]]));
        } else if components.len() > 2 && bool::arbitrary(g) {
            constraints.insert("together".into(), json!([["C0Api", "C1Api"]]));
        }
        if u8::arbitrary(g).is_multiple_of(5) {
            constraints.insert("dedicated".into(), json!(["C0Api"]));
        }
        Self(json!({ "version": 1, "name": "small", "location": "eastus", "components": components, "constraints": constraints }))
    }
}

fn check(tests: u64, property: fn(Small) -> TestResult) {
    QuickCheck::new().tests(tests).max_tests(tests * 10).min_tests_passed(tests).quickcheck(property);
}

#[test]
fn what_changes_nothing_is_the_estate_as_it_is() {
    fn property(small: Small) -> TestResult {
        let estate = read(&small.0);
        if Planner::new(&RULES).plan(&estate).is_err() {
            return TestResult::discard();
        }
        let same = scenarios(&json!({ "version": 1, "scenarios": {
            "growth": { "growth": 1 }, "merge": { "merge": {} }, "patch": { "patch": [] }, "rules": { "rules": { "cosmos": {} } },
            "test": { "patch": [{ "op": "test", "path": "/name", "value": "small" }] } },
            "sweep": { "/settings/headroom": [0] } }));
        let comparison = compare(&estate, &same);
        for row in &comparison.scenarios {
            let outcome = outcome(&comparison, &row.name);
            let detail = outcome.detail.as_ref().expect("asked for");
            if outcome.figures != comparison.base
                || outcome.difference.moves > 0
                || !detail.groups.is_empty()
                || !detail.properties.is_empty()
            {
                return TestResult::error(format!("{}: {outcome:?}", row.name));
            }
        }
        TestResult::from_bool(comparison.best == "base")
    }
    check(10, property);
}

#[test]
fn unshared_is_what_the_plan_says_of_unshared() {
    fn property(small: Small) -> TestResult {
        let estate = read(&small.0);
        let Ok(plan) = Planner::new(&RULES).plan(&estate) else { return TestResult::discard() };
        let comparison = compare(&estate, &[Scenario::new("alone").unshared()].into_iter().collect());
        // What must stay together cannot be alone.
        if comparison.failed().count() > 0 {
            return TestResult::discard();
        }
        let alone = outcome(&comparison, "alone");
        let cost = |money: &Option<colocate::Money>| money.as_ref().map(|money| money.amount);
        let summary = plan.summary.monthly_cost.as_ref();
        TestResult::from_bool(
            alone.figures.resources as u64 == plan.summary.unshared
                && cost(&alone.figures.monthly_cost) == summary.map(|cost| cost.unshared),
        )
    }
    check(10, property);
}

#[test]
fn a_scenario_does_not_depend_on_the_others() {
    fn property(small: Small) -> TestResult {
        let estate = read(&small.0);
        if Planner::new(&RULES).plan(&estate).is_err() {
            return TestResult::discard();
        }
        let all = [
            Scenario::new("double").growth(Growth::new(2.0).expect("a factor")),
            Scenario::new("half more").growth(Growth::new(1.5).expect("a factor")),
            Scenario::new("roomy").set("/settings/headroom", 0.3),
            Scenario::new("by type").ignoring_keys(),
            Scenario::new("strong").merge(json!({ "settings": { "onConflict": "first" } })),
        ];
        let rows = |order: &[usize]| -> Vec<String> {
            let comparison = compare(&estate, &order.iter().map(|i| all[*i].clone()).collect());
            let mut rows: Vec<String> =
                comparison.scenarios.iter().map(|row| serde_json::to_string(row).expect("written")).collect();
            rows.sort();
            rows
        };
        let mut alone: Vec<String> = (0..all.len()).flat_map(|i| rows(&[i])).collect();
        alone.sort();
        TestResult::from_bool(rows(&[0, 1, 2, 3, 4]) == alone && rows(&[4, 2, 0, 3, 1]) == alone)
    }
    check(4, property);
}

/// Scenarios that only limits and headroom tell apart are planned in figures, unless details are asked for.
#[test]
fn figures_are_those_of_whole_plans() {
    fn property(small: Small, brings: Vec<u8>, billed: bool) -> TestResult {
        let mut small = small.0;
        if let Some(components) = small["components"].as_object_mut() {
            let many = brings.len().min(3);
            for (i, databases) in brings.into_iter().take(many).enumerate() {
                let databases: Vec<String> = (0..databases % 9).map(|n| format!("d{n}")).collect();
                let endpoint = json!({ "functions": 3, "environmentVariables": { "E": "${storage.blobEndpoint}" } });
                let needs = json!([
                    { "resourceType": "cosmos", "requirementKey": if i == 1 { "own" } else { "shared-cosmos" }, "config": { "databases": databases } },
                    { "resourceType": "storage", "requirementKey": "files", "config": { "containers": ["in", "out"] } },
                    { "resourceType": "functions", "requirementKey": "jobs", "priority": 30, "config": endpoint },
                ]);
                components.insert(format!("Raw{i}"), json!({ "requirements": needs }));
            }
        }
        small["settings"] = json!({ "monitoring": { "retentionDays": 30 } });
        let mut estate = read(&small);
        if billed {
            let used = json!({ "cosmos": { "storedGB": 10 }, "functions": { "requests": 1_250_000, "gbSeconds": 100_000 } });
            let components =
                [("C0Api", &used), ("Raw1", &used)].into_iter().filter(|(id, _)| estate.components.contains_key(*id));
            let usage = json!({ "version": 1, "components": components.collect::<std::collections::BTreeMap<_, _>>() });
            let document = Document::new("usage.json", usage.to_string().into_bytes()).expect("text");
            estate.usage = load_usage(&document, &estate, &RULES).unwrap_or_else(|error| panic!("{error}"));
        }
        if Planner::new(&RULES).plan(&estate).is_err() {
            return TestResult::discard();
        }
        let sweep = scenarios(&json!({ "version": 1, "scenarios": {}, "sweep": {
            "growth": [1, 2],
            "/settings/sharing": ["byKey", "byType"],
            "/settings/limits/cosmos/databases": [3, 25, 26],
            "/settings/limits/functions/functions": [50, 200, "many"],
            "/settings/headroom": [0, 0.5],
        } }));
        let plain = WhatIf::new(&LAYERS, RULES.clone()).compare(&estate, &sweep, &Control::default()).expect("the base");
        let whole = compare(&estate, &sweep);
        for (row, whole) in plain.scenarios.iter().zip(&whole.scenarios) {
            let mut whole = whole.clone();
            whole.outcome = whole.outcome.map(|outcome| Outcome { detail: None, ..outcome });
            if *row != whole {
                return TestResult::error(format!("{}: {:?}, not {:?}", row.name, row.outcome, whole.outcome));
            }
        }
        TestResult::from_bool(plain.planned().count() > 0 && plain.failed().count() >= 24)
    }
    QuickCheck::new().tests(5).max_tests(50).min_tests_passed(5).quickcheck(property as fn(Small, Vec<u8>, bool) -> TestResult);
}

#[test]
fn a_solver_that_remembers_gives_the_same_plans() {
    let memo = Arc::new(Memo::new(Exact::default()));
    fn plans(memo: &Arc<Memo<Exact>>, small: &Small) -> bool {
        let estate = read(&small.0);
        let plain = Planner::new(&RULES).plan(&estate).map(|plan| plan.to_json()).map_err(|error| error.to_string());
        (0..2).all(|_| {
            let remembering = Planner::with_solver(&RULES, memo.clone());
            plain == remembering.plan(&estate).map(|plan| plan.to_json()).map_err(|error| error.to_string())
        })
    }
    let mut g = Gen::new(20);
    for _ in 0..10 {
        let small = Small::arbitrary(&mut g);
        assert!(plans(&memo, &small), "{}", small.0);
    }
    assert!(memo.remembered() * 2 >= memo.asked() && memo.asked() > 0, "{} of {}", memo.remembered(), memo.asked());
}

#[test]
fn growth_counts_and_names_copies_that_collide_with_nothing() {
    for (factor, of, expected) in [(1.0, 7, 7), (2.0, 7, 14), (1.5, 7, 11), (1.5, 2, 3), (2.25, 8, 18), (1000.0, 3, 3000)] {
        assert_eq!(Growth::new(factor).expect("a factor").of(of), expected, "{factor} × {of}");
    }
    assert!([0.0, 0.5, -1.0, 1000.1, f64::NAN, f64::INFINITY].into_iter().all(|factor| Growth::new(factor).is_none()));
    // `A-2` is taken, and so is the prefix `A_3_`.
    let estate = Estate::builder("shop")
        .component(CrudApi::new("A").entity("a"))
        .component(CrudApi::new("A-2").entity("b"))
        .component(CrudApi::new("a_3").entity("c"))
        .build()
        .expect("an estate");
    let comparison = compare(&estate, &[Scenario::new("x3").growth(Growth::new(3.0).expect("a factor"))].into_iter().collect());
    assert_eq!(outcome(&comparison, "x3").figures.components, 9);
}

#[test]
fn copies_have_databases_of_their_own_and_keep_company() {
    let database =
        |name: &str| json!({ "databases": [{ "name": name, "containers": [{ "name": "x", "partitionKey": "/id" }] }] });
    let cosmos = |name: &str| match database(name) {
        Value::Object(config) => config,
        _ => Map::new(),
    };
    let component = |id: &str| Raw::new(id).requires("cosmos", "k", colocate::Priority::DEFAULT, cosmos("orders"));
    let estate =
        Estate::builder("shop").component(component("Orders")).component(component("Invoices")).build().expect("an estate");
    let grown = |factor: f64, limit: u64| {
        let growth = Growth::new(factor).expect("a factor");
        let scenario = Scenario::new("grown").growth(growth).set("/settings/limits/cosmos/databases", limit);
        compare(&estate, &[scenario].into_iter().collect())
    };
    // One database for both, however many components; four copies of the pair are four databases.
    assert_eq!(outcome(&grown(1.0, 1), "grown").figures.resources, 1);
    assert_eq!(outcome(&grown(4.0, 1), "grown").figures.resources, 4);
    assert_eq!(outcome(&grown(4.0, 2), "grown").figures.resources, 2);
}

#[test]
fn constraints_and_references_follow_the_copies() {
    let estate = read(&json!({ "version": 1, "name": "shop", "components": {
        "Tenant": { "type": "CrudApi", "config": { "functions": 2 } },
        "Other": { "type": "CrudApi", "config": { "functions": 2, "environmentVariables": { "PEER": "${Tenant.endpoint} and $x" } } } },
        "constraints": { "apart": [["Tenant", "Other"]] } }));
    let comparison = compare(&estate, &scenarios(&json!({ "version": 1, "sweep": { "growth": [1, 3] } })));
    // Whoever is apart, is apart from everybody's copies too.
    assert_eq!(outcome(&comparison, "growth=1").figures.by_type["functions"], 2);
    assert_eq!(outcome(&comparison, "growth=3").figures.by_type["functions"], 6);
}

#[test]
fn a_sweep_is_the_product_of_its_axes_in_their_order() {
    let document = br#"{ "version": 1, "sweep": { "/settings/limits/cosmos/databases": [5, 2], "growth": [1, 1.5], "/settings/headroom": [0] },
      "scenarios": { "z": {}, "a": {} } }"#;
    let scenarios = Scenarios::read(&Document::new("s", document.to_vec()).expect("text")).expect("scenarios");
    let names: Vec<&str> = scenarios.iter().map(Scenario::name).collect();
    let sweep = |databases: u8, growth: &str| format!("cosmos.databases={databases} growth={growth} headroom=0");
    let expected = ["z".to_owned(), "a".to_owned(), sweep(5, "1"), sweep(5, "1.5"), sweep(2, "1"), sweep(2, "1.5")];
    assert_eq!(names, expected);
}

#[test]
fn too_many_scenarios_are_refused_with_the_product() {
    let axis: Vec<u32> = (1..=101).collect();
    let value = json!({ "version": 1, "sweep": { "growth": axis.iter().take(100).collect::<Vec<_>>(), "/a": axis } });
    let error = Scenarios::read(&Document::new("s", value.to_string().into_bytes()).expect("text")).expect_err("too many");
    assert!(error.to_string().contains("E0803") && error.to_string().contains(" × "), "{error}");
    let huge = json!({ "version": 1, "sweep": (0..40).map(|i| (format!("/{i}"), json!(axis))).collect::<Map<_, _>>() });
    assert!(Scenarios::read(&Document::new("s", huge.to_string().into_bytes()).expect("text")).is_err());
}

#[test]
fn conditions_compare_exactly() {
    let estate = read(
        &json!({ "version": 1, "name": "shop", "location": "eastus", "components": { "A": { "type": "CrudApi", "config": { "throughput": 400 } } } }),
    );
    let comparison = compare(&estate, &[Scenario::new("x").growth(Growth::new(30.0).expect("a factor"))].into_iter().collect());
    let (base, outcome) = (&comparison.base, outcome(&comparison, "x"));
    assert_eq!((base.resources, outcome.figures.resources), (3, 4));
    let met =
        |condition: &str| match condition.parse::<Condition>().expect("a condition").holds(&outcome.measures(), &base.measures())
        {
            Verdict::Yes(why) => {
                assert!(why.contains(condition), "{why}");
                true
            }
            Verdict::No => false,
            Verdict::Unknown(why) => panic!("{why}"),
        };
    let yes = [
        "resources > 3",
        "resources>=4",
        "resources > +0",
        "resources > +33.3%",
        "resources == 4",
        "resources == +1",
        "moves >= 0",
        "cost > +100%",
        "cost > 0.01",
        "resources <= +1",
    ];
    let no = [
        "resources > 4",
        "resources < 4",
        "resources > +1",
        "resources > +33.4%",
        "resources != 4",
        "moves > 0",
        "cost < +0",
        "resources >= +2",
        "resources > 50%",
    ];
    for condition in yes {
        assert!(met(condition), "{condition}");
    }
    for condition in no {
        assert!(!met(condition), "{condition}");
    }
    for (wrong, place) in
        [("", 0), ("price > 1", 0), ("cost 5", 5), ("cost >", 6), ("cost > +5x", 7), ("cost > 5 %%", 7), ("cost > 1e9", 7)]
    {
        let error = wrong.parse::<Condition>().expect_err(wrong).to_string();
        let mark = error.lines().nth(1).and_then(|line| line.find('^'));
        assert_eq!(mark, Some(place), "{error}");
    }
}

#[test]
fn an_unknown_price_is_no_cost_and_no_verdict() {
    let rule = json!({ "version": 1, "resourceType": "box", "properties": { "parts": { "type": "array", "items": { "type": "string" }, "merge": "union" } } });
    let layers = RuleLayers::new(vec![Document::new("box.json", rule.to_string().into_bytes()).expect("text")]).expect("rules");
    let whatif = WhatIf::new(&layers, layers.rules().expect("rules"));
    let estate =
        Estate::builder("shop").component(Raw::new("A").requires("box", "k", colocate::Priority::DEFAULT, Map::new())).build();
    let estate = estate.expect("an estate");
    let comparison =
        whatif.compare(&estate, &[Scenario::new("alone").unshared()].into_iter().collect(), &Control::default()).expect("a plan");
    let outcome = outcome(&comparison, "alone");
    assert!(outcome.figures.cost().is_none() && outcome.difference.amount.is_none());
    let condition: Condition = "cost > 5".parse().expect("a condition");
    assert!(matches!(condition.holds(&outcome.measures(), &comparison.base.measures()), Verdict::Unknown(_)));
    assert!(report::whatif::text(&comparison).contains("the fewest resources"));
}

#[test]
fn savings_are_what_planning_again_gives() {
    fn property(small: Small) -> TestResult {
        let estate = read(&small.0);
        if Planner::new(&RULES).plan(&estate).is_err() {
            return TestResult::discard();
        }
        let whatif = WhatIf::new(&LAYERS, RULES.clone());
        let few = whatif.savings(&estate, 1, &Control::default()).expect("a plan");
        let all = whatif.savings(&estate, 100, &Control::default()).expect("a plan");
        let sorted = all.savings.is_sorted_by(|a, b| (a.amount, a.resources) >= (b.amount, b.resources));
        let counted = few.tried <= 1 && few.tried + few.left_out == all.tried && all.left_out == 0;
        let positive = all.savings.iter().all(|saving| saving.resources > 0 || saving.amount.is_some_and(|a| a.cents() > 0));
        let once = all.savings.iter().map(|saving| &saving.change).collect::<BTreeSet<_>>().len() == all.savings.len();
        TestResult::from_bool(sorted && counted && positive && once)
    }
    check(4, property);
    // One alone saves nothing, both together do.
    let estate = read(&json!({ "version": 1, "name": "shop", "components": {
        "A": { "type": "CrudApi" }, "B": { "type": "CrudApi", "config": { "runtime": "python", "version": "3.12" } } } }));
    let savings = WhatIf::new(&LAYERS, RULES.clone()).savings(&estate, 100, &Control::default()).expect("a plan");
    assert_eq!(savings.savings.len(), 1, "{savings:?}");
    let change = &savings.savings[0].change;
    assert!(change.contains("`runtime` \"node\" instead of \"python\" and `version`"), "{change}");
    assert_eq!(savings.savings[0].resources, 3, "the app, its plan and the account of its host");
}

fn colocate(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").output().expect("it runs")
}

#[test]
fn the_exit_code_tells_what_failed() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let write = |name: &str, value: Value| fs::write(folder.path().join(name), value.to_string()).expect("written");
    write(
        "estate.json",
        json!({ "version": 1, "name": "shop", "components": { "A": { "type": "CrudApi" }, "B": { "type": "CrudApi" } } }),
    );
    write("good.json", json!({ "version": 1, "scenarios": { "alone": { "unshared": true } } }));
    write(
        "bad.json",
        json!({ "version": 1, "scenarios": { "alone": { "unshared": true }, "max": { "merge": { "settings": { "maxResources": { "cosmos": 0 } } } } } }),
    );
    write("broken.json", json!({ "version": 1, "scenarios": { "x": { "growht": 2 } } }));
    let run = |arguments: &[&str]| {
        let output = colocate(folder.path(), &[&["whatif", "estate.json"], arguments].concat());
        (
            output.status.code().expect("not killed"),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (exit, out, err) = run(&["good.json"]);
    assert_eq!((exit, err.as_str()), (0, ""));
    assert!(out.contains("alone"), "{out}");
    let (exit, out, err) = run(&["good.json", "--fail-if", "resources > +10%", "--fail-if", "moves > 100"]);
    assert!(exit == 3 && out.contains("alone") && err.contains("scenario `alone`: resources 6, and 3 before"), "{err}");
    assert!(!err.contains("moves"), "{err}");
    let (exit, out, err) = run(&["bad.json", "--fail-if", "resources > 1"]);
    assert!(exit == 1 && out.contains("failed: E0406") && err.contains("1 scenario of 2 could not be planned"), "{out}{err}");
    let (exit, out, err) = run(&["broken.json"]);
    assert!(exit == 1 && out.is_empty() && err.contains("did you mean `growth`?"), "{err}");
    let (exit, _, err) = run(&["good.json", "--fail-if", "price > 1"]);
    assert!(exit == 2 && err.contains("^^^^^ expected"), "{err}");
    let (exit, out, err) = run(&["none.json"]);
    assert!(exit == 1 && out.is_empty() && err.contains("E0103"), "{err}");
    for format in ["text", "json", "csv", "markdown", "html"] {
        let threads: Vec<String> =
            ["1", "2"].iter().map(|jobs| run(&["bad.json", "--detail", "--format", format, "--jobs", jobs]).1).collect();
        assert!(!threads[0].is_empty() && threads[0] == threads[1], "{format}");
    }
    let json: Value = serde_json::from_str(&run(&["bad.json", "--format", "json"]).1).expect("JSON");
    assert_eq!(json["scenarios"][0]["difference"]["resources"], json!(3));
    assert_eq!(json["scenarios"][1]["error"]["code"], json!("E0406"));
    assert!(json["scenarios"][1]["error"]["diagnostics"][0]["position"]["line"].is_number(), "{json}");
}

#[test]
fn the_schema_of_scenarios_knows_what_the_reader_knows() {
    let schema: Value =
        serde_json::from_str(&colocate::schema(colocate::Schema::Scenarios, &RuleSet::builtin().expect("rules"))).expect("JSON");
    let broken = json!({ "version": 1, "x": 1, "scenarios": { "a": { "x": 1 } } });
    let error = Scenarios::read(&Document::new("s", broken.to_string().into_bytes()).expect("text")).expect_err("unknown fields");
    let expected: Vec<String> = error.iter().filter_map(|diagnostic| diagnostic.expected.clone()).collect();
    for (fields, at) in [(&schema["properties"], 0), (&schema["$defs"]["Scenario"]["properties"], 1)] {
        for field in fields.as_object().expect("an object").keys() {
            assert!(expected.iter().any(|known| known.contains(&format!("`{field}`"))), "{field} is unknown ({at})");
        }
    }
}

#[test]
fn tables_hold_whatever_a_scenario_is_called() {
    let estate = Estate::builder("shop").component(CrudApi::new("A")).build().expect("an estate");
    let names = ["a,b \"c\"", "=1+1", "x|y <b>"];
    let comparison = compare(&estate, &names.iter().map(|name| Scenario::new(*name)).collect());
    let csv = report::whatif::csv(&comparison);
    assert!(csv.contains("\r\n\"a,b \"\"c\"\"\",") && csv.contains("\r\n\"'=1+1\","), "{csv}");
    let markdown = report::whatif::markdown(&comparison);
    assert!(markdown.contains("| x\\|y &lt;b&gt; |"), "{markdown}");
    assert!(report::whatif::html(&comparison).contains("x|y &lt;b&gt;"));
}
