//! A count, apart from the guard's own second look: what it lets pass reads again, and has a predicate for each tenant table.
//! The fuzz target shares this file.

use std::{collections::HashSet, ops::ControlFlow};

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guarded};
use sqlparser::{
    ast::{
        BinaryOperator, Expr, Ident, MergeAction, ObjectName, OnConflictAction, OnInsert, Query, Statement,
        TableFactor, Value, Visit, Visitor,
    },
    dialect::{GenericDialect, PostgreSqlDialect, SQLiteDialect},
    parser::{Parser, ParserError},
    tokenizer::{Token, Tokenizer},
};

/// Says what is wrong with a rewritten statement.
pub(crate) fn lacking(catalog: &Catalog, guarded: &Guarded) -> Option<String> {
    let sql = &without_target_conditions(guarded.sql());
    let parsed = match catalog.dialect() {
        // That dialect has no shifts of bits.
        Dialect::Sqlite => {
            Parser::parse_sql(&SQLiteDialect {}, sql).or_else(|_| Parser::parse_sql(&GenericDialect {}, sql))
        }
        _ => parse_postgres(sql),
    };
    let statements = match parsed {
        Ok(statements) => statements,
        Err(error) => return Some(format!("{sql} does not read again: {error}")),
    };
    let [statement] = &statements[..] else { return Some(format!("{sql} is no single statement")) };
    let placeholder = guarded.tenant_param().map(|at| match catalog.dialect() {
        Dialect::Sqlite => format!("?{at}"),
        _ => format!("${at}"),
    });
    let mut names = Names::default();
    let _ = statement.visit(&mut names);
    let mut count = Count { catalog, placeholder, ctes: names.0, tables: 0, guards: 0 };
    let _ = statement.visit(&mut count);
    (count.guards < count.tables)
        .then(|| format!("{sql} has {} guards for {} tenant tables", count.guards, count.tables))
}

/// Parses without the clauses that the parser does not know: none of them filters, or holds a table.
fn parse_postgres(sql: &str) -> Result<Vec<Statement>, ParserError> {
    let dialect = PostgreSqlDialect {};
    let mut rest = Tokenizer::new(&dialect, sql).with_unescape(false).tokenize()?;
    rest.retain(|token| !matches!(token, Token::Whitespace(_)));
    let mut tokens = Vec::new();
    while let Some(first) = rest.first().cloned() {
        let is = |at: usize, words: &[&str]| {
            words.iter().enumerate().all(|(offset, word)| {
            matches!(rest.get(at + offset), Some(Token::Word(found)) if found.quote_style.is_none() && found.value == *word)
        })
        };
        let through = |word: &str| rest.iter().position(|token| token.to_string() == word).map_or(1, |at| at + 2);
        let dropped = if is(0, &["NO", "KEY", "UPDATE"]) {
            2
        } else if is(0, &["KEY", "SHARE"]) || is(0, &["SYMMETRIC"]) {
            1
        } else if is(0, &["OVERRIDING"]) || is(0, &["EXCLUDE", "CURRENT", "ROW"]) {
            3
        } else if is(0, &["EXCLUDE", "TIES"]) || is(0, &["EXCLUDE", "GROUP"]) {
            2
        } else if is(0, &["ROWS", "FROM"]) && rest.get(2) == Some(&Token::LParen) && rest.get(4) == Some(&Token::LParen)
        {
            tokens.push(Token::make_word("rows_from", None));
            2
        } else if is(0, &["SEARCH", "DEPTH"]) || is(0, &["SEARCH", "BREADTH"]) {
            through("SET")
        } else if is(0, &["CYCLE"]) && tokens.last() == Some(&Token::RParen) {
            through("USING")
        } else if is(0, &["OF"]) {
            // The tables of a row lock.
            2 + 2 * rest[2..].chunks(2).take_while(|pair| pair[0] == Token::Comma).count()
        } else if is(0, &["AS"]) && follows_using(&tokens) {
            2
        } else {
            0
        };
        if dropped == 0 {
            tokens.push(first);
        }
        rest.drain(..dropped.clamp(1, rest.len()));
    }
    Parser::new(&dialect).with_tokens(tokens).parse_statements()
}

