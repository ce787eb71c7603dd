//! What is tried with arbitrary bytes: each entry takes whatever comes and may refuse it, but must neither panic nor take
//! for ever, and what it accepts must hold. Shared by the fuzz targets and by `tests/fuzz.rs`.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use colocate::batch::{Answer, Source};
use colocate::regress::Case;
use colocate::solve::{Control, Exact, PackAnswer, Solver as _, read_instance};
use colocate::untrusted::acts;
use colocate::{
    Document, Estate, ImportOptions, Imported, Lock, Moves, Plan, PlanDiff, Planner, Projection, ProjectionTarget, RuleLayers,
    RuleSet, Scenarios, WhatIf, load, report, verify,
};

/// An entry takes bytes.
pub type Entry = fn(&[u8]);

/// Every entry, by the name of its target and corpus.
pub const ALL: [(&str, Entry); 10] = [
    ("estate", estate),
    ("rules", rules),
    ("lock", lock),
    ("plan", plan),
    ("pack", pack),
    ("prices", prices),
    ("case", case),
    ("import", import),
    ("scenarios", scenarios),
    ("diff", diff),
];

/// Larger inputs take long and show nothing that smaller ones do not.
const LARGEST: usize = 1 << 16;

fn document(data: &[u8]) -> Option<Document> {
    if data.len() > LARGEST { None } else { Document::new("fuzz.json", data.to_vec()).ok() }
}

fn builtin() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(|| RuleSet::builtin().expect("the built-in rules load"))
}

/// An estate with something of everything, and its plan.
fn sample() -> &'static (Estate, Plan) {
    static SAMPLE: OnceLock<(Estate, Plan)> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let text = include_bytes!("corpus/estate/everything.json");
        let estate = Estate::from_json("everything.json", text.to_vec()).expect("an estate");
        let plan = Planner::new(builtin()).plan(&estate).expect("a plan");
        (estate, plan)
    })
}

/// Time for the solver, of which hard instances would take any amount.
fn limits() -> Control<'static> {
    Control::default().with_deadline(Instant::now() + Duration::from_millis(100))
}

/// Plans an estate in every way, and holds the plan against it.
fn try_out(estate: &Estate, rules: &RuleSet) {
    let Ok(plan) = Planner::new(rules).plan_within(estate, &limits()) else { return };
    let _ = report::text(&plan);
    for target in [ProjectionTarget::Arm, ProjectionTarget::Bicep, ProjectionTarget::Terraform] {
        let _ = Projection::new(&plan, rules, target);
    }
    let again: Plan = serde_json::from_str(&plan.to_json()).expect("a plan is read as it was written");
    let verification = verify(&again, estate, rules, &Control::default());
    assert!(verification.holds, "the plan does not hold: {:?}", verification.findings);
}

/// An estate.
pub fn estate(data: &[u8]) {
    let Some(document) = document(data) else { return };
    match Estate::read(&document) {
        Ok(estate) => try_out(&estate, builtin()),
        Err(diagnostics) => assert!(diagnostics.iter().next().is_some(), "refused without a reason"),
    }
    // Errors have places, and the answer is a line, whatever the estate.
    let line = Answer::to(Source::line("fuzz.ndjson", 7), data.to_vec(), builtin(), &limits()).to_line();
    assert!(line.ends_with(b"\n") && line.iter().filter(|byte| **byte == b'\n').count() == 1);
    let text = String::from_utf8(line).expect("UTF-8");
    assert!(!text.contains("\"E0901\""), "planning panicked");
}

/// A rule file.
pub fn rules(data: &[u8]) {
    let Some(document) = document(data) else { return };
    if let Ok(rules) = RuleSet::layered(vec![document]) {
        try_out(&sample().0, &rules);
    }
}

/// A lock.
pub fn lock(data: &[u8]) {
    let Some(document) = document(data) else { return };
    if let Ok(lock) = Lock::read(&document, builtin()) {
        let written = lock.to_json();
        let again =
            Lock::from_json("again.json", written.clone().into_bytes(), builtin()).expect("a lock is read as it was written");
        assert_eq!(again.to_json(), written);
        for moves in [Moves::Kept, Moves::AtMost(1), Moves::All] {
            let planner = Planner::new(builtin()).with_lock(&lock, moves);
            if let Ok(plan) = planner.plan_within(&sample().0, &limits()) {
                let _ = report::text(&plan);
                assert!(!plan.resources.is_empty());
            }
        }
    }
}

