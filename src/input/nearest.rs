//! "Did you mean": the known name that a misspelt one most likely stands for.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use heck::ToKebabCase;

/// Longer than any name that somebody misspelt.
const LONGEST: usize = 256;
/// Errors after which names of a large list are no longer suggested: looking through it for each would take too long.
const SUGGESTED: usize = 20;
/// Letters that names must have in common in whole words: fewer are in too many names.
const IN_COMMON: usize = 4;

/// As [`nearest`], among as many candidates as an estate has components; `errors` is how many have been found so far.
pub(crate) fn nearest_of_many<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>, errors: usize) -> Option<&'a str> {
    if errors > SUGGESTED { None } else { nearest(found, candidates) }
}

/// The candidate nearest to `found`, if it is near enough to be worth suggesting: misspelt (about one error in three letters), begun, or
/// else with words in common (`enableServerless` and `serverless`).
pub(crate) fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if found.len() > LONGEST {
        return None;
    }
    let lower = found.to_lowercase();
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let misspelt = candidates.iter().map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), *candidate));
    let misspelt = misspelt.filter(|(distance, candidate)| {
        let begun = lower.len() >= 3 && candidate.to_lowercase().starts_with(&lower);
        begun || *distance <= 1 + candidate.len().max(found.len()) / 4
    });
    misspelt.min().map(|(_, candidate)| candidate).or_else(|| most_in_common(found, &candidates))
}

/// The candidate with the most letters in whole words that `found` has as well; of such, the one with the fewest others.
fn most_in_common<'a>(found: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let wanted = words(found);
    let common = candidates.iter().map(|candidate| {
        let words = words(candidate);
        let letters = |words: &mut dyn Iterator<Item = &String>| words.map(String::len).sum::<usize>();
        let shared = letters(&mut words.intersection(&wanted));
        (Reverse(shared), letters(&mut words.iter()) - shared, *candidate)
    });
    let half = |shared: usize, others: usize| shared >= IN_COMMON && shared >= others;
    common.filter(|(Reverse(shared), others, _)| half(*shared, *others)).min().map(|(.., candidate)| candidate)
}

fn words(name: &str) -> BTreeSet<String> {
    name.to_kebab_case().split('-').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_near_names_only() {
        let known = ["entityName", "partitionKey"];
        assert_eq!(nearest("entityNam", known), Some("entityName"));
        assert_eq!(nearest("CRUDapi", ["CrudApi", "StaticSite"]), Some("CrudApi"));
        assert_eq!(nearest("entity", known), Some("entityName"));
        assert_eq!(nearest("banana", known), None);
    }

    #[test]
    fn finds_parts_of_words() {
        let known = ["serverless", "defaultTtl", "consistency", "minimalTlsVersion", "zoneRedundant", "publicNetworkAccess"];
        for (found, meant) in [
            ("enableServerless", Some("serverless")),
            ("serverless_enabled", Some("serverless")),
            ("isZoneRedundant", Some("zoneRedundant")),
            ("defaultConsistencyLevel", Some("consistency")),
            ("networkAccess", Some("publicNetworkAccess")),
            ("minimum_tls_version", Some("minimalTlsVersion")),
            ("isPublic", None),
            ("versions", None),
        ] {
            assert_eq!(nearest(found, known), meant, "{found}");
        }
    }
}
