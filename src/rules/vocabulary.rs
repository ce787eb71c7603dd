//! Words that properties may say, listed in a file of their own: regions, say.

use std::collections::BTreeMap;

use crate::input::nearest;

/// The words that a property may say, because the provider knows no others.
///
/// Unlike those of an `enum` they are many, change with the provider, and are shared by several resource types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// What properties call it: `regions`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Why only these words will do, in one sentence.
    pub why: Option<String>,
    /// The words, and what people call them: `eastus` is `East US`.
    pub words: BTreeMap<String, String>,
}

impl Vocabulary {
    /// Whether the provider knows a word.
    pub fn contains(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// The word that was most likely meant: one that people write as `found`, else the nearest.
    pub(super) fn meant(&self, found: &str) -> Option<&str> {
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
        let bare = plain(found);
        let named = self.words.iter().find(|(word, title)| plain(word) == bare || plain(title) == bare);
        named.map(|(word, _)| word.as_str()).or_else(|| nearest(found, self.words.keys().map(String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_recognised() {
        let words = [("eastus", "East US"), ("eastus2", "East US 2"), ("westeurope", "West Europe")];
        let regions = Vocabulary {
            name: "regions".to_owned(),
            title: String::new(),
            why: None,
            words: words.iter().map(|(word, title)| ((*word).to_owned(), (*title).to_owned())).collect(),
        };
        for (found, meant) in [
            ("East US 2", Some("eastus2")),
            ("EASTUS", Some("eastus")),
            ("west-europe", Some("westeurope")),
            ("westeurpoe", Some("westeurope")),
            ("moon", None),
        ] {
            assert_eq!(regions.meant(found), meant, "{found}");
        }
    }
}
