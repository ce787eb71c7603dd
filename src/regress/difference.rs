//! Texts that differ, so that people see in what.

use std::time::Duration;

use similar::{Algorithm, TextDiff};

/// Lines of a difference that are shown.
const LINES: usize = 80;
/// Characters of a line that are shown.
const WIDTH: usize = 400;
/// Time to look for the smallest difference; after that it may be larger than need be.
const PATIENCE: Duration = Duration::from_secs(2);

/// The difference as a unified diff, cut when it is long, and the first line of `expected` that differs, counted from 1.
pub(super) fn difference(name: &str, expected: &str, found: &str) -> (Vec<String>, usize) {
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).timeout(PATIENCE).diff_lines(expected, found);
    let unified = diff.unified_diff().context_radius(3).header(&format!("{name}, expected"), "found").to_string();
    let mut lines: Vec<String> = unified.lines().take(LINES).map(cut).collect();
    let more = unified.lines().count().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("… {more} more lines"));
    }
    let same = expected.lines().zip(found.lines()).take_while(|(a, b)| a == b).count();
    (lines, (same + 1).min(expected.lines().count().max(1)))
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}
