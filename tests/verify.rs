//! `colocate verify` as its users meet it: plans as they are, plans that somebody changed, files that are no plans.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn colocate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colocate")).args(arguments).env("NO_COLOR", "1").output().expect("the binary runs")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn plan_of(name: &str) -> Value {
    let output = colocate(&["plan", text(&fixture(name).join("estate.json")), "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a plan")
}

/// The exit code and the report on a plan of a fixture's estate.
fn verified(name: &str, plan: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("plan.json");
    fs::write(&path, plan).expect("written");
    let output = colocate(&["verify", text(&path), "--estate", text(&fixture(name).join("estate.json"))]);
    let all = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&all).into_owned())
}

/// Changes a plan and asserts that the change is found, with its reason.
fn caught(name: &str, change: impl FnOnce(&mut Value), reasons: &[&str]) {
    let mut plan = plan_of(name);
    change(&mut plan);
    let (code, report) = verified(name, &plan.to_string());
    assert_eq!(code, Some(3), "{report}");
    for reason in reasons {
        assert!(report.contains(reason), "`{reason}` is not in\n{report}");
    }
}

#[test]
fn plans_of_fixtures_hold() {
    let mut held = 0;
    for entry in fs::read_dir(fixture("")).expect("fixtures") {
        let folder = entry.expect("entry").path();
        let estate = folder.join("estate.json");
        let rules = folder.join("rules");
        let with: Vec<&str> = if rules.is_dir() { vec!["--rules", text(&rules)] } else { Vec::new() };
        let planned = colocate(&[&["plan", text(&estate), "--format", "json"], with.as_slice()].concat());
        if !planned.status.success() {
            continue;
        }
        let kept = tempfile::NamedTempFile::new().expect("a file");
        fs::write(kept.path(), &planned.stdout).expect("written");
        let output = colocate(&[&["verify", text(kept.path()), "--estate", text(&estate)], with.as_slice()].concat());
        assert_eq!(output.status.code(), Some(0), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stdout));
        held += 1;
    }
    assert!(held > 20, "only {held} plans");
}

/// The lock and the further arguments of a fixture's case, if it is planned under a lock.
fn locked(folder: &Path) -> Option<(PathBuf, Vec<String>)> {
    let case: Value = serde_json::from_slice(&fs::read(folder.join("case.json")).ok()?).ok()?;
    let mut more: Vec<String> =
        case["arguments"].as_array().into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect();
    let named = more.iter().position(|argument| argument == "--lock").map(|at| more.drain(at..at + 2).nth(1));
    let lock = named.flatten().or_else(|| case["lock"].as_str().map(Into::into))?;
    Some((folder.join(lock), more))
}

#[test]
fn plans_under_locks_hold_with_the_lock_and_without() {
    let (mut held, mut unchecked) = (0, 0);
    for entry in fs::read_dir(fixture("")).expect("fixtures") {
        let folder = entry.expect("entry").path();
        let Some((lock, more)) = locked(&folder) else { continue };
        let estate = folder.join("estate.json");
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let planned = colocate(&[&["plan", text(&estate), "--format", "json", "--lock", text(&lock)], more.as_slice()].concat());
        if !planned.status.success() {
            continue;
        }
        let kept = tempfile::NamedTempFile::new().expect("a file");
        fs::write(kept.path(), &planned.stdout).expect("written");
        for with in [&[][..], &["--lock", text(&lock)]] {
            let output = colocate(&[&["verify", text(kept.path()), "--estate", text(&estate)], with].concat());
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(output.status.code(), Some(0), "{} {with:?}: {said}", folder.display());
            assert!(with.is_empty() || !said.contains("Not checked"), "{said}");
            unchecked += usize::from(said.contains("Not checked, for want of the lock"));
        }
        held += 1;
    }
    assert!(held > 5 && unchecked > 5, "only {held} plans, {unchecked} of them with something of the lock");
}

#[test]
fn a_name_that_neither_the_naming_nor_a_lock_gives_is_found() {
    let renamed = |plan: &mut Value| plan["resources"][0]["name"] = json!("elsewhere");
    caught("crud-five", renamed, &["[statement]", "\"elsewhere\" is stated"]);
    let folder = fixture("import-planned");
    let (estate, lock) = (folder.join("estate.json"), folder.join("colocate.lock.json"));
    let planned = colocate(&["plan", text(&estate), "--format", "json", "--lock", text(&lock)]);
    let mut plan: Value = serde_json::from_slice(&planned.stdout).expect("a plan");
    assert_eq!(plan["resources"][0]["namedByLock"], true);
    renamed(&mut plan);
    let kept = tempfile::NamedTempFile::new().expect("a file");
    fs::write(kept.path(), plan.to_string()).expect("written");
    let output = colocate(&["verify", text(kept.path()), "--estate", text(&estate), "--lock", text(&lock)]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(3) && said.contains("\"elsewhere\" is stated"), "{said}");
}

