//! `colocate plan`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use colocate::report::Shown;
use colocate::{
    Code, Diagnostic, Lock, Measures, Moves, Objective, OnConflict, Plan, Planner, Projection, ProjectionTarget, report,
};

use super::Exit;
use super::conditions::FailIf;
use super::diagnostics::{Terminal, say};
use super::estates::{self, Around, Loaded, Parts};
use super::files::{self, Failure};
use super::limits::Limits;
use super::locks::LockArguments;
use super::told::Told;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Parts,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// How to tell on stderr what is wrong with the input
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    errors: Told,
    /// Where to write it, instead of stdout; a folder for a template of several files
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    output: Option<PathBuf>,
    /// Write into a folder that is not empty
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    pub(super) how: How,
    /// Exit with 4 when the plan is not proven minimal
    #[arg(long)]
    require_proof: bool,
    /// Write the plan's placements to the lock; creates it if need be
    #[arg(long, requires = "lock")]
    update_lock: bool,
    /// Refuse any change of the lock, with exit code 3
    #[arg(long, requires = "lock", conflicts_with = "update_lock")]
    locked: bool,
    /// Tell what moves would save, without making them
    #[arg(long, requires = "lock")]
    rebalance: bool,
    /// Tell of every resource in the text, however many there are
    #[arg(long, conflicts_with = "only")]
    all: bool,
    /// Tell in the text of the resources of a type, a group or a component only, or of one; may be given several times
    #[arg(long, value_name = "TYPE|ID|COMPONENT")]
    only: Vec<String>,
    #[command(flatten)]
    fail_if: FailIf,
}

impl Arguments {
    /// The resources to tell of one by one; names that mean none are mistakes.
    fn shown(&self, plan: &Plan) -> Result<Shown, Failure> {
        let shown = match self.only.as_slice() {
            [] if self.all => Shown::All,
            [] => Shown::Few,
            names => Shown::Only(names.to_vec()),
        };
        let unknown = shown.unknown(plan).first().map(|name| {
            let message = format!("the plan has no component, resource, group or resource type `{name}`");
            Diagnostic::error(Code::UnknownComponent, message)
        });
        match unknown {
            Some(diagnostic) => Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() }),
            None => Ok(shown),
        }
    }
}

