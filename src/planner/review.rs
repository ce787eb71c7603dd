//! What shows only once everything is placed: resources that do not go with each other, what a subscription takes, and what
//! the plan risks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::Value as Dynamic;
use minijinja::value::Serde;
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::faults;
use crate::input::{Code, Diagnostic, Severity};
use crate::plan::{Hazard, Warning, WarningCode};
use crate::rules::{EstateLimit, HazardRule, ResourceRule, Template, broken, over};

/// What a plan is said to be like.
#[derive(Default)]
pub(super) struct Review {
    pub(super) hazards: Vec<Hazard>,
    pub(super) warnings: Vec<Warning>,
}

impl<'a> Draft<'a> {
    /// Holds the completed resources against what their types' rules say of the plan as a whole.
    ///
    /// # Errors
    /// Resources that do not go with each other.
    pub(super) fn review(&self) -> Result<Review, Vec<Diagnostic>> {
        let mut review = Review::default();
        let mut refused = Vec::new();
        let configs: Vec<Arc<Map<String, Value>>> = self
            .resources
            .iter()
            .map(|resource| Arc::new(self.solved[resource.solved].merged[resource.bin].config.clone()))
            .collect();
        let mut by_type: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for rank in 0..self.resources.len() {
            let rule = self.rule_of(rank);
            by_type.entry(rule.resource_type.as_str()).or_default().push(rank);
            let found = self.uses_of(rank, &configs, &mut review).map_err(|diagnostic| vec![diagnostic])?;
            refused.extend(found);
            for hazard in &rule.hazards {
                review.hazards.extend(self.hazard(rank, hazard, &configs).map_err(|diagnostic| vec![diagnostic])?);
            }
        }
        for ranks in by_type.values() {
            let found = self.of_type(ranks, &configs, &mut review).map_err(|diagnostic| vec![diagnostic])?;
            refused.extend(found);
        }
        if refused.is_empty() { Ok(review) } else { Err(refused) }
    }

