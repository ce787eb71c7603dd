//! `colocate whatif`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use colocate::{Comparison, Document, PlanError, Scenarios, WhatIf, report};

use super::Exit;
use super::conditions::FailIf;
use super::diagnostics::Terminal;
use super::estates::{self, Input};
use super::files::{self, Failure};
use super::limits::Limits;
use super::locks::LockArguments;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The scenarios: YAML, JSON or JSON with comments; `-` is JSON on stdin
    #[arg(value_name = "SCENARIOS", value_hint = clap::ValueHint::FilePath)]
    scenarios: PathBuf,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Where to write it, instead of stdout
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Tell also what each scenario changes, and why
    #[arg(long)]
    detail: bool,
    #[command(flatten)]
    fail_if: FailIf,
    #[command(flatten)]
    lock: LockArguments,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
    /// For pull requests and wikis
    Markdown,
    /// One self-contained page for a browser, with charts
    Html,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    arguments.limits.set_threads();
    let (layers, rules) = files::rule_layers(&arguments.input.around.rules)?;
    let mut whatif = WhatIf::new(&layers, rules);
    if arguments.detail {
        whatif = whatif.with_details();
    }
    let around = &arguments.input.around;
    let written = estates::read(arguments.input.parts(), &around.overlays, whatif.rules())?;
    let estate = estates::checked(&written, whatif.rules(), &around.usage)?;
    let lock = arguments.lock.read(&estate, whatif.rules(), false)?;
    if let Some(lock) = &lock {
        whatif = whatif.with_lock(lock, arguments.lock.moves());
    }
    let file = files::document(&arguments.scenarios)?;
    let scenarios =
        Scenarios::read(&file).map_err(|diagnostics| Failure::Input { diagnostics, documents: vec![file.clone()] })?;
    let comparison = arguments.limits.within(|control| {
        let _span = tracing::info_span!("compare").entered();
        whatif.compare(&estate, &scenarios, control)
    });
    let refused = |error: PlanError| estates::refused(written.located(error.0), &written);
    let comparison = comparison.map_err(refused)?.located(&written, &file);
    let text = match arguments.format {
        Format::Text => report::whatif::text(&comparison),
        Format::Json => comparison.to_json(),
        Format::Csv => report::whatif::csv(&comparison),
        Format::Html => report::whatif::html(&comparison),
        Format::Markdown => report::whatif::markdown(&comparison),
    };
    files::write(arguments.output.as_deref(), &text)?;
    let documents: Vec<Document> = written.documents().iter().cloned().chain([file]).collect();
    Ok(conclude(arguments, terminal, &comparison, &documents))
}

/// Says what failed, and how the command ends: what cannot be planned weighs more than what should not be.
fn conclude(arguments: &Arguments, terminal: &Terminal, comparison: &Comparison, documents: &[Document]) -> Exit {
    // The scenarios of a sweep have their mistakes in common.
    let mut seen = BTreeSet::new();
    let all = comparison.failed().flat_map(|(_, failure)| failure.diagnostics());
    terminal.show(all.filter(|diagnostic| seen.insert(diagnostic.to_string())), documents);
    let mut met = false;
    for (row, outcome) in comparison.planned() {
        for why in arguments.fail_if.met(&outcome.measures(), &comparison.base.measures()) {
            terminal.complain(&format!("scenario `{}`: {why}", row.name));
            met = true;
        }
    }
    match comparison.failed().count() {
        0 if met => Exit::Failed,
        0 => Exit::Done,
        failed => {
            let many = if failed == 1 { "1 scenario".to_owned() } else { format!("{failed} scenarios") };
            terminal.complain(&format!("{many} of {} could not be planned", comparison.scenarios.len()));
            Exit::Refused
        }
    }
}
