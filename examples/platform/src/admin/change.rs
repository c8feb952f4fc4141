//! What operators change of clinics. Each change is audited in the clinic's own chain, in the transaction that makes it.

use axum::http::StatusCode;
use nadia_tenant_core::{Tenant, TenantRef, TenantStatus};
use nadia_tenant_sqlx::{ControlTx, Error, Revision};
use time::OffsetDateTime;

use crate::{
    audit::{self, Action, Entry},
    json::{Fields, Member},
    openapi::body,
    operators::Operator,
    people::{EMAIL_FIX, Email},
    plans::{Feature, PLANS, Resource},
    problem::Problem,
    state::AppState,
    tenants::{NewClinic, Registered, is_removal_begun, is_taken, register, slug, slug_taken},
    text::name,
};

const REVISED: Action = Action::new("tenant.revised");
const CLOSED: Action = Action::new("tenant.closed");
const REOPENED: Action = Action::new("tenant.reopened");
const LIMIT_SET: Action = Action::new("tenant.limit_set");
const LIMIT_CLEARED: Action = Action::new("tenant.limit_cleared");
const FEATURE_SET: Action = Action::new("tenant.feature_set");
const FEATURE_CLEARED: Action = Action::new("tenant.feature_cleared");

body! {
    /// A clinic that is to be, and its owner.
    pub(super) struct TenantBody {
        organization_name: String,
        /// The label of its host: 3 to 63 of a-z, 0-9 and single hyphens.
        slug: String,
        /// The owner's address.
        email: String,
        #[schema(format = Password)]
        password: String,
        /// The smallest by default.
        plan: Option<String>,
    }

    /// What is to change of a clinic.
    pub(super) struct TenantPatch {
        name: Option<String>,
        plan: Option<String>,
    }

    /// What confirms that a clinic is to be closed.
    pub(super) struct CloseBody {
        /// The clinic's slug.
        confirm: String,
    }

    /// A limit of one clinic.
    pub(super) struct LimitBody {
        #[schema(minimum = 0)]
        value: i64,
        /// For how long; until it is taken back without.
        #[schema(nullable = false, minimum = 1, maximum = 3650)]
        days: Option<i64>,
    }

    /// Whether one clinic has a feature.
    pub(super) struct FeatureBody {
        enabled: bool,
    }
}

/// Makes a clinic with its owner: `organization_name`, `slug`, `email`, `password`, and `plan`.
pub(super) async fn create(app: &AppState, operator: &Operator, mut fields: Fields) -> Result<Registered, Problem> {
    let title = fields.required_text("organization_name");
    let title = title.and_then(|text| name(&mut fields, "organization_name", &text));
    let label = fields.required_text("slug").and_then(|text| slug(&mut fields, &text));
    let email = fields.required_text("email").and_then(|text| {
        let email = Email::parse(&text);
        if email.is_none() {
            fields.refuse("email", "email_malformed", "this is no e-mail address", EMAIL_FIX);
        }
        email
    });
    let password = fields.required_text("password").and_then(|text| {
        let weakness = crate::people::weakness(&text, email.as_ref());
        if let Some(weakness) = weakness {
            fields.refuse("password", "password_weak", weakness.detail(), weakness.fix());
        }
        weakness.is_none().then(|| secrecy::SecretString::from(text))
    });
    let plan = plan(&mut fields).unwrap_or(Some(&PLANS[0]));
    let clinic = (|| {
        Some(NewClinic {
            name: title?,
            slug: label?,
            email: email?,
            password: password?,
            plan: plan?,
            action: Action::CREATED,
            actor: operator.actor(),
        })
    })();
    let clinic = fields.finish(clinic)?;
    if is_taken(app, &clinic.slug).await? {
        return Err(slug_taken());
    }
    register(app, &clinic).await
}

/// Reads `plan`: nothing when it isn't there, `Some(None)` when it is none.
fn plan(fields: &mut Fields) -> Option<Option<&'static crate::plans::Plan>> {
    let Member::Value(text) = fields.text("plan") else { return None };
    let found = PLANS.iter().find(|plan| plan.name == text);
    if found.is_none() {
        let fix = format!("send one of {}", PLANS.map(|plan| plan.name).join(", "));
        fields.refuse("plan", "plan_unknown", "there is no such plan", fix);
    }
    Some(found)
}

