//! The savings of an import, for people to read.

use std::fmt;

use super::{Comparison, Figures, ImportSavings, SavingStep};
use crate::plan::MoveReport;
use crate::prices::Amount;
use crate::report::{count, list};

/// Steps that are shown.
const SHOWN: usize = 10;

impl fmt::Display for ImportSavings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let markdown = f.alternate();
        let columns = ["", "today", "nothing with data moves", "shared"].map(str::to_owned);
        let mut rows = vec![columns];
        rows.extend(self.types.iter().map(|(name, figures)| self.row(name.as_str(), figures)));
        rows.push(self.row("in all", &self.total));
        if markdown {
            writeln!(f, "# {}: what sharing would save\n", self.estate)?;
        } else {
            writeln!(f, "{}: what sharing would save", self.estate)?;
        }
        table(f, &rows, markdown)?;
        self.sums(f)?;
        self.steps(f, markdown)?;
        self.idle(f, markdown)
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

    fn sums(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { today, under_lock, shared } = &self.total;
        let fewer = |to: &Figures| {
            let money = Amount::from_cents(today.monthly_cost.cents() - to.monthly_cost.cents());
            let resources = count(today.resources.saturating_sub(to.resources), "resource");
            format!("{resources} fewer and {} a month less", self.currency.show(money))
        };
        writeln!(f, "\nWithout moving data: {}", fewer(under_lock))?;
        writeln!(f, "Shared: {}, by {} of weight {} in all", fewer(shared), count(self.moves.len(), "move"), self.weight)?;
        let unknown = today.unknown.max(shared.unknown);
        if unknown > 0 {
            writeln!(f, "The prices of {} are not known, so the amounts are too low", count(unknown, "resource"))?;
        }
        writeln!(f, "What is billed by use is not in the amounts")
    }

    fn steps(&self, f: &mut fmt::Formatter<'_>, markdown: bool) -> fmt::Result {
        if self.steps.is_empty() {
            return Ok(());
        }
        heading(f, "Steps, the most money for the lightest moves first", markdown)?;
        for (rank, step) in self.steps.iter().take(SHOWN).enumerate() {
            let SavingStep { names, saves, moves, weight, .. } = step;
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let weight = if moves.is_empty() {
                "nothing moves".to_owned()
            } else {
                format!("{}, weight {weight}", count(moves.len(), "move"))
            };
            writeln!(f, "{}. {} a month: free {} ({weight})", rank + 1, self.currency.show(*saves), list(&names))?;
            for MoveReport { components, from, to, .. } in moves {
                let components: Vec<&str> = components.iter().map(String::as_str).collect();
                writeln!(f, "   {}{} from {from} to {to}", if markdown { "- " } else { "" }, list(&components))?;
            }
        }
        let more = self.steps.len().saturating_sub(SHOWN);
        if more > 0 { writeln!(f, "and {}", count(more, "step more")) } else { Ok(()) }
    }

    fn idle(&self, f: &mut fmt::Formatter<'_>, markdown: bool) -> fmt::Result {
        if self.idle.is_empty() {
            return Ok(());
        }
        heading(f, "Used by no application", markdown)?;
        let bullet = if markdown { "- " } else { "  " };
        self.idle.iter().try_for_each(|(id, cost)| writeln!(f, "{bullet}{id}: {} a month", self.currency.show(*cost)))
    }
}

fn heading(f: &mut fmt::Formatter<'_>, text: &str, markdown: bool) -> fmt::Result {
    if markdown { writeln!(f, "\n## {text}\n") } else { writeln!(f, "\n{text}") }
}

fn table(f: &mut fmt::Formatter<'_>, rows: &[[String; 4]], markdown: bool) -> fmt::Result {
    if markdown {
        for (rank, row) in rows.iter().enumerate() {
            writeln!(f, "| {} |", row.join(" | "))?;
            if rank == 0 {
                writeln!(f, "|---|--:|--:|--:|")?;
            }
        }
        return Ok(());
    }
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let [name, today, lock, shared] = [width(0), width(1), width(2), width(3)];
    for [a, b, c, d] in rows {
        writeln!(f, "  {a:<name$}  {b:>today$}  {c:>lock$}  {d:>shared$}")?;
    }
    Ok(())
}
