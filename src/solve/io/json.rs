//! The JSON form of a bare packing instance.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::str::FromStr;

use crate::solve::io::error::PackError;

/// An item of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    #[serde(deserialize_with = "one_or_more")]
    pub size: Vec<Decimal>,
    #[serde(default = "one")]
    pub count: u32,
    /// What the answer calls it.
    #[serde(default)]
    pub name: Option<String>,
    /// Items of different classes never share a bin.
    #[serde(default)]
    pub class: Option<String>,
    /// Items that name the same tag never share a bin, nor do copies of one item.
    #[serde(default)]
    pub apart: Vec<String>,
    /// Items that name the same tag, with all their copies, share one bin.
    #[serde(default)]
    pub together: Vec<String>,
    /// The kinds of bins that may hold it; all where none are stated.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
    /// Whether it is the contents of a bin that there is already.
    #[serde(default)]
    pub open: bool,
}

/// A kind of bins of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindEntry {
    #[serde(default)]
    pub name: String,
    pub cost: u64,
    /// That of the file where none is stated.
    #[serde(default, deserialize_with = "one_or_more")]
    pub capacity: Vec<Decimal>,
    /// How many there are; any number where none is stated.
    #[serde(default)]
    pub stock: Option<u32>,
}

/// A packing instance as the file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default, deserialize_with = "one_or_more")]
    pub capacity: Vec<Decimal>,
    #[serde(default, alias = "bins")]
    pub kinds: Vec<KindEntry>,
    pub items: Vec<Entry>,
}

/// Copies that may be apart.
const APART: u64 = 1_000_000;

fn one() -> u32 {
    1
}

/// Digits after the decimal point of a capacity or a size.
const DECIMALS: u32 = 9;

/// Reads a file. Every item has as many dimensions as the capacity, fits, and names kinds that there are.
pub(crate) fn read_json(text: &str) -> Result<File, PackError> {
    let mut file: File = serde_json::from_str(text).map_err(|error| {
        let full = error.to_string();
        // The place is in the fields; the text need not repeat it.
        let message = full.split(" at line ").next().unwrap_or(&full).to_owned();
        PackError { line: error.line(), column: error.column(), message }
    })?;
    let error = |list: &str, index: usize, field: &str, fault: String| {
        let (line, column) = place_of(text, list, index);
        PackError { line, column, message: format!("/{list}/{index}/{field}: {fault}") }
    };
    check_kinds(&mut file, &error)?;
    let mut apart = 0;
    for (index, entry) in file.items.iter().enumerate() {
        if let Some(fault) = fault_of_kinds(entry, &file.kinds) {
            return Err(error("items", index, "kinds", fault));
        }
        if let Some(fault) = fault_of_size(entry, &file) {
            return Err(error("items", index, "size", fault));
        }
        if entry.open && entry.count != 1 {
            let fault = format!("found {}, expected 1: an `open` bin is one", entry.count);
            return Err(error("items", index, "count", fault));
        }
        if !entry.apart.is_empty() {
            apart += u64::from(entry.count);
        }
        if apart > APART {
            let fault = format!("more than {APART} copies of items are `apart`, each of which is looked at by itself");
            return Err(error("items", index, "count", fault));
        }
    }
    Ok(file)
}

/// Checks the kinds, and names those that have no name by their place.
fn check_kinds(file: &mut File, error: &dyn Fn(&str, usize, &str, String) -> PackError) -> Result<(), PackError> {
    if let Some(first) = file.kinds.first().filter(|_| file.capacity.is_empty()) {
        file.capacity.clone_from(&first.capacity);
    }
    for index in 0..file.kinds.len() {
        let (before, from) = file.kinds.split_at_mut(index);
        let Some(kind) = from.first_mut() else { continue };
        if kind.name.is_empty() {
            kind.name = index.to_string();
        }
        if kind.cost == 0 {
            return Err(error("kinds", index, "cost", "found 0, expected a cost of at least 1".to_owned()));
        }
        if before.iter().any(|other| other.name == kind.name) {
            return Err(error("kinds", index, "name", format!("the name `{}` is used before", kind.name)));
        }
        if kind.capacity.is_empty() {
            kind.capacity.clone_from(&file.capacity);
        }
        if kind.capacity.len() != file.capacity.len() || kind.capacity.is_empty() {
            let (found, expected) = (kind.capacity.len(), file.capacity.len().max(1));
            let fault = format!("found {found} dimensions, expected {expected}, as in `capacity` beside `items`");
            return Err(error("kinds", index, "capacity", fault));
        }
    }
    if file.capacity.is_empty() {
        let message = "missing field `capacity`".to_owned();
        return Err(PackError { line: 1, column: 1, message });
    }
    Ok(())
}

fn fault_of_size(entry: &Entry, file: &File) -> Option<String> {
    if entry.size.len() != file.capacity.len() {
        let (found, expected) = (entry.size.len(), file.capacity.len());
        return Some(format!("found {found} sizes, expected {expected}, as in `capacity`"));
    }
    let over =
        |capacity: &[Decimal]| entry.size.iter().zip(capacity).find(|(size, capacity)| size > capacity).map(|o| (*o.0, *o.1));
    if file.kinds.is_empty() {
        let (size, capacity) = over(&file.capacity)?;
        return Some(format!("the size {size} is larger than the capacity {capacity}"));
    }
    let may = |kind: &&KindEntry| entry.kinds.as_ref().is_none_or(|named| named.contains(&kind.name));
    let mut faults: Vec<(Decimal, Decimal, &str)> = Vec::new();
    for kind in file.kinds.iter().filter(may) {
        let (size, capacity) = over(&kind.capacity)?;
        faults.push((size, capacity, &kind.name));
    }
    let alike = file.kinds.iter().all(|kind| kind.capacity == file.capacity);
    faults.iter().max_by_key(|fault| fault.1).map(|(size, capacity, name)| match alike {
        true => format!("the size {size} is larger than the capacity {capacity}"),
        false => format!("the size {size} is larger than the capacity {capacity} of the kind `{name}`, and fits in no other"),
    })
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
pub(crate) fn place_of(text: &str, list: &str, index: usize) -> (usize, usize) {
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
fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Decimal>, D::Error> {
    struct Numbers;
    impl<'de> de::Visitor<'de> for Numbers {
        type Value = Vec<Decimal>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number from 0 on, or a list with one a dimension")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(vec![number.into()])
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
            Err(E::invalid_value(de::Unexpected::Signed(number), &self))
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
            decimal(number).map(|number| vec![number]).map_err(E::custom)
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut numbers = Vec::new();
            while let Some(Number(number)) = list.next_element()? {
                numbers.push(number);
            }
            Ok(numbers)
        }
    }
    from.deserialize_any(Numbers)
}

/// A number of a list.
struct Number(Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct One;
        impl de::Visitor<'_> for One {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 on")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Number(number.into()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                decimal(number).map(Number).map_err(E::custom)
            }
        }
        from.deserialize_any(One)
    }
}

/// A decimal number as it is written: the shortest that stands for this floating-point number.
fn decimal(number: f64) -> Result<Decimal, String> {
    let read = Decimal::from_str(&number.to_string()).map_err(|_| format!("the number {number} is too large"))?;
    if read.is_sign_negative() {
        return Err(format!("found {number}, expected a number from 0 on"));
    }
    if read.normalize().scale() > DECIMALS {
        return Err(format!("the number {number} has more than {DECIMALS} digits after the decimal point"));
    }
    Ok(read.normalize())
}
