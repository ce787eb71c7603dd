//! `colocate plan`

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use colocate::solve::Control;
use colocate::{OnConflict, Plan, Planner, report};

use super::diagnostics::Terminal;
use super::files::{self, Failure};
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
    /// Stop after so many seconds with the best plan so far
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_hyphen_values = true)]
    time_limit: Option<Duration>,
    /// How many threads to use; all cores unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
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

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is expected".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(limit) => Ok(limit),
        Err(_) if seconds > 0.0 => Ok(Duration::MAX), // longer than any clock counts: no limit
        Err(_) => Err("0 or more seconds are expected".to_owned()),
    }
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

/// Whether somebody pressed Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Loads an estate and plans it. Ctrl-C ends the search for a proof with the best plan so far; a second one ends the
/// program.
pub(super) fn make(input: &Input, how: &How) -> Result<(files::Loaded, Plan), Failure> {
    if let Some(jobs) = how.jobs {
        // It can only fail when the pool is there already, and nothing has used it yet.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs)).build_global();
    }
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    let mut loaded = files::load(input)?;
    if let Some(conflict) = how.on_conflict {
        loaded.estate.settings.on_conflict = match conflict {
            Conflict::Split => OnConflict::Split,
            Conflict::First => OnConflict::First,
            Conflict::Error => OnConflict::Error,
        };
    }
    let interrupted = || INTERRUPTED.load(Ordering::Relaxed);
    let mut control = Control::default().with_cancel(&interrupted);
    if let Some(deadline) = how.time_limit.and_then(|limit| Instant::now().checked_add(limit)) {
        control = control.with_deadline(deadline);
    }
    let planned = {
        let _span = tracing::info_span!("plan").entered();
        Planner::new(&loaded.rules).plan_within(&loaded.estate, &control)
    };
    match planned {
        Ok(plan) => Ok((loaded, plan)),
        Err(error) => Err(loaded.refused(error)),
    }
}
