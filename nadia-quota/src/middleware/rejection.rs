use std::{error::Error, fmt};

use http::StatusCode;

use crate::Exceeded;

/// Says why a request was refused; in the extensions of the response, for layers that log or count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRejection {
    kind: QuotaRejectionKind,
    exceeded: Option<Exceeded>,
}

/// The kinds of [`QuotaRejection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QuotaRejectionKind {
    /// The tenant used up what its plan admits.
    Exceeded,
    /// The request has no tenant: no layer outside this one put it there.
    TenantMissing,
    /// The tenant's cell has no bucket: its layout was built without this limiter.
    Misconfigured,
}

impl QuotaRejection {
    pub(super) const fn exceeded(exceeded: Exceeded) -> Self {
        Self { kind: QuotaRejectionKind::Exceeded, exceeded: Some(exceeded) }
    }

    pub(super) const fn tenant_missing() -> Self {
        Self { kind: QuotaRejectionKind::TenantMissing, exceeded: None }
    }

    pub(super) const fn misconfigured() -> Self {
        Self { kind: QuotaRejectionKind::Misconfigured, exceeded: None }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> QuotaRejectionKind {
        self.kind
    }

    /// Returns the limit and the time to wait, if the limit is what refused.
    #[must_use]
    pub const fn limit_exceeded(&self) -> Option<&Exceeded> {
        self.exceeded.as_ref()
    }

    /// Returns the status of the response: 429 for a limit, 500 for a mistake of the service.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self.kind {
            QuotaRejectionKind::Exceeded => StatusCode::TOO_MANY_REQUESTS,
            QuotaRejectionKind::TenantMissing | QuotaRejectionKind::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the stable code for clients: `quota_exceeded`, or `quota_unavailable` for both mistakes of the service,
    /// which are told apart in the log alone.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            QuotaRejectionKind::Exceeded => "quota_exceeded",
            QuotaRejectionKind::TenantMissing | QuotaRejectionKind::Misconfigured => "quota_unavailable",
        }
    }

    pub(super) fn log(&self) {
        match self.kind {
            QuotaRejectionKind::Exceeded => tracing::debug!(reason = %self, "request refused"),
            QuotaRejectionKind::TenantMissing | QuotaRejectionKind::Misconfigured => {
                tracing::error!(reason = %self, "request refused");
            }
        }
    }
}

impl fmt::Display for QuotaRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            QuotaRejectionKind::Exceeded => "the tenant's limit is exceeded",
            QuotaRejectionKind::TenantMissing => {
                "the request has no tenant; put the quota layer inside the layer that finds the tenant"
            }
            QuotaRejectionKind::Misconfigured => {
                "the tenant's cell has no bucket; make the limiter on the builder of the cells' layout"
            }
        })
    }
}

impl Error for QuotaRejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.exceeded.as_ref().map(|exceeded| exceeded as &(dyn Error + 'static))
    }
}
