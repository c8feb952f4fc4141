//! A server with one clinic or with several, where a script is played, and its answers without what differs between any
//! two servers.

use std::collections::BTreeMap;

use nadia_tenant_core::{Isolation, PlanName, Tenant, TenantId, TenantSlug};
use nadia_tests::{Answer, BASE, Empty, PASSWORD, Place, Server};
use serde_json::{Value, json};
use sqlx::types::time::OffsetDateTime;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::script::{CALLERS, Step};
use crate::platform::matrix::without_limits;

/// Small enough to be reached.
const LIMITS: [(&str, i64); 3] = [("patients", 12), ("storage", 3_000), ("seats", 8)];

#[derive(Debug)]
struct Clinic {
    host: String,
    tokens: BTreeMap<String, String>,
    /// What the clinic's answers named, by kind, in their order.
    seen: BTreeMap<String, Vec<String>>,
    /// What stands for an id or a secret.
    names: BTreeMap<String, String>,
}

pub(super) struct World {
    server: Empty,
    clinics: BTreeMap<usize, Clinic>,
}

impl World {
    /// Starts a server where these clinics are.
    pub(super) async fn new(place: Place, isolation: Isolation, clinics: impl IntoIterator<Item = usize>) -> Self {
        let server = Empty::start(place, without_limits).await;
        let mut world = Self { server, clinics: BTreeMap::new() };
        for number in clinics {
            let clinic = world.make(number, isolation).await;
            world.clinics.insert(number, clinic);
        }
        world
    }

    async fn make(&self, number: usize, isolation: Isolation) -> Clinic {
        let (installation, http) = (self.server.installation(), &self.server.http);
        let slug = format!("c-{number}");
        let plan: PlanName = "group".parse().unwrap();
        let tenant = Tenant::new(TenantId::new(), TenantSlug::parse(&slug).unwrap(), plan).with_isolation(isolation);
        installation.create_tenant(&tenant, None).await.unwrap();
        let (id, now) = (tenant.id().as_uuid(), OffsetDateTime::now_utc());
        let host = format!("{slug}.{BASE}");
        let mut clinic = Clinic { host, tokens: BTreeMap::new(), seen: BTreeMap::new(), names: BTreeMap::new() };
        clinic.learn("clinic", &id.to_string());
        for (resource, value) in LIMITS {
            let mut scope = installation.control().conn().await.unwrap();
            let sql = "INSERT INTO limit_overrides (tenant_id, resource, value, changed_at) VALUES ($1, $2, $3, $4)";
            scope.query(sql).bind(id).bind(resource.to_owned()).bind(value).bind(now).execute().await.unwrap();
        }
        for role in ["owner", "admin", "clinician", "viewer"] {
            let (identity, email) = (Uuid::now_v7(), format!("{role}@{slug}.example"));
            let mut control = installation.control().begin().await.unwrap();
            control
                .query("INSERT INTO identities (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
                .bind(identity)
                .bind(email.clone())
                .bind(password_hash().await)
                .bind(now)
                .execute()
                .await
                .unwrap();
            control
                .query("INSERT INTO memberships (identity_id, tenant_id, role, created_at) VALUES ($1, $2, $3, $4)")
                .bind(identity)
                .bind(id)
                .bind(role.to_owned())
                .bind(now)
                .execute()
                .await
                .unwrap();
            control.commit().await.unwrap();
            let grant = http.log_in(&clinic.host, &email, PASSWORD).await.expect(200);
            clinic.tokens.insert(role.to_owned(), grant["access_token"].as_str().unwrap().to_owned());
            clinic.learn("person", &identity.to_string());
        }
        let body = json!({"name": "Laboratory", "role": "clinician"});
        let key = http.post(&clinic.host, "/api/v1/api-keys", &body).token(&clinic.tokens["owner"]).send().await;
        clinic.tokens.insert("key".to_owned(), key.expect(201)["key"].as_str().unwrap().to_owned());
        assert!(CALLERS.iter().all(|caller| clinic.tokens.contains_key(*caller)));
        clinic
    }

    /// Sends a request, and returns the answer as it would be on any server.
    pub(super) async fn play(&mut self, number: usize, step: &Step, strangers: &[String]) -> String {
        // What is another clinic's here is nobody's on its own server; who named it may get it back.
        let mut foreign = Vec::new();
        let mut resolve = |text: &str| self.resolve(step.clinic, number, text, &mut foreign);
        let clinic = &self.clinics[&step.clinic];
        let mut call = self.server.http.call(step.method, &clinic.host, &resolve(&step.path));
        for (name, value) in &step.headers {
            call = call.header(name, &resolve(value));
        }
        if let Some(other) = step.caller.strip_prefix("stranger@") {
            call = call.token(&strangers[other.parse::<usize>().unwrap()]);
        } else if let Some(token) = clinic.tokens.get(&step.caller) {
            call = call.token(token);
        }
        if let Some(body) = &step.body {
            call = call.body(resolve(body));
        }
        let answer = call.send().await;
        let port = self.server.http.address().port();
        let clinic = self.clinics.get_mut(&step.clinic).unwrap();
        clinic.learn_from(step, &answer);
        clinic.written(&answer, port, &foreign)
    }

    /// Returns each clinic's owner's token.
    pub(super) fn owners(&self) -> Vec<String> {
        self.clinics.values().map(|clinic| clinic.tokens["owner"].clone()).collect()
    }

    /// Puts ids of this world into a text: another clinic's where it is here, and nobody's where it isn't.
    fn resolve(&self, own: usize, number: usize, text: &str, foreign: &mut Vec<String>) -> String {
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let (name, after) = after.split_once('>').unwrap_or((after, ""));
            let (kind, which) = name.split_once(':').unwrap_or((name, "0"));
            let (which, clinic) = which.split_once('@').unwrap_or((which, ""));
            let clinic = clinic.parse().unwrap_or(own);
            let which: usize = which.parse().unwrap_or_default();
            let seen =
                self.clinics.get(&clinic).and_then(|clinic| clinic.seen.get(kind)).filter(|seen| !seen.is_empty());
            resolved.push_str(before);
            let id = seen.map_or_else(|| nobodys(kind, number), |seen| seen[which % seen.len()].clone());
            resolved.push_str(&id);
            if clinic != own || seen.is_none() {
                foreign.push(id);
            }
            rest = after;
        }
        resolved + rest
    }
}

