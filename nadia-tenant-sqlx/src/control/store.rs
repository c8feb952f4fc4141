use async_trait::async_trait;
use nadia_tenant_core::{StoreError, Tenant, TenantId, TenantRef, TenantStatus, TenantStore};

use super::ControlDb;
use crate::{Error, portable::Row};

/// Finds tenants in the registry of the control database, on either database.
#[derive(Clone, Debug)]
pub struct SqlTenantStore(ControlDb);

impl SqlTenantStore {
    pub(crate) fn new(control: ControlDb) -> Self {
        Self(control)
    }

    async fn row(&self, reference: &TenantRef) -> Result<Option<Row>, Error> {
        let mut scope = self.0.conn().await?;
        let query = match reference {
            TenantRef::Id(id) => scope
                .query("SELECT id, slug, name, status, plan, isolation, placement, quarantined FROM tenants WHERE id = $1")
                .bind(id.as_uuid()),
            TenantRef::Slug(slug) => scope
                .query("SELECT id, slug, name, status, plan, isolation, placement, quarantined FROM tenants WHERE slug = $1")
                .bind(slug.as_str().to_owned()),
            // A kind of reference this registry has no column for names no tenant of it.
            _ => return Ok(None),
        };
        query.fetch_optional().await
    }
}

#[async_trait]
impl TenantStore for SqlTenantStore {
    async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError> {
        let row = self.row(reference).await.map_err(StoreError::unavailable)?;
        let tenant = row.as_ref().map(tenant).transpose().map_err(StoreError::corrupt)?;
        Ok(tenant.filter(|tenant| tenant.status() != TenantStatus::Purged))
    }
}

pub(crate) fn tenant(row: &Row) -> Result<Tenant, Box<dyn std::error::Error + Send + Sync>> {
    let id = TenantId::try_from(row.get::<uuid::Uuid>("id")?)?;
    let slug = row.get::<String>("slug")?.parse()?;
    let plan = row.get::<String>("plan")?.parse()?;
    Ok(Tenant::new(id, slug, plan)
        .with_name(row.get::<String>("name")?)
        .with_status(row.get::<String>("status")?.parse()?)
        .with_isolation(row.get::<String>("isolation")?.parse()?)
        .with_placement(row.get::<String>("placement")?.parse()?)
        .with_quarantine(row.get("quarantined")?))
}
