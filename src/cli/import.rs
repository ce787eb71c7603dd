//! `colocate import`

use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use colocate::{
    Code, Diagnostic, Diagnostics, Document, ImportComponents, ImportFormat, ImportOptions, Imported, Lock, Moves, PlanError,
    Planner, RuleSet,
};
use serde_json::{Map, Value};
use walkdir::WalkDir;

use super::diagnostics::Terminal;
use super::files::{self, Failure};
use super::{Exit, RuleFiles};

/// What the files in a folder are called.
const NAMES: [&str; 2] = ["estate.json", "colocate.lock.json"];
/// What files of existing resources end in.
const ENDINGS: [&str; 3] = ["json", "jsonc", "tfstate"];

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files, folders and patterns: ARM templates, states and plans of Terraform, lists of resources; `-` is stdin
    #[arg(value_name = "PATH", required = true, value_hint = clap::ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// What the files are; found out unless given
    #[arg(long, value_name = "FORM")]
    from: Option<Form>,
    /// The parameters of an ARM template
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    parameters: Option<PathBuf>,
    /// The resource group that templates are deployed to: its id (`/subscriptions/…/resourceGroups/…`) or its name
    #[arg(long, value_name = "ID")]
    resource_group: Option<String>,
    /// The id of the subscription that templates are deployed to
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
    /// The region of that resource group
    #[arg(long, value_name = "REGION")]
    location: Option<String>,
    /// What becomes a component: `application`, `resourceGroup` or `tag:NAME`
    #[arg(long, value_name = "WHAT", default_value = "application", value_parser = components)]
    components: ImportComponents,
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
    /// Print what sharing would save of what there is, instead of the estate
    #[arg(long)]
    savings: bool,
    /// How the report and the savings are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    #[command(flatten)]
    rules: RuleFiles,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// An Azure Resource Manager template
    Arm,
    /// What `terraform show -json` prints of a state or a plan, or a state file
    Terraform,
    /// A list of resources: of Azure Resource Graph, `az resource list` or the management API
    Resources,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ReportFormat {
    /// For people
    Text,
    /// For people, in Markdown
    Markdown,
    /// JSON on stdout, instead of the estate
    Json,
}

fn components(text: &str) -> Result<ImportComponents, String> {
    match text.split_once(':') {
        None if text.eq_ignore_ascii_case("application") => Ok(ImportComponents::Applications),
        None if text.eq_ignore_ascii_case("resourceGroup") => Ok(ImportComponents::ResourceGroups),
        Some(("tag", name)) if !name.is_empty() => Ok(ImportComponents::Tag(name.to_owned())),
        _ => Err("expected `application`, `resourceGroup` or `tag:NAME`".to_owned()),
    }
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal, verbose: bool) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let (documents, mut failed) = documents(&arguments.paths)?;
    let options = options(arguments)?;
    let (imported, failures) = Imported::read_all(&documents, &rules, &options, &beside);
    failed.extend(failures.into_iter().map(|failure| {
        let documents = documents.get(failure.document).cloned().into_iter().collect();
        Failure::Input { diagnostics: failure.diagnostics, documents }
    }));
    let imported = match imported {
        Ok(imported) => imported,
        // What could not be read at all says more than that nothing is left.
        Err(_) if !failed.is_empty() => return Err(all(failed)),
        Err(diagnostics) => return Err(Failure::Input { diagnostics, documents }),
    };
    let estate = imported.estate_json();
    write(arguments, &estate, &imported.lock.to_json())?;
    match arguments.format {
        ReportFormat::Json => {}
        _ if verbose => terminal.report(&format!("{:#}", imported.report)),
        _ => terminal.report(&imported.report.to_string()),
    }
    if let Some(failure) = planning(&estate, &imported.lock, &rules) {
        terminal.report("\nestate written; fix these errors before planning:\n\n");
        failed.push(failure);
    } else {
        answer(arguments, &imported, &rules)?;
    }
    if failed.is_empty() { Ok(Exit::Done) } else { Err(all(failed)) }
}

/// Prints what was asked for beside the estate: what sharing would save, and all of it as JSON.
fn answer(arguments: &Arguments, imported: &Imported, rules: &RuleSet) -> Result<(), Failure> {
    let savings = if arguments.savings { Some(imported.savings(rules).map_err(unplanned)?) } else { None };
    let text = match (arguments.format, savings) {
        (ReportFormat::Json, savings) => {
            let answer = serde_json::json!({ "version": 1, "report": imported.report, "savings": savings });
            serde_json::to_string_pretty(&answer).unwrap_or_default() + "\n"
        }
        (ReportFormat::Markdown, Some(savings)) => format!("{savings:#}"),
        (ReportFormat::Text, Some(savings)) => savings.to_string(),
        (_, None) => return Ok(()),
    };
    files::write(None, &text)
}

fn unplanned(error: PlanError) -> Failure {
    Failure::Input { diagnostics: error.0, documents: Vec::new() }
}

