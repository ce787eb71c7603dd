//! `colocate check`

use clap::Args;
use colocate::PlanError;

use super::diagnostics::Terminal;
use super::files::{self, Failure};
use super::{Exit, Input};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let loaded = files::load(&arguments.input)?;
    match colocate::check(&loaded.estate, &loaded.rules) {
        Ok(()) => {
            if !terminal.quiet {
                let components = loaded.estate.components.len();
                files::write(None, &format!("{}: {components} components, no errors\n", loaded.estate.name))?;
            }
            Ok(Exit::Done)
        }
        Err(diagnostics) => Err(loaded.refused(PlanError(diagnostics))),
    }
}
