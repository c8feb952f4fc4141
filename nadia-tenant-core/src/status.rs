use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Where a tenant stands in its life.
///
/// ```
/// use nadia_tenant_core::TenantStatus;
///
/// let suspended = TenantStatus::Active.transition(TenantStatus::Suspended)?;
/// assert!(!suspended.serves_writes());
/// assert!(TenantStatus::Purged.transition(TenantStatus::Active).is_err());
/// # Ok::<(), nadia_tenant_core::InvalidTransition>(())
/// ```
///
/// | from | may become |
/// |---|---|
/// | provisioning | active, closing |
/// | active | read-only, suspended, moving, closing |
/// | read-only | active, suspended, moving, closing |
/// | suspended | active, read-only, closing |
/// | moving | active, read-only, suspended |
/// | closing | active (taken back in time), purged |
/// | purged | nothing |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TenantStatus {
    /// Its place is being made; it serves nothing yet.
    Provisioning,
    /// It serves reads and writes.
    Active,
    /// It serves reads only.
    ReadOnly,
    /// It serves nothing until an operator resumes it.
    Suspended,
    /// Its data moves to another place; it serves nothing for some seconds.
    Moving,
    /// It was closed and its data waits for deletion.
    Closing,
    /// Its data is gone; only the id stays taken.
    Purged,
}

impl TenantStatus {
    /// Every status, in the order of a tenant's life.
    pub const ALL: [Self; 7] =
        [Self::Provisioning, Self::Active, Self::ReadOnly, Self::Suspended, Self::Moving, Self::Closing, Self::Purged];

    /// Tells whether `next` may follow this status; see the table above. No status follows itself.
    #[must_use]
    pub const fn can_become(self, next: Self) -> bool {
        use TenantStatus::{Active, Closing, Moving, Provisioning, Purged, ReadOnly, Suspended};
        matches!(
            (self, next),
            (Provisioning, Active | Closing)
                | (Active, ReadOnly | Suspended | Moving | Closing)
                | (ReadOnly, Active | Suspended | Moving | Closing)
                | (Suspended, Active | ReadOnly | Closing)
                | (Moving, Active | ReadOnly | Suspended)
                | (Closing, Active | Purged)
        )
    }

    /// Returns `next` if it may follow this status.
    ///
    /// # Errors
    /// [`InvalidTransition`] naming both.
    pub const fn transition(self, next: Self) -> Result<Self, InvalidTransition> {
        if self.can_become(next) { Ok(next) } else { Err(InvalidTransition { from: self, to: next }) }
    }

    /// Tells whether reads are served.
    #[must_use]
    pub const fn serves_reads(self) -> bool {
        matches!(self, Self::Active | Self::ReadOnly)
    }

    /// Tells whether writes are served.
    #[must_use]
    pub const fn serves_writes(self) -> bool {
        matches!(self, Self::Active)
    }

    /// Returns the name that is stored and sent: `provisioning`, `active`, `read-only`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::ReadOnly => "read-only",
            Self::Suspended => "suspended",
            Self::Moving => "moving",
            Self::Closing => "closing",
            Self::Purged => "purged",
        }
    }
}

impl fmt::Display for TenantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TenantStatus {
    type Err = ParseTenantStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(ParseTenantStatusError(()))
    }
}

/// Says that a text names no [`TenantStatus`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tenant status is unknown; use provisioning, active, read-only, suspended, moving, closing or purged")]
pub struct ParseTenantStatusError(());

/// Says that one status can't follow another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant that is {from} can't become {to}")]
pub struct InvalidTransition {
    from: TenantStatus,
    to: TenantStatus,
}

impl InvalidTransition {
    /// Returns the status the tenant has.
    #[must_use]
    pub const fn from(&self) -> TenantStatus {
        self.from
    }

    /// Returns the status that was asked for.
    #[must_use]
    pub const fn to(&self) -> TenantStatus {
        self.to
    }
}
