use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How a tenant's rows are kept apart from those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Isolation {
    /// Rows of all tenants share tables; the guard, and row-level security where the database has
    /// it, keep them apart.
    Shared,
    /// A schema for each tenant.
    Schema,
    /// A database, or a file, for each tenant.
    Database,
}

impl Isolation {
    /// Every strategy, the least separated first.
    pub const ALL: [Self; 3] = [Self::Shared, Self::Schema, Self::Database];

    /// Returns the name that is stored and sent: `shared`, `schema` or `database`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Schema => "schema",
            Self::Database => "database",
        }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Isolation {
    type Err = ParseIsolationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|isolation| isolation.as_str() == text).ok_or(ParseIsolationError(()))
    }
}

/// Says that a text names no [`Isolation`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("isolation is unknown; use shared, schema or database")]
pub struct ParseIsolationError(());
