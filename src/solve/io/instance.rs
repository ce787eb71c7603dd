//! Bare packing instances: from a file to a problem.

use petgraph::unionfind::UnionFind;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};

use crate::solve::io::error::PackError;
use crate::solve::io::json::{Entry, File, place_of, read_json};
use crate::solve::io::stock::Stock;
use crate::solve::problem::statement::{Attribute, BinType, ItemType, Label, Problem};

/// A packing instance as read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackInstance {
    /// The problem to solve.
    pub problem: Problem,
    /// For each item type of the problem, the items of the file that it stands for, and how many copies of each. An item that
    /// is `apart` from its own copies becomes one type a copy, items that are `together` become one.
    pub origin: Vec<Vec<(usize, u32)>>,
    /// The names of the items of the file that have one.
    pub names: BTreeMap<usize, String>,
    /// The names of the kinds of bins.
    pub kinds: Vec<String>,
    pub(crate) stock: Stock,
}

/// Reads an instance: JSON when it starts with `{`, else the text format of BPPLIB.
///
/// The text format is the number of items, the capacity, then one size a line, with a count after it where a size
/// occurs more than once.
pub fn read_instance(text: &str) -> Result<PackInstance, PackError> {
    if text.trim_start().starts_with('{') {
        PackInstance::new(read_json(text)?, &|index| place_of(text, "items", index))
    } else {
        read_text(text)
    }
}

impl PackInstance {
    /// The problem of a file; `place` knows line and column of an item.
    fn new(file: File, place: &dyn Fn(usize) -> (usize, usize)) -> Result<Self, PackError> {
        let error = |index: usize, fault: String| {
            let (line, column) = place(index);
            PackError { line, column, message: format!("/items/{index}/{fault}") }
        };
        let scales = scales(&file);
        let scaled = |numbers: &[Decimal]| -> Option<Vec<u64>> {
            numbers.iter().zip(&scales).map(|(number, scale)| number.checked_mul((*scale).into())?.to_u64()).collect()
        };
        let too_large = |index| error(index, "size: the numbers have too many digits".to_owned());
        let capacity = scaled(&file.capacity).ok_or_else(|| too_large(0))?;
        let mut bin_types = Vec::new();
        for kind in &file.kinds {
            let own = kind.capacity != file.capacity;
            let capacity = if own { scaled(&kind.capacity).ok_or_else(|| too_large(0))? } else { Vec::new() };
            bin_types.push(BinType { cost: kind.cost, capacity });
        }
        let groups = together(&file.items);
        let numbers = Numbers::new(&file);
        let (mut types, mut origin, mut next_label) = (Vec::new(), Vec::new(), BTreeMap::new());
        for group in &groups {
            let [index, ..] = group.as_slice() else { continue };
            let joined = numbers.join(&file.items, group).map_err(|fault| error(*index, fault))?;
            let size = scaled(&joined.size).ok_or_else(|| too_large(*index))?;
            if group.len() > 1 || file.items[*index].together.len() * file.items[*index].count as usize > 1 {
                let fits = |capacity: &[u64]| size.iter().zip(capacity).all(|(size, room)| size <= room);
                let admits = |at: usize| joined.bin_types.is_empty() || joined.bin_types.contains(&at);
                let own = |at: usize| if bin_types[at].capacity.is_empty() { &capacity } else { &bin_types[at].capacity };
                let held = match bin_types.is_empty() {
                    true => fits(&capacity),
                    false => (0..bin_types.len()).any(|at| admits(at) && fits(own(at))),
                };
                if !held {
                    return Err(error(*index, "together: what must be together is larger than a bin".to_owned()));
                }
            }
            // Copies that exclude each other carry a label each.
            let (repeats, count) = if joined.attributes.is_empty() { (1, joined.count) } else { (joined.count, 1) };
            for _ in 0..repeats {
                let mut labels: Vec<(Attribute, Label)> = Vec::new();
                labels.extend(joined.class.map(|label| (Attribute(0), Label(label))));
                for &attribute in &joined.attributes {
                    let label: &mut u32 = next_label.entry(attribute).or_default();
                    labels.push((Attribute(attribute), Label(*label)));
                    *label += 1;
                }
                let (size, bin_types) = (size.clone(), joined.bin_types.clone());
                types.push(ItemType { size, count, labels, bin_types, ..ItemType::default() });
                origin.push(joined.origin.clone());
            }
        }
        let names = file.items.iter().enumerate().filter_map(|(at, item)| Some((at, item.name.clone()?))).collect();
        let stated: Vec<Option<u32>> = file.kinds.iter().map(|kind| kind.stock).collect();
        let kinds = file.kinds.into_iter().map(|kind| kind.name).collect();
        let mut problem = Problem { capacity, bin_types, types };
        let stock = Stock::limit(&mut problem, &stated);
        origin.resize(problem.types.len(), Vec::new());
        Ok(Self { problem, origin, names, kinds, stock })
    }
}

