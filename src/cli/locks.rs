//! The lock on the command line: read, kept, written.

use std::path::{Path, PathBuf};

use clap::Args;
use colocate::{Code, Diagnostic, Diagnostics, Estate, Lock, Moves, RuleSet};

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

    /// Writes the lock that a plan leaves behind.
    pub(super) fn update(&self, after: &Lock, before: Option<&Lock>, terminal: &Terminal) -> Result<(), Failure> {
        if before.is_some_and(|before| before == after && self.is_lock(after)) {
            return Ok(());
        }
        files::stream(self.path(), &|to| after.write_json(to))?;
        let path = self.path().map_or_else(String::new, |path| path.display().to_string());
        let wrote = match before {
            None => format!("wrote the lock `{path}`"),
            Some(before) => match before.changes(after).len() {
                1 => format!("updated the lock `{path}`: 1 change"),
                changes => format!("updated the lock `{path}`: {changes} changes"),
            },
        };
        terminal.note(&[wrote]);
        Ok(())
    }

    /// Whether the file holds just the lock, and not a whole plan.
    fn is_lock(&self, lock: &Lock) -> bool {
        let text = self.path().and_then(|path| std::fs::read_to_string(path).ok());
        text.is_some_and(|text| text == lock.to_json())
    }
}
