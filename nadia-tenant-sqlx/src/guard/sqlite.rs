//! The parser's SQLite, and what it leaves out of that grammar.

use std::any::TypeId;

use sqlparser::{
    ast::{Expr, Statement},
    dialect::{Dialect, SQLiteDialect},
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::Token,
};

/// [`SQLiteDialect`] with `IS` between any values, and shifts of bits.
#[derive(Debug)]
pub(super) struct SqliteSyntax;

const BASE: SQLiteDialect = SQLiteDialect {};

/// What that dialect says otherwise than the default is passed on one by one, since a trait's methods can't be as a whole.
impl Dialect for SqliteSyntax {
    fn dialect(&self) -> TypeId {
        BASE.dialect()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        BASE.is_delimited_identifier_start(ch)
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        BASE.identifier_quote_style(identifier)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        BASE.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        BASE.is_identifier_part(ch)
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        BASE.supports_filter_during_aggregation()
    }

    fn supports_start_transaction_modifier(&self) -> bool {
        BASE.supports_start_transaction_modifier()
    }

    fn parse_statement(&self, parser: &mut Parser<'_>) -> Option<Result<Statement, ParserError>> {
        BASE.parse_statement(parser)
    }

    fn parse_infix(&self, parser: &mut Parser<'_>, expr: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        BASE.parse_infix(parser, expr, precedence).or_else(|| is_value(parser, expr, precedence))
    }

    fn supports_in_empty_list(&self) -> bool {
        BASE.supports_in_empty_list()
    }

    fn supports_limit_comma(&self) -> bool {
        BASE.supports_limit_comma()
    }

    fn supports_asc_desc_in_column_definition(&self) -> bool {
        BASE.supports_asc_desc_in_column_definition()
    }

    fn supports_dollar_placeholder(&self) -> bool {
        BASE.supports_dollar_placeholder()
    }

    fn supports_notnull_operator(&self) -> bool {
        BASE.supports_notnull_operator()
    }

    fn supports_comma_separated_trim(&self) -> bool {
        BASE.supports_comma_separated_trim()
    }

    fn supports_numeric_literal_underscores(&self) -> bool {
        BASE.supports_numeric_literal_underscores()
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }
}

/// `a IS b` and `a IS NOT b`, which are `IS NOT DISTINCT FROM` and `IS DISTINCT FROM`.
fn is_value(parser: &mut Parser<'_>, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
    let word = |parser: &Parser<'_>, at| match &parser.peek_nth_token_ref(at).token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    };
    let second = match word(parser, 1) {
        Some(Keyword::NOT) => word(parser, 2),
        other => other,
    };
    let known = matches!(second, Some(Keyword::NULL | Keyword::TRUE | Keyword::FALSE | Keyword::DISTINCT));
    if word(parser, 0) != Some(Keyword::IS) || known {
        return None;
    }
    parser.advance_token();
    let negated = parser.parse_keyword(Keyword::NOT);
    let left = Box::new(left.clone());
    Some(
        parser.parse_subexpr(precedence).map(Box::new).map(|right| {
            if negated { Expr::IsDistinctFrom(left, right) } else { Expr::IsNotDistinctFrom(left, right) }
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A later version of the parser may say more of SQLite; then this file must pass it on.
    #[test]
    fn passes_on_what_the_parsers_dialect_says() {
        for sql in [
            "SELECT [a], `b`, \"c\" FROM t LIMIT 1, 2",
            "REPLACE INTO t (a) VALUES ($1)",
            "SELECT count(*) FILTER (WHERE a NOTNULL) FROM t WHERE a IN ()",
            "SELECT trim(a, 'x'), a GLOB 'x' FROM t",
            "BEGIN IMMEDIATE TRANSACTION",
            "CREATE TABLE t (a INTEGER PRIMARY KEY DESC)",
        ] {
            let parsed = Parser::parse_sql(&SqliteSyntax, sql).unwrap();
            assert_eq!(parsed, Parser::parse_sql(&BASE, sql).unwrap(), "{sql}");
        }
    }

    #[test]
    fn reads_is_between_values() {
        let read = |sql| Parser::parse_sql(&SqliteSyntax, sql).unwrap()[0].to_string();
        for (sql, spelled) in [
            ("SELECT a IS 1", "SELECT a IS NOT DISTINCT FROM 1"),
            ("SELECT a IS NOT b + 1 AND c", "SELECT a IS DISTINCT FROM b + 1 AND c"),
            ("SELECT a IS NOT NULL, a IS NULL", "SELECT a IS NOT NULL, a IS NULL"),
            ("SELECT a IS NOT TRUE, a IS FALSE", "SELECT a IS NOT TRUE, a IS FALSE"),
            ("SELECT a IS NOT DISTINCT FROM b", "SELECT a IS NOT DISTINCT FROM b"),
            ("SELECT a << 1 >> 2", "SELECT a << 1 >> 2"),
        ] {
            assert_eq!(read(sql), spelled, "{sql}");
        }
    }
}
