//! Applying edits to JSON documents, and saying why one does not apply.

use json_patch::{PatchErrorKind, PatchOperation};
use serde_json::{Map, Value};

use super::scenario::Edit;
use crate::input::{Code, Diagnostic, Pointer, list_names, nearest};

impl Edit {
    /// Changes a document.
    ///
    /// # Errors
    /// The operation that does not apply, with a pointer to it from where the edit is (`at`).
    pub(super) fn apply(&self, document: &mut Value, at: &Pointer) -> Result<(), Diagnostic> {
        if let Some(merge) = &self.merge {
            json_patch::merge(document, merge);
        }
        for (i, operation) in self.patch.iter().enumerate() {
            // One by one, so that a message can say what is there when one fails.
            json_patch::patch(document, std::slice::from_ref(operation)).map_err(|error| {
                let here = at.clone().key("patch").index(i);
                refused(document, operation, &error.kind, here)
            })?;
        }
        Ok(())
    }
}

fn refused(document: &Value, operation: &PatchOperation, kind: &PatchErrorKind, at: Pointer) -> Diagnostic {
    let path = operation.path().to_string();
    let (missing, field) = match (kind, operation) {
        (PatchErrorKind::TestFailed, _) => {
            let found = document.pointer(&path).map_or("nothing".to_owned(), Value::to_string);
            let mut diagnostic = Diagnostic::error(Code::PatchFailed, format!("the test of `{path}` fails: {found} is there"));
            diagnostic.help("the estate is not what the scenario was written for");
            return diagnostic.at(at.key("value"));
        }
        (PatchErrorKind::InvalidFromPointer, PatchOperation::Move(operation)) => (operation.from.to_string(), "from"),
        (PatchErrorKind::InvalidFromPointer, PatchOperation::Copy(operation)) => (operation.from.to_string(), "from"),
        _ => (path, "path"),
    };
    let mut diagnostic = nothing_at(document, &missing, Code::PatchFailed);
    diagnostic.message = format!("the patch does not apply: {}", diagnostic.message);
    diagnostic.at(at.key(field))
}

/// Says how far a pointer leads in a document.
fn nothing_at(document: &Value, pointer: &str, code: Code) -> Diagnostic {
    let mut here = document;
    let mut walked = String::new();
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let there = match here {
            Value::Object(map) => map.get(&name),
            Value::Array(array) => name.parse::<usize>().ok().and_then(|i| array.get(i)),
            _ => None,
        };
        match there {
            Some(there) => here = there,
            None => {
                let place = if walked.is_empty() { "the document".to_owned() } else { format!("`{walked}`") };
                let mut diagnostic = Diagnostic::error(code, format!("{place} has no `{name}`"));
                match here {
                    Value::Object(map) => {
                        diagnostic.expect(list_names(map.keys().map(String::as_str)));
                        if let Some(near) = nearest(&name, map.keys().map(String::as_str)) {
                            diagnostic.help(format!("did you mean `{near}`?"));
                        }
                    }
                    Value::Array(array) => {
                        diagnostic.expect(format!("an index below {}, or `-` for the end", array.len()));
                    }
                    other => {
                        diagnostic.help(format!("there is nothing within {other}"));
                    }
                }
                return diagnostic;
            }
        }
        walked = format!("{walked}/{step}");
    }
    Diagnostic::error(code, format!("`{pointer}` cannot be changed so"))
}

/// Sets a value by pointer. Objects on the way are made where they may be left out; components and elements of lists
/// must be there.
///
/// # Errors
/// A pointer that leads nowhere.
pub(super) fn set(document: &mut Value, pointer: &str, value: Value) -> Result<(), Diagnostic> {
    let steps: Vec<String> = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, way)) = steps.split_last() else {
        return Err(Diagnostic::error(Code::AxisUnknown, "the axis is the whole estate"));
    };
    let unknown = |document: &Value| {
        let mut diagnostic = nothing_at(document, pointer, Code::AxisUnknown);
        diagnostic.message = format!("the axis `{pointer}` names nothing in the estate: {}", diagnostic.message);
        diagnostic
    };
    let component = way.first().is_some_and(|first| first == "components");
    if component && steps.get(1).is_some_and(|id| document.get("components").is_none_or(|all| all.get(id).is_none())) {
        return Err(unknown(document));
    }
    if !can_be_set(document, &steps) {
        return Err(unknown(document));
    }
    let mut here = document;
    for step in way {
        here = match here {
            Value::Object(map) => map.entry(step.clone()).or_insert_with(|| Value::Object(Map::new())),
            Value::Array(array) => match step.parse::<usize>().ok().and_then(|i| array.get_mut(i)) {
                Some(element) => element,
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
    }
    match here {
        Value::Object(map) => {
            map.insert(last.clone(), value);
        }
        Value::Array(array) => {
            if let Some(element) = last.parse::<usize>().ok().and_then(|i| array.get_mut(i)) {
                *element = value;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether a way leads through objects, which can be made, and elements that are there.
fn can_be_set(document: &Value, steps: &[String]) -> bool {
    let mut here = document;
    for (i, step) in steps.iter().enumerate() {
        let next = match here {
            Value::Object(map) => map.get(step),
            Value::Array(array) => match step.parse::<usize>().ok().and_then(|i| array.get(i)) {
                None => return false,
                element => element,
            },
            _ => return false,
        };
        match next {
            Some(next) if i + 1 < steps.len() => here = next,
            _ => return true,
        }
    }
    true
}
