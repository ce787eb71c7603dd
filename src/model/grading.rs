//! What the resources of a group cost, by what the requirements on them ask for.
//!
//! Requirements ask for grades (a sku, a sku and a number of instances); a resource is of the least grade that serves all on
//! it. Three things make up what it costs: its grade; what its requirements bring with them, which may depend on the grade that
//! they end up with (the throughput of a database, for which a serverless account does not ask); and what it needs of
//! others, which is paid once however many need it (a plan that apps of one sku share).

use std::collections::BTreeMap;

/// Amounts are whole units; how much a unit is worth is for who makes it to know. At most 64 grades and 64 charges.
#[derive(Debug)]
pub(crate) struct Grading {
    /// What a resource of each grade costs by itself.
    pub(crate) costs: Vec<u64>,
    /// The grades that serve whoever asks for each grade, itself included; a bit for each.
    pub(crate) upper: Vec<u64>,
    /// The grade that each requirement asks for.
    pub(crate) grade_of: Vec<usize>,
    /// What requirements bring with them at each grade, by shape; nothing where there is no shape.
    pub(crate) content: Vec<Vec<u64>>,
    /// The shape of each requirement.
    pub(crate) shape_of: Vec<usize>,
    /// The charges that a resource of each grade makes due; a bit for each.
    pub(crate) charges: Vec<u64>,
    /// What each charge is for, by number, and what it costs; of several for one thing the dearest is paid.
    pub(crate) prices: Vec<(usize, u64)>,
}

/// What an arrangement costs, and what every one costs at least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Priced {
    /// The resources themselves and what is brought along.
    pub(crate) own: u64,
    /// What that is at least.
    pub(crate) own_bound: u64,
    /// The fewest resources of an arrangement that costs the least.
    pub(crate) bins_bound: u64,
    /// The charges that are due.
    pub(crate) used: u64,
    /// Some resource holds no requirement of a highest grade, however they are arranged.
    pub(crate) unanchored: bool,
}

/// What an arrangement is worth, the less the better: what it costs (nothing where the fewest resources are sought), then
/// how many resources it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Worth {
    pub(crate) cost: u64,
    pub(crate) resources: usize,
}

impl Worth {
    /// What resources with these requirements are worth.
    pub(crate) fn of<'n>(grading: Option<&Grading>, bins: impl ExactSizeIterator<Item = &'n [usize]>) -> Self {
        let resources = bins.len();
        let priced = |grading: &Grading| {
            let (own, used) = grading.cost(bins)?;
            Some(own.saturating_add(grading.price(used)))
        };
        Self { cost: grading.map_or(0, |grading| priced(grading).unwrap_or(u64::MAX)), resources }
    }

    /// The most that is less.
    pub(crate) fn below(self) -> Option<Self> {
        match (self.cost, self.resources) {
            (cost, 1..) => Some(Self { cost, resources: self.resources - 1 }),
            (cost, 0) => Some(Self { cost: cost.checked_sub(1)?, resources: usize::MAX }),
        }
    }
}

impl Grading {
    /// The grades that serve several requirements.
    pub(crate) fn serving(&self, needs: &[usize]) -> u64 {
        needs.iter().fold(u64::MAX, |mask, need| mask & self.upper[self.grade_of[*need]])
    }

    /// Of those, the grades at which what the requirements bring with them costs least; all where no grade is best for each.
    pub(crate) fn preferred(&self, needs: &[usize]) -> u64 {
        let serving = self.serving(needs);
        let best = needs.iter().fold(serving, |mask, need| {
            let least = self.least_content(*need);
            mask & bits(serving).filter(|grade| self.content_at(*need, *grade) == least).fold(0, |mask, grade| mask | 1 << grade)
        });
        if best == 0 { serving } else { best }
    }

    /// The least of the grades that serve several requirements.
    pub(crate) fn join(&self, needs: &[usize]) -> Option<usize> {
        let serving = self.serving(needs);
        self.upper.iter().position(|upper| *upper == serving)
    }

    /// Whether no grade is above it.
    pub(crate) fn is_highest(&self, grade: usize) -> bool {
        self.upper[grade] == 1 << grade
    }

