//! What the cases of a clinic's own work share: clinics of each isolation, colleagues, counters, and a browser.

use std::{collections::BTreeMap, fmt::Write as _};

use nadia_tenant_core::{
    CellLayout, Isolation, PlanName, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantRef, TenantSlug,
};
use nadia_tests::{Answer, BASE, Call, Clinic, Http, PASSWORD, Place, Server};
use serde_json::{Value, json};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// The ways in which a place keeps clinics apart.
pub(crate) fn isolations(place: Place) -> impl Iterator<Item = Isolation> {
    Isolation::ALL.into_iter().filter(move |isolation| place == Place::Postgres || *isolation != Isolation::Schema)
}

/// Makes a clinic of this isolation that north's owner owns, too.
pub(crate) async fn clinic_of(server: &Server, isolation: Isolation) -> Clinic {
    let slug = format!("c-{isolation}");
    let plan: PlanName = "group".parse().unwrap();
    let tenant = Tenant::new(TenantId::new(), TenantSlug::parse(&slug).unwrap(), plan).with_isolation(isolation);
    server.running().installation().create_tenant(&tenant, None).await.unwrap();
    let owner = identity_of(server, &server.north.email).await;
    join(server, tenant.id(), owner, "owner").await;
    log_in(server, &server.north, tenant.id().to_string(), slug).await
}

async fn log_in(server: &Server, who: &Clinic, id: String, slug: String) -> Clinic {
    let host = format!("{slug}.{BASE}");
    let grant = server.http.log_in(&host, &who.email, PASSWORD).await.expect(200);
    let text = |member: &str| grant[member].as_str().unwrap().to_owned();
    let (token, refresh_token) = (text("access_token"), text("refresh_token"));
    Clinic { id, slug, host, email: who.email.clone(), token, refresh_token }
}

