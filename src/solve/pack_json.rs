//! The JSON form of a bare packing instance.

use serde::{Deserialize, Deserializer, de};
use std::fmt;

use super::pack::PackError;

/// An item of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "one_or_more")]
    capacity: Vec<u64>,
    items: Vec<Entry>,
}

fn one() -> u32 {
    1
}

/// The capacity and the items; every item has as many dimensions as the capacity, and fits.
pub(super) fn read_json(text: &str) -> Result<(Vec<u64>, Vec<Entry>), PackError> {
    let file: File = serde_json::from_str(text).map_err(|error| {
        let full = error.to_string();
        // The place is in the fields; the text need not repeat it.
        let message = full.split(" at line ").next().unwrap_or(&full).to_owned();
        PackError { line: error.line(), column: error.column(), message }
    })?;
    for (index, entry) in file.items.iter().enumerate() {
        let fault = if entry.size.len() != file.capacity.len() {
            let (found, expected) = (entry.size.len(), file.capacity.len());
            Some(format!("found {found} sizes, expected {expected}, as in `capacity`"))
        } else {
            let mut sizes = entry.size.iter().zip(&file.capacity);
            let over = sizes.find(|(size, capacity)| size > capacity);
            over.map(|(size, capacity)| format!("the size {size} is larger than the capacity {capacity}"))
        };
        if let Some(fault) = fault {
            let (line, column) = place_of_item(text, index);
            return Err(PackError { line, column, message: format!("/items/{index}/size: {fault}") });
        }
    }
    Ok((file.capacity, file.items))
}

/// Line and column of an element of the top-level `items`, in a text that is valid JSON.
fn place_of_item(text: &str, index: usize) -> (usize, usize) {
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
                if c == '{' && depth == 2 && key == "items" && commas == index {
                    return (line, column);
                }
                depth += 1;
            }
            '}' | ']' => depth -= 1,
            ',' if depth == 2 && key == "items" => commas += 1,
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