/// How to plan; shared by the commands that do.
#[derive(Debug, Args)]
pub(super) struct How {
    /// What to do when requirements disagree, in place of the estate's `onConflict`
    #[arg(long, value_name = "WHAT")]
    on_conflict: Option<Conflict>,
    /// What there shall be least of, in place of the estate's `objective`
    #[arg(long, value_name = "WHAT")]
    objective: Option<Least>,
    #[command(flatten)]
    pub(super) lock: LockArguments,
    #[command(flatten)]
    pub(super) limits: Limits,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// The plan format
    Json,
    /// An Azure Resource Manager template
    Arm,
    /// The same resources as Bicep
    Bicep,
    /// Terraform configuration, in its JSON syntax
    Terraform,
    /// One self-contained page for a browser
    Html,
    /// Who is on what, as a graph for Graphviz
    Dot,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Least {
    /// Resources
    Count,
    /// What they cost, then resources
    Cost,
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
    match (plan(arguments, terminal), arguments.errors) {
        (Err(Failure::Input { diagnostics, .. }), Told::Json | Told::Sarif) => {
            let all: Vec<Diagnostic> = diagnostics.into_iter().collect();
            say(&arguments.errors.tell(&all));
            Ok(Exit::Refused)
        }
        (ended, _) => ended,
    }
}

fn plan(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let read = if arguments.update_lock { arguments.how.lock.contents() } else { None };
    let Made { loaded, lock, plan } =
        make(&arguments.input.parts, &arguments.input.around, &arguments.how, arguments.update_lock)?;
    if arguments.locked
        && let Some(lock) = &lock
    {
        let changes = lock.changes(&Lock::after(&plan, Some(lock), &loaded.rules));
        if !changes.is_empty() {
            terminal.changes(&changes);
            return Ok(Exit::Failed);
        }
    }
    let rebalance = match (arguments.rebalance, &lock) {
        (true, Some(lock)) => {
            let moved = arguments.how.planned(&loaded, Some((lock, Moves::All)))?;
            Some(report::rebalance(&plan, &moved).to_string())
        }
        _ => None,
    };
    match write(arguments, &loaded, &plan, rebalance.as_deref(), terminal) {
        // Whoever does not read the plan still wants the lock.
        Err(Failure::Closed) if arguments.update_lock => {}
        written => written?,
    }
    if !matches!(arguments.format, Format::Text) {
        terminal.warn(&plan.warnings);
        rebalance.iter().for_each(|text| terminal.report(&format!("note: {text}")));
    }
    let before = Measures { resources: lock.as_ref().map(|lock| lock.resources.len()), ..Measures::default() };
    let mut exit = match arguments.fail_if.complain(&Measures::of(&plan), &before, terminal) {
        true => Exit::Failed,
        false if arguments.require_proof && !plan.optimal => Exit::Unproven,
        false => Exit::Done,
    };
    if arguments.update_lock && exit == Exit::Done {
        let after = Lock::after(&plan, lock.as_ref(), &loaded.rules);
        exit = arguments.how.lock.update(&after, lock.as_ref(), read.as_deref(), terminal)?;
    }
    // The program ends here; taking a large plan apart piece by piece first would only take time.
    std::mem::forget((loaded, lock, plan));
    Ok(exit)
}

fn write(
    arguments: &Arguments,
    loaded: &Loaded,
    plan: &Plan,
    rebalance: Option<&str>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let _span = tracing::info_span!("write").entered();
    let output = arguments.output.as_deref();
    match arguments.format {
        Format::Text => {
            let rebalance = rebalance.map_or_else(String::new, |rebalance| format!("\n{rebalance}"));
            let shown = arguments.shown(plan)?;
            files::write(output, &(report::text_of(plan, &shown) + &rebalance))
        }
        Format::Dot => files::write(output, &report::dot(plan)),
        Format::Json => files::stream(output, &|to| plan.write_json(to)),
        Format::Html => files::write(output, &report::html(&loaded.estate, &loaded.rules, plan)),
        Format::Arm => project(arguments, loaded, plan, ProjectionTarget::Arm, terminal),
        Format::Bicep => project(arguments, loaded, plan, ProjectionTarget::Bicep, terminal),
        Format::Terraform => project(arguments, loaded, plan, ProjectionTarget::Terraform, terminal),
    }
}

fn project(
    arguments: &Arguments,
    loaded: &Loaded,
    plan: &Plan,
    target: ProjectionTarget,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let refused = |diagnostic: Diagnostic| Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() };
    let projection = Projection::new(plan, &loaded.rules, target).map_err(|error| refused(error.0))?;
    terminal.note(&projection.notes);
    let output = arguments.output.as_deref();
    match (projection.files.as_slice(), output) {
        ([(_, text)], None) => files::write(None, text),
        ([(_, text)], Some(path)) if !files::is_folder(path) => files::write(Some(path), text),
        (several, Some(path)) if files::is_folder(path) || !path.exists() => files::folder(path, several, arguments.force),
        (several, _) => {
            let names: Vec<&str> = several.iter().take(4).map(|(name, _)| name.as_str()).collect();
            let message = format!("the plan takes {} files: {}, …", several.len(), names.join(", "));
            let mut diagnostic = Diagnostic::error(Code::SeveralFiles, message);
            diagnostic.help("name a folder with `-o`");
            Err(refused(diagnostic))
        }
    }
}

/// Loads an estate as it shall be planned.
pub(super) fn prepare(parts: &[PathBuf], around: &Around, how: &How) -> Result<Loaded, Failure> {
    how.limits.set_threads();
    let mut loaded = estates::load(parts, around)?;
    if let Some(objective) = how.objective {
        loaded.estate.settings.objective = match objective {
            Least::Count => Objective::Count,
            Least::Cost => Objective::Cost,
        };
    }
    if let Some(conflict) = how.on_conflict {
        loaded.estate.settings.on_conflict = match conflict {
            Conflict::Split => OnConflict::Split,
            Conflict::First => OnConflict::First,
            Conflict::Error => OnConflict::Error,
        };
    }
    Ok(loaded)
}

/// An estate, its lock and its plan.
pub(super) struct Made {
    pub(super) loaded: Loaded,
    pub(super) lock: Option<Lock>,
    pub(super) plan: Plan,
}

/// Loads an estate and its lock, which may be missing where it is about to be written, and plans it.
pub(super) fn make(parts: &[PathBuf], around: &Around, how: &How, creates: bool) -> Result<Made, Failure> {
    let loaded = prepare(parts, around, how)?;
    let lock = how.lock.read(&loaded.estate, &loaded.rules, creates)?;
    let plan = how.planned(&loaded, lock.as_ref().map(|lock| (lock, how.lock.moves())))?;
    Ok(Made { loaded, lock, plan })
}

impl How {
    fn planned(&self, loaded: &Loaded, lock: Option<(&Lock, Moves)>) -> Result<Plan, Failure> {
        let planned = self.limits.within(|control| {
            let _span = tracing::info_span!("plan").entered();
            let planner = Planner::new(&loaded.rules);
            let planner = match lock {
                Some((lock, moves)) => planner.with_lock(lock, moves),
                None => planner,
            };
            planner.plan_within(&loaded.estate, control)
        });
        planned.map_err(|error| loaded.refused(error))
    }
}
