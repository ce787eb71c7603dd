//! Reading existing resources: what comes out of real-looking and of odd files, and the way back from `colocate`'s own templates.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use colocate::diff::Change;
use colocate::solve::Control;
use colocate::{
    CrudApi, Document, Estate, ImportComponents, ImportOptions, Imported, Lock, Moves, Plan, PlanDiff, Planner, Projection,
    ProjectionTarget, RuleSet, load,
};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn colocate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colocate")).args(arguments).env("NO_COLOR", "1").output().expect("the binary runs")
}

fn rules() -> RuleSet {
    RuleSet::builtin().expect("rules")
}

fn template(resources: Value) -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": resources
    })
}

/// Imports a document, and asserts what holds for every import: the estate can be read, and the lock is sound.
fn import_with(value: &Value, options: &ImportOptions, files: &dyn Fn(&str) -> Option<Document>) -> Imported {
    let document = Document::new("main.json", value.to_string().into_bytes()).expect("text");
    let imported = Imported::read(&document, &rules(), options, files).unwrap_or_else(|error| panic!("{error}"));
    let written = Document::new("estate.json", imported.estate_json().into_bytes()).expect("text");
    load(&written, &rules()).unwrap_or_else(|error| panic!("{error}\n{}", imported.estate_json()));
    let read = Lock::from_json("lock", imported.lock.to_json().into_bytes(), &rules()).unwrap_or_else(|error| panic!("{error}"));
    assert!(read.bindings == imported.lock.bindings && read.resources.len() == imported.lock.resources.len());
    imported
}

fn import(value: &Value) -> Imported {
    import_with(value, &ImportOptions { name: Some("shop".to_owned()), ..ImportOptions::default() }, &|_| None)
}

/// The config of a component's requirement of a type.
fn config<'i>(imported: &'i Imported, component: &str, resource_type: &str) -> &'i serde_json::Map<String, Value> {
    let component =
        imported.estate.components.get(component).unwrap_or_else(|| panic!("no {component} in {}", imported.estate_json()));
    let found = component.requirements.iter().find(|requirement| requirement.resource_type.as_str() == resource_type);
    &found.unwrap_or_else(|| panic!("no {resource_type}: {}", imported.estate_json())).config
}

fn account(name: &str, databases: &[&str]) -> Value {
    let mut account = json!({
        "type": "Microsoft.DocumentDB/databaseAccounts", "apiVersion": "2025-04-15", "name": name, "location": "East US",
        "properties": {
            "databaseAccountOfferType": "Standard", "locations": [{ "locationName": "East US", "failoverPriority": 0 }],
            "capabilities": [{ "name": "EnableServerless" }], "consistencyPolicy": { "defaultConsistencyLevel": "Session" }
        }
    });
    let inner = |name: &&str| json!({ "type": "sqlDatabases", "apiVersion": "2025-04-15", "name": name, "properties": { "resource": { "id": name } } });
    account["resources"] = databases.iter().map(inner).collect();
    account
}

fn app(name: &str, settings: &[(&str, &str)]) -> Value {
    let settings: Vec<Value> = settings.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "type": "Microsoft.Web/sites", "apiVersion": "2024-11-01", "name": name, "location": "eastus", "kind": "functionapp,linux",
        "properties": { "siteConfig": { "linuxFxVersion": "Node|22", "appSettings": settings } }
    })
}

fn storage(name: &str) -> Value {
    json!({ "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2025-01-01", "name": name, "location": "eastus", "kind": "StorageV2",
            "sku": { "name": "Standard_LRS" }, "properties": {} })
}

fn container(account: &str, name: &str) -> Value {
    json!({ "type": "Microsoft.Storage/storageAccounts/blobServices/containers", "apiVersion": "2025-01-01",
            "name": format!("{account}/default/{name}"), "properties": {} })
}

#[test]
fn five_apis_of_their_own_become_five_components_that_may_share() {
    for file in ["import-arm/main.json", "import-terraform/state.json"] {
        let text = fs::read(root().join("fixtures").join(file)).expect("the fixture");
        let imported = import(&serde_json::from_slice(&text).expect("JSON"));
        for api in ["Invoice", "Order", "Product", "Review", "User"] {
            let settings = &config(&imported, api, "functions")["environmentVariables"];
            assert_eq!(settings["COSMOS_ENDPOINT"], "${cosmos.documentEndpoint}", "{file}");
            assert_eq!(config(&imported, api, "functions")["runtime"], "node");
            assert_eq!(config(&imported, api, "functions")["version"], "20");
            assert_eq!(config(&imported, api, "cosmos")["databases"].as_array().map(Vec::len), Some(1));
        }
        // What today's names are, the lock knows; each API is on its own account.
        let names: Vec<&str> = imported.lock.resources.iter().map(|resource| resource.name.as_str()).collect();
        assert!(names.contains(&"cosmos-shop-user-prod") && names.contains(&"asp-shop-user-prod"), "{names:?}");
        let on: Vec<&colocate::ResourceId> = imported
            .lock
            .bindings
            .values()
            .filter_map(|binding| binding.resources.get("cosmos:shared-cosmos"))
            .flatten()
            .collect();
        assert_eq!(on.iter().collect::<std::collections::BTreeSet<_>>().len(), on.len());
        // The secret is not in the estate, nor in the report.
        assert!(!imported.estate_json().contains("sk_live") && !format!("{:#}", imported.report).contains("sk_live"));
        assert!(imported.report.left_out.iter().any(|left| left.what.contains("PAYMENT_API_KEY")));
        // A setting with the name of a container follows the container.
        let settings = &config(&imported, "Product", "functions")["environmentVariables"];
        assert_eq!(settings["CATALOG_CONTAINER"], "${storage.containers[images]}");
        let plan = Planner::new(&rules()).plan(&imported.estate).expect("a plan");
        let accounts = plan.resources.iter().filter(|resource| resource.resource_type.as_str() == "cosmos").count();
        assert!(accounts <= 2 && plan.summary.resources <= 6, "{}", plan.summary.resources);
    }
}