/// Changes `name` and `plan`.
pub(super) async fn revise(
    app: &AppState,
    operator: &Operator,
    tenant: &Tenant,
    mut fields: Fields,
) -> Result<(), Problem> {
    let title = match fields.text("name") {
        Member::Value(text) => name(&mut fields, "name", &text),
        _ => None,
    };
    let plan = plan(&mut fields).flatten();
    let (title, plan) = fields.finish(Some((title, plan)))?;
    let mut said = Vec::new();
    if let Some(plan) = plan {
        said.push(format!("plan {} -> {}", tenant.plan(), plan.name));
    }
    if title.is_some() {
        said.push("name".to_owned());
    }
    if said.is_empty() {
        return Ok(());
    }
    let revision = Revision { name: title, plan: plan.map(crate::plans::Plan::plan_name), slug: None };
    let mut tx = app.control().begin().await?;
    if !app.control().revise(&mut tx, tenant.id(), revision).await? {
        tx.rollback().await?;
        return Err(Problem::not_found());
    }
    done(app, tx, tenant, Entry::of(tenant.id(), REVISED, operator.actor()).with_detail(said.join(", "))).await
}

/// Moves a clinic to another status, if it may become that one from where it is.
async fn move_to(
    app: &AppState,
    operator: &Operator,
    tenant: &Tenant,
    to: TenantStatus,
    action: Action,
    from: &[TenantStatus],
) -> Result<(), Problem> {
    let status = tenant.status();
    if status == to {
        return Ok(());
    }
    if !from.contains(&status) {
        return Err(status_unfit(status));
    }
    let mut tx = app.control().begin().await?;
    if !app.control().transition_in(&mut tx, tenant.id(), status, to).await? {
        tx.rollback().await?;
        return Err(overtaken());
    }
    audit::hold(&mut tx, tenant.id()).await?;
    if status == TenantStatus::Closing && is_removal_begun(&mut tx, tenant.id()).await? {
        tx.rollback().await?;
        return Err(status_unfit(status));
    }
    done(app, tx, tenant, Entry::of(tenant.id(), action, operator.actor())).await
}

pub(super) async fn suspend(app: &AppState, operator: &Operator, tenant: &Tenant) -> Result<(), Problem> {
    let from = [TenantStatus::Active, TenantStatus::ReadOnly];
    move_to(app, operator, tenant, TenantStatus::Suspended, Action::SUSPENDED, &from).await
}

pub(super) async fn resume(app: &AppState, operator: &Operator, tenant: &Tenant) -> Result<(), Problem> {
    move_to(app, operator, tenant, TenantStatus::Active, Action::RESUMED, &[TenantStatus::Suspended]).await
}

/// Takes a closing back, as long as what the clinic kept is there.
///
/// # Errors
/// 409 `status_unfit`, also when its removal began: it is closed until that ends, and nothing brings back what went.
pub(super) async fn reopen(app: &AppState, operator: &Operator, tenant: &Tenant) -> Result<(), Problem> {
    move_to(app, operator, tenant, TenantStatus::Active, REOPENED, &[TenantStatus::Closing]).await
}

/// Closes a clinic, whose slug must be given in `confirm`; when its grace has passed, what it kept is removed.
pub(super) async fn close(
    app: &AppState,
    operator: &Operator,
    tenant: &Tenant,
    mut fields: Fields,
) -> Result<(), Problem> {
    let typed = fields.required_text("confirm");
    if typed.as_deref().is_some_and(|typed| typed.trim() != tenant.slug().as_str()) {
        let fix = "send the slug of the clinic that is to be closed";
        fields.refuse("confirm", "confirmation_wrong", "this is not the clinic's slug", fix);
    }
    fields.finish(typed)?;
    match tenant.status() {
        TenantStatus::Closing => return Ok(()),
        TenantStatus::Moving | TenantStatus::Purged => return Err(status_unfit(tenant.status())),
        _ => {}
    }
    match app.installation.close_tenant(tenant.id()).await {
        Ok(()) => {}
        Err(Error::Conflict) => return Err(overtaken()),
        Err(error) => return Err(error.into()),
    }
    forget(app, tenant);
    Ok(audit::record_alone(app.control(), Entry::of(tenant.id(), CLOSED, operator.actor())).await?)
}

