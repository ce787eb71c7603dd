//! Reading inputs and writing outputs: whole, or not at all.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use colocate::{Code, Diagnostic, Diagnostics, Document, Plan, RuleLayers, RuleSet};

use super::RuleFiles;

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// The inputs are at fault.
    Input { diagnostics: Diagnostics, documents: Vec<Document> },
    /// An output could not be written.
    Output { path: PathBuf, error: io::Error },
    /// Whoever read the output has gone; not a fault.
    Closed,
}

/// The largest file, or line of a batch, that is read: more than any estate, less than most memories.
pub(super) const LARGEST: u64 = 1 << 30;

/// Says that a file or folder cannot be read.
pub(super) fn unread(path: &Path, error: &io::Error) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Code::Unreadable, format!("cannot read `{}`: {error}", path.display()));
    diagnostic.help("check the path and its permissions");
    diagnostic
}

/// Says that a file or line is too large.
pub(super) fn too_large(path: &Path) -> Diagnostic {
    let message = format!("`{}` is too large: more than {} MiB", path.display(), LARGEST >> 20);
    let mut diagnostic = Diagnostic::error(Code::Unreadable, message);
    diagnostic.help("is it the file that you meant?");
    diagnostic
}

/// A failure to read a file or folder.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Input { diagnostics: unread(path, error).into(), documents: Vec::new() }
}

/// Everything in a file; `-` is stdin.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| {
            bytes.reserve_exact(usize::try_from(file.metadata()?.len().min(LARGEST)).unwrap_or_default());
            file.take(LARGEST + 1).read_to_end(&mut bytes)
        })
    };
    match read {
        Err(error) => Err(unread(path, &error)),
        Ok(_) if bytes.len() as u64 > LARGEST => Err(too_large(path)),
        Ok(_) => Ok(bytes),
    }
}

/// Reads a document; `-` is stdin.
pub(super) fn document(path: &Path) -> Result<Document, Failure> {
    let refused = |diagnostics| Failure::Input { diagnostics, documents: Vec::new() };
    let name = if path == Path::new("-") { String::from("<stdin>") } else { path.display().to_string() };
    let bytes = bytes(path).map_err(|diagnostic| refused(diagnostic.into()))?;
    Document::new(name, bytes).map_err(refused)
}

/// Reads the document of an estate, whose secrets by these rules no excerpt shows; `-` is stdin.
pub(super) fn estate(path: &Path, rules: &RuleSet) -> Result<Document, Failure> {
    Ok(document(path)?.with_secrets(rules.secret_names()))
}

/// Reads a plan; `-` is stdin.
pub(super) fn plan(path: &Path) -> Result<Plan, Failure> {
    let document = document(path)?;
    Plan::read(&document).map_err(|diagnostics| Failure::Input { diagnostics, documents: vec![document] })
}

/// The rules in force: the built-in ones and the folders laid over them.
pub(super) fn rules(files: &RuleFiles) -> Result<RuleSet, Failure> {
    let documents = documents(&files.rules, "rule file")?;
    let rules = RuleSet::layered(documents.clone()).map_err(|diagnostics| Failure::Input { diagnostics, documents })?;
    let prices = self::documents(&files.prices, "file of prices")?;
    rules.with_prices(&prices).map_err(|diagnostics| Failure::Input { diagnostics, documents: prices })
}

/// The same before they are read, for who changes them; and as they are.
pub(super) fn rule_layers(files: &RuleFiles) -> Result<(RuleLayers, RuleSet), Failure> {
    let rules = rules(files)?;
    let documents = documents(&files.rules, "rule file")?;
    let layers = RuleLayers::new(documents.clone()).map_err(|diagnostics| Failure::Input { diagnostics, documents })?;
    Ok((layers, rules))
}

/// The documents that paths name, those in a folder in the order of their names.
fn documents(named: &[PathBuf], what: &str) -> Result<Vec<Document>, Failure> {
    let mut documents = Vec::new();
    for path in named {
        let mut paths = Vec::new();
        gather(path, &mut paths).map_err(|error| unreadable(path, &error))?;
        if paths.is_empty() {
            let mut diagnostic = Diagnostic::error(Code::Unreadable, format!("no {what} in `{}`", path.display()));
            diagnostic.expect("at least one file that ends in `.json`, `.jsonc`, `.yaml` or `.yml`");
            return Err(Failure::Input { diagnostics: diagnostic.into(), documents });
        }
        for path in paths {
            documents.push(document(&path)?);
        }
    }
    Ok(documents)
}

/// Whether a file's name says that it is YAML, JSON or JSON with comments.
pub(super) fn is_document(path: &Path) -> bool {
    let ending = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    matches!(ending.as_deref(), Some("json" | "jsonc" | "yaml" | "yml"))
}