#[test]
fn the_order_in_the_file_does_not_matter() {
    let text = fs::read(root().join("fixtures/import-arm/main.json")).expect("the fixture");
    let value: Value = serde_json::from_slice(&text).expect("JSON");
    let mut turned = value.clone();
    turned["resources"].as_array_mut().expect("resources").reverse();
    let (one, other) = (import(&value), import(&turned));
    assert_eq!(one.estate_json(), other.estate_json());
    assert_eq!(one.lock, other.lock);
    assert_eq!(one.report, other.report);
}

fn plan(estate: &Estate) -> Plan {
    Planner::new(&rules()).plan(estate).expect("a plan")
}

/// The way through a template and back.
fn back(plan_of: &Plan, name: &str, environment: Option<&str>) -> Imported {
    let projection = Projection::new(plan_of, &rules(), ProjectionTarget::Arm).expect("a template");
    let files: BTreeMap<&str, &str> = projection.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (first, text) =
        projection.files.iter().find(|(name, _)| name == "main.json").or(projection.files.first()).expect("a file");
    let _ = first;
    let options =
        ImportOptions { name: Some(name.to_owned()), environment: environment.map(str::to_owned), ..ImportOptions::default() };
    let beside = |path: &str| files.get(path).and_then(|text| Document::new(path, text.as_bytes().to_vec()).ok());
    import_with(&serde_json::from_str(text).expect("JSON"), &options, &beside)
}

#[test]
fn templates_of_a_plan_come_back_as_the_same_templates() {
    let mut same = 0;
    for name in [
        "crud-five",
        "conflict-split",
        "data-stack",
        "functions-app",
        "isolated-networking",
        "explain-second-app",
        "python-beside-node",
        "override",
    ] {
        let text = fs::read(root().join("fixtures").join(name).join("estate.json")).expect("the fixture");
        let estate = Estate::from_json("estate.json", text).expect("an estate");
        let first = plan(&estate);
        let imported = back(&first, &estate.name, estate.environment.as_deref());
        let second = plan(&imported.estate);
        let arm = |plan: &Plan| Projection::new(plan, &rules(), ProjectionTarget::Arm).expect("a template").files;
        // Private links of Front Door are not read.
        if name != "isolated-networking" {
            assert_eq!(arm(&first), arm(&second), "{name}");
        }
        // The lock places everything where it is, under its name.
        for resource in &first.resources {
            let locked = imported.lock.resources.iter().find(|locked| locked.id == resource.id);
            assert_eq!(locked.map(|locked| locked.name.as_str()), Some(resource.name.as_str()), "{name}: {}", resource.id);
        }
        assert_eq!(imported.lock.resources.len(), first.resources.len(), "{name}");
        for (id, binding) in &imported.lock.bindings {
            for (key, resources) in binding.resources.iter() {
                assert_eq!(first.bindings[id].resources.get(key), Some(resources), "{name}: {id} {key}");
            }
        }
        let diff = PlanDiff::between(&first, &second, &rules());
        let moved = diff
            .changes
            .iter()
            .any(|change| matches!(change, Change::Create(_) | Change::Remove(_) | Change::Move(_) | Change::Replace(_)));
        assert!(!moved, "{name}: {diff:#?}");
        same += 1;
    }
    assert_eq!(same, 8);
}

#[test]
fn a_plan_under_the_imported_lock_changes_nothing() {
    let rules = rules();
    for name in
        ["crud-five", "conflict-split", "data-stack", "functions-app", "isolated-networking", "one-database-26-components"]
    {
        let text = fs::read(root().join("fixtures").join(name).join("estate.json")).expect("the fixture");
        let estate = Estate::from_json("estate.json", text).expect("an estate");
        let first = plan(&estate);
        // Without the environment, new names would be others: the lock keeps those that there are.
        let imported = back(&first, &estate.name, None);
        let again = Planner::new(&rules).with_lock(&imported.lock, Moves::default()).plan(&imported.estate).expect("a plan");
        let diff = PlanDiff::between(&first, &again, &rules);
        let changed = |change: &Change| !matches!(change, Change::Update(_) | Change::Rebind(_));
        assert!(!diff.changes.iter().any(changed), "{name}: {diff:#?}");
        let names = |plan: &Plan| plan.resources.iter().map(|resource| resource.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&first), names(&again), "{name}");
    }
}

#[test]
fn what_runs_today_stays_under_the_imported_lock() {
    let rules = rules();
    for file in ["import-arm/main.json", "import-terraform/state.json"] {
        let text = fs::read(root().join("fixtures").join(file)).expect("the fixture");
        let imported = import(&serde_json::from_slice(&text).expect("JSON"));
        let plan = Planner::new(&rules).with_lock(&imported.lock, Moves::default()).plan(&imported.estate).expect("a plan");
        let stateful = |resource_type: &str| rules.resource(resource_type).is_some_and(|rule| rule.stateful);
        for (component, binding) in &imported.lock.bindings {
            for (key, resources) in
                binding.resources.iter().filter(|(key, _)| stateful(key.split(':').next().unwrap_or_default()))
            {
                assert_eq!(plan.bindings[component].resources.get(key), Some(resources), "{file}: {component} {key}");
            }
        }
        for locked in &imported.lock.resources {
            let name = plan.resource(locked.id.as_str()).map(|resource| resource.name.as_str());
            assert!(name.is_none_or(|name| name == locked.name), "{file}: {}", locked.id);
        }
    }
}

