use nadia_tenant_core::Tenant;
use serde::Serialize;

pub(super) use crate::tenants::{TenantJson, instant};

/// A clinic as a command leaves it, and whether there was anything to do.
#[derive(Serialize)]
pub(super) struct ChangedJson<'a> {
    #[serde(flatten)]
    pub(super) tenant: TenantJson<'a>,
    pub(super) changed: bool,
}

/// Writes one JSON object on a line of its own.
pub(in crate::cli) fn line(object: &impl Serialize) -> String {
    let mut line = serde_json::to_string(object).expect("a struct of texts and numbers is always JSON");
    line.push('\n');
    line
}

/// Says in words whether the clinic is served.
pub(super) fn standing(tenant: &Tenant) -> String {
    let status = tenant.status();
    if tenant.is_quarantined() { format!("{status}, quarantined") } else { status.to_string() }
}

/// Makes a name safe to show: what would move a terminal's cursor or colour it is written out.
pub(super) fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}
