//! Secrets that somebody wrote into an estate: they are masked before anything else sees them.
//!
//! A mask is a digest of the value, so that a changed secret still shows as changed.

use std::borrow::Cow;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Need, Owners};
use crate::estate::Estate;
use crate::plan::{Warning, WarningCode};
use crate::rules::{Identity, Kind, Properties, RuleSet, spelled};

/// What every mask begins with.
const MASK: &str = "secret:sha256:";
/// Characters of the digest that a mask shows.
const SHOWN: usize = 12;

/// Words in the name of a setting that say what it holds.
const NAMES: [&str; 8] = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "ACCESS_KEY", "CONNECTION_STRING"];
/// What only credentials have in them.
const MARKS: [&str; 7] =
    ["AccountKey=", "SharedAccessKey=", "Password=", "Pwd=", "PRIVATE KEY-----", "DefaultEndpointsProtocol=", "&sig="];
/// How tokens of well-known kinds begin.
const STARTS: [&str; 5] = ["ghp_", "github_pat_", "xoxb-", "AKIA", "eyJhbGciOi"];
/// Shorter values are flags and names rather than credentials.
const SHORTEST: usize = 8;

/// Whether a text is the mask of a secret.
pub(crate) fn is_mask(text: &str) -> bool {
    text.strip_prefix(MASK).is_some_and(|rest| rest.len() == SHOWN && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn mask(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().take(SHOWN / 2).map(|byte| format!("{byte:02x}")).collect();
    format!("{MASK}{digits}")
}

/// A value under its mask, unless it is a reference or has one.
pub(crate) fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) if !text.contains("${") && !text.starts_with('@') && !is_mask(text) => Value::String(mask(text)),
        other => other.clone(),
    }
}

/// The value of a setting, under a mask if it looks like a secret; plans that somebody wrote by hand may hold some.
pub(crate) fn masked_member(name: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if is_secret(name, text) => Value::String(mask(text)),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), masked_member(name, value))).collect(),
        other => other.clone(),
    }
}

/// Whether a setting's value looks like a secret. References and Key Vault references are how it should be.
pub(crate) fn is_secret(name: &str, text: &str) -> bool {
    if text.len() < SHORTEST || text.contains("${") || text.starts_with("@Microsoft.KeyVault(") || is_mask(text) {
        return false;
    }
    let named = || {
        let name = name.to_ascii_uppercase();
        !text.contains(char::is_whitespace) && NAMES.iter().any(|word| name.contains(word)) && !text.contains("://")
    };
    let userinfo = || {
        let authority = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
        authority.and_then(|authority| authority.split_once('@')).is_some_and(|(user, _)| user.contains(':'))
    };
    MARKS.iter().any(|mark| text.contains(mark)) || STARTS.iter().any(|start| text.starts_with(start)) || named() || userinfo()
}

/// Masks the secrets in requirements, with a warning for each.
pub(crate) fn mask_requirements(needs: &mut [Need<'_>], rules: &RuleSet, owners: &Owners<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for need in needs {
        let Some(rule) = rules.resource(need.resource_type) else { continue };
        let found = secrets(&need.config, &rule.properties);
        if found.is_empty() {
            continue;
        }
        let who = owners.name(need.owner);
        for place in &found {
            let name = place.last().cloned().unwrap_or_default();
            let name = if name == "value" { place.iter().rev().nth(1).cloned().unwrap_or(name) } else { name };
            let message = format!(
                "`{name}` of `{who}` looks like a secret: it is masked, and templates take it as a secure parameter; better keep it in a Key Vault and refer to it"
            );
            let components = owners.component(need.owner).cloned().into_iter().collect();
            warnings.push(Warning { code: WarningCode::SecretInEstate, message, group: None, components });
        }
        cover(need.config.to_mut(), &found);
    }
    warnings
}

/// The estate with its overrides as the rules have them, and the secrets in them masked.
pub(crate) fn mask_overrides<'e>(estate: &'e Estate, rules: &RuleSet) -> Cow<'e, Estate> {
    let mut estate = Cow::Borrowed(estate);
    for i in 0..estate.overrides.len() {
        let over = &estate.overrides[i];
        let Some(rule) = rules.resource(over.resource_type.as_str()) else { continue };
        if let Cow::Owned(config) = spelled(&over.config, &rule.properties) {
            estate.to_mut().overrides[i].config = config;
        }
        let over = &estate.overrides[i];
        let found = secrets(&over.config, &rule.properties);
        if !found.is_empty() {
            cover(&mut estate.to_mut().overrides[i].config, &found);
        }
    }
    estate
}

fn cover(config: &mut Map<String, Value>, places: &[Vec<String>]) {
    for place in places {
        let Some((first, rest)) = place.split_first() else { continue };
        let value = rest.iter().try_fold(config.get_mut(first), |value, key| Some(value?.get_mut(key)));
        if let Some(Some(Value::String(text))) = value {
            *text = mask(text);
        }
    }
}

/// Where a config holds secrets: in settings (the members of maps), and in properties whose rule says that they are.
fn secrets(config: &Map<String, Value>, properties: &Properties) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (key, value) in config {
        let Some((_, property)) = properties.find(key) else { continue };
        match (&property.kind, value) {
            (Kind::Collection(collection), Value::Object(map)) if collection.identity == Identity::Name => {
                for (name, value) in map {
                    let inner = match &*collection.element {
                        Kind::Object(inner) => Some(inner),
                        _ => None,
                    };
                    let place =
                        |last: Option<&str>| [key.as_str(), name].into_iter().chain(last).map(str::to_owned).collect::<Vec<_>>();
                    match value {
                        Value::String(text) if is_secret(name, text) => found.push(place(None)),
                        Value::Object(members) => {
                            for (member, value) in members {
                                let stated = inner.and_then(|inner| inner.find(member)).is_some_and(|(_, p)| p.secret);
                                let known =
                                    |text: &String| stated && !text.contains("${") && !text.starts_with('@') && !is_mask(text);
                                if let Value::String(text) = value
                                    && (known(text) || (member == "value" && is_secret(name, text)))
                                {
                                    found.push(place(Some(member)));
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            (Kind::Scalar(_), Value::String(text)) if property.secret && !text.contains("${") && !is_mask(text) => {
                found.push(vec![key.clone()]);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_settings() {
        for (name, text) in [
            ("STORAGE", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=YWJj"),
            ("DB_PASSWORD", "correct-horse"),
            ("GITHUB", "ghp_0123456789abcdef"),
            ("REDIS_URL", "rediss://user:hunter22@cache.example:6380"),
            ("CERT", "-----BEGIN PRIVATE KEY-----\nMIIE"),
        ] {
            assert!(is_secret(name, text), "{name}={text}");
        }
        for (name, text) in [
            ("LOG_LEVEL", "information"),
            ("TOKEN_LIFETIME", "3600"),
            ("TOKEN_URL", "https://login.example.com/token"),
            ("DB_PASSWORD", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/x)"),
            ("API_KEY", "${keyvault.vaultUri}"),
            ("PASSWORD_HINT", "at least eight characters"),
            ("HOMEPAGE", "https://example.com/@someone"),
        ] {
            assert!(!is_secret(name, text), "{name}={text}");
        }
    }

    #[test]
    fn masks_differ_where_secrets_do() {
        assert!(is_mask(&mask("one")) && mask("one") != mask("two") && mask("one") == mask("one"));
        assert!(!is_secret("PASSWORD", &mask("one")));
    }
}
