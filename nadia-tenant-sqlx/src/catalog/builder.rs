use nadia_tenant_core::Dialect;

use super::{Catalog, CatalogError, Table, TableKind, ddl};
use crate::guard::Flavor;

/// Collects tables for a [`Catalog`].
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing until `build`"]
pub struct CatalogBuilder {
    pub(super) dialect: Dialect,
    pub(super) tenant_column: String,
    pub(super) tables: Vec<Draft>,
    pub(super) enums: Vec<String>,
    shared: Vec<String>,
}

/// A table whose kind is decided when all of its columns are known.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) table: Table,
    pub(super) control: bool,
}

impl CatalogBuilder {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            tenant_column: "tenant_id".to_owned(),
            tables: Vec::new(),
            enums: Vec::new(),
            shared: Vec::new(),
        }
    }

    /// Returns how the database reads names: the guard's way, since its statements are compared with these.
    pub(super) fn flavor(&self) -> Result<Flavor, CatalogError> {
        let dialect = self.dialect;
        Flavor::of(dialect).ok_or_else(|| {
            CatalogError::new(format!("dialect {dialect:?} is not known here; use PostgreSQL or SQLite"))
        })
    }

    /// Replaces the name of the tenant column, `tenant_id`, for all tables.
    pub fn tenant_column(mut self, name: &str) -> Self {
        name.clone_into(&mut self.tenant_column);
        self
    }

    /// Reads tables from data definition statements: those with the tenant column are tenant tables, the others
    /// reference tables.
    ///
    /// Of the statements, `CREATE TABLE`, `ALTER TABLE`, `DROP TABLE`, unique indexes and enumerated types count, in their order, so that the
    /// text of all migrations gives the schema they end in; everything else (views, functions, policies, rows) is skipped.
    ///
    /// # Errors
    /// [`CatalogError`] when a statement that counts is not understood or says something that the guard can't rely on.
    pub fn ddl(mut self, sql: &str) -> Result<Self, CatalogError> {
        ddl::read(&mut self, sql, false)?;
        Ok(self)
    }

    /// Reads tables as [`ddl`](Self::ddl) does, but as control tables, whatever their columns.
    ///
    /// # Errors
    /// As [`ddl`](Self::ddl).
    pub fn control_ddl(mut self, sql: &str) -> Result<Self, CatalogError> {
        ddl::read(&mut self, sql, true)?;
        Ok(self)
    }

    /// Makes `table` (as the database keeps its name) a reference table, which all tenants read, even if it has the tenant column.
    ///
    /// # Security
    /// Every tenant sees every row of it. A name that no table has is passed over.
    pub fn reference(mut self, table: &str) -> Self {
        self.shared.push(table.to_owned());
        self
    }

    /// Makes the catalog.
    ///
    /// # Errors
    /// [`CatalogError`] when the tenant column has a name or a type that can't hold a tenant's id.
    pub fn build(self) -> Result<Catalog, CatalogError> {
        let Self { dialect, tenant_column, tables, enums, shared } = self;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if tenant_column.is_empty() || tenant_column.len() > 63 || !tenant_column.bytes().all(plain) {
            return Err(CatalogError::new(format!(
                "tenant column {tenant_column:?} is refused; use up to 63 lower-case letters, digits and underscores"
            )));
        }
        let mut finished = Vec::with_capacity(tables.len());
        for Draft { mut table, control } in tables {
            let column = table.columns.iter().find(|column| column.name == tenant_column);
            (table.kind, table.tenant_column) = match column {
                _ if control => (TableKind::Control, None),
                _ if shared.iter().any(|name| match dialect {
                    Dialect::Sqlite => name.eq_ignore_ascii_case(&table.name),
                    _ => *name == table.name,
                }) =>
                {
                    (TableKind::Reference, None)
                }
                // Were it a reference table, every tenant could read it.
                None if table.columns.iter().any(|known| known.name.eq_ignore_ascii_case(&tenant_column)) => {
                    return Err(CatalogError::new(format!(
                        "table {:?} has a column that is {tenant_column:?} but for capital letters; write it as \
                         {tenant_column:?}",
                        table.name
                    )));
                }
                None => (TableKind::Reference, None),
                Some(column) => {
                    if dialect == Dialect::Postgres && column.declared_type != "uuid" {
                        return Err(CatalogError::new(format!(
                            "tenant column {tenant_column:?} of table {:?} has type {:?}; make it uuid",
                            table.name, column.declared_type
                        )));
                    }
                    if !column.not_null {
                        return Err(CatalogError::new(format!(
                            "tenant column {tenant_column:?} of table {:?} allows NULL, so a row could belong to \
                             nobody; add NOT NULL",
                            table.name
                        )));
                    }
                    (TableKind::Tenant, Some(tenant_column.clone()))
                }
            };
            finished.push(table);
        }
        Ok(Catalog::new(dialect, finished, enums))
    }
}
