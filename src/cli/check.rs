//! `colocate check`

use clap::{Args, ValueEnum};
use colocate::{Diagnostic, report};

use super::Exit;
use super::estates::{self, Parts};
use super::files::{self, Failure};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Parts,
    /// How to tell what is wrong
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people, on stderr
    Text,
    /// A list of diagnostics, on stdout
    Json,
    /// For code scanning (SARIF 2.1.0), on stdout
    Sarif,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let checked = check(&arguments.input);
    let print = |diagnostics: &[Diagnostic]| match arguments.format {
        Format::Text => Ok(()),
        Format::Json => files::write(None, &(serde_json::to_string_pretty(diagnostics).unwrap_or_default() + "\n")),
        Format::Sarif => files::write(None, &report::sarif(diagnostics)),
    };
    match (checked, arguments.format) {
        (Ok(said), Format::Text) => files::write(None, &said).map(|()| Exit::Done),
        (Ok(_), _) => print(&[]).map(|()| Exit::Done),
        (Err(Failure::Input { diagnostics, .. }), Format::Json | Format::Sarif) => {
            let all: Vec<Diagnostic> = diagnostics.into_iter().collect();
            print(&all).map(|()| Exit::Refused)
        }
        (Err(failure), _) => Err(failure),
    }
}

fn check(input: &Parts) -> Result<String, Failure> {
    let rules = files::rules(&input.around.rules)?;
    let documents = estates::read(&input.parts, &input.around.overlays)?;
    let estate = estates::checked(&documents, &rules, &input.around.usage)?;
    let components = match estate.components.len() {
        1 => "1 component".to_owned(),
        several => format!("{several} components"),
    };
    Ok(format!("{}: {components}, no errors\n", estate.name))
}
