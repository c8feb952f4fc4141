use axum::{
    Json,
    extract::{RawQuery, Request, State},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::Tenant;
use nadia_tenant_sqlx::Revision;
use nadia_tenant_tower::Tenant as Resolved;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Group, Key,
    store::{Change, apply, changes, read},
};
use crate::{
    audit::{self, Action, Entry},
    clinic::PageEnd,
    cursor::List,
    json::Fields,
    people::Caller,
    plans,
    problem::Problem,
    query::ListQuery,
    state::AppState,
};

const CHANGED: Action = Action::new("settings.changed");

/// `GET /api/v1/settings`
pub(super) async fn show(State(app): State<AppState>, Resolved(tenant): Resolved) -> Result<Response, Problem> {
    Ok(Json(read(app.control(), tenant.tenant().id()).await?).into_response())
}

/// `PATCH /api/v1/settings`: what is there is set, `null` sets the default.
pub(super) async fn change(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    set(&app, tenant.tenant(), &caller, Fields::read(request).await?).await?;
    Ok(Json(read(app.control(), tenant.tenant().id()).await?).into_response())
}

/// Sets what the fields name.
pub(super) async fn set(app: &AppState, tenant: &Tenant, caller: &Caller, mut fields: Fields) -> Result<(), Problem> {
    let wanted = Key::read_all(Group::Settings, &mut fields);
    let wanted = fields.finish(Some(wanted))?;
    let mut tx = app.control().begin().await?;
    // The turn in the registry keeps other changes of the same clinic waiting.
    if !app.control().revise(&mut tx, tenant.id(), Revision::default()).await? {
        tx.rollback().await?;
        return Err(Problem::not_found());
    }
    let changed = apply(&mut tx, tenant.id(), caller.identity(), &wanted).await?;
    if changed.is_empty() {
        tx.rollback().await?;
        return Ok(());
    }
    let detail = changed.into_iter().map(Key::as_str).collect::<Vec<_>>().join(", ");
    audit::record(&mut tx, Entry::of(tenant.id(), CHANGED, caller.actor()).with_detail(detail)).await?;
    tx.commit().await?;
    Ok(())
}

#[derive(Serialize, ToSchema)]
pub(super) struct SettingChanges {
    data: Vec<Change>,
    page: PageEnd,
}

/// `GET /api/v1/settings/history`: the newest change first, those of the branding too.
pub(super) async fn history(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = ListQuery::parse(query.as_deref().unwrap_or_default())?;
    let list = List { tenant: tenant.tenant().id(), collection: "setting_changes", search: &query.search };
    let before = query.cursor.as_deref().map(|cursor| list.after(cursor, &app.keys)).transpose()?;
    let limit = usize::from(query.limit);
    // One more tells whether there is a next page.
    let mut data = changes(app.control(), tenant.tenant().id(), before, i64::from(query.limit) + 1).await?;
    let more = data.len() > limit;
    data.truncate(limit);
    let next = data.last().filter(|_| more).map(|last| list.cursor(last.id, &app.keys));
    Ok(Json(SettingChanges { data, page: PageEnd { next } }).into_response())
}

#[derive(Serialize, ToSchema)]
pub(super) struct FeatureList {
    data: Vec<ClinicFeature>,
}

#[derive(Serialize, ToSchema)]
struct ClinicFeature {
    feature: &'static str,
    title: &'static str,
    enabled: bool,
    /// Who decided: `plan` or `operator`.
    decided_by: &'static str,
}

/// `GET /api/v1/features`
pub(super) async fn features(State(app): State<AppState>, Resolved(tenant): Resolved) -> Result<Response, Problem> {
    let features = plans::features(app.control(), tenant.tenant()).await?;
    let answer = |(feature, enabled, decided): (plans::Feature, bool, bool)| ClinicFeature {
        feature: feature.as_str(),
        title: feature.title(),
        enabled,
        decided_by: if decided { "operator" } else { "plan" },
    };
    Ok(Json(FeatureList { data: features.iter().map(answer).collect() }).into_response())
}