/// Tells whether the last are `USING (a, b)`.
fn follows_using(tokens: &[Token]) -> bool {
    let plain = |token: &&Token| matches!(token, Token::Word(_) | Token::Comma);
    let Some((Token::RParen, before)) = tokens.split_last() else { return false };
    let columns = before.iter().rev().take_while(plain).count();
    let before = &before[..before.len() - columns];
    matches!(before, [.., Token::Word(using), Token::LParen] if using.value == "USING")
}

/// The names of all common table expressions: a table of such a name may be either, and is not counted.
#[derive(Default)]
struct Names(HashSet<String>);

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }
}

struct Count<'c> {
    catalog: &'c Catalog,
    placeholder: Option<String>,
    ctes: HashSet<String>,
    tables: usize,
    guards: usize,
}

impl Count<'_> {
    fn is_tenants(&self, name: &ObjectName) -> bool {
        let Some(ident) = name.0.last().and_then(|part| part.as_ident()) else { return false };
        let folded = match (self.catalog.dialect(), ident.quote_style) {
            (Dialect::Postgres, Some(_)) => ident.value.clone(),
            _ => ident.value.to_ascii_lowercase(),
        };
        self.catalog.table(&folded).is_some_and(|table| table.tenant_column().is_some())
            && !self.ctes.contains(&folded.to_lowercase())
    }

    fn is_bind(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Placeholder(text) if Some(text) == self.placeholder.as_ref()))
    }
}

impl Visitor for Count<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.tables += usize::from(self.is_tenants(relation));
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        if let Statement::Insert(insert) = statement {
            // The value of the tenant column is its guard; a DO UPDATE needs one more.
            let named =
                |name: &ObjectName| name.0.last().and_then(|part| part.as_ident()).is_some_and(is_tenant_column);
            self.guards += usize::from(insert.columns.iter().any(named));
            if let Some(OnInsert::OnConflict(conflict)) = &insert.on
                && matches!(conflict.action, OnConflictAction::DoUpdate(_))
            {
                self.tables += 1;
            }
        }
        if let Statement::Merge(merge) = statement
            && matches!(&merge.table, TableFactor::Table { name, .. } if self.is_tenants(name))
        {
            // The target's predicate is in ON; each INSERT needs the tenant's value besides.
            for clause in &merge.clauses {
                if let MergeAction::Insert(insert) = &clause.action {
                    self.tables += 1;
                    let named = insert.columns.iter().filter_map(|name| name.0.last()?.as_ident());
                    self.guards += usize::from(named.into_iter().any(is_tenant_column));
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr
            && matches!(&**left, Expr::CompoundIdentifier(names) if names.last().is_some_and(is_tenant_column))
            && self.is_bind(right)
        {
            self.guards += 1;
        }
        ControlFlow::Continue(())
    }
}

fn is_tenant_column(name: &Ident) -> bool {
    name.value.eq_ignore_ascii_case("tenant_id")
}

/// Leaves out what `ON CONFLICT (…) WHERE (…) DO` says of an index, which the parser does not know.
fn without_target_conditions(sql: &str) -> String {
    let mut rest = sql;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(" ON CONFLICT(") {
        let (columns, after) = after.split_once(')').unwrap_or((after, ""));
        let action =
            if after.starts_with(" WHERE (") { after.split_once(") DO ").map(|(_, action)| action) } else { None };
        kept += &format!("{before} ON CONFLICT({columns})");
        match action {
            Some(action) => {
                kept += " DO ";
                rest = action;
            }
            None => rest = after,
        }
    }
    kept + rest
}
