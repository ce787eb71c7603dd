//! The command line as people and pipelines use it every day: starters, folders, overlays, conditions, SARIF, large plans.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

fn colocate(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

#[test]
fn the_starter_plans_in_every_language() {
    let folder = folder(&[]);
    let mut plans = Vec::new();
    for name in ["estate.yaml", "estate.jsonc", "estate.json"] {
        let wrote = colocate(folder.path(), &["init", name]);
        assert!(wrote.status.success() && text(&wrote.stderr).contains(name), "{}", text(&wrote.stderr));
        let planned = colocate(folder.path(), &["plan", name, "--format", "json"]);
        assert!(planned.status.success(), "{}", text(&planned.stderr));
        plans.push(planned.stdout);
        let again = colocate(folder.path(), &["init", name]);
        assert!(again.status.code() == Some(1) && text(&again.stderr).contains("E0602"), "{}", text(&again.stderr));
    }
    assert!(plans.windows(2).all(|pair| pair[0] == pair[1]));
    let yaml = fs::read_to_string(folder.path().join("estate.yaml")).expect("a file");
    assert!(yaml.lines().filter(|line| line.contains('#')).count() > 15, "{yaml}");
    assert!(colocate(folder.path(), &["init"]).status.code() == Some(1));
    assert!(colocate(folder.path(), &["init", "--force"]).status.success());
    assert_eq!(text(&colocate(folder.path(), &["init", "-"]).stdout), yaml);
}

const SHOP: &str =
    "version: 1\nname: shop\nlocation: eastus\nsettings: {nameSuffix: k7x2p}\ncomponents:\n  Users: {type: CrudApi}\n";
const ORDERS: &str = "components:\n  Orders: {type: CrudApi}\n";

#[test]
fn a_folder_is_one_estate() {
    let folder = folder(&[
        ("shop/shop.yaml", SHOP),
        ("shop/orders.json", r#"{"components": {"Orders": {"type": "CrudApi"}}}"#),
        ("shop/shop.lock.json", "{}"),
        ("shop/.hidden.yaml", "["),
        ("shop/inner/other.yaml", "["),
        ("shop/README.md", "no estate"),
        ("prod.yaml", "environment: prod\n"),
        ("empty/x.txt", ""),
    ]);
    let run = |arguments: &[&str]| colocate(folder.path(), arguments);
    let planned = run(&["plan", "shop", "--overlay", "prod.yaml"]);
    assert!(text(&planned.stdout).starts_with("shop: 2 components\n6 requirements → 3 resources"), "{}", text(&planned.stderr));
    assert!(text(&planned.stdout).contains("cosmos-shop-prod"), "{}", text(&planned.stdout));
    assert_eq!(planned.stdout, run(&["plan", "shop/shop.yaml", "shop/orders.json", "--overlay", "prod.yaml"]).stdout);
    assert!(text(&run(&["explain", "shop", "Orders"]).stdout).contains("Orders"));
    let plan = run(&["plan", "shop", "--format", "json", "-o", "plan.json"]);
    assert!(plan.status.success(), "{}", text(&plan.stderr));
    let verified = run(&["verify", "plan.json", "--estate", "shop/shop.yaml", "shop/orders.json"]);
    assert!(verified.status.success(), "{}{}", text(&verified.stdout), text(&verified.stderr));
    let empty = run(&["plan", "empty"]);
    assert!(empty.status.code() == Some(1) && text(&empty.stderr).contains("no estate in `empty`"), "{}", text(&empty.stderr));
}

#[test]
fn mistakes_over_several_files_are_shown_in_each() {
    let folder = folder(&[
        ("a.yaml", SHOP),
        ("b.yaml", "# the other team\ncomponents:\n  Users: {type: StaticSite}\nsettings: {headroom: 0.1}\n"),
    ]);
    let output = colocate(folder.path(), &["plan", "a.yaml", "b.yaml"]);
    let said = text(&output.stderr);
    for part in
        ["--> b.yaml:3:3", "the first is at a.yaml:6:3", "--> b.yaml:4:1", "it is stated at a.yaml:4:1 as well", "2 errors"]
    {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn conditions_end_with_three() {
    let folder = folder(&[("shop.yaml", SHOP), ("orders.yaml", ORDERS), ("lines.ndjson", &format!("{}\n", json_line()))]);
    let code = |arguments: &[&str]| {
        let output = colocate(folder.path(), arguments);
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(code(&["plan", "shop.yaml", "--fail-if", "resources > 3"]).0, Some(0));
    let (exit, said) = code(&["plan", "shop.yaml", "--fail-if", "resources > 2", "--fail-if", "cost >= 0"]);
    assert!(exit == Some(3) && said.contains("resources 3: `resources > 2` was to fail"), "{said}");
    let (exit, said) = code(&["plan", "shop.yaml", "--fail-if", "moves > 0"]);
    assert!(exit == Some(3) && said.contains("cannot be told"), "{said}");
    let (exit, said) = code(&["plan", "shop.yaml", "--fail-if", "cost > +1"]);
    assert!(exit == Some(3) && said.contains("what it was before is not known"), "{said}");
    assert_eq!(code(&["plan", "shop.yaml", "--fail-if", "price > 1"]).0, Some(2));
    for (file, parts) in [("old.json", &["shop.yaml"][..]), ("new.json", &["shop.yaml", "orders.yaml"])] {
        let arguments = [&["plan"], parts, &["--overlay", "strong.yaml", "--format", "json", "-o", file]].concat();
        fs::write(
            folder.path().join("strong.yaml"),
            if file == "old.json" { "environment: a" } else { "components: {Users: {config: {cosmosKey: own}}}" },
        )
        .expect("a file");
        assert_eq!(code(&arguments).0, Some(0));
    }
    assert_eq!(code(&["diff", "old.json", "new.json", "--fail-if", "resources > +5"]).0, Some(0));
    let (exit, said) = code(&["diff", "old.json", "new.json", "--fail-if", "resources > +0"]);
    assert!(exit == Some(3) && said.contains("and 3 before"), "{said}");
    assert_eq!(code(&["batch", "lines.ndjson", "-o", "a.ndjson", "--fail-if", "resources > 3"]).0, Some(0));
    let (exit, said) = code(&["batch", "lines.ndjson", "-o", "b.ndjson", "--fail-if", "resources > 2"]);
    assert!(exit == Some(3) && said.contains("`lines.ndjson:1`: resources 3"), "{said}");
    assert_eq!(code(&["batch", "lines.ndjson", "--fail-if", "resources > +2"]).0, Some(2));
}

fn json_line() -> Value {
    json!({ "version": 1, "name": "shop", "location": "eastus", "components": { "Users": { "type": "CrudApi" } } })
}

#[test]
fn a_batch_may_go_on_without_those_that_fail() {
    let folder = folder(&[("e.ndjson", &format!("{}\n{{}}\n", json_line()))]);
    assert_eq!(colocate(folder.path(), &["batch", "e.ndjson"]).status.code(), Some(1));
    let output = colocate(folder.path(), &["batch", "e.ndjson", "--allow-failed"]);
    assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(0), 2));
}

#[test]
fn code_scanning_finds_the_places() {
    let folder = folder(&[("my estate.yaml", "version: 1\nname: shop\ncomponents:\n  Ä: {type: CrudApy}\n")]);
    let output = colocate(folder.path(), &["check", "my estate.yaml", "--format", "sarif"]);
    assert_eq!(output.status.code(), Some(1));
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!((log["version"].as_str(), results.len()), (Some("2.1.0"), 2));
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20estate.yaml");
        assert_eq!(place["region"]["startLine"], 4);
    }
    let good = folder.path().join("good.yaml");
    fs::write(&good, SHOP).expect("a file");
    let output = colocate(folder.path(), &["check", "good.yaml", "--format", "sarif"]);
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((output.status.code(), &log["runs"][0]["results"]), (Some(0), &json!([])));
    // What only planning finds is told in the same way.
    let limited = SHOP.replace("nameSuffix: k7x2p", "nameSuffix: k7x2p, maxResources: {cosmos: 0}");
    fs::write(&good, limited).expect("a file");
    let output = colocate(folder.path(), &["plan", "good.yaml", "--errors", "json"]);
    let said: Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!((output.status.code(), &said[0]["code"]), (Some(1), &json!("E0406")));
}

#[test]
fn a_large_plan_is_a_table_first() {
    let components: serde_json::Map<String, Value> = (0..60)
        .map(|i| {
            let vault = json!({ "resourceType": "keyvault", "requirementKey": format!("v{i}"), "config": { "secrets": ["s"] } });
            let account =
                json!({ "resourceType": "cosmos", "requirementKey": "main", "config": { "databases": [format!("d{i}")] } });
            (format!("C{i:02}"), json!({ "requirements": [vault, account] }))
        })
        .collect();
    let estate = json!({ "version": 1, "name": "big", "location": "eastus", "settings": { "nameSuffix": "k7x2p" }, "components": components });
    let folder = folder(&[("big.json", &estate.to_string())]);
    let lines = |arguments: &[&str]| {
        let output = colocate(folder.path(), &[&["plan", "big.json"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let table = lines(&[]);
    assert!(table.lines().count() < 30, "{table}");
    assert!(table.contains("\ncosmos:main                   3  databases 80 %   by use  proven minimal\n"), "{table}");
    assert!(table.contains("\nkeyvault (60 groups)         60  "), "{table}");
    assert!(lines(&["--all"]).contains("\nkeyvault:v59  "));
    let only = lines(&["--only", "C07"]);
    assert!(only.contains("\nkeyvault:v7  ") && only.contains("\ncosmos:main") && !only.contains("keyvault:v8"), "{only}");
    assert!(!lines(&["--only", "cosmos:main"]).contains("keyvault:v7"));
    let output = colocate(folder.path(), &["plan", "big.json", "--only", "cosmo"]);
    assert!(output.status.code() == Some(1) && text(&output.stderr).contains("`cosmo`"), "{}", text(&output.stderr));
}

/// What the GitHub action runs, on a repository with a base and a change.
#[test]
#[cfg(unix)]
fn a_pull_request_is_reviewed() {
    let repository = folder(&[("shop.yaml", SHOP)]);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        let output = Command::new("git").args(identity).args(arguments).current_dir(repository.path()).output().expect("git");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "base"]);
    let base = git(&["rev-parse", "HEAD"]);
    fs::write(repository.path().join("shop.yaml"), SHOP.to_owned() + "  Orders: {type: CrudApi, config: {cosmosKey: own}}\n")
        .expect("a file");
    let tools = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_colocate"), tools.path().join("colocate")).expect("a link");
    let review = |base: &str, conditions: &str| {
        let written = tools.path().join("output");
        let _ = fs::remove_file(&written);
        let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").expect("a PATH"));
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/review"))
            .current_dir(repository.path())
            .envs([("PATH", path.as_str()), ("ESTATE", "shop.yaml"), ("FAIL_IF", conditions), ("BASE", base)])
            .env("RUNNER_TEMP", tools.path())
            .env("GITHUB_OUTPUT", &written)
            .output()
            .expect("it runs");
        let named = fs::read_to_string(written).unwrap_or_default();
        let difference =
            named.lines().find_map(|line| line.strip_prefix("difference=")).map(|path| fs::read_to_string(path).expect("a file"));
        (output.status.code(), difference, text(&output.stdout) + &text(&output.stderr))
    };
    let (exit, difference, said) = review(&base, "resources > +5\n");
    assert_eq!(exit, Some(0), "{said}");
    assert!(difference.expect("a difference").contains("cosmos:own"));
    let (exit, _, said) = review(&base, "resources > +0\nhazards > 100");
    assert!(exit == Some(3) && said.contains("was to fail"), "{said}");
    let (exit, difference, said) = review("", "resources > +0\nresources > 3");
    assert!(exit == Some(3) && difference.is_none(), "{said}");
}
