//! One person in several clinics: which, and the way from one to another.
//!
//! A session is for one clinic. Who goes to another one of theirs gets a ticket, which opens a session there.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    response::Response,
    routing::{get, post},
};
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, Error};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    ids::id,
    people::{Permission, Role, ticket},
    portal::Visit,
    problem::Problem,
    routes::{Access, HostKind, Row},
    state::AppState,
    tenants::host_url,
    web::{Frame, PageForm, page_leading_to, see_other},
};

const OWN: Permission = Permission::OwnAccount;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/clinics", HostKind::Tenant, Access::Page(OWN), || get(list)),
    (Method::POST, "/switch", HostKind::Tenant, Access::Page(OWN), || post(switch)),
];

/// A clinic that somebody is a member of.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct OwnClinic {
    #[schema(value_type = Uuid)]
    pub(super) id: TenantId,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) status: String,
}

/// Lists the clinics of a person that are there, by their names.
pub(super) async fn of(control: &ControlDb, identity: Uuid) -> Result<Vec<OwnClinic>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT tenants.id, tenants.slug, tenants.name, tenants.status, memberships.role FROM memberships \
             JOIN tenants ON tenants.id = memberships.tenant_id WHERE memberships.identity_id = $1 \
             AND tenants.status NOT IN ('provisioning', 'closing', 'purged') ORDER BY tenants.name, tenants.id",
        )
        .bind(identity)
        .fetch_all()
        .await?;
    let clinic = |row: &nadia_tenant_sqlx::portable::Row| {
        let role: String = row.get("role")?;
        Ok(OwnClinic {
            id: row.get::<Uuid>("id")?.try_into().map_err(|error| Error::Corrupt(Box::new(error)))?,
            slug: row.get("slug")?,
            name: row.get("name")?,
            role: role.parse().map_err(|error| Error::Corrupt(Box::new(error)))?,
            status: row.get("status")?,
        })
    };
    rows.iter().map(clinic).collect()
}

#[derive(Template)]
#[template(path = "clinics.html")]
struct ClinicsPage {
    frame: Frame,
    here: TenantId,
    clinics: Vec<OwnClinic>,
}

/// `GET /clinics`
async fn list(State(app): State<AppState>, visit: Visit, headers: HeaderMap) -> Result<Response, Problem> {
    let identity = visit.caller.identity().ok_or_else(Problem::failure)?;
    let clinics = of(app.control(), identity).await?;
    let shown = ClinicsPage { frame: visit.frame(&app, "My clinics").await?, here: visit.tenant().id(), clinics };
    Ok(page_leading_to(StatusCode::OK, &shown, &host_url("*", &app.base_domain, &headers)))
}

/// `POST /switch`: to a clinic whose member the person is; another one is not found.
async fn switch(
    State(app): State<AppState>,
    visit: Visit,
    headers: HeaderMap,
    form: PageForm,
) -> Result<Response, Problem> {
    let mut fields = form.fields();
    let named = fields.required_text("id");
    let wanted = id(&fields.finish(named)?)?;
    let identity = visit.caller.identity().ok_or_else(Problem::failure)?;
    let clinics = of(app.control(), identity).await?;
    let clinic = clinics.into_iter().find(|clinic| clinic.id.as_uuid() == wanted).ok_or_else(Problem::not_found)?;
    let ticket = ticket::issue(app.control(), identity, clinic.id).await?;
    let url = host_url(&clinic.slug, &app.base_domain, &headers);
    Ok(see_other(&format!("{url}/enter?ticket={ticket}")))
}
