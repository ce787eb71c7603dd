//! Every value that the rules allow, held against what Azure and its Terraform provider declare; and who reaches what.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[path = "common/declared.rs"]
mod declared;

use colocate::{Estate, Plan, Planner, Projection, ProjectionTarget, RuleSet};
use declared::{ArgumentValues, Declarations};
use quickcheck::QuickCheck;
use serde_json::{Map, Value, json};

fn planned(rules: &RuleSet, estate: &Value) -> Result<Plan, String> {
    let estate = Estate::from_json("estate.json", estate.to_string().into_bytes()).map_err(|faults| faults.to_string())?;
    Planner::new(rules).plan(&estate).map_err(|error| error.to_string())
}

fn files(plan: &Plan, rules: &RuleSet, target: ProjectionTarget) -> Vec<Value> {
    let projection = Projection::new(plan, rules, target).unwrap_or_else(|error| panic!("{:?}", error.0));
    projection.files.iter().map(|(_, text)| serde_json::from_str(text).expect("JSON")).collect()
}

/// What the providers declare.
struct Provider {
    arm: Declarations,
    terraform: ArgumentValues,
}

impl Provider {
    fn read() -> Self {
        Self { arm: Declarations::read(), terraform: ArgumentValues::read() }
    }

    /// What they would refuse of a plan's templates.
    fn faults(&self, plan: &Plan, rules: &RuleSet) -> Vec<String> {
        let arm = files(plan, rules, ProjectionTarget::Arm);
        let resources = arm.iter().flat_map(|template| template["resources"].as_array().into_iter().flatten());
        let mut faults: Vec<String> = resources.flat_map(|resource| self.arm.faults(resource)).collect();
        for file in files(plan, rules, ProjectionTarget::Terraform) {
            faults.extend(self.terraform.faults(&file));
        }
        faults
    }
}

/// Configs of each type to which a property is added.
fn bases(resource_type: &str) -> Vec<Value> {
    match resource_type {
        "cosmos" => {
            let databases = json!([{ "name": "d", "containers": [{ "name": "c", "uniqueKeys": ["/k"] }] }]);
            vec![json!({ "databases": databases }), json!({ "api": "MongoDB", "databases": databases })]
        }
        "functions" => ["FC1", "EP1", "S1", "Y1"]
            .into_iter()
            .flat_map(|sku| ["linux", "windows"].map(|os| json!({ "functions": ["x"], "sku": sku, "os": os })))
            .collect(),
        "storage" => vec![
            json!({ "containers": ["abc"], "ipRules": ["203.0.113.5/32"] }),
            json!({ "tier": "Premium", "kind": "FileStorage" }),
        ],
        "servicebus" => ["Standard", "Premium"]
            .map(|sku| json!({ "sku": sku, "queues": ["a/q"], "topics": [{ "name": "t", "subscriptions": ["s"] }] }))
            .to_vec(),
        "cdn" => ["Standard_AzureFrontDoor", "Premium_AzureFrontDoor"]
            .map(|sku| json!({ "sku": sku, "endpoints": [{ "name": "e", "origin": "example.com" }] }))
            .to_vec(),
        "keyvault" => vec![json!({ "secrets": ["s"] })],
        "plan" => ["B1", "P1v3", "EP1"].map(|sku| json!({ "sku": sku })).to_vec(),
        _ => vec![json!({})],
    }
}

/// The rule files of a folder, by name.
fn rule_files(folder: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/azure").join(folder);
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let rule: Value = serde_json::from_str(&fs::read_to_string(&path).expect("a rule file")).expect("JSON");
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), rule)
    };
    fs::read_dir(folder).expect("rules").map(read).collect()
}

/// Values of a single property: all where they are listed, else both ends of the range.
fn values(single: &Value) -> Vec<Value> {
    if let Some(listed) = single["enum"].as_array().or(single["order"].as_array()) {
        return listed.clone();
    }
    match single["type"].as_str().unwrap_or_default() {
        "boolean" => vec![json!(true), json!(false)],
        "integer" => {
            let step = single["multipleOf"].as_i64().unwrap_or(1);
            let low = single["minimum"].as_i64().unwrap_or(1);
            [Some(low), Some(low + step), single["maximum"].as_i64()].into_iter().flatten().map(|number| json!(number)).collect()
        }
        _ => Vec::new(),
    }
}

/// Values that a property allows, those within elements with what else an element must state.
fn candidates(property: &Value) -> Vec<Value> {
    let items = &property["items"];
    match (property["type"].as_str().unwrap_or_default(), items["type"].as_str().unwrap_or_default()) {
        ("object", _) => members(&property["properties"]),
        ("array", "object") => members(&items["properties"]).into_iter().map(|member| json!([named(items, member)])).collect(),
        ("array", _) => values(items).into_iter().map(|value| json!([value])).collect(),
        ("map", "object") => {
            members(&items["properties"]).into_iter().map(|member| json!({ "abc": named(items, member) })).collect()
        }
        ("map", _) => Vec::new(),
        _ => values(property),
    }
}

