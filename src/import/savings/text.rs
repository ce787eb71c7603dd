//! The savings of an import, for people to read.

use std::fmt;

use super::{Comparison, Figures, ImportSavings, SavingStep};
use crate::plan::MoveReport;
use crate::prices::Amount;
use crate::report::{count, list};
use crate::untrusted::Lines;

/// Steps that are shown.
const SHOWN: usize = 10;

impl fmt::Display for ImportSavings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let markdown = f.alternate();
        let columns = ["", "today", "nothing with data moves", "shared"].map(str::to_owned);
        let mut to = Lines::default();
        let mut rows = vec![columns];
        rows.extend(self.types.iter().map(|(name, figures)| self.row(name.as_str(), figures)));
        rows.push(self.row("in all", &self.total));
        if markdown {
            to.line(format_args!("# {}: what sharing would save", self.estate));
            to.blank();
        } else {
            to.line(format_args!("{}: what sharing would save", self.estate));
        }
        table(&mut to, &rows, markdown);
        self.sums(&mut to);
        self.steps(&mut to, markdown);
        self.idle(&mut to, markdown);
        to.fmt(f)
    }
}

impl ImportSavings {
    fn row(&self, name: &str, figures: &Comparison) -> [String; 4] {
        let cell = |figures: &Figures| {
            let open = if figures.unknown > 0 { " and more" } else { "" };
            format!("{}, {}{open}", figures.resources, self.currency.show(figures.monthly_cost))
        };
        [name.to_owned(), cell(&figures.today), cell(&figures.under_lock), cell(&figures.shared)]
    }

    fn sums(&self, to: &mut Lines) {
        let Comparison { today, under_lock, shared } = &self.total;
        let fewer = |to: &Figures| {
            let money = Amount::from_cents(today.monthly_cost.cents() - to.monthly_cost.cents());
            let resources = count(today.resources.saturating_sub(to.resources), "resource");
            format!("{resources} fewer and {} a month less", self.currency.show(money))
        };
        to.blank();
        to.line(format_args!("Without moving data: {}", fewer(under_lock)));
        to.line(format_args!(
            "Shared: {}, by {} of weight {} in all",
            fewer(shared),
            count(self.moves.len(), "move"),
            self.weight
        ));
        let unknown = today.unknown.max(shared.unknown);
        if unknown > 0 {
            to.line(format_args!("The prices of {} are not known, so the amounts are too low", count(unknown, "resource")));
        }
        to.line(format_args!("What is billed by use is not in the amounts"))
    }

    fn steps(&self, to: &mut Lines, markdown: bool) {
        if self.steps.is_empty() {
            return;
        }
        heading(to, "Steps, the most money for the lightest moves first", markdown);
        for (rank, step) in self.steps.iter().take(SHOWN).enumerate() {
            let SavingStep { names, saves, moves, weight, .. } = step;
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let weight = if moves.is_empty() {
                "nothing moves".to_owned()
            } else {
                format!("{}, weight {weight}", count(moves.len(), "move"))
            };
            to.line(format_args!("{}. {} a month: free {} ({weight})", rank + 1, self.currency.show(*saves), list(&names)));
            for MoveReport { components, from, to: onto, .. } in moves {
                let components: Vec<&str> = components.iter().map(String::as_str).collect();
                let bullet = if markdown { "- " } else { "" };
                to.line(format_args!("   {bullet}{} from {from} to {onto}", list(&components)));
            }
        }
        let more = self.steps.len().saturating_sub(SHOWN);
        if more > 0 {
            to.line(format_args!("and {more} more"));
        }
    }

    fn idle(&self, to: &mut Lines, markdown: bool) {
        if self.idle.is_empty() {
            return;
        }
        heading(to, "Used by no application", markdown);
        let bullet = if markdown { "- " } else { "  " };
        for (id, cost) in &self.idle {
            to.line(format_args!("{bullet}{id}: {} a month", self.currency.show(*cost)));
        }
    }
}

fn heading(to: &mut Lines, text: &str, markdown: bool) {
    to.section(format_args!("{}{text}", if markdown { "## " } else { "" }));
    if markdown {
        to.blank();
    }
}

fn table(to: &mut Lines, rows: &[[String; 4]], markdown: bool) {
    if markdown {
        for (rank, row) in rows.iter().enumerate() {
            to.line(format_args!("| {} |", row.join(" | ")));
            if rank == 0 {
                to.line(format_args!("|---|--:|--:|--:|"));
            }
        }
        return;
    }
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let [name, today, lock, shared] = [width(0), width(1), width(2), width(3)];
    for [a, b, c, d] in rows {
        to.line(format_args!("  {a:<name$}  {b:>today$}  {c:>lock$}  {d:>shared$}"));
    }
}
