//! Limits on a command's time and threads, and Ctrl-C.

use std::num::{NonZeroU16, NonZeroUsize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use colocate::solve::Control;

#[derive(Debug, Args)]
pub(super) struct Limits {
    /// Stop after so many seconds with the best found so far
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_hyphen_values = true)]
    time_limit: Option<Duration>,
    #[command(flatten)]
    jobs: Jobs,
}

#[derive(Debug, Args)]
pub(super) struct Jobs {
    /// How many threads to use; all cores unless given
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroU16>,
}

impl Jobs {
    /// As many as asked for, or one a core.
    pub(super) fn threads(&self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.map_or_else(cores, NonZeroUsize::from)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is expected".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(limit) => Ok(limit),
        Err(_) if seconds > 0.0 => Ok(Duration::MAX), // longer than any clock counts: no limit
        Err(_) => Err("0 or more seconds are expected".to_owned()),
    }
}

/// Whether somebody pressed Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

impl Limits {
    /// Sets the number of threads, before anything uses them.
    pub(super) fn set_threads(&self) {
        if let Some(jobs) = self.jobs.jobs {
            // It can only fail when the pool is there already, and nothing has used it yet.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs.get())).build_global();
        }
    }

    /// Runs a search within the limits. Ctrl-C ends the search for a proof with the best found so far; a second one ends
    /// the program.
    pub(super) fn within<T>(&self, search: impl FnOnce(&Control<'_>) -> T) -> T {
        watch_for_interrupts();
        search(&self.begin())
    }

    /// The limits of a search that begins now.
    pub(super) fn begin(&self) -> Control<'static> {
        let control = Control::default().with_cancel(&interrupted);
        match self.time_limit.and_then(|limit| Instant::now().checked_add(limit)) {
            Some(deadline) => control.with_deadline(deadline),
            None => control,
        }
    }

    /// How many threads to use.
    pub(super) fn threads(&self) -> NonZeroUsize {
        self.jobs.threads()
    }
}

/// Whether somebody pressed Ctrl-C, or a scheduler wants the program to end.
pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// From now on Ctrl-C is noted; a second one ends the program.
pub(super) fn watch_for_interrupts() {
    // Without a handler Ctrl-C simply ends the program.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}
