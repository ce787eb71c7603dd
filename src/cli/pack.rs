//! `colocate pack`

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use colocate::solve::{Exact, PackAnswer, PackError, Progress, Solver as _, read_instance};
use colocate::{Code, Diagnostic, Position};

use super::Exit;
use super::files::{self, Failure};
use super::limits::Limits;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The instance: JSON, or text with the number of items, the capacity and the sizes; `-` is stdin
    #[arg(value_name = "INSTANCE", value_hint = clap::ValueHint::FilePath)]
    instance: PathBuf,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    limits: Limits,
    /// Exit with 4 when the packing is not proven minimal
    #[arg(long)]
    require_proof: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    arguments.limits.set_threads();
    let document = files::document(&arguments.instance)?;
    let instance = match read_instance(document.text()) {
        Ok(instance) => instance,
        Err(PackError { line, column, message }) => {
            let mut diagnostic = Diagnostic::error(Code::Instance, message);
            let start = document.line(line).start + column.saturating_sub(1);
            let file = document.name().to_owned();
            diagnostic.position = Some(Position { file, line, column, bytes: start..start });
            return Err(Failure::Input { diagnostics: diagnostic.into(), documents: vec![document] });
        }
    };
    let start = Instant::now();
    let note = |so_far: Progress| {
        let Progress { layer, cost, bound } = so_far;
        tracing::info!(?layer, cost, bound, "so far");
    };
    let outcome = arguments.limits.within(|control| Exact::default().solve(&instance.problem, &control.with_progress(&note)));
    let outcome = outcome.map_err(|error| Failure::Input {
        diagnostics: Diagnostic::error(Code::Instance, error.to_string()).into(),
        documents: Vec::new(),
    })?;
    let answer = PackAnswer::new(&instance, &outcome, start.elapsed().as_secs_f64()).map_err(|error| Failure::Input {
        diagnostics: Diagnostic::error(Code::Instance, error.to_string()).into(),
        documents: Vec::new(),
    })?;
    match arguments.format {
        Format::Json => files::stream(None, &|to| {
            serde_json::to_writer_pretty(&mut *to, &answer)?;
            to.write_all(b"\n")
        })?,
        Format::Text => files::write(None, &text(&answer))?,
    }
    Ok(if arguments.require_proof && !answer.optimal { Exit::Unproven } else { Exit::Done })
}

fn text(answer: &PackAnswer) -> String {
    let proof = if answer.optimal { "proven minimal".to_owned() } else { format!("at least {}", answer.lower_bound) };
    let cost = answer.cost.map(|cost| format!(" at a cost of {cost}")).unwrap_or_default();
    format!("{} bins{cost}, {proof}, {} patterns\n", answer.bins, answer.patterns.len())
}
