//! Texts of an existing resource as an estate writes them: what names another resource becomes a reference to it.

use serde_json::Value;

use super::mapping::Mapping;
use super::marks::{self, Piece};
use super::recognize::{Recognizer, members};
use crate::secrets::is_secret;

/// An element of a component whose name may change.
pub(super) struct Renamed {
    /// How the component refers to its resource: `storage`, or `storage:key`.
    pub(super) of: String,
    /// The collection that it is in.
    pub(super) property: String,
    /// Its name without the component's prefix.
    pub(super) own: String,
    /// Its name at the provider.
    pub(super) real: String,
}

impl Renamed {
    /// What its name will be, wherever it is.
    fn reference(&self) -> String {
        let Self { of, property, own, .. } = self;
        format!("${{{of}.{property}[{own}]}}")
    }

    /// A text in which it is named behind an address of its resource, `${storage.blobEndpoint}uploads/a.png`, or beside the
    /// resource's name, `VaultName=${keyvault.name};SecretName=db`.
    fn within(&self, text: &str) -> String {
        let mark = format!("${{{}.", self.of);
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(&mark) {
            let Some((output, after)) = after.split_once('}') else { break };
            out.push_str(&format!("{before}{mark}{output}}}"));
            let end = after.find([' ', '"', '\'']).unwrap_or(after.len());
            let (address, other) = after.split_at_checked(end).unwrap_or((after, ""));
            out.push_str(&self.segment(address));
            rest = other;
        }
        out + rest
    }

    fn segment(&self, address: &str) -> String {
        let between = ['/', '?', ';', '=', ')', '&'];
        let mut parts: Vec<String> = address.split_inclusive(between).map(str::to_owned).collect();
        let named = parts.iter_mut().find(|part| part.trim_end_matches(between) == self.real);
        if let Some(part) = named {
            *part = part.replacen(&self.real, &self.reference(), 1);
        }
        parts.concat()
    }
}

/// What the texts of one component may refer to.
pub(super) struct Rewriter<'a, 'r> {
    pub(super) mapping: &'a Mapping<'r>,
    pub(super) recognizer: &'a Recognizer<'r, 'a>,
    /// The resource whose texts these are: it cannot refer to itself.
    pub(super) own: usize,
    /// The component's resources, and how it refers to each: `cosmos`, or `cosmos:key` where it has several.
    pub(super) referred: &'a [(usize, String)],
    /// Its elements whose names may change.
    pub(super) renamed: &'a [Renamed],
}

impl Rewriter<'_, '_> {
    fn refer(&self, resource: usize, output: &str) -> Option<String> {
        let rule = self.mapping.resources[resource].rule;
        let (_, name) = self.referred.iter().find(|(rank, _)| *rank == resource && resource != self.own)?;
        rule.outputs.contains_key(output).then(|| format!("${{{name}.{output}}}"))
    }

    /// A text, or why it cannot be said in an estate.
    pub(super) fn text(&self, text: &str) -> Result<String, String> {
        if text.contains("${") {
            return Err("`${` in a value would be read as a reference".to_owned());
        }
        if let Some(renamed) = self.renamed.iter().find(|renamed| renamed.real == text) {
            return Ok(renamed.reference());
        }
        if let Some(found) = self.recognizer.value(text).and_then(|(of, output)| self.refer(of, output)) {
            return Ok(found);
        }
        let mut out = String::new();
        let pieces = marks::pieces(text);
        for piece in &pieces {
            match piece {
                Piece::Text(text) => out.push_str(&self.known(text)),
                Piece::Reference { resource, path } => {
                    let found = self
                        .recognizer
                        .resource(resource)
                        .and_then(|mention| self.refer(mention.of, self.recognizer.output_of_path(mention.of, path)?));
                    let name = resource.rsplit('/').next().unwrap_or_default();
                    out.push_str(&found.ok_or_else(|| format!("no output of its own resources is `{path}` of {name}"))?);
                }
                Piece::Unknown { secret: true, .. } => {
                    return Err("it is a secret, made when the template is deployed".to_owned());
                }
                Piece::Unknown { expression, .. } => return Err(format!("`{expression}` is not known before deployment")),
            }
        }
        for renamed in self.renamed {
            out = renamed.within(&out);
        }
        if let [Piece::Text(whole)] = pieces.as_slice()
            && out == *whole
            && let Some(mention) = self.recognizer.resource(whole).filter(|mention| mention.element.is_none())
        {
            let output = if whole.contains('/') { "id" } else { "name" };
            return Ok(self.refer(mention.of, output).unwrap_or(out));
        }
        Ok(out)
    }

    /// A known text, with the addresses of resources as references.
    fn known(&self, text: &str) -> String {
        let mut out = String::new();
        let mut from = 0;
        for found in self.recognizer.outputs(text) {
            if let Some(reference) = self.refer(found.of, found.output) {
                out.push_str(text.get(from..found.at.start).unwrap_or_default());
                out.push_str(&reference);
                from = found.at.end;
            }
        }
        out.push_str(text.get(from..).unwrap_or_default());
        self.members(out)
    }

    /// Names of resources in `VaultName=kv-shop` and the like, as references.
    fn members(&self, mut text: String) -> String {
        let named: Vec<(String, String)> = members(&text)
            .filter_map(|(key, name)| {
                let mention = self.recognizer.resource(name).filter(|mention| mention.element.is_none())?;
                Some((format!("{key}={name}"), format!("{key}={}", self.refer(mention.of, "name")?)))
            })
            .collect();
        for (old, new) in named {
            text = text.replacen(&old, &new, 1);
        }
        text
    }

    /// A setting, or why it is left out.
    pub(super) fn setting(&self, name: &str, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => {
                if marks::is_known(text) && is_secret(name, text) {
                    return Err("it looks like a secret: keep it in a Key Vault and refer to it".to_owned());
                }
                self.text(text).map(Value::String)
            }
            Value::Null => Err("it has no value".to_owned()),
            single if !single.is_object() && !single.is_array() => Ok(single.clone()),
            _ => Err("it is not a single value".to_owned()),
        }
    }

    /// A config with all its texts rewritten; what cannot be said is taken out and handed over with the reason.
    pub(super) fn config(&self, value: &mut Value, path: &str, left_out: &mut Vec<(String, String)>) -> bool {
        match value {
            Value::String(text) if marks::is_known(text) && !text.contains("${") => {
                *text = self.known(text);
                true
            }
            Value::String(text) => match self.text(text) {
                Ok(rewritten) => {
                    *text = rewritten;
                    true
                }
                Err(why) => {
                    left_out.push((path.to_owned(), why));
                    false
                }
            },
            Value::Array(array) => {
                array.retain_mut(|value| self.config(value, path, left_out));
                true
            }
            Value::Object(map) => {
                map.retain(|key, value| {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    self.config(value, &path, left_out)
                });
                true
            }
            _ => true,
        }
    }
}
