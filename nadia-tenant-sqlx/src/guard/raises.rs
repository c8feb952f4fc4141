//! Whether a condition of a statement may raise an error that depends on the row it looks at.
//!
//! Such a condition must not meet other tenants' rows, or its error tells about them. Most statements have none: they compare
//! columns with values. An allow-list: what is not known to be harmless counts as one that raises.

mod values;

use std::{collections::HashSet, ops::ControlFlow};

use sqlparser::ast::{
    BinaryOperator, Cte, Expr, NamedWindowExpr, Query, Select, SetExpr, Statement, TableFactor, UnaryOperator, Value,
    ValueWithSpan, Visit, Visitor,
};

use super::{dialect::Flavor, syntax};
use crate::catalog::{Catalog, Column};

/// The columns whose values compare without errors in each table that has such a column.
#[derive(Debug)]
pub(super) struct PlainColumns {
    names: HashSet<String>,
    /// Those among them whose values may be out of the range of a type that they are mixed with.
    narrow: HashSet<String>,
}

impl PlainColumns {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let columns = || catalog.tables().flat_map(|table| table.columns());
        let named = |is: &dyn Fn(&Column) -> bool| -> HashSet<String> {
            columns().filter(|column| is(column)).map(|column| column.name().to_owned()).collect()
        };
        let narrow = named(&is_narrow);
        // By USING two types of one name may be mixed.
        let others = named(&|column| !is_narrow(column));
        let dates = named(&|column| base_type(column) == "date");
        let times = named(&|column| is_narrow(column) && base_type(column) != "date");
        let odd = named(&|column| !is_plain_type(column, catalog));
        let is_mixed = |name: &String| {
            narrow.contains(name) && others.contains(name) || dates.contains(name) && times.contains(name)
        };
        let names = named(&|_| true).into_iter().filter(|name| !odd.contains(name) && !is_mixed(name)).collect();
        Self { names, narrow }
    }
}

fn base_type(column: &Column) -> &str {
    let declared = column.declared_type().trim_end_matches("[]").trim_end();
    declared.split('(').next().unwrap_or_default().trim_end()
}

/// Where a date stands beside a time stamp, it becomes one without a word, and fewer years fit into that.
fn is_narrow(column: &Column) -> bool {
    matches!(base_type(column), "date" | "datetime" | "timestamp" | "timestamp without time zone")
        && !column.declared_type().contains("with time zone")
}

/// Numbers without a bound are not among them: one too great for a float raises when it is compared with one.
fn is_plain_type(column: &Column, catalog: &Catalog) -> bool {
    let declared = column.declared_type().trim_end_matches("[]").trim_end();
    let (base, rest) = declared.split_once('(').unwrap_or((declared, ""));
    match base.trim_end() {
        "numeric" | "decimal" | "dec" => {
            let digits = rest.split([',', ')']).next().unwrap_or_default();
            digits.trim().parse().is_ok_and(|digits: u32| digits <= 300)
        }
        "bigint"
        | "bigserial"
        | "bool"
        | "boolean"
        | "bytea"
        | "char"
        | "character"
        | "character varying"
        | "cidr"
        | "date"
        | "double precision"
        | "float4"
        | "float8"
        | "inet"
        | "int"
        | "int2"
        | "int4"
        | "int8"
        | "integer"
        | "interval"
        | "jsonb"
        | "real"
        | "serial"
        | "smallint"
        | "smallserial"
        | "text"
        | "time"
        | "timestamp"
        | "timestamp with time zone"
        | "timestamp without time zone"
        | "timestamptz"
        | "uuid"
        | "varchar" => true,
        other => catalog.has_enum(other),
    }
}

/// Tells whether a condition anywhere in the statement, or what another query makes a condition of, may raise.
///
/// What the outermost query lists, groups and orders by is computed of the rows that its conditions left.
pub(super) fn may_raise(flavor: Flavor, plain: &PlainColumns, statement: &Statement) -> bool {
    let mut conditions = Hazards { flavor, plain, inner: 1, of_many: Vec::new() };
    let mut outcome = Hazards { flavor, plain, inner: 0, of_many: Vec::new() };
    match statement {
        Statement::Query(query) => match &*query.body {
            SetExpr::Select(select) => {
                renames(query)
                    || query.with.visit(&mut conditions).is_break()
                    || select.from.visit(&mut conditions).is_break()
                    || select.selection.visit(&mut conditions).is_break()
                    || select.having.visit(&mut conditions).is_break()
                    || select.projection.visit(&mut outcome).is_break()
                    || select.distinct.visit(&mut outcome).is_break()
                    || select.group_by.visit(&mut outcome).is_break()
                    || select.named_window.visit(&mut outcome).is_break()
                    || query.order_by.visit(&mut outcome).is_break()
                    || query.limit_clause.visit(&mut outcome).is_break()
                    || query.fetch.visit(&mut outcome).is_break()
            }
            _ => query.visit(&mut conditions).is_break(),
        },
        Statement::Update(update) => {
            update.from.visit(&mut conditions).is_break()
                || update.selection.visit(&mut conditions).is_break()
                || update.assignments.visit(&mut outcome).is_break()
                || update.returning.visit(&mut outcome).is_break()
        }
        Statement::Delete(delete) => {
            delete.using.visit(&mut conditions).is_break()
                || delete.selection.visit(&mut conditions).is_break()
                || delete.returning.visit(&mut outcome).is_break()
        }
        Statement::Insert(insert) => {
            insert.source.visit(&mut conditions).is_break()
                || insert.on.visit(&mut outcome).is_break()
                || insert.returning.visit(&mut outcome).is_break()
        }
        other => other.visit(&mut conditions).is_break(),
    }
}

