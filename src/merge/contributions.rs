//! What is stated for one property, by distinct value; and who wins.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::estate::Priority;
use crate::rules::{Scalar, Strategy};

/// Where a statement comes from. The order is that of authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// The rule's `inherit`, on behalf of a silent requirement.
    Inherited,
    /// A requirement.
    Requirement,
    /// An override of the estate.
    Override,
}

/// One value stated for one property.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement<'a> {
    pub(crate) owner: u32,
    pub(crate) priority: Priority,
    pub(crate) origin: Origin,
    pub(crate) value: &'a Value,
    /// An override speaks in its place where it replaces a whole list.
    pub(crate) replaced: bool,
}

/// All who state one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contribution<'a> {
    pub(crate) value: &'a Value,
    /// The highest priority it is stated with.
    pub(crate) priority: Priority,
    pub(crate) origin: Origin,
    /// Who states it, in order; empty for an override.
    pub(crate) owners: Vec<u32>,
}

/// The set of statements for one property, by distinct value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contributions<'a> {
    list: Vec<Contribution<'a>>,
    index: FxHashMap<&'a Value, usize>,
}

/// Beyond so many distinct values a hash table beats looking at each.
const FEW: usize = 8;

impl<'a> Contributions<'a> {
    pub(crate) fn of(statements: &[Statement<'a>]) -> Self {
        let mut contributions = Self::default();
        for statement in statements {
            let list = &contributions.list;
            // Whoever lists the same things in another order says the same.
            let known = statement.value.as_array().and_then(|_| list.iter().find(|c| alike(c.value, statement.value)));
            let value = known.map_or(statement.value, |known| known.value);
            contributions.add(&Statement { value, ..*statement });
        }
        contributions.settle();
        contributions
    }

    fn add(&mut self, statement: &Statement<'a>) {
        let owner = (statement.origin != Origin::Override).then_some(statement.owner);
        let known = if self.list.len() <= FEW {
            self.list.iter().position(|c| c.value == statement.value)
        } else {
            self.index.get(statement.value).copied()
        };
        if let Some(contribution) = known.and_then(|i| self.list.get_mut(i)) {
            contribution.priority = contribution.priority.max(statement.priority);
            contribution.origin = contribution.origin.max(statement.origin);
            contribution.owners.extend(owner);
            return;
        }
        self.list.push(Contribution {
            value: statement.value,
            priority: statement.priority,
            origin: statement.origin,
            owners: owner.into_iter().collect(),
        });
        match self.list.len() {
            len if len == FEW + 1 => {
                self.index = self.list.iter().enumerate().map(|(i, c)| (c.value, i)).collect();
            }
            len if len > FEW + 1 => {
                self.index.insert(statement.value, len - 1);
            }
            _ => {}
        }
    }

    /// Brings the set into its one order: by first owner, then by value.
    fn settle(&mut self) {
        for contribution in &mut self.list {
            contribution.owners.sort_unstable();
            contribution.owners.dedup();
        }
        self.list.sort_by(|a, b| a.owners.first().cmp(&b.owners.first()).then_with(|| compare_any(a.value, b.value)));
        self.index.clear();
    }

    /// The union of two sets.
    #[cfg(test)]
    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut all = Self::default();
        for contribution in self.list.iter().chain(&other.list) {
            let Contribution { value, priority, origin, .. } = *contribution;
            let owners = if contribution.owners.is_empty() { &[0][..] } else { &contribution.owners };
            for owner in owners {
                all.add(&Statement { owner: *owner, priority, origin, value, replaced: false });
            }
        }
        all.settle();
        all
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Contribution<'a>> {
        self.list.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The contribution that becomes the shared value. `None` only where nobody said anything.
    pub(crate) fn winner(&self, strategy: Strategy, scalar: Option<&Scalar>) -> Option<&Contribution<'a>> {
        let compare = |a: &&Contribution<'a>, b: &&Contribution<'a>| match scalar {
            Some(scalar) => scalar.compare(a.value, b.value),
            None => compare_any(a.value, b.value),
        };
        match strategy {
            Strategy::Maximum => self.list.iter().max_by(compare),
            Strategy::Minimum => self.list.iter().min_by(compare),
            _ => {
                let top = self.list.iter().map(|c| c.priority).max()?;
                // Of equal priorities the first component wins; `settle` has put it first.
                self.list.iter().find(|c| c.priority == top)
            }
        }
    }

