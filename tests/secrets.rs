//! What looks like a secret is in no output of any command, whether the estate is right or wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Settings that are secrets, and what must not be seen of each.
const SETTINGS: [(&str, &str, &str); 14] = [
    ("DB_PASSWORD", "correct horse zebra01", "zebra01"),
    ("API_SECRET", "zebra02", "zebra02"),
    ("P_TOKEN", "x://zebra03", "zebra03"),
    ("SQL_PWD", "@zebra04", "zebra04"),
    ("SQL_PASS", "zebra05", "zebra05"),
    ("GIT_CREDENTIAL", "zebra06", "zebra06"),
    ("AUTHORIZATION", "Bearer zebra07zebra07", "zebra07"),
    ("PAYMENT", "sk_live_zebra08zebra08", "zebra08"),
    ("OPTIONS", "{\"auth\": {\"password\": \"zebra09\"}}", "zebra09"),
    ("STORAGE", "DefaultEndpointsProtocol=https;AccountKey=zebra10==", "zebra10"),
    ("REDIS_URL", "rediss://user:zebra11@cache.example:6380", "zebra11"),
    ("SQL", "Server=${cosmos.documentEndpoint};Password=zebra12", "zebra12"),
    ("TOKEN_2", "zebra13", "zebra13"),
    ("dbPassword", "zebra14", "zebra14"),
];

/// A resource type with secrets of every kind.
fn vault() -> Value {
    json!({ "version": 1, "resourceType": "gateway", "title": "Gateway", "naming": { "maxLength": 40, "abbreviation": "gw" },
        "properties": {
            "adminPassword": { "type": "string", "merge": "priority", "secret": true },
            "pin": { "type": "integer", "merge": "priority", "secret": true },
            "opaque": { "type": "string", "merge": "match", "secret": true },
            "inner": { "type": "object", "properties": { "phrase": { "type": "string", "merge": "priority", "secret": true } } }
        } })
}

fn estate() -> Value {
    let settings: serde_json::Map<String, Value> =
        SETTINGS.iter().map(|(name, value, _)| ((*name).to_owned(), (*value).into())).collect();
    let functions = |settings: Value| {
        json!({ "resourceType": "functions", "requirementKey": "f", "config": { "functions": ["f"], "environmentVariables": settings,
            "connectionStrings": { "Main": { "value": "@zebra20;AccountName=z", "type": "Custom" } } } })
    };
    let gateway = |password: &str| {
        json!({ "resourceType": "gateway", "requirementKey": "g", "config": { "adminPassword": password, "pin": 7_654_321,
            "opaque": "zebra22", "inner": { "phrase": "zebra23" } } })
    };
    json!({ "version": 1, "name": "shop", "location": "eastus", "components": {
        "A": { "type": "CrudApi", "config": { "environmentVariables": { "X_PASSWORD": { "value": "zebra30", "shared": true } } } },
        "B": { "requirements": [functions(Value::Object(settings)), gateway("zebra21"),
            { "resourceType": "cosmos", "requirementKey": "c", "config": { "databases": ["d"] } }] },
        "C": { "requirements": [functions(json!({ "DB_PASSWORD": "zebra31" })), gateway("zebra32")] } },
        "overrides": [{ "resourceType": "gateway", "requirementKey": "g", "config": { "inner": { "phrase": "zebra33" } } },
            { "resourceType": "functions", "requirementKey": "f", "config": { "environmentVariables": { "A_PASSWORD": "zebra34" } } }] })
}

fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    let output = command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null()).output().expect("it runs");
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(bytes);
        for secret in ["zebra", "7654321"] {
            if let Some(at) = text.find(secret) {
                let around: String = text[..at].chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
                panic!("`{line}` shows a secret: {around}{}", &text[at..(at + 20).min(text.len())]);
            }
        }
    }
    output
}

fn folder(estate: &Value) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("rules")).expect("made");
    for (name, value) in [("rules/gateway.json", &vault()), ("estate.json", estate)] {
        fs::write(folder.path().join(name), serde_json::to_string_pretty(value).expect("JSON")).expect("written");
    }
    folder
}

