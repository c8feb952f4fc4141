//! Synthetic tenants, and the service that requests of theirs end in.

use std::{convert::Infallible, hint::black_box};

use http::{Request, Response, StatusCode};
use nadia_benches::Error;
use nadia_tenant_core::{PlanName, Tenant, TenantId};
use tower::{Service, ServiceExt};

pub(crate) use axum_core::body::Body;

/// Returns tenants `clinic-0000000` and up, whose ids ascend with their slugs.
pub(crate) fn tenants(count: usize, plan: &PlanName) -> Result<Vec<Tenant>, Error> {
    let mut ids: Vec<TenantId> = (0..count).map(|_| TenantId::new()).collect();
    ids.sort_unstable();
    let made = ids.into_iter().enumerate().map(|(number, id)| {
        let slug = format!("clinic-{number:07}").parse()?;
        Ok(Tenant::new(id, slug, plan.clone()))
    });
    made.collect()
}

/// What the layers are put around: it answers at once, with an empty body.
pub(crate) async fn answer(request: Request<()>) -> Result<Response<Body>, Infallible> {
    black_box(&request);
    Ok(Response::new(Body::empty()))
}

/// Waits for the service to be ready, calls it, and fails unless it was let through: refusals are another path.
pub(crate) async fn serve<S>(service: &mut S, request: Request<()>) -> Result<Response<Body>, Error>
where
    S: Service<Request<()>, Response = Response<Body>, Error = Infallible>,
{
    let response = service.ready().await?.call(request).await?;
    match response.status() {
        StatusCode::OK => Ok(response),
        status => Err(format!("a request was answered with {status}").into()),
    }
}
