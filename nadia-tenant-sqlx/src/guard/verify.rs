//! A second look at what is about to be sent, independent of the walk that wrote it: each table in it must be a table
//! expression, a table that may be read as it is, or carry the tenant's predicate where that filters it.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, CastKind, ConflictTarget, Expr, FromTable, Ident, Insert,
    JoinConstraint, JoinOperator, ObjectName, OnConflictAction, OnInsert, Query, Select, SelectItem, SetExpr,
    SqliteOnConflict, Statement, TableFactor, TableObject, TableWithJoins, UpdateTableFromKind, Value, Visit, Visitor,
};

use super::{Access, dialect::Flavor, home::keeps_schema, internal, refusal::Checked, syntax};
use crate::catalog::{Catalog, Table, TableKind};

/// Checks a rewritten statement that names `tables` tables of the catalog, or says what could not be found in it.
pub(super) fn verify(
    flavor: Flavor,
    catalog: &Catalog,
    access: Access,
    placeholder: &str,
    tables: usize,
    statement: &Statement,
) -> Checked {
    let mut verifier = Verifier {
        flavor,
        catalog,
        access,
        placeholder,
        withs: Vec::new(),
        met: 0,
        accounted: 0,
        resolved: 0,
        fault: None,
    };
    let _ = Visit::visit(statement, &mut verifier);
    match verifier.fault {
        Some(fault) => Err(internal(fault)),
        None if access != Access::Control && keeps_schema(flavor, catalog, statement) => {
            Err(internal("a schema remained before a table that the place says the schema of"))
        }
        // A table in a place that no arm below looks at.
        None if verifier.met != verifier.accounted => Err(internal("a table stands where none was expected")),
        // A name that lost its schema, and is a common table expression's now.
        None if verifier.resolved != tables => Err(internal("a table's name has come to mean something else")),
        None => Ok(()),
    }
}

struct Verifier<'v> {
    flavor: Flavor,
    catalog: &'v Catalog,
    access: Access,
    placeholder: &'v str,
    withs: Vec<WithView>,
    met: usize,
    accounted: usize,
    resolved: usize,
    fault: Option<String>,
}

/// A WITH that is being visited; its queries are told by their addresses.
struct WithView {
    names: Vec<String>,
    queries: Vec<usize>,
    each_other: bool,
    visible: usize,
}

/// A table that needs the predicate, by the name it is referred to.
struct Occurrence<'v> {
    name: String,
    table: &'v Table,
    guarded: bool,
}

fn address(query: &Query) -> usize {
    std::ptr::from_ref(query) as usize
}

impl Visitor for Verifier<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some(view) = self.withs.last_mut()
            && let Some(at) = view.queries.iter().position(|known| *known == address(query))
            && !view.each_other
        {
            view.visible = at;
        }
        if let Some(with) = &query.with {
            let names: Vec<String> = with.cte_tables.iter().map(|cte| self.flavor.fold(&cte.alias.name)).collect();
            let queries = with.cte_tables.iter().map(|cte| address(&cte.query)).collect();
            let each_other = self.flavor.ctes_see_each_other(with.recursive);
            self.withs.push(WithView { visible: names.len(), names, queries, each_other });
        }
        if self.access == Access::CrossTenant && query.locks.iter().any(|lock| syntax::search(lock).is_none()) {
            return self.fail("a row lock");
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if query.with.is_some() {
            self.withs.pop();
        }
        if let Some(view) = self.withs.last_mut()
            && let Some(at) = view.queries.iter().position(|known| *known == address(query))
            && !view.each_other
        {
            view.visible = at + 1;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, _relation: &ObjectName) -> ControlFlow<()> {
        self.met += 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let occurrences = select.from.iter().flat_map(|item| self.item(item)).collect();
        self.settle(occurrences, select.selection.as_ref())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        if self.access == Access::CrossTenant && !matches!(statement, Statement::Query(_)) {
            return self.fail("a write");
        }
        match statement {
            Statement::Query(_) => ControlFlow::Continue(()),
            Statement::Update(update) => {
                let mut occurrences = self.target(&update.table);
                let tenant_columns: Vec<&str> =
                    occurrences.iter().filter_map(|occurrence| occurrence.table.tenant_column()).collect();
                for column in tenant_columns {
                    self.unassigned(column, &update.assignments);
                }
                if let [target] = &occurrences[..] {
                    self.meets_own_rows(target.table, update.or);
                }
                if let Some(UpdateTableFromKind::AfterSet(list)) = &update.from {
                    occurrences.extend(list.iter().flat_map(|item| self.item(item)).collect::<Vec<_>>());
                }
                self.settle(occurrences, update.selection.as_ref())
            }
            Statement::Delete(delete) => {
                let FromTable::WithFromKeyword(targets) = &delete.from else {
                    return self.fail("a DELETE without FROM");
                };
                let mut occurrences: Vec<Occurrence<'_>> = targets.iter().flat_map(|item| self.target(item)).collect();
                let using = delete.using.iter().flatten();
                occurrences.extend(using.flat_map(|item| self.item(item)).collect::<Vec<_>>());
                self.settle(occurrences, delete.selection.as_ref())
            }
            Statement::Insert(insert) => self.insert(insert),
            Statement::Merge(merge) => self.merge(merge),
            _ => self.fail("a statement of another kind"),
        }
    }
}