/// Adds somebody of this role to a clinic; what is returned is the clinic as they see it, with their own token.
pub(crate) async fn colleague(server: &Server, clinic: &Clinic, role: &str) -> (Uuid, Clinic) {
    let (id, email) = (Uuid::now_v7(), format!("{role}@{}.example", clinic.slug));
    let mut control = server.running().installation().control().begin().await.unwrap();
    let hash = control.query("SELECT password_hash FROM identities WHERE email = $1").bind(clinic.email.clone());
    let hash: String = hash.fetch_one().await.unwrap().get("password_hash").unwrap();
    control
        .query("INSERT INTO identities (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(email.clone())
        .bind(hash)
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .unwrap();
    control.commit().await.unwrap();
    join(server, clinic.id.parse().unwrap(), id, role).await;
    let who = Clinic { email, ..clinic.clone() };
    (id, log_in(server, &who, clinic.id.clone(), clinic.slug.clone()).await)
}

async fn join(server: &Server, tenant: TenantId, identity: Uuid, role: &str) {
    let mut control = server.running().installation().control().conn().await.unwrap();
    control
        .query("INSERT INTO memberships (identity_id, tenant_id, role, created_at) VALUES ($1, $2, $3, $4)")
        .bind(identity)
        .bind(tenant.as_uuid())
        .bind(role.to_owned())
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .unwrap();
}

pub(crate) async fn identity_of(server: &Server, email: &str) -> Uuid {
    let mut control = server.running().installation().control().conn().await.unwrap();
    let row = control.query("SELECT id FROM identities WHERE email = $1").bind(email.to_owned());
    row.fetch_one().await.unwrap().get("id").unwrap()
}

/// Decides a limit of one clinic as an operator does.
pub(crate) async fn limit(server: &Server, clinic: &Clinic, resource: &str, value: i64) {
    let id: TenantId = clinic.id.parse().unwrap();
    let mut control = server.running().installation().control().conn().await.unwrap();
    control
        .query(
            "INSERT INTO limit_overrides (tenant_id, resource, value, changed_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant_id, resource) DO UPDATE SET value = excluded.value",
        )
        .bind(id.as_uuid())
        .bind(resource.to_owned())
        .bind(value)
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .unwrap();
}

/// What the audit says was done at a clinic: action and subject, the first thing first.
pub(crate) async fn audit(server: &Server, clinic: &Clinic) -> Vec<(String, String)> {
    let id: TenantId = clinic.id.parse().unwrap();
    let mut control = server.running().installation().control().conn().await.unwrap();
    let rows = control.query("SELECT action, subject FROM audit WHERE chain_id = $1 ORDER BY number");
    let rows = rows.bind(id.as_uuid()).fetch_all().await.unwrap();
    let text = |value: Option<String>| value.unwrap_or_default();
    rows.iter().map(|row| (row.get("action").unwrap(), text(row.get("subject").unwrap()))).collect()
}

pub(crate) async fn context(server: &Server, slug: &str) -> TenantContext {
    let reference = TenantRef::Slug(TenantSlug::parse(slug).unwrap());
    let record = server.running().installation().control().tenant(&reference).await.unwrap().unwrap();
    let cell = TenantCells::new(CellLayout::empty()).cell(record.tenant.id());
    TenantContext::new(record.tenant, cell, ResolvedBy::Job)
}

/// What a clinic's counters say, and what there is to count: patients and bytes of documents.
pub(crate) async fn counted(server: &Server, slug: &str) -> [[i64; 2]; 2] {
    let ctx = context(server, slug).await;
    let mut scope = server.running().installation().tenants().conn(&ctx).await.unwrap();
    let mut numbers = Vec::new();
    for sql in [
        "SELECT CAST(coalesce(sum(used), 0) AS bigint) AS n FROM counters WHERE resource = 'patients'",
        "SELECT CAST(coalesce(sum(used), 0) AS bigint) AS n FROM counters WHERE resource = 'storage'",
        "SELECT count(*) AS n FROM patients",
        "SELECT CAST(coalesce(sum(size_bytes), 0) AS bigint) AS n FROM documents",
    ] {
        numbers.push(scope.query(sql).fetch_one().await.unwrap().get::<i64>("n").unwrap());
    }
    [[numbers[0], numbers[1]], [numbers[2], numbers[3]]]
}

/// Runs a statement in a clinic's own place.
pub(crate) async fn in_place(server: &Server, slug: &str, sql: &'static str) {
    let ctx = context(server, slug).await;
    let mut scope = server.running().installation().tenants().conn(&ctx).await.unwrap();
    scope.query(sql).execute().await.unwrap();
}

pub(crate) fn id_of(record: &Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

/// Starts to add a patient.
pub(crate) fn new_patient(http: &Http, clinic: &Clinic, given_name: &str) -> Call {
    let body = json!({"given_name": given_name, "family_name": "Example"});
    http.post(&clinic.host, "/api/v1/patients", &body).token(&clinic.token)
}

/// Starts to add a document; `name` is part of the query as it is.
pub(crate) fn upload(http: &Http, clinic: &Clinic, patient: &str, name: &str, content: impl Into<Vec<u8>>) -> Call {
    let path = format!("/api/v1/patients/{patient}/documents?name={name}");
    let call = http.call("POST", &clinic.host, &path).token(&clinic.token);
    call.header("content-type", "text/plain; charset=utf-8").body(content)
}

/// A browser at one clinic: it keeps the cookie, and sends forms with the token of the page seen last.
pub(crate) struct Browser {
    http: Http,
    host: String,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

impl Browser {
    pub(crate) async fn logged_in(http: &Http, clinic: &Clinic) -> Self {
        let mut browser =
            Self { http: http.clone(), host: clinic.host.clone(), cookies: BTreeMap::new(), csrf: String::new() };
        browser.post("/login", &[("email", &clinic.email), ("password", PASSWORD)]).await.leads_to("/");
        browser.get("/").await.page(200, &["Log out"]);
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let call = self.http.get(&self.host, path);
        self.send(call).await
    }

    /// Sends a form, with the token unless `fields` have one.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let own = [("csrf", self.csrf.as_str())];
        let with_token = !self.csrf.is_empty() && fields.iter().all(|(name, _)| *name != "csrf");
        let mut body = String::new();
        for (name, value) in fields.iter().chain(if with_token { &own[..] } else { &[] }) {
            let _ = write!(body, "{name}={}&", escaped(value));
        }
        let kind = "application/x-www-form-urlencoded";
        self.send_form(path, kind, body.trim_end_matches('&').as_bytes().to_vec()).await
    }

    /// Sends a form with a file; `name` is quoted as browsers do.
    pub(crate) async fn upload(&mut self, path: &str, csrf: Option<&str>, name: &str, content: &[u8]) -> Answer {
        let csrf = csrf.unwrap_or(&self.csrf);
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let mut body = format!(
            "--xx\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--xx\r\ncontent-disposition: form-data; \
             name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/html\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--xx--\r\n");
        self.send_form(path, "multipart/form-data; boundary=xx", body).await
    }

    pub(crate) async fn send_form(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let call = self.http.call("POST", &self.host, path).header("content-type", kind).body(body);
        let call = call.header("origin", &format!("http://{}", self.host)).header("sec-fetch-site", "same-origin");
        self.send(call).await
    }

    async fn send(&mut self, call: Call) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = call.header("accept", "text/html").header("cookie", &cookies.join("; ")).send().await;
        for set in answer.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
            self.cookies.insert(pair.0.to_owned(), pair.1.to_owned());
        }
        if let Some(token) = between(&answer.body, "name=\"csrf\" value=\"", "\"") {
            self.csrf = token.to_owned();
        }
        answer
    }
}

pub(crate) fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(start)? + start.len()..];
    rest.find(end).map(|length| &rest[..length])
}

/// Encodes a text for a query or a form.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => escaped.push(byte.into()),
            byte => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
        escaped
    })
}
