//! Money, prices and their arithmetic, all in exact decimals. It knows rows of a price book and numbers; what a resource
//! consumes is said by the rules and put together by the plan.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod book;
mod decimal;
mod ledger;
mod money;
mod read;
mod unit;

pub use book::PriceBook;
pub(crate) use book::{MeterQuery, Series};
pub use decimal::Quantity;
pub(crate) use decimal::parse as parse_decimal;
pub(crate) use ledger::{Charge, amounts, round, rounded, split};
pub use money::{Amount, Currency, Money};
pub(crate) use unit::HOURS;
