use sqlparser::{
    ast::{
        Distinct, Expr, Fetch, GroupByExpr, LimitClause, LockClause, NamedWindowDefinition, NamedWindowExpr, Offset,
        OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select, SelectFlavor, SelectItem,
        SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, Spanned, Statement, Values,
        WildcardAdditionalOptions,
    },
    tokenizer::Span,
};

use super::{Walker, absent, conjunction, table::read_only, unsupported};
use crate::guard::{
    Access,
    dialect::Flavor,
    other::refuse_statement,
    refusal::{Checked, Fault, RefusalKind},
    scope::{Columns, List, Scope, find_entry},
    syntax::{self, Form},
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
        let anchor = self.anchor.take();
        if let Some(with) = with {
            self.with(with)?;
        }
        self.anchor = anchor;
        let columns = self.body(body)?;
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        if let SetExpr::Select(select) = &mut **body {
            self.determine(select, order_by.as_ref());
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
            absent(syntax::search(lock).is_none(), "SEARCH or CYCLE behind something else than a CTE", Span::empty())?;
            self.lock(lock)?;
        }
        self.scopes.pop();
        if with.is_some() {
            self.ctes.pop();
        }
        Ok(columns)
    }

    /// Walks a body, and leaves its scope on the stack for the clauses after it.
    fn body(&mut self, body: &mut SetExpr) -> Checked<Columns> {
        if !matches!(body, SetExpr::SetOperation { .. }) {
            self.anchor = None;
        }
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
                self.determine(select, None);
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
                let anchor = self.anchor.take();
                let columns = self.set_expr(left)?;
                if let Some((frame, at)) = anchor {
                    let known = &mut self.ctes[frame].ctes[at].1;
                    *known = known.take().or_else(|| columns.clone());
                }
                self.set_expr(right)?;
                Ok(columns)
            }
            SetExpr::Values(values) => self.values(values),
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => match statement {
                Statement::Insert(insert) => self.insert(insert),
                Statement::Update(update) => self.update(update),
                Statement::Delete(delete) => self.delete(delete),
                Statement::Merge(merge) if self.flavor.has_merge() => self.merge(merge),
                other => Err(refuse_statement(other)),
            },
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
        let is_spelled = self.is_spelled(select);
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
        if is_spelled {
            self.spell(projection);
        }
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
                    let entry = self.spread_row(name)?;
                    let is_part = entry.list == List::Part;
                    known &= spread(&mut names, &entry.columns, place)?;
                    self.is_vague |= is_part;
                }
                SelectItem::Wildcard(options) => {
                    plain_wildcard(options)?;
                    let place = options.wildcard_token.0.span;
                    let scope = self.scopes.last().expect("a list is walked inside its own scope");
                    for entry in &scope.entries {
                        known &= spread(&mut names, &entry.columns, place)?;
                    }
                    self.is_vague |= scope.is_merged || scope.entries.iter().any(|entry| entry.list == List::Part);
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

    /// The name that the database gives to a column without an alias, where it is plain; an unnamed one can't be referred to.
    pub(super) fn implicit_name(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Identifier(name) => Some(self.fold(name)),
            Expr::CompoundIdentifier(names) => names.last().map(|name| self.fold(name)),
            // SQLite takes the text.
            _ if self.flavor == Flavor::Sqlite => None,
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
                // The order that these two stand for; any other operator may be one of the database's owner.
                Some(OrderBySort::Using(operator)) => {
                    *sort = match &operator.to_string()[..] {
                        "<" => Some(OrderBySort::Asc),
                        ">" => Some(OrderBySort::Desc),
                        _ => return Err(unsupported("this operator in ORDER BY … USING", expr.span())),
                    };
                }
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
        let Some(of) = of else { return Ok(()) };
        let mut names = &of.0[..];
        if let Some(strength) = names.first().and_then(|part| part.as_ident())
            && syntax::stands_for(strength, Form::Lock).is_some()
        {
            names = &names[1..];
        } else {
            self.single(of)?;
        }
        let scope = self.scopes.last().expect("a lock stands behind a body, which left its scope");
        for part in names {
            let Some(alias) = part.as_ident() else { return Err(unsupported("a computed name", of.span())) };
            let folded = self.fold(alias);
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
pub(super) fn spread(names: &mut Vec<String>, columns: &Columns, place: Span) -> Checked<bool> {
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
