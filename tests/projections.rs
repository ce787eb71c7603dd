//! What plans become: every fixture in every format, large estates in parts, and what must never differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

mod common;

use colocate::{Document, Estate, Lock, Moves, Plan, Planner, Projection, ProjectionTarget, RuleSet};
use common::{Networking, mixed};
use serde_json::{Value, json};

const TARGETS: [ProjectionTarget; 3] = [ProjectionTarget::Arm, ProjectionTarget::Bicep, ProjectionTarget::Terraform];

fn rules_with(folder: &Path) -> RuleSet {
    let mut documents = Vec::new();
    if let Ok(entries) = fs::read_dir(folder.join("rules")) {
        for entry in entries {
            let path = entry.expect("entry").path();
            documents.push(Document::new(path.display().to_string(), fs::read(&path).expect("rule file")).expect("UTF-8"));
        }
    }
    RuleSet::layered(documents).expect("rules")
}

/// The fixtures that can be planned.
fn plans() -> Vec<(String, Plan, RuleSet)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).expect("fixtures").map(|entry| entry.expect("entry").path()).collect();
    folders.sort();
    let mut plans = Vec::new();
    for folder in folders {
        let Ok(text) = fs::read_to_string(folder.join("estate.json")) else { continue };
        let Ok(estate) = Estate::from_json("estate.json", text.into_bytes()) else { continue };
        if folder.ends_with("broken-rules") {
            continue;
        }
        let rules = rules_with(&folder);
        if let Ok(plan) = Planner::new(&rules).plan(&estate) {
            plans.push((folder.file_name().expect("name").to_string_lossy().into_owned(), plan, rules));
        }
    }
    assert!(plans.len() > 20, "only {} fixtures can be planned", plans.len());
    plans
}

fn projected(plan: &Plan, rules: &RuleSet, target: ProjectionTarget) -> Vec<(String, String)> {
    Projection::new(plan, rules, target).unwrap_or_else(|error| panic!("{:?}", error.0)).files
}

fn estate_of(text: &str) -> Estate {
    Estate::from_json("estate.json", text.as_bytes().to_vec()).expect("an estate")
}

fn planned(estate: &Value) -> (Plan, RuleSet) {
    let rules = RuleSet::builtin().expect("rules");
    let estate = estate_of(&estate.to_string());
    (Planner::new(&rules).plan(&estate).expect("a plan"), rules)
}

fn resources(template: &str) -> Vec<Value> {
    let template: Value = serde_json::from_str(template).expect("JSON");
    template["resources"].as_array().expect("resources").clone()
}

/// Everything wrong with an ARM template on its own.
fn arm_faults(template: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before = BTreeSet::new();
    for resource in resources(template) {
        let (kind, name) = (resource["type"].as_str().expect("type"), resource["name"].as_str().expect("name"));
        let segments = name.split('/').map(|segment| format!("'{segment}'")).collect::<Vec<_>>().join(", ");
        for on in resource["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !before.contains(on) {
                faults.push(format!("{kind} {name} depends on {on}, which is not before it"));
            }
        }
        // What extends another resource is told apart by it.
        let scope = resource["scope"].as_str().map_or_else(String::new, |scope| format!(" on {scope}"));
        let reference = format!("[resourceId('{kind}', {segments})]{scope}");
        if !before.insert(reference) {
            faults.push(format!("{kind} {name} stands there twice"));
        }
    }
    faults
}

fn bicep_errors(text: &str) -> usize {
    fn count(node: tree_sitter::Node<'_>) -> usize {
        let own = usize::from(node.is_error() || node.is_missing());
        let mut cursor = node.walk();
        own + node.children(&mut cursor).map(count).sum::<usize>()
    }
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).expect("the grammar");
    let tree = parser.parse(text, None).expect("a tree");
    let root = tree.root_node();
    // A tree knows at once whether anything in it is wrong.
    if root.has_error() { count(root) } else { 0 }
}

fn bicep_resources(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("resource ") && !line.contains(" existing = ")).count()
}

/// The `type.label` of every reference in a Terraform configuration.
fn references(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for prefix in ["azurerm_", "azapi_resource."] {
        for (at, _) in text.match_indices(prefix) {
            let name: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "_.".contains(*c)).collect();
            let mut parts = name.split('.');
            if let (Some(kind), Some(label)) = (parts.next(), parts.next()) {
                found.insert(format!("{kind}.{label}"));
            }
        }
    }
    found
}

