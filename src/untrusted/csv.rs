//! Cells of comma-separated values.

use super::visible;

/// A cell (RFC 4180). A spreadsheet runs what begins like a formula, so text that does is kept apart by an apostrophe; numbers, and
/// the signs before amounts of money, stay as they are.
pub fn csv_cell(text: &str) -> String {
    let text = visible(text);
    let number = text.strip_prefix(['+', '-']).is_some_and(is_amount);
    let formula = text.trim_start().starts_with(['=', '@', '+', '-', '|', '%']) && !number;
    if formula || text.contains([',', '"', ';', '\\']) || text.starts_with(' ') {
        let guard = if formula { "'" } else { "" };
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

/// Digits, with what stands among and around those of an amount of money: `$1,234.50`, `24.60 USD`.
fn is_amount(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_ascii() || c == '$');
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
        && unit.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, wanted) in [
            ("base", "base"),
            ("a, b", "\"a, b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("-2+3+cmd|' /C calc'!A0", "\"'-2+3+cmd|' /C calc'!A0\""),
            ("+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\""),
            (" =1", "\"' =1\""),
            ("\t=1", "\"\\t=1\""),
            ("a\r\n=1", "\"a\\r\\n=1\""),
            ("-3", "-3"),
            ("+$12.30", "+$12.30"),
            ("-24.60 USD", "-24.60 USD"),
            ("-1 cmd", "\"'-1 cmd\""),
        ] {
            assert_eq!(csv_cell(text), wanted, "{text:?}");
        }
    }
}
