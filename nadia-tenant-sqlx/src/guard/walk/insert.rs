use sqlparser::{
    ast::{
        BinaryOperator, CaseWhen, Expr, Insert, ObjectName, OnInsert, Parens, Query, SelectItem, SetExpr, Spanned,
        SqliteOnConflict, TableAliasWithoutColumns, TableObject, Values, helpers::attached_token::AttachedToken,
    },
    tokenizer::Span,
};

use super::{Walker, absent, bare_query, binary, conflict::check_or, star, unsupported, write::foreign_clause};
use crate::{
    catalog::Table,
    guard::{
        Access,
        dialect::Flavor,
        refusal::{Checked, Fault, RefusalKind},
        scope::{Columns, Scope},
        syntax,
    },
};

impl Walker<'_> {
    pub(super) fn insert(&mut self, insert: &mut Insert) -> Checked<Columns> {
        let Insert {
            insert_token,
            optimizer_hints,
            or,
            ignore,
            into,
            table,
            table_alias,
            columns,
            overwrite,
            source,
            assignments,
            partitioned,
            after_columns,
            has_table_keyword,
            on,
            returning,
            output,
            replace_into,
            priority,
            insert_alias,
            settings,
            format_clause,
            multi_table_insert_type,
            multi_table_into_clauses,
            multi_table_when_clauses,
            multi_table_else_clause,
        } = insert;
        let place = insert_token.0.span;
        absent(*into, "INSERT without INTO", place)?;
        foreign_clause(optimizer_hints.is_empty() && !*ignore && !*overwrite && !*has_table_keyword, place)?;
        foreign_clause(assignments.is_empty() && after_columns.is_empty(), place)?;
        // Without a list of columns, OVERRIDING stands in its place.
        if let [only] = &columns[..]
            && let Some(overriding) = self.single(only).ok().filter(|name| syntax::is_overriding(name)).cloned()
        {
            absent(self.access == Access::Tenant, "OVERRIDING without a list of columns", place)?;
            columns.clear();
            *partitioned = Some(vec![Expr::Identifier(overriding)]);
        }
        // The tenant column is no identity column, so that its value is neither refused nor overridden.
        let condition = partitioned.as_deref_mut().map(syntax::without_overriding).filter(|rest| !rest.is_empty());
        foreign_clause(output.is_none() && priority.is_none() && insert_alias.is_none(), place)?;
        foreign_clause(settings.is_none() && format_clause.is_none() && multi_table_insert_type.is_none(), place)?;
        foreign_clause(multi_table_into_clauses.is_empty() && multi_table_when_clauses.is_empty(), place)?;
        foreign_clause(multi_table_else_clause.is_none(), place)?;
        let TableObject::TableName(name) = table else {
            return Err(unsupported("this target of an INSERT", place));
        };
        let (table, ident) = self.target(name)?;
        let or = if *replace_into { Some(SqliteOnConflict::Replace) } else { *or };
        check_or(table, "INSERT", or, place)?;

        if let Some(source) = source {
            self.note_source(table, columns, source);
            self.query(source)?;
        }
        self.fill_in(table, columns, source, name.span())?;

        self.scopes.push(Scope::default());
        let relation = match table_alias {
            None => ident,
            Some(TableAliasWithoutColumns { explicit: _, alias }) => alias.clone(),
        };
        self.enter_target(table, &relation, table_alias.is_none())?;
        match on {
            None => foreign_clause(condition.is_none(), place)?,
            Some(OnInsert::OnConflict(conflict)) => {
                self.on_conflict(table, &relation, conflict, condition, place)?;
            }
            Some(_) => return Err(unsupported("ON DUPLICATE KEY", place)),
        }
        let columns = self.returning(returning.as_deref_mut())?;
        self.scopes.pop();
        Ok(columns)
    }

    /// Gives each inserted row its tenant.
    fn fill_in(
        &mut self,
        table: &Table,
        columns: &mut Vec<ObjectName>,
        source: &mut Option<Box<Query>>,
        place: Span,
    ) -> Checked {
        let mut named = self.named_columns(table, columns)?;
        let Some(tenant_column) = table.tenant_column() else { return Ok(()) };
        let Some(source) = source else {
            // DEFAULT VALUES
            *columns = vec![name_of(tenant_column)];
            let row = vec![self.tenant()];
            *source = Some(Box::new(values(row)));
            return Ok(());
        };
        if columns.is_empty() {
            let width = width(&source.body, place)?;
            named = self.first_columns(table, columns, width, place)?;
        }
        let at = self.tenant_place(table, &named, columns, place)?;
        self.place_tenant(&mut source.body, at, named.len(), place)
    }

    /// Checks the list of columns of an INSERT, and returns their names.
    pub(super) fn named_columns(&self, table: &Table, columns: &[ObjectName]) -> Checked<Vec<String>> {
        let mut named = Vec::with_capacity(columns.len());
        for column in columns {
            let ident = self.single(column)?;
            let folded = self.check_column(table, ident)?;
            // SQLite takes the first of them, and PostgreSQL none.
            if named.contains(&folded) {
                return Err(Fault::new(
                    RefusalKind::Name,
                    format!("column {folded:?} is named twice"),
                    "name each column once",
                    ident.span,
                ));
            }
            named.push(folded);
        }
        Ok(named)
    }

    /// Names the columns that `width` values without a list of columns go to: the table's first.
    pub(super) fn first_columns(
        &self,
        table: &Table,
        columns: &mut Vec<ObjectName>,
        width: usize,
        place: Span,
    ) -> Checked<Vec<String>> {
        let fits = match self.flavor {
            Flavor::Postgres => width <= table.columns().len(),
            Flavor::Sqlite => width == table.columns().len(),
        };
        if !fits {
            return Err(Fault::new(
                RefusalKind::Name,
                format!("{width} values are given for the {} columns of {:?}", table.columns().len(), table.name()),
                "name the columns",
                place,
            ));
        }
        let named: Vec<String> = table.columns()[..width].iter().map(|column| column.name().to_owned()).collect();
        *columns = named.iter().map(|name| name_of(name)).collect();
        Ok(named)
    }

    /// Finds the tenant column among the columns `named`; adds it to the list if it is not there.
    pub(super) fn tenant_place(
        &self,
        table: &Table,
        named: &[String],
        columns: &mut Vec<ObjectName>,
        place: Span,
    ) -> Checked<Option<usize>> {
        let Some(tenant_column) = table.tenant_column() else { return Ok(None) };
        let at = named.iter().position(|name| name == tenant_column);
        match at {
            None => columns.push(name_of(tenant_column)),
            // The catalog's builder refuses such a column; what follows relies on it: a foreign value becomes NULL.
            Some(_) if holds_null(table, tenant_column) => {
                return Err(Fault::new(
                    RefusalKind::TenantColumn,
                    format!("column {tenant_column:?} can't be checked since it allows NULL"),
                    "leave the column out; it is filled in",
                    place,
                ));
            }
            Some(_) => {}
        }
        Ok(at)
    }

    /// Adds the tenant to each of the rows, or verifies the value at `at`.
    pub(super) fn place_in_rows(
        &mut self,
        rows: &mut [Parens<Vec<Expr>>],
        at: Option<usize>,
        width: usize,
        place: Span,
    ) -> Checked {
        for row in rows {
            if row.content.len() != width {
                return Err(Fault::new(
                    RefusalKind::Name,
                    format!("a row has {} values for {width} columns", row.content.len()),
                    "give each column one value",
                    place,
                ));
            }
            match at {
                None => {
                    let tenant = self.tenant();
                    row.content.push(tenant);
                }
                Some(at) => self.verify_value(&mut row.content[at]),
            }
        }
        Ok(())
    }

    /// Adds the tenant to each row of `body`, or verifies the value at `at` that the user gave for it.
    fn place_tenant(&mut self, body: &mut SetExpr, at: Option<usize>, width: usize, place: Span) -> Checked {
        match body {
            SetExpr::Values(values) => self.place_in_rows(&mut values.rows, at, width, place),
            SetExpr::Select(select) => match at {
                None => {
                    let tenant = self.tenant();
                    select.projection.push(SelectItem::UnnamedExpr(tenant));
                    Ok(())
                }
                Some(at) => {
                    let plain = |item: &SelectItem| {
                        matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. })
                    };
                    if select.projection.len() != width || !select.projection.iter().all(plain) {
                        return Err(Fault::new(
                            RefusalKind::TenantColumn,
                            "which value is for the tenant column can't be told",
                            "leave the tenant column out; it is filled in",
                            place,
                        ));
                    }
                    let item = &mut select.projection[at];
                    let name = match item {
                        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.clone()),
                        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(names)) => names.last().cloned(),
                        _ => None,
                    };
                    if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                        self.verify_value(expr);
                    }
                    // An ORDER BY may say it.
                    if let (Some(alias), SelectItem::UnnamedExpr(expr)) = (name, &mut *item) {
                        let expr = std::mem::replace(expr, Expr::Tuple(Vec::new()));
                        *item = SelectItem::ExprWithAlias { expr, alias };
                    }
                    Ok(())
                }
            },
            SetExpr::SetOperation { left, right, .. } => {
                self.place_tenant(left, at, width, place)?;
                self.place_tenant(right, at, width, place)
            }
            SetExpr::Query(query) => self.place_tenant(&mut query.body, at, width, place),
            _ => Err(unsupported("this source of an INSERT", place)),
        }
    }

    /// `CASE WHEN (value) = $n THEN $n END`: another tenant's value becomes NULL, which the column refuses.
    fn verify_value(&mut self, value: &mut Expr) {
        let tenant = self.tenant();
        let given = std::mem::replace(value, Expr::Tuple(Vec::new()));
        if matches!(&given, Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default"))
        {
            *value = tenant;
            return;
        }
        let condition = binary(self.flavor.as_tenant(given), BinaryOperator::Eq, tenant.clone());
        *value = Expr::Case {
            case_token: AttachedToken::empty(),
            end_token: AttachedToken::empty(),
            operand: None,
            conditions: vec![CaseWhen { condition, result: tenant }],
            else_result: None,
        };
    }
}

