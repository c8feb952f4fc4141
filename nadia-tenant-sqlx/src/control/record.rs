use nadia_tenant_core::{Tenant, TenantId, TenantRef, TenantStatus};
use time::OffsetDateTime;
use uuid::Uuid;

use super::ControlDb;
use crate::{Error, portable::Row};

/// A tenant's record as an operator sees it: whatever its status, purged included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantRecord {
    /// The tenant.
    pub tenant: Tenant,
    /// Grows by one with each change of the record.
    pub revision: i64,
    /// When it was entered.
    pub created_at: OffsetDateTime,
    /// When it changed last.
    pub updated_at: OffsetDateTime,
}

impl ControlDb {
    /// Finds a tenant's record, whatever its status.
    ///
    /// For operators and jobs. Requests ask [`store`](Self::store), to which a purged tenant is unknown.
    ///
    /// # Errors
    /// What the database reports; [`Error::Corrupt`] for a record that can't be read.
    pub async fn tenant(&self, reference: &TenantRef) -> Result<Option<TenantRecord>, Error> {
        let mut scope = self.conn().await?;
        let query = match reference {
            TenantRef::Id(id) => scope
                .query(
                    "SELECT id, slug, name, status, plan, isolation, placement, quarantined, \
                     revision, created_at, updated_at FROM tenants WHERE id = $1",
                )
                .bind(id.as_uuid()),
            TenantRef::Slug(slug) => scope
                .query(
                    "SELECT id, slug, name, status, plan, isolation, placement, quarantined, \
                     revision, created_at, updated_at FROM tenants WHERE slug = $1",
                )
                .bind(slug.as_str().to_owned()),
            // A kind of reference this registry has no column for names no tenant of it.
            _ => return Ok(None),
        };
        query.fetch_optional().await?.as_ref().map(record).transpose()
    }

    /// Lists up to `limit` records in the order of their ids, which is that of their making: those after `after`, and
    /// with this status if one is given.
    ///
    /// A page of fewer than `limit` is the last one.
    ///
    /// # Errors
    /// As [`tenant`](Self::tenant).
    pub async fn list(
        &self,
        after: Option<TenantId>,
        status: Option<TenantStatus>,
        limit: u16,
    ) -> Result<Vec<TenantRecord>, Error> {
        let mut scope = self.conn().await?;
        let rows = scope
            .query(
                "SELECT id, slug, name, status, plan, isolation, placement, quarantined, \
                 revision, created_at, updated_at FROM tenants \
                 WHERE id > $1 AND ($2 = '' OR status = $2) ORDER BY id LIMIT $3",
            )
            .bind(after.map_or(Uuid::nil(), |id| id.as_uuid()))
            .bind(status.map_or("", TenantStatus::as_str).to_owned())
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.iter().map(record).collect()
    }
}

fn record(row: &Row) -> Result<TenantRecord, Error> {
    Ok(TenantRecord {
        tenant: tenant(row).map_err(Error::Corrupt)?,
        revision: row.get("revision")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn tenant(row: &Row) -> Result<Tenant, Box<dyn std::error::Error + Send + Sync>> {
    let id = TenantId::try_from(row.get::<Uuid>("id")?)?;
    let slug = row.get::<String>("slug")?.parse()?;
    let plan = row.get::<String>("plan")?.parse()?;
    Ok(Tenant::new(id, slug, plan)
        .with_name(row.get::<String>("name")?)
        .with_status(row.get::<String>("status")?.parse()?)
        .with_isolation(row.get::<String>("isolation")?.parse()?)
        .with_placement(row.get::<String>("placement")?.parse()?)
        .with_quarantine(row.get("quarantined")?))
}
