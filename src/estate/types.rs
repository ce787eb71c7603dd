//! What an estate is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::MonthlyUsage;
use crate::names::{ComponentId, ComponentType, RequirementKey, ResourceType};

/// The whole input of a plan.
///
/// ```
/// let text = r#"{"version": 1, "name": "shop", "components": {"UserApi": {"type": "CrudApi"}}}"#;
/// let estate = colocate::Estate::from_json("estate.json", text.as_bytes().to_vec())?;
/// assert_eq!(estate.components.len(), 1);
/// # Ok::<(), colocate::Diagnostics>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Estate {
    /// The format's version: 1.
    version: FormatVersion,
    /// The estate's name; provider names are made from it.
    pub name: String,
    /// The environment (`prod`); provider names are made from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The region of everything that names none itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Tags for every resource.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub tags: BTreeMap<String, String>,
    /// The components, by id.
    pub components: BTreeMap<ComponentId, Component>,
    /// Values that replace what components state.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub overrides: Vec<Override>,
    /// Who may or must share with whom.
    #[serde(skip_serializing_if = "Constraints::is_empty")]
    #[schemars(default)]
    pub constraints: Constraints,
    /// How to plan.
    #[schemars(default)]
    pub settings: Settings,
    /// What the components use of what is billed by use; from a file of its own.
    #[serde(skip)]
    pub usage: MonthlyUsage,
    /// Types all of whose requirements may share, whatever their keys.
    #[serde(skip)]
    pub(crate) pooled: BTreeSet<ResourceType>,
    /// Components that are copies of others, each with its number. What a component and its neighbours name in common (a
    /// database, a queue) its copies have each for themselves.
    #[serde(skip)]
    pub(crate) copies: BTreeMap<ComponentId, u32>,
}

impl Estate {
    /// What it says of all its resources, under other settings.
    pub(crate) fn without_components(&self, settings: Settings) -> Self {
        Self {
            environment: self.environment.clone(),
            location: self.location.clone(),
            tags: self.tags.clone(),
            overrides: self.overrides.clone(),
            pooled: self.pooled.clone(),
            settings,
            ..Self::empty(self.name.clone())
        }
    }

    pub(crate) fn empty(name: String) -> Self {
        Self {
            version: FormatVersion,
            name,
            environment: None,
            location: None,
            tags: BTreeMap::new(),
            components: BTreeMap::new(),
            overrides: Vec::new(),
            constraints: Constraints::default(),
            settings: Settings::default(),
            usage: MonthlyUsage::default(),
            pooled: BTreeSet::new(),
            copies: BTreeMap::new(),
        }
    }
}

/// The one version of the format that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FormatVersion;

impl Serialize for FormatVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(1)
    }
}

impl JsonSchema for FormatVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormatVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": 1 })
    }
}

/// One application part: of a component type, with requirements of its own, or both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The component type whose rule expands it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub component_type: Option<ComponentType>,
    /// What the component type's rule is filled in with.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schemars(default)]
    pub config: Map<String, Value>,
    /// Requirements stated directly.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub requirements: Vec<Requirement>,
}

/// A component's need of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Requirement {
    /// The kind of resource.
    pub resource_type: ResourceType,
    /// What the component calls it; only equal keys may share.
    pub requirement_key: RequirementKey,
    /// How much the config weighs against what others state.
    #[schemars(default)]
    pub priority: Priority,
    /// What the component needs of the resource.
    #[schemars(default)]
    pub config: Map<String, Value>,
}

/// A value for every requirement of a group, in place of what they state.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// The resource type meant.
    pub resource_type: ResourceType,
    /// The requirement key meant; all keys of the type when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement_key: Option<RequirementKey>,
    /// What it replaces: everything stated with this priority or a lower one.
    #[schemars(default = "Priority::of_overrides")]
    pub priority: Priority,
    /// The values.
    pub config: Map<String, Value>,
}

/// A weight from 0 to 1000; the higher one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("maximum" = 1000))]
pub struct Priority(u16);

impl Priority {
    /// Of requirements stated directly.
    pub const DEFAULT: Priority = Priority(10);
    /// Of requirements that a component type expands to.
    pub const COMPONENT: Priority = Priority(20);
    /// Of overrides.
    pub const OVERRIDE: Priority = Priority(30);
    /// The highest.
    pub const HIGHEST: Priority = Priority(1000);

    /// A priority, if it is not above 1000.
    pub fn new(priority: u16) -> Option<Self> {
        (priority <= Self::HIGHEST.0).then_some(Self(priority))
    }

