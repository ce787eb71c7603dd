//! The requirements of an estate: expanded by the rules, checked, and with secrets masked, once.

mod check;
mod expand;
mod normalize;
mod owners;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

pub(crate) use check::settings as check_settings;
pub use check::{check, load, load_files, load_usage};
pub(crate) use expand::Need;
pub(crate) use normalize::normalized;
pub(crate) use owners::Owners;
pub(crate) use secrets::mask_overrides;
use secrets::mask_requirements;

use crate::estate::Estate;
use crate::input::{Diagnostic, Diagnostics};
use crate::plan::Warning;
use crate::rules::{RuleSet, Scope, broken};

/// The resource types that each component brings along itself.
pub(crate) fn brought<'a>(needs: &[Need<'a>]) -> Arc<FxHashSet<(u32, &'a str)>> {
    Arc::new(needs.iter().map(|need| (need.owner, need.resource_type)).collect())
}

/// The requirements of an estate: expanded, checked and masked.
pub(crate) struct Requirements<'a> {
    pub(crate) needs: Vec<Need<'a>>,
    pub(crate) inherited: Inherited<'a>,
    pub(crate) owners: Owners<'a>,
    pub(crate) notes: Vec<Warning>,
}

impl<'a> Requirements<'a> {
    pub(crate) fn new(estate: &'a Estate, rules: &'a RuleSet, scope: &'a Scope) -> Result<Self, Diagnostics> {
        let _span = tracing::info_span!("expand").entered();
        let mut needs = check::requirements(estate, rules, scope)?;
        let inherited = inherited(estate, rules, scope).map_err(Diagnostics::from)?;
        let owners = Owners::new(estate.components.keys());
        let notes = mask_requirements(&mut needs, &estate.name, rules, &owners);
        Ok(Self { needs, inherited, owners, notes })
    }
}

/// What the estate says for requirements.
pub(crate) struct Inherited<'a> {
    /// What they inherit, by resource type and leaf.
    pub(crate) values: BTreeMap<&'a str, Vec<(usize, Value)>>,
    pub(crate) overrides: Meant<'a>,
}

/// The overrides of an estate, by the resource type and the requirement key that they mean.
pub(crate) struct Meant<'a>(FxHashMap<(&'a str, Option<&'a str>), Vec<usize>>);

impl<'a> Meant<'a> {
    fn new(estate: &'a Estate) -> Self {
        let mut meant: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (i, over) in estate.overrides.iter().enumerate() {
            let key = over.requirement_key.as_ref().map(|key| key.as_str());
            meant.entry((over.resource_type.as_str(), key)).or_default().push(i);
        }
        Self(meant)
    }

    /// Those that meet some of these requirements, in the order of the estate.
    pub(crate) fn meeting(&self, resource_type: &str, needs: &[Need<'_>]) -> Vec<usize> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let keys: BTreeSet<&str> = needs.iter().map(|need| &*need.key).collect();
        let keys = keys.into_iter().map(Some).chain([None]);
        let mut all: Vec<usize> = keys.filter_map(|key| self.0.get(&(resource_type, key))).flatten().copied().collect();
        all.sort_unstable();
        all
    }
}

fn inherited<'a>(estate: &'a Estate, rules: &'a RuleSet, scope: &Scope) -> Result<Inherited<'a>, Diagnostic> {
    let context = scope.plain();
    let mut all = BTreeMap::new();
    for rule in rules.resources() {
        let mut values = Vec::new();
        for (leaf, property) in rule.properties.iter().enumerate() {
            if let Some(template) = &property.inherit {
                let filled = template.fill(&context).map_err(|e| broken(rule, &property.name(), &e))?;
                values.extend(filled.map(|value| (leaf, value)));
            }
        }
        all.insert(rule.resource_type.as_str(), values);
    }
    Ok(Inherited { values: all, overrides: Meant::new(estate) })
}
