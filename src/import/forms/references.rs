//! What a Terraform plan says of values that only its application will know: which resources they refer to.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::import::marks;

/// The `configuration` of a plan.
pub(super) struct Configuration<'c> {
    root: Option<&'c Value>,
}

/// Outputs of modules lead to outputs of modules, and so on.
const DEEPEST: usize = 16;

/// Where the references stand that no single value is known for.
const OTHERS: &str = "references";

impl<'c> Configuration<'c> {
    pub(super) fn new(root: Option<&'c Value>) -> Self {
        Self { root }
    }

    /// The id that a resource goes by before it has one.
    pub(super) fn id(&self, address: &str) -> Option<String> {
        self.root?;
        let (module, name) = split(address);
        let module: String = module.iter().map(|call| format!("module.{call}.")).collect();
        let (kind, name) = name.split_once('.')?;
        let scope = "/subscriptions/{subscription}/resourceGroups/{resourceGroup}";
        Some(format!("{scope}/providers/terraform/{kind}/{module}{name}"))
    }

    /// Adds to a resource's values what it refers to where these are not known.
    pub(super) fn complete(&self, address: &str, body: &mut Map<String, Value>) {
        let Some(root) = self.root else { return };
        let (modules, own) = split(address);
        let plain = own.split('[').next().unwrap_or(own);
        let Some(module) = modules.iter().try_fold(root, |module, call| within(module, call)) else { return };
        let stated = module.get("resources").and_then(Value::as_array).into_iter().flatten();
        let stated = stated.filter(|resource| resource.get("address").and_then(Value::as_str) == Some(plain));
        let mut others: BTreeSet<String> = BTreeSet::new();
        for (name, expression) in stated.filter_map(|resource| resource.get("expressions")?.as_object()).flatten() {
            if let Some(value) = self.value(expression, &modules, body.get(name), &mut others) {
                match body.get_mut(name) {
                    None => {
                        body.insert(name.clone(), value);
                    }
                    Some(known) => lay(known, value),
                }
            }
        }
        if !others.is_empty() {
            body.insert(OTHERS.to_owned(), others.into_iter().map(Value::String).collect());
        }
    }

    /// What is known of a value by its expression: the references in it, where the value itself is not known.
    fn value(&self, expression: &Value, modules: &[&str], known: Option<&Value>, others: &mut BTreeSet<String>) -> Option<Value> {
        match expression {
            Value::Object(map) => {
                if let Some(references) = map.get("references").and_then(Value::as_array) {
                    let names = references.iter().filter_map(Value::as_str);
                    let found: BTreeSet<String> = names.flat_map(|name| self.meant(name, modules, DEEPEST)).collect();
                    return match (found.first(), known) {
                        (None, _) | (_, Some(Value::String(_))) => None,
                        (Some(only), None) if found.len() == 1 => Some(Value::String(only.clone())),
                        (_, None) => Some(found.into_iter().map(Value::String).collect()),
                        // Of a map or list nothing tells which member it is.
                        (_, Some(_)) => {
                            others.extend(found);
                            None
                        }
                    };
                }
                let members = map.iter().filter_map(|(name, inner)| {
                    let known = known.and_then(|known| known.get(name));
                    Some((name.clone(), self.value(inner, modules, known, others)?))
                });
                let members: Map<String, Value> = members.collect();
                (!members.is_empty()).then_some(Value::Object(members))
            }
            Value::Array(blocks) => {
                let known = |rank: usize| known.and_then(|known| known.get(rank));
                let values: Vec<Option<Value>> =
                    blocks.iter().enumerate().map(|(rank, block)| self.value(block, modules, known(rank), others)).collect();
                let any = values.iter().any(Option::is_some);
                any.then(|| values.into_iter().map(|value| value.unwrap_or_else(|| Value::Object(Map::new()))).collect())
            }
            _ => None,
        }
    }

    /// The references to resources that a name stands for, through variables and outputs of modules.
    fn meant(&self, name: &str, modules: &[&str], left: usize) -> Vec<String> {
        let Some(root) = self.root.filter(|_| left > 0) else { return Vec::new() };
        let module_at = |modules: &[&str]| modules.iter().try_fold(root, |module, call| within(module, call));
        let lead_on = |expression: Option<&Value>, modules: &[&str]| {
            let names = expression.and_then(|expression| expression.get("references")?.as_array()).into_iter().flatten();
            names.filter_map(Value::as_str).flat_map(|name| self.meant(name, modules, left - 1)).collect()
        };
        let mut parts = name.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("var"), Some(variable), _) => {
                let Some((call, around)) = modules.split_last() else { return Vec::new() };
                let calls = module_at(around).and_then(|module| module.get("module_calls")?.get(call));
                lead_on(calls.and_then(|call| call.get("expressions")?.get(variable)), around)
            }
            (Some("module"), Some(call), Some(output)) => {
                let call = call.split('[').next().unwrap_or(call);
                let mut inside = modules.to_vec();
                inside.push(call);
                let output = module_at(&inside).and_then(|module| module.get("outputs")?.get(output)?.get("expression"));
                lead_on(output, &inside)
            }
            (Some("local" | "each" | "count" | "data" | "path" | "terraform" | "self"), ..) => Vec::new(),
            (Some(kind), Some(resource), Some(attribute)) if kind.contains('_') => {
                let module: String = modules.iter().map(|call| format!("module.{call}.")).collect();
                let Some(id) = self.id(&format!("{module}{kind}.{resource}")) else { return Vec::new() };
                vec![if attribute == "id" { id } else { marks::reference(&id, attribute) }]
            }
            _ => Vec::new(),
        }
    }
}

/// The modules on the way to a resource, and its address in the last of them.
fn split(address: &str) -> (Vec<&str>, &str) {
    let (mut modules, mut rest) = (Vec::new(), address);
    while let Some((call, after)) = rest.strip_prefix("module.").and_then(|rest| rest.split_once('.')) {
        modules.push(call.split('[').next().unwrap_or(call));
        rest = after;
    }
    (modules, rest)
}

fn within<'c>(module: &'c Value, call: &str) -> Option<&'c Value> {
    module.get("module_calls")?.get(call)?.get("module")
}

/// Lays what is known by references over what is known by value.
fn lay(known: &mut Value, more: Value) {
    match (known, more) {
        (Value::Object(known), Value::Object(more)) => {
            for (name, value) in more {
                match known.get_mut(&name) {
                    Some(known) => lay(known, value),
                    None => {
                        known.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(known), Value::Array(more)) => known.iter_mut().zip(more).for_each(|(known, more)| lay(known, more)),
        _ => {}
    }
}
