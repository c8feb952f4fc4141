//! What a write does with rows in its way: only the tenant's own may be.

use std::ops::ControlFlow;

use sqlparser::{
    ast::{
        ConflictTarget, DoUpdate, Expr, Ident, ObjectName, OnConflict, OnConflictAction, Query, Spanned,
        SqliteOnConflict, Visit, Visitor,
    },
    tokenizer::Span,
};

use super::{Walker, absent, conjunction, star, table::columns_of, unsupported};
use crate::{
    catalog::Table,
    guard::{
        refusal::{Checked, Fault, RefusalKind},
        scope::{Entry, List},
    },
};

impl Walker<'_> {
    /// Walks ON CONFLICT. The condition of its target is in the list of PARTITION, where it was moved.
    pub(super) fn on_conflict(
        &mut self,
        table: &Table,
        relation: &Ident,
        conflict: &mut OnConflict,
        condition: Option<&mut [Expr]>,
        place: Span,
    ) -> Checked {
        let OnConflict { conflict_target, action } = conflict;
        let has_condition = condition.is_some();
        match conflict_target {
            Some(ConflictTarget::Columns(columns)) => {
                self.conflict_columns(table, columns, has_condition, place)?;
                if let Some(condition) = condition {
                    self.target_condition(condition, place)?;
                }
            }
            _ if has_condition => return Err(unsupported("this conflict target with a condition", place)),
            None if table.tenant_column().is_some() && !table.keys_are_tenant_scoped() => {
                return Err(foreign_conflict(table, "ON CONFLICT without columns", place));
            }
            None => {}
            Some(ConflictTarget::OnConstraint(name)) => self.conflict_constraint(table, name)?,
        }
        let OnConflictAction::DoUpdate(DoUpdate { assignments, selection }) = action else { return Ok(()) };
        let excluded = Entry {
            name: "excluded".to_owned(),
            columns: columns_of(table),
            schema: None,
            renames_row: false,
            has_fields: true,
            list: List::Part,
        };
        self.enter(excluded, place)?;
        self.assignments(table, assignments)?;
        self.maybe(selection.as_mut())?;
        // The target is the tenant's own row already; this holds even if the catalog is out of date.
        if let Some(predicate) = self.predicate(relation, table) {
            *selection = conjunction(vec![predicate], selection.take());
        }
        // RETURNING does not see it.
        self.scope().entries.retain(|entry| entry.name != "excluded");
        Ok(())
    }

    /// It says which indexes are meant, and is never evaluated; databases allow no query in it.
    fn target_condition(&mut self, condition: &mut [Expr], place: Span) -> Checked {
        let [condition] = condition else { return Err(unsupported("this conflict target", place)) };
        let has_query = condition.visit(&mut Queries);
        absent(has_query.is_continue(), "a query in a conflict target", place)?;
        self.expr(condition)?;
        let given = std::mem::replace(condition, Expr::Tuple(Vec::new()));
        *condition = match given {
            nested @ Expr::Nested(_) => nested,
            other => Expr::Nested(Box::new(other)),
        };
        Ok(())
    }

    /// Makes the target of a conflict one that only rows of the tenant can meet.
    ///
    /// With a condition the databases take partial indexes too, but those with the target's columns alone, and so with the tenant.
    fn conflict_columns(&self, table: &Table, columns: &mut Vec<Ident>, has_condition: bool, place: Span) -> Checked {
        let mut target = Vec::with_capacity(columns.len() + 1);
        for column in columns.iter() {
            target.push(self.check_column(table, column)?);
        }
        let Some(tenant_column) = table.tenant_column() else { return Ok(()) };
        let added = !target.iter().any(|column| column == tenant_column);
        if added {
            target.push(tenant_column.to_owned());
        }
        let place = columns.first().map_or(place, |column| column.span);
        let is_target = |key: &[String]| key.len() == target.len() && target.iter().all(|column| key.contains(column));
        let is_key = table.keys().any(is_target)
            || has_condition && table.uniques().iter().any(|unique| unique.is_partial() && is_target(unique.columns()));
        if !is_key {
            return Err(foreign_conflict(table, "this conflict target", place));
        }
        if added {
            columns.push(star::ident(tenant_column));
        }
        Ok(())
    }

    fn conflict_constraint(&self, table: &Table, name: &ObjectName) -> Checked {
        let Some(tenant_column) = table.tenant_column() else { return Ok(()) };
        let constraint = self.fold(self.single(name)?);
        let holds_tenant = |columns: &[String]| columns.iter().any(|column| column == tenant_column);
        let is_primary = table.is_primary_key_named(&constraint) && holds_tenant(table.primary_key());
        let is_unique =
            table.uniques().iter().any(|unique| unique.name() == Some(&constraint) && holds_tenant(unique.columns()));
        if is_primary || is_unique {
            return Ok(());
        }
        Err(foreign_conflict(table, "this constraint", name.span()))
    }
}

/// Refuses forms of INSERT and UPDATE that delete or skip rows for a conflict with another tenant's.
///
/// Where each key has the tenant column, whatever is in the way is the tenant's own row. A table without a key of its own has
/// SQLite's rowid, which no statement here can name.
pub(super) fn check_or(table: &Table, write: &str, or: Option<SqliteOnConflict>, place: Span) -> Checked {
    match or {
        None | Some(SqliteOnConflict::Abort) => Ok(()),
        _ if table.tenant_column().is_none() => Ok(()),
        Some(SqliteOnConflict::Rollback | SqliteOnConflict::Fail) => Err(Fault::new(
            RefusalKind::TransactionControl,
            format!("{write} OR ROLLBACK and OR FAIL end the transaction or the statement half-way"),
            "use the plain statement, or INSERT … ON CONFLICT (…) DO …",
            place,
        )),
        // REPLACE would put the default where a foreign value became NULL.
        Some(SqliteOnConflict::Replace) if table.tenant_has_default() => Err(Fault::new(
            RefusalKind::Conflict,
            format!("{write} OR REPLACE takes the default of the tenant column of {:?}", table.name()),
            "use ON CONFLICT (…) DO UPDATE, or define the column without a default",
            place,
        )),
        _ if table.keys_are_tenant_scoped() => Ok(()),
        Some(SqliteOnConflict::Ignore) => Err(foreign_conflict(table, &format!("{write} OR IGNORE"), place)),
        Some(SqliteOnConflict::Replace) => Err(Fault::new(
            RefusalKind::Conflict,
            format!("{write} OR REPLACE would delete another tenant's row that is in its way in {:?}", table.name()),
            "use ON CONFLICT (…) DO UPDATE, or put the tenant column into each key of the table",
            place,
        )),
    }
}

fn foreign_conflict(table: &Table, what: &str, place: Span) -> Box<Fault> {
    Fault::new(
        RefusalKind::Conflict,
        format!("{what} could meet another tenant's row in {:?}", table.name()),
        "name the columns of a key that has the tenant column in the table's DDL",
        place,
    )
}

/// Finds a query in an expression.
struct Queries;

impl Visitor for Queries {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}
