//! Texts.

use std::fmt::Write as _;

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::{MOST_ELEMENTS, Pure, hash, known, number, size, text};
use crate::import::marks::{self, Piece};

/// What `uriComponent` leaves as it is, beside letters and digits.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'!').remove(b'*');

pub(super) const ALL: &[(&str, Pure)] = &[
    ("base64", |arguments| text(BASE64.encode(known(arguments, 0)?.as_bytes()))),
    ("base64tojson", |arguments| serde_json::from_str(&decoded(known(arguments, 0)?)?).ok()),
    ("base64tostring", |arguments| text(decoded(known(arguments, 0)?)?)),
    ("datauri", |arguments| {
        let encoded = BASE64.encode(known(arguments, 0)?.as_bytes());
        text(format!("data:text/plain;charset=utf8;base64,{encoded}"))
    }),
    ("datauritostring", |arguments| text(decoded(known(arguments, 0)?.split_once(";base64,")?.1)?)),
    ("endswith", |arguments| Some(lower(arguments, 0)?.ends_with(&lower(arguments, 1)?).into())),
    ("format", |arguments| text(format(arguments.first()?.as_str()?, arguments.get(1..)?)?)),
    ("guid", hash::guid),
    ("join", |arguments| {
        let parts = arguments.first()?.as_array()?.iter().map(plain).collect::<Option<Vec<_>>>()?;
        text(parts.join(known(arguments, 1)?))
    }),
    ("padleft", pad_left),
    ("replace", replace),
    ("split", split),
    ("startswith", |arguments| Some(lower(arguments, 0)?.starts_with(&lower(arguments, 1)?).into())),
    ("string", |arguments| {
        let value = arguments.first()?;
        text(plain(value).unwrap_or_else(|| value.to_string()))
    }),
    ("substring", |arguments| {
        let letters = known(arguments, 0)?.chars().skip(size(arguments, 1).unwrap_or_default());
        text(match size(arguments, 2) {
            Some(count) => letters.take(count).collect::<String>(),
            None => letters.collect(),
        })
    }),
    ("tolower", |arguments| text(through(arguments.first()?.as_str()?, "toLower", &str::to_lowercase))),
    ("toupper", |arguments| text(through(arguments.first()?.as_str()?, "toUpper", &str::to_uppercase))),
    ("trim", |arguments| text(known(arguments, 0)?.trim())),
    ("uniquestring", hash::unique_string),
    ("uri", uri),
    ("uricomponent", |arguments| text(utf8_percent_encode(known(arguments, 0)?, COMPONENT).to_string())),
    ("uricomponenttostring", |arguments| text(percent_decode_str(known(arguments, 0)?).decode_utf8().ok()?)),
];

/// A single value as `concat` takes it.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(if *bool { "True" } else { "False" }.to_owned()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

fn lower(arguments: &[Value], rank: usize) -> Option<String> {
    known(arguments, rank).map(str::to_lowercase)
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(BASE64_MIME_PERMISSIVE.decode(text.as_bytes()).ok()?).ok()
}

/// The known parts of a text changed; what is unknown in it is said to be changed so.
fn through(text: &str, function: &str, change: &dyn Fn(&str) -> String) -> String {
    let piece = |piece| match piece {
        Piece::Text(text) => change(text),
        Piece::Reference { resource, path } => {
            marks::unknown(&format!("{function}(reference({resource}).{path})"), false, &[resource.to_owned()])
        }
        Piece::Unknown { expression, secret, names } => {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            // These are lower case as they are.
            let same = function == "toLower" && (expression.starts_with("uniqueString(") || expression.starts_with("guid("));
            let expression = if same { expression.to_owned() } else { format!("{function}({expression})") };
            marks::unknown(&expression, secret, &names)
        }
    };
    marks::pieces(text).into_iter().map(piece).collect()
}

