//! `colocate check`

use clap::Args;

use super::files::{self, Failure};
use super::{Exit, Input};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.input.rules)?;
    let document = files::estate(&arguments.input.estate, &rules)?;
    match colocate::load(&document, &rules) {
        Ok(mut estate) => {
            files::usage(&arguments.input.usage, &mut estate, &rules)?;
            let components = match estate.components.len() {
                1 => "1 component".to_owned(),
                several => format!("{several} components"),
            };
            files::write(None, &format!("{}: {components}, no errors\n", estate.name))?;
            Ok(Exit::Done)
        }
        Err(diagnostics) => Err(Failure::Input { diagnostics, documents: vec![document] }),
    }
}
