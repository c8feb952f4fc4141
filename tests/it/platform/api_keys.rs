//! Keys for programs: made by people, good at one clinic, for work only, until they are revoked.

use nadia_tests::{Answer, Browser, Clinic, Http, Server, at_both_places};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

const KEYS: &str = "/api/v1/api-keys";
const PATIENTS: &str = "/api/v1/patients";

async fn make(http: &Http, clinic: &Clinic, body: Value) -> Answer {
    http.post(&clinic.host, KEYS, &body).token(&clinic.token).send().await
}

async fn key(server: &Server, clinic: &Clinic, role: &str) -> (String, String) {
    let made = make(&server.http, clinic, json!({"name": "lab import", "role": role})).await.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

async fn patients(http: &Http, host: &str, key: &str) -> Answer {
    http.get(host, PATIENTS).token(key).send().await
}

async fn last_used(http: &Http, clinic: &Clinic) -> Value {
    http.get(&clinic.host, KEYS).token(&clinic.token).send().await.expect(200)["data"][0]["last_used_at"].clone()
}

at_both_places! {
    async fn a_key_works_at_its_clinic_with_its_role(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        make(http, north, json!({"name": "lab", "role": "viewer"})).await.problem(403, "feature_missing");
        server.grant_feature(north, "api_keys").await;
        make(http, north, json!({"name": "lab", "role": "owner"})).await.problem(422, "role_unknown");
        make(http, north, json!({"name": "lab", "role": "viewer", "expires_in_days": 0})).await.problem(422, "out_of_range");

        let (id, reader) = key(server, north, "viewer").await;
        let (_, writer) = key(server, north, "clinician").await;
        patients(http, &north.host, &reader).await.expect(200);
        let body = json!({"given_name": "Ann", "family_name": "Example"});
        http.post(&north.host, PATIENTS, &body).token(&reader).send().await.problem(403, "key_insufficient");
        http.post(&north.host, PATIENTS, &body).token(&writer).send().await.expect(201);
        let me = http.get(&north.host, "/api/v1/me").token(&reader).send().await.expect(200);
        assert_eq!((&me["kind"], &me["id"], &me["role"]), (&json!("key"), &json!(id), &json!("viewer")));
        assert_eq!(me["permissions"], json!(["read_patients", "read_clinic"]));

        // Elsewhere it is no key at all.
        let usual = patients(http, &south.host, "nadia_key_never").await;
        usual.problem(401, "invalid_token");
        assert_eq!(patients(http, &south.host, &reader).await.comparable(), usual.comparable());
    }

    async fn a_key_manages_nothing_whatever_its_role(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        server.grant_feature(north, "api_keys").await;
        let (id, admin) = key(server, north, "admin").await;
        let body = json!({"email": "new@north.example", "role": "viewer", "name": "x", "old_password": "x"});
        let some = uuid::Uuid::now_v7();
        for (method, path) in [
            ("GET", KEYS.to_owned()),
            ("POST", KEYS.to_owned()),
            ("DELETE", format!("{KEYS}/{id}")),
            ("POST", "/api/v1/invitations".to_owned()),
            ("GET", "/api/v1/invitations".to_owned()),
            ("PATCH", format!("/api/v1/members/{some}")),
            ("DELETE", format!("/api/v1/members/{some}")),
            ("POST", "/api/v1/teams".to_owned()),
            ("PATCH", "/api/v1/me".to_owned()),
            ("POST", "/api/v1/me/password".to_owned()),
            ("GET", "/api/v1/me/sessions".to_owned()),
        ] {
            let answer = http.call(method, &north.host, &path).json(&body).token(&admin).send().await;
            answer.problem(403, "key_insufficient");
        }
        http.get(&north.host, "/api/v1/members").token(&admin).send().await.expect(200);
        let mut browser = Browser::new(http);
        browser.get(&north.host, "/members").await.leads_to("/login?next=%2Fmembers");
    }

    async fn keys_that_are_no_good_get_one_answer(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        server.grant_feature(north, "api_keys").await;
        let (revoked_id, revoked) = key(server, north, "viewer").await;
        let (_, good) = key(server, north, "viewer").await;
        let expired = make(http, north, json!({"name": "old", "role": "viewer", "expires_in_days": 1})).await.expect(201);
        patients(http, &north.host, &revoked).await.expect(200);
        patients(http, &north.host, expired["key"].as_str().unwrap()).await.expect(200);
        let revoke = || http.delete(&north.host, &format!("{KEYS}/{revoked_id}")).token(&north.token).send();
        revoke().await.expect(204);
        revoke().await.problem(404, "not_found");
        let mut scope = server.running().installation().control().conn().await.unwrap();
        let past = scope.query("UPDATE api_keys SET expires_at = $1 WHERE tenant_id = $2 AND name = $3");
        let past = past.bind(OffsetDateTime::now_utc() - Duration::seconds(1)).bind(north.uuid()).bind("old".to_owned());
        assert_eq!(past.execute().await.unwrap(), 1);
        drop(scope);

        // The id of one key with the secret of another, its checksum right.
        let parts = |key: &str| key["nadia_key_".len()..key.len() - 8].split_once('_').map(|(id, s)| (id.to_owned(), s.to_owned())).unwrap();
        let body = format!("nadia_key_{}_{}", parts(&good).0, parts(&revoked).1);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes());
        let checksum: String = digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let usual = patients(http, &north.host, "nadia_key_never").await;
        usual.problem(401, "invalid_token");
        let flipped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('0') { '1' } else { '0' });
        for key in [revoked, expired["key"].as_str().unwrap().to_owned(), body + &checksum, flipped] {
            assert_eq!(patients(http, &north.host, &key).await.comparable(), usual.comparable());
        }
        patients(http, &north.host, &good).await.expect(200);
        // Nothing that is stored is a secret.
        let mut scope = server.running().installation().control().conn().await.unwrap();
        for row in scope.query("SELECT secret_hash FROM api_keys").fetch_all().await.unwrap() {
            let hash: String = row.get("secret_hash").unwrap();
            assert!(!good.contains(&hash), "{hash}");
        }
    }

    async fn the_last_use_is_noted_at_most_once_a_minute(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        server.grant_feature(north, "api_keys").await;
        let (_, reader) = key(server, north, "viewer").await;
        assert_eq!(last_used(http, north).await, Value::Null);
        patients(http, &north.host, &reader).await.expect(200);
        assert!(last_used(http, north).await.is_string());
        // A use less than a minute later is not noted; one that is later is.
        for (seconds, notes) in [(50, false), (70, true)] {
            let at = OffsetDateTime::now_utc() - Duration::seconds(seconds);
            let mut scope = server.running().installation().control().conn().await.unwrap();
            let moved = scope.query("UPDATE api_keys SET last_used_at = $1 WHERE tenant_id = $2");
            moved.bind(at).bind(north.uuid()).execute().await.unwrap();
            drop(scope);
            let before = last_used(http, north).await;
            patients(http, &north.host, &reader).await.expect(200);
            assert_eq!(last_used(http, north).await != before, notes, "{seconds} s");
        }
    }

    async fn keys_are_made_and_revoked_on_the_page(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let mut owner = Browser::logged_in(http, &north.host, &north.email).await;
        owner.open(&north.host, "/api-keys").await.page(200, &["There are no keys", "does not include API keys"]);
        let refused = owner.post(&north.host, "/api-keys", &[("name", "lab"), ("role", "viewer")]).await;
        refused.page(403, &["does not include API keys"]);
        server.grant_feature(north, "api_keys").await;
        let fields = [("name", "lab"), ("role", "viewer"), ("expires_in_days", "")];
        let made = owner.post(&north.host, "/api-keys", &fields).await;
        made.page(201, &["shown this once"]);
        let key = made.between("<code class=\"secret\">", "</code>").unwrap().to_owned();
        patients(http, &north.host, &key).await.expect(200);
        let listed = owner.get(&north.host, "/api-keys").await;
        listed.page(200, &["lab", "never"]);
        assert!(!listed.body.contains(&key), "{}", listed.body);
        let id = listed.between("/api-keys/", "/revoke").unwrap();
        owner.submit(&north.host, &format!("/api-keys/{id}/revoke"), &[]).await.page(200, &["Revoked.", "There are no keys"]);
        patients(http, &north.host, &key).await.problem(401, "invalid_token");
        let bad = owner.post(&north.host, "/api-keys", &[("name", "lab"), ("role", "viewer"), ("expires_in_days", "99999")]).await;
        bad.page(422, &["so many days", "value=\"99999\""]);
    }
}
