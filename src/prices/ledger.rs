//! What quantities cost together, and cents that add up.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Amount, Series};

/// A quantity of something that has a price, for a month.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charge<'b> {
    pub(crate) series: &'b Series,
    /// In units of the price.
    pub(crate) units: Decimal,
    /// Billed once a subscription, however many use it.
    pub(crate) once: bool,
}

/// What each charge costs. Tiers and what is billed once count for all charges of one price together, as they do for a
/// subscription; the total is shared by quantity.
pub(crate) fn amounts<'b>(charges: impl Iterator<Item = Charge<'b>> + Clone) -> Vec<Decimal> {
    let mut pools: BTreeMap<(usize, bool), (Decimal, Decimal)> = BTreeMap::new();
    for charge in charges.clone().filter(Charge::is_pooled) {
        let (sum, most) = pools.entry((charge.series.rank(), charge.once)).or_default();
        *sum += charge.units;
        *most = (*most).max(charge.units);
    }
    let amount = |charge: Charge<'b>| {
        if charge.units.is_zero() {
            return Decimal::ZERO;
        }
        match pools.get(&(charge.series.rank(), charge.once)).filter(|_| charge.is_pooled()) {
            None => charge.series.cost(charge.units),
            Some((sum, most)) => {
                let total = charge.series.cost(if charge.once { *most } else { *sum });
                // All of it is no fraction of it, so nothing is lost where only one uses it.
                if charge.units == *sum { total } else { total * (charge.units / *sum) }
            }
        }
    };
    charges.map(amount).collect()
}

impl Charge<'_> {
    /// Whether what it costs depends on the others' quantities.
    fn is_pooled(&self) -> bool {
        self.once || !self.series.is_flat()
    }
}

/// An amount to the cent; half a cent is rounded up.
pub(crate) fn round(amount: Decimal) -> Amount {
    let cents = (amount * Decimal::ONE_HUNDRED).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    Amount::from_cents(cents.mantissa())
}

/// Amounts in cents that add up to `total`, which is their sum to the cent: each is rounded down, and the cents that are left
/// go to those who lost most; of equal ones to the first.
pub(crate) fn rounded(total: Amount, amounts: &[Decimal]) -> Vec<Amount> {
    let hundredfold: Vec<Decimal> = amounts.iter().map(|amount| *amount * Decimal::ONE_HUNDRED).collect();
    hand_out(total, &hundredfold)
}

/// A total divided by weights, to the cent; equally where all weights are zero.
pub(crate) fn split(total: Amount, weights: &[Decimal]) -> Vec<Amount> {
    let sum: Decimal = weights.iter().sum();
    let cents = Decimal::from_i128_with_scale(total.cents(), 0);
    let count = Decimal::from(weights.len().max(1));
    let part = |weight: &Decimal| if sum.is_zero() { cents / count } else { cents * (*weight / sum) };
    hand_out(total, &weights.iter().map(part).collect::<Vec<_>>())
}

fn hand_out(total: Amount, cents: &[Decimal]) -> Vec<Amount> {
    let mut given: Vec<i128> = cents.iter().map(|cents| cents.floor().mantissa()).collect();
    let mut left = total.cents() - given.iter().sum::<i128>();
    let mut order: Vec<(usize, Decimal)> = cents.iter().map(|cents| *cents - cents.floor()).enumerate().collect();
    order.sort_by(|(i, a), (j, b)| b.cmp(a).then(i.cmp(j)));
    while left > 0 && !order.is_empty() {
        for (i, _) in &order {
            if let Some(given) = given.get_mut(*i).filter(|_| left > 0) {
                *given += 1;
                left -= 1;
            }
        }
    }
    given.into_iter().map(Amount::from_cents).collect()
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    #[test]
    fn the_cents_left_go_to_those_who_lost_most() {
        let thirds = split(Amount::from_cents(100), &[Decimal::ONE; 3]);
        assert_eq!(thirds.iter().map(|a| a.cents()).collect::<Vec<_>>(), [34, 33, 33]);
        let uneven = split(Amount::from_cents(10), &[Decimal::from(1), Decimal::from(6), Decimal::from(2)]);
        assert_eq!(uneven.iter().map(|a| a.cents()).collect::<Vec<_>>(), [1, 7, 2]);
        assert_eq!(split(Amount::from_cents(3), &[Decimal::ZERO; 2]).iter().map(|a| a.cents()).collect::<Vec<_>>(), [2, 1]);
    }

    quickcheck! {
        fn parts_add_up(cents: u32, weights: Vec<u16>) -> bool {
            let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
            let total = Amount::from_cents(i128::from(cents));
            weights.is_empty() || split(total, &weights).into_iter().sum::<Amount>() == total
        }

        fn rounded_amounts_add_up_and_are_within_a_cent(parts: Vec<u32>) -> bool {
            let amounts: Vec<Decimal> = parts.into_iter().map(|part| Decimal::new(i64::from(part), 6)).collect();
            let total = round(amounts.iter().sum());
            let cents = rounded(total, &amounts);
            let near = |(cents, amount): (&Amount, &Decimal)| {
                (Decimal::from_i128_with_scale(cents.cents(), 2) - amount).abs() < Decimal::new(1, 2)
            };
            cents.iter().copied().sum::<Amount>() == total && cents.iter().zip(&amounts).all(near)
        }
    }
}
