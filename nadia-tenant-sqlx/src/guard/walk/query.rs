use std::rc::Rc;

use sqlparser::{
    ast::{
        Cte, Distinct, Expr, Fetch, GroupByExpr, LimitClause, LockClause, NamedWindowDefinition, NamedWindowExpr,
        Offset, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select, SelectFlavor,
        SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, Spanned, Statement,
        TableAlias, Values, WildcardAdditionalOptions, With,
    },
    tokenizer::Span,
};

use super::{Walker, absent, conjunction, table::read_only, unsupported};
use crate::guard::{
    Access,
    dialect::Flavor,
    other::refuse_statement,
    refusal::{Checked, Fault, RefusalKind},
    scope::{Columns, CteFrame, Scope, find_entry},
};

/// The most columns that a `*` may bring a list to; no database gives more.
const MAX_COLUMNS: usize = 2_000;

impl Walker<'_> {
    /// Walks a query, and tells the names of the columns it gives.
    pub(super) fn query(&mut self, query: &mut Query) -> Checked<Columns> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        absent(for_clause.is_none(), "FOR XML or FOR JSON", Span::empty())?;
        absent(settings.is_none(), "SETTINGS", Span::empty())?;
        absent(format_clause.is_none(), "FORMAT", Span::empty())?;
        absent(pipe_operators.is_empty(), "a pipe operator", Span::empty())?;
        if let Some(with) = with {
            self.with(with)?;
        }
        let columns = self.body(body)?;
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        match limit_clause {
            None => {}
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                absent(limit_by.is_empty(), "LIMIT BY", Span::empty())?;
                self.maybe(limit.as_mut())?;
                if let Some(Offset { value, rows: _ }) = offset {
                    self.expr(value)?;
                }
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                self.expr(offset)?;
                self.expr(limit)?;
            }
        }
        if let Some(Fetch { with_ties: _, percent, quantity }) = fetch {
            absent(!*percent, "FETCH with PERCENT", Span::empty())?;
            self.maybe(quantity.as_mut())?;
        }
        for lock in locks {
            self.lock(lock)?;
        }
        self.scopes.pop();
        if with.is_some() {
            self.ctes.pop();
        }
        Ok(columns)
    }

    fn with(&mut self, with: &mut With) -> Checked {
        let With { with_token: _, recursive, cte_tables } = with;
        let mut ctes: Vec<(String, Columns)> = Vec::with_capacity(cte_tables.len());
        for cte in cte_tables.iter() {
            let name = self.fold(&cte.alias.name);
            if ctes.iter().any(|(known, _)| *known == name) {
                return Err(Fault::new(
                    RefusalKind::Name,
                    format!("two common table expressions are named {name:?}"),
                    "give each its own name",
                    cte.alias.name.span,
                ));
            }
            // For references before it is walked, as in its own recursive part.
            let listed = self.alias_columns(&cte.alias).or_else(|| self.plain_columns(&cte.query));
            ctes.push((name, listed));
        }
        let each_other = self.flavor.ctes_see_each_other(*recursive);
        let all = ctes.len();
        self.ctes.push(CteFrame { ctes, visible: if each_other { all } else { 0 } });
        for (at, cte) in cte_tables.iter_mut().enumerate() {
            let Cte { alias, query, from, materialized, closing_paren_token: _ } = cte;
            absent(from.is_none(), "FROM after a common table expression", alias.name.span)?;
            absent(alias.at.is_none(), "AT in an alias", alias.name.span)?;
            absent(alias.columns.iter().all(|column| column.data_type.is_none()), "a type here", alias.name.span)?;
            let found = self.query(query)?;
            self.materialize(query, materialized);
            let columns = self.alias_columns(alias).or(found);
            let frame = self.ctes.last_mut().expect("the frame was pushed above, and nested ones are popped");
            frame.ctes[at].1 = columns;
            if !each_other {
                frame.visible = at + 1;
            }
        }
        Ok(())
    }

    fn alias_columns(&self, alias: &TableAlias) -> Columns {
        (!alias.columns.is_empty()).then(|| alias.columns.iter().map(|column| self.fold(&column.name)).collect())
    }

    /// The columns of a query that names each of them, without looking at tables.
    fn plain_columns(&self, query: &Query) -> Columns {
        let mut body = &query.body;
        loop {
            match &**body {
                SetExpr::SetOperation { left, .. } => body = left,
                SetExpr::Query(query) => body = &query.body,
                SetExpr::Select(select) => {
                    let named = |item: &SelectItem| match item {
                        SelectItem::UnnamedExpr(expr) => self.implicit_name(expr).or_else(|| Some(String::new())),
                        SelectItem::ExprWithAlias { alias, .. } => Some(self.fold(alias)),
                        _ => None,
                    };
                    return select.projection.iter().map(named).collect::<Option<Rc<[String]>>>();
                }
                _ => return None,
            }
        }
    }

    /// Walks a body, and leaves its scope on the stack for the clauses after it.
    fn body(&mut self, body: &mut SetExpr) -> Checked<Columns> {
        match body {
            SetExpr::Select(select) => {
                self.scopes.push(Scope::default());
                self.select(select)
            }
            other => {
                let columns = self.set_expr(other)?;
                self.scopes.push(Scope::default());
                Ok(columns)
            }
        }
    }

    fn set_expr(&mut self, body: &mut SetExpr) -> Checked<Columns> {
        match body {
            SetExpr::Select(select) => {
                self.scopes.push(Scope::default());
                let columns = self.select(select)?;
                self.scopes.pop();
                Ok(columns)
            }
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                absent(!matches!(op, SetOperator::Minus), "MINUS", Span::empty())?;
                match set_quantifier {
                    SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => {}
                    SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
                        return Err(unsupported("BY NAME", Span::empty()));
                    }
                }
                let columns = self.set_expr(left)?;
                self.set_expr(right)?;
                Ok(columns)
            }
            SetExpr::Values(values) => self.values(values),
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => match statement {
                Statement::Insert(insert) => self.insert(insert),
                Statement::Update(update) => self.update(update),
                Statement::Delete(delete) => self.delete(delete),
                other => Err(refuse_statement(other)),
            },
            SetExpr::Merge(_) => Err(unsupported("MERGE", Span::empty())),
            SetExpr::Table(_) => Err(unsupported("TABLE", Span::empty())),
        }
    }

    pub(super) fn values(&mut self, values: &mut Values) -> Checked<Columns> {
        let Values { explicit_row, value_keyword, rows } = values;
        absent(!*explicit_row && !*value_keyword, "VALUE or ROW in VALUES", Span::empty())?;
        for row in rows.iter_mut() {
            for value in &mut row.content {
                self.expr(value)?;
            }
        }
        let width = rows.first().map_or(0, |row| row.content.len());
        Ok(Some((1..=width).map(|at| format!("column{at}")).collect()))
    }

    fn select(&mut self, select: &mut Select) -> Checked<Columns> {
        let Select {
            select_token,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        let place = select_token.0.span;
        absent(optimizer_hints.is_empty(), "an optimizer hint", place)?;
        absent(select_modifiers.is_none(), "a modifier of SELECT", place)?;
        absent(top.is_none(), "TOP", place)?;
        absent(exclude.is_none(), "EXCLUDE", place)?;
        if into.is_some() {
            return Err(Fault::new(
                RefusalKind::Definition,
                "SELECT INTO makes a table",
                "use INSERT … SELECT into a table of the catalog",
                place,
            ));
        }
        absent(lateral_views.is_empty(), "LATERAL VIEW", place)?;
        absent(prewhere.is_none(), "PREWHERE", place)?;
        absent(connect_by.is_empty(), "CONNECT BY", place)?;
        absent(cluster_by.is_empty() && distribute_by.is_empty() && sort_by.is_empty(), "CLUSTER BY", place)?;
        absent(qualify.is_none(), "QUALIFY", place)?;
        absent(value_table_mode.is_none(), "SELECT AS VALUE", place)?;
        absent(*flavor == SelectFlavor::Standard, "FROM before SELECT", place)?;

        let around = std::mem::replace(&mut self.fences.regroups, has_sets(group_by));
        let predicates = self.relations(from)?;
        self.fences.regroups = around;
        match distinct {
            None | Some(Distinct::All | Distinct::Distinct) => {}
            Some(Distinct::On(exprs)) => self.exprs(exprs)?,
        }
        let columns = self.projection(projection)?;
        self.maybe(selection.as_mut())?;
        match group_by {
            GroupByExpr::All(_) => return Err(unsupported("GROUP BY ALL", place)),
            GroupByExpr::Expressions(exprs, modifiers) => {
                absent(modifiers.is_empty(), "a modifier of GROUP BY", place)?;
                self.exprs(exprs)?;
            }
        }
        self.maybe(having.as_mut())?;
        for NamedWindowDefinition(_, window) in named_window {
            match window {
                NamedWindowExpr::NamedWindow(_) => return Err(unsupported("a window that names another", place)),
                NamedWindowExpr::WindowSpec(spec) => self.window(spec)?,
            }
        }
        *selection = conjunction(predicates, selection.take());
        Ok(columns)
    }

    /// Walks what SELECT or RETURNING lists.
    pub(super) fn projection(&mut self, items: &mut [SelectItem]) -> Checked<Columns> {
        let mut known = true;
        let mut names: Vec<String> = Vec::with_capacity(items.len());
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    names.push(self.implicit_name(expr).unwrap_or_default());
                    self.expr(expr)?;
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    names.push(self.fold(alias));
                    self.expr(expr)?;
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    plain_wildcard(options)?;
                    let place = name.span();
                    known &= spread(&mut names, &self.row(name)?.columns, place)?;
                }
                SelectItem::Wildcard(options) => {
                    plain_wildcard(options)?;
                    let place = options.wildcard_token.0.span;
                    for entry in &self.scopes.last().expect("a list is walked inside its own scope").entries {
                        known &= spread(&mut names, &entry.columns, place)?;
                    }
                }
                SelectItem::ExprWithAliases { expr, aliases: _ } => {
                    return Err(unsupported("a list of aliases", expr.span()));
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    return Err(unsupported("a wildcard after an expression", expr.span()));
                }
            }
        }
        Ok(known.then(|| names.into()))
    }

    /// The name that PostgreSQL gives to a column without an alias, where it is plain; an unnamed one can't be referred to.
    fn implicit_name(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Identifier(name) => Some(self.fold(name)),
            Expr::CompoundIdentifier(names) => names.last().map(|name| self.fold(name)),
            Expr::Function(function) => function.name.0.last()?.as_ident().map(|name| self.fold(name)),
            Expr::Cast { expr, .. } => match &**expr {
                inner @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => self.implicit_name(inner),
                _ => None,
            },
            _ => None,
        }
    }

    fn order_by(&mut self, order_by: &mut OrderBy) -> Checked {
        let OrderBy { kind, interpolate } = order_by;
        absent(interpolate.is_none(), "INTERPOLATE", Span::empty())?;
        match kind {
            OrderByKind::All(_) => Err(unsupported("ORDER BY ALL", Span::empty())),
            OrderByKind::Expressions(list) => self.order_list(list),
        }
    }

    pub(super) fn order_list(&mut self, list: &mut [OrderByExpr]) -> Checked {
        for OrderByExpr { expr, options, with_fill } in list {
            let OrderByOptions { sort, nulls_first: _ } = options;
            match sort {
                None | Some(OrderBySort::Asc | OrderBySort::Desc) => {}
                Some(OrderBySort::Using(_)) => return Err(unsupported("ORDER BY … USING", expr.span())),
            }
            absent(with_fill.is_none(), "WITH FILL", expr.span())?;
            self.expr(expr)?;
        }
        Ok(())
    }

    fn lock(&mut self, lock: &LockClause) -> Checked {
        let LockClause { lock_type: _, of, nonblock: _ } = lock;
        absent(self.flavor == Flavor::Postgres, "FOR UPDATE", Span::empty())?;
        if self.access == Access::CrossTenant {
            return Err(read_only("this locks rows", of.as_ref().map_or(Span::empty(), Spanned::span)));
        }
        if let Some(name) = of {
            let alias = self.single(name)?;
            let folded = self.fold(alias);
            let scope = self.scopes.last().expect("a lock stands behind a body, which left its scope");
            if find_entry(std::slice::from_ref(scope), &folded).is_none() {
                return Err(Fault::new(
                    RefusalKind::Name,
                    format!("there is no table {folded:?} in this FROM to lock"),
                    "name an alias of the FROM",
                    alias.span,
                ));
            }
        }
        Ok(())
    }
}

