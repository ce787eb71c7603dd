//! Which resource of one plan is which of another, by what is on them, and who is elsewhere.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::names::ResourceId;

/// The resources that a requirement was on, and those that it is on.
pub(crate) type Whereabouts<'i> = (&'i [ResourceId], Vec<&'i ResourceId>);

/// How many requirements are elsewhere, each given with the resources that it was and is on. A resource is taken for the one
/// that most of its requirements were on, whatever the two are called; of equals the first by id.
pub(crate) fn moved<'i>(requirements: &[Whereabouts<'i>]) -> usize {
    let mut shared: BTreeMap<(&ResourceId, &ResourceId), usize> = BTreeMap::new();
    for (was, is) in requirements {
        for old in *was {
            is.iter().for_each(|new| *shared.entry((old, *new)).or_default() += 1);
        }
    }
    let mut pairs: Vec<(Reverse<usize>, bool, &ResourceId, &ResourceId)> =
        shared.into_iter().map(|((old, new), count)| (Reverse(count), old != new, old, new)).collect();
    pairs.sort_unstable();
    let (mut olds, mut news, mut same) = (FxHashSet::default(), FxHashSet::default(), FxHashSet::default());
    for (_, _, old, new) in pairs {
        if !olds.contains(old) && !news.contains(new) {
            olds.insert(old);
            news.insert(new);
            same.insert((old, new));
        }
    }
    let stays = |was: &[ResourceId], is: &[&'i ResourceId]| {
        was.len() == is.len() && was.iter().all(|old| is.iter().any(|new| same.contains(&(old, *new))))
    };
    requirements.iter().filter(|(was, is)| !stays(was, is)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(requirements: &[(&[&str], &[&str])]) -> usize {
        let ids = |names: &[&str]| names.iter().map(|name| ResourceId::from(*name)).collect::<Vec<_>>();
        let all: Vec<(Vec<ResourceId>, Vec<ResourceId>)> = requirements.iter().map(|(was, is)| (ids(was), ids(is))).collect();
        moved(&all.iter().map(|(was, is)| (was.as_slice(), is.iter().collect())).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_renumbered_has_not_moved() {
        assert_eq!(count(&[(&["a"], &["a-2"]), (&["a"], &["a-2"]), (&["a-2"], &["a"])]), 0);
    }

    #[test]
    fn the_smaller_part_moves() {
        assert_eq!(count(&[(&["a"], &["a"]), (&["a"], &["a"]), (&["a"], &["a-2"])]), 1);
        assert_eq!(count(&[(&["a"], &["a-2"]), (&["a"], &["a-2"]), (&["a"], &["a"])]), 1);
    }

    #[test]
    fn what_is_divided_has_moved() {
        assert_eq!(count(&[(&["a"], &["a", "a-2"])]), 1);
    }
}
