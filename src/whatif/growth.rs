//! More of the same: every component several times.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToShoutySnakeCase;
use serde_json::Value;

use crate::estate::{Component, Constraints, Estate};
use crate::names::ComponentId;
use crate::references::inner as reference_texts;
use crate::rules::RuleSet;

/// How many times as many components there shall be: from 1 to 1000, in steps of a millionth.
///
/// The whole part is how often each component is there. Of a fraction, that part of the components, the first by id, is
/// there once more: with 1.5 the first half of them twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Growth(u64);

const WHOLE: u64 = 1_000_000;

impl Growth {
    /// The highest factor.
    pub const HIGHEST: u64 = 1000;

    /// A growth, if `1 <= factor <= 1000`.
    pub fn new(factor: f64) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let highest = Self::HIGHEST as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from one million to a thousand of them")]
        (1.0..=highest).contains(&factor).then(|| Self((factor * 1e6).round() as u64))
    }

    /// How many components there are of so many.
    pub fn of(self, components: u64) -> u64 {
        let extra = (u128::from(self.0 % WHOLE) * u128::from(components) + u128::from(WHOLE / 2)) / u128::from(WHOLE);
        (self.0 / WHOLE) * components + u64::try_from(extra).unwrap_or(0)
    }

    /// The estate with its components multiplied.
    ///
    /// Copies are named `UserApi-2`, `UserApi-3`, … (passing over ids that are taken, also where only their prefix is),
    /// and have databases, queues and topics of their own, numbered alike. A reference from a copy to another component is to
    /// that one's copy of the same number, or to the original where there is none; so is `together`. Copies join the
    /// `dedicated` and `apart` lists that the original is in.
    pub(super) fn apply(self, estate: &mut Estate, rules: &RuleSet) {
        let originals: Vec<ComponentId> = estate.components.keys().cloned().collect();
        let whole = self.0 / WHOLE;
        let further = self.of(originals.len() as u64) - whole * originals.len() as u64;
        let mut taken: BTreeSet<String> = originals.iter().map(|id| id.as_str().to_shouty_snake_case()).collect();
        // By number of the copy, then by the original; the first "copies" are the originals themselves.
        let mut copies: BTreeMap<u64, BTreeMap<ComponentId, ComponentId>> = BTreeMap::new();
        for (rank, id) in (0..).zip(&originals) {
            let mut suffix = 1_u64;
            for number in 2..=(whole + u64::from(rank < further)) {
                let copy = loop {
                    suffix += 1;
                    let name = format!("{id}-{suffix}");
                    if taken.insert(name.to_shouty_snake_case()) {
                        break ComponentId::from(name);
                    }
                };
                copies.entry(number).or_default().insert(id.clone(), copy);
            }
        }
        for (number, names) in &copies {
            for (original, copy) in names {
                let mut component = estate.components.get(original).cloned().unwrap_or_default();
                redirect(&mut component, names, rules);
                estate.components.insert(copy.clone(), component);
                estate.usage.copy(original, copy);
                estate.copies.insert(copy.clone(), u32::try_from(*number).unwrap_or(u32::MAX));
            }
        }
        constrain(&mut estate.constraints, &copies);
    }
}

/// Turns the references of a copy to other components to their copies.
fn redirect(component: &mut Component, names: &BTreeMap<ComponentId, ComponentId>, rules: &RuleSet) {
    let configs = component.requirements.iter_mut().map(|requirement| &mut requirement.config);
    for value in configs.chain([&mut component.config]).flat_map(|config| config.values_mut()) {
        turn(value, names, rules);
    }
}

fn turn(value: &mut Value, names: &BTreeMap<ComponentId, ComponentId>, rules: &RuleSet) {
    match value {
        Value::String(text) if text.contains("${") => {
            let mut turned = String::new();
            let mut rest = text.as_str();
            for inner in reference_texts(text).flatten() {
                let Some((before, after)) = rest.split_once(&format!("${{{inner}}}")) else { continue };
                let to = inner.rsplit_once('.').and_then(|(target, output)| {
                    let is_type = rules.resource(target).is_some();
                    names.get(target).filter(|_| !is_type).map(|copy| format!("{copy}.{output}"))
                });
                turned.push_str(&format!("{before}${{{}}}", to.as_deref().unwrap_or(inner)));
                rest = after;
            }
            turned.push_str(rest);
            *text = turned;
        }
        Value::Array(array) => array.iter_mut().for_each(|value| turn(value, names, rules)),
        Value::Object(map) => map.values_mut().for_each(|value| turn(value, names, rules)),
        _ => {}
    }
}

fn constrain(constraints: &mut Constraints, copies: &BTreeMap<u64, BTreeMap<ComponentId, ComponentId>>) {
    let Constraints { dedicated, apart, together } = constraints;
    for list in apart.iter_mut().chain([dedicated]) {
        let of = |names: &BTreeMap<ComponentId, ComponentId>| list.iter().filter_map(|id| names.get(id).cloned()).collect();
        let more: Vec<Vec<ComponentId>> = copies.values().map(of).collect();
        list.extend(more.into_iter().flatten());
    }
    let mut more = Vec::new();
    for list in together.iter() {
        for names in copies.values().filter(|names| list.iter().any(|id| names.contains_key(id))) {
            more.push(list.iter().map(|id| names.get(id).unwrap_or(id).clone()).collect());
        }
    }
    together.extend(more);
}
