//! GROUP BY the key of a table that became a sub-query, which has no key: the columns that the key determines are added.
//!
//! All rows of a group have the same row of the table, or none, so that the groups stay as they are; beside grouping sets, too, each
//! of which then has the key and what is added.

use std::{collections::HashSet, ops::ControlFlow};

use sqlparser::ast::{Distinct, Expr, GroupByExpr, Ident, OrderBy, Select, SelectItem, TableAlias, Visit, Visitor};

use super::Walker;
use crate::{
    catalog::{Column, Table},
    guard::dialect::Flavor,
};

/// A table that a sub-query stands for.
#[derive(Clone, Debug)]
pub(in crate::guard) struct StandIn {
    relation: Ident,
    columns: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    name: Ident,
    is_key: bool,
    is_comparable: bool,
}

impl StandIn {
    /// Remembers a table with a key, under the names that it has in its FROM.
    pub(super) fn new(table: &Table, ident: &Ident, alias: Option<&TableAlias>) -> Option<Self> {
        let key = table.primary_key();
        if key.is_empty() {
            return None;
        }
        let listed = alias.map_or(&[][..], |alias| &alias.columns);
        let known = |(at, column): (usize, &Column)| Known {
            name: listed.get(at).map_or_else(|| Ident::with_quote('"', column.name()), |listed| listed.name.clone()),
            is_key: key.iter().any(|part| part == column.name()),
            is_comparable: is_comparable(column.declared_type()),
        };
        let columns = table.columns().iter().enumerate().map(known).collect();
        Some(Self { relation: alias.map_or_else(|| ident.clone(), |alias| alias.name.clone()), columns })
    }
}

/// Tells whether a type has an equality, without which it can't be grouped by.
fn is_comparable(declared: &str) -> bool {
    let base = declared.trim_end_matches(['[', ']', ' ']);
    !matches!(base, "" | "json" | "xml" | "point" | "polygon" | "line" | "path" | "txid_snapshot" | "pg_snapshot")
}

impl Walker<'_> {
    /// Adds to GROUP BY what a key in it determines.
    pub(super) fn determine(&self, select: &mut Select, order_by: Option<&OrderBy>) {
        let Some(scope) = self.scopes.last().filter(|_| self.flavor == Flavor::Postgres) else { return };
        let GroupByExpr::Expressions(grouped, _) = &select.group_by else { return };
        if scope.stand_ins.is_empty() || grouped.is_empty() {
            return;
        }
        let mut referred = Referred { walker: self, names: HashSet::new() };
        let _ = select.projection.visit(&mut referred);
        let _ = select.having.visit(&mut referred);
        let _ = select.named_window.visit(&mut referred);
        if let Some(order_by) = order_by {
            let _ = order_by.visit(&mut referred);
        }
        if let Some(Distinct::On(exprs)) = &select.distinct {
            let _ = exprs.visit(&mut referred);
        }
        let all = select
            .projection
            .iter()
            .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
        let mut added = Vec::new();
        for table in &scope.stand_ins {
            let has = |column: &Known| grouped.iter().any(|expr| self.is_column(expr, &table.relation, &column.name));
            if !table.columns.iter().filter(|column| column.is_key).all(has) {
                continue;
            }
            for column in table.columns.iter().filter(|column| column.is_comparable && !has(column)) {
                if all || referred.names.contains(&self.fold(&column.name)) {
                    added.push(Expr::CompoundIdentifier(vec![table.relation.clone(), column.name.clone()]));
                }
            }
        }
        if let GroupByExpr::Expressions(grouped, _) = &mut select.group_by {
            grouped.extend(added);
        }
    }

    /// Tells whether an expression is that column of a relation of the innermost FROM.
    fn is_column(&self, expr: &Expr, relation: &Ident, column: &Ident) -> bool {
        let same = |one: &Ident, other: &Ident| self.fold(one) == self.fold(other);
        match expr {
            Expr::Nested(inner) => self.is_column(inner, relation, column),
            Expr::CompoundIdentifier(names) => {
                matches!(&names[..], [table, name] if same(table, relation) && same(name, column))
            }
            Expr::Identifier(name) if same(name, column) => {
                let entries = self.scopes.last().map_or(&[][..], |scope| &scope.entries);
                let folded = self.fold(name);
                let may_have =
                    |columns: &Option<std::rc::Rc<[String]>>| columns.as_ref().is_none_or(|all| all.contains(&folded));
                let mut owners = entries.iter().filter(|entry| may_have(&entry.columns));
                owners.next().is_some_and(|owner| owner.name == self.fold(relation)) && owners.next().is_none()
            }
            _ => false,
        }
    }
}

/// The names in clauses that see groups; those of sub-queries are among them, which does no harm.
struct Referred<'w, 'g> {
    walker: &'w Walker<'g>,
    names: HashSet<String>,
}

impl Visitor for Referred<'_, '_> {
    type Break = ();

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
        self.names.insert(self.walker.fold(ident));
        ControlFlow::Continue(())
    }
}
