//! Texts of an existing resource as an estate writes them: what names another resource becomes a reference to it.

use serde_json::Value;

use super::mapping::Mapping;
use super::marks::{self, Piece};
use super::recognize::Recognizer;
use crate::secrets::is_secret;

/// What the texts of one component may refer to.
pub(super) struct Rewriter<'a, 'r> {
    pub(super) mapping: &'a Mapping<'r>,
    pub(super) recognizer: &'a Recognizer<'r, 'a>,
    /// The resource whose texts these are: it cannot refer to itself.
    pub(super) own: usize,
    /// The component's resources, and how it refers to each: `cosmos`, or `cosmos:key` where it has several.
    pub(super) referred: &'a [(usize, String)],
    /// The names of its elements as they are and as they will be.
    pub(super) renamed: &'a [(String, String)],
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
        if let Some((_, new)) = self.renamed.iter().find(|(old, _)| old == text) {
            return Ok(new.clone());
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
        for (old, new) in self.renamed {
            // An address with the name of an element behind it: `${storage.blobEndpoint}uploads/a.png`.
            for before in ["}", "}/"] {
                let found = out.find(&format!("{before}{old}")).map(|at| (at + before.len(), at + before.len() + old.len()));
                if let Some((from, to)) =
                    found.filter(|(_, to)| out.get(*to..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])))
                {
                    out.replace_range(from..to, new);
                }
            }
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
        out
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
