//! The lock on the command line: read, kept, written.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use colocate::{Code, Diagnostic, Diagnostics, Estate, Lock, Moves, RuleSet};

use super::Exit;
use super::diagnostics::Terminal;
use super::files::{self, Failure};

#[derive(Debug, Args)]
pub(super) struct LockArguments {
    /// Keep the placements of an earlier plan: a lock, or the plan itself as JSON
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = file)]
    lock: Option<PathBuf>,
    /// How many things with contents may move to need fewer resources: a number, or `all`
    #[arg(long, value_name = "N", value_parser = moves, requires = "lock")]
    allow_moves: Option<Moves>,
}

/// Reads the lock of an estate.
pub(super) fn read(path: &Path, estate: &Estate, rules: &RuleSet) -> Result<Lock, Failure> {
    let document = files::document(path)?;
    let lock = Lock::read(&document, rules).and_then(|lock| match lock.check_estate(&estate.name) {
        Ok(()) => Ok(lock),
        Err(diagnostic) => Err(Diagnostics::from(diagnostic).located(&document)),
    });
    lock.map_err(|diagnostics| Failure::Input { diagnostics, documents: vec![document] })
}

fn file(text: &str) -> Result<PathBuf, String> {
    if text == "-" { Err("a file is expected".to_owned()) } else { Ok(text.into()) }
}

fn moves(text: &str) -> Result<Moves, String> {
    match text {
        "all" => Ok(Moves::All),
        "0" => Ok(Moves::Kept),
        number => number.parse().map(Moves::AtMost).map_err(|_| "a number or `all` is expected".to_owned()),
    }
}

impl LockArguments {
    pub(super) fn path(&self) -> Option<&Path> {
        self.lock.as_deref()
    }

    pub(super) fn moves(&self) -> Moves {
        self.allow_moves.unwrap_or_default()
    }

    /// The lock of an estate. Where `creates`, there may be none yet.
    pub(super) fn read(&self, estate: &Estate, rules: &RuleSet, creates: bool) -> Result<Option<Lock>, Failure> {
        let Some(path) = self.path() else { return Ok(None) };
        if !path.exists() {
            if creates {
                return Ok(None);
            }
            let mut diagnostic = Diagnostic::error(Code::Unreadable, format!("there is no lock `{}`", path.display()));
            diagnostic.help("`--update-lock` writes one");
            return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
        }
        read(path, estate, rules).map(Some)
    }

    /// What is in the file, to be compared with what is there when it is written.
    pub(super) fn contents(&self) -> Option<Vec<u8>> {
        fs::read(self.path()?).ok()
    }

    /// Writes the lock that a plan leaves behind, unless the file no longer holds what was `read`: then another run has updated it,
    /// and this plan knows nothing of that.
    pub(super) fn update(
        &self,
        after: &Lock,
        before: Option<&Lock>,
        read: Option<&[u8]>,
        terminal: &Terminal,
    ) -> Result<Exit, Failure> {
        let Some(path) = self.path() else { return Ok(Exit::Done) };
        let _turn = Turn::take(path).map_err(|error| Failure::Output { path: path.to_owned(), error })?;
        let now = self.contents();
        if now.as_deref() == Some(after.to_json().as_bytes()) {
            return Ok(Exit::Done);
        }
        if now.as_deref() != read {
            let path = path.display();
            terminal.complain(&format!(
                "the lock `{path}` has changed since it was read, and is left as it is; run the command again"
            ));
            return Ok(Exit::Failed);
        }
        files::stream(Some(path), &|to| after.write_json(to))?;
        let path = path.display().to_string();
        let wrote = match before {
            None => format!("wrote the lock `{path}`"),
            Some(before) => match before.changes(after).len() {
                1 => format!("updated the lock `{path}`: 1 change"),
                changes => format!("updated the lock `{path}`: {changes} changes"),
            },
        };
        terminal.note(&[wrote]);
        Ok(Exit::Done)
    }
}

/// The right to write a lock: a file beside it, which is there only for the moment that this takes.
struct Turn(PathBuf);

/// Whoever holds a turn for longer has been killed.
const LONGEST_TURN: Duration = Duration::from_secs(10);

impl Turn {
    fn take(lock: &Path) -> io::Result<Self> {
        let mut name = std::ffi::OsString::from(".");
        name.push(lock.file_name().unwrap_or_default());
        name.push(".turn");
        let path = lock.with_file_name(name);
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let held = fs::metadata(&path).and_then(|meta| meta.modified()).ok().and_then(|since| since.elapsed().ok());
                    if held.is_some_and(|held| held > LONGEST_TURN) {
                        let _ = fs::remove_file(&path);
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
