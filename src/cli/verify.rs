//! `colocate verify`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use colocate::untrusted::{Lines, json_text};
use colocate::{Plan, Proven, Verification};

use super::estates::{self, Overlays, UsageFile};
use super::files::{self, Failure};
use super::limits::Limits;
use super::locks;
use super::{Exit, RuleFiles};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The plan, as `plan --format json` writes it; `-` is stdin
    #[arg(value_name = "PLAN", value_hint = clap::ValueHint::FilePath)]
    plan: PathBuf,
    /// The estate that it was made from: a file, a folder, or several files
    #[arg(long, value_name = "ESTATE", required = true, num_args = 1.., value_hint = clap::ValueHint::AnyPath)]
    estate: Vec<PathBuf>,
    #[command(flatten)]
    overlays: Overlays,
    /// The lock that it was made under
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    lock: Option<PathBuf>,
    #[command(flatten)]
    rules: RuleFiles,
    #[command(flatten)]
    usage: UsageFile,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    limits: Limits,
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
    let rules = files::rules(&arguments.rules)?;
    let written = estates::read(&arguments.estate, &arguments.overlays, &rules)?;
    let estate = estates::checked(&written, &rules, &arguments.usage)?;
    let plan = files::plan(&arguments.plan)?;
    let lock = arguments.lock.as_deref().map(|path| locks::read(path, &estate, &rules)).transpose()?;
    let verification = arguments.limits.within(|control| match &lock {
        Some(lock) => colocate::verify_under(&plan, lock, &estate, &rules, control),
        None => colocate::verify(&plan, &estate, &rules, control),
    });
    let text = match arguments.format {
        Format::Text => text(&plan, &verification),
        Format::Json => json_text(&verification),
    };
    files::write(None, &text)?;
    Ok(if verification.holds { Exit::Done } else { Exit::Failed })
}

fn text(plan: &Plan, verification: &Verification) -> String {
    let mut out = Lines::default();
    let width = verification.groups.iter().map(|group| group.key.len()).max().unwrap_or_default();
    for group in &verification.groups {
        let resources = if group.resources == 1 { "resource" } else { "resources" };
        let by_cost = plan.groups.iter().find(|report| report.key == group.key).filter(|report| report.cost.is_some());
        let how = match group.evidence {
            Proven::Nothing => "not proven".to_owned(),
            _ if group.held_back > 0 && group.proven + group.held_back >= group.resources => {
                format!("held by the lock: {} would do without it, proven", group.proven)
            }
            _ if by_cost.is_some_and(|report| report.optimal) => "cheapest, and fewest at that cost".to_owned(),
            _ if by_cost.is_some() => "open: not proven to be the cheapest".to_owned(),
            _ if group.proven < group.resources => {
                format!("open: {} are needed, {} planned", group.proven, group.resources)
            }
            Proven::Weights => "fewest, proven by weights".to_owned(),
            Proven::Search => "fewest, proven by search (repeated)".to_owned(),
        };
        out.line(format_args!("{:width$}  {} {resources}: {how}", group.key, group.resources));
    }
    if !verification.findings.is_empty() {
        out.blank();
    }
    for finding in &verification.findings {
        let place = if finding.place.is_empty() { String::new() } else { format!("{}: ", finding.place) };
        out.line(format_args!("[{}] {place}{}", finding.kind, finding.message));
    }
    if !verification.unchecked.is_empty() {
        out.section(format_args!("Not checked, for want of the lock (`--lock FILE`): {}.", verification.unchecked.join(", ")));
    }
    match verification.findings.len() {
        0 => out.section(format_args!("The plan holds: {} groups, nothing wrong.", verification.groups.len())),
        1 => out.section(format_args!("The plan does not hold: 1 finding.")),
        several => out.section(format_args!("The plan does not hold: {several} findings.")),
    }
    out.into()
}
