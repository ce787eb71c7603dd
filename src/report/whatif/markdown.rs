//! A comparison as a Markdown table, for pull requests and wikis.

use std::fmt::Write as _;

use super::columns::{cause, headings, lines};
use super::detail;
use crate::whatif::Comparison;

/// A table of the estate as it is and every scenario, the best in bold.
pub fn markdown(comparison: &Comparison) -> String {
    let headings = headings(comparison);
    let mut out = format!("| scenario | {} |\n|---|{}\n", headings.join(" | "), "---:|".repeat(headings.len()));
    for line in lines(comparison) {
        let name = escape(line.name);
        let name = if line.best { format!("**{name}** (best)") } else { name };
        let _ = match &line.cells {
            Ok(cells) => writeln!(out, "| {name} | {} |", cells.join(" | ")),
            Err(failure) => {
                writeln!(out, "| {name} | {} |", [escape(&cause(failure)), " | ".repeat(headings.len() - 1)].concat())
            }
        };
    }
    for (row, outcome) in comparison.planned() {
        if let Some(change) = &outcome.detail {
            let _ = write!(out, "\n### {}\n\n", escape(&row.name));
            let mut lines = String::new();
            detail::write(&mut lines, change, "");
            lines.lines().for_each(|line| {
                let indent = line.len() - line.trim_start().len();
                let _ = writeln!(out, "{}- {}", &line[..indent], escape(line.trim_start()));
            });
        }
    }
    out
}

/// Text that Markdown would take for a table's border or for HTML.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace(['\n', '\r'], " ")
}