/// Returns what has the form of something's id or token, and is of nothing.
fn nobodys(kind: &str, number: usize) -> String {
    // As random as an id is, and the same in both worlds.
    let id = Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + number as u128);
    match kind {
        // Of the same length, since a refusal may count characters.
        "token" => format!("nadia_in_{:0<43}", id.simple().to_string()),
        "cursor" => id.simple().to_string(),
        _ => id.to_string(),
    }
}

impl Clinic {
    fn learn(&mut self, kind: &str, id: &str) {
        let seen = self.seen.entry(kind.to_owned()).or_default();
        if !seen.iter().any(|known| known == id) {
            seen.push(id.to_owned());
        }
    }

    fn learn_from(&mut self, step: &Step, answer: &Answer) {
        let Ok(body) = serde_json::from_str::<Value>(&answer.body) else { return };
        if answer.status >= 300 {
            return;
        }
        if let (false, Some(id)) = (step.makes.is_empty(), body["id"].as_str()) {
            self.learn(step.makes, id);
        }
        if let (true, Some(token)) = (step.makes == "invitation", body["token"].as_str()) {
            assert_eq!(token.len(), nobodys("token", 0).len());
            self.learn("token", token);
        }
        if let Some(cursor) = body["page"]["next"].as_str() {
            self.learn("cursor", cursor);
        }
        if step.path.starts_with("/api/v1/members") {
            for member in body["data"].as_array().into_iter().flatten() {
                let id = member["id"].as_str().unwrap();
                self.learn("person", id);
                if member["email"].as_str().unwrap().starts_with('p') {
                    self.learn("joined", id);
                }
            }
        }
    }

    /// Writes an answer out: status, headers and body, ids and secrets by the order in which they came, without times.
    fn written(&mut self, answer: &Answer, port: u16, foreign: &[String]) -> String {
        let varies = ["date", "x-request-id", "ratelimit", "content-length"];
        let mut lines: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| !varies.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort();
        let text = format!("{}\n{}\n\n{}", answer.status, lines.join("\n"), answer.body);
        let text = text.replace(&format!(":{port}"), ":PORT");
        let text = foreign.iter().fold(text, |text, id| text.replace(id.as_str(), "FOREIGN"));
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        let (mut written, mut word) = (String::new(), String::new());
        for c in text.chars() {
            if is_part(c) {
                word.push(c);
                continue;
            }
            written.push_str(&self.name(&word));
            word.clear();
            written.push(c);
        }
        written + &self.name(&word)
    }

    fn name(&mut self, word: &str) -> String {
        let is_time = word.len() >= 20 && word.as_bytes()[10] == b'T' && word.ends_with('Z');
        if is_time {
            // What requests themselves say is later than anything that a server says.
            return if word < "2030" { "TIME".to_owned() } else { word.to_owned() };
        }
        let is_id = word.len() == 36 && Uuid::try_parse(word).is_ok();
        let is_secret = word.len() >= 40 && !word.starts_with("xxxx");
        if !is_id && !is_secret {
            return word.to_owned();
        }
        let next = format!("#{}", self.names.len());
        self.names.entry(word.to_owned()).or_insert(next).clone()
    }
}

/// Returns what is kept of [`PASSWORD`].
async fn password_hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let read = || async {
        let server = Server::start(Place::Sqlite).await;
        let mut control = server.running().installation().control().conn().await.unwrap();
        let row =
            control.query("SELECT password_hash FROM identities WHERE email = $1").bind(server.north.email.clone());
        row.fetch_one().await.unwrap().get("password_hash").unwrap()
    };
    HASH.get_or_init(read).await.clone()
}