/// `{0}` and so on; forms like `{0:D2}` pad numbers.
fn format(pattern: &str, arguments: &[Value]) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(&before.replace("}}", "}"));
        if let Some(after) = after.strip_prefix('{') {
            text.push('{');
            rest = after;
            continue;
        }
        let (inner, after) = after.split_once('}')?;
        rest = after;
        let (index, form) = inner.split_once(':').unwrap_or((inner, ""));
        let value = arguments.get(index.trim().parse::<usize>().ok()?)?;
        let width = form.get(1..).and_then(|width| width.parse::<usize>().ok()).filter(|width| *width < 20);
        match (form.chars().next(), width, value.as_i64()) {
            (Some('D' | 'd'), Some(width), Some(number)) => write!(text, "{number:0width$}").ok()?,
            (Some('X'), _, Some(number)) => write!(text, "{number:0width$X}", width = width.unwrap_or_default()).ok()?,
            (Some('x'), _, Some(number)) => write!(text, "{number:0width$x}", width = width.unwrap_or_default()).ok()?,
            // Forms like `{0:000}` pad as well.
            (Some('0'), _, Some(number)) if form.bytes().all(|b| b == b'0') && form.len() < 20 => {
                write!(text, "{number:0width$}", width = form.len()).ok()?;
            }
            _ => text.push_str(&plain(value).unwrap_or_else(|| value.to_string())),
        }
    }
    text.push_str(&rest.replace("}}", "}"));
    Some(text)
}

fn pad_left(arguments: &[Value]) -> Option<Value> {
    let value = arguments.first()?;
    let (text, width) = (plain(value).filter(|text| marks::is_known(text))?, size(arguments, 1)?);
    let fill = known(arguments, 2).and_then(|fill| fill.chars().next()).unwrap_or(' ');
    let missing = width.min(MOST_ELEMENTS).saturating_sub(text.chars().count());
    self::text(std::iter::repeat_n(fill, missing).collect::<String>() + &text)
}

fn replace(arguments: &[Value]) -> Option<Value> {
    let (whole, from, to) = (arguments.first()?.as_str()?, known(arguments, 1)?, known(arguments, 2)?);
    if from.is_empty() {
        return None;
    }
    // Of what one reference will tell, something can be cut out.
    if let [Piece::Reference { resource, path }] = marks::pieces(whole).as_slice() {
        return Some(Value::String(marks::reference(resource, &format!("replace({path}, '{from}', '{to}')"))));
    }
    text(through(whole, "replace", &|part| part.replace(from, to)))
}

fn split(arguments: &[Value]) -> Option<Value> {
    let whole = known(arguments, 0)?;
    let marks: Vec<&str> = match arguments.get(1)? {
        Value::Array(array) => array.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => vec![known(arguments, 1)?],
    };
    let mut parts = vec![whole];
    for mark in marks.into_iter().filter(|mark| !mark.is_empty()) {
        parts = parts.into_iter().flat_map(|part| part.split(mark)).collect();
    }
    Some(parts.into_iter().map(Value::from).collect())
}

/// A relative address beside another.
fn uri(arguments: &[Value]) -> Option<Value> {
    let (base, relative) = (arguments.first()?.as_str()?, arguments.get(1)?.as_str()?);
    let folder = match base.rsplit_once('/') {
        Some((folder, _)) if marks::is_known(base) && !folder.ends_with('/') => folder,
        _ => base.trim_end_matches('/'),
    };
    text(format!("{folder}/{}", relative.trim_start_matches('/')))
}

/// Some letters from the start of a text; of one with something unknown in it, those before that are known.
pub(super) fn start(whole: &str, count: usize) -> String {
    if marks::is_known(whole) {
        return whole.chars().take(count).collect();
    }
    let mut left = count;
    let mut begin = String::new();
    for piece in marks::pieces(whole) {
        match piece {
            Piece::Text(text) => {
                begin.extend(text.chars().take(left));
                left = left.saturating_sub(text.chars().count());
            }
            _ if left == 0 => break,
            Piece::Reference { resource, .. } => {
                let rest = format!("take({}, {count})", marks::plain(whole));
                return begin + &marks::unknown(&rest, false, &[resource.to_owned()]);
            }
            Piece::Unknown { secret, names, .. } => {
                let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
                return begin + &marks::unknown(&format!("take({}, {count})", marks::plain(whole)), secret, &names);
            }
        }
    }
    begin
}

/// The place of a text in another, without regard to case.
pub(super) fn index(arguments: &[Value], last: bool) -> Option<Value> {
    let (whole, part) = (lower(arguments, 0)?, lower(arguments, 1)?);
    let found = if last { whole.rfind(&part) } else { whole.find(&part) };
    let letters = found.and_then(|at| i64::try_from(whole.get(..at)?.chars().count()).ok());
    Some(letters.unwrap_or(-1).into())
}

/// Letters of a text that are left when some are taken from its start.
pub(super) fn skip(arguments: &[Value]) -> Option<Value> {
    let count = usize::try_from(number(arguments, 1)?.max(0)).ok()?;
    text(known(arguments, 0)?.chars().skip(count).collect::<String>())
}
