//! Every component planned alone, as it would be without sharing. Components that are alike in all that a price can depend
//! on cost the same, and are planned once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::Value;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::cost::Line;
use crate::estate::Estate;
use crate::input::Diagnostic;
use crate::planner::draft::{Draft, DraftResource};
use crate::requirements::{Need, Owners, brought};
use crate::rules::{Collection, Identity, Kind, Properties, ResourceRule, RuleSet, Template, lookup};

impl<'a> Draft<'a> {
    /// Plans one component of each shape alone and notes what it is billed by.
    pub(crate) fn plan_alone(&mut self, shapes: Shapes<'a>) -> Result<(), Vec<Diagnostic>> {
        let _span = tracing::info_span!("alone", shapes = shapes.first.len()).entered();
        let this = &*self;
        let alone = shapes.first.into_par_iter().map(|needs| {
            // What happens within is none of the plan's stages.
            with_default(NoSubscriber::default(), || this.billed_alone(needs))
        });
        self.alone = alone.collect::<Result<_, _>>()?;
        self.shapes = shapes.of;
        Ok(())
    }

    /// Plans the requirements of one component alone, without completing the plan.
    pub(super) fn placed_alone(&self, mut needs: Vec<Need<'a>>) -> Result<Draft<'a>, Vec<Diagnostic>> {
        let component = needs.first().and_then(|need| self.owners.component(need.owner));
        needs.iter_mut().for_each(|need| need.owner = 0);
        let (owners, setting) = (Owners::new(component.into_iter()), self.setting.alone());
        let mut draft = Draft {
            brings: brought(&needs),
            // What only holds in company is no fault here.
            whole: false,
            ..Draft::new(self.rules, self.estate, self.scope, self.inherited, owners, setting)
        };
        draft.place_all(needs)?;
        Ok(draft)
    }

    fn billed_alone(&self, needs: Vec<Need<'a>>) -> Result<Vec<AloneLine<'a>>, Vec<Diagnostic>> {
        let mut draft = self.placed_alone(needs)?;
        // What was asked for comes before what is implied, as it does in the plan.
        let mut order: Vec<(bool, usize)> =
            draft.resources.iter().enumerate().map(|(rank, resource)| (resource.implied, rank)).collect();
        order.sort_unstable();
        let mut bill = |(implied, rank): (bool, usize)| {
            let DraftResource { solved, bin, .. } = draft.resources[rank];
            let resource_type = &draft.solved[solved].group.rule.resource_type;
            let own = |rule: &ResourceRule| rule.requires.iter().any(|r| r.own && r.resource_type == *resource_type);
            let pooled = implied && !self.rules.resources().any(own);
            let lines = draft.solved[solved].bills[bin].take().unwrap_or_default();
            lines.into_iter().map(move |line| AloneLine { pooled, line })
        };
        Ok(order.into_iter().flat_map(&mut bill).collect())
    }
}

/// One thing that a component alone is billed by.
pub(crate) struct AloneLine<'a> {
    /// Nobody asked for the resource, and others could share it.
    pub(super) pooled: bool,
    pub(super) line: Line<'a>,
}

/// Components by how they are planned alone.
pub(crate) struct Shapes<'a> {
    /// The requirements of the first component of each shape.
    pub(crate) first: Vec<Vec<Need<'a>>>,
    /// The shape of each component; `None` of one without requirements.
    pub(crate) of: Vec<Option<usize>>,
}

impl<'a> Shapes<'a> {
    /// The shapes of components; `needs` are in the order of their owners.
    pub(crate) fn new(needs: &[Need<'a>], rules: &RuleSet, estate: &Estate) -> Self {
        let mut sights: BTreeMap<&str, Option<Sight<'_>>> = BTreeMap::new();
        for need in needs {
            let sight = || rules.resource(need.resource_type).map(|rule| Sight::new(rule, estate));
            sights.entry(need.resource_type).or_insert_with(sight);
        }
        let mut shapes = Self { first: Vec::new(), of: vec![None; estate.components.len()] };
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        let mut form = String::new();
        for own in needs.chunk_by(|a, b| a.owner == b.owner) {
            form.clear();
            let mut of_type: FxHashMap<&str, usize> = FxHashMap::default();
            own.iter().for_each(|need| *of_type.entry(need.resource_type).or_default() += 1);
            for need in own {
                // Requirements of one group may meet on a resource or keep apart, so nothing of them is left out.
                let several = of_type.get(need.resource_type).is_some_and(|number| *number > 1);
                match sights.get(need.resource_type) {
                    Some(Some(sight)) if !several => sight.describe(&mut form, need),
                    _ => {
                        let config = serde_json::to_string(&*need.config).unwrap_or_default();
                        let _ = write!(form, "{} {} {} {config}", need.resource_type, need.key, need.priority);
                    }
                }
                form.push('\n');
            }
            let shape = match known.get(form.as_str()) {
                Some(shape) => *shape,
                None => {
                    shapes.first.push(own.to_vec());
                    known.insert(form.clone(), shapes.first.len() - 1);
                    shapes.first.len() - 1
                }
            };
            if let Some(of) = own.first().and_then(|need| shapes.of.get_mut(need.owner as usize)) {
                *of = Some(shape);
            }
        }
        shapes
    }
}

/// What a price, or what is required, can depend on in a resource type's configs.
pub(super) struct Sight<'r> {
    rule: &'r ResourceRule,
    /// The leaves whose values count.
    pub(super) seen: Vec<usize>,
    /// The leaves of which only the number of elements counts.
    counted: Vec<usize>,
    /// The requirement key counts.
    key: bool,
    /// An override may meet one component's elements and not another's, so everything counts.
    whole: bool,
}

