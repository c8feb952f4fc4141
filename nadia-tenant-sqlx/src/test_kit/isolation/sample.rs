use std::collections::HashMap;

use nadia_tenant_core::{Dialect, TenantContext, TenantId};

use super::{Maker, SampleValue};
use crate::{Column, Table};

/// A row's columns but the tenant's, with their values.
pub(super) type Row<'t> = Vec<(&'t Column, SampleValue)>;

/// What a value is made up for.
#[derive(Debug)]
pub struct Sample<'s> {
    tenant: TenantId,
    number: usize,
    /// How many rows of the table the tenant has.
    before: usize,
    written: &'s Written,
}

/// The values of each tenant's rows of each table.
type Written = HashMap<(TenantId, String), Vec<Named>>;

/// A row's columns by name.
type Named = Vec<(String, SampleValue)>;

/// Makes rows up, and remembers those that were written.
pub(super) struct Samples<'m> {
    dialect: Dialect,
    makers: &'m [(String, String, Maker<'m>)],
    written: Written,
    number: usize,
}

impl Sample<'_> {
    /// Returns whose row it is to be.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Returns a number that no other row of this check has, from 1.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// Returns what a row of the tenant's has in a column of a table before this one, for a foreign key: the first row's for
    /// the first row, and so on. NULL if none was written.
    #[must_use]
    pub fn of(&self, table: &str, column: &str) -> SampleValue {
        let rows = self.written.get(&(self.tenant, table.to_owned())).filter(|rows| !rows.is_empty());
        let row = rows.map(|rows| &rows[self.before % rows.len()]);
        let value = row.and_then(|row| row.iter().find(|(name, _)| name == column));
        value.map_or(SampleValue::Null, |(_, value)| value.clone())
    }
}

impl<'m> Samples<'m> {
    pub(super) fn new(dialect: Dialect, makers: &'m [(String, String, Maker<'m>)]) -> Self {
        Self { dialect, makers, written: Written::new(), number: 0 }
    }

    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Makes a row up, or says which column it knows nothing for.
    pub(super) fn make<'t>(&mut self, ctx: &TenantContext, table: &'t Table) -> Result<Row<'t>, String> {
        self.number += 1;
        let tenant = ctx.tenant().id();
        let before = self.written.get(&(tenant, table.name().to_owned())).map_or(0, Vec::len);
        let sample = Sample { tenant, number: self.number, before, written: &self.written };
        let mut row = Row::new();
        for column in table.columns() {
            if Some(column.name()) == table.tenant_column() {
                continue;
            }
            if let Some(maker) = self.maker(table, column.name()) {
                row.push((column, maker(&sample)));
            } else if is_needed(table, column) {
                let Some(value) = SampleValue::of_type(column.declared_type(), self.number) else {
                    let (name, declared) = (column.name(), column.declared_type());
                    return Err(format!(
                        "no value is known for column {name:?} of type {declared:?}; give one by with_value"
                    ));
                };
                row.push((column, value));
            }
        }
        Ok(row)
    }

    /// Tells whether the caller says what the column holds.
    pub(super) fn is_given(&self, table: &Table, column: &str) -> bool {
        self.maker(table, column).is_some()
    }

    fn maker(&self, table: &Table, column: &str) -> Option<&'m Maker<'m>> {
        let found = self.makers.iter().find(|(of, name, _)| of == table.name() && name == column);
        found.map(|(_, _, maker)| maker)
    }

    pub(super) fn remember(&mut self, ctx: &TenantContext, table: &Table, row: &Row<'_>) {
        let named = row.iter().map(|(column, value)| (column.name().to_owned(), value.clone()));
        let key = (ctx.tenant().id(), table.name().to_owned());
        self.written.entry(key).or_default().push(named.collect());
    }

    /// Returns what a tenant's first row of a table has, if it was written.
    pub(super) fn first(&self, ctx: &TenantContext, table: &Table) -> Option<&[(String, SampleValue)]> {
        self.written.get(&(ctx.tenant().id(), table.name().to_owned()))?.first().map(Vec::as_slice)
    }
}

/// Tells whether a row needs the column: the database fills no value in, or probes name it as part of a key.
fn is_needed(table: &Table, column: &Column) -> bool {
    let names = |key: &[String]| key.iter().any(|name| name == column.name());
    names(table.primary_key()) || column.not_null() && (!column.has_default() || table.keys().any(names))
}
