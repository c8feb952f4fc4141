//! The columns that a `*` stands for, where an INSERT must tell which of them is the tenant's.

use std::collections::HashSet;

use sqlparser::{
    ast::{Expr, Ident, ObjectName, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr},
    keywords::ALL_KEYWORDS,
};

use super::Walker;
use crate::{
    catalog::Table,
    guard::scope::{Entry, List, find_entry},
};

/// Tells a SELECT by its place in memory, where it stays while its statement is walked.
fn address(select: &Select) -> usize {
    std::ptr::from_ref(select) as usize
}

impl Walker<'_> {
    /// Notes that the lists of an INSERT's source are to name each column, if one of them may be for the tenant column.
    pub(super) fn note_source(&mut self, table: &Table, columns: &[ObjectName], source: &Query) {
        let Some(tenant_column) = table.tenant_column() else { return };
        let named = |name: &ObjectName| {
            name.0.iter().any(|part| part.as_ident().is_some_and(|ident| self.fold(ident) == tenant_column))
        };
        if columns.is_empty() || columns.iter().any(named) {
            self.note(&source.body);
        }
    }

    fn note(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.spelled.push(address(select)),
            SetExpr::SetOperation { left, right, .. } => {
                self.note(left);
                self.note(right);
            }
            SetExpr::Query(query) => self.note(&query.body),
            _ => {}
        }
    }

    pub(super) fn is_spelled(&self, select: &Select) -> bool {
        self.spelled.contains(&address(select))
    }

    /// Writes the columns out that the `*` of a list stand for, if all are known; else it leaves the list alone.
    ///
    /// The relations of the list are in view.
    pub(super) fn spell(&self, items: &mut Vec<SelectItem>) {
        let mut spelled = Vec::with_capacity(items.len());
        for item in items.iter() {
            let found = match item {
                SelectItem::Wildcard(_) => self.all_columns(),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    name.0.last().and_then(|part| part.as_ident()).and_then(|name| {
                        find_entry(&self.scopes, &self.fold(name)).and_then(|entry| self.columns_of_entry(entry))
                    })
                }
                other => Some(vec![other.clone()]),
            };
            let Some(found) = found else { return };
            spelled.extend(found);
        }
        *items = spelled;
    }

    fn all_columns(&self) -> Option<Vec<SelectItem>> {
        let scope = self.scopes.last().filter(|scope| !scope.is_merged)?;
        let all = scope.entries.iter().map(|entry| self.columns_of_entry(entry)).collect::<Option<Vec<_>>>()?;
        Some(all.into_iter().flatten().collect())
    }

    /// The columns of a relation by their names, which must differ and be all of them.
    fn columns_of_entry(&self, entry: &Entry) -> Option<Vec<SelectItem>> {
        let is_sure = match entry.list {
            List::Table => true,
            List::Query => !self.is_vague,
            List::Part => false,
        };
        let columns = entry.columns.as_ref().filter(|_| is_sure)?;
        let names: HashSet<&str> = columns.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        if names.len() != columns.len() {
            return None;
        }
        let item = |column: &String| {
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(vec![ident(&entry.name), ident(column)]))
        };
        Some(columns.iter().map(item).collect())
    }
}

/// Words of the parser that no database reserves, and that many columns have as their name.
const PLAIN: &[&str] = &["id", "key", "name", "type", "value"];

/// A name as the database keeps it.
pub(super) fn ident(name: &str) -> Ident {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && (PLAIN.contains(&name) || ALL_KEYWORDS.binary_search(&name.to_ascii_uppercase().as_str()).is_err());
    if plain { Ident::new(name) } else { Ident::with_quote('"', name) }
}
