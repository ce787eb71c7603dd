//! A diff for the comment of a pull request.

use std::fmt::Write as _;

use super::lines::{Line, sections};
use super::summary::{actions, figures, title};
use crate::diff::PlanDiff;

/// Sections with more lines are folded.
const LONG: usize = 30;

/// The changes as GitHub-flavoured Markdown.
pub fn markdown(diff: &PlanDiff) -> String {
    let mut out =
        format!("### Plan of {}\n\n**{}**\n\n{}\n", code(&title(diff)), escaped(&actions(diff)), escaped(&figures(diff)));
    for note in &diff.notes {
        let _ = writeln!(out, "\n> {}", escaped(note));
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
            let group = warning.group.as_ref().map_or_else(String::new, |group| format!("{} ", code(group)));
            let _ = writeln!(out, "- {} {group}{}", code(warning.code.as_str()), escaped(&warning.message));
        }
    }
    out
}

fn write_line(out: &mut String, line: &Line) {
    let rest = |note: &str, alarm: Option<&str>| {
        let note = if note.is_empty() { String::new() } else { format!(" {}", escaped(note)) };
        format!("{note}{}", alarm.map_or_else(String::new, |alarm| format!(" — **{alarm}**")))
    };
    let _ = writeln!(out, "- {} {}{}", code(line.sign.as_str()), code(&line.subject), rest(&line.note, line.alarm));
    for detail in &line.details {
        let _ = writeln!(out, "  - {}{}", code(&detail.code), rest(&detail.note, detail.alarm));
    }
}

/// A code span that holds whatever the text holds.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Prose in which nothing is markup; names between backticks stay code.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '_' | '<' | '>' | '[' | ']' | '|' | '\\' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_markup() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(escaped("<b> *x*"), "\\<b\\> \\*x\\*");
    }
}
