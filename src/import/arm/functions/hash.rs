//! The hashes that templates make names of, as Azure computes them.

use data_encoding::Specification;
use serde_json::Value;
use uuid::Uuid;

use super::known;

/// The namespace in which `guid` makes its version 5 UUIDs, as the Bicep documentation of the function states it.
const GUIDS: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

/// `guid`: the UUID of its arguments with `-` between them.
pub(super) fn guid(arguments: &[Value]) -> Option<Value> {
    joined(arguments).map(|text| Value::String(Uuid::new_v5(&GUIDS, text.as_bytes()).to_string()))
}

/// `uniqueString`: thirteen letters and digits from a 64-bit hash of its arguments with `-` between them.
pub(super) fn unique_string(arguments: &[Value]) -> Option<Value> {
    let hash = murmur(joined(arguments)?.as_bytes());
    // Base 32 takes five bits at a time, and the last letter holds what is left of the 64, filled up with zeros.
    let mut letters = Specification::new();
    letters.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    Some(Value::String(letters.encoding().ok()?.encode(&hash.to_be_bytes())))
}

fn joined(arguments: &[Value]) -> Option<String> {
    let texts: Option<Vec<&str>> = (0..arguments.len()).map(|rank| known(arguments, rank)).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("-"))
}

const C1: u32 = 0x239b_961b;
const C2: u32 = 0xab0e_9789;

/// The 64-bit variant of MurmurHash3 with two lanes of 32 bits, from seed 0.
fn murmur(data: &[u8]) -> u64 {
    let (mut one, mut two) = (0_u32, 0_u32);
    let mut blocks = data.chunks_exact(8);
    for block in blocks.by_ref() {
        let (first, second) = (word(block, 0), word(block, 4));
        one = (one ^ mixed(first)).rotate_left(19).wrapping_add(two).wrapping_mul(5).wrapping_add(0x561c_cd1b);
        two = (two ^ mixed_other(second)).rotate_left(13).wrapping_add(one).wrapping_mul(5).wrapping_add(0x0bca_a747);
    }
    let rest = blocks.remainder();
    if !rest.is_empty() {
        one ^= mixed(word(rest, 0));
        two ^= mixed_other(word(rest, 4));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the hash takes the low bits of the length")]
    let length = data.len() as u32;
    one ^= length;
    two ^= length;
    one = one.wrapping_add(two);
    two = two.wrapping_add(one);
    (one, two) = (finished(one), finished(two));
    one = one.wrapping_add(two);
    two = two.wrapping_add(one);
    u64::from(two) << 32 | u64::from(one)
}

/// Four bytes from a place on, little end first; what is missing is zero.
fn word(bytes: &[u8], from: usize) -> u32 {
    (0..4).rev().fold(0, |word, rank| word << 8 | u32::from(bytes.get(from + rank).copied().unwrap_or_default()))
}

fn mixed(word: u32) -> u32 {
    word.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

fn mixed_other(word: u32) -> u32 {
    word.wrapping_mul(C2).rotate_left(17).wrapping_mul(C1)
}

fn finished(mut hash: u32) -> u32 {
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hashes_are_those_of_azure() {
        let of = |arguments: Value| unique_string(arguments.as_array().expect("a list")).expect("it is known");
        assert_eq!(of(json!(["/subscriptions/00000000-0000-0000-0000-000000000000", "resource-id"])), "cwvxuqg24sifi");
        assert_eq!(of(json!(["a"])).as_str().map(str::len), Some(13));
        assert_eq!(guid(&[json!("a"), json!("b")]), guid(&[json!("a-b")]));
        assert_eq!(guid(&[json!("\u{E000}ux\u{E001}")]), None);
        assert_eq!(unique_string(&[]), None);
    }
}