fn has_sets(group_by: &GroupByExpr) -> bool {
    let is_sets = |expr: &Expr| matches!(expr, Expr::GroupingSets(_) | Expr::Cube(_) | Expr::Rollup(_));
    matches!(group_by, GroupByExpr::Expressions(exprs, _) if exprs.iter().any(is_sets))
}

/// Adds what a `*` stands for, and tells whether that is known. Wildcards of wildcards grow without bound otherwise.
fn spread(names: &mut Vec<String>, columns: &Columns, place: Span) -> Checked<bool> {
    let Some(columns) = columns else { return Ok(false) };
    if names.len() + columns.len() > MAX_COLUMNS {
        return Err(Fault::new(
            RefusalKind::Limit,
            "a list of columns is longer than 2,000",
            "name the columns that are needed",
            place,
        ));
    }
    names.extend(columns.iter().cloned());
    Ok(true)
}

/// Admits a bare `*`.
fn plain_wildcard(options: &WildcardAdditionalOptions) -> Checked {
    let WildcardAdditionalOptions {
        wildcard_token,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    let plain = opt_ilike.is_none()
        && opt_exclude.is_none()
        && opt_except.is_none()
        && opt_replace.is_none()
        && opt_rename.is_none()
        && opt_alias.is_none();
    absent(plain, "an option of a wildcard", wildcard_token.0.span)
}
