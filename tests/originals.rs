//! What the field's original got wrong, each as a short test.

use std::collections::BTreeSet;

use colocate::{Diagnostics, Estate, Plan, Planner, Resource, RuleSet};
use serde_json::{Map, Value, json};

fn try_plan(components: Value) -> Result<Plan, Diagnostics> {
    let text = json!({"version": 1, "name": "shop", "environment": "prod", "location": "eastus", "components": components});
    let estate = Estate::from_json("estate.json", text.to_string().into_bytes())?;
    let rules = RuleSet::builtin()?;
    Planner::new(&rules).plan(&estate).map_err(|error| error.0)
}

fn plan(components: Value) -> Plan {
    try_plan(components).expect("a plan")
}

fn needs(resource_type: &str, config: Value) -> Value {
    needs_with(resource_type, 10, config)
}

fn needs_with(resource_type: &str, priority: u16, config: Value) -> Value {
    let requirement = json!({"resourceType": resource_type, "requirementKey": "main", "priority": priority, "config": config});
    json!({ "requirements": [requirement] })
}

/// Components `C00`, `C01`, …, each made from its number.
fn many(count: usize, mut each: impl FnMut(usize) -> Value) -> Value {
    Value::Object((0..count).map(|i| (format!("C{i:03}"), each(i))).collect::<Map<_, _>>())
}

fn of_type<'p>(plan: &'p Plan, resource_type: &str) -> Vec<&'p Resource> {
    plan.resources.iter().filter(|resource| resource.resource_type.as_str() == resource_type).collect()
}

fn names(list: &Value) -> BTreeSet<&str> {
    let name = |value: &'_ Value| value.as_str().is_some() || value.get("name").is_some();
    let list = list.as_array().expect("a list");
    assert!(list.iter().all(name));
    list.iter().filter_map(|value| value.as_str().or_else(|| value["name"].as_str())).collect()
}

#[test]
fn twenty_six_databases_take_two_accounts_instead_of_an_error() {
    let plan = plan(many(26, |i| needs("cosmos", json!({"databases": [format!("db-{i}")]}))));
    assert_eq!((plan.summary.resources, plan.optimal), (2, true));
    let placed: usize = of_type(&plan, "cosmos").iter().map(|account| names(&account.config["databases"]).len()).sum();
    assert_eq!(placed, 26);
}

#[test]
fn twenty_six_components_in_one_database_take_one_account() {
    let plan = plan(many(26, |_| needs("cosmos", json!({"databases": ["shop"]}))));
    assert_eq!((plan.summary.resources, plan.resources[0].usage["databases"].used), (1, 1));
}

#[test]
fn two_hundred_and_one_functions_take_two_apps() {
    let one_each = plan(many(201, |_| needs("functions", json!({"functions": ["run"]}))));
    assert_eq!((of_type(&one_each, "functions").len(), one_each.optimal), (2, true));
    let all_in_one = plan(json!({"Importer": needs("functions", json!({"functions": 201}))}));
    assert_eq!((of_type(&all_in_one, "functions").len(), all_in_one.optimal), (2, true));
    let functions: BTreeSet<&str> =
        of_type(&all_in_one, "functions").into_iter().flat_map(|app| names(&app.config["functions"])).collect();
    assert_eq!(functions.len(), 201);
}

#[test]
fn priority_30_strong_beats_10_session() {
    let strong = |priority| needs_with("cosmos", priority, json!({"consistency": "Strong"}));
    let session = |priority| needs_with("cosmos", priority, json!({"consistency": "Session"}));
    for components in [json!({"A": strong(30), "B": session(10)}), json!({"A": session(10), "B": strong(30)})] {
        let plan = plan(components);
        assert_eq!((plan.summary.resources, &plan.resources[0].config["consistency"]), (1, &json!("Strong")));
    }
}

