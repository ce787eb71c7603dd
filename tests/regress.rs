//! `colocate test`, as the repository of a team uses it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// An estate of so many CRUD APIs.
fn estate(apis: usize) -> String {
    let apis: Vec<String> = (0..apis).map(|i| format!(r#""Api{i:02}": {{ "type": "CrudApi" }}"#)).collect();
    format!(r#"{{ "version": 1, "name": "shop", "components": {{ {} }} }}"#, apis.join(", "))
}

/// Writes files, whose folders are made.
fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

fn test(root: &Path, arguments: &[&str]) -> Output {
    command(root, arguments).output().expect("it runs")
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.arg("test").args(arguments).current_dir(root).env_remove("GITHUB_ACTIONS");
    command
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("text")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("not killed")
}

#[test]
fn a_case_grows_from_an_estate_alone_and_fails_when_the_plan_changes() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    write(root, &[("cases/api/estate.json", &estate(25))]);
    let blessed = test(root, &["cases", "--bless"]);
    assert_eq!(code(&blessed), 0);
    assert!(out(&blessed).contains("written: cases/api/plan.json"), "{}", out(&blessed));
    let golden = fs::read(root.join("cases/api/plan.json")).expect("there");
    assert_eq!(out(&test(root, &["cases"])), "ok   api\n\n1 passed, 0 failed\n");

    write(root, &[("cases/api/estate.json", &estate(26))]);
    let failed = test(root, &["cases", "--junit", "report.xml"]);
    assert_eq!(code(&failed), 3);
    let said = out(&failed);
    for wanted in [
        "FAIL api\n     plan.json differs\n",
        "resource `cosmos:shared-cosmos-2` is new: 26 databases > 25",
        "-    \"components\": 25,",
        "+    \"components\": 26,",
        "again: (cd cases/api && colocate plan estate.json --format json | diff plan.json -)",
    ] {
        assert!(said.contains(wanted), "{wanted:?} is not in {said}");
    }
    assert!(said.ends_with("\n0 passed, 1 failed\n"), "{said}");
    assert_eq!(fs::read(root.join("cases/api/plan.json")).expect("there"), golden, "only blessing writes");
    let report = fs::read_to_string(root.join("report.xml")).expect("written");
    assert!(
        report.contains(r#"name="api""#) && report.contains("plan.json differs") && report.contains(r#"failures="1""#),
        "{report}"
    );

    let blessed = test(root, &["cases", "--bless"]);
    let (shown, written) = out(&blessed).split_once("written: cases/api/plan.json").expect("written");
    assert!(code(&blessed) == 0 && shown.contains("is new: 26 databases > 25") && written.ends_with("1 passed, 0 failed\n"));
    assert_eq!(code(&test(root, &["cases"])), 0);
}

#[test]
fn the_command_that_is_shown_shows_it_again() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    write(root, &[("my cases/api/estate.json", &estate(2)), ("my cases/api/plan.txt", "something else\n")]);
    let failed = test(root, &["my cases"]);
    let again = out(&failed).split("again: ").nth(1).and_then(|rest| rest.lines().next()).expect("a command");
    let program = Path::new(env!("CARGO_BIN_EXE_colocate"));
    let path = format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").expect("a path"));
    let output = Command::new("sh").args(["-c", again]).current_dir(root).env("PATH", path).output().expect("a shell");
    assert!(out(&output).contains("< something else") && out(&output).contains("> shop: 2 components"), "{again}: {output:?}");
}

#[test]
fn blessing_does_not_excuse_what_is_stated() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    let case = r#"{ "values": { "/summary/resources": 7 } }"#;
    write(root, &[("fixtures/a/estate.json", &estate(2)), ("fixtures/a/case.json", case), ("fixtures/a/plan.txt", "old")]);
    let blessed = test(root, &["--bless"]);
    assert_eq!(code(&blessed), 3);
    assert!(out(&blessed).contains("`/summary/resources` is 3, not 7") && out(&blessed).contains("written: fixtures/a/plan.txt"));
    // What ends otherwise than stated leaves nothing worth keeping.
    write(root, &[("fixtures/a/case.json", r#"{ "exit": 1 }"#), ("fixtures/a/plan.txt", "old")]);
    assert_eq!(code(&test(root, &["--bless"])), 3);
    assert_eq!(fs::read_to_string(root.join("fixtures/a/plan.txt")).expect("there"), "old");
}

#[test]
fn cases_may_be_nested_and_are_filtered_by_name() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    let (small, text) = (estate(1), "{}");
    write(
        root,
        &[("c/b/two/estate.json", &small), ("c/b/one/estate.json", &small), ("c/a/estate.json", &small), ("c/d/plan.json", text)],
    );
    let all = test(root, &["c", "--jobs", "3"]);
    let note = "note `c/d` has neither an `estate.json` nor a `case.json`, so it is not a case\n";
    assert_eq!(out(&all), format!("ok   a\nok   b/one\nok   b/two\n{note}\n3 passed, 0 failed\n"));
    assert!(out(&test(root, &["c", "--filter", "/o", "--filter", "a"])).starts_with("ok   a\nok   b/one\n"));
    assert_eq!(out(&test(root, &["c/b/one"])), "ok   one\n\n1 passed, 0 failed\n");
}

#[test]
fn no_case_at_all_is_an_error() {
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), &[("c/a/estate.json", &estate(1)), ("empty/README.md", "")]);
    for (arguments, wanted) in [
        (&["none"][..], "cannot read `none`"),
        (&["empty"], "no case in `empty`"),
        (&["c", "--filter", "x"], "no case in `c` that the filter lets through, of 1"),
    ] {
        let output = test(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(code(&output) == 1 && said.contains(wanted), "{said}");
    }
}

#[test]
fn a_broken_case_fails_with_its_mistakes_and_the_others_run() {
    let folder = TempDir::new().expect("a folder");
    let small = estate(1);
    write(
        folder.path(),
        &[("fixtures/a/estate.json", &small), ("fixtures/a/case.json", r#"{ "exitt": 1 }"#), ("fixtures/b/estate.json", &small)],
    );
    let output = test(folder.path(), &[]);
    assert_eq!(code(&output), 3);
    assert!(
        out(&output).contains("case.json:1:3: error[E0106]") && out(&output).contains("did you mean `exit`?"),
        "{}",
        out(&output)
    );
    assert!(out(&output).ends_with("ok   b\n\n1 passed, 1 failed\n"), "{}", out(&output));
}

#[test]
fn files_that_nothing_compares_are_reported() {
    let folder = TempDir::new().expect("a folder");
    let files = [("fixtures/a/estate.json", &*estate(1)), ("fixtures/a/plann.json", "{}"), ("fixtures/a/README.md", "")];
    write(folder.path(), &files);
    let output = test(folder.path(), &[]);
    assert!(out(&output).contains("note `fixtures/a/plann.json` is compared with nothing") && code(&output) == 0);
    assert!(!out(&output).contains("README"));
}

#[test]
fn github_gets_annotations() {
    let folder = TempDir::new().expect("a folder");
    let case = [("fixtures/a/estate.json", &*estate(1)), ("fixtures/a/plan.txt", "other\n"), ("fixtures/a/x", "")];
    write(folder.path(), &case);
    let output = command(folder.path(), &[]).env("GITHUB_ACTIONS", "true").output().expect("it runs");
    let said = out(&output);
    assert!(said.contains("\n::error file=fixtures/a/plan.txt,line=1,title=a::plan.txt differs%0A"), "{said}");
    assert!(said.contains("\n::warning file=fixtures/a/x,line=1,"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_golden_file_that_cannot_be_written_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    write(root, &[("fixtures/a/estate.json", &estate(1)), ("fixtures/a/plan.txt", "old")]);
    let a = root.join("fixtures/a");
    fs::set_permissions(&a, fs::Permissions::from_mode(0o555)).expect("set");
    let output = test(root, &["--bless"]);
    fs::set_permissions(&a, fs::Permissions::from_mode(0o755)).expect("set");
    if fs::read_to_string(a.join("plan.txt")).expect("there") == "old" {
        assert_eq!(code(&output), 1);
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write `fixtures/a/plan.txt`"));
    }
}
