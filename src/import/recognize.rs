//! Which resources a text names: by id, by name, by an address that is made of the name.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::found::{Contents, above, texts};
use super::mapping::Mapping;
use super::marks::{Piece, pieces, split, token};
use crate::rules::RuleSet;

/// A resource that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// The mapped resource.
    pub(super) of: usize,
    /// The element of it that is named, by what stands last in the id.
    pub(super) element: Option<String>,
}

/// A stretch of a text that is an output of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output<'r> {
    pub(super) of: usize,
    pub(super) output: &'r str,
    /// The bytes of the text.
    pub(super) at: std::ops::Range<usize>,
}

#[derive(Clone, Debug)]
enum Token {
    Text(String),
    Name,
    Any,
}

/// An address with the resource's name in it.
struct Pattern<'r> {
    resource_type: &'r str,
    output: &'r str,
    tokens: Vec<Token>,
}

/// Shorter values of outputs may be anything else as well.
const SHORTEST_VALUE: usize = 8;

/// Recognizes the resources of a file.
pub(super) struct Recognizer<'r, 'm> {
    contents: &'m Contents,
    mapping: &'m Mapping<'r>,
    patterns: Vec<Pattern<'r>>,
    /// By type and name, in lower case, where one resource alone has it.
    by_name: FxHashMap<(&'r str, String), Option<usize>>,
    /// By name, where one resource alone has it.
    by_plain_name: FxHashMap<String, Option<usize>>,
    /// By the value of an output that a state tells, where one resource alone has it.
    by_value: FxHashMap<&'m str, Option<(usize, &'r str)>>,
}

impl<'r, 'm> Recognizer<'r, 'm> {
    pub(super) fn new(contents: &'m Contents, mapping: &'m Mapping<'r>, rules: &'r RuleSet) -> Self {
        let mut patterns = Vec::new();
        for rule in rules.resources() {
            for (output, recognized) in &rule.import.outputs {
                let pattern =
                    |text: &String| Pattern { resource_type: rule.resource_type.as_str(), output, tokens: tokens(text) };
                patterns.extend(recognized.text.iter().map(pattern));
            }
        }
        // The longest first: an address with its slash is an output, the one without it another or the same.
        patterns.sort_by_key(|pattern| std::cmp::Reverse(weight(&pattern.tokens)));
        let mut by_name: FxHashMap<(&'r str, String), Option<usize>> = FxHashMap::default();
        let mut by_plain_name: FxHashMap<String, Option<usize>> = FxHashMap::default();
        for (rank, mapped) in mapping.resources.iter().enumerate() {
            let name = token(contents.resources[mapped.found].name()).to_lowercase();
            if !name.is_empty() {
                let of_type = (mapped.rule.resource_type.as_str(), name.clone());
                by_name.entry(of_type).and_modify(|known| *known = None).or_insert(Some(rank));
                by_plain_name.entry(name).and_modify(|known| *known = None).or_insert(Some(rank));
            }
        }
        let mut by_value: FxHashMap<&'m str, Option<(usize, &'r str)>> = FxHashMap::default();
        for (rank, mapped) in mapping.resources.iter().enumerate() {
            let body = &contents.resources[mapped.found].body;
            for (output, recognized) in &mapped.rule.import.outputs {
                let told = recognized.terraform.iter().filter_map(|attribute| body.get(attribute)?.as_str());
                for value in told.filter(|value| value.len() >= SHORTEST_VALUE) {
                    by_value.entry(value).and_modify(|known| *known = None).or_insert(Some((rank, output.as_str())));
                }
            }
        }
        Self { contents, mapping, patterns, by_name, by_plain_name, by_value }
    }

    /// What follows for resources from the use that others make of their outputs: the resource, the property, the value.
    pub(super) fn implied(&self) -> Vec<(usize, String, Value)> {
        let mut found = Vec::new();
        for (rank, resource) in self.contents.resources.iter().enumerate() {
            // What a resource says of itself is no use of it.
            let own = self.mapping.root[rank];
            texts(&resource.body, &mut |text| {
                for piece in pieces(text) {
                    let outputs: Vec<(usize, &str)> = match piece {
                        Piece::Text(text) => self.outputs(text).into_iter().map(|output| (output.of, output.output)).collect(),
                        Piece::Reference { resource, path } => self
                            .resource(resource)
                            .and_then(|mention| Some((mention.of, self.output_of_path(mention.of, path)?)))
                            .into_iter()
                            .collect(),
                        Piece::Unknown { .. } => Vec::new(),
                    };
                    for (of, output) in outputs.into_iter().filter(|(of, _)| own != Some(*of)) {
                        let known = self.mapping.resources[of].rule.import.outputs.get(output);
                        let follows = known.into_iter().flat_map(|known| &known.implies);
                        found.extend(follows.map(|(property, value)| (of, property.clone(), value.clone())));
                    }
                }
            });
        }
        found
    }