fn terraform_faults(files: &[(String, String)]) -> Vec<String> {
    let mut declared = BTreeSet::new();
    let mut variables = BTreeSet::new();
    for (name, text) in files {
        let file: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (kind, labels) in file["resource"].as_object().into_iter().flatten() {
            declared.extend(labels.as_object().into_iter().flatten().map(|(label, _)| format!("{kind}.{label}")));
        }
        variables.extend(file["variable"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    }
    let mut faults = Vec::new();
    for (name, text) in files {
        faults.extend(references(text).into_iter().filter(|r| !declared.contains(r)).map(|r| format!("{name}: no {r}")));
        for (at, _) in text.match_indices("var.") {
            let variable: String = text[at + 4..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !variables.contains(&variable) {
                faults.push(format!("{name}: no variable {variable}"));
            }
        }
    }
    faults
}

/// Everything wrong with a plan's templates in all languages; they are left in `target/tmp` for the providers' own checks.
fn template_faults(name: &str, plan: &Plan, rules: &RuleSet) -> Vec<String> {
    let [arm, bicep, terraform] = TARGETS.map(|target| projected(plan, rules, target));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("templates").join(name);
    for (language, files) in [("arm", &arm), ("bicep", &bicep), ("terraform", &terraform)] {
        let folder = folder.join(language);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        files.iter().for_each(|(name, text)| fs::write(folder.join(name), text).expect("a file"));
    }
    let mut faults = terraform_faults(&terraform);
    // Of several files the first deploys the others.
    let own = |files: &[(String, String)]| files.len().min(2) - 1;
    for (file, text) in &arm[own(&arm)..] {
        faults.extend(arm_faults(text).into_iter().map(|fault| format!("{file}: {fault}")));
    }
    for (file, text) in &bicep {
        let errors = bicep_errors(text);
        faults.extend((errors > 0).then(|| format!("{file}: {errors} errors")));
    }
    let in_arm: usize = arm[own(&arm)..].iter().map(|(_, text)| resources(text).len()).sum();
    let in_bicep: usize = bicep.iter().map(|(_, text)| bicep_resources(text)).sum();
    faults.extend((in_arm != in_bicep).then(|| format!("{in_arm} resources in ARM, {in_bicep} in Bicep")));
    faults
}

#[test]
fn every_fixture_becomes_sound_templates() {
    for (name, plan, rules) in plans() {
        assert_eq!(template_faults(&name, &plan, &rules), [""; 0], "{name}");
    }
}

#[test]
fn the_grammar_finds_mistakes() {
    assert!(bicep_errors("resource a 'b@1' = {\n  name: 'x',\n  ]\n}\n") > 0);
}

#[test]
fn mixed_estates_of_300_components_become_sound_templates() {
    for networking in [Networking::Public, Networking::Isolated] {
        let (plan, rules) = planned(&mixed(300, networking));
        assert_eq!(template_faults(&format!("mixed-{networking:?}"), &plan, &rules), [""; 0], "{networking:?}");
    }
}

/// More than Azure takes in one template is deployed in parts, one after the other, each with what it needs.
#[test]
fn parts_are_within_limits_and_deploy_in_order() {
    let (plan, rules) = planned(&mixed(300, Networking::Isolated));
    let arm = projected(&plan, &rules, ProjectionTarget::Arm);
    assert!(arm.len() > 2, "{} files", arm.len());
    let main: Value = serde_json::from_str(&arm[0].1).expect("JSON");
    let deployments = main["resources"].as_array().expect("deployments");
    assert_eq!(deployments.len(), arm.len() - 1);
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    for (number, ((file, text), deployment)) in arm[1..].iter().zip(deployments).enumerate() {
        assert_eq!(deployment["properties"]["templateLink"]["relativePath"], json!(file));
        assert_eq!(deployment["dependsOn"].is_array(), number > 0);
        assert!(text.len() < 4_000_000 && resources(text).len() <= 800);
        assert_eq!(arm_faults(text), [""; 0], "{file}");
        let part: Value = serde_json::from_str(text).expect("JSON");
        let passed = deployment["properties"]["parameters"].as_object().cloned().unwrap_or_default();
        let wanted = part["parameters"].as_object().cloned().unwrap_or_default();
        assert_eq!(passed.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
        for resource in resources(text) {
            place.insert(format!("{} {}", resource["type"], resource["name"]), number);
        }
    }
    for (file, text) in &arm[1..] {
        for resource in resources(text) {
            let name = resource["name"].as_str().expect("name");
            let kind = resource["type"].as_str().expect("type");
            if let (Some((parent, _)), Some((kind_of, _))) = (name.rsplit_once('/'), kind.rsplit_once('/'))
                && let Some(of) = place.get(&format!("{} {}", json!(kind_of), json!(parent)))
            {
                assert!(*of <= place[&format!("{} {}", resource["type"], resource["name"])], "{file}: {name} before {parent}");
            }
        }
    }
    for (name, text) in projected(&plan, &rules, ProjectionTarget::Bicep) {
        assert_eq!(bicep_errors(&text), 0, "{name}");
        // Whatever is named is declared in the same file.
        let declared: BTreeSet<&str> =
            text.lines().filter_map(|line| line.strip_prefix("resource ")?.split(' ').next()).collect();
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("parent: ")) {
            assert!(declared.contains(line), "{name}: {line}");
        }
    }
    assert_eq!(terraform_faults(&projected(&plan, &rules, ProjectionTarget::Terraform)), [""; 0]);
}

/// Each component reaches the resource that it is on.
#[test]
fn references_follow_split_resources() {
    let components: BTreeMap<String, Value> = (0..26)
        .map(|i| (format!("C{i:02}"), json!({ "type": "CrudApi", "config": { "entityName": format!("E{i}") } })))
        .collect();
    let (plan, rules) = planned(&json!({ "version": 1, "name": "s", "location": "eastus", "components": components }));
    let (_, text) = &projected(&plan, &rules, ProjectionTarget::Arm)[0];
    let settings = resources(text).into_iter().find(|r| r["name"].as_str().is_some_and(|n| n.ends_with("/appsettings")));
    let settings = settings.expect("settings")["properties"].clone();
    for (id, binding) in &plan.bindings {
        let (_, on) = binding.resources.iter().find(|(key, _)| key.starts_with("cosmos:")).expect("a database");
        let account = &plan.resource(on[0].as_str()).expect("the account").name;
        let value = settings[format!("{}_COSMOS_ENDPOINT", id.as_str())].as_str().expect("a setting");
        assert!(value.contains(&format!("'{account}')")), "{id}: {value}");
    }
    let distinct: BTreeSet<&str> = settings
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.ends_with("_COSMOS_ENDPOINT"))
        .filter_map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(distinct.len(), 2);
}

/// A site's address is its own endpoint's, not its neighbour's.
#[test]
fn references_to_elements_mean_ones_own() {
    let site = |_| json!({ "type": "StaticSite" });
    let mut components: BTreeMap<String, Value> = ["Blog", "Shop"].iter().map(|id| ((*id).to_owned(), site(id))).collect();
    components.insert(
        "Links".to_owned(),
        json!({ "type": "FunctionsApp", "config": { "functions": ["go"], "environmentVariables": { "BLOG": "${Blog.endpoint}", "SHOP": "${Shop.endpoint}" } } }),
    );
    let (plan, rules) = planned(&json!({ "version": 1, "name": "s", "location": "eastus", "components": components }));
    let (_, text) = &projected(&plan, &rules, ProjectionTarget::Bicep)[0];
    let line = |name: &str| text.lines().find(|line| line.trim().starts_with(name)).expect("a setting").to_owned();
    assert!(line("LINKS_BLOG:").to_lowercase().contains("endpoint_blog"), "{}", line("LINKS_BLOG:"));
    assert!(line("LINKS_SHOP:").to_lowercase().contains("endpoint_shop"), "{}", line("LINKS_SHOP:"));
}

/// What people write in settings arrives as they wrote it, whatever it means in the language.
#[test]
fn texts_are_escaped() {
    let wild = "[concat('a')] it's %{if} \\ \"quoted\"\nnext";
    let (plan, rules) = planned(&json!({ "version": 1, "name": "s", "location": "eastus", "components": {
        "A": { "type": "FunctionsApp", "config": { "functions": ["f"], "environmentVariables": { "WILD": wild } } } } }));
    let find = |value: &Value| -> String {
        fn walk(value: &Value) -> Option<String> {
            match value {
                Value::Object(map) => {
                    map.get("A_WILD").and_then(Value::as_str).map(str::to_owned).or_else(|| map.values().find_map(walk))
                }
                Value::Array(array) => array.iter().find_map(walk),
                _ => None,
            }
        }
        walk(value).expect("the setting")
    };
    let read = |target| serde_json::from_str::<Value>(&projected(&plan, &rules, target)[0].1).expect("JSON");
    assert_eq!(find(&read(ProjectionTarget::Arm)), wild, "it only begins with a bracket");
    assert_eq!(find(&read(ProjectionTarget::Terraform)), wild.replace("%{", "%%{"));
    let (_, bicep) = &projected(&plan, &rules, ProjectionTarget::Bicep)[0];
    assert!(bicep.contains(r#"A_WILD: '[concat(\'a\')] it\'s %{if} \\ "quoted"\nnext'"#), "{bicep}");
}

/// A function app gets to the databases and containers of its own components and to no others.
#[test]
fn access_is_least() {
    let (plan, rules) = planned(&json!({ "version": 1, "name": "s", "location": "eastus", "components": {
        "A": { "type": "CrudApi", "config": { "entityName": "A", "functionsKey": "one" } },
        "B": { "type": "CrudApi", "config": { "entityName": "B", "functionsKey": "two" } } } }));
    let (_, text) = &projected(&plan, &rules, ProjectionTarget::Arm)[0];
    let grants: Vec<Value> =
        resources(text).into_iter().filter(|r| r["type"].as_str().is_some_and(|t| t.ends_with("/sqlRoleAssignments"))).collect();
    assert_eq!(grants.len(), 2);
    for grant in grants {
        let (scope, principal) = (grant["properties"]["scope"].to_string(), grant["properties"]["principalId"].to_string());
        assert_eq!(scope.contains("/dbs/a-db"), principal.contains("-one'"), "{scope} {principal}");
        assert_eq!(scope.contains("/dbs/b-db"), principal.contains("-two'"), "{scope} {principal}");
    }
    assert!(!text.contains("listKeys"));
}

#[test]
fn the_order_of_components_changes_nothing() {
    let estate = mixed(60, Networking::Public);
    let (plan, rules) = planned(&estate);
    let mut text = estate.to_string();
    let components = estate["components"].as_object().expect("components");
    let reversed: Vec<String> = components.iter().rev().map(|(id, body)| format!("{}:{body}", json!(id))).collect();
    let start = text.find("\"components\":").expect("components") + "\"components\":".len();
    let length = estate["components"].to_string().len();
    text.replace_range(start..start + length, &format!("{{{}}}", reversed.join(",")));
    let again = Planner::new(&rules).plan(&estate_of(&text)).expect("a plan");
    for target in TARGETS {
        assert_eq!(projected(&plan, &rules, target), projected(&again, &rules, target));
    }
}

/// One component more adds lines, and changes only those that name who shares what.
#[test]
fn one_component_more_changes_few_lines() {
    let lines = |components: usize, target| -> BTreeMap<String, usize> {
        let (plan, rules) = planned(&mixed(components, Networking::Public));
        let mut lines = BTreeMap::new();
        for line in projected(&plan, &rules, target)[0].1.lines() {
            *lines.entry(line.to_owned()).or_default() += 1;
        }
        lines
    };
    for target in TARGETS {
        let (before, after) = (lines(30, target), lines(31, target));
        let gone = before.iter().filter(|(line, count)| after.get(*line).is_none_or(|now| now < count)).count();
        assert!(gone <= 12, "{target:?}: {gone} lines of {} went away", before.len());
    }
}

/// A template is of the plan, whether the plan was made with a lock or without.
#[test]
fn a_lock_that_changes_nothing_changes_no_template() {
    let estate = estate_of(&mixed(30, Networking::Isolated).to_string());
    let rules = RuleSet::builtin().expect("rules");
    let free = Planner::new(&rules).plan(&estate).expect("a plan");
    let lock = Lock::after(&free, None, &rules);
    let held = Planner::new(&rules).with_lock(&lock, Moves::Kept).plan(&estate).expect("a plan");
    for target in TARGETS {
        assert!(projected(&free, &rules, target) == projected(&held, &rules, target), "{target:?}");
    }
}

/// The host of functions tells apps on one storage account apart by the first 32 characters of their names.
#[test]
fn apps_on_one_storage_account_differ_in_their_first_32_characters() {
    let keys = ["the-orders-of-the-northern-customers", "the-orders-of-the-northern-suppliers"];
    let components: BTreeMap<String, Value> = (0..450)
        .map(|i| {
            let config = json!({ "functions": ["a"], "functionsKey": keys[i % 2] });
            (format!("C{i}"), json!({ "type": "FunctionsApp", "config": config }))
        })
        .collect();
    let name = "a-company-with-quite-a-name";
    let (plan, _) = planned(&json!({ "version": 1, "name": name, "environment": "acceptance", "location": "eastus",
        "components": components }));
    let apps: Vec<&str> = plan.resources.iter().filter(|r| r.resource_type.as_str() == "functions").map(|r| &*r.name).collect();
    let first: BTreeSet<&str> = apps.iter().map(|name| &name[..name.len().min(32)]).collect();
    assert_eq!((apps.len(), first.len()), (4, 4), "{apps:?}");
}

/// An estate that names no region is deployed to that of its resource group.
#[test]
fn without_a_location_the_resource_group_decides() {
    let (plan, rules) = planned(&json!({ "version": 1, "name": "s", "components": { "A": { "type": "CrudApi" } } }));
    let texts = TARGETS.map(|target| projected(&plan, &rules, target)[0].1.clone());
    let with = |text: &str, line: &str| text.lines().filter(|found| found.trim().trim_end_matches(',') == line).count();
    assert!(with(&texts[0], r#""location": "[resourceGroup().location]""#) >= 4, "{}", texts[0]);
    assert!(with(&texts[1], "location: resourceGroup().location") >= 4, "{}", texts[1]);
    assert!(with(&texts[2], r#""location": "${var.location}""#) >= 4, "{}", texts[2]);
    let terraform: Value = serde_json::from_str(&texts[2]).expect("JSON");
    assert!(terraform["variable"]["location"].is_object(), "{}", terraform["variable"]);
}

/// Azure takes identities as the members of an object, by their ids.
#[test]
fn identities_are_members_of_an_object() {
    let (plan, rules) =
        planned(&json!({ "version": 1, "name": "s", "location": "eastus", "components": { "A": { "type": "CrudApi" } } }));
    let (_, text) = &projected(&plan, &rules, ProjectionTarget::Arm)[0];
    let app = resources(text).into_iter().find(|r| r["type"] == "Microsoft.Web/sites").expect("an app");
    let id = "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'id-func-s')]";
    assert_eq!(app["identity"], json!({ "type": "UserAssigned", "userAssignedIdentities": { id: {} } }));
    let (_, text) = &projected(&plan, &rules, ProjectionTarget::Bicep)[0];
    assert!(text.contains("'${functions_api_functions_identity.id}': {}"), "{text}");
}

/// What Azure would refuse of a Front Door profile is refused before there is a template, with what to do.
#[test]
fn front_door_profiles_that_azure_would_refuse_are_refused() {
    let endpoint = |more: &Value| {
        let mut endpoint = json!({ "name": "web", "origin": "example.com" });
        endpoint.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!([endpoint])
    };
    let link = json!({ "privateLinkId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a" });
    let (premium, windows) = (json!({ "sku": "Premium_AzureFrontDoor" }), json!({ "name": "windows" }));
    for (component, endpoints, more, settings, wanted) in [
        ("Web", endpoint(&link), json!({}), json!({}), "set `sku` to Premium_AzureFrontDoor"),
        ("Web", endpoint(&link), premium, json!({}), "state `privateLinkLocation`"),
        ("Web", endpoint(&windows), json!({}), json!({}), "rename the component or the endpoint"),
        ("Login", endpoint(&json!({})), json!({}), json!({}), "rename the component or the endpoint"),
        (
            "Web",
            endpoint(&json!({ "customDomains": ["a.b.example.com", "a-b.example.com"] })),
            json!({}),
            json!({}),
            "`.` and `-`",
        ),
        (
            "Web",
            json!((0..11).map(|i| json!({ "name": format!("e{i}"), "origin": "example.com" })).collect::<Vec<_>>()),
            json!({}),
            json!({ "limits": { "cdn": { "endpoints": 25 } } }),
            "at most 10 endpoints",
        ),
        (
            "Web",
            endpoint(&json!({})),
            json!({ "sku": "Standard_AzureFrontDoor" }),
            json!({ "networking": "isolated" }),
            "origins in a private network",
        ),
    ] {
        let mut config = json!({ "endpoints": endpoints });
        config.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let estate = json!({ "version": 1, "name": "s", "location": "eastus", "settings": settings, "components": { component: {
            "requirements": [{ "resourceType": "cdn", "requirementKey": "shared-cdn", "config": config }] } } });
        let rules = RuleSet::builtin().expect("rules");
        let error = Planner::new(&rules).plan(&estate_of(&estate.to_string())).expect_err(wanted).to_string();
        assert!(error.contains("E0408") && error.contains(wanted), "{estate}\n{error}");
    }
}

/// The graph has every component and resource, and who is on what.
#[test]
fn the_graph_is_of_the_whole_plan() {
    let (plan, _) = planned(&mixed(60, Networking::Public));
    let dot = colocate::report::dot(&plan);
    for (id, binding) in &plan.bindings {
        for on in binding.resources.values().flatten() {
            let edge = format!("  \"{id}\" -> \"{on}\"");
            assert_eq!(dot.lines().filter(|line| line.starts_with(&edge)).count(), 1, "{edge}");
        }
    }
    for resource in &plan.resources {
        let node = format!("    \"{}\" [label=", resource.id);
        assert_eq!(dot.lines().filter(|line| line.starts_with(&node)).count(), 1, "{node}");
    }
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
}

#[test]
fn a_type_without_templates_is_refused() {
    let rule =
        json!({ "version": 1, "resourceType": "cache", "properties": { "size": { "type": "integer", "merge": "maximum" } } });
    let rules = RuleSet::layered(vec![Document::new("cache.json".to_owned(), rule.to_string().into_bytes()).expect("UTF-8")]);
    let rules = rules.expect("rules");
    let estate = json!({ "version": 1, "name": "s", "components": { "A": { "requirements": [
        { "resourceType": "cache", "requirementKey": "k", "config": { "size": 1 } } ] } } });
    let plan = Planner::new(&rules).plan(&estate_of(&estate.to_string())).expect("a plan");
    for target in TARGETS {
        let error = Projection::new(&plan, &rules, target).expect_err("nothing says what a cache becomes");
        assert_eq!(error.0.code.as_str(), "E0601");
    }
}

/// What looks like a secret is in no plan and no template, but a changed one shows.
#[test]
fn secrets_are_masked_everywhere() {
    let with = |password: &str| {
        planned(&json!({ "version": 1, "name": "s", "location": "eastus", "components": { "A": { "requirements": [
            { "resourceType": "functions", "requirementKey": "f", "config": { "functions": ["x"],
              "environmentVariables": { "DB_PASSWORD": password, "SHARED": { "value": "Server=x;Password=hunter22", "shared": true } },
              "connectionStrings": { "Main": { "value": "Server=tcp:x;Database=y", "type": "SQLAzure" } } } } ] } } }))
    };
    let (plan, rules) = with("correct-horse");
    let mut texts = vec![plan.to_json(), colocate::report::text(&plan)];
    for target in TARGETS {
        texts.extend(projected(&plan, &rules, target).into_iter().map(|(_, text)| text));
    }
    for text in &texts {
        for secret in ["correct-horse", "hunter22", "tcp:x"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert_eq!(plan.warnings.iter().filter(|warning| warning.code.as_str() == "secret-in-estate").count(), 3);
    let (_, bicep) = &projected(&plan, &rules, ProjectionTarget::Bicep)[0];
    assert!(bicep.contains("@secure()\nparam aDbPassword string") && bicep.contains("A_DB_PASSWORD: aDbPassword"), "{bicep}");
    assert_ne!(plan.to_json(), with("another-horse").0.to_json());
}
