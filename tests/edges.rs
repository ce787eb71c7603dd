//! Corners where several rules meet, each as small as it can be.

use std::collections::BTreeSet;

use colocate::{Diagnostics, Document, Estate, Plan, Planner, RuleSet, WarningCode};
use serde_json::{Map, Value, json};

fn try_plan_with(rules: &[Value], estate: &Value) -> Result<Plan, Diagnostics> {
    let document = |rule: &Value| Document::new("rule.json", rule.to_string().into_bytes()).expect("text");
    let rules = RuleSet::layered(rules.iter().map(document).collect())?;
    let estate = Estate::from_json("estate.json", estate.to_string().into_bytes())?;
    Planner::new(&rules).plan(&estate).map_err(|error| error.0)
}

fn try_plan(estate: &Value) -> Result<Plan, Diagnostics> {
    try_plan_with(&[], estate)
}

fn plan(estate: &Value) -> Plan {
    try_plan(estate).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(estate: &Value) -> String {
    try_plan(estate).expect_err("it is refused").to_string()
}

fn estate(components: Value) -> Value {
    json!({"version": 1, "name": "shop", "components": components})
}

fn estate_with(components: Value, rest: Value) -> Value {
    let mut estate = estate(components);
    let rest: Map<String, Value> = serde_json::from_value(rest).expect("an object");
    estate.as_object_mut().expect("an object").extend(rest);
    estate
}

fn need(resource_type: &str, key: &str, config: Value) -> Value {
    json!({"resourceType": resource_type, "requirementKey": key, "config": config})
}

fn needs(requirements: &[Value]) -> Value {
    json!({ "requirements": requirements })
}

fn count(plan: &Plan, resource_type: &str) -> usize {
    plan.resources.iter().filter(|resource| resource.resource_type.as_str() == resource_type).count()
}

fn config<'p>(plan: &'p Plan, id: &str) -> &'p Map<String, Value> {
    &plan.resource(id).unwrap_or_else(|| panic!("no {id}")).config
}

/// A rule for `box`, with parts that are each component's own, four to a box.
fn boxes(more: Value) -> Value {
    let mut properties = json!({
        "parts": {"type": "array", "items": {"type": "string"}, "merge": "union", "prefix": "kebab", "numbered": "p{n}"},
    });
    let more: Map<String, Value> = serde_json::from_value(more).expect("an object");
    properties.as_object_mut().expect("an object").extend(more);
    let capacities = json!({"parts": {"limit": 4, "count": "parts"}});
    json!({"version": 1, "resourceType": "box", "properties": properties, "capacities": capacities})
}

#[test]
fn headroom_never_makes_a_limit_of_one_impossible() {
    let components = json!({"Site": {"type": "StaticSite"}, "UserApi": {"type": "CrudApi"}});
    for headroom in [0.1, 0.5] {
        let plan = plan(&estate_with(components.clone(), json!({"settings": {"headroom": headroom}})));
        assert_eq!((count(&plan, "cdn"), count(&plan, "plan"), plan.optimal), (1, 1, true));
    }
}

#[test]
fn settings_that_some_share_leave_the_others_their_room() {
    let variables = |names: &[&str], shared: bool| {
        let mut all: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), json!("1"))).collect();
        if shared {
            all.insert("X".to_owned(), json!({"value": "1", "shared": true}));
        }
        needs(&[need("functions", "main", json!({ "environmentVariables": all }))])
    };
    let components =
        json!({"A": variables(&["a"], true), "B": variables(&["b"], true), "C": variables(&["c", "d", "e", "f"], false)});
    let plan = plan(&estate_with(components, json!({"settings": {"limits": {"functions": {"environmentVariables": 4}}}})));
    assert_eq!((count(&plan, "functions"), plan.optimal), (2, true));
    assert_eq!(plan.bindings["A"].resources, plan.bindings["B"].resources);
}

