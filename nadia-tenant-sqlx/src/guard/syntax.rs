//! PostgreSQL's syntax that the parser lacks: each form is hidden from it behind a stand-in that it can read, and the
//! stand-in is turned back into the form in the text that it prints.
//!
//! A stand-in holds NUL, which no statement does ([`lex`](super::lex) sees to that), so that none can be written by a
//! user. What comes out is read again from its text, hidden again, and must give the same tree: a form that is put back
//! wrongly is refused.

mod dialect;

use sqlparser::{
    ast::{Ident, LockClause},
    dialect::PostgreSqlDialect,
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan, Tokenizer, Word},
};

pub(super) use self::dialect::{Postgres, is_symmetric};

/// The mark at the beginning and the end of a stand-in; a letter behind the first says which it is.
const MARK: char = '\0';

/// What a function in FROM is named that stands for several: no name has a space, unless it is quoted.
pub(super) const ROWS_FROM: &str = "ROWS FROM";

/// What a stand-in stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The strength of a row lock, before its tables.
    Lock = b'L' as isize,
    /// SEARCH and CYCLE behind a common table expression, as a lock within.
    Search = b'S' as isize,
    /// OVERRIDING, as a partition.
    Overriding = b'O' as isize,
    /// The alias of a join by USING, as its last column.
    Using = b'U' as isize,
    /// What a window's frame leaves out, as the name of a window.
    Exclude = b'X' as isize,
    /// A name in parentheses before a dot, as that name; the walk takes it for a table's row, so that it is never printed.
    Row = b'R' as isize,
}

impl Form {
    const ALL: [Self; 6] = [Self::Lock, Self::Search, Self::Overriding, Self::Using, Self::Exclude, Self::Row];

    fn letter(self) -> char {
        char::from(self as u8)
    }
}

/// Returns the text that a name stands for, if it is a stand-in for that form.
pub(super) fn stands_for(name: &Ident, form: Form) -> Option<&str> {
    let rest = name.value.strip_prefix(MARK)?.strip_prefix(form.letter())?;
    rest.split_once(MARK).map(|(text, _)| text)
}

/// Returns the stand-in for SEARCH and CYCLE, if the lock is one.
pub(super) fn search(lock: &LockClause) -> Option<&Ident> {
    let [part] = &lock.of.as_ref()?.0[..] else { return None };
    part.as_ident().filter(|ident| stands_for(ident, Form::Search).is_some())
}

/// Returns the columns that SEARCH and CYCLE add to their common table expression, and the one alias of a join by USING.
pub(super) fn named_in(text: &str) -> Vec<Ident> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).with_unescape(false).tokenize().unwrap_or_default();
    let words: Vec<&Word> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        })
        .collect();
    let names = |word: &Word| word.quote_style.is_none() && matches!(&*word.value, "SET" | "USING" | "AS");
    let ident = |word: &Word| Ident { value: word.value.clone(), quote_style: word.quote_style, span: Span::empty() };
    words.windows(2).filter(|pair| names(pair[0])).map(|pair| ident(pair[1])).collect()
}

/// Hides the forms from the parser.
pub(super) fn hide(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut rest = &tokens[..];
    while let Some(first) = rest.first() {
        let taken = form(rest, &mut out);
        if taken == 0 {
            out.push(first.clone());
        }
        rest = &rest[taken.max(1)..];
    }
    out
}

/// Reads one form at the beginning of `tokens`, and returns how many of them it took.
fn form(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let Some(first) = tokens.first() else { return 0 };
    match &first.token {
        Token::Word(word) if word.quote_style.is_none() => match word.keyword {
            Keyword::NoKeyword => overriding(tokens, out),
            Keyword::FOR => lock(tokens, out),
            Keyword::ROWS if is(tokens, 1, "FROM") && is_token(tokens, 2, &Token::LParen) => rows_from(tokens, out),
            Keyword::USING => using(tokens, out),
            Keyword::LIKE | Keyword::ILIKE | Keyword::NOT => like(tokens, out),
            Keyword::EXCLUDE => exclude(tokens, out),
            Keyword::LEADING | Keyword::TRAILING | Keyword::BOTH => trim(tokens, out),
            _ => 0,
        },
        Token::RParen => after_cte(tokens, out),
        Token::LParen => row(tokens, out),
        _ => 0,
    }
}