impl<'r> Sight<'r> {
    pub(super) fn new(rule: &'r ResourceRule, estate: &Estate) -> Self {
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut look = |template: &Template| template.variables(&mut names);
        rule.cost.iter().flat_map(|cost| &cost.meters).for_each(|meter| meter.templates().for_each(&mut look));
        for required in &rule.requires {
            required.when.iter().chain([&required.requirement_key, &required.config]).for_each(&mut look);
        }
        let leaves = &rule.properties.leaves;
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        loop {
            let before = seen.len();
            let whole = names.contains("config");
            let stated = names.contains("stated");
            for (leaf, property) in leaves.iter().enumerate() {
                let name = property.name();
                let meant = names.iter().filter_map(|seen| seen.strip_prefix("config.")).any(|seen| {
                    let within = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
                    within(seen, &name) || within(&name, seen)
                });
                if (whole || meant || (stated && property.collection().is_some())) && seen.insert(leaf) {
                    property.default.iter().for_each(|template| template.variables(&mut names));
                }
            }
            if seen.len() == before {
                break;
            }
        }
        let counted = |path: &Vec<String>| {
            let (leaf, _) = rule.properties.find(path.first()?)?;
            Some((leaf, path.len() > 1))
        };
        let mut counts: BTreeSet<usize> = BTreeSet::new();
        for (leaf, deep) in rule.capacities.iter().flat_map(|capacity| &capacity.count).filter_map(counted) {
            let shallow = leaves[leaf].collection().is_some() && !deep;
            if shallow {
                counts.insert(leaf)
            } else {
                seen.insert(leaf)
            };
        }
        let overrides = || estate.overrides.iter().filter(|over| over.resource_type == rule.resource_type);
        let collection = |path: &String| rule.properties.iter().any(|p| p.path.first() == Some(path) && p.collection().is_some());
        let whole = overrides().any(|over| over.config.keys().any(collection));
        let key = overrides().any(|over| over.requirement_key.is_some()) || names.contains("key") || names.contains("id");
        let counted = counts.difference(&seen).copied().collect();
        Self { rule, seen: seen.into_iter().collect(), counted, key, whole }
    }

    pub(super) fn describe(&self, form: &mut String, need: &Need<'_>) {
        form.push_str(need.resource_type);
        if self.key {
            let _ = write!(form, " {:?}", need.key);
        }
        let _ = write!(form, " {}", need.priority);
        if self.whole {
            let _ = write!(form, " {}", serde_json::to_string(&*need.config).unwrap_or_default());
            return;
        }
        let leaves = &self.rule.properties.leaves;
        for leaf in &self.seen {
            if let Some(value) = lookup(&need.config, &leaves[*leaf].path) {
                let _ = write!(form, " {leaf}=");
                nameless(form, value, &leaves[*leaf].kind);
            }
        }
        for leaf in &self.counted {
            let length = match lookup(&need.config, &leaves[*leaf].path) {
                Some(Value::Array(array)) => array.len() as u64,
                Some(Value::Object(map)) => map.len() as u64,
                Some(Value::Number(count)) => count.as_u64().unwrap_or_default(),
                _ => continue,
            };
            let _ = write!(form, " {leaf}#{length}");
        }
    }
}

/// A value without the names of elements that belong to components.
fn nameless(form: &mut String, value: &Value, kind: &Kind) {
    match (kind, value) {
        (Kind::Collection(collection), Value::Array(array)) if collection.is_owned() => elements(form, array, collection),
        (_, value) => {
            let _ = write!(form, "{value}");
        }
    }
}

fn elements(form: &mut String, array: &[Value], collection: &Collection) {
    form.push('[');
    for element in array {
        if let (Identity::Field(field), Value::Object(map), Kind::Object(properties)) =
            (&collection.identity, element, &*collection.element)
        {
            for (name, value) in map.iter().filter(|(name, _)| *name != field) {
                let _ = write!(form, "{name}:");
                member(form, value, properties, name);
            }
        }
        form.push(',');
    }
    form.push(']');
}

fn member(form: &mut String, value: &Value, properties: &Properties, name: &str) {
    match (properties.find(name).map(|(_, property)| &property.kind), value) {
        (Some(Kind::Collection(inner)), Value::Array(array)) if matches!(inner.identity, Identity::Field(_)) => {
            elements(form, array, inner);
        }
        _ => {
            let _ = write!(form, "{value};");
        }
    }
}
