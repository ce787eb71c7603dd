//! Documents as people write them: YAML and JSON with comments mean what the same JSON means, and mistakes in them have places.

use std::fmt::Write as _;

use colocate::{Document, Estate, RuleSet};
use serde_json::{Value, json};

fn document(name: &str, text: &str) -> Document {
    Document::new(name, text.as_bytes().to_vec()).expect("UTF-8")
}

fn yaml(text: &str) -> Value {
    document("x.yaml", text).parse().unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn complaint(name: &str, text: &str) -> String {
    document(name, text).parse().expect_err(text).to_string()
}

#[test]
fn yaml_means_what_its_core_schema_says() {
    for (text, value) in [
        ("a: 1", json!({ "a": 1 })),
        (
            "[~, null, true, False, 0x1F, 0o17, -3, +4, 1.50, 2.0, 1e3, .5]",
            json!([null, null, true, false, 31, 15, -3, 4, 1.5, 2, 1000, 0.5]),
        ),
        (
            "- yes\n- off\n- 1_000\n- 1.2.3\n- 12:30\n- 2001-01-01\n- '7'\n- \"x\\ty\"\n- -\n",
            json!(["yes", "off", "1_000", "1.2.3", "12:30", "2001-01-01", "7", "x\ty", [null]]),
        ),
        ("a: |\n  one\n  two\nb: >\n  one\n  two\n", json!({ "a": "one\ntwo\n", "b": "one two\n" })),
        ("1: a\ntrue: b\n", json!({ "1": "a", "true": "b" })),
        ("a: !!str 12\nb: !!int '12'\nc: !!map {}\nd: ! 12\n", json!({ "a": "12", "b": 12, "c": {}, "d": "12" })),
        (
            "base: &b {x: 1, y: 2}\nown: *b\nmore:\n  <<: *b\n  y: 3\n",
            json!({ "base": { "x": 1, "y": 2 }, "own": { "x": 1, "y": 2 }, "more": { "y": 3, "x": 1 } }),
        ),
        ("a: &a {x: 1}\nb: {<<: [*a, {x: 2, z: 3}], y: 0}\n", json!({ "a": { "x": 1 }, "b": { "y": 0, "x": 1, "z": 3 } })),
        ("a: '<<'\n'<<': b\n", json!({ "a": "<<", "<<": "b" })),
        ("18446744073709551615", json!(u64::MAX)),
        ("---\na: b\n...\n", json!({ "a": "b" })),
        ("a: b # comment\r\nc: d\r\n", json!({ "a": "b", "c": "d" })),
        ("{\"a\": [1, 2,], }", json!({ "a": [1, 2] })),
    ] {
        assert_eq!(yaml(text), value, "{text}");
    }
}

#[test]
fn mistakes_in_yaml_have_places() {
    for (text, said) in [
        ("", "x.yaml:1:1: error[E0101]: the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("a:\n  b: 1\n\tc: 2\n", "replace the tabs"),
        ("a:\n\tb: 1\n", "replace the tabs"),
        (
            "a: 1\nä: 2\na: 3\n",
            "x.yaml:3:1: error[E0104]: the key `a` stands twice in one object (at /a); it stands first in line 1",
        ),
        ("ä: {ö: !secret x}", "x.yaml:1:8: error[E0109]: the tag `!secret` means nothing here (at /ä/ö)"),
        ("a: !!binary aGk=", "the tag `!!binary` means nothing here"),
        ("a: !thing\n  b: 1", "the tag `!thing` means nothing here (at /a)"),
        ("a: !!int x", "`x` is not what its tag `!!int` says"),
        ("a: .inf", "x.yaml:1:4: error[E0108]: `.inf` is a number that JSON does not have (at /a)"),
        ("{a: 1}: b", "a key is an array or an object"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: error[E0101]: a second document begins in one file"),
        ("a: &a [*a]", "stands within what it names"),
        ("a: *nothing", "x.yaml:1:4: error[E0101]: not valid YAML"),
        ("a: b: c", "x.yaml:1:5: error[E0101]: not valid YAML"),
        ("a:\n  <<: 3", "x.yaml:2:3: error[E0105]: `<<` takes in something that is not an object (at /a"),
        ("- a\n- {x: 1, x: 2}\n- &q {y: 1, y: 1}", "x.yaml:3:13: error[E0104]"),
    ] {
        let complaint = complaint("x.yaml", text);
        assert!(complaint.contains(said), "{text:?}\n{complaint}\nshould say\n{said}");
    }
}

#[test]
fn mistakes_in_json_with_comments_have_places() {
    let good = "// of us\n{ \"a\": [1, 2.0, 1e2,], /* within */ \"b\": \"// not one\", }";
    assert_eq!(document("x.jsonc", good).parse().expect("good"), json!({ "a": [1, 2, 100], "b": "// not one" }));
    for (text, said) in [
        ("// nothing", "x.jsonc:1:1: error[E0101]: the file is empty"),
        ("{\n /* never closed \"a\": 1 }", "x.jsonc:2:2: error[E0101]: not valid JSON"),
        ("{\"ä\": 1,\n \"ä\": 2}", "x.jsonc:2:2: error[E0104]: the key `ä` stands twice"),
        ("{\"a\": 'x'}", "x.jsonc:1:7: error[E0101]"),
        ("{a: 1}", "x.jsonc:1:2: error[E0101]"),
        ("{\"a\" 1}", "x.jsonc:1:"),
        ("{\"a\": 1e999}", "`1e999` is not a number of JSON (at /a)"),
        ("{} {}", "x.jsonc:1:4: error[E0101]"),
    ] {
        let complaint = complaint("x.jsonc", text);
        assert!(complaint.contains(said), "{text:?}\n{complaint}\nshould say\n{said}");
    }
    assert!(complaint("x.jsonc", &"[".repeat(100_000)).contains("E0102"));
    assert!(complaint("x.jsonc", &format!("{}{}", "[".repeat(200), "]".repeat(200))).contains("E0102"));
    for text in ["{\n  // why\n  \"a\": 1\n}", "{\"a\": 1 /* one */}", "{\"a\": 1,}"] {
        assert!(complaint("x.json", text).contains("`.jsonc`"), "{text}: {}", complaint("x.json", text));
    }
}

#[test]
fn a_short_file_does_not_become_a_large_one() {
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{i}: &a{i} [{aliases}]");
    }
    assert!(
        complaint("x.yaml", &laughs).contains("error[E0108]: aliases repeat more than 32 MiB (at /a"),
        "{}",
        complaint("x.yaml", &laughs)
    );
    let merges = (0..40).fold(String::from("m0: &m0 {k: v}\n"), |mut text, i| {
        let _ = writeln!(text, "m{0}: &m{0} {{<<: [*m{i}, *m{i}], k{0}: *m{i}}}", i + 1);
        text
    });
    assert!(complaint("x.yaml", &merges).contains("aliases repeat more than"));
    let long = format!("a: &a {}\nb: [{}]", "x".repeat(1 << 20), vec!["*a"; 40].join(", "));
    assert!(complaint("x.yaml", &long).contains("aliases repeat more than"));
    assert!(complaint("x.yaml", &"[".repeat(100_000)).contains("E0102"));
    assert!(complaint("x.yaml", &"- ".repeat(100_000)).contains("E0102"));
    let deep = format!("a: &a {}{}\nb: {}*a{}", "[".repeat(100), "]".repeat(100), "[".repeat(100), "]".repeat(100));
    assert!(complaint("x.yaml", &deep).contains("E0102"));
}

/// Places are those of the same value in JSON, as far as lines are concerned.
#[test]
fn what_rules_say_has_places_in_every_language() {
    let rules = RuleSet::builtin().expect("rules");
    let yaml = "version: 1\nname: shop\ncomponents:\n  Käse:\n    type: CrudApi\n  Api:\n    requirements:\n      - resourceType: cosmos\n        requirementKey: main\n        config:\n          consistency: Sesion\n          databases:\n            - name: ä\n              throughput: 401\n";
    let said = colocate::load(&document("e.yml", yaml), &rules).expect_err("mistakes").to_string();
    for place in ["e.yml:4:3: error[E0201]", "e.yml:11:24: error[E0109]", "e.yml:14:27: error[E0108]"] {
        assert!(said.contains(place), "{said}");
    }
    let jsonc = "{ // x\n \"version\": 1, \"name\": \"shop\",\n \"components\": { /* ü */ \"Api\": { \"typ\": 1 }, }, }";
    let said = colocate::load(&document("e.jsonc", jsonc), &rules).expect_err("mistakes").to_string();
    assert!(said.contains("e.jsonc:3:35: error[E0106]"), "{said}");
}

/// Every fixture means the same when it is written in YAML, in blocks and inline.
#[test]
fn estates_mean_the_same_in_yaml() {
    let mut same = 0;
    for entry in walkdir::WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")) {
        let path = entry.expect("an entry").into_path();
        if !path.ends_with("estate.json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a file");
        let Ok(estate) = Estate::from_json("estate.json", text.clone().into_bytes()) else { continue };
        let mut blocks = String::new();
        write_yaml(&mut blocks, &serde_json::from_str(&text).expect("JSON"), 0);
        for (name, text) in [("e.yaml", blocks.clone()), ("e.yaml", text.clone()), ("e.jsonc", format!("// comment\n{text}"))] {
            let again =
                Estate::read(&document(name, &text)).unwrap_or_else(|error| panic!("{}\n{error}\n{text}", path.display()));
            assert_eq!(format!("{again:?}"), format!("{estate:?}"), "{}", path.display());
        }
        same += 1;
    }
    assert!(same >= 40, "{same}");
}

fn write_yaml(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let _ = write!(out, "\n{indent}{}:", serde_json::to_string(key).expect("text"));
                write_yaml(out, value, depth + 1);
            }
        }
        Value::Array(array) if !array.is_empty() => {
            for value in array {
                let _ = write!(out, "\n{indent}-");
                write_yaml(out, value, depth + 1);
            }
        }
        other => {
            let _ = write!(out, " {other}");
        }
    }
}

