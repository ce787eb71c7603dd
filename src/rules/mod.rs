//! Rule files: what a resource type is (properties, merging, capacities, checks, names) and what a component type
//! needs. All knowledge of a cloud is in these files; the code knows only their format.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod builtin;
mod collection;
mod config;
mod context;
mod cost;
mod element_names;
mod fault;
mod fields;
mod fixed;
mod functions;
mod import;
mod known_names;
mod load;
mod naming;
mod policy;
mod projection;
mod property;
mod read;
mod review;
mod spelling;
mod template;
mod types;
mod validate;
mod vocabulary;

pub(crate) use collection::{Element, ElementIndex, for_each_element};
pub(crate) use config::{lookup, put, walk};
pub(crate) use context::{Scope, stated};
pub use cost::{CostRule, Meter};
pub use element_names::{ElementCharacters, ElementNames};
pub(crate) use fault::broken;
pub(crate) use fixed::{FixedValues, fixed_values, is_of_element, pointer};
pub(crate) use import::{ElementSource, Source};
pub use load::RuleLayers;
pub(crate) use naming::{Characters, prefix};
pub use naming::{NameScope, Naming};
pub use projection::Output;
pub(crate) use projection::{Block, Language, elements, looped, named, over};
pub(crate) use property::Node;
pub use property::{Collection, Format, Identity, Kind, Prefix, Presence, Properties, Property, Scalar, ScalarType, Strategy};
pub(crate) use read::EXTRA;
pub use review::{EstateCheck, EstateLimit, HazardRule, Use};
pub(crate) use spelling::{Renamed, spelled};
pub(crate) use template::{Template, detail};
pub(crate) use types::TAGS;
pub use types::{Capacity, Check, ComponentRule, Moving, Requires, ResourceRule, RuleSet};
pub(crate) use validate::{kind, validate};
pub use vocabulary::Vocabulary;
