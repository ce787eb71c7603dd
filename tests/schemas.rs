//! The schemas that editors are pointed at hold for what ships: rules, estates, plans, locks, scenarios.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use colocate::{Estate, Planner, RuleSet, Schema, schema};
use jsonschema::Validator;
use serde_json::{Value, json};
use walkdir::WalkDir;

/// A schema that takes no member which it does not name: a plan or an estate may have more one day, what ships today may not.
fn strict(of: Schema) -> Validator {
    fn close(schema: &mut Value) {
        if let Some(object) = schema.as_object_mut() {
            if object.get("properties").is_some_and(Value::is_object) {
                object.entry("additionalProperties").or_insert(json!(false));
            }
            object.values_mut().for_each(close);
        } else if let Some(array) = schema.as_array_mut() {
            array.iter_mut().for_each(close);
        }
    }
    let mut schema: Value = serde_json::from_str(&schema(of)).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "not a schema");
    close(&mut schema);
    jsonschema::validator_for(&schema).expect("a schema")
}

fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The JSON files below a folder that `wanted` is true of.
fn files(folder: &str, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = WalkDir::new(root).sort_by_file_name().into_iter().map(|entry| entry.expect("an entry").into_path());
    entries.filter(|path| path.extension() == Some(OsStr::new("json")) && wanted(path)).collect()
}

fn within(path: &Path, folder: &str) -> bool {
    path.iter().any(|part| part == OsStr::new(folder))
}

#[test]
fn rule_files_are_what_their_schema_says() {
    let schema = strict(Schema::Rules);
    let builtin = files("rules/azure", |path| !within(path, "prices"));
    let ours = files("fixtures", |path| within(path, "rules") && !within(path, "broken-rules"));
    assert!(builtin.len() >= 13 && ours.len() >= 2, "{} and {} rule files", builtin.len(), ours.len());
    for path in builtin.into_iter().chain(ours) {
        assert_eq!(faults(&schema, &read(&path)), Vec::<String>::new(), "{}", path.display());
    }
    for wrong in [
        json!({ "version": 1, "vocabulary": "regions" }),
        json!({ "version": 1, "resourceType": "x", "properties": { "a": { "type": "text" } } }),
        json!({ "version": 1, "resourceType": "x", "limits": {} }),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn estates_and_plans_are_what_their_schemas_say() {
    let (estates, plans) = (strict(Schema::Estate), strict(Schema::Plan));
    let (mut planned, builtin) = (0, RuleSet::builtin().expect("rules"));
    for path in files("fixtures", |path| path.ends_with("estate.json")) {
        let text = fs::read(&path).expect("a file");
        let Ok(estate) = Estate::from_json("estate.json", text) else { continue };
        assert_eq!(faults(&estates, &read(&path)), Vec::<String>::new(), "{}", path.display());
        let Ok(plan) = Planner::new(&builtin).plan(&estate) else { continue };
        let plan = serde_json::to_value(&plan).expect("JSON");
        assert_eq!(faults(&plans, &plan), Vec::<String>::new(), "the plan of {}", path.display());
        planned += 1;
    }
    assert!(planned >= 30, "only {planned} estates can be planned");
    for golden in files("fixtures", |path| path.ends_with("plan.json")) {
        assert_eq!(faults(&plans, &read(&golden)), Vec::<String>::new(), "{}", golden.display());
    }
}

#[test]
fn locks_and_scenarios_are_what_their_schemas_say() {
    // The cases of locks and scenarios that are refused.
    let refused = ["lock-edited", "lock-mistyped", "lock-newer", "lock-truncated", "whatif-broken", "whatif-mistyped"];
    for (schema, ending) in [(Schema::Lock, "lock.json"), (Schema::Scenarios, "scenarios.json")] {
        let schema = strict(schema);
        let good = |path: &Path| path.to_string_lossy().ends_with(ending) && !refused.iter().any(|folder| within(path, folder));
        let found = files("fixtures", good);
        assert!(found.len() >= 2, "{ending}: {}", found.len());
        for path in found {
            assert_eq!(faults(&schema, &read(&path)), Vec::<String>::new(), "{}", path.display());
        }
    }
}
