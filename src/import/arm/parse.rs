//! Expressions of ARM templates: `[concat(parameters('name'), '-x')]`.
//!
//! The grammar is that of Microsoft's "Syntax and expressions in ARM templates": calls, literals in single quotes (doubled
//! within), integers, member and index access.

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Text(String),
    Number(i64),
    Call { function: String, arguments: Vec<Expression> },
    Member { of: Box<Expression>, name: String },
    Index { of: Box<Expression>, index: Box<Expression> },
}

/// Deeper ones are nobody's handiwork, and would use up the stack.
const DEEPEST: usize = 64;

/// The expression that a text of a template is, if it is one; `Some(Err)` holds what does not parse.
pub(super) fn expression(text: &str) -> Option<Result<Expression, String>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    if inner.starts_with('[') {
        return None; // `[[x]` is the text `[x]`
    }
    let mut parser = Parser { rest: inner, depth: 0 };
    let parsed = parser.expression().and_then(|expression| {
        parser.space();
        if parser.rest.is_empty() { Ok(expression) } else { Err(format!("unexpected `{}`", parser.rest)) }
    });
    Some(parsed)
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: char) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: char) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("`{token}` is missing before `{}`", self.rest)) }
    }

    fn word(&mut self) -> &str {
        self.space();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deep".to_owned());
        }
        self.space();
        let mut found = match self.rest.chars().next() {
            Some('\'') => self.text()?,
            Some(c) if c.is_ascii_digit() || c == '-' => self.number()?,
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.call()?,
            _ => return Err(format!("unexpected `{}`", self.rest)),
        };
        loop {
            if self.take('.') {
                let name = self.word().to_owned();
                if name.is_empty() {
                    return Err("a name is missing after `.`".to_owned());
                }
                found = Expression::Member { of: Box::new(found), name };
            } else if self.take('[') {
                let index = Box::new(self.expression()?);
                self.expect(']')?;
                found = Expression::Index { of: Box::new(found), index };
            } else {
                self.depth -= 1;
                return Ok(found);
            }
        }
    }

    fn text(&mut self) -> Result<Expression, String> {
        let mut text = String::new();
        self.take('\'');
        loop {
            let (before, after) = self.rest.split_once('\'').ok_or("a text has no end")?;
            text.push_str(before);
            match after.strip_prefix('\'') {
                Some(after) => {
                    text.push('\'');
                    self.rest = after;
                }
                None => {
                    self.rest = after;
                    return Ok(Expression::Text(text));
                }
            }
        }
    }

    fn number(&mut self) -> Result<Expression, String> {
        let end = self.rest.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit()).map_or(self.rest.len(), |(at, _)| at);
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse().map(Expression::Number).map_err(|_| format!("`{number}` is not a number"))
    }

    fn call(&mut self) -> Result<Expression, String> {
        let mut function = self.word().to_owned();
        // Functions of a template's own have a namespace.
        while self.rest.starts_with('.') && self.rest.get(1..).is_some_and(|rest| rest.contains('(')) {
            self.take('.');
            let word = self.word().to_owned();
            function = format!("{function}.{word}");
        }
        self.expect('(')?;
        let mut arguments = Vec::new();
        if !self.take(')') {
            loop {
                arguments.push(self.expression()?);
                if self.take(')') {
                    break;
                }
                self.expect(',')?;
            }
        }
        Ok(Expression::Call { function, arguments })
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Number(number) => number.fmt(f),
            Self::Call { function, arguments } => {
                write!(f, "{function}(")?;
                for (i, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            Self::Member { of, name } => write!(f, "{of}.{name}"),
            Self::Index { of, index } => write!(f, "{of}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_parse_and_print() {
        for text in [
            "concat('a', parameters('b').c[0].d, -3)",
            "reference(resourceId('A/b', 'c'), '2024-01-01').x['y']",
            "format('{0}''s', variables('n'))",
            "resourceGroup().location",
        ] {
            let parsed = expression(&format!("[{text}]")).expect("an expression").expect("it parses");
            assert_eq!(parsed.to_string(), text);
        }
        assert_eq!(expression("[[literal]"), None);
        assert_eq!(expression("plain"), None);
        for broken in ["[]", "[concat(]", "[concat('a' 'b')]", "['a]", "[a.]", "[1x]", "[concat('a') junk]"] {
            assert!(expression(broken).is_some_and(|parsed| parsed.is_err()), "{broken}");
        }
        assert!(expression(&format!("[{}{}]", "not(".repeat(5000), ")".repeat(5000))).is_some_and(|parsed| parsed.is_err()));
    }
}
