//! The difference of two plans: what holds for any two, and what users see.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use colocate::diff::{Change, Presence};
use colocate::{Constraints, CrudApi, Estate, Plan, PlanDiff, Planner, Priority, Raw, RuleSet, Settings, Sharing, report};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use serde_json::{Value, json};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::builtin().expect("rules"));

/// One component of a small estate.
#[derive(Clone, Debug)]
struct Ask {
    key: &'static str,
    database: &'static str,
    partition_key: &'static str,
    consistency: Option<&'static str>,
    location: Option<&'static str>,
    runtime: &'static str,
    functions: u64,
    level: &'static str,
    containers: bool,
}

/// Two estates with some components in common.
#[derive(Clone, Debug)]
struct Two(Vec<(Option<Ask>, Option<Ask>)>, bool, bool);

impl Arbitrary for Ask {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut pick = |from: &[&'static str]| *g.choose(from).expect("some");
        let (key, database, partition_key) =
            (pick(&["main", "main", "other"]), pick(&["a", "b", "c"]), pick(&["/id", "/tenant"]));
        let consistency = Some(pick(&["", "", "Strong", "Eventual"])).filter(|text| !text.is_empty());
        let location = Some(pick(&["", "", "westus"])).filter(|text| !text.is_empty());
        let (runtime, level) = (pick(&["node", "python"]), pick(&["info", "debug"]));
        Self {
            key,
            // One database has one partition key, whoever names it.
            database: if partition_key == "/id" { database } else { "tenants" },
            partition_key,
            consistency,
            location,
            runtime,
            functions: u64::arbitrary(g) % 3,
            level,
            containers: bool::arbitrary(g),
        }
    }
}

impl Arbitrary for Two {
    fn arbitrary(g: &mut Gen) -> Self {
        let pairs = (0..1 + usize::arbitrary(g) % 5).map(|_| {
            let ask = Ask::arbitrary(g);
            match u8::arbitrary(g) % 6 {
                0 => (Some(ask), None),
                1 => (None, Some(ask)),
                2 => (Some(ask), Some(Ask::arbitrary(g))),
                _ => (Some(ask.clone()), Some(ask)),
            }
        });
        Self(pairs.collect(), bool::arbitrary(g), bool::arbitrary(g))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let fewer = |i: usize| {
            let mut pairs = self.0.clone();
            pairs.remove(i);
            Self(pairs, self.1, self.2)
        };
        Box::new((0..self.0.len()).map(fewer).collect::<Vec<_>>().into_iter())
    }
}

fn component(ask: &Ask) -> Vec<(&'static str, &'static str, Value)> {
    let mut cosmos = json!({ "databases": [{ "name": ask.database, "containers": [{ "name": "items", "partitionKey": ask.partition_key }] }] });
    if let Some(consistency) = ask.consistency {
        cosmos["consistency"] = consistency.into();
    }
    let functions = json!({
        "runtime": ask.runtime, "functions": ask.functions,
        "environmentVariables": { "LEVEL": ask.level, "ENDPOINT": "${cosmos.documentEndpoint}" }
    });
    let mut all = vec![("cosmos", ask.key, cosmos), ("functions", "apps", functions)];
    if ask.containers {
        all.push(("storage", ask.key, json!({ "containers": ["files"] })));
    }
    if let Some(location) = ask.location {
        all.iter_mut().for_each(|(_, _, config)| config["location"] = location.into());
    }
    all
}

