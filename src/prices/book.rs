//! The price book: what a unit of each meter costs in each region.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Currency;
use super::unit::Unit;

/// Prices by meter and region, from rows in the format of the Azure Retail Prices API.
///
/// Read by [`RuleSet::with_prices`](crate::RuleSet::with_prices).
#[derive(Clone, Debug)]
pub struct PriceBook {
    pub(super) currency: Currency,
    pub(super) as_of: Option<String>,
    pub(super) meters: BTreeMap<MeterKey, Vec<Series>>,
}

impl PriceBook {
    /// The currency of all prices in it.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// The day, `2026-10-01`, on which the prices that lie beneath all others were in force.
    pub fn as_of(&self) -> Option<&str> {
        self.as_of.as_deref()
    }

    /// The prices of a meter, in a unit that the one asked for converts to; `Err` says why there are none.
    pub(crate) fn find(&self, query: &MeterQuery<'_>) -> Result<(&Series, Decimal), String> {
        let anywhere = MeterQuery { region: ANYWHERE, ..*query };
        let own = self.meters.get(&MeterKey::new(query)).or_else(|| self.meters.get(&MeterKey::new(&anywhere)));
        let series = own.map_or(&[][..], Vec::as_slice);
        let wanted = Unit::parse(query.unit);
        let fitting = series.iter().filter_map(|series| Some((series, wanted.in_units_of(&series.unit)?)));
        // Its own kind of unit before one that it converts to.
        let best = fitting.min_by_key(|(series, _)| series.unit.kind != wanted.kind);
        match (best, series.first()) {
            (Some((Series { doubt: Some(doubt), .. }, _)), _) => Err(doubt.clone()),
            (Some(found), _) => Ok(found),
            (None, Some(other)) => Err(format!("its price is by `{}`, not by `{}`", other.spelling, query.unit)),
            (None, None) => Err("the price book has no such row".to_owned()),
        }
    }
}

/// The region of prices that stand in for those of regions that have none: estimates.
const ANYWHERE: &str = "*";

/// How a price is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeterQuery<'q> {
    pub(crate) service: &'q str,
    pub(crate) product: &'q str,
    pub(crate) sku: &'q str,
    pub(crate) meter: &'q str,
    pub(crate) region: &'q str,
    /// The unit that quantities are in.
    pub(crate) unit: &'q str,
}

/// What tells meters apart. Price lists put spaces into names as they please (`P1 v3`, `P0v3`), so they do not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MeterKey([String; 5]);

impl MeterKey {
    /// Whether it is of prices that stand in for those of any region.
    pub(super) fn is_anywhere(&self) -> bool {
        let [_, region, ..] = &self.0;
        region == ANYWHERE
    }

    pub(super) fn new(query: &MeterQuery<'_>) -> Self {
        let plain = |name: &str| name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        Self([query.meter, query.region, query.sku, query.product, query.service].map(plain))
    }
}

/// The price of one meter in one region and unit, in tiers.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Its place among all of the book.
    pub(super) rank: usize,
    pub(super) unit: Unit,
    /// The unit as the rows write it.
    pub(super) spelling: String,
    /// From how many units on each price holds, ascending.
    pub(super) tiers: Vec<(Decimal, Decimal)>,
    /// It stands in for a region that has no price of its own.
    pub(super) estimate: bool,
    /// Why it is not known which rows hold.
    pub(super) doubt: Option<String>,
}

impl Series {
    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    pub(crate) fn is_estimate(&self) -> bool {
        self.estimate
    }

    pub(crate) fn unit(&self) -> &str {
        &self.spelling
    }

    /// Whether every unit costs the same.
    pub(crate) fn is_flat(&self) -> bool {
        matches!(self.tiers.as_slice(), [(from, _)] if from.is_zero())
    }

    /// What so many units cost. Units below the first tier are free.
    pub(crate) fn cost(&self, units: Decimal) -> Decimal {
        let ends = self.tiers.iter().skip(1).map(|(from, _)| Some(*from)).chain([None]);
        let within = |((from, price), end): (&(Decimal, Decimal), Option<Decimal>)| {
            let upto = end.map_or(units, |end| units.min(end));
            (upto - from).max(Decimal::ZERO) * price
        };
        self.tiers.iter().zip(ends).map(within).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_summed_up() {
        let number = |text: &str| crate::prices::parse_decimal(text).expect("a number");
        let series = |tiers: &[(&str, &str)]| Series {
            rank: 0,
            unit: Unit::parse("10"),
            spelling: "10".to_owned(),
            tiers: tiers.iter().map(|(from, price)| (number(from), number(price))).collect(),
            estimate: false,
            doubt: None,
        };
        // A million executions are free, and the next million costs 0.20.
        let executions = series(&[("0", "0"), ("100000", "0.000002")]);
        assert_eq!(executions.cost(number("100000")), Decimal::ZERO);
        assert_eq!(executions.cost(number("200000")), number("0.2"));
        let storage = series(&[("0", "0.0208"), ("51200", "0.019968"), ("512000", "0.019136")]);
        assert_eq!(storage.cost(number("51201")), number("1064.979968"));
        assert_eq!(storage.cost(number("512001")), number("1064.96") + number("9201.2544") + number("0.019136"));
        // The first thousand connections are included.
        assert_eq!(series(&[("1000", "0.03")]).cost(number("1010")), number("0.3"));
    }
}
