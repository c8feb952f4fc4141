//! What requests name: records of the own clinic and of the foreign one, records that nobody has, and what can't be one.

use std::collections::BTreeMap;

use nadia_tests::{Clinic as Whole, PASSWORD, Server, sign_up_body};
use serde_json::{Value, json};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::credential::{ADMIN, KeyRing, Who};
use crate::platform::clinic_support::{id_of, upload};

/// A text that every record of a clinic holds which has room for one; no answer has it but to who may read the record.
pub(crate) const OWN_MARK: &str = "mark-of-north";
pub(crate) const FOREIGN_MARK: &str = "mark-of-south";

/// What a place of a request holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Patient,
    Document,
    Appointment,
    /// Somebody who treats patients.
    Doctor,
    /// A team that the clinician is in.
    Team,
    /// The clinician.
    InTeam,
    /// The admin, who is in no team.
    Colleague,
    /// A member who is nobody else here.
    Member,
    Invitation,
    InvitationToken,
    ApiKey,
    OwnersSession,
    RefreshToken,
    Ticket,
    Clinic,
    Cursor,
    /// An export that failed, so that it stays as it is.
    Export,
    /// A clinic that operators do things to.
    Target,
    /// No record: a word of the route. Another one is unknown.
    Text(&'static str),
}

/// Whose record is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    Own,
    Foreign,
    Absent,
    Impossible,
}

impl Whose {
    pub(crate) const OTHERS: [Self; 3] = [Self::Foreign, Self::Absent, Self::Impossible];
}

/// Makes records as requests need them.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// What is there, to be used until it was changed.
    own: BTreeMap<Slot, String>,
    foreign: BTreeMap<Slot, String>,
    made: u32,
    /// The slug of the present [`Slot::Target`].
    pub(crate) slug: String,
}

impl Records {
    /// Makes records of the foreign clinic, which stay as they are.
    pub(crate) async fn new(server: &Server, ring: &KeyRing) -> Self {
        let mut records = Self::default();
        for slot in [
            Slot::Patient,
            Slot::Document,
            Slot::Appointment,
            Slot::Team,
            Slot::Member,
            Slot::Invitation,
            Slot::InvitationToken,
            Slot::ApiKey,
            Slot::OwnersSession,
            Slot::RefreshToken,
            Slot::Cursor,
            Slot::Export,
        ] {
            let id = records.make(server, ring, slot, &server.south).await;
            records.foreign.insert(slot, id);
        }
        for slot in [Slot::Doctor, Slot::InTeam, Slot::Colleague] {
            records.foreign.insert(slot, ring.held(Who::Foreign).id.clone());
        }
        records.foreign.insert(Slot::Clinic, server.south.id.clone());
        // One is always being made, by nobody: asking for another has the same answer whenever it is asked.
        for clinic in [&server.north, &server.south] {
            export(server, clinic, "running").await;
        }
        records
    }

    /// Returns another number each time.
    pub(crate) fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// Returns the number that was returned last.
    pub(crate) const fn present(&self) -> u32 {
        self.made
    }

    /// Returns a time of the present number's own, as forms have it.
    pub(crate) fn time(&self) -> String {
        let number = self.made;
        let time = OffsetDateTime::from_unix_timestamp(1_893_456_000 + i64::from(number) * 300).unwrap();
        let (date, time) = (time.date(), time.time());
        format!("{date}T{:02}:{:02}", time.hour(), time.minute())
    }

    /// Returns what a request names.
    pub(crate) async fn named(&mut self, server: &Server, ring: &KeyRing, slot: Slot, whose: Whose) -> String {
        match (slot, whose) {
            (Slot::Text(word), Whose::Own) => word.to_owned(),
            (Slot::Text(_), _) => "unknown".to_owned(),
            (Slot::Ticket, Whose::Own) => self.make(server, ring, slot, &server.north).await,
            (Slot::Ticket, Whose::Foreign) => self.make(server, ring, slot, &server.south).await,
            (_, Whose::Own) => match self.own.get(&slot) {
                Some(id) => id.clone(),
                None => {
                    let id = self.make(server, ring, slot, &server.north).await;
                    self.own.insert(slot, id.clone());
                    id
                }
            },
            (_, Whose::Foreign) => self.foreign[&slot].clone(),
            (_, Whose::Absent) => absent(slot),
            (_, Whose::Impossible) => "impossible".to_owned(),
        }
    }

    /// Forgets own records that a request may have changed.
    pub(crate) fn spend(&mut self, slots: &[Slot]) {
        self.own.retain(|slot, _| !slots.contains(slot));
    }

