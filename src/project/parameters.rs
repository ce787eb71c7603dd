//! What whoever deploys has to say, and what it is called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use heck::{ToLowerCamelCase, ToSnakeCase};
use sha2::{Digest, Sha256};

use crate::rules::Language;

/// Parameters that Azure takes in one template (Azure Resource Manager limits).
const MOST: usize = 256;
/// The one parameter that stands for all secrets where they are too many.
const SECRETS: &str = "secrets";
/// Names that Terraform keeps for itself.
const RESERVED: [&str; 8] = ["count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version"];

/// A parameter by what it stands for: its name follows once all are known.
pub(super) type Key = String;

/// Something that whoever deploys has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    /// The name that it gets if no other would have the same.
    name: String,
    description: String,
    secret: bool,
    /// The name and description that it gets beside others of its name, if it is for one thing among several.
    apart: Option<(String, String)>,
}

/// The parameters that templates have asked for so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Collected(Arc<Mutex<BTreeMap<Key, Wanted>>>);

impl Collected {
    /// The key of a parameter that a rule names itself; where there are several of a name, each for something else (`of`), that
    /// is a part of their names.
    pub(super) fn plain(&self, language: Language, name: &str, description: Option<&str>, of: Option<&str>) -> Key {
        let word = |text: &str| match language {
            Language::Arm => text.to_lower_camel_case(),
            Language::Terraform => text.to_snake_case(),
        };
        let called = if language == Language::Arm { name.to_owned() } else { word(name) };
        let description = description.unwrap_or_default();
        let Some(of) = of else { return self.note(name.to_owned(), called, description.to_owned(), false) };
        let key = self.note(format!("{name}\n{of}"), called, description.to_owned(), false);
        if let Some(wanted) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&key) {
            wanted.apart = Some((word(&format!("{name} {of}")), format!("{description} This one is for {of}.")));
        }
        key
    }

    /// The key of a secret of a resource, or of one that is the same wherever it is used.
    pub(super) fn secret(&self, language: Language, name: &str, of: &str, description: String) -> Key {
        let word = match language {
            Language::Arm => name.to_lower_camel_case(),
            Language::Terraform => name.to_snake_case(),
        };
        let mut word: String = word.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            word.insert_str(0, "secret_");
        }
        self.note(format!("{name}\n{of}"), word, description, true)
    }

    fn note(&self, key: Key, name: String, description: String, secret: bool) -> Key {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(key.clone()).or_insert_with(|| Wanted { name, description: String::new(), secret, apart: None });
        if known.description.is_empty() {
            known.description = description;
        }
        key
    }

    /// All parameters with their names: who would share one with another, however each is written, gets a hash of what it
    /// stands for, so that no value is ever taken for another's.
    pub(super) fn named(&self, language: Language) -> Parameters {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        for wanted in all.values() {
            *taken.entry(wanted.name.to_ascii_lowercase()).or_default() += 1;
        }
        let own =
            |word: &str| word == SECRETS || language == Language::Terraform && (RESERVED.contains(&word) || OWN.contains(&word));
        let named = all.iter().map(|(key, wanted)| {
            let lower = wanted.name.to_ascii_lowercase();
            let unique = taken.get(&lower) == Some(&1) && !own(&lower);
            if let (false, Some((name, description))) = (unique, &wanted.apart) {
                return (key.clone(), Parameter { name: name.clone(), description: description.clone(), secret: false });
            }
            let name = if unique || !wanted.secret {
                wanted.name.clone()
            } else {
                let hash = Sha256::digest(key.as_bytes());
                format!("{}_{:02x}{:02x}{:02x}", wanted.name, hash[0], hash[1], hash[2])
            };
            (key.clone(), Parameter { name, description: wanted.description.clone(), secret: wanted.secret })
        });
        let all: BTreeMap<Key, Parameter> = named.collect();
        let gathered = language == Language::Arm && all.len() > MOST;
        Parameters { all, gathered }
    }
}

/// Variables that every Terraform configuration has.
pub(super) const OWN: [&str; 2] = ["subscription_id", "resource_group_name"];

/// A parameter with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) secret: bool,
}

/// The parameters of a projection.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    all: BTreeMap<Key, Parameter>,
    /// The secrets are members of one parameter, because a template cannot have so many.
    gathered: bool,
}

