use aws_lc_rs::digest;
use nadia_tenant_core::{Tenant, TenantRef};
use nadia_tenant_sqlx::{ControlTx, Revision};
use time::OffsetDateTime;

use super::logo::Logo;
use crate::{
    audit::{self, Action, Entry},
    json::{Fields, Member},
    people::Caller,
    plans::{Feature, require_feature},
    problem::Problem,
    settings::{Group, Key, apply},
    state::AppState,
    text::name,
    web::hex,
};

const CHANGED: Action = Action::new("branding.changed");
const LOGO_SET: Action = Action::new("branding.logo_set");
const LOGO_REMOVED: Action = Action::new("branding.logo_removed");

/// Sets `name`, `brand_colour` and `welcome_text`, as far as they are there.
pub(super) async fn change(
    app: &AppState,
    tenant: &Tenant,
    caller: &Caller,
    mut fields: Fields,
) -> Result<(), Problem> {
    let title = match fields.text("name") {
        Member::Value(text) => name(&mut fields, "name", &text),
        Member::Null => {
            fields.refuse("name", "required", "a clinic has a name", "send 1 to 100 visible characters");
            None
        }
        Member::Absent => None,
    };
    let wanted = Key::read_all(Group::Branding, &mut fields);
    let (title, wanted) = fields.finish(Some((title, wanted)))?;
    if wanted.iter().any(|(key, value)| *key == Key::BrandColour && value.is_some()) {
        require_feature(app.control(), tenant, Feature::Branding).await?;
    }
    let title = title.filter(|title| title != tenant.name());
    let mut tx = begin(app, tenant, Revision { name: title.clone(), ..Revision::default() }).await?;
    let changed = apply(&mut tx, tenant.id(), caller.identity(), &wanted).await?;
    let said: Vec<_> = title.map(|_| "name").into_iter().chain(changed.into_iter().map(Key::as_str)).collect();
    if said.is_empty() {
        tx.rollback().await?;
        return Ok(());
    }
    done(app, tx, tenant, Entry::of(tenant.id(), CHANGED, caller.actor()).with_detail(said.join(", "))).await
}

/// Puts a logo in the place of the one there was.
pub(super) async fn set_logo(
    app: &AppState,
    tenant: &Tenant,
    caller: &Caller,
    content: Vec<u8>,
) -> Result<(), Problem> {
    require_feature(app.control(), tenant, Feature::Branding).await?;
    let logo = Logo::read(content)?;
    let sha256 = hex(digest::digest(&digest::SHA256, &logo.content).as_ref());
    let mut tx = begin(app, tenant, Revision::default()).await?;
    tx.query(
        "INSERT INTO logos (tenant_id, media_type, sha256, content, changed_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id) DO UPDATE SET media_type = excluded.media_type, sha256 = excluded.sha256, \
         content = excluded.content, changed_at = excluded.changed_at",
    )
    .bind(tenant.id().as_uuid())
    .bind(logo.media_type.to_owned())
    .bind(sha256.clone())
    .bind(logo.content)
    .bind(OffsetDateTime::now_utc())
    .execute()
    .await?;
    done(app, tx, tenant, Entry::of(tenant.id(), LOGO_SET, caller.actor()).with_detail(sha256)).await
}

/// Takes the logo away, if there is one.
pub(super) async fn remove_logo(app: &AppState, tenant: &Tenant, caller: &Caller) -> Result<(), Problem> {
    let mut tx = begin(app, tenant, Revision::default()).await?;
    let removed = tx.query("DELETE FROM logos WHERE tenant_id = $1").bind(tenant.id().as_uuid()).execute().await?;
    if removed == 0 {
        tx.rollback().await?;
        return Ok(());
    }
    done(app, tx, tenant, Entry::of(tenant.id(), LOGO_REMOVED, caller.actor())).await
}

/// Begins a change that every server sees within a second: it takes its turn in the registry.
async fn begin(app: &AppState, tenant: &Tenant, revision: Revision) -> Result<ControlTx, Problem> {
    let mut tx = app.control().begin().await?;
    if app.control().revise(&mut tx, tenant.id(), revision).await? {
        return Ok(tx);
    }
    tx.rollback().await?;
    Err(Problem::not_found())
}

async fn done(app: &AppState, mut tx: ControlTx, tenant: &Tenant, entry: Entry) -> Result<(), Problem> {
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    app.registry.invalidate(&TenantRef::Id(tenant.id()));
    app.brands.forget(tenant.id());
    Ok(())
}
