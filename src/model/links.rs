//! Requirements that must stay together, and why.

use std::collections::VecDeque;

use petgraph::unionfind::UnionFind;

/// Why two requirements must stay together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bond {
    /// They name one element (of the collection with this name).
    Element { collection: String, name: String },
    /// The estate's `together` constraint.
    Together,
}

/// A must-link between two requirements, by their ranks in the group.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) bond: Bond,
}

/// The sets of requirements that must stay together.
#[derive(Debug)]
pub(crate) struct Links {
    sets: UnionFind<usize>,
    links: Vec<Link>,
    needs: usize,
}

impl Links {
    pub(crate) fn new(needs: usize) -> Self {
        Self { sets: UnionFind::new(needs), links: Vec::new(), needs }
    }

    pub(crate) fn join(&mut self, from: usize, to: usize, bond: Bond) {
        if from != to {
            self.sets.union(from, to);
            self.links.push(Link { from, to, bond });
        }
    }

    /// The sets, each in ascending order, in the order of their first members.
    pub(crate) fn sets(&self) -> Vec<Vec<usize>> {
        if self.links.is_empty() {
            return (0..self.needs).map(|need| vec![need]).collect();
        }
        let mut rank_of_root = vec![usize::MAX; self.needs];
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for need in 0..self.needs {
            let root = self.sets.find(need);
            if rank_of_root[root] == usize::MAX {
                rank_of_root[root] = sets.len();
                sets.push(Vec::new());
            }
            sets[rank_of_root[root]].push(need);
        }
        sets
    }

    /// Whether the estate wants some of these requirements together.
    pub(crate) fn are_wanted(&self, needs: &[usize]) -> bool {
        self.links.iter().any(|link| link.bond == Bond::Together && needs.contains(&link.from))
    }

    /// The shortest chain of links from one requirement to another of the same set.
    pub(crate) fn chain(&self, from: usize, to: usize) -> Vec<Link> {
        let mut neighbours: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.needs];
        for (i, link) in self.links.iter().enumerate() {
            neighbours[link.from].push((link.to, i));
            neighbours[link.to].push((link.from, i));
        }
        let mut came: Vec<Option<(usize, usize)>> = vec![None; self.needs];
        let mut queue = VecDeque::from([from]);
        while let Some(here) = queue.pop_front() {
            if here == to {
                break;
            }
            for (next, link) in &neighbours[here] {
                if *next != from && came[*next].is_none() {
                    came[*next] = Some((here, *link));
                    queue.push_back(*next);
                }
            }
        }
        let mut chain = Vec::new();
        let mut here = to;
        while let Some((before, link)) = came[here] {
            chain.push(Link { from: before, to: here, bond: self.links[link].bond.clone() });
            here = before;
        }
        chain.reverse();
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_the_shortest() {
        let mut links = Links::new(6);
        for (from, to) in [(0, 1), (1, 2), (2, 3), (0, 4), (4, 3)] {
            links.join(from, to, Bond::Together);
        }
        assert_eq!(links.sets(), vec![vec![0, 1, 2, 3, 4], vec![5]]);
        let chain: Vec<_> = links.chain(0, 3).iter().map(|link| (link.from, link.to)).collect();
        assert_eq!(chain, [(0, 4), (4, 3)]);
    }
}
