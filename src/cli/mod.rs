//! Arguments, files, the terminal and the clock. Everything else is in the library.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod batch;
mod check;
mod completions;
mod conditions;
mod diagnostics;
mod diff;
mod estates;
mod explain;
mod files;
mod import;
mod init;
mod limits;
mod locks;
mod pack;
mod plan;
mod rules;
mod schema;
mod test;
mod told;
mod verify;
mod whatif;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use diagnostics::Terminal;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Done,
    /// The input cannot be planned; diagnostics have said why.
    Refused,
    /// The arguments are wrong.
    Usage,
    /// A comparison, condition, verification or test failed.
    Failed,
    /// The time limit came before a proof, and one was required.
    Unproven,
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
            Exit::Unproven => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// Plans the fewest shared cloud resources for an estate of components, and proves that fewer is impossible.
#[derive(Debug, Parser)]
#[command(name = "colocate", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done; 1 the input cannot be planned; 2 usage; 3 a comparison, condition, verification or test failed; 4 no proof within the time limit."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Args)]
struct Global {
    /// Tell on stderr what each stage did and how long it took; twice for every group
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing on stderr but errors
    #[arg(long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plan the fewest shared resources for an estate
    Plan(plan::Arguments),
    /// Write a commented estate to begin with
    Init(init::Arguments),
    /// Check an estate against the rules, without planning
    Check(check::Arguments),
    /// Check a plan against its estate, without trusting who made it
    Verify(verify::Arguments),
    /// Tell what changes from one plan to another
    Diff(diff::Arguments),
    /// Explain a plan, a component or a resource
    Explain(explain::Arguments),
    /// Compare scenarios and sweeps by what they need
    Whatif(whatif::Arguments),
    /// Turn existing resources into an estate and a lock
    Import(import::Arguments),
    /// Pack a bare bin-packing instance
    Pack(pack::Arguments),
    /// Plan many estates, one line of JSON each
    Batch(batch::Arguments),
    /// Run regression cases: estates with the plans that they must come to
    Test(test::Arguments),
    /// List the resource and component types, or show one
    Rules(rules::Arguments),
    /// Print the JSON Schema of a format
    Schema(schema::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

#[derive(Debug, Args)]
struct RuleFiles {
    /// A folder of rule files (or one file) laid over the built-in rules; may be given several times
    #[arg(long = "rules", value_name = "DIR", value_hint = clap::ValueHint::AnyPath)]
    rules: Vec<PathBuf>,
    /// A file of prices (or a folder of its pages) laid over the built-in ones: answers of the Azure Retail Prices API, or
    /// your own in the same format; may be given several times
    #[arg(long = "prices", value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    prices: Vec<PathBuf>,
}

/// Runs the program on its arguments.
pub(crate) fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let failed = error.use_stderr();
            let _ = error.print();
            return if failed { Exit::Usage } else { Exit::Done };
        }
    };
    let styles = |terminal: bool| match cli.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
    };
    let (styled, styled_output) = (styles(std::io::stderr().is_terminal()), styles(std::io::stdout().is_terminal()));
    let terminal = Terminal { styled, styled_output, quiet: cli.global.quiet };
    trace(cli.global.verbose, styled, &cli.command);
    let ended = match cli.command {
        Command::Plan(arguments) => plan::run(&arguments, &terminal),
        Command::Init(arguments) => init::run(&arguments, &terminal),
        Command::Check(arguments) => check::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments, &terminal),
        Command::Explain(arguments) => explain::run(&arguments, &terminal),
        Command::Whatif(arguments) => whatif::run(&arguments, &terminal),
        Command::Import(arguments) => import::run(&arguments, &terminal, cli.global.verbose > 0),
        Command::Pack(arguments) => pack::run(&arguments),
        Command::Batch(arguments) => batch::run(arguments, &terminal),
        Command::Test(arguments) => test::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    ended.unwrap_or_else(|failure| terminal.fail(&failure))
}

fn trace(verbose: u8, styled: bool, command: &Command) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    // Of many plans, the stages of each are for who asks twice.
    let plans = if verbose == 1 && matches!(command, Command::Whatif(_)) { LevelFilter::OFF } else { level };
    let told = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(styled)
        .with_target(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_filter(Targets::new().with_default(level).with_target("colocate::plan", plans));
    tracing_subscriber::registry().with(told).init();
}

/// The command line, for completion scripts.
fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}