/// The plan of one side, if that side can be planned (one database may be asked for in two places).
fn plan(asks: &[Option<&Ask>], dedicated: bool, sharing: Sharing) -> Option<Plan> {
    let mut estate = Estate::builder("shop").location("eastus");
    for (i, ask) in asks.iter().enumerate() {
        let Some(ask) = ask else { continue };
        let mut raw = Raw::new(format!("C{i}"));
        for (resource_type, key, config) in component(ask) {
            let Value::Object(config) = config else { unreachable!("configs are objects") };
            raw = raw.requires(resource_type, key, Priority::default(), config);
        }
        estate = estate.component(raw);
    }
    if dedicated {
        let first = asks.iter().position(Option::is_some).map(|i| format!("C{i}").into());
        estate = estate.constraints(Constraints { dedicated: first.into_iter().collect(), ..Constraints::default() });
    }
    let estate = estate.settings(Settings { sharing, ..Settings::default() }).build().ok()?;
    Planner::new(&RULES).plan(&estate).ok()
}

impl Two {
    fn plans(&self) -> Option<(Plan, Plan)> {
        let old: Vec<_> = self.0.iter().map(|(old, _)| old.as_ref()).collect();
        let new: Vec<_> = self.0.iter().map(|(_, new)| new.as_ref()).collect();
        let by_type = if self.1 { Sharing::ByType } else { Sharing::ByKey };
        Some((plan(&old, false, Sharing::ByKey)?, plan(&new, self.2, by_type)?))
    }
}

/// Tries a property on plans of many pairs of estates.
fn check(property: fn(&Plan, &Plan)) {
    static TRIED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    fn run(two: Two, property: fn(&Plan, &Plan)) -> bool {
        if let Some((old, new)) = two.plans() {
            TRIED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            property(&old, &new);
        }
        true
    }
    struct Test(fn(&Plan, &Plan));
    impl quickcheck::Testable for Test {
        fn result(&self, g: &mut Gen) -> quickcheck::TestResult {
            quickcheck::TestResult::from_bool(run(Two::arbitrary(g), self.0))
        }
    }
    let before = TRIED.load(std::sync::atomic::Ordering::Relaxed);
    QuickCheck::new().tests(60).quickcheck(Test(property));
    assert!(TRIED.load(std::sync::atomic::Ordering::Relaxed) > before + 20, "too few could be planned");
}

/// A resource without what only explains it.
fn bare(resource: &colocate::Resource) -> Value {
    let mut value = serde_json::to_value(resource).expect("JSON");
    value.as_object_mut().expect("an object").remove("provenance");
    value
}

#[test]
fn a_plan_does_not_differ_from_itself() {
    check(|old, _| {
        let diff = PlanDiff::between(old, old, &RULES);
        assert!(diff.is_empty() && diff.new_warnings.is_empty() && diff.old_warnings.is_empty(), "{diff:#?}");
        assert_eq!((diff.summary.moves, diff.summary.resources.update), (0, 0));
    });
}

#[test]
fn whatever_differs_is_mentioned_and_nothing_else() {
    check(|old, new| {
        let diff = PlanDiff::between(old, new, &RULES);
        let mentioned: BTreeSet<&str> = diff
            .changes
            .iter()
            .flat_map(|change| {
                let from = if let Change::Rename(renamed) = change { Some(renamed.from.as_str()) } else { None };
                [Some(change.id()), from].into_iter().flatten()
            })
            .collect();
        let ids: BTreeSet<&str> = old.resources.iter().chain(&new.resources).map(|resource| resource.id.as_str()).collect();
        for id in ids {
            let differs = old.resource(id).map(bare) != new.resource(id).map(bare);
            assert_eq!(mentioned.contains(id), differs, "{id}\n{diff:#?}");
        }
        for id in old.bindings.keys().chain(new.bindings.keys()) {
            let requirements =
                |plan: &Plan| plan.bindings.get(id).map(|binding| (binding.resources.clone(), binding.environment.clone()));
            if requirements(old) != requirements(new) {
                assert!(mentioned.contains(id.as_str()), "{id}\n{diff:#?}");
            }
        }
    });
}

