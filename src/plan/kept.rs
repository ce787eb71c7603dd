//! Elements that keep the names that they have at the provider.

use std::collections::BTreeMap;

use litemap::LiteMap;

use super::Entries;
use crate::names::ResourceId;

/// The names that a component's elements have at the provider and keep for as long as they stay where they are, where those are
/// others than their own names with the component's prefix: by resource, property and own name.
///
/// A container `pdf` that was there before `colocate` stays `pdf`, where a new one would be `invoice-pdf`.
pub type KeptNames = LiteMap<ResourceId, Entries<BTreeMap<String, String>>>;

/// The name that an element keeps on a resource.
pub(crate) fn kept<'k>(names: &'k KeptNames, on: &str, property: &str, own: &str) -> Option<&'k str> {
    names.get(on)?.get(property)?.get(own).map(String::as_str)
}
