//! Units of measure, which price lists spell in many ways: `1 Hour`, `1/Hour`, `10K`, `1M`, `1 GB/Month`.

use rust_decimal::Decimal;

/// Hours that a month is billed with.
pub(crate) const HOURS: u32 = 730;

/// So many of a kind: 10,000 of nothing in particular (`10K`), one gigabyte (`1 GB/Month`), one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) pack: Decimal,
    pub(crate) kind: String,
}

impl Unit {
    /// Any text is a unit; without a number it is one of its kind.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, mut rest) = text.split_at(end);
        let mut pack = digits.parse::<u32>().ok().filter(|number| *number > 0).map_or(Decimal::ONE, Decimal::from);
        for (letter, times) in [('K', 1_000_u32), ('M', 1_000_000)] {
            let after = rest.strip_prefix(letter).filter(|_| !digits.is_empty());
            if let Some(after) = after.filter(|after| !after.starts_with(|c: char| c.is_alphanumeric())) {
                pack *= Decimal::from(times);
                rest = after;
            }
        }
        let mut kind = rest.trim_matches(|c: char| c == '/' || c.is_whitespace()).to_lowercase();
        kind = kind.split_whitespace().collect::<Vec<_>>().join(" ");
        // A gigabyte kept for a month, and a gigabyte a month, are both counted once a month.
        if let Some(stored) = kind.strip_suffix("/month") {
            kind = stored.trim_end().to_owned();
        }
        if let Some(one) = kind.strip_suffix('s') {
            kind = one.to_owned();
        }
        Self { pack, kind }
    }

    /// How many of `other` one of this unit is: the same kind in other packs, or hours of a month.
    pub(crate) fn in_units_of(&self, other: &Unit) -> Option<Decimal> {
        let times = match (self.kind.as_str(), other.kind.as_str()) {
            (a, b) if a == b => Decimal::ONE,
            ("hour", "month") => Decimal::ONE / Decimal::from(HOURS),
            ("month", "hour") => Decimal::from(HOURS),
            _ => return None,
        };
        Some(self.pack * times / other.pack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, pack, kind) in [
            ("1 Hour", 1, "hour"),
            ("1/Hour", 1, "hour"),
            ("100 Hours", 100, "hour"),
            ("10", 10, ""),
            ("10K", 10_000, ""),
            ("1M", 1_000_000, ""),
            ("1 GB/Month", 1, "gb"),
            ("1 GB", 1, "gb"),
            ("GB", 1, "gb"),
            ("1/Month", 1, "month"),
            ("1 GiB Hour", 1, "gib hour"),
            ("1 GB Second", 1, "gb second"),
            ("1 MB", 1, "mb"),
            ("", 1, ""),
        ] {
            assert_eq!(Unit::parse(text), Unit { pack: Decimal::from(pack), kind: kind.to_owned() }, "{text}");
        }
    }

    #[test]
    fn packs_and_months_convert() {
        let times = |a: &str, b: &str| Unit::parse(a).in_units_of(&Unit::parse(b));
        assert_eq!(times("1", "10"), Some(Decimal::new(1, 1)));
        assert_eq!(times("1M", "10K"), Some(Decimal::from(100)));
        assert_eq!(times("Month", "1/Hour"), Some(Decimal::from(HOURS)));
        assert_eq!(times("Hour", "1 GB"), None);
    }
}
