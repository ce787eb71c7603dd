//! From bins of kinds back to bins of what the kinds stand for.

use crate::solve::problem::instance::Filled;

/// Deals the members of each kind out over the bins, in order: few distinct bins assign few.
pub(crate) fn expand(bins: &[Filled], members: &[Vec<(usize, u64)>]) -> Vec<Filled> {
    // Per kind: the member being dealt and how many of it are left.
    let mut next: Vec<(usize, u64)> = members.iter().map(|m| (0, m.first().map_or(0, |f| f.1))).collect();
    let mut expanded = Vec::with_capacity(bins.len());
    for (items, copies) in bins {
        let mut left = *copies;
        while left > 0 {
            // As many bins as can be dealt alike: each kind from the member at hand only.
            let alike = items
                .iter()
                .filter(|i| i.1 > 0)
                .map(|&(kind, each)| next[kind].1 / u64::from(each))
                .min()
                .unwrap_or(left)
                .min(left);
            let batch = alike.max(1);
            let mut dealt = Vec::with_capacity(items.len());
            for &(kind, each) in items {
                let mut need = u64::from(each) * batch;
                while need > 0 {
                    let (at, have) = next[kind];
                    let Some(&(member, _)) = members[kind].get(at) else {
                        break;
                    };
                    let taken = need.min(have);
                    if taken > 0 {
                        // With a batch above one, only one member is at hand.
                        let each = u32::try_from(taken / batch).unwrap_or(u32::MAX);
                        dealt.push((member, each));
                    }
                    need -= taken;
                    next[kind].1 -= taken;
                    if next[kind].1 == 0 {
                        next[kind] = (at + 1, members[kind].get(at + 1).map_or(0, |m| m.1));
                    }
                }
            }
            expanded.push((dealt, batch));
            left -= batch;
        }
    }
    expanded
}
