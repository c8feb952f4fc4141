use sqlparser::{
    ast::{
        Assignment, AssignmentTarget, Delete, FromTable, Ident, ObjectName, SelectItem, Spanned, TableAlias,
        TableFactor, TableWithJoins, Update, UpdateTableFromKind,
    },
    tokenizer::Span,
};

use super::{
    Walker, absent,
    conflict::check_or,
    conjunction,
    table::{columns_of, without_extras},
    unsupported,
};
use crate::{
    catalog::Table,
    guard::{
        refusal::{Checked, Fault, RefusalKind},
        scope::{Columns, Entry, List, Scope},
    },
};

impl<'g> Walker<'g> {
    pub(super) fn update(&mut self, update: &mut Update) -> Checked<Columns> {
        let Update {
            update_token,
            optimizer_hints,
            table,
            assignments,
            from,
            selection,
            returning,
            output,
            or,
            order_by,
            limit,
        } = update;
        let place = update_token.0.span;
        absent(optimizer_hints.is_empty(), "an optimizer hint", place)?;
        absent(output.is_none(), "OUTPUT", place)?;
        absent(order_by.is_empty() && limit.is_none(), "ORDER BY or LIMIT of an UPDATE", place)?;
        self.scopes.push(Scope::default());
        let (table, relation) = self.write_target(table)?;
        check_or(table, "UPDATE", *or, place)?;
        let mut predicates = self.fenced(&relation, table);
        match from {
            None => {}
            Some(UpdateTableFromKind::AfterSet(list)) => predicates.extend(self.relations(list)?),
            Some(UpdateTableFromKind::BeforeSet(_)) => return Err(unsupported("FROM before SET", place)),
        }
        self.assignments(table, assignments)?;
        self.maybe(selection.as_mut())?;
        let columns = self.returning(returning.as_deref_mut())?;
        self.scopes.pop();
        *selection = conjunction(predicates, selection.take());
        Ok(columns)
    }

    pub(super) fn delete(&mut self, delete: &mut Delete) -> Checked<Columns> {
        let Delete {
            delete_token,
            optimizer_hints,
            tables,
            from,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
        } = delete;
        let place = delete_token.0.span;
        absent(optimizer_hints.is_empty(), "an optimizer hint", place)?;
        absent(tables.is_empty(), "a list of tables before FROM", place)?;
        absent(output.is_none(), "OUTPUT", place)?;
        absent(order_by.is_empty() && limit.is_none(), "ORDER BY or LIMIT of a DELETE", place)?;
        let FromTable::WithFromKeyword(targets) = from else {
            return Err(unsupported("DELETE without FROM", place));
        };
        let [target] = &mut targets[..] else {
            return Err(unsupported("DELETE from several tables", place));
        };
        self.scopes.push(Scope::default());
        let (table, relation) = self.write_target(target)?;
        let mut predicates = self.fenced(&relation, table);
        if let Some(list) = using {
            predicates.extend(self.relations(list)?);
        }
        self.maybe(selection.as_mut())?;
        let columns = self.returning(returning.as_deref_mut())?;
        self.scopes.pop();
        *selection = conjunction(predicates, selection.take());
        Ok(columns)
    }

    /// Takes the table that an UPDATE or DELETE changes, and brings it into view.
    fn write_target(&mut self, target: &mut TableWithJoins) -> Checked<(&'g Table, Ident)> {
        let TableWithJoins { relation, joins } = target;
        absent(joins.is_empty(), "a join as the target of a write", relation.span())?;
        self.write_factor(relation)
    }

    pub(super) fn write_factor(&mut self, relation: &mut TableFactor) -> Checked<(&'g Table, Ident)> {
        let place = relation.span();
        without_extras(relation)?;
        let TableFactor::Table { name, alias, args, with_ordinality, sample, .. } = relation else {
            return Err(unsupported("this target of a write", place));
        };
        absent(args.is_none() && !*with_ordinality && sample.is_none(), "a clause after the target of a write", place)?;
        let (table, ident) = self.target(name)?;
        let relation = match alias {
            None => ident,
            Some(TableAlias { explicit: _, name, columns, at }) => {
                absent(columns.is_empty() && at.is_none(), "a column list after the target of a write", place)?;
                name.clone()
            }
        };
        self.enter_target(table, &relation, alias.is_none())?;
        Ok((table, relation))
    }

    pub(super) fn enter_target(&mut self, table: &Table, relation: &Ident, bare: bool) -> Checked {
        let schema = bare.then(|| self.qualifier(table));
        let entry = Entry {
            name: self.fold(relation),
            columns: columns_of(table),
            schema,
            renames_row: false,
            has_fields: true,
            list: List::Table,
        };
        self.enter(entry, relation.span)
    }

    /// Walks `SET` lists. A row can't be moved: the tenant column is assigned by nobody.
    pub(super) fn assignments(&mut self, table: &Table, assignments: &mut [Assignment]) -> Checked {
        for Assignment { target, value } in assignments {
            match target {
                AssignmentTarget::ColumnName(name) => self.assigned(table, name)?,
                AssignmentTarget::Tuple(names) => {
                    for name in names {
                        self.assigned(table, name)?;
                    }
                }
            }
            self.expr(value)?;
        }
        Ok(())
    }

    fn assigned(&self, table: &Table, name: &ObjectName) -> Checked {
        let column = self.single(name)?;
        let folded = self.check_column(table, column)?;
        if table.tenant_column() == Some(&folded) {
            return Err(Fault::new(
                RefusalKind::TenantColumn,
                format!("column {folded:?} says whose the row is and can't be assigned"),
                "leave it out; rows never move between tenants",
                column.span,
            ));
        }
        Ok(())
    }

    pub(super) fn check_column(&self, table: &Table, column: &Ident) -> Checked<String> {
        let folded = self.fold(column);
        if table.has_column(&folded) {
            return Ok(folded);
        }
        Err(Fault::new(
            RefusalKind::Name,
            format!("table {:?} has no column {folded:?}", table.name()),
            "correct the name, or bring the catalog's DDL up to date",
            column.span,
        ))
    }

    pub(super) fn returning(&mut self, items: Option<&mut [SelectItem]>) -> Checked<Columns> {
        match items {
            None => Ok(Some([].into())),
            Some(items) => self.projection(items),
        }
    }
}

/// Refuses what a write of another database's grammar has.
pub(super) fn foreign_clause(is_absent: bool, place: Span) -> Checked {
    absent(is_absent, "a clause of another database's INSERT", place)
}
