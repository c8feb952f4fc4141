use std::ops::ControlFlow;

use sqlparser::{
    ast::{Ident, Statement, Visit, Visitor},
    parser::{Parser, ParserError},
    tokenizer::{Location, Span, Token, TokenWithSpan},
};

use super::{
    dialect::Flavor,
    other::refuse_unread,
    refusal::{Checked, Fault, RefusalKind},
    respell::respell,
    target::move_conditions,
};

/// The deepest recursion of the parser; it grows its stack by itself.
const MAX_RECURSION: usize = 200;

/// Parses the one statement that `tokens` hold.
pub(super) fn parse(flavor: Flavor, mut tokens: Vec<TokenWithSpan>) -> Checked<Statement> {
    while tokens.pop_if(|token| matches!(token.token, Token::SemiColon | Token::Whitespace(_) | Token::EOF)).is_some() {
    }
    if tokens.is_empty() {
        return Err(count("there is no statement", Span::empty()));
    }
    if let Some(more) = tokens.iter().find(|token| token.token == Token::SemiColon) {
        return Err(count("there is more than one statement", more.span));
    }
    respell(flavor, &mut tokens)?;
    move_conditions(&mut tokens)?;
    let unread = refuse_unread(&tokens);
    let last = tokens.last().map_or(Span::empty(), |token| token.span);
    let mut parser = Parser::new(flavor.parser())
        .with_recursion_limit(MAX_RECURSION)
        .with_tokens_with_locations(flavor.hide(tokens));
    let statement = match parser.parse_statement() {
        Ok(statement) => statement,
        Err(ParserError::RecursionLimitExceeded) => return Err(syntax(&ParserError::RecursionLimitExceeded, last)),
        Err(error) => return Err(unread.unwrap_or_else(|| syntax(&error, last))),
    };
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        return Err(unread.unwrap_or_else(|| {
            Fault::new(
                RefusalKind::Syntax,
                format!("the statement is not understood from {:?} on", rest.token.to_string()),
                "write it in the SQL that docs/guard.md lists",
                rest.span,
            )
        }));
    }
    match statement.visit(&mut StringNames) {
        ControlFlow::Continue(()) => Ok(statement),
        ControlFlow::Break(place) => Err(Fault::new(
            RefusalKind::Syntax,
            "a string stands where a name belongs",
            "write names plain or in double quotes",
            place,
        )),
    }
}

/// Finds names in single quotes, which some databases take.
struct StringNames;

impl Visitor for StringNames {
    type Break = Span;

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<Span> {
        if ident.quote_style == Some('\'') { ControlFlow::Break(ident.span) } else { ControlFlow::Continue(()) }
    }
}

fn count(message: &str, place: Span) -> Box<Fault> {
    Fault::new(RefusalKind::StatementCount, message, "send one statement at a time", place)
}

fn syntax(error: &ParserError, last: Span) -> Box<Fault> {
    match error {
        ParserError::RecursionLimitExceeded => {
            Fault::new(RefusalKind::Limit, "the statement nests too deeply", "split the statement", Span::empty())
        }
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            // The parser's place is the tail of its message.
            let (message, place) = match message.rsplit_once(" at Line: ") {
                Some((message, place)) => (message, location(place).unwrap_or(last)),
                None => (message.as_str(), last),
            };
            Fault::new(
                RefusalKind::Syntax,
                format!("the statement is not understood: {message}"),
                "write it in the SQL that docs/guard.md lists",
                place,
            )
        }
    }
}

fn location(text: &str) -> Option<Span> {
    let (line, column) = text.split_once(", Column: ")?;
    let start = Location::new(line.parse().ok()?, column.parse().ok()?);
    Some(Span::new(start, start))
}
