//! A comparison of scenarios as a page: the table, charts over the axes of a sweep, and what each scenario changes.

use serde::Serialize;

use super::charts::{Chart, charts};
use super::render;
use super::scatter::scatter;
use crate::report::whatif::columns::{cause, headings, lines};
use crate::report::whatif::{detail, text::why_best};
use crate::untrusted::Lines;
use crate::whatif::Comparison;

#[derive(Debug, Serialize)]
struct Line<'c> {
    name: &'c str,
    best: bool,
    cells: Vec<String>,
    failed: Option<String>,
}

/// What one scenario changes, in lines; those further in say why.
#[derive(Debug, Serialize)]
struct Changes<'c> {
    name: &'c str,
    lines: Vec<(bool, String)>,
}

#[derive(Debug, Serialize)]
struct Page<'c> {
    version: &'c str,
    estate: &'c str,
    components: usize,
    scenarios: usize,
    failures: usize,
    best: &'c str,
    why_best: &'c str,
    headings: Vec<&'c str>,
    rows: Vec<Line<'c>>,
    charts: Vec<Chart>,
    changes: Vec<Changes<'c>>,
}

/// A comparison as one page of HTML.
pub(in crate::report) fn comparison(comparison: &Comparison) -> String {
    let rows = lines(comparison).into_iter().map(|line| {
        let (cells, failed) = match line.cells {
            Ok(cells) => (cells, None),
            Err(failure) => (Vec::new(), Some(cause(failure))),
        };
        Line { name: line.name, best: line.best, cells, failed }
    });
    let changes = comparison.planned().filter_map(|(row, outcome)| {
        let mut lines = Lines::default();
        detail::write(&mut lines, outcome.detail.as_ref()?, "");
        let lines = lines.as_str().lines().map(|line| (line.starts_with(' '), line.trim_start().to_owned())).collect();
        Some(Changes { name: &row.name, lines })
    });
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        estate: &comparison.estate,
        components: comparison.base.components,
        scenarios: comparison.scenarios.len(),
        failures: comparison.failed().count(),
        best: &comparison.best,
        why_best: why_best(comparison),
        headings: headings(comparison),
        rows: rows.collect(),
        charts: scatter(comparison).into_iter().chain(charts(comparison)).collect(),
        changes: changes.collect(),
    };
    render("whatif.html", &page)
}