#[test]
fn a_value_that_only_the_second_component_states_survives() {
    let plan = plan(json!({
        "A": needs("storage", json!({"containers": ["a"]})),
        "B": needs("storage", json!({"redundancy": "ZRS", "accessTier": "Cool", "deleteRetentionDays": 30})),
    }));
    let config = &plan.resources[0].config;
    assert_eq!(plan.summary.resources, 1);
    assert_eq!((&config["redundancy"], &config["accessTier"]), (&json!("ZRS"), &json!("Cool")));
    assert_eq!(config["deleteRetentionDays"], 30);
}

#[test]
fn absent_is_not_false() {
    for (resource_type, property) in
        [("storage", "blobVersioning"), ("functions", "alwaysOn"), ("storage", "sharedKeyAccess"), ("cosmos", "localAuth")]
    {
        let config = |value: bool| json!({property: value, "sku": "B1"});
        let config = |value: bool| if resource_type == "functions" { config(value) } else { json!({property: value}) };
        for value in [true, false] {
            for components in [
                json!({"A": needs(resource_type, json!({})), "B": needs(resource_type, config(value))}),
                json!({"A": needs(resource_type, config(value)), "B": needs(resource_type, json!({}))}),
            ] {
                let plan = plan(components);
                assert_eq!(plan.summary.resources, 1, "{resource_type}.{property}");
                assert_eq!(plan.resources[0].config[property], value, "{resource_type}.{property}");
            }
        }
        let silent = plan(json!({"A": needs(resource_type, json!({}))}));
        assert!(!silent.resources[0].config.contains_key(property), "{resource_type}.{property} is made up");
    }
}

#[test]
fn ip_rules_are_agreed_on_or_not_shared() {
    for resource_type in ["cosmos", "storage", "functions", "keyvault"] {
        let rules = |list: Value| needs(resource_type, json!({ "ipRules": list }));
        let same =
            plan(json!({"A": rules(json!(["203.0.113.1", "203.0.113.2"])), "B": rules(json!(["203.0.113.2", "203.0.113.1"]))}));
        let [shared] = of_type(&same, resource_type)[..] else { panic!("{resource_type} is not shared") };
        assert_eq!(names(&shared.config["ipRules"]), BTreeSet::from(["203.0.113.1", "203.0.113.2"]));
        let other = plan(
            json!({"A": rules(json!(["203.0.113.1"])), "B": rules(json!(["203.0.113.3"])), "C": needs(resource_type, json!({}))}),
        );
        let lists: Vec<Vec<&str>> = of_type(&other, resource_type)
            .iter()
            .map(|r| r.config.get("ipRules").map_or(Vec::new(), |l| names(l).into_iter().collect()))
            .collect();
        assert_eq!(lists.len(), 3, "{resource_type}: {lists:?}");
        assert!(lists.iter().all(|list| list.len() <= 1), "{resource_type}: {lists:?}");
    }
}

#[test]
fn the_highest_throughput_is_kept_at_every_level() {
    let config = |throughput: u32| {
        let container = json!({"name": "items", "throughput": throughput + 100});
        json!({"throughput": throughput, "databases": [{"name": "shop", "throughput": throughput + 200, "containers": [container]}]})
    };
    let plan =
        plan(json!({"A": needs("cosmos", config(400)), "B": needs("cosmos", config(1000)), "C": needs("cosmos", config(600))}));
    let merged = &plan.resources[0].config;
    assert_eq!(merged["throughput"], 1000);
    assert_eq!(merged["databases"][0]["throughput"], 1200);
    assert_eq!(merged["databases"][0]["containers"][0]["throughput"], 1100);
}

#[test]
fn cors_origins_of_all_components_are_kept() {
    for resource_type in ["functions", "storage"] {
        let cors = |origin: &str| needs(resource_type, json!({ "cors": [origin] }));
        let plan = plan(json!({"A": cors("https://a.example"), "B": cors("https://b.example")}));
        let kept = &of_type(&plan, resource_type)[0].config["cors"];
        assert_eq!(names(kept), BTreeSet::from(["https://a.example", "https://b.example"]));
    }
}

