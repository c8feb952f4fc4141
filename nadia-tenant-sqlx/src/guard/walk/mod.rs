//! The walk over a statement's syntax tree: it admits what it knows, and puts the tenant's predicate at each table.
//!
//! Structs are taken apart without `..` (a table in `without_extras`), and enums arm by arm, so that syntax which a later parser adds fails to compile
//! or is refused, and never passes unseen.

mod call;
mod conflict;
mod cte;
mod expr;
mod fence;
mod from;
mod group;
mod insert;
mod join;
mod merge;
mod query;
mod row;
mod sample;
mod star;
mod table;
mod table_function;
mod write;

pub(super) use self::group::StandIn;
use std::collections::HashSet;

use sqlparser::{
    ast::{
        BinaryOperator, Expr, GroupByExpr, Ident, ObjectName, Query, Select, SelectFlavor, SetExpr, Spanned, Statement,
        Value, helpers::attached_token::AttachedToken,
    },
    tokenizer::Span,
};

pub(super) use self::fence::Fences;
use super::{
    Access,
    dialect::Flavor,
    limits::GuardLimits,
    other::refuse_statement,
    refusal::{Checked, Fault, RefusalKind},
    scope::{CteFrame, Entry, Scope},
};
use crate::catalog::{Catalog, Table};

pub(super) struct Walker<'g> {
    pub(super) flavor: Flavor,
    pub(super) catalog: &'g Catalog,
    pub(super) functions: &'g HashSet<String>,
    pub(super) access: Access,
    /// The tenant's bind, as it is written.
    pub(super) placeholder: String,
    pub(super) ctes: Vec<CteFrame>,
    /// The common table expression, by its WITH and its place there, whose query comes next.
    pub(super) anchor: Option<(usize, usize)>,
    pub(super) scopes: Vec<Scope>,
    pub(super) tables: usize,
    most_tables: usize,
    /// How many of them are tables of the catalog.
    pub(super) resolved: usize,
    pub(super) binds_tenant: bool,
    pub(super) is_write: bool,
    /// The SELECTs whose `*` are to be written out.
    pub(super) spelled: Vec<usize>,
    /// Whether some query gives columns that are not known in full, or not in their order.
    pub(super) is_vague: bool,
    pub(super) fences: Fences<'g>,
}

impl<'g> Walker<'g> {
    pub(super) fn new(
        flavor: Flavor,
        catalog: &'g Catalog,
        functions: &'g HashSet<String>,
        access: Access,
        params: usize,
        fences: Fences<'g>,
    ) -> Self {
        Self {
            flavor,
            catalog,
            functions,
            access,
            placeholder: flavor.placeholder(params + 1),
            ctes: Vec::new(),
            anchor: None,
            scopes: Vec::new(),
            tables: 0,
            most_tables: GuardLimits::default().tables,
            resolved: 0,
            binds_tenant: false,
            is_write: false,
            spelled: Vec::new(),
            is_vague: false,
            fences,
        }
    }

    /// Replaces how many tables a statement may name.
    pub(super) fn within(mut self, limits: GuardLimits) -> Self {
        self.most_tables = limits.tables;
        self
    }

    pub(super) fn statement(&mut self, statement: &mut Statement) -> Checked {
        match statement {
            Statement::Query(query) => self.query(query).map(drop),
            Statement::Insert(insert) => self.insert(insert).map(drop),
            Statement::Update(update) => self.update(update).map(drop),
            Statement::Delete(delete) => self.delete(delete).map(drop),
            Statement::Merge(merge) if self.flavor.has_merge() => self.merge(merge).map(drop),
            other => Err(refuse_statement(other)),
        }
    }

    fn fold(&self, name: &Ident) -> String {
        self.flavor.fold(name)
    }

    /// Tells whether the table's rows are filtered.
    fn filters(&self, table: &Table) -> bool {
        table.tenant_column().is_some() && self.access != Access::CrossTenant
    }

    /// `relation.tenant_id = $n`
    fn predicate(&mut self, relation: &Ident, table: &Table) -> Option<Expr> {
        let column = table.tenant_column().filter(|_| self.filters(table))?;
        self.binds_tenant = true;
        // The catalog's tenant column is lower case without quotes, so the plain name is the same column.
        let column = Expr::CompoundIdentifier(vec![relation.clone(), Ident::new(column)]);
        Some(binary(column, BinaryOperator::Eq, Expr::value(Value::Placeholder(self.placeholder.clone()))))
    }

    /// The tenant's bind with its type.
    fn tenant(&mut self) -> Expr {
        self.binds_tenant = true;
        self.flavor.typed_tenant(&self.placeholder)
    }

    fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        self.scopes.last_mut().expect("a scope was pushed if there was none")
    }

    /// Brings a relation into view, under a name that is still free.
    fn enter(&mut self, entry: Entry, place: Span) -> Checked {
        let scope = self.scope();
        if scope.entries.iter().any(|known| known.name == entry.name) {
            return Err(Fault::new(
                RefusalKind::Name,
                format!("two tables of this FROM are named {:?}", entry.name),
                "give each its own alias",
                place,
            ));
        }
        scope.entries.push(entry);
        Ok(())
    }

    /// Takes a name of one part.
    fn single<'n>(&self, name: &'n ObjectName) -> Checked<&'n Ident> {
        match &name.0[..] {
            [part] => part.as_ident().ok_or_else(|| unsupported("a computed name", name.span())),
            _ => Err(Fault::new(
                RefusalKind::Name,
                format!("{:?} should be a plain name here", name.to_string()),
                "leave out the qualifier",
                name.span(),
            )),
        }
    }
}

fn unsupported(what: &str, place: Span) -> Box<Fault> {
    Fault::new(
        RefusalKind::Unsupported,
        format!("{what} is not supported"),
        "write the statement without it; docs/guard.md lists what is supported",
        place,
    )
}

/// Refuses a clause of other databases, which this one's parser still leaves a field for.
fn absent(is_absent: bool, what: &str, place: Span) -> Checked {
    if is_absent { Ok(()) } else { Err(unsupported(what, place)) }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// Joins the tenant's predicates and the user's condition, in this order, by AND.
///
/// Without predicates the condition stays as it is.
fn conjunction(predicates: Vec<Expr>, user: Option<Expr>) -> Option<Expr> {
    if predicates.is_empty() {
        return user;
    }
    let user = user.map(|user| match user {
        nested @ Expr::Nested(_) => nested,
        other => Expr::Nested(Box::new(other)),
    });
    predicates.into_iter().chain(user).reduce(|all, one| binary(all, BinaryOperator::And, one))
}

/// Makes a query that is its body and nothing else.
fn bare_query(body: SetExpr) -> Query {
    Query {
        with: None,
        body: Box::new(body),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

/// Makes a SELECT without anything.
fn bare_select() -> Select {
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: Vec::new(),
        exclude: None,
        into: None,
        from: Vec::new(),
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}
