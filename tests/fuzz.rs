//! Inputs that nobody writes: each entry of `fuzz/` on its corpus, and on mutations of it that are the same in every run.
//!
//! `FUZZ_SEED` and `FUZZ_COUNT` try others and more: `FUZZ_SEED=7 FUZZ_COUNT=100000 cargo test --release --test fuzz estate`.

#[path = "../fuzz/entries.rs"]
mod entries;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).expect("small")
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Values that programs trip over.
fn odd(random: &mut Random) -> Value {
    match random.below(24) {
        0 => Value::Null,
        1 => json!(0),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(4_000_000_000_u64),
        5 => json!(1e308),
        6 => json!(0.5),
        7 => json!(""),
        8 => json!("x".repeat(1000)),
        9 => json!("ÄÖ😀\u{202e}\u{0}\n"),
        10 => json!("${"),
        11 => json!("${cosmos.documentEndpoint}"),
        12 => json!("${a:b.c}${A.endpoint"),
        13 => json!("{{ config.name }}"),
        14 => json!("{{ 1 // 0 }}"),
        15 => json!("{% for a in range(9999) %}{{ a }}{% endfor %}"),
        16 => json!("'; [concat('"),
        17 => json!("\u{fdd0}0\u{fdd1}"),
        18 => json!([]),
        19 => json!({}),
        20 => json!(true),
        21 => json!("-2"),
        22 => json!(201),
        _ => json!([[["deep"]]]),
    }
}

/// The nodes of a value, counted.
fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(array) => array.iter().map(nodes).sum(),
        Value::Object(map) => map.values().map(nodes).sum(),
        _ => 0,
    }
}

/// The node with a number, in the order of [`nodes`].
fn node<'v>(value: &'v mut Value, number: &mut usize) -> Option<&'v mut Value> {
    if *number == 0 {
        return Some(value);
    }
    *number -= 1;
    match value {
        Value::Array(array) => array.iter_mut().find_map(|value| node(value, number)),
        Value::Object(map) => map.values_mut().find_map(|value| node(value, number)),
        _ => None,
    }
}

fn any<'v>(value: &'v mut Value, random: &mut Random) -> &'v mut Value {
    let mut number = random.below(nodes(value));
    node(value, &mut number).expect("a node with each number")
}

/// Changes the structure of a document in one place.
fn mutate(value: &mut Value, random: &mut Random) {
    let other = any(&mut value.clone(), random).clone();
    let odd = odd(random);
    let target = any(value, random);
    match random.below(6) {
        0 => *target = other,
        1 | 2 => *target = odd,
        _ => match target {
            Value::Array(array) => match random.below(3) {
                0 => array.push(if random.below(2) == 0 { other } else { odd }),
                1 if !array.is_empty() => drop(array.remove(random.below(array.len()))),
                _ => array.extend(array.clone()),
            },
            Value::Object(map) => {
                let keys: Vec<String> = map.keys().cloned().collect();
                let key = if keys.is_empty() { "x".to_owned() } else { random.pick(&keys).clone() };
                match random.below(4) {
                    0 => drop(map.remove(&key)),
                    1 => drop(map.insert(key + "2", other)),
                    2 => drop(map.insert(odd.as_str().unwrap_or("version").to_owned(), other)),
                    _ => drop(map.insert(key, odd)),
                }
            }
            other => *other = odd,
        },
    }
}

/// Changes some bytes.
fn garble(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let (at, to) = (random.below(bytes.len() + 1), random.below(bytes.len() + 1));
        let (from, to) = (at.min(to), at.max(to));
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] = random.next().to_le_bytes()[0],
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(from..to.min(from + 20))),
            3 => {
                let piece = bytes[from..to.min(from + 200)].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let tokens = [&b"["[..], b"}", b"\"", b",", b"\\u0000", b"1e999", b"-", b"\xff", b"\n"];
                drop(bytes.splice(at..at, random.pick(&tokens).to_vec()));
            }
            _ => drop(bytes.splice(at..at, b"[".repeat(random.below(300)))),
        }
    }
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("readable"))).collect()
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn run(target: &str, count: u64) {
    let (_, entry) = entries::ALL.iter().find(|(name, _)| *name == target).expect("an entry");
    let corpus = corpus(target);
    assert!(!corpus.is_empty(), "{target} has no corpus");
    let attempt = |bytes: &[u8], what: &str| {
        if catch_unwind(|| entry(bytes)).is_err() {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}"));
            fs::write(&path, bytes).expect("written");
            panic!("{target}: {what} fails; it is in {}", path.display());
        }
    };
    for (path, bytes) in &corpus {
        attempt(bytes, &path.display().to_string());
    }
    let seed = variable("FUZZ_SEED").unwrap_or(1);
    let mut random = Random(seed);
    for number in 0..variable("FUZZ_COUNT").unwrap_or(count) {
        let (_, bytes) = random.pick(&corpus);
        let mut bytes = bytes.clone();
        if let (Ok(mut value), 0..6) = (serde_json::from_slice(&bytes), random.below(8)) {
            for _ in 0..=random.below(3) {
                mutate(&mut value, &mut random);
            }
            bytes = serde_json::to_vec(&value).expect("JSON");
        } else {
            garble(&mut bytes, &mut random);
        }
        attempt(&bytes, &format!("mutation {number} of seed {seed}"));
    }
}

#[test]
fn estate() {
    run("estate", 60);
}

#[test]
fn rules() {
    run("rules", 40);
}

#[test]
fn lock() {
    run("lock", 60);
}

#[test]
fn plan() {
    run("plan", 20);
}

#[test]
fn pack() {
    run("pack", 150);
}

#[test]
fn prices() {
    run("prices", 30);
}

#[test]
fn case() {
    run("case", 1000);
}

#[test]
fn import() {
    run("import", 60);
}

#[test]
fn scenarios() {
    run("scenarios", 20);
}

#[test]
fn diff() {
    run("diff", 100);
}