/// Decides a limit for one clinic: `value`, and `days` if only for so long.
pub(super) async fn set_limit(
    app: &AppState,
    operator: &Operator,
    tenant: &Tenant,
    resource: &str,
    mut fields: Fields,
) -> Result<(), Problem> {
    let resource = Resource::parse(resource).ok_or_else(Problem::not_found)?;
    let known = fields.has("value");
    let value = fields.integer("value");
    if !known {
        fields.refuse("value", "required", "this member is missing", "add \"value\" with a whole number");
    } else if value.is_some_and(|value| value < 0) {
        fields.refuse("value", "limit_malformed", "a limit is no negative number", "send 0 or more");
    }
    let days = fields.integer("days");
    if days.is_some_and(|days| !(1..=3_650).contains(&days)) {
        fields.refuse("days", "days_malformed", "a limit lasts 1 to 3650 days", "send such a number, or none");
    }
    let value = fields.finish(Some(value))?.ok_or_else(Problem::failure)?;
    let now = OffsetDateTime::now_utc();
    let until = days.map(|days| now + time::Duration::days(days));
    let mut tx = app.control().begin().await?;
    tx.query(
        "INSERT INTO limit_overrides (tenant_id, resource, value, until, changed_at, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, resource) DO UPDATE SET value = excluded.value, \
         until = excluded.until, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
    )
    .bind(tenant.id().as_uuid())
    .bind(resource.as_str().to_owned())
    .bind(value)
    .bind(until)
    .bind(now)
    .bind(operator.id)
    .execute()
    .await?;
    let detail = format!("{} {value}", resource.as_str());
    done(app, tx, tenant, Entry::of(tenant.id(), LIMIT_SET, operator.actor()).with_detail(detail)).await
}

/// Leaves a limit to the plan again.
pub(super) async fn clear_limit(
    app: &AppState,
    operator: &Operator,
    tenant: &Tenant,
    resource: &str,
) -> Result<(), Problem> {
    let resource = Resource::parse(resource).ok_or_else(Problem::not_found)?;
    let mut tx = app.control().begin().await?;
    tx.query("DELETE FROM limit_overrides WHERE tenant_id = $1 AND resource = $2")
        .bind(tenant.id().as_uuid())
        .bind(resource.as_str().to_owned())
        .execute()
        .await?;
    let entry = Entry::of(tenant.id(), LIMIT_CLEARED, operator.actor()).with_detail(resource.as_str());
    done(app, tx, tenant, entry).await
}

/// Decides whether one clinic has a feature.
pub(super) async fn set_feature(
    app: &AppState,
    operator: &Operator,
    tenant: &Tenant,
    feature: &str,
    enabled: bool,
) -> Result<(), Problem> {
    let feature = Feature::parse(feature).ok_or_else(Problem::not_found)?;
    let mut tx = app.control().begin().await?;
    tx.query(
        "INSERT INTO feature_overrides (tenant_id, feature, enabled, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, feature) DO UPDATE SET enabled = excluded.enabled, \
         changed_at = excluded.changed_at, changed_by = excluded.changed_by",
    )
    .bind(tenant.id().as_uuid())
    .bind(feature.as_str().to_owned())
    .bind(enabled)
    .bind(OffsetDateTime::now_utc())
    .bind(operator.id)
    .execute()
    .await?;
    tell(app, &mut tx, tenant).await?;
    let detail = format!("{} {}", feature.as_str(), if enabled { "on" } else { "off" });
    done(app, tx, tenant, Entry::of(tenant.id(), FEATURE_SET, operator.actor()).with_detail(detail)).await
}

/// Leaves a feature to the plan again.
pub(super) async fn clear_feature(
    app: &AppState,
    operator: &Operator,
    tenant: &Tenant,
    feature: &str,
) -> Result<(), Problem> {
    let feature = Feature::parse(feature).ok_or_else(Problem::not_found)?;
    let mut tx = app.control().begin().await?;
    tx.query("DELETE FROM feature_overrides WHERE tenant_id = $1 AND feature = $2")
        .bind(tenant.id().as_uuid())
        .bind(feature.as_str().to_owned())
        .execute()
        .await?;
    tell(app, &mut tx, tenant).await?;
    let entry = Entry::of(tenant.id(), FEATURE_CLEARED, operator.actor()).with_detail(feature.as_str());
    done(app, tx, tenant, entry).await
}

/// Lets every server know that the clinic changed, though its record didn't.
async fn tell(app: &AppState, tx: &mut ControlTx, tenant: &Tenant) -> Result<(), Error> {
    app.control().revise(tx, tenant.id(), Revision::default()).await.map(drop)
}

async fn done(app: &AppState, mut tx: ControlTx, tenant: &Tenant, entry: Entry) -> Result<(), Problem> {
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    forget(app, tenant);
    Ok(())
}

/// Forgets what this server has in memory; others learn of it within a second.
fn forget(app: &AppState, tenant: &Tenant) {
    app.registry.invalidate(&TenantRef::Id(tenant.id()));
    app.registry.invalidate(&TenantRef::Slug(tenant.slug().clone()));
    app.brands.forget(tenant.id());
}

fn status_unfit(status: TenantStatus) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "status_unfit",
        format!("the clinic is {status}, from where this can't be done"),
        "read the clinic's status, and what may follow it",
    )
}

fn overtaken() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "edit_conflict",
        "somebody else changed the clinic at the same moment; nothing of this request was kept",
        "read the clinic and send the request again",
    )
}