fn is(tokens: &[TokenWithSpan], at: usize, word: &str) -> bool {
    matches!(tokens.get(at).map(|token| &token.token),
        Some(Token::Word(found)) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

fn are(tokens: &[TokenWithSpan], at: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(offset, word)| is(tokens, at + offset, word))
}

fn is_token(tokens: &[TokenWithSpan], at: usize, wanted: &Token) -> bool {
    tokens.get(at).is_some_and(|token| token.token == *wanted)
}

fn push(out: &mut Vec<TokenWithSpan>, like: &TokenWithSpan, token: Token) {
    out.push(TokenWithSpan { token, span: like.span });
}

fn push_words(out: &mut Vec<TokenWithSpan>, like: &TokenWithSpan, words: &[&str]) {
    for word in words {
        push(out, like, Token::make_keyword(word));
    }
}

fn name(value: String) -> Token {
    Token::Word(Word { value, quote_style: None, keyword: Keyword::NoKeyword })
}

fn stand_in(form: Form, text: &str) -> Token {
    name(format!("{MARK}{}{text}{MARK}", form.letter()))
}

/// Reads `name, name, …`, and returns how many tokens that are.
fn names(tokens: &[TokenWithSpan]) -> usize {
    let is_name = |at: usize| matches!(tokens.get(at).map(|token| &token.token), Some(Token::Word(_)));
    if !is_name(0) {
        return 0;
    }
    let mut taken = 1;
    while is_token(tokens, taken, &Token::Comma) && is_name(taken + 1) {
        taken += 2;
    }
    taken
}

/// `(p).name`, `(p).*`, where it is no call `f (p)` and no list.
fn row(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let Some(Token::Word(row)) = tokens.get(1).map(|token| &token.token) else { return 0 };
    if !is_token(tokens, 2, &Token::RParen) || !is_token(tokens, 3, &Token::Period) {
        return 0;
    }
    let begins = match out.last().map(|token| &token.token) {
        Some(Token::Word(word)) => matches!(
            word.keyword,
            Keyword::SELECT
                | Keyword::DISTINCT
                | Keyword::WHERE
                | Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::ON
                | Keyword::BY
                | Keyword::HAVING
                | Keyword::CASE
                | Keyword::WHEN
                | Keyword::THEN
                | Keyword::ELSE
                | Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::FROM
                | Keyword::RETURNING
        ),
        Some(Token::RParen | Token::RBracket | Token::Number(..) | Token::SingleQuotedString(_)) | None => false,
        Some(_) => true,
    };
    if !begins {
        return 0;
    }
    push(out, &tokens[1], stand_in(Form::Row, &row.to_string()));
    3
}

/// Returns the name that stands in parentheses before a dot.
pub(super) fn row_of(name: &Ident) -> Option<Ident> {
    let text = stands_for(name, Form::Row)?;
    let (value, quote_style) = match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => (quoted, Some('"')),
        None => (text, None),
    };
    Some(Ident { value: value.to_owned(), quote_style, span: name.span })
}

/// `FOR NO KEY UPDATE`, `FOR KEY SHARE`, and several tables behind OF.
fn lock(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let strengths: [&[&str]; 4] = [&["NO", "KEY", "UPDATE"], &["KEY", "SHARE"], &["UPDATE"], &["SHARE"]];
    let Some(strength) = strengths.into_iter().find(|strength| are(tokens, 1, strength)) else { return 0 };
    let mut taken = 1 + strength.len();
    let tables = if is(tokens, taken, "OF") { names(&tokens[taken + 1..]) } else { 0 };
    let is_qualified = tables > 0 && is_token(tokens, taken + 1 + tables, &Token::Period);
    if strength.len() == 1 && tables < 2 || is_qualified {
        return 0;
    }
    push_words(out, &tokens[0], &["FOR", "UPDATE", "OF"]);
    push(out, &tokens[0], stand_in(Form::Lock, &strength.join(" ")));
    if tables > 0 {
        for table in tokens[taken + 1..taken + 1 + tables].iter().step_by(2) {
            push(out, table, Token::Period);
            out.push(table.clone());
        }
        taken += 1 + tables;
    }
    taken
}