const COMMANDS: [&str; 20] = [
    "plan estate.json --rules rules",
    "plan estate.json --rules rules --format json",
    "plan estate.json --rules rules --format dot",
    "plan estate.json --rules rules --format html",
    "plan estate.json --rules rules --on-conflict first",
    "plan estate.json --rules rules --on-conflict error",
    "-vv plan estate.json --rules rules --lock lock.json --update-lock",
    "plan estate.json --rules rules --lock lock.json --locked",
    "check estate.json --rules rules",
    "check estate.json",
    "explain estate.json --rules rules",
    "explain estate.json A --rules rules",
    "explain estate.json B --rules rules",
    "explain estate.json C --rules rules",
    "explain estate.json B --rules rules --format json",
    "explain estate.json functions:f --rules rules",
    "explain estate.json gateway:g --rules rules",
    "explain estate.json --save --trials 3 --rules rules",
    "batch estate.json --rules rules",
    "batch estate.json",
];

#[test]
fn no_command_shows_a_secret_of_an_estate() {
    let folder = folder(&estate());
    for line in COMMANDS {
        run(folder.path(), line);
    }
    let plan = run(folder.path(), "plan estate.json --rules rules --format json");
    assert_eq!(plan.status.code(), Some(0), "{}", String::from_utf8_lossy(&plan.stderr));
    fs::write(folder.path().join("plan.json"), &plan.stdout).expect("written");
    let warnings = String::from_utf8_lossy(&plan.stderr).matches("secret-in-estate").count();
    assert!(warnings >= SETTINGS.len() + 14, "{warnings}: {}", String::from_utf8_lossy(&plan.stderr));
    let scenarios = json!({ "version": 1, "scenarios": { "a": { "growth": 2 },
        "b": { "patch": [{ "op": "replace", "path": "/components/C/requirements/1/config/adminPassword", "value": "zebra40" }] } },
        "sweep": { "/components/B/requirements/0/config/environmentVariables/API_SECRET": ["zebra41", "zebra42"] } });
    fs::write(folder.path().join("s.json"), scenarios.to_string()).expect("written");
    for line in [
        "verify plan.json --estate estate.json --rules rules",
        "whatif estate.json s.json --rules rules --detail",
        "whatif estate.json s.json --rules rules --format json",
        "whatif estate.json s.json --rules rules --format html --detail",
        "whatif estate.json s.json --rules rules --format csv",
        "whatif estate.json s.json --rules rules --format markdown --detail",
    ] {
        run(folder.path(), line);
    }
    // Built-in types alone have templates.
    let mut plain = estate();
    for component in ["B", "C"] {
        let requirements = plain["components"][component]["requirements"].as_array_mut().expect("a list");
        requirements.retain(|requirement| requirement["resourceType"] != "gateway");
    }
    plain["overrides"].as_array_mut().expect("a list").remove(0);
    fs::write(folder.path().join("estate.json"), plain.to_string()).expect("written");
    for format in ["arm", "bicep", "terraform", "html"] {
        let output = run(folder.path(), &format!("plan estate.json --format {format}"));
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn another_secret_shows_as_a_change_and_not_as_itself() {
    let folder = folder(&estate());
    let plan = |name: &str| {
        let output = run(folder.path(), "plan estate.json --rules rules --format json");
        fs::write(folder.path().join(name), &output.stdout).expect("written");
    };
    plan("old.json");
    let text = fs::read_to_string(folder.path().join("estate.json")).expect("an estate");
    fs::write(folder.path().join("estate.json"), text.replace("zebra02", "zebra99").replace("zebra21", "zebra98"))
        .expect("written");
    plan("new.json");
    for format in ["text", "json", "markdown"] {
        let output = run(folder.path(), &format!("diff old.json new.json --rules rules --exit-code --format {format}"));
        assert_eq!(output.status.code(), Some(3), "{format}");
    }
    run(folder.path(), "verify old.json --estate estate.json --rules rules");
    // Plans that somebody wrote by hand may hold secrets themselves.
    let mut plan: Value = serde_json::from_slice(&fs::read(folder.path().join("old.json")).expect("a plan")).expect("JSON");
    for resource in plan["resources"].as_array_mut().expect("a list") {
        match resource["resourceType"].as_str() {
            Some("functions") => {
                resource["config"]["environmentVariables"]["B_API_SECRET"] = "zebra50".into();
                resource["config"]["environmentVariables"]["B_PIN"] = 7_654_321.into();
            }
            Some("gateway") => resource["config"]["opaque"] = "zebra51".into(),
            _ => {}
        }
    }
    plan["bindings"]["B"]["environment"]["B_API_SECRET"] = "zebra50".into();
    fs::write(folder.path().join("hand.json"), plan.to_string()).expect("written");
    for line in [
        "diff hand.json new.json --rules rules",
        "diff new.json hand.json --rules rules --format markdown",
        "diff new.json hand.json --rules rules --format json",
        "verify hand.json --estate estate.json --rules rules",
        "verify hand.json --estate estate.json --rules rules --format json",
        "plan estate.json --rules rules --lock hand.json",
    ] {
        run(folder.path(), line);
    }
}

/// A secret in the wrong shape, or beside a mistake, is in no message and no excerpt.
#[test]
fn no_error_shows_a_secret() {
    let places = [
        ("/components/B/requirements/0/config/environmentVariables/DB_PASSWORD", json!(["zebra60"])),
        ("/components/B/requirements/0/config/environmentVariables/DB_PASSWORD", json!({ "vlaue": "zebra60" })),
        ("/components/B/requirements/0/config/connectionStrings/Main", json!("zebra60")),
        ("/components/B/requirements/0/config/connectionStrings/Main/value", json!(["zebra60"])),
        ("/components/B/requirements/1/config/adminPassword", json!(7_654_321)),
        ("/components/B/requirements/1/config/adminPassword", json!({ "a": "zebra60" })),
        ("/components/B/requirements/1/config/pin", json!("zebra60")),
        ("/components/B/requirements/1/config/inner", json!("zebra60")),
        ("/components/B/requirements/1/config/inner/phrase", json!([["zebra60"]])),
        ("/components/A/config/environmentVariables/X_PASSWORD", json!([7_654_321])),
        ("/components/A/config/entityNmae", json!("x")),
        ("/components/B/requirements/0/config/functoins", json!(["x"])),
        ("/overrides/0/config/inner/phrase", json!(["zebra60"])),
        ("/version", json!(2)),
    ];
    for compact in [false, true] {
        for (place, value) in &places {
            let mut wrong = estate();
            let (parent, name) = place.rsplit_once('/').expect("a pointer");
            wrong.pointer_mut(parent).expect(place)[name] = value.clone();
            let folder = folder(&wrong);
            if compact {
                fs::write(folder.path().join("estate.json"), wrong.to_string()).expect("written");
            }
            for line in ["check estate.json --rules rules", "plan estate.json --rules rules", "batch estate.json --rules rules"] {
                let output = run(folder.path(), line);
                assert!(matches!(output.status.code(), Some(0 | 1)), "{line}");
            }
        }
        let folder = folder(&estate());
        let text = if compact { estate().to_string() } else { serde_json::to_string_pretty(&estate()).expect("JSON") };
        for (what, with) in [("\"zebra01", "zebra01"), ("zebra02\"", "zebra02"), ("zebra05\",", "zebra05\"")] {
            fs::write(folder.path().join("estate.json"), text.replacen(what, with, 1)).expect("written");
            run(folder.path(), "check estate.json --rules rules");
            fs::write(folder.path().join("estate.json"), text.replacen("zebra03\",", "zebra03\"", 1)).expect("written");
            assert_eq!(run(folder.path(), "check estate.json").status.code(), Some(1));
        }
    }
}