    /// Whether all grades cost the same, so that the fewest resources are the cheapest.
    pub(crate) fn is_flat(&self) -> bool {
        self.costs.iter().all(|cost| Some(cost) == self.costs.first())
    }

    /// Whether what requirements bring with them depends on where they land.
    pub(crate) fn is_contentious(&self) -> bool {
        self.content.iter().any(|content| content.iter().any(|cost| Some(cost) != content.first()))
    }

    fn content_at(&self, need: usize, grade: usize) -> u64 {
        let content = self.shape_of.get(need).and_then(|shape| self.content.get(*shape));
        content.and_then(|content| content.get(grade)).copied().unwrap_or_default()
    }

    fn least_content(&self, need: usize) -> u64 {
        bits(self.upper[self.grade_of[need]]).map(|grade| self.content_at(need, grade)).min().unwrap_or_default()
    }

    /// What resources with these requirements cost, and the charges that are due; `None` where some have no grade in common.
    pub(crate) fn cost<'n>(&self, bins: impl Iterator<Item = &'n [usize]>) -> Option<(u64, u64)> {
        let (mut own, mut used) = (0_u64, 0);
        for needs in bins {
            let grade = self.join(needs)?;
            used |= self.charges[grade];
            let content = needs.iter().map(|need| self.content_at(*need, grade)).fold(0, u64::saturating_add);
            own = own.saturating_add(self.costs[grade]).saturating_add(content);
        }
        Some((own, used))
    }

    /// What charges cost together.
    pub(crate) fn price(&self, charges: u64) -> u64 {
        let mut paid: BTreeMap<usize, u64> = BTreeMap::new();
        for (what, price) in bits(charges).map(|charge| self.prices[charge]) {
            let most = paid.entry(what).or_default();
            *most = price.max(*most);
        }
        paid.into_values().fold(0, u64::saturating_add)
    }

    /// The charges that are due however requirements are arranged: those of the highest grades, which only they have.
    pub(crate) fn forced(&self) -> u64 {
        let highest = self.grade_of.iter().filter(|grade| self.is_highest(**grade));
        highest.fold(0, |due, grade| due | self.charges[*grade])
    }

    /// The sets of charges that are due for a resource below the highest grades.
    pub(crate) fn below(&self) -> impl Iterator<Item = u64> {
        (0..self.costs.len()).filter(|grade| !self.is_highest(*grade)).map(|grade| self.charges[grade])
    }

    /// What resources with these requirements cost and at least would, given what is proven of the packing of `items`.
    pub(crate) fn priced<'n>(&self, bins: impl Iterator<Item = &'n [usize]>, items: &[&[usize]], proven: u64) -> Option<Priced> {
        let (own, used) = self.cost(bins)?;
        let anchors = items.iter().filter(|needs| self.join(needs).is_some_and(|grade| self.is_highest(grade))).count();
        let (own_bound, bins_bound, unanchored) = self.bound(proven, items.len() as u64, anchors as u64);
        Some(Priced { own, own_bound: own_bound.min(own), bins_bound, used, unanchored })
    }

    /// What a grade's bins cost a solver: cost first, then their number.
    pub(crate) fn scaled(&self, cost: u64, items: u64) -> u64 {
        cost.saturating_mul(items + 1).saturating_add(1)
    }

    /// What a proven bound of the packing says of costs: the least that the resources and what is brought along cost, and the
    /// fewest resources at that; and whether there are more of them than `anchors`, the items of a highest grade.
    fn bound(&self, proven: u64, items: u64, anchors: u64) -> (u64, u64, bool) {
        let cheapest = self.costs.iter().min().copied().unwrap_or_default();
        let (graded, bins) = match self.is_flat() {
            true => (proven.saturating_mul(cheapest), proven),
            false => (proven / (items + 1), proven % (items + 1)),
        };
        // With requirements kept where they are cheapest, the packing says nothing of how few resources others would need.
        let graded = if self.is_contentious() { cheapest } else { graded };
        let content = (0..self.grade_of.len()).map(|need| self.least_content(need)).fold(0, u64::saturating_add);
        (graded.saturating_add(content), bins, self.is_flat() && !self.is_contentious() && bins > anchors)
    }
}

/// The places of the bits that are set.
pub(crate) fn bits(mask: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |bit| mask >> bit & 1 == 1)
}
