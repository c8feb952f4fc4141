use nadia_tenant_sqlx::TenantRecord;
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

/// A clinic as operators see it. Members are added, never renamed.
#[derive(Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(crate) struct TenantJson<'a> {
    #[schema(format = Uuid)]
    id: String,
    slug: &'a str,
    name: &'a str,
    status: &'a str,
    quarantined: bool,
    plan: &'a str,
    isolation: &'a str,
    placement: &'a str,
    revision: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl<'a> TenantJson<'a> {
    pub(crate) fn of(record: &'a TenantRecord) -> Self {
        let tenant = &record.tenant;
        Self {
            id: tenant.id().to_string(),
            slug: tenant.slug().as_str(),
            name: tenant.name(),
            status: tenant.status().as_str(),
            quarantined: tenant.is_quarantined(),
            plan: tenant.plan().as_str(),
            isolation: tenant.isolation().as_str(),
            placement: tenant.placement().as_str(),
            revision: record.revision,
            created_at: instant(record.created_at),
            updated_at: instant(record.updated_at),
        }
    }
}

pub(crate) fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
