//! Estates on the command line: files, folders, overlays, and the rules and usage that go with them.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use colocate::{Code, Diagnostic, Diagnostics, Document, Estate, EstateFiles, PlanError, RuleSet};

use super::RuleFiles;
use super::files::{self, Failure};

/// An estate that is one file, or all files of a folder.
#[derive(Debug, Args)]
pub(super) struct Input {
    /// The estate: a file in YAML, JSON or JSON with comments, or a folder of such files; `-` is JSON on stdin
    #[arg(value_name = "ESTATE", value_hint = clap::ValueHint::AnyPath)]
    estate: PathBuf,
    #[command(flatten)]
    pub(super) around: Around,
}

impl Input {
    pub(super) fn parts(&self) -> &[PathBuf] {
        std::slice::from_ref(&self.estate)
    }
}

/// An estate that may be several files.
#[derive(Debug, Args)]
pub(super) struct Parts {
    /// The estate: files in YAML, JSON or JSON with comments that are one estate together, or a folder of them; `-` is JSON on stdin
    #[arg(value_name = "ESTATE", required = true, value_hint = clap::ValueHint::AnyPath)]
    pub(super) parts: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) around: Around,
}

/// What goes with an estate.
#[derive(Debug, Args)]
pub(super) struct Around {
    #[command(flatten)]
    pub(super) overlays: Overlays,
    #[command(flatten)]
    pub(super) rules: RuleFiles,
    #[command(flatten)]
    pub(super) usage: UsageFile,
}

#[derive(Debug, Args)]
pub(super) struct Overlays {
    /// What differs from the estate, for an environment say: a merge patch (RFC 7396); may be given several times
    #[arg(long = "overlay", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    overlays: Vec<PathBuf>,
}

/// How much is used of what is billed by use.
#[derive(Debug, Args)]
pub(super) struct UsageFile {
    /// What the components use in a month of what is billed by use
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    usage: Option<PathBuf>,
}

/// An estate, the rules, and where planning errors have their places.
pub(super) struct Loaded {
    pub(super) estate: Estate,
    pub(super) rules: RuleSet,
    source: Source,
}

/// The text of an estate, for the rare case that there is something to say about it.
enum Source {
    /// Files can be read again, so that large ones need not be kept in memory while they are planned.
    Paths(Vec<PathBuf>, Vec<PathBuf>),
    Kept(EstateFiles),
}

/// Reads what a command works on.
pub(super) fn load(parts: &[PathBuf], around: &Around) -> Result<Loaded, Failure> {
    let _span = tracing::info_span!("load").entered();
    let rules = files::rules(&around.rules)?;
    let files = read(parts, &around.overlays, &rules)?;
    match files.read() {
        Ok(mut estate) => {
            usage(&around.usage, &mut estate, &rules)?;
            let overlays = &around.overlays.overlays;
            let again = parts.iter().chain(overlays).all(|path| path.is_file() || path.is_dir());
            let source = if again { Source::Paths(parts.to_vec(), overlays.clone()) } else { Source::Kept(files) };
            Ok(Loaded { estate, rules, source })
        }
        Err(diagnostics) => {
            // What the rules have to say belongs in the same run.
            let diagnostics = colocate::load_files(&files, &rules).err().unwrap_or(diagnostics);
            Err(refused(diagnostics, &files))
        }
    }
}

/// Reads an estate's files, whose secrets by the rules no excerpt shows; what is wrong with what they say is found out when they are parsed.
pub(super) fn read(parts: &[PathBuf], overlays: &Overlays, rules: &RuleSet) -> Result<EstateFiles, Failure> {
    documents(parts, &overlays.overlays, rules)
}

/// Reads an estate and checks it against the rules.
pub(super) fn checked(files: &EstateFiles, rules: &RuleSet, usage_file: &UsageFile) -> Result<Estate, Failure> {
    let mut estate = colocate::load_files(files, rules).map_err(|diagnostics| refused(diagnostics, files))?;
    usage(usage_file, &mut estate, rules)?;
    Ok(estate)
}

/// A failure that an estate's files are at fault for.
pub(super) fn refused(diagnostics: Diagnostics, files: &EstateFiles) -> Failure {
    Failure::Input { diagnostics, documents: files.documents().to_vec() }
}

/// Adds what a usage file says to an estate.
fn usage(file: &UsageFile, estate: &mut Estate, rules: &RuleSet) -> Result<(), Failure> {
    if let Some(path) = &file.usage {
        let document = files::document(path)?;
        estate.usage = colocate::load_usage(&document, estate, rules)
            .map_err(|diagnostics| Failure::Input { diagnostics, documents: vec![document] })?;
    }
    Ok(())
}

fn documents(parts: &[PathBuf], overlays: &[PathBuf], rules: &RuleSet) -> Result<EstateFiles, Failure> {
    let mut read = Vec::new();
    for path in parts {
        if path.is_dir() {
            for path in within(path, overlays)? {
                read.push(files::estate(&path, rules)?);
            }
        } else {
            read.push(files::estate(path, rules)?);
        }
    }
    let overlays: Vec<Document> = overlays.iter().map(|path| files::estate(path, rules)).collect::<Result<_, _>>()?;
    Ok(EstateFiles::new(read, overlays))
}

/// The parts of an estate in a folder (not in those within it), in the order of their names.
fn within(folder: &Path, overlays: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>());
    let mut paths = entries.map_err(|error| files::unreadable(folder, &error))?;
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let part = files::is_document(path) && !name.starts_with('.') && !name.ends_with("lock.json");
        part && path.is_file() && !overlays.iter().any(|overlay| same(overlay, path))
    });
    paths.sort();
    if paths.is_empty() {
        let mut diagnostic = Diagnostic::error(Code::Unreadable, format!("no estate in `{}`", folder.display()));
        diagnostic.expect("at least one file that ends in `.yaml`, `.yml`, `.json` or `.jsonc`");
        return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
    }
    Ok(paths)
}

impl Loaded {
    /// A failure to plan, with its places in the estate's files.
    pub(super) fn refused(&self, error: PlanError) -> Failure {
        let files = match &self.source {
            Source::Kept(files) => files.clone(),
            Source::Paths(parts, overlays) => match documents(parts, overlays, &self.rules) {
                Ok(files) => files,
                Err(_) => return Failure::Input { diagnostics: error.0, documents: Vec::new() },
            },
        };
        refused(files.located(error.0), &files)
    }
}