    /// Whether the highest priority is stated with more than one value.
    pub(crate) fn tied(&self) -> bool {
        let top = self.list.iter().map(|c| c.priority).max();
        self.list.iter().filter(|c| Some(c.priority) == top).count() > 1
    }
}

/// Whether two values say the same: lists do in any order.
pub(crate) fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().all(|e| y.contains(e)) && y.iter().all(|e| x.contains(e))
        }
        _ => a == b,
    }
}

fn compare_any(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(x), Value::String(y)) => x.cmp(y),
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        (Value::Number(x), Value::Number(y)) if x != y => {
            x.as_f64().unwrap_or(f64::NAN).total_cmp(&y.as_f64().unwrap_or(f64::NAN))
        }
        _ => a.to_string().cmp(&b.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::{Arbitrary, Gen, quickcheck};
    use serde_json::json;

    use super::*;
    use crate::rules::ScalarType;

    /// A few statements, as indices into a fixed pool of values.
    #[derive(Clone, Debug)]
    struct Said(Vec<(u8, u8, u8)>);

    impl Arbitrary for Said {
        fn arbitrary(g: &mut Gen) -> Self {
            let n = usize::arbitrary(g) % 24;
            Self((0..n).map(|_| (u8::arbitrary(g) % 20, u8::arbitrary(g) % 3, u8::arbitrary(g) % 14)).collect())
        }
    }

    fn set<'a>(said: &Said, pool: &'a [Value]) -> Contributions<'a> {
        let statements = said.0.iter().map(|(owner, priority, value)| Statement {
            owner: u32::from(*owner),
            priority: Priority::new(u16::from(*priority) * 10).unwrap_or_default(),
            origin: Origin::Requirement,
            value: &pool[usize::from(*value) % pool.len()],
            replaced: false,
        });
        Contributions::of(&statements.collect::<Vec<_>>())
    }

    fn pool() -> Vec<Value> {
        (0..14).map(|i| json!(i * 7 % 13)).collect()
    }

    const ALL: [Strategy; 5] = [Strategy::Maximum, Strategy::Minimum, Strategy::Priority, Strategy::Match, Strategy::Equal];

    fn same(a: &Contributions<'_>, b: &Contributions<'_>) -> bool {
        let scalar = Scalar {
            scalar_type: ScalarType::Integer,
            allowed: vec![],
            ordered: false,
            minimum: None,
            maximum: None,
            multiple_of: None,
            starts_with: None,
            max_length: None,
            vocabulary: None,
            format: None,
        };
        a.list == b.list
            && ALL.iter().all(|s| a.winner(*s, Some(&scalar)).map(|c| c.value) == b.winner(*s, Some(&scalar)).map(|c| c.value))
    }

    quickcheck! {
        fn merging_is_associative(a: Said, b: Said, c: Said) -> bool {
            let pool = pool();
            let (a, b, c) = (set(&a, &pool), set(&b, &pool), set(&c, &pool));
            same(&a.union(&b).union(&c), &a.union(&b.union(&c)))
        }

        fn merging_is_commutative(a: Said, b: Said) -> bool {
            let pool = pool();
            let (a, b) = (set(&a, &pool), set(&b, &pool));
            same(&a.union(&b), &b.union(&a))
        }

        fn merging_is_idempotent(a: Said) -> bool {
            let pool = pool();
            let a = set(&a, &pool);
            same(&a.union(&a), &a)
        }

        fn the_order_of_statements_is_nothing(a: Said) -> bool {
            let pool = pool();
            let reversed = Said(a.0.iter().rev().copied().collect());
            same(&set(&a, &pool), &set(&reversed, &pool))
        }
    }

    #[test]
    fn an_override_beats_a_component_beats_a_default() {
        let (strong, session, eventual) = (json!("Strong"), json!("Session"), json!("Eventual"));
        let said = |owner, priority, value| Statement { owner, priority, origin: Origin::Requirement, value, replaced: false };
        let contributions = Contributions::of(&[
            said(0, Priority::DEFAULT, &session),
            said(1, Priority::OVERRIDE, &strong),
            said(2, Priority::COMPONENT, &eventual),
        ]);
        assert_eq!(contributions.winner(Strategy::Priority, None).map(|c| c.value), Some(&strong));
        assert!(!contributions.tied());
    }
}
