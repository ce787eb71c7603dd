//! `colocate explain`

use clap::{Args, ValueEnum};
use colocate::report::{Subject, explain};
use colocate::{Code, Diagnostic};

use super::diagnostics::Terminal;
use super::files::{self, Failure};
use super::plan::{How, Made, make};
use super::{Exit, Input};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// A component or a resource id; the whole plan unless given
    #[arg(value_name = "COMPONENT | RESOURCE-ID")]
    subject: Option<String>,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    how: How,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) fn run(arguments: &Arguments, _: &Terminal) -> Result<Exit, Failure> {
    let Made { loaded, plan, .. } = make(&arguments.input, &arguments.how, false)?;
    let subject = match arguments.subject.as_deref().map(|id| (id, Subject::find(&plan, id))) {
        None => Subject::Plan,
        Some((_, Ok(subject))) => subject,
        Some((id, Err(near))) => {
            let message = format!("the plan has no component or resource `{id}`");
            let mut diagnostic = Diagnostic::error(Code::UnknownComponent, message);
            if let Some(near) = near {
                diagnostic.help(format!("did you mean `{near}`?"));
            }
            return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
        }
    };
    let Some(explanation) = explain(&loaded.estate, &loaded.rules, &plan, &subject) else { return Ok(Exit::Refused) };
    let text = match arguments.format {
        Format::Text => explanation.to_string(),
        Format::Json => serde_json::to_string_pretty(&explanation).unwrap_or_default() + "\n",
    };
    files::write(None, &text)?;
    Ok(Exit::Done)
}
