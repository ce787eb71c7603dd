//! What input says is shown, and does nothing: every command on names and messages that would act in a terminal, a CI log, a
//! spreadsheet, a page or a comment.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use colocate::untrusted::acts;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Acts in every medium there is.
const WILD: &str =
    "x\u{1b}[2J\u{9b}31m\u{202e}y\u{2028}\u{7f}\n::error::PWNED\r\n##[error]PWNED\t@team ![l](http://e.example) <b>`|`#1";
/// Would be a formula in a spreadsheet.
const FORMULAS: [&str; 5] = ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1"];

/// What may be the name of a scenario, which is printable.
const MARKUP: &str = "@team ![l](http://e.example) <b>`|`#1 ##[error]PWNED";

const GOOD: &str = r#"{ "version": 1, "name": "shop", "location": "eastus", "components": { "A": { "type": "CrudApi" }, "B": { "type": "CrudApi" } } }"#;

fn folder(files: &[(&str, String)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

/// Runs a command, as in a workflow, and looks at both of its outputs.
fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null()).env("GITHUB_ACTIONS", "true");
    let output = command.output().expect("it runs");
    assert!(output.status.code().is_some_and(|code| code <= 3), "{line}: {output:?}");
    for (what, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        harmless(&format!("{what} of `{line}`"), std::str::from_utf8(bytes).expect("UTF-8"));
    }
    output
}

/// Nothing in a text acts but line breaks, and no line is a command that the program does not give.
fn harmless(what: &str, text: &str) {
    let page = text.starts_with("<!doctype html>") || text.starts_with("<!DOCTYPE html>");
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(c) = line.chars().find(|c| acts(*c) && !(page && *c == '\t')) {
            panic!("{what} holds {c:?}: {line:?}");
        }
        // An excerpt that is not shown from the beginning of its line stands under such a line of its own.
        let command = !page && line.trim_start().starts_with("::") && line != " ::: ";
        let own = line.starts_with("::error file=") || line.starts_with("::warning file=");
        assert!(!command || own, "{what} gives a command: {line}");
        assert!(page || !line.contains("##["), "{what} gives a command: {line}");
    }
}

/// A document with this text in the place of one string or key after another, or behind it.
fn infected(document: &Value, with: &str) -> Vec<Value> {
    fn places(value: &Value, here: &mut Vec<String>, found: &mut Vec<(Vec<String>, bool)>) {
        let members: Vec<(String, &Value)> = match value {
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
            Value::Array(array) => array.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
            Value::String(_) => return found.push((here.clone(), false)),
            _ => return,
        };
        for (key, value) in members {
            here.push(key);
            if here.last().is_some_and(|key| key.parse::<usize>().is_err()) {
                found.push((here.clone(), true));
            }
            places(value, here, found);
            here.pop();
        }
    }
    fn at<'v>(value: &'v mut Value, path: &[String]) -> &'v mut Value {
        path.iter().fold(value, |value, key| match value {
            Value::Array(array) => &mut array[key.parse::<usize>().expect("an index")],
            value => &mut value[key.as_str()],
        })
    }
    let mut found = Vec::new();
    places(document, &mut Vec::new(), &mut found);
    let mut all = Vec::new();
    for (path, is_key) in found {
        let mut changed = document.clone();
        if is_key {
            let (key, parent) = path.split_last().expect("a key");
            let map = at(&mut changed, parent).as_object_mut().expect("an object");
            let value = map.remove(key).expect("a member");
            map.insert(format!("{key}{with}"), value);
        } else if let Value::String(text) = at(&mut changed, &path) {
            text.push_str(with);
        }
        all.push(changed);
    }
    all
}