#[test]
fn shared_settings_that_agree_are_one_and_that_disagree_are_kept_apart() {
    let level = |value: &str| {
        let variables = json!({"LEVEL": {"value": value, "shared": true}, "OWN": value});
        needs(&[need("functions", "main", json!({ "environmentVariables": variables }))])
    };
    let agreed = plan(&estate(json!({"A": level("info"), "B": level("info")})));
    let variables = json!({"LEVEL": "info", "A_OWN": "info", "B_OWN": "info"});
    assert_eq!(config(&agreed, "functions:main")["environmentVariables"], variables);
    assert_eq!(agreed.resources[0].usage["environmentVariables"].used, 3);
    let split = plan(&estate(json!({"A": level("info"), "B": level("debug")})));
    assert_eq!(count(&split, "functions"), 2);
    assert!(split.warnings[0].message.contains("environmentVariables[LEVEL]"), "{:?}", split.warnings);
}

#[test]
fn a_requirement_that_is_divided_fills_the_gaps_of_its_neighbours() {
    let functions = |count: u32| needs(&[need("functions", "main", json!({ "functions": count }))]);
    let plan = plan(&estate(json!({"X": functions(301), "Y": functions(150), "Z": functions(149)})));
    assert_eq!((count(&plan, "functions"), plan.optimal), (3, true));
    assert_eq!(plan.warnings.iter().filter(|warning| warning.code == WarningCode::DividedRequirement).count(), 1);
}

#[test]
fn what_is_divided_has_nothing_twice() {
    let containers: Vec<String> = (0..251).map(|i| format!("c{i}")).collect();
    let storage = need("storage", "main", json!({"containers": containers, "queues": ["mail"], "staticWebsite": true}));
    let plan = plan(&estate(json!({"A": needs(&[storage])})));
    let with = |property: &str| plan.resources.iter().filter(|resource| resource.config.contains_key(property)).count();
    let queues = |resource: &colocate::Resource| resource.config.get("queues").and_then(Value::as_array).map_or(0, Vec::len);
    assert_eq!(plan.resources.len(), 2);
    assert_eq!((plan.resources.iter().map(queues).sum::<usize>(), with("staticWebsite")), (1, 1));
}

#[test]
fn tags_that_differ_do_not_refuse_an_estate() {
    let tagged = |team: &str| needs(&[need("storage", "main", json!({"tags": {"team": team, "env": "prod"}}))]);
    let plan = plan(&estate(json!({"A": tagged("web"), "B": tagged("data")})));
    assert!(plan.warnings.iter().any(|warning| warning.message.contains("team")), "{:?}", plan.warnings);
}

#[test]
fn one_thing_that_a_component_names_twice_counts_once() {
    let functions = |names: Value| need("functions", "main", json!({ "functions": names }));
    let plan = plan(&estate(json!({"A": needs(&[functions(json!(["x", "y"])), functions(json!(["x", "z"]))])})));
    assert_eq!(plan.resources[0].usage["functions"].used, 3);
    assert_eq!(config(&plan, "functions:main")["functions"], json!(["a-x", "a-y", "a-z"]));
}

#[test]
fn an_override_of_a_list_replaces_it() {
    let components = json!({"A": needs(&[need("storage", "main", json!({"ipRules": ["10.0.0.1"]}))])});
    let over = json!({"overrides": [need("storage", "main", json!({"ipRules": ["203.0.113.9"]}))]});
    assert_eq!(config(&plan(&estate_with(components, over)), "storage:main")["ipRules"], json!(["203.0.113.9"]));
}

#[test]
fn an_override_of_what_no_component_has_is_a_warning() {
    let components = json!({"A": needs(&[need("storage", "main", json!({"containers": ["x"]}))])});
    let over = json!({"overrides": [need("storage", "main", json!({"containers": ["y"]}))]});
    let plan = plan(&estate_with(components, over));
    assert_eq!(plan.warnings[0].code, WarningCode::UnusedOverride);
    assert!(plan.warnings[0].message.contains("`y`"), "{:?}", plan.warnings);
}

#[test]
fn an_override_of_an_element_changes_it_and_leaves_its_neighbours() {
    let database = |name: &str| json!({"name": name, "throughput": 400});
    let components = json!({"A": needs(&[need("cosmos", "main", json!({"databases": [database("a"), database("b")]}))])});
    let over = json!({"overrides": [need("cosmos", "main", json!({"databases": [{"name": "b", "throughput": 1000}]}))]});
    let plan = plan(&estate_with(components, over));
    let databases = json!([{"name": "a", "throughput": 400}, {"name": "b", "throughput": 1000}]);
    assert_eq!(config(&plan, "cosmos:main")["databases"], databases);
}

