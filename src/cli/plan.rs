//! `colocate plan`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use colocate::{OnConflict, Plan, Planner, report};

use super::diagnostics::Terminal;
use super::files::{self, Failure};
use super::limits::Limits;
use super::{Exit, Input};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Where to write it, instead of stdout
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) how: How,
    /// Exit with 4 when the plan is not proven minimal
    #[arg(long)]
    require_proof: bool,
}

/// How to plan; shared by the commands that do.
#[derive(Debug, Args)]
pub(super) struct How {
    /// What to do when requirements disagree, in place of the estate's `onConflict`
    #[arg(long, value_name = "WHAT")]
    on_conflict: Option<Conflict>,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// The plan format
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Conflict {
    /// Those who disagree get different resources
    Split,
    /// The first component by id wins
    First,
    /// It is refused
    Error,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let (loaded, plan) = make(&arguments.input, &arguments.how)?;
    {
        let _span = tracing::info_span!("write").entered();
        match arguments.format {
            Format::Text => files::write(arguments.output.as_deref(), &report::text(&plan))?,
            Format::Json => files::stream(arguments.output.as_deref(), &|to| plan.write_json(to))?,
        }
    }
    if matches!(arguments.format, Format::Json) {
        terminal.warn(&plan.warnings);
    }
    let exit = if arguments.require_proof && !plan.optimal { Exit::Unproven } else { Exit::Done };
    // The program ends here; taking a large plan apart piece by piece first would only take time.
    std::mem::forget((loaded, plan));
    Ok(exit)
}

/// Loads an estate and plans it.
pub(super) fn make(input: &Input, how: &How) -> Result<(files::Loaded, Plan), Failure> {
    how.limits.set_threads();
    let mut loaded = files::load(input)?;
    if let Some(conflict) = how.on_conflict {
        loaded.estate.settings.on_conflict = match conflict {
            Conflict::Split => OnConflict::Split,
            Conflict::First => OnConflict::First,
            Conflict::Error => OnConflict::Error,
        };
    }
    let planned = how.limits.within(|control| {
        let _span = tracing::info_span!("plan").entered();
        Planner::new(&loaded.rules).plan_within(&loaded.estate, control)
    });
    match planned {
        Ok(plan) => Ok((loaded, plan)),
        Err(error) => Err(loaded.refused(error)),
    }
}
