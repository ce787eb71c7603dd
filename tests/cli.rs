//! What users of the command line notice: exit codes, streams, files, colours.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const GOOD: &str = r#"{ "version": 1, "name": "shop", "components": {
  "UserApi": { "type": "CrudApi" },
  "Model": { "type": "FunctionsApp", "config": { "runtime": "python", "version": "3.12", "functionsKey": "api-functions" } } } }"#;
const BAD: &str = r#"{ "version": 1, "name": "shop", "components": { "UserApi": { "typ": "CrudApi" } } }"#;

/// A folder with a good and a bad estate in it.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("good.json"), GOOD).expect("written");
    fs::write(folder.path().join("bad.json"), BAD).expect("written");
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("it runs")
}

/// Runs in a fresh folder.
fn colocate(arguments: &[&str]) -> Output {
    run(folder().path(), arguments)
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("text")
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("not killed")
}

/// Plans these bytes from stdin.
fn piped(arguments: &[&str], bytes: &[u8]) -> Output {
    let folder = folder();
    let mut child = command(folder.path(), arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // It may end before it has read everything.
    let _ = child.stdin.take().expect("a pipe").write_all(bytes);
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_plan_goes_to_stdout_and_leaves_stderr_empty() {
    let plan = colocate(&["plan", "good.json"]);
    assert_eq!((code(&plan), err(&plan)), (0, ""));
    assert!(out(&plan).starts_with("shop: 2 components\n4 requirements → 4 resources, proven minimal\n"), "{}", out(&plan));
}

#[test]
fn what_cannot_be_planned_exits_with_1_and_leaves_stdout_empty() {
    for arguments in
        [["plan", "bad.json"], ["check", "bad.json"], ["explain", "bad.json"], ["plan", "none.json"], ["rules", "nope"]]
    {
        let output = colocate(&arguments);
        assert_eq!((code(&output), out(&output)), (1, ""), "{arguments:?}");
        assert!(err(&output).starts_with("error[E"), "{arguments:?}: {}", err(&output));
    }
    let bad = colocate(&["plan", "bad.json"]);
    assert!(err(&bad).contains("bad.json:1:62") && err(&bad).contains("/components/UserApi/typ"), "{}", err(&bad));
}

#[test]
fn wrong_arguments_exit_with_2() {
    let wrong: [&[&str]; 9] = [
        &[],
        &["plan"],
        &["plann", "good.json"],
        &["plan", "good.json", "--format", "xml"],
        &["plan", "good.json", "--jobs", "0"],
        &["plan", "good.json", "--time-limit", "soon"],
        &["plan", "good.json", "--on-conflict", "last"],
        &["plan", "good.json", "--quiet", "--verbose"],
        &["schema", "estates"],
    ];
    for arguments in wrong {
        let output = colocate(arguments);
        assert_eq!((code(&output), out(&output)), (2, ""), "{arguments:?}");
        assert!(!err(&output).is_empty(), "{arguments:?}");
    }
    for arguments in [["--help", "--color=never"], ["--version", "--quiet"]] {
        let output = colocate(&arguments);
        assert_eq!((code(&output), err(&output)), (0, ""), "{arguments:?}");
    }
}

/// An estate whose one group takes long to prove.
fn hard() -> Vec<u8> {
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let component = |i: u64, functions: u64, variables: u64| {
        let variables: serde_json::Map<String, Value> = (0..variables).map(|n| (format!("V{n}"), json!("x"))).collect();
        let config = json!({ "functions": functions, "environmentVariables": variables });
        let requirement = json!({ "resourceType": "functions", "requirementKey": "main", "config": config });
        (format!("C{i}"), json!({ "requirements": [requirement] }))
    };
    let components: serde_json::Map<String, Value> = (0..60).map(|i| component(i, 30 + random(70), 20 + random(80))).collect();
    let limits = json!({"functions": {"functions": 200, "environmentVariables": 210}});
    json!({"version": 1, "name": "hard", "components": components, "settings": {"limits": limits}}).to_string().into_bytes()
}

#[test]
fn a_plan_without_a_proof_exits_with_4_only_when_a_proof_is_required() {
    let hard = hard();
    let plain = piped(&["plan", "-", "--time-limit", "0"], &hard);
    assert_eq!(code(&plain), 0, "{}", err(&plain));
    let required = piped(&["plan", "-", "--time-limit", "0", "--require-proof"], &hard);
    assert_eq!(out(&plain), out(&required));
    let proven = out(&plain).contains("proven minimal") && !out(&plain).contains("not proven");
    assert_eq!(code(&required), if proven { 0 } else { 4 });
    let easy = colocate(&["plan", "good.json", "--require-proof"]);
    assert_eq!(code(&easy), 0);
}

#[test]
fn a_dash_is_stdin_and_stdout() {
    let from_file = colocate(&["plan", "good.json"]);
    let from_stdin = piped(&["plan", "-", "-o", "-"], GOOD.as_bytes());
    assert_eq!((code(&from_stdin), out(&from_stdin)), (0, out(&from_file)));
    let bad = piped(&["plan", "-"], BAD.as_bytes());
    assert!(err(&bad).contains("<stdin>:1:62"), "{}", err(&bad));
}

#[test]
fn an_output_file_is_written_whole_or_left_alone() {
    let folder = folder();
    let target = folder.path().join("plan.json");
    let written = run(folder.path(), &["plan", "good.json", "--format", "json", "-o", "plan.json"]);
    assert_eq!((code(&written), out(&written)), (0, ""));
    let stdout = run(folder.path(), &["plan", "good.json", "--format", "json"]);
    let before = fs::read(&target).expect("a plan");
    assert_eq!(before, stdout.stdout);
    let refused = run(folder.path(), &["plan", "bad.json", "--format", "json", "-o", "plan.json"]);
    assert_eq!((code(&refused), fs::read(&target).expect("a plan")), (1, before));
    let never = run(folder.path(), &["plan", "bad.json", "-o", "never.json"]);
    assert!(code(&never) == 1 && !folder.path().join("never.json").exists());
    for nowhere in ["no/such/folder/plan.json", "."] {
        let output = run(folder.path(), &["plan", "good.json", "-o", nowhere]);
        assert_eq!((code(&output), out(&output)), (1, ""), "{nowhere}");
        assert!(err(&output).contains("cannot write"), "{}", err(&output));
    }
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("entry").file_name()).collect();
    left.sort();
    assert_eq!(left, ["bad.json", "good.json", "plan.json"]);
}

#[cfg(unix)]
/// Terraform reads every file of a folder, and `az` every part that the main template names.
#[test]
fn a_folder_with_files_is_written_over_only_on_demand() {
    let folder = folder();
    let there = |name: &str| folder.path().join("tf").join(name);
    let plan = |more: &[&str]| run(folder.path(), &[&["plan", "good.json", "--format", "terraform", "-o", "tf/"], more].concat());
    assert_eq!(code(&plan(&[])), 0);
    let whole = fs::read(there("main.tf.json")).expect("written");
    fs::write(there("main.tf.json"), "mine").expect("written");
    let refused = plan(&[]);
    assert!(
        code(&refused) == 1 && err(&refused).contains("is not empty") && err(&refused).contains("--force"),
        "{}",
        err(&refused)
    );
    assert_eq!(fs::read(there("main.tf.json")).expect("left alone"), b"mine");
    // What an earlier, larger plan left behind goes; what is somebody else's stays.
    for name in ["part-01.tf.json", "part-12.tf.json", "part-1.json", "part-x.tf.json", "terraform.tfstate"] {
        fs::write(there(name), "{}").expect("written");
    }
    assert_eq!(code(&plan(&["--force"])), 0);
    let mut names: Vec<_> =
        fs::read_dir(there("")).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["main.tf.json", "part-1.json", "part-x.tf.json", "terraform.tfstate"]);
    assert_eq!(fs::read(there("main.tf.json")).expect("written"), whole);
}

