//! Conditions on scenarios: `resources > 10`, `cost > +5%`.

use std::fmt;
use std::str::FromStr;

use crate::prices::Amount;

use super::comparison::{Figures, Outcome};

/// Something that a scenario must not come to, such as `resources > 10`, `resources > +2` (more than the estate as it is)
/// or `resources > +5%`.
///
/// ```
/// use colocate::Condition;
/// let condition: Condition = "resources >= +20%".parse()?;
/// assert_eq!(condition.to_string(), "resources >= +20%");
/// let error = "resources > many".parse::<Condition>().unwrap_err();
/// assert_eq!(error.to_string(), "resources > many\n            ^^^^ expected a number, such as `10`, `+2` or `+5%`");
/// # Ok::<(), colocate::ConditionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    text: String,
    metric: Metric,
    comparator: Comparator,
    /// Millionths.
    value: i128,
    against: Against,
}

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Resources that components asked for.
    Resources,
    /// What everything costs a month.
    Cost,
    /// Resources that others require.
    Implied,
    /// Stateful requirements that are elsewhere than in the estate as it is.
    Moves,
}

impl Metric {
    const WORDS: [(&'static str, Self); 4] =
        [("resources", Self::Resources), ("cost", Self::Cost), ("implied", Self::Implied), ("moves", Self::Moves)];

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, metric)| *metric == self).map_or("", |(word, _)| word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
    Unequal,
}

impl Comparator {
    /// Longer signs first.
    const SIGNS: [(&'static str, Self); 6] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        (">", Self::Above),
        ("<", Self::Below),
    ];

    fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Above => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Below => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::Unequal => ordering.is_ne(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Against {
    /// The figure itself.
    Zero,
    /// The difference to the estate as it is.
    Base,
    /// The same in percent of it.
    PercentOfBase,
}

/// Why a text is not a condition. Its `Display` is the text with a mark under the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    text: String,
    start: usize,
    end: usize,
    expected: &'static str,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text.get(..self.start).unwrap_or_default().chars().count();
        let marked = self.text.get(self.start..self.end).unwrap_or_default().chars().count().max(1);
        write!(f, "{}\n{}{} expected {}", self.text, " ".repeat(before), "^".repeat(marked), self.expected)
    }
}

impl std::error::Error for ConditionError {}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let fault = |start: usize, end: usize, expected| ConditionError { text: text.to_owned(), start, end, expected };
        let skip = |from: usize| from + text[from..].len() - text[from..].trim_start().len();
        let start = skip(0);
        let end = start + text[start..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len() - start);
        let word = &text[start..end];
        let metric = Metric::WORDS.iter().find(|(known, _)| *known == word).map(|(_, metric)| *metric);
        let metric = metric.ok_or_else(|| fault(start, end, "`resources`, `cost`, `implied` or `moves`"))?;
        let start = skip(end);
        let sign = Comparator::SIGNS.iter().find(|(sign, _)| text[start..].starts_with(sign));
        let (sign, comparator) = sign.ok_or_else(|| fault(start, start, "`>`, `>=`, `<`, `<=`, `==` or `!=`"))?;
        let start = skip(start + sign.len());
        let rest = text[start..].trim_end();
        let number = rest.strip_suffix('%').unwrap_or(rest).trim_end();
        let signed = number.starts_with(['+', '-']);
        let value =
            millionths(number).ok_or_else(|| fault(start, start + rest.len(), "a number, such as `10`, `+2` or `+5%`"))?;
        let against = match (rest.ends_with('%'), signed) {
            (true, _) => Against::PercentOfBase,
            (false, true) => Against::Base,
            (false, false) => Against::Zero,
        };
        Ok(Self { text: text.trim().to_owned(), metric, comparator: *comparator, value, against })
    }
}

/// A decimal number of at most nine digits before the point and six behind it.
fn millionths(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let good = |part: &str, most| part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !good(whole, 9) || !good(fraction, 6) || (digits.contains('.') && fraction.is_empty()) {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let fraction: i128 = format!("{fraction:0<6}").parse().ok()?;
    Some(sign * (whole * 1_000_000 + fraction))
}

/// Whether a condition holds for a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not.
    No,
    /// It does; in words, why.
    Yes(String),
    /// That cannot be told; in words, why.
    Unknown(String),
}

impl Condition {
    /// Whether it holds for a scenario of an estate that is now as `base` says.
    pub fn holds(&self, base: &Figures, outcome: &Outcome) -> Verdict {
        // In millionths, as the value is.
        let whole = |count: usize| i128::try_from(count).ok()?.checked_mul(1_000_000);
        let figure = |figures: &Figures, moves: usize| match self.metric {
            Metric::Resources => whole(figures.resources),
            Metric::Cost => figures.cost()?.amount.cents().checked_mul(10_000),
            Metric::Implied => whole(figures.implied),
            Metric::Moves => whole(moves),
        };
        let now = figure(&outcome.figures, outcome.difference.moves);
        let was = figure(base, 0);
        let (Some(now), Some(was)) = (now, was) else {
            return Verdict::Unknown(format!("some prices are not known, so `{}` cannot be told", self.text));
        };
        let ordering = match self.against {
            Against::Zero => now.cmp(&self.value),
            Against::Base => (now - was).cmp(&self.value),
            // Of nothing, anything more is more than any part.
            Against::PercentOfBase => ((now - was) * 100).cmp(&(self.value * was / 1_000_000)),
        };
        if !self.comparator.holds(ordering) {
            return Verdict::No;
        }
        let word = self.metric.word();
        let shown = |figure: i128| match (self.metric, &base.monthly_cost) {
            (Metric::Cost, Some(money)) => money.currency.show(Amount::from_cents(figure / 10_000)),
            _ => (figure / 1_000_000).to_string(),
        };
        let before = if self.metric == Metric::Moves { String::new() } else { format!(", and {} now", shown(was)) };
        Verdict::Yes(format!("{word} {}{before}: `{}` was to fail", shown(now), self.text))
    }
}
