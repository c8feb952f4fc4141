//! What a request is let in by: nothing, a token, a key or a cookie, of somebody of either clinic or of the platform.

use std::collections::BTreeMap;

use nadia_platform::HostKind;
use nadia_tests::{BASE, Browser, Call, Clinic, PASSWORD, Server};
use serde_json::json;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::platform::clinic_support::{colleague, identity_of, limit};

/// The operators' host.
pub(crate) const ADMIN: &str = "admin.localhost";
const OPERATOR: &str = "operator@platform.example";

/// Somebody, or a program. `Foreign` ones are of another clinic, `Asleep` of one that is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Owner,
    Admin,
    Clinician,
    Viewer,
    Key,
    Foreign,
    ForeignKey,
    Asleep,
    Operator,
}

/// How they say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A token or key; pages don't take one.
    Token,
    /// The pages' cookie; a form has the right token and comes from the right host.
    Cookie,
    /// A cookie whose form has no token.
    CookieWithoutToken,
    /// A cookie whose form has the token of another log-in.
    CookieWithWrongToken,
    /// A cookie, and nothing says where the form is from.
    CookieFromNowhere,
    /// A cookie, and the form is from another clinic's page.
    CookieFromElsewhere,
}

impl By {
    pub(crate) const FORGED: [Self; 4] =
        [Self::CookieWithoutToken, Self::CookieWithWrongToken, Self::CookieFromNowhere, Self::CookieFromElsewhere];
}

pub(crate) type Credential = Option<(Who, By)>;

impl Who {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Clinician => "clinician",
            Self::Viewer => "viewer",
            Self::Key => "key",
            Self::Foreign => "foreign owner",
            Self::ForeignKey => "foreign key",
            Self::Asleep => "its owner",
            Self::Operator => "operator",
        }
    }
}

/// Says what a row of the matrix is let in by.
pub(crate) fn named(by: By) -> &'static str {
    match by {
        By::Token => "token",
        By::Cookie => "cookie",
        By::CookieWithoutToken => "form without its token",
        By::CookieWithWrongToken => "form with another's token",
        By::CookieFromNowhere => "form from nowhere",
        By::CookieFromElsewhere => "form from elsewhere",
    }
}

/// What one of them holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    email: String,
    host: String,
}

/// Everybody's credentials, good at this moment.
#[derive(Debug)]
pub(crate) struct KeyRing(BTreeMap<Who, Held>);

impl KeyRing {
    /// Makes everybody, and logs them in.
    pub(crate) async fn new(server: &Server) -> Self {
        let mut ring = Self(BTreeMap::new());
        for clinic in [&server.north, &server.south] {
            for resource in ["seats", "patients"] {
                limit(server, clinic, resource, 1_000_000).await;
            }
            server.grant_feature(clinic, "api_keys").await;
        }
        add_operator(server).await;
        let Server { north, south, asleep, .. } = server;
        ring.add(server, Who::Owner, &north.email, north).await;
        ring.add(server, Who::Foreign, &south.email, south).await;
        ring.0.insert(Who::Asleep, Held { token: asleep.token.clone(), host: asleep.host.clone(), ..Held::default() });
        for (who, role) in [(Who::Admin, "admin"), (Who::Clinician, "clinician"), (Who::Viewer, "viewer")] {
            let (_, colleague) = colleague(server, north, role).await;
            ring.add(server, who, &colleague.email, north).await;
        }
        for (who, clinic) in [(Who::Key, north), (Who::ForeignKey, south)] {
            let body = json!({"name": "Laboratory", "role": "admin"});
            let made = server.http.post(&clinic.host, "/api/v1/api-keys", &body).token(&clinic.token).send().await;
            let made = made.expect(201);
            let text = |member: &str| made[member].as_str().unwrap().to_owned();
            ring.0.insert(who, Held { id: text("id"), token: text("key"), ..Held::default() });
        }
        let held = Held { email: OPERATOR.to_owned(), host: ADMIN.to_owned(), ..Held::default() };
        ring.0.insert(Who::Operator, held);
        ring.log_in(server, Who::Operator).await;
        ring
    }

    async fn add(&mut self, server: &Server, who: Who, email: &str, clinic: &Clinic) {
        let id = identity_of(server, email).await.to_string();
        self.0.insert(who, Held { id, email: email.to_owned(), host: clinic.host.clone(), ..Held::default() });
        self.log_in(server, who).await;
    }

