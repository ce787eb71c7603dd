//! The answer: how every scenario compares with the estate as it is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Detail;
use super::apply::origin;
use super::scenario::Scenario;
use crate::condition::Measures;
use crate::estate::EstateFiles;
use crate::input::{Diagnostic, Diagnostics, Document};
use crate::plan::Plan;
use crate::prices::{Amount, Money};
use crate::untrusted::json_text;

/// How scenarios compare with the estate as it is.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The format's version: 1.
    pub version: u32,
    /// The estate's name.
    pub estate: String,
    /// The estate as it is.
    pub base: Figures,
    /// The scenarios, in the order of the file, those of the sweep after those with names.
    pub scenarios: Vec<Row>,
    /// The names of the axes of the sweep, in their order, each with its values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub axes: Vec<(String, Vec<Value>)>,
    /// The scenario that is best, or `base`: the cheapest where all costs are known, else that with the fewest resources; of
    /// equals the first.
    pub best: String,
}

/// A plan in figures.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Components.
    pub components: usize,
    /// Resources that components asked for.
    pub resources: usize,
    /// Resources that nobody asked for but that others require.
    pub implied: usize,
    /// Resources that components asked for, by type.
    pub by_type: BTreeMap<String, usize>,
    /// What everything costs, as far as prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_cost: Option<Money>,
    /// Resources whose price is not known, so that the cost is too low.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(default)]
    pub unknown_prices: usize,
    /// Something is billed by use that no usage file states, and is not in the cost.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub unstated_usage: bool,
    /// Whether fewer resources are proven impossible.
    pub optimal: bool,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Figures {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut by_type = BTreeMap::new();
        for resource in plan.resources.iter().filter(|resource| !resource.implied) {
            *by_type.entry(resource.resource_type.to_string()).or_default() += 1;
        }
        let summary = &plan.summary;
        let cost = summary.monthly_cost.as_ref();
        Self {
            components: summary.components,
            resources: summary.resources,
            implied: summary.implied,
            by_type,
            monthly_cost: cost.map(|cost| Money { currency: cost.currency.clone(), amount: cost.shared }),
            unknown_prices: cost.map_or(0, |cost| cost.unknown.len()),
            unstated_usage: plan.has_unstated_usage(),
            optimal: plan.optimal,
        }
    }

    /// The figures that conditions are about.
    pub fn measures(&self) -> Measures {
        let (resources, implied) = (Some(self.resources), Some(self.implied));
        Measures { resources, implied, cost: self.cost().cloned(), ..Measures::default() }
    }

    /// What everything costs, where that is known in full.
    pub fn cost(&self) -> Option<&Money> {
        self.monthly_cost.as_ref().filter(|_| self.unknown_prices == 0)
    }
}

/// One scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The values of the axes, for a point of the sweep.
    pub axes: Vec<(String, Value)>,
    /// What came of it.
    pub outcome: Result<Outcome, Failure>,
}

/// A scenario that could be planned.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Its plan in figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// How it differs from the estate as it is.
    pub difference: Difference,
    /// What changed and why, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
}

impl Outcome {
    /// The figures that conditions are about.
    pub fn measures(&self) -> Measures {
        Measures { moves: Some(self.difference.moves), ..self.figures.measures() }
    }
}

/// How a plan differs from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Resources more.
    pub resources: i64,
    /// What it costs more a month, where both costs are known in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Requirements of stateful types, of components that both have, that are on other resources.
    pub moves: usize,
}

/// Why a scenario could not be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the scenario says wrongly; pointers are into the scenarios file.
    scenario: Vec<Diagnostic>,
    /// What is wrong with the estate as it is; pointers are into the estate.
    estate: Vec<Diagnostic>,
}

impl Failure {
    pub(super) fn of_scenario(diagnostic: Diagnostic) -> Self {
        Self::all_of_scenario(diagnostic.into())
    }

