//! "Did you mean": the known name that a misspelt one most likely stands for.

/// Longer than any name that somebody misspelt.
const LONGEST: usize = 256;
/// Errors after which names of a large list are no longer suggested: looking through it for each would take too long.
const SUGGESTED: usize = 20;

/// As [`nearest`], among as many candidates as an estate has components; `errors` is how many have been found so far.
pub(crate) fn nearest_of_many<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>, errors: usize) -> Option<&'a str> {
    if errors > SUGGESTED { None } else { nearest(found, candidates) }
}

/// The candidate nearest to `found`, if it is near enough to be worth suggesting (about one error in three letters).
pub(crate) fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if found.len() > LONGEST {
        return None;
    }
    let lower = found.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            let begun = lower.len() >= 3 && candidate.to_lowercase().starts_with(&lower);
            begun || *distance <= 1 + candidate.len().max(found.len()) / 4
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_near_names_only() {
        assert_eq!(nearest("entityNam", ["entityName", "partitionKey"]), Some("entityName"));
        assert_eq!(nearest("CRUDapi", ["CrudApi", "StaticSite"]), Some("CrudApi"));
        assert_eq!(nearest("entity", ["entityName", "partitionKey"]), Some("entityName"));
        assert_eq!(nearest("banana", ["entityName", "partitionKey"]), None);
    }
}
