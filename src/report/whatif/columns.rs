//! What a comparison shows of each scenario: one list of columns for all its forms.

use crate::whatif::{Comparison, Difference, Failure, Figures, Outcome};

/// What stands in place of a figure that there is none of.
pub(in crate::report) const NONE: &str = "–";

/// One line of a comparison.
pub(in crate::report) struct Line<'c> {
    pub(in crate::report) name: &'c str,
    pub(in crate::report) best: bool,
    pub(in crate::report) cells: Result<Vec<String>, &'c Failure>,
}

/// A column: its heading, and what it says of a plan.
struct Column {
    heading: &'static str,
    cell: fn(&Figures, Option<&Difference>) -> String,
}

const COLUMNS: [Column; 4] = [
    Column { heading: "resources", cell: |figures, _| figures.resources.to_string() },
    Column { heading: "difference", cell: |_, difference| difference.map_or(NONE.to_owned(), |d| signed(d.resources)) },
    Column { heading: "moves", cell: |_, difference| difference.map_or(NONE.to_owned(), |d| d.moves.to_string()) },
    Column { heading: "proof", cell: |figures, _| if figures.optimal { "proven" } else { "open" }.to_owned() },
];

/// Those of money, behind the first two, where anything has a price.
const MONEY: [Column; 2] = [
    Column { heading: "a month", cell: |figures, _| cost(figures) },
    Column { heading: "costs more", cell: |figures, difference| more(figures, difference) },
];

fn columns(comparison: &Comparison) -> Vec<&'static Column> {
    let money = comparison.base.monthly_cost.as_ref().map_or(&[][..], |_| &MONEY);
    COLUMNS[..2].iter().chain(money).chain(&COLUMNS[2..]).collect()
}

fn cost(figures: &Figures) -> String {
    let Some(money) = &figures.monthly_cost else { return NONE.to_owned() };
    let least = if figures.unknown_prices > 0 { "≥ " } else { "" };
    let used = if figures.unstated_usage { " + use" } else { "" };
    format!("{least}{money}{used}")
}

fn more(figures: &Figures, difference: Option<&Difference>) -> String {
    let amount = difference.and_then(|difference| difference.amount);
    let Some((money, amount)) = figures.monthly_cost.as_ref().zip(amount) else { return NONE.to_owned() };
    match amount.cents().cmp(&0) {
        std::cmp::Ordering::Less => format!("−{}", money.currency.show(-amount)),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", money.currency.show(amount)),
    }
}

fn signed(number: i64) -> String {
    if number == 0 { "0".to_owned() } else { format!("{number:+}").replace('-', "−") }
}

/// The headings of the columns behind the name.
pub(in crate::report) fn headings(comparison: &Comparison) -> Vec<&'static str> {
    columns(comparison).iter().map(|column| column.heading).collect()
}

/// The estate as it is and every scenario.
pub(in crate::report) fn lines(comparison: &Comparison) -> Vec<Line<'_>> {
    let columns = columns(comparison);
    let cells = |figures: &Figures, difference| columns.iter().map(|column| (column.cell)(figures, difference)).collect();
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
pub(in crate::report) fn cause(failure: &Failure) -> String {
    let mut diagnostics = failure.diagnostics();
    let first = diagnostics.next().map_or_else(String::new, |first| format!("{}: {}", first.code, first.message));
    match diagnostics.count() {
        0 => first,
        more => format!("{first} (and {more} more)"),
    }
}