#[test]
fn an_override_for_one_key_leaves_the_others_alone_under_by_type() {
    let app = |key: &str, sku: &str| needs(&[need("functions", key, json!({"functions": 1, "sku": sku}))]);
    let overrides = json!([need("functions", "a", json!({"sku": "B1"}))]);
    let rest = json!({"settings": {"sharing": "byType"}, "overrides": overrides});
    let plan = plan(&estate_with(json!({"A": app("a", "B2"), "B": app("b", "B3")}), rest));
    assert_eq!(config(&plan, "functions:shared")["sku"], "B3");
}

#[test]
fn an_override_of_a_list_for_one_key_leaves_the_others_alone_under_by_type() {
    let app = |key: &str, from: &str| needs(&[need("functions", key, json!({"functions": 1, "cors": [from]}))]);
    let overrides = json!([need("functions", "a", json!({"cors": ["https://c"]}))]);
    let rest = json!({"settings": {"sharing": "byType"}, "overrides": overrides});
    let plan = plan(&estate_with(json!({"A": app("a", "https://a"), "B": app("b", "https://b")}), rest));
    assert_eq!(config(&plan, "functions:shared")["cors"], json!(["https://b", "https://c"]));
}

#[test]
fn an_override_is_counted_like_what_it_replaces() {
    let site = || needs(&[need("storage", "main", json!({"staticWebsite": true}))]);
    let over = json!({"overrides": [need("storage", "main", json!({"staticWebsite": false}))]});
    let plan = plan(&estate_with(json!({"A": site(), "B": site()}), over));
    assert_eq!((plan.resources.len(), plan.resources[0].usage["staticWebsites"].used), (1, 0));
}

#[test]
fn an_override_of_the_location_brings_all_together() {
    let app = |location: &str| needs(&[need("functions", "main", json!({"functions": 1, "location": location}))]);
    let components = json!({"A": app("westus"), "B": app("northeurope"), "C": needs(&[need("functions", "main", json!({}))])});
    let over = json!({"location": "eastus", "overrides": [need("functions", "main", json!({"location": "eastus2"}))]});
    let plan = plan(&estate_with(components, over));
    assert_eq!((count(&plan, "functions"), &config(&plan, "functions:main")["location"]), (1, &json!("eastus2")));
}

#[test]
fn a_requirement_of_higher_priority_is_not_overridden() {
    let requirement =
        json!({"resourceType": "cosmos", "requirementKey": "main", "priority": 40, "config": {"consistency": "Strong"}});
    let over = json!({"overrides": [need("cosmos", "main", json!({"consistency": "Session"}))]});
    let plan = plan(&estate_with(json!({"A": needs(&[requirement])}), over));
    assert_eq!(config(&plan, "cosmos:main")["consistency"], "Strong");
}

#[test]
fn the_more_specific_override_wins() {
    let specific = need("cosmos", "main", json!({"consistency": "Strong"}));
    let general = json!({"resourceType": "cosmos", "config": {"consistency": "Session"}});
    for overrides in [json!([specific, general]), json!([general, specific])] {
        let components = json!({"A": needs(&[need("cosmos", "main", json!({}))])});
        let plan = plan(&estate_with(components, json!({ "overrides": overrides })));
        assert_eq!(config(&plan, "cosmos:main")["consistency"], "Strong");
    }
}

#[test]
fn variables_of_two_apps_are_both_told_to_their_component() {
    let app = |key: &str, level: &str| need("functions", key, json!({"environmentVariables": {"LEVEL": level}}));
    let plan = plan(&estate(json!({"A": needs(&[app("a", "info"), app("b", "debug")])})));
    let binding = serde_json::to_string(&plan.bindings["A"]).expect("JSON");
    assert!(binding.contains("info") && binding.contains("debug"), "{binding}");
}

