//! Where the estates of a batch are, found and read while others are planned.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::iter;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::mpsc::SyncSender;

use colocate::batch::Source;
use colocate::{Code, Diagnostic};
use walkdir::WalkDir;

use super::resume::Answered;
use crate::cli::files;

/// An estate to plan.
pub(super) struct Estate {
    pub(super) source: Source,
    pub(super) content: Content,
    /// The bytes of all inputs up to its end.
    pub(super) passed: u64,
}

/// What is known of an estate before it is planned.
pub(super) enum Content {
    /// A file yet to be read.
    File(PathBuf),
    Text(Vec<u8>),
    /// There is nothing to read, for this reason.
    Nothing(Diagnostic),
}

/// Every n-th estate, by position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shard {
    index: u64,
    of: u64,
}

impl Shard {
    fn has(self, position: u64) -> bool {
        position % self.of == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (index, of) = text.split_once('/').ok_or("expected as in `2/8`: the second of eight")?;
        match (index.trim().parse(), of.trim().parse()) {
            (Ok(index), Ok(of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            (Ok(0), Ok(_)) => Err("shards are counted from 1"),
            (Ok(_), Ok(_)) => Err("there are not so many shards"),
            _ => Err("two whole numbers are expected, as in `2/8`"),
        }
    }
}

/// A place that an input means.
enum Place {
    Stdin,
    /// A file with one estate.
    Whole(PathBuf),
    /// A file with an estate a line.
    Lines(PathBuf),
    Nothing(PathBuf, Diagnostic),
}

/// The places that inputs mean, in their order and, within folders and patterns, in the order of their paths.
fn places(inputs: &[PathBuf]) -> impl Iterator<Item = Place> + '_ {
    inputs.iter().flat_map(|input| -> Box<dyn Iterator<Item = Place>> {
        if input.as_os_str() == "-" {
            return Box::new(iter::once(Place::Stdin));
        }
        let pattern = input.to_str().filter(|text| !input.exists() && text.contains(['*', '?', '[']));
        match pattern.map(glob::glob) {
            None => at(input),
            Some(Err(error)) => {
                let message = format!("`{}` is not a pattern: {error}", input.display());
                Box::new(iter::once(Place::Nothing(input.clone(), Diagnostic::error(Code::Unreadable, message))))
            }
            Some(Ok(paths)) => {
                let found = paths.flat_map(|path| match path {
                    Ok(path) => at(&path),
                    Err(error) => Box::new(iter::once(unreadable(error.path(), error.error()))),
                });
                or_nothing(found, input, "no file matches")
            }
        }
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Place {
    Place::Nothing(path.to_owned(), files::unread(path, error))
}

/// What is at a path: a file, or everything in a folder that can hold estates.
fn at(path: &Path) -> Box<dyn Iterator<Item = Place>> {
    if !path.is_dir() {
        return Box::new(iter::once(file(path)));
    }
    let visible = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".");
    let root = path.to_owned();
    let found = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible);
    let found = found.filter_map(move |entry| match entry {
        Ok(entry) if entry.file_type().is_dir() => None,
        Ok(entry) if matches!(extension(entry.path()), Some("ndjson" | "jsonl")) || files::is_document(entry.path()) => {
            Some(file(entry.path()))
        }
        Ok(_) => None,
        Err(error) => {
            let path = error.path().unwrap_or(&root).to_owned();
            Some(unreadable(&path, &error.into()))
        }
    });
    or_nothing(found, path, "no `.json`, `.jsonc`, `.yaml`, `.yml`, `.ndjson` or `.jsonl` file in")
}

fn file(path: &Path) -> Place {
    match extension(path) {
        Some("ndjson" | "jsonl") => Place::Lines(path.to_owned()),
        _ => Place::Whole(path.to_owned()),
    }
}

fn extension(path: &Path) -> Option<&str> {
    path.extension()?.to_str()
}

/// A folder or pattern that means nothing is a mistake, not an empty batch.
fn or_nothing(found: impl Iterator<Item = Place> + 'static, input: &Path, what: &str) -> Box<dyn Iterator<Item = Place>> {
    let mut found = found.peekable();
    if found.peek().is_some() {
        return Box::new(found);
    }
    let mut diagnostic = Diagnostic::error(Code::Unreadable, format!("{what} `{}`", input.display()));
    diagnostic.help("check the path");
    Box::new(iter::once(Place::Nothing(input.to_owned(), diagnostic)))
}

/// How many bytes there are to read; none where that cannot be known.
pub(super) fn size(inputs: &[PathBuf]) -> Option<u64> {
    let mut sum = 0;
    for place in places(inputs) {
        match place {
            Place::Whole(path) | Place::Lines(path) => {
                let meta = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
                sum += meta.len();
            }
            Place::Stdin => return None,
            Place::Nothing(..) => {}
        }
    }
    Some(sum)
}

/// Which estates are wanted, and where they go.
pub(super) struct Reader {
    pub(super) shard: Option<Shard>,
    pub(super) answered: Answered,
    pub(super) to: SyncSender<Estate>,
    /// Called with each file that is named again.
    pub(super) twice: fn(&Path),
}

/// Everything has been read, or nobody wants more.
type Ended = ControlFlow<()>;

impl Reader {
    /// Reads the inputs until nobody wants more.
    pub(super) fn read(self, inputs: &[PathBuf]) {
        let mut reading = Reading { position: 0, passed: 0, reader: self };
        // One folder or pattern names no file twice.
        let mut seen = (inputs.len() > 1).then(HashSet::<PathBuf>::new);
        for place in places(inputs) {
            if let (Place::Whole(path) | Place::Lines(path), Some(seen)) = (&place, &mut seen)
                && !seen.insert(path.components().filter(|part| *part != std::path::Component::CurDir).collect())
            {
                (reading.reader.twice)(path);
                continue;
            }
            let name = |path: &Path| path.display().to_string();
            let ended = match place {
                Place::Stdin => reading.lines("<stdin>", io::stdin().lock()),
                Place::Whole(path) => {
                    let bytes = fs::metadata(&path).map_or(0, |meta| meta.len());
                    reading.offer(Source::file(name(&path)), bytes, || Content::File(path))
                }
                Place::Lines(path) => match File::open(&path) {
                    Ok(file) => reading.lines(&name(&path), BufReader::with_capacity(1 << 18, file)),
                    Err(error) => {
                        let source = Source::file(name(&path));
                        reading.offer(source, 0, || Content::Nothing(files::unread(&path, &error)))
                    }
                },
                Place::Nothing(path, diagnostic) => reading.offer(Source::file(name(&path)), 0, || Content::Nothing(diagnostic)),
            };
            if ended.is_break() {
                return;
            }
        }
    }
}

struct Reading {
    reader: Reader,
    /// Estates so far.
    position: u64,
    /// Bytes so far.
    passed: u64,
}

impl Reading {
    /// Hands an estate on, if it is wanted.
    fn offer(&mut self, source: Source, bytes: u64, content: impl FnOnce() -> Content) -> Ended {
        let position = self.position;
        self.position += 1;
        self.passed += bytes;
        if self.reader.shard.is_some_and(|shard| !shard.has(position)) || self.reader.answered.has(&source) {
            return Ended::Continue(());
        }
        match self.reader.to.send(Estate { source, content: content(), passed: self.passed }) {
            Ok(()) => Ended::Continue(()),
            Err(_) => Ended::Break(()),
        }
    }

    fn lines(&mut self, name: &str, mut from: impl BufRead) -> Ended {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let source = || Source::line(name, number);
            match from.by_ref().take(files::LARGEST).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Err(error) => return self.offer(source(), 0, || Content::Nothing(files::unread(Path::new(name), &error))),
                Ok(_) => {}
            }
            let mut bytes = line.len() as u64;
            if bytes == files::LARGEST && !line.ends_with(b"\n") {
                line = Vec::new();
                match from.skip_until(b'\n') {
                    Ok(skipped) => bytes += skipped as u64,
                    Err(error) => return self.offer(source(), 0, || Content::Nothing(files::unread(Path::new(name), &error))),
                }
                self.offer(source(), bytes, || Content::Nothing(files::too_large(Path::new(name))))?;
            } else if line.trim_ascii().is_empty() {
                self.passed += bytes;
            } else {
                line.truncate(line.trim_ascii_end().len());
                self.offer(source(), bytes, || Content::Text(std::mem::take(&mut line)))?;
            }
        }
        Ended::Continue(())
    }
}
