//! `colocate check`

use clap::Args;
use colocate::Diagnostic;

use super::Exit;
use super::estates::{self, Parts};
use super::files::{self, Failure};
use super::told::Told;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Parts,
    /// How to tell what is wrong: as text on stderr, else on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Told,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let checked = check(&arguments.input);
    let print = |diagnostics: &[Diagnostic]| files::write(None, &arguments.format.tell(diagnostics));
    match (checked, arguments.format) {
        (Ok(said), Told::Text) => files::write(None, &said).map(|()| Exit::Done),
        (Ok(_), _) => print(&[]).map(|()| Exit::Done),
        (Err(Failure::Input { diagnostics, .. }), Told::Json | Told::Sarif) => {
            let all: Vec<Diagnostic> = diagnostics.into_iter().collect();
            print(&all).map(|()| Exit::Refused)
        }
        (Err(failure), _) => Err(failure),
    }
}

fn check(input: &Parts) -> Result<String, Failure> {
    let rules = files::rules(&input.around.rules)?;
    let documents = estates::read(&input.parts, &input.around.overlays, &rules)?;
    let estate = estates::checked(&documents, &rules, &input.around.usage)?;
    let components = match estate.components.len() {
        1 => "1 component".to_owned(),
        several => format!("{several} components"),
    };
    Ok(format!("{}: {components}, no errors\n", estate.name))
}
