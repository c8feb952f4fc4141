use std::{borrow::Cow, fmt};

use http::request::Parts;
use nadia_tenant_core::{ResolvedBy, TenantId, TenantRef, TenantSlug};

use crate::{TenantRejection, TenantRejectionKind};

mod header;
mod subdomain;

pub use header::HeaderResolver;
pub use subdomain::{BaseDomainError, HostMatch, SubdomainResolver};

/// Reads from a request which tenant it names.
///
/// Pure and quick: it sees the request's head, decides from it alone, and may be asked twice for one request. Whether
/// the tenant exists, and whether all sources agree, is for [`TenantLayer`](crate::TenantLayer) to say.
///
/// ```
/// use http::request::Parts;
/// use nadia_tenant_core::ResolvedBy;
/// use nadia_tenant_tower::{Named, Resolve, TenantRejection};
///
/// /// Names the tenant by the first segment of the path.
/// #[derive(Debug)]
/// struct FirstSegment;
///
/// impl Resolve for FirstSegment {
///     fn resolve<'r>(&self, request: &'r Parts) -> Result<Option<Named<'r>>, TenantRejection> {
///         Ok(request.uri.path().split('/').nth(1).filter(|segment| !segment.is_empty()).map(Named::slug))
///     }
///
///     fn by(&self) -> ResolvedBy { ResolvedBy::Custom }
/// }
/// ```
pub trait Resolve: fmt::Debug + Send + Sync + 'static {
    /// Returns what the request names, or `None` if it names nothing in the place where this resolver looks.
    ///
    /// # Errors
    /// [`TenantRejection`] when the place holds what can't be read as one name. Never answer `None` for that: another
    /// resolver would then decide alone.
    fn resolve<'r>(&self, request: &'r Parts) -> Result<Option<Named<'r>>, TenantRejection>;

    /// Returns where this resolver looks, for [`TenantContext::by`](nadia_tenant_core::TenantContext::by).
    fn by(&self) -> ResolvedBy;
}

/// What a request says of its tenant: a reference that nobody has checked yet.
///
/// A slug is kept as the request's own text, so that a cached tenant is found without parsing or copying it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'r>(pub(crate) Inner<'r>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inner<'r> {
    Id(TenantId),
    Slug(Cow<'r, str>),
}

impl<'r> Named<'r> {
    /// Names a tenant by its id.
    #[must_use]
    pub const fn id(id: TenantId) -> Self {
        Self(Inner::Id(id))
    }

    /// Names a tenant by what may be its slug; text that is no [`TenantSlug`] is refused as an unknown tenant.
    #[must_use]
    pub fn slug(text: impl Into<Cow<'r, str>>) -> Self {
        Self(Inner::Slug(text.into()))
    }

    /// Parses the name into the reference that a store is asked for.
    pub(crate) fn to_ref(&self) -> Result<TenantRef, TenantRejectionKind> {
        match &self.0 {
            Inner::Id(id) => Ok(TenantRef::Id(*id)),
            Inner::Slug(text) => {
                TenantSlug::parse(text).map(TenantRef::Slug).map_err(|_| TenantRejectionKind::Malformed)
            }
        }
    }
}
