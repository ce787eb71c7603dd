//! What is wrong with an input, told to programs.

use clap::ValueEnum;
use colocate::{Diagnostic, report};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Told {
    /// For people
    Text,
    /// A list of diagnostics, for programs
    Json,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
}

impl Told {
    /// Diagnostics in a format for programs; one a line in that for people.
    pub(super) fn tell(self, diagnostics: &[Diagnostic]) -> String {
        match self {
            Self::Text => diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect(),
            Self::Json => serde_json::to_string_pretty(diagnostics).unwrap_or_default() + "\n",
            Self::Sarif => report::sarif(diagnostics),
        }
    }
}
