use http::{HeaderName, request::Parts};
use nadia_tenant_core::ResolvedBy;

use super::{Named, Resolve};
use crate::{TenantRejection, TenantRejectionKind};

/// Names the tenant by a header: its id, or with [`by_slug`](Self::by_slug) its slug.
///
/// Shape: the header once, with one value. An id is the 36 characters of a UUID with hyphens, a slug a
/// [`TenantSlug`](nadia_tenant_core::TenantSlug) in lower case. It is never tried as both: a slug may look like
/// another tenant's id. Without the header, this resolver names nothing; with it twice, or with a list, the request is
/// refused as ambiguous; with any other text, as an unknown tenant.
///
/// # Security
/// Whoever sends the request writes the header. It selects a tenant, it proves nothing: put authentication behind it
/// that checks the caller against the tenant, or a proxy in front that sets it and drops what clients send.
///
/// ```
/// use http::{HeaderName, Request};
/// use nadia_tenant_core::TenantId;
/// use nadia_tenant_tower::{HeaderResolver, Named, Resolve, TenantRejectionKind};
///
/// let resolver = HeaderResolver::default();
/// let id = TenantId::new();
/// let (parts, ()) = Request::builder().header("x-tenant-id", id.to_string()).body(())?.into_parts();
/// assert_eq!(resolver.resolve(&parts)?, Some(Named::id(id)));
///
/// let (parts, ()) = Request::builder().header("x-tenant-id", "north").body(())?.into_parts();
/// assert_eq!(resolver.resolve(&parts).unwrap_err().kind(), TenantRejectionKind::Malformed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct HeaderResolver {
    name: HeaderName,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Id,
    Slug,
}

impl HeaderResolver {
    /// Makes a resolver that reads the tenant's id from the header `name`.
    pub const fn new(name: HeaderName) -> Self {
        Self { name, form: Form::Id }
    }

    /// Reads the tenant's slug instead of its id.
    pub fn by_slug(mut self) -> Self {
        self.form = Form::Slug;
        self
    }
}

/// Reads the tenant's id from `x-tenant-id`.
impl Default for HeaderResolver {
    fn default() -> Self {
        Self::new(HeaderName::from_static("x-tenant-id"))
    }
}

impl Resolve for HeaderResolver {
    fn resolve<'r>(&self, request: &'r Parts) -> Result<Option<Named<'r>>, TenantRejection> {
        let mut values = request.headers.get_all(&self.name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        // Lines of one name and a list in one line mean the same (RFC 9110 §5.3).
        if values.next().is_some() || value.as_bytes().contains(&b',') {
            return Err(TenantRejectionKind::Ambiguous.into());
        }
        let text = value.to_str().map_err(|_| TenantRejectionKind::Malformed)?;
        match self.form {
            Form::Id => text.parse().map(|id| Some(Named::id(id))).map_err(|_| TenantRejectionKind::Malformed.into()),
            Form::Slug => Ok(Some(Named::slug(text))),
        }
    }

    fn by(&self) -> ResolvedBy {
        ResolvedBy::Header
    }
}
