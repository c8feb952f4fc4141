//! A look at the printed text that doesn't build a tree: its strings and placeholders must be those of the given statement, and
//! nothing in it may end a statement or begin a comment.
//!
//! It catches a printer that garbles text. Builds with debug assertions, and so the tests and the fuzz target, also parse the text
//! anew and compare the trees.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::dialect::Flavor;

/// What a statement holds that is not its grammar, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    strings: Vec<String>,
    placeholders: Vec<usize>,
}

impl Marks {
    pub(super) fn of(tokens: &[TokenWithSpan]) -> Self {
        let mut marks = Self::default();
        for TokenWithSpan { token, span: _ } in tokens {
            match token {
                Token::SingleQuotedString(raw) => marks.strings.push(raw.replace("''", "'")),
                Token::EscapedStringLiteral(text) | Token::HexStringLiteral(text) => marks.strings.push(text.clone()),
                Token::Placeholder(text) => marks.placeholders.extend(text[1..].parse::<usize>()),
                _ => {}
            }
        }
        marks.sorted()
    }

    fn sorted(mut self) -> Self {
        self.strings.sort_unstable();
        self.placeholders.sort_unstable();
        self
    }
}

/// The deepest nesting of what is printed. Minus signs in a row are printed in parentheses.
const MAX_NESTING: usize = 48;
/// The only fault that is the statement's.
pub(super) const DEEP: &str = "the statement nests too deeply";

/// Compares the text with the marks of the statement that it was made of; says what differs. The tenant is bound at `tenant`.
pub(super) fn check(flavor: Flavor, text: &str, marks: &Marks, tenant: usize) -> Result<(), &'static str> {
    let mut found = scan(flavor, text)?;
    found.placeholders.retain(|index| *index != tenant);
    let found = found.sorted();
    if found.strings != marks.strings {
        return Err("the rewritten text has other strings than it should");
    }
    if found.placeholders != marks.placeholders {
        return Err("the rewritten text has other placeholders than it should");
    }
    Ok(())
}

fn scan(flavor: Flavor, text: &str) -> Result<Marks, &'static str> {
    let bytes = text.as_bytes();
    let (mut marks, mut at, mut depth) = (Marks::default(), 0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\'' => {
                // `E` begins one with escapes, unless it ends a word.
                let escapes = at >= 2 && bytes[at - 2] == b'E' && (at < 3 || !is_word(bytes[at - 3]));
                let (string, end) = string(text, at, escapes)?;
                marks.strings.push(string);
                at = end;
            }
            b'"' => at = name(bytes, at, b'"')?,
            b'`' if flavor == Flavor::Sqlite => at = name(bytes, at, b'`')?,
            b'[' if flavor == Flavor::Sqlite => at = name(bytes, at, b']')?,
            b'(' | b'[' if depth == MAX_NESTING => return Err(DEEP),
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.checked_sub(1).ok_or("the rewritten text closes more than it opens")?,
            b'-' if bytes.get(at) == Some(&b'-') => return Err("the rewritten text has a comment"),
            b'/' if bytes.get(at) == Some(&b'*') => return Err("the rewritten text has a comment"),
            b';' | b'\\' | b'\0' => return Err("the rewritten text has a character that ends it"),
            // `$` may be a part of a name; `?` is an operator of PostgreSQL.
            b'$' if at >= 2 && is_word(bytes[at - 2]) => {}
            b'?' if flavor == Flavor::Postgres => {}
            b'$' | b'?' => {
                let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
                let index = text[at..at + digits]
                    .parse()
                    .map_err(|_| "the rewritten text has a placeholder without a number")?;
                marks.placeholders.push(index);
                at += digits;
            }
            _ => {}
        }
    }
    if depth == 0 { Ok(marks) } else { Err("the rewritten text opens more than it closes") }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

const OPEN: &str = "the rewritten text has a quote that is not closed";

/// Finds the end of a quoted name, which holds no quotes.
fn name(bytes: &[u8], start: usize, close: u8) -> Result<usize, &'static str> {
    bytes[start..].iter().position(|byte| *byte == close).map(|length| start + length + 1).ok_or(OPEN)
}

/// Reads a string from behind its quote; returns where it ends.
fn string(text: &str, start: usize, escapes: bool) -> Result<(String, usize), &'static str> {
    let mut string = String::new();
    let mut chars = text[start..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if text[start + at + 1..].starts_with('\'') => {
                chars.next();
                string.push('\'');
            }
            '\'' => return Ok((string, start + at + 1)),
            '\\' if escapes => string.push(match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, 't')) => '\t',
                Some((_, 'r')) => '\r',
                Some((_, other)) => other,
                None => return Err(OPEN),
            }),
            other => string.push(other),
        }
    }
    Err(OPEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::lex;

    fn checked(flavor: Flavor, given: &str, text: &str) -> Result<(), &'static str> {
        let lexed = lex::lex(flavor, given, crate::GuardLimits::default()).unwrap();
        check(flavor, text, &Marks::of(&lexed.tokens), lexed.params + 1)
    }

    #[test]
    fn text_with_the_same_strings_passes() {
        let given = r#"SELECT 'it''s', E'a\\b\n', X'1f', "na$1me", a$1, arr[1] FROM t WHERE a = $1 AND b = $2"#;
        let text = given.replace("WHERE", "WHERE t.tenant_id = $3 AND");
        assert_eq!(checked(Flavor::Postgres, given, &text), Ok(()));
        let lite = "SELECT [a], `b`, \"c\", 'x' FROM t WHERE a = ?";
        assert_eq!(checked(Flavor::Sqlite, lite, &lite.replace('?', "?1 AND t.tenant_id = ?2")), Ok(()));
    }

    #[test]
    fn garbled_text_is_found() {
        let given = "SELECT 'a', 'it''s' FROM t WHERE a = $1";
        for (from, to) in [
            ("'it''s'", "'it's'"),
            ("'a'", "'b'"),
            ("'a', ", ""),
            ("'a'", "'a"),
            ("$1", "$3"),
            ("$1", "$"),
            ("$1", "- -1 --"),
            ("$1", "$1; DROP TABLE t"),
            ("$1", "/* $1 */ $1"),
            ("$1", "($1"),
            ("$1", "$1)"),
            ("FROM t", "FROM \"t"),
        ] {
            assert!(checked(Flavor::Postgres, given, &given.replace(from, to)).is_err(), "{from} became {to}");
        }
    }
}
