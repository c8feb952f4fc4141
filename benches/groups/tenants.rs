//! Synthetic tenants, and cases that send requests of theirs.

use std::{convert::Infallible, hint::black_box};

use http::{Request, Response, StatusCode};
use nadia_benches::{Cases, Error, Ring};
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

/// Adds a case that builds a request, has `put` put the next value in, waits for the service to be ready and calls it.
///
/// It fails unless the request was let through: refusals are another path.
pub(crate) fn add<S, V: Clone + 'static>(
    cases: &mut Cases,
    name: &str,
    floor: &str,
    mut service: S,
    mut values: Ring<V>,
    put: impl Fn(&mut Request<()>, V) + 'static,
) where
    S: Service<Request<()>, Response = Response<Body>, Error = Infallible> + 'static,
{
    cases.add_async(name, floor, async move || {
        let mut request = Request::new(());
        put(&mut request, values.turn().clone());
        let response = service.ready().await?.call(request).await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(format!("a request was answered with {status}").into()),
        }
    });
}
