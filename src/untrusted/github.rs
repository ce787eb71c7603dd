//! Workflow commands of GitHub Actions.

use std::fmt;

use super::acts;
use super::visible::escape;

/// A command to GitHub Actions, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command(pub(super) String);

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line that GitHub Actions shows beside the file meant; `level` is `error` or `warning`.
pub fn annotation(level: &'static str, file: &str, line: usize, title: &str, text: &str) -> Command {
    Command(format!("::{level} file={},line={line},title={}::{}", property(file), property(title), data(text)))
}

/// The message of a command, in which `%0A` stands for a line break.
fn data(text: &str) -> String {
    let escaped = |c: char| match c {
        '\n' | '%' | '\r' => format!("%{:02X}", u32::from(c)),
        c if acts(c) => escape(c),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect::<String>().replace("##[", "#\\u{23}[")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::annotation;

    #[test]
    fn annotations_are_one_line() {
        let line = annotation("error", "a,b:c.json", 3, "one, two", "50 %\nnext: ##[x\u{202e}").to_string();
        assert_eq!(line, "::error file=a%2Cb%3Ac.json,line=3,title=one%2C two::50 %25%0Anext: #\\u{23}[x\\u{202e}");
    }
}
