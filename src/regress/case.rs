//! What a case says of itself, and which command lines its golden files ask for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::input::{At, Code, Diagnostics, Document, Sink};

/// What a case expects; all of it may be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// What the case shows, for its readers.
    pub about: String,
    /// A command line in place of `plan estate.json`.
    pub command: Option<Vec<String>>,
    /// Further arguments.
    pub arguments: Vec<String>,
    /// The lock to plan with, a file in the case's folder.
    pub lock: Option<String>,
    /// The exit code, 0 unless stated.
    pub exit: i32,
    /// Codes of errors or warnings that stderr names.
    pub codes: Vec<String>,
    /// Ids of resources that the plan has.
    pub ids: Vec<String>,
    /// How many resources the plan has of a resource type (`cosmos`) or group (`cosmos:shared-cosmos`).
    pub counts: BTreeMap<String, u64>,
    /// Values of the JSON on stdout, by JSON pointer (RFC 6901).
    pub values: BTreeMap<String, Value>,
}

/// A command line to run in the folder of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The arguments, without the program's name.
    pub arguments: Vec<String>,
    /// The golden files that its output is held against.
    pub goldens: Vec<Golden>,
}

/// A golden file of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Golden {
    /// Its name in the folder.
    pub file: &'static str,
    /// What is in it.
    pub stream: Stream,
}

/// Where a command writes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Golden files that only cases which plan can have, and the `--format` that each is.
const FORMATS: [(&str, &str); 4] =
    [("plan.txt", "text"), ("arm.json", "arm"), ("main.bicep", "bicep"), ("main.tf.json", "terraform")];
/// What belongs to a case besides golden files.
const PARTS: [&str; 4] = ["case.json", "estate.json", "rules/", "README.md"];
const FIELDS: [&str; 9] = ["about", "command", "arguments", "lock", "exit", "codes", "ids", "counts", "values"];

impl Case {
    /// Reads a `case.json`.
    ///
    /// # Errors
    /// Everything wrong with it, each with its place.
    pub fn read(document: &Document) -> Result<Self, Diagnostics> {
        let mut sink = Sink::default();
        let mut case = Self::default();
        sink.object(&At::ROOT, document.parse()?, &FIELDS, |sink, at, field, value| match field {
            "about" => case.about = sink.string(at, value).unwrap_or_default(),
            "command" => case.command = sink.strings(at, value),
            "arguments" => case.arguments = sink.strings(at, value).unwrap_or_default(),
            "lock" => case.lock = sink.string(at, value),
            "exit" => case.exit = sink.integer(at, &value, 0, 255).and_then(|n| i32::try_from(n).ok()).unwrap_or_default(),
            "codes" => case.codes = sink.strings(at, value).unwrap_or_default(),
            "ids" => case.ids = sink.strings(at, value).unwrap_or_default(),
            "counts" => {
                for (what, value) in sink.map(at, value).unwrap_or_default() {
                    if let Some(count) = sink.integer(&at.key(&what), &value, 0, u64::from(u32::MAX)) {
                        case.counts.insert(what, count);
                    }
                }
            }
            _ => {
                for (pointer, value) in sink.map(at, value).unwrap_or_default() {
                    if !pointer.is_empty() && !pointer.starts_with('/') {
                        let message = format!("`{pointer}` is not a JSON pointer");
                        sink.error(Code::InvalidName, &at.key(&pointer), message)
                            .on_key()
                            .expect("one like `/summary/resources`");
                    }
                    case.values.insert(pointer, value);
                }
            }
        });
        if sink.diagnostics.is_empty() { Ok(case) } else { Err(Diagnostics::from(sink.diagnostics).located(document)) }
    }

    /// Whether nothing is expected but the exit code.
    pub fn expects_nothing(&self) -> bool {
        self.codes.is_empty() && self.ids.is_empty() && self.counts.is_empty() && self.values.is_empty()
    }

