use crate::TenantId;

/// The database whose SQL is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// A type stored in a table whose rows belong to tenants.
///
/// Derive it; the attributes are those of the derive macro:
///
/// ```
/// use nadia_tenant_core::{Dialect, TenantAware, TenantId};
///
/// #[derive(TenantAware)]
/// #[tenant(table = "patients")]
/// struct Patient {
///     tenant_id: TenantId,
///     id: u64,
/// }
///
/// assert_eq!(Patient::TABLE, "patients");
/// assert_eq!(Patient::DDL.column(Dialect::Postgres), r#"ALTER TABLE "patients" ADD COLUMN "tenant_id" uuid NOT NULL"#);
/// assert_eq!(
///     Patient::DDL.index(&["id"]),
///     r#"CREATE INDEX "patients_tenant_id_id_idx" ON "patients" ("tenant_id", "id")"#,
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not stored for a tenant",
    label = "this type doesn't implement `TenantAware`",
    note = "add `#[derive(TenantAware)]` and `#[tenant(table = \"…\")]` to a struct that has a field `tenant_id: TenantId`"
)]
pub trait TenantAware {
    /// The table, without a schema.
    const TABLE: &'static str;
    /// The column that holds the tenant's id.
    const TENANT_COLUMN: &'static str = "tenant_id";
    /// The statements that give [`TABLE`](Self::TABLE) its tenant.
    const DDL: TenantDdl = TenantDdl { table: Self::TABLE, column: Self::TENANT_COLUMN };

    /// Returns the tenant that this value belongs to.
    fn tenant_id(&self) -> TenantId;
}

/// Writes the data definition statements of a tenant's column and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantDdl {
    table: &'static str,
    column: &'static str,
}

impl TenantDdl {
    /// Returns the statement that adds the tenant column to an existing, empty table.
    ///
    /// A table with rows first needs the column without `NOT NULL`, and a value for each row.
    #[must_use]
    pub fn column(&self, dialect: Dialect) -> String {
        format!("ALTER TABLE {} ADD COLUMN {}", quoted(self.table), self.column_definition(dialect))
    }

    /// Returns the column's definition for use inside `CREATE TABLE`.
    ///
    /// `uuid` in PostgreSQL, and a 16-byte `BLOB`, which is how sqlx stores UUIDs, in SQLite.
    #[must_use]
    pub fn column_definition(&self, dialect: Dialect) -> String {
        let kind = match dialect {
            Dialect::Postgres => "uuid",
            Dialect::Sqlite => "BLOB",
        };
        format!("{} {kind} NOT NULL", quoted(self.column))
    }

    /// Returns the statement that indexes `columns` within the tenant, so that a tenant's rows lie together.
    ///
    /// The index's name is `{table}_{column}…_idx`, cut to the 63 bytes that PostgreSQL keeps.
    #[must_use]
    pub fn index(&self, columns: &[&str]) -> String {
        let all: Vec<&str> = std::iter::once(self.column).chain(columns.iter().copied()).collect();
        let mut stem = format!("{}_{}", self.table, all.join("_"));
        // "_idx" takes four of the 63 bytes.
        let cut = (0..=stem.len().min(59)).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
        stem.truncate(cut);
        let name = quoted(&format!("{stem}_idx"));
        let columns = all.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        format!("CREATE INDEX {name} ON {} ({columns})", quoted(self.table))
    }
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// What the derive requires of the field that holds the tenant's id; `TenantId` alone has it.
#[diagnostic::on_unimplemented(
    message = "a row's tenant is a `TenantId`, not a `{Self}`",
    label = "this field holds the tenant's id",
    note = "make it a `TenantId`, or mark another field with `#[tenant(column)]`"
)]
pub trait TenantIdField {
    /// Returns the id.
    fn tenant_id(&self) -> TenantId;
}

#[diagnostic::do_not_recommend]
impl TenantIdField for TenantId {
    fn tenant_id(&self) -> TenantId {
        *self
    }
}
