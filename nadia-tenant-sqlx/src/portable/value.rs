use std::fmt;

use sqlx::error::BoxDynError;
use sqlx::{Decode, Encode, Type};

use crate::Error;

/// A Rust type that every enabled database can store and give back.
///
/// Implemented for whatever sqlx encodes and decodes on all of them: `String`, `i64`, `bool`, `f64`,
/// `Vec<u8>`, `uuid::Uuid`, `time::OffsetDateTime`, `time::Date`, and `Option`s of these.
pub trait PortableValue: OnPostgres + OnSqlite + Send + 'static {}

impl<T: OnPostgres + OnSqlite + Send + 'static> PortableValue for T {}

macro_rules! on_database {
    ($name:ident, $feature:literal, $database:path) => {
        /// The part of [`PortableValue`] that one database asks for.
        #[cfg(feature = $feature)]
        pub trait $name: for<'q> Encode<'q, $database> + for<'r> Decode<'r, $database> + Type<$database> {}
        #[cfg(feature = $feature)]
        impl<T> $name for T where T: for<'q> Encode<'q, $database> + for<'r> Decode<'r, $database> + Type<$database> {}

        /// The part of [`PortableValue`] of a database that is not compiled in.
        #[cfg(not(feature = $feature))]
        pub trait $name {}
        #[cfg(not(feature = $feature))]
        impl<T> $name for T {}
    };
}
on_database!(OnPostgres, "postgres", sqlx::Postgres);
on_database!(OnSqlite, "sqlite", sqlx::Sqlite);

/// A value on its way into a statement whose database is not known yet.
pub(crate) type Param = Box<dyn Bind>;

/// Binds a [`Param`], once the database is known.
pub trait Bind: Send {
    #[cfg(feature = "postgres")]
    fn postgres(self: Box<Self>, arguments: &mut sqlx::postgres::PgArguments) -> Result<(), BoxDynError>;
    #[cfg(feature = "sqlite")]
    fn sqlite(self: Box<Self>, arguments: &mut sqlx::sqlite::SqliteArguments) -> Result<(), BoxDynError>;
}

impl<T: PortableValue> Bind for T {
    #[cfg(feature = "postgres")]
    fn postgres(self: Box<Self>, arguments: &mut sqlx::postgres::PgArguments) -> Result<(), BoxDynError> {
        sqlx::Arguments::add(arguments, *self)
    }

    #[cfg(feature = "sqlite")]
    fn sqlite(self: Box<Self>, arguments: &mut sqlx::sqlite::SqliteArguments) -> Result<(), BoxDynError> {
        sqlx::Arguments::add(arguments, *self)
    }
}

/// A row of a portable statement.
pub struct Row(pub(crate) AnyRow);

pub(crate) enum AnyRow {
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteRow),
}

impl Row {
    /// Reads a column by its name.
    ///
    /// # Errors
    /// [`Error::Sqlx`] when there is no such column, or it holds no `T`.
    pub fn get<T: PortableValue>(&self, column: &str) -> Result<T, Error> {
        let value = match &self.0 {
            #[cfg(feature = "postgres")]
            AnyRow::Postgres(row) => sqlx::Row::try_get(row, column),
            #[cfg(feature = "sqlite")]
            AnyRow::Sqlite(row) => sqlx::Row::try_get(row, column),
        };
        value.map_err(Error::from)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A row is somebody's data.
        f.write_str("Row(..)")
    }
}
