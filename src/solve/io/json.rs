//! The JSON form of a bare packing instance.

use serde::{Deserialize, Deserializer, de};
use std::fmt;

use crate::solve::io::error::PackError;

/// An item of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    #[serde(deserialize_with = "one_or_more")]
    pub size: Vec<u64>,
    #[serde(default = "one")]
    pub count: u32,
    /// Items of different classes never share a bin.
    #[serde(default)]
    pub class: Option<String>,
    /// Items that name the same tag never share a bin, nor do copies of one item.
    #[serde(default)]
    pub apart: Vec<String>,
    /// The kinds of bins that may hold it; all where none are stated.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
}

/// A kind of bins of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindEntry {
    pub name: String,
    pub cost: u64,
}

/// A packing instance as the file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(deserialize_with = "one_or_more")]
    pub capacity: Vec<u64>,
    #[serde(default)]
    pub kinds: Vec<KindEntry>,
    pub items: Vec<Entry>,
}

/// Copies that may be apart.
const APART: u64 = 1_000_000;

fn one() -> u32 {
    1
}

/// Reads a file. Every item has as many dimensions as the capacity, fits, and names kinds that there are.
pub(crate) fn read_json(text: &str) -> Result<File, PackError> {
    let file: File = serde_json::from_str(text).map_err(|error| {
        let full = error.to_string();
        // The place is in the fields; the text need not repeat it.
        let message = full.split(" at line ").next().unwrap_or(&full).to_owned();
        PackError { line: error.line(), column: error.column(), message }
    })?;
    let error = |list: &str, index: usize, field: &str, fault: String| {
        let (line, column) = place_of(text, list, index);
        Err(PackError { line, column, message: format!("/{list}/{index}/{field}: {fault}") })
    };
    for (index, kind) in file.kinds.iter().enumerate() {
        if kind.cost == 0 {
            return error("kinds", index, "cost", "found 0, expected a cost of at least 1".to_owned());
        }
        if file.kinds[..index].iter().any(|other| other.name == kind.name) {
            return error("kinds", index, "name", format!("the name `{}` is used before", kind.name));
        }
    }
    let mut apart = 0;
    for (index, entry) in file.items.iter().enumerate() {
        if let Some(fault) = fault_of_size(entry, &file.capacity) {
            return error("items", index, "size", fault);
        }
        if let Some(fault) = fault_of_kinds(entry, &file.kinds) {
            return error("items", index, "kinds", fault);
        }
        if !entry.apart.is_empty() {
            apart += u64::from(entry.count);
        }
        if apart > APART {
            let fault = format!("more than {APART} copies of items are `apart`, each of which is looked at by itself");
            return error("items", index, "count", fault);
        }
    }
    Ok(file)
}

fn fault_of_size(entry: &Entry, capacity: &[u64]) -> Option<String> {
    if entry.size.len() != capacity.len() {
        let (found, expected) = (entry.size.len(), capacity.len());
        return Some(format!("found {found} sizes, expected {expected}, as in `capacity`"));
    }
    let over = entry.size.iter().zip(capacity).find(|(size, capacity)| size > capacity);
    over.map(|(size, capacity)| format!("the size {size} is larger than the capacity {capacity}"))
}

fn fault_of_kinds(entry: &Entry, kinds: &[KindEntry]) -> Option<String> {
    let named = entry.kinds.as_ref()?;
    if named.is_empty() {
        return Some("no kind may hold the item; leave `kinds` out to allow all".to_owned());
    }
    let unknown = named.iter().find(|name| !kinds.iter().any(|kind| kind.name == **name))?;
    let known: Vec<String> = kinds.iter().map(|kind| format!("`{}`", kind.name)).collect();
    Some(match known.is_empty() {
        true => format!("there is no kind `{unknown}`; state it in `kinds` beside `items`"),
        false => format!("there is no kind `{unknown}`; there are {}", known.join(", ")),
    })
}

/// Line and column of an element of a top-level list, in a text that is valid JSON.
fn place_of(text: &str, list: &str, index: usize) -> (usize, usize) {
    let (mut line, mut column) = (1, 0);
    let mut depth = 0;
    let mut quoted: Option<String> = None;
    let mut escaped = false;
    let mut key = String::new();
    let mut commas = 0;
    for c in text.chars() {
        if c == '\n' {
            (line, column) = (line + 1, 0);
        } else {
            column += 1;
        }
        if let Some(word) = &mut quoted {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    if depth == 1 {
                        key = std::mem::take(word);
                    }
                    quoted = None;
                }
                _ => word.push(c),
            }
            continue;
        }
        match c {
            '"' => quoted = Some(String::new()),
            '{' | '[' => {
                if c == '{' && depth == 2 && key == list && commas == index {
                    return (line, column);
                }
                depth += 1;
            }
            '}' | ']' => depth -= 1,
            ',' if depth == 2 && key == list => commas += 1,
            _ => {}
        }
    }
    (line, column)
}

/// A list of numbers, or a single one for one dimension.
fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    struct Numbers;
    impl<'de> de::Visitor<'de> for Numbers {
        type Value = Vec<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number, or a list with one a dimension")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(vec![number])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut numbers = Vec::new();
            while let Some(number) = list.next_element()? {
                numbers.push(number);
            }
            Ok(numbers)
        }
    }
    from.deserialize_any(Numbers)
}
