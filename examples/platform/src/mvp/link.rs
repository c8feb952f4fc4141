use std::{path::PathBuf, pin::pin};

use futures_util::{Stream, TryStreamExt};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Row as _, SqlSafeStr, SqliteConnection,
    postgres::{PgConnectOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqliteRow},
};

/// Where a single-user product keeps its data.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A database of its own; the URL may hold a password.
    Postgres(SecretString),
}

/// Why a source can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("the source can't be opened; name a file of SQLite, or postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Open(#[source] sqlx::Error),
    #[error(
        "the source's table {table:?} can't be read as the single-user product has it; \
         its schema is in examples/platform/mvp"
    )]
    Table {
        table: &'static str,
        #[source]
        source: sqlx::Error,
    },
    #[error("there is something already; name a file that isn't there yet, or an empty database")]
    Taken(#[source] sqlx::Error),
    #[error("the source failed while it was read")]
    Read(#[from] sqlx::Error),
}

impl SourceError {
    pub(crate) fn into_cause(self) -> sqlx::Error {
        match self {
            Self::Open(source) | Self::Table { source, .. } | Self::Taken(source) | Self::Read(source) => source,
        }
    }
}

/// A connection to a single-user product's database, on either of the two.
///
/// It is no tenant's, so no scope and no guard stand before it: a single connection that only reads, or that writes made-up
/// data to where nothing was.
#[derive(Debug)]
pub(super) enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A row of a [`Link`].
pub(super) enum SourceRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A value on its way into a statement of a [`Link`]. No `Debug`: it may be somebody's data.
pub(super) enum Bound {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

macro_rules! bound {
    ($sql:expr, $values:expr) => {
        $values.into_iter().fold(sqlx::query($sql), |query, value| match value {
            Bound::Number(number) => query.bind(number),
            Bound::Text(text) => query.bind(text),
            Bound::Bytes(bytes) => query.bind(bytes),
        })
    };
}

impl Place {
    /// Reads what a command line names.
    pub(crate) fn parse(text: &SecretString) -> Self {
        let exposed = text.expose_secret();
        if exposed.starts_with("postgres://") || exposed.starts_with("postgresql://") {
            return Self::Postgres(text.clone());
        }
        Self::Sqlite(exposed.strip_prefix("sqlite:").unwrap_or(exposed).into())
    }
}

impl Link {
    /// Opens a source to be read, in one snapshot that lasts as long as the connection.
    pub(super) async fn read(place: &Place) -> Result<Self, SourceError> {
        let opened = async {
            let (mut link, begin) = match place {
                Place::Sqlite(file) => {
                    let options = SqliteConnectOptions::new().filename(file).read_only(true);
                    (Self::Sqlite(SqliteConnection::connect_with(&options).await?), "BEGIN")
                }
                Place::Postgres(url) => {
                    let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
                    (Self::Postgres(PgConnection::connect_with(&options(url)?).await?), begin)
                }
            };
            link.execute(begin, Vec::new()).await?;
            // SQLite's snapshot begins with the first read, which also tells whether the file is a database at all.
            link.execute("SELECT 1", Vec::new()).await?;
            Ok(link)
        };
        opened.await.map_err(SourceError::Open)
    }

    /// Opens a place to be filled with made-up data.
    pub(super) async fn write(place: &Place) -> Result<Self, SourceError> {
        let opened = async {
            match place {
                Place::Sqlite(file) => {
                    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
                    Ok(Self::Sqlite(SqliteConnection::connect_with(&options).await?))
                }
                Place::Postgres(url) => Ok(Self::Postgres(PgConnection::connect_with(&options(url)?).await?)),
            }
        };
        opened.await.map_err(SourceError::Open)
    }

    pub(super) const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    pub(super) async fn execute(&mut self, sql: &str, values: Vec<Bound>) -> Result<(), sqlx::Error> {
        // The texts are this module's own; only how many rows they have is made up at run time.
        let sql = AssertSqlSafe(sql).into_sql_str();
        match self {
            Self::Sqlite(connection) => bound!(sql, values).execute(connection).await.map(drop),
            Self::Postgres(connection) => bound!(sql, values).execute(connection).await.map(drop),
        }
    }

    /// Runs several statements without values.
    pub(super) async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
            Self::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
        }
    }

    /// Gives rows to `take` as they come, until it wants no more.
    pub(super) async fn fetch(
        &mut self,
        sql: &'static str,
        values: Vec<Bound>,
        take: impl FnMut(SourceRow) -> Result<bool, sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => each(bound!(sql, values).fetch(connection), SourceRow::Sqlite, take).await,
            Self::Postgres(connection) => each(bound!(sql, values).fetch(connection), SourceRow::Postgres, take).await,
        }
    }

    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

impl SourceRow {
    pub(super) fn number(&self, column: &str) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns how many bytes the row's texts have.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Sqlite(row) => {
                (0..row.len()).filter_map(|at| row.try_get::<&[u8], _>(at).ok()).map(<[u8]>::len).sum()
            }
            Self::Postgres(row) => (0..row.len()).filter_map(|at| row.try_get::<&str, _>(at).ok()).map(str::len).sum(),
        }
    }

    pub(super) fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns the bytes of a text, which in SQLite need not be UTF-8.
    pub(super) fn text(&self, column: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => Ok(row.try_get::<Option<String>, _>(column)?.map(String::into_bytes)),
        }
    }
}

async fn each<R>(
    rows: impl Stream<Item = Result<R, sqlx::Error>>,
    wrap: fn(R) -> SourceRow,
    mut take: impl FnMut(SourceRow) -> Result<bool, sqlx::Error>,
) -> Result<(), sqlx::Error> {
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        if !take(wrap(row))? {
            break;
        }
    }
    Ok(())
}

fn options(url: &SecretString) -> Result<PgConnectOptions, sqlx::Error> {
    // The parser's own message might repeat the password.
    url.expose_secret().parse().map_err(|_| sqlx::Error::Configuration("the URL is malformed".into()))
}