#[test]
fn elements_of_different_types_are_told_apart_in_a_binding() {
    let stack = json!({"type": "DataStack", "requirements": [need("storage", "mine", json!({"queues": ["jobs"]}))]});
    let plan = plan(&estate(json!({ "A": stack })));
    let binding = serde_json::to_value(&plan.bindings["A"]).expect("JSON");
    assert_eq!(binding["elements"]["storage:mine"]["queues"], json!(["a-jobs"]));
    assert_eq!(binding["elements"]["servicebus:shared-servicebus"]["queues"], json!(["a"]));
}

#[test]
fn a_flex_app_and_an_elastic_one_never_share_a_plan() {
    let flex = needs(&[need("functions", "functions-ep1", json!({"functions": 1}))]);
    let elastic = needs(&[need("functions", "other", json!({"functions": 1, "sku": "EP1"}))]);
    let plan = plan(&estate(json!({"A": flex, "B": elastic})));
    let plans = plan.resources.iter().filter(|resource| resource.resource_type.as_str() == "plan");
    let skus: BTreeSet<&str> = plans.filter_map(|plan| plan.config["sku"].as_str()).collect();
    assert_eq!(skus, BTreeSet::from(["EP1", "FC1"]));
}

#[test]
fn apps_of_one_key_are_counted_one_by_one_on_their_plan() {
    let app = || needs(&[need("functions", "main", json!({"functions": 200, "sku": "EP1"}))]);
    let plan = plan(&estate(json!({"A": app(), "B": app(), "C": app()})));
    let hosting = plan.resources.iter().find(|resource| resource.resource_type.as_str() == "plan").expect("a plan");
    assert_eq!((hosting.usage["apps"].used, hosting.config["apps"].as_array().map(Vec::len)), (3, Some(3)));
}

#[test]
fn error_refuses_only_a_disagreement_that_forces_another_resource() {
    let app = |runtime: &str| needs(&[need("functions", "main", json!({"functions": 1, "runtime": runtime}))]);
    let rest = |rest: Value| {
        let mut rest = rest;
        rest["settings"] = json!({"onConflict": "error"});
        rest
    };
    let components = || json!({"A": app("node"), "B": app("python")});
    assert!(refused(&estate_with(components(), rest(json!({})))).contains("E0401"));
    let apart = json!({"constraints": {"apart": [["A", "B"]]}});
    assert_eq!(count(&plan(&estate_with(components(), rest(apart))), "functions"), 2);
}

#[test]
fn error_leaves_alone_who_could_not_share_anyway() {
    let app = |runtime: &str| needs(&[need("functions", "main", json!({"functions": 200, "runtime": runtime}))]);
    let settings = || json!({"settings": {"onConflict": "error"}});
    assert_eq!(count(&plan(&estate_with(json!({"A": app("node"), "B": app("python")}), settings())), "functions"), 2);
    let site = |page: &str| json!({"type": "StaticSite", "config": {"indexDocument": page}});
    assert_eq!(count(&plan(&estate_with(json!({"A": site("a.html"), "B": site("b.html")}), settings())), "storage"), 2);
}

#[test]
fn a_count_over_what_components_have_in_common_is_refused_as_a_rule() {
    let rule = json!({
        "version": 1, "resourceType": "box",
        "properties": {"marks": {"type": "array", "items": {"type": "string"}, "merge": "union"}},
        "capacities": {"marks": {"limit": 4, "count": "marks"}},
    });
    let asks = || needs(&[need("box", "main", json!({"marks": ["1", "2", "3", "4"]}))]);
    match try_plan_with(&[rule], &estate(json!({"A": asks(), "B": asks()}))) {
        Ok(plan) => assert_eq!(plan.resources.len(), 1),
        Err(error) => assert!(error.to_string().contains("E0301"), "{error}"),
    }
}

#[test]
fn a_component_that_disagrees_with_itself_is_split_however_sharing_is_set() {
    let rule = boxes(json!({"zone": {"type": "string", "merge": "match"}}));
    let ask = |part: &str, zone: &str| need("box", "main", json!({"parts": [part], "zone": zone}));
    for sharing in ["byKey", "byType", "none"] {
        let components = json!({"A": needs(&[ask("x", "east"), ask("y", "west")])});
        let plan =
            try_plan_with(std::slice::from_ref(&rule), &estate_with(components, json!({"settings": {"sharing": sharing}})));
        assert_eq!(plan.map(|plan| plan.resources.len()), Ok(2), "{sharing}");
    }
}