    pub(super) fn all_of_scenario(diagnostics: Diagnostics) -> Self {
        Self { scenario: diagnostics.into_iter().collect(), estate: Vec::new() }
    }

    /// What is wrong with a scenario's estate, at the part of the scenario that brought it about.
    pub(super) fn of_estate(scenario: &Scenario, diagnostics: Diagnostics) -> Self {
        let mut failure = Self { scenario: Vec::new(), estate: Vec::new() };
        for mut diagnostic in diagnostics {
            match origin(scenario, &diagnostic.pointer) {
                Some((pointer, key)) => {
                    if key && !diagnostic.points_at_key() && pointer.segments().len() == 2 {
                        diagnostic.on_key();
                    }
                    failure.scenario.push(diagnostic.at(pointer));
                }
                None => failure.estate.push(diagnostic),
            }
        }
        failure
    }

    /// What is wrong, each with its place where the file is known.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.scenario.iter().chain(&self.estate)
    }

    fn located(&mut self, estate: &EstateFiles, scenarios: &Document) {
        let taken = |diagnostics: &mut Vec<Diagnostic>| Diagnostics::from(std::mem::take(diagnostics));
        self.scenario = taken(&mut self.scenario).located(scenarios).into_iter().collect();
        self.estate = estate.located(taken(&mut self.estate)).into_iter().collect();
    }
}

impl Comparison {
    /// Gives what is wrong its places in the files.
    #[must_use]
    pub fn located(mut self, estate: &EstateFiles, scenarios: &Document) -> Self {
        for failure in self.scenarios.iter_mut().filter_map(|row| row.outcome.as_mut().err()) {
            failure.located(estate, scenarios);
        }
        self
    }

    /// The scenarios that could be planned.
    pub fn planned(&self) -> impl Iterator<Item = (&Row, &Outcome)> {
        self.scenarios.iter().filter_map(|row| Some((row, row.outcome.as_ref().ok()?)))
    }

    /// The scenarios that could not.
    pub fn failed(&self) -> impl Iterator<Item = (&Row, &Failure)> {
        self.scenarios.iter().filter_map(|row| Some((row, row.outcome.as_ref().err()?)))
    }

    /// The answer as pretty JSON with a final line break.
    pub fn to_json(&self) -> String {
        json_text(self)
    }
}

/// As the format has it: figures and difference beside the name, or the error.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Planned<'r> {
            name: &'r str,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            axes: BTreeMap<&'r str, &'r Value>,
            #[serde(flatten)]
            outcome: &'r Outcome,
        }
        let axes: BTreeMap<&str, &Value> = self.axes.iter().map(|(name, value)| (name.as_str(), value)).collect();
        match &self.outcome {
            Ok(outcome) => Planned { name: &self.name, axes, outcome }.serialize(serializer),
            Err(failure) => {
                let mut row = serializer.serialize_struct("Row", 3)?;
                row.serialize_field("name", &self.name)?;
                if !axes.is_empty() {
                    row.serialize_field("axes", &axes)?;
                }
                row.serialize_field("error", failure)?;
                row.end()
            }
        }
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut error = serializer.serialize_struct("Failure", 3)?;
        let first = self.diagnostics().next();
        error.serialize_field("code", &first.map(|first| first.code))?;
        error.serialize_field("message", &first.map(|first| first.message.as_str()))?;
        error.serialize_field("diagnostics", &self.diagnostics().collect::<Vec<_>>())?;
        error.end()
    }
}

/// As it is written.
#[derive(JsonSchema)]
#[schemars(rename = "Row", rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct RowSchema {
    /// Its name.
    name: String,
    /// The values of the axes, for a point of the sweep.
    axes: Option<BTreeMap<String, Value>>,
    /// Its figures and difference, where it could be planned.
    #[serde(flatten)]
    outcome: Option<Outcome>,
    /// Why it could not be planned: `code`, `message` and all `diagnostics`.
    error: Option<Value>,
}

impl JsonSchema for Row {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        RowSchema::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        RowSchema::json_schema(generator)
    }
}
