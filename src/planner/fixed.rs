//! What a lock knows of resources that the provider cannot change in place: it is kept where nobody states otherwise, and
//! whoever does goes to another resource.

use std::cmp::Ordering;

use serde_json::Value;

use super::draft::Draft;
use super::placer::Refusals;
use crate::merge::{Group, Merged, Merger, Portion};
use crate::model::{Home, Homes, Moves, Placed};
use crate::names::{ResourceId, ids};
use crate::plan::PropertyRecord;
use crate::rules::{FixedValues, Kind, Property, Strategy, fixed_values, is_of_element, lookup, pointer, put};

impl Draft<'_> {
    /// What is known of a resource that cannot be changed in place.
    fn known_fixed(&self, id: &ResourceId) -> Option<&FixedValues> {
        match &self.lock {
            Some(lock) => lock.fixed(id.as_str()),
            None => self.placer.fixed(id.as_str()),
        }
    }

    /// Gives a merged resource the values that it has and keeps: of what nobody states, and of what is stated as the least or
    /// the most that would do. Defaults that would differ give way when they are filled in.
    pub(super) fn keep_fixed(&self, group: &Group<'_>, id: &ResourceId, merged: &mut Merged) {
        let Some(fixed) = self.known_fixed(id).filter(|fixed| !fixed.is_empty()) else { return };
        for property in group.rule.properties.iter().filter(|property| property.immutable) {
            let Some(known) = fixed.get(&pointer(property)) else { continue };
            match lookup(&merged.config, &property.path) {
                None if property.default.is_none() => {
                    merged.provenance.insert(property.name(), PropertyRecord::kept(known.clone()));
                }
                Some(stated) if is_enough(property, stated, known) => {
                    if let Some(record) = merged.provenance.get_mut(&property.name()) {
                        record.winner = Some(known.clone());
                    }
                }
                _ => continue,
            }
            put(&mut merged.config, &property.path, known.clone());
            merged.by_lock.push(property.name());
        }
    }

    /// The value that a resource has and keeps in the place of a default.
    pub(super) fn instead(&self, id: &ResourceId, property: &Property, default: &Value) -> Option<Value> {
        let known = self.known_fixed(id).filter(|_| property.immutable)?.get(&pointer(property))?;
        (known != default).then(|| known.clone())
    }

    /// Requirements that would change what is fixed of the resources that they are placed on.
    pub(super) fn refusals(&self, merger: &Merger<'_>, id: &str, placed: &Placed, homes: &Homes) -> Refusals {
        let mut refusals = Refusals::new();
        let moves = self.lock.as_ref().map_or(Moves::Kept, |lock| lock.moves);
        for (portions, number) in placed.bins.iter().zip(&placed.numbers) {
            let id = ids::id(id, *number);
            let Some(fixed) = self.known_fixed(&id).filter(|fixed| !fixed.is_empty()) else { continue };
            let examined = Examined { draft: self, merger, id: &id, fixed, moves };
            let Some(together) = examined.change(portions) else { continue };
            let before = refusals.len();
            for portion in portions {
                if let Some(why) = examined.change(std::slice::from_ref(portion)) {
                    refusals.insert((portion.need, *number), why);
                }
            }
            if refusals.len() > before {
                continue;
            }
            // None does so alone: those that came here go, or whoever is too many.
            let came = |portion: &&Portion| homes.needs.get(portion.need) != Some(&Home::On(*number));
            refusals.extend(portions.iter().filter(came).map(|portion| ((portion.need, *number), together.clone())));
            let mut staying: Vec<Portion> = Vec::new();
            for portion in if refusals.len() > before { &[] } else { portions.as_slice() } {
                staying.push(portion.clone());
                if let Some(why) = examined.change(&staying) {
                    staying.pop();
                    refusals.insert((portion.need, *number), why);
                }
            }
        }
        refusals
    }
}

/// Whether a value is as good as the one stated, which says the least or the most that would do.
fn is_enough(property: &Property, stated: &Value, known: &Value) -> bool {
    let Kind::Scalar(scalar) = &property.kind else { return false };
    match property.merge {
        Strategy::Maximum => scalar.compare(stated, known) == Ordering::Less,
        Strategy::Minimum => scalar.compare(stated, known) == Ordering::Greater,
        _ => false,
    }
}

/// A resource that is there, and what is fixed of it.
struct Examined<'e, 'a> {
    draft: &'e Draft<'a>,
    merger: &'e Merger<'e>,
    id: &'e ResourceId,
    fixed: &'e FixedValues,
    moves: Moves,
}

impl Examined<'_, '_> {
    /// What requirements would change that cannot be changed, in words. Rules that fail are told where resources are completed.
    fn change(&self, portions: &[Portion]) -> Option<String> {
        let group = self.merger.group;
        let properties = &group.rule.properties;
        let mut merged = self.merger.merge(portions, &self.draft.kept(group, portions, self.id.as_str()));
        self.draft.keep_fixed(group, self.id, &mut merged);
        self.draft.fill_defaults(group, self.id, &mut merged).ok()?;
        let values = fixed_values(properties, &merged.config);
        // What is in a resource can be made anew where its loss is allowed, the resource cannot.
        let held = |place: &str| self.moves != Moves::All || !is_of_element(properties, place);
        let changed = values.into_iter().find_map(|(place, value)| {
            let known = self.fixed.get(&place).filter(|known| **known != value && held(&place))?;
            let name = place.trim_start_matches('/').replace('/', ".");
            Some(format!("`{name}` of `{}` is {known} and cannot be changed to {value} in place", self.id))
        });
        if changed.is_some() || merged.by_lock.is_empty() {
            return changed;
        }
        // What nobody states is kept, unless it does not go with what they do state.
        let refused = self.draft.first_error(group, self.id, merged.config).ok()?;
        let kept = merged.by_lock.join("`, `");
        refused.map(|why| format!("`{kept}` of `{}` cannot be changed in place: {why}", self.id))
    }
}
