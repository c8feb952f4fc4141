use std::time::Duration;

use nadia_tenant_core::{InvalidTransition, TenantId};

use crate::Refusal;

/// What can go wrong between a tenant's context and its rows.
///
/// Messages are for operators and developers. They hold statement text at most, never a bound value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The guard refused the statement; nothing was sent to the database.
    #[error("the statement was refused: {0}")]
    Refused(Refusal),
    /// The database or the connection to it failed.
    #[error("the database failed")]
    Sqlx(#[source] sqlx::Error),
    /// No connection was ready in time: none came free, or the database doesn't answer.
    #[error(
        "no connection was ready within {0:?}; raise the connection limit, shorten the scopes, or see to the database"
    )]
    Timeout(Duration),
    /// The slug belongs to a tenant already.
    #[error("the slug is taken; choose another")]
    SlugTaken,
    /// A statement in the transaction had failed, so it was rolled back instead of committed.
    #[error("the transaction was rolled back because a statement in it had failed; begin again")]
    RolledBack,
    /// The tenant's isolation is not served here.
    #[error("tenant {tenant} has isolation {isolation:?}, which this place doesn't serve; use shared")]
    Isolation {
        /// The tenant.
        tenant: TenantId,
        /// Its isolation.
        isolation: nadia_tenant_core::Isolation,
    },
    /// A wall that must stand was found missing when the installation was opened.
    #[error("{0}; provision the installation again with a privileged URL, and don't serve before")]
    Wall(String),
    /// The doctor found that a tenant can reach another's rows.
    #[error(
        "the doctor found {critical} critical faults, the first: {first}; mend them by its migration, and don't serve before"
    )]
    Unsound {
        /// How many.
        critical: usize,
        /// Code, object and place of the first.
        first: String,
    },
    /// The database URL or another setting makes no sense.
    #[error("{0}")]
    Config(String),
    /// A migration could not be applied.
    #[error("a migration failed")]
    Migrate(#[source] Box<sqlx::migrate::MigrateError>),
    /// The catalog could not be read from the migrations.
    #[error("the catalog could not be read from the migrations")]
    Catalog(#[source] crate::CatalogError),
    /// A tenant's status can't become the one asked for.
    #[error("the tenant's status can't be changed so")]
    Transition(#[source] InvalidTransition),
    /// A stored record is malformed.
    #[error("a stored record is malformed")]
    Corrupt(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file or folder of the installation could not be used.
    #[error("{path} can't be used")]
    Io {
        /// The file or folder.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Tells whether a unique constraint refused the statement.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => error.is_unique_violation(),
            Self::SlugTaken => true,
            _ => false,
        }
    }

    /// Tells whether a tenant's slug was taken.
    #[must_use]
    pub const fn is_slug_taken(&self) -> bool {
        matches!(self, Self::SlugTaken)
    }

    /// Tells whether no row answered where one was asked for.
    #[must_use]
    pub const fn is_row_not_found(&self) -> bool {
        matches!(self, Self::Sqlx(sqlx::Error::RowNotFound))
    }
}

/// Wraps a refusal, or an error of this crate, for the way through sqlx's `Executor`, whose error type is fixed.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn refused(why: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Configuration(Box::new(why))
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Configuration(inner) => match inner.downcast::<Refusal>() {
                Ok(refusal) => Self::Refused(*refusal),
                Err(inner) => match inner.downcast::<Self>() {
                    Ok(own) => *own,
                    Err(inner) => Self::Sqlx(sqlx::Error::Configuration(inner)),
                },
            },
            other => Self::Sqlx(other),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migrate(Box::new(error))
    }
}

impl From<crate::CatalogError> for Error {
    fn from(error: crate::CatalogError) -> Self {
        Self::Catalog(error)
    }
}
