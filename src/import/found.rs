//! What a file says is there, before anything is made of it.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::marks;
use crate::rules::Language;

/// A resource of the provider.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The provider's type: `Microsoft.Storage/storageAccounts`, `azurerm_storage_account`.
    pub(super) provider_type: String,
    /// Its name; in ARM those of its parents before it.
    pub(super) names: Vec<String>,
    /// What people call it.
    pub(super) address: String,
    /// What it says of itself; texts may hold marks.
    pub(super) body: Value,
    /// Its id at the provider where the file tells it.
    pub(super) id: Option<String>,
}

impl Found {
    pub(super) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The name, where it is known before deployment.
    pub(super) fn known_name(&self) -> Option<&str> {
        Some(self.name()).filter(|name| !name.is_empty() && marks::is_known(name))
    }
}

/// Everything that a file says.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) language: Language,
    pub(super) resources: Vec<Found>,
    /// The names of resources by their ids in a plan, as `colocate`'s own templates tell them.
    pub(super) ids: Vec<(String, String)>,
    /// What could not be read, and why.
    pub(super) skipped: Vec<(String, String)>,
}

impl Contents {
    /// Keeps the first of several resources with one id, and lists the others.
    pub(super) fn drop_repeated(&mut self) {
        let mut seen = FxHashSet::default();
        let skipped = &mut self.skipped;
        self.resources.retain(|found| {
            let first = found.id.as_ref().is_none_or(|id| seen.insert(id.to_lowercase()));
            if !first {
                skipped.push((found.address.clone(), "it stands in the file more than once".to_owned()));
            }
            first
        });
    }
}

/// The part of a provider's id that tells a resource from all others of a subscription's group: from the namespace on, in
/// lower case. None for what is no such id.
pub(super) fn id_key(id: &str) -> Option<String> {
    let (_, tail) = id.split_once("/providers/")?;
    let tail = tail.split("/providers/").next().unwrap_or(tail);
    Some(tail.trim_end_matches('/').to_ascii_lowercase())
}

/// Hands over every text in a value.
pub(super) fn texts<'v>(value: &'v Value, each: &mut dyn FnMut(&'v str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(array) => array.iter().for_each(|value| texts(value, each)),
        Value::Object(map) => {
            for (key, value) in map {
                // Identities are listed by their ids.
                if key.contains('/') {
                    each(key);
                }
                texts(value, each);
            }
        }
        _ => {}
    }
}
