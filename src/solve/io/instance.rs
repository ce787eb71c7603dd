//! Bare packing instances: reading them, and the answer that is written.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

use crate::solve::io::error::PackError;
use crate::solve::io::json::{Entry, File, read_json};
use crate::solve::problem::certificate::Certificate;
use crate::solve::problem::outcome::Outcome;
use crate::solve::problem::packing::Packing;
use crate::solve::problem::statement::{Attribute, BinType, ItemType, Label, Problem};

/// A packing instance as read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackInstance {
    /// The problem to solve.
    pub problem: Problem,
    /// For each item type of the problem, the item of the file that it comes from. An item that is `apart` from its
    /// own copies becomes one type a copy.
    pub origin: Vec<usize>,
    /// The names of the bin types of the problem.
    pub kinds: Vec<String>,
}

/// Reads an instance: JSON when it starts with `{`, else the text format of BPPLIB.
///
/// The text format is the number of items, the capacity, then one size a line, with a count after it where a size
/// occurs more than once.
pub fn read_instance(text: &str) -> Result<PackInstance, PackError> {
    if text.trim_start().starts_with('{') { Ok(PackInstance::new(read_json(text)?)) } else { read_text(text) }
}

impl PackInstance {
    pub(crate) fn new(file: File) -> Self {
        let File { capacity, kinds, items: entries } = file;
        let kind_number: BTreeMap<&str, usize> = kinds.iter().map(|k| k.name.as_str()).zip(0..).collect();
        let classes: BTreeSet<&str> = entries.iter().filter_map(|e| e.class.as_deref()).collect();
        let tags: BTreeSet<&str> = entries.iter().flat_map(|e| e.apart.iter().map(String::as_str)).collect();
        let class_number: BTreeMap<&str, u32> = classes.iter().copied().zip(0..).collect();
        let tag_number: BTreeMap<&str, u32> = tags.iter().copied().zip(1..).collect();
        let mut next_label: BTreeMap<u32, u32> = BTreeMap::new();
        let (mut types, mut origin) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let named = entry.kinds.iter().flatten().filter_map(|name| kind_number.get(name.as_str()).copied());
            let bin_types: Vec<usize> = named.collect::<BTreeSet<usize>>().into_iter().collect();
            let class = entry.class.as_deref().map(|c| class_number[c]);
            let mut attributes: Vec<u32> = entry.apart.iter().map(|t| tag_number[&**t]).collect();
            attributes.sort_unstable();
            attributes.dedup();
            // Copies that exclude each other carry a label each.
            let (repeats, count) = match attributes.is_empty() {
                true => (1, entry.count),
                false => (entry.count, 1),
            };
            for _ in 0..repeats {
                let mut labels: Vec<(Attribute, Label)> = Vec::new();
                labels.extend(class.map(|label| (Attribute(0), Label(label))));
                for &attribute in &attributes {
                    let label = next_label.entry(attribute).or_default();
                    labels.push((Attribute(attribute), Label(*label)));
                    *label += 1;
                }
                types.push(ItemType {
                    size: entry.size.clone(),
                    count,
                    labels,
                    bin_types: bin_types.clone(),
                    ..ItemType::default()
                });
                origin.push(index);
            }
        }
        let bin_types = kinds.iter().map(|kind| BinType { cost: kind.cost }).collect();
        let kinds = kinds.into_iter().map(|kind| kind.name).collect();
        Self { problem: Problem { capacity, bin_types, types }, origin, kinds }
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
        entries.push(Entry { size: vec![size], count, class: None, apart: Vec::new(), kinds: None });
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
    Ok(PackInstance::new(File { capacity: vec![capacity], kinds: Vec::new(), items: entries }))
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

/// The answer to a bare instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackAnswer {
    /// The number of bins.
    pub bins: u64,
    /// What the bins cost, if the instance states kinds of bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
    /// What every packing costs at least; where no kinds of bins are stated, how many bins it needs.
    pub lower_bound: u64,
    /// Whether no packing costs less, or has fewer bins.
    pub optimal: bool,
    /// How long it took.
    pub seconds: f64,
    /// The evidence of the lower bound, about the types of [`PackInstance::problem`].
    pub certificate: Certificate,
    /// The distinct contents of bins.
    pub patterns: Vec<PackPattern>,
}

/// Bins with the same contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackPattern {
    /// How many bins have these contents.
    pub count: u32,
    /// The kind of the bins, if the instance states kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Items of the file, by their place in it, and how many copies of each.
    pub items: BTreeMap<usize, u32>,
}

impl PackAnswer {
    /// The answer that an outcome gives for the items of the file.
    pub fn new(instance: &PackInstance, outcome: &Outcome, seconds: f64) -> Self {
        let bins = outcome.packing().patterns.iter().map(|pattern| {
            let items = pattern.items.iter().map(|&(t, n)| (instance.origin[t], n));
            (items.collect(), pattern.count)
        });
        let kind = |items: &[(usize, u32)]| {
            // Any type of an item of the file tells its kinds; types come in the order of the items.
            let types: Vec<(usize, u32)> =
                items.iter().map(|&(item, n)| (instance.origin.partition_point(|&o| o < item), n)).collect();
            instance.problem.bin_type_of(&types).and_then(|bin_type| instance.kinds.get(bin_type).cloned())
        };
        Self {
            bins: outcome.packing().bins(),
            cost: (!instance.kinds.is_empty()).then(|| outcome.cost()),
            lower_bound: outcome.lower_bound(),
            optimal: outcome.is_proven(),
            seconds,
            certificate: outcome.certificate().clone(),
            patterns: Packing::from_bins(bins)
                .patterns
                .into_iter()
                .map(|p| PackPattern { count: p.count, kind: kind(&p.items), items: p.items.into_iter().collect() })
                .collect(),
        }
    }
}