#[test]
fn a_moved_item_is_found() {
    let from = "cosmos:shared-cosmos";
    caught(
        "databases-26",
        |plan| {
            let bindings = plan["bindings"].as_object_mut().expect("bindings");
            let moved = bindings.values_mut().find(|b| b["resources"][from] == json!(["cosmos:shared-cosmos-2"]));
            moved.expect("one on the second account")["resources"][from] = json!([from]);
        },
        &["[capacity]", "26 of at most 25 `databases`"],
    );
}

#[test]
fn a_dropped_item_is_found() {
    caught(
        "crud-five",
        |plan| {
            plan["bindings"]["UserApi"]["resources"]["cosmos:shared-cosmos"] = json!([]);
        },
        &["[placement]", "`cosmos:shared-cosmos` of `UserApi` is placed nowhere"],
    );
}

#[test]
fn an_unknown_place_is_found() {
    caught(
        "crud-five",
        |plan| {
            plan["bindings"]["UserApi"]["resources"]["cosmos:shared-cosmos"] = json!(["storage:shared-storage"]);
        },
        &["[placement]", "is not one of the resources of `cosmos:shared-cosmos`"],
    );
}

#[test]
fn a_raised_bound_is_found() {
    caught("databases-26", |plan| plan["groups"][0]["lowerBound"] = json!(3), &["[bound]", "proves 2, not 3"]);
}

#[test]
fn raised_weights_are_found() {
    caught(
        "databases-26",
        |plan| {
            let weights = plan["groups"][0]["certificate"]["weights"].as_array_mut().expect("weights");
            weights.iter_mut().for_each(|weight| *weight = json!(weight.as_u64().expect("a weight") * 2));
        },
        &["[bound]", "does not hold"],
    );
}

#[test]
fn invented_items_are_found() {
    caught(
        "databases-26",
        |plan| plan["groups"][0]["certificate"]["itemTypes"][0]["count"] = json!(260),
        &["[bound]", "the estate has no 260 such items"],
    );
}

#[test]
fn components_that_are_to_be_apart_are_found() {
    caught(
        "apart",
        |plan| {
            for binding in plan["bindings"].as_object_mut().expect("bindings").values_mut() {
                for (key, on) in binding["resources"].as_object_mut().expect("resources") {
                    *on = json!([key]);
                }
            }
        },
        &["[exclusion]", "are to be apart"],
    );
}

#[test]
fn runtimes_that_differ_are_found() {
    caught(
        "python-beside-node",
        |plan| {
            for binding in plan["bindings"].as_object_mut().expect("bindings").values_mut() {
                for (key, on) in binding["resources"].as_object_mut().expect("resources") {
                    *on = json!([key]);
                }
            }
        },
        &["[exclusion]", "`runtime`"],
    );
}

#[test]
fn a_changed_config_is_found_with_both_values() {
    caught(
        "crud-five",
        |plan| plan["resources"][0]["config"]["consistency"] = json!("Strong"),
        &["/resources/0/config/consistency: \"Strong\" is stated, but \"Session\" follows from the placements"],
    );
}

#[test]
fn a_missing_implied_resource_is_found() {
    caught(
        "crud-five",
        |plan| plan["resources"].as_array_mut().expect("resources").retain(|r| r["resourceType"] != "plan"),
        &["[placement]", "`plan:"],
    );
}

#[test]
fn another_estate_is_found() {
    let plan = plan_of("crud-five").to_string();
    let (code, report) = verified("databases-26", &plan);
    assert_eq!(code, Some(3), "{report}");
}

#[test]
fn json_is_for_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("plan.json");
    fs::write(&path, plan_of("crud-five").to_string()).expect("written");
    let estate = fixture("crud-five").join("estate.json");
    let output = colocate(&["verify", text(&path), "--estate", text(&estate), "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&report["holds"], &report["findings"]), (&json!(true), &json!([])));
    assert_eq!(report["groups"][0]["evidence"], json!("weights"));
}

#[test]
fn files_that_are_no_plans_are_refused() {
    let whole = plan_of("crud-five").to_string();
    let (code, report) = verified("crud-five", &whole[..whole.len() / 2]);
    assert_eq!((code, report.contains("[E0101]")), (Some(1), true), "{report}");
    let mut newer: Value = serde_json::from_str(&whole).expect("JSON");
    newer["version"] = json!(2);
    let (code, report) = verified("crud-five", &newer.to_string());
    assert_eq!((code, report.contains("[E0110]")), (Some(1), true), "{report}");
    let mut wrong: Value = serde_json::from_str(&whole).expect("JSON");
    wrong["groups"][0]["lowerBound"] = json!("one");
    let (code, report) = verified("crud-five", &wrong.to_string());
    assert_eq!((code, report.contains("at /groups/0/lowerBound")), (Some(1), true), "{report}");
    // A field that a later program of the same version adds is none of our business.
    let mut later: Value = serde_json::from_str(&whole).expect("JSON");
    later["resources"][0]["colour"] = json!("blue");
    assert_eq!(verified("crud-five", &later.to_string()).0, Some(0));
}