    /// Logs somebody in anew, who may have been logged out.
    pub(crate) async fn log_in(&mut self, server: &Server, who: Who) {
        let held = self.0.get_mut(&who).unwrap();
        if held.email.is_empty() {
            return;
        }
        let grant = server.http.log_in(&held.host, &held.email, PASSWORD).await.expect(200);
        held.token = grant["access_token"].as_str().unwrap().to_owned();
        let browser = Browser::logged_in(&server.http, &held.host, &held.email).await;
        held.cookie = browser.cookie_header(&held.host).unwrap();
        held.csrf = browser.csrf(&held.host).to_owned();
        assert!(!held.csrf.is_empty());
    }

    pub(crate) fn held(&self, who: Who) -> &Held {
        &self.0[&who]
    }

    /// Lets a request in.
    pub(crate) fn open(&self, call: Call, credential: Credential) -> Call {
        match credential {
            None => call,
            Some((who, By::Token)) => call.token(&self.held(who).token),
            Some((who, _)) => call.header("cookie", &self.held(who).cookie),
        }
    }

    /// Returns the token that a form brings.
    pub(crate) fn csrf(&self, credential: Credential) -> Option<&str> {
        match credential {
            Some((_, By::CookieWithoutToken)) | None => None,
            Some((who, By::CookieWithWrongToken)) => {
                let another = if who == Who::Owner { Who::Admin } else { Who::Owner };
                Some(&self.held(another).csrf)
            }
            Some((who, _)) => Some(&self.held(who).csrf).filter(|csrf| !csrf.is_empty()).map(String::as_str),
        }
    }
}

/// Makes an operator whose password is everybody's.
pub(crate) async fn add_operator(server: &Server) {
    let mut control = server.running().installation().control().conn().await.unwrap();
    let hash = control.query("SELECT password_hash FROM identities WHERE email = $1").bind(server.north.email.clone());
    let hash: String = hash.fetch_one().await.unwrap().get("password_hash").unwrap();
    control
        .query("INSERT INTO operators (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
        .bind(Uuid::now_v7())
        .bind(OPERATOR.to_owned())
        .bind(hash)
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .unwrap();
}

/// Logs the operator in, and returns a token and a browser.
pub(crate) async fn operator(server: &Server) -> (String, Browser) {
    let grant = server.http.log_in(ADMIN, OPERATOR, PASSWORD).await.expect(200);
    let browser = Browser::logged_in(&server.http, ADMIN, OPERATOR).await;
    (grant["access_token"].as_str().unwrap().to_owned(), browser)
}

/// The hosts that a request can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Own,
    /// Own, and `x-tenant-id` says the same.
    OwnNamed,
    /// Own, and `x-tenant-id` names the foreign clinic.
    OwnButForeignNamed,
    Foreign,
    Suspended,
    Base,
    /// Base, and `x-tenant-id` names the own clinic.
    BaseNamed,
    Admin,
    /// The operators', and `x-tenant-id` names the own clinic.
    AdminNamed,
    Unknown,
}

impl Host {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::OwnNamed => "own, own x-tenant-id",
            Self::OwnButForeignNamed => "own, foreign x-tenant-id",
            Self::Foreign => "foreign",
            Self::Suspended => "suspended",
            Self::Base => "base",
            Self::BaseNamed => "base, own x-tenant-id",
            Self::Admin => "admin",
            Self::AdminNamed => "admin, own x-tenant-id",
            Self::Unknown => "unknown",
        }
    }

    /// Returns which routes it has.
    pub(crate) const fn kind(self) -> HostKind {
        match self {
            Self::Base | Self::BaseNamed => HostKind::Base,
            Self::Admin | Self::AdminNamed => HostKind::Admin,
            _ => HostKind::Tenant,
        }
    }

    /// Returns the host, and what `x-tenant-id` names.
    pub(crate) fn of(self, server: &Server) -> (&str, Option<&str>) {
        let Server { north, south, asleep, .. } = server;
        match self {
            Self::Own => (&north.host, None),
            Self::OwnNamed => (&north.host, Some(&north.id)),
            Self::OwnButForeignNamed => (&north.host, Some(&south.id)),
            Self::Foreign => (&south.host, None),
            Self::Suspended => (&asleep.host, None),
            Self::Base => (BASE, None),
            Self::BaseNamed => (BASE, Some(&north.id)),
            Self::Admin => (ADMIN, None),
            Self::AdminNamed => (ADMIN, Some(&north.id)),
            Self::Unknown => ("unknown.localhost", None),
        }
    }
}
