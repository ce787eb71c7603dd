//! What keeps requirements from being planned, in words.

use serde_json::Value;

use crate::input::{Code, Diagnostic, Pointer};
use crate::merge::{Fault, Group};
use crate::model::{Bond, GroupFault, Link, Split};
use crate::requirements::Owners;
use crate::rules::Strategy;

/// `A, B, C and 4 others`, in the order given.
pub(crate) fn list(names: &[&str]) -> String {
    const NAMED: usize = 5;
    match names {
        [] => "nobody".to_owned(),
        [one] => format!("`{one}`"),
        names if names.len() <= NAMED => {
            let (last, first) = names.split_last().unwrap_or((&"", &[]));
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
        names => {
            let first: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
            format!("{} and {} others", first.join(", "), names.len() - NAMED)
        }
    }
}

/// The names of owners.
pub(crate) fn owners_list(owners: &Owners<'_>, of: &[u32]) -> String {
    list(&of.iter().map(|owner| owners.name(*owner)).collect::<Vec<_>>())
}

/// `"Strong" (`A`), "Session" (`B` and `C`)`.
pub(crate) fn values_list(owners: &Owners<'_>, values: &[(Value, Vec<u32>)]) -> String {
    let said = values.iter().map(|(value, of)| {
        let who = if of.is_empty() { "an override".to_owned() } else { owners_list(owners, of) };
        format!("{value} ({who})")
    });
    said.collect::<Vec<_>>().join(", ")
}

/// The component that an owner is, or the first of those for whom a resource is required.
pub(super) fn at(owners: &Owners<'_>, owner: u32) -> Pointer {
    let component = owners.component(owner).or_else(|| owners.component(owners.behind(owner)?));
    component.map_or_else(Pointer::root, |id| Pointer::root().key("components").key(id.as_str()))
}

fn about(code: Code, owners: &Owners<'_>, owner: u32, message: String) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(code, message).at(at(owners, owner));
    diagnostic.on_key();
    diagnostic
}

/// A group that cannot be placed.
pub(super) fn group(group: &Group<'_>, owners: &Owners<'_>, fault: GroupFault) -> Diagnostic {
    let id = format!("{}:{}", group.rule.resource_type, group.key);
    let owner = |need: usize| group.needs[need].owner;
    let name = |need: usize| owners.name(owner(need));
    match fault {
        GroupFault::Inseparable { torn: (from, to), cause, chain } => {
            let reasons = chain.iter().map(|Link { from, to, bond }| match bond {
                Bond::Element { collection, name: element } if owner(*from) == owner(*to) => {
                    format!("both name `{element}` in `{collection}`")
                }
                Bond::Element { collection, name: element } => {
                    format!("`{}` and `{}` both name `{element}` in `{collection}`", name(*from), name(*to))
                }
                Bond::Together => format!("the estate wants `{}` and `{}` together", name(*from), name(*to)),
            });
            let chain = reasons.collect::<Vec<_>>().join("; ");
            let chain = if chain.is_empty() { String::new() } else { format!("{chain}; ") };
            let who = match owner(from) == owner(to) {
                true => format!("two requirements of `{}`", name(from)),
                false => format!("`{}` and `{}`", name(from), name(to)),
            };
            let message = format!("{who} must share `{id}` and may not: {chain}but {cause}");
            let mut diagnostic = about(Code::Inseparable, owners, owner(from), message);
            diagnostic.help("break the chain at one of its links");
            diagnostic
        }
        GroupFault::RequirementTooBig { needs, limit: capacity, size, most } => {
            let who = list(&needs.iter().map(|need| name(*need)).collect::<Vec<_>>());
            let verb = if needs.len() > 1 { "must stay together and need" } else { "needs" };
            let message = format!("{who} {verb} {size} {capacity} of `{id}`, and one resource holds {most}");
            let mut diagnostic = about(Code::RequirementTooBig, owners, needs.first().map_or(0, |need| owner(*need)), message);
            diagnostic.expect(format!("at most {most} {capacity}")).help("it cannot be divided; reduce it, or raise the limit");
            diagnostic
        }
        GroupFault::ElementTooBig { need, leaf, name: element, limit, size, most } => {
            let collection = group.leaf(leaf).name();
            let message = format!("`{element}` in `{collection}` of `{}` has {size} {limit}, and {most} are allowed", name(need));
            let mut diagnostic = about(Code::ElementTooBig, owners, owner(need), message);
            diagnostic.expect(format!("at most {most} {limit}")).help("divide the element, or raise the limit");
            diagnostic
        }
        GroupFault::Conflict { split: Split { property, leaf, values, .. } } => {
            let message = format!("`{property}` of `{id}` is not agreed on: {}", values_list(owners, &values));
            let first = values.iter().find_map(|(_, of)| of.first().copied()).unwrap_or(0);
            let mut diagnostic = about(Code::Conflict, owners, first, message);
            match &group.leaf(leaf).why {
                Some(why) => diagnostic.help(format!("{why}; align the values, or set `onConflict` to `split`")),
                None => diagnostic.help("align the values, or set `onConflict` to `split`"),
            };
            diagnostic
        }
        GroupFault::Solve(error) => Diagnostic::error(Code::RequirementTooBig, format!("`{id}` cannot be packed: {error}")),
    }
}

/// Requirements that are placed together and cannot be merged.
pub(super) fn merge(group: &Group<'_>, owners: &Owners<'_>, fault: &Fault) -> Diagnostic {
    let id = format!("{}:{}", group.rule.resource_type, group.key);
    match fault {
        Fault::Unequal { path, values, strategy } => {
            let first = values.iter().find_map(|(_, of)| of.first().copied()).unwrap_or(0);
            let said = values_list(owners, values);
            let message = format!("`{path}` of `{id}` is one thing with two descriptions: {said}");
            let mut diagnostic = about(Code::Unequal, owners, first, message);
            match strategy {
                Strategy::Priority => diagnostic.help("state one of them with a higher priority, or give it the same value"),
                _ => diagnostic.help("give it the same value in each, or name two different things"),
            };
            diagnostic
        }
        Fault::SameName { path, name, owners: of } => {
            let first = of.first().copied().unwrap_or(0);
            let message = format!("`{path}` of `{id}`: elements of {} both come to the name `{name}`", owners_list(owners, of));
            let mut diagnostic = about(Code::PrefixCollision, owners, first, message);
            diagnostic.help("rename one of the elements or components");
            diagnostic
        }
    }
}
