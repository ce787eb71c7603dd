//! What the expressions of one template see: its parameters, variables and functions, and where it is deployed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::evaluate::unknown;
use super::functions::{self, Pure};
use super::place::Place;

/// Values that parameters are given: evaluated, or secret.
pub(super) type Given = BTreeMap<String, GivenValue>;

/// What a parameter is given.
#[derive(Clone, Debug)]
pub(super) enum GivenValue {
    Value(Value),
    /// From a vault, when the template is deployed.
    Secret,
}

impl GivenValue {
    /// From `{"value": …}` or `{"reference": …}`, evaluated.
    pub(super) fn read(stated: &Value) -> Self {
        let member =
            |name: &str| stated.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        match (member("value"), member("reference")) {
            (None, Some(_)) => Self::Secret,
            (Some(value), _) => Self::Value(value.clone()),
            (None, None) => Self::Value(if stated.is_string() { stated.clone() } else { Value::Null }),
        }
    }
}

/// What the expressions of one template see.
pub(super) struct Scope<'t> {
    pub(super) template: &'t Value,
    given: Given,
    pub(super) place: Place,
    /// The deployments that the template is within; none of the first.
    pub(super) module: String,
    variables: FxHashMap<String, Variable<'t>>,
    functions: Rc<FxHashMap<String, &'t Value>>,
    pub(super) pure: Rc<FxHashMap<&'static str, Pure>>,
    /// Symbolic names of resources in lower case, and what references to them mean.
    pub(super) symbols: BTreeMap<String, String>,
    /// Outputs of nested deployments, by the deployment's name in lower case.
    pub(super) outputs: RefCell<BTreeMap<String, Map<String, Value>>>,
    /// The turns of the loops around.
    pub(super) copies: RefCell<Vec<(String, i64)>>,
    /// The variables of the lambdas around, and the parameters of a function of the template's own.
    pub(super) locals: RefCell<Vec<(String, Value)>>,
    pub(super) turns: Cell<usize>,
    pub(super) depth: Cell<usize>,
    /// Parameters and variables that are being evaluated.
    open: RefCell<Vec<String>>,
    values: RefCell<FxHashMap<String, Value>>,
}

#[derive(Clone, Copy)]
enum Variable<'t> {
    Single(&'t Value),
    /// A list that a loop makes.
    Looped(&'t Value),
}

/// Finds a member without regard to case, as Azure does.
pub(super) fn find<'v>(map: &'v Map<String, Value>, name: &str) -> Option<(&'v String, &'v Value)> {
    map.get_key_value(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
}

fn section<'t>(template: &'t Value, name: &str) -> Option<&'t Map<String, Value>> {
    find(template.as_object()?, name)?.1.as_object()
}

impl<'t> Scope<'t> {
    pub(super) fn new(template: &'t Value, given: Given, place: Place, module: String) -> Self {
        let mut variables = FxHashMap::default();
        for (name, value) in section(template, "variables").into_iter().flatten() {
            match value.as_array().filter(|_| name.eq_ignore_ascii_case("copy")) {
                Some(loops) => variables.extend(
                    loops
                        .iter()
                        .filter_map(|looped| Some((looped.get("name")?.as_str()?.to_lowercase(), Variable::Looped(looped)))),
                ),
                None => {
                    variables.insert(name.to_lowercase(), Variable::Single(value));
                }
            }
        }
        let mut own = FxHashMap::default();
        for namespace in template.get("functions").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = namespace.get("namespace").and_then(Value::as_str) else { continue };
            let members = namespace.get("members").and_then(Value::as_object).into_iter().flatten();
            own.extend(members.map(|(member, function)| (format!("{name}.{member}").to_lowercase(), function)));
        }
        Self {
            template,
            given: given.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
            place,
            module,
            variables,
            functions: Rc::new(own),
            pure: Rc::new(functions::all()),
            symbols: BTreeMap::new(),
            outputs: RefCell::default(),
            copies: RefCell::default(),
            locals: RefCell::default(),
            turns: Cell::default(),
            depth: Cell::default(),
            open: RefCell::default(),
            values: RefCell::default(),
        }
    }

    /// A function that the template declares.
    pub(super) fn own_function(&self, name: &str) -> Option<&'t Value> {
        self.functions.get(name).copied()
    }

    /// A value that is worked out once; nothing where working it out leads back to it.
    fn once(&self, name: String, of: impl FnOnce() -> Value) -> Option<Value> {
        if let Some(value) = self.values.borrow().get(&name) {
            return Some(value.clone());
        }
        if self.open.borrow().contains(&name) {
            return None;
        }
        self.open.borrow_mut().push(name.clone());
        let value = of();
        self.open.borrow_mut().pop();
        self.values.borrow_mut().insert(name, value.clone());
        Some(value)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<Value> {
        let shown = || {
            if self.module.is_empty() { format!("parameters('{name}')") } else { format!("{}.parameters('{name}')", self.module) }
        };
        let declared = section(self.template, "parameters").and_then(|all| find(all, name));
        let (kind, nullable) = declared.map_or((String::new(), false), |(_, parameter)| self.kind(parameter));
        if kind.starts_with("secure") {
            return Some(unknown(&shown(), true, &[]));
        }
        match self.given.get(&name.to_lowercase()) {
            Some(GivenValue::Value(value)) => return Some(value.clone()),
            Some(GivenValue::Secret) => return Some(unknown(&shown(), true, &[])),
            None => {}
        }
        match declared.and_then(|(_, parameter)| parameter.get("defaultValue")) {
            Some(default) => self.once(format!("p{}", name.to_lowercase()), || self.value(default)),
            None if nullable => Some(Value::Null),
            None => Some(unknown(&shown(), false, &[])),
        }
    }

    /// The type of a parameter in lower case, and whether it may be null; through the types that the template defines.
    fn kind(&self, parameter: &Value) -> (String, bool) {
        let (mut here, mut nullable) = (parameter, false);
        for _ in 0..16 {
            nullable |= here.get("nullable").and_then(Value::as_bool).unwrap_or_default();
            let reference = here.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
            match reference.and_then(|to| self.template.pointer(to)) {
                Some(definition) => here = definition,
                None => break,
            }
        }
        (here.get("type").and_then(Value::as_str).unwrap_or_default().to_lowercase(), nullable)
    }

    pub(super) fn variable(&self, name: &str) -> Option<Value> {
        let key = name.to_lowercase();
        let variable = *self.variables.get(&key)?;
        self.once(format!("v{key}"), || match variable {
            Variable::Single(value) => self.value(value),
            Variable::Looped(looped) => self.looped(looped),
        })
    }

    pub(super) fn copy_index(&self, arguments: &[Value]) -> Option<Value> {
        let copies = self.copies.borrow();
        let (named, offset) = match arguments {
            [Value::String(name), offset @ ..] => {
                (copies.iter().rev().find(|(copy, _)| copy.eq_ignore_ascii_case(name)), offset.first())
            }
            [offset] => (copies.last(), Some(offset)),
            _ => (copies.last(), None),
        };
        Some(named?.1.checked_add(offset.and_then(Value::as_i64).unwrap_or(0))?.into())
    }
}
