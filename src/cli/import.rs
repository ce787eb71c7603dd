//! `colocate import`

use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use colocate::{Code, Diagnostic, Diagnostics, Document, ImportFormat, ImportOptions, Imported};
use serde_json::{Map, Value};

use super::diagnostics::Terminal;
use super::files::{self, Failure};
use super::{Exit, RuleFiles};

/// What the files in a folder are called.
const NAMES: [&str; 2] = ["estate.json", "colocate.lock.json"];

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An ARM template, or what `terraform show -json` prints; `-` is stdin
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// The format of the file; found out unless given
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The parameters of an ARM template
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    parameters: Option<PathBuf>,
    /// The estate's name; the file's unless given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The estate's environment; what all resources are tagged with unless given
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// A folder to write `estate.json` and `colocate.lock.json` into
    #[arg(short, long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, conflicts_with_all = ["estate", "lock"])]
    output: Option<PathBuf>,
    /// Where to write the estate, instead of stdout
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    estate: Option<PathBuf>,
    /// Where to write the lock
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    lock: Option<PathBuf>,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    rules: RuleFiles,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// An Azure Resource Manager template
    Arm,
    /// What `terraform show -json` prints, of a state or a plan
    Terraform,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let document = files::document(&arguments.file)?;
    let options = ImportOptions {
        name: arguments.name.clone(),
        environment: arguments.environment.clone(),
        format: arguments.format.map(|format| match format {
            Format::Arm => ImportFormat::Arm,
            Format::Terraform => ImportFormat::Terraform,
        }),
        parameters: match &arguments.parameters {
            Some(path) => parameters(path)?,
            None => Map::new(),
        },
    };
    // Templates name others by paths relative to their own folder.
    let folder = arguments.file.parent().map(Path::to_owned).unwrap_or_default();
    let beside = |path: &str| {
        let path = Path::new(path);
        let within = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if within { files::document(&folder.join(path)).ok() } else { None }
    };
    let imported = Imported::read(&document, &rules, &options, &beside)
        .map_err(|diagnostics| Failure::Input { diagnostics, documents: vec![document.clone()] })?;
    let estate = imported.estate_json();
    // What is written must be readable; its mistakes are told now, with their places.
    let written = Document::new(NAMES[0], estate.clone().into_bytes());
    let faults = written.as_ref().ok().and_then(|written| colocate::load(written, &rules).err());
    write(arguments, &estate, &imported.lock.to_json())?;
    terminal.report(&imported.report.to_string());
    if let (Some(diagnostics), Ok(document)) = (faults, written) {
        terminal.report("\nThe estate is written, and does not plan before this is mended:\n\n");
        return Err(Failure::Input { diagnostics, documents: vec![document] });
    }
    Ok(Exit::Done)
}

fn write(arguments: &Arguments, estate: &str, lock: &str) -> Result<(), Failure> {
    let (to_estate, to_lock) = match &arguments.output {
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| Failure::Output { path: folder.clone(), error })?;
            (Some(folder.join(NAMES[0])), Some(folder.join(NAMES[1])))
        }
        None => (arguments.estate.clone(), arguments.lock.clone()),
    };
    let targets = [(to_estate.clone(), estate), (to_lock, lock)];
    let texts: Vec<(PathBuf, String)> = targets
        .into_iter()
        .filter_map(|(path, text)| Some((path.filter(|path| path != Path::new("-"))?, text.to_owned())))
        .collect();
    let there = texts.iter().find(|(path, _)| !arguments.force && fs::metadata(path).is_ok_and(|meta| meta.is_file()));
    if let Some((path, _)) = there {
        let mut diagnostic = Diagnostic::error(Code::OutputExists, format!("`{}` is there already", path.display()));
        diagnostic.help("name another file, or write over it with `--force`");
        return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
    }
    files::together(&texts)?;
    if to_estate.is_none_or(|path| path == Path::new("-")) {
        files::write(None, estate)?;
    }
    Ok(())
}

/// The values of an ARM parameter file.
fn parameters(path: &Path) -> Result<Map<String, Value>, Failure> {
    let document = files::document(path)?;
    let refuse = |diagnostics: Diagnostics| Failure::Input { diagnostics, documents: vec![document.clone()] };
    let value = document.parse().map_err(refuse)?;
    match value.get("parameters").and_then(Value::as_object) {
        Some(parameters) => Ok(parameters.clone()),
        None => {
            let mut diagnostic = Diagnostic::error(Code::MissingField, "the file has no `parameters`");
            diagnostic.expect("an ARM parameter file");
            Err(refuse(Diagnostics::from(diagnostic).located(&document)))
        }
    }
}
