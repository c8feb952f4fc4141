mod builder;
mod ddl;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod introspect;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod split;

use std::{collections::HashMap, fmt, sync::Arc};

use nadia_tenant_core::{Dialect, TenantAware};

pub use self::builder::CatalogBuilder;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use self::split::{About, Piece, split};

/// Whose rows a table holds, and so who may reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableKind {
    /// Each row belongs to one tenant, named by the tenant column. Scopes see their tenant's rows only.
    Tenant,
    /// Rows that all tenants read and none may change.
    Reference,
    /// The platform's own records; out of a tenant's reach.
    Control,
}

/// The tables that the guard knows. Cheap to clone and immutable; whatever is not in it is refused.
///
/// ```
/// use nadia_tenant_core::Dialect;
/// use nadia_tenant_sqlx::{Catalog, TableKind};
///
/// let catalog = Catalog::builder(Dialect::Postgres)
///     .ddl("CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
///           CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);")?
///     .build()?;
///
/// assert_eq!(catalog.table("patients").map(|table| table.kind()), Some(TableKind::Tenant));
/// assert_eq!(catalog.table("countries").map(|table| table.kind()), Some(TableKind::Reference));
/// # Ok::<(), nadia_tenant_sqlx::CatalogError>(())
/// ```
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    dialect: Dialect,
    tables: Vec<Table>,
    index: HashMap<String, usize>,
    enums: Vec<String>,
}

impl Catalog {
    /// Starts a catalog for one database.
    pub fn builder(dialect: Dialect) -> CatalogBuilder {
        CatalogBuilder::new(dialect)
    }

    fn new(dialect: Dialect, tables: Vec<Table>, enums: Vec<String>) -> Self {
        let index = tables.iter().enumerate().map(|(at, table)| (table.name.clone(), at)).collect();
        Self(Arc::new(Inner { dialect, tables, index, enums }))
    }

    /// Returns the database whose SQL the catalog is for.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// Returns all tables in the order of their definition.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.0.tables.iter()
    }

    /// Finds a table by the name the database keeps: lower case unless it was quoted in PostgreSQL, always lower case
    /// in SQLite.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.0.index.get(name).map(|at| &self.0.tables[*at])
    }

    /// Tells whether `name` is an enumerated type that the DDL made.
    pub(crate) fn has_enum(&self, name: &str) -> bool {
        self.0.enums.iter().any(|known| known == name)
    }

    /// Checks what a derive says against the tables: a tenant table of that name, with that tenant column.
    ///
    /// Call it at start for each type, so that a renamed table is found before the first request.
    ///
    /// # Errors
    /// [`CatalogError`] naming the table and what differs.
    pub fn check<T: TenantAware>(&self) -> Result<(), CatalogError> {
        let folded = T::TABLE.to_ascii_lowercase();
        let name = if self.0.dialect == Dialect::Sqlite { folded.as_str() } else { T::TABLE };
        let type_name = std::any::type_name::<T>();
        let Some(table) = self.table(name) else {
            return Err(CatalogError::new(format!(
                "table {:?} of type {type_name} is not in the catalog; correct the derive's table or add its DDL",
                T::TABLE
            )));
        };
        match table.tenant_column() {
            Some(column) if column == T::TENANT_COLUMN => Ok(()),
            Some(column) => Err(CatalogError::new(format!(
                "type {type_name} says that the tenant column of {name:?} is {:?}, the catalog says {column:?}; correct \
                 one of them",
                T::TENANT_COLUMN
            ))),
            None => Err(CatalogError::new(format!(
                "table {name:?} of type {type_name} has no tenant column; add {:?} to it",
                T::TENANT_COLUMN
            ))),
        }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("dialect", &self.0.dialect).field("tables", &self.0.tables).finish()
    }
}

/// A table of a [`Catalog`].
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    schema: Option<String>,
    kind: TableKind,
    tenant_column: Option<String>,
    columns: Vec<Column>,
    primary_key: Vec<String>,
    /// As an `ON CONFLICT ON CONSTRAINT` says it; `None` stands for the name that PostgreSQL makes up.
    primary_key_name: Option<String>,
    uniques: Vec<Unique>,
}

impl Table {
    /// Returns the name, without a schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the schema that the DDL named, if it named one.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Returns whose rows it holds.
    #[must_use]
    pub fn kind(&self) -> TableKind {
        self.kind
    }

    /// Returns the tenant column of a tenant table, `None` for the others.
    #[must_use]
    pub fn tenant_column(&self) -> Option<&str> {
        self.tenant_column.as_deref()
    }

    /// Returns the columns in the order of the table.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the columns of the primary key in its order; none if there is no key.
    #[must_use]
    pub fn primary_key(&self) -> &[String] {
        &self.primary_key
    }

    /// Returns every other unique constraint and unique index.
    #[must_use]
    pub fn uniques(&self) -> &[Unique] {
        &self.uniques
    }

    pub(crate) fn is_primary_key_named(&self, name: &str) -> bool {
        match &self.primary_key_name {
            Some(known) => known == name,
            None => name.strip_suffix("_pkey") == Some(&self.name),
        }
    }

    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    /// Tells whether the database would fill the tenant column in by itself.
    pub(crate) fn tenant_has_default(&self) -> bool {
        self.columns.iter().any(|column| Some(column.name()) == self.tenant_column() && column.has_default())
    }

    /// Returns the column sets that are unique over all rows, the primary key first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[String]> {
        let primary = (!self.primary_key.is_empty()).then_some(self.primary_key.as_slice());
        primary.into_iter().chain(self.uniques.iter().filter(|unique| unique.whole).map(|unique| &*unique.columns))
    }

    /// Tells whether no unique of this table can be hit by another tenant's row.
    pub(crate) fn keys_are_tenant_scoped(&self) -> bool {
        let Some(tenant) = self.tenant_column() else { return false };
        let holds = |columns: &[String]| columns.iter().any(|column| column == tenant);
        (self.primary_key.is_empty() || holds(&self.primary_key))
            && self.uniques.iter().all(|unique| holds(&unique.columns))
    }
}

/// A column of a [`Table`].
#[derive(Clone, Debug)]
pub struct Column {
    name: String,
    declared_type: String,
    not_null: bool,
    has_default: bool,
}

impl Column {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type as the DDL wrote it, in lower case; empty when it wrote none.
    #[must_use]
    pub fn declared_type(&self) -> &str {
        &self.declared_type
    }

    /// Tells whether the column refuses NULL.
    #[must_use]
    pub fn not_null(&self) -> bool {
        self.not_null
    }

    /// Tells whether an INSERT may leave the column out because it has a default or is generated.
    #[must_use]
    pub fn has_default(&self) -> bool {
        self.has_default
    }
}

/// A unique constraint or unique index.
#[derive(Clone, Debug)]
pub struct Unique {
    name: Option<String>,
    columns: Vec<String>,
    whole: bool,
    partial: bool,
}

impl Unique {
    /// Returns the name of the constraint or index, if the DDL gave one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns its plain columns in order; expressions are left out.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Tells whether it covers all rows by plain columns, so that an `ON CONFLICT` target can name it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Tells whether it covers some rows by plain columns, so that an `ON CONFLICT` target with a condition can name it.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }
}

/// Says what in a schema a [`Catalog`] can't be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    message: String,
}

impl CatalogError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}
