//! What rules say of a plan as a whole: pairs of resources, all resources of a type, what a subscription takes, and what people
//! should know before they deploy.

use serde_json::Value;

use super::Template;
use crate::input::{At, Severity, Sink};

/// A check of a resource with each other resource that serves it, or that its components are bound to.
#[derive(Clone, Debug)]
pub struct Use {
    /// The types of the others.
    pub of: Vec<String>,
    pub(crate) when: Template,
    pub(crate) message: Template,
    /// Whether it is refused or only mentioned.
    pub severity: Severity,
}

/// A check of all resources of a type in an estate.
#[derive(Clone, Debug)]
pub struct EstateCheck {
    pub(crate) when: Template,
    pub(crate) message: Template,
    /// Whether it is refused or only mentioned.
    pub severity: Severity,
}

/// How many resources of a type a subscription takes.
#[derive(Clone, Debug)]
pub struct EstateLimit {
    /// The most, unless the subscription has another quota.
    pub limit: u64,
    /// The property by whose values resources are counted apart; all together without it.
    pub per: Option<String>,
    /// The provider resources that are counted in place of the plan's: `Microsoft.Authorization/roleAssignments`.
    pub of: Option<String>,
    /// Which resources count.
    pub(crate) when: Option<Template>,
    /// How much each takes; 1 without it.
    pub(crate) sum: Option<Template>,
    /// What is summed up.
    pub unit: Option<String>,
    /// What is limited, in a few words.
    pub why: String,
    /// Where the figure comes from.
    pub source: String,
}

/// Something that a plan risks, and how to avoid it.
#[derive(Clone, Debug)]
pub struct HazardRule {
    /// What conditions and `settings.accept` call it.
    pub id: String,
    pub(crate) when: Template,
    pub(crate) message: Template,
    /// Why it matters, in one sentence.
    pub why: Option<String>,
    pub(crate) avoid: Option<Template>,
}

pub(super) fn uses(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<Use> {
    let mut uses = Vec::new();
    for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
        let at = at.index(i);
        let mut of = Vec::new();
        let mut check = Reading::default();
        sink.object(&at, value, &["of", "when", "message", "severity"], |sink, at, key, value| match key {
            "of" => {
                let one_or_more = if value.is_string() { Value::Array(vec![value]) } else { value };
                of = sink.strings(at, one_or_more).unwrap_or_default();
            }
            key => check.read(sink, at, key, value),
        });
        if of.is_empty() {
            sink.missing(&at, "of");
        }
        uses.extend(check.done(sink, &at).map(|(when, message, severity)| Use { of, when, message, severity }));
    }
    uses
}

pub(super) fn estate_checks(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<EstateCheck> {
    let mut checks = Vec::new();
    for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
        let at = at.index(i);
        let mut check = Reading::default();
        sink.object(&at, value, &["when", "message", "severity"], |sink, at, key, value| check.read(sink, at, key, value));
        checks.extend(check.done(sink, &at).map(|(when, message, severity)| EstateCheck { when, message, severity }));
    }
    checks
}

pub(super) fn estate_limits(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<EstateLimit> {
    let mut limits = Vec::new();
    for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
        let at = at.index(i);
        let (mut limit, mut per, mut of, mut when, mut sum, mut unit) = (None, None, None, None, None, None);
        let (mut why, mut source) = (None, None);
        let known = ["limit", "per", "of", "when", "sum", "unit", "why", "source"];
        sink.object(&at, value, &known, |sink, at, key, value| match key {
            "limit" => limit = sink.integer(at, &value, 1, u64::from(u32::MAX)),
            "per" => per = sink.string(at, value),
            "of" => of = sink.string(at, value),
            "when" => when = Template::condition(sink, at, value),
            "sum" => sum = Some(Template::read(sink, at, value)),
            "unit" => unit = sink.string(at, value),
            "why" => why = sink.string(at, value),
            _ => source = sink.string(at, value),
        });
        for (field, missing) in [("limit", limit.is_none()), ("why", why.is_none()), ("source", source.is_none())] {
            if missing {
                sink.missing(&at, field);
            }
        }
        if let (Some(limit), Some(why), Some(source)) = (limit, why, source) {
            limits.push(EstateLimit { limit, per, of, when, sum, unit, why, source });
        }
    }
    limits
}

pub(super) fn hazards(sink: &mut Sink, at: &At<'_>, value: Value) -> Vec<HazardRule> {
    let mut hazards = Vec::new();
    for (i, value) in sink.array(at, value).unwrap_or_default().into_iter().enumerate() {
        let at = at.index(i);
        let (mut id, mut why, mut avoid) = (None, None, None);
        let mut check = Reading::default();
        sink.object(&at, value, &["id", "when", "message", "why", "avoid"], |sink, at, key, value| match key {
            "id" => id = sink.string(at, value),
            "why" => why = sink.string(at, value),
            "avoid" => avoid = Some(Template::read(sink, at, value)),
            key => check.read(sink, at, key, value),
        });
        if id.is_none() {
            sink.missing(&at, "id");
        }
        if let (Some(id), Some((when, message, _))) = (id, check.done(sink, &at)) {
            hazards.push(HazardRule { id, when, message, why, avoid });
        }
    }
    hazards
}

/// A condition with its message, being read.
#[derive(Default)]
struct Reading {
    when: Option<Template>,
    message: Option<Template>,
    severity: Option<Severity>,
}

impl Reading {
    fn read(&mut self, sink: &mut Sink, at: &At<'_>, key: &str, value: Value) {
        match key {
            "when" => self.when = Template::condition(sink, at, value),
            "message" => self.message = Some(Template::read(sink, at, value)),
            _ => self.severity = sink.word(at, &value, &[("error", Severity::Error), ("warning", Severity::Warning)]),
        }
    }

    fn done(self, sink: &mut Sink, at: &At<'_>) -> Option<(Template, Template, Severity)> {
        for (field, missing) in [("when", self.when.is_none()), ("message", self.message.is_none())] {
            if missing {
                sink.missing(at, field);
            }
        }
        Some((self.when?, self.message?, self.severity.unwrap_or(Severity::Error)))
    }
}
