//! A diff for the comment of a pull request.

use std::fmt::Write as _;

use super::lines::{Line, sections};
use super::summary::{actions, figures, title};
use crate::diff::PlanDiff;
use crate::untrusted::{markdown_code, markdown_prose};

/// Sections with more lines are folded.
const LONG: usize = 30;

/// The changes as GitHub-flavoured Markdown.
pub fn markdown(diff: &PlanDiff) -> String {
    let mut out = format!(
        "### Plan of {}\n\n**{}**\n\n{}\n",
        markdown_code(&title(diff)),
        markdown_prose(&actions(diff)),
        markdown_prose(&figures(diff))
    );
    for note in &diff.notes {
        let _ = writeln!(out, "\n> {}", markdown_prose(note));
    }
    for section in sections(diff) {
        let folded = section.lines.iter().map(|line| 1 + line.details.len()).sum::<usize>() > LONG;
        if folded {
            let _ = writeln!(out, "\n<details><summary>{} ({})</summary>\n", section.title, section.lines.len());
        } else {
            let _ = writeln!(out, "\n#### {}\n", section.title);
        }
        section.lines.iter().for_each(|line| write_line(&mut out, line));
        if folded {
            out.push_str("\n</details>\n");
        }
    }
    for (title, warnings) in [("New warnings", &diff.new_warnings), ("No longer", &diff.old_warnings)] {
        if !warnings.is_empty() {
            let _ = writeln!(out, "\n#### {title}\n");
        }
        for warning in warnings {
            let group = warning.group.as_ref().map_or_else(String::new, |group| format!("{} ", markdown_code(group)));
            let _ = writeln!(out, "- {} {group}{}", markdown_code(warning.code.as_str()), markdown_prose(&warning.message));
        }
    }
    out
}

fn write_line(out: &mut String, line: &Line) {
    let rest = |note: &str, alarm: Option<&str>| {
        let note = if note.is_empty() { String::new() } else { format!(" {}", markdown_prose(note)) };
        format!("{note}{}", alarm.map_or_else(String::new, |alarm| format!(" — **{alarm}**")))
    };
    let _ =
        writeln!(out, "- {} {}{}", markdown_code(line.sign.as_str()), markdown_code(&line.subject), rest(&line.note, line.alarm));
    for detail in &line.details {
        let _ = writeln!(out, "  - {}{}", markdown_code(&detail.code), rest(&detail.note, detail.alarm));
    }
}