/// `OVERRIDING SYSTEM VALUE`, `OVERRIDING USER VALUE`: a partition behind a list of columns, a column where there is none.
fn overriding(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let kinds = [["OVERRIDING", "SYSTEM", "VALUE"], ["OVERRIDING", "USER", "VALUE"]];
    let Some(kind) = kinds.into_iter().find(|kind| are(tokens, 0, kind)) else { return 0 };
    if out.last().is_some_and(|token| token.token == Token::RParen) {
        push_words(out, &tokens[0], &["PARTITION"]);
    }
    push(out, &tokens[0], Token::LParen);
    push(out, &tokens[0], stand_in(Form::Overriding, &kind.join(" ")));
    push(out, &tokens[0], Token::RParen);
    3
}

/// `ROWS FROM (f(…), …)`, where `rows` is no column before the FROM of a sub-query.
fn rows_from(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let in_from = match out.last().map(|token| &token.token) {
        Some(Token::Comma | Token::LParen) => true,
        Some(Token::Word(word)) => {
            matches!(word.keyword, Keyword::FROM | Keyword::JOIN | Keyword::LATERAL | Keyword::USING)
        }
        _ => false,
    };
    let called = match tokens.get(3).map(|token| &token.token) {
        Some(Token::Word(word)) if !matches!(word.keyword, Keyword::SELECT | Keyword::VALUES | Keyword::WITH) => {
            is_token(tokens, 4, &Token::LParen) || is_token(tokens, 4, &Token::Period)
        }
        _ => false,
    };
    if !in_from || !called {
        return 0;
    }
    push(out, &tokens[0], name(ROWS_FROM.to_owned()));
    2
}

/// `USING (a, b) AS j`
fn using(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    if !is_token(tokens, 1, &Token::LParen) {
        return 0;
    }
    let columns = names(&tokens[2..]);
    let end = 2 + columns;
    if columns == 0 || !is_token(tokens, end, &Token::RParen) || !is(tokens, end + 1, "AS") {
        return 0;
    }
    let Some(Token::Word(alias)) = tokens.get(end + 2).map(|token| &token.token) else { return 0 };
    out.extend_from_slice(&tokens[..end]);
    push(out, &tokens[end], Token::Comma);
    push(out, &tokens[end + 2], stand_in(Form::Using, &format!("AS {alias}")));
    push(out, &tokens[end], Token::RParen);
    end + 3
}

/// `LIKE ANY (…)` and its kin, which are operators by another name: the grammar of the server has it so.
fn like(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let negated = is(tokens, 0, "NOT");
    let at = usize::from(negated);
    let folds = is(tokens, at, "ILIKE");
    let of_many = ["ANY", "SOME", "ALL"].iter().any(|word| is(tokens, at + 1, word));
    if !(folds || is(tokens, at, "LIKE")) || !of_many || !is_token(tokens, at + 2, &Token::LParen) {
        return 0;
    }
    let operator = match (negated, folds) {
        (false, false) => Token::DoubleTilde,
        (false, true) => Token::DoubleTildeAsterisk,
        (true, false) => Token::ExclamationMarkDoubleTilde,
        (true, true) => Token::ExclamationMarkDoubleTildeAsterisk,
    };
    push(out, &tokens[0], operator);
    at + 1
}

