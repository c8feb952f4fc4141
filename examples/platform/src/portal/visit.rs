use axum::{
    extract::{FromRequestParts, Request},
    http::request::Parts,
};
use nadia_tenant_core::{Tenant, TenantContext};
use nadia_tenant_tower::Tenant as Resolved;

use crate::{
    branding::branding,
    people::{Caller, Permission, Way},
    problem::Problem,
    state::AppState,
    web::{Brand, CsrfToken, Frame, NavItem, Notice},
};

/// A page that somebody who is logged in asks for.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) ctx: TenantContext,
    pub(crate) caller: Caller,
    csrf: CsrfToken,
    notice: Option<Notice>,
    path: String,
}

/// The ways through the portal, and who may take them.
const NAV: [(&str, &str, Permission); 9] = [
    ("/", "Overview", Permission::ReadClinic),
    ("/patients", "Patients", Permission::ReadPatients),
    ("/appointments", "Appointments", Permission::ReadPatients),
    ("/members", "Members", Permission::ReadClinic),
    ("/teams", "Teams", Permission::ReadClinic),
    ("/usage", "Usage", Permission::ReadClinic),
    ("/settings", "Settings", Permission::ManageClinic),
    ("/exports", "Exports", Permission::Export),
    ("/audit", "Audit", Permission::ManageClinic),
];

/// The ways that stand beside who is logged in.
const OWN: [(&str, &str); 2] = [("/clinics", "My clinics"), ("/me", "Me")];

impl FromRequestParts<AppState> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let Resolved(ctx) = Resolved::from_request_parts(parts, app).await.map_err(|_| Problem::failure())?;
        let caller = Caller::from_request_parts(parts, app).await?;
        let csrf = parts.extensions.get().cloned().ok_or_else(Problem::failure)?;
        let notice = Notice::of(parts.uri.query());
        Ok(Self { ctx, caller, csrf, notice, path: parts.uri.path().to_owned() })
    }
}

impl Visit {
    pub(crate) fn tenant(&self) -> &Tenant {
        self.ctx.tenant()
    }

    /// Returns what stands around the page.
    pub(crate) async fn frame(&self, app: &AppState, title: &str) -> Result<Frame, Problem> {
        let nav = NAV.iter().filter(|(_, _, permission)| self.caller.may(*permission));
        let current = |href: &str| match href {
            "/" => self.path == "/",
            "/settings" if self.path.starts_with("/branding") => true,
            href => self.path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        let item = |href, label| NavItem { href, label, current: current(href) };
        let nav = nav.map(|(href, label, _)| item(href, label)).collect();
        let person = match &self.caller.way {
            Way::Person { email, .. } => Some(email.as_str().to_owned()),
            Way::Key(_) => None,
        };
        Ok(Frame {
            title: title.to_owned(),
            brand: brand(app, self.tenant()).await?,
            nav,
            person,
            own: OWN.iter().map(|(href, label)| item(href, label)).collect(),
            csrf: self.csrf.as_str().to_owned(),
            notice: self.notice,
        })
    }
}

/// Returns whose pages a clinic's are.
pub(crate) async fn brand(app: &AppState, tenant: &Tenant) -> Result<Brand, Problem> {
    let own = branding(app, tenant.id()).await?;
    // Another logo has another address, so that browsers which keep the one don't show it for the other.
    let logo = own.logo.as_ref().map(|logo| format!("/assets/logo?{}", logo.sha256.get(..16).unwrap_or_default()));
    let (styled, welcome) = (own.colour.is_some(), own.welcome.clone());
    Ok(Brand { name: tenant.name().to_owned(), logo, styled, welcome })
}

/// Returns the path and query that a page named as the one to come back to, if it is a path of this host.
pub(super) fn local_path(named: Option<&str>) -> Option<&str> {
    let named = named?;
    let rest = named.strip_prefix('/')?;
    // `//host` and `/\host` leave this host, and a control character could end the header.
    let leaves = rest.starts_with(['/', '\\']) || named.contains('\\') || !named.bytes().all(|b| b.is_ascii_graphic());
    (!leaves).then_some(named)
}

/// Returns a parameter of a request's query.
pub(crate) fn query_value(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_this_host_only() {
        for path in ["/", "/patients", "/patients?search=a%20b"] {
            assert_eq!(local_path(Some(path)), Some(path));
        }
        for path in ["", "patients", "//evil.example", "/\\evil.example", "/a\\b", "https://evil.example", "/a\r\nx: y"]
        {
            assert_eq!(local_path(Some(path)), None, "{path:?}");
        }
        assert_eq!(local_path(None), None);
    }
}
