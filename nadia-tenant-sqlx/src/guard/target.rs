//! `ON CONFLICT (…) WHERE condition`, by which a partial unique index is found, and for which the parser's tree has no place.
//!
//! The tree has one in each INSERT that neither database has a use for: the list of PARTITION. The tokens of the condition are moved
//! there before they are parsed, so that all which walks the tree meets it; what is printed has it in its place again.

use std::ops::ControlFlow;

use sqlparser::{
    ast::{ConflictTarget, Ident, Insert, OnConflict, OnInsert, Statement, Visit, VisitMut, Visitor, VisitorMut},
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan, Whitespace},
};

use super::{
    refusal::{Checked, Fault, RefusalKind},
    syntax,
};

/// The most conditions that are moved, each of which is looked for from the beginning.
const MOST: usize = 64;

/// Moves the condition of each conflict target to the PARTITION of its INSERT.
pub(super) fn move_conditions(tokens: &mut Vec<TokenWithSpan>) -> Checked {
    let given = Reader::new(tokens);
    let own = (0..given.places.len()).find(|at| given.is(*at, Keyword::PARTITION) && given.opens(*at + 1));
    if let Some(at) = own {
        let place = given.span(at);
        return Err(Fault::new(
            RefusalKind::Syntax,
            "PARTITION (…) is of another database",
            "leave it out; a window has PARTITION BY",
            place,
        ));
    }
    let mut moved = 0;
    while let Some(Found { to, from, end }) = Reader::new(tokens).condition() {
        let span = tokens[from].span;
        moved += 1;
        if moved > MOST {
            return Err(Fault::new(
                RefusalKind::Limit,
                "the statement has more than 64 conflict targets",
                "split the statement",
                span,
            ));
        }
        let Some(to) = to else {
            return Err(Fault::new(
                RefusalKind::Unsupported,
                "a conflict target with a condition in an INSERT without a list of columns is not supported",
                "name the columns",
                span,
            ));
        };
        let spelled = |token| TokenWithSpan { token, span };
        let condition: Vec<TokenWithSpan> = tokens.drain(from..end).skip(1).collect();
        let words = [Token::Whitespace(Whitespace::Space), Token::make_keyword("PARTITION"), Token::LParen];
        let part = words.into_iter().map(spelled).chain(condition).chain([spelled(Token::RParen)]);
        tokens.splice(to..to, part.collect::<Vec<_>>());
    }
    Ok(())
}

/// Places of tokens: of WHERE, of DO behind the condition, and of what comes behind the list of columns of the INSERT.
struct Found {
    to: Option<usize>,
    from: usize,
    end: usize,
}

/// The tokens without the space between them.
struct Reader<'t> {
    tokens: &'t [TokenWithSpan],
    places: Vec<usize>,
}

impl<'t> Reader<'t> {
    fn new(tokens: &'t [TokenWithSpan]) -> Self {
        let places = (0..tokens.len()).filter(|at| !matches!(tokens[*at].token, Token::Whitespace(_))).collect();
        Self { tokens, places }
    }

    fn token(&self, at: usize) -> &Token {
        self.places.get(at).map_or(&Token::EOF, |place| &self.tokens[*place].token)
    }

    fn span(&self, at: usize) -> Span {
        self.tokens[self.places[at]].span
    }

    fn is(&self, at: usize, keyword: Keyword) -> bool {
        matches!(self.token(at), Token::Word(word) if word.quote_style.is_none() && word.keyword == keyword)
    }

    fn opens(&self, at: usize) -> bool {
        *self.token(at) == Token::LParen
    }

    /// Finds the token at which `stops` is true first, outside of the parentheses that open from `at` on.
    fn ahead(&self, mut at: usize, stops: impl Fn(usize) -> bool) -> Option<usize> {
        let mut depth = 0_usize;
        while at < self.places.len() {
            if depth == 0 && stops(at) {
                return Some(at);
            }
            match self.token(at) {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.checked_sub(1)?,
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn condition(&self) -> Option<Found> {
        (0..self.places.len()).find_map(|on| {
            let is_target = self.is(on, Keyword::ON) && self.is(on + 1, Keyword::CONFLICT) && self.opens(on + 2);
            let columns = Some(on + 3).filter(|_| is_target)?;
            let closes = self.ahead(columns, |at| *self.token(at) == Token::RParen)?;
            let from = Some(closes + 1).filter(|at| self.is(*at, Keyword::WHERE))?;
            let end = self.ahead(from, |at| self.is(at, Keyword::DO))?;
            let to = self.insert_before(on).and_then(|insert| self.behind_columns(insert));
            Some(Found { to: to.map(|to| self.places[to]), from: self.places[from], end: self.places[end] })
        })
    }

    /// Finds the INSERT whose clause begins at `at`.
    fn insert_before(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (0..at).rev() {
            match self.token(at) {
                Token::RParen => depth += 1,
                Token::LParen => depth = depth.checked_sub(1)?,
                _ if depth == 0 && self.is(at, Keyword::INSERT) => return Some(at),
                _ => {}
            }
        }
        None
    }

    /// Finds the token behind the table, its alias and the list of columns of an INSERT, if it has that list.
    fn behind_columns(&self, insert: usize) -> Option<usize> {
        let starts_source = |at| {
            [Keyword::SELECT, Keyword::VALUES, Keyword::WITH, Keyword::DEFAULT]
                .into_iter()
                .any(|word| self.is(at, word))
        };
        let mut at = (insert..insert + 4).find(|at| self.is(*at, Keyword::INTO))? + 2;
        while *self.token(at) == Token::Period {
            at += 2;
        }
        if self.is(at, Keyword::AS) {
            at += 2;
        } else if matches!(self.token(at), Token::Word(_)) && !starts_source(at) {
            at += 1;
        }
        if !self.opens(at) || starts_source(at + 1) || self.opens(at + 1) {
            return None;
        }
        let behind = self.ahead(at + 1, |at| *self.token(at) == Token::RParen)? + 1;
        (behind < self.places.len()).then_some(behind)
    }
}

/// The text of a statement, with the conditions of conflict targets where they belong; tells whether there are some.
pub(super) fn print(statement: &Statement) -> (String, bool) {
    if statement.visit(&mut Conditions).is_continue() {
        return (statement.to_string(), false);
    }
    let mut spelled = statement.clone();
    let _ = VisitMut::visit(&mut spelled, &mut Conditions);
    (spelled.to_string(), true)
}

struct Conditions;

impl Visitor for Conditions {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(insert) if insert.partitioned.is_some() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl VisitorMut for Conditions {
    type Break = ();

    fn post_visit_statement(&mut self, statement: &mut Statement) -> ControlFlow<()> {
        if let Statement::Insert(Insert { partitioned, on: Some(OnInsert::OnConflict(conflict)), .. }) = statement
            && let OnConflict { conflict_target: Some(ConflictTarget::Columns(columns)), .. } = conflict
            && let (Some(last), Some(list)) = (columns.last_mut(), partitioned)
            && let [condition] = syntax::without_overriding(list)
        {
            // The list's own parenthesis closes the condition's, which the walk put into some.
            let condition = condition.to_string();
            let open = condition.strip_suffix(')').unwrap_or(&condition);
            *last = Ident::new(format!("{last}) WHERE {open}"));
            list.remove(0);
        }
        if let Statement::Insert(Insert { partitioned, .. }) = statement {
            partitioned.take_if(|list| list.is_empty());
        }
        ControlFlow::Continue(())
    }
}
