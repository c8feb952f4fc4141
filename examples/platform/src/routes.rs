//! Every route of the server, in one table: the routers are made from it, and tests hold it against what they cover.

use axum::{
    Router,
    http::{Method, request::Parts},
    middleware::{from_fn, from_fn_with_state},
    routing::MethodRouter,
};
use nadia_quota::{QuotaLayer, TenantLimiter};
use nadia_tenant_sqlx::SqlTenantStore;
use nadia_tenant_tower::TenantLayer;

use crate::{
    admin, analytics, assets, branding, clinic, edge, export, health,
    openapi::{self, Operation},
    operators,
    people::{self, Permission, auth},
    portal,
    problem::Problem,
    settings,
    state::AppState,
    tenants, usage,
    web::same_origin,
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
    /// The operators' host, `admin` below the base domain.
    Admin,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody, a program.
    Public,
    /// Everybody, a browser; forms come from the same host only.
    PublicPage,
    /// Who brings a token or key of the host's clinic with a role that includes this.
    Member(Permission),
    /// Whose browser has a cookie of the host's clinic, with a role that includes this.
    Page(Permission),
    /// Who brings an operator's token.
    Operator,
    /// Whose browser has an operator's cookie.
    OperatorPage,
}

impl Access {
    /// Tells whether it is a page, which browsers ask for.
    #[must_use]
    pub const fn is_page(self) -> bool {
        matches!(self, Self::PublicPage | Self::Page(_) | Self::OperatorPage)
    }
}

type Handler = fn() -> MethodRouter<AppState>;
pub(crate) type Row = (Method, &'static str, HostKind, Access, Handler);

/// A module's rows, and what the API's document says of those that are the API's.
pub(crate) type Table = (&'static [Row], &'static [Operation]);

/// The rows of the modules whose handlers they are.
pub(crate) const TABLES: &[Table] = &[
    (health::ROUTES, &[]),
    (assets::ROUTES, &[]),
    (tenants::ROUTES, tenants::OPERATIONS),
    (people::ROUTES, people::OPERATIONS),
    (people::members::ROUTES, people::members::OPERATIONS),
    (people::invitations::ROUTES, people::invitations::OPERATIONS),
    (people::teams::ROUTES, people::teams::OPERATIONS),
    (people::api_key::ROUTES, people::api_key::OPERATIONS),
    (people::me::ROUTES, people::me::OPERATIONS),
    (people::clinics::ROUTES, &[]),
    (clinic::ROUTES, clinic::OPERATIONS),
    (portal::ROUTES, portal::OPERATIONS),
    (usage::ROUTES, usage::OPERATIONS),
    (operators::ROUTES, operators::OPERATIONS),
    (admin::ROUTES, admin::OPERATIONS),
    (analytics::ROUTES, analytics::OPERATIONS),
    (openapi::ROUTES, openapi::OPERATIONS),
    (settings::ROUTES, settings::OPERATIONS),
    (branding::ROUTES, branding::OPERATIONS),
    (export::ROUTES, export::OPERATIONS),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().flat_map(|(rows, _)| *rows)
}

/// Returns every route of the server.
#[must_use]
pub fn routes() -> Vec<Route> {
    let row =
        |(method, path, host, access, _): &Row| Route { method: method.clone(), path, host: *host, access: *access };
    rows().map(row).collect()
}

/// Returns the path of the table that `path` is, if that names no single object.
pub(crate) fn fixed_path(path: &str) -> Option<&'static str> {
    rows().map(|row| row.1).find(|known| *known == path && !known.contains('{'))
}

/// Tells whether a request to a clinic's host may change what the clinic keeps.
///
/// What is public changes nothing of it: sessions are the platform's, and people of a clinic that is read-only log in.
pub(crate) fn writes_tenant(request: &Parts) -> bool {
    let free =
        |row: &&Row| row.0 == request.method && is_path_of(row.1, request.uri.path()) && leaves_clinic_alone(row);
    let reads = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    !reads && !rows().any(|row| free(&row))
}

/// Tells whether a row's requests leave alone what a clinic keeps: doors, and what people do with their own account.
fn leaves_clinic_alone(row: &Row) -> bool {
    let door = matches!(row.3, Access::Public | Access::PublicPage) && !JOINS.contains(&row.1);
    let own = matches!(row.3, Access::Member(Permission::OwnAccount) | Access::Page(Permission::OwnAccount));
    row.2 == HostKind::Tenant && (door || own)
}