/// Objects in which one property is stated, each in each of its values.
fn members(properties: &Value) -> Vec<Value> {
    let all = properties.as_object().into_iter().flatten();
    all.flat_map(|(name, property)| candidates(property).into_iter().map(move |value| json!({ name: value }))).collect()
}

/// An element with what every element must state.
fn named(items: &Value, mut element: Value) -> Value {
    for (name, _) in items["properties"].as_object().into_iter().flatten().filter(|(_, property)| property["required"] == true) {
        if element[name.as_str()].is_null() {
            element[name.as_str()] = if name == "origin" { json!("example.com") } else { json!("abc") };
        }
    }
    element
}

/// A value that the provider refuses is refused by the rules: every enum, order and range of every type.
#[test]
fn whatever_the_rules_allow_the_providers_take() {
    let rules = RuleSet::builtin().expect("rules");
    let provider = Provider::read();
    let (mut tried, mut refused) = (0, 0);
    for (resource_type, rule) in rule_files("resources") {
        for (name, property) in rule["properties"].as_object().expect("properties") {
            let all = candidates(property)
                .into_iter()
                .flat_map(|value| bases(&resource_type).into_iter().map(move |b| (b, value.clone())));
            for (mut config, value) in all {
                config[name.as_str()] = value.clone();
                let estate = json!({ "version": 1, "name": "s", "location": "eastus", "components": { "A": { "requirements": [
                    { "resourceType": resource_type, "requirementKey": "k", "config": config }] } } });
                tried += 1;
                match planned(&rules, &estate) {
                    Ok(plan) => {
                        let faults = provider.faults(&plan, &rules);
                        assert_eq!(faults, [""; 0], "{resource_type}.{name} = {value}");
                    }
                    Err(error) => {
                        assert!(error.contains("[E04") || error.contains("E04") || error.contains("E01"), "{error}");
                        assert!(!error.contains("mistake in the rule"), "{estate}\n{error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(tried > 500 && refused < tried / 2, "{refused} of {tried} are refused");
}

/// Every language in every version on every plan and system is taken by the providers, or refused.
#[test]
fn every_version_of_a_language_runs_where_it_is_planned_to() {
    let rules = RuleSet::builtin().expect("rules");
    let provider = Provider::read();
    let vocabularies = rule_files("vocabularies");
    let words = vocabularies["functionRuntimes"]["words"].as_object().expect("words");
    let known: BTreeSet<(&str, &str)> = words.keys().filter_map(|word| word.split(" on ").next()?.split_once(' ')).collect();
    let unknown =
        [("node", "14"), ("node", "99"), ("python", "2.7"), ("java", "9"), ("powershell", "7.6"), ("dotnet-isolated", "6.0")];
    let mut planned_versions = 0;
    for (runtime, version) in known.iter().chain(&unknown) {
        for sku in ["Y1", "FC1", "B1", "S1", "P1v3", "EP1"] {
            for os in ["linux", "windows"] {
                let estate = json!({ "version": 1, "name": "s", "location": "eastus", "components": { "A": { "requirements": [
                    { "resourceType": "functions", "requirementKey": "k", "config": { "functions": ["x"], "runtime": runtime,
                      "version": version, "sku": sku, "os": os } }] } } });
                let plan = planned(&rules, &estate);
                assert!(plan.is_err() || !unknown.contains(&(*runtime, *version)), "{runtime} {version} on {sku}, {os}");
                if let Ok(plan) = plan {
                    planned_versions += 1;
                    assert_eq!(provider.faults(&plan, &rules), [""; 0], "{runtime} {version} on {sku}, {os}");
                }
            }
        }
    }
    assert!(planned_versions > 100, "{planned_versions}");
}

#[test]
fn the_declarations_find_mistakes() {
    let arm = Declarations::read();
    let account = |properties: Value| {
        json!({ "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2025-01-01", "name": "abc", "location": "eastus",
            "kind": "StorageV2", "sku": { "name": "Standard_LRS" }, "properties": properties })
    };
    assert_eq!(arm.faults(&account(json!({ "minimumTlsVersion": "TLS1_2" }))), [""; 0]);
    assert_eq!(arm.faults(&account(json!({ "accessTier": "Warm" }))).len(), 1);
    assert_eq!(arm.faults(&account(json!({ "minimumTls": "TLS1_2" }))).len(), 1);
    let wrong = json!({ "resource": { "azurerm_storage_account": { "a": { "min_tls_version": "TLS1_3" } } } });
    assert_eq!(ArgumentValues::read().faults(&wrong).len(), 1);
}

/// A component with its own app or one that it shares, and data of several kinds.
fn component(seed: u64, number: u64) -> Value {
    let pick = |salt: u64, most: u64| {
        (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(number * 97 + salt * 7919) >> 33) % most
    };
    let sku = if pick(2, 2) == 0 { "FC1" } else { "EP1" };
    let mut requirements = vec![json!({ "resourceType": "functions", "requirementKey": format!("app{}", pick(1, 3)),
        "config": { "functions": ["f"], "sku": sku } })];
    if pick(3, 2) == 0 {
        requirements.push(
            json!({ "resourceType": "cosmos", "requirementKey": "db", "config": { "databases": [format!("d{}", pick(4, 4))] } }),
        );
    }
    if pick(5, 2) == 0 {
        requirements.push(json!({ "resourceType": "storage", "requirementKey": "data",
            "config": { "containers": ["files"], "queues": ["jobs"], "tables": ["log"] } }));
    }
    if pick(6, 2) == 0 {
        requirements.push(json!({ "resourceType": "servicebus", "requirementKey": "bus", "config": { "sku": "Standard",
            "queues": [format!("q{}", pick(7, 4))], "topics": [{ "name": format!("t{}", pick(8, 3)), "subscriptions": ["s"] }] } }));
    }
    if pick(9, 3) == 0 {
        requirements.push(json!({ "resourceType": "keyvault", "requirementKey": "vault", "config": { "secrets": ["key"] } }));
    }
    json!({ "requirements": requirements })
}

/// Types that hold other things, so that a role at one opens all of them.
const HOLDERS: [&str; 5] = [
    "Microsoft.DocumentDB/databaseAccounts'",
    "Microsoft.Storage/storageAccounts'",
    "Microsoft.ServiceBus/namespaces'",
    "Microsoft.KeyVault/vaults'",
    "Microsoft.Storage/storageAccounts/blobServices'",
];

/// What every identity can reach, by the templates: role assignments by their scopes.
fn reach(templates: &[Value]) -> BTreeMap<String, BTreeSet<String>> {
    let mut reach: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for resource in templates.iter().flat_map(|template| template["resources"].as_array().into_iter().flatten()) {
        let kind = resource["type"].as_str().unwrap_or_default();
        let scope = match kind {
            "Microsoft.Authorization/roleAssignments" => resource["scope"].as_str(),
            "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments" => resource["properties"]["scope"].as_str(),
            _ => continue,
        };
        let principal = resource["properties"]["principalId"].as_str().expect("a principal");
        let identity = principal.split("'id-").nth(1).and_then(|rest| rest.split('\'').next()).expect("an identity");
        reach.entry(identity.to_owned()).or_default().insert(scope.expect("a scope").to_owned());
    }
    reach
}

/// What an identity may reach: what its app's components are bound to, and the account of its own host.
fn allowed(plan: &Plan, app: &colocate::Resource) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    for id in app.requires.values().flatten() {
        let host = plan.resource(id.as_str()).expect("the resource");
        allowed.insert(format!("'{}'", host.name));
    }
    for binding in app.components.iter().filter_map(|id| plan.bindings.get(id)) {
        for (id, elements) in binding.elements.iter() {
            let resource = plan.resource(id.as_str()).expect("the resource");
            for name in elements.iter().flat_map(|(_, names)| names) {
                allowed.insert(format!("'{}' {name}", resource.name));
            }
        }
    }
    allowed
}

/// No identity reaches what its components are not bound to, and every one reaches all that they are.
#[test]
fn access_is_what_the_bindings_say() {
    fn holds(seed: u64) -> bool {
        let rules = RuleSet::builtin().expect("rules");
        let components: Map<String, Value> = (0..6).map(|i| (format!("C{i}"), component(seed, i))).collect();
        let estate = json!({ "version": 1, "name": "s", "location": "eastus", "components": components });
        let plan = planned(&rules, &estate).unwrap_or_else(|error| panic!("{estate}\n{error}"));
        let reach = reach(&files(&plan, &rules, ProjectionTarget::Arm));
        for app in plan.resources.iter().filter(|resource| resource.resource_type.as_str() == "functions") {
            let allowed = allowed(&plan, app);
            for scope in &reach[&app.name] {
                let own = app.requires.values().flatten().any(|id| {
                    let host = plan.resource(id.as_str()).expect("the host");
                    scope.contains(&format!("'{}'", host.name))
                        && host.components.iter().all(|component| app.components.contains(component))
                        && host.config.get("containers").is_none()
                });
                let named = allowed.iter().filter_map(|entry| entry.split_once(' ')).any(|(resource, element)| {
                    scope.contains(resource)
                        && (scope.contains(&format!("'{element}'")) || scope.contains(&format!("/dbs/{element}")))
                });
                assert!(own || named, "`{}` reaches {scope}, beyond {allowed:?}\n{estate}", app.name);
                let whole = scope.starts_with("[resourceId(") && HOLDERS.iter().any(|kind| scope.contains(kind));
                assert!(own || !whole, "`{}` reaches all of {scope}", app.name);
            }
            for (resource, element) in allowed.iter().filter_map(|entry| entry.split_once(' ')) {
                let function = app.name == resource.trim_matches('\'');
                let reached = reach[&app.name].iter().any(|scope| {
                    scope.contains(resource)
                        && (scope.contains(&format!("'{element}'")) || scope.contains(&format!("/dbs/{element}")))
                });
                assert!(function || reached, "`{}` does not reach {element} of {resource}", app.name);
            }
        }
        true
    }
    QuickCheck::new().tests(30).quickcheck(holds as fn(u64) -> bool);
}
