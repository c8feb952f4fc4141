//! Clinics as operators look for them.

use nadia_tenant_core::{TenantId, TenantRef};
use nadia_tenant_sqlx::{ControlDb, Error, TenantRecord};
use uuid::Uuid;

use crate::problem::Problem;

/// How many clinics a page lists.
pub(super) const PAGE: u16 = 50;

/// Finds a clinic by its id; what can't be one is answered as one that nobody has.
pub(super) async fn find(control: &ControlDb, id: &str) -> Result<TenantRecord, Problem> {
    let id = id.parse::<TenantId>().map_err(|_| Problem::not_found())?;
    control.tenant(&TenantRef::Id(id)).await?.ok_or_else(Problem::not_found)
}

/// Lists clinics whose name or slug holds `search`, after the one with the id `after`; one more than a page if there is one.
pub(super) async fn search(
    control: &ControlDb,
    search: &str,
    after: Option<TenantId>,
) -> Result<Vec<TenantRecord>, Error> {
    if search.is_empty() {
        return control.list(after, None, PAGE + 1).await;
    }
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT id FROM tenants WHERE id > $1 AND status <> 'purged' \
             AND (lower(slug) LIKE $2 ESCAPE '!' OR lower(name) LIKE $2 ESCAPE '!') ORDER BY id LIMIT $3",
        )
        .bind(after.map_or(Uuid::nil(), |id| id.as_uuid()))
        .bind(pattern(search))
        .bind(i64::from(PAGE) + 1)
        .fetch_all()
        .await?;
    drop(scope);
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let id = TenantId::try_from(row.get::<Uuid>("id")?).map_err(|error| Error::Corrupt(Box::new(error)))?;
        found.extend(control.tenant(&TenantRef::Id(id)).await?);
    }
    Ok(found)
}

fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in search.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Counts clinics by status.
pub(super) async fn by_status(control: &ControlDb) -> Result<Vec<(String, i64)>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT status, count(*) AS n FROM tenants GROUP BY status ORDER BY status").fetch_all();
    rows.await?.iter().map(|row| Ok((row.get("status")?, row.get("n")?))).collect()
}

/// Lists who belongs to a clinic: address and role.
pub(super) async fn members(control: &ControlDb, tenant: TenantId) -> Result<Vec<(String, String)>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT identities.email, memberships.role FROM memberships \
             JOIN identities ON identities.id = memberships.identity_id \
             WHERE memberships.tenant_id = $1 ORDER BY identities.email LIMIT 200",
        )
        .bind(tenant.as_uuid())
        .fetch_all()
        .await?;
    rows.iter().map(|row| Ok((row.get("email")?, row.get("role")?))).collect()
}
