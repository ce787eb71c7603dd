//! Names that the provider accepts, never cut into a collision.

use heck::{ToKebabCase, ToPascalCase, ToShoutySnakeCase};
use sha2::{Digest, Sha256};

use super::Prefix;
use crate::estate::{Estate, Settings};

/// Which characters a name may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// Lowercase letters and digits.
    LowercaseDigits,
    /// Lowercase letters, digits and single hyphens within.
    LowercaseHyphen,
}

impl Characters {
    pub(crate) const WORDS: [(&'static str, Characters); 2] =
        [("lowercaseDigits", Characters::LowercaseDigits), ("lowercaseHyphen", Characters::LowercaseHyphen)];
}

/// Within what names of a type are unique.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameScope {
    /// The resource group.
    #[default]
    ResourceGroup,
    /// The region.
    Region,
    /// All of the provider: somebody else may have a name already.
    Global,
}

impl NameScope {
    pub(crate) const WORDS: [(&'static str, NameScope); 3] =
        [("resourceGroup", NameScope::ResourceGroup), ("region", NameScope::Region), ("global", NameScope::Global)];
}

/// How the provider wants resources of a type named.
#[derive(Clone, Debug)]
pub struct Naming {
    /// What names of this type begin with.
    pub abbreviation: String,
    /// The requirement key that is left out of names.
    pub default_key: Option<String>,
    /// The fewest characters.
    pub min_length: usize,
    /// The most characters.
    pub max_length: usize,
    /// The characters allowed.
    pub characters: Characters,
    /// Words that no name may contain, in lower case.
    pub reserved: Vec<String>,
    /// Within what names are unique.
    pub scope: NameScope,
}

/// Characters of a hash in a name: 10 of base 32 are 50 bits, so 10,000 shortened names collide once in 20 million estates.
const HASH_LENGTH: usize = 10;

/// Characters of the suffix that is made of a subscription.
const SUFFIX_LENGTH: usize = 5;

impl Naming {
    /// The naming of a type whose rule says nothing of it.
    pub(crate) fn plain(resource_type: &str) -> Self {
        let abbreviation: String = resource_type.bytes().filter(u8::is_ascii_alphanumeric).map(char::from).collect();
        Self {
            abbreviation: abbreviation.to_lowercase(),
            default_key: None,
            min_length: 1,
            max_length: 60,
            characters: Characters::LowercaseHyphen,
            reserved: Vec::new(),
            scope: NameScope::default(),
        }
    }

    /// What names that are unique in all of the provider end in: the estate's suffix, or one made of its subscription.
    pub(crate) fn suffix(estate: &Estate) -> Option<String> {
        let Settings { name_suffix, subscription, .. } = &estate.settings;
        name_suffix.clone().or_else(|| {
            let environment = estate.environment.as_deref().unwrap_or_default();
            let whole = format!("{}\n{}\n{environment}", subscription.as_ref()?.to_ascii_lowercase(), estate.name);
            Some(hash(&whole).chars().take(SUFFIX_LENGTH).collect())
        })
    }

    /// A reserved word that a name contains.
    pub(crate) fn reserved_in(&self, name: &str) -> Option<&str> {
        self.reserved.iter().map(String::as_str).find(|word| name.contains(word))
    }

    /// The name of the `number`th resource of a group, counted from 1: `{abbreviation}-{estate}-{environment}-{key}-{number}`,
    /// without what is missing, without the type's default key, and without the number 1.
    ///
    /// A name that is unique in all of the provider ends in the suffix. It depends on the group alone otherwise, so a new neighbour never renames a resource. Where the characters allowed or the
    /// length cannot tell all keys apart, the name ends in a hash of the whole (case counts, punctuation counts).
    pub(crate) fn name(&self, estate: &str, environment: Option<&str>, key: &str, number: usize, suffix: Option<&str>) -> String {
        let suffix = suffix.filter(|_| self.scope == NameScope::Global);
        let named_key = (self.default_key.as_deref() != Some(key)).then_some(key);
        let number = (number > 1).then(|| number.to_string());
        let parts = [Some(self.abbreviation.as_str()), Some(estate), environment, named_key, number.as_deref()];
        let whole: Vec<&str> = parts.into_iter().flatten().collect();
        let separator = match self.characters {
            Characters::LowercaseDigits => "",
            Characters::LowercaseHyphen => "-",
        };
        let clean: Vec<String> = whole.iter().map(|part| self.clean(part)).filter(|part| !part.is_empty()).collect();
        let name = clean.join(separator);
        let tail = suffix.map_or_else(String::new, |suffix| format!("{separator}{suffix}"));
        let told_apart = named_key.is_none_or(|key| !separator.is_empty() && self.clean(key) == key);
        if told_apart && (self.min_length..=self.max_length).contains(&(name.len() + tail.len())) {
            return name + &tail;
        }
        let mut short: String =
            name.chars().take(self.max_length.saturating_sub(HASH_LENGTH + separator.len() + tail.len())).collect();
        if !separator.is_empty() {
            short.truncate(short.trim_end_matches('-').len());
        }
        format!("{short}{separator}{}{tail}", hash(&whole.join("\n")))
    }

    fn clean(&self, part: &str) -> String {
        let lower = part.to_ascii_lowercase();
        match self.characters {
            Characters::LowercaseDigits => lower.chars().filter(char::is_ascii_alphanumeric).collect(),
            Characters::LowercaseHyphen => {
                let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
                words.collect::<Vec<_>>().join("-")
            }
        }
    }
}

const BASE_32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The first bits of SHA-256 in base 32 (lowercase letters and digits).
fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let letter = |byte: &u8| BASE_32.get(usize::from(byte % 32)).copied().map(char::from);
    digest.iter().take(HASH_LENGTH).filter_map(letter).collect()
}

/// What stands before the names of a component's own elements.
pub(crate) fn prefix(style: Prefix, component: &str) -> String {
    match style {
        Prefix::ShoutySnake => format!("{}_", component.to_shouty_snake_case()),
        Prefix::Kebab => format!("{}-", component.to_kebab_case()),
        Prefix::Pascal => component.to_pascal_case(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quickcheck::quickcheck;

    use super::*;

    fn storage() -> Naming {
        Naming {
            abbreviation: "st".to_owned(),
            default_key: Some("shared-storage".to_owned()),
            min_length: 3,
            max_length: 24,
            characters: Characters::LowercaseDigits,
            reserved: Vec::new(),
            scope: NameScope::Global,
        }
    }

    #[test]
    fn plain_names_read_well() {
        assert_eq!(storage().name("shop", Some("prod"), "shared-storage", 1, None), "stshopprod");
        assert_eq!(storage().name("shop", Some("prod"), "shared-storage", 2, None), "stshopprod2");
        assert_eq!(Naming::plain("cosmos").name("shop", Some("prod"), "orders", 2, None), "cosmos-shop-prod-orders-2");
    }

    #[test]
    fn global_names_end_in_the_suffix() {
        assert_eq!(storage().name("shop", Some("prod"), "shared-storage", 1, Some("x7")), "stshopprodx7");
        let local = Naming { scope: NameScope::ResourceGroup, ..storage() };
        assert_eq!(local.name("shop", Some("prod"), "shared-storage", 1, Some("x7")), "stshopprod");
        let long = storage().name("a-very-long-estate-name", Some("prod"), "k", 1, Some("x7abc"));
        assert!(long.ends_with("x7abc") && long.len() == 24, "{long}");
    }

    #[test]
    fn keys_that_look_alike_get_different_names() {
        let keys = ["a-b", "ab", "a.b", "A-b", "a_b", "a--b"];
        for naming in [storage(), Naming::plain("x")] {
            let names: BTreeSet<String> = keys.iter().map(|key| naming.name("shop", None, key, 1, None)).collect();
            assert_eq!(names.len(), keys.len(), "{names:?}");
        }
    }

    quickcheck! {
        fn names_are_always_valid(estate: String, key: String, number: u8) -> bool {
            [storage(), Naming { max_length: 44, ..Naming::plain("cosmos") }].iter().all(|naming| {
                let name = naming.name(&estate, None, &key, usize::from(number), Some("ab12c"));
                let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit()
                    || (b == b'-' && naming.characters == Characters::LowercaseHyphen);
                (naming.min_length..=naming.max_length).contains(&name.len())
                    && name.bytes().all(good)
                    && !name.contains("--")
                    && !name.ends_with('-')
                    && name.starts_with(|c: char| c.is_ascii_lowercase())
            })
        }
    }
}
