//! Who uses imported resources without being imported: they must find them as they are.

use std::collections::{BTreeMap, BTreeSet};

use super::found::{Contents, above, texts};
use super::mapping::Mapping;
use super::recognize::Recognizer;
use super::usage::Usage;
use crate::rules::RuleSet;

/// The vocabulary of the types that watch, guard or connect others, by the start of their names in lower case.
const ATTENDANTS: &str = "attendants";

/// By mapped resource: the resources outside of the estate that name it.
pub(super) type Outside = BTreeMap<usize, BTreeSet<String>>;

/// What must stay as it is: what is used from outside, and the applications that run on it.
pub(super) fn pinned(outside: &Outside, usage: &BTreeMap<usize, Usage>, implied: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut pinned: BTreeSet<usize> = outside.keys().copied().collect();
    for (anchor, usage) in usage {
        let runs_on = |rank: &usize| implied.contains(rank) && outside.contains_key(rank);
        if usage.mentions.iter().any(|mention| runs_on(&mention.of)) {
            pinned.insert(*anchor);
        }
    }
    pinned
}

/// The resources that no rule imports, by what of the imported ones they name.
pub(super) fn users(contents: &Contents, mapping: &Mapping<'_>, recognizer: &Recognizer<'_, '_>, rules: &RuleSet) -> Outside {
    let attendants: Vec<&str> =
        rules.vocabularies().filter(|v| v.name == ATTENDANTS).flat_map(|v| v.words.keys()).map(String::as_str).collect();
    let mut users = Outside::new();
    let known: BTreeSet<usize> = mapping.links.iter().copied().collect();
    for (rank, found) in contents.resources.iter().enumerate() {
        let provider_type = found.provider_type.to_lowercase();
        let about = attendants.iter().any(|start| provider_type.starts_with(start));
        if about || mapping.root[rank].is_some() || known.contains(&rank) || !mapping.is_listed(rank) {
            continue;
        }
        // What is within a resource, and no rule imports, is lost where that one goes.
        let parents = std::iter::successors(found.id.as_deref().and_then(above), |id| above(id));
        let within = parents.filter_map(|id| mapping.by_id.find(&id)).find_map(|rank| mapping.root[rank]);
        if let Some(root) = within {
            users.entry(root).or_default().insert(found.address.clone());
        }
        texts(&found.body, &mut |text| {
            for mention in recognizer.mentions(text) {
                users.entry(mention.of).or_default().insert(found.address.clone());
            }
        });
    }
    users
}
