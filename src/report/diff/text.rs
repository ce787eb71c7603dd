//! A diff for a terminal or a log.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::lines::{Sign, sections};
use super::summary::{actions, figures, title};
use crate::diff::PlanDiff;
use crate::untrusted::visible;

fn style(sign: Sign) -> Style {
    let color = match sign {
        Sign::Create => AnsiColor::Green,
        Sign::Remove => AnsiColor::Red,
        Sign::Update => AnsiColor::Yellow,
        Sign::Move => AnsiColor::Cyan,
        Sign::Replace => return AnsiColor::Red.on_default().bold(),
    };
    color.on_default()
}

/// What changes, one line each and without what stays; signs are `+` created, `-` removed, `~` changed, `>` moved and `!`
/// made anew. `styled` adds colours.
pub fn text(diff: &PlanDiff, styled: bool) -> String {
    let paint = |style: Style, text: &str| if styled { format!("{style}{text}{style:#}") } else { text.to_owned() };
    let alarm = |alarm: Option<&str>| alarm.map_or_else(String::new, |text| format!("  {}", paint(style(Sign::Replace), text)));
    let spaced = |text: &str| if text.is_empty() { String::new() } else { format!("  {}", visible(text)) };
    let mut out = format!("{}\n", visible(&title(diff)));
    for note in &diff.notes {
        let _ = writeln!(out, "note: {}", visible(note));
    }
    for section in sections(diff) {
        let _ = writeln!(out, "\n{}", paint(Style::new().bold(), section.title));
        for line in section.lines {
            let head = paint(style(line.sign), &format!("{} {}", line.sign.as_str(), visible(&line.subject)));
            let _ = writeln!(out, "  {head}{}{}", spaced(&line.note), alarm(line.alarm));
            for detail in line.details {
                let _ = writeln!(out, "      {}{}{}", visible(&detail.code), spaced(&detail.note), alarm(detail.alarm));
            }
        }
    }
    for (title, warnings) in [("New warnings", &diff.new_warnings), ("No longer", &diff.old_warnings)] {
        if !warnings.is_empty() {
            let _ = writeln!(out, "\n{}", paint(Style::new().bold(), title));
        }
        for warning in warnings {
            let group = warning.group.as_ref().map_or_else(String::new, |group| format!("{group}: "));
            let line = format!("  [{}] {group}{}", warning.code, warning.message);
            let _ = writeln!(out, "{}", visible(&line));
        }
    }
    let _ = writeln!(out, "\n{}\n{}", paint(Style::new().bold(), &actions(diff)), visible(&figures(diff)));
    out
}
