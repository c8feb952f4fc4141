use sqlparser::{
    ast::{
        Expr, Ident, Join, ObjectName, SelectItem, SetExpr, Spanned, TableAlias, TableAliasColumnDef, TableFactor,
        TableFunctionArgs, TableSampleKind, TableWithJoins, WildcardAdditionalOptions,
    },
    tokenizer::Span,
};

use super::{
    StandIn, Walker, absent, bare_query, bare_select, conjunction,
    join::{Place, condition, join_side, merges_columns, nulls_the_left, place, place_of_joined, using_alias},
    query::spread,
    table::{Relation, columns_of, without_extras},
    table_function::holds_plain_values,
    unsupported,
};
use crate::{
    catalog::Table,
    guard::{
        refusal::Checked,
        scope::{Columns, Entry, List, Qualifier},
        types,
    },
};

impl Walker<'_> {
    /// Walks a FROM list, and returns the predicates for the WHERE beside it.
    ///
    /// The relations come into view in the innermost scope.
    pub(super) fn relations(&mut self, list: &mut [TableWithJoins]) -> Checked<Vec<Expr>> {
        let reaches_over_commas = self.flavor.comma_is_a_join()
            && list.len() > 1
            && list.iter_mut().flat_map(|item| &mut item.joins).any(nulls_the_left);
        let outer = if reaches_over_commas { Place::Wrap } else { Place::Where };
        let mut predicates = Vec::new();
        // A query among the items has a FROM of its own.
        let around = std::mem::replace(&mut self.fences.where_is_first, Self::where_is_first(list));
        for item in list {
            self.table_with_joins(item, outer, &mut predicates)?;
        }
        self.fences.where_is_first = around;
        self.scope().visible_from = 0;
        Ok(predicates)
    }

    fn table_with_joins(&mut self, item: &mut TableWithJoins, outer: Place, predicates: &mut Vec<Expr>) -> Checked {
        let TableWithJoins { relation, joins } = item;
        let start = self.scope().entries.len();
        let sides = joins.iter_mut().map(join_side).collect::<Checked<Vec<_>>>()?;
        self.scope().is_merged |= joins.iter_mut().any(merges_columns);
        let mut on_predicates: Vec<Vec<Expr>> = vec![Vec::new(); joins.len()];
        let place = place(0, &sides, outer);
        self.factor_at(relation, place, predicates, &mut on_predicates)?;
        for (at, join) in joins.iter_mut().enumerate() {
            let place = place_of_joined(at, &sides, outer);
            let Join { relation, global: _, join_operator } = join;
            self.factor_at(relation, place, predicates, &mut on_predicates)?;
            if let Some(condition) = condition(join_operator) {
                self.scope().visible_from = start;
                self.expr(condition)?;
                self.scope().visible_from = 0;
            }
            if let Some((alias, columns)) = using_alias(join_operator) {
                let columns = columns.iter().map(|column| self.fold(column)).collect();
                let entry = Entry {
                    name: self.fold(&alias),
                    columns: Some(columns),
                    schema: None,
                    renames_row: false,
                    has_fields: false,
                    list: List::Part,
                };
                self.enter(entry, alias.span)?;
            }
        }
        for (join, added) in joins.iter_mut().zip(on_predicates) {
            if let Some(condition) = condition(&mut join.join_operator) {
                let user = std::mem::replace(condition, Expr::Tuple(Vec::new()));
                *condition = conjunction(added, Some(user)).expect("the user's condition was given");
            }
        }
        Ok(())
    }

    fn factor_at(
        &mut self,
        factor: &mut TableFactor,
        place: Place,
        predicates: &mut Vec<Expr>,
        on_predicates: &mut [Vec<Expr>],
    ) -> Checked {
        self.fences.is_nullable = place != Place::Where;
        match place {
            Place::Where | Place::Wrap => self.factor(factor, place, predicates),
            // Inside a parenthesised join the nullable sides of its own come first; a sub-query is right for all of them.
            Place::On(_) if matches!(factor, TableFactor::NestedJoin { .. }) => {
                self.factor(factor, Place::Wrap, predicates)
            }
            Place::On(at) => self.factor(factor, Place::Where, &mut on_predicates[at]),
        }
    }

    pub(super) fn factor(&mut self, factor: &mut TableFactor, place: Place, predicates: &mut Vec<Expr>) -> Checked {
        let span = factor.span();
        without_extras(factor)?;
        match factor {
            TableFactor::Table { name, alias, args, with_ordinality, sample, .. } => {
                self.sample(sample.as_mut(), span)?;
                if let Some(TableFunctionArgs { args, settings }) = args {
                    absent(settings.is_none(), "SETTINGS", span)?;
                    absent(sample.is_none(), "TABLESAMPLE of a function", span)?;
                    return self.table_function(name, args, *with_ordinality, alias.as_mut());
                }
                absent(!*with_ordinality, "WITH ORDINALITY on a table", span)?;
                match self.relation(name)? {
                    Relation::Cte { columns, name } => {
                        absent(sample.is_none(), "TABLESAMPLE of a common table expression", span)?;
                        let list = list_of(alias.as_ref());
                        let columns = unless_renamed(columns, alias.as_ref());
                        self.enter_named(&name, alias.as_mut(), (columns, list), None, span)?;
                        self.gives_fields();
                        Ok(())
                    }
                    Relation::Table { table, name: ident } => {
                        let renames = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
                        let wrap = self.filters(table) && (renames || place == Place::Wrap);
                        // A sub-query in the table's stead has no schema, but one that is dropped needs none.
                        let schema = alias.is_none().then(|| self.qualifier(table));
                        let schema = schema.filter(|schema| schema.is_dropped || !wrap);
                        self.enter_named(&ident, alias.as_mut(), (columns_of(table), List::Table), schema, span)?;
                        self.gives_fields();
                        if wrap {
                            let entry = self.scope().entries.last_mut().expect("the table was brought into view above");
                            entry.renames_row = renames;
                            let stand_in = StandIn::new(table, &ident, alias.as_ref());
                            self.scope().stand_ins.extend(stand_in);
                            let alias = alias.take();
                            let (name, sample) = (name.clone(), sample.take());
                            *factor = self.filtered(table, name, ident, alias, sample);
                        } else {
                            let relation = alias.as_ref().map_or(&ident, |alias| &alias.name).clone();
                            let fence = self.fence(&relation, table);
                            match fence {
                                Some(fence) if !self.fences.where_is_first => self.enclose(factor, fence),
                                fence => predicates.extend(fence),
                            }
                            predicates.extend(self.predicate(&relation, table));
                        }
                        Ok(())
                    }
                }
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                absent(sample.is_none(), "TABLESAMPLE", span)?;
                let lateral = *lateral;
                self.look_back(lateral);
                let is_nullable = self.fences.is_nullable;
                let columns = self.query(subquery)?;
                self.look_back(true);
                if is_nullable || self.fences.regroups {
                    self.close(subquery);
                }
                match alias {
                    Some(alias) => {
                        let name = alias.name.clone();
                        let list = list_of(Some(&*alias));
                        let columns = unless_renamed(columns, Some(&*alias));
                        self.enter_named(&name, Some(alias), (columns, list), None, span)?;
                        self.gives_fields();
                        Ok(())
                    }
                    // Nothing can refer to it by a name.
                    None => {
                        self.scope().is_merged = true;
                        Ok(())
                    }
                }
            }
            TableFactor::Function { lateral: _, name, args, with_ordinality, alias } => {
                self.table_function(name, args, *with_ordinality, alias.as_mut())
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
                absent(!*with_offset && with_offset_alias.is_none(), "WITH OFFSET", span)?;
                for array in array_exprs.iter_mut() {
                    self.expr(array)?;
                }
                let plain = array_exprs.iter().all(holds_plain_values);
                let columns: Option<&[&str]> = match array_exprs.len() {
                    _ if !plain => None,
                    1 => Some(&[]),
                    _ => Some(&["unnest"]),
                };
                self.enter_function(&Ident::new("unnest"), columns, *with_ordinality, alias.as_mut(), span)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let Some(alias) = alias else { return self.table_with_joins(table_with_joins, place, predicates) };
                self.aliased_join(table_with_joins, alias, span)
            }
            TableFactor::TableFunction { .. }
            | TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => Err(unsupported("this form of table", span)),
        }
    }

    /// Walks a parenthesised join with an alias, which hides the names within: so the predicates stay within, too.
    fn aliased_join(&mut self, item: &mut TableWithJoins, alias: &mut TableAlias, span: Span) -> Checked {
        let start = self.scope().entries.len();
        let stand_ins = self.scope().stand_ins.len();
        let mut outside = Vec::new();
        self.table_with_joins(item, Place::Wrap, &mut outside)?;
        self.scope().stand_ins.truncate(stand_ins);
        absent(outside.is_empty(), "this table in a join with an alias", span)?;
        let inside = self.scope().entries.split_off(start);
        let mut names = Vec::new();
        let mut known = true;
        for entry in &inside {
            known &= spread(&mut names, &entry.columns, span)?;
        }
        let columns = unless_renamed(known.then(|| names.into()), Some(&*alias));
        let name = alias.name.clone();
        self.enter_named(&name, Some(alias), (columns, List::Part), None, span)
    }

    /// Lets fields be taken from the row of the relation that came into view last.
    fn gives_fields(&mut self) {
        if let Some(entry) = self.scope().entries.last_mut() {
            entry.has_fields = true;
        }
    }

    /// Puts what is to the left in FROM into view, or out of it.
    pub(super) fn look_back(&mut self, visible: bool) {
        let scope = self.scope();
        scope.visible_from = if visible { 0 } else { scope.entries.len() };
    }

    pub(super) fn enter_named(
        &mut self,
        name: &Ident,
        alias: Option<&mut TableAlias>,
        (columns, list): (Columns, List),
        schema: Option<Qualifier>,
        place: Span,
    ) -> Checked {
        let Some(TableAlias { explicit: _, name, columns: renamed, at }) = alias else {
            let name = self.fold(name);
            return self.enter(Entry { name, columns, schema, renames_row: false, has_fields: false, list }, place);
        };
        absent(at.is_none(), "AT in an alias", place)?;
        let mut names = Vec::with_capacity(renamed.len());
        for TableAliasColumnDef { name, data_type } in renamed.iter() {
            if let Some(data_type) = data_type {
                types::check(self.flavor, self.catalog, data_type, name.span)?;
            }
            names.push(self.fold(name));
        }
        // Columns beyond the list keep their names.
        let columns = if names.is_empty() {
            columns
        } else {
            let kept: Vec<String> =
                columns.iter().flat_map(|columns| columns.iter().skip(names.len()).cloned()).collect();
            Some(names.into_iter().chain(kept).collect())
        };
        let entry = Entry { name: self.fold(name), columns, schema: None, renames_row: false, has_fields: false, list };
        self.enter(entry, name.span)
    }

    /// `(SELECT * FROM table WHERE table.tenant_id = $n) AS alias`
    fn filtered(
        &mut self,
        table: &Table,
        name: ObjectName,
        ident: Ident,
        alias: Option<TableAlias>,
        sample: Option<TableSampleKind>,
    ) -> TableFactor {
        let predicates = self.fenced(&ident, table);
        let inner = TableFactor::Table {
            name,
            alias: None,
            args: None,
            with_hints: Vec::new(),
            version: None,
            with_ordinality: false,
            partitions: Vec::new(),
            json_path: None,
            sample,
            index_hints: Vec::new(),
        };
        let mut select = bare_select();
        select.projection.push(SelectItem::Wildcard(WildcardAdditionalOptions::default()));
        select.from.push(TableWithJoins { relation: inner, joins: Vec::new() });
        select.selection = conjunction(predicates, None);
        let query = bare_query(SetExpr::Select(Box::new(select)));
        let alias = alias.unwrap_or(TableAlias { explicit: true, name: ident, columns: Vec::new(), at: None });
        TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None }
    }
}

/// The columns of a query, unless a list renames the first of them: NATURAL and USING put them into another order, so
/// that which ones keep their names can't be told.
fn unless_renamed(columns: Columns, alias: Option<&TableAlias>) -> Columns {
    columns.filter(|_| alias.is_none_or(|alias| alias.columns.is_empty()))
}

/// A list may name the first of a query's columns only.
fn list_of(alias: Option<&TableAlias>) -> List {
    if alias.is_none_or(|alias| alias.columns.is_empty()) { List::Query } else { List::Part }
}