#[test]
fn names_of_estates_and_rules_do_nothing() {
    let rule = json!({ "version": 1, "resourceType": "cosmos", "why": WILD, "title": WILD, "checks": [
        { "when": "{{ true }}", "severity": "warning", "message": format!("{WILD} {{{{ id }}}}") }] });
    let own = json!({ "version": 1, "componentType": "Own", "title": WILD, "why": WILD, "requirements": [
        { "resourceType": "cosmos", "requirementKey": "own", "config": { "databases": [{ "name": WILD }], "consistency": "Strong" } }] });
    let estate = json!({ "version": 1, "name": "shop", "location": "eastus", "tags": { "team": WILD }, "components": {
        "A": { "type": "CrudApi" }, "B": { "type": "Own" }, "C": { "requirements": [{ "resourceType": "functions", "requirementKey": "f",
        "config": { "functions": ["f"], "environmentVariables": { "X": WILD, "LOG": { "value": WILD, "shared": true } } } }] } } });
    let plain = json!({ "version": 1, "resourceType": "cosmos", "checks": rule["checks"].clone(), "why": WILD, "title": WILD });
    let good = json!({ "version": 1, "name": "shop", "location": "eastus", "components": { "A": { "type": "CrudApi" },
        "C": estate["components"]["C"].clone() } });
    let folder = folder(&[
        ("estate.json", estate.to_string()),
        ("good.json", good.to_string()),
        ("rules/cosmos.json", rule.to_string()),
        ("rules/own.json", own.to_string()),
        ("plain/cosmos.json", plain.to_string()),
    ]);
    for line in [
        "check estate.json --rules rules",
        "plan estate.json --rules rules",
        "batch estate.json --rules rules",
        "rules --rules rules",
        "rules cosmos --rules rules",
        "rules Own --rules rules",
        "explain good.json --rules plain",
        "explain good.json A --rules plain",
        "explain good.json C --rules plain",
        "explain good.json functions:f --rules plain",
        "explain good.json cosmos:shared-cosmos --rules plain",
        "explain good.json cosmos:shared-cosmos --rules plain --format json",
        "explain good.json --save --trials 2 --rules plain",
        "-vv plan good.json --rules plain",
        "batch good.json --rules plain",
    ] {
        run(folder.path(), line);
    }
    for format in ["text", "json", "arm", "bicep", "terraform", "dot", "html"] {
        let output = run(folder.path(), &format!("plan good.json --rules plain --format {format}"));
        assert_eq!(output.status.code(), Some(0), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for document in infected(&serde_json::from_str(GOOD).expect("JSON"), WILD) {
        fs::write(folder.path().join("wild.json"), document.to_string()).expect("written");
        for line in ["check wild.json", "batch wild.json"] {
            run(folder.path(), line);
        }
    }
}

#[test]
fn names_of_plans_and_locks_do_nothing() {
    let folder = folder(&[("estate.json", GOOD.to_owned())]);
    let plan = run(folder.path(), "plan estate.json --format json --lock lock.json --update-lock").stdout;
    fs::write(folder.path().join("plan.json"), &plan).expect("written");
    let plan: Value = serde_json::from_slice(&plan).expect("a plan");
    let rules = colocate::RuleSet::builtin().expect("rules");
    let old = serde_json::from_value::<colocate::Plan>(plan.clone()).expect("a plan");
    let mut read = 0;
    for (i, document) in infected(&plan, WILD).into_iter().enumerate().step_by(2) {
        let Ok(wild) = serde_json::from_value::<colocate::Plan>(document.clone()) else { continue };
        read += 1;
        for (from, to) in [(&old, &wild), (&wild, &old)] {
            let diff = colocate::PlanDiff::between(from, to, &rules);
            harmless("a diff", &colocate::report::diff_text(&diff, false));
            let markdown = colocate::report::diff_markdown(&diff);
            harmless("a diff as Markdown", &markdown);
            inert("a diff", &markdown);
        }
        harmless("a plan", &colocate::report::text(&wild));
        harmless("a graph", &colocate::report::dot(&wild));
        // The program itself, now and then: it takes longer.
        if i % 64 == 0 {
            fs::write(folder.path().join("wild.json"), document.to_string()).expect("written");
            for line in [
                "diff plan.json wild.json",
                "diff wild.json plan.json --format markdown",
                "diff plan.json wild.json --format json",
                "verify wild.json --estate estate.json",
                "verify wild.json --estate estate.json --format json",
                "plan estate.json --lock wild.json",
            ] {
                run(folder.path(), line);
            }
        }
    }
    assert!(read > 100, "{read}");
    let lock: Value = serde_json::from_slice(&fs::read(folder.path().join("lock.json")).expect("a lock")).expect("JSON");
    for document in infected(&lock, WILD).into_iter().step_by(3) {
        fs::write(folder.path().join("wild.json"), document.to_string()).expect("written");
        run(folder.path(), "plan estate.json --lock wild.json --locked");
    }
}

#[test]
fn names_of_scenarios_do_nothing() {
    let mut scenarios = serde_json::Map::new();
    for name in FORMULAS[..4].iter().copied().chain([MARKUP]) {
        scenarios.insert(name.to_owned(), json!({ "unshared": true }));
    }
    scenarios.insert(format!("bad {MARKUP}"), json!({ "merge": { "name": WILD } }));
    let file = json!({ "version": 1, "scenarios": scenarios, "sweep": { "/environment": ["a", WILD] } });
    let folder = folder(&[("estate.json", GOOD.to_owned()), ("s.json", file.to_string())]);
    for format in ["text", "json", "html", "csv", "markdown"] {
        for line in [
            format!("whatif estate.json s.json --format {format}"),
            format!("whatif estate.json s.json --detail --format {format}"),
        ] {
            let output = run(folder.path(), &line);
            let text = String::from_utf8(output.stdout).expect("text");
            assert!(text.contains("cmd"), "{line}: {text}");
            if format == "markdown" {
                inert(&line, &text);
            }
            if format == "csv" {
                for cell in text.lines().flat_map(|line| line.split(',')) {
                    let cell = cell.trim_start_matches('"');
                    let amount = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || ".$".contains(c));
                    let formula =
                        cell.starts_with(['=', '@', '\t']) || cell.strip_prefix(['+', '-']).is_some_and(|rest| !amount(rest));
                    assert!(!formula, "{cell} in {line}");
                }
            }
        }
    }
    for document in infected(&json!({ "version": 1, "scenarios": { "a": { "growth": 2 } }, "sweep": { "growth": [1] } }), WILD) {
        fs::write(folder.path().join("s.json"), document.to_string()).expect("written");
        run(folder.path(), "whatif estate.json s.json");
    }
}

/// Nothing in Markdown is an image, a mention, or a link of a name's own.
fn inert(what: &str, markdown: &str) {
    let mut outside = String::new();
    for line in markdown.lines() {
        // What stands in a code span is text; those that the names cannot end are taken out.
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            if rest[..at].ends_with('\\') {
                outside.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
                continue;
            }
            let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
            outside.push_str(&rest[..at]);
            let after = &rest[at + fence..];
            let run = |from: &str| from.len() - from.trim_start_matches('`').len();
            let mut end = 0;
            let closed = loop {
                match after[end..].find('`') {
                    Some(next) if run(&after[end + next..]) == fence => break Some(end + next),
                    Some(next) => end += next + run(&after[end + next..]),
                    None => break None,
                }
            };
            match closed {
                Some(end) => rest = &after[end + fence..],
                None => {
                    rest = after;
                }
            }
        }
        outside.push_str(rest);
        outside.push('\n');
    }
    for bad in ["@team", "![", "](", "http://", "<b>", "#1"] {
        for (at, _) in outside.match_indices(bad) {
            assert!(outside[..at].ends_with('\\'), "{what} has {bad}: {outside}");
        }
    }
}

