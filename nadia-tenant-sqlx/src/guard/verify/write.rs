//! The part of the second look that is at MERGE, and at what a write may replace or skip.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Merge, MergeAction, MergeClause, MergeClauseKind, MergeInsertKind, MergeUpdateKind, ObjectName, SqliteOnConflict,
    Values,
};

use super::Verifier;
use crate::catalog::{Table, Unique};

impl Verifier<'_> {
    pub(super) fn merge(&mut self, merge: &Merge) -> ControlFlow<()> {
        let target = self.written(&merge.table, false);
        // Neither ON nor a WHEN filters what is not matched: the source has its predicates inside.
        let source = self.factor(&merge.source);
        if self.settle(source, None).is_break() {
            return ControlFlow::Break(());
        }
        if let Some(column) = target.first().and_then(|occurrence| occurrence.table.tenant_column()) {
            for clause in &merge.clauses {
                self.merge_clause(column, clause);
            }
        }
        self.settle(target, Some(&merge.on))
    }

    fn merge_clause(&mut self, column: &str, clause: &MergeClause) {
        let fault = match (&clause.clause_kind, &clause.action) {
            (MergeClauseKind::NotMatchedBySource, _) => "an action on what no source matches",
            (_, MergeAction::Delete { .. } | MergeAction::DoNothing { .. }) => return,
            (_, MergeAction::Update(update)) => {
                let MergeUpdateKind::Set(assignments) = &update.kind else {
                    let _ = self.fail("an update of all columns");
                    return;
                };
                return self.unassigned(column, assignments);
            }
            (_, MergeAction::Insert(insert)) => {
                let place = self.tenant_place(column, &insert.columns);
                match (place, &insert.kind) {
                    (Some(place), MergeInsertKind::Values(values))
                        if self.rows_give_tenant(values, place, insert.columns.len()) =>
                    {
                        return;
                    }
                    _ => "an INSERT of MERGE without its tenant",
                }
            }
        };
        let _ = self.fail(fault);
    }

    /// Finds the one place of the tenant column in a list.
    pub(super) fn tenant_place(&self, column: &str, columns: &[ObjectName]) -> Option<usize> {
        let is_column = |name: &ObjectName| matches!(&name.0[..], [part] if part.as_ident().is_some_and(|ident| self.flavor.fold(ident) == column));
        let mut places = columns.iter().enumerate().filter(|(_, name)| is_column(name)).map(|(at, _)| at);
        places.next().filter(|_| places.next().is_none())
    }

    pub(super) fn rows_give_tenant(&self, values: &Values, place: usize, width: usize) -> bool {
        values.rows.iter().all(|row| row.content.len() == width && self.is_tenant_value(&row.content[place]))
    }

    /// Finds a conflict clause that another tenant's row could meet.
    pub(super) fn meets_own_rows(&mut self, table: &Table, or: Option<SqliteOnConflict>) {
        let column = table.tenant_column();
        let scoped = table
            .uniques()
            .iter()
            .map(Unique::columns)
            .chain([table.primary_key()].into_iter().filter(|key| !key.is_empty()))
            .all(|key| key.iter().any(|name| Some(name.as_str()) == column));
        match or {
            None | Some(SqliteOnConflict::Abort) => {}
            Some(SqliteOnConflict::Ignore) if scoped => {}
            Some(SqliteOnConflict::Replace) if scoped && !table.tenant_has_default() => {}
            Some(_) => {
                let _ = self.fail("a conflict clause that another tenant's row could meet");
            }
        }
    }
}
