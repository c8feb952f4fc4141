//! Every route of the server, in one table: the routers are made from it, and tests hold it against what they cover.

use axum::{
    Router,
    http::{Method, request::Parts},
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, delete, get, patch, post},
};
use nadia_quota::{QuotaLayer, TenantLimiter};
use nadia_tenant_sqlx::SqlTenantStore;
use nadia_tenant_tower::TenantLayer;

use crate::{
    clinic::patients,
    edge, health, pages,
    people::{Permission, auth, log_in},
    problem::Problem,
    state::AppState,
    tenants::sign_up,
};

/// One route, as clients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The method; `GET` answers `HEAD` as well.
    pub method: Method,
    /// The path, `{name}` standing for one segment.
    pub path: &'static str,
    /// The hosts that have it.
    pub host: HostKind,
    /// Who may call it.
    pub access: Access,
}

/// The hosts that have a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostKind {
    /// Whatever the request calls the server.
    Any,
    /// The base domain.
    Base,
    /// A clinic's host, one label below the base domain.
    Tenant,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody.
    Public,
    /// Who brings a token of the host's clinic with a role that includes this.
    Member(Permission),
}

type Handler = fn() -> MethodRouter<AppState>;
type Row = (Method, &'static str, HostKind, Access, Handler);

const READ: Access = Access::Member(Permission::ReadPatients);
const WRITE: Access = Access::Member(Permission::WritePatients);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    (Method::GET, "/livez", HostKind::Any, Access::Public, || get(health::live)),
    (Method::GET, "/readyz", HostKind::Any, Access::Public, || get(health::ready)),

    (Method::GET, "/", HostKind::Base, Access::Public, || get(pages::welcome)),
    (Method::GET, "/assets/page.css", HostKind::Base, Access::Public, || get(pages::style)),
    (Method::GET, "/assets/welcome.js", HostKind::Base, Access::Public, || get(pages::welcome_script)),
    (Method::POST, "/api/v1/signup", HostKind::Base, Access::Public, || post(sign_up::sign_up)),

    (Method::GET, "/", HostKind::Tenant, Access::Public, || get(pages::clinic)),
    (Method::GET, "/assets/page.css", HostKind::Tenant, Access::Public, || get(pages::style)),
    (Method::GET, "/assets/clinic.js", HostKind::Tenant, Access::Public, || get(pages::clinic_script)),
    (Method::POST, "/api/v1/auth/login", HostKind::Tenant, Access::Public, || post(log_in::log_in)),
    (Method::POST, "/api/v1/auth/refresh", HostKind::Tenant, Access::Public, || post(log_in::refresh)),
    (Method::POST, "/api/v1/auth/logout", HostKind::Tenant, Access::Public, || post(log_in::log_out)),
    (Method::GET, "/api/v1/patients", HostKind::Tenant, READ, || get(patients::list)),
    (Method::POST, "/api/v1/patients", HostKind::Tenant, WRITE, || post(patients::create)),
    (Method::GET, "/api/v1/patients/{id}", HostKind::Tenant, READ, || get(patients::read)),
    (Method::PATCH, "/api/v1/patients/{id}", HostKind::Tenant, WRITE, || patch(patients::change)),
    (Method::DELETE, "/api/v1/patients/{id}", HostKind::Tenant, WRITE, || delete(patients::remove)),
];

/// Returns every route of the server.
#[must_use]
pub fn routes() -> Vec<Route> {
    let row =
        |(method, path, host, access, _): &Row| Route { method: method.clone(), path, host: *host, access: *access };
    TABLE.iter().map(row).collect()
}

/// Returns the path of the table that `path` is, if that names no single object.
pub(crate) fn fixed_path(path: &str) -> Option<&'static str> {
    TABLE.iter().map(|row| row.1).find(|known| *known == path && !known.contains('{'))
}

/// Tells whether a request to a clinic's host may change what the clinic keeps.
///
/// What is public changes nothing of it: sessions are the platform's, and people of a clinic that is read-only log in.
pub(crate) fn writes_tenant(request: &Parts) -> bool {
    let public = |row: &&Row| row.1 == request.uri.path() && row.2 == HostKind::Tenant && row.3 == Access::Public;
    let reads = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    !reads && !TABLE.iter().any(|row| row.0 == request.method && public(&row))
}

/// The routers, by the host of the request.
#[derive(Clone, Debug)]
pub(crate) struct Routers {
    pub(crate) any: Router<AppState>,
    pub(crate) base: Router,
    pub(crate) tenant: Router,
}

impl Routers {
    /// Builds the routers.
    ///
    /// The way to a clinic's data is tenant, token, quota, session, handler: who has no good token uses up nothing of the
    /// clinic's quota, and who has used it up asks the database nothing.
    pub(crate) fn new(app: &AppState, tenants: TenantLayer<SqlTenantStore>, limiter: &TenantLimiter) -> Self {
        let quota = QuotaLayer::new(limiter.clone());
        let collect = |host: HostKind| {
            let rows = TABLE.iter().filter(|row| row.2 == host);
            let router = rows.fold(Router::new(), |router, (_, path, _, access, handler)| {
                let handler = match access {
                    Access::Public => handler(),
                    Access::Member(permission) => handler()
                        .route_layer(from_fn_with_state(app.clone(), auth::require_session))
                        .route_layer(quota.clone())
                        .route_layer(from_fn_with_state((app.clone(), *permission), auth::require)),
                };
                router.route(path, handler)
            });
            router.method_not_allowed_fallback(edge::method_not_allowed).layer(from_fn(edge::observe))
        };
        let unknown = || async { Problem::route_unknown() };
        let observed = || axum::handler::Handler::layer(unknown, from_fn(edge::observe));
        Self {
            any: collect(HostKind::Any),
            base: collect(HostKind::Base).fallback(observed()).with_state(app.clone()),
            tenant: collect(HostKind::Tenant).fallback(observed()).layer(tenants).with_state(app.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_stands_twice() {
        let routes = routes();
        for (at, route) in routes.iter().enumerate() {
            let same =
                |other: &&Route| (&other.method, other.path, other.host) == (&route.method, route.path, route.host);
            assert_eq!(routes[..at].iter().find(same), None);
        }
    }

    #[test]
    fn only_the_doors_are_open_below_the_api() {
        let open: Vec<_> = routes()
            .into_iter()
            .filter(|route| route.access == Access::Public && route.path.starts_with("/api/"))
            .map(|route| route.path)
            .collect();
        assert_eq!(open, ["/api/v1/signup", "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/logout"]);
    }

    #[test]
    fn what_may_change_a_clinic_is_told_by_the_table() {
        let check = |method: Method, path: &str, expected| {
            let request = axum::http::Request::builder().method(&method).uri(path).body(()).unwrap();
            assert_eq!(writes_tenant(&request.into_parts().0), expected, "{method} {path}");
        };
        for route in routes().into_iter().filter(|route| route.host == HostKind::Tenant) {
            let expected = route.access == Access::Member(Permission::WritePatients);
            check(route.method, &route.path.replace("{id}", "1"), expected);
        }
        check(Method::POST, "/api/v1/auth/other", true);
        check(Method::DELETE, "/api/v1/auth/login", true);
        check(Method::POST, "/api/v1/signup", true);
    }

    #[test]
    fn an_object_has_no_fixed_path() {
        assert_eq!(fixed_path("/api/v1/patients"), Some("/api/v1/patients"));
        assert_eq!(fixed_path("/api/v1/patients/1"), None);
        assert_eq!(fixed_path("/api/v1/patients/{id}"), None);
    }
}
