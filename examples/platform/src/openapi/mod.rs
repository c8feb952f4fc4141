//! What programs can ask of the server, as [OpenAPI 3.1] documents: one of clinics, one of operators.
//!
//! They are made from the table of routes. Beside its routes each module has a row of `OPERATIONS` for each of those that
//! are the API's; the schemas are those of the types that are answered with. Of bodies, which `Fields` reads, small
//! types tell the members. That both are true is found out by every suite that talks to a server.
//!
//! [OpenAPI 3.1]: https://spec.openapis.org/oas/v3.1.0

mod document;
mod operation;
mod parameter;

use std::sync::OnceLock;

use axum::{
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing,
};

/// Declares types that tell what a body may have. They are only described: `Fields` reads bodies, member by member.
macro_rules! body {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident { $($members:tt)* })+) => {$(
        #[derive(utoipa::ToSchema)]
        $(#[$attribute])*
        #[expect(dead_code, reason = "the API's document is made of it, and nothing else")]
        $visibility struct $name {
            $($members)*
        }
    )+};
}

pub(crate) use body;

pub(crate) use self::{
    operation::{Operation, delete, get, patch, post, put},
    parameter::{IF_MATCH, IF_NONE_MATCH, Kind, PAGED, Parameter, SEARCH, query},
};
use crate::routes::{Access, HostKind, Row};

const PATH: &str = "/api/v1/openapi.json";

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, PATH, HostKind::Base, Access::Public, || routing::get(clinics)),
    (Method::GET, PATH, HostKind::Tenant, Access::Public, || routing::get(clinics)),
    (Method::GET, PATH, HostKind::Admin, Access::Public, || routing::get(operators)),
];
pub(crate) const OPERATIONS: &[Operation] =
    &[get(PATH, "Describes this API in OpenAPI 3.1").gives_bytes(200, "application/json")];

/// One of the server's API documents, which `GET /api/v1/openapi.json` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiDocument {
    /// That of clinics' hosts and the base host.
    Clinics,
    /// That of the operators' host.
    Operators,
}

impl ApiDocument {
    /// Returns the document as JSON, which never changes.
    #[must_use]
    pub fn text(self) -> &'static str {
        static TEXTS: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
        TEXTS[self as usize].get_or_init(|| {
            document::document(self).to_json().expect("a document of texts, numbers and lists is always JSON")
        })
    }

    /// Returns the document that a route stands in: none that is not of the API.
    fn of(row: &Row) -> Option<Self> {
        match row.2 {
            _ if row.3.is_page() || !row.1.starts_with("/api/") => None,
            HostKind::Any => None,
            HostKind::Base | HostKind::Tenant => Some(Self::Clinics),
            HostKind::Admin => Some(Self::Operators),
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Clinics => "Nadia",
            Self::Operators => "Nadia for operators",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Clinics => {
                "What a clinic's programs can ask. Each clinic has a host of its own, one label below the base domain; \
                 operations tagged `sign-up` are on the base domain itself. Whatever another clinic has is not found."
            }
            Self::Operators => "What the platform's operators can ask, on their own host.",
        }
    }

    const fn tags(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Clinics => &[("sign-up", "On the base domain"), ("clinic", "On the host of a clinic")],
            Self::Operators => &[("operators", "On the operators' host")],
        }
    }
}

async fn clinics() -> Response {
    served(ApiDocument::Clinics)
}

async fn operators() -> Response {
    served(ApiDocument::Operators)
}

fn served(document: ApiDocument) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, document.text()).into_response()
}

#[cfg(test)]
mod tests;
