//! Diagnostics on the terminal, with the lines of the file that they are about.

use std::collections::BTreeMap;
use std::io::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use colocate::untrusted::{excerpt, visible};
use colocate::{Diagnostic, Document, Severity, Warning};

use super::Exit;
use super::files::Failure;

/// Lines longer than this (minified files) are shown in part.
const LONGEST_LINE: usize = 240;
/// What is shown of them before the place meant.
const BEFORE: usize = 60;
/// Diagnostics that are shown; the others are counted, since nobody reads ten thousand of them in a log.
const SHOWN: usize = 100;

/// How to speak to whoever started the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Colours on stderr.
    pub(super) styled: bool,
    /// Colours on stdout.
    pub(super) styled_output: bool,
    pub(super) quiet: bool,
}

impl Terminal {
    /// Says why a command failed.
    pub(super) fn fail(&self, failure: &Failure) -> Exit {
        match failure {
            Failure::Closed => Exit::Done,
            Failure::Output { path, error } => {
                tell(&format!("error: cannot write `{}`: {error}", path.display()));
                Exit::Refused
            }
            Failure::Input { diagnostics, documents } => {
                let count = self.show(diagnostics.iter(), documents);
                let errors = if count == 1 { "1 error".to_owned() } else { format!("{count} errors") };
                say(&format!("{errors}\n"));
                Exit::Refused
            }
        }
    }

    /// Shows diagnostics with the lines that they are about; how many there are.
    pub(super) fn show<'d>(&self, diagnostics: impl Iterator<Item = &'d Diagnostic>, documents: &[Document]) -> usize {
        let mut count = 0;
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for diagnostic in diagnostics {
            count += 1;
            if count > SHOWN {
                *others.entry(diagnostic.code.to_string()).or_default() += 1;
                continue;
            }
            let file = diagnostic.position.as_ref().map(|position| position.file.as_str());
            let document = documents.iter().find(|document| Some(document.name()) == file);
            say(&self.render(diagnostic, document));
        }
        if !others.is_empty() {
            let each: Vec<String> = others.iter().map(|(code, times)| format!("{times} × {code}")).collect();
            say(&format!("… and {} more: {}\n\n", count - SHOWN, each.join(", ")));
        }
        count
    }

    /// Says something that is not about a place in a file.
    pub(super) fn complain(&self, message: &str) {
        tell(&format!("error: {message}"));
    }

    /// Mentions the warnings of a plan whose text does not show them.
    pub(super) fn warn(&self, warnings: &[Warning]) {
        if self.quiet {
            return;
        }
        for Warning { code, group, message, .. } in warnings {
            let group = group.as_ref().map_or_else(String::new, |group| format!("{group}: "));
            tell(&format!("warning[{code}]: {group}{message}"));
        }
    }

    /// Says how a lock would change that must not.
    pub(super) fn changes(&self, changes: &[String]) {
        const TOLD: usize = 30;
        say("error: the lock would change, and `--locked` allows no change\n");
        changes.iter().take(TOLD).for_each(|change| tell(&format!("  {change}")));
        if let Some(more) = changes.len().checked_sub(TOLD).filter(|more| *more > 0) {
            say(&format!("  and {more} more\n"));
        }
    }

    /// Mentions what remains to be done by hand once a template is deployed.
    pub(super) fn note(&self, notes: &[String]) {
        if !self.quiet {
            notes.iter().for_each(|note| tell(&format!("note: {note}")));
        }
    }

    /// Tells what was made of an input.
    pub(super) fn report(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    fn render(&self, diagnostic: &Diagnostic, document: Option<&Document>) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let code = diagnostic.code.to_string();
        let file = diagnostic.position.as_ref().map(|position| visible(&position.file)).unwrap_or_default();
        let file = file.as_ref();
        let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(&code));
        let excerpt;
        if let Some(position) = &diagnostic.position {
            let origin = || Origin::path(file).line(position.line).char_column(position.column);
            if let Some(document) = document {
                excerpt = Excerpt::new(document, position.line, position.bytes.clone());
                let mark = AnnotationKind::Primary.span(excerpt.mark.clone());
                let snippet = Snippet::source(&excerpt.text).line_start(position.line).annotation(mark);
                // Of a line shown in part the renderer would tell the wrong column.
                group = if excerpt.whole { group.element(snippet.path(file)) } else { group.element(origin()).element(snippet) };
            } else {
                group = group.element(origin());
            }
        }
        let pointer =
            (!diagnostic.pointer.segments().is_empty()).then(|| format!("at {}", visible(&diagnostic.pointer.to_string())));
        let expected = diagnostic.expected.as_ref().map(|expected| format!("expected {expected}"));
        for note in [pointer, expected].into_iter().flatten() {
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = if self.styled { Renderer::styled() } else { Renderer::plain() };
        format!("{}\n\n", renderer.render(&[group]))
    }
}

/// One line of a document, or the part of it around the place meant.
struct Excerpt {
    text: String,
    mark: std::ops::Range<usize>,
    /// The line is shown from its beginning.
    whole: bool,
}

impl Excerpt {
    fn new(document: &Document, line: usize, bytes: std::ops::Range<usize>) -> Self {
        let whole = document.line(line);
        let text = document.text();
        let (mut start, mut end) = (whole.start, whole.end);
        if end - start > LONGEST_LINE {
            start = start.max(bytes.start.saturating_sub(BEFORE));
            end = end.min(start + LONGEST_LINE);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            while !text.is_char_boundary(end) {
                end -= 1;
            }
        }
        let from = bytes.start.clamp(start, end);
        // A value over several lines is marked at its beginning.
        let to = if bytes.end <= whole.end { bytes.end.clamp(from, end) } else { end.min(from + 1) };
        // Each part on its own: what stands for a character may have another length.
        let part = |from, to| {
            let mut shown = String::new();
            let mut at = from;
            let secrets = document.concealed();
            for secret in secrets.iter().skip(secrets.partition_point(|secret| secret.end <= from)) {
                if secret.start >= to {
                    break;
                }
                shown.push_str(&excerpt(text.get(at..secret.start.max(from)).unwrap_or_default()));
                shown.push('…');
                at = secret.end.min(to);
            }
            shown + &excerpt(text.get(at..to).unwrap_or_default().trim_end_matches('\r'))
        };
        let (before, marked, after) = (part(start, from), part(from, to), part(to, end));
        let mark = before.len()..before.len() + marked.len();
        Self { text: before + &marked + &after, mark, whole: start == whole.start }
    }
}

/// Says one line on stderr, whatever the text holds.
pub(super) fn tell(line: &str) {
    say(&format!("{}\n", visible(line)));
}

/// Writes to stderr; when nobody reads it there is nobody to tell.
pub(super) fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
