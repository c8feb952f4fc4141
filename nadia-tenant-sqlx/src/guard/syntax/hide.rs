use sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan, Word},
};

use super::{Form, MARK, ROWS_FROM};

/// Hides the forms from the parser.
pub(in crate::guard) fn hide(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
    let behind_a_list = out.last().is_some_and(|token| token.token == Token::RParen);
    if behind_a_list && ends_in_partition(out) {
        // It holds the condition of a conflict target.
        out.pop();
        push(out, &tokens[0], Token::Comma);
    } else {
        if behind_a_list {
            push_words(out, &tokens[0], &["PARTITION"]);
        }
        push(out, &tokens[0], Token::LParen);
    }
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
    let Some(alias) = word(tokens, end + 2) else { return 0 };
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

/// `TRIM (BOTH FROM …)`: the word says nothing.
fn trim(tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let in_trim = matches!(&out[..], [.., call, open] if open.token == Token::LParen && is(std::slice::from_ref(call), 0, "TRIM"));
    if !in_trim || !is(tokens, 1, "FROM") {
        return 0;
    }
    out.push(tokens[0].clone());
    2
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

/// Tells whether the parentheses that close at the end are those of a partition.
fn ends_in_partition(tokens: &[TokenWithSpan]) -> bool {
    let Some((_, inside)) = tokens.split_last() else { return false };
    let before = opening(inside).and_then(|open| open.checked_sub(1));
    before.is_some_and(|before| is(inside, before, "PARTITION"))
}

/// Finds the parenthesis that is open at the end, if something follows it.
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

/// A name in lower case, as the server folds it, so that it is none of the upper-case words that divide a form.
fn word(tokens: &[TokenWithSpan], at: usize) -> Option<String> {
    match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) if word.quote_style.is_none() => Some(word.value.to_ascii_lowercase()),
        Some(Token::Word(word)) => Some(word.to_string()),
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
    (0..tokens.len()).step_by(2).filter_map(|at| word(tokens, at)).collect::<Vec<_>>().join(", ")
}
