//! Many answers in figures.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::plan::Summary;
use crate::prices::{Amount, Currency};
use crate::untrusted::visible;

/// What a line of answers says in figures; also read from lines written earlier.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Figures {
    /// Where the estate comes from.
    pub source: String,
    /// Of a plan.
    #[serde(default)]
    pub plan: Option<PlanFigures>,
    /// Of what could not be planned.
    #[serde(default)]
    pub error: Option<Fault>,
}

/// A plan in figures.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PlanFigures {
    /// Whether it is proven minimal.
    pub optimal: bool,
    /// Its summary.
    pub summary: Summary,
}

/// Why an estate could not be planned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// The code of the first error.
    pub code: String,
}

/// What many estates came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Estates with a plan.
    pub planned: u64,
    /// Plans proven minimal.
    pub proven: u64,
    /// Estates without a plan.
    pub failed: u64,
    /// How many failed with which code.
    pub codes: BTreeMap<String, u64>,
    /// Components.
    pub components: u64,
    /// Requirements of components.
    pub requirements: u64,
    /// Resources that components asked for.
    pub resources: u64,
    /// Resources that they would need if each component were planned alone.
    pub unshared: u64,
    /// What the resources cost a month, and would cost alone, as far as prices are known.
    pub monthly_cost: BTreeMap<Currency, (Amount, Amount)>,
}

impl Totals {
    /// Adds an answer.
    pub fn add(&mut self, figures: &Figures) {
        if let Some(PlanFigures { optimal, summary }) = &figures.plan {
            self.planned += 1;
            self.proven += u64::from(*optimal);
            self.components += summary.components as u64;
            self.requirements += summary.requirements as u64;
            self.resources += summary.resources as u64;
            self.unshared += summary.unshared;
            if let Some(cost) = &summary.monthly_cost {
                let (shared, unshared) = self.monthly_cost.entry(cost.currency.clone()).or_default();
                *shared += cost.shared;
                *unshared += cost.unshared;
            }
        } else {
            self.failed += 1;
            let code = figures.error.as_ref().map_or_else(String::new, |fault| fault.code.clone());
            *self.codes.entry(code).or_default() += 1;
        }
    }

    /// Estates with an answer.
    pub fn estates(&self) -> u64 {
        self.planned + self.failed
    }
}

/// For people, in a few lines.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { planned, proven, failed, codes, components, requirements, resources, unshared, monthly_cost } = self;
        writeln!(f, "{} estates: {planned} planned, {proven} of them proven minimal, {failed} failed", self.estates())?;
        for (code, count) in codes {
            writeln!(f, "  {}: {count}", visible(code))?;
        }
        write!(f, "{components} components with {requirements} requirements → {resources} resources")?;
        #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
        if unshared > resources {
            let fewer = 100.0 * (1.0 - *resources as f64 / *unshared as f64);
            write!(f, " ({fewer:.0} % fewer than {unshared} unshared)")?;
        }
        writeln!(f)?;
        for (currency, (shared, unshared)) in monthly_cost {
            let (shared, unshared) = (currency.show(*shared), currency.show(*unshared));
            writeln!(f, "{shared} a month, {unshared} unshared, as far as prices are known")?;
        }
        Ok(())
    }
}
