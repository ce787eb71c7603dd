//! A comparison as a Markdown table, for pull requests and wikis.

use std::fmt::Write as _;

use super::columns::{cause, headings, lines};
use super::detail;
use crate::untrusted::{Lines, markdown_prose};
use crate::whatif::Comparison;

/// A table of the estate as it is and every scenario, the best in bold.
pub fn markdown(comparison: &Comparison) -> String {
    let headings = headings(comparison);
    let mut out = format!("| scenario | {} |\n|---|{}\n", headings.join(" | "), "---:|".repeat(headings.len()));
    for line in lines(comparison) {
        let name = markdown_prose(line.name);
        let name = if line.best { format!("**{name}** (best)") } else { name };
        let _ = match &line.cells {
            Ok(cells) => writeln!(out, "| {name} | {} |", cells.join(" | ")),
            Err(failure) => {
                writeln!(out, "| {name} | {} |", [markdown_prose(&cause(failure)), " | ".repeat(headings.len() - 1)].concat())
            }
        };
    }
    for (row, outcome) in comparison.planned() {
        if let Some(change) = &outcome.detail {
            let _ = write!(out, "\n### {}\n\n", markdown_prose(&row.name));
            let mut lines = Lines::default();
            detail::write(&mut lines, change, "");
            lines.as_str().lines().for_each(|line| {
                let indent = line.len() - line.trim_start().len();
                let _ = writeln!(out, "{}- {}", &line[..indent], markdown_prose(line.trim_start()));
            });
        }
    }
    out
}