/// What is public and makes somebody a member all the same.
const JOINS: [&str; 2] = ["/api/v1/invitations/accept", "/invitation"];

/// Tells whether `path` is one that a pattern of the table stands for.
fn is_path_of(pattern: &str, path: &str) -> bool {
    let (mut named, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (named.next(), given.next()) {
            (None, None) => return true,
            (Some(named), Some(given)) if named == given || (named.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The routers, by the host of the request.
#[derive(Clone, Debug)]
pub(crate) struct Routers {
    pub(crate) any: Router<AppState>,
    pub(crate) base: Router,
    pub(crate) tenant: Router,
    pub(crate) admin: Router,
}

impl Routers {
    /// Builds the routers.
    ///
    /// The way to a clinic's data is tenant, token, quota, session, handler: who has no good token uses up nothing of the
    /// clinic's quota, and who has used it up asks the database nothing. That of a page is tenant, origin, cookie, quota,
    /// handler.
    pub(crate) fn new(app: &AppState, tenants: TenantLayer<SqlTenantStore>, limiter: &TenantLimiter) -> Self {
        let quota = QuotaLayer::new(limiter.clone());
        let guarded = |handler: MethodRouter<AppState>, access: Access| match access {
            Access::Public => handler,
            Access::PublicPage => handler.route_layer(from_fn(same_origin)),
            Access::Member(permission) => handler
                .route_layer(from_fn_with_state(app.clone(), usage::count))
                .route_layer(from_fn_with_state((app.clone(), permission), auth::require_session))
                .route_layer(quota.clone())
                .route_layer(from_fn_with_state((app.clone(), permission), auth::require)),
            Access::Page(permission) => handler
                .route_layer(from_fn_with_state(app.clone(), usage::count))
                .route_layer(from_fn_with_state(permission, portal::require_permission))
                .route_layer(quota.clone())
                .route_layer(from_fn_with_state(app.clone(), portal::require))
                .route_layer(from_fn(same_origin)),
            Access::Operator => handler.route_layer(from_fn_with_state(app.clone(), operators::require)),
            Access::OperatorPage => handler
                .route_layer(from_fn_with_state(app.clone(), operators::require_page))
                .route_layer(from_fn(same_origin)),
        };
        let collect = |host: HostKind| {
            let rows = rows().filter(|row| row.2 == host);
            let router = rows.fold(Router::new(), |router, (_, path, _, access, handler)| {
                router.route(path, guarded(handler(), *access))
            });
            router.method_not_allowed_fallback(edge::method_not_allowed).layer(from_fn(edge::observe))
        };
        let unknown = || async { Problem::route_unknown() };
        let observed = || axum::handler::Handler::layer(unknown, from_fn(edge::observe));
        Self {
            any: collect(HostKind::Any),
            base: collect(HostKind::Base).fallback(observed()).with_state(app.clone()),
            tenant: collect(HostKind::Tenant).fallback(observed()).layer(tenants).with_state(app.clone()),
            admin: collect(HostKind::Admin).fallback(observed()).with_state(app.clone()),
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
        let doors = ["/api/v1/signup", "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/logout"];
        let others = ["/api/v1/invitations/accept", "/api/v1/auth/login"];
        // What the API is like is no secret.
        assert_eq!(open, [&doors[..], &others, &["/api/v1/openapi.json"; 3]].concat());
    }

    #[test]
    fn what_may_change_a_clinic_is_told_by_the_table() {
        let check = |method: Method, path: &str, expected| {
            let request = axum::http::Request::builder().method(&method).uri(path).body(()).unwrap();
            assert_eq!(writes_tenant(&request.into_parts().0), expected, "{method} {path}");
        };
        for route in routes().into_iter().filter(|route| route.host == HostKind::Tenant) {
            let own = Permission::OwnAccount;
            let free = match route.access {
                Access::Public | Access::PublicPage => !route.path.contains("invitation"),
                access => access == Access::Member(own) || access == Access::Page(own),
            };
            let path = route.path.replace("{id}", "1").replace("{identity}", "2");
            let reads = route.method == Method::GET;
            check(route.method, &path, !free && !reads);
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
