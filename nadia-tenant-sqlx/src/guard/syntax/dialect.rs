//! PostgreSQL's dialect of the parser, and the prefix of an expression that it lacks.

use std::any::TypeId;

use sqlparser::{
    ast::{Expr, Ident},
    dialect::{Dialect, PostgreSqlDialect, Precedence},
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::Token,
};

/// The prefix of a lower bound that may be the upper one.
const SYMMETRIC: &str = "SYMMETRIC";

/// Reads what [`PostgreSqlDialect`] reads, and `BETWEEN SYMMETRIC`.
#[derive(Debug)]
pub(in crate::guard) struct Postgres;

/// Tells whether an expression is the prefix of a lower bound.
pub(in crate::guard) fn is_symmetric(prefix: &Ident) -> bool {
    prefix.quote_style.is_none() && prefix.value == SYMMETRIC
}

/// Hands each method of the parser's dialect on.
macro_rules! delegate {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self, $($arg: $kind),*) -> $out { PostgreSqlDialect {}.$name($($arg),*) })*
    };
}

impl Dialect for Postgres {
    /// The parser asks by this for PostgreSQL's own grammar.
    fn dialect(&self) -> TypeId {
        TypeId::of::<PostgreSqlDialect>()
    }

    /// Both words of BETWEEN are reserved in PostgreSQL, so neither is ever a name.
    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let Token::Word(word) = &parser.peek_token_ref().token else { return None };
        if word.quote_style.is_some() {
            return None;
        }
        let is = |name: &str| word.value.eq_ignore_ascii_case(name);
        if is("INTERVAL") && parser.peek_nth_token_ref(1).token == Token::LParen {
            // The parser would drop it.
            let message = "INTERVAL with a precision before its value; write it as a cast behind the value";
            return Some(Err(ParserError::ParserError(message.to_owned())));
        }
        if is("WHERE") {
            // Behind an empty list, the parser would take it for a column.
            let message = "Expected: an expression, found: WHERE";
            return Some(Err(ParserError::ParserError(message.to_owned())));
        }
        let (symmetric, asymmetric) = (is(SYMMETRIC), is("ASYMMETRIC"));
        if !symmetric && !asymmetric {
            return None;
        }
        parser.advance_token();
        let value = parser.parse_subexpr(self.prec_value(Precedence::Between));
        Some(value.map(|value| match symmetric {
            true => Expr::Prefixed { prefix: Ident::new(SYMMETRIC), value: Box::new(value) },
            // It is the default; the walk refuses it nowhere, since it leaves no trace.
            false => value,
        }))
    }

    delegate! {
        identifier_quote_style(identifier: &str) -> Option<char>;
        is_delimited_identifier_start(ch: char) -> bool;
        is_identifier_start(ch: char) -> bool;
        is_identifier_part(ch: char) -> bool;
        supports_unicode_string_literal() -> bool;
        is_reserved_for_identifier(word: Keyword) -> bool;
        is_table_alias(word: &Keyword, parser: &mut Parser<'_>) -> bool;
        is_custom_operator_part(ch: char) -> bool;
        get_next_precedence(parser: &Parser<'_>) -> Option<Result<u8, ParserError>>;
        supports_filter_during_aggregation() -> bool;
        supports_group_by_expr() -> bool;
        supports_alter_user_as_alter_role() -> bool;
        prec_value(precedence: Precedence) -> u8;
        allow_extract_custom() -> bool;
        allow_extract_single_quotes() -> bool;
        supports_create_index_with_clause() -> bool;
        supports_explain_with_utility_options() -> bool;
        supports_listen_notify() -> bool;
        supports_exclude_constraint() -> bool;
        supports_factorial_operator() -> bool;
        supports_bitwise_shift_operators() -> bool;
        supports_comment_on() -> bool;
        supports_load_extension() -> bool;
        supports_named_fn_args_with_colon_operator() -> bool;
        supports_named_fn_args_with_expr_name() -> bool;
        supports_empty_projections() -> bool;
        supports_nested_comments() -> bool;
        supports_string_escape_constant() -> bool;
        supports_numeric_literal_underscores() -> bool;
        supports_array_typedef_with_brackets() -> bool;
        supports_geometric_types() -> bool;
        supports_order_by_using_operator() -> bool;
        supports_set_names() -> bool;
        supports_alter_column_type_using() -> bool;
        supports_left_associative_joins_without_parens() -> bool;
        supports_notnull_operator() -> bool;
        supports_interval_options() -> bool;
        supports_insert_table_alias() -> bool;
        supports_create_table_like_parenthesized() -> bool;
        supports_select_wildcard_with_alias() -> bool;
        supports_comma_separated_trim() -> bool;
        supports_xml_expressions() -> bool;
        supports_aliased_function_args() -> bool;
        supports_comment_optimizer_hint() -> bool;
    }
}