/// Tells whether a column that the query or one inside of it gives may raise.
pub(super) fn gives_what_may_raise(flavor: Flavor, plain: &PlainColumns, query: &Query) -> bool {
    query.visit(&mut Projections { flavor, plain }).is_break()
}

struct Projections<'h> {
    flavor: Flavor,
    plain: &'h PlainColumns,
}

impl Visitor for Projections<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        select.projection.visit(&mut Hazards { flavor: self.flavor, plain: self.plain, inner: 1, of_many: Vec::new() })
    }
}

struct Hazards<'h> {
    flavor: Flavor,
    plain: &'h PlainColumns,
    /// How many queries deep; outside of all of them nothing is judged.
    inner: usize,
    /// Where the queries behind ANY and ALL are, which may give many rows.
    of_many: Vec<usize>,
}

impl Visitor for Hazards<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.inner += 1;
        broken(renames(query) || values::counts_by_row(query) || self.mixes(&query.body))
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.inner -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let frames = |window: &NamedWindowExpr| match window {
            NamedWindowExpr::NamedWindow(_) => false,
            NamedWindowExpr::WindowSpec(spec) => values::frames_by_row(spec),
        };
        broken(self.inner > 0 && select.named_window.iter().any(|window| frames(&window.1)))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        broken(match factor {
            TableFactor::Table { alias, args, sample, .. } => {
                args.is_some()
                    || sample.as_ref().is_some_and(values::samples_by_row)
                    || alias.as_ref().is_some_and(|alias| !alias.columns.is_empty())
            }
            TableFactor::Derived { alias, .. } => alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()),
            TableFactor::NestedJoin { alias, .. } => alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()),
            _ => true,
        })
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } = expr {
            self.of_many.push(address(right));
        }
        broken(self.inner > 0 && !self.is_harmless(expr))
    }
}

/// Tells whether a list of names, or SEARCH and CYCLE, could give a column a name that is plain elsewhere.
fn renames(query: &Query) -> bool {
    let adds = |cte: &Cte| cte.query.locks.iter().any(|lock| syntax::search(lock).is_some());
    query.with.iter().flat_map(|with| &with.cte_tables).any(|cte| !cte.alias.columns.is_empty() || adds(cte))
}

fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr) as usize
}

fn broken(is: bool) -> ControlFlow<()> {
    if is { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl Hazards<'_> {
    /// Judges the node alone; what is below it is visited, too.
    fn is_harmless(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Identifier(name) => self.plain.names.contains(&self.flavor.fold(name)),
            Expr::CompoundIdentifier(names) => {
                names.last().is_some_and(|name| self.plain.names.contains(&self.flavor.fold(name)))
            }
            Expr::Value(_)
            | Expr::TypedString(_)
            | Expr::Nested(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::Between { .. }
            | Expr::Exists { .. }
            | Expr::Tuple(_) => true,
            // A second row raises.
            Expr::Subquery(query) => self.of_many.contains(&address(expr)) || values::gives_one_row(query),
            Expr::Array(array) => array.elem.iter().all(|expr| self.keeps_type(expr)),
            Expr::Case { conditions, else_result, .. } => conditions
                .iter()
                .map(|when| &when.result)
                .chain(else_result.as_deref())
                .all(|expr| self.keeps_type(expr)),
            Expr::BinaryOp { op, .. } => compares(op) || matches!(op, BinaryOperator::And | BinaryOperator::Or),
            Expr::AnyOp { compare_op, .. } | Expr::AllOp { compare_op, .. } => compares(compare_op),
            Expr::UnaryOp { op: UnaryOperator::Not, .. } => true,
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => matches!(**expr, Expr::Value(_)),
            // A pattern that ends with the escape character raises once a row matches as far; strings with one have
            // another form here.
            Expr::Like { pattern, escape_char: None, .. } | Expr::ILike { pattern, escape_char: None, .. } => {
                matches!(&**pattern, Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_), .. }))
            }
            // Of a value, whatever the row.
            Expr::Cast { expr, .. } => matches!(**expr, Expr::Value(_)),
            Expr::Function(function) => self.is_harmless_call(function),
            _ => false,
        }
    }
}

fn compares(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq)
}

/// Functions that raise for no value, and aggregates, which see the rows that are left.
const HARMLESS: &[&str] = &[
    "avg",
    "bool_and",
    "bool_or",
    "coalesce",
    "count",
    "current_date",
    "current_timestamp",
    "dense_rank",
    "greatest",
    "least",
    "length",
    "lower",
    "max",
    "min",
    "now",
    "nullif",
    "rank",
    "row_number",
    "sum",
    "upper",
];