#[test]
fn writing_through_a_symbolic_link_keeps_the_link() {
    let folder = folder();
    fs::write(folder.path().join("real.txt"), "old").expect("written");
    std::os::unix::fs::symlink("real.txt", folder.path().join("link.txt")).expect("a link");
    assert_eq!(code(&run(folder.path(), &["plan", "good.json", "-o", "link.txt"])), 0);
    assert!(fs::symlink_metadata(folder.path().join("link.txt")).expect("a link").is_symlink());
    assert!(fs::read_to_string(folder.path().join("real.txt")).expect("text").starts_with("shop:"));
}

#[test]
fn colours_are_for_terminals_or_on_demand() {
    let folder = folder();
    let coloured = |arguments: &[&str], no_color: Option<&str>| {
        let mut command = command(folder.path(), arguments);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        err(&command.output().expect("it runs")).contains('\u{1b}')
    };
    assert!(!coloured(&["plan", "bad.json"], None));
    assert!(!coloured(&["plan", "bad.json", "--color", "never"], None));
    assert!(coloured(&["plan", "bad.json", "--color", "always"], None));
    assert!(coloured(&["plan", "bad.json", "--color=always"], Some("1")), "an argument is stronger than the environment");
    assert!(!coloured(&["plan", "bad.json"], Some("1")));
}