    async fn make(&mut self, server: &Server, ring: &KeyRing, slot: Slot, clinic: &Whole) -> String {
        let is_own = clinic.id == server.north.id;
        let (who, mark) = if is_own { (Who::Owner, OWN_MARK) } else { (Who::Foreign, FOREIGN_MARK) };
        let token = ring.held(who).token.as_str();
        let post = async |path: String, body: Value| {
            server.http.post(&clinic.host, &path, &body).token(token).send().await.expect(201)
        };
        let number = self.number();
        let patient = async || {
            let body = json!({"given_name": mark, "family_name": "Example", "notes": mark, "phone": "+1 555 0100"});
            id_of(&post("/api/v1/patients".to_owned(), body).await)
        };
        match slot {
            Slot::Patient => {
                let id = patient().await;
                post(format!("/api/v1/patients/{id}/notes"), json!({"body": mark})).await;
                upload(&server.http, &Whole { token: token.to_owned(), ..clinic.clone() }, &id, mark, mark)
                    .send()
                    .await
                    .expect(201);
                id
            }
            Slot::Document => {
                let (who, patient) = (Whole { token: token.to_owned(), ..clinic.clone() }, patient().await);
                id_of(&upload(&server.http, &who, &patient, mark, mark).send().await.expect(201))
            }
            Slot::Appointment => {
                let time = format!("{}:00Z", self.time());
                let body = json!({"patient_id": patient().await, "starts_at": time, "minutes": 5, "reason": mark});
                id_of(&post("/api/v1/appointments".to_owned(), body).await)
            }
            Slot::Team => {
                let id = id_of(&post("/api/v1/teams".to_owned(), json!({"name": format!("{mark} {number}")})).await);
                if is_own {
                    let path = format!("/api/v1/teams/{id}/members/{}", ring.held(Who::Clinician).id);
                    server.http.call("PUT", &clinic.host, &path).token(token).send().await.expect(204);
                }
                id
            }
            Slot::InTeam | Slot::Doctor => ring.held(Who::Clinician).id.clone(),
            Slot::Colleague => ring.held(Who::Admin).id.clone(),
            Slot::Clinic => clinic.id.clone(),
            Slot::Member => member(server, clinic, &format!("{mark}-{number}@example.org")).await,
            Slot::Invitation | Slot::InvitationToken => {
                let body = json!({"email": format!("{mark}-{number}@example.org"), "role": "viewer"});
                let made = post("/api/v1/invitations".to_owned(), body).await;
                let member = if slot == Slot::Invitation { "id" } else { "token" };
                made[member].as_str().unwrap().to_owned()
            }
            Slot::ApiKey => id_of(&post("/api/v1/api-keys".to_owned(), json!({"name": mark, "role": "viewer"})).await),
            Slot::OwnersSession => session(server, clinic, &ring.held(who).id).await,
            Slot::RefreshToken => {
                let grant = server.http.log_in(&clinic.host, &clinic.email, PASSWORD).await.expect(200);
                grant["refresh_token"].as_str().unwrap().to_owned()
            }
            Slot::Ticket => {
                let held = ring.held(who);
                let answer = server
                    .http
                    .call("POST", &clinic.host, "/switch")
                    .header("cookie", &held.cookie)
                    .header("origin", &format!("http://{}", clinic.host))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(format!("id={}&csrf={}", clinic.id, held.csrf))
                    .send()
                    .await;
                answer.header("location").split_once("ticket=").unwrap().1.to_owned()
            }
            Slot::Cursor => {
                for _ in 0..2 {
                    patient().await;
                }
                let list = server.http.get(&clinic.host, "/api/v1/patients?limit=1").token(token).send().await;
                list.expect(200)["page"]["next"].as_str().unwrap().to_owned()
            }
            Slot::Target => {
                self.slug = format!("target-{number}");
                let body = sign_up_body(&self.slug, "owner@target.example", PASSWORD);
                let token = &ring.held(Who::Operator).token;
                id_of(&server.http.post(ADMIN, "/api/v1/tenants", &body).token(token).send().await.expect(201))
            }
            Slot::Export => export(server, clinic, "failed").await,
            Slot::Text(word) => word.to_owned(),
        }
    }
}

/// Enters an export that no worker takes: it failed, or its worker has long to live.
async fn export(server: &Server, clinic: &Whole, state: &'static str) -> String {
    let (id, now) = (Uuid::now_v7(), OffsetDateTime::now_utc());
    let mut control = server.running().installation().control().conn().await.unwrap();
    control
        .query(
            "INSERT INTO jobs (id, tenant_id, kind, state, done_steps, total_steps, created_at, heartbeat_at, finished_at) \
             VALUES ($1, $2, 'export', $3, 0, 1, $4, $5, $4)",
        )
        .bind(id)
        .bind(clinic.uuid())
        .bind(state.to_owned())
        .bind(now)
        .bind(now + std::time::Duration::from_secs(86_400))
        .execute()
        .await
        .unwrap();
    id.to_string()
}

/// Names what has the form of a record's id, and is of none.
fn absent(slot: Slot) -> String {
    let id = Uuid::now_v7();
    match slot {
        Slot::InvitationToken => format!("nadia_in_{}", id.simple()),
        Slot::RefreshToken => format!("nadia_rt_{}", id.simple()),
        Slot::Ticket => format!("nadia_et_{}", id.simple()),
        _ => id.to_string(),
    }
}

async fn member(server: &Server, clinic: &Whole, email: &str) -> String {
    let id = Uuid::now_v7();
    let mut control = server.running().installation().control().begin().await.unwrap();
    control
        .query("INSERT INTO identities (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(email.to_owned())
        .bind("no hash".to_owned())
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .unwrap();
    control
        .query("INSERT INTO memberships (identity_id, tenant_id, role, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(clinic.uuid())
        .bind("clinician".to_owned())
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .unwrap();
    control.commit().await.unwrap();
    id.to_string()
}

async fn session(server: &Server, clinic: &Whole, identity: &str) -> String {
    let (id, now) = (Uuid::now_v7(), OffsetDateTime::now_utc());
    let mut control = server.running().installation().control().conn().await.unwrap();
    control
        .query("INSERT INTO sessions (id, identity_id, tenant_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(identity.parse::<Uuid>().unwrap())
        .bind(clinic.uuid())
        .bind(now)
        .bind(now + std::time::Duration::from_secs(3_600))
        .execute()
        .await
        .unwrap();
    id.to_string()
}