/// A parameter as a template declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared<'g> {
    pub(super) name: &'g str,
    pub(super) description: String,
    pub(super) secret: bool,
    /// The members of an object of texts; none of a text.
    pub(super) members: Vec<&'g str>,
}

impl Parameters {
    /// All keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// The name of a parameter, and the member of it that is meant.
    pub(super) fn path(&self, key: &str) -> (&str, Option<&str>) {
        match self.all.get(key) {
            Some(parameter) if self.gathered && parameter.secret => (SECRETS, Some(&parameter.name)),
            Some(parameter) => (&parameter.name, None),
            None => ("", None),
        }
    }

    /// The parameters that a template with these keys declares, by name.
    pub(super) fn declared<'g>(&'g self, keys: impl Iterator<Item = &'g str>) -> Vec<Declared<'g>> {
        let keys: BTreeSet<&str> = keys.collect();
        let used = self.all.iter().filter(|(key, _)| keys.contains(key.as_str())).map(|(_, parameter)| parameter);
        let (inside, outside): (Vec<_>, Vec<_>) = used.partition(|parameter| self.gathered && parameter.secret);
        let one = |parameter: &'g Parameter| Declared {
            name: &parameter.name,
            description: parameter.description.clone(),
            secret: parameter.secret,
            members: Vec::new(),
        };
        let mut declared: Vec<Declared<'g>> = outside.into_iter().map(one).collect();
        if !inside.is_empty() {
            let mut members: Vec<&str> = inside.iter().map(|parameter| parameter.name.as_str()).collect();
            members.sort_unstable();
            let description = "The secrets by name, as an object of texts.".to_owned();
            declared.push(Declared { name: SECRETS, description, secret: true, members });
        }
        declared.sort_by_key(|declared| declared.name);
        declared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_secrets_share_a_name() {
        let collected = Collected::default();
        let keys: Vec<Key> =
            [("x-ab", "v"), ("x-a-b", "v"), ("token", "v"), ("token", "w"), ("version", "v"), ("1", "v"), ("日本", "v")]
                .iter()
                .map(|(name, of)| collected.secret(Language::Terraform, name, of, String::new()))
                .collect();
        assert_eq!(collected.secret(Language::Terraform, "token", "v", String::new()), keys[2]);
        let parameters = collected.named(Language::Terraform);
        let names: BTreeSet<&str> = keys.iter().map(|key| parameters.path(key).0).collect();
        assert_eq!(names.len(), keys.len(), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with(|c: char| c.is_ascii_alphabetic())), "{names:?}");
        assert!(!names.contains("version") && names.contains("x_a_b"));
        let arm = Collected::default();
        let (a, b) =
            (arm.secret(Language::Arm, "x-ab", "v", String::new()), arm.secret(Language::Arm, "x-a-b", "v", String::new()));
        let named = arm.named(Language::Arm);
        assert!(!named.path(&a).0.eq_ignore_ascii_case(named.path(&b).0));
    }

    #[test]
    fn what_differs_by_region_is_named_after_it_where_there_are_several() {
        let collected = Collected::default();
        let subnet = |of| collected.plain(Language::Arm, "endpointSubnetId", Some("The subnet."), Some(of));
        let east = subnet("eastus");
        assert_eq!(collected.named(Language::Arm).path(&east).0, "endpointSubnetId");
        let west = subnet("westus");
        let named = collected.named(Language::Arm);
        assert_eq!((named.path(&east).0, named.path(&west).0), ("endpointSubnetIdEastus", "endpointSubnetIdWestus"));
    }

    #[test]
    fn many_secrets_are_one_parameter() {
        let collected = Collected::default();
        let keys: Vec<Key> = (0..300).map(|i| collected.secret(Language::Arm, &format!("s{i}"), "v", String::new())).collect();
        let subnet = collected.plain(Language::Arm, "subnet", Some("A subnet."), None);
        let parameters = collected.named(Language::Arm);
        assert_eq!(parameters.path(&keys[7]), (SECRETS, Some("s7")));
        assert_eq!(parameters.path(&subnet), ("subnet", None));
        let declared = parameters.declared(parameters.keys());
        assert_eq!(declared.iter().map(|d| (d.name, d.members.len())).collect::<Vec<_>>(), [(SECRETS, 300), ("subnet", 0)]);
        assert_eq!(collected.named(Language::Terraform).declared(parameters.keys()).len(), 301);
    }
}