#[test]
fn what_is_created_and_removed_leads_from_one_plan_to_the_other() {
    check(|old, new| {
        let diff = PlanDiff::between(old, new, &RULES);
        let ids = |plan: &Plan| plan.resources.iter().map(|resource| resource.id.to_string()).collect::<BTreeSet<_>>();
        let mut reached = ids(old);
        for change in &diff.changes {
            match change {
                Change::Remove(Presence::Resource { id, .. }) => assert!(reached.remove(id.as_str())),
                Change::Rename(renamed) => {
                    assert!(reached.remove(renamed.from.as_str()) && reached.insert(renamed.id.to_string()))
                }
                _ => {}
            }
        }
        for change in &diff.changes {
            if let Change::Create(Presence::Resource { id, .. }) = change {
                assert!(reached.insert(id.to_string()));
            }
        }
        assert_eq!(reached, ids(new));
        assert_eq!(
            diff.summary.resources.new,
            diff.summary.resources.old + diff.summary.resources.create - diff.summary.resources.remove
        );
        // Where a component was and is, as its moves tell it.
        for change in &diff.changes {
            if let Change::Move(moved) = change {
                let key = moved.previously.as_ref().unwrap_or(&moved.requirement);
                assert_eq!(old.bindings[&moved.id].resources[key.as_str()], moved.from);
                assert_eq!(new.bindings[&moved.id].resources[moved.requirement.as_str()], moved.to);
            }
        }
    });
}

/// Swaps what is old and what is new throughout.
fn mirrored(value: &Value) -> Value {
    match value {
        Value::Array(array) => Value::Array(array.iter().map(mirrored).collect()),
        Value::Object(map) => {
            let swap = |key: &str| {
                let pairs = [("old", "new"), ("added", "removed"), ("from", "to"), ("requirement", "previously")];
                let found = pairs.iter().find_map(|(a, b)| if key == *a { Some(*b) } else { (key == *b).then_some(*a) });
                found.unwrap_or(key).to_owned()
            };
            map.iter()
                .map(|(key, value)| match (key.as_str(), value.as_str()) {
                    ("action", Some("create")) => (key.clone(), json!("remove")),
                    ("action", Some("remove")) => (key.clone(), json!("create")),
                    ("requirement", _) if !map.contains_key("previously") => (key.clone(), value.clone()),
                    _ => (swap(key), mirrored(value)),
                })
                .collect()
        }
        other => other.clone(),
    }
}

/// What a diff says in both directions, in an order that does not depend on the direction.
fn symmetric(value: &mut Value) {
    match value {
        Value::Array(array) => {
            array.iter_mut().for_each(symmetric);
            array.sort_by_key(Value::to_string);
        }
        Value::Object(map) => {
            // Causes, losses and later names are those of one direction.
            for one_way in ["by", "previouslyBy", "dataLoss", "moves", "name"] {
                map.remove(one_way);
            }
            map.values_mut().for_each(symmetric);
        }
        _ => {}
    }
}

#[test]
fn the_way_back_mirrors_the_way_there() {
    check(|old, new| {
        let changes = |old, new| serde_json::to_value(&PlanDiff::between(old, new, &RULES).changes).expect("JSON");
        let (mut there, mut back) = (mirrored(&changes(old, new)), changes(new, old));
        symmetric(&mut there);
        symmetric(&mut back);
        assert_eq!(there, back);
    });
}

#[test]
fn the_order_in_the_files_does_not_matter() {
    check(|old, new| {
        let mut turned = new.clone();
        turned.resources.reverse();
        turned.groups.reverse();
        turned.warnings.reverse();
        let (there, turned) = (PlanDiff::between(old, new, &RULES), PlanDiff::between(old, &turned, &RULES));
        assert_eq!(there.changes, turned.changes);
        assert_eq!(report::diff_text(&there, false).lines().count(), report::diff_text(&turned, false).lines().count());
    });
}

fn shop(components: &[CrudApi], location: &str) -> Plan {
    let estate = components.iter().fold(Estate::builder("shop").environment("prod").location(location), |estate, component| {
        estate.component(component.clone())
    });
    Planner::new(&RULES).plan(&estate.build().expect("an estate")).expect("a plan")
}

