//! The texts of statements. Names come from the catalog and are quoted; values are bound.

use std::fmt::Write as _;

use nadia_tenant_core::Dialect;

use super::sample::Row;
use crate::Table;

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn name(table: &Table) -> String {
    match table.schema() {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(table.name())),
        None => quoted(table.name()),
    }
}

pub(super) fn tenant(table: &Table) -> String {
    quoted(table.tenant_column().unwrap_or_default())
}

/// Writes an INSERT that gives the tenant as `$1`, and then the row's values.
pub(super) fn insert(table: &Table, row: &Row<'_>, dialect: Dialect) -> String {
    let (mut columns, mut values) = (tenant(table), "$1".to_owned());
    for (n, (column, value)) in (2..).zip(row) {
        let _ = write!(columns, ", {}", quoted(column.name()));
        let _ = write!(values, ", {}", value.placeholder(n, column, dialect));
    }
    format!("INSERT INTO {} ({columns}) VALUES ({values})", name(table))
}

/// Writes an upsert on a key of the table.
pub(super) fn upsert(table: &Table, row: &Row<'_>, key: &[String], changed: &str, dialect: Dialect) -> String {
    let key = key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let changed = quoted(changed);
    let insert = insert(table, row, dialect);
    format!("{insert} ON CONFLICT ({key}) DO UPDATE SET {changed} = excluded.{changed}")
}
