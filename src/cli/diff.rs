//! `colocate diff`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use colocate::untrusted::json_text;
use colocate::{Measures, PlanDiff, report};

use super::conditions::FailIf;
use super::diagnostics::Terminal;
use super::files::{self, Failure};
use super::{Exit, RuleFiles};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The plan to compare with, as `plan --format json` writes it; `-` is stdin
    #[arg(value_name = "OLD", value_hint = clap::ValueHint::FilePath)]
    old: PathBuf,
    /// The plan to compare; `-` is stdin
    #[arg(value_name = "NEW", value_hint = clap::ValueHint::FilePath)]
    new: PathBuf,
    #[command(flatten)]
    rules: RuleFiles,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Exit with 3 when anything changes
    #[arg(long)]
    exit_code: bool,
    /// Exit with 3 when this happens
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    fail_if: FailIf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    /// Data is lost: something that holds it is made anew or deleted, and it moves nowhere
    DataLoss,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For comments of pull requests
    Markdown,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let stdin = Path::new("-");
    if arguments.old == stdin && arguments.new == stdin {
        let message = "both plans cannot be read from stdin; name a file for one of them";
        let _ = super::command().error(clap::error::ErrorKind::ArgumentConflict, message).print();
        return Ok(Exit::Usage);
    }
    let rules = files::rules(&arguments.rules)?;
    let (old, new) = (files::plan(&arguments.old)?, files::plan(&arguments.new)?);
    let diff = PlanDiff::between(&old, &new, &rules);
    let text = match arguments.format {
        Format::Text => report::diff_text(&diff, terminal.styled_output),
        Format::Json => json_text(&diff),
        Format::Markdown => report::diff_markdown(&diff),
    };
    files::write(None, &text)?;
    let now = Measures { moves: Some(diff.summary.moves), ..Measures::of(&new) };
    let met = arguments.fail_if.complain(&now, &Measures::of(&old), terminal);
    let lost = diff.data_loss();
    let met = met || (arguments.fail_on.is_some() && !lost.is_empty());
    if let (Some(FailOn::DataLoss), false) = (arguments.fail_on, lost.is_empty()) {
        let lost: Vec<&str> = lost.into_iter().collect();
        terminal.complain(&format!("data is lost of `{}`", lost.join("`, `")));
    }
    Ok(if met || arguments.exit_code && !diff.is_empty() { Exit::Failed } else { Exit::Done })
}
