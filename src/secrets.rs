//! What looks like a secret, and the mask that it is shown under.

use heck::ToShoutySnakeCase;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What every mask begins with.
const MASK: &str = "secret:sha256:";
/// Characters of the digest that a mask shows.
const SHOWN: usize = 12;
/// A secret of which nothing is to be told, not even whether it is another.
pub(crate) const HIDDEN: &str = "secret:hidden";

/// Words that a setting's name ends in when it holds a secret, however they are put together (`DBPASSWORD`).
const LONG: [&str; 12] = [
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "CONNECTIONSTRING",
    "CONNECTION_STRING",
];
/// The same, where they stand as words of their own (`DB_PASS`, but not `BYPASS`).
const SHORT: [&str; 8] = ["PASS", "PWD", "PW", "PIN", "SAS", "JWT", "PAT", "OTP"];
/// What makes a `…_KEY` a secret.
const KEYS: [&str; 12] =
    ["API", "ACCESS", "ACCOUNT", "PRIVATE", "SECRET", "SHARED", "MASTER", "SIGNING", "ENCRYPTION", "HOST", "STORAGE", "FUNCTION"];
/// Last words of names that tell something about a secret, or where it is.
const ABOUT: [&str; 32] = [
    "URL",
    "URI",
    "ENDPOINT",
    "HOST",
    "HINT",
    "LIFETIME",
    "TTL",
    "EXPIRY",
    "EXPIRATION",
    "LENGTH",
    "POLICY",
    "ISSUER",
    "AUDIENCE",
    "SCOPE",
    "TYPE",
    "NAME",
    "ID",
    "FILE",
    "PATH",
    "HEADER",
    "COUNT",
    "LIMIT",
    "SECONDS",
    "MINUTES",
    "DAYS",
    "ENABLED",
    "REQUIRED",
    "ALGORITHM",
    "VERSION",
    "VAULT",
    "PROVIDER",
    "FIELD",
];
/// Values of switches, which are no secrets whatever they are called.
const SWITCHES: [&str; 9] = ["", "true", "false", "yes", "no", "on", "off", "none", "null"];
/// What only credentials have in them, in lower case; a value follows.
const MARKS: [&str; 15] = [
    "accountkey=",
    "sharedaccesskey=",
    "sharedaccesssignature=",
    "password=",
    "passwd=",
    "pwd=",
    "secret=",
    "apikey=",
    "api_key=",
    "api-key=",
    "access_token=",
    "client_secret=",
    "&sig=",
    "?sig=",
    "sharedsecret=",
];
/// How tokens of well-known kinds begin.
const STARTS: [&str; 33] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJhbGciOi",
    "eyJ0eXAiOi",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "pk_live_",
    "whsec_",
    "sk-proj-",
    "sk-ant-",
    "npm_",
    "pypi-",
    "hf_",
    "SG.",
    "shpat_",
    "dop_v1_",
    "hvs.",
    "ya29.",
    "AccountKey=",
];
/// Schemes of an `Authorization` header.
const SCHEMES: [&str; 4] = ["bearer ", "basic ", "sharedaccesssignature ", "sharedkey "];
/// Shorter values are flags and names, unless the name of the setting leaves no doubt.
const SHORTEST: usize = 8;

/// Whether a text is the mask of a secret.
pub(crate) fn is_mask(text: &str) -> bool {
    let digest = text.strip_prefix(MASK).is_some_and(|rest| rest.len() == SHOWN && rest.bytes().all(|b| b.is_ascii_hexdigit()));
    digest || text == HIDDEN
}

/// Makes masks that differ where secrets do, and that mean nothing in another estate: whoever has guessed the secrets of one cannot
/// look them up in the plans of others.
#[derive(Clone, Debug)]
pub(crate) struct Masker(Sha256);

impl Masker {
    /// The masks of the estate with this name.
    pub(crate) fn new(estate: &str) -> Self {
        // The length keeps the name apart from what follows it.
        Self(Sha256::new().chain_update(b"colocate").chain_update(estate.len().to_le_bytes()).chain_update(estate))
    }

