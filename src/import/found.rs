//! What files say is there, before anything is made of it.

// Input flows here: no index is to be trusted.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::marks;
use crate::rules::Language;

/// A resource of the provider.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Whose words the body is in.
    pub(super) language: Language,
    /// The provider's type: `Microsoft.Storage/storageAccounts`, `azurerm_storage_account`.
    pub(super) provider_type: String,
    /// Its name; in ARM those of its parents before it.
    pub(super) names: Vec<String>,
    /// What people call it.
    pub(super) address: String,
    /// What it says of itself; texts may hold marks.
    pub(super) body: Value,
    /// Its id at the provider where the file tells it; what is not known of it stands in braces.
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

/// A resource as one of `colocate`'s own templates tells it in its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Its id in the plan.
    pub(super) id: String,
    pub(super) name: String,
    /// Its group, where the id does not say it by itself.
    pub(super) group: Option<String>,
}

impl Told {
    /// All that an output tells.
    pub(super) fn all(output: Option<&Value>) -> Vec<Self> {
        let text = |about: &Value, field: &str| Some(about.get(field)?.as_str()?.to_owned());
        let all = output.and_then(Value::as_object).into_iter().flatten();
        let told = |(id, about): (&String, &Value)| {
            Some(Self { id: id.clone(), name: text(about, "name")?, group: text(about, "group") })
        };
        all.filter_map(told).collect()
    }
}

/// Something in a file that is no resource, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Skipped {
    pub(super) address: String,
    pub(super) why: String,
}

impl Skipped {
    pub(super) fn new(address: impl Into<String>, why: impl Into<String>) -> Self {
        Self { address: address.into(), why: why.into() }
    }
}

/// Everything that files say.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) resources: Vec<Found>,
    /// What `colocate`'s own templates tell of the resources of a plan.
    pub(super) ids: Vec<Told>,
    /// What could not be read, and why.
    pub(super) skipped: Vec<Skipped>,
}

/// The part of a provider's id that tells a resource from all others of a resource group: from the namespace on, in lower
/// case. None for what is no such id.
pub(super) fn id_key(id: &str) -> Option<String> {
    let (_, tail) = id.split_once("/providers/")?;
    let tail = tail.split("/providers/").next().unwrap_or(tail);
    Some(tail.trim_end_matches('/').to_ascii_lowercase())
}

/// The id of what a resource is within.
pub(super) fn above(id: &str) -> Option<String> {
    let (scope, tail) = id.split_once("/providers/")?;
    let tail = tail.split("/providers/").next().unwrap_or(tail).trim_end_matches('/');
    let mut segments = marks::split(tail, '/');
    if segments.len() < 5 {
        return None;
    }
    segments.truncate(segments.len() - 2);
    Some(format!("{scope}/providers/{}", segments.join("/")))
}

/// The subscription and the resource group of an id, in lower case; none of what is not known.
pub(super) fn scope(id: &str) -> [Option<String>; 2] {
    let lower = id.to_ascii_lowercase();
    let (scope, _) = lower.split_once("/providers/").unwrap_or((&lower, ""));
    let mut segments = scope.trim_start_matches('/').split('/');
    let mut after = |word: &str| {
        let value = segments.by_ref().skip_while(|segment| *segment != word).nth(1)?;
        Some(value).filter(|value| !value.is_empty() && !value.contains('{')).map(str::to_owned)
    };
    [after("subscriptions"), after("resourcegroups")]
}

/// Finds resources by their ids. The whole id counts; a part of it that is not known fits any.
#[derive(Clone, Debug, Default)]
pub(super) struct ById {
    whole: FxHashMap<String, usize>,
    by_key: FxHashMap<String, Vec<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    rank: usize,
    scope: [Option<String>; 2],
}

impl ById {
    pub(super) fn new(resources: &[Found]) -> Self {
        let mut all = Self::default();
        for (rank, id) in resources.iter().enumerate().filter_map(|(rank, found)| Some((rank, found.id.as_ref()?))) {
            all.whole.entry(id.to_ascii_lowercase()).or_insert(rank);
            if let Some(key) = id_key(id) {
                all.by_key.entry(key).or_default().push(Known { rank, scope: scope(id) });
            }
        }
        all
    }

    /// The resource with an id; none where several could be meant.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        if let Some(rank) = self.whole.get(&id.to_ascii_lowercase()) {
            return Some(*rank);
        }
        let wanted = scope(id);
        let may_be = |known: &&Known| known.scope.iter().zip(&wanted).all(|(a, b)| a.is_none() || b.is_none() || a == b);
        let mut fitting = self.by_key.get(&id_key(id)?)?.iter().filter(may_be);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first.rank)
    }
}

/// Hands over every text in a value.
pub(super) fn texts<'v>(value: &'v Value, each: &mut dyn FnMut(&'v str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(array) => array.iter().for_each(|value| texts(value, each)),
        Value::Object(map) => {
            for (key, value) in map {
                // Identities are listed by their ids, and tags can link.
                if key.contains('/') {
                    each(key);
                }
                texts(value, each);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: &str) -> Found {
        let name = id.rsplit('/').next().unwrap_or_default().to_owned();
        Found {
            language: Language::Arm,
            provider_type: String::new(),
            names: vec![name],
            address: String::new(),
            body: Value::Null,
            id: Some(id.to_owned()),
        }
    }

    #[test]
    fn the_whole_id_tells_resources_apart() {
        let of = |group: &str| format!("/subscriptions/S/resourceGroups/{group}/providers/Microsoft.Web/sites/app");
        let ids = ById::new(&[found(&of("rg-a")), found(&of("rg-b"))]);
        assert_eq!((ids.find(&of("RG-B")), ids.find(&of("rg-c"))), (Some(1), None));
        // Either could be meant.
        assert_eq!(
            ids.find("/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/microsoft.web/sites/app"),
            None
        );
        let one = ById::new(&[found(&of("rg-a"))]);
        assert_eq!(one.find("/providers/Microsoft.Web/sites/APP"), Some(0));
        assert_eq!(above(&format!("{}/slots/x", of("rg-a"))), Some(of("rg-a")));
        assert_eq!(above(&of("rg-a")), None);
        assert_eq!(scope(&of("RG")), [Some("s".to_owned()), Some("rg".to_owned())]);
    }
}