#[test]
fn another_region_replaces_everything_and_says_what_is_lost() {
    let api = [CrudApi::new("UserApi")];
    let diff = PlanDiff::between(&shop(&api, "eastus"), &shop(&api, "westus"), &RULES);
    let lost: BTreeMap<&str, bool> = diff
        .changes
        .iter()
        .filter_map(|change| if let Change::Replace(replaced) = change { Some((change.id(), replaced.data_loss)) } else { None })
        .collect();
    assert_eq!(diff.summary.resources.replace, 5);
    assert_eq!((lost["cosmos:shared-cosmos"], lost["functions:api-functions"]), (true, false));
    let text = report::diff_text(&diff, false);
    assert!(text.contains("its data is lost unless it is copied first"), "{text}");
    assert!(!text.contains('\u{1b}') && report::diff_text(&diff, true).contains('\u{1b}'));
}

#[test]
fn the_same_account_under_another_id_is_renamed() {
    let old = shop(&[CrudApi::new("UserApi")], "eastus");
    let text = old.to_json().replace("cosmos:shared-cosmos", "cosmos:data");
    let new: Plan = serde_json::from_str(&text).expect("a plan");
    let diff = PlanDiff::between(&old, &new, &RULES);
    let renamed = diff.changes.iter().filter(|change| matches!(change, Change::Rename(_))).count();
    assert_eq!((renamed, diff.summary.moves, diff.summary.resources.create), (1, 0, 0), "{diff:#?}");
    assert!(
        report::diff_text(&diff, false)
            .contains("cosmos:data  called cosmos:shared-cosmos until now, and still cosmos-shop-prod")
    );
    // Another name is another account, with the data of the first one left behind.
    let new: Plan = serde_json::from_str(&old.to_json().replace("\"cosmos-shop-prod\"", "\"cosmos-other\"")).expect("a plan");
    let diff = PlanDiff::between(&old, &new, &RULES);
    assert_eq!(diff.summary.resources.replace, 1, "{diff:#?}");
}

#[test]
fn a_cost_is_compared_when_both_plans_state_one() {
    let plan = shop(&[CrudApi::new("UserApi")], "eastus");
    let diff = PlanDiff::between(&plan, &plan, &RULES);
    assert!(diff.summary.monthly_cost.is_some() && diff.notes.is_empty());
    let mut without = plan.clone();
    without.summary.monthly_cost = None;
    let diff = PlanDiff::between(&without, &plan, &RULES);
    assert!(diff.summary.monthly_cost.is_none() && diff.notes.len() == 1);
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plan-diff").join(name)
}