/// `TRIM (BOTH FROM …)`, which means blanks.
fn trim(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let in_trim = matches!(&out[..], [.., call, open] if open.token == Token::LParen && is(std::slice::from_ref(call), 0, "TRIM"));
    if !in_trim || !is(tokens, 1, "FROM") {
        return 0;
    }
    out.push(tokens[0].clone());
    push(out, &tokens[0], Token::SingleQuotedString(" ".to_owned()));
    1
}

/// `EXCLUDE …` at the end of a window's frame; the default is left out.
fn exclude(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let kinds: [&[&str]; 4] = [&["CURRENT", "ROW"], &["GROUP"], &["TIES"], &["NO", "OTHERS"]];
    let Some(kind) = kinds.into_iter().find(|kind| are(tokens, 1, kind)) else { return 0 };
    let taken = 1 + kind.len();
    let behind_a_frame = matches!(out.last().map(|token| &token.token),
        Some(Token::Word(word)) if matches!(word.keyword, Keyword::PRECEDING | Keyword::FOLLOWING | Keyword::ROW));
    if !behind_a_frame || !is_token(tokens, taken, &Token::RParen) {
        return 0;
    }
    if kind.len() == 2 && kind[0] == "NO" {
        return taken;
    }
    let Some(open) = opening(out) else { return 0 };
    let mark = format!("{MARK}{}EXCLUDE {}{MARK}", Form::Exclude.letter(), kind.join(" "));
    let begins = |keyword: Keyword| {
        matches!(keyword, Keyword::PARTITION | Keyword::ORDER | Keyword::ROWS | Keyword::RANGE | Keyword::GROUPS)
    };
    match &out[open + 1].token {
        Token::Word(word) if word.quote_style.is_some() || !begins(word.keyword) => {
            out[open + 1].token = name(format!("{mark}{word}"));
        }
        _ => {
            let place = out[open].span;
            out.insert(open + 1, TokenWithSpan { token: name(mark), span: place });
        }
    }
    taken
}

/// Finds the parenthesis that is open at the end.
fn opening(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().rev() {
        match token.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => return (at + 1 < tokens.len()).then_some(at),
            Token::LParen => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `) SEARCH … CYCLE …`
fn after_cte(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let mut text = String::new();
    let mut taken = 1;
    taken += searched(&tokens[taken..], &mut text);
    taken += cycled(&tokens[taken..], &mut text);
    if taken == 1 {
        return 0;
    }
    push_words(out, &tokens[0], &["FOR", "UPDATE", "OF"]);
    push(out, &tokens[1], stand_in(Form::Search, &text));
    out.push(tokens[0].clone());
    taken
}

/// `SEARCH DEPTH FIRST BY a, b SET c`
fn searched(tokens: &[TokenWithSpan], text: &mut String) -> usize {
    let orders = [["SEARCH", "DEPTH", "FIRST", "BY"], ["SEARCH", "BREADTH", "FIRST", "BY"]];
    let Some(order) = orders.into_iter().find(|order| are(tokens, 0, order)) else { return 0 };
    let columns = names(&tokens[4..]);
    let end = 4 + columns;
    let Some(added) = word(tokens, end + 1) else { return 0 };
    if columns == 0 || !is(tokens, end, "SET") {
        return 0;
    }
    text.push_str(&format!("{} {} SET {added}", order.join(" "), listed(&tokens[4..end])));
    end + 2
}

/// `CYCLE a, b SET c TO 'x' DEFAULT 'y' USING d`
fn cycled(tokens: &[TokenWithSpan], text: &mut String) -> usize {
    if !is(tokens, 0, "CYCLE") {
        return 0;
    }
    let columns = names(&tokens[1..]);
    let mut end = 1 + columns;
    let Some(mark) = word(tokens, end + 1) else { return 0 };
    if columns == 0 || !is(tokens, end, "SET") {
        return 0;
    }
    let mut found = format!("CYCLE {} SET {mark}", listed(&tokens[1..end]));
    end += 2;
    if is(tokens, end, "TO") && is(tokens, end + 2, "DEFAULT") {
        let (Some(to), Some(default)) = (constant(tokens, end + 1), constant(tokens, end + 3)) else { return 0 };
        found.push_str(&format!(" TO {to} DEFAULT {default}"));
        end += 4;
    }
    let Some(path) = word(tokens, end + 1) else { return 0 };
    if !is(tokens, end, "USING") {
        return 0;
    }
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(&format!("{found} USING {path}"));
    end + 2
}

fn word(tokens: &[TokenWithSpan], at: usize) -> Option<&Word> {
    match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    }
}

/// A plain literal whose text is what it is.
fn constant(tokens: &[TokenWithSpan], at: usize) -> Option<String> {
    match tokens.get(at).map(|token| &token.token)? {
        literal @ (Token::Number(..) | Token::SingleQuotedString(_)) => Some(literal.to_string()),
        Token::Word(word) if matches!(word.keyword, Keyword::TRUE | Keyword::FALSE) => Some(word.to_string()),
        _ => None,
    }
}

fn listed(tokens: &[TokenWithSpan]) -> String {
    tokens.iter().step_by(2).map(|token| token.token.to_string()).collect::<Vec<_>>().join(", ")
}

/// Turns the stand-ins of a printed statement back. What it can't turn back keeps its mark, which no statement may have.
pub(super) fn show(text: String) -> String {
    if !text.contains(MARK) {
        return text;
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, marked)) = rest.split_once(MARK) {
        out.push_str(before);
        let found = marked.split_once(MARK).and_then(|(stand_in, after)| {
            let form = Form::ALL.into_iter().find(|form| stand_in.starts_with(form.letter()))?;
            put_back(form, &stand_in[1..], after, &mut out)
        });
        let Some(after) = found else {
            out.push(MARK);
            return out;
        };
        rest = after;
    }
    out.push_str(&rest);
    out
}

