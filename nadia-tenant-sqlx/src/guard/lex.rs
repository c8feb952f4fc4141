//! What is decided on tokens, before the parser builds a tree: limits, literals, names and placeholders.

use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::{
    dialect::{CUSTOM_OPERATORS, Flavor},
    heights::Heights,
    limits::GuardLimits,
    refusal::{Checked, Fault, RefusalKind},
};

/// Tokens in the one form in which the guard prints them, and the highest placeholder.
pub(super) struct Lexed {
    pub(super) tokens: Vec<TokenWithSpan>,
    pub(super) params: usize,
}

pub(super) fn lex(flavor: Flavor, sql: &str, limits: GuardLimits) -> Checked<Lexed> {
    lex_within(flavor, sql, limits, 1)
}

/// A statement just within the limits may be beyond them once it is rewritten.
pub(super) fn lex_printed(flavor: Flavor, sql: &str, limits: GuardLimits) -> Checked<Lexed> {
    lex_within(flavor, sql, limits, 3)
}

fn lex_within(flavor: Flavor, sql: &str, limits: GuardLimits, times: usize) -> Checked<Lexed> {
    let GuardLimits { bytes, tokens: most, tables } = limits;
    if sql.len() > bytes.saturating_mul(times) {
        return Err(limit(format!("the statement is longer than {bytes} bytes"), Span::empty()));
    }
    if sql.contains('\0') {
        return Err(syntax("the statement contains a NUL character", "leave it out", Span::empty()));
    }
    let mut tokens =
        Tokenizer::new(flavor.parser(), sql).with_unescape(false).tokenize_with_location().map_err(|error| {
            let place = Span::new(error.location, error.location);
            syntax(format!("the text can't be read: {}", error.message), "correct its quotes and characters", place)
        })?;
    if flavor == Flavor::Postgres {
        join_strings(&mut tokens);
    }
    let mut heights = Heights::within(times, tables);
    let mut placeholders = Placeholders::default();
    let mut count = 0;
    for at in 0..tokens.len() {
        if let [TokenWithSpan { token: Token::Number(..), span }, TokenWithSpan { token: Token::Word(_), .. }, ..] =
            &tokens[at..]
        {
            return Err(syntax("letters follow a number", "put a space between them", *span));
        }
        if is_unicode_escape(&tokens[at..]) {
            return Err(syntax("a name in Unicode escapes is not read", "write the name itself", tokens[at].span));
        }
        let TokenWithSpan { token, span } = &mut tokens[at];
        match token {
            // Comments are dropped, so that none can hide or show anything to the server.
            Token::Whitespace(space) => {
                *space = Whitespace::Space;
                continue;
            }
            Token::Word(word) => check_word(flavor, word, *span)?,
            Token::Placeholder(text) => *text = placeholders.canonical(flavor, text, *span)?,
            other => literal(flavor, other, *span)?,
        }
        count += 1;
        if count > most.saturating_mul(times) {
            return Err(limit(format!("the statement has more than {most} tokens"), tokens[at].span));
        }
        heights.add(&tokens[at])?;
    }
    heights.finish()?;
    // The parser would step over them again and again.
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    Ok(Lexed { tokens, params: placeholders.highest })
}

/// Makes one string of two with a new line, and nothing but blanks, between them.
fn join_strings(tokens: &mut [TokenWithSpan]) {
    let mut last: Option<usize> = None;
    let mut lines = 0;
    for at in 0..tokens.len() {
        match &mut tokens[at].token {
            Token::Whitespace(Whitespace::Newline) => lines += 1,
            Token::Whitespace(Whitespace::Space | Whitespace::Tab) => {}
            Token::SingleQuotedString(more) => {
                let more = std::mem::take(more);
                match last.filter(|_| lines > 0) {
                    Some(first) => {
                        if let Token::SingleQuotedString(text) = &mut tokens[first].token {
                            text.push_str(&more);
                        }
                        tokens[at].token = Token::Whitespace(Whitespace::Space);
                    }
                    None => {
                        tokens[at].token = Token::SingleQuotedString(more);
                        last = Some(at);
                    }
                }
                lines = 0;
            }
            _ => last = None,
        }
    }
}

pub(super) fn limit(message: impl Into<String>, place: Span) -> Box<Fault> {
    Fault::new(RefusalKind::Limit, message, "split the statement, or bind a list as one array argument", place)
}

fn syntax(message: impl Into<String>, help: &'static str, place: Span) -> Box<Fault> {
    Fault::new(RefusalKind::Syntax, message, help, place)
}

/// `U&"…"`, which the tokenizer takes for three tokens.
fn is_unicode_escape(tokens: &[TokenWithSpan]) -> bool {
    let [first, second, third, ..] = tokens else { return false };
    matches!(&first.token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("u"))
        && second.token == Token::Ampersand
        && matches!(&third.token, Token::Word(word) if word.quote_style.is_some())
}

fn check_word(flavor: Flavor, word: &Word, place: Span) -> Checked {
    let Word { value, quote_style, keyword: _ } = word;
    if value.len() > flavor.longest_name() {
        return Err(syntax("a name is longer than the 63 bytes that the database keeps", "shorten it", place));
    }
    let fits = match quote_style {
        None => value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$'),
        Some(quote) => {
            flavor.allows_quote(*quote)
                && !value.is_empty()
                && !value.chars().any(|c| c.is_control() || matches!(c, '"' | '\'' | '`' | '[' | ']' | '\\'))
        }
    };
    if fits {
        return Ok(());
    }
    Err(syntax(
        format!("the name {value:?} has characters or quotes that the guard does not read"),
        "use letters, digits and underscores, in double quotes if need be",
        place,
    ))
}

