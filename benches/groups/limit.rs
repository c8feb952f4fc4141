//! Group `limit`: what it costs to take a request of a tenant's rate, in nanoseconds per check or per request.
//!
//! 10,000 tenants take turns in a mixed order, so that their records are rarely in the nearest of the processor's caches;
//! one tenant alone tells what the decision costs without that. The limits are far beyond what one core can ask, so every check admits,
//! but for the cases that say "refused", where every bucket is empty. Records, buckets and keys are there beforehand.
//!
//! What is compared:
//! - `floor: governor, held by the record` is a governor limiter inside each tenant's record, which the caller holds
//!   already: the least that one limit per tenant can cost. It is the floor of our limiter and of governor's keyed one,
//!   which has to look its key up. Ours also knows plans, and what is left and when more comes.
//! - `floor: bare service` is a request that is built, given its tenant's record or context as an extension, and
//!   answered at once. The other layers' cases include exactly this, and are compared with it.
//! - `floor: by hand, with fields` is a layer that asks the record's governor limiter and formats the fields
//!   `RateLimit-Policy` and `RateLimit`. It is the floor of our layer, since a response without the fields tells less.
//! - `peer: tower_governor`, with `TenantId` keys out of the context, once as it is and once with its own fields.

use std::{convert::Infallible, num::NonZeroU32, sync::Arc};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, middleware::StateInformationMiddleware};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use nadia_benches::{Cases, Error, Ring};
use nadia_quota::{Plans, QuotaLayer, RateLimit, TenantLimiter};
use nadia_tenant_core::{CellLayout, PlanName, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId};
use tower::{Layer, service_fn};
use tower_governor::{GovernorError, GovernorLayer, governor::GovernorConfigBuilder, key_extractor::KeyExtractor};

use super::tenants::{Body, add, answer, tenants};

const TENANTS: usize = 10_000;
/// One a nanosecond, the most that governor knows.
const PER_SECOND: u32 = 1_000_000_000;
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const HELD_ONE: &str = "floor: governor, held by the record, 1 tenant";
const HELD: &str = "floor: governor, held by the record, 10000 tenants";
const HELD_REFUSED: &str = "floor: governor, held by the record, refused, 10000 tenants";
const BARE: &str = "floor: bare service, 10000 tenants";
const BY_HAND: &str = "floor: by hand, with fields, 10000 tenants";

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let plan: PlanName = "starter".parse()?;
    let tenants = tenants(TENANTS, &plan)?;
    let wide = Quota::per_second(NonZeroU32::new(PER_SECOND).ok_or("the rate is not zero")?);
    let narrow = Quota::per_hour(NonZeroU32::MIN);

    let limit = RateLimit::per_second(PER_SECOND)?;
    direct(cases, HELD_ONE, HELD_ONE, records(&tenants[..1], wide), true);
    ours(cases, "nadia: limiter, 1 tenant", HELD_ONE, &tenants[..1], &plan, limit)?;
    direct(cases, HELD, HELD, records(&tenants, wide), true);
    ours(cases, "nadia: limiter, 10000 tenants", HELD, &tenants, &plan, limit)?;
    let keyed = RateLimiter::keyed(wide);
    let mut ids = Ring::new(tenants.iter().map(Tenant::id));
    cases.add("peer: governor, keyed, 10000 tenants", HELD, move || {
        keyed.check_key(ids.turn()).map_err(|_| unexpected())
    });

    direct(cases, HELD_REFUSED, HELD_REFUSED, records(&tenants, narrow), false);
    let name = "nadia: limiter, refused, 10000 tenants";
    ours(cases, name, HELD_REFUSED, &tenants, &plan, RateLimit::per_hour(1)?)?;

    layers(cases, &tenants, &plan, wide)
}

/// A tenant's record that holds its limiter.
struct Record<L> {
    _tenant: Tenant,
    limiter: L,
}

type Informed = RateLimiter<
    governor::state::NotKeyed,
    governor::state::InMemoryState,
    governor::clock::DefaultClock,
    StateInformationMiddleware,
>;

fn records(tenants: &[Tenant], quota: Quota) -> Ring<Arc<Record<DefaultDirectRateLimiter>>> {
    let record = |tenant: &Tenant| Arc::new(Record { _tenant: tenant.clone(), limiter: RateLimiter::direct(quota) });
    Ring::new(tenants.iter().map(record))
}

fn direct(
    cases: &mut Cases,
    name: &str,
    floor: &str,
    mut records: Ring<Arc<Record<DefaultDirectRateLimiter>>>,
    admitted: bool,
) {
    if !admitted {
        (0..TENANTS).for_each(|_| drop(records.turn().limiter.check()));
    }
    cases.add(name, floor, move || {
        let outcome = records.turn().limiter.check();
        if outcome.is_ok() == admitted { Ok(outcome) } else { Err(unexpected()) }
    });
}