/// Writes one form, and returns what follows it.
fn put_back(form: Form, text: &str, after: &str, out: &mut String) -> Option<String> {
    match form {
        Form::Lock => {
            drop_end(out, "UPDATE OF ")?;
            out.push_str(text);
            let mut quoted = false;
            let end = after
                .char_indices()
                .find(|(_, c)| {
                    quoted ^= *c == '"';
                    !quoted && matches!(c, ' ' | ')')
                })
                .map_or(after.len(), |(at, _)| at);
            let (tables, after) = after.split_at(end);
            for (at, c) in tables.chars().enumerate() {
                quoted ^= c == '"';
                match c {
                    '.' if at == 0 => out.push_str(" OF "),
                    '.' if !quoted => out.push_str(", "),
                    c => out.push(c),
                }
            }
            Some(after.to_owned())
        }
        Form::Search => {
            drop_end(out, " FOR UPDATE OF ")?;
            let after = after.strip_prefix(')')?;
            out.push_str(&format!(") {text}"));
            Some(after.to_owned())
        }
        Form::Overriding => {
            drop_end(out, "PARTITION (")?;
            out.push_str(text);
            after.strip_prefix(')').map(str::to_owned)
        }
        Form::Using => {
            drop_end(out, ", ")?;
            let after = after.strip_prefix(')')?;
            out.push_str(&format!(") {text}"));
            Some(after.to_owned())
        }
        Form::Row => None,
        Form::Exclude => {
            let after = after.strip_prefix(' ').unwrap_or(after);
            let (inside, outside) = after.split_at(closing(after)?);
            Some(format!("{inside} {text}{outside}"))
        }
    }
}

fn drop_end(out: &mut String, end: &str) -> Option<()> {
    let kept = out.strip_suffix(end)?.len();
    out.truncate(kept);
    Some(())
}

/// Finds the parenthesis that closes what is open before the text.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escapes) = (0_usize, None, false);
    let mut chars = text.char_indices();
    let mut previous = ' ';
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\\') if escapes => drop(chars.next()),
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => (quote, escapes) = (Some(c), previous == 'E'),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => return Some(at),
            (None, ')') => depth -= 1,
            _ => {}
        }
        previous = c;
    }
    None
}
