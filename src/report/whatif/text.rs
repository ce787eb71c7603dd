//! A comparison as text, for a terminal or a log.

use std::fmt::Write as _;

use super::columns::{Line, cause, headings, lines};
use super::detail;
use crate::report::text::count;
use crate::untrusted::{Lines, visible};
use crate::whatif::Comparison;

/// A table of the estate as it is and every scenario, and below it what each changes and why, where that was asked for.
pub fn text(comparison: &Comparison) -> String {
    let lines = lines(comparison);
    let headings = headings(comparison);
    let name = |line: &Line<'_>| if line.best { format!("{} *", visible(line.name)) } else { visible(line.name).into_owned() };
    let longest = lines.iter().map(|line| name(line).chars().count()).max().unwrap_or_default().max("scenario".len());
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(i, heading)| {
            let cells = lines.iter().filter_map(|line| line.cells.as_ref().ok()?.get(i));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max(heading.len())
        })
        .collect();
    let mut out = Lines::default();
    let components = count(comparison.base.components, "component");
    out.line(format_args!("{}: {components}, {}", comparison.estate, count(comparison.scenarios.len(), "scenario")));
    out.blank();
    let row = |out: &mut Lines, name: &str, cells: &[String]| {
        let mut row = format!("{name:longest$}");
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(row, "  {cell:>width$}");
        }
        out.line(format_args!("{row}"));
    };
    row(&mut out, "scenario", &headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>());
    for line in &lines {
        match &line.cells {
            Ok(cells) => row(&mut out, &name(line), cells),
            Err(failure) => {
                out.line(format_args!("{:longest$}  failed: {}", name(line), cause(failure)));
            }
        }
    }
    out.section(format_args!("* best: {}", why_best(comparison)));
    let figures = || comparison.planned().map(|(_, outcome)| &outcome.figures).chain([&comparison.base]);
    if figures().any(|figures| figures.unstated_usage) {
        out.line(format_args!("+ use: something is billed by use, and how much is not stated (`--usage FILE`)"));
    }
    if figures().any(|figures| figures.unknown_prices > 0) {
        out.line(format_args!("≥: some prices are not known (`--prices FILE`)"));
    }
    for (row, outcome) in comparison.planned() {
        if let Some(detail) = &outcome.detail {
            out.section(format_args!("{}", row.name));
            detail::write(&mut out, detail, "  ");
        }
    }
    out.into()
}

/// By what the best is the best.
pub(in crate::report) fn why_best(comparison: &Comparison) -> &'static str {
    let mut all = comparison.planned().map(|(_, outcome)| &outcome.figures).chain([&comparison.base]);
    let priced = all.all(|figures| figures.cost().is_some());
    if priced { "the lowest cost, then the fewest resources" } else { "the fewest resources" }
}