/// Every document below a folder, in the order of their paths; or the one file named.
fn gather(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || is_document(&entry) {
            gather(&entry, found)?;
        }
    }
    Ok(())
}

/// Something that writes a result.
type Writing<'w> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'w;

/// Writes a text to a file (by way of a temporary one beside it), or to stdout.
pub(super) fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    stream(path, &|to| to.write_all(text.as_bytes()))
}

/// As [`write`], for results too large to be put together in memory first.
pub(super) fn stream(path: Option<&Path>, writing: &Writing<'_>) -> Result<(), Failure> {
    match path.filter(|path| *path != Path::new("-")) {
        None => {
            let mut stdout = BufWriter::with_capacity(BUFFER, io::stdout().lock());
            writing(&mut stdout).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Failure::Closed,
                _ => Failure::Output { path: PathBuf::from("<stdout>"), error },
            })
        }
        Some(path) => replace(path, writing).map_err(|error| Failure::Output { path: path.to_owned(), error }),
    }
}

/// Whether a path means a folder: there is one, or it ends in a slash.
pub(super) fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Writes files into a folder, which is made if need be and must else be empty.
pub(super) fn folder(path: &Path, files: &[(String, String)], force: bool) -> Result<(), Failure> {
    let failed = |error| Failure::Output { path: path.to_owned(), error };
    if !force && path.exists() && fs::read_dir(path).map_err(failed)?.next().is_some() {
        let mut diagnostic = Diagnostic::error(Code::OutputExists, format!("the folder `{}` is not empty", path.display()));
        diagnostic.help("choose another folder, or write over its files with `--force`");
        return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
    }
    fs::create_dir_all(path).map_err(failed)?;
    let within: Vec<(PathBuf, &str)> = files.iter().map(|(name, text)| (path.join(name), text.as_str())).collect();
    // A link would lead out of the folder: the file takes its place.
    for (file, _) in within.iter().filter(|(file, _)| file.is_symlink()) {
        fs::remove_file(file).map_err(failed)?;
    }
    together(&within)?;
    // A part that an earlier, larger plan left behind would be deployed again: Terraform reads every file of a folder.
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let stale = name.to_str().is_some_and(|name| is_part_beside(name, files));
        if stale {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Whether a file is called as a part of the same format is, and is none of those written.
fn is_part_beside(name: &str, files: &[(String, String)]) -> bool {
    let ending = files.first().and_then(|(main, _)| main.strip_prefix("main"));
    let number = ending.and_then(|ending| name.strip_prefix("part-")?.strip_suffix(ending));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        && files.iter().all(|(written, _)| written != name)
}

/// Bytes that are gathered before each write.
const BUFFER: usize = 1 << 18;

fn replace(path: &Path, writing: &Writing<'_>) -> io::Result<()> {
    match stage(path, writing)? {
        Some((file, target)) => file.persist(&target).map(|_| ()).map_err(|error| error.error),
        None => Ok(()),
    }
}

/// Writes several files, all of them or none: each is written beside its place before the first is put there.
pub(super) fn together(files: &[(PathBuf, impl AsRef<str>)]) -> Result<(), Failure> {
    let failed = |path: &Path, error| Failure::Output { path: path.to_owned(), error };
    let mut staged = Vec::new();
    for (path, text) in files {
        let file = stage(path, &|to| to.write_all(text.as_ref().as_bytes())).map_err(|error| failed(path, error))?;
        staged.extend(file.map(|file| (file, path)));
    }
    for ((file, target), path) in staged {
        file.persist(&target).map_err(|error| failed(path, error.error))?;
    }
    Ok(())
}

/// Where a path leads that names nothing yet, through symbolic links to nothing.
fn followed(path: &Path) -> io::Result<PathBuf> {
    const MOST: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MOST {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Writes a temporary file beside the one meant, which it is to be renamed to; what cannot be renamed over is written directly.
fn stage(path: &Path, writing: &Writing<'_>) -> io::Result<Option<(tempfile::NamedTempFile, PathBuf)>> {
    // Through a symbolic link to the file it names: a rename would replace the link.
    let target = fs::canonicalize(path).or_else(|_| followed(path))?;
    if fs::metadata(&target).is_ok_and(|meta| !meta.is_file()) {
        // A device or a pipe cannot be renamed over.
        let mut file = BufWriter::with_capacity(BUFFER, fs::OpenOptions::new().write(true).open(&target)?);
        return writing(&mut file).and_then(|()| file.flush()).map(|()| None);
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The error of the temporary file would name it, which tells its reader nothing.
    let plainly = |error: io::Error| error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
    let file = tempfile::Builder::new().prefix(".colocate-").tempfile_in(folder).map_err(plainly)?;
    let mut buffered = BufWriter::with_capacity(BUFFER, file);
    writing(&mut buffered)?;
    let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&target).map_or(0o644, |meta| meta.permissions().mode());
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    Ok(Some((file, target)))
}
