//! What no input and no system may do to the program: hang it, crash it, or make it say nothing.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const GOOD: &str = r#"{ "version": 1, "name": "shop", "components": { "UserApi": { "type": "CrudApi" } } }"#;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("it runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// A folder in which each of these commands succeeds.
fn everything() -> (TempDir, Vec<Vec<&'static str>>) {
    let folder = folder(&[("good.json", GOOD), ("fixtures/a/estate.json", GOOD), ("pack.txt", "2\n10\n6\n4\n")]);
    let plan = run(folder.path(), &["plan", "good.json", "--format", "json"]).stdout;
    fs::write(folder.path().join("plan.json"), plan).expect("written");
    let commands = [
        "plan good.json",
        "plan good.json --format json",
        "plan good.json --format bicep",
        "check good.json",
        "explain good.json",
        "verify plan.json --estate good.json",
        "diff plan.json plan.json",
        "pack pack.txt",
        "batch good.json",
        "test",
        "rules",
        "rules cosmos",
        "schema plan",
        "completions bash",
    ];
    (folder, commands.iter().map(|line| line.split(' ').collect()).collect())
}

#[test]
fn every_command_says_when_the_disk_is_full() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let (folder, commands) = everything();
    for arguments in commands {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let output = command(folder.path(), &arguments).stdout(full).output().expect("it runs");
        assert_eq!(code(&output), Some(1), "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains("error: cannot write `<stdout>`"), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn every_command_ends_quietly_when_nobody_reads() {
    let (folder, commands) = everything();
    for arguments in commands {
        let mut child =
            command(folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((code(&output), err(&output)), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = folder(&[("good.json", GOOD), ("file", "")]);
    for path in ["no/such/folder.json", "file/x.json", "/proc/x.json"] {
        let output = run(folder.path(), &["plan", "good.json", "-o", path]);
        assert_eq!(code(&output), Some(1), "{path}");
        assert!(err(&output).contains(&format!("cannot write `{path}`")), "{}", err(&output));
    }
    let output = run(folder.path(), &["test", "--junit", "no/such/folder.xml", "."]);
    assert_eq!(code(&output), Some(1), "{}", err(&output));
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).expect("there").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["file", "good.json"]);
}

/// What planning one component of a type says whose rule puts this text into a name.
fn with_rule(text: &str) -> Output {
    let rule = serde_json::json!({
        "version": 1, "componentType": "Bomb", "title": "a rule that does too much",
        "requirements": [{ "resourceType": "cosmos", "requirementKey": "k", "config": { "databases": [{ "name": text }] } }],
    });
    let estate = r#"{ "version": 1, "name": "shop", "components": { "A": { "type": "Bomb" } } }"#;
    let folder = folder(&[("estate.json", estate), ("rules/bomb.json", &rule.to_string())]);
    run(folder.path(), &["plan", "estate.json", "--rules", "rules"])
}

#[test]
fn a_rule_that_does_too_much_is_stopped_and_named() {
    let bombs = [
        ("{{ 'x' * 1000000000 }}", "ran out of fuel"),
        ("a{{ 'x' * 1000000000 }}", "ran out of fuel"),
        ("{{ range(99999999) | list }}", "too many elements"),
        ("{{ 10 ** 4000000000 }}", "unable to calculate"),
    ];
    for (text, wanted) in bombs {
        let output = with_rule(text);
        assert_eq!(code(&output), Some(1), "{text}");
        assert!(err(&output).contains("error[E0302]: component type `Bomb`"), "{text}: {}", err(&output));
        assert!(err(&output).contains(wanted), "{text}: {}", err(&output));
    }
    assert_eq!(code(&with_rule("{{ 'x' * 10 }}")), Some(0));
}

#[test]
fn an_expression_nested_too_deep_to_compile_is_refused() {
    let nests = [
        format!("{{{{ {}1 }}}}", "-".repeat(100_000)),
        format!("{{{{ {}1 }}}}", "1+".repeat(100_000)),
        format!("{{{{ {}1{} }}}}", "(".repeat(2000), ")".repeat(2000)),
        format!("{{{{ {}1{} }}}}", "[".repeat(2000), "]".repeat(2000)),
        // Statements could loop.
        format!("{}x{{% endfor %}}", "{% for a in range(99999) %}".repeat(20)),
        format!("{}{{{{ 1 }}}}", "{% if 1 %}{% endif %}".repeat(20)),
        format!("{{{{ 1 + {}", "}".repeat(4000)),
    ];
    for text in nests {
        let output = with_rule(&text);
        assert_eq!(code(&output), Some(1), "{}", &text[..40]);
        assert!(
            err(&output).contains("rules/bomb.json:1:") && err(&output).contains("E0302"),
            "{}: {}",
            &text[..40],
            err(&output)
        );
    }
    // The longest that is taken is compiled on every thread's stack.
    assert_eq!(code(&with_rule(&format!("{{{{ ({}1) ~ 'x' }}}}", "1+".repeat(2030)))), Some(0));
    assert_eq!(code(&with_rule(&format!("{{{{ ({}1) ~ 'x' }}}}", "-".repeat(4000)))), Some(0));
}

#[test]
fn numbers_and_names_beyond_reason_are_refused() {
    let config = |config: &str| {
        format!(
            r#"{{ "version": 1, "name": "shop", "components": {{ "A": {{ "requirements": [{{ "resourceType": "functions", "requirementKey": "k", "config": {config} }}] }} }} }}"#
        )
    };
    let long = "x".repeat(1_000_000);
    let cases = [
        (config(r#"{ "functions": 4000000000 }"#), "E0108"),
        (config(r#"{ "functions": 18446744073709551616 }"#), "E0108"),
        (config(r#"{ "functions": 1e300 }"#), "E0108"),
        (config(r#"{ "functions": -1 }"#), "E0108"),
        (config(r#"{ "functions": 1e999 }"#), "E0101"),
        (config("{}").replace("\"shop\"", &format!("\"{long}\"")), "E0201"),
        (config("{}").replace("\"A\"", &format!("\"{long}\"")), "E0201"),
        (config("{}").replace("\"k\"", &format!("\"{long}\"")), "E0201"),
        (config(&format!(r#"{{ "{long}": 1 }}"#)), "E0106"),
        (config(&"[".repeat(100_000)), "E0102"),
    ];
    for (estate, wanted) in cases {
        let folder = folder(&[("e.json", &estate)]);
        let output = run(folder.path(), &["plan", "e.json"]);
        assert_eq!(code(&output), Some(1), "{wanted}");
        assert!(err(&output).contains(wanted), "{wanted}: {:.2000}", err(&output));
    }
}

#[test]
fn instances_of_any_text_are_refused_with_a_place() {
    let texts = [
        "1\n10\nä\n",
        "ä",
        "2\n10\n🦀 4\n5",
        "\u{feff}2\n10\n4\n",
        "9999999999999999999\n1\n1",
        "1\n0\n1\n",
        "{\"capacity\": [🦀]}",
        "-1\n5",
    ];
    for text in texts {
        let folder = folder(&[("i.txt", text)]);
        let output = run(folder.path(), &["pack", "i.txt"]);
        assert_eq!(code(&output), Some(1), "{text:?}: {}", err(&output));
        assert!(err(&output).contains("error[E0111]"), "{text:?}: {}", err(&output));
    }
}

#[test]
fn ten_thousand_misspelt_names_are_refused_without_comparing_each_with_each() {
    let ids = |prefix: &str| -> Vec<String> { (0..10_000).map(|i| format!(r#""{prefix}{i:05}""#)).collect() };
    let components = ids("Component").join(": {}, ") + ": {}";
    let names = ids("Componant").join(", ");
    let estate = format!(
        r#"{{ "version": 1, "name": "shop", "components": {{ {components} }}, "constraints": {{ "dedicated": [{names}] }} }}"#
    );
    let folder = folder(&[("e.ndjson", &estate)]);
    let output = run(folder.path(), &["batch", "e.ndjson"]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a line");
    let diagnostics = answer["error"]["diagnostics"].as_array().expect("a list");
    assert_eq!(diagnostics.len(), 10_000);
    assert!(diagnostics[0]["help"].as_str().is_some_and(|help| help.contains("did you mean")), "{}", diagnostics[0]);
}

/// What the cases of a folder come to.
fn tested(files: &[(&str, &str)], arguments: &[&str]) -> (TempDir, Output) {
    let folder = folder(files);
    let output = run(folder.path(), &[&["test", "cases"], arguments].concat());
    (folder, output)
}

#[test]
fn a_case_reads_and_writes_nothing_outside_its_folder() {
    let cases = [
        r#"{ "arguments": ["-o", "../../out.json"] }"#,
        r#"{ "arguments": ["-o../out.json"] }"#,
        r#"{ "arguments": ["--output=../../out.json"] }"#,
        r#"{ "arguments": ["--rules", "/etc"] }"#,
        r#"{ "lock": "/etc/passwd" }"#,
        r#"{ "lock": "../secret.json" }"#,
        r#"{ "command": ["plan", "a/../../../secret.json"] }"#,
    ];
    for case in cases {
        let files = [("cases/a/case.json", case), ("cases/a/estate.json", GOOD), ("cases/secret.json", "hunter2")];
        let (folder, output) = tested(&files, &[]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(code(&output), Some(3), "{case}: {said}");
        assert!(said.contains("reaches outside its folder") && said.contains("--allow-outside"), "{case}: {said}");
        assert!(!folder.path().join("out.json").exists() && !said.contains("hunter2"), "{case}: {said}");
    }
    let files = [("cases/a/case.json", cases[0]), ("cases/a/estate.json", GOOD)];
    let (folder, output) = tested(&files, &["--allow-outside"]);
    assert!(folder.path().join("out.json").exists(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(unix)]
#[test]
fn a_case_leads_nowhere_by_a_link() {
    let folder = folder(&[("cases/a/estate.json", GOOD), ("secret.txt", "hunter2")]);
    std::os::unix::fs::symlink("../../secret.txt", folder.path().join("cases/a/plan.txt")).expect("a link");
    let output = run(folder.path(), &["test", "cases", "--bless"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("the symbolic link `plan.txt`") && !said.contains("hunter2"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("secret.txt")).expect("there"), "hunter2");
}

#[test]
fn cases_run_no_cases() {
    for case in [r#"{ "command": ["test", "."] }"#, r#"{ "command": ["--quiet", "test", "."] }"#] {
        let (_folder, output) = tested(&[("cases/a/case.json", case), ("cases/a/estate.json", GOOD)], &[]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(code(&output), Some(3), "{said}");
        assert_eq!(said.matches("E0112").count(), 1, "{said}");
    }
}

#[test]
fn a_lock_is_written_though_nobody_reads_the_plan() {
    let folder = folder(&[("good.json", GOOD)]);
    for format in ["text", "json", "bicep"] {
        let lock = format!("{format}.lock.json");
        let arguments = ["plan", "good.json", "--lock", &lock, "--update-lock", "--format", format];
        let mut child =
            command(folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(code(&output), Some(0), "{}", err(&output));
        assert!(folder.path().join(&lock).is_file(), "{format}");
    }
}

/// Of runs that know nothing of each other, one updates the lock; the others are told, and lose nothing.
#[test]
fn runs_at_once_lose_no_update() {
    let estate = |i: usize| GOOD.replace("UserApi", &format!("Api{i}"));
    let folder = folder(&[]);
    let children: Vec<_> = (0..6)
        .map(|i| {
            fs::write(folder.path().join(format!("{i}.json")), estate(i)).expect("written");
            let arguments = ["plan", &format!("{i}.json"), "--lock", "lock.json", "--update-lock"];
            command(folder.path(), &arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs")
        })
        .collect();
    let outputs: Vec<Output> = children.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
    let wrote: Vec<usize> = (0..6).filter(|i| code(&outputs[*i]) == Some(0)).collect();
    assert!(!wrote.is_empty());
    for output in outputs.iter().filter(|output| code(output) != Some(0)) {
        assert_eq!(code(output), Some(3), "{}", err(output));
        assert!(err(output).contains("has changed since it was read"), "{}", err(output));
    }
    let lock = fs::read_to_string(folder.path().join("lock.json")).expect("a lock");
    // Each that was let through had read what was there.
    assert!(wrote.iter().any(|i| lock.contains(&format!("Api{i}"))), "{lock}");
    let left: Vec<_> = fs::read_dir(folder.path()).expect("there").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 7, "{left:?}");
}

#[cfg(unix)]
#[test]
fn links_lead_where_they_say_and_not_out_of_a_folder() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("good.json", GOOD), ("there/keep", ""), ("outside.json", "mine"), ("out/keep", "")]);
    symlink("there/new.json", folder.path().join("link.json")).expect("a link");
    assert_eq!(code(&run(folder.path(), &["plan", "good.json", "--format", "json", "-o", "link.json"])), Some(0));
    assert!(folder.path().join("link.json").is_symlink() && folder.path().join("there/new.json").is_file());
    symlink("../outside.json", folder.path().join("out/main.tf.json")).expect("a link");
    let output = run(folder.path(), &["plan", "good.json", "--format", "terraform", "-o", "out/", "--force"]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    assert_eq!(fs::read_to_string(folder.path().join("outside.json")).expect("there"), "mine");
    assert!(!folder.path().join("out/main.tf.json").is_symlink());
}
