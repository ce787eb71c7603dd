//! `colocate completions`

use clap::Args;
use clap_complete::Shell;

use super::files::{self, Failure};
use super::{Exit, command};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), "colocate", &mut script);
    files::write(None, &String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
