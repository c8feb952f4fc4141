//! A clinic moves to another host.

use askama::Template;
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::{Tenant, TenantRef, TenantSlug};
use nadia_tenant_sqlx::{ControlTx, Error, Installation, Revision};
use nadia_tenant_tower::Tenant as Resolved;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{host_url, slug, slug_taken};
use crate::{
    audit::{self, Action, Entry},
    json::Fields,
    openapi::body,
    people::{Caller, ticket},
    portal::Visit,
    problem::Problem,
    state::AppState,
    web::{page, see_other},
};

const RENAMED: Action = Action::new("tenant.renamed");
/// How many hosts a clinic may have left: nobody else gets them.
const MOST_FORMER: i64 = 10;

#[derive(Serialize, ToSchema)]
pub(super) struct Renamed<'a> {
    slug: &'a str,
    url: String,
}

body! {
    pub(super) struct SlugBody {
        /// The first part of the clinic's new host.
        slug: String,
    }
}

/// `POST /api/v1/slug`
pub(super) async fn take(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let slug = rename(&app, tenant.tenant(), &caller, Fields::read(request).await?).await?;
    let url = host_url(slug.as_str(), &app.base_domain, &headers);
    Ok(Json(Renamed { slug: slug.as_str(), url }).into_response())
}

/// Gives the clinic the host that `slug` names. The one it had leads to it from then on, and may be taken back.
///
/// # Errors
/// 409 `slug_taken` for one that another clinic has or had, 409 `too_many_hosts` when the clinic left too many.
pub(crate) async fn rename(
    app: &AppState,
    tenant: &Tenant,
    caller: &Caller,
    mut fields: Fields,
) -> Result<TenantSlug, Problem> {
    let wanted = fields.required_text("slug").and_then(|text| slug(&mut fields, &text));
    let wanted = fields.finish(wanted)?;
    let mut tx = app.control().begin().await?;
    match write(app, &mut tx, tenant, caller, &wanted).await {
        Ok(before) => {
            tx.commit().await?;
            app.registry.invalidate(&TenantRef::Id(tenant.id()));
            app.registry.invalidate(&TenantRef::Slug(wanted.clone()));
            if let Ok(before) = TenantSlug::parse(&before) {
                app.registry.invalidate(&TenantRef::Slug(before));
            }
            app.former_hosts.read(app.control(), tenant.id()).await?;
            Ok(wanted)
        }
        Err(problem) => {
            tx.rollback().await?;
            Err(problem)
        }
    }
}

/// Writes it, and returns the host it had.
async fn write(
    app: &AppState,
    tx: &mut ControlTx,
    tenant: &Tenant,
    caller: &Caller,
    wanted: &TenantSlug,
) -> Result<String, Problem> {
    let id = tenant.id();
    // The turn in the registry comes first: what is read after it is what the last change left.
    if !app.control().revise(tx, id, Revision::default()).await? {
        return Err(Problem::not_found());
    }
    let row = tx.query("SELECT slug FROM tenants WHERE id = $1").bind(id.as_uuid()).fetch_one().await?;
    let before: String = row.get("slug")?;
    if before == wanted.as_str() {
        return Ok(before);
    }
    if former_owner(tx, wanted).await?.is_some_and(|owner| owner != id.as_uuid()) {
        return Err(slug_taken());
    }
    let revision = Revision { slug: Some(wanted.clone()), ..Revision::default() };
    match app.control().revise(tx, id, revision).await {
        Err(error) if error.is_slug_taken() => return Err(slug_taken()),
        outcome => outcome?,
    };
    tx.query("DELETE FROM former_slugs WHERE slug = $1 AND tenant_id = $2")
        .bind(wanted.as_str().to_owned())
        .bind(id.as_uuid())
        .execute()
        .await?;
    tx.query("INSERT INTO former_slugs (slug, tenant_id, left_at) VALUES ($1, $2, $3)")
        .bind(before.clone())
        .bind(id.as_uuid())
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await?;
    let row = tx.query("SELECT count(*) AS n FROM former_slugs WHERE tenant_id = $1").bind(id.as_uuid());
    if row.fetch_one().await?.get::<i64>("n")? > MOST_FORMER {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "too_many_hosts",
            format!("the clinic left {MOST_FORMER} hosts already, which lead to it"),
            "take one of them back",
        ));
    }
    let entry = Entry::of(id, RENAMED, caller.actor()).with_detail(format!("{before} -> {wanted}"));
    audit::record(tx, entry).await?;
    Ok(before)
}

/// Takes a clinic that is to be into the registry, unless another clinic has or had its host.
///
/// # Errors
/// [`Error::SlugTaken`]; the transaction can then only be rolled back.
pub(crate) async fn reserve(installation: &Installation, tx: &mut ControlTx, tenant: &Tenant) -> Result<(), Error> {
    installation.reserve_tenant(tx, tenant).await?;
    // After it: the turn in the registry is taken, and nobody leaves a host meanwhile.
    if former_owner(tx, tenant.slug()).await?.is_some() { Err(Error::SlugTaken) } else { Ok(()) }
}

async fn former_owner(tx: &mut ControlTx, slug: &TenantSlug) -> Result<Option<Uuid>, Error> {
    let row = tx.query("SELECT tenant_id FROM former_slugs WHERE slug = $1").bind(slug.as_str().to_owned());
    row.fetch_optional().await?.map(|row| row.get("tenant_id")).transpose()
}

#[derive(Template)]
#[template(path = "moved.html")]
struct MovedPage {
    url: String,
}

/// Leads the person to a page of the clinic's other host, logged in there as here.
///
/// By a page, as browsers follow a form's redirect to its own host only (`form-action`).
pub(crate) async fn lead_to(
    app: &AppState,
    visit: &Visit,
    slug: &str,
    path: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let Some(identity) = visit.caller.identity() else { return Ok(see_other(path)) };
    let ticket = ticket::issue(app.control(), identity, visit.tenant().id()).await?;
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    let url = format!("{}/enter?ticket={ticket}&next={next}", host_url(slug, &app.base_domain, headers));
    Ok(page(StatusCode::OK, &MovedPage { url }).into_response())
}
