//! Making and revoking keys.

use axum::http::StatusCode;
use nadia_tenant_core::{Tenant, TenantId};
use time::Duration;
use uuid::Uuid;

use super::{
    store::{self, ApiKey},
    token,
};
use crate::{
    audit::{self, Action, Entry},
    clock,
    json::Fields,
    openapi::body,
    people::{Caller, Role, session::hash},
    plans::{self, Feature},
    problem::Problem,
    state::AppState,
    text,
};

const CREATED: Action = Action::new("api_key.created");
const REVOKED: Action = Action::new("api_key.revoked");

/// The most keys of a clinic.
const MOST: i64 = 100;
/// The most days until one expires, if it does.
const MOST_DAYS: i64 = 3_650;

/// A key that was just made, and its text, which is nowhere else.
pub(super) struct Made {
    pub(super) key: ApiKey,
    pub(super) text: String,
}

body! {
    /// A key that is to be.
    pub(super) struct ApiKeyBody {
        name: String,
        /// Any but `owner`.
        role: Role,
        /// It is good for ever without.
        #[schema(nullable = false, minimum = 1, maximum = 3650)]
        expires_in_days: Option<i64>,
    }
}

/// Makes a key.
///
/// # Errors
/// 403 `feature_missing`; 409 `too_many_keys`.
pub(super) async fn create(
    app: &AppState,
    tenant: &Tenant,
    caller: &Caller,
    mut fields: Fields,
) -> Result<Made, Problem> {
    plans::require_feature(app.control(), tenant, Feature::ApiKeys).await?;
    let name = fields.required_text("name").and_then(|text| text::name(&mut fields, "name", &text));
    let role = Role::read(&mut fields, "role");
    if role == Some(Role::Owner) {
        fields.refuse("role", "role_unknown", "a key can't be an owner", "send admin, clinician or viewer");
    }
    let days = fields.integer("expires_in_days");
    if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        let fix = format!("send a number from 1 to {MOST_DAYS}, or leave it out");
        fields.refuse("expires_in_days", "out_of_range", "a key can't be good for so many days", fix);
    }
    let (name, role) = fields.finish(name.zip(role))?;
    let key = ApiKey {
        id: Uuid::now_v7(),
        name,
        role,
        created_by: caller.identity(),
        created_at: clock::now(),
        expires_at: days.map(|days| clock::after(Duration::days(days))),
        last_used_at: None,
    };
    let secret = token::secret()?;
    let id = tenant.id();
    let mut tx = app.control().begin().await?;
    audit::hold(&mut tx, id).await?;
    if store::count(&mut tx, id).await? >= MOST {
        return Err(too_many());
    }
    store::add(&mut tx, id, &key, hash(&secret)).await?;
    let entry = Entry::of(id, CREATED, caller.actor()).with_subject("api_key", key.id);
    audit::record(&mut tx, entry.with_detail(format!("as {}", role.as_str()))).await?;
    tx.commit().await?;
    let text = token::write(key.id, &secret);
    Ok(Made { key, text })
}

/// Revokes a key: from now on it is no key.
pub(super) async fn revoke(app: &AppState, tenant: TenantId, caller: &Caller, id: Uuid) -> Result<(), Problem> {
    let mut tx = app.control().begin().await?;
    audit::hold(&mut tx, tenant).await?;
    if !store::revoke(&mut tx, tenant, id).await? {
        return Err(Problem::not_found());
    }
    audit::record(&mut tx, Entry::of(tenant, REVOKED, caller.actor()).with_subject("api_key", id)).await?;
    Ok(tx.commit().await?)
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_many_keys",
        format!("the clinic has {MOST} keys, and can't have more"),
        "revoke one that is not used",
    )
}
