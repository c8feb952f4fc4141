//! Common table expressions.

use std::rc::Rc;

use sqlparser::ast::{Cte, LockClause, Query, SelectItem, SetExpr, TableAlias, With};

use super::{Walker, absent};
use crate::guard::{
    refusal::{Checked, Fault, RefusalKind},
    scope::{Columns, CteFrame},
    syntax::{self, Form},
};

impl Walker<'_> {
    pub(super) fn with(&mut self, with: &mut With) -> Checked {
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
            let given = self.alias_columns(&cte.alias);
            let plain = self.plain_columns(&cte.query);
            // A list may name the first of them only.
            let names_all = plain.as_ref().map(|plain| plain.len()) == given.as_ref().map(|given| given.len());
            self.is_vague |= given.is_some() && !names_all;
            let listed = given.or(plain);
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
            let (search, locks): (Vec<_>, Vec<_>) =
                query.locks.drain(..).partition(|lock| syntax::search(lock).is_some());
            query.locks = locks;
            let added = self.search_columns(&search);
            // Its recursive part may name the columns of the other one.
            self.anchor = each_other.then_some((self.ctes.len() - 1, at));
            let found = self.query(query)?;
            self.materialize(query, materialized);
            query.locks.extend(search);
            let columns = self.alias_columns(alias).or(found);
            let columns = columns.map(|columns| columns.iter().cloned().chain(added).collect());
            let frame = self.ctes.last_mut().expect("the frame was pushed above, and nested ones are popped");
            frame.ctes[at].1 = columns;
            if !each_other {
                frame.visible = at + 1;
            }
        }
        Ok(())
    }

    /// The columns that SEARCH and CYCLE add to a common table expression.
    fn search_columns(&self, locks: &[LockClause]) -> Vec<String> {
        let text = locks.iter().find_map(syntax::search).and_then(|name| syntax::stands_for(name, Form::Search));
        text.map_or_else(Vec::new, |text| syntax::named_in(text).iter().map(|name| self.fold(name)).collect())
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
}
