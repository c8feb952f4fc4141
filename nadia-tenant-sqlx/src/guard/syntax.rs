//! PostgreSQL's syntax that the parser lacks: each form is hidden from it behind a stand-in that it can read, and the
//! stand-in is turned back into the form in the text that it prints.
//!
//! A stand-in holds NUL, which no statement does ([`lex`](super::lex) sees to that), so that none can be written by a
//! user. What comes out is read again from its text, hidden again, and must give the same tree: a form that is put back
//! wrongly is refused. Only where there are none, a release build doesn't read the text again.

mod dialect;
mod hide;
mod show;

use sqlparser::{
    ast::{Expr, Ident, LockClause},
    dialect::PostgreSqlDialect,
    tokenizer::{Span, Token, Tokenizer, Word},
};

pub(super) use self::{
    dialect::{Postgres, is_symmetric},
    hide::hide,
    show::{is_hiding, show},
};

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

/// Tells whether a name stands for OVERRIDING.
pub(super) fn is_overriding(name: &Ident) -> bool {
    stands_for(name, Form::Overriding).is_some()
}

/// Returns the list of an INSERT's partition without OVERRIDING, which is the last of it.
pub(super) fn without_overriding(list: &mut [Expr]) -> &mut [Expr] {
    let ends_so = matches!(list.last(), Some(Expr::Identifier(name)) if is_overriding(name));
    let end = list.len() - usize::from(ends_so);
    &mut list[..end]
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

/// Returns the name that stands in parentheses before a dot.
pub(super) fn row_of(name: &Ident) -> Option<Ident> {
    let text = stands_for(name, Form::Row)?;
    let (value, quote_style) = match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => (quoted, Some('"')),
        None => (text, None),
    };
    Some(Ident { value: value.to_owned(), quote_style, span: name.span })
}
