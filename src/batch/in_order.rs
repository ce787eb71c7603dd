//! Work in several threads whose results come out in the order of what went in.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

/// Items begun and not yet handed on, for each thread: one that takes long does not stop the others at once.
const WINDOW: usize = 32;
/// Bytes of results that may wait for an earlier one before no further item is begun.
const WAITING: usize = 256 << 20;
/// As much as the main thread of a program usually has.
const STACK: usize = 8 << 20;

/// Works on `items` in so many threads and hands the results to `each` in the order of the items, on the calling thread, until
/// there are no more or `each` breaks off. `bytes` says how much memory a result takes, roughly.
///
/// Memory is bounded: an item is taken only when there is room for its result. Whatever is parallel inside `work` stays on its
/// thread, so that many small items do not pay for being divided.
///
/// ```
/// use std::{num::NonZeroUsize, ops::ControlFlow};
/// let mut squares = Vec::new();
/// let threads = NonZeroUsize::new(4).unwrap();
/// colocate::batch::in_order(1..=5, threads, |i| i * i, |_| 8, |square| {
///     squares.push(square);
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(squares, [1, 4, 9, 16, 25]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// When the system has no thread to give.
pub fn in_order<I, R: Send>(
    items: impl Iterator<Item = I> + Send,
    threads: NonZeroUsize,
    work: impl Fn(I) -> R + Sync,
    bytes: impl Fn(&R) -> usize + Sync,
    mut each: impl FnMut(R) -> ControlFlow<()>,
) -> io::Result<()> {
    let source = Mutex::new(items.enumerate().fuse());
    let gate = Gate::new(threads.get().saturating_mul(WINDOW));
    let (sender, results) = mpsc::channel();
    thread::scope(|scope| {
        let worker = |sender: mpsc::Sender<(usize, R)>| {
            // A pool of one: what is parallel inside runs here. Without one it would run in the common pool, more slowly.
            let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
            loop {
                let next = {
                    let mut source = lock(&source);
                    if gate.pass() { source.next() } else { None }
                };
                let Some((index, item)) = next else { return };
                let result = work(item);
                gate.waits(bytes(&result));
                if sender.send((index, result)).is_err() {
                    return;
                }
            }
        };
        for started in 0..threads.get() {
            let sender = sender.clone();
            let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || worker(sender));
            match spawned {
                Ok(_) => {}
                Err(error) if started == 0 => return Err(error),
                Err(_) => break,
            }
        }
        drop(sender);
        let mut waiting: VecDeque<Option<R>> = VecDeque::new();
        let mut handed_on = 0;
        for (index, result) in results {
            let place = index - handed_on;
            if waiting.len() <= place {
                waiting.resize_with(place + 1, || None);
            }
            if let Some(slot) = waiting.get_mut(place) {
                *slot = Some(result);
            }
            while let Some(result) = waiting.front_mut().and_then(Option::take) {
                waiting.pop_front();
                handed_on += 1;
                gate.leaves(bytes(&result));
                if each(result).is_break() {
                    gate.close();
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

/// Lets items in as long as there is room for their results.
struct Gate {
    room: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    inside: usize,
    waiting: usize,
    closed: bool,
}

impl Gate {
    fn new(room: usize) -> Self {
        Self { room, state: Mutex::new(State { inside: 0, waiting: 0, closed: false }), changed: Condvar::new() }
    }

    /// Waits for room and takes it; `false` once the gate is closed. The earliest result is always being worked on or waits
    /// to be handed on, so that room comes.
    fn pass(&self) -> bool {
        let full = |state: &mut State| !state.closed && (state.inside >= self.room || state.waiting > WAITING);
        let mut state = self.changed.wait_while(lock(&self.state), full).unwrap_or_else(PoisonError::into_inner);
        state.inside += 1;
        !state.closed
    }

    fn waits(&self, bytes: usize) {
        lock(&self.state).waiting += bytes;
    }

    fn leaves(&self, bytes: usize) {
        let mut state = lock(&self.state);
        state.inside = state.inside.saturating_sub(1);
        state.waiting = state.waiting.saturating_sub(bytes);
        self.changed.notify_one();
    }

    fn close(&self) {
        lock(&self.state).closed = true;
        self.changed.notify_all();
    }
}

/// A thread that panics ends the whole; until then what it held is as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::ops::ControlFlow;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{WINDOW, in_order};

    fn threads(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).expect("not 0")
    }

    #[test]
    fn the_order_is_kept_whatever_takes_how_long() {
        let mut seen = Vec::new();
        let work = |i: u64| {
            std::thread::sleep(Duration::from_micros(i * 37 % 500));
            i
        };
        in_order(
            0..300,
            threads(8),
            work,
            |_| 8,
            |i| {
                seen.push(i);
                ControlFlow::Continue(())
            },
        )
        .expect("threads");
        assert_eq!(seen, (0..300).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_than_a_window_is_in_flight() {
        let (begun, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let items = (0..2000).inspect(|_| {
            let flying = begun.fetch_add(1, Ordering::SeqCst) + 1 - done.load(Ordering::SeqCst);
            most.fetch_max(flying, Ordering::SeqCst);
        });
        in_order(
            items,
            threads(2),
            |i| i,
            |_| 0,
            |_| {
                done.fetch_add(1, Ordering::SeqCst);
                ControlFlow::Continue(())
            },
        )
        .expect("threads");
        assert_eq!(done.into_inner(), 2000);
        // One result leaves the window just before it is counted as done.
        assert!(most.into_inner() <= 2 * WINDOW + 1);
    }

    #[test]
    fn breaking_off_ends_it() {
        let mut seen = 0;
        in_order(
            0..,
            threads(3),
            |i: u64| i,
            |_| 0,
            |_| {
                seen += 1;
                if seen == 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        )
        .expect("threads");
        assert_eq!(seen, 100);
    }

    #[test]
    fn large_results_hold_back_further_items() {
        let begun = AtomicUsize::new(0);
        let items = (0..40).inspect(|_| {
            begun.fetch_add(1, Ordering::SeqCst);
        });
        let mut first = None;
        let work = |i: usize| {
            // The first is slow, and each of the others as large as all that may wait.
            std::thread::sleep(Duration::from_millis(if i == 0 { 200 } else { 0 }));
        };
        in_order(
            items,
            threads(2),
            work,
            |()| super::WAITING + 1,
            |()| {
                first.get_or_insert_with(|| begun.load(Ordering::SeqCst));
                ControlFlow::Continue(())
            },
        )
        .expect("threads");
        assert!(first.is_some_and(|begun| begun <= 4), "{first:?} begun before the first was done");
        assert_eq!(begun.into_inner(), 40);
    }
}