/// What is there keeps its name where it stays; settings that name it follow it when it moves, and so says every plan after that.
#[test]
fn elements_keep_their_names_under_the_imported_lock() {
    let rules = rules();
    let imported = import(&template(json!([
        storage("stshopinvoices"),
        container("stshopinvoices", "pdf"),
        container("stshopinvoices", "drafts"),
        storage("stshoporders"),
        container("stshoporders", "pdf"),
        app(
            "func-invoice",
            &[
                ("BLOBS", "https://stshopinvoices.blob.core.windows.net/"),
                ("CONTAINER", "pdf"),
                ("TEMPLATES", "https://stshopinvoices.blob.core.windows.net/drafts/a.html")
            ]
        ),
        app("func-order", &[("BLOBS", "https://stshoporders.blob.core.windows.net/"), ("CONTAINER", "pdf")]),
    ])));
    let under = |estate: &Estate, lock: &Lock, moves| Planner::new(&rules).with_lock(lock, moves).plan(estate).expect("a plan");
    let containers = |plan: &Plan, id: &str| {
        let listed = plan.resource(id).expect("it is there").config["containers"].as_array().cloned().unwrap_or_default();
        listed.iter().map(|container| container["name"].clone()).collect::<Vec<_>>()
    };
    let mut kept = under(&imported.estate, &imported.lock, Moves::default());
    for _ in 0..2 {
        let invoices = imported.lock.bindings["Invoice"].resources["storage:shared-storage"][0].as_str();
        let orders = imported.lock.bindings["Order"].resources["storage:shared-storage"][0].as_str();
        assert_eq!(containers(&kept, invoices), ["drafts", "pdf"]);
        assert_eq!(containers(&kept, orders), ["pdf"]);
        let of = |component: &str| serde_json::to_value(&kept.bindings[component].environment).expect("JSON").to_string();
        assert!(of("Invoice").contains(r#"CONTAINER":"pdf""#) && of("Invoice").contains("}drafts/a.html"), "{}", of("Invoice"));
        assert!(colocate::verify(&kept, &imported.estate, &rules, &Control::default()).holds);
        // The lock after this plan, or the plan as one, says it again.
        kept = under(&imported.estate, &Lock::after(&kept, Some(&imported.lock), &rules), Moves::default());
    }
    // What moves gets its prefix, and the settings say so.
    let moved = under(&imported.estate, &imported.lock, Moves::All);
    assert!(colocate::verify(&moved, &imported.estate, &rules, &Control::default()).holds);
    let accounts: Vec<_> = moved.resources.iter().filter(|resource| resource.config.contains_key("containers")).collect();
    assert_eq!(accounts.len(), 1);
    let text = json!(accounts[0].config["containers"]).to_string();
    let invoice_moved = text.contains("invoice-pdf");
    assert!(invoice_moved != text.contains("order-pdf"), "{text}");
    let environment = serde_json::to_value(&moved.bindings["Invoice"].environment).expect("JSON");
    let stated = environment.as_object().expect("an object").iter().find(|(name, _)| name.ends_with("CONTAINER"));
    assert_eq!(stated.expect("a setting").1, if invoice_moved { "invoice-pdf" } else { "pdf" });
}

#[test]
fn parts_of_a_large_template_are_read_from_beside_it() {
    let apis = (0..200).map(|i| CrudApi::new(format!("Service{i}Api")));
    let estate = apis.fold(Estate::builder("shop").environment("prod").location("eastus"), |estate, api| estate.component(api));
    let first = plan(&estate.build().expect("an estate"));
    let projection = Projection::new(&first, &rules(), ProjectionTarget::Arm).expect("templates");
    assert!(projection.files.len() > 1, "this is no large template");
    let imported = back(&first, "shop", Some("prod"));
    assert_eq!(imported.lock.resources.len(), first.resources.len());
}

#[test]
fn elements_of_one_name_in_two_accounts_stay_two() {
    let imported = import(&template(json!([
        account("cosmos-a", &["main"]),
        account("cosmos-b", &["main"]),
        app("func-a", &[("COSMOS", "https://cosmos-a.documents.azure.com:443/")]),
        app("func-b", &[("COSMOS", "https://cosmos-b.documents.azure.com:443/")]),
    ])));
    let plan = plan(&imported.estate);
    assert_eq!(plan.resources.iter().filter(|resource| resource.resource_type.as_str() == "cosmos").count(), 2);
    assert!(imported.report.notes.iter().any(|note| note.contains("`main`") && note.contains("cosmos-b")), "{}", imported.report);
}

#[test]
fn who_uses_what_is_told_by_settings_roles_and_identities() {
    let identity =
        "[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'id-mail'), '2024-11-30').principalId]";
    let mut mail = app("func-mail", &[("QUEUE", "outbox"), ("Level", "info")]);
    mail["identity"] = json!({ "type": "UserAssigned", "userAssignedIdentities": {
        "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'id-mail')]": {} } });
    let imported = import(&template(json!([
        mail,
        app("func-other", &[]),
        { "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2024-11-30", "name": "id-mail", "location": "eastus" },
        { "type": "Microsoft.ServiceBus/namespaces", "apiVersion": "2024-01-01", "name": "sb-shop", "location": "eastus", "sku": { "name": "Standard" },
          "resources": [
            { "type": "queues", "apiVersion": "2024-01-01", "name": "outbox", "properties": { "lockDuration": "PT1M30S" } },
            { "type": "queues", "apiVersion": "2024-01-01", "name": "stale", "properties": {} }
          ] },
        { "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "[guid('x')]",
          "scope": "[resourceId('Microsoft.ServiceBus/namespaces/queues', 'sb-shop', 'outbox')]",
          "properties": { "principalId": identity, "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')]" } }
    ])));
    assert_eq!(
        config(&imported, "Mail", "servicebus")["queues"],
        json!([{ "name": "outbox", "lockSeconds": 90 }, { "name": "stale" }])
    );
    assert!(!imported.estate.components["Other"].requirements.iter().any(|need| need.resource_type.as_str() == "servicebus"));
}

#[test]
fn an_element_that_none_of_several_users_names_is_not_lost() {
    let bus = json!({ "type": "Microsoft.ServiceBus/namespaces", "apiVersion": "2024-01-01", "name": "sb-shop", "location": "eastus",
        "sku": { "name": "Standard" }, "resources": [
            { "type": "queues", "apiVersion": "2024-01-01", "name": "inbox" }, { "type": "queues", "apiVersion": "2024-01-01", "name": "outbox" },
            { "type": "queues", "apiVersion": "2024-01-01", "name": "stale" } ] });
    let host = ("BUS", "sb-shop.servicebus.windows.net");
    let imported =
        import(&template(json!([bus, app("func-a", &[host, ("QUEUE", "inbox")]), app("func-b", &[host, ("QUEUE", "outbox")])])));
    assert_eq!(config(&imported, "A", "servicebus")["queues"], json!([{ "name": "inbox" }]));
    assert_eq!(config(&imported, "B", "servicebus")["queues"], json!([{ "name": "outbox" }]));
    assert_eq!(config(&imported, "A", "functions")["environmentVariables"]["BUS"], "${servicebus.hostName}");
    let report = format!("{:#}", imported.report);
    assert!(imported.estate_json().contains("stale") && report.contains("nobody is seen to use `stale`"), "{report}");
}

#[test]
fn what_nobody_uses_is_a_component_of_its_own() {
    let imported =
        import(&template(json!([account("cosmos-legacy", &["crm"]), storage("stbackup"), container("stbackup", "dumps")])));
    assert_eq!(config(&imported, "Legacy", "cosmos")["databases"], json!([{ "name": "crm" }]));
    assert_eq!(imported.estate.components.len(), 2);
}

#[test]
fn what_cannot_be_imported_is_listed_and_not_lost() {
    let mut odd = account("cosmos-a", &[]);
    odd["properties"]["consistencyPolicy"]["defaultConsistencyLevel"] = json!("Quantum");
    odd["properties"]["enableFreeTier"] = json!(true);
    let imported = import(&template(json!([
        odd,
        { "type": "Microsoft.Network/virtualNetworks", "apiVersion": "1", "name": "vnet" },
        { "type": "Microsoft.Web/sites", "apiVersion": "1", "name": "web", "kind": "app" },
        { "type": "Microsoft.DocumentDB/databaseAccounts/sqlDatabases", "apiVersion": "1", "name": "elsewhere/db", "properties": {} },
        { "type": "Microsoft.KeyVault/vaults", "apiVersion": "1", "name": "kv", "condition": "[equals(1, 2)]" },
        { "type": "Microsoft.Storage/storageAccounts", "apiVersion": "1", "name": "st", "copy": { "name": "c", "count": "[parameters('n')]" } },
        { "name": "typeless" },
        17
    ])));
    let report = format!("{:#}", imported.report);
    for listed in [
        "virtualNetworks vnet: no resource type is imported from it",
        "sites web: it is no Azure Function App",
        "elsewhere/db: the Azure Cosmos DB account that it belongs to is not in the file",
        "vaults kv: its condition does not hold",
        "the number of copies is not known",
        "typeless: it has no type",
        "`consistency` of cosmos-a: the string \"Quantum\" is not a known value",
        "properties.enableFreeTier",
    ] {
        assert!(report.contains(listed), "`{listed}` is not in\n{report}");
    }
}

/// A region and tags that the rules do not know are listed: an estate with them could not be read.
#[test]
fn what_the_rules_do_not_allow_is_not_said_of_the_estate() {
    let mut resources = json!([storage("stone"), storage("sttwo")]);
    for resource in resources.as_array_mut().expect("a list") {
        resource["location"] = json!("moonnorth");
        resource["tags"] = json!({ "a/b": "no", "team": "web", "long": "y".repeat(300) });
    }
    let imported = import(&template(resources));
    assert_eq!(imported.estate.location, None);
    assert_eq!(imported.estate.tags.keys().collect::<Vec<_>>(), ["team"]);
    let report = format!("{:#}", imported.report);
    assert!(report.contains("moonnorth") && report.contains("are left out: a/b, long"), "{report}");
    let text = imported.estate_json().into_bytes();
    let written = Document::new("estate.json", text).expect("text");
    colocate::load(&written, &rules()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn expressions_are_evaluated_where_they_can_be() {
    let mut value = template(json!([
        { "type": "Microsoft.Storage/storageAccounts", "apiVersion": "1", "name": "[toLower(format('ST{0}{1:D2}', variables('base'), 7))]",
          "location": "[parameters('Where')]", "kind": "StorageV2", "sku": { "name": "[if(parameters('big'), 'Standard_GRS', 'Standard_LRS')]" } },
        account("[concat('cosmos-', parameters('apis')[copyIndex('loop')])]", &["one"]),
        { "type": "Microsoft.Storage/storageAccounts", "apiVersion": "1", "name": "[uniqueString(resourceGroup().id)]", "location": "[resourceGroup().location]",
          "kind": "StorageV2", "sku": { "name": "Standard_LRS" } }
    ]));
    value["resources"][1]["copy"] = json!({ "name": "loop", "count": "[length(parameters('apis'))]" });
    value["resources"][1]["resources"][0]["name"] = json!("[concat('db-', copyIndex())]");
    value["parameters"] = json!({ "where": { "type": "string" }, "big": { "type": "bool", "defaultValue": "[not(false())]" }, "apis": { "type": "array", "defaultValue": ["a", "b"] } });
    value["variables"] = json!({ "base": "[variables('inner')]", "inner": "shop", "loop": "[variables('loop')]" });
    let parameters = json!({ "where": { "value": "West Europe" } }).as_object().cloned().expect("an object");
    let imported = import_with(&value, &ImportOptions { parameters, ..ImportOptions::default() }, &|_| None);
    let names: Vec<&str> = imported.lock.resources.iter().map(|resource| resource.name.as_str()).collect();
    assert_eq!(names, ["cosmos-a", "cosmos-b", "stshop07"]);
    let storage = config(&imported, "Stshop07", "storage");
    assert_eq!((&storage["redundancy"], &storage["location"]), (&json!("GRS"), &json!("westeurope")));
    assert_eq!(config(&imported, "A", "cosmos")["databases"], json!([{ "name": "db-0" }]));
    // A name that only deployment knows cannot be locked, and that is said.
    assert!(
        imported.report.notes.iter().any(|note| note.contains("known only when the template is deployed")),
        "{}",
        imported.report
    );
    assert_eq!(imported.report.imported.iter().filter(|resource| resource.id.is_none()).count(), 1);
}

#[test]
fn templates_within_templates_are_read() {
    let nested = |scope: &str, template: Value| {
        json!({ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": format!("in-{scope}"), "properties": {
            "expressionEvaluationOptions": { "scope": scope }, "parameters": { "n": { "value": "[parameters('n')]" } }, "template": template } })
    };
    let mut value = template(json!([
        nested("inner", json!({ "parameters": { "n": { "type": "string" } },
            "resources": [account("[concat('cosmos-', parameters('n'))]", &["db"])],
            "outputs": { "url": { "type": "string", "value": "[reference(resourceId('Microsoft.DocumentDB/databaseAccounts', concat('cosmos-', parameters('n')))).documentEndpoint]" } } })),
        nested("outer", json!({ "resources": [storage("[concat('st', parameters('n'))]")] })),
        { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "beside", "properties": { "templateLink": { "relativePath": "parts/vault.json" } } },
        { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "far", "properties": { "templateLink": { "uri": "https://example.com/x.json" } } },
        app("func-api", &[("URL", "[reference(resourceId('Microsoft.Resources/deployments', 'in-inner')).outputs.url.value]")])
    ]));
    value["parameters"] = json!({ "n": { "type": "string", "defaultValue": "shop" } });
    let vault =
        template(json!([{ "type": "Microsoft.KeyVault/vaults", "apiVersion": "1", "name": "kv-shop", "location": "eastus" }]));
    let files =
        |path: &str| (path == "parts/vault.json").then(|| Document::new(path, vault.to_string().into_bytes()).expect("text"));
    let imported = import_with(&value, &ImportOptions::default(), &files);
    let mut names: Vec<&str> = imported.lock.resources.iter().map(|resource| resource.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cosmos-shop", "func-api", "kv-shop", "stshop"]);
    assert_eq!(config(&imported, "Api", "functions")["environmentVariables"]["URL"], "${cosmos.documentEndpoint}");
    assert!(format!("{:#}", imported.report).contains("the template `https://example.com/x.json` cannot be read"));
}

#[test]
fn circles_and_depths_end() {
    let deep = format!("[{}'x'{}]", "concat(".repeat(3000), ")".repeat(3000));
    let mut value =
        template(json!([storage("stgood"), storage(&deep), storage("[variables('a')]"), storage("[parameters('p')]")]));
    value["variables"] = json!({ "a": "[concat(variables('b'), variables('b'))]", "b": "[concat(variables('a'), variables('c'))]", "c": "[variables('c')]" });
    value["parameters"] = json!({ "p": { "type": "string", "defaultValue": "[parameters('p')]" } });
    let imported = import(&value);
    assert_eq!(imported.lock.resources.len(), 1, "{}", imported.lock.to_json());
}

#[test]
fn a_team_s_own_type_is_imported_by_its_rule() {
    let rule = r#"{ "version": 1, "resourceType": "search",
      "properties": { "location": { "type": "string", "merge": "match" }, "sku": { "type": "string", "order": ["basic", "standard"], "merge": "maximum" },
        "indexes": { "type": "array", "items": { "type": "string" }, "merge": "union", "prefix": "kebab" } },
      "outputs": { "endpoint": "The address." },
      "import": { "outputs": { "endpoint": { "text": "https://{name}.search.windows.net" } },
        "terraform": { "type": "azurerm_search_service", "config": { "location": "{{ resource.location|region }}", "sku": "{{ resource.sku }}" } },
        "arm": { "type": "Microsoft.Search/searchServices", "config": { "sku": "{{ resource.sku.name }}" } } } }"#;
    let folder = tempfile::tempdir().expect("a folder");
    let (rule_file, file) = (folder.path().join("search.json"), folder.path().join("main.json"));
    fs::write(&rule_file, rule).expect("written");
    let value = template(json!([
        { "type": "microsoft.search/SearchServices", "apiVersion": "1", "name": "srch-shop", "location": "eastus", "sku": { "name": "basic" } },
        app("func-find", &[("SEARCH", "https://srch-shop.search.windows.net/indexes")])
    ]));
    fs::write(&file, value.to_string()).expect("written");
    let output = colocate(&["import", text(&file), "--rules", text(&rule_file)]);
    let estate: Value = serde_json::from_slice(&output.stdout).expect("an estate");
    let needs = estate["components"]["Find"]["requirements"].as_array().expect("requirements");
    assert_eq!(needs[1]["resourceType"], "search");
    assert_eq!(needs[0]["config"]["environmentVariables"]["SEARCH"], "${search.endpoint}/indexes");
    // A rule that names what is not there is refused.
    fs::write(&rule_file, rule.replace("\"endpoint\": { \"text\"", "\"endpont\": { \"text\"")).expect("written");
    let refused = colocate(&["import", text(&file), "--rules", text(&rule_file)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("did you mean `endpoint`?"));
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn fixture() -> PathBuf {
    root().join("fixtures/import-arm/main.json")
}

#[test]
fn both_files_are_written_or_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let made = colocate(&["import", text(&fixture()), "-o", text(&out)]);
    assert_eq!((made.status.code(), made.stdout.len()), (Some(0), 0));
    let estate = fs::read(out.join("estate.json")).expect("the estate");
    assert!(out.join("colocate.lock.json").exists());
    let again = colocate(&["import", text(&fixture()), "-o", text(&out)]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("E0602"));
    assert_eq!(colocate(&["import", text(&fixture()), "-o", text(&out), "--force", "--quiet"]).stderr, b"");
    assert_eq!(fs::read(out.join("estate.json")).expect("the estate"), estate);
    // The lock cannot be written, so the estate is not.
    let (estate, lock) = (folder.path().join("e.json"), folder.path().join("none/l.json"));
    let failed = colocate(&["import", text(&fixture()), "--estate", text(&estate), "--lock", text(&lock)]);
    assert_eq!(failed.status.code(), Some(1), "{}", String::from_utf8_lossy(&failed.stderr));
    assert!(!estate.exists());
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "something was left behind");
    // Without a file the estate goes to stdout, the report to stderr.
    let shown = colocate(&["import", text(&fixture())]);
    assert!(serde_json::from_slice::<Value>(&shown.stdout).is_ok());
    assert!(String::from_utf8_lossy(&shown.stderr).starts_with("80 resources: 26 shareable resources of 6 components"));
}

#[test]
fn other_files_are_refused_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.json");
    for (content, code, words) in [
        ("", "E0101", "the file is empty"),
        ("{ \"resources\": [", "E0101", "not valid JSON"),
        ("{}", "E0105", "does not say which resources exist"),
        (r#"{"version": 1, "components": {}}"#, "E0105", "this is an estate already"),
        (r#"{"version": 3, "serial": 1, "lineage": "x"}"#, "E0110", "terraform show -json"),
        (r#"{"format_version": "2.0", "values": {}}"#, "E0110", "format 1"),
        (r#"{"format_version": "1.0", "values": {}}"#, "E0107", "root_module"),
        (r#"{"contentVersion": "1", "resources": 5}"#, "E0105", "/resources"),
        (r#"{"contentVersion": "1", "resources": []}"#, "E0503", "nothing in it can be imported: no resources"),
    ] {
        fs::write(&path, content).expect("written");
        let output = colocate(&["import", text(&path)]);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{content}: {err}");
        assert!(err.contains(code) && err.contains(words) && err.contains("x.json:"), "{content}: {err}");
    }
    let parameters = colocate(&["import", text(&fixture()), "--parameters", text(&path)]);
    assert!(String::from_utf8_lossy(&parameters.stderr).contains("the file has no `parameters`"));
}

/// The example of the migration guide; `BLESS=1` writes it anew.
#[test]
fn the_example_of_the_guide_is_what_import_writes() {
    let template = fs::read(root().join("fixtures/import-arm/main.json")).expect("the template");
    let folder = root().join("fixtures/import-planned");
    let value: Value = serde_json::from_slice(&template).expect("JSON");
    let imported = import(&value);
    for (name, found) in [("estate.json", imported.estate_json()), ("colocate.lock.json", imported.lock.to_json())] {
        if std::env::var_os("BLESS").is_some() {
            fs::write(folder.join(name), &found).expect("written");
        }
        assert_eq!(fs::read_to_string(folder.join(name)).expect("the file"), found, "{name}");
    }
}

/// The documents of a folder, as the command line reads them.
fn import_all(files: &[(&str, Value)], options: &ImportOptions) -> Imported {
    let documents: Vec<Document> =
        files.iter().map(|(name, value)| Document::new(*name, value.to_string().into_bytes()).expect("text")).collect();
    let (imported, failures) = Imported::read_all(&documents, &rules(), options, &|_, _| None);
    assert!(failures.is_empty(), "{failures:?}");
    let imported = imported.unwrap_or_else(|error| panic!("{error}"));
    Planner::new(&rules())
        .with_lock(&imported.lock, Moves::default())
        .plan(&imported.estate)
        .unwrap_or_else(|error| panic!("{error}"));
    imported
}

fn list(resources: Value) -> Value {
    let mut resources = resources;
    for resource in resources.as_array_mut().expect("a list") {
        let id = format!(
            "/subscriptions/s/resourceGroups/rg/providers/{}/{}",
            resource["type"].as_str().expect("a type"),
            resource["name"].as_str().expect("a name")
        );
        resource["id"] = json!(id);
    }
    json!({ "data": resources })
}

#[test]
fn several_files_are_one_estate() {
    let platform = template(json!([storage("stplatform"), container("stplatform", "mail")]));
    let mail = template(json!([app("func-mail", &[("BLOBS", "https://stplatform.blob.core.windows.net/"), ("BOX", "mail")])]));
    let imported = import_all(&[("a/platform.json", platform), ("a/mail.json", mail)], &ImportOptions::default());
    assert_eq!(imported.estate.name, "a");
    assert_eq!(config(&imported, "Mail", "functions")["environmentVariables"]["BOX"], "${storage.containers[mail]}");
    assert_eq!(imported.estate.components.len(), 1);
}

/// The same resource in two files is one, and what they say otherwise is told.
#[test]
fn one_resource_in_two_files_is_one() {
    let mut listed = storage("stone");
    listed["sku"]["name"] = json!("Standard_GRS");
    let imported = import_all(
        &[("list.json", list(json!([listed, storage("sttwo")]))), ("main.json", template(json!([storage("stone")])))],
        &ImportOptions::default(),
    );
    assert_eq!(imported.report.imported.len(), 2);
    let report = imported.report.to_string();
    assert!(report.contains("described twice") && report.contains("`sku.name`"), "{report}");
}

/// What only Azure knows is computed as Azure does, or found in a list of what is there.
#[test]
fn names_that_only_azure_knows_are_found_out() {
    let named = |name: &str| {
        let mut account = storage("x");
        account["name"] = json!(name);
        template(json!([
            account,
            app("func-a", &[("BLOBS", "[concat('https://', parameters('account'), '.blob.core.windows.net/')]")])
        ]))
    };
    let mut open = named("[parameters('account')]");
    open["parameters"] =
        json!({ "account": { "type": "string", "defaultValue": "[concat('st', uniqueString(resourceGroup().id))]" } });
    let mut options = ImportOptions::default();
    options.deployed_to("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg");
    let known = import_all(&[("main.json", open.clone())], &options);
    let name =
        &known.lock.resources.iter().find(|resource| resource.resource_type.as_str() == "storage").expect("an account").name;
    assert!(name.starts_with("st") && name.len() == 15, "{name}");
    // Beside a list the name of the one that fits is taken.
    let listed = import_all(
        &[("main.json", open.clone()), ("all.json", list(json!([storage("stabcdefghijklm"), storage("other")])))],
        &ImportOptions::default(),
    );
    assert_eq!(config(&listed, "A", "functions")["environmentVariables"]["BLOBS"], "${storage.blobEndpoint}");
    assert!(listed.lock.resources.iter().any(|resource| resource.name == "stabcdefghijklm"), "{}", listed.report);
    // Where two fit, none is.
    let two = import_all(
        &[("main.json", open), ("all.json", list(json!([storage("stabcdefghijklm"), storage("stzbcdefghijklm")])))],
        &ImportOptions::default(),
    );
    assert_eq!(two.report.imported.iter().filter(|resource| resource.id.is_none()).count(), 1, "{:#}", two.report);
}

/// Who uses a resource without being imported must find it as it is.
#[test]
fn what_is_used_from_outside_stays() {
    let machine = json!({ "type": "Microsoft.Compute/virtualMachines", "apiVersion": "1", "name": "vm",
        "properties": { "diagnosticsProfile": { "bootDiagnostics": { "storageUri": "https://stvm.blob.core.windows.net/" } } } });
    let imported = import_all(
        &[("main.json", template(json!([storage("stone"), storage("sttwo"), storage("stvm"), machine])))],
        &ImportOptions::default(),
    );
    let plan = Planner::new(&rules()).with_lock(&imported.lock, Moves::All).plan(&imported.estate).expect("a plan");
    let names: Vec<&str> = plan.resources.iter().map(|resource| resource.name.as_str()).collect();
    assert!(names.len() == 2 && names.contains(&"stvm"), "{names:?}");
    assert!(imported.report.to_string().contains("stvm: Microsoft.Compute/virtualMachines vm"), "{}", imported.report);
}

#[test]
fn a_resource_is_known_by_its_whole_id() {
    let resource = |group: &str, of: &str, name: &str, values: Value| {
        let mut values = values;
        values["name"] = json!(name);
        values["location"] = json!("westeurope");
        let provider = if of == "azurerm_service_plan" { "Microsoft.Web/serverFarms" } else { "Microsoft.Web/sites" };
        values["id"] = json!(format!("/subscriptions/s/resourceGroups/{group}/providers/{provider}/{name}"));
        json!({ "address": format!("{of}.{group}"), "mode": "managed", "type": of, "values": values })
    };
    let app = |group: &str, sku: &str| {
        let plan = format!("/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Web/serverFarms/asp");
        [
            resource(group, "azurerm_service_plan", "asp", json!({ "os_type": "Linux", "sku_name": sku })),
            resource(
                group,
                "azurerm_linux_function_app",
                &format!("func-{group}"),
                json!({ "service_plan_id": plan, "app_settings": { "X": "1" },
                "site_config": [{ "application_stack": [{ "node_version": "20" }] }] }),
            ),
        ]
    };
    let resources: Vec<Value> = app("one", "EP1").into_iter().chain(app("two", "B1")).collect();
    let state = json!({ "format_version": "1.0", "values": { "root_module": { "resources": resources } } });
    let imported = import_all(&[("state.json", state)], &ImportOptions::default());
    assert_eq!(config(&imported, "One", "functions")["sku"], "EP1");
    assert_eq!(config(&imported, "Two", "functions")["sku"], "B1");
}

#[test]
fn components_can_be_resource_groups_or_values_of_a_tag() {
    let mut one = storage("stone");
    one["tags"] = json!({ "team": "web-shop" });
    let files = [("all.json", list(json!([one, storage("sttwo"), account("cosmos-one", &[])])))];
    let of = |components: ImportComponents| import_all(&files, &ImportOptions { components, ..ImportOptions::default() });
    assert_eq!(
        of(ImportComponents::ResourceGroups).estate.components.keys().map(|id| id.as_str().to_owned()).collect::<Vec<_>>(),
        ["Rg"]
    );
    let tagged = of(ImportComponents::Tag("Team".to_owned()));
    assert_eq!(config(&tagged, "WebShop", "storage")["redundancy"], "LRS");
    assert_eq!(tagged.estate.components.len(), 3);
}

/// Three figures, and steps that lead from the first to the last.
#[test]
fn savings_are_told_in_three_figures_and_in_steps() {
    let text = fs::read(root().join("fixtures/import-arm/main.json")).expect("the fixture");
    let imported = import(&serde_json::from_slice(&text).expect("JSON"));
    let savings = imported.savings(&rules()).expect("it plans");
    let total = &savings.total;
    // As many as there are, by type as the report counts them.
    assert_eq!(total.today.resources, imported.report.imported.len(), "{savings}");
    assert!(total.under_lock.resources < total.today.resources && total.shared.resources < total.under_lock.resources);
    assert!(total.shared.monthly_cost < total.today.monthly_cost);
    let freed: usize = savings.steps.iter().map(|step| step.frees.len()).sum();
    assert!(freed > 0 && freed >= total.today.resources - total.shared.resources, "{savings}");
    let first = savings.steps.first().expect("a step");
    assert!(first.saves > colocate::Amount::ZERO && first.frees.iter().any(|id| id.as_str().starts_with("plan:")), "{savings}");
    assert!(savings.steps.windows(2).all(|two| two[0].saves >= two[1].saves), "{savings}");
    assert!(savings.idle.iter().any(|(id, _)| id.as_str().starts_with("cosmos:")), "{savings}");
    assert!(format!("{savings:#}").contains("| in all |"), "{savings:#}");
}

/// What is in a folder is found out file by file; one that cannot be read does not keep the others from it.
#[test]
fn folders_are_read_and_broken_files_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).expect("written");
    write(
        "main.json",
        &template(json!([{ "type": "Microsoft.Storage/storageAccounts", "apiVersion": "1", "name": "[parameters('name')]",
        "location": "eastus", "kind": "StorageV2", "sku": { "name": "Standard_LRS" } }]))
        .to_string()
        .replacen(
            '{',
            r#"{ // a comment
            "parameters": { "name": { "type": "string" } },"#,
            1,
        ),
    );
    write(
        "main.parameters.json",
        r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion": "1.0.0.0", "parameters": { "name": { "value": "stgiven" } } }"#,
    );
    write(
        "terraform.tfstate",
        r#"{ "version": 4, "serial": 1, "lineage": "x", "resources": [{ "mode": "managed", "type": "azurerm_storage_account", "name": "a",
        "instances": [{ "attributes": { "name": "stterraform", "location": "eastus", "account_tier": "Standard", "account_replication_type": "LRS", "account_kind": "StorageV2",
            "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stterraform" } }] }] }"#,
    );
    write("main.bicep", "param name string");
    let out = folder.path().join("out");
    let good = colocate(&["import", text(folder.path()), "-o", text(&out)]);
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let lock = fs::read_to_string(out.join("colocate.lock.json")).expect("the lock");
    assert!(lock.contains("stgiven") && lock.contains("stterraform"), "{lock}");
    fs::remove_dir_all(&out).expect("removed");
    write("broken.json", "{ \"resources\": [");
    let partly = colocate(&["import", text(folder.path()), "-o", text(&out)]);
    let told = String::from_utf8_lossy(&partly.stderr).into_owned();
    assert_eq!(partly.status.code(), Some(1), "{told}");
    assert!(told.contains("broken.json:1") && out.join("estate.json").exists(), "{told}");
    let bicep = colocate(&["import", text(&folder.path().join("main.bicep"))]);
    let told = String::from_utf8_lossy(&bicep.stderr).into_owned();
    assert!(told.contains("az bicep build --file main.bicep") && told.contains("main.bicep:1:1"), "{told}");
    let pattern = folder.path().join("*.tfstate");
    let json = colocate(&["import", text(&pattern), "--format", "json", "--savings"]);
    let answer: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&answer["report"]["resources"], &answer["savings"]["total"]["today"]["resources"]), (&json!(1), &json!(1)));
}

/// A key may end like a number: what is two groups stays two, and shares nothing under the lock.
#[test]
fn keys_that_end_in_digits_come_back_as_they_are() {
    let needs = |key: &str, name: &str| json!({ "requirements": [{ "resourceType": "cosmos", "requirementKey": key, "config": { "databases": [name] } }] });
    for other in ["db-2", "db-02", "db-1"] {
        let estate = json!({ "version": 1, "name": "shop", "location": "eastus", "components": { "A": needs("db", "one"), "B": needs(other, "two") } });
        let estate = Estate::from_json("estate.json", estate.to_string().into_bytes()).expect("an estate");
        let first = plan(&estate);
        let imported = back(&first, "shop", None);
        let keys: Vec<&str> =
            imported.estate.components.values().flat_map(|c| &c.requirements).map(|need| need.requirement_key.as_str()).collect();
        assert_eq!(keys, ["db", other]);
        let again = Planner::new(&rules()).with_lock(&imported.lock, Moves::All).plan(&imported.estate).expect("a plan");
        let names =
            |plan: &Plan| plan.resources.iter().map(|resource| (resource.id.clone(), resource.name.clone())).collect::<Vec<_>>();
        assert_eq!(names(&first), names(&again));
    }
}
