//! What came out of a case, held against what it expects.

use serde_json::Value;

use super::case::{Case, Golden, Run, Stream};
use super::changes::changes;
use super::difference::difference;
use crate::input::{Document, nearest};
use crate::plan::Plan;
use crate::rules::RuleSet;

/// Lines of stderr that are shown where a command ended otherwise than expected.
const SAID: usize = 30;

/// What a command line came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none where a signal ended it.
    pub exit: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr.
    pub stderr: Vec<u8>,
}

/// One thing that is otherwise than a case expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What, in one line.
    pub what: String,
    /// Further lines: what changed, the difference, what was said.
    pub details: Vec<String>,
    /// The file of the case that says otherwise, and the line, counted from 1.
    pub place: (String, usize),
    /// The command that shows it again, for a shell in the case's folder.
    pub again: String,
    /// What would make it right, where that is another golden file.
    pub blessing: Option<Blessing>,
}

/// A golden file as it would have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blessing {
    /// Its name in the folder.
    pub file: String,
    /// Its contents.
    pub contents: Vec<u8>,
}

/// Everything in which the outcomes of a case's runs are otherwise than expected; `read` gives the contents of its golden
/// files, and `rules` those in force, which are asked for when plans differ.
pub fn judge(
    case: &Case,
    runs: &[(Run, Outcome)],
    read: &dyn Fn(&str) -> Vec<u8>,
    rules: &dyn Fn() -> Option<RuleSet>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, (run, outcome)) in runs.iter().enumerate() {
        if outcome.exit != Some(case.exit) {
            // What else is different follows from that.
            faults.push(ended_otherwise(case, run, outcome));
            continue;
        }
        if i == 0 {
            expectations(case, run, outcome, &mut faults);
        }
        faults.extend(run.goldens.iter().filter_map(|golden| compare(*golden, run, outcome, &read(golden.file), rules)));
    }
    faults
}

fn ended_otherwise(case: &Case, run: &Run, outcome: &Outcome) -> Fault {
    let exit = outcome.exit.map_or_else(|| "a signal".to_owned(), |exit| format!("exit code {exit}"));
    let said = String::from_utf8_lossy(&outcome.stderr);
    Fault {
        what: format!("it ends with {exit}, not {}", case.exit),
        details: said.lines().take(SAID).map(str::to_owned).collect(),
        place: in_case(),
        again: command(&run.arguments),
        blessing: None,
    }
}

fn expectations(case: &Case, run: &Run, outcome: &Outcome, faults: &mut Vec<Fault>) {
    let mut fault = |what: String| {
        faults.push(Fault { what, details: Vec::new(), place: in_case(), again: command(&run.arguments), blessing: None });
    };
    let said = String::from_utf8_lossy(&outcome.stderr);
    for code in case.codes.iter().filter(|code| !said.contains(&format!("[{code}]"))) {
        fault(format!("stderr does not name `{code}`"));
    }
    if case.ids.is_empty() && case.counts.is_empty() && case.values.is_empty() {
        return;
    }
    // Read as `case.json` is, so that 2 and 2.0 are one value.
    let answer = Document::new("stdout", outcome.stdout.clone()).and_then(|document| document.parse());
    let Ok(answer) = answer else {
        return fault("stdout is not JSON, so it has no ids, counts and values".to_owned());
    };
    let list = |name: &str| answer.get(name).and_then(Value::as_array).into_iter().flatten();
    let is = |value: &Value, name: &str, wanted: &str| value.get(name).is_some_and(|found| found == wanted);
    let ids = || list("resources").filter_map(|resource| resource.get("id")?.as_str());
    for id in case.ids.iter().filter(|wanted| !ids().any(|id| id == *wanted)) {
        let near = nearest(id, ids()).map_or_else(String::new, |near| format!("; the nearest is `{near}`"));
        fault(format!("there is no resource `{id}`{near}"));
    }
    for (what, expected) in &case.counts {
        let found = if what.contains(':') {
            let group = list("groups").find(|group| is(group, "key", what));
            group.and_then(|group| group.get("resources")?.as_u64()).unwrap_or(0)
        } else {
            list("resources").filter(|resource| is(resource, "resourceType", what)).map(|_| 1).sum()
        };
        if found != *expected {
            fault(format!("there are {found} resources of `{what}`, not {expected}"));
        }
    }
    for (pointer, expected) in &case.values {
        let found = answer.pointer(pointer);
        if found != Some(expected) {
            fault(format!("`{pointer}` is {}, not {expected}", found.map_or_else(|| "absent".to_owned(), Value::to_string)));
        }
    }
}

fn compare(golden: Golden, run: &Run, outcome: &Outcome, expected: &[u8], rules: &dyn Fn() -> Option<RuleSet>) -> Option<Fault> {
    let (found, redirected) = match golden.stream {
        Stream::Stdout => (&outcome.stdout, ""),
        Stream::Stderr => (&outcome.stderr, " 2>&1 >/dev/null"),
    };
    let (expected, now) = (text(expected), text(found));
    if expected == now {
        return None;
    }
    let plan = |text: &str| serde_json::from_str::<Plan>(text).ok();
    let mut details = match (golden.file, plan(&expected), plan(&now)) {
        ("plan.json", Some(old), Some(new)) => rules().map(|rules| changes(&old, &new, &rules)).unwrap_or_default(),
        _ => Vec::new(),
    };
    let (lines, line) = difference(golden.file, &expected, &now);
    details.extend(lines);
    Some(Fault {
        what: format!("{} differs", golden.file),
        details,
        place: (golden.file.to_owned(), line),
        again: format!("{}{redirected} | diff {} -", command(&run.arguments), golden.file),
        blessing: Some(Blessing { file: golden.file.to_owned(), contents: found.clone() }),
    })
}

