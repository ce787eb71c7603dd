//! Parameter files, and which template each is for.

use serde_json::{Map, Value};

use super::stem;
use crate::import::arm;

/// The values in a parameter file, if a document is one.
pub(super) fn given(value: &Value) -> Option<&Map<String, Value>> {
    let schema = value.get("$schema").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let given = value.get("parameters")?.as_object()?;
    let stated = |value: &Value| value.get("value").is_some() || value.get("reference").is_some();
    let fits = schema.contains("deploymentparameters.json") || (value.get("resources").is_none() && given.values().all(stated));
    fits.then_some(given)
}

/// A parameter file.
pub(in crate::import) struct Parameters {
    /// The file's name.
    pub(in crate::import) name: String,
    pub(in crate::import) given: Map<String, Value>,
}

impl Parameters {
    /// Whether it may be for a template: it is in the same folder, has the template's name or none of another, and gives no
    /// parameter that the template does not declare.
    pub(in crate::import) fn fits(&self, template_name: &str, template: &Value) -> bool {
        let folder = |name: &str| name.rsplit_once(['/', '\\']).map_or(String::new(), |(folder, _)| folder.to_owned());
        let declared = arm::declared(template);
        let own = stem(&self.name).to_lowercase();
        let plain = ["parameters", "params", "param"].contains(&own.as_str());
        folder(&self.name) == folder(template_name)
            && (own == stem(template_name).to_lowercase() || plain)
            && self.given.keys().all(|name| declared.contains(&name.to_lowercase()))
    }
}
