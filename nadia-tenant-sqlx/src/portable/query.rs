use std::fmt;

use sqlx::{SqlSafeStr, SqlStr};

use super::{AnySession, Param, PortableValue, Row};
use crate::{Error, scope::Level};

/// A statement on its way to either database. Made by a scope's `query`.
#[must_use = "a statement runs when it is executed or fetched"]
pub struct Query<'s> {
    session: &'s mut dyn AnySession,
    level: Level,
    sql: SqlStr,
    params: Vec<Param>,
}

impl<'s> Query<'s> {
    pub(crate) fn new(session: &'s mut dyn AnySession, level: Level, sql: impl SqlSafeStr) -> Self {
        Self { session, level, sql: sql.into_sql_str(), params: Vec::new() }
    }

    /// Binds the next parameter: the first call `$1`, the second `$2`.
    pub fn bind<T: PortableValue>(mut self, value: T) -> Self {
        self.params.push(Box::new(value));
        self
    }

    /// Runs the statement and returns the number of rows it changed.
    ///
    /// # Errors
    /// [`Error::Refused`] by the guard, [`Error::Sqlx`] by the database.
    pub async fn execute(self) -> Result<u64, Error> {
        self.session.execute(self.level, self.sql, self.params).await
    }

    /// Runs the statement and returns its first row, if it has one.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn fetch_optional(self) -> Result<Option<Row>, Error> {
        self.session.fetch_optional(self.level, self.sql, self.params).await
    }

    /// Runs the statement and returns its first row.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); [`Error::is_row_not_found`] when there is none.
    pub async fn fetch_one(self) -> Result<Row, Error> {
        self.fetch_optional().await?.ok_or(Error::Sqlx(sqlx::Error::RowNotFound))
    }

    /// Runs the statement and returns all its rows.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn fetch_all(self) -> Result<Vec<Row>, Error> {
        self.session.fetch_all(self.level, self.sql, self.params).await
    }
}

impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bound values may be somebody's data.
        f.debug_struct("Query").field("sql", &self.sql.as_str()).finish_non_exhaustive()
    }
}