/// A text whose line breaks may have been turned into those of Windows when it was checked out.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

fn in_case() -> (String, usize) {
    ("case.json".to_owned(), 1)
}

/// The program with these arguments, as one types it.
fn command(arguments: &[String]) -> String {
    let quoted = shlex::try_join(arguments.iter().map(String::as_str));
    format!("colocate {}", quoted.unwrap_or_else(|_| arguments.join(" ")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Case, Fault, Outcome, judge};
    use crate::{Document, Estate, Planner, RuleSet};

    fn case(text: &str) -> Case {
        Case::read(&Document::new("case.json", text.as_bytes().to_vec()).expect("UTF-8")).expect("a case")
    }

    /// The plan of so many CRUD APIs.
    fn plan(apis: usize) -> Vec<u8> {
        let rules = RuleSet::builtin().expect("rules");
        let mut estate = Estate::builder("shop");
        for i in 0..apis {
            estate = estate.component(crate::CrudApi::new(format!("Api{i:02}")));
        }
        Planner::new(&rules).plan(&estate.build().expect("an estate")).expect("a plan").to_json().into_bytes()
    }

    fn faults(case: &Case, golden: Option<&[u8]>, outcome: Outcome) -> Vec<Fault> {
        let entries: BTreeSet<String> = golden.iter().map(|_| "plan.json".to_owned()).collect();
        let runs: Vec<_> = case.runs(&entries).into_iter().map(|run| (run, outcome.clone())).collect();
        judge(case, &runs, &|_| golden.unwrap_or_default().to_vec(), &|| RuleSet::builtin().ok())
    }

    fn planned(apis: usize) -> Outcome {
        Outcome { exit: Some(0), stdout: plan(apis), stderr: b"warning[split-by-conflict]: x\n".to_vec() }
    }

    #[test]
    fn what_is_as_expected_is_no_fault() {
        let case = case(
            r#"{ "codes": ["split-by-conflict"], "ids": ["cosmos:shared-cosmos-2"], "counts": { "cosmos": 2, "cosmos:shared-cosmos": 2 },
                 "values": { "/summary/components": 26, "/optimal": true } }"#,
        );
        assert_eq!(faults(&case, Some(&plan(26)), planned(26)), []);
    }

    #[test]
    fn whatever_is_otherwise_is_a_fault() {
        let case = case(
            r#"{ "codes": ["E0401"], "ids": ["cosmos:shared-cosmos-2"], "counts": { "cosmos": 2, "cosmos:shared-cosmos": 2, "cdn": 0 },
                 "values": { "/summary/components": 26, "/optimal": true, "/none": 1 } }"#,
        );
        let said: Vec<String> = faults(&case, None, planned(25)).into_iter().map(|fault| fault.what).collect();
        assert_eq!(
            said,
            [
                "stderr does not name `E0401`",
                "there is no resource `cosmos:shared-cosmos-2`; the nearest is `cosmos:shared-cosmos`",
                "there are 1 resources of `cosmos`, not 2",
                "there are 1 resources of `cosmos:shared-cosmos`, not 2",
                "`/none` is absent, not 1",
                "`/summary/components` is 25, not 26",
            ]
        );
    }

    #[test]
    fn a_plan_that_differs_is_told_in_words_and_can_be_blessed() {
        let faults = faults(&Case::default(), Some(&plan(25)), planned(26));
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        assert_eq!(fault.what, "plan.json differs");
        let new = "resource `cosmos:shared-cosmos-2` is new: 26 databases > 25";
        assert!(fault.details.iter().any(|line| line == new), "{:#?}", fault.details);
        assert_eq!(fault.again, "colocate plan estate.json --format json | diff plan.json -");
        assert_eq!(fault.blessing.as_ref().map(|blessing| blessing.contents.clone()), Some(plan(26)));
    }

    #[test]
    fn another_exit_code_is_told_alone_with_what_was_said() {
        let outcome = Outcome { exit: Some(1), stdout: Vec::new(), stderr: b"error[E0101]: x\n".to_vec() };
        let faults = faults(&case(r#"{ "codes": ["E0401"] }"#), Some(b"{}"), outcome);
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        assert_eq!(
            (fault.what.as_str(), fault.details.as_slice()),
            ("it ends with exit code 1, not 0", &["error[E0101]: x".to_owned()][..])
        );
    }

    #[test]
    fn line_breaks_of_windows_make_no_difference() {
        let windows = String::from_utf8(plan(2)).expect("text").replace('\n', "\r\n");
        assert_eq!(faults(&Case::default(), Some(windows.as_bytes()), planned(2)), []);
    }
}
