use std::fmt;

use http::StatusCode;
use nadia_tenant_core::StoreError;

/// Says why a request was refused: no tenant, not exactly one, or one that doesn't serve now.
///
/// A [`Resolve`](crate::Resolve) of your own makes one from its kind. The cause of
/// [`Unavailable`](TenantRejectionKind::Unavailable) is in [`source`](std::error::Error::source); it is
/// for the log, and no default response shows it.
#[derive(Clone, Debug)]
pub struct TenantRejection {
    kind: TenantRejectionKind,
    source: Option<StoreError>,
}

/// The kinds of [`TenantRejection`]; each response that the layer makes carries one in its extensions.
///
/// | kind | status | code |
/// |---|---|---|
/// | `Ambiguous` | 400 | `tenant_ambiguous` |
/// | `InvalidHost` | 400 | `host_invalid` |
/// | `Missing` | 404 | `tenant_missing` |
/// | `Unknown`, `Malformed` | 404 | `tenant_unknown` |
/// | `ReadOnly` | 403 | `tenant_read_only` |
/// | `Suspended` | 403 | `tenant_suspended` |
/// | `Closing` | 403 | `tenant_closing` |
/// | `Provisioning` | 503, `Retry-After: 5` | `tenant_provisioning` |
/// | `Moving` | 503, `Retry-After: 5` | `tenant_moving` |
/// | `Quarantined` | 503, `Retry-After: 30` | `tenant_quarantined` |
/// | `Unavailable` | 503, `Retry-After: 5` | `tenant_unavailable` |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TenantRejectionKind {
    /// The request names several tenants, or one in a way that leaves a choice: sources that disagree, a host or
    /// tenant header given twice, an authority that is not the Host.
    Ambiguous,
    /// The host is no host: user information, a bad port, characters outside of names, empty or over-long parts.
    /// [RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2) asks for 400.
    InvalidHost,
    /// Nothing in the request names a tenant.
    Missing,
    /// The request names no tenant that exists. A purged one doesn't.
    Unknown,
    /// The request names what can't be a tenant. The response is that of [`Unknown`](Self::Unknown), byte for byte;
    /// only the log and this kind tell them apart.
    Malformed,
    /// A write to a tenant that serves reads only.
    ReadOnly,
    /// The tenant is suspended.
    Suspended,
    /// The tenant was closed and its data waits for deletion.
    Closing,
    /// The tenant's place is being made.
    Provisioning,
    /// The tenant's data moves to another place, which takes some seconds.
    Moving,
    /// A migration of the tenant's place failed; it serves nothing until an operator has mended that.
    Quarantined,
    /// The store of tenants did not answer.
    Unavailable,
}

impl TenantRejection {
    /// Makes a rejection of this kind.
    #[must_use]
    pub const fn new(kind: TenantRejectionKind) -> Self {
        Self { kind, source: None }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> TenantRejectionKind {
        self.kind
    }
}

impl TenantRejectionKind {
    /// Returns the status of the response.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Ambiguous | Self::InvalidHost => StatusCode::BAD_REQUEST,
            Self::Missing | Self::Unknown | Self::Malformed => StatusCode::NOT_FOUND,
            Self::ReadOnly | Self::Suspended | Self::Closing => StatusCode::FORBIDDEN,
            Self::Provisioning | Self::Moving | Self::Quarantined | Self::Unavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Returns the code that clients match on; it doesn't change between versions.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ambiguous => "tenant_ambiguous",
            Self::InvalidHost => "host_invalid",
            Self::Missing => "tenant_missing",
            Self::Unknown | Self::Malformed => "tenant_unknown",
            Self::ReadOnly => "tenant_read_only",
            Self::Suspended => "tenant_suspended",
            Self::Closing => "tenant_closing",
            Self::Provisioning => "tenant_provisioning",
            Self::Moving => "tenant_moving",
            Self::Quarantined => "tenant_quarantined",
            Self::Unavailable => "tenant_unavailable",
        }
    }

    /// Returns what is wrong, in words for the client.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Ambiguous => "the request does not name exactly one tenant",
            Self::InvalidHost => "the host of the request is not valid",
            Self::Missing => "the request names no tenant",
            Self::Unknown | Self::Malformed => "there is no such tenant",
            Self::ReadOnly => "the tenant serves reads only at the moment",
            Self::Suspended => "the tenant is suspended",
            Self::Closing => "the tenant was closed",
            Self::Provisioning => "the tenant is being set up",
            Self::Moving => "the tenant is being moved",
            Self::Quarantined => "the tenant's data is being repaired",
            Self::Unavailable => "tenants can't be looked up at the moment",
        }
    }

    /// Returns what the client can do about it.
    #[must_use]
    pub const fn fix(self) -> &'static str {
        match self {
            Self::Ambiguous => "name one tenant, once; the host and every header must agree",
            Self::InvalidHost => "send one Host header of the form name or name:port",
            Self::Missing => "send the request to the tenant's own host",
            Self::Unknown | Self::Malformed => "check the tenant's name in the address",
            Self::ReadOnly => "read only, or ask the operator to lift the restriction",
            Self::Suspended => "ask the operator to resume the tenant",
            Self::Closing => "ask the operator to take the closing back",
            Self::Provisioning | Self::Moving | Self::Quarantined | Self::Unavailable => {
                "try again after the seconds in Retry-After"
            }
        }
    }

    /// Returns the seconds after which to try again, where waiting helps.
    #[must_use]
    pub const fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::Provisioning | Self::Moving | Self::Unavailable => Some(5),
            // A person mends it.
            Self::Quarantined => Some(30),
            _ => None,
        }
    }
}

impl From<TenantRejectionKind> for TenantRejection {
    fn from(kind: TenantRejectionKind) -> Self {
        Self::new(kind)
    }
}

impl From<StoreError> for TenantRejection {
    fn from(source: StoreError) -> Self {
        Self { kind: TenantRejectionKind::Unavailable, source: Some(source) }
    }
}

impl fmt::Display for TenantRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.kind.detail(), self.kind.fix())
    }
}

impl std::error::Error for TenantRejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
