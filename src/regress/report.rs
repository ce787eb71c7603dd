//! Results of cases for the programs that collect them.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Fault;
use crate::untrusted::{Lines, visible};

/// The cases as a JUnit report, in the XML that CI systems read. Of each case the name, the time that it took, and what is
/// wrong with it.
///
/// # Errors
/// When the report cannot be written as XML.
pub fn junit<'a>(suite: &str, cases: impl IntoIterator<Item = (&'a str, Duration, &'a [Fault])>) -> Result<String, String> {
    let suite = &*visible(suite);
    let mut tests = TestSuite::new(suite);
    for (name, time, faults) in cases {
        let status = match faults {
            [] => TestCaseStatus::success(),
            [first, ..] => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let text: Vec<String> = faults.iter().map(Fault::shown).collect();
                status.set_message(&*visible(&first.what)).set_type("regression").set_description(text.join("\n"));
                status
            }
        };
        let mut case = TestCase::new(&*visible(name), status);
        case.set_classname(suite).set_time(time);
        tests.add_test_case(case);
    }
    Report::new("colocate test").add_test_suite(tests).to_string().map_err(|error| error.to_string())
}

impl Fault {
    /// The fault as lines, each of them one whatever it holds.
    fn shown(&self) -> String {
        let mut lines = Lines::default();
        std::iter::once(&self.what).chain(&self.details).for_each(|line| lines.line(format_args!("{line}")));
        lines.into()
    }

    /// The fault as its readers see it, without the command that shows it again.
    pub fn text(&self) -> String {
        std::iter::once(&self.what).chain(&self.details).map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Fault, junit};

    fn fault() -> Fault {
        Fault {
            what: "plan.json differs".to_owned(),
            details: vec!["<a & b> \u{1b}[1m".to_owned()],
            place: ("plan.json".to_owned(), 3),
            again: String::new(),
            blessing: None,
        }
    }

    #[test]
    fn a_report_counts_and_escapes() {
        let faults = [fault()];
        let second = Duration::from_secs(1);
        let xml = junit("fixtures", [("good", second, &[][..]), ("bad", second, &faults[..])]).expect("XML");
        for wanted in [r#"tests="2""#, r#"failures="1""#, r#"message="plan.json differs""#, "&lt;a &amp; b&gt;"] {
            assert!(xml.contains(wanted), "{wanted} is not in {xml}");
        }
        assert!(!xml.contains('\u{1b}'));
    }
}
