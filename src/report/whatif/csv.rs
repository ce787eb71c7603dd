//! A comparison as comma-separated values (RFC 4180), for spreadsheets.

use super::columns::{NONE, cause, headings, lines};
use crate::untrusted::csv_cell;
use crate::whatif::Comparison;

/// A header and a line for the estate as it is and every scenario; the columns of a sweep's axes follow the name.
pub fn csv(comparison: &Comparison) -> String {
    let axes: Vec<&str> = comparison.axes.iter().map(|(name, _)| name.as_str()).collect();
    let mut header = vec!["scenario"];
    header.extend(&axes);
    header.extend(headings(comparison));
    header.extend(["best", "error"]);
    let mut out = String::new();
    row(&mut out, header.iter().map(|cell| (*cell).to_owned()));
    let values = std::iter::once(&[][..]).chain(comparison.scenarios.iter().map(|row| row.axes.as_slice()));
    for (line, values) in lines(comparison).into_iter().zip(values) {
        let axes = axes.iter().map(|axis| {
            let value = values.iter().find(|(name, _)| name == axis);
            value.map_or_else(String::new, |(_, value)| crate::whatif::value_text(value))
        });
        let (cells, error) = match &line.cells {
            // What people read as a minus or as nothing is none to a spreadsheet.
            Ok(cells) => (cells.iter().map(|cell| cell.replace('−', "-").replace(NONE, "")).collect(), String::new()),
            Err(failure) => (vec![String::new(); headings(comparison).len()], cause(failure)),
        };
        let best = if line.best { "best" } else { "" }.to_owned();
        row(&mut out, std::iter::once(line.name.to_owned()).chain(axes).chain(cells).chain([best, error]));
    }
    out
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&csv_cell(&cell));
    }
    out.push_str("\r\n");
}