impl<'v> Verifier<'v> {
    fn fail(&mut self, what: &str) -> ControlFlow<()> {
        self.fault = Some(format!("{what} remained in it"));
        ControlFlow::Break(())
    }

    fn settle(&mut self, occurrences: Vec<Occurrence<'_>>, condition: Option<&Expr>) -> ControlFlow<()> {
        for occurrence in occurrences {
            if !occurrence.guarded && !self.guards(condition, &occurrence) {
                let what = format!("table {:?} without its predicate", occurrence.name);
                return self.fail(&what);
            }
        }
        if self.fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Finds the tables of one item of FROM, with what the ON of its joins guards.
    fn item(&mut self, item: &TableWithJoins) -> Vec<Occurrence<'v>> {
        let mut left = self.factor(&item.relation);
        for join in &item.joins {
            let mut right = self.factor(&join.relation);
            let (filters_left, filters_right, constraint) = match &join.join_operator {
                JoinOperator::Join(c) | JoinOperator::Inner(c) | JoinOperator::CrossJoin(c) => (true, true, Some(c)),
                JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (false, true, Some(c)),
                JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (true, false, Some(c)),
                _ => (false, false, None),
            };
            if let Some(JoinConstraint::On(condition)) = constraint {
                let filtered =
                    (left.iter_mut().filter(|_| filters_left)).chain(right.iter_mut().filter(|_| filters_right));
                for occurrence in filtered {
                    occurrence.guarded |= self.guards(Some(condition), occurrence);
                }
            }
            left.extend(right);
        }
        left
    }

    fn factor(&mut self, factor: &TableFactor) -> Vec<Occurrence<'v>> {
        match factor {
            TableFactor::Table { name, alias, args, .. } => {
                self.accounted += 1;
                if args.is_some() {
                    return Vec::new();
                }
                // A column list could rename the tenant column.
                let renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
                self.table(name, alias.as_ref().map(|alias| &alias.name), renamed, false)
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.item(table_with_joins),
            // Their insides are visited on their own.
            _ => Vec::new(),
        }
    }