#[test]
fn an_intersection_needs_everyone_who_speaks() {
    let rule = boxes(json!({"common": {"type": "array", "items": {"type": "string"}, "merge": "intersection"}}));
    let ask = |list: Value| need("box", "main", json!({ "common": list }));
    let silent = need("box", "main", json!({}));
    let components =
        json!({"A": needs(&[ask(json!(["x", "y"])), ask(json!(["y"]))]), "B": needs(&[ask(json!(["x", "y"])), silent])});
    let plan = try_plan_with(std::slice::from_ref(&rule), &estate(components)).expect("a plan");
    assert_eq!(config(&plan, "box:main")["common"], json!(["y"]));
    let nothing = json!({"A": needs(&[ask(json!(["x"])), ask(json!([]))]), "B": needs(&[ask(json!(["x"]))])});
    let plan = try_plan_with(&[rule], &estate(nothing)).expect("a plan");
    assert_eq!((&config(&plan, "box:main")["common"], plan.warnings[0].code), (&json!([]), WarningCode::EmptyIntersection));
}

#[test]
fn lists_that_must_match_match_in_any_order() {
    let container = |keys: Value| {
        let container = json!({"name": "items", "uniqueKeys": keys});
        needs(&[need("cosmos", "main", json!({"databases": [{"name": "shop", "containers": [container]}]}))])
    };
    plan(&estate(json!({"A": container(json!(["/a", "/b"])), "B": container(json!(["/b", "/a"]))})));
}

#[test]
fn numbers_match_by_value() {
    let rule = boxes(json!({"level": {"type": "number", "merge": "match"}}));
    let text = r#"{"version": 1, "name": "shop", "components": {
        "A": {"requirements": [{"resourceType": "box", "requirementKey": "main", "config": {"level": 1}}]},
        "B": {"requirements": [{"resourceType": "box", "requirementKey": "main", "config": {"level": 1.0}}]}}}"#;
    let rules = RuleSet::layered(vec![Document::new("box.json", rule.to_string().into_bytes()).expect("text")]).expect("rules");
    let estate = Estate::from_json("estate.json", text.as_bytes().to_vec()).expect("an estate");
    assert_eq!(Planner::new(&rules).plan(&estate).expect("a plan").resources.len(), 1);
}

#[test]
fn mistakes_of_form_and_of_content_are_told_in_one_run() {
    let first = json!({"resourceType": "cosmo", "requirementKey": "main", "priority": 1001});
    let second = json!({"resourceType": "cosmos", "requirementKey": "main", "config": {"consistncy": "Strong"}});
    let estate = estate_with(json!({"A": needs(&[first, second])}), json!({"settings": {"sharing": "byKeys"}}));
    let document = Document::new("estate.json", estate.to_string().into_bytes()).expect("text");
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("estate.json");
    std::fs::write(&path, document.text()).expect("written");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_colocate")).arg("check").arg(&path).output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("text");
    for wanted in ["1001", "byKeys", "cosmo`", "consistncy"] {
        assert!(said.contains(wanted), "{wanted} is not in: {said}");
    }
}

#[test]
fn references_in_lists_mean_each_component_s_own() {
    let component = |key: &str| {
        needs(&[need("functions", "main", json!({"functions": 1, "cors": ["${cdn.endpoint}"]})), need("cdn", key, json!({}))])
    };
    match try_plan(&estate(json!({"A": component("a"), "B": component("b")}))) {
        Ok(plan) => {
            assert_eq!(config(&plan, "functions:main")["cors"], json!(["${cdn:a.endpoint}", "${cdn:b.endpoint}"]));
        }
        Err(error) => assert!(error.to_string().contains("cors"), "{error}"),
    }
}

