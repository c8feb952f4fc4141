use std::time::Duration;

use nadia_tenant_core::{InvalidTransition, Placement, TenantId};

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
    #[error("tenant {tenant} has isolation {isolation}, which this database doesn't have; use shared or database")]
    Isolation {
        /// The tenant.
        tenant: TenantId,
        /// Its isolation.
        isolation: nadia_tenant_core::Isolation,
    },
    /// A migration of the tenant's place failed, so its rows may not be what statements expect.
    #[error("tenant {tenant} is quarantined; mend its place, migrate it again and release it")]
    Quarantined {
        /// The tenant.
        tenant: TenantId,
    },
    /// There is no installation where one was to be opened.
    #[error("there is no installation at {place}; provision one first, or name another place")]
    NoInstallation {
        /// The database's URL, without user and password.
        place: String,
    },
    /// The tables are not those that this program works with.
    #[error("the tables at {place} are not those of this program: {why}; migrate with the newest program first")]
    NotCurrent {
        /// The database's URL, without user and password.
        place: String,
        /// What differs.
        why: String,
    },
    /// A read over all tenants was not audited, or an audit hook refused it; nothing was read.
    #[error(
        "the read over all tenants was not audited, so nothing was read; see to the control database and the audit hooks"
    )]
    Audit(#[source] Box<dyn std::error::Error + Send + Sync>),
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
    /// No server of this installation has the placement.
    #[error("no server of this installation is called {:?}; add it to the configuration, or move the tenant", .0.as_str())]
    Placement(Placement),
    /// There is no such tenant.
    #[error("there is no such tenant; check the slug or the id")]
    UnknownTenant,
    /// Transactions that may have written rows of a tenant that is removed did not end.
    #[error(
        "transactions are still open after {0:?} that may have written rows of the tenant; end them, and run it again"
    )]
    OpenTransactions(Duration),
    /// Somebody else changed the record meanwhile.
    #[error("the tenant was changed by somebody else meanwhile; look at it again")]
    Conflict,
    /// A migration of a place failed; the place is as it was before that migration.
    #[error("migration {version} of the {place} failed; mend the migration, or the place, and run it again")]
    PlaceMigration {
        /// The place, in words.
        place: String,
        /// The migration's version.
        version: i64,
        /// What the database says.
        #[source]
        source: Box<Self>,
    },
    /// What was applied to a place is not what this program's migrations begin with.
    #[error("the {place} {fault}")]
    Drift {
        /// The place, in words.
        place: String,
        /// What differs, and what to do.
        fault: String,
    },
    /// A migration of the control database could not be applied.
    #[error("a migration of the control database failed")]
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
