//! The schemas that editors are pointed at hold for what ships: rules, estates, plans, locks, scenarios.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use colocate::{Code, Document, Estate, Planner, RuleSet, Schema, load, schema};
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
    let mut schema = read_schema(of, &RuleSet::builtin().expect("rules"));
    close(&mut schema);
    jsonschema::validator_for(&schema).expect("a schema")
}

fn read_schema(of: Schema, rules: &RuleSet) -> Value {
    let schema: Value = serde_json::from_str(&schema(of, rules)).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "not a schema");
    schema
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
fn plans_are_what_their_schema_says() {
    let plans = strict(Schema::Plan);
    let (mut planned, builtin) = (0, RuleSet::builtin().expect("rules"));
    for path in files("fixtures", |path| path.ends_with("estate.json")) {
        let text = fs::read(&path).expect("a file");
        let Ok(estate) = Estate::from_json("estate.json", text) else { continue };
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

/// An estate and the rules of its fixture.
struct Fixture {
    path: PathBuf,
    estate: Value,
    rules: usize,
}

/// The fixtures, and the rule sets that they are planned with, each with its schema of estates.
fn fixtures() -> (Vec<Fixture>, Vec<(RuleSet, Validator)>) {
    let set = |rules: RuleSet| {
        let schema = jsonschema::validator_for(&read_schema(Schema::Estate, &rules)).expect("a schema");
        (rules, schema)
    };
    let mut sets = vec![set(RuleSet::builtin().expect("rules"))];
    let mut fixtures = Vec::new();
    for path in files("fixtures", |path| path.ends_with("estate.json")) {
        let Ok(estate) = serde_json::from_slice(&fs::read(&path).expect("a file")) else { continue };
        let folder = path.parent().expect("a folder").join("rules");
        let own = if folder.is_dir() { files(folder.to_str().expect("UTF-8"), |_| true) } else { Vec::new() };
        let documents =
            own.iter().map(|path| Document::new(path.display().to_string(), fs::read(path).expect("a file")).expect("UTF-8"));
        let rules = match RuleSet::layered(documents.collect()) {
            Ok(rules) if !own.is_empty() => {
                sets.push(set(rules));
                sets.len() - 1
            }
            _ => 0,
        };
        fixtures.push(Fixture { path, estate, rules });
    }
    (fixtures, sets)
}

/// What only the rules can tell: names that must be known or differ elsewhere in the file, and what a component type makes of a config.
fn beyond_schemas(code: Code, message: &str) -> bool {
    let codes = [
        Code::UnknownComponent,
        Code::PrefixCollision,
        Code::UnknownReference,
        Code::ReferenceCycle,
        Code::AmbiguousReference,
        Code::OverrideConflict,
        Code::Expression,
    ];
    let said = ["that component type", "another name of", "stands twice", "is none of the", "a name is empty", "is no address"];
    codes.contains(&code) || said.iter().any(|part| message.contains(part))
}

/// What the check takes the schema takes; what the check refuses for what stands at one place the schema refuses.
#[test]
fn the_schema_of_estates_agrees_with_the_check() {
    let (fixtures, sets) = fixtures();
    let mut state = 0x1234_5678_9ABC_DEF1_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let (mut taken, mut refused) = (0, 0);
    for fixture in &fixtures {
        for round in 0..25 {
            let mut estate = fixture.estate.clone();
            if round > 0 {
                mutate(&mut estate, &mut random);
            }
            let (rules, schema) = &sets[fixture.rules];
            let document = Document::new("estate.json", estate.to_string().into_bytes()).expect("UTF-8");
            let said = faults(schema, &estate);
            let path = fixture.path.display();
            match load(&document, rules) {
                Ok(_) => {
                    assert_eq!(said, Vec::<String>::new(), "{path}\n{estate:#}");
                    taken += 1;
                }
                Err(found) => {
                    let own: Vec<String> =
                        found.iter().filter(|d| !beyond_schemas(d.code, &d.message)).map(ToString::to_string).collect();
                    assert!(own.is_empty() || !said.is_empty(), "{path}\n{own:#?}\n{estate:#}");
                    refused += usize::from(!own.is_empty());
                }
            }
        }
    }
    assert!(taken >= 300 && refused >= 300, "{taken} taken, {refused} refused");
}

/// Changes something somewhere.
fn mutate(value: &mut Value, random: &mut impl FnMut(usize) -> usize) {
    let words = [
        json!("Strong"),
        json!("strong"),
        json!("x"),
        json!(""),
        json!(0),
        json!(-1),
        json!(7.5),
        json!(1000),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
        json!(["a", "a"]),
        json!({ "name": "a" }),
        json!("${cosmos.id}"),
        json!("${nothing.here}"),
        json!("eastus"),
        json!(["b"]),
        json!({ "value": "a", "shared": true }),
        json!("CrudApi"),
        json!("cosmos"),
    ];
    match value {
        Value::Object(map) if !map.is_empty() && random(8) > 0 => {
            let key = map.keys().nth(random(map.len())).expect("a member").clone();
            match random(10) {
                0 => drop(map.remove(&key)),
                1 => {
                    let names =
                        ["typ", "config", "requirements", "enableServerless", "sku", "ttl", "tags", "location", "databases"];
                    if let Some(member) = map.remove(&key) {
                        map.insert(names[random(names.len())].to_owned(), member);
                    }
                }
                _ => mutate(map.get_mut(&key).expect("a member"), random),
            }
        }
        Value::Array(array) if !array.is_empty() && random(8) > 0 => {
            let at = random(array.len());
            mutate(&mut array[at], random);
        }
        other => *other = words[random(words.len())].clone(),
    }
}

/// `schemas/` holds what `colocate schema` prints; `BLESS=1` writes it anew.
#[test]
fn the_schemas_that_ship_are_current() {
    let rules = RuleSet::builtin().expect("rules");
    let all = [
        ("estate", Schema::Estate),
        ("part", Schema::Part),
        ("lock", Schema::Lock),
        ("plan", Schema::Plan),
        ("rules", Schema::Rules),
        ("scenarios", Schema::Scenarios),
    ];
    for (name, of) in all {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
        let text = schema(of, &rules);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &text).expect("it is written");
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "BLESS=1 cargo test --test schemas writes {} anew", path.display());
    }
}