#[test]
fn quiet_leaves_errors_and_results() {
    let conflict = r#"{ "version": 1, "name": "shop", "components": {
      "A": { "type": "CrudApi", "config": { "consistency": "Strong" } }, "B": { "type": "CrudApi", "config": { "consistency": "Session" } } } }"#;
    let loud = piped(&["plan", "-", "--format", "json"], conflict.as_bytes());
    assert!(err(&loud).contains("split-by-conflict"), "{}", err(&loud));
    let quiet = piped(&["plan", "-", "--format", "json", "--quiet"], conflict.as_bytes());
    assert_eq!((err(&quiet), out(&quiet)), ("", out(&loud)));
    let bad = colocate(&["plan", "bad.json", "--quiet"]);
    assert!(err(&bad).contains("E0106"));
}

#[test]
fn verbose_tells_the_stages_on_stderr_only() {
    let plain = colocate(&["plan", "good.json"]);
    let verbose = colocate(&["plan", "good.json", "-v"]);
    assert_eq!(out(&plain), out(&verbose));
    for stage in ["load", "plan", "write"] {
        assert!(err(&verbose).contains(stage), "{}", err(&verbose));
    }
}

#[test]
fn whoever_closes_the_pipe_is_not_told_off() {
    let components: Vec<String> = (0..400).map(|i| format!(r#""Component{i}": {{ "type": "CrudApi" }}"#)).collect();
    let estate = format!(r#"{{ "version": 1, "name": "shop", "components": {{ {} }} }}"#, components.join(", "));
    let folder = folder();
    fs::write(folder.path().join("many.json"), estate).expect("written");
    let mut child = command(folder.path(), &["plan", "many.json", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(!err(&output).contains("panicked") && !err(&output).contains("error"), "{}", err(&output));
}

#[test]
fn check_says_that_all_is_well_or_everything_that_is_not() {
    let good = colocate(&["check", "good.json"]);
    assert_eq!((code(&good), out(&good), err(&good)), (0, "shop: 2 components, no errors\n", ""));
    let bad = piped(&["check", "-"], br#"{ "version": 3, "name": 7, "components": { "A": { "type": 1 } }, "x": 0 }"#);
    assert_eq!((code(&bad), err(&bad).matches("error[").count()), (1, 4), "{}", err(&bad));
}

#[test]
fn explain_says_where_a_component_went_and_what_it_yielded() {
    let estate = r#"{ "version": 1, "name": "shop", "components": {
      "Ledger": { "requirements": [{ "resourceType": "cosmos", "requirementKey": "data", "priority": 30, "config": { "consistency": "Strong" } }] },
      "Search": { "requirements": [{ "resourceType": "cosmos", "requirementKey": "data", "config": { "consistency": "Eventual" } }] } } }"#;
    let output = piped(&["explain", "-", "Search"], estate.as_bytes());
    assert_eq!(code(&output), 0);
    for wanted in
        ["cosmos:data → cosmos:data", "with Ledger", "`consistency`: stated \"Eventual\", got \"Strong\" (priority) from Ledger"]
    {
        assert!(out(&output).contains(wanted), "{wanted} is not in: {}", out(&output));
    }
}

#[test]
fn explain_says_why_there_is_a_second_app() {
    let python = colocate(&["explain", "good.json", "functions:api-functions-2"]);
    assert_eq!(code(&python), 0);
    let said = out(&python);
    assert!(said.contains("`runtime` differs") && said.contains("`Model`") && said.contains("`UserApi`"), "{said}");
    assert!(
        said.contains("not on functions:api-functions:") && said.contains("\"python\"") && said.contains("\"node\""),
        "{said}"
    );
    let functions = r#"[{ "resourceType": "functions", "requirementKey": "main", "config": { "functions": 101 } }]"#;
    let two = |rest: &str| {
        format!(
            r#"{{ "version": 1, "name": "s", "components": {{ "A": {{ "requirements": {functions} }}, "B": {{ "requirements": {functions} }} }} {rest} }}"#
        )
    };
    let full = piped(&["explain", "-", "functions:main-2"], two("").as_bytes());
    assert!(out(&full).contains("202 functions > 200"), "{}", out(&full));
    let apart =
        two(r#", "settings": { "limits": { "functions": { "functions": 300 } } }, "constraints": { "apart": [["A", "B"]] }"#);
    let apart = piped(&["explain", "-", "functions:main-2"], apart.as_bytes());
    assert!(
        out(&apart).contains("the estate wants B and A apart") || out(&apart).contains("the estate wants A and B apart"),
        "{}",
        out(&apart)
    );
}

#[test]
fn explain_names_what_was_meant_instead_of_a_typing_error() {
    let output = colocate(&["explain", "good.json", "UserApo"]);
    assert_eq!((code(&output), out(&output)), (1, ""));
    assert!(err(&output).contains("did you mean `UserApi`?"), "{}", err(&output));
}

#[test]
fn explanations_come_as_json_too() {
    for subject in [None, Some("UserApi"), Some("functions:api-functions-2"), Some("plan:flex-api-functions")] {
        let mut arguments = vec!["explain", "good.json", "--format", "json"];
        arguments.extend(subject);
        let output = colocate(&arguments);
        assert_eq!(code(&output), 0, "{subject:?}");
        assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok(), "{subject:?}");
    }
}

#[test]
fn rules_lists_the_types_and_shows_one() {
    let list = colocate(&["rules"]);
    let types = ["appinsights", "cdn", "cosmos", "functions", "keyvault", "plan", "servicebus", "storage"];
    for name in types.iter().chain(&["CrudApi", "DataStack", "FunctionsApp", "StaticSite"]) {
        assert!(out(&list).contains(name), "{name}");
        let shown = colocate(&["rules", name]);
        assert_eq!((code(&shown), err(&shown)), (0, ""), "{name}");
        assert!(out(&shown).starts_with(&format!("{name}: ")), "{}", out(&shown));
    }
    assert!(out(&colocate(&["rules", "cosmos"])).contains("databases: 25, at most 500"));
}

#[test]
fn a_rule_folder_that_is_missing_empty_or_broken_is_refused() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("empty")).expect("a folder");
    fs::create_dir_all(folder.path().join("broken")).expect("a folder");
    fs::write(folder.path().join("broken/x.json"), "{ \"version\": 1 ").expect("written");
    for (rules, wanted) in [("none", "cannot read `none`"), ("empty", "no rule file"), ("broken", "broken/x.json:1:")] {
        let output = run(folder.path(), &["plan", "good.json", "--rules", rules]);
        assert_eq!((code(&output), out(&output)), (1, ""), "{rules}");
        assert!(err(&output).contains(wanted), "{}", err(&output));
    }
}

#[test]
fn every_shell_gets_a_completion_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = colocate(&["completions", shell]);
        assert!(code(&output) == 0 && out(&output).contains("colocate") && out(&output).contains("explain"), "{shell}");
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let folder = folder();
    let components: Vec<String> =
        (0..120).map(|i| format!(r#""C{i}": {{ "type": "CrudApi", "config": {{ "functionsKey": "f{}" }} }}"#, i % 7)).collect();
    let estate = format!(r#"{{ "version": 1, "name": "shop", "components": {{ {} }} }}"#, components.join(", "));
    fs::write(folder.path().join("many.json"), estate).expect("written");
    let plan = |jobs: &str| run(folder.path(), &["plan", "many.json", "--format", "json", "--jobs", jobs]).stdout;
    let one = plan("1");
    assert!(!one.is_empty());
    assert!(one == plan("2") && one == plan("8"));
}

/// A mistake made in every component is told often enough to be understood, and not ten thousand times.
#[test]
fn of_very_many_errors_the_first_are_shown_and_the_others_counted() {
    let folder = folder();
    let check = |components: usize| {
        let component = |i| (format!("C{i}"), json!({ "type": "CrudApi", "config": { "entity": "x" } }));
        let components: serde_json::Map<String, Value> = (0..components).map(component).collect();
        let estate = json!({ "version": 1, "name": "shop", "components": components });
        fs::write(folder.path().join("many.json"), estate.to_string()).expect("written");
        let output = run(folder.path(), &["check", "many.json"]);
        assert_eq!(code(&output), 1);
        err(&output).to_owned()
    };
    let said = check(130);
    assert_eq!(said.matches("error[E0106]").count(), 100);
    assert!(said.ends_with("… and 30 more: 30 × E0106\n\n130 errors\n"), "{said}");
    let said = check(100);
    assert!(
        said.matches("error[E0106]").count() == 100 && !said.contains(" more: ") && said.ends_with("\n100 errors\n"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_none_is_named() {
    let folder = folder();
    fs::create_dir(folder.path().join("folder.json")).expect("a folder");
    for (path, wanted) in [("none.json", "No such file"), ("folder.json", "no estate in")] {
        let output = run(folder.path(), &["plan", path]);
        assert_eq!(code(&output), 1);
        assert!(
            err(&output).contains("E0103") && err(&output).contains(path) && err(&output).contains(wanted),
            "{}",
            err(&output)
        );
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let cases: [(&[u8], &str, &str); 8] = [
        (b"", "the file is empty", "<stdin>:1:1"),
        (b" \n\t", "the file is empty", "<stdin>:"),
        (b"{\n \"version\": 1,\n \"name\": \"\xff\xfe\" }", "not UTF-8", "<stdin>:3:11"),
        (b"{\n \"version\": 1,\n}", "not valid JSON", "<stdin>:3:"),
        (b"{ \"version\": 1 } { }", "not valid JSON", "<stdin>:1:18"),
        (b"{ \"version\": 1, \"name\": \"a\nb\" }", "not valid JSON", "<stdin>:"),
        (b"null", "E0105", "<stdin>:1:1"),
        (b"[1, 2]", "E0105", "<stdin>:1:1"),
    ];
    for (bytes, wanted, place) in cases {
        let output = piped(&["plan", "-"], bytes);
        assert_eq!((code(&output), out(&output)), (1, ""), "{wanted}");
        assert!(err(&output).contains(wanted) && err(&output).contains(place), "{wanted}: {}", err(&output));
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_breaks_are_fine() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    let output = piped(&["plan", "-"], text.as_bytes());
    assert_eq!((code(&output), err(&output)), (0, ""));
    assert_eq!(out(&output), out(&colocate(&["plan", "good.json"])));
}

#[test]
fn a_nest_ten_thousand_deep_is_refused_and_not_fatal() {
    let arrays = "[".repeat(10_000);
    let objects = format!(r#"{{ "version": 1, "name": "x", "components": {}"#, r#"{ "a": "#.repeat(10_000));
    for text in [arrays.clone(), arrays + &"]".repeat(10_000), objects] {
        let output = piped(&["plan", "-"], text.as_bytes());
        assert_eq!(code(&output), 1);
        assert!(err(&output).contains("E0102"), "{}", err(&output));
    }
}

#[test]
fn a_mistake_at_the_end_of_twenty_megabytes_is_found() {
    let component = |i: usize| {
        format!(
            r#""Component{i}":{{"requirements":[{{"resourceType":"cosmos","requirementKey":"key","config":{{"databases":["database-{i}"],"consistency":"Session"}}}}]}}"#
        )
    };
    let components: Vec<String> = (0..150_000).map(component).collect();
    let text = format!(
        "{{\"version\":1,\"name\":\"big\",\"components\":{{{},\n\"Last\":{{\"typ\":\"CrudApi\"}}}}}}",
        components.join(",\n")
    );
    assert!(text.len() > 20_000_000);
    let output = piped(&["plan", "-"], text.as_bytes());
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("<stdin>:150001:9") && err(&output).contains("did you mean `type`?"), "{}", err(&output));
    assert!(err(&output).len() < 2_000);
}

#[test]
fn a_full_disk_is_an_error() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let output = command(folder().path(), &["plan", "good.json"]).stdout(full).output().expect("it runs");
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("cannot write"), "{}", err(&output));
}

#[test]
fn pack_solves_a_bare_instance() {
    let text = piped(&["pack", "-"], b"5\n10\n6\n4\n3\n7\n10\n");
    assert_eq!((code(&text), out(&text)), (0, "3 bins, proven minimal, 3 patterns\n"));
    let two = br#"{"capacity": [200, 1000], "items": [{"size": [100, 12], "count": 7}, {"size": [50, 900], "class": "python"}]}"#;
    let answer: Value = serde_json::from_slice(&piped(&["pack", "-", "--format", "json"], two).stdout).expect("JSON");
    assert_eq!((&answer["bins"], &answer["lowerBound"], &answer["optimal"]), (&json!(4), &json!(4), &json!(true)));
}

#[test]
fn pack_says_where_an_instance_is_broken() {
    let output = piped(&["pack", "-"], b"2\n10\n11\n3\n");
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("error[E0111]") && err(&output).contains("<stdin>:3:1"), "{}", err(&output));
}
