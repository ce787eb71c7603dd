//! Policies: provider resources that a company wants beside every resource of certain types.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ResourceRule;
use super::projection::{self, Blocks, Language};
use crate::input::{At, Code, Sink, list_names, nearest};
use crate::names::ResourceType;

/// What stands in `to` for every type.
const EVERY: &str = "*";

/// What a rule file of the kind may say.
const FIELDS: [&str; 9] = ["$schema", "version", "policy", "title", "why", "to", "arm", "terraform", "//"];

/// Provider resources that are added to types; their templates see the resource's own as `target`.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    to: Vec<String>,
    pub(crate) blocks: Blocks,
}

/// Reads a rule file of the kind.
pub(super) fn policy(sink: &mut Sink, name: &str, value: Value) -> Policy {
    let mut policy = Policy { name: name.to_owned(), to: Vec::new(), blocks: Blocks::default() };
    sink.object(&At::ROOT, value, &FIELDS, |sink, at, key, value| match key {
        "version" if value.as_u64() != Some(1) => {
            let message = format!("this program reads rule files of version 1, not {value}");
            sink.error(Code::WrongVersion, at, message).expect("1");
        }
        "to" => policy.to = sink.strings(at, value).unwrap_or_default(),
        "arm" => policy.blocks.arm = projection::blocks(sink, at, value, Language::Arm),
        "terraform" => policy.blocks.terraform = projection::blocks(sink, at, value, Language::Terraform),
        _ => {}
    });
    if policy.to.is_empty() {
        let message = format!("the policy `{name}` adds to no type");
        sink.error(Code::RuleInvalid, &At::ROOT.key("to"), message).expect("resource types, or `*` for all");
    }
    if policy.blocks.arm.is_empty() && policy.blocks.terraform.is_empty() {
        sink.error(Code::RuleInvalid, &At::ROOT, format!("the policy `{name}` adds nothing"))
            .expect("`arm`, `terraform`, or both");
    }
    policy
}

impl Policy {
    /// Adds it to the types that it names.
    pub(super) fn apply(&self, sink: &mut Sink, resources: &mut BTreeMap<ResourceType, ResourceRule>) {
        let at = At::ROOT;
        let at = at.key("to");
        for (i, wanted) in self.to.iter().enumerate().filter(|(_, wanted)| *wanted != EVERY) {
            let known = || resources.keys().map(ResourceType::as_str);
            if known().any(|name| name == wanted) {
                continue;
            }
            let message = format!("the policy `{}` adds to `{wanted}`, which no rule file describes", self.name);
            let diagnostic = sink.error(Code::UnknownType, &at.index(i), message);
            diagnostic.expect(list_names(known()));
            if let Some(near) = nearest(wanted, known()) {
                diagnostic.help(format!("did you mean `{near}`?"));
            }
        }
        for (resource_type, rule) in resources.iter_mut() {
            if self.to.iter().any(|to| to == EVERY || to == resource_type.as_str()) {
                rule.policies.push(self.clone());
            }
        }
    }

    /// What lays the raw members of `extra` over a resource that Terraform's own provider makes.
    pub(super) fn of_extra(rule: &ResourceRule) -> Option<Self> {
        let (Some(main), false) = (rule.blocks.arm.first(), rule.blocks.terraform.is_empty()) else { return None };
        let block = json!([{
            "symbol": "raw", "type": "azapi_update_resource", "when": "{{ config.extra }}",
            "body": { "type": main.provider_type, "resource_id": "{{ target.id }}", "body": "{{ config.extra }}" },
        }]);
        let terraform = projection::blocks(&mut Sink::default(), &At::ROOT, block, Language::Terraform);
        Some(Self { name: "extra".to_owned(), to: Vec::new(), blocks: Blocks { arm: Vec::new(), terraform } })
    }
}
