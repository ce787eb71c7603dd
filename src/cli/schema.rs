//! `colocate schema`

use clap::{Args, ValueEnum};
use colocate::Schema;

use super::Exit;
use super::files::{self, Failure};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The format
    of: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// What `plan` reads
    Estate,
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
        Format::Lock => Schema::Lock,
        Format::Plan => Schema::Plan,
        Format::Rules => Schema::Rules,
        Format::Scenarios => Schema::Scenarios,
        Format::Usage => Schema::Usage,
    };
    files::write(None, &colocate::schema(of))?;
    Ok(Exit::Done)
}
