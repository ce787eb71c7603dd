//! `colocate batch`

mod inputs;
mod output;
mod progress;
mod resume;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{iter, thread};

use clap::Args;
use colocate::batch::{Answer, Figures, in_order};
use colocate::{Code, Diagnostic, Measures};

use self::inputs::{Content, Estate, Reader, Shard};
use self::output::Output;
use self::progress::Progress;
use super::conditions::FailIf;
use super::diagnostics::{Terminal, say, tell};
use super::files::{self, Failure};
use super::limits::{self, Limits};
use super::{Exit, RuleFiles};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files, folders and patterns; `.ndjson` and `.jsonl` files and `-` (stdin) hold an estate a line
    #[arg(value_name = "INPUT", required = true, value_hint = clap::ValueHint::AnyPath)]
    inputs: Vec<PathBuf>,
    /// Write the answers to a file instead of stdout, line by line
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Skip the estates that are answered in this file; with `-o` of the same file, go on in it
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    resume: Option<PathBuf>,
    /// Plan every N-th estate only, beginning with the I-th
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Say on stderr what all of them came to
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    rules: RuleFiles,
    #[command(flatten)]
    limits: Limits,
    /// Exit with 0 also when estates could not be planned, for schedulers that would try again in vain; their lines say why
    #[arg(long)]
    allow_failed: bool,
    /// Exit with 4 when not every plan is proven minimal
    #[arg(long)]
    require_proof: bool,
    #[command(flatten)]
    fail_if: FailIf,
}

/// Texts larger than this are planned on all threads together, smaller ones each on its own.
const LARGE: usize = 1 << 20;
/// How often somebody who waits for input looks whether the run has been interrupted.
const LOOK: Duration = Duration::from_millis(50);

/// An answer on its way out.
struct Line {
    text: Vec<u8>,
    figures: Figures,
    /// The conditions that it meets, in words.
    met: Vec<String>,
    time: Duration,
    passed: u64,
}

pub(super) fn run(arguments: Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    if arguments.inputs.iter().filter(|input| input.as_os_str() == "-").count() > 1 {
        say("error: stdin (`-`) can be read only once\n");
        return Ok(Exit::Usage);
    }
    if arguments.fail_if.needs_before(terminal) {
        return Ok(Exit::Usage);
    }
    let rules = files::rules(&arguments.rules)?;
    let earlier = arguments.resume.as_deref().map(resume::read).transpose()?.unwrap_or_default();
    let mut output = Output::open(arguments.output.as_deref(), arguments.resume.as_deref(), earlier.whole)?;
    limits::watch_for_interrupts();

    let threads = arguments.limits.threads();
    let (to, estates) = mpsc::sync_channel::<Estate>(threads.get());
    let twice = if terminal.quiet { |_: &Path| {} } else { named_twice };
    let reader = Reader { shard: arguments.shard, answered: earlier.answered, to, twice };
    let mut progress = Progress::new(&arguments.inputs, terminal.quiet, arguments.output.is_none());
    // Of its own, and not waited for: a read from a pipe cannot be interrupted.
    let inputs = arguments.inputs;
    let reading = thread::spawn(move || reader.read(&inputs));
    let estates = iter::from_fn(move || {
        loop {
            match estates.recv_timeout(LOOK) {
                _ if limits::interrupted() => return None,
                Ok(estate) => return Some(estate),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    });

    let together = OnceLock::new();
    let plan = |Estate { source, content, passed }: Estate| {
        let start = Instant::now();
        let control = arguments.limits.begin();
        let answer = match content.text() {
            Err(diagnostic) => Answer::unread(source, diagnostic),
            Ok(text) if text.len() < LARGE => Answer::to(source, text, &rules, &control),
            Ok(text) => {
                let pool = || rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build().ok();
                match together.get_or_init(pool) {
                    Some(pool) => pool.install(|| Answer::to(source, text, &rules, &control)),
                    None => Answer::to(source, text, &rules, &control),
                }
            }
        };
        let met = answer.outcome.as_ref().map(|plan| arguments.fail_if.met(&Measures::of(plan), &Measures::default()));
        let met = met.unwrap_or_default();
        let line = Line { text: answer.to_line(), figures: answer.figures(), met, time: start.elapsed(), passed };
        // An interrupted search may have stopped short of the answer that it gives otherwise.
        (!limits::interrupted()).then_some(line)
    };

    let mut totals = earlier.totals;
    let mut slowest: Option<(Duration, String)> = None;
    let mut failure = None;
    let mut conditions = Conditions::default();
    let start = Instant::now();
    in_order(
        estates,
        threads,
        plan,
        |line| line.as_ref().map_or(0, |line| line.text.len()),
        |line| {
            let Some(Line { text, figures, met, time, passed }) = line else { return ControlFlow::Break(()) };
            if let Err(error) = output.write(&text) {
                failure = Some(error);
                return ControlFlow::Break(());
            }
            totals.add(&figures);
            conditions.note(&figures.source, &met);
            progress.step(passed, figures.error.is_some());
            if slowest.as_ref().is_none_or(|(most, _)| time > *most) {
                slowest = Some((time, figures.source));
            }
            ControlFlow::Continue(())
        },
    )
    .map_err(|error| Failure::Output { path: PathBuf::from("<threads>"), error })?;
    progress.finish();
    if let Some(failure) = failure {
        return Err(failure);
    }

    if arguments.summary {
        say(&totals.to_string());
        if let Some((time, source)) = slowest {
            tell(&format!("{:.1} s; slowest: {source} ({:.3} s)", start.elapsed().as_secs_f64(), time.as_secs_f64()));
        }
    }
    if limits::interrupted() {
        return Ok(Exit::Interrupted);
    }
    if reading.join().is_err() {
        return Err(Failure::Input { diagnostics: incomplete().into(), documents: Vec::new() });
    }
    if totals.failed > 0 {
        say(&format!("error: {} of {} estates failed; their lines say why\n", totals.failed, totals.estates()));
        if !arguments.allow_failed {
            return Ok(Exit::Refused);
        }
    }
    if conditions.conclude() {
        return Ok(Exit::Failed);
    }
    Ok(if arguments.require_proof && totals.proven < totals.planned { Exit::Unproven } else { Exit::Done })
}

/// Estates that meet a condition.
#[derive(Default)]
struct Conditions {
    estates: usize,
}

impl Conditions {
    /// The first of them are told one by one; nobody reads ten thousand in a log.
    const TOLD: usize = 20;

    fn note(&mut self, source: &str, met: &[String]) {
        if met.is_empty() {
            return;
        }
        self.estates += 1;
        if self.estates <= Self::TOLD {
            met.iter().for_each(|why| say(&format!("error: `{source}`: {why}\n")));
        }
    }

    /// Whether there are any; says how many.
    fn conclude(&self) -> bool {
        if self.estates > Self::TOLD {
            say(&format!("error: … and {} more estates\n", self.estates - Self::TOLD));
        }
        self.estates > 0
    }
}

impl Content {
    fn text(self) -> Result<Vec<u8>, Diagnostic> {
        match self {
            Content::Text(text) => Ok(text),
            Content::Nothing(diagnostic) => Err(diagnostic),
            Content::File(path) => files::bytes(&path),
        }
    }
}

fn named_twice(path: &Path) {
    tell(&format!("note: `{}` is named more than once; it is planned once", path.display()));
}

fn incomplete() -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Code::Internal, "the inputs were not read to their end");
    diagnostic.help("this is a mistake in colocate; please report it");
    diagnostic
}