#[test]
fn a_reference_in_a_shared_value_must_mean_one_thing() {
    let component = |key: &str| {
        needs(&[need("functions", "main", json!({"functions": 1, "subnetId": "${storage.id}"})), need("storage", key, json!({}))])
    };
    assert!(refused(&estate(json!({"A": component("a"), "B": component("b")}))).contains("E0410"));
    let plan = plan(&estate(json!({"A": component("a"), "B": component("a")})));
    assert_eq!(config(&plan, "functions:main")["subnetId"], "${storage:a.id}");
}

#[test]
fn references_lead_to_the_resource_that_the_component_is_on() {
    let api = |name: &str| json!({"type": "CrudApi", "config": {"entityName": name}});
    let components = json!({"A": api("a"), "B": api("b"), "C": api("c")});
    let plan = plan(&estate_with(components, json!({"settings": {"limits": {"cosmos": {"databases": 1}}}})));
    for id in ["A", "B", "C"] {
        let binding = &plan.bindings[id];
        let account = &binding.resources["cosmos:shared-cosmos"][0];
        assert_eq!(binding.environment[&format!("{id}_COSMOS_ENDPOINT")], format!("${{{account}.documentEndpoint}}"));
        let database = format!("{}-db", id.to_lowercase());
        assert_eq!(config(&plan, account.as_str())["databases"][0]["name"], database);
    }
}

#[test]
fn custom_domains_are_counted_where_they_are() {
    let site = |count: usize, site: usize| {
        let domains: Vec<String> = (0..count).map(|i| format!("{i}.site{site}.example")).collect();
        json!({"type": "StaticSite", "config": {"customDomains": domains}})
    };
    let none = plan(&estate(json!({"A": site(0, 0)})));
    assert_eq!(none.resource("cdn:shared-cdn").expect("a profile").usage["customDomains"].used, 0);
    let many = plan(&estate(json!({"A": site(40, 0), "B": site(40, 1), "C": site(40, 2)})));
    assert_eq!((count(&many, "cdn"), many.optimal), (2, true));
}

#[test]
fn the_first_resource_is_filled_first() {
    let component = |i: usize| (format!("C{i:02}"), needs(&[need("cosmos", "main", json!({"databases": [format!("db-{i}")]}))]));
    let plan = plan(&estate(Value::Object((0..26).map(component).collect())));
    let used: Vec<u64> = plan.resources.iter().map(|account| account.usage["databases"].used).collect();
    assert_eq!(used, [25, 1]);
    assert_eq!(plan.bindings["C25"].resources["cosmos:main"][0].as_str(), "cosmos:main-2");
}

#[test]
fn the_first_resource_is_filled_first_when_one_component_needs_two() {
    let plan = plan(&estate(json!({"A": needs(&[need("functions", "main", json!({"functions": 201}))])})));
    let apps = plan.resources.iter().filter(|resource| resource.resource_type.as_str() == "functions");
    assert_eq!(apps.map(|app| app.usage["functions"].used).collect::<Vec<_>>(), [200, 1]);
}

