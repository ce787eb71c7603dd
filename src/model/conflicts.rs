//! Disagreements in words and figures: who must share and may not, who insists on what.

use std::collections::BTreeMap;

use super::columns::Column;
use super::labels::{Cause, Torn};
use super::links::Links;
use super::types::{GroupFault, Insisting, Item};
use crate::merge::Group;
use crate::solve::Label;

pub(super) fn inseparable(group: &Group<'_>, columns: &[Column<'_>], links: &Links, torn: &Torn) -> GroupFault {
    let cause = match torn.cause {
        Cause::Property(rank) => {
            let column = &columns[rank];
            let value = |need| column.stated(need).map_or(String::new(), |(value, _)| column.values[value as usize].to_string());
            format!("`{}` is {} for one and {} for the other", column.name(group), value(torn.from), value(torn.to))
        }
        Cause::Dedicated => "the estate dedicates resources to one of them".to_owned(),
        Cause::Apart(_) => "the estate wants them apart".to_owned(),
        Cause::Alone => "the estate shares nothing".to_owned(),
        Cause::Kept => "they stay on different resources".to_owned(),
    };
    GroupFault::Inseparable { torn: (torn.from, torn.to), cause, chain: links.chain(torn.from, torn.to) }
}

/// The distinct values of a column that items insist on, and whose they are.
pub(super) fn insisting(group: &Group<'_>, column: &Column<'_>, speakers: &[(usize, Label)], items: &[Item]) -> Insisting {
    let mut values = Insisting::new();
    let mut by_label: BTreeMap<Label, Vec<u32>> = BTreeMap::new();
    for (item, label) in speakers {
        let stating =
            items[*item].needs.iter().filter(|need| column.stated(**need).is_some_and(|(value, _)| Label(value) == *label));
        by_label.entry(*label).or_default().extend(stating.map(|need| group.needs[*need].owner));
    }
    for (label, mut owners) in by_label {
        owners.sort_unstable();
        owners.dedup();
        values.push((column.values[label.0 as usize].clone(), owners));
    }
    values.sort_by(|a, b| a.1.cmp(&b.1));
    values
}