/// For each dimension the least power of ten that makes its numbers whole.
fn scales(file: &File) -> Vec<u64> {
    let numbers = || {
        let capacities = file.kinds.iter().map(|kind| &kind.capacity).chain([&file.capacity]);
        capacities.chain(file.items.iter().map(|item| &item.size))
    };
    let digits = |d: usize| numbers().filter_map(|n| n.get(d)).map(|n| n.normalize().scale()).max().unwrap_or(0);
    (0..file.capacity.len()).map(|d| 10u64.pow(digits(d))).collect()
}

/// Items that name a tag in common, in groups; an item that names none is alone.
fn together(items: &[Entry]) -> Vec<Vec<usize>> {
    let mut joined = UnionFind::<usize>::new(items.len());
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        for tag in &item.together {
            let other = *first.entry(tag).or_insert(index);
            joined.union(index, other);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut place: BTreeMap<usize, usize> = BTreeMap::new();
    for index in 0..items.len() {
        // In the order of the first of each.
        let at = *place.entry(joined.find(index)).or_insert(index);
        groups.entry(at).or_default().push(index);
    }
    groups.into_values().collect()
}

/// Classes, tags and kinds by number.
struct Numbers {
    class: BTreeMap<String, u32>,
    /// From 1 on: 0 is the class.
    tag: BTreeMap<String, u32>,
    kind: BTreeMap<String, usize>,
    /// The attribute of the bins that there are already.
    open: u32,
}

/// Items that are together, as one.
struct Joined {
    size: Vec<Decimal>,
    count: u32,
    class: Option<u32>,
    attributes: Vec<u32>,
    bin_types: Vec<usize>,
    origin: Vec<(usize, u32)>,
}

impl Numbers {
    fn new(file: &File) -> Self {
        let classes: BTreeSet<&String> = file.items.iter().filter_map(|e| e.class.as_ref()).collect();
        let tags: BTreeSet<&String> = file.items.iter().flat_map(|e| &e.apart).collect();
        let open = u32::try_from(tags.len() + 1).unwrap_or(u32::MAX);
        Self {
            class: classes.into_iter().cloned().zip(0..).collect(),
            tag: tags.into_iter().cloned().zip(1..).collect(),
            kind: file.kinds.iter().map(|k| k.name.clone()).zip(0..).collect(),
            open,
        }
    }

    /// One item for these; or the field at fault, and what is wrong.
    fn join(&self, items: &[Entry], group: &[usize]) -> Result<Joined, String> {
        let whole = group.len() > 1 || group.iter().any(|&at| !items[at].together.is_empty());
        let mut joined =
            Joined { size: Vec::new(), count: 1, class: None, attributes: Vec::new(), bin_types: Vec::new(), origin: Vec::new() };
        for &index in group {
            let item = &items[index];
            let copies = if whole { Decimal::from(item.count) } else { Decimal::ONE };
            let sizes = item.size.iter().map(|size| size.checked_mul(copies).unwrap_or(Decimal::MAX));
            joined.size = match joined.size.is_empty() {
                true => sizes.collect(),
                false => sizes.zip(&joined.size).map(|(a, b)| a.checked_add(*b).unwrap_or(Decimal::MAX)).collect(),
            };
            joined.count = if whole { u32::from(item.count > 0).max(joined.count.min(1)) } else { item.count };
            joined.origin.push((index, if whole { item.count } else { 1 }));
            let class = item.class.as_ref().and_then(|class| self.class.get(class)).copied();
            if joined.class.is_some() && class.is_some() && joined.class != class {
                return Err("together: items of different classes never share a bin".to_owned());
            }
            joined.class = joined.class.or(class);
            let mut attributes: Vec<u32> = item.apart.iter().filter_map(|tag| self.tag.get(tag)).copied().collect();
            attributes.extend(item.open.then_some(self.open));
            attributes.sort_unstable();
            attributes.dedup();
            if whole && (item.count > 1 && !attributes.is_empty() || attributes.iter().any(|a| joined.attributes.contains(a))) {
                return Err("together: what is `apart`, or `open` twice, cannot be together".to_owned());
            }
            joined.attributes.extend(attributes);
            let named = item.kinds.iter().flatten().filter_map(|name| self.kind.get(name).copied());
            let named: BTreeSet<usize> = named.collect();
            if !named.is_empty() {
                let known = std::mem::take(&mut joined.bin_types);
                joined.bin_types = named.into_iter().filter(|kind| known.is_empty() || known.contains(kind)).collect();
                if joined.bin_types.is_empty() {
                    return Err("together: no kind of bins may hold all that must be together".to_owned());
                }
            }
        }
        joined.attributes.sort_unstable();
        Ok(joined)
    }
}

fn read_text(text: &str) -> Result<PackInstance, PackError> {
    // Every word with its line and column.
    let lines: Vec<(usize, Vec<(usize, &str)>)> =
        text.lines().enumerate().map(|(at, line)| (at + 1, words(line))).filter(|(_, words)| !words.is_empty()).collect();
    let end = text.lines().count() + 1;
    let number = |line: usize, word: Option<&(usize, &str)>, what: &str| -> Result<u64, PackError> {
        let (column, word) = word.copied().unwrap_or((1, "the end of the file"));
        word.parse().map_err(|_| PackError { line, column, message: format!("found `{word}`, expected {what}, a whole number") })
    };
    let header = |at: usize, what: &str| -> Result<u64, PackError> {
        match lines.get(at) {
            Some((line, words)) => {
                let value = number(*line, words.first(), what)?;
                alone(*line, words, 1, what)?;
                Ok(value)
            }
            None => number(end, None, what),
        }
    };
    let items = header(0, "the number of items")?;
    let capacity = header(1, "the capacity")?;
    let mut entries = Vec::new();
    for (line, words) in lines.iter().skip(2) {
        let size = number(*line, words.first(), "a size")?;
        let count = match words.get(1) {
            Some(word) => number(*line, Some(word), "a count")?,
            None => 1,
        };
        alone(*line, words, 2, "a size and a count")?;
        let error = |column: usize, message: String| PackError { line: *line, column, message };
        if size > capacity {
            let message = format!("the size {size} is larger than the capacity {capacity}");
            return Err(error(words[0].0, message));
        }
        let count = u32::try_from(count).map_err(|_| error(words[1].0, format!("the count {count} is too large")))?;
        entries.push(Entry { size: vec![size.into()], count, ..Entry::default() });
    }
    // BPPLIB counts items where each line is one, and lines where sizes have counts.
    let copies: u64 = entries.iter().map(|e| u64::from(e.count)).sum();
    if items != entries.len() as u64 && items != copies {
        let found = entries.len();
        return Err(PackError {
            line: lines[0].0,
            column: lines[0].1[0].0,
            message: format!("{items} items are announced, but {found} sizes follow"),
        });
    }
    PackInstance::new(File { capacity: vec![capacity.into()], kinds: Vec::new(), items: entries }, &|_| (1, 1))
}

fn words(line: &str) -> Vec<(usize, &str)> {
    let start = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    line.split_whitespace().map(|word| (line[..start(word)].chars().count() + 1, word)).collect()
}

fn alone(line: usize, words: &[(usize, &str)], most: usize, what: &str) -> Result<(), PackError> {
    match words.get(most) {
        None => Ok(()),
        Some(&(column, word)) => {
            Err(PackError { line, column, message: format!("found `{word}`, expected nothing after {what}") })
        }
    }
}
