//! Many small estates: what each costs beside planning it alone, what a second thread brings, and how much memory it takes.
//!
//! `cargo bench --bench batch [-- ESTATES [ROUNDS]]` plans estates of 20 components (10,000 unless said otherwise) as lines,
//! several times, the variants taking turns; the answers are counted and dropped. Times are of the wall and, in brackets, of the
//! processor; on a machine with other work only the latter tell much.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use colocate::RuleSet;
use colocate::batch::{Answer, Source, in_order};
use colocate::solve::Control;

/// An estate of 20 components, each of ten kinds twice, that differs from others in names and numbers.
fn estate(number: usize) -> String {
    let mut text =
        format!(r#"{{"version": 1, "name": "estate-{number}", "environment": "bench", "location": "eastus", "components": {{"#);
    for i in 0..20 {
        let comma = if i == 0 { "" } else { "," };
        let (key, runtime) = (i % 3, if (i + number).is_multiple_of(7) { ("python", "3.11") } else { ("node", "22") });
        let _ = match i % 2 {
            0 => write!(text, r#"{comma}"Service{i}Api": {{"type": "CrudApi", "config": {{"entityName": "Entity{i}"}}}}"#),
            _ => write!(
                text,
                r#"{comma}"Service{i}": {{"requirements": [
                {{"resourceType": "cosmos", "requirementKey": "data-{key}", "config": {{"databases": ["service-{i}"]}}}},
                {{"resourceType": "functions", "requirementKey": "jobs", "config": {{"runtime": "{}", "version": "{}",
                  "functions": {}, "environmentVariables": {{"ENDPOINT": "${{cosmos.documentEndpoint}}"}}}}}},
                {{"resourceType": "storage", "requirementKey": "files", "config": {{"containers": ["in", "out"]}}}}]}}"#,
                runtime.0,
                runtime.1,
                1 + (i * 7 + number) % 60
            ),
        };
    }
    text.push_str("}}");
    text.replace('\n', " ")
}

/// What a variant took.
#[derive(Clone, Copy, Default)]
struct Took {
    wall: Duration,
    processor: Duration,
}

/// Runs something and says what it took.
fn timed(run: impl FnOnce()) -> Took {
    let (start, before) = (Instant::now(), processor());
    run();
    Took { wall: start.elapsed(), processor: processor().saturating_sub(before) }
}

/// The processor time of the process so far, in user mode, where the system tells.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(11)?.parse::<u64>().ok());
    Duration::from_millis(ticks.unwrap_or(0) * 10)
}

/// Peak resident memory in MiB, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn batch(rules: &RuleSet, lines: &[String], estates: usize, threads: usize) {
    let all = (0..estates).map(|i| (Source::line("bench.ndjson", i + 1), lines[i % lines.len()].as_bytes().to_vec()));
    let work = |(source, text)| Answer::to(source, text, rules, &Control::default()).to_line();
    let mut planned = 0;
    in_order(all, NonZeroUsize::new(threads).expect("not 0"), work, Vec::len, |line| {
        planned += usize::from(line.windows(8).take(100).any(|part| part == b"\"plan\":{"));
        ControlFlow::Continue(())
    })
    .expect("threads");
    assert_eq!(planned, estates, "an estate of the bench cannot be planned");
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (estates, rounds) = (numbers.first().copied().unwrap_or(10_000), numbers.get(1).copied().unwrap_or(3));
    let rules = RuleSet::builtin().expect("the built-in rules load");
    let lines: Vec<String> = (0..1000).map(estate).collect();
    let show = |what: &str, took: Took| {
        let each = |time: Duration| time.as_secs_f64() * 1e3 / estates as f64;
        println!("{what:<24} {:>8.3} ms each ({:>7.3} ms)", each(took.wall), each(took.processor));
    };
    batch(&rules, &lines, estates / 10, 2);
    println!("peak after {} estates: {} MiB", estates / 10, peak());
    let mut speedups = Vec::new();
    for _ in 0..rounds {
        let alone = timed(|| {
            for i in 0..estates {
                let text = lines[i % lines.len()].as_bytes().to_vec();
                drop(Answer::to(Source::line("bench.ndjson", i + 1), text, &rules, &Control::default()).to_line());
            }
        });
        show("one after the other", alone);
        let one = timed(|| batch(&rules, &lines, estates, 1));
        show("batch, 1 thread", one);
        let two = timed(|| batch(&rules, &lines, estates, 2));
        show("batch, 2 threads", two);
        speedups.push(one.wall.as_secs_f64() / two.wall.as_secs_f64());
    }
    println!("peak after {} estates: {} MiB", (3 * rounds) * estates + estates / 10, peak());
    let shown: Vec<String> = speedups.iter().map(|speedup| format!("{speedup:.2}")).collect();
    println!("from 1 to 2 threads: {}", shown.join(", "));
}