fn holds_null(table: &Table, column: &str) -> bool {
    !table.columns().iter().any(|known| known.name() == column && known.not_null())
}

/// Counts the columns that a source gives without a column list.
fn width(body: &SetExpr, place: Span) -> Checked<usize> {
    match body {
        SetExpr::Values(values) => Ok(values.rows.first().map_or(0, |row| row.content.len())),
        SetExpr::SetOperation { left, .. } => width(left, place),
        SetExpr::Query(query) => width(&query.body, place),
        SetExpr::Select(select) => {
            let wild = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
            if select.projection.iter().any(wild) {
                return Err(Fault::new(
                    RefusalKind::TenantColumn,
                    "INSERT without a column list from a SELECT with * can't be told apart",
                    "name the columns on both sides, without the tenant's",
                    place,
                ));
            }
            Ok(select.projection.len())
        }
        _ => Err(unsupported("this source of an INSERT", place)),
    }
}

fn name_of(column: &str) -> ObjectName {
    ObjectName::from(vec![star::ident(column)])
}

fn values(row: Vec<Expr>) -> Query {
    let rows =
        vec![Parens { opening_token: AttachedToken::empty(), content: row, closing_token: AttachedToken::empty() }];
    bare_query(SetExpr::Values(Values { explicit_row: false, value_keyword: false, rows }))
}
