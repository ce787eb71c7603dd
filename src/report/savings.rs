//! What would save most, for people to read.

use std::fmt::Write as _;

use super::text::count;
use crate::prices::Amount;
use crate::untrusted::Lines;
use crate::whatif::{LookedAt, Saving, Savings};

/// The changes that would save something, a line each, with what each saves.
pub fn savings(savings: &Savings) -> String {
    let Savings { estate, base, savings, looked_at, tried, left_out } = savings;
    let cost = base.monthly_cost.as_ref().map_or_else(String::new, |money| format!(", {money} a month"));
    let mut out = Lines::default();
    out.line(format_args!("{estate}: {}{cost}", count(base.resources + base.implied, "resource")));
    if savings.is_empty() {
        match tried {
            0 => out.section(format_args!("There is nothing to try that could save anything.")),
            tried => out.section(format_args!("None of the {} tried saves anything.", count(*tried, "change"))),
        }
        let LookedAt { several, limits, keys, constraints } = looked_at;
        out.line(format_args!("Looked at:"));
        out.line(format_args!("  {}, for values that keep them apart", count(*several, "group") + " of several resources"));
        out.line(format_args!(
            "  {}, for requirements that could share under one key",
            count(*keys, "resource type") + " with several keys"
        ));
        out.line(format_args!("  {} below the provider's own", count(*limits, "limit")));
        out.line(format_args!("  {}", count(*constraints, "constraint")));
    } else {
        out.section(format_args!("{} tried by planning again, each on its own. What saves most first:", count(*tried, "change")));
    }
    for saving in savings {
        let Saving { change, moves, .. } = saving;
        out.section(format_args!("{change}"));
        let mut line = format!("  saves {}", saved(saving));
        if *moves > 0 {
            let _ = write!(line, "; {} with state would move", count(*moves, "requirement"));
        }
        out.line(format_args!("{line}"));
    }
    if *left_out > 0 {
        out.section(format_args!("{} not tried (`--trials N`).", count(*left_out, "further change")));
    }
    out.into()
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
