//! Pages for a browser: complete in themselves, whatever is in them. `.ci/pages` opens them in a real one.

use std::process::Command;

use colocate::{Estate, Planner, RuleSet, report};

fn page(estate: &str) -> String {
    let rules = RuleSet::builtin().expect("rules");
    let estate = Estate::from_json("estate.json", estate.as_bytes().to_vec()).expect("an estate");
    let plan = Planner::new(&rules).plan(&estate).expect("a plan");
    report::html(&estate, &rules, &plan)
}

/// The text of every attribute of this name.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let begin = format!(" {name}=\"");
    page.split(begin.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// What every page must be: loaded from nowhere, with every link leading somewhere, and every label and heading in place.
fn sound(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{}", &page[..80]);
    assert_eq!(page.matches("could not be made").count(), 0, "{page}");
    assert!(attributes(page, "src").is_empty(), "something is loaded");
    let ids = attributes(page, "id");
    for id in &ids {
        assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "the id {id} is there twice");
    }
    for link in attributes(page, "href").into_iter().filter(|link| *link != "data:,") {
        let target = link.strip_prefix('#').unwrap_or_else(|| panic!("{link} leads out of the page"));
        assert!(ids.contains(&target), "{link} leads nowhere");
    }
    for label in attributes(page, "aria-labelledby").into_iter().chain(attributes(page, "for")) {
        assert!(ids.contains(&label), "nothing is called {label}");
    }
    let tables = page.matches("<table").count();
    assert!(tables > 0 && page.matches("<caption").count() == tables, "a table has no caption");
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(page.matches("<main").count(), 1);
    for scheme in ["prefers-color-scheme", "prefers-reduced-motion"] {
        assert!(page.contains(scheme), "{scheme}");
    }
}

#[test]
fn a_plans_page_is_complete_and_says_what_the_plan_says() {
    for case in ["crud-five", "conflict-split", "functions-201-many-components", "isolated-networking", "dedicated"] {
        let path = format!("{}/fixtures/{case}/estate.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("a fixture");
        let estate = Estate::from_json("estate.json", text.clone().into_bytes()).expect("an estate");
        let plan = Planner::new(&RuleSet::builtin().expect("rules")).plan(&estate).expect("a plan");
        let page = page(&text);
        sound(&page);
        for resource in &plan.resources {
            assert!(page.contains(&format!(">{}</h3>", resource.id)) && page.contains(&resource.name), "{case}: {}", resource.id);
            for usage in resource.usage.values().filter(|usage| usage.used > 0) {
                assert!(page.contains(&format!("{} of {}", usage.used, usage.limit)), "{case}: {usage:?}");
            }
        }
        for id in plan.bindings.keys() {
            assert!(page.contains(&format!("[\"{id}\",[")), "{case}: {id} cannot be found");
        }
        assert_eq!(page.matches("class=\"card warning\"").count(), plan.warnings.len() + plan.hazards.len(), "{case}");
    }
}

#[test]
fn a_comparisons_page_has_its_charts_and_every_scenario() {
    let output = Command::new(env!("CARGO_BIN_EXE_colocate"))
        .args(["whatif", "fixtures/whatif/estate.json", "fixtures/whatif/scenarios.json", "--format", "html", "--detail"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary runs");
    let page = String::from_utf8(output.stdout).expect("text");
    sound(&page);
    for wanted in
        ["Resources over growth", "Cost a month over headroom", "six times", "growth=16 headroom=0.2", "30 databases &gt; 25"]
    {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert_eq!(page.matches("<polyline").count(), 2 * (2 + 3));
    assert!(!page.contains("NaN"));
}

#[test]
fn nothing_from_an_estate_becomes_markup() {
    let page = page(
        r#"{"version": 1, "name": "shop", "components": { "A": {"requirements": [{"resourceType": "functions", "requirementKey": "k",
          "config": {"subnetId": "</script><script>alert(1)</script>", "tags": {"x": "<img src=\"x\">\"'"}}}]}}}"#,
    );
    sound(&page);
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "markup came through");
    assert!(page.contains("&lt;script&gt;alert(1)"), "and yet it is shown");
    assert_eq!(page.matches("<script").count(), 2);
}

#[test]
fn a_page_is_written_like_any_other_output() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_colocate"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("the binary runs")
    };
    let arguments = ["plan", "fixtures/conflict-split/estate.json", "--format", "html"];
    let (first, second) = (run(&arguments), run(&[&arguments[..], &["--jobs", "1"]].concat()));
    assert!(first.status.success() && first.stdout == second.stdout);
    let stderr = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(stderr.contains("split-by-conflict"), "{stderr}");
}
