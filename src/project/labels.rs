//! Names of provider resources within a template.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// A label for each node, from its owner's id and the symbols and elements that lead to it: letters, digits and `_`,
/// what every language takes, and none twice. Where two would be equal, each ends in a hash of what it stands for.
pub(super) fn label<'a>(nodes: impl Iterator<Item = (&'a str, &'a [String])>) -> Vec<String> {
    let full: Vec<(String, String)> = nodes
        .map(|(owner, path)| {
            let exact = std::iter::once(owner).chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("/");
            let plain = exact.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>();
            let mut plain = plain.join("_");
            if plain.starts_with(|c: char| c.is_ascii_digit()) {
                plain.insert(0, '_');
            }
            (exact, plain)
        })
        .collect();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for (_, plain) in &full {
        *taken.entry(plain.to_ascii_lowercase()).or_default() += 1;
    }
    full.into_iter()
        .map(|(exact, plain)| {
            if taken.get(&plain.to_ascii_lowercase()).is_some_and(|count| *count > 1) {
                let hash = Sha256::digest(exact.as_bytes());
                format!("{plain}_{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3])
            } else {
                plain
            }
        })
        .collect()
}