#[test]
fn one_more_requirement_does_not_make_a_component_type_ambiguous() {
    let component = json!({"type": "CrudApi", "requirements": [need("cosmos", "other", json!({"databases": ["z"]}))]});
    match try_plan(&estate(json!({ "A": component }))) {
        Ok(plan) => {
            let endpoint = &plan.bindings["A"].environment["A_COSMOS_ENDPOINT"];
            assert_eq!(endpoint, "${cosmos:shared-cosmos.documentEndpoint}");
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn names_of_elements_are_never_empty() {
    for (resource_type, config) in [
        ("storage", json!({"containers": [""]})),
        ("functions", json!({"functions": [""]})),
        ("cosmos", json!({"databases": [{"name": ""}]})),
        ("functions", json!({"environmentVariables": {"": "x"}})),
    ] {
        let error = try_plan(&estate(json!({"A": needs(&[need(resource_type, "main", config.clone())])})));
        assert!(error.is_err(), "{resource_type} {config}");
    }
}

#[test]
fn a_requirement_too_big_to_divide_is_refused_with_its_size() {
    let variables: Map<String, Value> = (0..1001).map(|i| (format!("V{i}"), json!("x"))).collect();
    let message =
        refused(&estate(json!({"A": needs(&[need("functions", "main", json!({ "environmentVariables": variables }))])})));
    for wanted in ["E0405", "`A`", "1001", "1000"] {
        assert!(message.contains(wanted), "{wanted} is not in: {message}");
    }
}

#[test]
fn a_database_with_too_many_containers_is_refused_by_name() {
    let containers: Vec<String> = (0..101).map(|i| format!("c{i}")).collect();
    let databases = json!({"databases": [{"name": "huge", "containers": containers}]});
    let message = refused(&estate(json!({"A": needs(&[need("cosmos", "main", databases)])})));
    for wanted in ["E0404", "`huge`", "101", "100"] {
        assert!(message.contains(wanted), "{wanted} is not in: {message}");
    }
}

#[test]
fn the_containers_of_a_database_are_counted_over_all_who_name_it() {
    let component = |i: usize| {
        let container = format!("c{i:03}");
        (
            format!("C{i:03}"),
            needs(&[need("cosmos", "main", json!({"databases": [{"name": "shop", "containers": [container]}]}))]),
        )
    };
    let fits = plan(&estate(Value::Object((0..100).map(component).collect())));
    assert_eq!((fits.resources.len(), fits.resources[0].usage["databasesAndContainers"].used), (1, 101));
    assert!(refused(&estate(Value::Object((0..101).map(component).collect()))).contains("E0404"));
}

#[test]
fn a_chain_of_shared_databases_stays_together_and_its_break_is_explained() {
    let component = |i: usize, zone: Option<&str>| {
        let mut config = json!({"databases": [format!("d{i}"), format!("d{}", i + 1)]});
        config.as_object_mut().expect("an object").extend(zone.map(|zone| ("location".to_owned(), json!(zone))));
        needs(&[need("cosmos", "main", config)])
    };
    let chain = |last: Option<&str>| {
        let zone = |i: usize| {
            if i == 0 {
                Some("westus")
            } else if i == 5 {
                last
            } else {
                None
            }
        };
        Value::Object((0..6).map(|i| (format!("C{i}"), component(i, zone(i)))).collect())
    };
    let whole = plan(&estate(chain(None)));
    assert_eq!((whole.resources.len(), whole.resources[0].usage["databases"].used), (1, 7));
    let message = refused(&estate(chain(Some("eastus"))));
    assert!(message.contains("E0402"), "{message}");
    for database in ["`d1`", "`d2`", "`d3`", "`d4`", "`d5`", "\"westus\"", "\"eastus\""] {
        assert!(message.contains(database), "{database} is not in: {message}");
    }
}

#[test]
fn names_stay_valid_and_different_whatever_the_keys_are() {
    let keys = ["a", "A", "a.b", "a-b", "a--b", "a_b", "9", "main", "x".repeat(128).as_str(), &format!("{}y", "x".repeat(127))]
        .map(str::to_owned);
    for resource_type in ["storage", "keyvault", "functions", "cosmos", "servicebus", "cdn", "appinsights"] {
        let requirements: Vec<Value> = keys.iter().map(|key| need(resource_type, key, json!({}))).collect();
        let plan = plan(&estate(json!({"A": needs(&requirements)})));
        let names: BTreeSet<&str> = plan
            .resources
            .iter()
            .filter(|resource| resource.resource_type.as_str() == resource_type)
            .map(|resource| resource.name.as_str())
            .collect();
        assert_eq!(names.len(), keys.len(), "{names:?}");
        let most = if ["storage", "keyvault"].contains(&resource_type) { 24 } else { 260 };
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || (c == '-' && resource_type != "storage");
        assert!(names.iter().all(|name| name.len() <= most && name.chars().all(good)), "{names:?}");
    }
}

#[test]
fn templates_in_values_stay_text() {
    let api = json!({"type": "CrudApi", "config": {"databaseName": "{{ 7 * 7 }}", "partitionKey": "/{% if x %}"}});
    let plan = plan(&estate(json!({ "A": api })));
    let database = &config(&plan, "cosmos:shared-cosmos")["databases"][0];
    assert_eq!((&database["name"], &database["containers"][0]["partitionKey"]), (&json!("{{ 7 * 7 }}"), &json!("/{% if x %}")));
}

#[test]
fn priorities_from_0_to_1000_are_allowed_and_ordered() {
    let component = |priority: u16, consistency: &str| {
        let config = json!({ "consistency": consistency });
        needs(&[json!({"resourceType": "cosmos", "requirementKey": "main", "priority": priority, "config": config})])
    };
    let components = json!({"A": component(0, "Eventual"), "B": component(1000, "Strong"), "C": component(999, "Session")});
    let plan = plan(&estate(components));
    assert_eq!((plan.resources.len(), &config(&plan, "cosmos:main")["consistency"]), (1, &json!("Strong")));
    assert!(refused(&estate(json!({"A": component(1001, "Strong")}))).contains("0 to 1000"));
}

#[test]
fn a_dedicated_component_may_share_with_itself() {
    let ask = |name: &str| need("keyvault", "main", json!({"secrets": [name]}));
    let components = json!({"A": needs(&[ask("x"), ask("y")]), "B": needs(&[ask("x")]), "C": needs(&[ask("x")])});
    let plan = plan(&estate_with(components, json!({"constraints": {"dedicated": ["A"]}})));
    assert_eq!((plan.resources.len(), plan.optimal), (2, true));
    assert_eq!(plan.bindings["A"].resources["keyvault:main"].len(), 1);
    assert_eq!(plan.bindings["B"].resources, plan.bindings["C"].resources);
}

#[test]
fn three_thousand_components_are_no_trouble() {
    let api = |i: usize| (format!("Component{i}"), json!({"type": "CrudApi"}));
    let plan = plan(&estate(Value::Object((0..3000).map(api).collect())));
    // Each app has an account for its host.
    assert_eq!(
        (count(&plan, "cosmos"), count(&plan, "functions"), count(&plan, "storage"), plan.optimal),
        (120, 75, 12 + 75, true)
    );
}

#[test]
fn a_requirement_with_thousands_of_functions_is_divided_in_time() {
    let plan = plan(&estate(json!({"A": needs(&[need("functions", "main", json!({"functions": 10_000}))])})));
    assert_eq!((count(&plan, "functions"), plan.optimal), (50, true));
}

#[test]
fn an_app_that_is_divided_has_its_settings_on_every_part() {
    let settings =
        json!({"environmentVariables": {"LEVEL": "info"}, "connectionStrings": {"DB": {"value": "x"}}, "functions": 201});
    let plan = plan(&estate(json!({"A": needs(&[need("functions", "main", settings)])})));
    for id in ["functions:main", "functions:main-2"] {
        let config = config(&plan, id);
        assert_eq!(config.get("environmentVariables"), Some(&json!({"A_LEVEL": "info"})), "{id}");
        assert!(config.contains_key("connectionStrings"), "{id}");
    }
}

#[test]
fn a_divided_app_beside_one_of_another_language_is_proven() {
    let app =
        |functions: u32, runtime: &str| needs(&[need("functions", "main", json!({"functions": functions, "runtime": runtime}))]);
    let plan = plan(&estate(json!({"A": app(201, "node"), "B": app(1, "python")})));
    assert_eq!((count(&plan, "functions"), plan.optimal), (3, true));
}

#[test]
#[ignore = "known gap: room for shared settings is kept on apps that have none of them"]
fn settings_that_some_share_never_cost_an_app() {
    let component = |shared: &[&str], own: usize| {
        let mut all: Map<String, Value> =
            shared.iter().map(|name| ((*name).to_owned(), json!({"value": "1", "shared": true}))).collect();
        all.extend((0..own).map(|i| (format!("OWN_{i}"), json!("1"))));
        needs(&[need("functions", "main", json!({ "environmentVariables": all }))])
    };
    let components = json!({
        "A": component(&["Z"], 2), "B": component(&["Y"], 2), "C": component(&["X", "Z"], 0), "D": component(&["X", "Z"], 0),
    });
    let plan = plan(&estate_with(components, json!({"settings": {"limits": {"functions": {"environmentVariables": 4}}}})));
    assert_eq!((count(&plan, "functions"), plan.optimal), (2, true));
}
