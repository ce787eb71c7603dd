//! Names that only Azure knows, told by a list of what is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::found::{Contents, Found};
use super::marks::{self, Piece};

/// Puts the names of listed resources into templates whose names are known in part alone, where only one resource of the list
/// fits a name and only one name fits it. Gives how many expressions were found out so.
pub(super) fn resolve(parts: &mut [Contents]) -> usize {
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in parts.iter().flat_map(|contents| &contents.resources) {
        if found.names.len() == 1
            && let Some(name) = found.known_name()
        {
            listed.entry(found.provider_type.to_lowercase()).or_default().push(name.to_owned());
        }
    }
    let mut solved = 0;
    for contents in parts.iter_mut() {
        let known = found_out(&contents.resources, &listed);
        if known.is_empty() {
            continue;
        }
        solved += known.len();
        for found in &mut contents.resources {
            for name in &mut found.names {
                *name = known.text(name);
            }
            found.id = found.id.as_ref().map(|id| known.id(id));
            found.address = known.plain(&found.address);
            known.value(&mut found.body);
        }
    }
    solved
}

/// What expressions come to.
#[derive(Default)]
struct Known(BTreeMap<String, String>);

/// Expressions of names that are otherwise known, by the one listed name that each fits.
fn found_out(resources: &[Found], listed: &BTreeMap<String, Vec<String>>) -> Known {
    let mut claims: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for found in resources.iter().filter(|found| found.names.len() == 1 && found.known_name().is_none()) {
        let Some((before, expression, after)) = one_open(found.name()) else { continue };
        let provider_type = found.provider_type.to_lowercase();
        let of_type = listed.get(&provider_type).map_or(&[][..], Vec::as_slice);
        let inner = |name: &&String| {
            let inner =
                name.strip_prefix(&before).and_then(|rest| rest.strip_suffix(&after)).filter(|inner| !inner.is_empty())?;
            let fits = !expression.starts_with("uniqueString(") || inner.len() == 13;
            fits.then(|| inner.to_owned())
        };
        let fitting: Vec<String> = of_type.iter().filter_map(|name| inner(&name)).collect();
        if let [only] = fitting.as_slice() {
            claims.entry((provider_type, format!("{before}{only}{after}"))).or_default().push((expression, only.clone()));
        }
    }
    let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
    for claim in claims.into_values() {
        // Two names that both fit one resource tell nothing.
        let [(expression, value)] = claim.as_slice() else { continue };
        known
            .entry(expression.clone())
            .and_modify(|known| *known = known.take().filter(|known| known == value))
            .or_insert(Some(value.clone()));
    }
    Known(known.into_iter().filter_map(|(expression, value)| Some((expression, value?))).collect())
}

/// A name with one unknown part: what is before it, the expression, and what is after it.
fn one_open(name: &str) -> Option<(String, String, String)> {
    let (mut before, mut open, mut after) = (String::new(), None, String::new());
    for piece in marks::pieces(name) {
        match (piece, &open) {
            (Piece::Text(text), None) => before.push_str(text),
            (Piece::Text(text), Some(_)) => after.push_str(text),
            (Piece::Unknown { expression, .. }, None) => open = Some(expression.to_owned()),
            _ => return None,
        }
    }
    Some((before, open?, after))
}

impl Known {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn text(&self, text: &str) -> String {
        if marks::is_known(text) { text.to_owned() } else { marks::replaced(text, &|expression| self.0.get(expression).cloned()) }
    }

    /// An id, in which what is unknown is a word in braces.
    fn id(&self, id: &str) -> String {
        if !id.contains('{') {
            return id.to_owned();
        }
        let token = |expression: &String| marks::token(&marks::unknown(expression, false, &[]));
        self.0.iter().fold(id.to_owned(), |id, (expression, value)| id.replace(&token(expression), value))
    }

    fn plain(&self, address: &str) -> String {
        self.0
            .iter()
            .fold(address.to_owned(), |address, (expression, value)| address.replace(&format!("{{{expression}}}"), value))
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let changed = self.id(&self.text(text));
                *text = changed;
            }
            Value::Array(array) => array.iter_mut().for_each(|value| self.value(value)),
            Value::Object(map) => {
                let old = std::mem::replace(map, Map::new());
                for (key, mut value) in old {
                    self.value(&mut value);
                    map.insert(self.id(&self.text(&key)), value);
                }
            }
            _ => {}
        }
    }
}
