//! `colocate init`

use std::path::{Path, PathBuf};

use clap::Args;
use colocate::{Code, Diagnostic, Language};

use super::Exit;
use super::diagnostics::Terminal;
use super::files::{self, Failure};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to write it; the ending says in what: `.yaml`, `.jsonc` or `.json` (which has no comments); `-` is stdout
    #[arg(value_name = "FILE", default_value = "estate.yaml", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

const YAML: &str = include_str!("starter.yaml");
const JSONC: &str = include_str!("starter.jsonc");

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let path = &arguments.file;
    let text = match Language::of_name(&path.display().to_string()) {
        _ if path == Path::new("-") => YAML.to_owned(),
        Language::Yaml => YAML.to_owned(),
        Language::Jsonc => JSONC.to_owned(),
        Language::Json => plain(),
    };
    if path == Path::new("-") {
        files::write(None, &text)?;
        return Ok(Exit::Done);
    }
    if path.exists() && !arguments.force {
        let mut diagnostic = Diagnostic::error(Code::OutputExists, format!("`{}` is there already", path.display()));
        diagnostic.help("name another file, or write over it with `--force`");
        return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
    }
    files::write(Some(path), &text)?;
    let path = path.display();
    terminal.report(&format!("wrote `{path}`; next: colocate plan {path}\n"));
    Ok(Exit::Done)
}

/// The starter without its comments.
fn plain() -> String {
    let value = colocate::Document::new("starter.jsonc", JSONC.into()).and_then(|document| document.parse());
    value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default() + "\n"
}
