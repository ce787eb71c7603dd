//! `colocate schema`

use clap::{Args, ValueEnum};
use colocate::Schema;

use super::files::{self, Failure};
use super::{Exit, RuleFiles};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The format
    of: Format,
    #[command(flatten)]
    rules: RuleFiles,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// What `plan` reads, with all that the rules in force let it say
    Estate,
    /// A file that holds a part of an estate, beside others
    Part,
    /// What `plan --update-lock` writes
    Lock,
    /// What `plan --format json` writes
    Plan,
    /// Files for `--rules`
    Rules,
    /// What `whatif` reads beside an estate
    Scenarios,
    /// What `--usage` reads
    Usage,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let of = match arguments.of {
        Format::Estate => Schema::Estate,
        Format::Part => Schema::Part,
        Format::Lock => Schema::Lock,
        Format::Plan => Schema::Plan,
        Format::Rules => Schema::Rules,
        Format::Scenarios => Schema::Scenarios,
        Format::Usage => Schema::Usage,
    };
    files::write(None, &colocate::schema(of, &files::rules(&arguments.rules)?))?;
    Ok(Exit::Done)
}
