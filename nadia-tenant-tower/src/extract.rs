use std::fmt;

use axum_core::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use nadia_tenant_core::TenantContext;

use crate::problem::Problem;

/// Extracts the tenant that [`TenantLayer`](crate::TenantLayer) found.
///
/// On a route that the layer doesn't cover, the request is refused with a 500: a handler that asks for its tenant
/// never runs without one.
///
/// ```
/// use nadia_tenant_tower::Tenant;
///
/// async fn handler(Tenant(tenant): Tenant) -> String {
///     tenant.tenant().name().to_owned()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Tenant(
    /// The tenant.
    pub TenantContext,
);

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = MissingTenantLayer;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get().cloned().map(Self).ok_or_else(|| MissingTenantLayer::new(parts))
    }
}

/// Says that a handler asked for its tenant on a route without [`TenantLayer`](crate::TenantLayer).
///
/// As a response, a problem with status 500 and code `tenant_layer_missing`.
#[derive(Debug)]
pub struct MissingTenantLayer(Response);

impl MissingTenantLayer {
    fn new(request: &Parts) -> Self {
        tracing::error!("a handler asked for its tenant on a route without the tenant layer; add the layer to it");
        let problem = Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "tenant_layer_missing",
            "the service is put together wrongly and refused the request",
            "report this to the operator",
            request,
        );
        Self(problem.into_response::<Body>())
    }
}

impl IntoResponse for MissingTenantLayer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl fmt::Display for MissingTenantLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the route has no tenant layer; add `TenantLayer` to it")
    }
}

impl std::error::Error for MissingTenantLayer {}
