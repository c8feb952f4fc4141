//! Tables of a live database, read as the DDL that would make them, so that one reader decides what the guard relies on.

use sqlx::Row;

use super::CatalogBuilder;
use crate::Error;

impl CatalogBuilder {
    /// Reads the tables, keys, unique indexes and enumerated types of a schema of a PostgreSQL database.
    ///
    /// Views, functions and partitions are not read. Who connects must be one who sees the tables: their owner, or a role
    /// with rights on them.
    ///
    /// # Errors
    /// What the database reports; [`Error::Catalog`] as for [`ddl`](Self::ddl).
    #[cfg(feature = "postgres")]
    pub async fn introspect_postgres(self, connection: &mut sqlx::PgConnection, schema: &str) -> Result<Self, Error> {
        let rows = sqlx::query(include_str!("introspect.sql")).bind(schema).fetch_all(connection).await?;
        let statements = rows.iter().map(|row| row.try_get("ddl")).collect::<Result<Vec<String>, _>>()?;
        Ok(self.ddl(&statements.join(";\n"))?)
    }

    /// Reads the tables and unique indexes of a SQLite database.
    ///
    /// # Errors
    /// As [`introspect_postgres`](Self::introspect_postgres).
    #[cfg(feature = "sqlite")]
    pub async fn introspect_sqlite(self, connection: &mut sqlx::SqliteConnection) -> Result<Self, Error> {
        // SQLite keeps the text of each. Those without one belong to keys of their tables.
        let rows = sqlx::query(
            "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL \
             AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY type = 'index', rowid",
        )
        .fetch_all(connection)
        .await?;
        let statements = rows.iter().map(|row| row.try_get("sql")).collect::<Result<Vec<String>, _>>()?;
        Ok(self.ddl(&statements.join(";\n"))?)
    }
}