#[test]
fn connection_strings_of_all_components_are_kept_under_their_prefixes() {
    let strings =
        |value: &str, kind: &str| needs("functions", json!({"connectionStrings": {"DB": {"value": value, "type": kind}}}));
    let plan = plan(json!({"UserApi": strings("u", "SQLAzure"), "OrderApi": strings("o", "MySql")}));
    let app = of_type(&plan, "functions")[0];
    let (user, order) = (&app.config["connectionStrings"]["USER_API_DB"], &app.config["connectionStrings"]["ORDER_API_DB"]);
    assert_eq!((&user["type"], &order["type"]), (&json!("SQLAzure"), &json!("MySql")));
    // They give access, so the plan has digests in their place.
    assert!(user["value"] != order["value"] && user["value"] != "u" && order["value"] != "o");
}

#[test]
fn the_kind_is_kept_and_different_kinds_never_share() {
    let kind = |kind: &str, tier: &str| needs("storage", json!({ "kind": kind, "tier": tier }));
    let premium = kind("BlockBlobStorage", "Premium");
    let plan =
        plan(json!({"A": needs("storage", json!({"containers": ["a"]})), "B": premium, "C": kind("StorageV2", "Standard")}));
    let kinds: BTreeSet<&str> = plan.resources.iter().filter_map(|account| account.config["kind"].as_str()).collect();
    assert_eq!((plan.resources.len(), kinds), (2, BTreeSet::from(["BlockBlobStorage", "StorageV2"])));
}

#[test]
fn queues_and_tables_of_all_components_are_kept() {
    let data =
        |queue: &str, table: &str| needs("storage", json!({"queues": [queue], "tables": [table], "containers": ["files"]}));
    let plan = plan(json!({"UserApi": data("mail", "Logins"), "OrderApi": data("bills", "Totals")}));
    let config = &plan.resources[0].config;
    assert_eq!(plan.resources.len(), 1);
    assert_eq!(names(&config["queues"]), BTreeSet::from(["user-api-mail", "order-api-bills"]));
    assert_eq!(names(&config["tables"]), BTreeSet::from(["UserApiLogins", "OrderApiTotals"]));
    assert_eq!(names(&config["containers"]), BTreeSet::from(["user-api-files", "order-api-files"]));
}

#[test]
fn reversing_the_components_changes_nothing() {
    let component = |i: usize| {
        let consistency = ["Strong", "Session", "Eventual"][i % 3];
        let cosmos = json!({"consistency": consistency, "databases": [format!("db-{}", i / 2)]});
        let cosmos = json!({"resourceType": "cosmos", "requirementKey": "main", "priority": 10 + i % 2, "config": cosmos});
        let functions = json!({"functions": 7 * i, "runtime": if i.is_multiple_of(4) { "python" } else { "node" }, "cors": [format!("https://{i}")]});
        let functions = json!({"resourceType": "functions", "requirementKey": "main", "config": functions});
        format!("\"C{i:02}\": {}", json!({ "requirements": [cosmos, functions] }))
    };
    let text = |order: Vec<usize>| {
        let components: Vec<String> = order.into_iter().map(component).collect();
        // Each pair in one database agrees, or the estate could not be planned.
        let components = components.join(", ").replace("Strong", "Session");
        format!(r#"{{"version": 1, "name": "shop", "components": {{{components}}}}}"#)
    };
    let rules = RuleSet::builtin().expect("rules");
    let planned = |order: Vec<usize>| {
        let estate = Estate::from_json("estate.json", text(order).into_bytes()).expect("an estate");
        Planner::new(&rules).plan(&estate).map(|plan| plan.to_json()).map_err(|error| error.to_string())
    };
    let forward = planned((0..24).collect());
    assert!(forward.is_ok(), "{forward:?}");
    assert_eq!(forward, planned((0..24).rev().collect()));
    assert_eq!(forward, planned((0..24).map(|i| i * 7 % 24).collect()));
}

#[test]
fn a_second_component_never_renames_the_first_ones_things() {
    let first = json!({"type": "CrudApi", "config": {"entityName": "User"}});
    let alone = plan(json!({ "UserApi": first }));
    // One that comes before it in every order, and one that comes after it.
    let both = plan(json!({"Account": {"type": "CrudApi"}, "UserApi": first, "Zone": {"type": "CrudApi"}}));
    assert_eq!(alone.bindings["UserApi"], both.bindings["UserApi"]);
    let names = |plan: &Plan| -> Vec<(String, String)> {
        plan.resources.iter().map(|resource| (resource.id.to_string(), resource.name.clone())).collect()
    };
    assert_eq!(names(&alone), names(&both));
    let app = &of_type(&both, "functions")[0].config;
    for function in ["user-api-create", "user-api-read", "user-api-update", "user-api-delete", "user-api-list"] {
        assert!(lists(&app["functions"], function), "{function} is gone");
    }
}

fn lists(list: &Value, name: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|value| value == name))
}

