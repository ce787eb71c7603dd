//! Money, prices and their arithmetic, all in exact decimals. It knows rows of a price book and numbers; what a resource
//! consumes is said by the rules and put together by the plan.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod decimal;
mod ledger;
mod money;
mod prices;
mod read;
mod unit;

pub use decimal::Quantity;
pub(crate) use decimal::parse as parse_decimal;
pub(crate) use ledger::{Charge, amounts, round, rounded, split};
pub use money::{Amount, Currency, Money};
pub use prices::PriceBook;
pub(crate) use prices::{MeterQuery, Series};
pub(crate) use unit::HOURS;