/// Whatever is in a file, it is read or refused, and every place that is named is in it.
#[test]
fn broken_yaml_is_refused_with_a_place() {
    let seeds = [
        "version: 1\nname: shop\ncomponents:\n  A: &a\n    type: CrudApi\n    config: {x: [1, 2.5, 'y'], \"z\": |\n      text\n    }\n  B: *a\n",
        "- &x {a: !!str 1, ? b : c}\n- <<: *x\n- >-\n  folded\n  text\n- \"esc \\u00e4 \\\n  line\"\n",
        "%YAML 1.2\n%TAG ! tag:x,2000:\n---\n? [k]\n: !t v\n...\n",
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let pieces = [
        "\t", "\n", ": ", "- ", "*a", "&a ", "{", "}", "[", "]", "!", "'", "\"", "|\n", "\u{85}", "ä", "\u{2028}", "#", "<<: ",
        "? ", "---\n", ",", "\r", "\0", "%",
    ];
    for round in 0..20_000 {
        let mut text: Vec<char> = seeds[round % seeds.len()].chars().collect();
        for _ in 0..=random(4) {
            let at = random(text.len() + 1);
            match random(3) {
                0 if at < text.len() => {
                    text.remove(at);
                }
                1 => drop(text.splice(at..at, pieces[random(pieces.len())].chars())),
                _ => text.truncate(at.max(1)),
            }
        }
        let text: String = text.into_iter().collect();
        let document = document("x.yaml", &text);
        if let Err(diagnostics) = document.parse() {
            for diagnostic in diagnostics.iter() {
                let position = diagnostic.position.as_ref().expect("a place");
                assert!(
                    position.bytes.end <= text.len() && text.is_char_boundary(position.bytes.start),
                    "{text:?}\n{diagnostic}"
                );
            }
        }
    }
}

fn planned(config: &Value, resource_type: &str) -> Result<colocate::Plan, String> {
    let estate = json!({ "version": 1, "name": "shop", "location": "eastus", "components": { "A": { "requirements": [
        { "resourceType": resource_type, "requirementKey": "k", "config": config }] } } });
    let estate = Estate::from_json("estate.json", estate.to_string().into_bytes()).map_err(|error| error.to_string())?;
    let rules = RuleSet::builtin().expect("rules");
    let plan = colocate::Planner::new(&rules).plan(&estate).map_err(|error| error.0.to_string());
    let load = colocate::load(&document("estate.json", &serde_json::to_string(&estate).expect("JSON")), &rules);
    assert_eq!(plan.is_ok(), load.is_ok(), "check and plan agree");
    plan
}

/// What a property is called at the provider, in Terraform and elsewhere means the property, and words are read without their case.
#[test]
fn other_names_of_properties_are_read() {
    for (resource_type, other, own) in [
        (
            "cosmos",
            json!({ "enableServerless": false, "consistencyPolicy": { "defaultConsistencyLevel": "strong" } }),
            json!({ "serverless": false, "consistency": "Strong" }),
        ),
        (
            "cosmos",
            json!({ "consistency_policy": { "consistency_level": "BOUNDEDSTALENESS", "max_interval_in_seconds": 400 } }),
            json!({ "consistency": "BoundedStaleness", "boundedStaleness": { "maxIntervalSeconds": 400 } }),
        ),
        (
            "cosmos",
            json!({ "databases": [{ "name": "d", "containers": [{ "name": "c", "ttl": 60, "partitionKeyPath": "/x" }, "e"] }] }),
            json!({ "databases": [{ "name": "d", "containers": [{ "name": "c", "defaultTtl": 60, "partitionKey": "/x" }, "e"] }] }),
        ),
        (
            "cosmos",
            json!({ "disableLocalAuth": true, "public_network_access_enabled": false }),
            json!({ "localAuth": false, "publicNetworkAccess": "Disabled" }),
        ),
        ("storage", json!({ "sku": "standard_lrs" }), json!({ "tier": "Standard", "redundancy": "LRS" })),
        (
            "storage",
            json!({ "sku": { "name": "Premium_ZRS" }, "kind": "filestorage" }),
            json!({ "tier": "Premium", "redundancy": "ZRS", "kind": "FileStorage" }),
        ),
        (
            "storage",
            json!({ "account_tier": "Standard", "account_replication_type": "grs", "containers": [{ "name": "abc", "container_access_type": "private" }] }),
            json!({ "tier": "Standard", "redundancy": "GRS", "containers": [{ "name": "abc", "publicAccess": "None" }] }),
        ),
        (
            "functions",
            json!({ "app_settings": { "A": "1" }, "site_config": { "always_on": true, "cors": { "allowed_origins": ["*"] } }, "sku": "p1V3" }),
            json!({ "environmentVariables": { "A": "1" }, "alwaysOn": true, "cors": ["*"], "sku": "P1v3" }),
        ),
    ] {
        let [other, own] =
            [other, own].map(|config| planned(&config, resource_type).unwrap_or_else(|error| panic!("{config}\n{error}")));
        assert_eq!(serde_json::to_value(&other.resources).expect("JSON"), serde_json::to_value(&own.resources).expect("JSON"));
    }
    for (resource_type, config, said) in [
        (
            "cosmos",
            json!({ "serverless": true, "enableServerless": true }),
            "E0104]: `enableServerless` is another name of `serverless`, which is stated as well (at /components/A/requirements/0/config/enableServerless)",
        ),
        (
            "cosmos",
            json!({ "capabilities": [{ "name": "EnableServerless" }] }),
            "E0106]: unknown property `capabilities` (at /components/A/requirements/0/config/capabilities); here it is `serverless`",
        ),
        ("cosmos", json!({ "consistencyPolicy": { "defaultConsistencyLevel": "Stong" } }), "did you mean `Strong`?"),
        ("storage", json!({ "sku": "Standard_LRSS" }), "did you mean `Standard_LRS`?"),
        (
            "storage",
            json!({ "tier": "Standard", "sku": "Standard_LRS" }),
            "`sku` is another name of `tier`, which is stated as well",
        ),
        ("cosmos", json!({ "serverlessEnabled": true }), "did you mean `serverless`?"),
        ("functions", json!({ "runtime": "python", "version": 3.11 }), "write it between quotes"),
    ] {
        let error = planned(&config, resource_type).expect_err("a mistake");
        assert!(error.contains(said), "{error}\nshould say\n{said}");
    }
}

#[test]
fn overrides_and_component_types_know_other_names() {
    let estate = json!({ "version": 1, "name": "shop", "location": "eastus",
        "components": { "A": { "type": "CrudApi", "config": { "ttl": 60, "consistency": "session", "runtime": "NODE" } } },
        "overrides": [{ "resourceType": "cosmos", "config": { "consistencyPolicy": { "defaultConsistencyLevel": "strong" } } },
            { "resourceType": "storage", "config": { "account_replication_type": "zrs" } }],
        "settings": { "onConflict": "First", "sharing": "bykey" } });
    let rules = RuleSet::builtin().expect("rules");
    let estate = Estate::from_json("estate.json", estate.to_string().into_bytes()).expect("an estate");
    let plan = colocate::Planner::new(&rules).plan(&estate).unwrap_or_else(|error| panic!("{error}"));
    let config = |kind: &str| &plan.resources.iter().find(|r| r.resource_type.as_str() == kind).expect("one").config;
    assert_eq!(config("cosmos")["consistency"], "Strong");
    assert_eq!(config("cosmos")["databases"][0]["containers"][0]["defaultTtl"], 60);
    assert_eq!(config("storage")["redundancy"], "ZRS");
    assert_eq!(config("functions")["runtime"], "node");
}

fn files(parts: &[(&str, &str)], overlays: &[(&str, &str)]) -> colocate::EstateFiles {
    let documents = |files: &[(&str, &str)]| files.iter().map(|(name, text)| document(name, text)).collect();
    colocate::EstateFiles::new(documents(parts), documents(overlays))
}

const SHOP: (&str, &str) = (
    "shop.yaml",
    "version: 1\nname: shop\nlocation: eastus\ncomponents:\n  Users: {type: CrudApi}\nconstraints:\n  dedicated: [Users]\n",
);

#[test]
fn several_files_are_one_estate() {
    let team = (
        "team.yaml",
        "version: 1\ncomponents:\n  Orders: {type: CrudApi}\noverrides:\n  - resourceType: cosmos\n    config: {consistency: Strong}\nconstraints:\n  dedicated: [Orders]\n  apart: [[Users, Orders]]\n",
    );
    let one = (
        "one.json",
        r#"{"overrides": [{"resourceType": "storage", "config": {"redundancy": "ZRS"}}], "tags": {"a": "b"}, "name": "shop"}"#,
    );
    let rules = RuleSet::builtin().expect("rules");
    let estate = colocate::load_files(&files(&[SHOP, team, one], &[]), &rules).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((estate.components.len(), estate.overrides.len(), estate.constraints.dedicated.len()), (2, 2, 2));
    for (other, said) in [
        (
            ("b.yaml", "components:\n  Users: {type: StaticSite}\n"),
            "b.yaml:2:3: error[E0104]: a second component is called `Users` (at /components/Users); the first is at shop.yaml:5:3",
        ),
        (
            ("b.yaml", "# us\nname: store\n"),
            "b.yaml:2:1: error[E0104]: `name` is stated in two files of one estate (at /name); it is stated at shop.yaml:2:1 as well",
        ),
        (("b.yaml", "components:\n  B: {type: CrudApi}\n  C: {type: CrudApy}\n"), "b.yaml:3:13: error[E0203]"),
        (
            ("b.yaml", "overrides:\n- resourceType: cosmos\n  config: {consistency: Weak}\n"),
            "b.yaml:3:25: error[E0109]: the string \"Weak\" is not a known value (at /overrides/0/config/consistency)",
        ),
        (
            ("b.yaml", "constraints:\n  dedicated: [Nobody]\n"),
            "b.yaml:2:15: error[E0204]: the estate has no component `Nobody` (at /constraints/dedicated/0)",
        ),
        (("b.yaml", "- a\n"), "b.yaml:1:1: error[E0105]: the document is an array"),
        (("b.yaml", "a: [\n"), "b.yaml:"),
    ] {
        let error = colocate::load_files(&files(&[SHOP, other], &[]), &rules).expect_err("a mistake").to_string();
        assert!(error.contains(said), "{error}\nshould say\n{said}");
    }
    let settings = ("a.yaml", "settings: {sharing: byKey}\n");
    let error = files(&[SHOP, settings, ("b.yaml", "settings:\n  headroom: 0.1\n")], &[]).read().expect_err("two").to_string();
    assert!(
        error.contains(
            "b.yaml:1:1: error[E0104]: `settings` is stated in two files of one estate (at /settings); it is stated at a.yaml:1:1"
        ),
        "{error}"
    );
}

#[test]
fn overlays_change_what_they_name() {
    let rules = RuleSet::builtin().expect("rules");
    let prod = (
        "prod.yaml",
        "environment: prod\nlocation: null\ncomponents:\n  Users:\n    config: {throughput: 400}\n  New: {type: StaticSite}\nconstraints: {dedicated: []}\n",
    );
    let estate = colocate::load_files(&files(&[SHOP], &[prod, ("last.json", r#"{"environment": "test"}"#)]), &rules)
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((estate.environment.as_deref(), estate.location.as_deref(), estate.components.len()), (Some("test"), None, 2));
    assert!(estate.constraints.dedicated.is_empty());
    for (overlay, said) in [
        ("{}", "p.yaml:1:1: error[E0107]: the overlay changes nothing"),
        ("version: 1\n", "the overlay changes nothing"),
        (
            "components:\n  User: {config: {throughput: 400}}\n",
            "p.yaml:2:3: error[E0204]: the estate has no component `User` (at /components/User); did you mean `Users`?",
        ),
        ("tags:\n  team: null\n", "p.yaml:2:3: error[E0106]: there is no `team` to remove (at /tags/team)"),
        ("components:\n  Usrs: null\n", "there is no `Usrs` to remove (at /components/Usrs); did you mean `Users`?"),
        ("components: {Users: {config: {throughput: 1}}}", "p.yaml:1:43: error[E0108]"),
        ("setings: {headroom: 0.1}", "p.yaml:1:1: error[E0106]: unknown field `setings`"),
        ("version: 2\nname: x", "p.yaml:1:10: error[E0110]"),
    ] {
        let error = colocate::load_files(&files(&[SHOP], &[("p.yaml", overlay)]), &rules).expect_err("a mistake").to_string();
        assert!(error.contains(said), "{error}\nshould say\n{said}");
    }
}
