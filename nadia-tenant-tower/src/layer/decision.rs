use std::sync::Arc;

use http::request::Parts;
use nadia_tenant_core::{ResolvedBy, TenantContext, TenantRef, TenantStatus, TenantStore};

use super::TenantLayer;
use crate::{CachedStore, Resolve, TenantRejection, TenantRejectionKind};

/// What the layer says of a request's head without waiting.
pub(super) enum Decision {
    Pass(TenantContext),
    Refuse(TenantRejection),
    /// Some of these tenants are not cached.
    Load(Vec<Claim>),
}

/// What one resolver found: a reference to look up, or `None` for what can't be one.
pub(super) struct Claim {
    by: ResolvedBy,
    reference: Option<TenantRef>,
}

pub(super) fn decide<St, R>(layer: &TenantLayer<St, R>, request: &Parts) -> Decision {
    let mut agreement = Agreement::default();
    for resolver in &layer.resolvers {
        match resolver.resolve(request) {
            Ok(None) => {}
            Ok(Some(named)) => match layer.store.cached(&named) {
                Some(found) => agreement.add(resolver.by(), found.ok_or(TenantRejectionKind::Unknown)),
                None => return claims(&layer.resolvers, request).map_or_else(Decision::Refuse, Decision::Load),
            },
            Err(rejection) if rejection.kind() == TenantRejectionKind::Malformed => {
                agreement.add(resolver.by(), Err(TenantRejectionKind::Malformed));
            }
            Err(rejection) => return Decision::Refuse(rejection),
        }
    }
    match agreement.conclude().and_then(|tenant| admit(layer, tenant, request)) {
        Ok(tenant) => Decision::Pass(tenant),
        Err(kind) => Decision::Refuse(kind.into()),
    }
}

fn claims(resolvers: &[Arc<dyn Resolve>], request: &Parts) -> Result<Vec<Claim>, TenantRejection> {
    let mut claims = Vec::new();
    for resolver in resolvers {
        let reference = match resolver.resolve(request) {
            Ok(None) => continue,
            Ok(Some(named)) => named.to_ref().ok(),
            Err(rejection) if rejection.kind() == TenantRejectionKind::Malformed => None,
            Err(rejection) => return Err(rejection),
        };
        claims.push(Claim { by: resolver.by(), reference });
    }
    Ok(claims)
}

/// Looks the claims up and says which one tenant they name.
pub(super) async fn load<St: TenantStore>(
    store: CachedStore<St>,
    claims: Vec<Claim>,
) -> Result<TenantContext, TenantRejection> {
    let mut agreement = Agreement::default();
    for Claim { by, reference } in claims {
        let found = match reference {
            None => Err(TenantRejectionKind::Malformed),
            Some(reference) => store.find(&reference).await?.ok_or(TenantRejectionKind::Unknown),
        };
        agreement.add(by, found);
    }
    Ok(agreement.conclude()?)
}

/// Collects what the sources name, in their order.
///
/// Where the first names no tenant, the answer is that of an unknown one whatever the others name; where it names one,
/// any other that doesn't name the same is refused as ambiguous. So no source after the first tells by the answer
/// whether what it names exists.
#[derive(Default)]
struct Agreement {
    first: Option<Result<TenantContext, TenantRejectionKind>>,
    differ: bool,
}

impl Agreement {
    fn add(&mut self, by: ResolvedBy, found: Result<TenantContext, TenantRejectionKind>) {
        match &self.first {
            None => self.first = Some(found.map(|tenant| tenant.resolved_by(by))),
            Some(Ok(first)) => {
                self.differ |= !found.is_ok_and(|other| other.tenant().id() == first.tenant().id());
            }
            Some(Err(_)) => {}
        }
    }

    fn conclude(self) -> Result<TenantContext, TenantRejectionKind> {
        match self.first {
            None => Err(TenantRejectionKind::Missing),
            Some(Ok(_)) if self.differ => Err(TenantRejectionKind::Ambiguous),
            Some(found) => found,
        }
    }
}

/// Says whether the tenant serves this request now.
pub(super) fn admit<St, R>(
    layer: &TenantLayer<St, R>,
    tenant: TenantContext,
    request: &Parts,
) -> Result<TenantContext, TenantRejectionKind> {
    // An outer layer may have decided already, from a source that this one doesn't see.
    if request.extensions.get::<TenantContext>().is_some_and(|outer| outer.tenant().id() != tenant.tenant().id()) {
        return Err(TenantRejectionKind::Ambiguous);
    }
    let record = tenant.tenant();
    match record.status() {
        // Those that serve nothing for good say so first: waiting helps nobody there.
        TenantStatus::Suspended => Err(TenantRejectionKind::Suspended),
        TenantStatus::Closing => Err(TenantRejectionKind::Closing),
        TenantStatus::Purged => Err(TenantRejectionKind::Unknown),
        _ if record.is_quarantined() => Err(TenantRejectionKind::Quarantined),
        status if status.serves_writes() => Ok(tenant),
        status if status.serves_reads() && !layer.writes(request) => Ok(tenant),
        TenantStatus::ReadOnly => Err(TenantRejectionKind::ReadOnly),
        TenantStatus::Provisioning => Err(TenantRejectionKind::Provisioning),
        TenantStatus::Moving => Err(TenantRejectionKind::Moving),
        // Whatever other status doesn't serve this request.
        _ => Err(TenantRejectionKind::Unknown),
    }
}
