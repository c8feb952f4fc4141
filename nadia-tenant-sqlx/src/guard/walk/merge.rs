use sqlparser::{
    ast::{
        Expr, Merge, MergeAction, MergeClause, MergeClauseKind, MergeInsertExpr, MergeInsertKind, MergeUpdateExpr,
        MergeUpdateKind, OutputClause, Spanned,
    },
    tokenizer::Span,
};

use super::{Walker, absent, conjunction, join::Place, unsupported};
use crate::{
    catalog::Table,
    guard::{
        refusal::{Checked, Fault, RefusalKind},
        scope::{Columns, Scope},
    },
};

impl Walker<'_> {
    /// The target's predicate goes into ON, so that no foreign row is a match. A source's can't go there: a row that ON drops is one
    /// that is not matched. So each table of the source becomes a sub-query.
    pub(super) fn merge(&mut self, merge: &mut Merge) -> Checked<Columns> {
        let Merge { merge_token, optimizer_hints, into, table: target, source, on, clauses, output } = merge;
        let place = merge_token.0.span;
        absent(optimizer_hints.is_empty(), "an optimizer hint", place)?;
        absent(*into, "MERGE without INTO", place)?;
        self.scopes.push(Scope::default());
        let (table, relation) = self.write_factor(target)?;
        let predicates = self.fenced(&relation, table);
        let mut beside = Vec::new();
        self.factor(source, Place::Wrap, &mut beside)?;
        absent(beside.is_empty(), "this source of a MERGE", source.span())?;
        self.expr(on)?;
        for clause in clauses {
            self.merge_clause(table, clause, place)?;
        }
        let columns = match output {
            None => self.returning(None)?,
            Some(OutputClause::Returning { returning_token: _, select_items }) => self.returning(Some(select_items))?,
            Some(OutputClause::Output { .. }) => return Err(unsupported("OUTPUT", place)),
        };
        self.scopes.pop();
        let user = std::mem::replace(&mut **on, Expr::Tuple(Vec::new()));
        **on = conjunction(predicates, Some(user)).expect("the user's condition was given");
        Ok(columns)
    }

    fn merge_clause(&mut self, table: &Table, clause: &mut MergeClause, place: Span) -> Checked {
        let MergeClause { when_token, clause_kind, predicate, action } = clause;
        let place = if when_token.0.span == Span::empty() { place } else { when_token.0.span };
        match clause_kind {
            MergeClauseKind::Matched => {}
            // The target, which comes first, has no row then.
            MergeClauseKind::NotMatched | MergeClauseKind::NotMatchedByTarget => self.scope().visible_from = 1,
            MergeClauseKind::NotMatchedBySource => {
                return Err(Fault::new(
                    RefusalKind::Unsupported,
                    "WHEN NOT MATCHED BY SOURCE meets the rows of every tenant",
                    "use an UPDATE or DELETE … WHERE NOT EXISTS beside the MERGE",
                    place,
                ));
            }
        }
        self.maybe(predicate.as_mut())?;
        match action {
            MergeAction::DoNothing { do_token: _, nothing_token: _ } | MergeAction::Delete { delete_token: _ } => {}
            MergeAction::Update(update) => {
                let MergeUpdateExpr { update_token: _, kind, update_predicate, delete_predicate } = update;
                absent(update_predicate.is_none() && delete_predicate.is_none(), "WHERE in an action of MERGE", place)?;
                match kind {
                    MergeUpdateKind::Set(assignments) => self.assignments(table, assignments)?,
                    MergeUpdateKind::Wildcard => return Err(unsupported("UPDATE SET *", place)),
                }
            }
            MergeAction::Insert(insert) => self.merge_insert(table, insert, place)?,
        }
        self.scope().visible_from = 0;
        Ok(())
    }

    fn merge_insert(&mut self, table: &Table, insert: &mut MergeInsertExpr, place: Span) -> Checked {
        let MergeInsertExpr { insert_token: _, columns, kind_token: _, kind, insert_predicate } = insert;
        absent(insert_predicate.is_none(), "WHERE in an action of MERGE", place)?;
        let MergeInsertKind::Values(values) = kind else {
            return Err(unsupported("this form of INSERT in a MERGE", place));
        };
        absent(values.rows.len() == 1, "an INSERT of several rows in a MERGE", place)?;
        self.values(values)?;
        let mut named = self.named_columns(table, columns)?;
        if table.tenant_column().is_none() {
            return Ok(());
        }
        if columns.is_empty() {
            let width = values.rows.first().map_or(0, |row| row.content.len());
            named = self.first_columns(table, columns, width, place)?;
        }
        let at = self.tenant_place(table, &named, columns, place)?;
        self.place_in_rows(&mut values.rows, at, named.len(), place)
    }
}