    fn rule_of(&self, rank: usize) -> &'a ResourceRule {
        self.solved[self.resources[rank].solved].group.rule
    }

    fn context(&self, rank: usize, config: &Arc<Map<String, Value>>) -> Dynamic {
        let resource = &self.resources[rank];
        self.scope.resource(&self.solved[resource.solved].group.key, resource.id.as_str(), config)
    }

    /// The checks of a resource with those that serve it, and those that its components are bound to.
    fn uses_of(
        &self,
        rank: usize,
        configs: &[Arc<Map<String, Value>>],
        review: &mut Review,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        let rule = self.rule_of(rank);
        let mut refused = Vec::new();
        if rule.uses.is_empty() {
            return Ok(refused);
        }
        let resource = &self.resources[rank];
        let ranks: BTreeMap<&str, usize> = self.resources.iter().enumerate().map(|(i, other)| (other.id.as_str(), i)).collect();
        let serving: BTreeSet<usize> =
            resource.requires.values().flatten().filter_map(|id| ranks.get(id.as_str()).copied()).collect();
        let placements = resource.components.iter().flat_map(|owner| self.placements.get(owner).into_iter().flatten());
        let bound = placements.flat_map(|placement| placement.resources.iter().copied());
        let others: BTreeSet<usize> = serving.iter().copied().chain(bound).filter(|other| *other != rank).collect();
        let required: Map<String, Value> = resource
            .requires
            .iter()
            .filter_map(|(resource_type, ids)| {
                let other = *ranks.get(ids.first()?.as_str())?;
                Some((resource_type.to_string(), json!({ "id": ids.first()?.as_str(), "config": *configs[other] })))
            })
            .collect();
        let own = self.context(rank, &configs[rank]);
        let own = over(minijinja::context! { required => Dynamic::from(Serde(required)) }, &own);
        for other in others {
            let of = self.rule_of(other).resource_type.as_str();
            for used in rule.uses.iter().filter(|used| used.of.iter().any(|name| name == of)) {
                let about = json!({
                    "id": self.resources[other].id.as_str(), "type": of, "hosting": serving.contains(&other), "config": *configs[other],
                });
                let context = over(minijinja::context! { other => Dynamic::from(Serde(about)) }, &own);
                let Some(message) = said(rule, "uses", &used.when, &used.message, &context)? else { continue };
                let message = format!("for {}: {message}", faults::owners_list(&self.owners, &resource.components));
                refused.extend(self.told(review, used.severity, &resource.components, message));
            }
        }
        Ok(refused)
    }

    /// A refusal, or a warning in its place.
    fn told(&self, review: &mut Review, severity: Severity, of: &[u32], message: String) -> Option<Diagnostic> {
        if severity == Severity::Error {
            return Some(self.refused(of, message));
        }
        let components = of.iter().filter_map(|owner| self.owners.component(*owner).cloned()).collect();
        review.warnings.push(Warning { code: WarningCode::CheckAdvice, message, group: None, components });
        None
    }

    /// What is said of all resources of a type.
    fn of_type(
        &self,
        ranks: &[usize],
        configs: &[Arc<Map<String, Value>>],
        review: &mut Review,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        let Some(first) = ranks.first() else { return Ok(Vec::new()) };
        let rule = self.rule_of(*first);
        let mut refused = Vec::new();
        if !rule.estate_checks.is_empty() {
            let all: Vec<Value> =
                ranks.iter().map(|rank| json!({ "id": self.resources[*rank].id.as_str(), "config": *configs[*rank] })).collect();
            let context = over(minijinja::context! { resources => Dynamic::from(Serde(all)) }, &self.scope.plain());
            for check in &rule.estate_checks {
                if let Some(message) = said(rule, "estateChecks", &check.when, &check.message, &context)? {
                    let mut of: Vec<u32> = ranks.iter().flat_map(|rank| self.resources[*rank].components.clone()).collect();
                    of.sort_unstable();
                    of.dedup();
                    refused.extend(self.told(review, check.severity, &of, message));
                }
            }
        }
        for limit in rule.estate_limits.iter().filter(|limit| limit.of.is_none()) {
            review.warnings.extend(self.beyond(rule, limit, ranks, configs)?);
        }
        Ok(refused)
    }

    /// The warnings that a subscription takes less than is planned.
    fn beyond(
        &self,
        rule: &ResourceRule,
        limit: &EstateLimit,
        ranks: &[usize],
        configs: &[Arc<Map<String, Value>>],
    ) -> Result<Vec<Warning>, Diagnostic> {
        let failed = |error: minijinja::Error| broken(rule, "estateLimits", &error);
        let mut totals: BTreeMap<String, u64> = BTreeMap::new();
        for rank in ranks {
            let context = self.context(*rank, &configs[*rank]);
            if let Some(when) = &limit.when
                && !when.holds(&context).map_err(failed)?
            {
                continue;
            }
            let takes = match &limit.sum {
                Some(sum) => sum.fill(&context).map_err(failed)?.and_then(|value| value.as_u64()).unwrap_or_default(),
                None => 1,
            };
            let place = limit.per.as_ref().and_then(|property| configs[*rank].get(property)).and_then(Value::as_str);
            *totals.entry(place.unwrap_or_default().to_owned()).or_default() += takes;
        }
        let beyond = totals.into_iter().filter(|(_, total)| *total > limit.limit).map(|(place, total)| {
            let unit = limit.unit.as_ref().map_or_else(|| "resources".to_owned(), Clone::clone);
            let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
            let message = format!(
                "{total} {unit} of `{}`{place}, and a subscription takes {} unless it has another quota ({}; {})",
                rule.resource_type, limit.limit, limit.why, limit.source
            );
            Warning { code: WarningCode::EstateLimit, message, group: None, components: Vec::new() }
        });
        Ok(beyond.collect())
    }

    /// A hazard, where it holds of a resource.
    fn hazard(
        &self,
        rank: usize,
        hazard: &HazardRule,
        configs: &[Arc<Map<String, Value>>],
    ) -> Result<Option<Hazard>, Diagnostic> {
        let rule = self.rule_of(rank);
        let resource = &self.resources[rank];
        let components: Vec<_> = resource.components.iter().filter_map(|owner| self.owners.component(*owner).cloned()).collect();
        let teams: BTreeSet<&str> = components.iter().filter_map(|id| self.estate.components.get(id)?.team.as_deref()).collect();
        let mut bound: BTreeMap<&str, usize> = BTreeMap::new();
        for owner in &resource.components {
            let types: BTreeSet<&str> = self.placements.get(owner).into_iter().flatten().map(|p| p.resource_type).collect();
            types.into_iter().for_each(|name| *bound.entry(name).or_default() += 1);
        }
        let solved = &self.solved[resource.solved];
        let limits = solved.placed.limits.iter().zip(&solved.placed.usage[resource.bin]);
        let usage: BTreeMap<&str, u64> = limits.map(|(limit, used)| (limit.name.as_str(), *used)).collect();
        let about = minijinja::context! {
            components => Dynamic::from(Serde(&components)),
            teams => Dynamic::from(Serde(&teams)),
            bound => Dynamic::from(Serde(&bound)),
            usage => Dynamic::from(Serde(&usage)),
        };
        let context = over(about, &self.context(rank, &configs[rank]));
        let Some(message) = said(rule, "hazards", &hazard.when, &hazard.message, &context)? else { return Ok(None) };
        let avoid = match &hazard.avoid {
            Some(avoid) => avoid.fill(&context).map_err(|error| broken(rule, "hazards", &error))?,
            None => None,
        };
        Ok(Some(Hazard {
            id: hazard.id.clone(),
            resource: resource.id.clone(),
            components,
            message,
            why: hazard.why.clone(),
            avoid: avoid.as_ref().and_then(Value::as_str).map(str::to_owned),
        }))
    }
}

/// The message of a rule's condition, where it holds.
fn said(
    rule: &ResourceRule,
    what: &str,
    when: &Template,
    message: &Template,
    context: &Dynamic,
) -> Result<Option<String>, Diagnostic> {
    let failed = |error: minijinja::Error| broken(rule, what, &error);
    if !when.holds(context).map_err(failed)? {
        return Ok(None);
    }
    let message = message.fill(context).map_err(failed)?;
    let text = message.as_ref().and_then(Value::as_str).map(str::to_owned);
    text.map(Some).ok_or_else(|| {
        let message = format!("a message of `{what}` in the rule of `{}` is no text", rule.resource_type);
        Diagnostic::error(Code::RuleInvalid, message)
    })
}
