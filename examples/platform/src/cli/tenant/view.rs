use nadia_tenant_core::Tenant;
use nadia_tenant_sqlx::TenantRecord;
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A clinic as `--json` shows it. Members are added, never renamed.
#[derive(Serialize)]
pub(super) struct TenantJson<'a> {
    id: String,
    slug: &'a str,
    name: &'a str,
    status: &'a str,
    quarantined: bool,
    plan: &'a str,
    isolation: &'a str,
    placement: &'a str,
    revision: i64,
    created_at: String,
    updated_at: String,
}

impl<'a> TenantJson<'a> {
    pub(super) fn of(record: &'a TenantRecord) -> Self {
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

/// A clinic as a command leaves it, and whether there was anything to do.
#[derive(Serialize)]
pub(super) struct ChangedJson<'a> {
    #[serde(flatten)]
    pub(super) tenant: TenantJson<'a>,
    pub(super) changed: bool,
}

/// Writes one JSON object on a line of its own.
pub(super) fn line(object: &impl Serialize) -> String {
    let mut line = serde_json::to_string(object).expect("a struct of texts and numbers is always JSON");
    line.push('\n');
    line
}

/// Says in words whether the clinic is served.
pub(super) fn standing(tenant: &Tenant) -> String {
    let status = tenant.status();
    if tenant.is_quarantined() { format!("{status}, quarantined") } else { status.to_string() }
}

pub(super) fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// Makes a name safe to show: what would move a terminal's cursor or colour it is written out.
pub(super) fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}
