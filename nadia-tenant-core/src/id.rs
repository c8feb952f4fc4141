use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies a tenant for as long as its data exists.
///
/// A UUID; new ones are version 7 ([RFC 9562]), so that ids made later sort later and indexes led by
/// the tenant grow at one end. The nil UUID is no tenant and can't be parsed into one.
///
/// ```
/// use nadia_tenant_core::TenantId;
///
/// let id: TenantId = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// assert_eq!(id.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
/// assert!("acme".parse::<TenantId>().is_err());
/// assert!("00000000-0000-0000-0000-000000000000".parse::<TenantId>().is_err());
/// # Ok::<(), nadia_tenant_core::ParseTenantIdError>(())
/// ```
///
/// [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct TenantId(Uuid);

impl TenantId {
    /// Makes a new id from the clock and the system's random source.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two defaults would differ")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// Returns the id as a UUID, to bind it to a statement.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl TryFrom<Uuid> for TenantId {
    type Error = ParseTenantIdError;

    fn try_from(uuid: Uuid) -> Result<Self, Self::Error> {
        if uuid.is_nil() { Err(ParseTenantIdError(())) } else { Ok(Self(uuid)) }
    }
}

impl From<TenantId> for Uuid {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

/// Accepts the hyphenated form only (36 characters, either case), so that one id has one spelling in
/// headers, logs and cache keys.
impl FromStr for TenantId {
    type Err = ParseTenantIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hyphenated = uuid::fmt::Hyphenated::from_str(text).map_err(|_| ParseTenantIdError(()))?;
        Self::try_from(hyphenated.into_uuid())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}

/// Says that a text or UUID is no [`TenantId`].
///
/// The message doesn't repeat the input: it may come from a header and end in a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tenant id is malformed; give a non-nil UUID as 36 characters with hyphens")]
pub struct ParseTenantIdError(());