    /// The output that a path of what ARM's `reference` gives is.
    pub(super) fn output_of_path(&self, of: usize, path: &str) -> Option<&'r str> {
        let outputs = &self.mapping.resources[of].rule.import.outputs;
        outputs
            .iter()
            .find(|(_, known)| known.arm.iter().chain(&known.terraform).any(|known| known.eq_ignore_ascii_case(path)))
            .map(|(output, _)| output.as_str())
    }

    /// The resources that a text names, each as often as it does.
    pub(super) fn mentions(&self, text: &str) -> Vec<Mention> {
        let whole = token(text);
        let mut found: Vec<Mention> = ids(&whole).filter_map(|id| self.by_id(id)).collect();
        found.extend(members(&whole).filter_map(|(_, name)| self.by_whole_name(name)));
        found.extend(self.value(text).map(|(of, _)| Mention { of, element: None }));
        found.extend(self.by_whole_name(&whole));
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => {
                    found.extend(self.outputs(text).into_iter().map(|output| Mention { of: output.of, element: None }));
                }
                Piece::Reference { resource, .. } => found.extend(self.resource(resource)),
                Piece::Unknown { names, .. } => found.extend(names.iter().filter_map(|name| self.resource(name))),
            }
        }
        found
    }

    /// The resource that an id or a name means.
    pub(super) fn resource(&self, id: &str) -> Option<Mention> {
        self.by_id(id).or_else(|| self.by_whole_name(id))
    }

    /// The resource and the output that a value is.
    pub(super) fn value(&self, text: &str) -> Option<(usize, &'r str)> {
        *self.by_value.get(text)?
    }

    fn by_whole_name(&self, name: &str) -> Option<Mention> {
        let of = (*self.by_plain_name.get(&name.to_lowercase())?)?;
        Some(Mention { of, element: None })
    }

    fn by_id(&self, id: &str) -> Option<Mention> {
        let mut element = None;
        for id in std::iter::successors(Some(id.to_owned()), |id| above(id)) {
            if let Some(rank) = self.mapping.by_id.find(&id) {
                let of = self.mapping.root[rank]?;
                let own = self.mapping.resources[of].found == rank;
                let name = self.contents.resources[rank].name().to_owned();
                return Some(Mention { of, element: element.or((!own).then_some(name)) });
            }
            element = element.or_else(|| split(&id, '/').pop());
        }
        None
    }

    /// The stretches of a text that are outputs of resources, from left to right.
    pub(super) fn outputs(&self, text: &str) -> Vec<Output<'r>> {
        let mut found: Vec<Output<'r>> = Vec::new();
        let mut from = 0;
        while from < text.len() {
            let begins = from == 0 || !text.get(..from).is_some_and(|before| before.ends_with(is_name));
            let hit = text.get(from..).filter(|_| begins).and_then(|rest| {
                self.patterns.iter().find_map(|pattern| {
                    let (name, length) = matched(&pattern.tokens, rest)?;
                    let of = (*self.by_name.get(&(pattern.resource_type, name.to_lowercase()))?)?;
                    Some(Output { of, output: pattern.output, at: from..from + length })
                })
            });
            match hit {
                Some(output) => {
                    from = output.at.end;
                    found.push(output);
                }
                None => from += text.get(from..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8),
            }
        }
        found
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (i, part) in pattern.split("{name}").enumerate() {
        if i > 0 {
            tokens.push(Token::Name);
        }
        for (i, text) in part.split('*').enumerate() {
            if i > 0 {
                tokens.push(Token::Any);
            }
            if !text.is_empty() {
                tokens.push(Token::Text(text.to_owned()));
            }
        }
    }
    tokens
}

fn weight(tokens: &[Token]) -> usize {
    tokens.iter().map(|token| if let Token::Text(text) = token { text.len() } else { 0 }).sum()
}

/// The name in a text that begins with a pattern, and how long the pattern is there.
fn matched<'t>(tokens: &[Token], text: &'t str) -> Option<(&'t str, usize)> {
    let (mut rest, mut name) = (text, "");
    for token in tokens {
        match token {
            Token::Text(expected) => {
                let (head, tail) = rest.split_at_checked(expected.len())?;
                if !head.eq_ignore_ascii_case(expected) {
                    return None;
                }
                rest = tail;
            }
            Token::Name | Token::Any => {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                let (word, tail) = rest.split_at(end);
                if word.is_empty() {
                    return None;
                }
                if matches!(token, Token::Name) {
                    name = word;
                }
                rest = tail;
            }
        }
    }
    Some((name, text.len() - rest.len()))
}

/// What ends an id within a text.
const BETWEEN: [char; 8] = [' ', ';', ',', '"', '\'', '?', '|', '='];

/// The ids of resources in a text, with their subscription and resource group where these stand before them.
pub(super) fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("/providers/").filter_map(|(at, word)| {
        let (before, rest) = text.split_at_checked(at)?;
        let end = at + rest.find(BETWEEN).unwrap_or(rest.len());
        let scope = before
            .rfind("/subscriptions/")
            .filter(|start| before.get(*start..).is_some_and(|scope| !scope.contains(BETWEEN) && !scope.contains(word)));
        text.get(scope.unwrap_or(at)..end)
    })
}

/// The members of a text like `AccountName=stshop;Key=…` or `@Microsoft.KeyVault(VaultName=kv;SecretName=db)`.
pub(super) fn members(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split([';', '(', ')', ',']).filter_map(|part| part.trim().split_once('=')).filter(|(_, value)| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let pattern = tokens("https://{name}.z*.web.core.windows.net/");
        assert_eq!(matched(&pattern, "https://stshop.z6.web.core.windows.net/index"), Some(("stshop", 39)));
        assert_eq!(matched(&pattern, "https://stshop.web.core.windows.net/"), None);
        assert_eq!(matched(&tokens("{name}.documents.azure.com"), "a-b.documents.azure.com:443"), Some(("a-b", 23)));
        assert_eq!(matched(&tokens("{name}é"), "aé"), Some(("a", 3)));
        assert_eq!(matched(&tokens("{name}.x"), "aé"), None);
        assert_eq!(members("@X(VaultName=kv;SecretName=db)").collect::<Vec<_>>(), [("VaultName", "kv"), ("SecretName", "db")]);
        assert_eq!(ids("x=/subscriptions/s/providers/A/b/c;y").collect::<Vec<_>>(), ["/subscriptions/s/providers/A/b/c"]);
        assert_eq!(ids("/subscriptions/s, /providers/A/b/c").collect::<Vec<_>>(), ["/providers/A/b/c"]);
    }
}
