//! What resources are billed by: a rule's meters and a merged config make the lines of a bill, and usage makes them amounts
//! of a month.

mod bill;
mod month;

pub(crate) use bill::{Bill, Biller, Line};
pub(crate) use month::{Billable, Billed, Total, billed};
