//! Where answers go: whole lines, as soon as they are there.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use colocate::{Code, Diagnostic};

use crate::cli::files::Failure;

pub(super) enum Output {
    Stdout,
    /// A file, and how much of it is whole lines.
    File {
        file: File,
        path: PathBuf,
        whole: u64,
    },
}

impl Output {
    /// Opens the output. A file that is resumed is gone on with after its whole lines; another must not hold anything yet, so
    /// that nobody loses the answers of hours.
    pub(super) fn open(path: Option<&Path>, resume: Option<&Path>, whole: u64) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else { return Ok(Self::Stdout) };
        let failed = |error| Failure::Output { path: path.to_owned(), error };
        let goes_on = resume.is_some_and(|resume| resume == path || same(resume, path));
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if goes_on {
            file.set_len(whole).map_err(failed)?;
        } else if meta.is_file() && meta.len() > 0 {
            let message = format!("the file `{}` is not empty", path.display());
            let mut diagnostic = Diagnostic::error(Code::OutputExists, message);
            diagnostic.help("go on in it with `--resume` of the same file, choose another, or delete it");
            return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
        }
        Ok(Self::File { file, path: path.to_owned(), whole: if goes_on { whole } else { 0 } })
    }

    /// Writes a line; of one that cannot be written whole, a file keeps nothing.
    pub(super) fn write(&mut self, line: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(line).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
                    io::ErrorKind::BrokenPipe => Failure::Closed,
                    _ => Failure::Output { path: PathBuf::from("<stdout>"), error },
                })
            }
            Self::File { file, path, whole } => match file.write_all(line) {
                Ok(()) => {
                    *whole += line.len() as u64;
                    Ok(())
                }
                Err(error) => {
                    let _ = file.set_len(*whole);
                    Err(Failure::Output { path: path.clone(), error })
                }
            },
        }
    }
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
