//! The documentation says what the program does.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use colocate::Code;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The page of error codes, from the codes themselves; `BLESS=1` writes it anew.
#[test]
fn every_error_code_is_documented() {
    let mut page = String::from(
        "# Errors\n\nEvery error has a code that never changes its meaning. `colocate` tells the file, the line and the column, what was\n\
         expected, and what to do; this page lists what brings each error about.\n\n| code | cause | remedy |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let _ = writeln!(page, "| {code} | {} | {} |", code.cause(), code.remedy());
    }
    let path = root().join("docs/errors.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page is written");
    }
    let written = std::fs::read_to_string(path).expect("docs/errors.md is there");
    assert_eq!(written, page, "BLESS=1 cargo test --test docs writes it anew");
}

/// Every `$ colocate …` in the README and the pages is followed by what it prints.
#[test]
fn every_command_shown_prints_what_is_shown() {
    let mut shown = 0;
    let pages = std::fs::read_dir(root().join("docs")).expect("pages").map(|entry| entry.expect("a page").path());
    let mut pages: Vec<_> = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    pages.push(root().join("README.md"));
    for page in pages {
        let page = page.display();
        let text = std::fs::read_to_string(page.to_string()).expect("the page is there");
        for block in text.split("```console\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            let (command, expected) = block.split_once('\n').unwrap_or((block, ""));
            let arguments = command.strip_prefix("$ colocate ").unwrap_or_else(|| panic!("{page}: {command}"));
            let output = Command::new(env!("CARGO_BIN_EXE_colocate"))
                .args(arguments.split_whitespace())
                .current_dir(root())
                .env("NO_COLOR", "1")
                .output()
                .expect("the binary runs");
            let printed = [output.stdout, output.stderr].concat();
            let printed = String::from_utf8_lossy(&printed);
            assert_eq!(printed.trim_end(), expected.trim_end(), "{page}: {command}");
            shown += 1;
        }
    }
    assert!(shown >= 4, "only {shown} commands are shown");
}

/// Names that the schema of estates knows are those that the reader knows.
#[test]
fn the_schema_knows_the_fields_that_the_reader_knows() {
    let rules = colocate::RuleSet::builtin().expect("rules");
    let schema: serde_json::Value = serde_json::from_str(&colocate::schema(colocate::Schema::Estate, &rules)).expect("JSON");
    let fields = schema["properties"].as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let text = r#"{"version": 1, "name": "x", "components": {"A": {}}, "nonsense": 1}"#;
    let error = colocate::Estate::from_json("x", text.into()).expect_err("an unknown field");
    let expected = error.iter().next().and_then(|d| d.expected.clone()).expect("a list of fields");
    for field in fields {
        assert!(expected.contains(&format!("`{field}`")), "{field} is not in {expected}");
    }
}

/// The page on outputs says of each property that cannot be changed what a change takes.
#[test]
fn the_page_on_outputs_knows_every_immutable_property() {
    fn immutable(properties: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        for (name, property) in properties.as_object().into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            // Locations and names have rows for all types.
            if property["immutable"] == true && name != "location" && name != "name" {
                found.push(path.clone());
            }
            immutable(&property["properties"], &path, found);
            immutable(&property["items"]["properties"], &path, found);
        }
    }
    let page = std::fs::read_to_string(root().join("docs/outputs.md")).expect("the page is there");
    let mut known = 0;
    for entry in std::fs::read_dir(root().join("rules/azure/resources")).expect("rules") {
        let rule = std::fs::read_to_string(entry.expect("a rule").path()).expect("a rule");
        let rule: serde_json::Value = serde_json::from_str(&rule).expect("JSON");
        let kind = format!("| `{}` |", rule["resourceType"].as_str().expect("a type"));
        let mut properties = Vec::new();
        immutable(&rule["properties"], "", &mut properties);
        for property in properties {
            let row = page.lines().any(|line| line.starts_with(&kind) && line.contains(&format!("`{property}`")));
            assert!(row, "docs/outputs.md has no row for {kind} {property}");
            known += 1;
        }
    }
    assert!(known >= 20, "only {known} properties");
}
