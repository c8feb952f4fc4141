use nadia_platform::Config;
use nadia_tenant_core::TenantStatus;

use crate::support::{Answer, PASSWORD, Server};

const WRONG: &str = "a loud river bend";

/// What an answer says, but for what is every request's own.
fn said(answer: Answer) -> String {
    let own = answer.body["request_id"].as_str().unwrap();
    format!("{} {}", answer.head.replace(own, ""), answer.body.to_string().replace(own, ""))
        .lines()
        .filter(|line| !line.starts_with("date:"))
        .collect()
}

#[tokio::test]
async fn a_sign_up_with_a_taken_slug_does_not_tell_whether_the_address_is_known() {
    let server = Server::start(|_| {}).await;
    server.sign_up("north", "ana@example.org", PASSWORD).await.expect(201);
    let known = server.sign_up("north", "ana@example.org", WRONG).await.problem(409, "slug_taken");
    let unknown = server.sign_up("north", "eve@example.org", WRONG).await.problem(409, "slug_taken");
    assert_eq!(said(known), said(unknown));
}

#[tokio::test]
async fn a_newcomer_signs_up_a_few_clinics_and_mistypes_without_end() {
    let server = Server::start(|_| {}).await;
    for _ in 0..30 {
        server.sign_up("north", "ana@example.org", "short").await.problem(422, "password_weak");
    }
    for number in 0..10 {
        server.sign_up(&format!("north-{number}"), "ana@example.org", PASSWORD).await.expect(201);
    }
    server.sign_up("north-10", "ben@example.org", PASSWORD).await.problem(429, "attempts_exceeded");
    server.log_in("north-3", "ana@example.org", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn guesses_at_sign_up_and_at_log_in_count_together() {
    let few = |config: &mut Config| config.limits.log_in_address = "3/h".parse().unwrap();
    let server = Server::start(few).await;
    server.sign_up("north", "ana@example.org", PASSWORD).await.expect(201);
    server.sign_up("annexe", "ana@example.org", WRONG).await.problem(401, "invalid_credentials");
    let grant = server.log_in("north", "ana@example.org", PASSWORD).await.expect(200);
    server.sign_up("annexe", "ana@example.org", PASSWORD).await.problem(429, "attempts_exceeded");
    server.log_in("north", "ana@example.org", PASSWORD).await.problem(429, "attempts_exceeded");
    server.refresh("north", grant["refresh_token"].as_str().unwrap()).await.expect(200);
}

#[tokio::test]
async fn a_flood_of_log_ins_keeps_nobody_from_refreshing() {
    let few = |config: &mut Config| config.limits.log_in_client = "2/h".parse().unwrap();
    let server = Server::start(few).await;
    server.sign_up("north", "ana@example.org", PASSWORD).await.expect(201);
    let grant = server.log_in("north", "ana@example.org", PASSWORD).await.expect(200);
    server.log_in("north", "eve@example.org", WRONG).await.problem(401, "invalid_credentials");
    server.log_in("north", "eve@example.org", WRONG).await.problem(429, "attempts_exceeded");
    server.refresh("north", grant["refresh_token"].as_str().unwrap()).await.expect(200);
}

#[tokio::test]
async fn people_of_a_read_only_clinic_log_in_and_read_and_write_nothing() {
    let server = Server::start(|_| {}).await;
    let signed_up = server.sign_up("north", "ana@example.org", PASSWORD).await.expect(201);
    let id = signed_up["tenant"]["id"].as_str().unwrap().parse().unwrap();
    let control = server.running.installation().control();
    assert!(control.transition(id, TenantStatus::Active, TenantStatus::ReadOnly).await.unwrap());

    let grant = server.log_in("north", "ana@example.org", PASSWORD).await.expect(200);
    let grant = server.refresh("north", grant["refresh_token"].as_str().unwrap()).await.expect(200);
    server.patients("north", grant["access_token"].as_str().unwrap()).await.expect(200);
    let ann = serde_json::json!({"given_name": "Ann", "family_name": "Example"});
    server.post("north.localhost", "/api/v1/patients", &ann).await.problem(403, "tenant_read_only");
    let token = serde_json::json!({"refresh_token": grant["refresh_token"]});
    server.post("north.localhost", "/api/v1/auth/logout", &token).await.expect(204);
}

#[tokio::test]
async fn a_tenant_header_must_agree_with_the_host_and_tells_nothing_of_others() {
    let server = Server::start(|_| {}).await;
    let mut ids = Vec::new();
    for (slug, email) in [("north", "ana@example.org"), ("south", "ben@example.org")] {
        let signed_up = server.sign_up(slug, email, PASSWORD).await.expect(201);
        ids.push(signed_up["tenant"]["id"].as_str().unwrap().to_owned());
    }
    let grant = server.log_in("north", "ana@example.org", PASSWORD).await.expect(200);
    let token = grant["access_token"].as_str().unwrap();
    let get = async |host: &str, id: &str| {
        server.get(host, "/api/v1/patients", token, &format!("x-tenant-id: {id}\r\n")).await
    };
    get("north.localhost", &ids[0]).await.expect(200);
    let mut answers = Vec::new();
    for other in [&*ids[1], "0193a3f0-0000-7000-8000-000000000000", "south", "north", ""] {
        answers.push(said(get("north.localhost", other).await.problem(400, "tenant_ambiguous")));
    }
    answers.push(said(get("north.localhost", &format!("{}, {}", ids[0], ids[1])).await));
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");

    // Of an unknown host nothing is said by a header that names a clinic.
    let known = said(get("unknown.localhost", &ids[0]).await.problem(404, "tenant_unknown"));
    let unknown = said(get("unknown.localhost", "0193a3f0-0000-7000-8000-000000000000").await);
    assert_eq!(known, unknown);
}
