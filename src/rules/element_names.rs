//! What the provider accepts as the name of an element: a container, a queue, a database.

use std::fmt;

/// Which characters the name of an element may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementCharacters {
    /// Lowercase letters and digits, with single hyphens within: blob containers.
    LowercaseHyphen,
    /// A letter, then letters and digits: tables.
    Alphanumeric,
    /// Letters, digits and hyphens, neither first nor last a hyphen: secrets.
    AlphanumericHyphen,
    /// Letters, digits, `.`, `-`, `_` and `/`, first and last a letter or digit: queues and topics.
    Entity,
    /// Anything but `/`, `\`, `#` and `?`: databases.
    NoSlash,
    /// Anything but `<`, `>`, `%`, `&`, `\`, `?` and `/`: tags.
    Tag,
}

/// How the provider wants elements named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementNames {
    /// The fewest characters.
    pub min_length: usize,
    /// The most characters.
    pub max_length: usize,
    /// The characters allowed.
    pub characters: ElementCharacters,
}

impl ElementCharacters {
    pub(crate) const WORDS: [(&'static str, Self); 6] = [
        ("lowercaseHyphen", Self::LowercaseHyphen),
        ("alphanumeric", Self::Alphanumeric),
        ("alphanumericHyphen", Self::AlphanumericHyphen),
        ("entity", Self::Entity),
        ("noSlash", Self::NoSlash),
        ("tag", Self::Tag),
    ];

    fn accept(self, name: &str) -> bool {
        let bytes = name.as_bytes();
        let ends = |good: fn(&u8) -> bool| bytes.first().is_some_and(good) && bytes.last().is_some_and(good);
        match self {
            Self::LowercaseHyphen => {
                let good = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
                ends(good) && bytes.iter().all(|b| good(b) || *b == b'-') && !name.contains("--")
            }
            Self::Alphanumeric => {
                bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.iter().all(u8::is_ascii_alphanumeric)
            }
            Self::AlphanumericHyphen => {
                ends(u8::is_ascii_alphanumeric) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            }
            Self::Entity => {
                ends(u8::is_ascii_alphanumeric) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b".-_/".contains(b))
            }
            Self::NoSlash => !name.contains(['/', '\\', '#', '?']),
            Self::Tag => !name.contains(['<', '>', '%', '&', '\\', '?', '/']) && !name.contains(char::is_control),
        }
    }
}

impl fmt::Display for ElementCharacters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LowercaseHyphen => "lowercase letters and digits, with single hyphens within",
            Self::Alphanumeric => "a letter, then letters and digits",
            Self::AlphanumericHyphen => "letters and digits, with hyphens within",
            Self::Entity => "letters and digits, with `.`, `-`, `_` and `/` within",
            Self::NoSlash => "anything but `/`, `\\`, `#` and `?`",
            Self::Tag => "anything but `<`, `>`, `%`, `&`, `\\`, `?` and `/`",
        })
    }
}

impl ElementNames {
    /// Whether the provider takes the name.
    pub fn accept(&self, name: &str) -> bool {
        (self.min_length..=self.max_length).contains(&name.len()) && self.characters.accept(name)
    }
}

impl fmt::Display for ElementNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} characters: {}", self.min_length, self.max_length, self.characters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let of = |characters| ElementNames { min_length: 3, max_length: 10, characters };
        for (characters, good, bad) in [
            (ElementCharacters::LowercaseHyphen, ["abc", "a-1-b"], ["a--b", "Abc"]),
            (ElementCharacters::Alphanumeric, ["Abc1", "abc"], ["1abc", "a-bc"]),
            (ElementCharacters::AlphanumericHyphen, ["A-b", "a--b"], ["-ab", "a_b"]),
            (ElementCharacters::Entity, ["a/b", "a_b.c"], ["/ab", "a b"]),
            (ElementCharacters::NoSlash, ["a b", "-ab-"], ["a/b", "a?b"]),
            (ElementCharacters::Tag, ["a b:c", "-ab-"], ["a/b", "a%b"]),
        ] {
            assert!(good.iter().all(|name| of(characters).accept(name)), "{characters}");
            assert!(!bad.iter().any(|name| of(characters).accept(name)), "{characters}");
        }
        assert!(!of(ElementCharacters::NoSlash).accept("ab") && !of(ElementCharacters::NoSlash).accept("abcdefghijk"));
    }
}
