use std::borrow::Cow;

use http::{HeaderMap, Uri, request::Parts};
use nadia_tenant_core::ResolvedBy;

use super::{Named, Resolve};
use crate::{TenantRejection, TenantRejectionKind, host};

/// Names the tenant by the one label in front of a base domain: `north` in `north.example.com`.
///
/// The host is read from the Host header and the target's authority (`:authority` in HTTP/2); given both, they must be
/// equal. Its port is checked and left aside, case is folded, one trailing dot is allowed. Headers that proxies set
/// (`Forwarded`, `X-Forwarded-Host`) are never looked at, since clients can send them as well.
///
/// | host | answer |
/// |---|---|
/// | `north.example.com`, `NORTH.Example.com.:8080` | names `north` |
/// | `example.com`, or no host at all | names nothing; see [`match_host`](Self::match_host) |
/// | `a.north.example.com`, `xn--abc.example.com`, `other.org`, an IP address | refused as an unknown tenant |
/// | `u@north.example.com`, `north..example.com`, `north.example.com:99999` | refused as no host |
/// | two Host headers, a Host that differs from the authority | refused as ambiguous |
///
/// A host outside the base domains is refused even where another resolver names a tenant: a page on a domain that an
/// attacker points at this server (DNS rebinding) could send any header.
///
/// ```
/// use http::Request;
/// use nadia_tenant_tower::{Named, Resolve, SubdomainResolver, TenantRejectionKind};
///
/// let resolver = SubdomainResolver::new("example.com")?;
/// let (parts, ()) = Request::builder().header("host", "North.example.com:8080").body(())?.into_parts();
/// assert_eq!(resolver.resolve(&parts)?, Some(Named::slug("north")));
///
/// let (parts, ()) = Request::builder().header("host", "north.example.com.evil.org").body(())?.into_parts();
/// assert_eq!(resolver.resolve(&parts).unwrap_err().kind(), TenantRejectionKind::Unknown);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SubdomainResolver {
    bases: Vec<Box<str>>,
}

/// What the host of a request is to a [`SubdomainResolver`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostMatch<'r> {
    /// A base domain itself, where the platform's own pages and the sign-up live.
    Base,
    /// One label in front of a base domain, in lower case; whether it is a slug, and whose, is not known yet.
    Tenant(Cow<'r, str>),
    /// Any other host, or none.
    Foreign,
}

impl SubdomainResolver {
    /// Makes a resolver for the hosts below `base`, for example `example.com` or `localhost`.
    ///
    /// # Errors
    /// [`BaseDomainError::Malformed`] unless `base` is a host name without a port; case and a trailing dot don't matter.
    pub fn new(base: &str) -> Result<Self, BaseDomainError> {
        Self { bases: Vec::new() }.add_base_domain(base)
    }

    /// Adds a further base domain.
    ///
    /// # Errors
    /// [`BaseDomainError::Malformed`] as for [`new`](Self::new), and [`BaseDomainError::Overlapping`] if one base
    /// domain lies within another: a host would be a base and a tenant at once.
    pub fn add_base_domain(mut self, base: &str) -> Result<Self, BaseDomainError> {
        let malformed = || BaseDomainError::Malformed { base: base.to_owned() };
        let host = host::parse(base.as_bytes()).ok_or_else(malformed)?;
        // The shortest tenant host below has to fit: three characters and a dot.
        if host.is_address() || base.contains(':') || host.name.len() + 4 > host::MAX_HOST {
            return Err(malformed());
        }
        let name = host.name.into_owned();
        if let Some(other) = self.bases.iter().find(|other| is_within(&name, other) || is_within(other, &name)) {
            return Err(BaseDomainError::Overlapping { base: name, other: other.to_string() });
        }
        self.bases.push(name.into());
        Ok(self)
    }

    /// Tells what the host of a request is, so that an application can send requests for the base host, which name no
    /// tenant, to a router of their own, and all others through [`TenantLayer`](crate::TenantLayer).
    ///
    /// Do not let [`HostMatch::Foreign`] fall back to either a tenant or the base: the layer refuses it.
    ///
    /// ```
    /// use http::Request;
    /// use nadia_tenant_tower::{HostMatch, SubdomainResolver};
    ///
    /// let resolver = SubdomainResolver::new("example.com")?;
    /// let request = Request::builder().header("host", "example.com:8080").body(())?;
    /// assert_eq!(resolver.match_host(request.uri(), request.headers())?, HostMatch::Base);
    /// let request = Request::builder().header("host", "example.org").body(())?;
    /// assert_eq!(resolver.match_host(request.uri(), request.headers())?, HostMatch::Foreign);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TenantRejection`] if the request has no valid host, or more than one.
    pub fn match_host<'r>(&self, uri: &'r Uri, headers: &'r HeaderMap) -> Result<HostMatch<'r>, TenantRejection> {
        Ok(self.find(uri, headers)?.unwrap_or(HostMatch::Foreign))
    }

    fn find<'r>(&self, uri: &'r Uri, headers: &'r HeaderMap) -> Result<Option<HostMatch<'r>>, TenantRejectionKind> {
        let Some(host) = host::of_request(uri, headers)? else {
            return Ok(None);
        };
        for base in &self.bases {
            let Some(rest) = host.name.strip_suffix(&**base) else { continue };
            if rest.is_empty() {
                return Ok(Some(HostMatch::Base));
            }
            // Bases don't overlap, so no other one can match once the dot is found.
            let Some(label) = rest.strip_suffix('.') else { continue };
            if label.contains('.') {
                break;
            }
            let length = label.len();
            return Ok(Some(HostMatch::Tenant(match host.name {
                Cow::Borrowed(name) => Cow::Borrowed(&name[..length]),
                Cow::Owned(mut name) => {
                    name.truncate(length);
                    Cow::Owned(name)
                }
            })));
        }
        Ok(Some(HostMatch::Foreign))
    }
}

impl Resolve for SubdomainResolver {
    fn resolve<'r>(&self, request: &'r Parts) -> Result<Option<Named<'r>>, TenantRejection> {
        match self.find(&request.uri, &request.headers)? {
            None | Some(HostMatch::Base) => Ok(None),
            Some(HostMatch::Tenant(label)) => Ok(Some(Named::slug(label))),
            Some(HostMatch::Foreign) => Err(TenantRejectionKind::Unknown.into()),
        }
    }

    fn by(&self) -> ResolvedBy {
        ResolvedBy::Host
    }
}

fn is_within(name: &str, base: &str) -> bool {
    name.strip_suffix(base).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Says that a text can't be a base domain of a [`SubdomainResolver`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseDomainError {
    /// The text is no host name.
    #[error("base domain {base:?} is no host name; give a name such as \"example.com\", without scheme and port")]
    Malformed {
        /// What was given.
        base: String,
    },
    /// The base domain lies within another one, or contains it.
    #[error("base domains {base:?} and {other:?} overlap; keep one, or move the other out of it")]
    Overlapping {
        /// What was given.
        base: String,
        /// What was there before.
        other: String,
    },
}