fn ours(
    cases: &mut Cases,
    name: &str,
    floor: &str,
    tenants: &[Tenant],
    plan: &PlanName,
    limit: RateLimit,
) -> Result<(), Error> {
    let admitted = limit.requests() > 1;
    let (limiter, mut contexts) = limited(tenants, plan, limit)?;
    if !admitted {
        (0..TENANTS).for_each(|_| drop(limiter.check(contexts.turn())));
    }
    cases.add(name, floor, move || {
        let outcome = limiter.check(contexts.turn());
        if outcome.is_ok() == admitted { Ok(outcome) } else { Err(unexpected()) }
    });
    Ok(())
}

fn unexpected() -> Error {
    "a check had the other outcome than the case is about".into()
}

/// Makes a limiter, and contexts whose cells hold its buckets.
fn limited(
    tenants: &[Tenant],
    plan: &PlanName,
    limit: RateLimit,
) -> Result<(TenantLimiter, Ring<TenantContext>), Error> {
    let mut layout = CellLayout::builder();
    let limiter = TenantLimiter::new(&mut layout, Plans::builder().plan(plan.clone(), limit).build()?);
    let cells = TenantCells::new(layout.build());
    let context = |tenant: &Tenant| TenantContext::new(tenant.clone(), cells.cell(tenant.id()), ResolvedBy::Host);
    Ok((limiter, Ring::new(tenants.iter().map(context))))
}

fn layers(cases: &mut Cases, tenants: &[Tenant], plan: &PlanName, quota: Quota) -> Result<(), Error> {
    let (limiter, contexts) = limited(tenants, plan, RateLimit::per_second(PER_SECOND)?)?;
    add(cases, BARE, BARE, service_fn(answer), contexts.clone(), extend);

    let record = |tenant: &Tenant| {
        let limiter: Informed = RateLimiter::direct(quota).with_middleware();
        Arc::new(Record { _tenant: tenant.clone(), limiter })
    };
    add(cases, BY_HAND, BARE, service_fn(by_hand), Ring::new(tenants.iter().map(record)), extend);

    let layer = QuotaLayer::new(limiter).layer(service_fn(answer));
    add(cases, "nadia: layer, 10000 tenants", BY_HAND, layer, contexts.clone(), extend);

    let mut config = GovernorConfigBuilder::default().key_extractor(OfContext);
    config.per_nanosecond(1).burst_size(PER_SECOND);
    let plain = Arc::new(config.finish().ok_or("the peer's limit makes sense")?);
    let layer = GovernorLayer::new(plain).layer(service_fn(answer));
    add(cases, "peer: tower_governor, 10000 tenants", BARE, layer, contexts.clone(), extend);

    let with_fields = Arc::new(config.use_headers().finish().ok_or("the peer's limit makes sense")?);
    let layer = GovernorLayer::new(with_fields).layer(service_fn(answer));
    add(cases, "peer: tower_governor, with fields, 10000 tenants", BARE, layer, contexts, extend);
    Ok(())
}

fn extend<X: Clone + Send + Sync + 'static>(request: &mut Request<()>, extension: X) {
    request.extensions_mut().insert(extension);
}

/// Gives tower_governor its key at the least cost: the id is in the context.
#[derive(Clone, Debug)]
struct OfContext;

impl KeyExtractor for OfContext {
    type Key = TenantId;

    fn extract<T>(&self, request: &Request<T>) -> Result<TenantId, GovernorError> {
        let context = request.extensions().get::<TenantContext>();
        context.map(|context| context.tenant().id()).ok_or(GovernorError::UnableToExtractKey)
    }
}

/// What somebody would write in an afternoon.
async fn by_hand(request: Request<()>) -> Result<Response<Body>, Infallible> {
    let record = request.extensions().get::<Arc<Record<Informed>>>();
    let Some(Ok(state)) = record.map(|record| record.limiter.check()) else {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        return Ok(response);
    };
    let mut response = answer(request).await?;
    let field = |text: String| HeaderValue::try_from(text).expect("quotes, letters and digits are valid in a header");
    let policy = field(format!("\"requests\";q={};w=1", state.quota().burst_size()));
    // governor doesn't tell when more comes; at this rate it is a second, rounded up.
    let left = field(format!("\"requests\";r={};t=1", state.remaining_burst_capacity()));
    response.headers_mut().append(POLICY, policy);
    response.headers_mut().append(LEFT, left);
    Ok(response)
}
