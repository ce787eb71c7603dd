//! How far a batch has come: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::inputs;
use crate::cli::diagnostics::say;

/// How often a log is told.
const EVERY: Duration = Duration::from_secs(30);

pub(super) struct Progress {
    shown: Shown,
    start: Instant,
    /// The bytes of all inputs, once they are known.
    size: Arc<OnceLock<Option<u64>>>,
    estates: u64,
    failed: u64,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines { last: Instant },
}

impl Progress {
    /// Begins to tell; on a terminal that shows the answers themselves there is nothing to add.
    pub(super) fn new(inputs: &[PathBuf], quiet: bool, to_stdout: bool) -> Self {
        let start = Instant::now();
        let shown = if quiet || to_stdout && std::io::stdout().is_terminal() {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            Shown::Bar(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style("{spinner} {msg}")))
        } else {
            Shown::Lines { last: start }
        };
        let size = Arc::new(OnceLock::new());
        if !matches!(shown, Shown::Nothing) {
            let (known, inputs) = (Arc::clone(&size), inputs.to_owned());
            // A large tree takes long to walk, which planning does not wait for.
            std::thread::spawn(move || known.set(inputs::size(&inputs)));
        }
        Self { shown, start, size, estates: 0, failed: 0 }
    }

    /// An estate has its answer.
    pub(super) fn step(&mut self, passed: u64, failed: bool) {
        self.estates += 1;
        self.failed += u64::from(failed);
        let size = self.size.get().copied().flatten();
        let message = || message(self.estates, self.failed, self.start.elapsed());
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                bar.set_message(message());
                if let (None, Some(size)) = (bar.length(), size) {
                    bar.set_length(size);
                    bar.set_style(style("{bar:32} {percent:>3} %, {msg}, {eta} left"));
                }
                bar.set_position(passed);
            }
            Shown::Lines { last } if last.elapsed() >= EVERY => {
                *last = Instant::now();
                #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
                let part = size.map(|size| format!(", {:.0} %", 100.0 * passed as f64 / size.max(1) as f64));
                say(&format!("batch: {}{}\n", message(), part.unwrap_or_default()));
            }
            Shown::Lines { .. } => {}
        }
    }

    pub(super) fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn message(estates: u64, failed: u64, elapsed: Duration) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = estates as f64 / elapsed.as_secs_f64().max(1e-3);
    let failed = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    let digits = if rate < 10.0 { 1 } else { 0 };
    format!("{estates} estates{failed}, {rate:.digits$} a second")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