#[test]
fn functions_declared_before_storage_work() {
    let functions = json!({"resourceType": "functions", "requirementKey": "main", "config": {
        "functions": ["save"], "environmentVariables": {"BLOBS": "${storage.blobEndpoint}"}}});
    let storage = json!({"resourceType": "storage", "requirementKey": "main", "config": {"containers": ["files"]}});
    let before = plan(json!({"A": {"requirements": [functions, storage]}}));
    let after = plan(json!({"A": {"requirements": [storage, functions]}}));
    assert_eq!(before, after);
    assert_eq!(before.bindings["A"].environment["A_BLOBS"], "${storage:main.blobEndpoint}");
    // The app's host has an account of its own beside the component's.
    assert_eq!(of_type(&before, "storage").len(), 2);
    assert!(of_type(&before, "functions")[0].depends_on.iter().any(|id| id.as_str() == "storage:main"));
}

#[test]
fn a_conflict_names_components_property_and_values() {
    let partition_key = |key: &str| {
        let container = json!({"name": "orders", "partitionKey": key});
        needs("cosmos", json!({"databases": [{"name": "shop", "containers": [container]}]}))
    };
    let error =
        try_plan(json!({"Orders": partition_key("/customer"), "Reports": partition_key("/region")})).expect_err("a conflict");
    let message = error.to_string();
    for wanted in ["Orders", "Reports", "partitionKey", "\"/customer\"", "\"/region\"", "shop", "orders"] {
        assert!(message.contains(wanted), "{wanted} is not in: {message}");
    }
    let split = plan(json!({
        "Orders": needs("cosmos", json!({"consistency": "Strong"})), "Reports": needs("cosmos", json!({"consistency": "Session"})),
    }));
    let warning = &split.warnings[0];
    assert_eq!(warning.components.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["Orders", "Reports"]);
    for wanted in ["Orders", "Reports", "consistency", "\"Strong\"", "\"Session\"", "1 resource"] {
        assert!(warning.message.contains(wanted), "{wanted} is not in: {}", warning.message);
    }
}

#[test]
fn static_sites_and_data_stacks_plan() {
    let plan = plan(json!({
        "Storefront": {"type": "StaticSite"}, "Docs": {"type": "StaticSite"},
        "Orders": {"type": "DataStack"}, "Billing": {"type": "DataStack"},
    }));
    let count = |resource_type: &str| of_type(&plan, resource_type).len();
    assert_eq!((count("cdn"), count("cosmos"), count("servicebus"), count("storage")), (1, 1, 1, 3));
    assert!(plan.optimal);
    // Each site is served from its own account.
    let endpoints = of_type(&plan, "cdn")[0].config["endpoints"].as_array().expect("endpoints");
    let origins: BTreeSet<&str> = endpoints.iter().filter_map(|endpoint| endpoint["origin"].as_str()).collect();
    assert_eq!(origins, BTreeSet::from(["${storage:static-sites.webHost}", "${storage:static-sites-2.webHost}"]));
}
