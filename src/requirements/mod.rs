//! The requirements of an estate: expanded by the rules, checked, and with secrets masked, once.

mod check;
mod expand;
mod normalize;
mod owners;
mod secrets;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde_json::Value;

pub(crate) use check::settings as check_settings;
pub use check::{check, load, load_files, load_usage};
pub(crate) use expand::Need;
pub(crate) use normalize::normalized;
pub(crate) use owners::Owners;
use secrets::mask_requirements;
pub(crate) use secrets::{is_mask, is_secret, mask_overrides, masked, masked_member};

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
        let inherited = inherited(rules, scope).map_err(Diagnostics::from)?;
        let owners = Owners::new(estate.components.keys());
        let notes = mask_requirements(&mut needs, rules, &owners);
        Ok(Self { needs, inherited, owners, notes })
    }
}

/// What requirements inherit, by resource type and leaf.
pub(crate) type Inherited<'a> = BTreeMap<&'a str, Vec<(usize, Value)>>;

fn inherited<'a>(rules: &'a RuleSet, scope: &Scope) -> Result<Inherited<'a>, Diagnostic> {
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
    Ok(all)
}
