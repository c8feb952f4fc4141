//! Who works at the clinic: people are the platform's, so they are read from the control database.

use std::collections::{BTreeMap, BTreeSet};

use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, Error, portable::Row};
use uuid::Uuid;

use crate::people::{Permission, Role};

/// How many clinicians a form offers.
const OFFERED: i64 = 500;

/// Somebody who may treat patients at the clinic.
#[derive(Clone, Debug)]
pub(crate) struct Clinician {
    pub(crate) id: Uuid,
    /// Their name, or their address until they have said it.
    pub(crate) name: String,
}

/// Lists who may treat patients at the clinic, by name.
pub(crate) async fn clinicians(control: &ControlDb, tenant: TenantId) -> Result<Vec<Clinician>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT identities.id, coalesce(identities.name, identities.email) AS name, memberships.role \
             FROM memberships JOIN identities ON identities.id = memberships.identity_id \
             WHERE memberships.tenant_id = $1 AND memberships.role <> $2 \
             ORDER BY coalesce(identities.name, identities.email), identities.id LIMIT $3",
        )
        .bind(tenant.as_uuid())
        .bind(Role::Viewer.as_str().to_owned())
        .bind(OFFERED)
        .fetch_all()
        .await?;
    let mut clinicians = Vec::with_capacity(rows.len());
    for row in &rows {
        if treats(row)? {
            clinicians.push(Clinician { id: row.get("id")?, name: row.get("name")? });
        }
    }
    Ok(clinicians)
}

/// Tells whether this person is a member of the clinic who may treat patients.
pub(crate) async fn is_clinician(control: &ControlDb, tenant: TenantId, identity: Uuid) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query("SELECT role FROM memberships WHERE tenant_id = $1 AND identity_id = $2")
        .bind(tenant.as_uuid())
        .bind(identity)
        .fetch_optional()
        .await?;
    row.map_or(Ok(false), |row| treats(&row))
}

/// Finds what people are called whose ids stand in the clinic's own records; who left it wrote them all the same.
pub(crate) async fn names(
    control: &ControlDb,
    ids: impl Iterator<Item = Uuid> + Send,
) -> Result<BTreeMap<Uuid, String>, Error> {
    let ids: BTreeSet<Uuid> = ids.collect();
    let mut names = BTreeMap::new();
    if ids.is_empty() {
        return Ok(names);
    }
    let mut scope = control.conn().await?;
    // A page of records is by few people.
    for id in ids {
        let row = scope.query("SELECT coalesce(name, email) AS name FROM identities WHERE id = $1").bind(id);
        if let Some(row) = row.fetch_optional().await? {
            names.insert(id, row.get("name")?);
        }
    }
    Ok(names)
}

fn treats(row: &Row) -> Result<bool, Error> {
    let role: String = row.get("role")?;
    Ok(role.parse::<Role>().is_ok_and(|role| role.may(Permission::WritePatients)))
}