    fn of_overrides() -> Self {
        Self::OVERRIDE
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who may or must share with whom. They hold for every resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct Constraints {
    /// Components that share with nobody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dedicated: Vec<ComponentId>,
    /// Lists of components no two of which share.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<Vec<ComponentId>>,
    /// Lists of components that share whatever they both need.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Vec<ComponentId>>,
}

impl Constraints {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How to plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct Settings {
    /// Which requirements may share.
    pub sharing: Sharing,
    /// What to do when requirements disagree.
    pub on_conflict: OnConflict,
    /// What there shall be least of.
    pub objective: Objective,
    /// The part of every capacity that is kept free.
    pub headroom: Headroom,
    /// Limits in place of the rules': resource type, then capacity.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<ResourceType, BTreeMap<String, u64>>,
    /// The most resources allowed, by type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub max_resources: BTreeMap<ResourceType, u64>,
    /// Adds monitoring to everything that supports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<Monitoring>,
    /// Who can reach the resources.
    pub networking: Networking,
    /// What names that are unique in all of the provider end in: 1 to 5 lowercase letters and digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[a-z0-9]{1,5}$"))]
    pub name_suffix: Option<String>,
    /// The id of the subscription that everything is deployed to; without `nameSuffix`, names that are unique in all of the
    /// provider end in characters made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
}

/// Which requirements may share a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sharing {
    /// Those with the same resource type and requirement key.
    #[default]
    ByKey,
    /// All of a resource type.
    ByType,
    /// None: every component is alone.
    None,
}

/// What to do when requirements disagree on a property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnConflict {
    /// Those who disagree get different resources, with a warning.
    #[default]
    Split,
    /// Of equal priorities, the first component by id wins, with a warning.
    First,
    /// Every disagreement that would force another resource is refused.
    Error,
}

/// What there shall be least of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Objective {
    /// Resources.
    #[default]
    Count,
    /// What they cost a month; of plans that cost the same, the one with the fewest resources.
    Cost,
}

impl Objective {
    pub(crate) const WORDS: [(&'static str, Objective); 2] = [("count", Objective::Count), ("cost", Objective::Cost)];

    /// The objective as estates and plans write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Cost => "cost",
        }
    }
}

/// Who can reach the resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Networking {
    /// Anyone with the right credentials.
    #[default]
    Public,
    /// Only the private network.
    Isolated,
}

/// What is monitored, and how long it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    /// Days that telemetry is kept, 30 to 730.
    #[schemars(range(min = 30, max = 730), default = "Monitoring::days")]
    pub retention_days: u16,
}

impl Monitoring {
    fn days() -> u16 {
        Self::default().retention_days
    }
}

impl Default for Monitoring {
    fn default() -> Self {
        Self { retention_days: 90 }
    }
}

/// The part of every capacity that is kept free: from 0 (none) to below 1, in steps of a millionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Headroom(u32);

impl Headroom {
    const WHOLE: u32 = 1_000_000;

    /// A headroom, if `0 <= fraction < 1`.
    pub fn new(fraction: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and one million")]
        (0.0..1.0).contains(&fraction).then(|| Self(((fraction * f64::from(Self::WHOLE)).round() as u32).min(Self::WHOLE - 1)))
    }

    /// What remains of a limit, rounded down.
    pub fn leaves(self, limit: u64) -> u64 {
        let left = u128::from(limit) * u128::from(Self::WHOLE - self.0) / u128::from(Self::WHOLE);
        u64::try_from(left).unwrap_or(limit)
    }

    /// What may be used of a limit: what remains, but at least one of whatever may be had at all.
    pub fn usable(self, limit: u64) -> u64 {
        self.leaves(limit).max(1)
    }

    /// Whether nothing is kept free.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The part as a fraction.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(Self::WHOLE)
    }
}

impl Serialize for Headroom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.fraction())
    }
}

impl JsonSchema for Headroom {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Headroom".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::Headroom;

    #[test]
    fn headroom_is_exact() {
        let tenth = Headroom::new(0.1).expect("in range");
        assert_eq!((tenth.leaves(200), tenth.leaves(25), tenth.leaves(1)), (180, 22, 0));
        assert_eq!(Headroom::default().leaves(200), 200);
        assert!(Headroom::new(1.0).is_none() && Headroom::new(-0.1).is_none() && Headroom::new(f64::NAN).is_none());
    }
}