    /// The command lines whose results are wanted, for a folder with these entries (folders end in `/`). The first is the one
    /// that the expectations are about.
    pub fn runs(&self, entries: &BTreeSet<String>) -> Vec<Run> {
        let plan = || vec!["plan".to_owned(), "estate.json".to_owned()];
        let mut line = self.command.clone().unwrap_or_else(plan);
        line.extend(self.arguments.iter().cloned());
        if entries.contains("rules/") {
            line.extend(["--rules".to_owned(), "rules".to_owned()]);
        }
        if let Some(lock) = &self.lock {
            line.extend(["--lock".to_owned(), lock.clone()]);
        }
        let plans = self.command.is_none();
        let with = |format: &str| {
            let format = if plans { vec!["--format".to_owned(), format.to_owned()] } else { Vec::new() };
            [line.clone(), format].concat()
        };
        let golden = |file, stream| entries.contains(file).then_some(Golden { file, stream });
        let plan_json = golden("plan.json", Stream::Stdout).filter(|_| plans);
        let goldens = [plan_json, golden("stdout.txt", Stream::Stdout), golden("stderr.txt", Stream::Stderr)];
        let mut runs = vec![Run { arguments: with("json"), goldens: goldens.into_iter().flatten().collect() }];
        for (file, format) in FORMATS.into_iter().filter(|_| plans) {
            let golden = golden(file, Stream::Stdout);
            runs.extend(golden.map(|golden| Run { arguments: with(format), goldens: vec![golden] }));
        }
        runs
    }

    /// The entries of the folder that these runs neither compare nor read.
    pub fn unreferenced<'e>(&self, entries: &'e BTreeSet<String>, runs: &[Run]) -> Vec<&'e str> {
        let compared = |entry: &str| runs.iter().flat_map(|run| &run.goldens).any(|golden| golden.file == entry);
        let named = |entry: &str| {
            let arguments = runs.iter().flat_map(|run| &run.arguments).map(|argument| argument.trim_start_matches("./"));
            arguments.into_iter().any(|argument| match entry.strip_suffix('/') {
                Some(folder) => argument == folder || argument.starts_with(entry),
                None => argument == entry || argument.ends_with(&format!("={entry}")),
            })
        };
        let mut entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        entries.retain(|entry| !PARTS.contains(entry) && !entry.starts_with('.') && !compared(entry) && !named(entry));
        entries
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Case, Document};

    fn entries(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn read(text: &str) -> Result<Case, String> {
        let document = Document::new("case.json", text.as_bytes().to_vec()).expect("UTF-8");
        Case::read(&document).map_err(|diagnostics| diagnostics.to_string())
    }

    #[test]
    fn each_golden_file_asks_for_its_format() {
        let case = read(r#"{ "arguments": ["--on-conflict", "first"], "lock": "old.json" }"#).expect("right");
        let entries = entries(&["estate.json", "main.bicep", "old.json", "plan.txt", "rules/", "stderr.txt", "plan.htm"]);
        let runs = case.runs(&entries);
        let lines: Vec<String> = runs.iter().map(|run| run.arguments.join(" ")).collect();
        let line = |format: &str| format!("plan estate.json --on-conflict first --rules rules --lock old.json --format {format}");
        assert_eq!(lines, [line("json"), line("text"), line("bicep")]);
        assert_eq!(case.unreferenced(&entries, &runs), ["plan.htm"]);
    }

    #[test]
    fn a_command_of_its_own_has_no_plan_to_compare() {
        let case = read(r#"{ "command": ["explain", "./other.json"] }"#).expect("right");
        let entries = entries(&["other.json", "plan.json", "stdout.txt"]);
        let runs = case.runs(&entries);
        assert_eq!(runs.iter().map(|run| run.arguments.join(" ")).collect::<Vec<_>>(), ["explain ./other.json"]);
        assert_eq!(case.unreferenced(&entries, &runs), ["plan.json"]);
    }

    #[test]
    fn mistakes_have_places_and_suggestions() {
        let said = read("{ \"vlaues\": {},\n \"exit\": -1, \"values\": { \"optimal\": true } }").expect_err("wrong");
        for wanted in ["case.json:1:3", "did you mean `values`?", "case.json:2:10", "`optimal` is not a JSON pointer"] {
            assert!(said.contains(wanted), "{wanted} is not in: {said}");
        }
    }
}