    fn target(&mut self, item: &TableWithJoins) -> Vec<Occurrence<'v>> {
        self.written(&item.relation, !item.joins.is_empty())
    }

    fn written(&mut self, factor: &TableFactor, odd: bool) -> Vec<Occurrence<'v>> {
        let TableFactor::Table { name, alias, .. } = factor else {
            let _ = self.fail("a write to something else than a table");
            return Vec::new();
        };
        self.accounted += 1;
        self.table(name, alias.as_ref().map(|alias| &alias.name), odd, true)
    }

    /// Looks up a table by its name, and returns it if it needs the predicate.
    fn table(&mut self, name: &ObjectName, alias: Option<&Ident>, odd: bool, written: bool) -> Vec<Occurrence<'v>> {
        let Some(ident) = name.0.last().and_then(|part| part.as_ident()) else {
            let _ = self.fail("a computed name");
            return Vec::new();
        };
        let folded = self.flavor.fold(ident);
        if name.0.len() == 1 && !written && self.is_cte(&folded) {
            return Vec::new();
        }
        let Some(table) = self.catalog.table(&folded) else {
            let _ = self.fail("an unknown table");
            return Vec::new();
        };
        self.resolved += 1;
        match (self.access, table.kind()) {
            (Access::Control, TableKind::Control) => Vec::new(),
            (Access::CrossTenant, TableKind::Tenant | TableKind::Reference) if !written => Vec::new(),
            (Access::Tenant, TableKind::Reference) if !written => Vec::new(),
            (Access::Tenant, TableKind::Tenant) if !odd => {
                vec![Occurrence { name: self.flavor.fold(alias.unwrap_or(ident)), table, guarded: false }]
            }
            _ => {
                let _ = self.fail("a table that may not be used so");
                Vec::new()
            }
        }
    }

    fn is_cte(&self, name: &str) -> bool {
        self.withs.iter().any(|view| view.names[..view.visible].iter().any(|known| known == name))
    }

    /// Tells whether `condition` is a conjunction one of whose parts is the predicate of `occurrence`.
    fn guards(&self, condition: Option<&Expr>, occurrence: &Occurrence<'_>) -> bool {
        let Some(column) = occurrence.table.tenant_column() else { return false };
        let is_predicate = |expr: &Expr| {
            let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr else { return false };
            let Expr::CompoundIdentifier(names) = &**left else { return false };
            let [relation, name] = &names[..] else { return false };
            self.flavor.fold(relation) == occurrence.name && self.flavor.fold(name) == column && self.is_bind(right)
        };
        let mut rest = condition;
        while let Some(expr) = rest {
            match expr {
                Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                    if is_predicate(right) {
                        return true;
                    }
                    rest = Some(left);
                }
                last => return is_predicate(last),
            }
        }
        false
    }

    fn is_bind(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Placeholder(text) if text == self.placeholder))
    }

    /// The bind, with the cast it has where nothing else tells its type.
    fn is_typed_bind(&self, expr: &Expr) -> bool {
        match (self.flavor, expr) {
            (Flavor::Postgres, Expr::Cast { kind: CastKind::DoubleColon, expr, .. }) => self.is_bind(expr),
            (Flavor::Sqlite, expr) => self.is_bind(expr),
            _ => false,
        }
    }

    /// The bind, or the bind if the user's value equals it.
    fn is_tenant_value(&self, expr: &Expr) -> bool {
        let Expr::Case { operand: None, conditions, else_result: None, .. } = expr else {
            return self.is_typed_bind(expr);
        };
        let [when] = &conditions[..] else { return false };
        let Expr::BinaryOp { op: BinaryOperator::Eq, right, .. } = &when.condition else { return false };
        self.is_typed_bind(right) && self.is_typed_bind(&when.result)
    }

    fn unassigned(&mut self, column: &str, assignments: &[Assignment]) {
        let named = |name: &ObjectName| {
            name.0.iter().any(|part| part.as_ident().is_none_or(|ident| self.flavor.fold(ident) == column))
        };
        let moves = assignments.iter().any(|assignment| match &assignment.target {
            AssignmentTarget::ColumnName(name) => named(name),
            AssignmentTarget::Tuple(names) => names.iter().any(named),
        });
        if moves {
            let _ = self.fail("an assignment to the tenant column");
        }
    }

    fn insert(&mut self, insert: &Insert) -> ControlFlow<()> {
        let TableObject::TableName(name) = &insert.table else { return self.fail("an INSERT into something else") };
        self.accounted += 1;
        let alias = insert.table_alias.as_ref().map(|alias| &alias.alias);
        let occurrences = self.table(name, alias, false, true);
        let [target] = &occurrences[..] else { return self.settle(Vec::new(), None) };
        let Some(column) = target.table.tenant_column() else { return self.fail("a table without its tenant column") };
        let (Some(place), Some(source)) = (self.tenant_place(column, &insert.columns), &insert.source) else {
            return self.fail("an INSERT without its tenant");
        };
        if !self.gives_tenant(&source.body, place, insert.columns.len()) {
            return self.fail("an INSERT that does not give the tenant to each row");
        }
        let or = if insert.replace_into { Some(SqliteOnConflict::Replace) } else { insert.or };
        self.meets_own_rows(target.table, or);
        let has_columns = matches!(&insert.on, Some(OnInsert::OnConflict(conflict)) if matches!(conflict.conflict_target, Some(ConflictTarget::Columns(_))));
        let is_condition = |expr: &Expr| !matches!(expr, Expr::Identifier(name) if syntax::is_overriding(name));
        if insert.partitioned.iter().flatten().any(is_condition) && !has_columns {
            return self.fail("a condition of no conflict target");
        }
        match &insert.on {
            None => {}
            Some(OnInsert::OnConflict(conflict)) => {
                if let Some(ConflictTarget::Columns(columns)) = &conflict.conflict_target
                    && !columns.iter().any(|name| self.flavor.fold(name) == column)
                {
                    return self.fail("a conflict target without the tenant column");
                }
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    self.unassigned(column, &update.assignments);
                    if !self.guards(update.selection.as_ref(), target) {
                        return self.fail("a DO UPDATE without its predicate");
                    }
                }
            }
            Some(_) => return self.fail("another conflict clause"),
        }
        self.settle(Vec::new(), None)
    }

    fn gives_tenant(&self, body: &SetExpr, place: usize, width: usize) -> bool {
        match body {
            SetExpr::Values(values) => self.rows_give_tenant(values, place, width),
            SetExpr::Select(select) => {
                let value = |item: &SelectItem| match item {
                    SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                        self.is_tenant_value(expr)
                    }
                    _ => false,
                };
                let wild =
                    |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
                // Behind a wildcard only the last place is certain.
                if place + 1 == width {
                    select.projection.last().is_some_and(value)
                } else {
                    !select.projection.iter().any(wild) && select.projection.get(place).is_some_and(value)
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.gives_tenant(left, place, width) && self.gives_tenant(right, place, width)
            }
            SetExpr::Query(query) => self.gives_tenant(&query.body, place, width),
            _ => false,
        }
    }
}

mod write;

#[cfg(test)]
mod tests;
