//! What a comparison shows of each scenario: one list of columns for all its forms.

use crate::whatif::{Comparison, Difference, Failure, Figures, Outcome};

/// What stands in place of a figure that there is none of.
pub(super) const NONE: &str = "–";

/// One line of a comparison.
pub(super) struct Line<'c> {
    pub(super) name: &'c str,
    pub(super) best: bool,
    pub(super) cells: Result<Vec<String>, &'c Failure>,
}

/// A column: its heading, and what it says of a plan.
struct Column {
    heading: &'static str,
    cell: fn(&Figures, Option<&Difference>) -> String,
}

const COLUMNS: [Column; 4] = [
    Column { heading: "resources", cell: |figures, _| figures.resources.to_string() },
    Column {
        heading: "difference",
        cell: |_, difference| difference.map_or(NONE.to_owned(), |difference| signed(difference.resources)),
    },
    Column { heading: "moves", cell: |_, difference| difference.map_or(NONE.to_owned(), |d| d.moves.to_string()) },
    Column { heading: "proof", cell: |figures, _| if figures.optimal { "proven" } else { "open" }.to_owned() },
];

fn signed(number: i64) -> String {
    if number == 0 { "0".to_owned() } else { format!("{number:+}").replace('-', "−") }
}

/// The headings of the columns behind the name.
pub(super) fn headings() -> Vec<&'static str> {
    COLUMNS.iter().map(|column| column.heading).collect()
}

/// The estate as it is and every scenario.
pub(super) fn lines(comparison: &Comparison) -> Vec<Line<'_>> {
    let cells = |figures: &Figures, difference| COLUMNS.iter().map(|column| (column.cell)(figures, difference)).collect();
    let base = Line { name: "base", best: comparison.best == "base", cells: Ok(cells(&comparison.base, None)) };
    let rows = comparison.scenarios.iter().map(|row| Line {
        name: &row.name,
        best: comparison.best == row.name,
        cells: match &row.outcome {
            Ok(Outcome { figures, difference, .. }) => Ok(cells(figures, Some(difference))),
            Err(failure) => Err(failure),
        },
    });
    std::iter::once(base).chain(rows).collect()
}

/// Why a scenario could not be planned, in a line.
pub(super) fn cause(failure: &Failure) -> String {
    let mut diagnostics = failure.diagnostics();
    let first = diagnostics.next().map_or_else(String::new, |first| format!("{}: {}", first.code, first.message));
    match diagnostics.count() {
        0 => first,
        more => format!("{first} (and {more} more)"),
    }
}