    pub(crate) fn mask(&self, value: &Value) -> Value {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let digest = self.0.clone().chain_update(text).finalize();
        let digits: String = digest.iter().take(SHOWN / 2).map(|byte| format!("{byte:02x}")).collect();
        Value::String(format!("{MASK}{digits}"))
    }
}

/// Whether a value under a secret property is no secret itself: a reference, a reference to a Key Vault, or a mask.
pub(crate) fn is_elsewhere(text: &str) -> bool {
    text.is_empty() || is_mask(text) || text.starts_with("@Microsoft.KeyVault(") || is_reference(text)
}

/// Whether a text is references, with nothing beside them in which a secret could be.
fn is_reference(text: &str) -> bool {
    let mut rest = text;
    let mut found = false;
    while let Some((before, (_, after))) = rest.split_once("${").and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        if before.contains(|c: char| c.is_alphanumeric()) {
            return false;
        }
        found = true;
        rest = after;
    }
    found && !rest.contains(|c: char| c.is_alphanumeric())
}

/// Whether the name of a setting says that its value is a secret.
pub(crate) fn names_secret(name: &str) -> bool {
    let words = name.to_shouty_snake_case();
    let words = words.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let (before, last) = words.rsplit_once('_').unwrap_or(("", words));
    LONG.iter().any(|word| words.ends_with(word))
        || SHORT.contains(&last)
        || (last == "KEY" && KEYS.contains(&before.rsplit('_').next().unwrap_or_default()))
}

/// Whether a setting's value looks like a secret. References and Key Vault references are how it should be.
pub(crate) fn is_secret(name: &str, text: &str) -> bool {
    if is_elsewhere(text) || SWITCHES.contains(&text.to_ascii_lowercase().as_str()) {
        return false;
    }
    looks_secret(text) || names_secret(name) || (mentions_secret(name) && text.len() >= SHORTEST && !is_number(text))
}

/// Whether a name has to do with secrets, and does not say that its value is something about one.
fn mentions_secret(name: &str) -> bool {
    let words = name.to_shouty_snake_case();
    let last = words.rsplit('_').next().unwrap_or_default();
    !ABOUT.contains(&last) && !ABOUT.contains(&last.trim_end_matches('S')) && LONG.iter().any(|word| words.contains(word))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether a text looks like a secret whatever it is called.
pub(crate) fn looks_secret(text: &str) -> bool {
    if is_elsewhere(text) {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let packed: String = lower.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    let marked =
        |mark: &str| packed.split(mark).skip(1).any(|rest| !rest.is_empty() && !rest.starts_with("${") && !rest.starts_with(';'));
    let scheme =
        || SCHEMES.iter().any(|scheme| lower.trim_start().strip_prefix(scheme).is_some_and(|rest| rest.trim().len() >= SHORTEST));
    let userinfo = || {
        lower.split("://").skip(1).filter_map(|rest| rest.split(['/', '?', '#']).next()).any(|authority| {
            let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
            password.is_some_and(|(_, password)| !password.is_empty() && !is_reference(password))
        })
    };
    MARKS.iter().any(|mark| marked(mark))
        || text.contains("PRIVATE KEY-----")
        || is_token(text)
        || scheme()
        || userinfo()
        || holds_secret(text)
}

/// Whether a word of a text begins as tokens of a well-known kind do, and is long enough to be one.
fn is_token(text: &str) -> bool {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')));
    words.filter(|word| word.len() >= 12).any(|word| STARTS.iter().any(|start| word.starts_with(start)))
}

/// Whether a text is JSON in which something looks like a secret.
fn holds_secret(text: &str) -> bool {
    fn within(value: &Value, depth: u8) -> bool {
        match value {
            Value::Object(members) if depth > 0 => members.iter().any(|(name, value)| match value {
                Value::String(text) => is_secret(name, text),
                Value::Number(_) => names_secret(name),
                value => within(value, depth - 1),
            }),
            Value::Array(elements) if depth > 0 => elements.iter().any(|value| within(value, depth - 1)),
            _ => false,
        }
    }
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str(text).is_ok_and(|value: Value| within(&value, 8))
}

/// The value of a setting as it may be shown: hidden if it looks like a secret. Plans that somebody wrote by hand may hold some.
pub(crate) fn hidden_member(name: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if is_secret(name, text) => HIDDEN.into(),
        Value::Number(_) if names_secret(name) => HIDDEN.into(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), hidden_member(name, value))).collect(),
        Value::Array(elements) => elements.iter().map(|value| hidden_member(name, value)).collect(),
        other => other.clone(),
    }
}