/// Gives every string one spelling, which servers read alike whatever their settings, and refuses what has none.
fn literal(flavor: Flavor, token: &mut Token, place: Span) -> Checked {
    let text = match token {
        Token::SingleQuotedString(raw) => raw.replace("''", "'"),
        Token::EscapedStringLiteral(value) if flavor == Flavor::Postgres => std::mem::take(value),
        Token::UnicodeStringLiteral(value) if flavor == Flavor::Postgres => std::mem::take(value),
        // PostgreSQL reads `$1$a$1$` as a placeholder and an open string.
        Token::DollarQuotedString(quoted)
            if flavor == Flavor::Postgres
                && !quoted.tag.as_deref().is_some_and(|tag| tag.starts_with(|c: char| c.is_ascii_digit())) =>
        {
            std::mem::take(&mut quoted.value)
        }
        Token::Number(digits, false) if !digits.contains('_') => return Ok(()),
        Token::HexStringLiteral(digits) => {
            let hex = digits.len() % 2 == 0 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            if hex && !is_hex_number(digits, place) {
                return Ok(());
            }
            return Err(syntax("this form of number is not read", "write it in decimal digits", place));
        }
        Token::Question | Token::QuestionAnd | Token::QuestionPipe | Token::Colon | Token::TwoWayArrow
            if flavor == Flavor::Postgres =>
        {
            return Ok(());
        }
        Token::CustomBinaryOperator(op) if flavor == Flavor::Postgres && CUSTOM_OPERATORS.contains(&op.as_str()) => {
            return Ok(());
        }
        Token::Comma
        | Token::DoubleEq
        | Token::Eq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq
        | Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::Mod
        | Token::StringConcat
        | Token::LParen
        | Token::RParen
        | Token::Period
        | Token::DoubleColon
        | Token::SemiColon
        | Token::LBracket
        | Token::RBracket
        | Token::Ampersand
        | Token::Pipe
        | Token::Caret
        | Token::RArrow
        | Token::Sharp
        | Token::Tilde
        | Token::TildeAsterisk
        | Token::ExclamationMarkTilde
        | Token::ExclamationMarkTildeAsterisk
        | Token::DoubleTilde
        | Token::DoubleTildeAsterisk
        | Token::ExclamationMarkDoubleTilde
        | Token::ExclamationMarkDoubleTildeAsterisk
        | Token::ShiftLeft
        | Token::ShiftRight
        | Token::Overlap
        | Token::CaretAt
        | Token::Arrow
        | Token::LongArrow
        | Token::HashArrow
        | Token::HashLongArrow
        | Token::AtArrow
        | Token::ArrowAt
        | Token::HashMinus
        | Token::AtQuestion
        | Token::AtAt
        | Token::EOF => return Ok(()),
        Token::Colon | Token::AtSign if flavor == Flavor::Sqlite => {
            return Err(Fault::new(
                RefusalKind::Placeholder,
                "placeholders with a name can't be bound: sqlx binds by number only",
                "number them: ?1, ?2, …",
                place,
            ));
        }
        other => {
            return Err(syntax(
                format!("{:?} is not read", other.to_string()),
                "use plain strings, numbers and the usual operators",
                place,
            ));
        }
    };
    if text.contains('\0') {
        return Err(syntax("a string contains a NUL character", "leave it out", place));
    }
    *token = if flavor == Flavor::Postgres && text.contains('\\') {
        // Where `standard_conforming_strings` is off, a backslash in a plain string would escape its end.
        Token::EscapedStringLiteral(text)
    } else {
        Token::SingleQuotedString(text.replace('\'', "''"))
    };
    Ok(())
}

/// Tells `0x10`, which is two characters longer than its digits, from `X'10'`.
fn is_hex_number(digits: &str, place: Span) -> bool {
    let width = place.end.column.saturating_sub(place.start.column);
    usize::try_from(width).is_ok_and(|width| width != digits.len() + 3)
}

/// Numbers the placeholders.
#[derive(Default)]
struct Placeholders {
    highest: usize,
    numbered: bool,
    counted: bool,
}

impl Placeholders {
    fn canonical(&mut self, flavor: Flavor, text: &str, place: Span) -> Checked<String> {
        let digits = match (flavor, text.as_bytes().first()) {
            (_, Some(b'$')) | (Flavor::Sqlite, Some(b'?')) => &text[1..],
            _ => "-",
        };
        let index = if digits.is_empty() && text == "?" {
            self.counted = true;
            self.highest + 1
        } else {
            self.numbered = true;
            // `parse` also takes a sign, which no placeholder has.
            let digits = if digits.bytes().all(|b| b.is_ascii_digit()) { digits } else { "" };
            digits.parse().unwrap_or(0)
        };
        if index == 0 || index > flavor.most_params() {
            return Err(Fault::new(
                RefusalKind::Placeholder,
                format!("placeholder {text:?} has no number that can be bound"),
                "number placeholders from 1: $1, $2, …",
                place,
            ));
        }
        if self.numbered && self.counted {
            return Err(Fault::new(
                RefusalKind::Placeholder,
                "placeholders with and without numbers are mixed",
                "number them all: $1, $2, …",
                place,
            ));
        }
        self.highest = self.highest.max(index);
        Ok(flavor.placeholder(index))
    }
}
