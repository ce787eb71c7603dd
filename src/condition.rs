//! Conditions on plans, for CI: `resources > 10`, `cost > +5%`.

use std::fmt;
use std::str::FromStr;

use crate::plan::Plan;
use crate::prices::{Amount, Money};

/// Something that a plan must not come to, such as `resources > 10`, `resources > +2` (more than before) or
/// `resources > +5%`.
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
    /// What is elsewhere than it was.
    Moves,
    /// What the plan risks.
    Hazards,
}

impl Metric {
    const WORDS: [(&'static str, Self); 5] = [
        ("resources", Self::Resources),
        ("cost", Self::Cost),
        ("implied", Self::Implied),
        ("moves", Self::Moves),
        ("hazards", Self::Hazards),
    ];

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
    /// The difference to what was before.
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
        let metric = metric.ok_or_else(|| fault(start, end, "`resources`, `cost`, `implied`, `moves` or `hazards`"))?;
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

/// A plan in the figures that conditions are about; what is `None` is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// Resources that components asked for.
    pub resources: Option<usize>,
    /// Resources that others require.
    pub implied: Option<usize>,
    /// What everything costs a month.
    pub cost: Option<Money>,
    /// What is elsewhere than it was.
    pub moves: Option<usize>,
    /// What it risks.
    pub hazards: Option<usize>,
}

impl Measures {
    /// The figures of a plan; its moves are those against its lock, if it has one.
    pub fn of(plan: &Plan) -> Self {
        let cost = plan.summary.monthly_cost.as_ref().filter(|cost| cost.unknown.is_empty());
        let reports: Vec<_> = plan.groups.iter().filter_map(|group| group.lock.as_ref()).collect();
        let moves = || reports.iter().map(|report| report.moves.len()).sum();
        Self {
            resources: Some(plan.summary.resources),
            implied: Some(plan.summary.implied),
            cost: cost.map(|cost| Money { currency: cost.currency.clone(), amount: cost.shared }),
            moves: (!reports.is_empty()).then(moves),
            hazards: Some(plan.hazards.len()),
        }
    }

    /// In millionths, as the values of conditions are.
    fn figure(&self, metric: Metric) -> Option<i128> {
        let whole = |count: Option<usize>| i128::try_from(count?).ok()?.checked_mul(1_000_000);
        match metric {
            Metric::Resources => whole(self.resources),
            Metric::Cost => self.cost.as_ref()?.amount.cents().checked_mul(10_000),
            Metric::Implied => whole(self.implied),
            Metric::Moves => whole(self.moves),
            Metric::Hazards => whole(self.hazards),
        }
    }
}

/// Whether a condition holds.
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
    /// Whether it compares with what was before.
    pub fn is_relative(&self) -> bool {
        self.against != Against::Zero
    }

    /// What it is about.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Whether it holds for figures that were `before` what they are `now`.
    pub fn holds(&self, now: &Measures, before: &Measures) -> Verdict {
        let Some(figure) = now.figure(self.metric) else {
            let why = match self.metric {
                Metric::Cost => "some prices are not known",
                Metric::Hazards => "what it risks is not known",
                _ => "nothing is known of what moves without an earlier plan",
            };
            return Verdict::Unknown(format!("{why}, so `{}` cannot be told", self.text));
        };
        // Moves are a difference already.
        let was = if self.metric == Metric::Moves { Some(0) } else { before.figure(self.metric) };
        let ordering = match (self.against, was) {
            (Against::Zero, _) => figure.cmp(&self.value),
            (Against::Base, Some(was)) => (figure - was).cmp(&self.value),
            // Of nothing, anything more is more than any part.
            (Against::PercentOfBase, Some(was)) => ((figure - was) * 100).cmp(&(self.value * was / 1_000_000)),
            (_, None) => {
                let why = "what it was before is not known";
                return Verdict::Unknown(format!("{why}, so `{}` cannot be told", self.text));
            }
        };
        if !self.comparator.holds(ordering) {
            return Verdict::No;
        }
        let shown = |figure: i128| match (self.metric, &now.cost) {
            (Metric::Cost, Some(money)) => money.currency.show(Amount::from_cents(figure / 10_000)),
            _ => (figure / 1_000_000).to_string(),
        };
        let before = match was.filter(|_| self.metric != Metric::Moves) {
            Some(was) => format!(", and {} before", shown(was)),
            None => String::new(),
        };
        Verdict::Yes(format!("{} {}{before}: `{}` was to fail", self.metric.word(), shown(figure), self.text))
    }
}
