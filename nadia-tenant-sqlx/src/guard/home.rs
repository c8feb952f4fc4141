//! The part of the second look that finds a schema which the first walk should have left out.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, OutputClause,
    Select, SelectItem, SelectItemQualifiedWildcardKind, Statement, Visit, Visitor,
};

use super::dialect::Flavor;
use crate::catalog::Catalog;

/// Tells whether a schema stands before a table whose schema the catalog doesn't name: in a place of its own, a tenant
/// has that table elsewhere.
pub(super) fn keeps_schema(flavor: Flavor, catalog: &Catalog, statement: &Statement) -> bool {
    Visit::visit(statement, &mut Home { flavor, catalog }).is_break()
}

struct Home<'v> {
    flavor: Flavor,
    catalog: &'v Catalog,
}

impl Home<'_> {
    /// Looks at the names of something that has `after` names after the table's.
    fn look<'n>(&self, names: impl Iterator<Item = Option<&'n Ident>>, after: usize) -> ControlFlow<()> {
        let names: Vec<_> = names.collect();
        let table = names.len().checked_sub(after + 1).filter(|at| *at > 0).and_then(|at| names[at]);
        match table.and_then(|name| self.catalog.table(&self.flavor.fold(name))) {
            Some(table) if table.schema().is_none() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn look_at(&self, name: &ObjectName) -> ControlFlow<()> {
        self.look(name.0.iter().map(|part| part.as_ident()), 0)
    }

    fn look_at_list(&self, items: &[SelectItem]) -> ControlFlow<()> {
        items.iter().try_for_each(|item| match item {
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => self.look_at(name),
            _ => ControlFlow::Continue(()),
        })
    }
}

impl Visitor for Home<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.look_at(relation)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::CompoundIdentifier(names) => self.look(names.iter().map(Some), 1),
            Expr::CompoundFieldAccess { root, access_chain } => {
                let dots = access_chain.iter().map_while(|access| match access {
                    AccessExpr::Dot(name) => Some(name),
                    AccessExpr::Subscript(_) => None,
                });
                self.look(std::iter::once(&**root).chain(dots).map(plain), 1)
            }
            Expr::Function(Function { args: FunctionArguments::List(list), .. }) => {
                list.args.iter().try_for_each(|arg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => self.look_at(name),
                    _ => ControlFlow::Continue(()),
                })
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.look_at_list(&select.projection)
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let returning = match statement {
            Statement::Insert(insert) => &insert.returning,
            Statement::Update(update) => &update.returning,
            Statement::Delete(delete) => &delete.returning,
            Statement::Merge(merge) => {
                return match &merge.output {
                    Some(OutputClause::Returning { select_items, .. } | OutputClause::Output { select_items, .. }) => {
                        self.look_at_list(select_items)
                    }
                    None => ControlFlow::Continue(()),
                };
            }
            _ => &None,
        };
        self.look_at_list(returning.as_deref().unwrap_or_default())
    }
}

fn plain(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(name) => Some(name),
        _ => None,
    }
}
