//! What reading any part of a rule file takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Template, Vocabulary};
use crate::input::{At, Code, Sink, describe};

/// Reads the rule files of a set, whose parts are in modules of their own.
pub(super) struct Reader<'e> {
    pub(super) vocabularies: &'e BTreeMap<String, Arc<Vocabulary>>,
}

impl Reader<'_> {
    pub(super) fn template(&self, sink: &mut Sink, at: &At<'_>, value: Value) -> Template {
        Template::read(sink, at, value)
    }

    /// A template that holds or not: exactly one expression, since any other text would always hold.
    pub(super) fn condition(&self, sink: &mut Sink, at: &At<'_>, value: Value) -> Option<Template> {
        let found = describe(&value);
        match self.template(sink, at, value) {
            template @ Template::Expression(_) => Some(template),
            _ => {
                sink.error(Code::Expression, at, format!("a condition is one expression, not {found}"))
                    .expect("`{{ … }}` with nothing around it");
                None
            }
        }
    }
}

/// A length of names, from `min` on.
pub(super) fn length(sink: &mut Sink, at: &At<'_>, value: &Value, min: u64) -> Option<usize> {
    sink.integer(at, value, min, 1000).and_then(|length| usize::try_from(length).ok())
}
