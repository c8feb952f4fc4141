//! What keeps conditions that may raise an error away from other tenants' rows on PostgreSQL.
//!
//! `column = $n` alone says which rows are read, but the server evaluates it last among conditions of equal cost: it goes through
//! equivalence classes. A *fence* says the same once more in a form that is no member of a class, costs less than any condition
//! that can raise, and is expected to drop nothing, so that the `=` beside it alone decides on the plan.

use sqlparser::ast::{
    Array, BinaryOperator, CaseWhen, CteAsMaterialized, Expr, Ident, Join, JoinConstraint, JoinOperator, LimitClause,
    Offset, OffsetRows, Query, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins, Value,
    helpers::attached_token::AttachedToken,
};

use super::{Walker, bare_query, bare_select};
use crate::{
    catalog::Table,
    guard::raises::{self, PlainColumns},
};

pub(in crate::guard) struct Fences<'g> {
    /// The columns that compare without errors, if the statement has a condition that may raise.
    plain: Option<&'g PlainColumns>,
    /// Whether the WHERE beside the FROM that is walked is the first of the conditions to be evaluated.
    pub(super) where_is_first: bool,
    /// Whether the relation that is walked is on the nullable side of a join.
    pub(super) is_nullable: bool,
    /// Whether the SELECT that is walked has grouping sets.
    pub(super) regroups: bool,
    made: usize,
    /// What the names of the relations begin with that fences join: nothing in the statement has it.
    prefix: String,
}

impl<'g> Fences<'g> {
    pub(in crate::guard) fn new(plain: Option<&'g PlainColumns>, sql: &str) -> Self {
        let mut prefix = "nadia_".to_owned();
        if plain.is_some() {
            let sql = sql.to_ascii_lowercase();
            while sql.contains(&prefix) {
                prefix.push('_');
            }
        }
        Self { plain, where_is_first: false, is_nullable: false, regroups: false, made: 0, prefix }
    }
}

impl Walker<'_> {
    /// `(CASE WHEN relation.tenant_id = ANY (ARRAY[$n]) THEN 1 END) IS NOT NULL`, where one is needed.
    ///
    /// The server puts the cost of ANY at half an operator for each element, and how often a CASE is NULL at next to never.
    pub(super) fn fence(&mut self, relation: &Ident, table: &Table) -> Option<Expr> {
        let column = table.tenant_column().filter(|_| self.fences.plain.is_some() && self.filters(table))?;
        let tenant = self.tenant();
        let condition = Expr::AnyOp {
            left: Box::new(Expr::CompoundIdentifier(vec![relation.clone(), Ident::new(column)])),
            compare_op: BinaryOperator::Eq,
            right: Box::new(Expr::Array(Array { elem: vec![tenant], named: true })),
            is_some: false,
        };
        let case = Expr::Case {
            case_token: AttachedToken::empty(),
            end_token: AttachedToken::empty(),
            operand: None,
            conditions: vec![CaseWhen { condition, result: Expr::value(Value::Number("1".to_owned(), false)) }],
            else_result: None,
        };
        Some(Expr::IsNotNull(Box::new(Expr::Nested(Box::new(case)))))
    }

    /// The fence and the predicate, in this order.
    pub(super) fn fenced(&mut self, relation: &Ident, table: &Table) -> Vec<Expr> {
        let fence = self.fence(relation, table);
        fence.into_iter().chain(self.predicate(relation, table)).collect()
    }

    /// Tells whether what stands in this FROM has no conditions of its own, so that the WHERE beside it is evaluated first.
    pub(super) fn where_is_first(list: &[TableWithJoins]) -> bool {
        list.iter().all(|item| item.joins.is_empty() && matches!(item.relation, TableFactor::Table { args: None, .. }))
    }

    /// Puts the fence at the table itself, before each condition of joins and of sub-queries beside it:
    /// `(table JOIN (SELECT FROM (SELECT 1) AS one) AS nadia_1 ON fence)`.
    ///
    /// What is joined has one row without columns, and the server takes it away. The table stays a table, with its key and locks.
    pub(super) fn enclose(&mut self, factor: &mut TableFactor, fence: Expr) {
        self.fences.made += 1;
        let mut one = bare_select();
        one.projection.push(SelectItem::UnnamedExpr(Expr::value(Value::Number("1".to_owned(), false))));
        let mut nothing = bare_select();
        nothing.from.push(TableWithJoins {
            relation: derived(SetExpr::Select(Box::new(one)), "one".to_owned()),
            joins: Vec::new(),
        });
        let joined = derived(SetExpr::Select(Box::new(nothing)), format!("{}{}", self.fences.prefix, self.fences.made));
        let enclosed = TableWithJoins { relation: joined, joins: Vec::new() };
        let enclosed = TableFactor::NestedJoin { table_with_joins: Box::new(enclosed), alias: None };
        let table = std::mem::replace(factor, enclosed);
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            let one = std::mem::replace(&mut table_with_joins.relation, table);
            let join_operator = JoinOperator::Join(JoinConstraint::On(fence));
            table_with_joins.joins.push(Join { relation: one, global: false, join_operator });
        }
    }

    /// Adds `OFFSET 0` to a query that gives what may raise, so that no condition on that is drawn into it.
    ///
    /// For the server a value that an outer join or a grouping set brings along costs nothing: a condition on it
    /// would go before every fence.
    pub(super) fn close(&self, query: &mut Query) {
        if query.limit_clause.is_none() && query.fetch.is_none() && self.gives_what_may_raise(query) {
            let zero = Expr::value(Value::Number("0".to_owned(), false));
            let offset = Some(Offset { value: zero, rows: OffsetRows::None });
            query.limit_clause = Some(LimitClause::LimitOffset { limit: None, offset, limit_by: Vec::new() });
        }
    }

    /// Keeps conditions out of a table expression, as `close` does.
    pub(super) fn materialize(&self, query: &Query, materialized: &mut Option<CteAsMaterialized>) {
        if self.gives_what_may_raise(query) {
            *materialized = Some(CteAsMaterialized::Materialized);
        }
    }

    fn gives_what_may_raise(&self, query: &Query) -> bool {
        self.fences.plain.is_some_and(|plain| raises::gives_what_may_raise(self.flavor, plain, query))
    }
}

fn derived(body: SetExpr, name: String) -> TableFactor {
    let alias = TableAlias { explicit: true, name: Ident::new(name), columns: Vec::new(), at: None };
    TableFactor::Derived { lateral: false, subquery: Box::new(bare_query(body)), alias: Some(alias), sample: None }
}