fn options(arguments: &Arguments) -> Result<ImportOptions, Failure> {
    let mut options = ImportOptions {
        name: arguments.name.clone(),
        environment: arguments.environment.clone(),
        format: arguments.from.map(|form| match form {
            Form::Arm => ImportFormat::Arm,
            Form::Terraform => ImportFormat::Terraform,
            Form::Resources => ImportFormat::Resources,
        }),
        parameters: match &arguments.parameters {
            Some(path) => parameters(path)?,
            None => Map::new(),
        },
        location: arguments.location.clone(),
        components: arguments.components.clone(),
        ..ImportOptions::default()
    };
    if let Some(group) = &arguments.resource_group {
        options.deployed_to(group);
    }
    if let Some(subscription) = &arguments.subscription {
        options.subscription = Some(subscription.trim_start_matches("/subscriptions/").trim_matches('/').to_owned());
    }
    Ok(options)
}

/// Templates name others by paths relative to their own folder.
fn beside(document: &str, path: &str) -> Option<Document> {
    let path = Path::new(path);
    let within = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let folder = Path::new(document).parent().map(Path::to_owned).unwrap_or_default();
    if within { document_at(&folder.join(path)).ok() } else { None }
}

fn document_at(path: &Path) -> Result<Document, Failure> {
    let refused = |diagnostics| Failure::Input { diagnostics, documents: Vec::new() };
    let name = if path == Path::new("-") { String::from("<stdin>") } else { path.display().to_string() };
    let bytes = files::bytes(path).map_err(|diagnostic| refused(diagnostic.into()))?;
    Imported::document(&name, bytes).map_err(refused)
}

/// The documents that paths mean, and what could not be read of them.
fn documents(paths: &[PathBuf]) -> Result<(Vec<Document>, Vec<Failure>), Failure> {
    let (mut documents, mut failed) = (Vec::new(), Vec::new());
    for path in paths {
        for file in meant(path)? {
            match document_at(&file) {
                Ok(document) => documents.push(document),
                Err(failure) => failed.push(failure),
            }
        }
    }
    Ok((documents, failed))
}

/// The files that a path means: itself, those that a pattern fits, or those of a folder that can hold resources.
fn meant(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let nothing = |message: String, help: &str| {
        let mut diagnostic = Diagnostic::error(Code::Unreadable, message);
        diagnostic.help(help);
        Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() }
    };
    let pattern = path.to_str().filter(|text| !path.exists() && text.contains(['*', '?', '[']));
    if let Some(pattern) = pattern {
        let found = glob::glob(pattern).map_err(|error| nothing(format!("`{pattern}` is not a pattern: {error}"), "quote it"))?;
        let mut found: Vec<PathBuf> = found.filter_map(Result::ok).filter(|path| path.is_file()).collect();
        found.sort();
        return if found.is_empty() {
            Err(nothing(format!("no file matches `{pattern}`"), "check the pattern"))
        } else {
            Ok(found)
        };
    }
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let visible = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".");
    let files = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible);
    let fits = |path: &Path| path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending));
    let found: Vec<PathBuf> = files
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && fits(entry.path()))
        .map(walkdir::DirEntry::into_path)
        .collect();
    if found.is_empty() {
        return Err(nothing(format!("no `.json` or `.tfstate` file in `{}`", path.display()), "check the folder"));
    }
    Ok(found)
}

/// Several failures as one.
fn all(failures: Vec<Failure>) -> Failure {
    let (mut found, mut with) = (Vec::new(), Vec::new());
    for failure in failures {
        match failure {
            Failure::Input { diagnostics, documents } => {
                found.extend(diagnostics);
                with.extend(documents);
            }
            other => return other,
        }
    }
    Failure::Input { diagnostics: Diagnostics::from(found), documents: with }
}

/// Why the estate does not plan under its lock, if it does not: an import that ends well can be planned.
fn planning(estate: &str, lock: &Lock, rules: &RuleSet) -> Option<Failure> {
    // Mistakes are told with their places in what is written.
    let document = Document::new(NAMES[0], estate.to_owned().into_bytes()).ok()?;
    let refused = |diagnostics| Some(Failure::Input { diagnostics, documents: vec![document.clone()] });
    let estate = match colocate::load(&document, rules) {
        Ok(estate) => estate,
        Err(diagnostics) => return refused(diagnostics),
    };
    match Planner::new(rules).with_lock(lock, Moves::default()).plan(&estate) {
        Ok(_) => None,
        Err(error) => refused(error.0.located(&document)),
    }
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
    // Where something else is asked for, stdout is for that.
    let other = arguments.savings || matches!(arguments.format, ReportFormat::Json);
    let to_stdout = to_estate.is_none_or(|path| path == Path::new("-")) && !other;
    if to_stdout {
        files::write(None, estate)?;
    }
    Ok(())
}

/// The values of an ARM parameter file.
fn parameters(path: &Path) -> Result<Map<String, Value>, Failure> {
    let document = document_at(path)?;
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
