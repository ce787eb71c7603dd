//! One estate in, one line out.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Serialize, Serializer};

use super::totals::{Fault, Figures, PlanFigures};
use crate::estate::Estate;
use crate::input::{Code, Diagnostic, Diagnostics, Document};
use crate::plan::Plan;
use crate::planner::{PlanError, Planner};
use crate::requirements::load;
use crate::rules::RuleSet;
use crate::solve::Control;
use crate::untrusted::JsonWriter;

/// Where an estate comes from: a file, or a line of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    file: String,
    line: Option<usize>,
}

impl Source {
    /// A whole file.
    pub fn file(name: impl Into<String>) -> Self {
        Self { file: name.into(), line: None }
    }

    /// A line of a file, counted from 1.
    pub fn line(file: impl Into<String>, line: usize) -> Self {
        Self { file: file.into(), line: Some(line) }
    }

    /// Diagnostics of a line speak of it as the only one.
    fn place(&self, diagnostics: Diagnostics) -> Diagnostics {
        let Some(line) = self.line else { return diagnostics };
        let placed = diagnostics.into_iter().map(|mut diagnostic| {
            if diagnostic.code == Code::Syntax && diagnostic.help.is_none() {
                diagnostic
                    .help("each line is an estate of its own; a file whose estate goes over several lines is named `.json`");
            }
            if let Some(position) = &mut diagnostic.position {
                position.line += line.saturating_sub(1);
            }
            diagnostic
        });
        placed.collect::<Vec<_>>().into()
    }
}

/// `estate.json`, or `estates.ndjson:12`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            None => f.write_str(&self.file),
            Some(line) => write!(f, "{}:{line}", self.file),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What an estate came to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where the estate comes from.
    pub source: Source,
    /// What the estate calls itself, as far as it could be read.
    pub name: Option<String>,
    /// Its plan, or everything that keeps it from being planned.
    pub outcome: Result<Box<Plan>, Diagnostics>,
}

impl Answer {
    /// Reads and plans an estate. Whatever is wrong with it is an answer too, even a fault of the program itself.
    pub fn to(source: Source, text: Vec<u8>, rules: &RuleSet, control: &Control<'_>) -> Self {
        let mut name = None;
        let outcome = catch_unwind(AssertUnwindSafe(|| plan(&source, text, &mut name, rules, control)));
        let outcome = outcome.unwrap_or_else(|_| {
            let mut diagnostic = Diagnostic::error(Code::Internal, "the program failed on this estate");
            diagnostic.help("this is a mistake in colocate; please report it with the estate");
            Err(diagnostic.into())
        });
        Self { source, name, outcome }
    }

    /// An answer about what could not even be read.
    pub fn unread(source: Source, diagnostic: Diagnostic) -> Self {
        Self { source, name: None, outcome: Err(diagnostic.into()) }
    }

    /// The answer as one line of JSON, with its line break.
    pub fn to_line(&self) -> Vec<u8> {
        let (source, name) = (&self.source, self.name.as_deref());
        let mut line = Vec::new();
        // Writing to memory cannot fail.
        let _ = match &self.outcome {
            Ok(plan) => serde_json::to_writer(JsonWriter::new(&mut line), &Planned { source, name, plan }),
            Err(diagnostics) => {
                let first = diagnostics.iter().next();
                let code = first.map_or("", |first| first.code.as_str());
                let message = first.map_or("", |first| &first.message);
                serde_json::to_writer(
                    JsonWriter::new(&mut line),
                    &Failed { source, name, error: Refusal { code, message, diagnostics } },
                )
            }
        };
        line.push(b'\n');
        line
    }

    /// What totals want to know of it.
    pub fn figures(&self) -> Figures {
        let source = self.source.to_string();
        match &self.outcome {
            Ok(plan) => {
                let plan = PlanFigures { optimal: plan.optimal, summary: plan.summary.clone() };
                Figures { source, plan: Some(plan), error: None }
            }
            Err(diagnostics) => {
                let code = diagnostics.iter().next().map_or_else(String::new, |first| first.code.to_string());
                Figures { source, plan: None, error: Some(Fault { code }) }
            }
        }
    }
}

fn plan(
    source: &Source,
    text: Vec<u8>,
    name: &mut Option<String>,
    rules: &RuleSet,
    control: &Control<'_>,
) -> Result<Box<Plan>, Diagnostics> {
    let document = Document::new(source.file.as_str(), text).map_err(|diagnostics| source.place(diagnostics))?;
    let planned = match Estate::read(&document) {
        Ok(estate) => {
            let planned = Planner::new(rules).plan_within(&estate, control);
            *name = Some(estate.name);
            planned.map_err(|PlanError(diagnostics)| diagnostics.located(&document))
        }
        Err(diagnostics) => {
            *name = document.parse().ok().and_then(|value| Some(value.get("name")?.as_str()?.to_owned()));
            // What the rules have to say belongs in the same answer.
            Err(load(&document, rules).err().unwrap_or(diagnostics))
        }
    };
    planned.map(Box::new).map_err(|diagnostics| source.place(diagnostics))
}

#[derive(Serialize)]
struct Planned<'a> {
    source: &'a Source,
    name: Option<&'a str>,
    plan: &'a Plan,
}

#[derive(Serialize)]
struct Failed<'a> {
    source: &'a Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    error: Refusal<'a>,
}

#[derive(Serialize)]
struct Refusal<'a> {
    code: &'a str,
    message: &'a str,
    diagnostics: &'a Diagnostics,
}
