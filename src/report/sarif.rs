//! Diagnostics as SARIF 2.1.0 (OASIS), which code scanning shows at their places.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::input::{Code, Diagnostic, Severity};

/// A log of one run, with a final line break. Places are in characters.
pub fn sarif(diagnostics: &[Diagnostic]) -> String {
    let codes: BTreeSet<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let index = |code: Code| codes.iter().position(|known| *known == code);
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, index(diagnostic.code))).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "colocate", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results
        }]
    });
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.cause() },
        "help": { "text": code.remedy() }
    })
}

fn result(diagnostic: &Diagnostic, rule: Option<usize>) -> Value {
    let mut text = diagnostic.message.clone();
    for (before, more) in [("; expected ", &diagnostic.expected), ("; ", &diagnostic.help)] {
        if let Some(more) = more {
            text.push_str(before);
            text.push_str(more);
        }
    }
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(), "ruleIndex": rule, "level": level, "message": { "text": text }
    });
    if let (Some(position), Some(members)) = (&diagnostic.position, result.as_object_mut()) {
        let locations = json!([{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&position.file) },
                "region": { "startLine": position.line, "startColumn": position.column }
            },
            "logicalLocations": [{ "fullyQualifiedName": diagnostic.pointer.to_string() }]
        }]);
        members.insert("locations".to_owned(), locations);
    }
    result
}

/// A file's name as a relative URI reference (RFC 3986).
fn uri(file: &str) -> String {
    let file = file.replace('\\', "/");
    let file = file.strip_prefix("./").unwrap_or(&file);
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte.into()),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