/// A plan to verify and to compare.
pub fn plan(data: &[u8]) {
    let Some(document) = document(data) else { return };
    let (estate, sample) = sample();
    if let Ok(plan) = Plan::read(&document) {
        let _ = verify(&plan, estate, builtin(), &limits());
        let diff = PlanDiff::between(sample, &plan, builtin());
        let _ = (report::diff_text(&diff, true), report::diff_markdown(&PlanDiff::between(&plan, sample, builtin())));
        assert!(PlanDiff::between(&plan, &plan, builtin()).is_empty(), "a plan differs from itself");
        for target in [ProjectionTarget::Arm, ProjectionTarget::Bicep, ProjectionTarget::Terraform] {
            let _ = Projection::new(&plan, builtin(), target);
        }
    }
}

/// A packing instance, as text or JSON.
pub fn pack(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > LARGEST {
        return;
    }
    match read_instance(text) {
        Err(error) => assert!(error.line >= 1 && !error.message.is_empty()),
        Ok(instance) => {
            if let Ok(outcome) = Exact::default().solve(&instance.problem, &limits()) {
                let _ = PackAnswer::new(&instance, &outcome, 0.0).map(|answer| serde_json::to_string(&answer));
            }
        }
    }
}

/// A file of prices.
pub fn prices(data: &[u8]) {
    let Some(document) = document(data) else { return };
    if let Ok(rules) = builtin().clone().with_prices(&[document]) {
        let _ = Planner::new(&rules).plan(&sample().0);
    }
}

/// What a regression case expects.
pub fn case(data: &[u8]) {
    let Some(document) = document(data) else { return };
    if let Ok(case) = Case::read(&document) {
        let entries = ["plan.json", "stderr.txt", "rules/"].into_iter().map(str::to_owned).collect();
        assert!(!case.runs(&entries).is_empty());
    }
}

/// Existing resources.
pub fn import(data: &[u8]) {
    let Some(document) = document(data) else { return };
    let Ok(imported) = Imported::read(&document, builtin(), &ImportOptions::default(), &|_| None) else { return };
    let _ = imported.report.to_string();
    let lock =
        Lock::from_json("lock.json", imported.lock.to_json().into_bytes(), builtin()).expect("the lock of an import is sound");
    let written = Document::new("estate.json", imported.estate_json().into_bytes()).expect("text");
    let estate = load(&written, builtin()).unwrap_or_else(|error| panic!("the estate of an import cannot be read: {error}"));
    let _ = Planner::new(builtin()).with_lock(&lock, Moves::Kept).plan_within(&estate, &limits());
}

/// Scenarios to compare.
pub fn scenarios(data: &[u8]) {
    let Some(document) = document(data) else { return };
    let Ok(scenarios) = Scenarios::read(&document) else { return };
    let layers = RuleLayers::new(Vec::new()).expect("the built-in rules load");
    let compared = WhatIf::new(&layers, builtin().clone()).with_details().compare(small(), &scenarios, &limits());
    if let Ok(comparison) = compared {
        let texts = [
            report::whatif::text(&comparison),
            report::whatif::csv(&comparison),
            report::whatif::markdown(&comparison),
            comparison.to_json(),
        ];
        for text in texts {
            assert!(!text.contains(|c| acts(c) && c != '\n' && c != '\r'), "a comparison holds what acts: {text:?}");
        }
        assert!(!report::whatif::html(&comparison).is_empty());
    }
}

/// An estate that is planned in a moment, since scenarios may be many.
fn small() -> &'static Estate {
    static SMALL: OnceLock<Estate> = OnceLock::new();
    SMALL.get_or_init(|| {
        let api = |name: &str| colocate::CrudApi::new(name).entity(name);
        Estate::builder("shop").location("eastus").component(api("Orders")).component(api("Users")).build().expect("an estate")
    })
}

/// Two plans, the one after the other in a list, to compare.
pub fn diff(data: &[u8]) {
    if data.len() > LARGEST {
        return;
    }
    let Ok([old, new]) = serde_json::from_slice::<[Plan; 2]>(data) else { return };
    let diff = PlanDiff::between(&old, &new, builtin());
    let json = colocate::untrusted::json_text(&diff);
    for text in [report::diff_text(&diff, false), report::diff_markdown(&diff), json] {
        assert!(!text.contains(|c| acts(c) && c != '\n'), "a diff holds what acts: {text:?}");
    }
    for plan in [&old, &new] {
        assert!(PlanDiff::between(plan, plan, builtin()).is_empty(), "a plan differs from itself");
    }
}