fn colocate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colocate")).args(arguments).env("NO_COLOR", "1").output().expect("the binary runs")
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = colocate(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_json_has_actions_ids_and_a_summary() {
    let (old, new) = (fixture("old.json"), fixture("new.json"));
    let (old, new) = (old.to_str().expect("a path"), new.to_str().expect("a path"));
    let (code, out, err) = run(&["diff", old, new, "--format", "json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let diff: Value = serde_json::from_str(&out).expect("JSON");
    let actions: Vec<(&str, &str)> = diff["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| (change["action"].as_str().expect("an action"), change["id"].as_str().expect("an id")))
        .collect();
    for expected in [
        ("replace", "cosmos:shared-cosmos"),
        ("create", "cosmos:shared-cosmos-2"),
        ("remove", "storage:index"),
        ("move", "Ledger"),
        ("update", "Mail"),
        ("create", "Reports"),
    ] {
        assert!(actions.contains(&expected), "{expected:?} is not in {actions:?}");
    }
    assert_eq!((&diff["version"], &diff["summary"]["migrations"]), (&json!(1), &json!(1)));
    // A secret that changes shows as changed, and not itself.
    assert!(!out.contains("correct-horse") && !out.contains("battery-staple"));
    assert!(out.contains("secret:sha256:"));
    assert_eq!(run(&["diff", old, new, "--format", "json"]).1, out);
}

#[test]
fn secrets_of_plans_written_by_hand_are_masked() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(fixture("old.json")).expect("a plan");
    let mask = text.split('"').find(|part| part.starts_with("secret:sha256:")).expect("a mask").to_owned();
    let (one, two) = (folder.path().join("one.json"), folder.path().join("two.json"));
    fs::write(&one, text.replace(&mask, "correct-horse-1")).expect("written");
    fs::write(&two, text.replace(&mask, "correct-horse-2")).expect("written");
    for format in ["text", "json", "markdown"] {
        let (code, out, _) =
            run(&["diff", one.to_str().expect("a path"), two.to_str().expect("a path"), "--exit-code", "--format", format]);
        assert_eq!(code, Some(3), "{out}");
        assert!(out.contains("MAIL_SMTP_PASSWORD") && !out.contains("correct-horse"), "{out}");
    }
}

#[test]
fn markdown_folds_what_is_long_and_escapes_what_is_marked_up() {
    let (old, new) = (fixture("old.json"), fixture("new.json"));
    let (_, out, _) = run(&["diff", old.to_str().expect("a path"), new.to_str().expect("a path"), "--format", "markdown"]);
    assert!(out.starts_with("### Plan of `shop`\n\n**2 resources to create"), "{out}");
    assert!(
        out.contains("- `>` `cosmos:shared-cosmos → cosmos:shared-cosmos-2` 1 requirement — **data has to be migrated**"),
        "{out}"
    );
    let many: Vec<CrudApi> = (0..40).map(|i| CrudApi::new(format!("Service{i}"))).collect();
    let diff = PlanDiff::between(&shop(&many[..1], "eastus"), &shop(&many, "eastus"), &RULES);
    assert!(report::diff_markdown(&diff).contains("<details><summary>Components (39)</summary>"));
}

#[test]
fn exit_codes_tell_whether_anything_changes() {
    let (old, new) = (fixture("old.json"), fixture("new.json"));
    let (old, new) = (old.to_str().expect("a path"), new.to_str().expect("a path"));
    assert_eq!(run(&["diff", old, new]).0, Some(0));
    assert_eq!(run(&["diff", old, new, "--exit-code"]).0, Some(3));
    let same = run(&["diff", old, old, "--exit-code"]);
    assert_eq!((same.0, same.1.as_str()), (Some(0), "shop\n\nno changes\n5 resources, 4 components\n"));
    assert_eq!(run(&["diff", "-", "-"]).0, Some(2));
}

#[test]
fn what_is_no_plan_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = fs::read_to_string(fixture("old.json")).expect("a plan");
    let good_path = fixture("old.json");
    for (text, code, words) in [
        (good.replacen("\"version\": 1", "\"version\": 2", 1), "E0110", "not 2"),
        (good.get(..900).expect("long enough").to_owned(), "E0101", "not valid JSON"),
        (good.replacen("\"resources\": 3", "\"resources\": \"many\"", 1), "E0105", "/summary/resources"),
        (good.replacen("\"implied\": ", "\"implied\": -", 1), "E0105", "a whole number"),
        ("[]".to_owned(), "E0105", "expected a plan"),
        (String::new(), "E0101", "the file is empty"),
        (r#"{"version": 1, "name": "x", "components": {}}"#.to_owned(), "E0105", "this is an estate"),
        (r#"{"version": 1, "estate": "x", "resources": [], "bindings": {}}"#.to_owned(), "E0105", "this is a lock"),
    ] {
        let path = folder.path().join("broken.json");
        fs::write(&path, text).expect("written");
        let broken = path.to_str().expect("a path");
        let (exit, out, err) = run(&["diff", good_path.to_str().expect("a path"), broken]);
        assert_eq!((exit, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains(code) && err.contains(words) && err.contains("broken.json:"), "{words}: {err}");
    }
    assert!(run(&["diff", "none.json", good_path.to_str().expect("a path")]).2.contains("E0103"));
}

#[test]
fn hundreds_of_changes_in_thousands_of_components_stay_readable() {
    let api = |i: usize, moved: bool| {
        let api = CrudApi::new(format!("Service{i}Api"));
        if moved { api.partition_key("/tenant") } else { api }
    };
    let old: Vec<CrudApi> = (0..600).map(|i| api(i, false)).collect();
    let new: Vec<CrudApi> = (0..600).map(|i| api(i, i % 3 == 0)).collect();
    let (old, new) = (shop(&old, "eastus"), shop(&new, "eastus"));
    let diff = PlanDiff::between(&old, &new, &RULES);
    let containers = diff.changes.iter().filter(|change| matches!(change, Change::Replace(r) if r.element.is_some())).count();
    assert_eq!(containers, 200);
    let text = report::diff_text(&diff, false);
    // One line and its reason each; what 400 components keep is not shown.
    assert!(text.lines().count() < 500, "{}", text.lines().count());
    assert!(text.lines().all(|line| line.chars().count() < 400), "{text}");
}

/// What each change of throughput takes: a change in place, a conversion by the service, or a new database or container.
#[test]
fn changes_of_throughput_are_told_apart() {
    let plan = |database: Value, container: Value| {
        let mut database = database;
        database["name"] = json!("d");
        let mut container = container;
        container["name"] = json!("c");
        database["containers"] = json!([container]);
        let estate = json!({ "version": 1, "name": "shop", "location": "eastus", "components": { "A": { "requirements": [
            { "resourceType": "cosmos", "requirementKey": "db", "config": { "serverless": false, "databases": [database] } }] } } });
        let estate = Estate::from_json("estate.json", estate.to_string().into_bytes()).expect("an estate");
        Planner::new(&RULES).plan(&estate).expect("a plan")
    };
    let (fixed, more) = (json!({ "throughput": 400 }), json!({ "throughput": 800 }));
    let (scaled, none) = (json!({ "autoscaleMaxThroughput": 4000 }), json!({}));
    let kept = json!({ "throughput": 400, "defaultTtl": 60 });
    for (from, to, replaced, migrated) in [
        (&fixed, &more, false, false),
        (&fixed, &scaled, false, true),
        (&scaled, &fixed, false, true),
        (&fixed, &none, true, false),
        (&none, &fixed, true, false),
        (&scaled, &none, true, false),
        (&kept, &fixed, false, false),
        (&fixed, &kept, false, false),
    ] {
        for within in [false, true] {
            // A time to live is a container's alone.
            let ttl = from.get("defaultTtl").or(to.get("defaultTtl")).is_some();
            if ttl && !within {
                continue;
            }
            let of = |value: &Value| if within { plan(none.clone(), value.clone()) } else { plan(value.clone(), none.clone()) };
            let diff = PlanDiff::between(&of(from), &of(to), &RULES);
            let about = format!("{from} → {to}, {within}: {:?}", diff.changes);
            assert_eq!(diff.changes.iter().any(|change| matches!(change, Change::Replace(_))), replaced, "{about}");
            let told = serde_json::to_string(&diff).expect("JSON");
            assert_eq!(told.contains("\"migration\":true"), migrated, "{about}");
            assert_eq!(told.contains("\"dataLoss\":true"), replaced, "{about}");
        }
    }
}

#[test]
fn a_loss_of_data_fails_where_it_is_asked_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (name, location) in [("east.json", "eastus"), ("west.json", "westus")] {
        fs::write(path(name), shop(&[CrudApi::new("UserApi")], location).to_json()).expect("written");
    }
    let (code, _, err) = run(&["diff", &path("east.json"), &path("west.json"), "--fail-on", "data-loss"]);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("data is lost of") && err.contains("`cosmos:shared-cosmos`"), "{err}");
    assert_eq!(run(&["diff", &path("east.json"), &path("east.json"), "--fail-on", "data-loss"]).0, Some(0));
}
