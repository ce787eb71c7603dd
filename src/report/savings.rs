//! What would save most, for people to read.

use std::fmt::Write as _;

use super::text::count;
use crate::prices::Amount;
use crate::whatif::{Saving, Savings};

/// The changes that would save something, a line each, with what each saves.
pub fn savings(savings: &Savings) -> String {
    let Savings { estate, base, savings, tried, left_out } = savings;
    let cost = base.monthly_cost.as_ref().map_or_else(String::new, |money| format!(", {money} a month"));
    let mut out = format!("{estate}: {}{cost}\n", count(base.resources + base.implied, "resource"));
    if savings.is_empty() {
        let _ = writeln!(out, "\nNone of the {} tried saves anything.", count(*tried, "change"));
    } else {
        let _ = writeln!(out, "\n{} tried by planning again, each on its own. What saves most first:", count(*tried, "change"));
    }
    for saving in savings {
        let Saving { change, moves, .. } = saving;
        let _ = write!(out, "\n{change}\n  saves {}", saved(saving));
        if *moves > 0 {
            let _ = write!(out, "; {} with state would move", count(*moves, "requirement"));
        }
        out.push('\n');
    }
    if *left_out > 0 {
        let _ = writeln!(out, "\n{} not tried (`--trials N`).", count(*left_out, "further change"));
    }
    out
}

/// `$120.00 a month and 2 resources`.
fn saved(saving: &Saving) -> String {
    let money = saving.amount.filter(|amount| *amount != Amount::ZERO).zip(saving.currency.as_ref());
    let money = money.map(|(amount, currency)| format!("{} a month", currency.show(amount)));
    let resources = match saving.resources {
        0 => None,
        more if more < 0 => Some(format!("and takes {} more", count(usize::try_from(-more).unwrap_or(0), "resource"))),
        fewer => Some(count(usize::try_from(fewer).unwrap_or(0), "resource")),
    };
    match (money, resources) {
        (Some(money), Some(resources)) if saving.resources > 0 => format!("{money} and {resources}"),
        (Some(money), Some(resources)) => format!("{money}, {resources}"),
        (money, resources) => money.or(resources).unwrap_or_default(),
    }
}
