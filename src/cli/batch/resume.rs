//! What an earlier run has answered already.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use colocate::batch::{Figures, Source, Totals};
use colocate::{Code, Diagnostic, Position};

use crate::cli::files::{self, Failure};

/// The sources of answers, by a hash long enough that no two have the same.
#[derive(Default)]
pub(super) struct Answered(HashSet<u128>);

impl Answered {
    pub(super) fn has(&self, source: &Source) -> bool {
        !self.0.is_empty() && self.0.contains(&hash(&source.to_string()))
    }
}

fn hash(source: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, source).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}

/// The answers in a file.
#[derive(Default)]
pub(super) struct Earlier {
    pub(super) answered: Answered,
    pub(super) totals: Totals,
    /// How many bytes of the file are whole lines; a run that was killed may leave part of one behind them.
    pub(super) whole: u64,
}

/// Reads what a run has answered; a file that is not there yet holds no answers.
pub(super) fn read(path: &Path) -> Result<Earlier, Failure> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Earlier::default()),
        Err(error) => return Err(files::unreadable(path, &error)),
    };
    let mut earlier = Earlier::default();
    let mut from = BufReader::with_capacity(1 << 18, file);
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let read = from.read_until(b'\n', &mut text).map_err(|error| files::unreadable(path, &error))?;
        if !text.ends_with(b"\n") {
            break;
        }
        earlier.whole += read as u64;
        let figures: Figures = serde_json::from_slice(&text).map_err(|error| {
            let message = format!("this line is not an answer of `colocate batch`: {error}");
            let mut diagnostic = Diagnostic::error(Code::Syntax, message);
            diagnostic.help("is it the right file? lines that are not whole can be deleted");
            let column = error.column().max(1);
            diagnostic.position = Some(Position { file: path.display().to_string(), line, column, bytes: 0..0 });
            Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() }
        })?;
        earlier.answered.0.insert(hash(&figures.source));
        earlier.totals.add(&figures);
    }
    Ok(earlier)
}
