//! `--fail-if`: what a plan must not come to.

use clap::Args;
use colocate::{Condition, Measures, Metric, Verdict};

use super::diagnostics::Terminal;

#[derive(Debug, Args)]
pub(super) struct FailIf {
    /// Exit with 3 when it comes to this: `resources`, `cost`, `implied`, `moves` or `hazards`, compared with a number (`cost > 500`), or with what
    /// was before (`resources > +2`, `cost > +5%`); may be given several times
    #[arg(long = "fail-if", value_name = "CONDITION", value_parser = condition, allow_hyphen_values = true)]
    conditions: Vec<Condition>,
}

fn condition(text: &str) -> Result<Condition, String> {
    text.parse().map_err(|error| format!("\n  {}", format!("{error}").replace('\n', "\n  ")))
}

impl FailIf {
    /// What is met, in words; also what cannot be told, since nobody shall rely on it.
    pub(super) fn met(&self, now: &Measures, before: &Measures) -> Vec<String> {
        let verdicts = self.conditions.iter().map(|condition| condition.holds(now, before));
        verdicts
            .filter_map(|verdict| match verdict {
                Verdict::No => None,
                Verdict::Yes(why) | Verdict::Unknown(why) => Some(why),
            })
            .collect()
    }

    /// Says what is met; whether anything is.
    pub(super) fn complain(&self, now: &Measures, before: &Measures, terminal: &Terminal) -> bool {
        let met = self.met(now, before);
        met.iter().for_each(|why| terminal.complain(why));
        !met.is_empty()
    }

    /// Says which conditions need an earlier plan; whether any does.
    pub(super) fn needs_before(&self, terminal: &Terminal) -> bool {
        let relative = |condition: &&Condition| condition.is_relative() || condition.metric() == Metric::Moves;
        let found: Vec<&Condition> = self.conditions.iter().filter(relative).collect();
        for condition in &found {
            terminal
                .complain(&format!("`{condition}` compares with an earlier plan, and there is none; state a number by itself"));
        }
        !found.is_empty()
    }
}