/// A secret as it may be shown.
pub(crate) fn hidden(value: &Value) -> Value {
    match value {
        Value::String(text) if is_elsewhere(text) => value.clone(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), hidden(value))).collect(),
        Value::Array(elements) => elements.iter().map(hidden).collect(),
        Value::Null => Value::Null,
        _ => HIDDEN.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_settings() {
        for (name, text) in [
            ("STORAGE", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=YWJj"),
            ("DB_PASSWORD", "correct-horse"),
            ("DB_PASSWORD", "correct horse hunter2"),
            ("API_SECRET", "hunter2"),
            ("P_TOKEN", "x://hunter2zebra"),
            ("DbPassword2", "a"),
            ("DBPASSWORD", "1234"),
            ("Auth:Password", "x"),
            ("SQL_PWD", "hunter2"),
            ("SQL_PASS", "hunter2"),
            ("GIT_CREDENTIAL", "hunter2"),
            ("PIN", "1234"),
            ("SIGNING_KEY", "abc"),
            ("PASSWORD_OLD", "hunter2zebra"),
            ("PASSWORD", "@hunter2"),
            ("PASSWORD", "hunter2${A.endpoint}"),
            ("AUTHORIZATION", "Bearer abcdefgh"),
            ("PAYMENT", "sk_live_abcdefgh"),
            ("GITHUB", "ghp_0123456789abcdef"),
            ("REMOTE", "use ghp_0123456789abcdef here"),
            ("OPTIONS", "{\"user\": \"a\", \"auth\": {\"password\": \"hunter2\"}}"),
            ("REDIS_URL", "rediss://user:hunter22@cache.example:6380"),
            ("SQL", "Server=${A.endpoint};Password=hunter2"),
            ("SQL", "Server=x; PASSWORD = hunter2"),
            ("CERT", "-----BEGIN PRIVATE KEY-----\nMIIE"),
        ] {
            assert!(is_secret(name, text), "{name}={text}");
        }
        for (name, text) in [
            ("LOG_LEVEL", "information"),
            ("TOKEN_LIFETIME", "3600"),
            ("TOKEN_URL", "https://login.example.com/token"),
            ("DB_PASSWORD", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/x)"),
            ("DB_PASSWORD", ""),
            ("API_KEY", "${keyvault.vaultUri}"),
            ("USE_TOKEN", "true"),
            ("PASSWORD_HINT", "at least eight characters"),
            ("SECRET_NAME", "database-password"),
            ("PARTITION_KEY", "/tenant"),
            ("BYPASS", "127.0.0.1"),
            ("COMPASS", "north-north-west"),
            ("HOMEPAGE", "https://example.com/@someone"),
            ("SQL", "Server=x;Password=${keyvault.secret}"),
            ("OPTIONS", "{\"user\": \"a\"}"),
            ("SG", "SG.short"),
        ] {
            assert!(!is_secret(name, text), "{name}={text}");
        }
    }

    #[test]
    fn masks_differ_where_secrets_or_estates_do() {
        let mask = |estate: &str, text: &str| Masker::new(estate).mask(&text.into()).as_str().expect("text").to_owned();
        assert!(is_mask(&mask("a", "one")) && mask("a", "one") == mask("a", "one"));
        assert!(
            mask("a", "one") != mask("a", "two") && mask("a", "one") != mask("b", "one") && mask("ab", "c") != mask("a", "bc")
        );
        assert!(!is_secret("PASSWORD", &mask("a", "one")) && !is_secret("PASSWORD", HIDDEN));
    }
}
