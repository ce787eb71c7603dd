//! Every folder under `fixtures/` is a case, run through the real binary.
//!
//! `estate.json` is planned (or what `case.json` says instead), and each golden file beside it must come out as it is:
//! `plan.json`, `plan.txt` (`--format text`), `arm.json`, `main.bicep`, `main.tf.json`, `stderr.txt`. A folder `rules/` is laid over the built-in rules.
//! `BLESS=1 cargo test --test fixtures` writes the golden files that exist, or are empty, anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde_json::Value;

/// What a case says of itself; everything may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    /// What the case shows, for its readers.
    about: String,
    /// Arguments after `colocate plan estate.json`.
    arguments: Vec<String>,
    /// Another command line in place of `plan estate.json`.
    command: Option<Vec<String>>,
    /// The exit code; 0 unless given.
    exit: i32,
    /// Codes that stderr names.
    codes: Vec<String>,
    /// Values of the plan, by JSON pointer.
    values: serde_json::Map<String, Value>,
}

fn colocate(folder: &Path, arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colocate"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root).expect("fixtures").map(|entry| entry.expect("entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Everything that is wrong with a case.
fn run(folder: &Path) -> Vec<String> {
    let case: Case = match fs::read(folder.join("case.json")) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(case) => case,
            Err(error) => return vec![format!("case.json: {error}")],
        },
        Err(_) => Case::default(),
    };
    let mut arguments = case.command.clone().unwrap_or_else(|| vec!["plan".to_owned(), "estate.json".to_owned()]);
    let plans = case.command.is_none();
    arguments.extend(case.arguments.iter().cloned());
    if folder.join("rules").is_dir() {
        arguments.extend(["--rules".to_owned(), "rules".to_owned()]);
    }
    let with = |format: &str| {
        let format = if plans { vec!["--format".to_owned(), format.to_owned()] } else { Vec::new() };
        colocate(folder, &[arguments.clone(), format].concat())
    };
    let json = with("json");
    let mut wrong = Vec::new();
    if json.status.code() != Some(case.exit) {
        wrong.push(format!("exit code {:?}, not {}:\n{}", json.status.code(), case.exit, String::from_utf8_lossy(&json.stderr)));
        return wrong;
    }
    for code in &case.codes {
        if !String::from_utf8_lossy(&json.stderr).contains(&format!("[{code}]")) {
            wrong.push(format!("stderr does not name {code}:\n{}", String::from_utf8_lossy(&json.stderr)));
        }
    }
    let plan: Value = serde_json::from_slice(&json.stdout).unwrap_or_default();
    for (pointer, expected) in &case.values {
        let found = plan.pointer(pointer);
        if found != Some(expected) {
            wrong.push(format!("{pointer} is {}, not {expected}", found.map_or("absent".to_owned(), Value::to_string)));
        }
    }
    for (golden, found) in [
        ("plan.json", json.stdout.clone()),
        ("stdout.txt", json.stdout.clone()),
        ("stderr.txt", json.stderr.clone()),
        ("plan.txt", if plans { with("text").stdout } else { Vec::new() }),
        ("arm.json", projected(&folder.join("arm.json"), || with("arm"))),
        ("main.bicep", projected(&folder.join("main.bicep"), || with("bicep"))),
        ("main.tf.json", projected(&folder.join("main.tf.json"), || with("terraform"))),
    ] {
        let path = folder.join(golden);
        let Ok(expected) = fs::read(&path) else { continue };
        if expected == found {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &found).expect("golden file written");
        } else {
            wrong.push(difference(golden, &String::from_utf8_lossy(&expected), &String::from_utf8_lossy(&found)));
        }
    }
    wrong
}

/// What a projection comes to, where a golden file of it exists.
fn projected(golden: &Path, run: impl FnOnce() -> Output) -> Vec<u8> {
    if golden.exists() { run().stdout } else { Vec::new() }
}

/// The first line in which two texts differ.
fn difference(name: &str, expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (a, b))| a != b) {
        Some((i, (a, b))) => format!("{name}:{}: expected\n  {a}\nfound\n  {b}", i + 1),
        None => format!("{name}: expected {} lines, found {}", expected.lines().count(), found.lines().count()),
    }
}

#[test]
fn every_fixture_comes_out_as_it_should() {
    let folders = folders();
    assert!(folders.len() >= 15, "only {} fixtures", folders.len());
    let mut failed = String::new();
    for folder in &folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        for wrong in run(folder) {
            failed.push_str(&format!("\n{name}: {wrong}\n"));
        }
    }
    assert!(failed.is_empty(), "{failed}\nafter a look: BLESS=1 cargo test --test fixtures");
}