#[test]
fn cases_forge_no_commands() {
    let cases = [
        json!({ "ids": [WILD], "codes": [WILD], "counts": { WILD: 2 }, "values": { "/name": WILD, format!("/{WILD}"): 1 } }),
        json!({ "command": ["explain", "estate.json", format!("No\n  {WILD}")] }),
        json!({ "arguments": [format!("--{WILD}")] }),
        json!({ WILD: 1 }),
        json!({ "values": { WILD: 1 } }),
        json!({ "lock": WILD }),
        json!({ "exit": 1 }),
    ];
    let mut files = Vec::new();
    for (i, case) in cases.iter().enumerate() {
        files.push((format!("cases/{i}/case.json"), case.to_string()));
        files.push((format!("cases/{i}/estate.json"), GOOD.to_owned()));
    }
    files.push(("cases/::error::folder\u{1b}[31m\n::error::folder/estate.json".to_owned(), GOOD.to_owned()));
    files.push(("cases/stray\n::error::x/other/README.txt".to_owned(), String::new()));
    files.push(("cases/g/estate.json".to_owned(), GOOD.to_owned()));
    files.push(("cases/g/plan.txt".to_owned(), format!("{WILD}\n::error::golden\n")));
    files.push((format!("cases/g/{}", "::error::left\nover.txt"), String::new()));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let folder = folder(&files);
    let output = run(folder.path(), "test cases --junit junit.xml");
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.contains("::error file=") && said.contains("PWNED"), "{said}");
    harmless("the report", &fs::read_to_string(folder.path().join("junit.xml")).expect("a report"));
}

#[test]
fn names_of_what_is_imported_do_nothing() {
    let template = json!({ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": [
        { "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2024-01-01", "name": WILD, "location": "eastus", "kind": "StorageV2",
          "sku": { "name": "Standard_LRS" }, "tags": { WILD: WILD }, "properties": { WILD: 1 } },
        { "type": format!("Own.{WILD}/x"), "apiVersion": "2024-01-01", "name": "other" },
        { "type": "Microsoft.Web/sites", "apiVersion": "2024-04-01", "name": format!("app-{WILD}"), "kind": "functionapp", "location": "eastus",
          "properties": { "siteConfig": { "appSettings": [{ "name": WILD, "value": WILD }] } } }] });
    let folder = folder(&[("t.json", template.to_string())]);
    run(folder.path(), "import t.json");
    run(folder.path(), "import t.json -o out");
    for document in infected(&template, WILD).into_iter().step_by(3) {
        fs::write(folder.path().join("t.json"), document.to_string()).expect("written");
        run(folder.path(), "import t.json");
    }
}

#[test]
fn names_in_other_files_do_nothing() {
    let usage = json!({ "version": 1, "components": { "A": { "cosmos": { "storedGB": 1 } } } });
    let case = json!({ "version": 1, "vocabulary": "regions", "words": { "there": "There" } });
    let folder = folder(&[("estate.json", GOOD.to_owned()), ("pack.json", format!("{{\"capacity\": 1, {}: 2}}", json!(WILD)))]);
    run(folder.path(), "pack pack.json");
    for (document, line) in infected(&usage, WILD)
        .into_iter()
        .map(|document| (document, "plan estate.json --usage wild.json"))
        .chain(infected(&case, WILD).into_iter().map(|document| (document, "plan estate.json --rules wild.json")))
    {
        fs::write(folder.path().join("wild.json"), document.to_string()).expect("written");
        run(folder.path(), line);
    }
    fs::write(folder.path().join("wild\u{1b}[31m\n::error::x.json"), "{}").expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    let output = command.args(["plan", "wild\u{1b}[31m\n::error::x.json"]).current_dir(folder.path()).output().expect("it runs");
    harmless("stderr", std::str::from_utf8(&output.stderr).expect("text"));
}
