//! `colocate explain`

use clap::{Args, ValueEnum};
use colocate::report::{Subject, explain};
use colocate::untrusted::json_text;
use colocate::{Code, Diagnostic, WhatIf, report};

use super::Exit;
use super::diagnostics::Terminal;
use super::estates::Input;
use super::files::{self, Failure};
use super::plan::{How, Made, make, prepare};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// A component or a resource id; the whole plan unless given
    #[arg(value_name = "COMPONENT | RESOURCE-ID")]
    subject: Option<String>,
    /// Tell instead what would save most, found by planning the estate with small changes
    #[arg(long, conflicts_with_all = ["subject", "lock"])]
    save: bool,
    /// How many changes to try at most for `--save`
    #[arg(long, value_name = "N", default_value_t = 100, requires = "save")]
    trials: u16,
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
    if arguments.save {
        return save(arguments);
    }
    let Made { loaded, plan, .. } = make(arguments.input.parts(), &arguments.input.around, &arguments.how, false)?;
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
        Format::Json => json_text(&explanation),
    };
    files::write(None, &text)?;
    Ok(Exit::Done)
}

fn save(arguments: &Arguments) -> Result<Exit, Failure> {
    let (layers, rules) = files::rule_layers(&arguments.input.around.rules)?;
    let whatif = WhatIf::new(&layers, rules);
    let loaded = prepare(arguments.input.parts(), &arguments.input.around, &arguments.how)?;
    let found = arguments.how.limits.within(|control| whatif.savings(&loaded.estate, usize::from(arguments.trials), control));
    let savings = match found {
        Ok(savings) => savings,
        Err(error) => return Err(loaded.refused(error)),
    };
    let text = match arguments.format {
        Format::Text => report::savings(&savings),
        Format::Json => json_text(&savings),
    };
    files::write(None, &text)?;
    Ok(Exit::Done)
}
