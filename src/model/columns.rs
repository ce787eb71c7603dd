//! What each requirement of a group states for the properties that decide who may share.

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::estate::Priority;
use crate::merge::{Group, Origin, Statement, alike};
use crate::rules::for_each_element;
use crate::rules::{Kind, Strategy};

/// No value stated.
const SILENT: u32 = u32::MAX;

/// One deciding property: the distinct values stated for it, and who states which.
#[derive(Debug)]
pub(crate) struct Column<'g> {
    pub(crate) leaf: usize,
    /// The element meant, for the shared elements of a collection.
    pub(crate) element: Option<&'g str>,
    pub(crate) strategy: Strategy,
    /// The distinct values, in the order in which requirements state them first.
    pub(crate) values: Vec<&'g Value>,
    /// For each requirement its value's rank.
    stated: Vec<u32>,
    priorities: Vec<Priority>,
}

impl<'g> Column<'g> {
    fn new(leaf: usize, element: Option<&'g str>, strategy: Strategy, needs: usize) -> Self {
        let (stated, priorities) = (vec![SILENT; needs], vec![Priority::DEFAULT; needs]);
        Self { leaf, element, strategy, values: Vec::new(), stated, priorities }
    }

    /// The property's path, as messages write it.
    pub(crate) fn name(&self, group: &Group<'_>) -> String {
        let name = group.leaf(self.leaf).name();
        self.element.map_or(name.clone(), |element| format!("{name}[{element}]"))
    }

    /// What a requirement states, and how firmly.
    pub(crate) fn stated(&self, need: usize) -> Option<(u32, Priority)> {
        let value = self.stated[need];
        (value != SILENT).then(|| (value, self.priorities[need]))
    }

    /// The highest priority that anybody states a value with.
    pub(crate) fn top(&self) -> Option<Priority> {
        (0..self.stated.len()).filter_map(|need| self.stated(need)).map(|(_, priority)| priority).max()
    }
}

/// The columns of a group. A property on which all who speak agree decides nothing and has none.
pub(crate) fn columns<'g>(group: &'g Group<'_>) -> Vec<Column<'g>> {
    let needs = group.needs.len();
    let properties = &group.rule.properties;
    let mut by_leaf: Vec<Option<Filling<'g>>> = Vec::new();
    by_leaf.resize_with(properties.leaves.len(), || None);
    let mut shared: FxHashMap<(usize, &'g str), Filling<'g>> = FxHashMap::default();
    for (i, need) in group.needs.iter().enumerate() {
        group.visit(need, |leaf, statement| {
            let property = &properties.leaves[leaf];
            match &property.kind {
                Kind::Collection(collection) if collection.shareable => {
                    for_each_element(collection, statement.value, |element| {
                        if element.shared
                            && let std::borrow::Cow::Borrowed(name) = element.name
                        {
                            let filling = shared
                                .entry((leaf, name))
                                .or_insert_with(|| Filling::new(leaf, Some(name), collection.values, needs));
                            filling.state(i, &Statement { value: element.value, ..statement });
                        }
                    });
                }
                _ if matches!(property.merge, Strategy::Match | Strategy::Priority) => {
                    let filling = by_leaf[leaf].get_or_insert_with(|| Filling::new(leaf, None, property.merge, needs));
                    filling.state(i, &statement);
                }
                _ => {}
            }
        });
    }
    let mut shared: Vec<Filling<'g>> = shared.into_values().collect();
    shared.sort_by_key(|f| (f.column.leaf, f.column.element));
    let all = by_leaf.into_iter().flatten().chain(shared);
    all.map(|filling| filling.column).filter(|column| column.values.len() > 1).collect()
}

/// A column being filled.
struct Filling<'g> {
    column: Column<'g>,
    ranks: FxHashMap<&'g Value, u32>,
}

impl<'g> Filling<'g> {
    fn new(leaf: usize, element: Option<&'g str>, strategy: Strategy, needs: usize) -> Self {
        Self { column: Column::new(leaf, element, strategy, needs), ranks: FxHashMap::default() }
    }

    fn state(&mut self, need: usize, statement: &Statement<'g>) {
        let Column { values, stated, priorities, .. } = &mut self.column;
        // Most statements repeat the one before; only the others cost a hash.
        let rank = match values.last() {
            Some(last) if *last == statement.value => values.len() as u32 - 1,
            _ if statement.value.is_array() => match values.iter().position(|value| alike(value, statement.value)) {
                Some(rank) => rank as u32,
                None => {
                    values.push(statement.value);
                    values.len() as u32 - 1
                }
            },
            _ => *self.ranks.entry(statement.value).or_insert_with(|| {
                values.push(statement.value);
                values.len() as u32 - 1
            }),
        };
        let stronger = stated[need] == SILENT
            || statement.priority > priorities[need]
            || (statement.priority == priorities[need] && statement.origin == Origin::Override);
        if stronger {
            stated[need] = rank;
            priorities[need] = statement.priority;
        }
    }
}
